//! Webhooks: signatures, a receiver that is an axum router, and a sender that is a transport.
//!
//! In: the consumers and producers that generated code makes for operations on HTTP channels. Out: routes that verify
//! before they decode, and requests that are signed and tried again. Signatures are those of
//! [Standard Webhooks](https://www.standardwebhooks.com): HMAC-SHA256 over id, timestamp and the body as it came.

#[cfg(feature = "webhook-client")]
mod destinations;
mod signature;

#[cfg(feature = "webhook-server")]
mod receiver;
#[cfg(feature = "webhook-client")]
mod sender;

#[cfg(feature = "webhook-client")]
pub use destinations::{DestinationError, Destinations, Network, Resolver};
#[cfg(feature = "webhook-server")]
pub use receiver::Receiver;
#[cfg(feature = "webhook-client")]
pub use sender::{Sender, SenderError};
pub use signature::{
    ID_HEADER, SIGNATURE_HEADER, Secret, SecretError, SignatureError, Signed, TIMESTAMP_HEADER, Verifier,
};
