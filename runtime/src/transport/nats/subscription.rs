//! Receiving: pull requests to a durable consumer, or a plain subscription.
//!
//! In: what the server sends to this member's inbox. Out: deliveries, at most as many unsettled as asked for, and errors
//! after which the caller pauses or subscribes again. What always holds: a pull request is renewed when it ends, when the
//! connection was made anew, and when the server shows no sign of life; each with a pause, never in a busy loop.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{StatusCode, Subscriber};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch;
use tokio::time::Instant;

use super::declare::{self, Place};
use super::held::{Held, NatsAcknowledger};
use super::order::Barrier;
use super::subject::{self, Mapping};
use super::{ANSWER, Connection, Declare, JetStream, wire};
use crate::request::NO_RESPONDER_HEADER;
use crate::transport::{Acknowledger, Delivery, ReceiveError, Subscribe, SubscribeError, Subscription, TransportError};

/// How long a pull request lives.
const PULL: Duration = Duration::from_secs(30);
/// How often the server shows that a pull request lives.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Without anything to wait for, a timer is still needed.
const IDLE: Duration = Duration::from_secs(3_600);

type Received = Result<Delivery<NatsAcknowledger>, ReceiveError>;

/// A member of a consumer group on NATS.
pub struct NatsSubscription {
    mapping: Mapping,
    replies: Subscriber,
    closed: watch::Receiver<bool>,
    pulling: Option<Pulling>,
}

/// A durable consumer and what was asked of it.
struct Pulling {
    connection: Arc<Connection>,
    jetstream: Arc<JetStream>,
    place: Place,
    inbox: String,
    held: Arc<Held>,
    max_in_flight: usize,
    /// Messages that were asked for and have not come.
    requested: usize,
    /// When the server last showed a sign of life.
    alive: Instant,
    connected: watch::Receiver<u64>,
    /// Whether it is to be found out what was delivered and lost.
    examine: bool,
    barrier: Option<Barrier>,
    /// New messages behind the barrier, in order.
    waiting: VecDeque<Delivery<NatsAcknowledger>>,
}

impl NatsSubscription {
    pub(super) async fn new(
        connection: &Arc<Connection>,
        jetstream: Option<&Arc<JetStream>>,
        request: Subscribe,
    ) -> Result<Self, SubscribeError> {
        let Some(jetstream) = jetstream else { return Self::core(connection, request, false).await };
        let mapping = Mapping::new(&connection.prefix, request.channel)?;
        let client = &connection.client;
        let mut closed = connection.closed.subscribe();
        // It may be closed already.
        closed.mark_changed();
        let (context, settings) = (&jetstream.managing, &jetstream.settings);
        let stream = declare::stream(context, settings.declare, &mapping.filter).await?;
        let (filter, wait) = (&mapping.filter, settings.acknowledge_wait);
        let place = declare::consumer(context, settings.declare, stream, &request, filter, wait).await?;
        let inbox = client.new_inbox();
        let replies = client.subscribe(inbox.clone()).await.map_err(TransportError::transient)?;
        let asking = (settings.declare != Declare::Never).then(|| (context.clone(), place.clone()));
        let held = Held::new(client.clone(), place.acknowledge_wait, asking);
        connection.remember(&held);
        let mut connected = connection.connected.clone();
        connected.mark_unchanged();
        let pulling = Pulling {
            connection: Arc::clone(connection),
            jetstream: Arc::clone(jetstream),
            barrier: place.state.and_then(|state| Barrier::new(state, 0, place.acknowledge_wait)),
            place,
            inbox,
            held,
            max_in_flight: request.max_in_flight.max(1),
            requested: 0,
            alive: Instant::now(),
            connected,
            examine: false,
            waiting: VecDeque::new(),
        };
        Ok(Self { mapping, replies, closed, pulling: Some(pulling) })
    }

    /// By core NATS. An inbox is no member of a queue group: to those the server does not say that nobody receives what they
    /// want a reply to.
    pub(super) async fn core(
        connection: &Arc<Connection>,
        request: Subscribe,
        is_inbox: bool,
    ) -> Result<Self, SubscribeError> {
        let mapping = Mapping::new(&connection.prefix, request.channel)?;
        let client = &connection.client;
        let replies = match is_inbox {
            true => client.subscribe(mapping.filter.clone()).await,
            false => client.queue_subscribe(mapping.filter.clone(), subject::name(&request.group)).await,
        };
        let replies = replies.map_err(TransportError::transient)?;
        round_trip(connection).await?;
        let mut closed = connection.closed.subscribe();
        // It may be closed already.
        closed.mark_changed();
        Ok(Self { mapping, replies, closed, pulling: None })
    }
}

