//! One member of a consumer group: a thread that serves librdkafka, and the state that it shares with deliveries.
//!
//! In: a subscription. Out: deliveries through a channel, commits. What always holds:
//! - what is committed is, for each partition, the end of the settled beginning of what was delivered;
//! - at most as many deliveries are unsettled as the subscription has room for, those that wait for redelivery included;
//! - a partition that is taken away is given up only when its deliveries are settled, or the time for that is over; what is
//!   settled later is refused, since another member delivers it again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::mpsc::UnboundedSender;

use super::cluster::{failure, log};
use super::progress::Progress;
use super::topic::Mapping;
use super::{KafkaAcknowledger, Received, wire};
use crate::transport::{Delivery, ReceiveError};

/// How often settled offsets are committed.
const COMMIT: Duration = Duration::from_millis(200);
/// How long the thread sleeps at most; whatever it waits for wakes it.
const IDLE: Duration = Duration::from_millis(100);
/// How many messages of a partition are taken before the next one has its turn.
const TURN: usize = 64;

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Partition {
    topic: Arc<str>,
    number: i32,
}

/// A message that was delivered and is not settled.
#[derive(Debug)]
pub(super) struct Held {
    partition: Partition,
    offset: i64,
    /// Which assignment of the partition it belongs to.
    assignment: u64,
    message: Arc<crate::message::Message>,
    address: Arc<str>,
    attempt: u32,
}

/// What the thread, its callbacks and the deliveries share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Told of everything that was settled.
    settled: Condvar,
    thread: OnceLock<Thread>,
    /// How long deliveries of partitions that are taken away may take.
    revoke_within: Duration,
}

#[derive(Debug, Default)]
struct State {
    partitions: HashMap<Partition, Assigned>,
    /// Rejected deliveries, by when they come again.
    again: BTreeMap<(Instant, u64), Held>,
    in_flight: usize,
    /// Numbers assignments and redeliveries.
    sequence: u64,
    /// The partitions are others than the thread knows.
    changed: bool,
    ended: bool,
}

#[derive(Debug)]
struct Assigned {
    assignment: u64,
    progress: Progress,
}

impl State {
    fn number(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    fn assigned(&mut self, held: &Held) -> Option<&mut Assigned> {
        self.partitions.get_mut(&held.partition).filter(|assigned| assigned.assignment == held.assignment)
    }

    /// How many deliveries of these partitions somebody still works on.
    fn worked_on(&self, partitions: &[Partition]) -> usize {
        let unsettled = |partition| self.partitions.get(partition).map_or(0, |found| found.progress.unsettled());
        let waiting = self.again.values().filter(|held| partitions.contains(&held.partition)).count();
        partitions.iter().map(unsettled).sum::<usize>().saturating_sub(waiting)
    }

    fn forget(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            if let Some(gone) = self.partitions.remove(partition) {
                self.in_flight = self.in_flight.saturating_sub(gone.progress.unsettled());
            }
        }
        self.again.retain(|_, held| !partitions.contains(&held.partition));
        self.changed = true;
    }

    /// What is to be committed now.
    fn commits(&mut self) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for (partition, assigned) in &mut self.partitions {
            if let Some(offset) = assigned.progress.commit() {
                // Refused are only offsets that are none.
                let _ = list.add_partition_offset(&partition.topic, partition.number, Offset::Offset(offset));
            }
        }
        list
    }
}

