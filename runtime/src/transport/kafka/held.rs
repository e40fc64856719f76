//! What a member of a group has: messages that were fetched and wait to be taken, deliveries that are held, and those that
//! come again.
//!
//! In: messages from the member's thread, and how deliveries are settled. Out: deliveries, and the offsets to commit. What
//! always holds:
//! - what is committed is, for each partition, the end of the settled beginning of what was delivered;
//! - at most as many deliveries are unsettled as the subscription has room for, those that wait for redelivery included;
//! - what is settled after its partition was given up is refused, since another member delivers it again;
//! - the thread and whoever takes deliveries wake each other only when the other one waits for it.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::progress::Progress;
use super::{KafkaAcknowledger, Received};
use crate::message::Message;
use crate::transport::{Delivery, ReceiveError};

/// How many messages are fetched and wait at most; the thread goes on when half of them are taken.
const WAITING: usize = 256;
/// How many bytes of payload they may have together before no more are fetched.
const WAITING_BYTES: usize = 4 << 20;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Partition {
    pub(super) topic: Arc<str>,
    pub(super) number: i32,
}

/// The partitions of a list of the client.
pub(super) fn partitions(list: &TopicPartitionList) -> Vec<Partition> {
    let elements = list.elements();
    elements.iter().map(|element| Partition { topic: element.topic().into(), number: element.partition() }).collect()
}

/// A message that was fetched and not taken.
#[derive(Debug)]
pub(super) struct Fetched {
    /// The number of the assignment of its partition.
    pub(super) assignment: u64,
    pub(super) offset: i64,
    pub(super) message: Message,
    /// None for what is none of the channel's: the topic or the subscription is wider than it.
    pub(super) address: Option<Arc<str>>,
}

/// A message that was delivered and is not settled.
#[derive(Debug)]
pub(super) struct Held {
    partition: Partition,
    assignment: u64,
    offset: i64,
    message: Arc<Message>,
    address: Arc<str>,
    attempt: u32,
}

/// What the thread, its callbacks and the deliveries share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Tells whoever takes deliveries, of whom there is one, that there may be some.
    takable: Notify,
    /// Tells the thread that waits for it that deliveries were settled.
    settled: Condvar,
    thread: OnceLock<Thread>,
    max_in_flight: usize,
    /// How long deliveries of partitions that are taken away may take.
    revoke_within: Duration,
}

#[derive(Debug, Default)]
struct State {
    /// By the numbers of their assignments.
    assigned: BTreeMap<u64, Assigned>,
    /// In order within each partition.
    fetched: VecDeque<Fetched>,
    fetched_bytes: usize,
    /// The thread waits for room.
    is_full: bool,
    /// Rejected deliveries, by when they come again.
    again: BTreeMap<(Instant, u64), Held>,
    in_flight: usize,
    /// Numbers assignments and redeliveries.
    sequence: u64,
    /// The partitions are others than the thread knows.
    is_changed: bool,
    /// The thread waits for deliveries to be settled.
    is_draining: bool,
    is_ended: bool,
    /// Why it ended.
    fault: Option<ReceiveError>,
}

#[derive(Debug)]
struct Assigned {
    partition: Partition,
    progress: Progress,
}

