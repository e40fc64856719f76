//! What a service did, counted for each operation.
//!
//! In: events of the workers. Out: [`Summary`]. Counting never waits.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::observe::Instruments;

/// What happened to the deliveries of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Deliveries received; a redelivery counts again.
    pub consumed: u64,
    /// Deliveries whose handler succeeded.
    pub succeeded: u64,
    /// Deliveries whose message had been handled before, so that no handler saw them.
    pub duplicates: u64,
    /// Attempts that failed and were followed by another, or asked the transport for one.
    pub retried: u64,
    /// Dead letters that the transport confirmed.
    pub dead_lettered: u64,
    /// Attempts that panicked.
    pub panicked: u64,
    /// Deliveries not settled: in flight while the service runs; afterwards those given back to the transport.
    pub unsettled: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.consumed += other.consumed;
        self.succeeded += other.succeeded;
        self.duplicates += other.duplicates;
        self.retried += other.retried;
        self.dead_lettered += other.dead_lettered;
        self.panicked += other.panicked;
        self.unsettled += other.unsettled;
    }
}

/// What a service did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    operations: BTreeMap<&'static str, Counts>,
}

impl Summary {
    pub(crate) fn add(&mut self, operation: &'static str, counts: &Counts) {
        self.operations.entry(operation).or_default().add(counts);
    }

    /// The counts of one operation, by its key; zeros when the service has no such operation.
    pub fn operation(&self, key: &str) -> Counts {
        self.operations.get(key).copied().unwrap_or_default()
    }

    /// Every operation and its counts, by key.
    pub fn operations(&self) -> impl Iterator<Item = (&'static str, Counts)> {
        self.operations.iter().map(|(key, counts)| (*key, *counts))
    }

    /// All operations together.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.operations.values().for_each(|counts| total.add(counts));
        total
    }
}

/// Something to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Consumed,
    Succeeded,
    Duplicate,
    Retried,
    DeadLettered,
    Panicked,
    /// A delivery left the service by acknowledgement or rejection.
    Settled,
}

/// The running counts of one consumer.
#[derive(Debug)]
pub(crate) struct Tally {
    counters: [AtomicU64; 7],
    pub(crate) instruments: Instruments,
}

impl Tally {
    pub(crate) fn new(instruments: Instruments) -> Self {
        Self { counters: Default::default(), instruments }
    }

    pub(crate) fn count(&self, event: Event) {
        if let Some(counter) = self.counters.get(event as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        self.instruments.count(event);
    }

    pub(crate) fn counts(&self) -> Counts {
        let read =
            |event: Event| self.counters.get(event as usize).map_or(0, |counter| counter.load(Ordering::Relaxed));
        // Settled is read first: between the two reads it can only fall further behind.
        let settled = read(Event::Settled);
        let consumed = read(Event::Consumed);
        Counts {
            consumed,
            succeeded: read(Event::Succeeded),
            duplicates: read(Event::Duplicate),
            retried: read(Event::Retried),
            dead_lettered: read(Event::DeadLettered),
            panicked: read(Event::Panicked),
            unsettled: consumed.saturating_sub(settled),
        }
    }
}
