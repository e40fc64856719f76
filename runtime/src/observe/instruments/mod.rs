//! Numbers about messages, for the facade of the crate `metrics` and for OpenTelemetry.
//!
//! In: events of consumers and publications. Out: counters, gauges and a histogram of seconds, with the names that
//! OpenTelemetry's conventions for messaging have where they have one. Recorders and providers must be installed before a
//! service starts.

#[cfg(feature = "metrics")]
mod facade;
#[cfg(feature = "otel")]
mod otel;

use std::time::Instant;

use crate::consume::Event;
use crate::message::Operation;

/// What was sent and confirmed, or failed (`error.type`).
const SENT: &str = "messaging.client.sent.messages";
/// How long a publication took until it was confirmed.
const SENDING: &str = "messaging.client.operation.duration";
/// How long an attempt at handling took.
const PROCESSING: &str = "messaging.process.duration";
/// Deliveries that are held at the moment.
const IN_FLIGHT: &str = "tidings.messages.in_flight";
/// How many messages wait for the group, where the transport knows.
const LAG: &str = "tidings.messages.lag";
/// Times that a transport dropped messages, since they were not taken fast enough.
const DROPPED: &str = "tidings.messages.dropped";

/// The counters of a consumer.
const COUNTERS: [(Event, &str); 6] = [
    (Event::Consumed, "messaging.client.consumed.messages"),
    (Event::Succeeded, "tidings.messages.succeeded"),
    (Event::Duplicate, "tidings.messages.duplicate"),
    (Event::Retried, "tidings.messages.retried"),
    (Event::DeadLettered, "tidings.messages.dead_lettered"),
    (Event::Panicked, "tidings.handlers.panicked"),
];

/// When something began.
pub(crate) type Begun = Instant;

/// What tells measurements apart.
type Attributes = Vec<(&'static str, String)>;

fn attributes(system: &'static str, operation: &'static Operation, doing: &'static str) -> Attributes {
    let texts = [
        ("messaging.system", system),
        ("messaging.destination.name", operation.channel().template().as_str()),
        ("messaging.operation.name", doing),
        ("tidings.operation", operation.key()),
    ];
    texts.into_iter().map(|(name, text)| (name, text.to_owned())).collect()
}

/// The instruments of one consumer.
#[derive(Debug)]
pub(crate) struct Instruments {
    attributes: Attributes,
    #[cfg(feature = "metrics")]
    facade: facade::Consumer,
    #[cfg(feature = "otel")]
    otel: otel::Consumer,
}

impl Instruments {
    /// Whether anything is measured.
    pub(crate) const MEASURE: bool = true;

    pub(crate) fn new(system: &'static str, operation: &'static Operation, group: &str) -> Self {
        let mut attributes = attributes(system, operation, "process");
        attributes.push(("messaging.consumer.group.name", group.to_owned()));
        Self {
            #[cfg(feature = "metrics")]
            facade: facade::Consumer::new(&attributes),
            #[cfg(feature = "otel")]
            otel: otel::Consumer::new(&attributes),
            attributes,
        }
    }

    pub(crate) fn count(&self, event: Event) {
        let flow = match event {
            Event::Consumed => 1,
            Event::Settled => -1,
            _ => 0,
        };
        #[cfg(feature = "metrics")]
        self.facade.count(event, flow);
        #[cfg(feature = "otel")]
        self.otel.count(event, flow);
    }

    /// An attempt begins.
    pub(crate) fn begin(&self) -> Begun {
        Instant::now()
    }

    /// The attempt is over; it failed for a reason, or did not.
    pub(crate) fn end(&self, begun: Begun, reason: Option<&'static str>) {
        let took = begun.elapsed();
        #[cfg(feature = "metrics")]
        self.facade.took(&self.attributes, took, reason);
        #[cfg(feature = "otel")]
        self.otel.took(&self.attributes, took, reason);
    }

    /// So many messages wait for the group.
    pub(crate) fn lag(&self, messages: Option<u64>) {
        let Some(messages) = messages else { return };
        #[cfg(feature = "metrics")]
        self.facade.lag(messages);
        #[cfg(feature = "otel")]
        self.otel.lag(messages);
    }
}

/// A publication that began.
pub(crate) struct Publication(Instant);

impl Publication {
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// It was confirmed, or failed.
    pub(crate) fn end(self, system: &'static str, operation: &'static Operation, confirmed: bool) {
        let took = self.0.elapsed();
        let mut attributes = attributes(system, operation, "send");
        if !confirmed {
            attributes.push(("error.type", "unconfirmed".to_owned()));
        }
        #[cfg(feature = "metrics")]
        facade::sent(&attributes, took);
        #[cfg(feature = "otel")]
        otel::sent(&attributes, took);
    }
}

/// A transport dropped messages, since they were not taken fast enough.
#[cfg_attr(not(feature = "nats"), allow(dead_code))]
pub(crate) fn dropped(system: &'static str) {
    let attributes = vec![("messaging.system", system.to_owned())];
    #[cfg(feature = "metrics")]
    facade::dropped(&attributes);
    #[cfg(feature = "otel")]
    otel::dropped(&attributes);
}
