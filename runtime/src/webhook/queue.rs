//! Quick answers: what arrives by HTTP is put on a broker, and handled there.
//!
//! In: a received message. Out: the same message on another transport, confirmed before the sender is answered.

use crate::consume::{Dispatch, Failure, HandlerError, Layer, Received, Undecodable};
use crate::payload::{DecodeError, Payload};
use crate::transport::Transport;

/// Says what is wrong with a payload.
type Check = fn(&[u8]) -> Result<(), DecodeError>;

/// A layer that queues messages on a transport, at the channel and address they came to, instead of handling them:
/// `orders::on_order(handler).layer(Queue::new(bus))`. A [`Service`](crate::Service) on that transport handles them.
#[derive(Clone, Debug)]
pub struct Queue<T> {
    transport: T,
    check: Option<Check>,
}

impl<T: Transport> Queue<T> {
    /// Queues whatever is received; what cannot be decoded is found out, and dead-lettered, by the consumer.
    pub fn new(transport: T) -> Self {
        Self { transport, check: None }
    }

    /// Queues only what is a payload of this type, and refuses the rest.
    #[must_use]
    pub fn checked<P: Payload>(mut self) -> Self {
        self.check = Some(|bytes| P::from_slice(bytes).map(|_| ()));
        self
    }
}

impl<T: Transport, D> Layer<D> for Queue<T> {
    type Dispatch = Self;

    fn layer(self, _inner: D) -> Self {
        self
    }
}

impl<T: Transport> Dispatch for Queue<T> {
    async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
        if let Some(check) = self.check {
            check(&received.message().payload).map_err(Undecodable::from)?;
        }
        let channel = received.operation().channel();
        let published = self.transport.publish(Some(channel), received.address(), received.message().clone()).await;
        published.map(|_| ()).map_err(|error| HandlerError::transient(error).into())
    }
}
