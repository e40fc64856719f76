//! Numbers for OpenTelemetry.
//!
//! In: attributes and measurements. Out: the same to the global meter provider, if one is set.

use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Gauge, Histogram, UpDownCounter};
use opentelemetry::{KeyValue, global};

use super::{Attributes, COUNTERS, DROPPED, IN_FLIGHT, LAG, PROCESSING, SENDING, SENT};
use crate::consume::Event;

const METER: &str = "tidings";

fn values(attributes: &Attributes) -> Vec<KeyValue> {
    attributes.iter().map(|(name, text)| KeyValue::new(*name, text.clone())).collect()
}

#[derive(Debug)]
pub(super) struct Consumer {
    attributes: Vec<KeyValue>,
    counters: [Counter<u64>; COUNTERS.len()],
    in_flight: UpDownCounter<i64>,
    lag: Gauge<u64>,
    took: Histogram<f64>,
}

impl Consumer {
    pub(super) fn new(attributes: &Attributes) -> Self {
        let meter = global::meter(METER);
        Self {
            attributes: values(attributes),
            counters: COUNTERS.map(|(_, name)| meter.u64_counter(name).with_unit("{message}").build()),
            in_flight: meter.i64_up_down_counter(IN_FLIGHT).with_unit("{message}").build(),
            lag: meter.u64_gauge(LAG).with_unit("{message}").build(),
            took: meter.f64_histogram(PROCESSING).with_unit("s").build(),
        }
    }

    pub(super) fn count(&self, event: Event, flow: i8) {
        if flow != 0 {
            self.in_flight.add(i64::from(flow), &self.attributes);
        }
        let counter = COUNTERS.iter().zip(&self.counters).find(|((known, _), _)| *known == event);
        if let Some((_, counter)) = counter {
            counter.add(1, &self.attributes);
        }
    }

    pub(super) fn took(&self, attributes: &Attributes, took: Duration, reason: Option<&'static str>) {
        match reason {
            None => self.took.record(took.as_secs_f64(), &self.attributes),
            Some(reason) => {
                let mut values = values(attributes);
                values.push(KeyValue::new("error.type", reason));
                self.took.record(took.as_secs_f64(), &values);
            }
        }
    }

    pub(super) fn lag(&self, messages: u64) {
        self.lag.record(messages, &self.attributes);
    }
}

/// The instruments that belong to no consumer.
struct Shared {
    sent: Counter<u64>,
    sending: Histogram<f64>,
    dropped: Counter<u64>,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let meter = global::meter(METER);
        Shared {
            sent: meter.u64_counter(SENT).with_unit("{message}").build(),
            sending: meter.f64_histogram(SENDING).with_unit("s").build(),
            dropped: meter.u64_counter(DROPPED).build(),
        }
    })
}

pub(super) fn sent(attributes: &Attributes, took: Duration) {
    let values = values(attributes);
    shared().sent.add(1, &values);
    shared().sending.record(took.as_secs_f64(), &values);
}

pub(super) fn dropped(attributes: &Attributes) {
    shared().dropped.add(1, &values(attributes));
}
