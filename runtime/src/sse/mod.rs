//! Server-sent events: a channel as a stream over HTTP, and a client that misses nothing.
//!
//! In: messages published to an [`EventLog`]. Out: the same messages, in order, to every client, from where it left off.
//! What always holds: a client gets each message once, or is told that some are gone; a slow client costs no memory.

#[cfg(feature = "sse-client")]
mod client;
#[cfg(feature = "sse-store")]
mod kept;
#[cfg(feature = "sse-client")]
mod parser;
#[cfg(feature = "sse-server")]
mod server;

#[cfg(feature = "sse-client")]
pub use client::{EventSource, EventSourceError};
#[cfg(feature = "sse-client")]
pub use parser::Event;
#[cfg(feature = "sse-server")]
pub use server::{EventLog, SlowClient};

/// The name of the event that tells a client that messages are gone which it has not seen.
pub const GAP: &str = "tidings.gap";
