//! What one tenant has in an outbox: subscriptions, and a transport that publishes to them.
//!
//! In: what a tenant asks for. Out: their own things only. Secrets are shown when they are made, and never again.

use super::{Outbox, OutboxError, TEST, milliseconds};
use crate::message::{Channel, EventHeaders, Message};
use crate::store::deliveries::{self as stored, Attempt, Endpoint};
use crate::transport::{Capabilities, PublishError, Receipt, Subscribe, SubscribeError, Transport, TransportError};
use crate::webhook::sender::Nothing;
use crate::webhook::signature::Secret;
use std::time::Duration;

/// The header that names the type of an event; without it, the key of the channel does.
const TYPE_HEADER: &str = "ce-type";
const MOST_TYPES: usize = 100;
const LONGEST_URL: usize = 2_048;

/// One tenant of an [`Outbox`]. As a transport it stores what is published.
#[derive(Clone, Debug)]
pub struct Tenant {
    outbox: Outbox,
    name: String,
}

/// A subscription to be made.
#[derive(Clone, Debug, Default)]
pub struct NewSubscription {
    /// Where events are posted.
    pub url: String,
    /// The types of events that are wanted; none: all.
    pub types: Vec<String>,
    /// Whether each event waits for the one before it.
    pub ordered: bool,
}

/// A subscription of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// Where events are posted.
    pub url: String,
    /// The types of events that are wanted; none: all.
    pub types: Vec<String>,
    /// Whether each event waits for the one before it.
    pub ordered: bool,
    /// `false`: nothing is posted.
    pub enabled: bool,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
}

/// Which events are delivered again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// The one of this id.
    One(String),
    /// All that were stored at or after this time, in milliseconds since 1970, and are wanted.
    Since(i64),
}

impl From<Endpoint> for Subscription {
    fn from(endpoint: Endpoint) -> Self {
        let Endpoint { id, url, types, ordered, enabled, created_at, .. } = endpoint;
        Self { id, url, types, ordered, enabled, created_at }
    }
}

/// Types are names of visible ASCII characters, as channels and CloudEvents have them.
pub(super) fn check_type(text: &str) -> Result<(), OutboxError> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && !text.is_empty() && text.len() <= 256 {
        return Ok(());
    }
    Err(OutboxError::Invalid("the type of an event is up to 256 visible ASCII characters"))
}

impl Tenant {
    pub(super) fn new(outbox: Outbox, name: String) -> Self {
        Self { outbox, name }
    }

    /// Subscribes an endpoint; its secret is in the answer, and nowhere else.
    ///
    /// # Errors
    /// Requests may not go to the URL, a type is malformed, or the database failed.
    pub async fn subscribe_endpoint(&self, new: NewSubscription) -> Result<(Subscription, Secret), OutboxError> {
        let shared = &self.outbox.shared;
        let secret = Secret::generate().ok_or(OutboxError::Invalid("the system has no randomness to give"))?;
        let endpoint = Endpoint {
            id: format!("sub_{}", uuid::Uuid::new_v4().simple()),
            tenant: self.name.clone(),
            url: new.url,
            types: new.types,
            ordered: new.ordered,
            enabled: true,
            secret: secret.reveal(),
            old_secret: String::new(),
            old_secret_until: 0,
            failing_since: 0,
            created_at: (shared.clock)(),
        };
        self.check(&endpoint)?;
        shared.store.insert_endpoint(&endpoint).await?;
        Ok((endpoint.into(), secret))
    }

    fn check(&self, endpoint: &Endpoint) -> Result<(), OutboxError> {
        if endpoint.url.len() > LONGEST_URL || endpoint.types.len() > MOST_TYPES {
            return Err(OutboxError::Invalid("a URL is up to 2,048 bytes long, and there are up to 100 types"));
        }
        self.outbox.shared.destinations.check(&endpoint.url)?;
        endpoint.types.iter().try_for_each(|event_type| check_type(event_type))
    }

    async fn endpoint(&self, id: &str) -> Result<Endpoint, OutboxError> {
        let found = self.outbox.shared.store.endpoint(&self.name, id).await?;
        found.ok_or(OutboxError::Missing("subscription"))
    }

    async fn write(&self, endpoint: Endpoint) -> Result<Subscription, OutboxError> {
        self.check(&endpoint)?;
        if !self.outbox.shared.store.update_endpoint(&endpoint).await? {
            return Err(OutboxError::Missing("subscription"));
        }
        self.outbox.shared.stored.notify_one();
        Ok(endpoint.into())
    }

    /// Reads a subscription.
    ///
    /// # Errors
    /// There is none of this id, or the database failed.
    pub async fn subscription(&self, id: &str) -> Result<Subscription, OutboxError> {
        self.endpoint(id).await.map(Subscription::from)
    }

