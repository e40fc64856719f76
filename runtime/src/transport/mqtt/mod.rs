//! MQTT 5 and 3.1.1, with delivery at least once.
//!
//! In: publications and subscriptions of channels. Out: messages on topics, and deliveries. [`connect`] begins:
//!
//! ```no_run
//! # async fn example() -> Result<(), tidings_runtime::transport::TransportError> {
//! use tidings_runtime::transport::mqtt;
//! let mqtt = mqtt::connect("mqtt://127.0.0.1:1883").client_id("shop-1").open().await?;
//! # Ok(())
//! # }
//! ```
//!
//! **Addresses** are topics as they are written. A subscription has the wildcard `+` for every level (between `/`) that holds
//! a parameter.
//!
//! **Groups and sessions.** Each member of a group has a connection of its own, whose session the broker keeps for
//! [`Connect::session_expiry`]: what was not acknowledged, and what comes meanwhile, is delivered when the member is back. Its
//! client id is made of [`Connect::client_id`], the group and the topics, so it is the same after a restart. Processes that
//! share a group need client ids of their own, the same at every start: two with the same one take the session from each other,
//! and a client id that does not come back leaves a share of the messages behind. Members share messages by `$share`
//! ([`Connect::shared_subscriptions`]). The broker itself may limit what it keeps: mosquitto drops what exceeds
//! `max_queued_messages` (1,000 unless set; 0 for no limit), and mosquitto 2.0 forgets shared subscriptions when it is restarted,
//! until the members are back: a group of one process loses nothing there with
//! [`shared_subscriptions(false)`](Connect::shared_subscriptions).
//!
//! **Order.** The broker keeps that of a topic. Within one process messages of one key are handled one after another; several
//! members of a group share its messages whatever their keys are.
//!
//! **Settling.** A message is acknowledged when it is done, not in the order in which messages came (which MQTT asks for and
//! brokers do not insist on; [`Connect::acknowledge_in_order`] does). MQTT cannot reject: what is rejected waits in this
//! process and is delivered again from there; when the process ends, it is the broker's. Messages that are not acknowledged are
//! bounded by the Receive Maximum of MQTT 5; with 3.1.1 by what the broker sends, which waits here.
//!
//! **Dead letters** are confirmed before the message is acknowledged. A topic keeps nothing for those who are not subscribed:
//! MQTT 5 says when nobody took a letter, and then the message stays unacknowledged and is tried again. With
//! [`Declare::Create`] a session of the group `redrive` is made for it, which keeps letters until a
//! [`Redrive`](crate::consume::Redrive) comes.
//!
//! **Headers.** With MQTT 5, headers are user properties, in order; values must be UTF-8 without control characters. Id and key travel as
//! [`ID_HEADER`] and [`KEY_HEADER`] (percent-encoded), the rest in MQTT's own properties. MQTT 3.1.1 has no headers: a message that has some is
//! refused, and what else it has no place for (id, key, ..) is lost, unless [`Connect::envelope`] puts everything into a
//! JSON object around the payload. Dead letters always have that envelope there, and whoever receives takes it off.
//!
//! **Bindings.** Of operations `qos` (1 unless set), `retain` and `messageExpiryInterval`; of messages
//! `payloadFormatIndicator`, `contentType` and `responseTopic`; of servers all, see [`Server::mqtt`](crate::message::Server::mqtt).

mod binding;
mod client;
mod member;
mod publisher;
mod server;
mod tls;
mod topic;
mod wire;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

pub use super::wire::{ID_HEADER, KEY_HEADER};
pub use member::{MqttAcknowledger, MqttSubscription};

use super::{
    Capabilities, Declare, PublishError, Receipt, Start, Subscribe, SubscribeError, Transport, TransportError, envelope,
};
use crate::consume::REDRIVE_GROUP;
use crate::message::{Channel, EventHeaders, Message, Operation};
use binding::{LastWill, MessageBinding, OperationBinding, Quality};
use client::{Base, Client, Options, Publication};
use member::{Member, Room, Shared};
use publisher::Publisher;
use topic::Mapping;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const PUBLISH_WITHIN: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const SESSION_EXPIRY: Duration = Duration::from_secs(7 * 86_400);
/// How long a publishing connection may be away before the broker forgets what it has of it, in seconds.
const PUBLISHER_EXPIRY: u32 = 300;
/// The client id, where none is set, that those of members begin with.
const CLIENT_ID: &str = "tidings";

