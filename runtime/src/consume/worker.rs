//! Handling one delivery to its end: attempts, retries, the dead letter, settling.
//!
//! In: jobs from the lanes. Out: settled deliveries and counts. A job ends in exactly one way: acknowledged after success or
//! after a confirmed dead letter; rejected, so that the transport delivers it again; or given back when the service stops.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::watch;

use super::dead_letter::{Reason, death, letter};
use super::hold::{catch_panic, hold, within};
use super::idempotent::Once;
use super::lanes::Lanes;
use super::room::Place;
use super::summary::{Event, Tally};
use super::{Backoff, Dispatch, Failure, Idempotent, Received};
use crate::message::{Message, Operation};
use crate::observe::processing;
use crate::store::idempotency::Claim;
use crate::transport::{Acknowledger, Capabilities, Delivery, SettleError, Subscription, Transport};

/// How long at most until a message that somebody else handles is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The acknowledger of a transport.
pub(crate) type AcknowledgerOf<T> = <<T as Transport>::Subscription as Subscription>::Acknowledger;

/// A delivery and its share of the room for deliveries.
pub(crate) struct Job<A> {
    pub(crate) delivery: Delivery<A>,
    pub(crate) place: Place,
}

/// What the workers of one consumer share.
pub(crate) struct Work<T: Transport, D> {
    pub(crate) transport: T,
    pub(crate) capabilities: Capabilities,
    pub(crate) operation: &'static Operation,
    pub(crate) dispatch: D,
    pub(crate) retry: Backoff,
    pub(crate) timeout: Option<Duration>,
    pub(crate) dead_letter: String,
    pub(crate) idempotent: Option<Idempotent>,
    pub(crate) group: String,
    /// Whose idempotency keys these are.
    pub(crate) scope: String,
    pub(crate) tally: Arc<Tally>,
    pub(crate) lanes: Lanes<Job<AcknowledgerOf<T>>>,
    pub(crate) first_failures: FirstFailures,
    pub(crate) stop: watch::Receiver<bool>,
}

/// An attempt that failed.
struct Fault {
    reason: Reason,
    error: String,
}

/// How an attempt at a message that is handled once ended.
enum Attempt {
    /// The handler ran: done, or failed.
    Over(Option<Fault>),
    /// The message was handled before.
    Duplicate,
    /// The service stops.
    Stopped,
}

/// How a job ended.
enum End<A> {
    Settled,
    GivenBack(A),
}

impl<T: Transport, D: Dispatch> Work<T, D> {
    /// Works until the lanes are closed and empty.
    pub(crate) async fn work(self: Arc<Self>) {
        while let Some(Job { delivery, place }) = self.lanes.next().await {
            let lane = self.lane(&delivery.message).cloned();
            match (self.handle(delivery).await, lane) {
                (End::Settled, None) => (),
                (End::Settled, Some(key)) => self.lanes.finish(&key),
                (End::GivenBack(acknowledger), lane) => {
                    let behind = lane.map(|key| self.lanes.give_back(&key)).unwrap_or_default();
                    // The last first: a broker that puts them back at the front of its queue keeps the order.
                    let behind = behind.into_iter().rev().map(|job| job.delivery.acknowledger);
                    for acknowledger in behind.chain([acknowledger]) {
                        warn_unsettled(self.operation, acknowledger.reject(Duration::ZERO).await);
                    }
                }
            }
            drop(place);
        }
    }