impl State {
    fn number(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    fn of<'s>(&'s mut self, partitions: &'s [Partition]) -> impl Iterator<Item = &'s mut Assigned> {
        self.assigned.values_mut().filter(|assigned| partitions.contains(&assigned.partition))
    }

    /// How many deliveries of these partitions somebody still works on.
    fn worked_on(&mut self, partitions: &[Partition]) -> usize {
        let waiting = self.again.values().filter(|held| partitions.contains(&held.partition)).count();
        self.of(partitions).map(|assigned| assigned.progress.unsettled()).sum::<usize>().saturating_sub(waiting)
    }

    /// The next delivery that is due again, or that there is room for.
    fn next(&mut self, max_in_flight: usize) -> Option<Held> {
        if let Some(first) = self.again.first_entry()
            && first.key().0 <= Instant::now()
        {
            return Some(first.remove());
        }
        while self.in_flight < max_in_flight {
            let Fetched { assignment, offset, message, address } = self.fetched.pop_front()?;
            self.fetched_bytes = self.fetched_bytes.saturating_sub(message.payload.len());
            // What belongs to no assignment went when that was given up.
            let Some(Assigned { partition, progress }) = self.assigned.get_mut(&assignment) else { continue };
            progress.deliver(offset);
            let Some(address) = address else {
                progress.settle(offset);
                continue;
            };
            self.in_flight += 1;
            let partition = partition.clone();
            return Some(Held { partition, assignment, offset, message: Arc::new(message), address, attempt: 1 });
        }
        None
    }
}

impl Shared {
    pub(super) fn new(max_in_flight: usize, revoke_within: Duration) -> Self {
        Self {
            state: Mutex::default(),
            takable: Notify::new(),
            settled: Condvar::new(),
            thread: OnceLock::new(),
            max_in_flight,
            revoke_within,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing more is delivered.
    pub(super) fn is_ended(&self) -> bool {
        self.state().is_ended
    }

    /// Ends the member: nothing more is delivered, what is settled is committed, the group is left.
    pub(super) fn end(&self) {
        self.state().is_ended = true;
        self.settled.notify_all();
        self.takable.notify_one();
        self.wake();
    }

    /// Ends it for a reason that whoever takes deliveries is told.
    pub(super) fn fail(&self, fault: ReceiveError) {
        self.state().fault = Some(fault);
        self.end();
    }
}

/// The side that takes deliveries and settles them.
impl Shared {
    /// The next delivery; `None` when the member is at its end. Only one may wait for it. Cancel safe: what is not returned is
    /// not taken.
    pub(super) async fn take(self: &Arc<Self>) -> Option<Received> {
        loop {
            match self.look() {
                ControlFlow::Break(received) => return received,
                ControlFlow::Continue(None) => self.takable.notified().await,
                ControlFlow::Continue(Some(due)) => {
                    // Either way there is something new to look at.
                    let _ = tokio::time::timeout_at(due, self.takable.notified()).await;
                }
            }
        }
    }

    /// Breaks with the next delivery or the end; else says when to look again at the latest.
    fn look(self: &Arc<Self>) -> ControlFlow<Option<Received>, Option<Instant>> {
        let mut state = self.state();
        if state.is_ended {
            return ControlFlow::Break(state.fault.take().map(Err));
        }
        let next = state.next(self.max_in_flight);
        let is_short = state.is_full && state.fetched.len() <= WAITING / 2;
        if is_short {
            state.is_full = false;
        }
        let due = state.again.first_key_value().map(|((due, _), _)| *due);
        drop(state);
        if is_short {
            self.wake();
        }
        match next {
            Some(held) => ControlFlow::Break(Some(Ok(self.delivery(held)))),
            None => ControlFlow::Continue(due),
        }
    }

    fn delivery(self: &Arc<Self>, held: Held) -> Delivery<KafkaAcknowledger> {
        let (message, address, attempt) = (Arc::clone(&held.message), Arc::clone(&held.address), held.attempt);
        let position = format!("{}/{}@{}", held.partition.topic, held.partition.number, held.offset);
        let acknowledger = KafkaAcknowledger::new(Arc::clone(self), held);
        Delivery::new(message, address, acknowledger).with_attempt(attempt).with_position(position)
    }

    /// Settles a delivery: done, or to be delivered again after a delay.
    pub(super) fn settle(&self, mut held: Held, again_after: Option<Duration>) -> Result<(), &'static str> {
        let mut state = self.state();
        let was_full = state.in_flight >= self.max_in_flight;
        let Some(assigned) = state.assigned.get_mut(&held.assignment) else {
            return Err("its partition went to another member of the group, which gets it again");
        };
        match again_after {
            None => {
                assigned.progress.settle(held.offset);
                state.in_flight = state.in_flight.saturating_sub(1);
            }
            Some(delay) => {
                let now = Instant::now();
                let due = now.checked_add(delay).unwrap_or_else(|| now + Duration::from_secs(86_400));
                held.attempt = held.attempt.saturating_add(1);
                let number = state.number();
                state.again.insert((due, number), held);
            }
        }
        let is_draining = state.is_draining;
        drop(state);
        if was_full || again_after.is_some() {
            self.takable.notify_one();
        }
        if is_draining {
            self.settled.notify_all();
        }
        Ok(())
    }
}

/// The side of the thread.
impl Shared {
    /// This thread is the member's.
    pub(super) fn begin(&self) {
        let _ = self.thread.set(thread::current());
    }

