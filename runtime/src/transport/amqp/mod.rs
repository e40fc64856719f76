//! RabbitMQ, and other brokers that speak AMQP 0-9-1, with delivery at least once.
//!
//! In: publications and subscriptions of channels. Out: messages of exchanges and queues, and deliveries. [`connect`] begins:
//!
//! ```no_run
//! # async fn example() -> Result<(), tidings_runtime::transport::TransportError> {
//! use tidings_runtime::transport::{Declare, amqp};
//! let rabbit = amqp::connect("amqp://127.0.0.1:5672").declare(Declare::Create).open().await?;
//! # Ok(())
//! # }
//! ```
//!
//! **Addresses.** The channel's binding says whether it is a queue or a routing key of an exchange; without one, it is a
//! routing key of `amq.topic`. The separators `/` and `.` of an address become the `.` of a routing key, and a group is bound
//! with the word `*` for every segment that holds a parameter. Where a channel is a queue, all its addresses share it,
//! messages carry theirs in [`ADDRESS_HEADER`], and all groups share its messages. The virtual host is the connection's.
//!
//! **Groups.** A group has a queue of its own, `group.routing-key`, which gets what is published from its first subscription
//! on, members or not. Queues that this connection makes are quorum queues, unless the binding wants one that does not last.
//! What is published to an address that no channel of the document describes, such as a dead letter, is kept in a queue of
//! that name as well, and a group that begins with the earliest ([`Start::Earliest`](super::Start::Earliest)) shares it.
//!
//! **Order by key.** Members of a group share its messages whatever their keys are: within one process messages of one key
//! are handled one after another, two members may handle them at the same time. [`Connect::single_active_consumer`] lets one
//! member at a time receive, so that the order holds across the group.
//!
//! **Settling.** Retries of messages without a key wait in queues `group.routing-key.retry.N`, which this connection makes if
//! it may ([`Declare::Create`]); otherwise, and with a key, deliveries are held. Attempts are counted by quorum queues, and
//! by a header where that count begins anew. RabbitMQ takes a delivery back that is held for longer than its
//! `consumer_timeout`, 30 minutes unless set.
//!
//! **Publishing** is confirmed, by a majority where queues are replicated. A message that no queue takes is lost, as with
//! every exchange, unless the operation's binding says `mandatory`: then it is an error. A publication whose confirmation was
//! lost is repeated, and RabbitMQ drops no duplicates: an idempotent consumer does, by [`Message::id`].
//!
//! **Headers.** Id, media type, correlation and reply address are AMQP's properties, the key is in [`KEY_HEADER`]. Properties
//! that [`Message`] has no field for are headers: [`CONTENT_ENCODING_HEADER`], [`MESSAGE_TYPE_HEADER`],
//! [`APPLICATION_HEADER`], [`TIMESTAMP_HEADER`], [`PRIORITY_HEADER`]. Names are sorted; the values of one name keep their
//! order.

mod address;
mod bindings;
mod declare;
mod endpoint;
mod line;
mod publishing;
mod server;
mod subscription;
mod wire;

use std::collections::HashSet;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lapin::BasicProperties;
use tokio::sync::watch;
use tokio::time::Instant;

pub use subscription::{AmqpAcknowledger, AmqpSubscription};

#[cfg(doc)]
use super::wire::{ADDRESS_HEADER, KEY_HEADER};
use super::{Capabilities, Declare, PublishError, Receipt, Subscribe, SubscribeError, Transport, TransportError};
use crate::consume::Backoff;
use crate::message::{Channel, EventHeaders, Message, Operation};
use address::{Mapping, Needs, Route};
use declare::Manner;
use endpoint::{Endpoint, Files, Identity, Make, Place, Source};
use line::Line;
use publishing::{Fault, Publication, Publishing};
use subscription::Settling;

/// Holds the property `content_encoding`.
pub const CONTENT_ENCODING_HEADER: &str = "Content-Encoding";
/// Holds the property `type`.
pub const MESSAGE_TYPE_HEADER: &str = "Tidings-Message-Type";
/// Holds the property `app_id`.
pub const APPLICATION_HEADER: &str = "Tidings-Application";
/// Holds the property `timestamp`, seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "Tidings-Timestamp";
/// Holds the property `priority`.
pub const PRIORITY_HEADER: &str = "Tidings-Priority";

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const PUBLISH_WITHIN: Duration = Duration::from_secs(10);
/// How long one try to publish waits for its confirmation.
const CONFIRMATION: Duration = Duration::from_secs(5);

