//! The bridge to REST: requests become events, events become requests, and a resource that changes becomes events.
//!
//! In: the consumers of generated code, and URLs. Out: an axum router, a [`Dispatch`] for a
//! [`Service`](crate::Service), and a poller. What always holds: a `2xx` is answered only when the broker has confirmed; an
//! event is acknowledged only when its request was; a change is remembered only when its event was published.

mod call;
mod form;
mod poller;

pub use crate::message::IDEMPOTENCY_KEY;
pub use call::Call;
pub use form::{Form, form};
pub use poller::{PollError, Poller};

use crate::consume::{Consumer, Dispatch};
use crate::payload::Payload;
use crate::transport::Transport;
use crate::webhook::{Queue, Receiver};

/// A `POST` route at the channel's address whose every request is published to `transport`: checked as a payload of type
/// `P`, with the id that the caller gave (`webhook-id`) or a random one. Answers 204 when the broker has confirmed, 400
/// with what is wrong, 503 when there was no confirmation: then the event may be on the broker or not, and a caller that
/// tries again with the same id puts it there once where the broker drops duplicates.
///
/// What else [`Receiver`] can do is set on the result: credentials, limits, signatures.
pub fn publish<P: Payload, T: Transport, D: Dispatch>(consumer: Consumer<D>, transport: T) -> Receiver<Queue<T>> {
    Receiver::new(consumer.layer(Queue::new(transport).checked::<P>()))
}
