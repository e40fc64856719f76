//! Receiving: one channel with one consumer for each member of a group.
//!
//! In: what the broker delivers. Out: deliveries, and how they are settled. What always holds: what is given back goes back
//! in the order in which it came, either while the member receives, or with all the rest when its channel closes; a message
//! that waits for its redelivery in a queue is confirmed there before it is acknowledged here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use lapin::message::Delivery as Delivered;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Acker, BasicProperties, Channel, Connection, Consumer};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use super::address::{Mapping, Needs, Queue};
use super::declare::Manner;
use super::publishing::Publication;
use super::{Shared, declare, failure, wire};
use crate::transport::{
    Acknowledger, Declare, Delivery, ReceiveError, SettleError, Start, Subscribe, SubscribeError, Subscription,
    TransportError,
};

type Received = Result<Delivery<AmqpAcknowledger>, ReceiveError>;

/// A member of a consumer group. Dropped, it leaves; what was delivered and is not settled goes back when the last
/// acknowledger is gone, too.
pub struct AmqpSubscription {
    member: Arc<Member>,
    mapping: Mapping,
    consumer: Consumer,
    closed: watch::Receiver<bool>,
}

/// What a subscription and its deliveries share.
struct Member {
    shared: Arc<Shared>,
    queue: String,
    settling: Settling,
    /// Keeps the consumer from being cancelled: another one would get what is new before what this one gives back.
    consumer: Consumer,
    /// Keeps the connection.
    _connection: Arc<Connection>,
    /// Closes the channel.
    runtime: Handle,
    /// What is to go back, by its number on the channel.
    given_back: Mutex<BTreeMap<u64, Acker>>,
    changed: Notify,
}

/// The channel on which a member settles.
#[derive(Clone)]
pub(super) struct Settling {
    channel: Channel,
    /// The consumer.
    tag: ShortString,
    /// Whether it may be cancelled before its channel is closed: another one then gets what is new before that which waits
    /// here to be handed out.
    leaves_early: bool,
    /// How many deliveries may be unsettled.
    room: u16,
    /// How many are.
    unsettled: Arc<AtomicUsize>,
}

impl Settling {
    /// Waits until the broker has done all that was settled. It keeps acknowledgements to a replicated queue to itself while
    /// more than a few are on their way there, and forgets those when the channel is closed: they are on their way when the
    /// queue has answered, which it does when the consumer is cancelled, and the channel has answered after that.
    pub(super) async fn finish(&self) {
        let finishing = async {
            if self.leaves_early && self.unsettled.load(Ordering::Acquire) == 0 {
                self.channel.basic_cancel(self.tag.clone(), BasicCancelOptions::default()).await?;
            }
            self.channel.basic_qos(self.room, BasicQosOptions::default()).await
        };
        if let Err(error) = finishing.await {
            tracing::debug!(%error, "a channel of RabbitMQ is closed already");
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.channel.status().connected()
    }
}

/// The queue that a request joins, and how what comes from there reads.
///
/// # Errors
/// The exchange cannot select the addresses of the channel, or the name is too long.
pub(super) fn queue(request: &Subscribe) -> Result<(Mapping, Queue), SubscribeError> {
    let mapping = Mapping::new(request.channel)?;
    let kept = mapping.kept().filter(|_| request.start == Start::Earliest);
    let queue = match kept {
        Some(kept) => kept,
        None => mapping.queue(&request.group)?,
    };
    Ok((mapping, queue))
}

impl AmqpSubscription {
    /// `is_inbox`: its queue is its own, is made whoever makes the others, and goes with the connection.
    pub(super) async fn new(shared: &Arc<Shared>, request: &Subscribe, is_inbox: bool) -> Result<Self, SubscribeError> {
        let (mapping, mut queue) = queue(request)?;
        let mut manner = shared.settings.manner;
        if is_inbox {
            queue = mapping.replies(&request.group)?;
        }
        if queue.exclusive {
            manner = Manner { declare: Declare::Create, single_active: false };
        }
        let connection = shared.consuming.connection().await?;
        let name = queue.name.clone();
        declare::provide(&connection, manner, &Needs::Queue(queue)).await?;
        let failed = |error| failure(&format!("the queue `{name}` gives nothing"), &error);
        let channel = connection.create_channel().await.map_err(failed)?;
        let room = u16::try_from(request.max_in_flight.max(1)).unwrap_or(u16::MAX);
        channel.basic_qos(room, BasicQosOptions::default()).await.map_err(failed)?;
        let (tag, options) = ("".into(), BasicConsumeOptions::default());
        let consumer = channel.basic_consume(name.as_str().into(), tag, options, FieldTable::default());
        let consumer = consumer.await.map_err(failed)?;
        let leaves_early = !shared.settings.manner.single_active;
        let settling = Settling { channel, tag: consumer.tag(), leaves_early, room, unsettled: Arc::default() };
        shared.remember(settling.clone());
        let member = Member {
            shared: Arc::clone(shared),
            queue: name,
            settling,
            consumer: consumer.clone(),
            _connection: connection,
            runtime: Handle::current(),
            given_back: Mutex::default(),
            changed: Notify::new(),
        };
        Ok(Self { member: Arc::new(member), mapping, consumer, closed: shared.closed.subscribe() })
    }

