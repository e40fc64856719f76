//! The addresses of inboxes, which are made at run time, and live as long as the program as all channels do.
//!
//! In: names and addresses. Out: names for inboxes, static channels. What always holds: two inboxes that are open have different
//! names; a program that opens and closes requesters for ever has as many names as were open at once, or within a minute.

use crate::message::{Channel, identity};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a name rests: so long after an inbox was closed, brokers are done with it, and replies that are late have come.
const REST: Duration = Duration::from_secs(60);

/// Names that are free, the one that has rested longest first.
static FREE: Mutex<VecDeque<(Instant, String)>> = Mutex::new(VecDeque::new());
/// The channels of all addresses so far.
static CHANNELS: Mutex<BTreeMap<&'static str, &'static Channel>> = Mutex::new(BTreeMap::new());

/// The name of an inbox, for as long as it is open.
pub(super) struct Name(String);

impl Name {
    /// A name that no other process has, and no other inbox of this one.
    pub(super) fn take() -> Self {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = free.front().is_some_and(|(since, _)| since.elapsed() >= REST);
        let name = rested.then(|| free.pop_front()).flatten();
        Self(name.map_or_else(|| identity::random().replace('-', ""), |(_, name)| name))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.0);
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push_back((Instant::now(), name));
    }
}

/// The channel at an address: the same each time.
pub(super) fn channel(address: String) -> &'static Channel {
    let mut channels = CHANNELS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = channels.get(address.as_str()) {
        return known;
    }
    let address: &'static str = address.leak();
    let channel = Box::leak(Box::new(Channel::new("replies", Some(address))));
    channels.insert(address, channel);
    channel
}
