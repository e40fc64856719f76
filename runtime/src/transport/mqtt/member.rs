//! One member of a consumer group: a connection with a session of its own, and the deliveries that it has.
//!
//! In: what the broker sends, and how deliveries are settled. Out: deliveries, and acknowledgements for the broker. What always
//! holds:
//! - at most as many deliveries are unsettled as the subscription has room for, those that wait to be delivered again included;
//! - a message is acknowledged only when its delivery is settled, and on the connection that it came on last: when the broker
//!   sends it again after a reconnection, it is known by its packet identifier, and not delivered twice;
//! - what is rejected or dropped waits here; when the member ends, it is the broker's again.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::client::{self, Acknowledgement, Client, Driver, Event, Fault, Limits, Options, Received};
use super::publisher::Pauses;
use super::topic::Mapping;
use crate::message::Message;
use crate::transport::{Acknowledger, Delivery, ReceiveError, SettleError, Subscription, TransportError};

/// Without anything to wait for, a timer is still needed.
const IDLE: Duration = Duration::from_secs(3_600);
/// How many messages that nobody expects an acknowledgement of wait at most.
const UNACKNOWLEDGED: usize = 10_000;

/// How deliveries are handed out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// How many may be unsettled.
    pub(super) max_in_flight: usize,
    /// Whether acknowledgements leave in the order in which messages came.
    pub(super) in_order: bool,
}

/// What the connection and the deliveries share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Told whenever something changed.
    changed: Notify,
    room: Room,
}

#[derive(Debug, Default)]
struct State {
    /// Every message that is not acknowledged, by the order in which they came.
    held: BTreeMap<u64, Held>,
    /// Which of them has a packet identifier in the session.
    packets: HashMap<u16, u64>,
    /// Those that were not delivered yet.
    waiting: VecDeque<u64>,
    /// Those that were rejected, by when they come again.
    again: BTreeSet<(Instant, u64)>,
    /// How many are delivered, or were rejected.
    unsettled: usize,
    /// How many acknowledgements the connection was asked for and has not sent.
    unsent: usize,
    number: u64,
    standing: Standing,
    /// The broker knows the subscription on the connection that there is now.
    subscribed: bool,
    /// Why the connection was lost, or could not be made, the last time.
    fault: Option<String>,
}

/// How the member is.
#[derive(Debug, Default)]
enum Standing {
    #[default]
    Joining,
    Joined,
    /// Nothing more comes; why, until somebody was told.
    Ended(Option<TransportError>),
}

/// A message that is not acknowledged.
struct Held {
    message: Message,
    topic: String,
    attempt: u32,
    settled: bool,
    acknowledgement: Option<Acknowledgement>,
    /// It came on the connection that there is now.
    present: bool,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Held")
            .field("topic", &self.topic)
            .field("settled", &self.settled)
            .finish_non_exhaustive()
    }
}

impl State {
    /// Forgets a message whose acknowledgement was sent, or is expected by nobody.
    fn forget(&mut self, number: u64) {
        if let Some(acknowledgement) = self.held.remove(&number).and_then(|held| held.acknowledgement) {
            self.packets.remove(&acknowledgement.packet);
        }
    }

    fn acknowledge(&mut self, client: &Client, acknowledgements: &[Acknowledgement]) {
        self.unsent += acknowledgements.iter().filter(|acknowledgement| client.acknowledge(acknowledgement)).count();
    }

    /// What may be acknowledged after `number` was settled, or came again; forgotten then.
    fn acknowledgeable(&mut self, number: u64, in_order: bool) -> Vec<Acknowledgement> {
        let sendable = |held: &Held| held.settled && (held.present || held.acknowledgement.is_none());
        let ready: Vec<u64> = match in_order {
            true => self.held.iter().take_while(|(_, held)| sendable(held)).map(|(number, _)| *number).collect(),
            false => self.held.get(&number).filter(|held| sendable(held)).map(|_| number).into_iter().collect(),
        };
        let sent = |number: &u64| self.held.get(number).and_then(|held| held.acknowledgement.clone());
        let acknowledgements = ready.iter().filter_map(sent).collect();
        ready.into_iter().for_each(|number| self.forget(number));
        acknowledgements
    }
}

