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
//! **Settling.** Offsets are committed up to the first unsettled one of their partition, every 0.2 s and before a partition
//! is given up; for that, deliveries in flight are waited for. Kafka cannot reject: what is rejected waits in this process
//! and is delivered again from there. After a crash, messages come again from the last commit on.
//!
//! **Headers.** The key is Kafka's. What Kafka has no field for travels in headers: [`ID_HEADER`],
//! [`CONTENT_TYPE_HEADER`], [`CORRELATION_ID_HEADER`] and [`REPLY_TO_HEADER`]; without the first two, `ce_id` and
//! `content-type` stand for them.
//!
//! **Publishing** is idempotent and confirmed by all replicas in sync; keys choose partitions as Java clients do.

mod member;
mod progress;
mod server;
mod topic;
mod wire;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::{ClientContext, util::Timeout};
use tokio::sync::{mpsc, oneshot, watch};

pub use super::wire::{ADDRESS_HEADER, CONTENT_TYPE_HEADER, CORRELATION_ID_HEADER, ID_HEADER, REPLY_TO_HEADER};

use super::{
    Acknowledger, Capabilities, Declare, Delivery, PublishError, Receipt, ReceiveError, SettleError, Start, Subscribe,
    SubscribeError, Subscription, Transport, TransportError,
};
use crate::message::{Channel, Message};
use member::{Held, Member, MemberContext, Shared};
use topic::{Binding, Mapping};

/// How long it takes at most until a new topic or partition is found.
pub const DISCOVERY: Duration = Duration::from_secs(5);

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const PUBLISH_WITHIN: Duration = Duration::from_secs(10);
const REVOKE_WITHIN: Duration = Duration::from_secs(30);
/// How long a request to the cluster waits for its answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Begins a connection to the cluster at `url`: `kafka://host:port`, or `kafka-secure://host:port` for TLS, several hosts
/// separated by commas, with `user:password@` before the first host if wanted (SASL/PLAIN).
pub fn connect(url: impl Into<String>) -> Connect {
    Connect {
        url: url.into(),
        sasl: None,
        tls: false,
        options: Vec::new(),
        settings: Settings {
            declare: Declare::default(),
            connect_within: CONNECT_WITHIN,
            publish_within: PUBLISH_WITHIN,
            revoke_within: REVOKE_WITHIN,
        },
    }
}

/// A connection that is to be made by [`open`](Self::open).
#[derive(Clone)]
#[must_use = "nothing is connected until `open` is called"]
pub struct Connect {
    url: String,
    sasl: Option<Sasl>,
    tls: bool,
    /// Settings of librdkafka, the later ones over the earlier ones.
    options: Vec<(String, String)>,
    settings: Settings,
}

#[derive(Clone)]
struct Sasl {
    mechanism: &'static str,
    user: String,
    password: String,
}

#[derive(Clone)]
struct Settings {
    declare: Declare,
    connect_within: Duration,
    publish_within: Duration,
    revoke_within: Duration,
}

