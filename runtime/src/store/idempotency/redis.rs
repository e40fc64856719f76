//! Idempotency keys in Redis, which several processes share.
//!
//! In: claims. Out: keys `tidings:once:SCOPE:KEY`, each with a time to live: the token of whoever has the claim, or the word
//! that the work is done. What always holds: a claim is taken by one command, renewed and released only by whoever has its
//! token; Redis forgets what need not be remembered any longer.

use super::{Claim, Idempotency, StoreFuture};
use crate::transport::TransportError;
use crate::transport::redis::Connect;
use redis::aio::ConnectionManager;
use redis::{Cmd, RedisError, Script};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The value of a key whose work is done; no token is like it.
const DONE: &str = "done";

/// Begins the lease again, of whoever has the claim.
static RENEW: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0",
    )
});

/// Gives the claim of whoever has it up.
static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")
});

/// Remembers keys in Redis. Clones share the connection and the claims.
///
/// What is remembered is as durable as the server's log of changes: with `appendfsync always` a commit survives a crash.
#[derive(Clone)]
pub struct Redis {
    connection: ConnectionManager,
    remember: Duration,
    /// The tokens of the claims that this process has.
    claims: Arc<Mutex<HashMap<String, String>>>,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Redis").field("remember", &self.remember).finish_non_exhaustive()
    }
}

impl Redis {
    /// Connects, as transports do (`transport::redis::connect(url)`). Each key is remembered for this long after its work was
    /// done: longer than any message may come again.
    ///
    /// # Errors
    /// The settings are wrong, the server refuses the credentials (permanent), or it cannot be reached in time (transient).
    pub async fn open(connect: Connect, remember: Duration) -> Result<Self, TransportError> {
        Ok(Self { connection: connect.commands().await?, remember, claims: Arc::default() })
    }

    fn claims(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn claim_now(&self, name: String, lease: Duration) -> Result<Claim, RedisError> {
        let token = uuid::Uuid::new_v4().to_string();
        let mut connection = self.connection.clone();
        let mut command = Cmd::new();
        command.arg("SET").arg(&name).arg(&token).arg("NX").arg("PX").arg(milliseconds(lease));
        if command.query_async::<Option<String>>(&mut connection).await?.is_some() {
            self.claims().insert(name, token);
            return Ok(Claim::New);
        }
        // One that is gone was released meanwhile: the next claim may have it.
        let held: Option<String> = Cmd::new().arg("GET").arg(&name).query_async(&mut connection).await?;
        Ok(if held.as_deref() == Some(DONE) { Claim::Done } else { Claim::Busy })
    }

    /// Runs a script about a claim; false where it is another's by now.
    async fn about(
        &self,
        script: &Script,
        name: &str,
        token: Option<String>,
        time: u64,
    ) -> Result<bool, TransportError> {
        let Some(token) = token else { return Ok(false) };
        let mut script = script.key(name);
        script.arg(token).arg(time);
        let changed: Result<u8, RedisError> = script.invoke_async(&mut self.connection.clone()).await;
        changed.map(|changed| changed > 0).map_err(failed)
    }
}

impl Idempotency for Redis {
    fn claim<'f>(&'f self, scope: &'f str, key: &'f str, lease: Duration) -> StoreFuture<'f, Claim> {
        Box::pin(async move { self.claim_now(name(scope, key), lease).await.map_err(failed) })
    }

    fn renew<'f>(&'f self, scope: &'f str, key: &'f str, lease: Duration) -> StoreFuture<'f, ()> {
        Box::pin(async move {
            let name = name(scope, key);
            let token = self.claims().get(&name).cloned();
            match self.about(&RENEW, &name, token, milliseconds(lease)).await? {
                true => Ok(()),
                false => Err(TransportError::permanent("the lease of the claim had ended")),
            }
        })
    }

    fn commit<'f>(&'f self, scope: &'f str, key: &'f str) -> StoreFuture<'f, ()> {
        Box::pin(async move {
            let name = name(scope, key);
            // Whoever has the claim by now: the work is done.
            let mut command = Cmd::new();
            command.arg("SET").arg(&name).arg(DONE).arg("PX").arg(milliseconds(self.remember));
            command.query_async::<()>(&mut self.connection.clone()).await.map_err(failed)?;
            self.claims().remove(&name);
            Ok(())
        })
    }

    fn release<'f>(&'f self, scope: &'f str, key: &'f str) -> StoreFuture<'f, ()> {
        Box::pin(async move {
            let name = name(scope, key);
            let token = self.claims().remove(&name);
            self.about(&RELEASE, &name, token, 0).await.map(drop)
        })
    }
}

/// The scope by its length, so that no two scopes and keys share a name.
fn name(scope: &str, key: &str) -> String {
    format!("tidings:once:{}:{scope}:{key}", scope.len())
}

/// What Redis takes for a time to live.
fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).clamp(1, u64::MAX >> 12)
}

fn failed(error: RedisError) -> TransportError {
    let text = format!("the store of idempotency keys: {error}");
    match error.code() {
        Some("NOAUTH" | "WRONGPASS" | "NOPERM") => TransportError::permanent(text),
        _ => TransportError::transient(text),
    }
}
