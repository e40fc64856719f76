//! What a subscriber holds: the deliveries of a member of a group, what is published while it listens, or replies.
//!
//! In: a member's task, or a connection that listens. Out: deliveries, and how they are settled. What always holds: memory is
//! bounded; of what is published, what a slow subscriber has no room for is dropped, with a warning.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::PubSub;
use redis::{Msg, RedisError};
use tokio::sync::{mpsc, watch};

use super::inbox::Reader;
use super::line::failure;
use super::member::{Member, Place, Received, Task};
use super::{Shared, address, declare};
use crate::message::Channel;
use crate::transport::{
    Acknowledger, Delivery, ReceiveError, SettleError, Subscribe, SubscribeError, Subscription, TransportError,
    envelope,
};

/// How many messages wait for a slow listener at most.
const WAITING: usize = 4_096;
/// How often a connection that listens is asked whether it lives, and how long it may take to say so.
const LOOK: Duration = Duration::from_secs(15);
const ANSWER: Duration = Duration::from_secs(5);

/// A member of a consumer group, or a listener.
pub struct RedisSubscription {
    deliveries: Deliveries,
    closed: watch::Receiver<bool>,
}

enum Deliveries {
    Streams {
        member: Arc<Member>,
        received: mpsc::UnboundedReceiver<Received>,
    },
    /// What is published, or replies: there is nothing to settle.
    Heard(mpsc::Receiver<Received>),
}

impl RedisSubscription {
    /// Joins a group.
    pub(super) async fn join(shared: &Arc<Shared>, request: Subscribe) -> Result<Self, SubscribeError> {
        let settings = &shared.settings;
        let (base, streams) = shared.streams(request.channel)?;
        declare::group(&shared.line, settings.declare, &streams, &request.group, request.start).await?;
        let member = Member::new(Arc::clone(shared), request.group, streams);
        let (sender, received) = mpsc::unbounded_channel();
        let task = Task::new(Arc::clone(&member), &base, request.channel, sender, request.max_in_flight);
        shared.remember(tokio::spawn(task.run()));
        Ok(Self { deliveries: Deliveries::Streams { member, received }, closed: shared.closed.subscribe() })
    }

    /// Reads replies.
    pub(super) async fn read_replies(shared: &Arc<Shared>, request: &Subscribe) -> Result<Self, SubscribeError> {
        let (sender, received) = mpsc::channel(request.max_in_flight.max(1));
        let reader = Reader::open(shared, request, sender).await?;
        shared.remember(tokio::spawn(reader.run()));
        Ok(Self { deliveries: Deliveries::Heard(received), closed: shared.closed.subscribe() })
    }

    /// Listens.
    pub(super) async fn listen(shared: &Shared, request: &Subscribe) -> Result<Self, SubscribeError> {
        let template = request.channel.template();
        let mut listening = shared.line.listen().await?;
        let failed = |error: RedisError| failure(&format!("Redis lets nobody listen to `{template}`"), &error);
        let prefix = shared.settings.prefix.clone();
        let subscribed = match template.is_parametrised() {
            true => listening.psubscribe(address::pattern(&prefix, template.as_str())).await,
            false => listening.subscribe(format!("{prefix}{template}")).await,
        };
        subscribed.map_err(failed)?;
        let (sender, received) = mpsc::channel(WAITING);
        let closed = shared.closed.subscribe();
        tokio::spawn(listen(listening, prefix, request.channel, sender, closed.clone()));
        Ok(Self { deliveries: Deliveries::Heard(received), closed })
    }
}

