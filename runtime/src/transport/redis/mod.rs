//! Redis: streams, which deliver at least once, and publish/subscribe, which delivers at most once. Redis 6.2 or newer.
//!
//! In: publications and subscriptions of channels. Out: entries of streams or published messages, and deliveries. [`connect`]
//! begins:
//!
//! ```no_run
//! # async fn example() -> Result<(), tidings_runtime::transport::TransportError> {
//! use tidings_runtime::transport::{Declare, redis};
//! let redis = redis::connect("redis://127.0.0.1:6379").declare(Declare::Create).streams().await?;
//! # Ok(())
//! # }
//! ```
//!
//! **Addresses.** A channel is one stream, whose key is its address, a parameter replaced by its name (`orders/{id}` is
//! `orders/id`); messages carry their address in the field [`ADDRESS_HEADER`] where there are several. With publish/subscribe
//! the address is the name, and a channel with parameters is listened to by a pattern. [`Connect::prefix`] stands in front of
//! all keys.
//!
//! **Groups.** A consumer group is one of Redis, each subscription a consumer in it. What a consumer was given and did not
//! settle is claimed by the others when it gave no sign of life for [`Connect::claim_after`]; while it lives, deliveries are
//! kept alive, so a handler may take longer. The server counts the attempts. Consumers that have nothing left are removed.
//!
//! **Order by key.** Members of a group share its messages whatever their keys are: within one process messages of one key
//! are handled one after another, two members may handle them at the same time, and what a dead one held comes after what is
//! new. With [`Connect::ordered_by_key`] the order holds across the group: keys are shared out to streams, `address:0` and
//! so on, and each stream is read by one member at a time, who holds a lease that ends by itself; the next one begins with what
//! the last one did not settle.
//!
//! **Settling.** Retries are held by this process, which keeps the order. A delivery that is given back comes again at once.
//!
//! **Publishing** is confirmed when Redis has stored the message, which survives a crash with `appendfsync always`. A
//! publication whose confirmation was lost is repeated, and Redis drops no duplicates: an idempotent consumer does, by
//! [`Message::id`]. Streams grow unless [`Connect::trim`] says otherwise; what is trimmed before it was handled is lost, and an
//! error of the log.
//!
//! **Fields.** An entry begins with the payload, in the field `payload` ([`Connect::payload_field`]); what [`Message`] has
//! fields for is in [`ID_HEADER`], [`KEY_HEADER`], [`CONTENT_TYPE_HEADER`], [`CORRELATION_ID_HEADER`] and
//! [`REPLY_TO_HEADER`]; headers are fields of their names, in order. Published messages have no fields: headers, ids and keys
//! need [`Connect::envelope`].
//!
//! **Replies.** Each requester has an inbox, `tidings:inbox:` and a name of its own: a stream, which it empties as it reads and
//! removes in the end, and which ends by itself within a minute when the requester died; with publish/subscribe a channel,
//! which needs the envelope. A reply to an inbox that is gone is an error at once.

mod address;
mod declare;
mod inbox;
mod leases;
mod line;
mod member;
mod server;
mod subscription;
mod wire;

use std::collections::HashMap;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::Cmd;
use redis::aio::ConnectionManager;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use subscription::{RedisAcknowledger, RedisSubscription};

#[cfg(doc)]
use super::wire::{ADDRESS_HEADER, CONTENT_TYPE_HEADER, CORRELATION_ID_HEADER, ID_HEADER, KEY_HEADER, REPLY_TO_HEADER};
use super::{
    Capabilities, Declare, PublishError, Receipt, Subscribe, SubscribeError, Transport, TransportError, envelope,
};
use crate::message::{AddressError, Channel, Message};
use line::{Endpoint, Line};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const PUBLISH_WITHIN: Duration = Duration::from_secs(10);
const CLAIM_AFTER: Duration = Duration::from_secs(30);

/// What streams keep of what was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trim {
    /// Everything, until somebody removes it.
    #[default]
    Never,
    /// About so many of the newest messages.
    Newest(u64),
    /// About what is not older than this, by the clock of who publishes.
    Younger(Duration),
}

