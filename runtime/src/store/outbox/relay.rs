//! The relay: publishes what is stored, in order by key, and writes down what came of it.
//!
//! In: the table and a transport. Out: confirmed publications. What always holds: a message is removed only after the
//! transport confirmed it; nothing is published after the lease of its claim is over; within a batch, the messages of one key
//! go one after the other, and a failure keeps back those behind it.

use super::row::Envelope;
use super::table::{Claimed, Outcome};
use super::{Outbox, OutboxError};
use crate::clock::{self, milliseconds};
use crate::consume::Backoff;
use crate::message::{Message, Publication, publication};
use crate::transport::{PublishError, Transport};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

const BATCH: u32 = 256;
const CONCURRENCY: usize = 64;
const LEASE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(250);
/// How often what was kept is looked through.
const TIDY_AFTER: Duration = Duration::from_secs(60);

/// What came of one claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Batch {
    /// How many messages were claimed.
    pub claimed: usize,
    /// How many of them were published.
    pub published: usize,
    /// How many will be tried again after a delay.
    pub retried: usize,
    /// How many cannot be published.
    pub failed: usize,
    /// How long ago the oldest of them was stored.
    pub oldest: Duration,
}

type Observer = Arc<dyn Fn(&Batch) + Send + Sync>;
type Outcomes = Arc<Mutex<Vec<(i64, Outcome)>>>;

/// Publishes what an outbox holds. Several may run at once, in one process or many.
pub struct Relay<T> {
    outbox: Outbox,
    transport: T,
    publications: Vec<&'static Publication>,
    batch: u32,
    concurrency: usize,
    lease: Duration,
    poll: Duration,
    retry: Backoff,
    keep: Duration,
    observer: Option<Observer>,
}

impl<T> fmt::Debug for Relay<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Relay").field("outbox", &self.outbox.queue).finish_non_exhaustive()
    }
}

impl<T: Transport> Relay<T> {
    pub(super) fn new(outbox: Outbox, transport: T) -> Self {
        Self {
            outbox,
            transport,
            publications: Vec::new(),
            batch: BATCH,
            concurrency: CONCURRENCY,
            lease: LEASE,
            poll: POLL,
            retry: Backoff::default(),
            keep: Duration::ZERO,
            observer: None,
        }
    }

    /// Knows the messages of a document (its generated `PUBLICATIONS`), whose bindings say how they are published. A
    /// message of an operation that the relay does not know waits for one that does.
    #[must_use]
    pub fn publications(mut self, publications: &[&'static Publication]) -> Self {
        self.publications.extend_from_slice(publications);
        self
    }

    /// How many messages are claimed at once; 256 unless set, 0 counts as 1.
    #[must_use]
    pub fn batch(mut self, messages: u32) -> Self {
        self.batch = messages.max(1);
        self
    }

    /// How many publications are under way at once, each of another key; 64 unless set, 0 counts as 1.
    #[must_use]
    pub fn concurrency(mut self, publications: usize) -> Self {
        self.concurrency = publications.max(1);
        self
    }

    /// How long a relay that died keeps its messages from others; 30 s unless set. It is renewed while publishing takes
    /// longer.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(100));
        self
    }

    /// How long a relay that has nothing to do waits before it looks again; 250 ms unless set.
    #[must_use]
    pub fn poll(mut self, pause: Duration) -> Self {
        self.poll = pause;
        self
    }

    /// How long to wait after failures; how often is not limited, since what was committed must be published.
    #[must_use]
    pub fn retry(mut self, retry: Backoff) -> Self {
        self.retry = retry;
        self
    }

    /// Keeps what was published for this long instead of removing it at once.
    #[must_use]
    pub fn keep(mut self, published: Duration) -> Self {
        self.keep = published;
        self
    }

