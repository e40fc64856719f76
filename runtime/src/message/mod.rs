//! The message model: what travels, where it travels to, and the static facts that generated code states.
//!
//! In: bytes and names. Out: [`Message`], [`AddressTemplate`], [`Channel`], [`Operation`], [`SecurityScheme`]. Nothing here does I/O
//! or needs an async runtime.

mod address;
mod channel;
#[cfg(feature = "consume")]
pub(crate) mod cloud_events;
mod headers;
#[cfg(feature = "consume")]
pub(crate) mod identity;
mod place;
pub(crate) mod publication;
mod secrets;
mod security;
mod server;

use bytes::Bytes;

pub use address::{AddressError, AddressTemplate};
pub use channel::{Action, Channel, Operation};
#[cfg(feature = "consume")]
pub use cloud_events::{CloudEvent, EventHeaders};
pub use headers::{HeaderValue, Headers};
pub use place::Place;
pub use publication::{Prepared, Publication};
pub use secrets::{Credentials, environment};
pub use security::{SecurityKind, SecurityScheme};
pub use server::Server;

/// The header that is the same at each try of a request: the id of its message.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// One message as every transport carries it.
///
/// What a protocol has no field for travels as a header of that protocol, or is lost where it has none
/// (see [`Capabilities`](crate::transport::Capabilities) with feature `consume`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The encoded payload.
    pub payload: Bytes,
    /// The application's headers.
    pub headers: Headers,
    /// The partition key: messages of one key are handled in order.
    pub key: Option<Bytes>,
    /// The identity of the message: the same on every redelivery and in the dead letter.
    pub id: Option<String>,
    /// The media type of the payload.
    pub content_type: Option<String>,
    /// The media type that the document states, until the message is published: then it is that of a message without one of
    /// its own, except on transports where headers are dear.
    pub stated_content_type: Option<&'static str>,
    /// The address that a reply goes to.
    pub reply_to: Option<String>,
    /// What ties a reply to its request.
    pub correlation_id: Option<String>,
}

impl Message {
    /// A message with this payload and nothing else.
    #[inline]
    pub fn new(payload: impl Into<Bytes>) -> Self {
        Self { payload: payload.into(), ..Self::default() }
    }

    /// Adds a header; headers of the same name stay.
    #[must_use]
    pub fn with_header(
        mut self,
        name: impl Into<std::borrow::Cow<'static, str>>,
        value: impl Into<HeaderValue>,
    ) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Sets the partition key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Bytes>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets the id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the media type of the payload.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Sets the address that a reply goes to.
    #[must_use]
    pub fn with_reply_to(mut self, reply_to: impl Into<String>) -> Self {
        self.reply_to = Some(reply_to.into());
        self
    }

    /// Sets the correlation id.
    #[must_use]
    pub fn with_correlation_id(mut self, correlation_id: impl Into<String>) -> Self {
        self.correlation_id = Some(correlation_id.into());
        self
    }
}
