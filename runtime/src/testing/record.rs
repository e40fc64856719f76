//! What went over a bus.
//!
//! In: publications, attempts, deliveries that were settled. Out: the same as lists, and the moment at which nothing is left
//! to be done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::consume::{Reason, Received};
use crate::message::{Channel, Message, Operation};
use crate::payload::{DecodeError, Payload};

/// A message that was published and confirmed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Published {
    /// The operation that published it; `None` for dead letters, and for what no producer sent.
    pub operation: Option<&'static Operation>,
    /// Where it went.
    pub address: String,
    /// The message.
    pub message: Message,
}

impl Published {
    /// The payload.
    ///
    /// # Errors
    /// It does not fit the schema of `M`.
    pub fn payload<M: Payload>(&self) -> Result<M, DecodeError> {
        M::from_slice(&self.message.payload)
    }
}

/// An attempt of a handler.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call {
    /// What was handled: the operation, the message, its address, and which attempt it was.
    pub received: Received,
    /// Why the attempt failed; `None` where it succeeded.
    pub failure: Option<(Reason, String)>,
}

impl Call {
    /// The payload.
    ///
    /// # Errors
    /// It does not fit the schema of `M`.
    pub fn payload<M: Payload>(&self) -> Result<M, DecodeError> {
        M::from_slice(&self.received.message().payload)
    }
}

/// Everything that went over a bus.
#[derive(Debug, Default)]
pub(super) struct Record {
    seen: Mutex<Seen>,
    /// Told of everything that was settled.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Seen {
    published: Vec<Published>,
    calls: Vec<Call>,
    groups: Vec<Group>,
}

/// A consumer group that subscribed over the bus.
#[derive(Debug)]
struct Group {
    name: String,
    channel: &'static Channel,
    /// Messages that were published to the channel and are not acknowledged.
    left: u64,
}

impl Record {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn published(&self) -> Vec<Published> {
        self.seen().published.clone()
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.seen().calls.clone()
    }

    /// A group will get what is published to the channel; where it is kept.
    pub(super) fn join(&self, name: &str, channel: &'static Channel) -> usize {
        let groups = &mut self.seen().groups;
        let known = groups.iter().position(|group| group.name == name && group.channel == channel);
        known.unwrap_or_else(|| {
            groups.push(Group { name: name.to_owned(), channel, left: 0 });
            groups.len() - 1
        })
    }

    /// A message is about to be published: it may be acknowledged before its publication is confirmed.
    pub(super) fn expect(&self, address: &str) {
        self.each_group(address, |left| *left += 1);
    }

    /// The publication failed.
    pub(super) fn expect_no_more(&self, address: &str) {
        self.each_group(address, |left| *left = left.saturating_sub(1));
        self.changed.notify_waiters();
    }

    fn each_group(&self, address: &str, change: impl Fn(&mut u64)) {
        let mut seen = self.seen();
        let meant = seen.groups.iter_mut().filter(|group| group.channel.template().matches(address));
        meant.for_each(|group| change(&mut group.left));
    }

    pub(super) fn publication(&self, operation: Option<&'static Operation>, address: &str, message: Message) {
        self.seen().published.push(Published { operation, address: address.to_owned(), message });
    }

    pub(super) fn call(&self, received: &Received, failure: Option<(Reason, &str)>) {
        let failure = failure.map(|(reason, error)| (reason, error.to_owned()));
        self.seen().calls.push(Call { received: received.clone(), failure });
    }

    /// A group acknowledged a message.
    pub(super) fn acknowledged(&self, group: usize) {
        if let Some(group) = self.seen().groups.get_mut(group) {
            group.left = group.left.saturating_sub(1);
        }
        self.changed.notify_waiters();
    }

    /// Returns once nothing is left.
    pub(super) async fn settled(&self) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.seen().groups.iter().all(|group| group.left == 0) {
                return;
            }
            changed.await;
        }
    }
}

/// A shared record.
pub(super) type Shared = Arc<Record>;