impl Connect {
    /// The name that the cluster shows for this connection.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.option("client.id", name)
    }

    /// Authenticates with SASL/PLAIN, which sends the password: use it over TLS.
    pub fn user(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.sasl("PLAIN", user.into(), password.into())
    }

    /// Authenticates with SASL/SCRAM-SHA-256; needs the feature `kafka-tls`.
    pub fn scram_sha_256(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.sasl("SCRAM-SHA-256", user.into(), password.into())
    }

    /// Authenticates with SASL/SCRAM-SHA-512; needs the feature `kafka-tls`.
    pub fn scram_sha_512(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.sasl("SCRAM-SHA-512", user.into(), password.into())
    }

    fn sasl(mut self, mechanism: &'static str, user: String, password: String) -> Self {
        self.sasl = Some(Sasl { mechanism, user, password });
        self
    }

    /// Demands TLS, and trusts the certificates of this PEM file instead of the system's; needs the feature `kafka-tls`.
    pub fn tls_root(mut self, file: impl Into<PathBuf>) -> Self {
        self.tls = true;
        self.option("ssl.ca.location", file.into().to_string_lossy())
    }

    /// Demands TLS, and shows this certificate with its key, both PEM files (X.509); needs the feature `kafka-tls`.
    pub fn certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.tls = true;
        self.option("ssl.certificate.location", certificate.into().to_string_lossy())
            .option("ssl.key.location", key.into().to_string_lossy())
    }

    /// Who makes topics; [`Declare::Verify`] unless set. What is created has the partitions, replicas and configuration of
    /// the channel's binding. For a channel with parameters only publishing can verify.
    pub fn declare(mut self, declare: Declare) -> Self {
        self.settings.declare = declare;
        self
    }

    /// For how long [`open`](Self::open) tries; 10 s unless set.
    pub fn connect_within(mut self, limit: Duration) -> Self {
        self.settings.connect_within = limit;
        self
    }

    /// For how long a publication that is not confirmed is tried again; 10 s unless set.
    pub fn publish_within(mut self, limit: Duration) -> Self {
        self.settings.publish_within = limit;
        self
    }

    /// How long deliveries in flight may take when the group gives their partition to another member, before that member
    /// gets them as well; 30 s unless set. It must be below `max.poll.interval.ms`, which is 5 minutes.
    pub fn revoke_within(mut self, limit: Duration) -> Self {
        self.settings.revoke_within = limit;
        self
    }

    /// Sets an option of librdkafka; those that this crate's promises stand on (`enable.auto.commit`,
    /// `enable.auto.offset.store`, `enable.idempotence`, `acks`) stay as they are.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((name.into(), value.into()));
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// The settings are wrong, the cluster refuses the credentials or the certificate (permanent), or it cannot be reached
    /// in time (transient).
    pub async fn open(self) -> Result<Kafka, TransportError> {
        let config = self.config()?;
        let Self { settings, .. } = self;
        blocking(move || Cluster::open(config, settings)).await?.map(|cluster| Kafka(Arc::new(cluster)))
    }

    fn config(&self) -> Result<ClientConfig, TransportError> {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("kafka", &self.url));
        let tls = match scheme {
            "kafka" => self.tls,
            "kafka-secure" | "kafka+ssl" | "kafkas" => true,
            other => {
                let fault =
                    format!("the URL of a Kafka cluster begins with `kafka://` or `kafka-secure://`, not `{other}://`");
                return Err(TransportError::permanent(fault));
            }
        };
        let (credentials, hosts) = rest.rsplit_once('@').map_or((None, rest), |(found, hosts)| (Some(found), hosts));
        let in_url = credentials.map(|text| {
            let (user, password) = text.split_once(':').unwrap_or((text, ""));
            Sasl { mechanism: "PLAIN", user: percent_decoded(user), password: percent_decoded(password) }
        });
        let sasl = self.sasl.clone().or(in_url);
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", hosts.split('/').next().unwrap_or(hosts));
        config.set("client.id", "tidings");
        config.set(
            "security.protocol",
            match (tls, &sasl) {
                (false, None) => "plaintext",
                (false, Some(_)) => "sasl_plaintext",
                (true, None) => "ssl",
                (true, Some(_)) => "sasl_ssl",
            },
        );
        if let Some(Sasl { mechanism, user, password }) = sasl {
            config.set("sasl.mechanism", mechanism).set("sasl.username", user).set("sasl.password", password);
        }
        for (name, value) in &self.options {
            config.set(name, value);
        }
        Ok(config)
    }
}

fn percent_decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A connection to a Kafka cluster; clones share it.
#[derive(Clone)]
pub struct Kafka(Arc<Cluster>);

struct Cluster {
    config: ClientConfig,
    settings: Settings,
    producer: FutureProducer<Quiet>,
    /// Without a group: looks at topics, and creates none by looking.
    looker: BaseConsumer<Quiet>,
    /// Topics that are known to exist.
    known: Mutex<HashSet<String>>,
    members: Mutex<Vec<(Arc<Shared>, watch::Receiver<()>)>>,
    closed: watch::Sender<bool>,
}

/// Remembers the last error that the client reported.
#[derive(Clone, Default)]
struct Quiet(Arc<Mutex<Option<(KafkaError, String)>>>);

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "Kafka");
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // That all brokers are down follows from what was said before, and says less.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) || last.is_none() {
            *last = Some((error, reason.to_owned()));
        }
    }
}

impl ConsumerContext for Quiet {}

/// What librdkafka writes: its warnings are about connections, which it makes again.
fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(facility, message, "librdkafka");
        }
        RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => tracing::warn!(facility, message, "librdkafka"),
        _ => tracing::debug!(facility, message, "librdkafka"),
    }
}

