//! A broker in this process with the semantics of a durable one.
//!
//! In: publications. Out: deliveries to consumer groups. What always holds:
//! - a group exists from its first subscription on, and keeps what is published to its channel, members or not; one that
//!   begins with what is there ([`Start::Earliest`]) gets what the log still holds;
//! - members of a group compete; every group sees every message;
//! - within a group, messages of one key are delivered in the order of publication, the next only when the one before it
//!   is acknowledged, also while that one waits for redelivery; messages without a key have no such order;
//! - a delivery that is rejected comes again after the delay, one that is dropped unsettled comes again at once, each with
//!   its attempt counted up;
//! - memory is bounded: a group holds at most the queue limit (65 536 unless set), and a publication that does not fit
//!   into every group it matches fails, reaching none of them. It does not wait, since a handler that publishes to its
//!   own channel would wait for itself. The log of [`Broker::published`] keeps the newest 10 000 messages unless set.
//!
//! Time is tokio's, so `tokio::time::pause` works.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{
    Acknowledger, Capabilities, Delivery, PublishError, Receipt, ReceiveError, SettleError, Start, Subscribe,
    SubscribeError, Subscription, Transport, TransportError,
};
use crate::message::{Channel, EventHeaders, Message};

const QUEUE_LIMIT: usize = 65_536;
const LOG_LIMIT: usize = 10_000;

/// A connection to the broker. Clones are the same connection; [`Broker::connect`] makes a further one.
#[derive(Clone, Debug, Default)]
pub struct Broker {
    shared: Arc<Shared>,
    closed: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Told when a group becomes empty.
    quiet: Notify,
}

#[derive(Debug)]
struct State {
    groups: Vec<Group>,
    sequence: u64,
    log: VecDeque<(Arc<str>, Arc<Message>)>,
    log_limit: usize,
    queue_limit: usize,
    publishes_to_fail: usize,
    /// Counts interruptions: a subscription of an earlier count is over.
    epoch: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            sequence: 0,
            log: VecDeque::new(),
            log_limit: LOG_LIMIT,
            queue_limit: QUEUE_LIMIT,
            publishes_to_fail: 0,
            epoch: 0,
        }
    }
}

#[derive(Debug)]
struct Group {
    name: String,
    channel: &'static Channel,
    /// Deliverable now.
    ready: VecDeque<Entry>,
    /// To be redelivered later; the number keeps entries of one instant apart.
    delayed: BTreeMap<(Instant, u64), Entry>,
    /// For each key of which a message is ready, delayed or in flight: the messages that wait behind that one.
    keys: HashMap<Bytes, VecDeque<Entry>>,
    /// Everything held: ready, delayed, waiting and in flight.
    held: usize,
    /// Told when something became deliverable or a member has room again.
    changed: Arc<Notify>,
    /// It was an inbox whose reader is gone: nothing comes here any longer.
    gone: bool,
}

#[derive(Debug)]
struct Entry {
    sequence: u64,
    message: Arc<Message>,
    address: Arc<str>,
    attempt: u32,
}

impl Group {
    fn accept(&mut self, entry: Entry) {
        self.held += 1;
        if let Some(key) = &entry.message.key {
            if let Some(waiting) = self.keys.get_mut(key) {
                waiting.push_back(entry);
                return;
            }
            self.keys.insert(key.clone(), VecDeque::new());
        }
        self.ready.push_back(entry);
    }

    /// Moves what is due for redelivery in front of the rest, and takes the first.
    fn take(&mut self) -> Option<Entry> {
        if !self.delayed.is_empty() {
            let now = Instant::now();
            while let Some(first) = self.delayed.first_entry().filter(|first| first.key().0 <= now) {
                self.ready.push_front(first.remove());
            }
        }
        self.ready.pop_front()
    }

    fn done(&mut self, entry: &Entry) {
        self.held -= 1;
        if let Some(key) = &entry.message.key {
            match self.keys.get_mut(key).and_then(VecDeque::pop_front) {
                Some(next) => self.ready.push_back(next),
                None => drop(self.keys.remove(key)),
            }
        }
    }

    fn redeliver(&mut self, mut entry: Entry, after: Duration) {
        entry.attempt = entry.attempt.saturating_add(1);
        // A delay beyond what the clock can express is as good as no redelivery; a day stands for it.
        let due = Instant::now().checked_add(after).unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
        if after.is_zero() {
            self.ready.push_front(entry);
        } else {
            self.delayed.insert((due, entry.sequence), entry);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent at every point where a panic could leave it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// A broker without groups.
    pub fn new() -> Self {
        Self::default()
    }

    /// A further connection to the same broker: closing one leaves the others open.
    #[must_use]
    pub fn connect(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), closed: Arc::default() }
    }

    fn refuse_if_closed(&self) -> Result<(), TransportError> {
        if self.closed.load(Ordering::Acquire) {
            Err(TransportError::permanent("the connection is closed"))
        } else {
            Ok(())
        }
    }

    /// Sets how many messages each group holds at most, unsettled ones included.
    #[must_use]
    pub fn with_queue_limit(self, messages: usize) -> Self {
        self.shared.state().queue_limit = messages;
        self
    }