impl Shared {
    pub(super) fn new(room: Room) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), changed: Notify::new(), room })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the member.
    pub(super) fn end(&self, why: Option<TransportError>) {
        let mut state = self.state();
        if !matches!(state.standing, Standing::Ended(_)) {
            state.standing = Standing::Ended(why);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    pub(super) fn is_ended(&self) -> bool {
        matches!(self.state().standing, Standing::Ended(_))
    }

    fn is_joined(&self) -> bool {
        matches!(self.state().standing, Standing::Joined)
    }

    fn joined(&self) {
        let mut state = self.state();
        state.subscribed = true;
        if matches!(state.standing, Standing::Joining) {
            state.standing = Standing::Joined;
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// Waits until the subscription is confirmed.
    pub(super) async fn wait_joined(&self) -> Result<(), TransportError> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match &mut self.state().standing {
                Standing::Joining => (),
                Standing::Joined => return Ok(()),
                Standing::Ended(why) => {
                    return Err(why.take().unwrap_or_else(|| TransportError::permanent("the connection is closed")));
                }
            }
            changed.await;
        }
    }

    async fn ended(&self) {
        // What it reports is nobody's here.
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.is_ended() {
                return;
            }
            changed.await;
        }
    }

    /// The connection is gone: nothing can be acknowledged.
    fn lost(&self, error: &TransportError) {
        let mut state = self.state();
        state.fault = Some(error.to_string());
        state.subscribed = false;
        state.unsent = 0;
        state.held.values_mut().for_each(|held| held.present = false);
    }

    /// # Errors
    /// The broker sends nothing now, since the connection was lost, and is not back with its subscription.
    pub(super) fn ping(&self) -> Result<(), TransportError> {
        let state = self.state();
        match matches!(state.standing, Standing::Joined) && !state.subscribed {
            true => {
                let fault = state.fault.as_deref().unwrap_or("no answer");
                Err(TransportError::transient(format!("a consumer is connecting to the MQTT broker again: {fault}")))
            }
            false => Ok(()),
        }
    }

    /// What went wrong last.
    pub(super) fn fault(&self) -> String {
        self.state().fault.clone().unwrap_or_else(|| "no answer".to_owned())
    }

    /// A new connection: what is held can be acknowledged when the broker has sent it again, or never, if it forgot.
    fn connected(&self, session_present: bool) {
        let mut state = self.state();
        for held in state.held.values_mut() {
            held.present = false;
            if !session_present {
                held.acknowledgement = None;
            }
        }
        if !session_present {
            state.packets.clear();
            let State { held, waiting, .. } = &mut *state;
            // Settled, and nobody waits for it.
            held.retain(|_, held| !held.settled);
            waiting.retain(|number| held.contains_key(number));
        }
    }

    /// Takes a message; what to acknowledge at once.
    fn received(&self, received: Received, covered: bool) -> Vec<Acknowledgement> {
        let Received { topic, message, again, acknowledgement } = received;
        let mut state = self.state();
        let known = acknowledgement.as_ref().and_then(|found| state.packets.get(&found.packet).copied());
        if let Some((number, held)) = known.and_then(|number| Some((number, state.held.get_mut(&number)?))) {
            if again {
                held.present = true;
                return state.acknowledgeable(number, self.room.in_order);
            }
            // The broker gave up the one that had the packet identifier.
            held.acknowledgement = None;
        }
        if acknowledgement.is_none() && state.waiting.len() >= UNACKNOWLEDGED {
            tracing::warn!(topic, "MQTT messages of QoS 0 come faster than they are handled; one was dropped");
            return Vec::new();
        }
        state.number += 1;
        let number = state.number;
        if let Some(acknowledgement) = &acknowledgement {
            state.packets.insert(acknowledgement.packet, number);
        }
        let held = Held { message, topic, attempt: 1, settled: !covered, acknowledgement, present: true };
        state.held.insert(number, held);
        if !covered {
            return state.acknowledgeable(number, self.room.in_order);
        }
        state.waiting.push_back(number);
        drop(state);
        self.changed.notify_waiters();
        Vec::new()
    }

    /// Settles a delivery: done, or to be delivered again after a delay.
    fn settle(&self, client: &Client, number: u64, again_after: Option<Duration>) {
        let mut state = self.state();
        let Some(held) = state.held.get_mut(&number).filter(|held| !held.settled) else { return };
        let acknowledgements = match again_after {
            None => {
                held.settled = true;
                state.unsettled = state.unsettled.saturating_sub(1);
                state.acknowledgeable(number, self.room.in_order)
            }
            Some(delay) => {
                held.attempt = held.attempt.saturating_add(1);
                let now = Instant::now();
                let due = now.checked_add(delay).unwrap_or(now + IDLE);
                state.again.insert((due, number));
                Vec::new()
            }
        };
        // Within the lock, so that no reconnection comes between: another connection does not know them.
        state.acknowledge(client, &acknowledgements);
        drop(state);
        self.changed.notify_waiters();
    }

    /// The connection has sent an acknowledgement.
    fn sent(&self) {
        let mut state = self.state();
        state.unsent = state.unsent.saturating_sub(1);
    }

    fn is_everything_sent(&self) -> bool {
        self.state().unsent == 0
    }
}

