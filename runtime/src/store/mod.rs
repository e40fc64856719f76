//! What outlives one message: which keys were handled already, and what waits to be published or delivered.
//!
//! In: keys, messages and events. Out: claims. A store is asked before work is done and told after it. What waits in a
//! database is claimed by one worker at a time, in one way for messages and for webhooks (`claims`), and can be stored in a
//! transaction of the user's (`connection`).

#[cfg(any(feature = "outbox", feature = "webhook-store"))]
pub(crate) mod claims;
#[cfg(any(feature = "outbox", feature = "webhook-store"))]
pub(crate) mod connection;
#[cfg(feature = "sql-store")]
pub(crate) mod database;
#[cfg(feature = "webhook-store")]
pub(crate) mod deliveries;
pub mod idempotency;
#[cfg(feature = "outbox")]
pub mod outbox;

#[cfg(any(feature = "outbox", feature = "webhook-store"))]
pub use connection::Connection;
/// The database client whose transactions a store takes part in: the one client that shows through, since the transaction
/// is the user's own.
#[cfg(any(feature = "outbox", feature = "webhook-store"))]
pub use sqlx;
