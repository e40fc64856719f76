//! NATS: JetStream, which delivers at least once, and core NATS, which delivers at most once.
//!
//! In: publications and subscriptions of channels. Out: messages on subjects, and deliveries. [`connect`] begins:
//!
//! ```no_run
//! # async fn example() -> Result<(), tidings_runtime::transport::TransportError> {
//! use tidings_runtime::transport::nats::{self, Declare};
//! let nats = nats::connect("nats://127.0.0.1:4222").declare(Declare::Create).jetstream().await?;
//! # Ok(())
//! # }
//! ```
//!
//! The URL of a server of the document comes from its static: `nats::connect(orders::BROKER_SERVER.url(&[])?)`.
//!
//! **Addresses.** The separators `/` and `.` of an address become the `.` of a subject, and empty segments have no token;
//! a subscription has the wildcard `*` for every segment that holds a parameter. Deliveries have the address of the
//! document again. [`Connect::prefix`] puts tokens in front of all subjects. Addresses with white space, `*`, `>` or a `$` in front are refused.
//!
//! **Streams and groups.** A consumer group is a durable pull consumer with the group's name and the channel's subjects as
//! its one filter. Who makes streams and consumers is said by [`Declare`]. A new group gets what is published from then on.
//!
//! **Order by key.** JetStream does not keep it with several deliveries in flight. Within one process the consumer does:
//! messages of one key are handled one after another, and messages with a key wait for what was delivered before a
//! restart of the server, the connection or the process and not acknowledged. Several members of one group share its
//! messages whatever their keys are: then two members may handle messages of one key at the same time.
//!
//! **Settling.** Unsettled deliveries are kept alive with progress acknowledgements, so a handler may take longer than
//! [`Connect::acknowledge_wait`]; that is how long it takes until the messages of a process that died come again.
//! Acknowledgements are not confirmed by the server: one that is lost leads to a second delivery.
//!
//! **Headers.** What NATS has no field for travels in [`ID_HEADER`], [`KEY_HEADER`], [`CONTENT_TYPE_HEADER`],
//! [`CORRELATION_ID_HEADER`] and [`REPLY_TO_HEADER`], percent-encoded. Without them, the id is that of `Nats-Msg-Id` and
//! the media type that of `Content-Type`. The application's headers arrive with their values in order within
//! each name, names sorted, values without white space around them; values must be UTF-8 without line breaks. A message of
//! another producer that breaks this ends the connection in the client library, and again each time the server delivers it:
//! remove it from the stream (`nats stream rmm`).
//!
//! **Duplicates.** With JetStream every message has an id, a random one if it came without. Within the stream's duplicate
//! window (2 minutes unless set) the server drops a second message with the same id and address, so a publication that is
//! repeated because its confirmation was lost is stored once.
//!
//! **Core NATS.** Headers cost more than a small payload, so a message that was not given an id or a media type travels
//! without: nothing is delivered twice, and both sides know what the document states. There is no confirmation, no redelivery, no group that outlives its members: a publication is `Ok` when
//! it was handed to a live connection, and what a slow member cannot take in is dropped by the client, with a warning.

mod declare;
mod held;
mod order;
mod server;
mod subject;
mod subscription;
mod wire;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::context::{PublishErrorKind, RequestErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, Context, ContextBuilder};
use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use tokio::sync::watch;
use tokio::time::Instant;

pub use held::NatsAcknowledger;
pub use subscription::NatsSubscription;

pub use super::Declare;
pub use super::wire::{CONTENT_TYPE_HEADER, CORRELATION_ID_HEADER, ID_HEADER, KEY_HEADER, REPLY_TO_HEADER};
use super::{Capabilities, PublishError, Receipt, Subscribe, SubscribeError, Transport, TransportError};
use crate::consume::Backoff;
use crate::message::{Channel, EventHeaders, Message, identity};
use crate::observe::dropped;
use held::Held;
use subject::Mapping;

const ACKNOWLEDGE_WAIT: Duration = Duration::from_secs(30);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const PUBLISH_WITHIN: Duration = Duration::from_secs(10);
/// How long to wait at most before a lost connection is made again: those who publish are waiting for it.
const PAUSE: Duration = Duration::from_secs(1);
/// How long one try to publish waits for its confirmation.
const CONFIRMATION: Duration = Duration::from_secs(2);
/// How long a request to JetStream's own interface waits for its answer.
const ANSWER: Duration = Duration::from_secs(5);

