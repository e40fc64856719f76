//! Webhooks: signatures, a receiver that is an axum router, and a sender that is a transport.
//!
//! In: the consumers and producers that generated code makes for operations on HTTP channels. Out: routes that verify
//! before they decode, and requests that are signed and tried again. Signatures are those of
//! [Standard Webhooks](https://www.standardwebhooks.com): HMAC-SHA256 over id, timestamp and the body as it came.

mod asymmetric;
#[cfg(feature = "webhook-client")]
mod destinations;
mod scheme;
mod signature;

#[cfg(feature = "webhook-server")]
mod cloud_events;
#[cfg(feature = "webhook-store")]
pub mod outbox;
#[cfg(feature = "webhook-server")]
mod queue;
#[cfg(feature = "webhook-server")]
mod receiver;
#[cfg(feature = "webhook-client")]
mod sender;

pub use asymmetric::{PublicKey, SigningKey};
#[cfg(feature = "webhook-server")]
pub use cloud_events::CloudEvents;
#[cfg(feature = "webhook-client")]
pub use destinations::{DestinationError, Destinations, Network, Resolver};
#[cfg(feature = "webhook-store")]
pub use outbox::Outbox;
#[cfg(feature = "webhook-server")]
pub use queue::Queue;
#[cfg(feature = "webhook-server")]
pub use receiver::Receiver;
pub use scheme::Scheme;
#[cfg(feature = "webhook-client")]
pub use sender::{Sender, SenderError};
pub use signature::{
    ID_HEADER, SIGNATURE_HEADER, Secret, SecretError, SignatureError, Signed, TIMESTAMP_HEADER, Verifier,
};
