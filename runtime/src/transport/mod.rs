//! What a transport promises: publishing with confirmation, subscriptions of consumer groups, and settling.
//!
//! In: [`Message`]s and [`Subscribe`] requests. Out: [`Receipt`]s and [`Delivery`]s. What always holds: a publication is
//! `Ok` only when the transport confirmed it; a delivery is settled at most once, because settling takes the acknowledger
//! by value; a delivery that is dropped unsettled is delivered again, as brokers do. No client library shows through.

#[cfg(feature = "amqp")]
pub mod amqp;
#[cfg(any(feature = "mqtt", feature = "redis", feature = "ws"))]
mod envelope;
#[cfg(feature = "kafka")]
pub mod kafka;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "mqtt")]
pub mod mqtt;
#[cfg(feature = "nats")]
pub mod nats;
#[cfg(feature = "redis")]
pub mod redis;
mod wire;
#[cfg(feature = "ws")]
pub mod ws;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

pub use wire::{ADDRESS_HEADER, CONTENT_TYPE_HEADER, CORRELATION_ID_HEADER, ID_HEADER, KEY_HEADER, REPLY_TO_HEADER};

use thiserror::Error;

use crate::consume::{Reason, Received};
use crate::message::{AddressError, Channel, EventHeaders, Message, Operation};

/// A connection to a broker; clones share it.
pub trait Transport: Clone + Send + Sync + 'static {
    /// What [`subscribe`](Self::subscribe) yields.
    type Subscription: Subscription;

    /// What this transport does by itself; constant over its life.
    fn capabilities(&self) -> Capabilities;

    /// What spans and numbers call it (`messaging.system` of OpenTelemetry): `kafka`, `nats`, `rabbitmq`; constant, too.
    fn system(&self) -> &'static str {
        "other"
    }

    /// Publishes to a concrete address and returns once the transport confirmed that it holds the message.
    ///
    /// `channel` is the channel of the document, with its bindings; `None` for what the document does not know, such as
    /// dead letters. A transport that drops duplicates by [`Message::id`] must do so for each address apart: a dead
    /// letter has the id of its source.
    fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> impl Future<Output = Result<Receipt, PublishError>> + Send;

    /// Publishes a message of an operation. `bindings` are those of the message, protocol name and JSON text; a transport
    /// that follows them, or those of the operation, does it here.
    fn send(
        &self,
        operation: &'static Operation,
        bindings: &'static [(&'static str, &'static str)],
        address: &str,
        message: Message,
    ) -> impl Future<Output = Result<Receipt, PublishError>> + Send {
        let _ = bindings;
        self.publish(Some(operation.channel()), address, message)
    }

    /// Publishes a message again that was published before and is meant to arrive a second time, such as a dead letter on
    /// its way back. `letter` tells this publication from the earlier ones to a transport that drops duplicates; repeated
    /// with the same `letter` it is a duplicate.
    fn republish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
        letter: &str,
    ) -> impl Future<Output = Result<Receipt, PublishError>> + Send {
        let _ = letter;
        self.publish(channel, address, message)
    }

    /// Joins a consumer group; returns once messages published from now on will reach the group.
    fn subscribe(&self, request: Subscribe) -> impl Future<Output = Result<Self::Subscription, SubscribeError>> + Send;

    /// Whether the broker answers now, by a round trip; a transport without one, or that cannot ask, says yes. It may be
    /// cancelled when it takes too long.
    fn ping(&self) -> impl Future<Output = Result<(), TransportError>> + Send {
        std::future::ready(Ok(()))
    }

    /// How many messages of the group that `request` joins are not settled, those in flight included as far as the broker
    /// counts them; `None` where the broker does not say.
    fn lag(&self, request: &Subscribe) -> impl Future<Output = Result<Option<u64>, TransportError>> + Send {
        let _ = request;
        std::future::ready(Ok(None))
    }

    /// Told of each attempt of a handler at a message that came over this transport, and why it failed. Nothing is to be done;
    /// transports for tests remember it.
    fn attempted(&self, received: &Received, failure: Option<(Reason, &str)>) {
        let _ = (received, failure);
    }

    /// An address for the replies to one requester, whose `name` no other has. A parameter `{request}` in it stands for each
    /// request's own segment.
    fn inbox(&self, name: &str) -> String {
        format!("replies/{name}")
    }

    /// Subscribes to replies: with a group of its own, which leaves nothing behind when it is dropped, where the transport
    /// can do that.
    fn subscribe_replies(
        &self,
        request: Subscribe,
    ) -> impl Future<Output = Result<Self::Subscription, SubscribeError>> + Send {
        self.subscribe(request)
    }

    /// Publishes a reply: on a channel of the document, or to the address that the request gave, which is an inbox.
    fn reply(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> impl Future<Output = Result<Receipt, PublishError>> + Send {
        self.publish(channel, address, message)
    }

    /// Flushes what was published and closes, within `deadline`. Later calls fail. Closing twice is no error.
    fn close(&self, deadline: Duration) -> impl Future<Output = Result<(), TransportError>> + Send;
}