    /// Sets how many published messages the log keeps; the oldest go first.
    #[must_use]
    pub fn with_log_limit(self, messages: usize) -> Self {
        self.shared.state().log_limit = messages;
        self
    }

    /// The messages published to `address`, oldest first, as far as the log still holds them.
    pub fn published(&self, address: &str) -> Vec<Message> {
        let state = self.shared.state();
        let here = state.log.iter().filter(|(known, _)| **known == *address);
        here.map(|(_, message)| Message::clone(message)).collect()
    }

    /// How many messages the groups hold: queued, waiting for redelivery, or in flight.
    pub fn pending(&self) -> usize {
        self.shared.state().groups.iter().map(|group| group.held).sum()
    }

    /// Returns once no group holds any message: everything published was acknowledged.
    pub async fn settled(&self) {
        loop {
            let quiet = self.shared.quiet.notified();
            tokio::pin!(quiet);
            quiet.as_mut().enable();
            if self.pending() == 0 {
                return;
            }
            quiet.await;
        }
    }

    /// Makes the next `count` publications fail unconfirmed, reaching no group and not the log.
    pub fn fail_next_publishes(&self, count: usize) {
        self.shared.state().publishes_to_fail = count;
    }

    /// Ends every subscription, as a lost connection does. Deliveries in flight can still be settled.
    pub fn interrupt(&self) {
        let mut state = self.shared.state();
        state.epoch += 1;
        state.groups.iter().for_each(|group| group.changed.notify_waiters());
    }
}

impl Transport for Broker {
    type Subscription = MemorySubscription;

    fn system(&self) -> &'static str {
        "memory"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            acknowledge: true,
            native_delay: true,
            native_dead_letter: false,
            delivery_count: true,
            keyed_order: true,
            headers: true,
            reply: true,
            durable: true,
            shared_groups: true,
            dear_headers: false,
            reply_by_connection: false,
            heartbeat: None,
            events: Some(EventHeaders::HTTP),
        }
    }

    async fn publish(
        &self,
        _channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        self.refuse_if_closed()?;
        let mut guard = self.shared.state();
        let state = &mut *guard;
        if let Some(left) = state.publishes_to_fail.checked_sub(1) {
            state.publishes_to_fail = left;
            return Err(TransportError::transient("the broker was told to fail this publication").into());
        }
        let limit = state.queue_limit;
        let (address, message) = (Arc::<str>::from(address), Arc::new(message));
        let matching = |group: &&mut Group| !group.gone && group.channel.template().matches(&address);
        if let Some(full) = state.groups.iter_mut().filter(matching).find(|group| group.held >= limit) {
            let fault = format!("the group `{}` holds {limit} messages, which is its limit", full.name);
            return Err(TransportError::transient(fault).into());
        }
        state.sequence += 1;
        let sequence = state.sequence;
        for group in state.groups.iter_mut().filter(matching) {
            let (address, message) = (Arc::clone(&address), Arc::clone(&message));
            group.accept(Entry { sequence, message, address, attempt: 1 });
            group.changed.notify_waiters();
        }
        state.log.push_back((address, message));
        while state.log.len() > state.log_limit {
            state.log.pop_front();
        }
        Ok(Receipt::new().with_position(sequence.to_string()))
    }

    async fn subscribe(&self, request: Subscribe) -> Result<MemorySubscription, SubscribeError> {
        self.refuse_if_closed()?;
        let mut state = self.shared.state();
        let known =
            state.groups.iter().position(|group| group.name == request.group && group.channel == request.channel);
        let index = known.unwrap_or_else(|| {
            let mut group = Group {
                name: request.group,
                channel: request.channel,
                ready: VecDeque::new(),
                delayed: BTreeMap::new(),
                keys: HashMap::new(),
                held: 0,
                changed: Arc::default(),
                gone: false,
            };
            if request.start == Start::Earliest {
                let first = state.sequence.saturating_sub(state.log.len() as u64) + 1;
                for (sequence, (address, message)) in (first..).zip(&state.log) {
                    if group.channel.template().matches(address) {
                        let (address, message) = (Arc::clone(address), Arc::clone(message));
                        group.accept(Entry { sequence, message, address, attempt: 1 });
                    }
                }
            }
            state.groups.push(group);
            state.groups.len() - 1
        });
        let changed = state.groups.get(index).map(|group| Arc::clone(&group.changed)).unwrap_or_default();
        Ok(MemorySubscription {
            shared: Arc::clone(&self.shared),
            group: index,
            changed,
            in_flight: Arc::default(),
            max_in_flight: request.max_in_flight.max(1),
            epoch: state.epoch,
            closed: Arc::clone(&self.closed),
            is_inbox: false,
        })
    }

    async fn ping(&self) -> Result<(), TransportError> {
        match self.closed.load(Ordering::Acquire) {
            true => Err(TransportError::permanent("the connection is closed")),
            false => Ok(()),
        }
    }

    async fn lag(&self, request: &Subscribe) -> Result<Option<u64>, TransportError> {
        let state = self.shared.state();
        let found = state.groups.iter().find(|group| group.name == request.group && group.channel == request.channel);
        Ok(Some(found.map_or(0, |group| group.held as u64)))
    }

    async fn subscribe_replies(&self, request: Subscribe) -> Result<MemorySubscription, SubscribeError> {
        let mut subscription = self.subscribe(request).await?;
        subscription.is_inbox = true;
        Ok(subscription)
    }

    async fn close(&self, _deadline: Duration) -> Result<(), TransportError> {
        self.closed.store(true, Ordering::Release);
        let state = self.shared.state();
        state.groups.iter().for_each(|group| group.changed.notify_waiters());
        Ok(())
    }
}

