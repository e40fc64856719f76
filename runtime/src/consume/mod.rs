//! Consuming: from the deliveries of a transport to handlers, with retries, dead letters, order by key and shutdown.
//!
//! In: a [`Transport`](crate::transport::Transport) and the [`Consumer`]s that generated code makes. Out: calls of
//! handlers, settled deliveries, a [`Summary`]. What always holds:
//! - a delivery is acknowledged only after its handler succeeded or its dead letter was confirmed;
//! - a handler that fails, panics or takes too long is tried again with backoff, then dead-lettered; what cannot be decoded
//!   is dead-lettered at once;
//! - messages of one key are handled one at a time and in order, also through retries;
//! - with a store of keys, a message whose handling was committed is not handled again;
//! - at most `concurrency` deliveries are held for each consumer.

mod backoff;
mod context;
mod dead_letter;
mod dispatch;
mod either;
mod error;
mod health;
mod hold;
mod idempotent;
mod lanes;
mod redrive;
mod room;
mod service;
mod settings;
#[cfg(feature = "signal")]
mod signal;
mod subscriber;
mod summary;
mod worker;

pub use backoff::Backoff;
pub use context::{Context, Received};
pub use dead_letter::{
    ATTEMPTS_HEADER, DeadLetter, ERROR_HEADER, FIRST_FAILED_AT_HEADER, HANDLER_HEADER, REASON_HEADER, Reason,
    SOURCE_HEADER,
};
pub use dispatch::{Dispatch, Layer};
pub use either::Either;
pub use error::{Failure, HandlerError, Undecodable};
pub use health::{ConsumerHealth, Health, HealthCheck, Trouble};
#[cfg(feature = "webhook-server")]
pub(crate) use hold::catch_panic;
pub use idempotent::Idempotent;
#[cfg(feature = "mqtt")]
pub(crate) use redrive::GROUP as REDRIVE_GROUP;
pub use redrive::{Redrive, RedriveError, Redriven};
pub use service::{Running, Service, ServiceError};
pub use settings::Consumer;
#[cfg(feature = "signal")]
pub use signal::shutdown_signal;
pub(crate) use summary::Event;
pub use summary::{Counts, Summary};