/// Returns when the server has worked on everything that this connection sent before.
pub(super) async fn round_trip(connection: &Connection) -> Result<(), TransportError> {
    let inbox = connection.client.new_inbox();
    let trip = async {
        let mut echo = connection.client.subscribe(inbox.clone()).await.map_err(TransportError::transient)?;
        connection.client.publish(inbox, Vec::new().into()).await.map_err(TransportError::transient)?;
        echo.next().await.ok_or_else(|| TransportError::transient("the connection to NATS was lost"))
    };
    let late = |_| TransportError::transient("NATS did not answer in time");
    tokio::time::timeout(ANSWER, trip).await.map_err(late)?.map(drop)
}

impl Subscription for NatsSubscription {
    type Acknowledger = NatsAcknowledger;

    async fn next(&mut self) -> Option<Received> {
        let Self { mapping, replies, closed, pulling } = self;
        loop {
            // A connection that is gone counts as a closed one.
            if closed.has_changed().unwrap_or(true) && *closed.borrow_and_update() {
                return None;
            }
            let Some(pulling) = pulling else {
                // Mostly there is one, and nothing to wait for.
                let reply = match replies.next().now_or_never() {
                    Some(reply) => reply?,
                    None => tokio::select! {
                        biased;
                        reply = replies.next() => reply?,
                        changed = closed.changed() => if changed.is_err() { return None } else { continue },
                    },
                };
                if let Some(address) = mapping.address(&reply.subject) {
                    let mut message = wire::message(reply.payload, reply.headers);
                    if reply.status == Some(StatusCode::NO_RESPONDERS) {
                        message.headers.insert(NO_RESPONDER_HEADER, "503");
                    }
                    message.reply_to = message.reply_to.or_else(|| reply.reply.map(|subject| subject.to_string()));
                    return Some(Ok(Delivery::new(message, address, NatsAcknowledger::none())));
                }
                continue;
            };
            let held = Arc::clone(&pulling.held);
            let changed = held.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match pulling.prepare().await {
                Err(error) => return Some(Err(error)),
                Ok(Some(delivery)) => return Some(Ok(delivery)),
                Ok(None) => (),
            }
            let wake = pulling.wake();
            tokio::select! {
                biased;
                _ = closed.changed() => (),
                changed = pulling.connected.changed() => {
                    // Without its last sender, the client has ended.
                    changed.ok()?;
                    pulling.begin_again();
                }
                reply = replies.next() => {
                    if let Some(received) = pulling.received(mapping, reply?).await {
                        return Some(received);
                    }
                }
                () = changed => (),
                () = tokio::time::sleep_until(wake) => (),
            }
        }
    }
}

impl Pulling {
    /// A new connection: the server forgot the requests, and may have sent what never arrived.
    fn begin_again(&mut self) {
        self.requested = 0;
        self.examine = self.jetstream.settings.declare != Declare::Never;
    }

    /// Looks after the barrier and asks for messages; a delivery that waited behind the barrier if it may pass now.
    async fn prepare(&mut self) -> Result<Option<Delivery<NatsAcknowledger>>, ReceiveError> {
        if self.examine {
            let state = self.state().await?;
            self.barrier = Barrier::new(state, self.held.len(), self.place.acknowledge_wait);
            self.examine = false;
        }
        if self.barrier.as_ref().is_some_and(|barrier| !barrier.is_open() && barrier.look <= Instant::now()) {
            let state = self.state().await?;
            let held = self.held.len();
            if self.barrier.as_mut().is_some_and(|barrier| barrier.is_passed(state, held)) {
                self.barrier = None;
            }
        }
        if self.barrier.as_ref().is_some_and(Barrier::is_open) {
            self.barrier = None;
        }
        if self.barrier.is_none()
            && let Some(delivery) = self.waiting.pop_front()
        {
            return Ok(Some(delivery));
        }
        self.pull().await?;
        Ok(None)
    }

    async fn state(&self) -> Result<declare::State, ReceiveError> {
        declare::state(&self.jetstream.managing, &self.place).await.map_err(ReceiveError::Lost)
    }

