//! What outlives one message: which keys were handled already, and what waits to be delivered.
//!
//! In: keys and events. Out: claims and deliveries. A store is asked before work is done and told after it.

#[cfg(feature = "sql-store")]
pub(crate) mod database;
pub mod idempotency;
#[cfg(feature = "webhook-store")]
pub(crate) mod outbox;