/// A connection of a group that is on its way.
pub(super) struct Member {
    pub(super) client: Client,
    driver: Driver,
    shared: Arc<Shared>,
    subscription: client::Subscription,
    mapping: Option<Mapping>,
}

impl Member {
    /// A member whose messages are those that `mapping` covers; without one, all that come are left with the broker.
    pub(super) fn new(
        options: &Options,
        subscription: client::Subscription,
        mapping: Option<Mapping>,
        shared: Arc<Shared>,
    ) -> Result<Self, TransportError> {
        let (client, driver) = client::open(options)?;
        Ok(Self { client, driver, shared, subscription, mapping })
    }

    /// Works until the member ends. `gone` is dropped when its connection is closed.
    pub(super) async fn run(mut self, gone: watch::Sender<()>) {
        let mut pauses = Pauses::default();
        let mut is_connected = false;
        let (mut leaving, mut is_told) = (None, false);
        loop {
            // The connection would end before it has sent the acknowledgements that it was asked for last.
            if leaving.is_some() && !is_told && self.shared.is_everything_sent() {
                let client = self.client.clone();
                tokio::spawn(async move {
                    // The broker reads no more of a connection that is gone, though more lies there. One that is lost already
                    // has nothing to wait for.
                    let _ = client.round_trip().await;
                    client.disconnect();
                });
                is_told = true;
            }
            let never = Instant::now() + IDLE;
            let polled = tokio::select! {
                biased;
                () = self.shared.ended(), if leaving.is_none() => {
                    if !is_connected {
                        break;
                    }
                    leaving = Some(Instant::now() + client::LEAVE);
                    continue;
                }
                () = tokio::time::sleep_until(leaving.unwrap_or(never)), if leaving.is_some() => break,
                polled = self.driver.poll() => polled,
            };
            match polled {
                Ok(Event::Connected(connected)) => {
                    pauses.connected();
                    is_connected = true;
                    self.connected(connected.session_present, connected.limits);
                }
                Ok(Event::Received(received)) => self.received(*received),
                Ok(Event::Acknowledged) => self.shared.sent(),
                Ok(Event::Other) => (),
                Err(Fault::Over) => break,
                Err(_) if leaving.is_some() => break,
                Err(fault) => {
                    is_connected = false;
                    let delay = pauses.lost();
                    let error = match fault {
                        Fault::Lost(error) if !pauses.is_flapping() => error,
                        _ => taken_over(),
                    };
                    if !error.transient {
                        self.shared.end(Some(error));
                        break;
                    }
                    self.shared.lost(&error);
                    tracing::warn!(filter = self.subscription.filter, ?delay, %error, "MQTT; connecting again");
                    tokio::select! {
                        () = self.shared.ended() => break,
                        () = tokio::time::sleep(delay) => (),
                    }
                }
            }
        }
        self.shared.end(None);
        drop(gone);
    }