    /// Is told what came of each claim: for metrics.
    #[must_use]
    pub fn observe(mut self, observer: impl Fn(&Batch) + Send + Sync + 'static) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Publishes until `shutdown` resolves, then ends what was begun, at most for as long as the lease.
    pub async fn run_until(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut failures = 0_u32;
        let mut tidied = Instant::now();
        loop {
            // Not cancelled by the shutdown: what is published is written down.
            let worked = self.run_once().await;
            let pause = match &worked {
                // The transport is down: no need to try each message of a long queue.
                Ok(batch) if batch.claimed > 0 && batch.published == 0 && batch.retried > 0 => {
                    failures = failures.saturating_add(1);
                    self.retry.delay(failures)
                }
                Ok(batch) if batch.claimed > 0 => Duration::ZERO,
                Ok(_) => self.poll,
                Err(error) => {
                    failures = failures.saturating_add(1);
                    tracing::warn!(%error, "the outbox is not read; trying again");
                    self.retry.delay(failures)
                }
            };
            if worked.is_ok_and(|batch| batch.published > 0) {
                failures = 0;
            }
            if !self.keep.is_zero() && tidied.elapsed() >= TIDY_AFTER.min(self.keep) {
                tidied = Instant::now();
                if let Err(error) = self.outbox.table.prune(&self.outbox.queue, milliseconds(self.keep)).await {
                    tracing::warn!(%error, "what was published is not removed from the outbox");
                }
            }
            tokio::select! {
                biased;
                () = shutdown.as_mut() => return,
                () = tokio::time::sleep(pause) => (),
                () = self.outbox.woken.notified(), if failures == 0 => (),
            }
        }
    }

    /// Claims once, publishes what was claimed, and writes down what came of it.
    ///
    /// # Errors
    /// The database failed. What was published meanwhile is published again when the lease is over.
    pub async fn run_once(&self) -> Result<Batch, OutboxError> {
        let table = &self.outbox.table;
        let claim = uuid::Uuid::new_v4().to_string();
        let deadline = Instant::now() + self.lease;
        let rows = table.claim(&self.outbox.queue, &claim, milliseconds(self.lease), self.batch.into()).await?;
        let mut batch = Batch { claimed: rows.len(), ..Batch::default() };
        if rows.is_empty() {
            return Ok(batch);
        }
        let oldest = rows.iter().map(|row| row.created_at).min().unwrap_or_default();
        batch.oldest = Duration::from_millis(clock::now().saturating_sub(oldest).max(0).unsigned_abs());
        let mut outcomes = self.publish(rows, &claim, deadline).await;
        if !outcomes.iter().any(|(_, outcome)| matches!(outcome, Outcome::Published)) {
            self.doubt(&mut outcomes);
        }
        for (_, outcome) in &outcomes {
            match outcome {
                Outcome::Published => batch.published += 1,
                Outcome::Again { .. } => batch.retried += 1,
                Outcome::Failed { .. } => batch.failed += 1,
            }
        }
        table.settle(&claim, &outcomes, !self.keep.is_zero()).await?;
        if let Some(observer) = &self.observer {
            observer(&batch);
        }
        Ok(batch)
    }

    /// Nothing could be published: that may be the transport's fault, which was closed or may not publish, rather than that of
    /// every message.
    fn doubt(&self, outcomes: &mut [(i64, Outcome)]) {
        for (_, outcome) in outcomes {
            if let Outcome::Failed { note } = outcome {
                let in_milliseconds = milliseconds(self.retry.delay(u32::MAX));
                *outcome = Outcome::Again { in_milliseconds, note: std::mem::take(note) };
            }
        }
    }

    /// Publishes rows, those of one lane one after the other. What has no outcome in the end was not tried, or may or may not
    /// have been published when the lease was over.
    async fn publish(&self, rows: Vec<Claimed>, claim: &str, mut deadline: Instant) -> Vec<(i64, Outcome)> {
        let outcomes = Outcomes::default();
        let mut lanes = lanes(rows);
        let mut publishing = JoinSet::new();
        let mut renew_at = Instant::now() + self.lease / 3;
        loop {
            while publishing.len() < self.concurrency {
                let Some(lane) = lanes.pop_front() else { break };
                let lane = lane.into_iter().map(|row| self.message(row)).collect();
                publishing.spawn(publish_lane(self.transport.clone(), lane, self.retry, Arc::clone(&outcomes)));
            }
            tokio::select! {
                joined = publishing.join_next() => match joined {
                    Some(Err(error)) if error.is_panic() => tracing::error!("the transport panicked while publishing"),
                    Some(_) => (),
                    None => break,
                },
                () = sleep_until(renew_at) => {
                    let renewed_at = Instant::now();
                    match timeout_at(deadline, self.outbox.table.renew(claim, milliseconds(self.lease))).await {
                        Ok(Ok(())) => deadline = renewed_at + self.lease,
                        Ok(Err(error)) => tracing::warn!(%error, "the lease of a claim was not renewed"),
                        Err(_) => (),
                    }
                    if Instant::now() >= deadline {
                        tracing::warn!("the lease of a claim is over before all of it was published");
                        publishing.shutdown().await;
                        break;
                    }
                    renew_at = (Instant::now() + self.lease / 3).min(deadline);
                }
            }
        }
        std::mem::take(&mut outcomes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a row holds, or why it cannot be published here.
    fn message(&self, row: Claimed) -> Row {
        let (sequence, attempts) = (row.sequence, row.attempts);
        let content = serde_json::from_str(&row.envelope).ok().and_then(|mut envelope: Envelope| {
            let publication = envelope.publication.take();
            let address = std::mem::take(&mut envelope.address);
            Some((publication, address, envelope.into_message(row.payload)?))
        });
        let content = match content {
            None => Err(Outcome::Failed { note: "not what a version of this library has stored".to_owned() }),
            Some((None, address, message)) => Ok((None, address, message)),
            Some((Some((operation, key)), address, message)) => {
                let known =
                    |known: &&&'static Publication| known.operation().key() == operation && known.message() == key;
                match self.publications.iter().find(known) {
                    Some(publication) => Ok((Some(*publication), address, message)),
                    None => {
                        let note =
                            format!("the relay was not told of the message `{key}` of the operation `{operation}`");
                        tracing::warn!(note, "a message waits for another relay");
                        let delay = self.retry.delay(u32::try_from(attempts.saturating_add(1)).unwrap_or(u32::MAX));
                        Err(Outcome::Again { in_milliseconds: milliseconds(delay), note })
                    }
                }
            }
        };
        Row { sequence, attempts, content }
    }
}

/// A row, ready to be published.
struct Row {
    sequence: i64,
    attempts: i64,
    content: Result<(Option<&'static Publication>, String, Message), Outcome>,
}

/// The rows of each lane in their order; one without a lane is alone.
fn lanes(rows: Vec<Claimed>) -> VecDeque<Vec<Claimed>> {
    let mut places = HashMap::new();
    let mut lanes: VecDeque<Vec<Claimed>> = VecDeque::new();
    for row in rows {
        let place = (row.lane != 0).then(|| *places.entry(row.lane).or_insert(lanes.len()));
        match place.and_then(|place| lanes.get_mut(place)) {
            Some(lane) => lane.push(row),
            None => lanes.push_back(vec![row]),
        }
    }
    lanes
}

/// Publishes one after the other until one must be tried again.
async fn publish_lane<T: Transport>(transport: T, rows: Vec<Row>, retry: Backoff, outcomes: Outcomes) {
    for Row { sequence, attempts, content } in rows {
        let outcome = match content {
            Err(outcome) => outcome,
            Ok((publication, address, message)) => {
                let published = publication::publish(publication, &transport, &address, message).await;
                match published {
                    Ok(_) => Outcome::Published,
                    Err(error) if is_permanent(&error) => {
                        tracing::error!(%error, address, "a message of the outbox was not published, and not for now");
                        Outcome::Failed { note: error.to_string() }
                    }
                    Err(error) => {
                        let attempt = u32::try_from(attempts.saturating_add(1)).unwrap_or(u32::MAX);
                        tracing::debug!(%error, address, attempt, "a message of the outbox is tried again");
                        let in_milliseconds = milliseconds(retry.delay(attempt));
                        Outcome::Again { in_milliseconds, note: error.to_string() }
                    }
                }
            }
        };
        let again = matches!(outcome, Outcome::Again { .. });
        outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((sequence, outcome));
        if again {
            return;
        }
    }
}

fn is_permanent(error: &PublishError) -> bool {
    match error {
        PublishError::Transport(error) => !error.transient,
        _ => true,
    }
}