/// Begins a connection to the broker at `url`: `amqp://host:port/virtual-host`, or `amqps://` for TLS, several hosts separated
/// by commas, which are tried in turn, with `user:password@` before the first if wanted. Without a virtual host it is `/`.
pub fn connect(url: impl Into<String>) -> Connect {
    Connect {
        url: url.into(),
        own: None,
        name: "tidings".to_owned(),
        identity: None,
        files: Files::default(),
        connect_within: CONNECT_WITHIN,
        settings: Settings {
            manner: Manner { declare: Declare::default(), single_active: false },
            publish_within: PUBLISH_WITHIN,
        },
    }
}

/// Begins with connections that the program makes in its own way, or already has: `make` is called twice, for publishing and for
/// receiving, and again whenever a connection is lost. They stay the program's: closing what is made of them does not close them.
/// Their type changes with the client library, outside of this crate's version promise.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # use std::sync::Arc;
/// use tidings_runtime::transport::amqp;
/// let own = Arc::new(lapin::Connection::connect("amqp://127.0.0.1:5672", lapin::ConnectionProperties::default()).await?);
/// let rabbit = amqp::with_connections(move || std::future::ready(Ok(Arc::clone(&own)))).open().await?;
/// # Ok(())
/// # }
/// ```
pub fn with_connections<F, R>(make: F) -> Connect
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = Result<Arc<lapin::Connection>, lapin::Error>> + Send + 'static,
{
    Connect { own: Some(Arc::new(move || Box::pin(make()))), ..connect("") }
}

/// A connection that is to be made by [`open`](Self::open).
#[derive(Clone)]
#[must_use = "nothing is connected until `open` is called"]
pub struct Connect {
    url: String,
    own: Option<Make>,
    name: String,
    identity: Option<Identity>,
    files: Files,
    connect_within: Duration,
    settings: Settings,
}

#[derive(Clone)]
struct Settings {
    manner: Manner,
    publish_within: Duration,
}

impl Connect {
    /// The name that the broker shows for this connection.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Authenticates with a user and a password (SASL PLAIN, which sends the password: use it over TLS).
    pub fn user(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.identity = Some(Identity::Password(user.into(), password.into()));
        self
    }

    /// Demands TLS, and trusts the certificates of this PEM file instead of the system's; may be called several times.
    pub fn tls_root(mut self, file: impl Into<PathBuf>) -> Self {
        self.files.roots.push(file.into());
        self
    }

