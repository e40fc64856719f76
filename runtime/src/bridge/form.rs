//! What an event must be before it passes the bridge.
//!
//! In: the payload types of an operation's messages, by key. Out: nothing, or why bytes are none of them. Where no message
//! is named, all bytes pass.

use crate::consume::Undecodable;
use crate::payload::{DecodeError, Payload};

/// A message that an event may be.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    key: &'static str,
    check: fn(&[u8]) -> Result<(), DecodeError>,
}

/// The message of this key, whose payload is a `P`.
#[must_use]
pub const fn form<P: Payload>(key: &'static str) -> Form {
    Form { key, check: is::<P> }
}

fn is<P: Payload>(bytes: &[u8]) -> Result<(), DecodeError> {
    P::from_slice(bytes).map(|_| ())
}

/// Is it one of them?
pub(super) fn check(forms: &[Form], bytes: &[u8]) -> Result<(), Undecodable> {
    let mut refusals = Vec::new();
    for form in forms {
        match (form.check)(bytes) {
            Ok(()) => return Ok(()),
            Err(error) => refusals.push((form.key, error)),
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(Undecodable::by_key(refusals)) }
}