/// A version of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Version {
    /// MQTT 5.
    #[default]
    V5,
    /// MQTT 3.1.1: without headers, and without a word of the broker when nobody takes a message.
    V3_1_1,
}

/// Begins a connection to the broker at `url`: `mqtt://host:port`, or `mqtts://host:port` for TLS, with `user:password@`
/// before the host if wanted. The port is 1883, or 8883 with TLS, unless set.
pub fn connect(url: impl Into<String>) -> Connect {
    Connect {
        url: url.into(),
        own: None,
        version: Version::default(),
        client_id: None,
        credentials: None,
        tls_roots: Vec::new(),
        certificate: None,
        keep_alive: KEEP_ALIVE,
        maximum_packet_size: None,
        will: None,
        settings: Settings {
            declare: Declare::default(),
            connect_within: CONNECT_WITHIN,
            publish_within: PUBLISH_WITHIN,
            session_expiry: SESSION_EXPIRY,
            share: None,
            envelope: false,
            in_order: false,
        },
    }
}

/// Begins with options of the client library that the program already has, for whatever it connects with (a WebSocket, a proxy, a
/// verifier of its own). A connection of MQTT has one session, so that what can be brought along is what connections are made
/// of; each gets a client id that begins with theirs. Their type changes with the client library, outside of this crate's version
/// promise.
pub fn with_options(options: rumqttc_v5::MqttOptions) -> Connect {
    let (id, keep_alive, place) = (options.client_id(), options.keep_alive(), shown(options.broker().tcp_address()));
    Connect { keep_alive, ..with_base(Version::V5, Base::V5(Box::new(options)), id, place) }
}

/// The same with MQTT 3.1.1.
pub fn with_options_v3_1_1(options: rumqttc_v4::MqttOptions) -> Connect {
    let (id, keep_alive, place) = (options.client_id(), options.keep_alive(), shown(options.broker().tcp_address()));
    Connect { keep_alive, ..with_base(Version::V3_1_1, Base::V4(Box::new(options)), id, place) }
}

fn with_base(version: Version, base: Base, id: String, place: String) -> Connect {
    let client_id = Some(id).filter(|id| !id.is_empty());
    // Of the URL nothing is used but in errors.
    Connect { version, own: Some(base), client_id, ..connect(place) }
}

fn shown(place: Option<(&str, u16)>) -> String {
    place.map_or_else(|| "mqtt://its-own-way".to_owned(), |(host, port)| format!("mqtt://{host}:{port}"))
}

/// A connection that is to be made by [`open`](Self::open).
#[derive(Clone)]
#[must_use = "nothing is connected until `open` is called"]
pub struct Connect {
    url: String,
    own: Option<Base>,
    version: Version,
    client_id: Option<String>,
    credentials: Option<(String, String)>,
    tls_roots: Vec<PathBuf>,
    certificate: Option<(PathBuf, PathBuf)>,
    keep_alive: Duration,
    maximum_packet_size: Option<u32>,
    will: Option<LastWill>,
    settings: Settings,
}

#[derive(Clone)]
struct Settings {
    declare: Declare,
    connect_within: Duration,
    publish_within: Duration,
    session_expiry: Duration,
    share: Option<bool>,
    envelope: bool,
    in_order: bool,
}

