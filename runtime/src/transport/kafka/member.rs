//! One member of a consumer group: the thread that serves librdkafka.
//!
//! In: a subscription. Out: messages that were fetched, for the deliveries in [`Shared`]; commits. What always holds:
//! - a partition that is taken away is given up only when its deliveries are settled, or the time for that is over;
//! - what is settled is committed before its partition is given up, and before the group is left.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::TopicPartitionList;

use super::cluster::{failure, log};
use super::held::{Fetched, Shared, partitions};
use super::topic::Mapping;
use super::wire;
use crate::transport::ReceiveError;

/// How often settled offsets are committed.
const COMMIT: Duration = Duration::from_millis(200);
/// How long the thread sleeps at most; whatever it waits for wakes it.
const IDLE: Duration = Duration::from_millis(100);
/// How many messages of a partition are taken before the next one has its turn.
const TURN: usize = 64;
/// How many bytes of payload, at which a turn ends, too.
const TURN_BYTES: usize = 1 << 20;

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

impl ConsumerContext for MemberContext {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Revoke(list) = rebalance else { return };
        let revoked = partitions(list);
        // What is lost belongs to others already; they would not take the commit.
        if !consumer.assignment_lost() {
            self.0.drained(&revoked);
            commit(consumer, &self.0, CommitMode::Sync);
        }
        self.0.forget(&revoked);
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let Rebalance::Assign(list) = rebalance else { return };
        // Until the thread has a queue for each of them.
        if let Err(error) = consumer.pause(list) {
            tracing::warn!(%error, "Kafka");
        }
        self.0.assign(partitions(list));
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        let Err(error) = result else { return };
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::NoOffset) {
            tracing::debug!(%error, "offsets were not committed; trying again");
            self.0.commit_failed(&partitions(offsets));
        }
    }
}

/// Commits what is settled.
fn commit(consumer: &BaseConsumer<MemberContext>, shared: &Shared, mode: CommitMode) {
    let list = shared.commits();
    if list.count() == 0 {
        return;
    }
    // What does not get through is delivered again: to this member, or to the next one.
    if let Err(error) = consumer.commit(&list, mode) {
        tracing::warn!(%error, "offsets were not committed");
        shared.commit_failed(&partitions(&list));
    }
}

/// The thread's own side.
pub(super) struct Member {
    /// They keep the consumer, which leaves the group when it is dropped.
    sources: Vec<Source>,
    consumer: Arc<BaseConsumer<MemberContext>>,
    pub(super) shared: Arc<Shared>,
    mapping: Mapping,
    committed_at: Instant,
}

/// A partition of the member, and where its messages are.
struct Source {
    assignment: u64,
    queue: PartitionQueue<MemberContext>,
}

/// The member can not go on.
struct Over;

impl Member {
    pub(super) fn new(consumer: BaseConsumer<MemberContext>, shared: Arc<Shared>, mapping: Mapping) -> Self {
        Self { consumer: Arc::new(consumer), shared, mapping, sources: Vec::new(), committed_at: Instant::now() }
    }

    /// Works until the subscription ends, then commits and leaves the group.
    pub(super) fn run(mut self) {
        self.shared.begin();
        while !self.shared.is_ended() && self.turn().is_ok() {}
        self.shared.end();
        commit(&self.consumer, &self.shared, CommitMode::Sync);
    }

    fn turn(&mut self) -> Result<(), Over> {
        self.serve()?;
        self.follow();
        let more = self.fetch()?;
        if self.committed_at.elapsed() >= COMMIT {
            self.committed_at = Instant::now();
            commit(&self.consumer, &self.shared, CommitMode::Async);
        }
        if !more {
            thread::park_timeout(IDLE);
        }
        Ok(())
    }

    /// Lets librdkafka call back, and takes the errors it reports.
    fn serve(&self) -> Result<(), Over> {
        while let Some(event) = self.consumer.poll(Duration::ZERO) {
            match event {
                // None comes here: every partition has a queue of its own before it is fetched.
                Ok(message) => {
                    let assignment = self.shared.assignment(message.topic(), message.partition());
                    self.shared.put(assignment.map(|number| self.fetched(number, &message)).into_iter().collect());
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
        self.shared.fail(ReceiveError::Lost(failure("the subscription to Kafka ended", &error)));
        Err(Over)
    }

    /// Gives every assigned partition a queue, and takes those of others away.
    fn follow(&mut self) {
        let Some(assigned) = self.shared.changes() else { return };
        // One that was taken away and given back has its old queue no longer forwarded to it: begin again.
        self.sources.clear();
        let mut fresh = TopicPartitionList::new();
        for (assignment, partition) in assigned {
            let Some(mut queue) = self.consumer.split_partition_queue(&partition.topic, partition.number) else {
                continue;
            };
            let shared = Arc::clone(&self.shared);
            queue.set_nonempty_callback(move || shared.wake());
            fresh.add_partition(&partition.topic, partition.number);
            self.sources.push(Source { assignment, queue });
        }
        if let Err(error) = self.consumer.resume(&fresh) {
            tracing::warn!(%error, "Kafka");
        }
    }

    /// Takes what was fetched, as far as there is room; true when there may be more.
    fn fetch(&mut self) -> Result<bool, Over> {
        let mut more = false;
        for source in &self.sources {
            let room = self.shared.room().min(TURN);
            if room == 0 {
                more = false;
                break;
            }
            let (mut batch, mut bytes) = (Vec::new(), 0);
            while batch.len() < room && bytes < TURN_BYTES {
                match source.queue.poll(Duration::ZERO) {
                    None => break,
                    Some(Ok(message)) => {
                        bytes += message.payload_len();
                        batch.push(self.fetched(source.assignment, &message));
                    }
                    Some(Err(error)) => self.report(error)?,
                }
            }
            more |= batch.len() == room || bytes >= TURN_BYTES;
            self.shared.put(batch);
        }
        // Who was first this time is last next time.
        if !self.sources.is_empty() {
            self.sources.rotate_left(1);
        }
        Ok(more)
    }

    fn fetched(&self, assignment: u64, received: &BorrowedMessage<'_>) -> Fetched {
        let (message, address) = wire::message(received);
        let address = self.mapping.address(received.topic(), address.as_deref());
        Fetched { assignment, offset: received.offset(), message, address }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // Nobody waits for a thread that is gone, however it went.
        self.shared.end();
    }
}