/// The deliveries that one member of a consumer group receives.
pub trait Subscription: Send + 'static {
    /// What settles its deliveries.
    type Acknowledger: Acknowledger + 'static;

    /// The next delivery; `None` when the subscription is over, so that the consumer subscribes again.
    ///
    /// Cancel safe: dropping the future loses no message. After an error the call may be repeated, except after
    /// [`ReceiveError::Lost`].
    fn next(&mut self) -> impl Future<Output = Option<Result<Delivery<Self::Acknowledger>, ReceiveError>>> + Send;
}

/// Settles one delivery. Dropped without settling, the message is delivered again where the transport can do that.
pub trait Acknowledger: Send {
    /// The message is done with: it will not be delivered to this group again.
    fn acknowledge(self) -> impl Future<Output = Result<(), SettleError>> + Send;

    /// Asks for redelivery after the delay; a transport without [`Capabilities::native_delay`] redelivers when it does.
    fn reject(self, redeliver_after: Duration) -> impl Future<Output = Result<(), SettleError>> + Send;

    /// Tells the transport that the delivery is still being worked on.
    fn progress(&mut self) -> impl Future<Output = Result<(), SettleError>> + Send;
}

/// What a transport does by itself; the consumer does the rest. The default is nothing.
///
/// Construct as `Capabilities { acknowledge: true, ..Capabilities::default() }`: fields will be added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// An unacknowledged message is delivered again (at least once); without it, delivery is at most once.
    pub acknowledge: bool,
    /// `reject` keeps the delay.
    pub native_delay: bool,
    /// The broker itself moves what failed too often.
    pub native_dead_letter: bool,
    /// [`Delivery::attempt`] counts redeliveries, over all members of the group.
    pub delivery_count: bool,
    /// Within a group, a message is not delivered while an earlier one of the same key is unsettled.
    pub keyed_order: bool,
    /// Headers travel.
    pub headers: bool,
    /// Headers cost more than payloads, and nothing is delivered twice: messages travel without an id and without the media
    /// type that the document states, unless they were given them.
    pub dear_headers: bool,
    /// Addresses for replies can be made.
    pub reply: bool,
    /// A reply goes back over the connection that its request came by, which [`Message::reply_to`] says, wherever the
    /// document has replies go.
    pub reply_by_connection: bool,
    /// A group receives what was published while it had no member.
    pub durable: bool,
    /// Members of a group share its messages; without it every subscription sees every message.
    pub shared_groups: bool,
    /// How often `progress` must be called for a delivery that is held; `None`: never.
    pub heartbeat: Option<Duration>,
    /// Where the attributes of CloudEvents travel; without it they travel in the payload.
    pub events: Option<EventHeaders>,
}

/// Who makes the topics, queues, streams and durable consumers that are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Declare {
    /// This connection: with what the bindings of the document say, and the broker's defaults for the rest.
    Create,
    /// Somebody else; what is missing or does not fit is an error that says so.
    #[default]
    Verify,
    /// Somebody else, and this connection may not even look: everything must have the names that
    /// [`Create`](Self::Create) would give it.
    Never,
}

/// A request to join a consumer group.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Subscribe {
    /// The channel, whose address may hold parameters: all addresses of its shape are meant.
    pub channel: &'static Channel,
    /// The operation that receives, with its bindings, where there is one.
    pub operation: Option<&'static Operation>,
    /// The consumer group.
    pub group: String,
    /// How many deliveries may be unsettled at once in this subscription; at least 1.
    pub max_in_flight: usize,
    /// Where a group begins that is new.
    pub start: Start,
}

