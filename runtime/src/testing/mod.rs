//! Tests of services: a connection that remembers what went over it, on the broker in memory or on any other.
//!
//! In: a transport, publications, attempts of handlers. Out: [`Published`] messages, [`Call`]s, and when everything is
//! settled. What always holds: it changes nothing of what goes over it, so that a test means the same on every transport. The
//! module `testing` that the generator writes on request puts types around it.
//!
//! Memory: everything is kept until the bench is dropped.

mod bus;
mod record;

use std::time::Duration;

use crate::consume::REASON_HEADER;
use crate::transport::Transport;
use crate::transport::memory::Broker;

pub use bus::{Bus, BusAcknowledger, BusSubscription};
pub use record::{Call, Published};

/// How long [`Bench::settled`] waits; on a clock that stands still that is no time.
const SETTLED_WITHIN: Duration = Duration::from_secs(3_600);

/// A transport, and what went over it.
#[derive(Clone, Debug)]
pub struct Bench<T> {
    bus: Bus<T>,
}

impl Bench<Broker> {
    /// On a broker in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::on(Broker::new())
    }
}

impl<T: Transport> Bench<T> {
    /// On this transport.
    pub fn on(transport: T) -> Self {
        Self { bus: Bus::new(transport) }
    }

    /// Lets the clock of tokio stand still, so that waiting takes no time: a test of five attempts with backoff takes
    /// milliseconds. Only for transports in this process.
    ///
    /// # Panics
    /// Outside of a runtime of tokio with one thread, as `#[tokio::test]` has it, or where the clock stands still already.
    #[must_use]
    pub fn paused(self) -> Self {
        tokio::time::pause();
        self
    }

    /// The connection for services and producers; clones are the same.
    pub fn bus(&self) -> Bus<T> {
        self.bus.clone()
    }

    /// Returns once every message that was published over the bus was acknowledged by every group that subscribed over it.
    /// True at last; false when that did not happen within an hour, so that a test ends.
    #[must_use]
    pub async fn settled(&self) -> bool {
        tokio::time::timeout(SETTLED_WITHIN, self.bus.record.settled()).await.is_ok()
    }

    /// What was published and confirmed, dead letters left out, oldest first.
    pub fn published(&self) -> Vec<Published> {
        let mut all = self.bus.record.published();
        all.retain(|published| published.message.headers.get(REASON_HEADER).is_none());
        all
    }

    /// The dead letters that were published and confirmed, oldest first.
    pub fn dead_letters(&self) -> Vec<Published> {
        let mut all = self.bus.record.published();
        all.retain(|published| published.message.headers.get(REASON_HEADER).is_some());
        all
    }

    /// Every attempt of every handler, in the order in which they ended.
    pub fn calls(&self) -> Vec<Call> {
        self.bus.record.calls()
    }
}