/// What can not be helped by trying again.
fn is_permanent(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::Authentication
            | Code::SSL
            | Code::SaslAuthenticationFailed
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::InvalidTopic
            | Code::UnknownTopic
            | Code::UnknownTopicOrPartition
            | Code::MessageSizeTooLarge
            | Code::InvalidMessageSize
            | Code::InvalidRecord
            | Code::PolicyViolation
            | Code::InvalidArgument
    )
}

fn is_lasting(error: &KafkaError) -> bool {
    error.rdkafka_error_code().is_some_and(is_permanent)
}

fn failure(what: &str, error: &KafkaError) -> TransportError {
    let text = format!("{what}: {error}");
    if is_lasting(error) { TransportError::permanent(text) } else { TransportError::transient(text) }
}

/// Runs what waits for the network in a thread that may wait.
async fn blocking<O: Send + 'static>(work: impl FnOnce() -> O + Send + 'static) -> Result<O, TransportError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| TransportError::permanent("the runtime is shutting down"))
}

impl Cluster {
    fn open(config: ClientConfig, settings: Settings) -> Result<Self, TransportError> {
        let unfit = |error: KafkaError| {
            let hint = if cfg!(feature = "kafka-tls") { "" } else { " (TLS and SCRAM need the feature `kafka-tls`)" };
            TransportError::permanent(format!("the settings for Kafka do not fit: {error}{hint}"))
        };
        let context = Quiet::default();
        let looker: BaseConsumer<Quiet> = config.create_with_context(context.clone()).map_err(unfit)?;
        greet(&looker, &context, &config, settings.connect_within)?;
        let mut producing = config.clone();
        // Partitions as Java clients choose them.
        producing.set("partitioner", config.get("partitioner").unwrap_or("murmur2_random"));
        producing.set("linger.ms", config.get("linger.ms").unwrap_or("0"));
        producing.set("message.timeout.ms", settings.publish_within.as_millis().max(1).to_string());
        producing.set("enable.idempotence", "true").set("acks", "all");
        let producer = producing.create_with_context(Quiet::default()).map_err(unfit)?;
        let closed = watch::Sender::new(false);
        let (known, members) = (Mutex::default(), Mutex::default());
        Ok(Self { config, settings, producer, looker, known, members, closed })
    }

    fn refuse_if_closed(&self) -> Result<(), TransportError> {
        if *self.closed.borrow() { Err(TransportError::permanent("the connection is closed")) } else { Ok(()) }
    }

    fn is_known(&self, topic: &str) -> bool {
        self.settings.declare == Declare::Never
            || self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(topic)
    }

