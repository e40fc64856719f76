//! Kafka, with delivery at least once and order by key.
//!
//! In: publications and subscriptions of channels. Out: records of topics, and deliveries. [`connect`] begins:
//!
//! ```no_run
//! # async fn example() -> Result<(), tidings_runtime::transport::TransportError> {
//! use tidings_runtime::transport::{Declare, kafka};
//! let kafka = kafka::connect("kafka://127.0.0.1:9092").declare(Declare::Create).open().await?;
//! # Ok(())
//! # }
//! ```
//!
//! **Addresses.** The separators `/` and `.` of an address become the `.` of a topic. A channel with parameters subscribes
//! to every topic of its shape, new ones too, which are found within [`DISCOVERY`]. Where the channel's Kafka binding names
//! a topic, all its addresses share it, and messages carry theirs in [`ADDRESS_HEADER`].
//!
//! **Groups.** A group that is new to a topic begins with what is published from then on; topics and partitions that come
//! later are read from their beginning. Members share partitions (`cooperative-sticky`), so that one key is always with one
//! member.
//!
//! **Fetching.** Beside the deliveries that are not settled, up to 256 messages wait in this process, and up to about 8 MiB in the
//! client below.
//!
//! **Settling.** Offsets are committed up to the first unsettled one of their partition, every 0.2 s and before a partition
//! is given up; for that, deliveries in flight are waited for. Kafka cannot reject: what is rejected waits in this process
//! and is delivered again from there. After a crash, messages come again from the last commit on.
//!
//! **Headers.** The key is Kafka's. What Kafka has no field for travels in headers: [`ID_HEADER`],
//! [`CONTENT_TYPE_HEADER`], [`CORRELATION_ID_HEADER`] and [`REPLY_TO_HEADER`]; without the first two, `ce_id` and
//! `content-type` stand for them.
//!
//! **Publishing** is idempotent and confirmed by all replicas in sync; keys choose partitions as Java clients do.

mod cluster;
mod connect;
mod held;
mod member;
mod progress;
mod server;
#[cfg(feature = "kafka-tls")]
mod tls;
mod topic;
mod wire;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::util::Timeout;
use tokio::sync::{oneshot, watch};

pub use super::wire::{ADDRESS_HEADER, CONTENT_TYPE_HEADER, CORRELATION_ID_HEADER, ID_HEADER, REPLY_TO_HEADER};
pub use connect::{Connect, connect, with_config};

use super::{
    Acknowledger, Capabilities, Delivery, PublishError, Receipt, ReceiveError, SettleError, Subscribe, SubscribeError,
    Subscription, Transport, TransportError,
};
use crate::message::{Channel, EventHeaders, Message};
use cluster::{Cluster, blocking, failure};
use held::{Held, Shared};
use topic::{Binding, Mapping};

/// How long it takes at most until a new topic or partition is found.
pub const DISCOVERY: Duration = Duration::from_secs(5);

/// A connection to a Kafka cluster; clones share it.
#[derive(Clone)]
pub struct Kafka(Arc<Cluster>);

impl Kafka {
    /// The producer below, for what this crate does not offer. Its type changes with the client library, outside of this
    /// crate's version promise.
    pub fn producer(&self) -> &FutureProducer<impl ClientContext + use<>> {
        &self.0.producer
    }
}

impl Transport for Kafka {
    type Subscription = KafkaSubscription;

