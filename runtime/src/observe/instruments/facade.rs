//! Numbers for the facade of the crate `metrics`.
//!
//! In: attributes and measurements. Out: the same to the recorder that is installed, if one is.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Label, counter, gauge, histogram};

use super::{Attributes, COUNTERS, DROPPED, IN_FLIGHT, LAG, PROCESSING, SENDING, SENT};
use crate::consume::Event;

fn labels(attributes: &Attributes) -> Vec<Label> {
    attributes.iter().map(|(name, text)| Label::new(*name, text.clone())).collect()
}

pub(super) struct Consumer {
    counters: [Counter; COUNTERS.len()],
    in_flight: Gauge,
    lag: Gauge,
    took: Histogram,
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Consumer")
    }
}

impl Consumer {
    pub(super) fn new(attributes: &Attributes) -> Self {
        Self {
            counters: COUNTERS.map(|(_, name)| counter!(name, labels(attributes))),
            in_flight: gauge!(IN_FLIGHT, labels(attributes)),
            lag: gauge!(LAG, labels(attributes)),
            took: histogram!(PROCESSING, labels(attributes)),
        }
    }

    pub(super) fn count(&self, event: Event, flow: i8) {
        if flow != 0 {
            self.in_flight.increment(f64::from(flow));
        }
        let counter = COUNTERS.iter().zip(&self.counters).find(|((known, _), _)| *known == event);
        if let Some((_, counter)) = counter {
            counter.increment(1);
        }
    }

    pub(super) fn took(&self, attributes: &Attributes, took: Duration, reason: Option<&'static str>) {
        match reason {
            None => self.took.record(took.as_secs_f64()),
            Some(reason) => {
                let mut labels = labels(attributes);
                labels.push(Label::from_static_parts("error.type", reason));
                histogram!(PROCESSING, labels).record(took.as_secs_f64());
            }
        }
    }

    pub(super) fn lag(&self, messages: u64) {
        self.lag.set(messages as f64);
    }
}

pub(super) fn sent(attributes: &Attributes, took: Duration) {
    counter!(SENT, labels(attributes)).increment(1);
    histogram!(SENDING, labels(attributes)).record(took.as_secs_f64());
}

pub(super) fn dropped(attributes: &Attributes) {
    counter!(DROPPED, labels(attributes)).increment(1);
}