impl Connect {
    /// The version of the protocol; MQTT 5 unless set.
    pub fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// The client id: that of the connection that publishes, and the beginning of those of members. No two connections to a
    /// broker may have the same, and a process must have the same at every start. Unless set, `tidings` for members, and
    /// a random one for publishing: then each group has one process.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = Some(id.into());
        self
    }

    /// Authenticates with a user and a password, which MQTT sends as they are: use it over TLS.
    pub fn user(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some((user.into(), password.into()));
        self
    }

    /// Demands TLS, and trusts the certificates of this PEM file instead of the system's; may be called several times.
    pub fn tls_root(mut self, file: impl Into<PathBuf>) -> Self {
        self.tls_roots.push(file.into());
        self
    }

    /// Demands TLS, and shows this certificate with its key, both PEM files (X.509).
    pub fn certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.certificate = Some((certificate.into(), key.into()));
        self
    }

    /// How often a connection on which nothing happens shows that it lives; 30 s unless set, zero for never.
    pub fn keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = interval;
        self
    }

    /// For how long the broker keeps the session of a member that is gone, with its messages; 7 days unless set. Zero keeps
    /// nothing: what is not acknowledged when the process ends is lost. With MQTT 3.1.1 a session is kept without an end, or not
    /// at all.
    pub fn session_expiry(mut self, expiry: Duration) -> Self {
        self.settings.session_expiry = expiry;
        self
    }

    /// Accepts no packet with more bytes. The broker drops messages that are larger without a word; no limit unless set.
    pub fn maximum_packet_size(mut self, bytes: u32) -> Self {
        self.maximum_packet_size = Some(bytes);
        self
    }

    /// Whether members of a group share its messages by `$share`. MQTT 5 has that, and unless set it is used; in 3.1.1 it is an
    /// extension that a broker must know, since it would take `$share/..` for a topic on which nothing comes: unless set,
    /// every client id gets every message there.
    pub fn shared_subscriptions(mut self, shared: bool) -> Self {
        self.settings.share = Some(shared);
        self
    }

    /// Publishes messages in a JSON object that holds their headers, id, key and the rest, for MQTT 3.1.1, which has no place
    /// for them. All who read must know it: `{"tidings-envelope":1,"id":..,"headers":[[name, value]],"payload":..}`, where
    /// bytes that are no UTF-8 stand as `{"base64":..}`. MQTT 5 needs none, and there it changes nothing.
    pub fn envelope(mut self, envelope: bool) -> Self {
        self.settings.envelope = envelope;
        self
    }

    /// Sends acknowledgements in the order in which messages came, for brokers that insist on it: one that takes long then
    /// holds the others up.
    pub fn acknowledge_in_order(mut self, in_order: bool) -> Self {
        self.settings.in_order = in_order;
        self
    }

    /// Who sees to it that somebody keeps dead letters; [`Declare::Verify`] unless set. [`Declare::Create`] makes a
    /// session for letters that nobody takes, `Verify` reports them as not published, [`Declare::Never`] leaves them to chance.
    /// With MQTT 3.1.1, whose brokers do not say whether somebody takes a message, `Create` always makes the session and
    /// `Verify` sees nothing.
    pub fn declare(mut self, declare: Declare) -> Self {
        self.settings.declare = declare;
        self
    }

    /// For how long [`open`](Self::open) and subscriptions try; 10 s unless set.
    pub fn connect_within(mut self, limit: Duration) -> Self {
        self.settings.connect_within = limit;
        self
    }

    /// For how long a publication that is not confirmed is tried again; 10 s unless set.
    pub fn publish_within(mut self, limit: Duration) -> Self {
        self.settings.publish_within = limit;
        self
    }

    /// Connects.
    ///
    /// # Errors
    /// The settings are wrong, the broker refuses the credentials or a certificate (permanent), or it cannot be reached in
    /// time (transient).
    pub async fn open(self) -> Result<Mqtt, TransportError> {
        let members = self.options()?;
        let mut own = members.clone();
        own.client_id =
            self.client_id.clone().unwrap_or_else(|| format!("{CLIENT_ID}-{}", uuid::Uuid::new_v4().simple()));
        own.will = self.will;
        // So that what was on its way is confirmed after a reconnection. The old version would keep it without an end.
        own.session_expiry = if self.version == Version::V5 { PUBLISHER_EXPIRY } else { 0 };
        let publisher = Publisher::open(&own, self.settings.connect_within).await?;
        Ok(Mqtt(Arc::new(Broker {
            publisher,
            members,
            settings: self.settings,
            slots: Mutex::default(),
            kept: tokio::sync::Mutex::default(),
            closed: watch::Sender::new(false),
        })))
    }

    /// The options of members; their client ids begin with the one that is set there.
    fn options(&self) -> Result<Options, TransportError> {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("mqtt", &self.url));
        let tls = match scheme {
            "mqtt" | "mqtt5" | "tcp" => !self.tls_roots.is_empty() || self.certificate.is_some(),
            "mqtts" | "secure-mqtt" | "ssl" => true,
            other => {
                let fault = format!("the URL of an MQTT broker begins with `mqtt://` or `mqtts://`, not `{other}://`");
                return Err(TransportError::permanent(fault));
            }
        };
        let (found, place) = rest.rsplit_once('@').map_or((None, rest), |(found, place)| (Some(found), place));
        let in_url = found.map(|text| text.split_once(':').unwrap_or((text, "")));
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let in_url = in_url.map(|(user, password)| (decoded(user), decoded(password)));
        let place = place.split('/').next().unwrap_or(place);
        let default_port = if tls { 8_883 } else { 1_883 };
        let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (host, port) = match place.rsplit_once(':').filter(|(_, port)| is_port(port)) {
            Some((host, port)) => (host, port.parse().ok()),
            None => (place, Some(default_port)),
        };
        let (Some(port), false) = (port, host.is_empty()) else {
            return Err(TransportError::permanent(format!(
                "the URL of the MQTT broker has no proper host and port: `{place}`"
            )));
        };
        let tls = tls.then(|| tls::configuration(&self.tls_roots, self.certificate.as_ref())).transpose()?;
        Ok(Options {
            base: self.own.clone(),
            version: self.version,
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port,
            client_id: self.client_id.clone().unwrap_or_else(|| CLIENT_ID.to_owned()),
            tls,
            credentials: self.credentials.clone().or(in_url),
            keep_alive: self.keep_alive,
            will: None,
            session_expiry: u32::try_from(self.settings.session_expiry.as_secs()).unwrap_or(u32::MAX),
            receive_maximum: None,
            maximum_packet_size: self.maximum_packet_size,
        })
    }
}

