//! The way back: from dead letters to the address that they came from.
//!
//! In: the channel that failed, and that of its dead letters. Out: the messages as they first were, published again, and
//! counts. A dead letter is acknowledged only after its message was confirmed; what stops half way goes on from there the
//! next time.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use thiserror::Error;

use super::{FIRST_FAILED_AT_HEADER, SOURCE_HEADER, dead_letter};
use crate::message::{Channel, Message};
use crate::transport::{
    Acknowledger, PublishError, ReceiveError, SettleError, Start, Subscribe, SubscribeError, Subscription, Transport,
};

/// The consumer group unless another one is set.
pub(crate) const GROUP: &str = "redrive";

/// How many letters that cannot go back are set aside at most.
const ASIDE: usize = 256;

/// Sends dead letters back.
///
/// Payload, key, id and headers are those of the message that failed. Every letter goes back once for each
/// [`group`](Self::group), whose place is remembered by the transport; where that keeps no log (MQTT), letters from before the
/// group's first run are gone, and a run with [`limit(0)`](Self::limit) makes the group. Letters that are younger than the run (by the clocks
/// of those who wrote them) wait for the next one, so that a message that fails again does not go round and round.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent back until `run` is called"]
pub struct Redrive<T> {
    transport: T,
    source: &'static Channel,
    letters: &'static Channel,
    group: String,
    limit: u64,
    idle: Duration,
}

/// What a redrive did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Redriven {
    /// Messages that were published again.
    pub moved: u64,
    /// Letters that stay: they do not say that they came from the channel, or are younger than the run.
    pub left: u64,
}

/// Why a redrive ended early. What was counted until then is done.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RedriveError {
    /// The transport keeps no messages.
    #[error("the transport keeps no messages, so there are no dead letters to send back")]
    Transient,
    /// The dead letters could not be subscribed to.
    #[error("the dead letters: {0}")]
    Subscribe(#[from] SubscribeError),
    /// A dead letter was not received.
    #[error("the dead letters: {0}")]
    Receive(#[from] ReceiveError),
    /// A message was not confirmed; its letter stays.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A message went back, and its letter could not be acknowledged: it may go back again.
    #[error(transparent)]
    Settle(#[from] SettleError),
}

impl<T: Transport> Redrive<T> {
    /// From `letters` back to `source`. The address of `letters` is that of
    /// [`DeadLetter::address`](super::DeadLetter::address).
    pub fn new(transport: T, source: &'static Channel, letters: &'static Channel) -> Self {
        let idle = Duration::from_secs(5);
        Self { transport, source, letters, group: GROUP.to_owned(), limit: u64::MAX, idle }
    }

    /// The consumer group that remembers what went back; `redrive` unless set.
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.group = name.into();
        self
    }

    /// Ends after so many messages.
    pub fn limit(mut self, messages: u64) -> Self {
        self.limit = messages;
        self
    }

    /// Ends when no letter came for this long; 5 s unless set.
    pub fn idle(mut self, limit: Duration) -> Self {
        self.idle = limit;
        self
    }

    /// Sends back what is there.
    ///
    /// # Errors
    /// The transport fails; letters that did not go back stay where they are.
    pub async fn run(self) -> Result<Redriven, RedriveError> {
        if !self.transport.capabilities().durable {
            return Err(RedriveError::Transient);
        }
        let begun = SystemTime::now();
        let request = Subscribe::new(self.letters, &self.group).with_max_in_flight(ASIDE).starting(Start::Earliest);
        let mut subscription = self.transport.subscribe(request).await?;
        let mut counts = Redriven::default();
        // Given back when this is dropped, after the last letter was taken.
        let mut aside = Vec::new();
        while counts.moved < self.limit {
            let Ok(Some(received)) = tokio::time::timeout(self.idle, subscription.next()).await else { break };
            let delivery = received?;
            let letter = delivery.message;
            let from = letter.headers.get_str(SOURCE_HEADER).filter(|from| self.source.template().matches(from));
            let Some(address) = from.filter(|_| !is_younger(&letter, begun)).map(str::to_owned) else {
                counts.left += 1;
                aside.push(delivery.acknowledger);
                continue;
            };
            let position = delivery.position.unwrap_or_else(|| dead_letter::death(&letter));
            let mut acknowledger = delivery.acknowledger;
            let message = dead_letter::restored(Arc::unwrap_or_clone(letter));
            let publishing = self.transport.republish(Some(self.source), &address, message, &position);
            let heartbeat = self.transport.capabilities().heartbeat;
            super::hold::hold(publishing, &mut acknowledger, heartbeat).await?;
            acknowledger.acknowledge().await?;
            counts.moved += 1;
        }
        for acknowledger in aside {
            acknowledger.reject(Duration::ZERO).await?;
        }
        Ok(counts)
    }
}

/// Whether the message failed first after the run began. One that does not say when did not.
fn is_younger(letter: &Message, begun: SystemTime) -> bool {
    let failed = letter.headers.get_str(FIRST_FAILED_AT_HEADER).and_then(|text| humantime::parse_rfc3339(text).ok());
    failed.is_some_and(|failed| failed > begun)
}