    /// Demands TLS, and shows this certificate with its key, both PEM files (X.509). Without a user it is also who this is
    /// (SASL EXTERNAL).
    pub fn certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.files.certificate = Some((certificate.into(), key.into()));
        self
    }

    /// Who makes exchanges, queues and bindings; [`Declare::Verify`] unless set. Bindings cannot be looked up.
    pub fn declare(mut self, declare: Declare) -> Self {
        self.settings.manner.declare = declare;
        self
    }

    /// Lets one member of each group receive at a time, and the others stand by: the order of messages of one key then holds
    /// across the group. It is a property of queues that this connection makes; who makes them otherwise sets
    /// `x-single-active-consumer`.
    pub fn single_active_consumer(mut self) -> Self {
        self.settings.manner.single_active = true;
        self
    }

    /// For how long [`open`](Self::open) tries; 10 s unless set.
    pub fn connect_within(mut self, limit: Duration) -> Self {
        self.connect_within = limit;
        self
    }

    /// For how long a publication that is not confirmed is tried again; 10 s unless set.
    pub fn publish_within(mut self, limit: Duration) -> Self {
        self.settings.publish_within = limit;
        self
    }

    /// Connects: once to publish and once to receive, since a broker that is short of memory stops those who publish.
    ///
    /// # Errors
    /// The settings are wrong, the broker refuses the credentials, the virtual host or the certificate (permanent), or it
    /// cannot be reached in time (transient).
    pub async fn open(self) -> Result<Amqp, TransportError> {
        let source = Arc::new(match self.own {
            Some(make) => Source::Own(make),
            None => {
                let place = Place::parse(&self.url)?;
                Source::Endpoint(Endpoint::new(place, self.identity, self.name, &self.files)?)
            }
        });
        let shared = Shared {
            publishing: Publishing::new(Line::new(Arc::clone(&source))),
            consuming: Line::new(source),
            settings: self.settings,
            known: Mutex::default(),
            settling: Mutex::default(),
            closed: watch::Sender::new(false),
        };
        let deadline = Instant::now() + self.connect_within;
        for line in [&shared.publishing.line, &shared.consuming] {
            while let Err(error) = line.connection().await {
                if !error.transient || Instant::now() >= deadline {
                    return Err(error);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Ok(Amqp(Arc::new(shared)))
    }
}

/// A connection to RabbitMQ; clones share it.
#[derive(Clone)]
pub struct Amqp(Arc<Shared>);

struct Shared {
    publishing: Publishing,
    consuming: Line,
    settings: Settings,
    /// What publications need and was there.
    known: Mutex<HashSet<String>>,
    /// Where members settle.
    settling: Mutex<Vec<Settling>>,
    closed: watch::Sender<bool>,
}

/// An error of the client, without its types.
fn failure(what: &str, error: &lapin::Error) -> TransportError {
    let text = format!("{what}: {error}");
    match declare::code(error) {
        // Refused, missing, locked, does not fit, or is no content that the server takes.
        Some(403..=406 | 311 | 501..=506 | 530 | 540) => TransportError::permanent(text),
        _ => TransportError::transient(text),
    }
}

impl Amqp {
    /// The connection below that receives, for what this crate does not offer. Its type changes with the client library,
    /// outside of this crate's version promise.
    ///
    /// # Errors
    /// It is lost, and cannot be made again now.
    pub async fn connection(&self) -> Result<impl Deref<Target = lapin::Connection> + use<>, TransportError> {
        self.0.consuming.connection().await
    }

    fn route(channel: Option<&'static Channel>, address: &str) -> Result<Route, PublishError> {
        let channel = channel.filter(|channel| channel.template().matches(address));
        Ok(match channel {
            Some(channel) => Mapping::new(channel)?.route(address)?,
            None => address::undescribed(address)?,
        })
    }

    async fn publish_to(
        &self,
        route: Route,
        address: &str,
        mut message: Message,
        bound: impl FnOnce(BasicProperties) -> Result<(BasicProperties, bool), PublishError>,
    ) -> Result<Receipt, PublishError> {
        self.0.refuse_if_closed()?;
        let properties = wire::properties(&mut message, route.carries.then_some(address))?;
        let (properties, mandatory) = bound(properties)?;
        let publication = Publication {
            mandatory: mandatory || matches!(route.needs, Needs::Queue(_)),
            exchange: route.exchange,
            key: route.key,
            payload: message.payload,
            properties,
        };
        self.0.publish(&publication, &route.needs).await?;
        Ok(Receipt::new())
    }
}

impl Shared {
    fn refuse_if_closed(&self) -> Result<(), TransportError> {
        if *self.closed.borrow() { Err(TransportError::permanent("the connection is closed")) } else { Ok(()) }
    }

    /// Lets closing wait for what is settled there.
    fn remember(&self, settling: Settling) {
        let mut known = self.settling.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(Settling::is_open);
        known.push(settling);
    }

    fn known(&self) -> MutexGuard<'_, HashSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes until the broker confirms, or the time is over.
    async fn publish(&self, publication: &Publication, needs: &Needs) -> Result<(), TransportError> {
        let backoff = Backoff::exponential(Duration::from_millis(50)).max_delay(Duration::from_secs(1));
        let deadline = Instant::now() + self.settings.publish_within;
        let mut tries = 0_u32;
        loop {
            let Err(error) = self.try_publish(publication, needs).await else { return Ok(()) };
            tries = tries.saturating_add(1);
            let delay = backoff.delay(tries);
            if !error.transient || Instant::now() + delay >= deadline {
                return Err(error);
            }
            tracing::debug!(key = publication.key, tries, ?delay, %error, "not confirmed; publishing again");
            tokio::time::sleep(delay).await;
            self.refuse_if_closed()?;
        }
    }

    async fn try_publish(&self, publication: &Publication, needs: &Needs) -> Result<(), TransportError> {
        let name = needs.name();
        if !self.known().contains(&name) {
            let connection = self.publishing.line.connection().await?;
            declare::provide(&connection, self.settings.manner, needs).await?;
            self.known().insert(name.clone());
        }
        let nobody = |said: String| format!("no queue takes the routing key `{}` ({said})", publication.key);
        match self.confirm(publication).await {
            Ok(()) => Ok(()),
            Err(Fault::Other(error)) => Err(error),
            // It was there, and is to be looked for again.
            Err(Fault::Missing(error))
                if self.known().remove(&name) && self.settings.manner.declare != Declare::Never =>
            {
                Err(TransportError::transient(error))
            }
            Err(Fault::Missing(error)) => Err(error),
            Err(Fault::Returned(said)) => match needs {
                Needs::Queue(_) if self.known().remove(&name) => Err(TransportError::transient(nobody(said))),
                _ => Err(TransportError::permanent(nobody(said))),
            },
        }
    }

    /// One try, which waits for a limited time.
    async fn confirm(&self, publication: &Publication) -> Result<(), Fault> {
        match tokio::time::timeout(CONFIRMATION, self.publishing.publish(publication)).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let line = &self.publishing.line;
                let blocked = if line.is_blocked().await {
                    "; it is short of memory or disk, and stops those who publish"
                } else {
                    line.forget().await;
                    ""
                };
                Err(TransportError::transient(format!("RabbitMQ did not confirm in time{blocked}")).into())
            }
        }
    }

    /// One try to publish to a queue that is there.
    async fn confirmed(&self, publication: &Publication) -> Result<(), TransportError> {
        self.confirm(publication).await.map_err(|fault| match fault {
            Fault::Other(error) | Fault::Missing(error) => error,
            Fault::Returned(said) => TransportError::transient(format!("the queue `{}`: {said}", publication.key)),
        })
    }
}

