//! Idempotency keys in a database, which several processes share and which outlives them.
//!
//! In: claims. Out: rows of the table `tidings_idempotency`, one for each key. A key is claimed by one statement, so that
//! the database decides who is first. Rows that need not be remembered any longer are removed now and then.

use super::{Claim, Idempotency, StoreFuture};
use crate::clock::{milliseconds, now};
use crate::store::database;
use crate::transport::TransportError;
use sqlx::{AnyPool, Row as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// After so many claims the table is tidied.
const TIDY_AFTER: u32 = 1_024;

/// Times are milliseconds since 1970: the end of the lease, or of remembering that the work is done.
const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS tidings_idempotency (scope TEXT NOT NULL, message TEXT NOT NULL, owner TEXT NOT NULL, \
     done BIGINT NOT NULL, held_until BIGINT NOT NULL, PRIMARY KEY (scope, message))",
    "CREATE INDEX IF NOT EXISTS tidings_idempotency_held_until ON tidings_idempotency (held_until)",
];

/// Remembers keys in SQLite or PostgreSQL. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Sql {
    pool: AnyPool,
    remember: Duration,
    /// Tells the claims of this process from those of others.
    owner: Arc<str>,
    claims: Arc<AtomicU32>,
}

impl Sql {
    /// Connects to the database at `sqlite:PATH` (made if it is not there) or `postgres://user:password@host/database`,
    /// and makes the table if it is missing. Each key is remembered for this long after its work was done: longer than
    /// any message may come again.
    ///
    /// # Errors
    /// The database cannot be reached or refuses.
    pub async fn open(url: &str, remember: Duration) -> Result<Self, TransportError> {
        let (pool, _) = database::open(url, |_| TABLES.map(str::to_owned).to_vec()).await.map_err(failed)?;
        let owner = uuid::Uuid::new_v4().to_string().into();
        Ok(Self { pool, remember, owner, claims: Arc::default() })
    }

    async fn claim_now(&self, scope: &str, key: &str, lease: Duration) -> Result<Claim, sqlx::Error> {
        let now = now();
        if self.claims.fetch_add(1, Ordering::Relaxed) % TIDY_AFTER == TIDY_AFTER - 1 {
            let sql = "DELETE FROM tidings_idempotency WHERE held_until <= $1";
            sqlx::query(sql).bind(now).execute(&self.pool).await?;
        }
        let sql = "INSERT INTO tidings_idempotency (scope, message, owner, done, held_until) VALUES ($1, $2, $3, 0, $4) \
                   ON CONFLICT (scope, message) DO UPDATE SET owner = excluded.owner, done = 0, \
                   held_until = excluded.held_until WHERE tidings_idempotency.held_until <= $5";
        let query = sqlx::query(sql).bind(scope).bind(key).bind(&*self.owner).bind(until(now, lease)).bind(now);
        if query.execute(&self.pool).await?.rows_affected() > 0 {
            return Ok(Claim::New);
        }
        let sql = "SELECT done FROM tidings_idempotency WHERE scope = $1 AND message = $2";
        let row = sqlx::query(sql).bind(scope).bind(key).fetch_optional(&self.pool).await?;
        // One that is gone was released meanwhile: the next claim may have it.
        let done = row.map(|row| row.try_get::<i64, _>(0)).transpose()?.is_some_and(|done| done != 0);
        Ok(if done { Claim::Done } else { Claim::Busy })
    }

    /// Runs a statement about a key that this process may hold.
    async fn change(&self, sql: &str, scope: &str, key: &str, time: Option<i64>) -> Result<(), TransportError> {
        let query = sqlx::query(sql).bind(scope).bind(key).bind(&*self.owner);
        let query = time.into_iter().fold(query, |query, time| query.bind(time));
        query.execute(&self.pool).await.map(drop).map_err(failed)
    }
}

impl Idempotency for Sql {
    fn claim<'f>(&'f self, scope: &'f str, key: &'f str, lease: Duration) -> StoreFuture<'f, Claim> {
        Box::pin(async move { self.claim_now(scope, key, lease).await.map_err(failed) })
    }

    fn renew<'f>(&'f self, scope: &'f str, key: &'f str, lease: Duration) -> StoreFuture<'f, ()> {
        let sql = "UPDATE tidings_idempotency SET held_until = $4 WHERE scope = $1 AND message = $2 AND owner = $3 AND done = 0";
        Box::pin(self.change(sql, scope, key, Some(until(now(), lease))))
    }

    fn commit<'f>(&'f self, scope: &'f str, key: &'f str) -> StoreFuture<'f, ()> {
        // Whoever has the claim by now: the work is done.
        let sql = "INSERT INTO tidings_idempotency (scope, message, owner, done, held_until) VALUES ($1, $2, $3, 1, $4) \
                   ON CONFLICT (scope, message) DO UPDATE SET done = 1, held_until = excluded.held_until \
                   WHERE tidings_idempotency.done = 0";
        Box::pin(self.change(sql, scope, key, Some(until(now(), self.remember))))
    }

    fn release<'f>(&'f self, scope: &'f str, key: &'f str) -> StoreFuture<'f, ()> {
        let sql = "DELETE FROM tidings_idempotency WHERE scope = $1 AND message = $2 AND owner = $3 AND done = 0";
        Box::pin(self.change(sql, scope, key, None))
    }
}

fn until(now: i64, span: Duration) -> i64 {
    now.saturating_add(milliseconds(span))
}

fn failed(error: sqlx::Error) -> TransportError {
    let text = format!("the store of idempotency keys: {error}");
    match error {
        sqlx::Error::Configuration(_) => TransportError::permanent(text),
        _ => TransportError::transient(text),
    }
}
