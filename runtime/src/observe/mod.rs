//! What can be seen from outside: traces that cross brokers, and numbers.
//!
//! In: messages on their way out, deliveries on their way in, events of workers. Out: spans of `tracing` with the names of
//! OpenTelemetry's conventions for messaging, headers of W3C Trace Context, and with the features `metrics` and `otel` numbers.
//! What always holds: where nobody listens, a message costs next to nothing, and a trace that came in still goes on with
//! what its handler publishes.

#[cfg(any(feature = "metrics", feature = "otel"))]
mod instruments;
#[cfg(not(any(feature = "metrics", feature = "otel")))]
#[path = "silent.rs"]
mod instruments;
#[cfg(feature = "otel")]
mod otel;
mod span;
mod trace_context;

#[cfg(feature = "nats")]
pub(crate) use instruments::dropped;
pub(crate) use instruments::{Instruments, Publication};
pub use span::current;
pub(crate) use span::{processing, sending, unsent};
pub use trace_context::{TRACEPARENT_HEADER, TRACESTATE_HEADER, TraceContext};