    /// The lane of a message; none where the transport keeps the order itself.
    pub(crate) fn lane<'m>(&self, message: &'m Message) -> Option<&'m Bytes> {
        message.key.as_ref().filter(|_| !self.capabilities.keyed_order)
    }

    /// Whether the transport can be trusted with a retry: it keeps the delay, counts the attempts, and lets no message of
    /// the same key overtake. Otherwise the delivery is held meanwhile.
    fn redelivers(&self, message: &Message) -> bool {
        let able = self.capabilities.native_delay && self.capabilities.delivery_count;
        able && self.lane(message).is_none()
    }

    async fn handle(&self, delivery: Delivery<AcknowledgerOf<T>>) -> End<AcknowledgerOf<T>> {
        let Delivery { message, address, attempt, position, mut acknowledger } = delivery;
        let idempotent = self.idempotent.as_ref();
        let once = idempotent.and_then(|idempotent| idempotent.once(&self.scope, &message, position));
        let mut received = Received::new(self.operation, message, address, attempt);
        let mut failed_at = None;
        loop {
            let fault = match &once {
                None => pin!(self.attempt(&received, &mut acknowledger)).await.err(),
                Some(once) => match self.attempt_once(once, &received, &mut acknowledger).await {
                    Attempt::Over(fault) => fault,
                    Attempt::Stopped => return End::GivenBack(acknowledger),
                    Attempt::Duplicate => {
                        self.tally.count(Event::Duplicate);
                        self.first_failures.forget(&received);
                        return self.settled(acknowledger.acknowledge().await);
                    }
                },
            };
            let Some(fault) = fault else {
                self.tally.count(Event::Succeeded);
                self.first_failures.forget(&received);
                return self.settled(acknowledger.acknowledge().await);
            };
            let failed_at = *failed_at.get_or_insert_with(|| self.first_failures.of(&received));
            let delay = match fault.reason {
                Reason::Undecodable | Reason::Permanent => None,
                Reason::RetriesExhausted | Reason::Panic | Reason::Timeout => self.retry.next_delay(received.attempt()),
            };
            let Some(delay) = delay else {
                return self.bury(received, fault, failed_at, acknowledger).await;
            };
            self.tally.count(Event::Retried);
            tracing::debug!(
                operation = self.operation.key(),
                id = received.message().id.as_deref(),
                attempt = received.attempt(),
                ?delay,
                error = fault.error,
                "handling failed; trying again"
            );
            if self.redelivers(received.message()) {
                self.first_failures.remember(&received, failed_at);
                return self.settled(acknowledger.reject(delay).await);
            }
            if !self.wait(delay, &mut acknowledger).await {
                return End::GivenBack(acknowledger);
            }
            received.set_attempt(received.attempt().saturating_add(1));
        }
    }

    /// One attempt by whoever claims the message; a success is over when it is committed.
    async fn attempt_once(
        &self,
        once: &Once<'_>,
        received: &Received,
        acknowledger: &mut AcknowledgerOf<T>,
    ) -> Attempt {
        let mut claims = 0_u32;
        loop {
            match hold(once.claim(), acknowledger, self.capabilities.heartbeat).await {
                Ok(Claim::New) => break,
                Ok(Claim::Done) => return Attempt::Duplicate,
                Ok(Claim::Busy) => tracing::debug!(scope = self.scope, "somebody else handles the message; waiting"),
                Err(error) => tracing::warn!(scope = self.scope, %error, "the message was not claimed; trying again"),
            }
            claims = claims.saturating_add(1);
            if !self.wait(self.retry.delay(claims).min(LOOK_AGAIN), acknowledger).await {
                return Attempt::Stopped;
            }
        }
        let attempted = {
            // Pinned here, and so moved nowhere: this future is large.
            let attempt = pin!(self.attempt(received, acknowledger));
            once.during(attempt).await
        };
        let Err(fault) = attempted else {
            let mut commits = 0_u32;
            while let Err(error) = hold(once.commit(), acknowledger, self.capabilities.heartbeat).await {
                commits = commits.saturating_add(1);
                tracing::warn!(scope = self.scope, %error, "that the message was handled is not committed; trying again");
                if !self.wait(self.retry.delay(commits).min(LOOK_AGAIN), acknowledger).await {
                    return Attempt::Stopped;
                }
            }
            return Attempt::Over(None);
        };
        once.release().await;
        Attempt::Over(Some(fault))
    }

    /// One attempt, with its time limit, surviving panics.
    async fn attempt(&self, received: &Received, acknowledger: &mut AcknowledgerOf<T>) -> Result<(), Fault> {
        let begun = self.tally.instruments.begin();
        let seen = processing(self.transport.system(), &self.group, received);
        // Pinned here, and so moved nowhere: a handler's future may be large. The block also catches what panics before there
        // is a future.
        let mut handling = pin!(async { self.dispatch.dispatch(received).await });
        let mut handling = pin!(catch_panic(handling.as_mut()));
        let limited = pin!(async {
            match self.timeout {
                None => Some(handling.as_mut().await),
                Some(limit) => within(limit, handling.as_mut()).await,
            }
        });
        let held = pin!(hold(limited, acknowledger, self.capabilities.heartbeat));
        let outcome = match &seen {
            None => held.await,
            Some(seen) => seen.run(held).await,
        };
        let (reason, error) = match outcome {
            Some(Ok(Ok(()))) => {
                self.tally.instruments.end(begun, None);
                self.transport.attempted(received, None);
                return Ok(());
            }
            Some(Ok(Err(Failure::Undecodable(fault)))) => (Reason::Undecodable, fault.to_string()),
            Some(Ok(Err(Failure::Handler(error)))) if error.is_permanent() => (Reason::Permanent, error.to_string()),
            Some(Ok(Err(Failure::Handler(error)))) => (Reason::RetriesExhausted, error.to_string()),
            Some(Err(panic)) => {
                self.tally.count(Event::Panicked);
                tracing::warn!(operation = self.operation.key(), panic, "the handler panicked");
                (Reason::Panic, panic)
            }
            None => (Reason::Timeout, "the handler took too long".to_owned()),
        };
        self.tally.instruments.end(begun, Some(reason.as_str()));
        self.transport.attempted(received, Some((reason, &error)));
        if let Some(seen) = seen {
            seen.failed(reason.as_str(), &error);
        }
        Err(Fault { reason, error })
    }

    /// Publishes the dead letter, and only when that is confirmed acknowledges the source. Until then the source stays
    /// with the transport, or is held here.
    async fn bury(
        &self,
        received: Received,
        fault: Fault,
        failed_at: SystemTime,
        mut acknowledger: AcknowledgerOf<T>,
    ) -> End<AcknowledgerOf<T>> {
        let operation = self.operation.key();
        let id = received.message().id.as_deref();
        let reason = fault.reason.as_str();
        let mut tries = received.attempt();
        loop {
            let letter = letter(&received, fault.reason, &fault.error, failed_at);
            // A message that was sent back may die again, and several handlers may bury one: no letter is a duplicate.
            let death = death(&letter);
            let publishing = self.transport.republish(None, &self.dead_letter, letter, &death);
            let Err(error) = hold(publishing, &mut acknowledger, self.capabilities.heartbeat).await else {
                tracing::warn!(operation, id, reason, error = fault.error, address = self.dead_letter, "dead letter");
                self.tally.count(Event::DeadLettered);
                self.first_failures.forget(&received);
                return self.settled(acknowledger.acknowledge().await);
            };
            let delay = self.retry.delay(tries);
            tracing::warn!(operation, id, reason, ?delay, %error, "the dead letter was not published; trying again");
            self.tally.count(Event::Retried);
            if self.redelivers(received.message()) {
                self.first_failures.remember(&received, failed_at);
                return self.settled(acknowledger.reject(delay).await);
            }
            if !self.wait(delay, &mut acknowledger).await {
                return End::GivenBack(acknowledger);
            }
            tries = tries.saturating_add(1);
        }
    }

    /// Waits while holding the delivery; false when the service stops meanwhile.
    async fn wait(&self, delay: Duration, acknowledger: &mut AcknowledgerOf<T>) -> bool {
        let mut stop = self.stop.clone();
        let waiting = async {
            tokio::select! {
                // A service that is gone counts as one that stops.
                _ = stop.wait_for(|stopping| *stopping) => false,
                () = tokio::time::sleep(delay) => true,
            }
        };
        hold(waiting, acknowledger, self.capabilities.heartbeat).await
    }

    fn settled(&self, result: Result<(), SettleError>) -> End<AcknowledgerOf<T>> {
        self.tally.count(Event::Settled);
        warn_unsettled(self.operation, result);
        End::Settled
    }
}

