//! Whether a service works, for a route that says so.
//!
//! In: what the consumers of a service report, and the transport. Out: [`Health`]. What always holds: asking changes nothing,
//! takes a limited time, and does not wait for a handler.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::transport::{Subscribe, Transport, TransportError};

const WITHIN: Duration = Duration::from_secs(2);

/// How one consumer receives; it writes, whoever checks its health reads.
#[derive(Debug, Default)]
pub(crate) struct Pulse(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    receiving: bool,
    trouble: Option<Trouble>,
    request: Option<Subscribe>,
}

impl Pulse {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It has a subscription.
    pub(crate) fn receives(&self, request: &Subscribe) {
        let mut state = self.state();
        state.receiving = true;
        state.request.get_or_insert_with(|| request.clone());
    }

    /// Nothing is received at the moment.
    pub(crate) fn fails(&self, error: &str) {
        let mut state = self.state();
        state.receiving = false;
        state.trouble = Some(Trouble { error: error.to_owned(), at: SystemTime::now() });
    }

    /// Nothing is received any more.
    pub(crate) fn ends(&self) {
        self.state().receiving = false;
    }
}

/// The consumers of a service, in the order in which they were added.
pub(crate) type Pulses = Arc<Mutex<Vec<(&'static str, Arc<Pulse>)>>>;

/// Asks a service how it is; clones ask the same one. It outlives the service, which then is not ready.
#[derive(Clone)]
pub struct HealthCheck<T> {
    transport: T,
    pulses: Pulses,
    within: Duration,
    lag: bool,
}

impl<T: Transport> HealthCheck<T> {
    pub(crate) fn new(transport: T, pulses: Pulses) -> Self {
        Self { transport, pulses, within: WITHIN, lag: false }
    }

    /// How long the broker may take to answer; 2 s unless set.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    /// Also asks how many messages wait for each consumer, which takes further round trips.
    #[must_use]
    pub fn with_lag(mut self) -> Self {
        self.lag = true;
        self
    }

    /// How the service is now: asks the broker, and looks at the consumers.
    pub async fn check(&self) -> Health {
        let late = |_| Err(TransportError::transient(format!("the broker did not answer within {:?}", self.within)));
        let connection = tokio::time::timeout(self.within, self.transport.ping()).await.unwrap_or_else(late);
        let pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut consumers = Vec::with_capacity(pulses.len());
        for (operation, pulse) in pulses {
            let (receiving, last_trouble, request) = {
                let state = pulse.state();
                (state.receiving, state.trouble.clone(), state.request.clone())
            };
            let lag = match request.filter(|_| self.lag && connection.is_ok()) {
                // What is not known in time is not known.
                Some(request) => {
                    let asked = tokio::time::timeout(self.within, self.transport.lag(&request)).await;
                    asked.ok().and_then(Result::ok).flatten()
                }
                None => None,
            };
            consumers.push(ConsumerHealth { operation, receiving, last_trouble, lag });
        }
        Health { connection, consumers }
    }
}

/// How a service is.
#[derive(Debug)]
#[non_exhaustive]
pub struct Health {
    /// Whether the broker answers; if not, why not.
    pub connection: Result<(), TransportError>,
    /// Each consumer, in the order in which they were added.
    pub consumers: Vec<ConsumerHealth>,
}

impl Health {
    /// Whether the broker answers and every consumer receives. It is false before the service started, while it drains, and
    /// as long as a connection is lost; then it is worth waiting, since connecting goes on.
    pub fn is_ready(&self) -> bool {
        self.connection.is_ok() && self.consumers.iter().all(|consumer| consumer.receiving)
    }
}

/// A line for the broker and one for each consumer. It names hosts and addresses: for operators, not for the public.
impl fmt::Display for Health {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.connection {
            Ok(()) => writeln!(formatter, "broker: answers")?,
            Err(error) => writeln!(formatter, "broker: {error}")?,
        }
        self.consumers.iter().try_for_each(|consumer| writeln!(formatter, "{consumer}"))
    }
}

/// How one consumer is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConsumerHealth {
    /// The key of the operation.
    pub operation: &'static str,
    /// Whether it has a subscription that works as far as is known.
    pub receiving: bool,
    /// What last kept it from receiving, also when that is over.
    pub last_trouble: Option<Trouble>,
    /// How many messages of its group are not settled; `None` where the transport does not know, or nobody
    /// [asked](HealthCheck::with_lag).
    pub lag: Option<u64>,
}

impl fmt::Display for ConsumerHealth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.receiving { "receives" } else { "does not receive" };
        write!(formatter, "{}: {verdict}", self.operation)?;
        if let Some(lag) = self.lag {
            write!(formatter, ", {lag} messages wait")?;
        }
        match &self.last_trouble {
            Some(trouble) => write!(formatter, "; last trouble: {trouble}"),
            None => Ok(()),
        }
    }
}

/// Something that kept a consumer from receiving.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Trouble {
    /// What it was.
    pub error: String,
    /// When it was.
    pub at: SystemTime,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {}", self.error, humantime::format_rfc3339_seconds(self.at))
    }
}
