//! What code sets and the document cannot say: retries, dead letters, concurrency, time limits, groups.
//!
//! In: settings of one consumer and of its service. Out: a [`Policy`] in which the consumer's own win.

use std::time::Duration;

use super::{Backoff, DeadLetter, Dispatch, Idempotent, Layer};
use crate::message::Operation;

const CONCURRENCY: usize = 16;

/// How deliveries are handled; what is not set falls back to the service's setting, then to the default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) retry: Option<Backoff>,
    pub(crate) dead_letter: Option<DeadLetter>,
    pub(crate) concurrency: Option<usize>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) idempotent: Option<Idempotent>,
}

impl Policy {
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            retry: self.retry.or(other.retry),
            dead_letter: self.dead_letter.or(other.dead_letter),
            concurrency: self.concurrency.or(other.concurrency),
            timeout: self.timeout.or(other.timeout),
            idempotent: self.idempotent.or(other.idempotent),
        }
    }

    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency.unwrap_or(CONCURRENCY).clamp(1, tokio::sync::Semaphore::MAX_PERMITS)
    }
}

/// The same settings for one consumer and for a whole service.
macro_rules! policy_methods {
    () => {
        /// How often and how fast a failed message is tried again; [`Backoff::default`](crate::consume::Backoff::default) unless set.
        pub fn retry(mut self, backoff: $crate::consume::Backoff) -> Self {
            self.policy.retry = Some(backoff);
            self
        }

        /// Where messages go that cannot be handled; [`DeadLetter::Derived`](crate::consume::DeadLetter::Derived)
        /// unless set.
        pub fn dead_letter(mut self, dead_letter: impl Into<$crate::consume::DeadLetter>) -> Self {
            self.policy.dead_letter = Some(dead_letter.into());
            self
        }

        /// How many deliveries are held and handled at once, for each consumer; 16 unless set, 0 counts as 1.
        pub fn concurrency(mut self, deliveries: usize) -> Self {
            self.policy.concurrency = Some(deliveries);
            self
        }

        /// How long one attempt may take; it is then dropped and counts as failed. No limit unless set.
        pub fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.policy.timeout = Some(limit);
            self
        }

        /// Handles each message once, however often it comes: a store, such as
        /// [`idempotency::Memory`](crate::store::idempotency::Memory), or an
        /// [`Idempotent`](crate::consume::Idempotent), which says more. Keys belong to the consumer group and the
        /// operation. A message that somebody else is handling is waited for, which counts as no attempt; while the
        /// store fails, nothing is handled.
        pub fn idempotent(mut self, store: impl Into<$crate::consume::Idempotent>) -> Self {
            self.policy.idempotent = Some(store.into());
            self
        }
    };
}
pub(crate) use policy_methods;

/// One operation and what handles its messages; generated code makes it.
#[derive(Debug)]
#[must_use = "a consumer does nothing until a service runs it"]
pub struct Consumer<D> {
    pub(crate) operation: &'static Operation,
    pub(crate) dispatch: D,
    pub(crate) group: Option<String>,
    pub(crate) policy: Policy,
}

impl<D: Dispatch> Consumer<D> {
    pub(crate) fn new(operation: &'static Operation, dispatch: D) -> Self {
        Self { operation, dispatch, group: None, policy: Policy::default() }
    }

    policy_methods!();

    /// The consumer group, whose members share the messages; unless set, the one that the document names, or else the key of the
    /// operation.
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.group = Some(name.into());
        self
    }

    /// Wraps what was wrapped so far: the layer added last sees a message first.
    pub fn layer<L: Layer<D>>(self, layer: L) -> Consumer<L::Dispatch> {
        Consumer {
            operation: self.operation,
            dispatch: layer.layer(self.dispatch),
            group: self.group,
            policy: self.policy,
        }
    }
}