/// The media type of the data is an attribute as the others are; that of the payload says that it is a structured event.
const EVENTS: EventHeaders = EventHeaders {
    content_type: Some("ce-datacontenttype"),
    structured_type: Some("Content-Type"),
    ..EventHeaders::HTTP
};

/// Begins a connection to the server at `url`: `nats://host:port` or `tls://host:port`, several separated by commas,
/// with `user:password@` or `token@` before the host if wanted.
pub fn connect(url: impl Into<String>) -> Connect {
    Connect {
        url: url.into(),
        own: None,
        name: None,
        credentials: None,
        tls_roots: Vec::new(),
        certificate: None,
        prefix: String::new(),
        connect_within: CONNECT_WITHIN,
        settings: Settings {
            declare: Declare::default(),
            acknowledge_wait: ACKNOWLEDGE_WAIT,
            publish_within: PUBLISH_WITHIN,
        },
    }
}

/// Begins with a client that the program already has, and that stays its own: closing what is made of it does not close it. The
/// settings that are about connecting count for nothing. Its type changes with the client library, outside of this crate's
/// version promise.
pub fn with_client(client: Client) -> Connect {
    Connect { own: Some(client), ..connect("") }
}

/// A connection that is to be made; [`jetstream`](Self::jetstream) or [`core`](Self::core) makes it.
#[derive(Clone)]
#[must_use = "nothing is connected until `jetstream` or `core` is called"]
pub struct Connect {
    url: String,
    own: Option<Client>,
    name: Option<String>,
    credentials: Option<Credentials>,
    tls_roots: Vec<PathBuf>,
    certificate: Option<(PathBuf, PathBuf)>,
    prefix: String,
    connect_within: Duration,
    settings: Settings,
}

#[derive(Clone)]
enum Credentials {
    Token(String),
    User(String, String),
}

#[derive(Clone)]
struct Settings {
    declare: Declare,
    acknowledge_wait: Duration,
    publish_within: Duration,
}