impl Transport for Amqp {
    type Subscription = AmqpSubscription;

    fn system(&self) -> &'static str {
        "rabbitmq"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            acknowledge: true,
            native_delay: self.0.settings.manner.declare == Declare::Create,
            delivery_count: true,
            headers: true,
            durable: true,
            reply: true,
            events: Some(EventHeaders { prefix: "cloudEvents:", ..EventHeaders::default() }),
            shared_groups: true,
            ..Capabilities::default()
        }
    }

    async fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        let route = Self::route(channel, address)?;
        self.publish_to(route, address, message, |properties| Ok((properties, false))).await
    }

    async fn send(
        &self,
        operation: &'static Operation,
        bindings: &'static [(&'static str, &'static str)],
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        let route = Self::route(Some(operation.channel()), address)?;
        self.publish_to(route, address, message, |properties| bindings::apply(operation, bindings, properties)).await
    }

    async fn subscribe(&self, request: Subscribe) -> Result<AmqpSubscription, SubscribeError> {
        self.0.refuse_if_closed()?;
        AmqpSubscription::new(&self.0, &request, false).await
    }

    /// The name of a queue, which is its routing key.
    fn inbox(&self, name: &str) -> String {
        format!("{}{name}", address::INBOX)
    }

    /// From a queue that goes with this connection.
    async fn subscribe_replies(&self, request: Subscribe) -> Result<AmqpSubscription, SubscribeError> {
        self.0.refuse_if_closed()?;
        AmqpSubscription::new(&self.0, &request, true).await
    }

    async fn reply(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        let route = match channel {
            Some(_) => Self::route(channel, address)?,
            None => address::inbox(address),
        };
        // Without a queue there is nobody who asked.
        self.publish_to(route, address, message, |properties| Ok((properties, channel.is_none()))).await
    }

    async fn ping(&self) -> Result<(), TransportError> {
        self.0.refuse_if_closed()?;
        if self.0.publishing.line.is_blocked().await {
            return Err(TransportError::transient("RabbitMQ is short of memory or disk, and stops those who publish"));
        }
        for line in [&self.0.publishing.line, &self.0.consuming] {
            declare::ping(&*line.connection().await?).await?;
        }
        Ok(())
    }

    async fn lag(&self, request: &Subscribe) -> Result<Option<u64>, TransportError> {
        let name = subscription::queue(request).map_err(TransportError::permanent)?.1.name;
        let connection = self.0.consuming.connection().await?;
        declare::count(&connection, &name).await.map(Some)
    }

    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        if self.0.closed.send_replace(true) {
            return Ok(());
        }
        let settling = std::mem::take(&mut *self.0.settling.lock().unwrap_or_else(PoisonError::into_inner));
        let closing = async {
            for settling in settling.iter().filter(|settling| settling.is_open()) {
                settling.finish().await;
            }
            self.0.consuming.close().await?;
            self.0.publishing.line.close().await
        };
        let late = |_| TransportError::transient("RabbitMQ was not left in time; what was not confirmed may be lost");
        tokio::time::timeout(deadline, closing).await.map_err(late)?
    }
}