    /// Wakes the thread.
    pub(super) fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// How many messages may be fetched; where it is none, the thread is woken when there is room.
    pub(super) fn room(&self) -> usize {
        let mut state = self.state();
        let room = match state.fetched_bytes < WAITING_BYTES {
            true => WAITING.saturating_sub(state.fetched.len()),
            false => 0,
        };
        state.is_full = room == 0;
        room
    }

    /// Lets messages of one partition, in order, be taken.
    pub(super) fn put(&self, messages: Vec<Fetched>) {
        if messages.is_empty() {
            return;
        }
        let mut state = self.state();
        state.fetched_bytes += messages.iter().map(|fetched| fetched.message.payload.len()).sum::<usize>();
        state.fetched.extend(messages);
        drop(state);
        self.takable.notify_one();
    }

    /// The partitions by the numbers of their assignments, if they changed since this was called last.
    pub(super) fn changes(&self) -> Option<Vec<(u64, Partition)>> {
        let mut state = self.state();
        let number = |(number, assigned): (&u64, &Assigned)| (*number, assigned.partition.clone());
        std::mem::take(&mut state.is_changed).then(|| state.assigned.iter().map(number).collect())
    }

    /// The number of the assignment of a partition, if it is one of the member's.
    pub(super) fn assignment(&self, topic: &str, number: i32) -> Option<u64> {
        let is_it = |partition: &Partition| *partition.topic == *topic && partition.number == number;
        self.state().assigned.iter().find(|(_, assigned)| is_it(&assigned.partition)).map(|(number, _)| *number)
    }

    pub(super) fn assign(&self, partitions: Vec<Partition>) {
        let mut state = self.state();
        for partition in partitions {
            let assignment = state.number();
            state.assigned.insert(assignment, Assigned { partition, progress: Progress::default() });
        }
        state.is_changed = true;
    }

    /// These partitions are another member's: what was fetched of them goes, and what is held of them is not settled here.
    pub(super) fn forget(&self, partitions: &[Partition]) {
        let mut guard = self.state();
        let state = &mut *guard;
        let unsettled: usize = state.of(partitions).map(|assigned| assigned.progress.unsettled()).sum();
        state.in_flight = state.in_flight.saturating_sub(unsettled);
        state.assigned.retain(|_, assigned| !partitions.contains(&assigned.partition));
        state.again.retain(|_, held| !partitions.contains(&held.partition));
        state.fetched.retain(|fetched| state.assigned.contains_key(&fetched.assignment));
        state.fetched_bytes = state.fetched.iter().map(|fetched| fetched.message.payload.len()).sum();
        state.is_changed = true;
        drop(guard);
        self.takable.notify_one();
    }

    /// Waits until nobody works on deliveries of these partitions, for a limited time.
    pub(super) fn drained(&self, partitions: &[Partition]) {
        let mut state = self.state();
        state.is_draining = true;
        let unfinished = |state: &mut State| !state.is_ended && state.worked_on(partitions) > 0;
        let waited = self.settled.wait_timeout_while(state, self.revoke_within, unfinished);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_draining = false;
        drop(state);
        if timeout.timed_out() {
            tracing::warn!("Kafka takes partitions away whose messages are still handled; they are delivered again");
        }
    }

    /// What is to be committed now.
    pub(super) fn commits(&self) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for Assigned { partition, progress } in self.state().assigned.values_mut() {
            if let Some(offset) = progress.commit() {
                // Refused are only offsets that are none.
                let _ = list.add_partition_offset(&partition.topic, partition.number, Offset::Offset(offset));
            }
        }
        list
    }

    /// The last commit of these partitions did not get through.
    pub(super) fn commit_failed(&self, partitions: &[Partition]) {
        self.state().of(partitions).for_each(|assigned| assigned.progress.commit_failed());
    }
}