impl Connect {
    /// The name that the server shows for this connection.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Authenticates with a token.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.credentials = Some(Credentials::Token(token.into()));
        self
    }

    /// Authenticates with a user and a password.
    pub fn user(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some(Credentials::User(user.into(), password.into()));
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

    /// Puts these tokens, `staging` or `shop.staging`, in front of every subject, so that those who share a server do not
    /// see each other's messages. Streams and subscriptions have it too; addresses stay as the document writes them.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Who makes streams and durable consumers; [`Declare::Verify`] unless set. Core NATS has none.
    pub fn declare(mut self, declare: Declare) -> Self {
        self.settings.declare = declare;
        self
    }

    /// How long JetStream waits for a sign of life before it delivers again, for durable consumers that this connection
    /// creates; 30 s unless set.
    pub fn acknowledge_wait(mut self, wait: Duration) -> Self {
        self.settings.acknowledge_wait = wait;
        self
    }

    /// For how long [`jetstream`](Self::jetstream) and [`core`](Self::core) try to connect; 10 s unless set.
    pub fn connect_within(mut self, limit: Duration) -> Self {
        self.connect_within = limit;
        self
    }

    /// For how long a publication to JetStream that is not confirmed is tried again; 10 s unless set. The last try may
    /// outlast it by 2 s.
    pub fn publish_within(mut self, limit: Duration) -> Self {
        self.settings.publish_within = limit;
        self
    }

    /// Connects, for delivery at least once; the server must have JetStream.
    ///
    /// # Errors
    /// The server refuses the credentials or the certificate, or has no JetStream (permanent), or cannot be reached in time
    /// (transient).
    pub async fn jetstream(self) -> Result<Nats, TransportError> {
        let settings = self.settings.clone();
        let connection = self.open().await?;
        let client = connection.client.clone();
        let context =
            |timeout| ContextBuilder::new().timeout(timeout).backpressure_on_inflight(true).build(client.clone());
        let jetstream = JetStream { publishing: context(CONFIRMATION), managing: context(ANSWER), settings };
        if jetstream.settings.declare != Declare::Never {
            jetstream.greet().await?;
        }
        Ok(Nats { connection, jetstream: Some(Arc::new(jetstream)) })
    }

    /// Connects, for delivery at most once.
    ///
    /// # Errors
    /// The server refuses the credentials or the certificate (permanent), or cannot be reached in time (transient).
    pub async fn core(self) -> Result<Nats, TransportError> {
        Ok(Nats { connection: self.open().await?, jetstream: None })
    }

    async fn open(self) -> Result<Arc<Connection>, TransportError> {
        // TLS panics where two providers of cryptography are compiled in and none is chosen; a choice that was made stays.
        let _ = async_nats::rustls::crypto::ring::default_provider().install_default();
        let unfit = |error| TransportError::permanent(format!("the prefix of NATS subjects: {error}"));
        let prefix = subject::of_prefix(&self.prefix).map_err(unfit)?;
        if let Some(client) = self.own {
            let connected = watched(&client);
            return Ok(Arc::new(Connection::new(client, prefix, connected, true)));
        }
        let unreadable = |error| TransportError::permanent(format!("the NATS URL cannot be read: {error}"));
        let servers: Vec<ServerAddr> =
            self.url.split(',').map(|url| url.trim().parse()).collect::<Result<_, _>>().map_err(unreadable)?;
        let (connects, connected) = watch::channel(0_u64);
        let mut options = ConnectOptions::new().event_callback(move |event| {
            match &event {
                Event::Connected => connects.send_modify(|count| *count += 1),
                Event::SlowConsumer(_) => {
                    dropped("nats");
                    tracing::warn!("NATS dropped messages: the subscription cannot keep up");
                }
                Event::Disconnected | Event::ServerError(_) => tracing::warn!(%event, "NATS"),
                _ => tracing::debug!(%event, "NATS"),
            }
            std::future::ready(())
        });
        // Subjects are looked at here before they are sent.
        options = options.skip_subject_validation(true).reconnect_delay_callback(move |attempts| match attempts {
            // The first one is made at once.
            0 | 1 => Duration::ZERO,
            _ => pauses().delay(u32::try_from(attempts).unwrap_or(u32::MAX)),
        });
        options = match self.credentials.or_else(|| servers.iter().find_map(credentials)) {
            None => options,
            Some(Credentials::Token(token)) => options.token(token),
            Some(Credentials::User(user, password)) => options.user_and_password(user, password),
        };
        if let Some(name) = self.name {
            options = options.name(name);
        }
        options = options.require_tls(!self.tls_roots.is_empty() || self.certificate.is_some());
        if let Some((certificate, key)) = self.certificate {
            options = options.add_client_certificate(certificate, key);
        }
        for file in self.tls_roots {
            options = options.add_root_certificates(file);
        }
        // Without what may be secret.
        let places: Vec<String> = servers.iter().map(|server| format!("{}:{}", server.host(), server.port())).collect();
        let places = places.join(", ");
        let deadline = Instant::now() + self.connect_within;
        let mut tries = 0_u32;
        let client = loop {
            let error = match options.clone().connect(servers.clone()).await {
                Ok(client) => break client,
                Err(error) => refusal(&places, &error),
            };
            tries = tries.saturating_add(1);
            let delay = pauses().delay(tries);
            if !error.transient || Instant::now() + delay >= deadline {
                return Err(error);
            }
            tracing::debug!(tries, ?delay, %error, "not connected; trying again");
            tokio::time::sleep(delay).await;
        };
        Ok(Arc::new(Connection::new(client, prefix, connected, false)))
    }
}

/// Counts the connections that a client makes whose events go elsewhere.
fn watched(client: &Client) -> watch::Receiver<u64> {
    let statistics = client.statistics();
    let count = move || statistics.connects.load(Ordering::Relaxed);
    let (connects, connected) = watch::channel(count());
    tokio::spawn(async move {
        let mut beat = tokio::time::interval(Duration::from_millis(250));
        while !connects.is_closed() {
            beat.tick().await;
            let now = count();
            connects.send_if_modified(|known| std::mem::replace(known, now) != now);
        }
    });
    connected
}

/// The pauses between attempts to connect.
fn pauses() -> Backoff {
    Backoff::exponential(Duration::from_millis(50)).max_delay(PAUSE)
}

