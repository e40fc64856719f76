//! Handling a message once, however often it comes: claim its key, handle it, commit or release the key.
//!
//! In: a store, and what a message says of itself. Out: its key, and the calls of the store for it. A key is never made of
//! the payload: two messages may say the same.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::hold::within;
use crate::message::Message;
use crate::store::idempotency::{Claim, Idempotency};
use crate::transport::TransportError;

/// How long a claim lasts that is not renewed.
const LEASE: Duration = Duration::from_secs(30);

/// Where CloudEvents in binary mode state their id and their source, by protocol.
const CLOUD_EVENTS: [(&str, &str); 4] = [
    ("ce-id", "ce-source"),
    ("ce_id", "ce_source"),
    ("cloudEvents:id", "cloudEvents:source"),
    ("cloudEvents_id", "cloudEvents_source"),
];

/// A store that remembers which messages were handled, and what tells messages apart.
///
/// The key of a message is the first of these that it has: the header that [`key_header`](Self::key_header) names, source
/// and id of a CloudEvent, the [id](Message::id), its position in the log of the broker. What has none of them is handled
/// each time that it comes.
#[derive(Clone)]
pub struct Idempotent {
    store: Arc<dyn Idempotency>,
    lease: Duration,
    header: Option<String>,
}

impl Idempotent {
    /// Remembers in `store`.
    pub fn new(store: impl Idempotency) -> Self {
        Self { store: Arc::new(store), lease: LEASE, header: None }
    }

    /// How long the message of a process that died stays claimed; 30 s unless set. While a handler runs, the claim is
    /// renewed three times in each lease.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease.max(Duration::from_millis(3));
        self
    }

    /// The header that tells messages apart.
    #[must_use]
    pub fn key_header(mut self, name: impl Into<String>) -> Self {
        self.header = Some(name.into());
        self
    }

    /// What is to be handled once; none where nothing tells the message from others.
    pub(crate) fn once<'w>(&'w self, scope: &'w str, message: &Message, position: Option<String>) -> Option<Once<'w>> {
        let key = self.key(message).or_else(|| position.map(|position| format!("at:{position}")));
        key.map(|key| Once { idempotent: self, scope, key })
    }

    fn key(&self, message: &Message) -> Option<String> {
        let header = |name: &str| message.headers.get_str(name);
        if let Some(value) = self.header.as_deref().and_then(header) {
            return Some(format!("header:{value}"));
        }
        let event = CLOUD_EVENTS.iter().find_map(|(id, source)| {
            // An id is unique within its source; a source holds no space.
            Some(format!("event:{} {}", header(source).unwrap_or_default(), header(id)?))
        });
        event.or_else(|| message.id.as_ref().map(|id| ["id:", id].concat()))
    }
}

impl<S: Idempotency> From<S> for Idempotent {
    fn from(store: S) -> Self {
        Self::new(store)
    }
}

impl fmt::Debug for Idempotent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Idempotent").field("lease", &self.lease).field("header", &self.header).finish()
    }
}

/// One message that is to be handled once.
pub(crate) struct Once<'w> {
    idempotent: &'w Idempotent,
    scope: &'w str,
    key: String,
}

impl Once<'_> {
    pub(crate) async fn claim(&self) -> Result<Claim, TransportError> {
        self.idempotent.store.claim(self.scope, &self.key, self.idempotent.lease).await
    }

    pub(crate) async fn commit(&self) -> Result<(), TransportError> {
        self.idempotent.store.commit(self.scope, &self.key).await
    }

    /// Lets others have the message. Where that fails, its lease does.
    pub(crate) async fn release(&self) {
        if let Err(error) = self.idempotent.store.release(self.scope, &self.key).await {
            tracing::warn!(scope = self.scope, %error, "the message stays claimed until its lease ends");
        }
    }

    /// Runs `work`, which has the claim, and renews it meanwhile.
    pub(crate) async fn during<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        loop {
            match within(self.idempotent.lease / 3, work.as_mut()).await {
                Some(output) => return output,
                None => {
                    if let Err(error) = self.idempotent.store.renew(self.scope, &self.key, self.idempotent.lease).await
                    {
                        tracing::warn!(scope = self.scope, %error, "the claim was not renewed");
                    }
                }
            }
        }
    }
}