    /// Asks for as many messages as there is room for.
    async fn pull(&mut self) -> Result<(), ReceiveError> {
        if self.requested > 0 && self.alive + 2 * HEARTBEAT < Instant::now() {
            tracing::warn!(consumer = self.place.consumer, "NATS gave no sign of life; asking again");
            self.requested = 0;
        }
        let extra = self.barrier.as_ref().map_or(0, |barrier| barrier.extra(self.waiting.len(), self.max_in_flight));
        let room = (self.max_in_flight + extra).saturating_sub(self.held.len() + self.requested);
        // As long as a request is open, small ones are not worth it.
        if room == 0 || (self.requested > 0 && room * 2 < self.max_in_flight) {
            return Ok(());
        }
        let Place { stream, consumer, .. } = &self.place;
        let request = serde_json::json!({
            "batch": room,
            "expires": PULL.as_nanos() as u64,
            "idle_heartbeat": HEARTBEAT.as_nanos() as u64,
        });
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}");
        // Cancelled half way it counts as asked, and the missing sign of life repeats it.
        self.requested += room;
        self.alive = Instant::now();
        let sent = self.connection.client.publish_with_reply(subject, self.inbox.clone(), request.to_string().into());
        Ok(sent.await.map_err(TransportError::transient)?)
    }

    /// When to look again at the latest.
    fn wake(&self) -> Instant {
        let now = Instant::now();
        let silence =
            if self.requested > 0 { self.alive + 2 * HEARTBEAT + Duration::from_millis(1) } else { now + IDLE };
        self.barrier.as_ref().map_or(silence, |barrier| barrier.look.min(silence))
    }

    /// Takes what the server sent: a message, or how the request fares.
    async fn received(&mut self, mapping: &Mapping, reply: async_nats::Message) -> Option<Received> {
        self.alive = Instant::now();
        match reply.status {
            None | Some(StatusCode::OK) => {
                self.requested = self.requested.saturating_sub(1);
                self.delivery(mapping, reply).await
            }
            Some(StatusCode::IDLE_HEARTBEAT) => None,
            Some(status) => {
                let left = reply.headers.as_ref().and_then(|headers| headers.get("Nats-Pending-Messages"));
                let left = left.and_then(|left| left.as_str().parse().ok()).unwrap_or(self.requested);
                self.requested = self.requested.saturating_sub(left);
                let fault = reply.description.unwrap_or_default();
                let Place { stream, consumer, .. } = &self.place;
                let fault = format!("the durable consumer `{consumer}` on stream `{stream}`: {status} {fault}");
                match status {
                    // The request ended, as it was meant to.
                    StatusCode::TIMEOUT | StatusCode::NOT_FOUND => None,
                    StatusCode::NO_RESPONDERS => Some(Err(ReceiveError::Lost(TransportError::transient(fault)))),
                    _ if fault.contains("Consumer Deleted") => {
                        Some(Err(ReceiveError::Lost(TransportError::transient(fault))))
                    }
                    _ => Some(Err(TransportError::transient(fault).into())),
                }
            }
        }
    }

    async fn delivery(&mut self, mapping: &Mapping, reply: async_nats::Message) -> Option<Received> {
        let Incoming { message, sequence, attempt, acknowledger } = self.hold(reply)?;
        let Some(address) = mapping.address(&message.subject) else {
            // The filter selects whole tokens; this one is none of the channel's.
            let skipped = acknowledger.acknowledge().await;
            return skipped.err().map(|error| Err(ReceiveError::Transport(error.0)));
        };
        let message = wire::message(message.payload, message.headers);
        let keyed = message.key.is_some();
        let delivery = Delivery::new(message, address, acknowledger).with_attempt(attempt);
        let delivery = delivery.with_position(format!("{}@{sequence}", self.place.stream));
        if self.barrier.as_mut().is_some_and(|barrier| barrier.is_new(sequence)) && keyed {
            self.waiting.push_back(delivery);
            return None;
        }
        Some(Ok(delivery))
    }

    /// The message, held; `None` for what JetStream did not send.
    fn hold(&self, reply: async_nats::Message) -> Option<Incoming> {
        let message = async_nats::jetstream::Message { message: reply, context: self.jetstream.publishing.clone() };
        let info = message.info().ok()?;
        let (sequence, attempt) = (info.stream_sequence, u32::try_from(info.delivered).unwrap_or(u32::MAX));
        let acknowledger = self.held.hold((sequence, info.consumer_sequence), message.reply.clone()?);
        Some(Incoming { message: message.message, sequence, attempt, acknowledger })
    }
}

/// What JetStream delivered.
struct Incoming {
    message: async_nats::Message,
    /// The place in the stream.
    sequence: u64,
    attempt: u32,
    acknowledger: NatsAcknowledger,
}

impl Drop for NatsSubscription {
    fn drop(&mut self) {
        let Some(pulling) = &mut self.pulling else { return };
        // What was not handed out yet goes back, with what waits behind the barrier.
        while let Some(Some(reply)) = self.replies.next().now_or_never() {
            drop(pulling.hold(reply));
        }
        pulling.waiting.clear();
        pulling.held.end();
    }
}