/// Why there is no connection, and what to do.
fn refusal(places: &str, error: &async_nats::ConnectError) -> TransportError {
    match error.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
            TransportError::permanent(format!(
                "the NATS server at {places} refused the credentials: {error}; check user and password, token or certificate"
            ))
        }
        ConnectErrorKind::ServerParse => {
            TransportError::permanent(format!("the address of NATS at {places} cannot be read: {error}"))
        }
        kind if kind == ConnectErrorKind::Tls || is_of_tls(error) => TransportError::permanent(format!(
            "no TLS connection to NATS at {places}: {error}; check the certificates and `tls_root`"
        )),
        _ => TransportError::transient(format!(
            "no connection to NATS at {places}: {error}; is the server running, and is the port right?"
        )),
    }
}

/// Whether the two sides did not agree on TLS, or one of them not on the certificate of the other.
fn is_of_tls(error: &async_nats::ConnectError) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if error.is::<async_nats::rustls::Error>() || inner.is_some_and(|inner| inner.is::<async_nats::rustls::Error>())
        {
            return true;
        }
        source = error.source();
    }
    false
}

/// The credentials in the URL of a server.
fn credentials(server: &ServerAddr) -> Option<Credentials> {
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = plain(server.username()?);
    Some(match server.password() {
        Some(password) => Credentials::User(user, plain(password)),
        None => Credentials::Token(user),
    })
}

/// A connection to NATS; clones share it.
#[derive(Clone)]
pub struct Nats {
    connection: Arc<Connection>,
    jetstream: Option<Arc<JetStream>>,
}

struct Connection {
    client: Client,
    /// In front of every subject; may be empty.
    prefix: String,
    /// Counts the connections that were made: after a loss, what was asked of the server is forgotten.
    connected: watch::Receiver<u64>,
    closed: watch::Sender<bool>,
    held: Mutex<Vec<Weak<Held>>>,
    /// The client is the program's, which goes on with it.
    is_lent: bool,
}

struct JetStream {
    publishing: Context,
    managing: Context,
    settings: Settings,
}

impl Nats {
    /// The client below, for what this crate does not offer. Its type changes with the client library, outside of this
    /// crate's version promise. Unless it was brought along, it sends subjects as they are: what is no subject breaks the
    /// connection.
    pub fn client(&self) -> &Client {
        &self.connection.client
    }

    async fn publish_either(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
        letter: Option<&str>,
    ) -> Result<Receipt, PublishError> {
        self.connection.refuse_if_closed()?;
        match &self.jetstream {
            // In a box, so that the future of a publication to core NATS stays small.
            Some(jetstream) => Box::pin(jetstream.publish(&self.connection, channel, address, message, letter)).await,
            None => self.publish_unconfirmed(channel, address, message).await,
        }
    }

    async fn publish_unconfirmed(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        mut message: Message,
    ) -> Result<Receipt, PublishError> {
        let subject = subject::of_channel(&self.connection.prefix, channel, address)?;
        let client = &self.connection.client;
        if client.connection_state() != State::Connected {
            return Err(disconnected().into());
        }
        let sent = if wire::is_bare(&message) {
            client.publish(subject, message.payload).await
        } else {
            let headers = wire::headers(&mut message)?;
            match &message.reply_to {
                // So that the server says when nobody receives it.
                Some(address) => {
                    let reply = subject::of_address(&self.connection.prefix, address)?;
                    client.publish_with_reply_and_headers(subject, reply, headers, message.payload).await
                }
                None => client.publish_with_headers(subject, headers, message.payload).await,
            }
        };
        sent.map_err(|error| match error.kind() {
            async_nats::client::PublishErrorKind::Send => TransportError::transient(error),
            _ => TransportError::permanent(error),
        })?;
        Ok(Receipt::new())
    }
}

fn disconnected() -> TransportError {
    TransportError::transient("NATS is not connected; connecting goes on")
}

impl JetStream {
    /// Whether the server offers JetStream to this account.
    async fn greet(&self) -> Result<(), TransportError> {
        let missing = |fault: &dyn std::fmt::Display| format!("the NATS server offers no JetStream: {fault}");
        // Read as it is: what else servers answer differs from version to version.
        let account: serde_json::Value = match self.managing.request("INFO", &serde_json::json!({})).await {
            Ok(account) => account,
            Err(error) if error.kind() == RequestErrorKind::TimedOut => return Err(TransportError::transient(error)),
            Err(error) => return Err(TransportError::permanent(missing(&error))),
        };
        account.get("error").map_or(Ok(()), |error| Err(TransportError::permanent(missing(error))))
    }