/// Begins a connection to the server at `url`: `redis://host:port/database`, or `rediss://` for TLS, with `user:password@` or
/// `:password@` before the host if wanted.
pub fn connect(url: impl Into<String>) -> Connect {
    Connect {
        endpoint: Endpoint {
            own: None,
            url: url.into(),
            user: None,
            password: None,
            roots: Vec::new(),
            certificate: None,
        },
        connect_within: CONNECT_WITHIN,
        settings: Settings {
            prefix: String::new(),
            payload_field: "payload".to_owned(),
            declare: Declare::default(),
            shards: None,
            claim_after: CLAIM_AFTER,
            publish_within: PUBLISH_WITHIN,
            trim: Trim::default(),
            envelope: false,
        },
    }
}

/// Uses a client that the program has; URL, credentials and certificates are its own. Its type changes with the client library,
/// outside of this crate's version promise.
pub fn with_client(client: redis::Client) -> Connect {
    let mut connect = connect("");
    connect.endpoint.own = Some(client);
    connect
}

/// A connection that is to be made; [`streams`](Self::streams) or [`pubsub`](Self::pubsub) makes it.
#[derive(Clone)]
#[must_use = "nothing is connected until `streams` or `pubsub` is called"]
pub struct Connect {
    endpoint: Endpoint,
    connect_within: Duration,
    settings: Settings,
}

#[derive(Clone)]
struct Settings {
    prefix: String,
    payload_field: String,
    declare: Declare,
    /// Over how many streams keys are shared out, each read by one member at a time.
    shards: Option<NonZero<usize>>,
    claim_after: Duration,
    publish_within: Duration,
    trim: Trim,
    envelope: bool,
}

impl Connect {
    /// Authenticates with a user (of Redis' access control lists) and a password; an empty user is the default one.
    pub fn user(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.endpoint.user = Some(user.into());
        self.endpoint.password = Some(password.into());
        self
    }

    /// Authenticates the default user (`requirepass`).
    pub fn password(self, password: impl Into<String>) -> Self {
        self.user("", password)
    }

    /// Demands TLS, and trusts the certificates of this PEM file instead of the system's; may be called several times.
    pub fn tls_root(mut self, file: impl Into<PathBuf>) -> Self {
        self.endpoint.roots.push(file.into());
        self
    }

    /// Demands TLS, and shows this certificate with its key, both PEM files (X.509).
    pub fn certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.endpoint.certificate = Some((certificate.into(), key.into()));
        self
    }

    /// Stands in front of every key and channel; nothing unless set.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.settings.prefix = prefix.into();
        self
    }

    /// The field of an entry that is the payload; `payload` unless set. Others may write it under another name.
    pub fn payload_field(mut self, name: impl Into<String>) -> Self {
        self.settings.payload_field = name.into();
        self
    }

    /// Who makes streams and groups; [`Declare::Verify`] unless set.
    pub fn declare(mut self, declare: Declare) -> Self {
        self.settings.declare = declare;
        self
    }

    /// Keeps the order of each key across the members of a group: shares keys out to so many streams of each address, each of
    /// which one member at a time reads; 0 counts as 1, which is the address' own stream. All who publish and consume must
    /// say the same number. At most so many members of a group have work.
    pub fn ordered_by_key(mut self, streams: usize) -> Self {
        self.settings.shards = Some(NonZero::new(streams).unwrap_or(NonZero::<usize>::MIN));
        self
    }

    /// How long a member may give no sign of life until the others claim what it holds; 30 s unless set, at least 100 ms.
    pub fn claim_after(mut self, wait: Duration) -> Self {
        self.settings.claim_after = wait.max(Duration::from_millis(100));
        self
    }

    /// What streams keep; everything unless set.
    pub fn trim(mut self, trim: Trim) -> Self {
        self.settings.trim = trim;
        self
    }

    /// Puts messages that are published into a JSON object, so that publish/subscribe has headers, ids and keys; no unless
    /// set. All who read must know it: `{"tidings-envelope":1,"id":..,"headers":[[name, value]],"payload":..}`. What comes in
    /// one is always taken out.
    pub fn envelope(mut self, envelope: bool) -> Self {
        self.settings.envelope = envelope;
        self
    }

    /// For how long connecting is tried; 10 s unless set.
    pub fn connect_within(mut self, limit: Duration) -> Self {
        self.connect_within = limit;
        self
    }

    /// For how long a publication that is not confirmed is tried again; 10 s unless set.
    pub fn publish_within(mut self, limit: Duration) -> Self {
        self.settings.publish_within = limit;
        self
    }

    /// Connects, for streams: delivery at least once.
    ///
    /// # Errors
    /// The settings are wrong, the server refuses the credentials or the certificate (permanent), or it cannot be reached in
    /// time (transient).
    pub async fn streams(self) -> Result<Redis, TransportError> {
        self.open(Mode::Streams).await
    }

    /// Connects, for publish/subscribe: delivery at most once, to those who listen at that moment.
    ///
    /// # Errors
    /// Those of [`streams`](Self::streams).
    pub async fn pubsub(self) -> Result<Redis, TransportError> {
        self.open(Mode::Published).await
    }

    async fn open(self, mode: Mode) -> Result<Redis, TransportError> {
        let line = Line::open(self.endpoint, self.connect_within).await?;
        let shared = Shared {
            line,
            mode,
            settings: self.settings,
            turn: AtomicUsize::new(0),
            closed: watch::Sender::new(false),
            tasks: Mutex::default(),
            readers: Mutex::default(),
        };
        Ok(Redis(Arc::new(shared)))
    }

    /// A connection for commands alone.
    #[cfg(feature = "redis-store")]
    pub(crate) async fn commands(self) -> Result<ConnectionManager, TransportError> {
        Ok(Line::open(self.endpoint, self.connect_within).await?.commands())
    }
}