/// A delivery that could not be settled comes again; that is the transport's promise.
fn warn_unsettled(operation: &Operation, result: Result<(), SettleError>) {
    if let Err(error) = result {
        tracing::warn!(operation = operation.key(), %error, "the message will be delivered again");
    }
}

/// When messages that the transport will redeliver failed first; the oldest are forgotten beyond a fixed number.
#[derive(Default)]
pub(crate) struct FirstFailures(Mutex<VecDeque<(String, SystemTime)>>);

impl FirstFailures {
    const LIMIT: usize = 1_024;

    /// When the message failed first; now, when nothing is known of it.
    fn of(&self, received: &Received) -> SystemTime {
        let known = self.with(received, |failures, at| failures.get(at).map(|(_, time)| *time));
        known.unwrap_or_else(SystemTime::now)
    }

    fn forget(&self, received: &Received) {
        self.with(received, |failures, at| failures.remove(at));
    }

    fn remember(&self, received: &Received, time: SystemTime) {
        self.forget(received);
        if let Some(id) = &received.message().id {
            let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if failures.len() == Self::LIMIT {
                failures.pop_front();
            }
            failures.push_back((id.clone(), time));
        }
    }

    /// Calls `look` with the place of the message, if it has one. A first attempt has none, and costs nothing.
    fn with<R>(
        &self,
        received: &Received,
        look: impl FnOnce(&mut VecDeque<(String, SystemTime)>, usize) -> Option<R>,
    ) -> Option<R> {
        let id = received.message().id.as_ref().filter(|_| received.attempt() > 1)?;
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = failures.iter().position(|(known, _)| known == id)?;
        look(&mut failures, at)
    }
}
