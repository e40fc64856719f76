//! The instruments where nobody asked for any: they measure nothing and cost nothing.

use crate::consume::Event;
use crate::message::Operation;

/// When something began.
#[derive(Clone, Copy)]
pub(crate) struct Begun;

/// The instruments of one consumer.
#[derive(Debug)]
pub(crate) struct Instruments;

impl Instruments {
    /// Whether anything is measured.
    pub(crate) const MEASURE: bool = false;

    pub(crate) fn new(_system: &'static str, _operation: &'static Operation, _group: &str) -> Self {
        Self
    }

    pub(crate) fn count(&self, _event: Event) {}

    pub(crate) fn begin(&self) -> Begun {
        Begun
    }

    pub(crate) fn end(&self, _begun: Begun, _reason: Option<&'static str>) {}

    pub(crate) fn lag(&self, _messages: Option<u64>) {}
}

/// A publication that began.
pub(crate) struct Publication;

impl Publication {
    pub(crate) fn begin() -> Self {
        Self
    }

    pub(crate) fn end(self, _system: &'static str, _operation: &'static Operation, _confirmed: bool) {}
}

/// A transport dropped messages, since they were not taken fast enough.
#[cfg(feature = "nats")]
pub(crate) fn dropped(_system: &'static str) {}