/// A member of a group.
#[derive(Debug)]
pub struct MemorySubscription {
    shared: Arc<Shared>,
    group: usize,
    changed: Arc<Notify>,
    /// Counts the clones that live in unsettled acknowledgers, itself not included.
    in_flight: Arc<()>,
    max_in_flight: usize,
    epoch: u64,
    closed: Arc<AtomicBool>,
    /// What comes for it goes with it.
    is_inbox: bool,
}

impl MemorySubscription {
    /// Breaks with the next delivery, or with nothing when the subscription is over; else says when to look again at the
    /// latest.
    fn look(&self) -> ControlFlow<Option<Delivery<MemoryAcknowledger>>, Option<Instant>> {
        let mut state = self.shared.state();
        if state.epoch != self.epoch || self.closed.load(Ordering::Acquire) {
            return ControlFlow::Break(None);
        }
        let Some(group) = state.groups.get_mut(self.group) else {
            return ControlFlow::Break(None);
        };
        if Arc::strong_count(&self.in_flight) > self.max_in_flight {
            return ControlFlow::Continue(None);
        }
        match group.take() {
            None => ControlFlow::Continue(group.delayed.keys().next().map(|(due, _)| *due)),
            Some(entry) => {
                let (message, address, attempt) =
                    (Arc::clone(&entry.message), Arc::clone(&entry.address), entry.attempt);
                let acknowledger = MemoryAcknowledger {
                    shared: Arc::clone(&self.shared),
                    group: self.group,
                    entry: Some(entry),
                    in_flight: Some(Arc::clone(&self.in_flight)),
                };
                ControlFlow::Break(Some(Delivery::new(message, address, acknowledger).with_attempt(attempt)))
            }
        }
    }
}

impl Drop for MemorySubscription {
    fn drop(&mut self) {
        if !self.is_inbox {
            return;
        }
        let mut state = self.shared.state();
        if let Some(group) = state.groups.get_mut(self.group) {
            group.held -=
                group.ready.len() + group.delayed.len() + group.keys.values().map(VecDeque::len).sum::<usize>();
            group.ready.clear();
            group.delayed.clear();
            group.keys.clear();
            group.gone = true;
            if group.held == 0 {
                self.shared.quiet.notify_waiters();
            }
        }
    }
}

impl Subscription for MemorySubscription {
    type Acknowledger = MemoryAcknowledger;

    async fn next(&mut self) -> Option<Result<Delivery<MemoryAcknowledger>, ReceiveError>> {
        if let ControlFlow::Break(delivery) = self.look() {
            return delivery.map(Ok);
        }
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.look() {
                ControlFlow::Break(delivery) => return delivery.map(Ok),
                ControlFlow::Continue(None) => changed.await,
                ControlFlow::Continue(Some(due)) => {
                    // Either way there is something new to look at.
                    let _ = tokio::time::timeout_at(due, changed).await;
                }
            }
        }
    }
}

/// Settles a delivery of the in-memory broker.
#[derive(Debug)]
pub struct MemoryAcknowledger {
    shared: Arc<Shared>,
    group: usize,
    entry: Option<Entry>,
    in_flight: Option<Arc<()>>,
}

impl MemoryAcknowledger {
    /// Gives the entry back to the group, once; `None` acknowledges.
    fn settle(&mut self, redeliver_after: Option<Duration>) {
        let Some(entry) = self.entry.take() else {
            return;
        };
        let mut state = self.shared.state();
        // Room first: whoever is told of the change must find it.
        self.in_flight = None;
        let Some(group) = state.groups.get_mut(self.group) else {
            return;
        };
        match redeliver_after {
            None => group.done(&entry),
            Some(delay) if !group.gone => group.redeliver(entry, delay),
            Some(_) => group.done(&entry),
        }
        group.changed.notify_waiters();
        if group.held == 0 {
            self.shared.quiet.notify_waiters();
        }
    }
}

impl Acknowledger for MemoryAcknowledger {
    async fn acknowledge(mut self) -> Result<(), SettleError> {
        self.settle(None);
        Ok(())
    }

    async fn reject(mut self, redeliver_after: Duration) -> Result<(), SettleError> {
        self.settle(Some(redeliver_after));
        Ok(())
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        Ok(())
    }
}

impl Drop for MemoryAcknowledger {
    fn drop(&mut self) {
        self.settle(Some(Duration::ZERO));
    }
}