impl Shared {
    pub(super) fn new(revoke_within: Duration) -> Self {
        Self { state: Mutex::default(), settled: Condvar::new(), thread: OnceLock::new(), revoke_within }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wake(&self) {
        self.settled.notify_all();
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// Ends the member: nothing more is delivered, what is settled is committed, the group is left.
    pub(super) fn end(&self) {
        self.state().ended = true;
        self.wake();
    }

    /// Settles a delivery: done, or to be delivered again after a delay.
    pub(super) fn settle(&self, mut held: Held, again_after: Option<Duration>) -> Result<(), &'static str> {
        let mut state = self.state();
        let Some(assigned) = state.assigned(&held) else {
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
        drop(state);
        self.wake();
        Ok(())
    }

    /// Waits until nobody works on deliveries of these partitions, for a limited time.
    fn drained(&self, partitions: &[Partition]) {
        let unfinished = |state: &mut State| !state.ended && state.worked_on(partitions) > 0;
        let waited = self.settled.wait_timeout_while(self.state(), self.revoke_within, unfinished);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(state);
        if timeout.timed_out() {
            tracing::warn!("Kafka takes partitions away whose messages are still handled; they are delivered again");
        }
    }
}

/// What librdkafka calls.
pub(super) struct MemberContext(pub(super) Arc<Shared>);

impl ClientContext for MemberContext {
    fn log(&self, level: rdkafka::config::RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "Kafka");
    }
}

fn partitions(list: &TopicPartitionList) -> Vec<Partition> {
    let elements = list.elements();
    elements.iter().map(|element| Partition { topic: element.topic().into(), number: element.partition() }).collect()
}

impl ConsumerContext for MemberContext {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(list) = rebalance else { return };
        let revoked = partitions(list);
        // What is lost belongs to others already; they would not take the commit.
        if !consumer.assignment_lost() {
            self.0.drained(&revoked);
            commit(consumer, &self.0, CommitMode::Sync);
        }
        self.0.state().forget(&revoked);
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(list) = rebalance else { return };
        // Until the thread has a queue for each of them.
        if let Err(error) = consumer.pause(list) {
            tracing::warn!(%error, "Kafka");
        }
        let mut state = self.0.state();
        for partition in partitions(list) {
            let assignment = state.number();
            state.partitions.insert(partition, Assigned { assignment, progress: Progress::default() });
        }
        state.changed = true;
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        let Err(error) = result else { return };
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::NoOffset) {
            tracing::debug!(%error, "offsets were not committed; trying again");
            let mut state = self.0.state();
            for partition in partitions(offsets) {
                if let Some(assigned) = state.partitions.get_mut(&partition) {
                    assigned.progress.commit_failed();
                }
            }
        }
    }
}

/// Commits what is settled.
fn commit(consumer: &BaseConsumer<MemberContext>, shared: &Shared, mode: CommitMode) {
    let list = shared.state().commits();
    if list.count() == 0 {
        return;
    }
    // What does not get through is delivered again: to this member, or to the next one.
    if let Err(error) = consumer.commit(&list, mode) {
        tracing::warn!(%error, "offsets were not committed");
        let mut state = shared.state();
        for partition in partitions(&list) {
            if let Some(assigned) = state.partitions.get_mut(&partition) {
                assigned.progress.commit_failed();
            }
        }
    }
}

/// The thread's own side.
pub(super) struct Member {
    pub(super) consumer: Arc<BaseConsumer<MemberContext>>,
    pub(super) shared: Arc<Shared>,
    pub(super) mapping: Mapping,
    pub(super) max_in_flight: usize,
    pub(super) deliveries: UnboundedSender<Received>,
    queues: Vec<(Partition, PartitionQueue<MemberContext>)>,
    committed_at: Instant,
}

/// The member can not go on.
struct Over;

impl Member {
    pub(super) fn new(
        consumer: Arc<BaseConsumer<MemberContext>>,
        shared: Arc<Shared>,
        mapping: Mapping,
        max_in_flight: usize,
        deliveries: UnboundedSender<Received>,
    ) -> Self {
        Self { consumer, shared, mapping, max_in_flight, deliveries, queues: Vec::new(), committed_at: Instant::now() }
    }

    /// Works until the subscription ends, then commits and leaves the group.
    pub(super) fn run(mut self) {
        let _ = self.shared.thread.set(thread::current());
        while !self.shared.state().ended && self.turn().is_ok() {}
        self.shared.state().ended = true;
        commit(&self.consumer, &self.shared, CommitMode::Sync);
        // Dropping the consumer leaves the group; the queues keep it.
        self.queues.clear();
    }

    fn turn(&mut self) -> Result<(), Over> {
        self.serve()?;
        let mut busy = self.follow();
        busy |= self.redeliver()?;
        busy |= self.fetch()?;
        if self.committed_at.elapsed() >= COMMIT {
            self.committed_at = Instant::now();
            commit(&self.consumer, &self.shared, CommitMode::Async);
        }
        if !busy {
            let due = self.shared.state().again.keys().next().map(|(due, _)| due.duration_since(Instant::now()));
            thread::park_timeout(due.unwrap_or(IDLE).min(IDLE));
        }
        Ok(())
    }

    /// Lets librdkafka call back, and takes the errors it reports.
    fn serve(&self) -> Result<(), Over> {
        while let Some(event) = self.consumer.poll(Duration::ZERO) {
            match event {
                // None comes here: every partition has a queue of its own before it is fetched.
                Ok(message) => {
                    self.deliver(Partition { topic: message.topic().into(), number: message.partition() }, &message)?;
                }
                Err(error) => self.report(error)?,
            }
        }
        Ok(())
    }