    fn delivery(&self, delivered: Delivered) -> Result<Delivery<AmqpAcknowledger>, Acker> {
        let Delivered { delivery_tag, routing_key, redelivered, properties, data, acker, .. } = delivered;
        let wire::Received { message, address, keys, attempt } = wire::received(data, &properties, redelivered);
        let keys: Vec<&str> = std::iter::once(routing_key.as_str()).chain(keys.iter().map(String::as_str)).collect();
        let Some(address) = self.mapping.address(&keys, address.as_deref()) else { return Err(acker) };
        self.member.settling.unsettled.fetch_add(1, Ordering::AcqRel);
        let unsettled = Unsettled {
            number: delivery_tag,
            acker,
            payload: message.payload.clone(),
            properties,
            address: address.clone(),
            attempt,
        };
        let acknowledger = AmqpAcknowledger { member: Arc::clone(&self.member), unsettled: Some(unsettled) };
        Ok(Delivery::new(message, address, acknowledger).with_attempt(attempt))
    }
}

impl Subscription for AmqpSubscription {
    type Acknowledger = AmqpAcknowledger;

    async fn next(&mut self) -> Option<Received> {
        loop {
            if *self.closed.borrow_and_update() {
                return None;
            }
            let member = Arc::clone(&self.member);
            let changed = member.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Err(error) = member.give_back().await {
                return Some(Err(ReceiveError::Lost(error)));
            }
            let delivered = tokio::select! {
                biased;
                // A connection that is gone counts as a closed one.
                closed = self.closed.changed() => if closed.is_err() { return None } else { continue },
                () = changed => continue,
                delivered = self.consumer.next() => delivered,
            };
            let lost = |error| Some(Err(ReceiveError::Lost(error)));
            match delivered {
                None => {
                    let fault =
                        format!("the consumer of the queue `{}` was cancelled; was the queue deleted?", member.queue);
                    return lost(TransportError::transient(fault));
                }
                Some(Err(error)) => return lost(failure(&format!("the queue `{}`", member.queue), &error)),
                Some(Ok(delivered)) => match self.delivery(delivered) {
                    Ok(delivery) => return Some(Ok(delivery)),
                    // None of the channel's: what is bound to the queue is wider than it.
                    Err(other) => {
                        if let Err(error) = acknowledge(&other).await {
                            return lost(error.0);
                        }
                    }
                },
            }
        }
    }
}

impl Member {
    fn given_back(&self) -> MutexGuard<'_, BTreeMap<u64, Acker>> {
        // Nothing in here panics half way.
        self.given_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back what is to go back, the first first. Cancelled half way, the rest is given back the next time.
    async fn give_back(&self) -> Result<(), TransportError> {
        loop {
            let first = self.given_back().first_key_value().map(|(number, acker)| (*number, acker.clone()));
            let Some((number, acker)) = first else { return Ok(()) };
            let options = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
            acker.nack(options).await.map_err(|error| failure("a delivery could not be given back", &error))?;
            if self.given_back().remove(&number).is_some() {
                self.settling.unsettled.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }

    fn give_back_later(&self, unsettled: Unsettled) {
        self.given_back().insert(unsettled.number, unsettled.acker);
        self.changed.notify_waiters();
    }

    /// Puts a copy where it waits, and acknowledges the delivery when that is confirmed.
    async fn postpone(&self, unsettled: &Unsettled, delay: Duration) -> Result<(), SettleError> {
        let delay = delay.as_millis().max(1);
        // Messages leave such a queue in the order in which they came to it: those of like delays share one.
        let longest = delay.next_power_of_two();
        let connection = self.shared.publishing.line.connection().await?;
        let room = declare::waiting_room(&connection, &self.queue, longest).await?;
        let attempt = unsettled.attempt.saturating_add(1);
        let publication = Publication {
            exchange: String::new(),
            key: room,
            mandatory: true,
            payload: unsettled.payload.clone(),
            properties: wire::postponed(&unsettled.properties, &unsettled.address, attempt, delay),
        };
        self.shared.confirmed(&publication).await?;
        acknowledge(&unsettled.acker).await
    }
}

impl Drop for Member {
    /// Closes the channel, so that all that is unsettled goes back at once, in order; only then the consumer is over.
    fn drop(&mut self) {
        let (settling, consumer) = (self.settling.clone(), self.consumer.clone());
        self.runtime.spawn(async move {
            settling.finish().await;
            if let Err(error) = settling.channel.close(200, "left".into()).await {
                tracing::debug!(%error, "a channel of RabbitMQ was not closed");
            }
            drop(consumer);
        });
    }
}

/// A delivery that is not settled.
#[derive(Debug)]
struct Unsettled {
    /// Its number on the channel.
    number: u64,
    acker: Acker,
    payload: Bytes,
    properties: BasicProperties,
    address: String,
    attempt: u32,
}

async fn acknowledge(acker: &Acker) -> Result<(), SettleError> {
    let lost = || {
        TransportError::transient("the connection to RabbitMQ was lost; what was not acknowledged is delivered again")
    };
    match acker.ack(BasicAckOptions::default()).await {
        Ok(true) => Ok(()),
        Ok(false) => Err(SettleError(lost())),
        Err(error) => Err(SettleError(failure("RabbitMQ did not take the acknowledgement", &error))),
    }
}

/// Settles a delivery of RabbitMQ.
pub struct AmqpAcknowledger {
    member: Arc<Member>,
    unsettled: Option<Unsettled>,
}

impl std::fmt::Debug for AmqpAcknowledger {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = self.unsettled.as_ref().map(|unsettled| unsettled.number);
        formatter.debug_struct("AmqpAcknowledger").field("unsettled", &number).finish_non_exhaustive()
    }
}

impl Acknowledger for AmqpAcknowledger {
    async fn acknowledge(mut self) -> Result<(), SettleError> {
        let Some(unsettled) = self.unsettled.take() else { return Ok(()) };
        let acknowledged = acknowledge(&unsettled.acker).await;
        self.member.settling.unsettled.fetch_sub(1, Ordering::AcqRel);
        acknowledged
    }

    async fn reject(mut self, redeliver_after: Duration) -> Result<(), SettleError> {
        // Without leave to make a queue where it waits, it comes again at once; so it does when this is dropped.
        if redeliver_after.is_zero() || self.member.shared.settings.manner.declare != Declare::Create {
            return Ok(());
        }
        let Some(unsettled) = &self.unsettled else { return Ok(()) };
        self.member.postpone(unsettled, redeliver_after).await?;
        self.member.settling.unsettled.fetch_sub(1, Ordering::AcqRel);
        self.unsettled = None;
        Ok(())
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        Ok(())
    }
}

impl Drop for AmqpAcknowledger {
    fn drop(&mut self) {
        if let Some(unsettled) = self.unsettled.take() {
            self.member.give_back_later(unsettled);
        }
    }
}
