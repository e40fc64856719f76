//! Webhooks to subscribers: stored before `send` returns, delivered until each subscriber took them.
//!
//! In: events by tenant and type. Out: signed requests to every endpoint that subscribed to them. What always holds: an
//! event has one id at every attempt and every endpoint; an event that was accepted is delivered at least once to each
//! endpoint, or logged as failed; requests go where [`Destinations`] allows, also when a name changes its address.

mod deliver;
mod routes;
mod schedule;
mod tenant;

pub use routes::Tokens;
pub use schedule::Schedule;
pub use tenant::{NewSubscription, Replay, Subscription, Tenant};

use super::destinations::{DestinationError, Destinations};
use crate::clock::{self, milliseconds};
use crate::message::Message;
use crate::store::Connection;
use crate::store::deliveries::{Event, Store, insert_event};
use reqwest::Client;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Notify;

/// The type of the event that tells a tenant that an endpoint of theirs was disabled.
pub const DISABLED: &str = "tidings.endpoint.disabled";
/// The type of the event that a tenant sends to see whether an endpoint works.
pub const TEST: &str = "tidings.test";

const DISABLE_AFTER: Duration = Duration::from_secs(5 * 86_400);
const CONCURRENCY: usize = 64;
/// Longer than an attempt takes, so that no other worker begins the same one.
const LEASE: Duration = Duration::from_secs(60);
/// How long a secret is used beside the one that replaced it.
const ROTATION: Duration = Duration::from_secs(86_400);

/// Why the outbox did not do what was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The database failed.
    #[error("the store of webhooks failed: {0}")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {0}")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Requests may not go there.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The tenant has no such subscription or event.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// Not what it should be.
    #[error("{0}")]
    Invalid(&'static str),
}

impl From<sqlx::Error> for OutboxError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Milliseconds since 1970.
type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Keeps events until every subscriber took them; clones share it.
#[derive(Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    store: Store,
    client: Client,
    destinations: Destinations,
    schedule: Schedule,
    disable_after: Duration,
    concurrency: usize,
    lease: Duration,
    rotation: Duration,
    clock: Clock,
    stored: Arc<Notify>,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Outbox").field("destinations", &self.shared.destinations).finish_non_exhaustive()
    }
}

impl Outbox {
    /// Opens a database and makes its tables: `sqlite:hooks.db`, or `postgres://user@host/database` for several workers.
    ///
    /// # Errors
    /// The database cannot be opened, or the HTTP client cannot be made.
    pub async fn open(url: &str) -> Result<Self, OutboxError> {
        let destinations = Destinations::public();
        let shared = Shared {
            store: Store::open(url).await?,
            client: client(&destinations)?,
            destinations,
            schedule: Schedule::default(),
            disable_after: DISABLE_AFTER,
            concurrency: CONCURRENCY,
            lease: LEASE,
            rotation: ROTATION,
            clock: Arc::new(clock::now),
            stored: Arc::new(Notify::new()),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Where requests may go; the public internet on ports 80 and 443 unless set.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn destinations(self, destinations: Destinations) -> Result<Self, OutboxError> {
        let client = client(&destinations)?;
        Ok(self.with(|shared| (shared.client, shared.destinations) = (client, destinations)))
    }

    /// When to try again.
    #[must_use]
    pub fn schedule(self, schedule: Schedule) -> Self {
        self.with(|shared| shared.schedule = schedule)
    }

    /// Disables an endpoint that took nothing for this long; five days unless set.
    #[must_use]
    pub fn disable_after(self, failing: Duration) -> Self {
        self.with(|shared| shared.disable_after = failing)
    }

    /// How many requests are made at once; 64 unless set, 0 counts as 1.
    #[must_use]
    pub fn concurrency(self, requests: usize) -> Self {
        self.with(|shared| shared.concurrency = requests.max(1))
    }

    /// How long a worker that died keeps its deliveries from others; 60 s unless set. It must be longer than an attempt
    /// may take ([`Destinations::timeout`]), or two workers may make the same attempt.
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        self.with(|shared| shared.lease = lease)
    }

    /// How long an old secret signs beside the new one; one day unless set.
    #[must_use]
    pub fn rotation(self, overlap: Duration) -> Self {
        self.with(|shared| shared.rotation = overlap)
    }

    /// Takes the time, in milliseconds since 1970, from here instead of from the system.
    #[must_use]
    pub fn clock(self, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.with(|shared| shared.clock = Arc::new(clock))
    }

    fn with(self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Arc::unwrap_or_clone(self.shared);
        change(&mut shared);
        Self { shared: Arc::new(shared) }
    }

    /// What one tenant has here.
    pub fn tenant(&self, name: impl Into<String>) -> Tenant {
        Tenant::new(self.clone(), name.into())
    }

    /// Stores an event for every endpoint of the tenant that wants its type; returns its id once it is stored. An id that
    /// the tenant used before stores nothing again.
    ///
    /// # Errors
    /// The database failed, or type or id have a form that cannot be sent.
    pub async fn send(&self, tenant: &str, event_type: &str, message: Message) -> Result<String, OutboxError> {
        self.store(tenant, event_type, message, None).await
    }

    /// Stores an event in a transaction of the caller's, on the database of this outbox: it is sent if that is committed, and
    /// otherwise was never there. See [`send`](Self::send); workers find it within a second after the commit.
    ///
    /// # Errors
    /// The database failed, or type or id have a form that cannot be sent.
    pub async fn send_within(
        &self,
        transaction: &mut impl Connection,
        tenant: &str,
        event_type: &str,
        message: Message,
    ) -> Result<String, OutboxError> {
        let id = identify(event_type, &message)?;
        let event = Event { tenant, id: &id, event_type, message: &message };
        insert_event(transaction, &event, None, (self.shared.clock)()).await?;
        Ok(id)
    }

    async fn store(
        &self,
        tenant: &str,
        event_type: &str,
        message: Message,
        only: Option<&str>,
    ) -> Result<String, OutboxError> {
        let id = identify(event_type, &message)?;
        let shared = &self.shared;
        let event = Event { tenant, id: &id, event_type, message: &message };
        shared.store.insert_event(&event, only, (shared.clock)()).await?;
        shared.stored.notify_one();
        Ok(id)
    }

    /// Forgets events that were stored longer ago than this and of which nothing is waiting; how many.
    ///
    /// # Errors
    /// The database failed.
    pub async fn prune(&self, older_than: Duration) -> Result<u64, OutboxError> {
        Ok(self.shared.store.prune((self.shared.clock)().saturating_sub(milliseconds(older_than))).await?)
    }

    /// Closes the database. Calls after that fail.
    pub async fn close(&self) {
        self.shared.store.close().await;
    }
}

/// The id of an event, once it is known that type and id can be sent.
fn identify(event_type: &str, message: &Message) -> Result<String, OutboxError> {
    let id = message.id.clone().unwrap_or_else(|| format!("msg_{}", uuid::Uuid::new_v4().simple()));
    if id.is_empty() || id.len() > 256 || id.contains('.') || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(OutboxError::Invalid("an id is up to 256 visible ASCII characters without a full stop"));
    }
    tenant::check_type(event_type)?;
    Ok(id)
}

fn client(destinations: &Destinations) -> Result<Client, OutboxError> {
    destinations.client().map_err(|error| OutboxError::Client(error.into()))
}
