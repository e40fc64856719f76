//! Receiving for one consumer: subscribing, subscribing again, handing deliveries to workers, draining.
//!
//! In: the consumer and its transport. Out: jobs in the lanes and workers on them. At most `concurrency` deliveries are
//! held, whatever the transport does. A failure to receive is followed by a pause that grows, never by a busy loop.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::health::Pulse;
use super::lanes::Lanes;
use super::room::{Place, Room};
use super::settings::Policy;
use super::summary::{Event, Tally};
use super::worker::{AcknowledgerOf, FirstFailures, Job, Work};
use super::{Backoff, Consumer, Dispatch, ServiceError};
use crate::observe::Instruments;
use crate::transport::{Delivery, ReceiveError, Subscribe, Subscription, Transport};

/// How long workers that were told to end at once are waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How often it is asked how many messages wait.
const LAG_EVERY: Duration = Duration::from_secs(15);

/// A consumer with its subscription.
pub(crate) struct Subscriber<T: Transport, D> {
    work: Arc<Work<T, D>>,
    request: Subscribe,
    subscription: Option<T::Subscription>,
    pulse: Arc<Pulse>,
}

impl<T: Transport, D: Dispatch> Subscriber<T, D> {
    pub(crate) async fn subscribe(
        consumer: Consumer<D>,
        transport: T,
        defaults: Policy,
        stop: watch::Receiver<bool>,
        pulse: Arc<Pulse>,
    ) -> Result<Self, ServiceError> {
        let Consumer { operation, dispatch, group, policy } = consumer;
        let policy = policy.or(defaults);
        let channel = operation.channel();
        let dead_letter = policy.dead_letter.clone().unwrap_or_default().address(channel);
        if channel.template().matches(&dead_letter) {
            return Err(ServiceError::DeadLetterLoop { operation: operation.key(), address: dead_letter });
        }
        let group = group.unwrap_or_else(|| operation.group().to_owned());
        let request = Subscribe::new(channel, group).for_operation(operation).with_max_in_flight(policy.concurrency());
        let failed = |source| ServiceError::Subscribe { operation: operation.key(), source };
        let subscription = transport.subscribe(request.clone()).await.map_err(failed)?;
        let scope = match request.group == operation.key() {
            true => request.group.clone(),
            false => format!("{} {}", request.group, operation.key()),
        };
        let work = Work {
            capabilities: transport.capabilities(),
            operation,
            dispatch,
            retry: policy.retry.unwrap_or_default(),
            timeout: policy.timeout,
            dead_letter,
            idempotent: policy.idempotent,
            tally: Arc::new(Tally::new(Instruments::new(transport.system(), operation, &request.group))),
            group: request.group.clone(),
            scope,
            lanes: Lanes::new(),
            first_failures: FirstFailures::default(),
            transport,
            stop,
        };
        pulse.receives(&request);
        Ok(Self { work: Arc::new(work), request, subscription: Some(subscription), pulse })
    }

    pub(crate) fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.work.tally)
    }

    /// Receives until the service stops, then drains for at most `drain` and gives back what is left.
    pub(crate) async fn run(mut self, drain: Duration) {
        let mut workers = JoinSet::new();
        let mut stop = self.work.stop.clone();
        let measuring = measure_lag(Arc::clone(&self.work), self.request.clone());
        tokio::select! {
            biased;
            // A service that is gone counts as one that stops.
            _ = stop.wait_for(|stopping| *stopping) => (),
            () = self.receive(&mut workers) => (),
            () = measuring => (),
        }
        self.pulse.ends();
        self.work.lanes.close();
        let finish = async |workers: &mut JoinSet<()>| while workers.join_next().await.is_some() {};
        if tokio::time::timeout(drain, finish(&mut workers)).await.is_err() {
            tracing::warn!(operation = self.work.operation.key(), "not drained in time; giving back what is left");
            workers.abort_all();
            // A handler that blocks its thread cannot be ended; the process goes on without it.
            let _ = tokio::time::timeout(LAST_WORDS, finish(&mut workers)).await;
        }
    }

    /// Never returns; cancel safe, since a delivery is in the lanes before the next await.
    async fn receive(&mut self, workers: &mut JoinSet<()>) {
        let room = Room::new(self.request.max_in_flight);
        let backoff = Backoff::default();
        let mut failures = 0_u32;
        loop {
            let place = room.take().await;
            match self.next().await {
                Ok(delivery) => {
                    // One that failed and went on has none but this to show that it works again.
                    if failures > 0 {
                        self.pulse.receives(&self.request);
                    }
                    failures = 0;
                    self.hand_over(delivery, place, workers);
                }
                Err(fault) => {
                    self.pulse.fails(&fault);
                    failures = failures.saturating_add(1);
                    let delay = backoff.delay(failures);
                    tracing::warn!(
                        operation = self.work.operation.key(),
                        ?delay,
                        fault,
                        "nothing received; trying again"
                    );
                    tokio::time::sleep(delay).await;
                }
            }
        }
    }

    /// The next delivery, over a new subscription where the last one is over.
    async fn next(&mut self) -> Result<Delivery<AcknowledgerOf<T>>, String> {
        let subscription = match &mut self.subscription {
            Some(subscription) => subscription,
            none => {
                let again = self.work.transport.subscribe(self.request.clone()).await;
                let again = again.map_err(|error| error.to_string())?;
                self.pulse.receives(&self.request);
                none.insert(again)
            }
        };
        match subscription.next().await {
            Some(Ok(delivery)) => Ok(delivery),
            Some(Err(error @ ReceiveError::Transport(_))) => Err(error.to_string()),
            Some(Err(error @ ReceiveError::Lost(_))) => {
                self.subscription = None;
                Err(error.to_string())
            }
            None => {
                self.subscription = None;
                Err("the subscription is over".to_owned())
            }
        }
    }

    fn hand_over(&self, delivery: Delivery<AcknowledgerOf<T>>, place: Place, workers: &mut JoinSet<()>) {
        self.work.tally.count(Event::Consumed);
        let key = self.work.lane(&delivery.message).cloned();
        let wants_worker = self.work.lanes.push(key.as_ref(), Job { delivery, place });
        if wants_worker {
            // A worker ends early only when user code panicked where it cannot be caught (in a destructor).
            while workers.try_join_next().is_some() {}
            if workers.len() < self.request.max_in_flight {
                workers.spawn(Arc::clone(&self.work).work());
            }
        }
    }
}

impl<T: Transport, D> Drop for Subscriber<T, D> {
    fn drop(&mut self) {
        self.pulse.ends();
    }
}

/// Tells the instruments from time to time how many messages wait, where somebody could see it; never returns.
async fn measure_lag<T: Transport, D: Dispatch>(work: Arc<Work<T, D>>, request: Subscribe) {
    while Instruments::MEASURE {
        match tokio::time::timeout(LAG_EVERY, work.transport.lag(&request)).await {
            Ok(Ok(lag)) => work.tally.instruments.lag(lag),
            Ok(Err(error)) => tracing::debug!(operation = work.operation.key(), %error, "the lag is not known"),
            Err(_) => tracing::debug!(operation = work.operation.key(), "the lag is not known in time"),
        }
        tokio::time::sleep(LAG_EVERY).await;
    }
    std::future::pending().await
}
