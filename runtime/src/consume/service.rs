//! A service: consumers on one transport, started and stopped together.
//!
//! In: a transport and consumers. Out: a [`Summary`]. Every subscription exists before the first message is handled; at
//! the end receiving stops first, then what is in flight is drained, then the transport is closed.

use std::pin::{Pin, pin};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::health::{HealthCheck, Pulse, Pulses};
use super::settings::{Policy, policy_methods};
use super::subscriber::Subscriber;
use super::summary::Tally;
use super::{Consumer, Dispatch, Summary};
use crate::transport::{SubscribeError, Transport, TransportError};

const DRAIN: Duration = Duration::from_secs(30);

type BoxFuture<O> = Pin<Box<dyn Future<Output = O> + Send>>;

/// A consumer without its type: erased once here, never for a message.
type Prepare<T> = Box<dyn FnOnce(T, Policy, watch::Receiver<bool>) -> BoxFuture<Result<Prepared, ServiceError>> + Send>;

/// A consumer that has its subscription.
struct Prepared {
    operation: &'static str,
    tally: Arc<Tally>,
    run: Box<dyn FnOnce(Duration) -> BoxFuture<()> + Send>,
}

/// Why a service did not start, or did not end well.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// A subscription was not made.
    #[error("operation `{operation}`: {source}")]
    Subscribe {
        /// The key of the operation.
        operation: &'static str,
        /// Why.
        source: SubscribeError,
    },
    /// The dead letters of an operation would go to an address that the operation itself consumes.
    #[error("operation `{operation}` would consume its own dead letters at `{address}`; set another address")]
    DeadLetterLoop {
        /// The key of the operation.
        operation: &'static str,
        /// The address for dead letters.
        address: String,
    },
    /// A consumer ended before the service was told to stop.
    #[error("a consumer ended unexpectedly")]
    Stopped,
    /// Everything was drained, but the transport was not closed properly: what was published without waiting for the
    /// confirmation may be lost.
    #[error("the transport was not closed: {0}")]
    Close(#[source] TransportError),
}

/// Consumers on one transport.
#[must_use = "a service does nothing until it is started"]
pub struct Service<T> {
    transport: T,
    consumers: Vec<Prepare<T>>,
    policy: Policy,
    drain: Duration,
    pulses: Pulses,
}

impl<T: Transport> Service<T> {
    /// A service without consumers.
    pub fn new(transport: T) -> Self {
        Self { transport, consumers: Vec::new(), policy: Policy::default(), drain: DRAIN, pulses: Pulses::default() }
    }

    policy_methods!();

    /// Adds a consumer; its own settings win over those of the service.
    pub fn consumer<D: Dispatch>(mut self, consumer: Consumer<D>) -> Self {
        let operation = consumer.operation.key();
        let pulse = Arc::<Pulse>::default();
        self.pulses.lock().unwrap_or_else(PoisonError::into_inner).push((operation, Arc::clone(&pulse)));
        self.consumers.push(Box::new(move |transport, defaults, stop| {
            Box::pin(async move {
                let subscriber = Subscriber::subscribe(consumer, transport, defaults, stop, pulse).await?;
                let tally = subscriber.tally();
                Ok(Prepared { operation, tally, run: Box::new(move |drain| Box::pin(subscriber.run(drain))) })
            })
        }));
        self
    }

    /// How long deliveries in flight may take after the service was told to stop; 30 s unless set.
    pub fn drain_within(mut self, limit: Duration) -> Self {
        self.drain = limit;
        self
    }

    /// What tells, while the service runs, whether it is [ready](super::Health::is_ready): take it before, and ask it in a route.
    ///
    /// ```
    /// # use tidings_runtime::{Service, transport::memory::Broker};
    /// # async fn example() {
    /// let service = Service::new(Broker::new());
    /// let health = service.health();
    /// // In the handler of a readiness route: 200 or 503.
    /// let status = if health.check().await.is_ready() { 200 } else { 503 };
    /// # }
    /// ```
    pub fn health(&self) -> HealthCheck<T> {
        HealthCheck::new(self.transport.clone(), Arc::clone(&self.pulses))
    }

    /// Subscribes every consumer, and only then starts handling.
    ///
    /// # Errors
    /// When a subscription is not made, or a consumer would consume its own dead letters. Nothing was handled then.
    pub async fn start(self) -> Result<Running<T>, ServiceError> {
        let (stop, stopping) = watch::channel(false);
        let mut prepared = Vec::new();
        for prepare in self.consumers {
            prepared.push(prepare(self.transport.clone(), self.policy.clone(), stopping.clone()).await?);
        }
        let mut tasks = JoinSet::new();
        let mut tallies = Vec::new();
        for Prepared { operation, tally, run } in prepared {
            tallies.push((operation, tally));
            tasks.spawn(run(self.drain));
        }
        Ok(Running { transport: self.transport, stop, tasks, tallies, drain: self.drain, pulses: self.pulses })
    }

    /// Runs until `shutdown` resolves, then drains and closes the transport.
    ///
    /// # Errors
    /// Those of [`start`](Self::start) and of [`Running::shutdown`].
    pub async fn run_until(self, shutdown: impl Future<Output = ()>) -> Result<Summary, ServiceError> {
        let mut shutdown = pin!(shutdown);
        let mut running = tokio::select! {
            biased;
            running = self.start() => running?,
            () = shutdown.as_mut() => return Ok(Summary::default()),
        };
        tokio::select! {
            () = shutdown => running.shutdown().await,
            () = running.ended() => {
                running.shutdown().await?;
                Err(ServiceError::Stopped)
            }
        }
    }
}

/// A service that handles messages. Dropped, it stops at once, and what is in flight is delivered again.
#[must_use = "dropping a running service stops it"]
pub struct Running<T> {
    transport: T,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    tallies: Vec<(&'static str, Arc<Tally>)>,
    drain: Duration,
    pulses: Pulses,
}

impl<T: Transport> Running<T> {
    /// As [`Service::health`].
    pub fn health(&self) -> HealthCheck<T> {
        HealthCheck::new(self.transport.clone(), Arc::clone(&self.pulses))
    }

    /// What was done so far.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for (operation, tally) in &self.tallies {
            summary.add(operation, &tally.counts());
        }
        summary
    }

    /// Stops receiving, drains what is in flight, gives back what is not done in time, closes the transport.
    ///
    /// # Errors
    /// When a consumer broke down, or the transport was not closed properly.
    pub async fn shutdown(mut self) -> Result<Summary, ServiceError> {
        self.stop.send_replace(true);
        let mut whole = true;
        while let Some(ended) = self.tasks.join_next().await {
            whole &= ended.is_ok();
        }
        self.transport.close(self.drain).await.map_err(ServiceError::Close)?;
        if whole { Ok(self.summary()) } else { Err(ServiceError::Stopped) }
    }

    /// Returns when a consumer ends by itself, which none should.
    async fn ended(&mut self) {
        if self.tasks.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