/// Takes in what is published until nobody wants it any more.
async fn listen(
    listening: PubSub,
    prefix: String,
    channel: &'static Channel,
    deliveries: mpsc::Sender<Received>,
    mut closed: watch::Receiver<bool>,
) {
    let (mut sink, mut messages) = listening.split();
    let mut look = tokio::time::interval(LOOK);
    let mut dropped = 0_u64;
    let fault = loop {
        tokio::select! {
            _ = closed.changed() => return,
            () = deliveries.closed() => return,
            _ = look.tick() => match tokio::time::timeout(ANSWER, sink.ping::<redis::Value>()).await {
                Ok(Ok(_)) => (),
                Ok(Err(error)) => break error.to_string(),
                Err(_) => break "it gives no sign of life".to_owned(),
            },
            message = messages.next() => {
                let Some(message) = message else { break "it was lost".to_owned() };
                let Some(delivery) = published(&prefix, channel, &message) else { continue };
                if deliveries.try_send(Ok(delivery)).is_err() {
                    dropped = dropped.saturating_add(1);
                    if dropped.is_power_of_two() {
                        tracing::warn!(channel = channel.key(), dropped, "messages were dropped: the consumer is too slow");
                    }
                }
            }
        }
    };
    let fault = TransportError::transient(format!("the connection that listens to Redis: {fault}"));
    let _ = deliveries.send(Err(ReceiveError::Lost(fault))).await;
}

/// A message that was published; `None` when its address is none of the channel's.
fn published(prefix: &str, channel: &'static Channel, message: &Msg) -> Option<Delivery<RedisAcknowledger>> {
    let address = message.get_channel_name().strip_prefix(prefix)?;
    if !channel.template().matches(address) {
        return None;
    }
    let message = envelope::opened(message.get_payload_bytes().to_vec().into());
    Some(Delivery::new(message, address, RedisAcknowledger::settled()))
}

impl Subscription for RedisSubscription {
    type Acknowledger = RedisAcknowledger;

    async fn next(&mut self) -> Option<Received> {
        loop {
            if *self.closed.borrow_and_update() {
                return None;
            }
            let next = async {
                match &mut self.deliveries {
                    Deliveries::Heard(received) => received.recv().await,
                    Deliveries::Streams { member, received } => {
                        member.want();
                        received.recv().await
                    }
                }
            };
            let mut received = tokio::select! {
                biased;
                // A connection that is gone counts as a closed one.
                closed = self.closed.changed() => if closed.is_err() { return None } else { continue },
                received = next => received?,
            };
            if let Ok(delivery) = &mut received {
                // What another member works on by now is not this one's any more.
                if !delivery.acknowledger.is_ours() {
                    continue;
                }
                delivery.acknowledger.see();
            }
            return Some(received);
        }
    }
}

/// Settles a delivery of Redis.
pub struct RedisAcknowledger {
    /// None where there is nothing to settle.
    held: Option<Held>,
}

struct Held {
    member: Arc<Member>,
    place: Place,
    /// Whether it was handed out.
    seen: bool,
}

impl RedisAcknowledger {
    pub(super) fn holding(member: Arc<Member>, place: Place) -> Self {
        Self { held: Some(Held { member, place, seen: false }) }
    }

    /// For what there is nothing to settle of.
    pub(super) fn settled() -> Self {
        Self { held: None }
    }

    fn see(&mut self) {
        if let Some(held) = &mut self.held {
            held.seen = true;
        }
    }

    fn is_ours(&self) -> bool {
        self.held.as_ref().is_none_or(|held| held.member.owns(&held.place))
    }
}

impl std::fmt::Debug for RedisAcknowledger {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = self.held.as_ref().map(|held| &held.place);
        formatter.debug_struct("RedisAcknowledger").field("place", &place).finish_non_exhaustive()
    }
}

impl Acknowledger for RedisAcknowledger {
    async fn acknowledge(mut self) -> Result<(), SettleError> {
        let Some(held) = &self.held else { return Ok(()) };
        // Cancelled half way, it goes back by being dropped.
        let outcome = held.member.acknowledge(&held.place).await;
        self.held = None;
        outcome
    }

    async fn reject(self, _: Duration) -> Result<(), SettleError> {
        // It goes back by being dropped.
        Ok(())
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        // The member's task keeps alive what is held.
        Ok(())
    }
}

impl Drop for RedisAcknowledger {
    fn drop(&mut self) {
        if let Some(Held { member, place, seen }) = self.held.take() {
            member.give_back(place, seen);
        }
    }
}