    /// Passes an error on that the subscription does not survive.
    fn report(&self, error: KafkaError) -> Result<(), Over> {
        use RDKafkaErrorCode as Code;
        let over = match &error {
            KafkaError::MessageConsumptionFatal(_) => true,
            _ => matches!(
                error.rdkafka_error_code(),
                Some(
                    Code::TopicAuthorizationFailed
                        | Code::GroupAuthorizationFailed
                        | Code::Authentication
                        | Code::SSL
                        | Code::PollExceeded
                        | Code::UnknownGroup
                )
            ),
        };
        if !over {
            // The client connects again, and looks for the topic again, by itself.
            tracing::warn!(%error, "Kafka; going on");
            return Ok(());
        }
        let _ = self.deliveries.send(Err(ReceiveError::Lost(failure("the subscription to Kafka ended", &error))));
        Err(Over)
    }

    /// Gives every assigned partition a queue, and takes those of others away; true when something changed.
    fn follow(&mut self) -> bool {
        let mut state = self.shared.state();
        if !std::mem::take(&mut state.changed) {
            return false;
        }
        let assigned: Vec<Partition> = state.partitions.keys().cloned().collect();
        drop(state);
        self.queues.retain(|(partition, _)| assigned.contains(partition));
        let mut fresh = TopicPartitionList::new();
        for partition in assigned {
            // One that was taken away and given back has its old queue no longer forwarded to it: begin again.
            self.queues.retain(|(known, _)| *known != partition);
            let Some(mut queue) = self.consumer.split_partition_queue(&partition.topic, partition.number) else {
                continue;
            };
            let shared = Arc::clone(&self.shared);
            queue.set_nonempty_callback(move || shared.wake());
            fresh.add_partition(&partition.topic, partition.number);
            self.queues.push((partition, queue));
        }
        if let Err(error) = self.consumer.resume(&fresh) {
            tracing::warn!(%error, "Kafka");
        }
        true
    }

    /// Delivers again what is due.
    fn redeliver(&self) -> Result<bool, Over> {
        let mut any = false;
        loop {
            let mut state = self.shared.state();
            let Some(due) = state.again.first_entry().filter(|first| first.key().0 <= Instant::now()) else {
                return Ok(any);
            };
            let held = due.remove();
            drop(state);
            any = true;
            self.hand_over(held)?;
        }
    }

    /// Takes what was fetched, as far as there is room; true when there may be more.
    fn fetch(&mut self) -> Result<bool, Over> {
        let queues = std::mem::take(&mut self.queues);
        let outcome = self.fetch_from(&queues);
        self.queues = queues;
        // Who was first this time is last next time.
        if !self.queues.is_empty() {
            self.queues.rotate_left(1);
        }
        outcome
    }

    fn fetch_from(&self, queues: &[(Partition, PartitionQueue<MemberContext>)]) -> Result<bool, Over> {
        let mut more = false;
        for (partition, queue) in queues {
            for turn in 1.. {
                if self.shared.state().in_flight >= self.max_in_flight {
                    return Ok(false);
                }
                match queue.poll(Duration::ZERO) {
                    None => break,
                    Some(Ok(message)) => self.deliver(partition.clone(), &message)?,
                    Some(Err(error)) => self.report(error)?,
                }
                if turn == TURN {
                    more = true;
                    break;
                }
            }
        }
        Ok(more)
    }

    fn deliver(&self, partition: Partition, received: &BorrowedMessage<'_>) -> Result<(), Over> {
        let (message, address) = wire::message(received);
        let address = self.mapping.address(received.topic(), address.as_deref());
        let offset = received.offset();
        let mut state = self.shared.state();
        // Fetched before the partition was taken away.
        let Some(assigned) = state.partitions.get_mut(&partition) else { return Ok(()) };
        assigned.progress.deliver(offset);
        let assignment = assigned.assignment;
        let Some(address) = address else {
            // None of the channel's: the topic or the subscription is wider than it.
            assigned.progress.settle(offset);
            return Ok(());
        };
        state.in_flight += 1;
        drop(state);
        let (message, address) = (Arc::new(message), address.into());
        self.hand_over(Held { partition, offset, assignment, message, address, attempt: 1 })
    }

    fn hand_over(&self, held: Held) -> Result<(), Over> {
        let (message, address, attempt) = (Arc::clone(&held.message), Arc::clone(&held.address), held.attempt);
        let position = format!("{}/{}@{}", held.partition.topic, held.partition.number, held.offset);
        let acknowledger = KafkaAcknowledger::new(Arc::clone(&self.shared), held);
        let delivery = Delivery::new(message, address, acknowledger).with_attempt(attempt).with_position(position);
        self.deliveries.send(Ok(delivery)).map_err(|_| Over)
    }
}