/// A connection to an MQTT broker; clones share it.
#[derive(Clone)]
pub struct Mqtt(Arc<Broker>);

struct Broker {
    publisher: Publisher,
    /// What members connect with, but for what is their own.
    members: Options,
    settings: Settings,
    /// The members of this process, by what their client ids begin with.
    slots: Mutex<HashMap<String, Vec<Slot>>>,
    /// Topics of letters for which there is a session.
    kept: tokio::sync::Mutex<HashSet<String>>,
    closed: watch::Sender<bool>,
}

/// A client id that a member has, or had.
struct Slot {
    shared: Arc<Shared>,
    /// Its sender goes with the connection.
    gone: watch::Receiver<()>,
}

impl Mqtt {
    /// Whether the connection that publishes is there at the moment; when it is lost, connecting goes on by itself.
    pub fn is_connected(&self) -> bool {
        self.0.publisher.is_connected()
    }

    /// The client below that publishes, with MQTT 5, for what this crate does not offer. Its type changes with the client
    /// library, outside of this crate's version promise.
    pub fn client(&self) -> Option<&rumqttc_v5::AsyncClient> {
        match &self.0.publisher.client {
            Client::V5(client) => Some(client),
            Client::V4(_) => None,
        }
    }

    /// The same with MQTT 3.1.1.
    pub fn client_v3_1_1(&self) -> Option<&rumqttc_v4::AsyncClient> {
        match &self.0.publisher.client {
            Client::V4(client) => Some(client),
            Client::V5(_) => None,
        }
    }
}

impl Broker {
    fn refuse_if_closed(&self) -> Result<(), TransportError> {
        if *self.closed.borrow() { Err(TransportError::permanent("the connection is closed")) } else { Ok(()) }
    }

    fn shares(&self) -> bool {
        self.settings.share.unwrap_or(self.members.version == Version::V5)
    }

    /// The message as it is sent.
    fn publication(
        &self,
        address: &str,
        message: Message,
        operation: &OperationBinding,
        binding: &MessageBinding,
        is_letter: bool,
    ) -> Result<Publication, PublishError> {
        let topic = topic::of_address(address)?.to_owned();
        let (quality, retain) = (operation.quality(), operation.retain());
        let properties = match self.members.version {
            Version::V5 => {
                let properties = wire::properties(&message, binding, operation.message_expiry_interval)?;
                let is_bare = properties.user_properties.is_empty() && properties.content_type.is_none();
                (!is_bare || !envelope::is_ambiguous(&message.payload)).then_some(properties)
            }
            Version::V3_1_1 => None,
        };
        let wrapped = match self.members.version {
            Version::V5 => properties.is_none(),
            Version::V3_1_1 => self.settings.envelope || is_letter || envelope::is_ambiguous(&message.payload),
        };
        if self.members.version == Version::V3_1_1 && !wrapped && !message.headers.is_empty() {
            let fault = "MQTT 3.1.1 has no headers: connect with `envelope(true)`, or with MQTT 5";
            return Err(PublishError::encode(fault));
        }
        let payload = if wrapped { envelope::wrap(&message).map_err(PublishError::encode)? } else { message.payload };
        Ok(Publication { topic, payload, quality, retain, properties })
    }

    async fn publish(&self, publication: &Publication) -> Result<Option<bool>, PublishError> {
        Ok(self.publisher.publish(publication, self.settings.publish_within).await?.taken)
    }

