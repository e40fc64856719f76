//! Idempotency: work that carries a key is done once, however often it arrives.
//!
//! In: a scope (whose keys these are) and a key. Out: a [`Claim`]. What always holds: of several who claim one key at once,
//! one gets [`Claim::New`]; a key is [`Claim::Done`] only after its work was committed; a claim that is neither committed
//! nor released ends with its lease, so that a crash does not block the key.

#[cfg(feature = "redis-store")]
mod redis;
#[cfg(feature = "sql-store")]
mod sql;

#[cfg(feature = "redis-store")]
pub use redis::Redis;
#[cfg(feature = "sql-store")]
pub use sql::Sql;

use crate::transport::TransportError;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A future of a store.
pub type StoreFuture<'f, O> = Pin<Box<dyn Future<Output = Result<O, TransportError>> + Send + 'f>>;

/// The answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The key is the caller's, who commits or releases it.
    New,
    /// The work was done before.
    Done,
    /// Somebody else is at it.
    Busy,
}

/// Remembers keys.
pub trait Idempotency: Send + Sync + 'static {
    /// Claims a key for as long as `lease`.
    fn claim<'f>(&'f self, scope: &'f str, key: &'f str, lease: Duration) -> StoreFuture<'f, Claim>;
    /// Begins the lease of a claimed key again, since its work takes longer.
    fn renew<'f>(&'f self, scope: &'f str, key: &'f str, lease: Duration) -> StoreFuture<'f, ()>;
    /// The work of a claimed key is done.
    fn commit<'f>(&'f self, scope: &'f str, key: &'f str) -> StoreFuture<'f, ()>;
    /// The work of a claimed key failed: it may be claimed again.
    fn release<'f>(&'f self, scope: &'f str, key: &'f str) -> StoreFuture<'f, ()>;
}

/// Remembers keys in memory, each for a while. Clones share it.
///
/// It holds a bounded number of keys; when it is full of keys that may not be forgotten yet, claims fail rather than let
/// work be done twice.
#[derive(Clone, Debug)]
pub struct Memory {
    keys: Arc<Mutex<Keys>>,
    remember: Duration,
    capacity: usize,
}

/// The keys of each scope.
#[derive(Debug, Default)]
struct Keys {
    /// There are as many as operations, so they are looked through.
    scopes: Vec<(String, HashMap<String, Entry>)>,
    count: usize,
}

impl Keys {
    fn scope(&mut self, scope: &str) -> Option<&mut HashMap<String, Entry>> {
        self.scopes.iter_mut().find(|(known, _)| known == scope).map(|(_, keys)| keys)
    }

    fn get_mut(&mut self, scope: &str, key: &str) -> Option<&mut Entry> {
        self.scope(scope)?.get_mut(key)
    }

    fn insert(&mut self, scope: &str, key: &str, entry: Entry) {
        let replaced = match self.scope(scope) {
            Some(keys) => keys.insert(key.to_owned(), entry),
            None => {
                self.scopes.push((scope.to_owned(), HashMap::from([(key.to_owned(), entry)])));
                None
            }
        };
        self.count += usize::from(replaced.is_none());
    }

    fn remove(&mut self, scope: &str, key: &str) {
        let removed = self.scope(scope).and_then(|keys| keys.remove(key));
        self.count -= usize::from(removed.is_some());
    }

    /// Forgets what may be forgotten.
    fn forget(&mut self, now: Instant) {
        for (_, keys) in &mut self.scopes {
            keys.retain(|_, entry| entry.until > now);
        }
        self.scopes.retain(|(_, keys)| !keys.is_empty());
        self.count = self.scopes.iter().map(|(_, keys)| keys.len()).sum();
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    done: bool,
    until: Instant,
}

impl Memory {
    /// Remembers up to 100,000 keys, each for this long after its work was done.
    #[must_use]
    pub fn new(remember: Duration) -> Self {
        Self { keys: Arc::default(), remember, capacity: 100_000 }
    }

    /// Remembers up to this many keys.
    #[must_use]
    pub fn capacity(mut self, keys: usize) -> Self {
        self.capacity = keys;
        self
    }

    fn with<O>(&self, change: impl FnOnce(&mut Keys) -> O) -> O {
        change(&mut self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Idempotency for Memory {
    fn claim<'f>(&'f self, scope: &'f str, key: &'f str, lease: Duration) -> StoreFuture<'f, Claim> {
        let now = Instant::now();
        let claim = self.with(|keys| {
            if let Some(entry) = keys.get_mut(scope, key).filter(|entry| entry.until > now) {
                return Ok(if entry.done { Claim::Done } else { Claim::Busy });
            }
            if keys.count >= self.capacity {
                keys.forget(now);
            }
            if keys.count >= self.capacity {
                return Err(TransportError::transient("the store of idempotency keys is full"));
            }
            keys.insert(scope, key, Entry { done: false, until: now + lease });
            Ok(Claim::New)
        });
        Box::pin(std::future::ready(claim))
    }

    fn renew<'f>(&'f self, scope: &'f str, key: &'f str, lease: Duration) -> StoreFuture<'f, ()> {
        let until = Instant::now() + lease;
        self.with(|keys| {
            if let Some(entry) = keys.get_mut(scope, key).filter(|entry| !entry.done) {
                entry.until = until;
            }
        });
        Box::pin(std::future::ready(Ok(())))
    }

    fn commit<'f>(&'f self, scope: &'f str, key: &'f str) -> StoreFuture<'f, ()> {
        let entry = Entry { done: true, until: Instant::now() + self.remember };
        self.with(|keys| match keys.get_mut(scope, key) {
            Some(claimed) => *claimed = entry,
            None => keys.insert(scope, key, entry),
        });
        Box::pin(std::future::ready(Ok(())))
    }

    fn release<'f>(&'f self, scope: &'f str, key: &'f str) -> StoreFuture<'f, ()> {
        self.with(|keys| keys.remove(scope, key));
        Box::pin(std::future::ready(Ok(())))
    }
}