/// What the first member of a group that is new is given. A group that exists goes on where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// What is published from now on.
    #[default]
    New,
    /// What the broker still holds, too; on a transport that keeps nothing ([`Capabilities::durable`]) there is no such
    /// thing.
    Earliest,
}

impl Subscribe {
    /// Joins `group` on `channel` with at most 1 delivery in flight.
    pub fn new(channel: &'static Channel, group: impl Into<String>) -> Self {
        Self { channel, operation: None, group: group.into(), max_in_flight: 1, start: Start::default() }
    }

    /// Joins for an operation, whose bindings some transports follow.
    #[must_use]
    pub fn for_operation(mut self, operation: &'static Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Sets how many deliveries may be unsettled at once; 0 counts as 1.
    #[must_use]
    pub fn with_max_in_flight(mut self, max_in_flight: usize) -> Self {
        self.max_in_flight = max_in_flight.max(1);
        self
    }

    /// Sets where a group begins that is new.
    #[must_use]
    pub fn starting(mut self, start: Start) -> Self {
        self.start = start;
        self
    }
}

/// One message handed to one member of a group.
#[derive(Debug)]
#[non_exhaustive]
pub struct Delivery<A> {
    /// The message, which whoever works on it shares.
    pub message: Arc<Message>,
    /// The concrete address it was published to.
    pub address: Arc<str>,
    /// 1 for the first delivery; counts up where the transport knows ([`Capabilities::delivery_count`]).
    pub attempt: u32,
    /// Where the message stands in the broker's log, if it has one: the same on every delivery, and no other message's.
    pub position: Option<String>,
    /// Settles the delivery.
    pub acknowledger: A,
}

impl<A> Delivery<A> {
    /// A first delivery.
    #[inline]
    pub fn new(message: impl Into<Arc<Message>>, address: impl Into<Arc<str>>, acknowledger: A) -> Self {
        Self { message: message.into(), address: address.into(), attempt: 1, position: None, acknowledger }
    }

    /// Sets the attempt; 0 counts as 1.
    #[must_use]
    pub fn with_attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt.max(1);
        self
    }

    /// Sets the position.
    #[must_use]
    pub fn with_position(mut self, position: impl Into<String>) -> Self {
        self.position = Some(position.into());
        self
    }
}

/// The transport's confirmation of a publication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Where the message stands in the broker's log (stream sequence, `partition@offset`), if it said so.
    pub position: Option<String>,
}

impl Receipt {
    /// A confirmation without a position.
    pub const fn new() -> Self {
        Self { position: None }
    }

    /// Sets the position.
    #[must_use]
    pub fn with_position(mut self, position: impl Into<String>) -> Self {
        self.position = Some(position.into());
        self
    }
}

/// A failure of the broker, the network or the client, without the client's types.
#[derive(Debug, Error)]
#[error("{source}")]
pub struct TransportError {
    /// Whether trying again can help.
    pub transient: bool,
    source: Box<dyn Error + Send + Sync>,
}

impl TransportError {
    /// A failure that trying again may overcome.
    pub fn transient(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { transient: true, source: source.into() }
    }

    /// A failure that trying again will not overcome.
    pub fn permanent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { transient: false, source: source.into() }
    }
}

/// Why a message was not published.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The payload or a header breaks its schema.
    #[error("the message cannot be encoded: {0}")]
    Encode(#[source] Box<dyn Error + Send + Sync>),
    /// The address cannot be made.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The transport did not confirm; the message may or may not have been taken.
    #[error("the message was not confirmed: {0}")]
    Transport(#[from] TransportError),
}

impl PublishError {
    /// For a payload that its schema refuses.
    pub fn encode(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Encode(error.into())
    }
}

/// Why a subscription was not made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The transport cannot do this.
    #[error("the transport does not support {0}")]
    Unsupported(String),
    /// The channel's address cannot be subscribed to.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The transport failed.
    #[error("the subscription was not made: {0}")]
    Transport(#[from] TransportError),
}

/// Why a delivery was not received.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The subscription is over.
    #[error("the subscription is lost: {0}")]
    Lost(#[source] TransportError),
    /// This receive failed, the next may not.
    #[error("receiving failed: {0}")]
    Transport(#[from] TransportError),
}

/// Why a delivery could not be settled; the transport will deliver it again.
#[derive(Debug, Error)]
#[error("the delivery was not settled: {0}")]
pub struct SettleError(#[from] pub TransportError);