    /// The subscriptions after one, in the order of their ids, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn subscriptions(&self, after: &str, limit: u32) -> Result<Vec<Subscription>, OutboxError> {
        let found = self.outbox.shared.store.endpoints(&self.name, after, limit.into()).await?;
        Ok(found.into_iter().map(Subscription::from).collect())
    }

    /// Changes a subscription. One that is enabled again is given its whole time to recover.
    ///
    /// # Errors
    /// There is none of this id, what it becomes is not allowed, or the database failed.
    pub async fn update(&self, id: &str, change: impl FnOnce(&mut Subscription)) -> Result<Subscription, OutboxError> {
        let mut endpoint = self.endpoint(id).await?;
        let mut subscription = Subscription::from(endpoint.clone());
        change(&mut subscription);
        let Subscription { url, types, ordered, enabled, .. } = subscription;
        if enabled && !endpoint.enabled {
            endpoint.failing_since = 0;
        }
        self.write(Endpoint { url, types, ordered, enabled, ..endpoint }).await
    }

    /// Removes a subscription, and what still waits for it.
    ///
    /// # Errors
    /// There is none of this id, or the database failed.
    pub async fn unsubscribe(&self, id: &str) -> Result<(), OutboxError> {
        let removed = self.outbox.shared.store.delete_endpoint(&self.name, id).await?;
        if removed { Ok(()) } else { Err(OutboxError::Missing("subscription")) }
    }

    /// Makes a new secret; the old one signs beside it for a while.
    ///
    /// # Errors
    /// There is no subscription of this id, or the database failed.
    pub async fn rotate_secret(&self, id: &str) -> Result<Secret, OutboxError> {
        let shared = &self.outbox.shared;
        let endpoint = self.endpoint(id).await?;
        let secret = Secret::generate().ok_or(OutboxError::Invalid("the system has no randomness to give"))?;
        let old_secret_until = (shared.clock)().saturating_add(milliseconds(shared.rotation));
        let old_secret = endpoint.secret.clone();
        self.write(Endpoint { secret: secret.reveal(), old_secret, old_secret_until, ..endpoint }).await?;
        Ok(secret)
    }

    /// Sends a test event to one subscription, whatever its types; the id of the event.
    ///
    /// # Errors
    /// There is no subscription of this id, or the database failed.
    pub async fn test(&self, id: &str) -> Result<String, OutboxError> {
        self.endpoint(id).await?;
        let payload = serde_json::json!({ "subscription": id }).to_string();
        let message = Message::new(payload).with_content_type("application/json");
        self.outbox.store(&self.name, TEST, message, Some(id)).await
    }

    /// Delivers events again to one subscription, with the ids they had; how many.
    ///
    /// # Errors
    /// There is no such subscription or event, or the database failed.
    pub async fn replay(&self, id: &str, which: &Replay) -> Result<u64, OutboxError> {
        let shared = &self.outbox.shared;
        let endpoint = self.endpoint(id).await?;
        let wanted = match which {
            Replay::One(event) => stored::Replay::One(event),
            Replay::Since(time) => stored::Replay::Since(*time),
        };
        let count = shared.store.replay(&endpoint, wanted, (shared.clock)()).await?;
        if count == 0 && matches!(which, Replay::One(_)) {
            return Err(OutboxError::Missing("event"));
        }
        shared.stored.notify_one();
        Ok(count)
    }

    pub(super) async fn attempts(&self, id: &str, limit: u32) -> Result<Vec<Attempt>, OutboxError> {
        self.endpoint(id).await?;
        Ok(self.outbox.shared.store.attempts(&self.name, id, limit.into()).await?)
    }
}

impl Transport for Tenant {
    type Subscription = Nothing;

    fn system(&self) -> &'static str {
        "http"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { headers: true, events: Some(EventHeaders::HTTP), ..Capabilities::default() }
    }

    /// Stores the message; its type is its header `ce-type`, or else the key of the channel.
    async fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        let event_type = message.headers.get_str(TYPE_HEADER).map(str::to_owned);
        let event_type = event_type
            .unwrap_or_else(|| channel.map_or_else(|| address.to_owned(), |channel| channel.key().to_owned()));
        match self.outbox.send(&self.name, &event_type, message).await {
            Ok(id) => Ok(Receipt::new().with_position(id)),
            Err(error @ OutboxError::Invalid(_)) => Err(TransportError::permanent(error).into()),
            Err(error) => Err(TransportError::transient(error).into()),
        }
    }

    async fn subscribe(&self, _request: Subscribe) -> Result<Nothing, SubscribeError> {
        Err(SubscribeError::Unsupported("subscriptions: receive webhooks with `webhook::Receiver`".to_owned()))
    }

    /// Other tenants share the database: it stays open.
    async fn close(&self, _deadline: Duration) -> Result<(), TransportError> {
        Ok(())
    }
}