/// What messages travel by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Streams,
    Published,
}

/// A connection to Redis; clones share it.
#[derive(Clone)]
pub struct Redis(Arc<Shared>);

struct Shared {
    line: Line,
    mode: Mode,
    settings: Settings,
    /// Messages without a key take the streams in turn.
    turn: AtomicUsize,
    closed: watch::Sender<bool>,
    /// The members of groups, and the readers of replies.
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// How many readers of replies there are at an address.
    readers: Mutex<HashMap<String, usize>>,
}

impl Shared {
    fn refuse_if_closed(&self) -> Result<(), TransportError> {
        if *self.closed.borrow() { Err(TransportError::permanent("the connection is closed")) } else { Ok(()) }
    }

    /// The name that the streams of a channel have in common, and the streams.
    fn streams(&self, channel: &'static Channel) -> Result<(String, Vec<String>), AddressError> {
        let base = address::stream(&self.settings.prefix, channel.template().as_str())?;
        let shards = self.settings.shards.map_or(1, NonZero::get);
        let streams = (0..shards).map(|number| address::shard(&base, number, shards)).collect();
        Ok((base, streams))
    }

    /// Lets closing wait for a member.
    fn remember(&self, task: JoinHandle<()>) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Adds an entry to the stream of an address.
    async fn add(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        let (stream, carries) = address::route(&self.settings.prefix, channel, address)?;
        let shards = self.settings.shards.map_or(1, NonZero::get);
        let shard = match &message.key {
            Some(key) => address::shard_of(key, shards),
            None => self.turn.fetch_add(1, Ordering::Relaxed) % shards,
        };
        let stream = address::shard(&stream, shard, shards);
        let mut command = Cmd::new();
        command.arg("XADD").arg(&stream);
        if self.settings.declare != Declare::Create {
            command.arg("NOMKSTREAM");
        }
        match self.settings.trim {
            Trim::Never => (),
            Trim::Newest(count) => drop(command.arg("MAXLEN").arg("~").arg(count)),
            Trim::Younger(age) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                command.arg("MINID").arg("~").arg(now.saturating_sub(age).as_millis() as u64);
            }
        }
        let id = self.store(command, &stream, message, carries.then_some(address)).await?;
        let id = id.ok_or_else(|| declare::no_stream(&stream))?;
        Ok(Receipt::new().with_position(format!("{stream}@{id}")))
    }

    /// Ends the command that adds an entry, and sends it; gives the entry's id, or none where there is no stream.
    async fn store(
        &self,
        mut command: Cmd,
        stream: &str,
        mut message: Message,
        address: Option<&str>,
    ) -> Result<Option<String>, TransportError> {
        command.arg("*");
        wire::add(&mut command, &self.settings.payload_field, &mut message, address);
        let what = format!("a message for the stream `{stream}`");
        self.line.insist(&what, &command, self.settings.publish_within).await
    }

    /// Puts a reply into an inbox.
    async fn answer(&self, address: &str, message: Message) -> Result<Receipt, PublishError> {
        let gone = || TransportError::permanent(format!("the inbox `{address}` is gone"));
        match self.mode {
            Mode::Streams => {
                let stream = address::stream(&self.settings.prefix, address)?;
                let mut command = Cmd::new();
                command.arg("XADD").arg(&stream).arg("NOMKSTREAM");
                let id = self.store(command, &stream, message, None).await?.ok_or_else(gone)?;
                Ok(Receipt::new().with_position(format!("{stream}@{id}")))
            }
            Mode::Published if self.tell(address, message, false).await? == 0 => Err(gone().into()),
            Mode::Published => Ok(Receipt::new()),
        }
    }

    /// Publishes to whoever listens; says how many do.
    async fn tell(&self, address: &str, message: Message, is_letter: bool) -> Result<u64, PublishError> {
        let payload = envelope::bare(message, self.settings.envelope || is_letter)?;
        let mut command = Cmd::new();
        command.arg("PUBLISH").arg(format!("{}{address}", self.settings.prefix)).arg(&payload[..]);
        let what = format!("a message for `{address}`");
        Ok(self.line.insist(&what, &command, self.settings.publish_within).await?)
    }
}