    fn connected(&self, session_present: bool, limits: Limits) {
        self.shared.connected(session_present);
        let is_shared = self.subscription.filter.starts_with("$share/");
        // There are brokers that keep a session and forget its shared subscriptions (mosquitto 2.0, when it is restarted).
        // To others it makes no difference; without sharing, what is retained would come again with the old version.
        if session_present && self.shared.is_joined() && !is_shared {
            return self.shared.joined();
        }
        if is_shared && !limits.shared_subscriptions {
            let fault = "the MQTT broker has no shared subscriptions; turn them off with `shared_subscriptions(false)`";
            return self.shared.end(Some(TransportError::permanent(fault)));
        }
        let (client, shared, subscription) = (self.client.clone(), Arc::clone(&self.shared), self.subscription.clone());
        tokio::spawn(async move {
            match client.subscribe(subscription).await {
                Ok(()) => shared.joined(),
                // Lost with the connection; the next one subscribes.
                Err(error) if error.transient => tracing::debug!(%error, "not subscribed yet"),
                Err(error) => shared.end(Some(error)),
            }
        });
    }

    fn received(&self, received: Received) {
        let Some(mapping) = &self.mapping else { return };
        let covered = mapping.covers(&received.topic);
        let acknowledgements = self.shared.received(received, covered);
        self.shared.state().acknowledge(&self.client, &acknowledgements);
    }
}

fn taken_over() -> TransportError {
    TransportError::permanent(
        "another process has taken over the session of this member: give each process of a group a `client_id` of its own",
    )
}

/// A member of a consumer group. Dropped, it ends its connection in the background.
pub struct MqttSubscription {
    pub(super) shared: Arc<Shared>,
    pub(super) client: Client,
    pub(super) closed: watch::Receiver<bool>,
}

impl MqttSubscription {
    /// What may be delivered now, or when to look again.
    fn ready(&self) -> Result<Option<Result<Delivery<MqttAcknowledger>, ReceiveError>>, Instant> {
        let mut state = self.shared.state();
        if let Standing::Ended(why) = &mut state.standing {
            return Ok(why.take().map(|error| Err(ReceiveError::Lost(error))));
        }
        let now = Instant::now();
        let number = match state.again.first().copied() {
            Some(first) if first.0 <= now => {
                state.again.remove(&first);
                Some(first.1)
            }
            _ if state.unsettled < self.shared.room.max_in_flight => {
                let number = state.waiting.pop_front();
                state.unsettled += usize::from(number.is_some());
                number
            }
            _ => None,
        };
        let due = state.again.first().map_or(now + IDLE, |(due, _)| *due);
        let held = number.and_then(|number| Some((number, state.held.get(&number)?)));
        let Some((number, held)) = held else { return Err(due) };
        let token = Token { shared: Arc::clone(&self.shared), client: self.client.clone(), number };
        let delivery = Delivery::new(held.message.clone(), held.topic.clone(), MqttAcknowledger(Some(token)));
        Ok(Some(Ok(delivery.with_attempt(held.attempt))))
    }
}

impl Subscription for MqttSubscription {
    type Acknowledger = MqttAcknowledger;

    async fn next(&mut self) -> Option<Result<Delivery<MqttAcknowledger>, ReceiveError>> {
        let shared = Arc::clone(&self.shared);
        loop {
            let changed = shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if *self.closed.borrow_and_update() {
                return None;
            }
            let due = match self.ready() {
                Ok(received) => return received,
                Err(due) => due,
            };
            tokio::select! {
                () = changed => (),
                // A connection that is gone counts as a closed one.
                changed = self.closed.changed() => changed.ok()?,
                () = tokio::time::sleep_until(due) => (),
            }
        }
    }
}

impl Drop for MqttSubscription {
    fn drop(&mut self) {
        self.shared.end(None);
    }
}

/// Settles a delivery of MQTT.
#[derive(Debug)]
pub struct MqttAcknowledger(Option<Token>);

struct Token {
    shared: Arc<Shared>,
    client: Client,
    number: u64,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Token").field("number", &self.number).finish_non_exhaustive()
    }
}

impl MqttAcknowledger {
    fn settle(&mut self, again_after: Option<Duration>) {
        if let Some(Token { shared, client, number }) = self.0.take() {
            shared.settle(&client, number, again_after);
        }
    }
}

impl Acknowledger for MqttAcknowledger {
    async fn acknowledge(mut self) -> Result<(), SettleError> {
        self.settle(None);
        Ok(())
    }

    async fn reject(mut self, redeliver_after: Duration) -> Result<(), SettleError> {
        self.settle(Some(redeliver_after));
        Ok(())
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        Ok(())
    }
}

impl Drop for MqttAcknowledger {
    fn drop(&mut self) {
        self.settle(Some(Duration::ZERO));
    }
}