    /// Publishes what must not be lost where nobody is subscribed.
    async fn publish_kept(&self, publication: Publication) -> Result<Receipt, PublishError> {
        let Settings { declare, .. } = self.settings;
        let topic = &publication.topic;
        if declare == Declare::Create && self.members.version == Version::V3_1_1 {
            self.keep(topic).await?;
        }
        match self.publish(&publication).await? {
            Some(false) if declare == Declare::Create => {
                self.keep(topic).await?;
                match self.publish(&publication).await? {
                    Some(false) => Err(TransportError::transient(nobody(topic)).into()),
                    _ => Ok(Receipt::new()),
                }
            }
            Some(false) if declare == Declare::Verify => Err(TransportError::transient(nobody(topic)).into()),
            _ => Ok(Receipt::new()),
        }
    }

    /// Makes the session of the group that takes dead letters back, so that the broker keeps them for it.
    async fn keep(&self, topic: &str) -> Result<(), TransportError> {
        let mut kept = self.kept.lock().await;
        // With MQTT 5 the broker says whether there is a session, and it just said that there is none.
        if self.members.version == Version::V3_1_1 && kept.contains(topic) {
            return Ok(());
        }
        let filter = self.filter(REDRIVE_GROUP, topic);
        let options = Options { client_id: self.member_id(REDRIVE_GROUP, &filter), ..self.members.clone() };
        let subscription = client::Subscription { filter, quality: Quality::One, retained: false };
        let shared = Shared::new(Room { max_in_flight: 1, in_order: false });
        let member = Member::new(&options, subscription, None, Arc::clone(&shared))?;
        let (here, mut gone) = watch::channel(());
        tokio::spawn(member.run(here));
        let joined = self.joined(&shared).await;
        shared.end(None);
        // Until its connection is closed, nobody else can have the session.
        let _ = gone.changed().await;
        joined?;
        tracing::info!(topic, group = REDRIVE_GROUP, "a session was made that keeps dead letters");
        kept.insert(topic.to_owned());
        Ok(())
    }

    async fn joined(&self, shared: &Shared) -> Result<(), TransportError> {
        let joined = tokio::time::timeout(self.settings.connect_within, shared.wait_joined()).await;
        joined.unwrap_or_else(|_| {
            Err(TransportError::transient(format!(
                "the MQTT broker did not confirm the subscription in time: {}",
                shared.fault()
            )))
        })
    }

    /// Joins a group; `is_inbox`: one of its own, for which the broker keeps nothing.
    async fn join(&self, request: Subscribe, is_inbox: bool) -> Result<MqttSubscription, SubscribeError> {
        self.refuse_if_closed()?;
        let mapping = Mapping::new(request.channel)?;
        let filter = match is_inbox {
            true => mapping.filter.clone(),
            false => self.filter(&request.group, &mapping.filter),
        };
        let room = Room { max_in_flight: request.max_in_flight.max(1), in_order: self.settings.in_order };
        let shared = Shared::new(room);
        let (here, gone) = watch::channel(());
        let slot = || Slot { shared: Arc::clone(&shared), gone: gone.clone() };
        let client_id = self.slot(&self.member_id(&request.group, &filter), slot).await;
        let receive_maximum = Some(u16::try_from(room.max_in_flight).unwrap_or(u16::MAX));
        let session_expiry = if is_inbox { 0 } else { self.members.session_expiry };
        let options = Options { client_id, receive_maximum, session_expiry, ..self.members.clone() };
        let subscription = client::Subscription {
            filter,
            quality: OperationBinding::of(request.operation).quality(),
            retained: request.start == Start::Earliest,
        };
        let member = match Member::new(&options, subscription, Some(mapping), Arc::clone(&shared)) {
            Ok(member) => member,
            Err(error) => {
                shared.end(None);
                return Err(error.into());
            }
        };
        let subscription = MqttSubscription {
            shared: Arc::clone(&shared),
            client: member.client.clone(),
            closed: self.closed.subscribe(),
        };
        tokio::spawn(member.run(here));
        // Dropped without having joined, it ends.
        self.joined(&shared).await?;
        Ok(subscription)
    }

    /// What a group subscribes to.
    fn filter(&self, group: &str, filter: &str) -> String {
        if self.shares() { topic::shared(group, filter) } else { filter.to_owned() }
    }