impl Redis {
    /// The connection below, for what this crate does not offer. Its type changes with the client library, outside of this
    /// crate's version promise.
    pub fn connection(&self) -> ConnectionManager {
        self.0.line.commands()
    }
}

impl Transport for Redis {
    type Subscription = RedisSubscription;

    fn capabilities(&self) -> Capabilities {
        let stored = self.0.mode == Mode::Streams;
        Capabilities {
            acknowledge: stored,
            delivery_count: stored,
            durable: stored,
            shared_groups: stored,
            headers: stored || self.0.settings.envelope,
            // What leads a reply back is in headers.
            reply: stored || self.0.settings.envelope,
            ..Capabilities::default()
        }
    }

    async fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        self.0.refuse_if_closed()?;
        match self.0.mode {
            Mode::Streams => self.0.add(channel, address, message).await,
            Mode::Published => self.0.tell(address, message, false).await.map(|_| Receipt::new()),
        }
    }

    async fn republish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
        _letter: &str,
    ) -> Result<Receipt, PublishError> {
        self.0.refuse_if_closed()?;
        match self.0.mode {
            Mode::Streams => self.0.add(channel, address, message).await,
            Mode::Published => self.0.tell(address, message, true).await.map(|_| Receipt::new()),
        }
    }

    fn system(&self) -> &'static str {
        "redis"
    }

    async fn ping(&self) -> Result<(), TransportError> {
        self.0.refuse_if_closed()?;
        let answer = self.0.line.ask::<()>(Cmd::new().arg("PING")).await;
        answer.map_err(|error| line::failure("Redis does not answer", &error))
    }

    /// Redis before 7.0 does not say how far a group is behind.
    async fn lag(&self, request: &Subscribe) -> Result<Option<u64>, TransportError> {
        if self.0.mode == Mode::Published {
            return Ok(None);
        }
        let (_, streams) = self.0.streams(request.channel).map_err(TransportError::permanent)?;
        declare::lag(&self.0.line, &streams, &request.group).await
    }

    async fn subscribe(&self, request: Subscribe) -> Result<RedisSubscription, SubscribeError> {
        self.0.refuse_if_closed()?;
        match self.0.mode {
            Mode::Streams => RedisSubscription::join(&self.0, request).await,
            Mode::Published => RedisSubscription::listen(&self.0, &request).await,
        }
    }

    fn inbox(&self, name: &str) -> String {
        inbox::of(name)
    }

    async fn subscribe_replies(&self, request: Subscribe) -> Result<RedisSubscription, SubscribeError> {
        self.0.refuse_if_closed()?;
        match self.0.mode {
            Mode::Streams => RedisSubscription::read_replies(&self.0, &request).await,
            Mode::Published => RedisSubscription::listen(&self.0, &request).await,
        }
    }

    async fn reply(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        if channel.is_some() || !inbox::is_inbox(address) {
            return self.publish(channel, address, message).await;
        }
        self.0.refuse_if_closed()?;
        self.0.answer(address, message).await
    }

    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        if self.0.closed.send_replace(true) {
            return Ok(());
        }
        let tasks = std::mem::take(&mut *self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let ending = async {
            for task in tasks {
                // A task that panicked has nothing to give back.
                let _ = task.await;
            }
        };
        let late =
            |_| TransportError::transient("groups of Redis were not left in time; what they held is claimed later");
        tokio::time::timeout(deadline, ending).await.map_err(late)
    }
}