    /// Finds or makes a topic.
    fn provide(&self, topic: &str, binding: &Binding) -> Result<(), TransportError> {
        if self.is_known(topic) {
            return Ok(());
        }
        if !self.exists(topic)? {
            let partitions = binding.partitions.unwrap_or(-1);
            let replicas = binding.replicas.unwrap_or(-1);
            if self.settings.declare != Declare::Create {
                let shown = binding.partitions.map_or_else(String::new, |count| format!(" --partitions {count}"));
                return Err(TransportError::permanent(format!(
                    "Kafka has no topic `{topic}`; create it (`kafka-topics.sh --create --topic {topic}{shown}`), or connect \
                     with `declare(Declare::Create)`"
                )));
            }
            self.create(topic, partitions, replicas, &binding.settings())?;
        }
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.to_owned());
        Ok(())
    }

    fn exists(&self, topic: &str) -> Result<bool, TransportError> {
        let unanswered = |error| failure(&format!("Kafka does not tell about the topic `{topic}`"), &error);
        let metadata = self.looker.fetch_metadata(Some(topic), ANSWER).map_err(unanswered)?;
        let found = metadata.topics().first();
        match found.and_then(|found| found.error()).map(RDKafkaErrorCode::from) {
            None => Ok(found.is_some_and(|found| !found.partitions().is_empty())),
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => Ok(false),
            // It is there, and on its way to a leader.
            Some(RDKafkaErrorCode::LeaderNotAvailable) => Ok(true),
            Some(code) => Err(unanswered(KafkaError::MetadataFetch(code))),
        }
    }

    fn create(
        &self,
        topic: &str,
        partitions: i32,
        replicas: i32,
        settings: &[(String, String)],
    ) -> Result<(), TransportError> {
        let failed = |error: &KafkaError| failure(&format!("the topic `{topic}` could not be created"), error);
        let admin: AdminClient<Quiet> =
            self.config.create_with_context(Quiet::default()).map_err(|error| failed(&error))?;
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(replicas));
        let new = settings.iter().fold(new, |new, (name, value)| new.set(name, value));
        let options = AdminOptions::new().operation_timeout(Some(ANSWER)).request_timeout(Some(ANSWER));
        let creating = admin.create_topics([&new], &options);
        let outcome = tokio::runtime::Handle::current().block_on(creating).map_err(|error| failed(&error))?;
        for result in outcome {
            match result {
                Ok(_) => tracing::info!(topic, "topic created"),
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => (),
                Err((_, code)) => return Err(failed(&KafkaError::AdminOp(code))),
            }
        }
        // The whole cluster knows of it only a little later.
        let deadline = Instant::now() + ANSWER;
        while !self.exists(topic)? && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Joins a group.
    fn join(
        self: &Arc<Self>,
        request: &Subscribe,
    ) -> Result<(Member, mpsc::UnboundedReceiver<Received>), SubscribeError> {
        let mapping = Mapping::new(request.channel)?;
        if let Some(topic) = mapping.topic() {
            self.provide(topic, &Binding::of(Some(request.channel)))?;
        }
        let shared = Arc::new(Shared::new(self.settings.revoke_within));
        let mut config = self.config.clone();
        let discovery = DISCOVERY.as_millis().to_string();
        for (name, value) in [
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("auto.offset.reset", "earliest"),
            ("topic.metadata.refresh.interval.ms", &discovery),
            ("queued.max.messages.kbytes", "8192"),
            ("queued.min.messages", "1000"),
        ] {
            if config.get(name).is_none() {
                config.set(name, value);
            }
        }
        config
            .set("group.id", &request.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false");
        let failed = |error: &KafkaError| failure("the group could not be joined", error);
        let mut consumer: BaseConsumer<MemberContext> =
            config.create_with_context(MemberContext(Arc::clone(&shared))).map_err(|error| failed(&error))?;
        if request.start == Start::New {
            self.begin(&consumer, &mapping)?;
        }
        let wake = Arc::clone(&shared);
        consumer.set_nonempty_callback(move || wake.wake());
        consumer.subscribe(&[&mapping.subscription()]).map_err(|error| failed(&error))?;
        let (deliveries, received) = mpsc::unbounded_channel();
        Ok((Member::new(Arc::new(consumer), shared, mapping, request.max_in_flight.max(1), deliveries), received))
    }

    /// Lets a group that is new to a topic begin with what is published from now on.
    ///
    /// That is said to the cluster before the group is joined: where it begins must not depend on when its members get
    /// their partitions. The cluster takes it only while the group has no member; those that it has did the same.
    fn begin(&self, consumer: &BaseConsumer<MemberContext>, mapping: &Mapping) -> Result<(), TransportError> {
        let failed = |error: KafkaError| failure("where the group begins could not be found out", &error);
        let metadata = self.looker.fetch_metadata(mapping.topic(), ANSWER).map_err(failed)?;
        let mut all = TopicPartitionList::new();
        for topic in metadata.topics().iter().filter(|topic| mapping.covers(topic.name())) {
            for partition in topic.partitions() {
                all.add_partition(topic.name(), partition.id());
            }
        }
        if all.count() == 0 {
            return Ok(());
        }
        // A cluster that just started may not know yet who coordinates the group.
        let deadline = Instant::now() + ANSWER;
        loop {
            match self.begin_now(consumer, &all) {
                Err(error) if is_lasting(&error) || Instant::now() >= deadline => return Err(failed(error)),
                Err(_) => std::thread::sleep(Duration::from_millis(200)),
                Ok(begun) if begun || Instant::now() >= deadline => return Ok(()),
                // Others are in this group; they committed, or the group begins where they are.
                Ok(_) => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    /// Commits the ends of those partitions of which the group has committed nothing; false when the cluster refused.
    fn begin_now(&self, consumer: &BaseConsumer<MemberContext>, all: &TopicPartitionList) -> Result<bool, KafkaError> {
        let known = consumer.committed_offsets(all.clone(), ANSWER)?;
        let mut fresh = TopicPartitionList::new();
        for element in known.elements().iter().filter(|element| !matches!(element.offset(), Offset::Offset(_))) {
            let (_, end) = self.looker.fetch_watermarks(element.topic(), element.partition(), ANSWER)?;
            fresh.add_partition_offset(element.topic(), element.partition(), Offset::Offset(end))?;
        }
        Ok(fresh.count() == 0 || consumer.commit(&fresh, CommitMode::Sync).is_ok())
    }

    fn remember(&self, shared: &Arc<Shared>, gone: watch::Receiver<()>) {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(|(_, gone)| gone.has_changed().is_ok());
        members.push((Arc::clone(shared), gone));
    }
}

/// Waits until the cluster answers; what it refuses is said at once.
fn greet(
    looker: &BaseConsumer<Quiet>,
    context: &Quiet,
    config: &ClientConfig,
    limit: Duration,
) -> Result<(), TransportError> {
    let deadline = Instant::now() + limit;
    let places = config.get("bootstrap.servers").unwrap_or_default();
    loop {
        if looker.client().fetch_cluster_id(Duration::from_millis(200)).is_some() {
            return Ok(());
        }
        // Lets the client report.
        while looker.poll(Duration::ZERO).is_some() {}
        let last = context.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let refused =
            last.as_ref().and_then(|(error, _)| error.rdkafka_error_code()).filter(|code| is_permanent(*code));
        let reason = last.map_or_else(|| "no answer".to_owned(), |(_, reason)| reason);
        match refused {
            Some(RDKafkaErrorCode::SSL) => {
                let text =
                    format!("no TLS connection to Kafka at {places}: {reason}; check the certificates and `tls_root`");
                return Err(TransportError::permanent(text));
            }
            Some(_) => {
                let text =
                    format!("Kafka at {places} refused the credentials: {reason}; check user, password and mechanism");
                return Err(TransportError::permanent(text));
            }
            None if Instant::now() >= deadline => {
                let text =
                    format!("no connection to Kafka at {places}: {reason}; is it running, and is the port right?");
                return Err(TransportError::transient(text));
            }
            None => (),
        }
    }
}

impl Kafka {
    /// The producer below, for what this crate does not offer. Its type changes with the client library, outside of this
    /// crate's version promise.
    pub fn producer(&self) -> &FutureProducer<impl ClientContext + use<>> {
        &self.0.producer
    }
}

impl Transport for Kafka {
    type Subscription = KafkaSubscription;

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            acknowledge: true,
            native_delay: true,
            headers: true,
            durable: true,
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
        let mapping = channel.map(Mapping::new).transpose()?;
        let shared = mapping.as_ref().is_some_and(Mapping::is_shared);
        let topic = match mapping.as_ref().filter(|_| shared).and_then(Mapping::topic) {
            Some(topic) => topic.to_owned(),
            None => topic::of_address(address)?,
        };
        if !cluster.is_known(&topic) {
            let (cluster, topic) = (Arc::clone(cluster), topic.clone());
            blocking(move || cluster.provide(&topic, &Binding::of(channel))).await??;
        }
        let headers = wire::headers(&mut message, shared.then_some(address));
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
            let (member, received) = match cluster.join(&request) {
                Ok(joined) => joined,
                Err(error) => return drop(ready.send(Err(error))),
            };
            let (here, gone) = watch::channel(());
            cluster.remember(&member.shared, gone);
            // The connection does not live for as long as its subscriptions.
            let closed = cluster.closed.subscribe();
            drop(cluster);
            let subscription = KafkaSubscription { shared: Arc::clone(&member.shared), received, closed };
            if ready.send(Ok(subscription)).is_ok() {
                member.run();
            }
            drop(here);
        });
        spawned.map_err(TransportError::transient)?;
        joined.await.map_err(|_| TransportError::transient("the thread of the subscription ended"))?
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
    received: mpsc::UnboundedReceiver<Received>,
    closed: watch::Receiver<bool>,
}

impl Subscription for KafkaSubscription {
    type Acknowledger = KafkaAcknowledger;

    async fn next(&mut self) -> Option<Received> {
        tokio::select! {
            biased;
            _ = self.closed.wait_for(|closed| *closed) => None,
            received = self.received.recv() => received,
        }
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