    /// What the client ids of the members of a group begin with: the same at every start, and for no other group or topics.
    fn member_id(&self, group: &str, filter: &str) -> String {
        let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let group_shown: String = group.chars().map(plain).collect();
        let base = &self.members.client_id;
        format!("{base}-{group_shown}-{:08x}", fingerprint(&[group, filter]))
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<String, Vec<Slot>>> {
        // Nothing in here panics half way.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the first client id of a group that no member of this process has; waits for one whose member just ended, since
    /// its session has what that one left.
    async fn slot(&self, base: &str, slot: impl Fn() -> Slot) -> String {
        loop {
            let leaving = {
                let mut slots = self.slots();
                let members = slots.entry(base.to_owned()).or_default();
                let free = members.iter().position(|member| member.shared.is_ended());
                match free.and_then(|at| members.get_mut(at)).map(|member| (member.gone.has_changed().is_err(), member))
                {
                    Some((true, member)) => {
                        *member = slot();
                        let at = free.unwrap_or_default();
                        return numbered(base, at);
                    }
                    Some((false, member)) => member.gone.clone(),
                    None => {
                        members.push(slot());
                        return numbered(base, members.len() - 1);
                    }
                }
            };
            let mut leaving = leaving;
            // Nothing is ever sent: the end is the connection's.
            let _ = leaving.changed().await;
        }
    }
}

fn nobody(topic: &str) -> String {
    format!(
        "nobody takes what is published to `{topic}`, so it would be lost: let a session subscribe to it, or connect with \
         `declare(Declare::Create)`"
    )
}

fn numbered(base: &str, at: usize) -> String {
    if at == 0 { base.to_owned() } else { format!("{base}-{}", at + 1) }
}

/// FNV-1a: short, and the same everywhere and always.
fn fingerprint(texts: &[&str]) -> u32 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Transport for Mqtt {
    type Subscription = MqttSubscription;

    fn system(&self) -> &'static str {
        "mqtt"
    }

    fn capabilities(&self) -> Capabilities {
        let kept = self.0.members.session_expiry > 0;
        Capabilities {
            acknowledge: kept,
            native_delay: true,
            durable: kept,
            headers: self.0.members.version == Version::V5 || self.0.settings.envelope,
            shared_groups: self.0.shares(),
            reply: true,
            events: (self.0.members.version == Version::V5).then(EventHeaders::default),
            ..Capabilities::default()
        }
    }

    async fn publish(
        &self,
        _: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        let (operation, binding) = (OperationBinding::default(), MessageBinding::default());
        self.0.refuse_if_closed()?;
        let publication = self.0.publication(address, message, &operation, &binding, false)?;
        self.0.publish(&publication).await.map(|_| Receipt::new())
    }

    async fn send(
        &self,
        operation: &'static Operation,
        bindings: &'static [(&'static str, &'static str)],
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        let (operation, binding) = (OperationBinding::of(Some(operation)), MessageBinding::of(bindings));
        self.0.refuse_if_closed()?;
        let publication = self.0.publication(address, message, &operation, &binding, false)?;
        self.0.publish(&publication).await.map(|_| Receipt::new())
    }

    async fn republish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
        _: &str,
    ) -> Result<Receipt, PublishError> {
        let (operation, binding) = (OperationBinding::default(), MessageBinding::default());
        self.0.refuse_if_closed()?;
        let publication = self.0.publication(address, message, &operation, &binding, channel.is_none())?;
        self.0.publish_kept(publication).await
    }

    async fn subscribe(&self, request: Subscribe) -> Result<MqttSubscription, SubscribeError> {
        self.0.join(request, false).await
    }

    /// By a session that ends with its connection.
    async fn subscribe_replies(&self, request: Subscribe) -> Result<MqttSubscription, SubscribeError> {
        self.0.join(request, true).await
    }

    async fn ping(&self) -> Result<(), TransportError> {
        self.0.refuse_if_closed()?;
        self.0.publisher.ping().await?;
        self.0.slots().values().flatten().try_for_each(|member| member.shared.ping())
    }

    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        if self.0.closed.send_replace(true) {
            return Ok(());
        }
        let members: Vec<Slot> = self.0.slots().drain().flat_map(|(_, members)| members).collect();
        members.iter().for_each(|member| member.shared.end(None));
        let closing = async {
            for mut member in members {
                // Nothing is ever sent: the end is the connection's.
                let _ = member.gone.changed().await;
            }
            self.0.publisher.close().await;
        };
        let late = |_| TransportError::transient("MQTT was not left in time; what was not confirmed may be lost");
        tokio::time::timeout(deadline, closing).await.map_err(late)
    }
}
