//! Deliveries that are held: kept alive with the server until they are settled, and given back in order.
//!
//! In: deliveries as they come, and how they are settled. Out: progress, negative and positive acknowledgements. What
//! always holds: a held delivery does not run into the server's wait for its acknowledgement, also when it waits behind
//! another one of its key; what is given back at one time is redelivered in the order of the stream.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::jetstream::{AckKind, Context};
use async_nats::{Client, Subject};
use tokio::sync::Notify;
use tokio::time::MissedTickBehavior;

use super::declare;
use crate::transport::{Acknowledger, SettleError, TransportError};

/// How long deliveries that are given back are gathered, to be sent in order.
const GATHER: Duration = Duration::from_millis(10);

/// Place in the stream, then number of the delivery: one message may be held twice, when it was delivered again.
type Place = (u64, u64);

/// The unsettled deliveries of one subscription.
#[derive(Debug)]
pub(super) struct Held {
    client: Client,
    /// What is asked, and where it is, before the last deliveries are given back; nothing where nothing may be asked.
    asking: Option<(Context, declare::Place)>,
    state: Mutex<State>,
    /// Told whenever a delivery was settled or given back, and when the subscription is over.
    pub(super) changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    deliveries: BTreeMap<Place, Entry>,
    over: bool,
}

#[derive(Debug)]
struct Entry {
    reply: Subject,
    given_back: bool,
}

impl Held {
    /// Starts to keep deliveries alive, every third part of `acknowledge_wait`.
    pub(super) fn new(
        client: Client,
        acknowledge_wait: Duration,
        asking: Option<(Context, declare::Place)>,
    ) -> Arc<Self> {
        let held = Arc::new(Self { client, asking, state: Mutex::default(), changed: Notify::new() });
        tokio::spawn(keep(Arc::clone(&held), acknowledge_wait / 3));
        held
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many deliveries are unsettled.
    pub(super) fn len(&self) -> usize {
        self.state().deliveries.len()
    }

    /// Holds a delivery.
    pub(super) fn hold(self: &Arc<Self>, place: Place, reply: Subject) -> NatsAcknowledger {
        self.state().deliveries.insert(place, Entry { reply: reply.clone(), given_back: false });
        NatsAcknowledger { token: Some(Token { held: Arc::clone(self), place, reply }) }
    }

    /// The subscription is over: when the last delivery is settled, nothing is kept alive any more.
    pub(super) fn end(&self) {
        self.state().over = true;
        self.changed.notify_waiters();
    }

    fn release(&self, place: Place) {
        self.state().deliveries.remove(&place);
        self.changed.notify_waiters();
    }

    fn return_later(&self, place: Place) {
        if let Some(entry) = self.state().deliveries.get_mut(&place) {
            entry.given_back = true;
        }
        self.changed.notify_waiters();
    }

    /// Gives back what is to be given back, in the order of the stream.
    pub(super) async fn give_back(&self) {
        let is_over = self.state().over;
        let asking = self.asking.as_ref().filter(|_| is_over && self.to_give_back() == Some(true));
        if let Some((context, place)) = asking {
            // Servers before 2.10 confuse the order of what comes back while they hold a request that nobody waits for any
            // more; they forget such requests when they tell how the consumer is.
            if let Err(error) = declare::state(context, place).await {
                tracing::debug!(%error, "NATS does not tell about the consumer");
            }
        }
        let mut returned = Vec::new();
        self.state().deliveries.retain(|_, entry| {
            if entry.given_back {
                returned.push(entry.reply.clone());
            }
            !entry.given_back
        });
        for reply in returned {
            self.send(reply, AckKind::Nak(None)).await;
        }
        self.changed.notify_waiters();
    }

    async fn keep_alive(&self) {
        let replies: Vec<Subject> = self.state().deliveries.values().map(|entry| entry.reply.clone()).collect();
        for reply in replies {
            self.send(reply, AckKind::Progress).await;
        }
    }

    /// What is not sent is made up for by the server, which delivers again.
    async fn send(&self, reply: Subject, kind: AckKind) {
        if let Err(error) = self.client.publish(reply, kind.into()).await {
            tracing::debug!(%error, ?kind, "not sent to NATS");
        }
    }

    /// Whether something is to be given back; `None` when there is nothing to do any more.
    fn to_give_back(&self) -> Option<bool> {
        let state = self.state();
        let finished = state.over && state.deliveries.is_empty();
        (!finished).then(|| state.deliveries.values().any(|entry| entry.given_back))
    }
}

/// Runs until the subscription is over and everything is settled.
async fn keep(held: Arc<Held>, every: Duration) {
    let mut beat = tokio::time::interval(every.max(Duration::from_millis(1)));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let changed = held.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        match held.to_give_back() {
            None => return,
            Some(true) => {
                tokio::time::sleep(GATHER).await;
                held.give_back().await;
            }
            Some(false) => tokio::select! {
                () = changed => (),
                _ = beat.tick() => held.keep_alive().await,
            },
        }
    }
}

/// Settles a delivery of NATS; without JetStream there is nothing to settle.
#[derive(Debug)]
pub struct NatsAcknowledger {
    token: Option<Token>,
}

#[derive(Debug)]
struct Token {
    held: Arc<Held>,
    place: Place,
    reply: Subject,
}

impl NatsAcknowledger {
    /// For deliveries that cannot be settled.
    pub(super) const fn none() -> Self {
        Self { token: None }
    }

    async fn settle(mut self, kind: AckKind) -> Result<(), SettleError> {
        let Some(token) = &self.token else { return Ok(()) };
        // Failing or cancelled, the delivery is still held, and dropping this gives it back.
        token.held.client.publish(token.reply.clone(), kind.into()).await.map_err(TransportError::transient)?;
        if let Some(token) = self.token.take() {
            token.held.release(token.place);
        }
        Ok(())
    }
}

impl Acknowledger for NatsAcknowledger {
    async fn acknowledge(self) -> Result<(), SettleError> {
        match self.token {
            None => Ok(()),
            // In a box, so that this future stays small where there is nothing to settle.
            Some(_) => Box::pin(self.settle(AckKind::Ack)).await,
        }
    }

    async fn reject(self, redeliver_after: Duration) -> Result<(), SettleError> {
        if redeliver_after.is_zero() {
            // Dropped, it is given back together with others, in order.
            return Ok(());
        }
        self.settle(AckKind::Nak(Some(redeliver_after))).await
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        let Some(token) = &self.token else { return Ok(()) };
        let sent = token.held.client.publish(token.reply.clone(), AckKind::Progress.into()).await;
        Ok(sent.map_err(TransportError::transient)?)
    }
}

impl Drop for NatsAcknowledger {
    fn drop(&mut self) {
        if let Some(token) = self.token.take() {
            token.held.return_later(token.place);
        }
    }
}
