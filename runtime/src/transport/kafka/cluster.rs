//! The cluster behind a connection: its clients, its topics, and its groups as they are joined.
//!
//! In: settings, topics, groups. Out: topics that are there, members of groups, and errors without the client's types. All of
//! it waits for the network, in threads that may.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::FutureProducer;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::watch;

use super::DISCOVERY;
use super::connect::Settings;
use super::held::Shared;
use super::member::{Member, MemberContext};
use super::topic::{Binding, Mapping};
use crate::transport::{Declare, Start, Subscribe, SubscribeError, TransportError};

/// How long a request to the cluster waits for its answer.
const ANSWER: Duration = Duration::from_secs(10);
/// How long one waits that only asks how things are.
const PING: Duration = Duration::from_secs(2);

pub(super) struct Cluster {
    config: ClientConfig,
    pub(super) settings: Settings,
    pub(super) producer: FutureProducer<Quiet>,
    /// Without a group: looks at topics, and creates none by looking.
    looker: BaseConsumer<Quiet>,
    /// Topics that are known to exist.
    known: Mutex<HashSet<String>>,
    pub(super) members: Mutex<Vec<(Arc<Shared>, watch::Receiver<()>)>>,
    pub(super) closed: watch::Sender<bool>,
}

/// Remembers the last error that the client reported.
#[derive(Clone, Default)]
pub(super) struct Quiet(Arc<Mutex<Option<(KafkaError, String)>>>);

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
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
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

pub(super) fn failure(what: &str, error: &KafkaError) -> TransportError {
    let text = format!("{what}: {error}");
    if is_lasting(error) { TransportError::permanent(text) } else { TransportError::transient(text) }
}

/// Runs what waits for the network in a thread that may wait.
pub(super) async fn blocking<O: Send + 'static>(
    work: impl FnOnce() -> O + Send + 'static,
) -> Result<O, TransportError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| TransportError::permanent("the runtime is shutting down"))
}

impl Cluster {
    pub(super) fn open(config: ClientConfig, settings: Settings) -> Result<Self, TransportError> {
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

    pub(super) fn refuse_if_closed(&self) -> Result<(), TransportError> {
        if *self.closed.borrow() { Err(TransportError::permanent("the connection is closed")) } else { Ok(()) }
    }

    pub(super) fn is_known(&self, topic: &str) -> bool {
        self.settings.declare == Declare::Never
            || self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(topic)
    }

    /// Finds or makes a topic.
    pub(super) fn provide(&self, topic: &str, binding: &Binding) -> Result<(), TransportError> {
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

    /// Waits for an answer of the cluster.
    pub(super) fn ping(&self) -> Result<(), TransportError> {
        // Of this topic it knows without looking, whether it has it or not.
        let answer = self.looker.fetch_metadata(Some("__consumer_offsets"), PING);
        answer.map(drop).map_err(|error| {
            let context = self.looker.client().context();
            let last = context.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let reason = last.map_or_else(|| error.to_string(), |(_, reason)| reason);
            TransportError::transient(format!("Kafka does not answer: {reason}; connecting goes on"))
        })
    }

    /// How many messages of its topics a group has not committed.
    pub(super) fn lag(&self, request: &Subscribe) -> Result<u64, TransportError> {
        let failed = |error: KafkaError| failure("how far the group is could not be found out", &error);
        let mapping = Mapping::new(request.channel).map_err(TransportError::permanent)?;
        let mut config = self.config.clone();
        config.set("group.id", &request.group).set("enable.auto.commit", "false");
        // It asks for the group and does not join it.
        let asking: BaseConsumer<Quiet> = config.create_with_context(Quiet::default()).map_err(failed)?;
        let all = self.partitions(&mapping, PING).map_err(failed)?;
        let mut lag = 0_u64;
        for element in asking.committed_offsets(all, PING).map_err(failed)?.elements() {
            let (first, end) =
                self.looker.fetch_watermarks(element.topic(), element.partition(), PING).map_err(failed)?;
            let next = match element.offset() {
                Offset::Offset(next) => next.max(first),
                _ => first,
            };
            lag = lag.saturating_add(u64::try_from(end.saturating_sub(next)).unwrap_or(0));
        }
        Ok(lag)
    }

    /// The partitions of the topics of a channel.
    fn partitions(&self, mapping: &Mapping, limit: Duration) -> Result<TopicPartitionList, KafkaError> {
        let metadata = self.looker.fetch_metadata(mapping.topic(), limit)?;
        let mut all = TopicPartitionList::new();
        for topic in metadata.topics().iter().filter(|topic| mapping.covers(topic.name())) {
            for partition in topic.partitions() {
                all.add_partition(topic.name(), partition.id());
            }
        }
        Ok(all)
    }

    /// Joins a group.
    pub(super) fn join(self: &Arc<Self>, request: &Subscribe) -> Result<Member, SubscribeError> {
        let mapping = Mapping::new(request.channel)?;
        if let Some(topic) = mapping.topic() {
            self.provide(topic, &Binding::of(Some(request.channel)))?;
        }
        let shared = Arc::new(Shared::new(request.max_in_flight.max(1), self.settings.revoke_within));
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
        Ok(Member::new(consumer, shared, mapping))
    }

    /// Lets a group that is new to a topic begin with what is published from now on.
    ///
    /// That is said to the cluster before the group is joined: where it begins must not depend on when its members get
    /// their partitions. The cluster takes it only while the group has no member; those that it has did the same.
    fn begin(&self, consumer: &BaseConsumer<MemberContext>, mapping: &Mapping) -> Result<(), TransportError> {
        let failed = |error: KafkaError| failure("where the group begins could not be found out", &error);
        let all = self.partitions(mapping, ANSWER).map_err(failed)?;
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

    pub(super) fn remember(&self, shared: &Arc<Shared>, gone: watch::Receiver<()>) {
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(|(_, gone)| gone.has_changed().is_ok());
        members.push((Arc::clone(shared), gone));
        // Closing ends those that it finds; this one may have come later.
        if *self.closed.borrow() {
            shared.end();
        }
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
                // It says only that the certificate could not be verified.
                #[cfg(feature = "kafka-tls")]
                let reason = super::tls::fault(config).unwrap_or(reason);
                let text = format!(
                    "no TLS connection to Kafka at {places}: {reason}; check that the certificate of the broker has not expired and names this host, and that `tls_root` signed it"
                );
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