    fn system(&self) -> &'static str {
        "kafka"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            acknowledge: true,
            native_delay: true,
            headers: true,
            durable: true,
            reply: true,
            events: Some(EventHeaders {
                prefix: "ce_",
                content_type: Some("content-type"),
                structured_type: Some("content-type"),
                ..EventHeaders::default()
            }),
            shared_groups: true,
            ..Capabilities::default()
        }
    }

    async fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        mut message: Message,
    ) -> Result<Receipt, PublishError> {
        let cluster = &self.0;
        cluster.refuse_if_closed()?;
        let channel = channel.filter(|channel| channel.template().matches(address));
        // Without a binding, the topic is the address.
        let bound = channel.filter(|channel| channel.binding("kafka").is_some());
        let mapping = bound.map(Mapping::new).transpose()?;
        let shared = mapping.as_ref().is_some_and(Mapping::is_shared);
        let topic = match mapping.as_ref().filter(|_| shared).and_then(Mapping::topic) {
            Some(topic) => topic.to_owned(),
            None => topic::of_address(address)?,
        };
        if !cluster.is_known(&topic) {
            let (cluster, topic) = (Arc::clone(cluster), topic.clone());
            blocking(move || cluster.provide(&topic, &Binding::of(channel))).await??;
        }
        let headers = wire::headers(&mut message, shared.then_some(address))?;
        let mut record = FutureRecord::<[u8], [u8]>::to(&topic).payload(message.payload.as_ref()).headers(headers);
        if let Some(key) = &message.key {
            record = record.key(key.as_ref());
        }
        let sent = cluster.producer.send(record, Timeout::After(cluster.settings.publish_within)).await;
        let sent = sent.map_err(|(error, _)| failure(&format!("the topic `{topic}` did not take it"), &error))?;
        Ok(Receipt::new().with_position(format!("{}@{}", sent.partition, sent.offset)))
    }

    async fn subscribe(&self, request: Subscribe) -> Result<KafkaSubscription, SubscribeError> {
        self.0.refuse_if_closed()?;
        let (ready, joined) = oneshot::channel();
        let cluster = Arc::clone(&self.0);
        let runtime = tokio::runtime::Handle::current();
        let thread = std::thread::Builder::new().name("tidings-kafka".to_owned());
        let spawned = thread.spawn(move || {
            // Creating topics waits for futures of the client.
            let _entered = runtime.enter();
            let member = match cluster.join(&request) {
                Ok(member) => member,
                Err(error) => return drop(ready.send(Err(error))),
            };
            let (here, gone) = watch::channel(());
            cluster.remember(&member.shared, gone);
            // The connection does not live for as long as its subscriptions.
            drop(cluster);
            let subscription = KafkaSubscription { shared: Arc::clone(&member.shared) };
            if ready.send(Ok(subscription)).is_ok() {
                member.run();
            }
            drop(here);
        });
        spawned.map_err(TransportError::transient)?;
        joined.await.map_err(|_| TransportError::transient("the thread of the subscription ended"))?
    }

    async fn ping(&self) -> Result<(), TransportError> {
        self.0.refuse_if_closed()?;
        let cluster = Arc::clone(&self.0);
        blocking(move || cluster.ping()).await?
    }

    async fn lag(&self, request: &Subscribe) -> Result<Option<u64>, TransportError> {
        let (cluster, request) = (Arc::clone(&self.0), request.clone());
        blocking(move || cluster.lag(&request)).await?.map(Some)
    }

    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        if self.0.closed.send_replace(true) {
            return Ok(());
        }
        let members: Vec<_> = self.0.members.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        members.iter().for_each(|(shared, _)| shared.end());
        let cluster = Arc::clone(&self.0);
        let closing = async {
            for (_, mut gone) in members {
                // Nothing is ever sent: the end is the thread's.
                let _ = gone.changed().await;
            }
            blocking(move || cluster.producer.flush(deadline)).await?.map_err(TransportError::transient)
        };
        let late =
            |_| TransportError::transient("Kafka was not left in time; what was not committed is delivered again");
        tokio::time::timeout(deadline, closing).await.map_err(late)?
    }
}

/// What a subscription yields.
type Received = Result<Delivery<KafkaAcknowledger>, ReceiveError>;

/// A member of a consumer group. Dropped, it commits what is settled and leaves the group, in the background.
pub struct KafkaSubscription {
    shared: Arc<Shared>,
}

impl Subscription for KafkaSubscription {
    type Acknowledger = KafkaAcknowledger;

    async fn next(&mut self) -> Option<Received> {
        self.shared.take().await
    }
}

impl Drop for KafkaSubscription {
    fn drop(&mut self) {
        self.shared.end();
    }
}

/// Settles a delivery of Kafka.
#[derive(Debug)]
pub struct KafkaAcknowledger {
    shared: Arc<Shared>,
    held: Option<Held>,
}

impl KafkaAcknowledger {
    fn new(shared: Arc<Shared>, held: Held) -> Self {
        Self { shared, held: Some(held) }
    }

    fn settle(&mut self, again_after: Option<Duration>) -> Result<(), SettleError> {
        let Some(held) = self.held.take() else { return Ok(()) };
        Ok(self.shared.settle(held, again_after).map_err(TransportError::permanent)?)
    }
}

impl Acknowledger for KafkaAcknowledger {
    async fn acknowledge(mut self) -> Result<(), SettleError> {
        self.settle(None)
    }

    async fn reject(mut self, redeliver_after: Duration) -> Result<(), SettleError> {
        self.settle(Some(redeliver_after))
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        Ok(())
    }
}

impl Drop for KafkaAcknowledger {
    fn drop(&mut self) {
        // A partition that is gone is another member's.
        let _ = self.settle(Some(Duration::ZERO));
    }
}