    /// Publishes until the server confirms, or the time is over.
    async fn publish(
        &self,
        connection: &Connection,
        channel: Option<&'static Channel>,
        address: &str,
        mut message: Message,
        letter: Option<&str>,
    ) -> Result<Receipt, PublishError> {
        let subject = subject::of_address(&connection.prefix, address)?;
        let mut id = message.id.get_or_insert_with(identity::random).clone();
        let mut headers = wire::headers(&mut message)?;
        if let Some(letter) = letter {
            id = format!("{id}@{letter}");
        }
        wire::drop_duplicates(&mut headers, &id, &subject);
        let publication = PublishMessage::build().payload(message.payload).headers(headers);
        let backoff = Backoff::exponential(Duration::from_millis(50)).max_delay(Duration::from_secs(1));
        let deadline = Instant::now() + self.settings.publish_within;
        let mut tries = 0_u32;
        loop {
            let error = match self.try_publish(&connection.client, &subject, &publication).await {
                Ok(receipt) => return Ok(receipt),
                Err(Failure::NoStream) => {
                    match self.provide_stream(&connection.prefix, channel, address, &subject).await {
                        // It exists now; it may have been created, or the server was just starting.
                        Ok(()) => {
                            TransportError::transient(format!("no JetStream stream took the message for `{subject}`"))
                        }
                        Err(error) => error,
                    }
                }
                // Where somebody else subscribes to the subject, a stream that is missing looks like one that is slow.
                Err(Failure::Silence(error)) => {
                    let provided = self.provide_stream(&connection.prefix, channel, address, &subject).await;
                    provided.err().unwrap_or(error)
                }
                Err(Failure::Other(error)) => error,
            };
            tries = tries.saturating_add(1);
            let delay = backoff.delay(tries);
            if !error.transient || Instant::now() + delay >= deadline {
                return Err(error.into());
            }
            tracing::debug!(%subject, tries, ?delay, %error, "not confirmed; publishing again");
            tokio::time::sleep(delay).await;
        }
    }

    async fn try_publish(
        &self,
        client: &Client,
        subject: &str,
        publication: &PublishMessage,
    ) -> Result<Receipt, Failure> {
        // The client would keep it for later, and every further try too.
        if client.connection_state() != State::Connected {
            return Err(Failure::Other(disconnected()));
        }
        let confirmed = async { self.publishing.send_publish(subject.to_owned(), publication.clone()).await?.await };
        match confirmed.await {
            Ok(stored) => Ok(Receipt::new().with_position(format!("{}:{}", stored.stream, stored.sequence))),
            Err(error) => Err(match error.kind() {
                PublishErrorKind::StreamNotFound => Failure::NoStream,
                PublishErrorKind::TimedOut => Failure::Silence(TransportError::transient(error)),
                PublishErrorKind::MaxPayloadExceeded => Failure::Other(TransportError::permanent(error)),
                _ if refused(&error) => Failure::Other(TransportError::permanent(error)),
                _ => Failure::Other(TransportError::transient(error)),
            }),
        }
    }

    /// Finds or makes the stream for an address; with [`Declare::Never`] there is nothing to do but to try again.
    async fn provide_stream(
        &self,
        prefix: &str,
        channel: Option<&'static Channel>,
        address: &str,
        subject: &str,
    ) -> Result<(), TransportError> {
        if self.settings.declare == Declare::Never {
            return Ok(());
        }
        let mapping =
            channel.filter(|channel| channel.template().matches(address)).map(|channel| Mapping::new(prefix, channel));
        let filter = match &mapping {
            Some(Ok(mapping)) => mapping.filter.as_str(),
            _ => subject,
        };
        declare::stream(&self.managing, self.settings.declare, filter).await.map(drop)
    }
}

/// Why one try to publish failed.
enum Failure {
    NoStream,
    /// Nobody confirmed in time.
    Silence(TransportError),
    Other(TransportError),
}

