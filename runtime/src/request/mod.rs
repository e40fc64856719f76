//! Requests and replies: an operation whose document says that a reply comes back.
//!
//! In: prepared requests on one side, received ones on the other. Out: the reply that belongs to a request; a reply that is
//! confirmed before its request is acknowledged. What always holds: a reply is given to the one request whose correlation id
//! it has, or to nobody; a request is answered by a reply, by an error, or by its timeout. Where correlation id and reply
//! address stand in a message is what the document says; where it says nothing, they travel as the protocol has them.
//!
//! A request is delivered as any other message is, so a responder may see it twice: with
//! [`idempotent`](crate::consume::Consumer::idempotent) it acts once, and the second is not answered again.

mod inbox;
mod requester;
mod respond;

#[cfg(feature = "nats")]
pub(crate) use requester::REQUEST;
pub use requester::{RequestError, Requester};
pub use respond::{Answer, respond};

use crate::message::{Channel, Place};

/// On a request: the time after which nobody waits for the reply, in milliseconds since 1970. A responder gives up then;
/// clocks that differ by more than the timeout make it give up too early.
pub const DEADLINE_HEADER: &str = "Tidings-Deadline";
/// On a message that a transport puts into an inbox in place of a reply: nobody receives such requests.
pub const NO_RESPONDER_HEADER: &str = "Tidings-No-Responder";

/// How the requests and replies of an operation find each other, as the document says it.
#[derive(Debug, PartialEq, Eq)]
pub struct Exchange {
    channel: Option<&'static Channel>,
    address: Option<Place>,
    correlations: &'static [Place],
}

impl Exchange {
    /// Replies travel on `channel`, or to the address that stands at `address` in the request. `correlations` are the places
    /// of the correlation id in the replies.
    pub const fn new(
        channel: Option<&'static Channel>,
        address: Option<Place>,
        correlations: &'static [Place],
    ) -> Self {
        Self { channel, address, correlations }
    }

    /// The channel of the replies, if it has one address.
    fn fixed(&self) -> Option<&'static Channel> {
        self.channel.filter(|channel| channel.address().is_some() && !channel.template().is_parametrised())
    }
}
