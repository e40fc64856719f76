//! How generated routes publish.
//!
//! In: what was posted, and the answer of a producer. Out: the message's id, and what the route answers.

use super::routing::{Failure, HandlerError, Message, PublishError, Receipt, Received, Undecodable};
use crate::bridge::IDEMPOTENCY_KEY;

/// The envelope with the id that the caller gave, if it did.
#[must_use]
pub fn identified(mut envelope: Message, received: &Received) -> Message {
    let message = received.message();
    let key = message.headers.get_str(IDEMPOTENCY_KEY).map(str::to_owned);
    envelope.id = key.or_else(|| message.id.clone()).or(envelope.id);
    envelope
}

/// What the transport said, as a route answers it.
///
/// # Errors
/// There was no confirmation: trying again may help, unless it is the caller's address that is at fault.
pub fn published(outcome: Result<Receipt, PublishError>) -> Result<(), Failure> {
    match outcome {
        Ok(_) => Ok(()),
        Err(PublishError::Address(error)) => Err(Undecodable::from(error.to_string()).into()),
        Err(error) => Err(HandlerError::transient(error).into()),
    }
}