/// Whether the server says that the request itself is wrong.
fn refused(error: &jetstream::context::PublishError) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<jetstream::Error>());
    source.is_some_and(|error| (400..500).contains(&error.code()))
}

impl Transport for Nats {
    type Subscription = NatsSubscription;

    fn system(&self) -> &'static str {
        "nats"
    }

    fn capabilities(&self) -> Capabilities {
        let stored = self.jetstream.is_some();
        Capabilities {
            acknowledge: stored,
            native_delay: stored,
            delivery_count: stored,
            durable: stored,
            headers: true,
            dear_headers: !stored,
            reply: true,
            events: Some(EVENTS),
            shared_groups: true,
            ..Capabilities::default()
        }
    }

    fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> impl Future<Output = Result<Receipt, PublishError>> + Send {
        self.publish_either(channel, address, message, None)
    }

    fn republish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
        letter: &str,
    ) -> impl Future<Output = Result<Receipt, PublishError>> + Send {
        self.publish_either(channel, address, message, Some(letter))
    }

    async fn subscribe(&self, request: Subscribe) -> Result<NatsSubscription, SubscribeError> {
        self.connection.refuse_if_closed()?;
        NatsSubscription::new(&self.connection, self.jetstream.as_ref(), request).await
    }

    async fn ping(&self) -> Result<(), TransportError> {
        self.connection.refuse_if_closed()?;
        if self.connection.client.connection_state() != State::Connected {
            return Err(disconnected());
        }
        match &self.jetstream {
            Some(jetstream) if jetstream.settings.declare != Declare::Never => jetstream.greet().await,
            _ => subscription::round_trip(&self.connection).await,
        }
    }

    async fn lag(&self, request: &Subscribe) -> Result<Option<u64>, TransportError> {
        let Some(jetstream) = self.jetstream.as_ref().filter(|found| found.settings.declare != Declare::Never) else {
            return Ok(None);
        };
        let mapping = Mapping::new(&self.connection.prefix, request.channel).map_err(TransportError::permanent)?;
        declare::lag(&jetstream.managing, &mapping.filter, &request.group).await.map(Some)
    }

    /// With a segment for each request, by which the server says of which one it is that nobody receives it.
    fn inbox(&self, name: &str) -> String {
        format!("{}{name}.{}", subject::INBOX, crate::request::REQUEST)
    }

    /// By core NATS, where nothing is kept for a reader that is gone.
    async fn subscribe_replies(&self, request: Subscribe) -> Result<NatsSubscription, SubscribeError> {
        self.connection.refuse_if_closed()?;
        NatsSubscription::core(&self.connection, request, true).await
    }

    async fn reply(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        if channel.is_some() {
            return self.publish(channel, address, message).await;
        }
        self.connection.refuse_if_closed()?;
        let receipt = self.publish_unconfirmed(None, address, message).await?;
        self.connection.client.flush().await.map_err(TransportError::transient)?;
        Ok(receipt)
    }

    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        if self.connection.closed.send_replace(true) {
            return Ok(());
        }
        let closing = async {
            for held in self.connection.take_held() {
                held.give_back().await;
            }
            self.connection.client.flush().await.map_err(TransportError::transient)?;
            if self.connection.is_lent {
                return Ok(());
            }
            self.connection.client.drain().await.map_err(TransportError::transient)
        };
        let late = |_| TransportError::transient("NATS was not flushed in time; what was not confirmed may be lost");
        tokio::time::timeout(deadline, closing).await.map_err(late)?
    }
}

impl Connection {
    fn new(client: Client, prefix: String, connected: watch::Receiver<u64>, is_lent: bool) -> Self {
        let (closed, held) = (watch::Sender::new(false), Mutex::default());
        Self { client, prefix, connected, closed, held, is_lent }
    }

    fn refuse_if_closed(&self) -> Result<(), TransportError> {
        if *self.closed.borrow() { Err(TransportError::permanent("the connection is closed")) } else { Ok(()) }
    }

    /// Lets closing give back what `held` gathers.
    fn remember(&self, held: &Arc<Held>) {
        let mut known = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|held| held.strong_count() > 0);
        known.push(Arc::downgrade(held));
    }

    fn take_held(&self) -> Vec<Arc<Held>> {
        let mut known = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        known.drain(..).filter_map(|held| held.upgrade()).collect()
    }
}
