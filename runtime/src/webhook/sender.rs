//! Webhooks as a transport: what is published is posted, signed, and tried again until it is taken.
//!
//! In: messages for addresses below one URL. Out: `Ok` once the receiver answered 2xx. Every attempt has the same id and a
//! timestamp and signature of its own. Requests go to public addresses only, unless [`Sender::destinations`] allows more.

use super::asymmetric::SigningKey;
use super::destinations::{DestinationError, Destinations};
use super::signature::{ID_HEADER, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER, seconds_since_1970};
use crate::consume::Backoff;
use crate::message::{Channel, EventHeaders, Message};
use crate::transport::{
    Acknowledger, Capabilities, Delivery, PublishError, Receipt, ReceiveError, SettleError, Subscribe, SubscribeError,
    Subscription, Transport, TransportError,
};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Why a sender cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SenderError {
    /// Not an absolute `http` or `https` URL.
    #[error("`{0}` is no absolute http or https URL")]
    Url(String),
    /// Requests may not go there.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {0}")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Posts messages to a receiver; clones share it.
#[derive(Clone, Debug)]
pub struct Sender {
    shared: Arc<Shared>,
}

#[derive(Clone, Debug)]
struct Shared {
    client: Client,
    destinations: Destinations,
    base: Url,
    secrets: Vec<Secret>,
    signing_keys: Vec<SigningKey>,
    retry: Backoff,
}

impl Sender {
    /// Posts to addresses below `base`: `https://example.com/hooks` and the address `/orders` give
    /// `https://example.com/hooks/orders`; the address `/` gives the URL itself.
    ///
    /// # Errors
    /// The URL is not absolute or not `http` or `https`, or the system's certificates cannot be read.
    pub fn new(base: &str) -> Result<Self, SenderError> {
        let url = Url::parse(base).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = url.ok_or_else(|| SenderError::Url(base.to_owned()))?;
        let destinations = Destinations::public();
        let client = destinations.client().map_err(|error| SenderError::Client(error.into()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                client,
                destinations,
                base,
                secrets: Vec::new(),
                signing_keys: Vec::new(),
                retry: Backoff::default(),
            }),
        })
    }

    /// Where requests may go; the public internet on ports 80 and 443 unless set.
    ///
    /// # Errors
    /// The URL itself does not lead there, or the HTTP client cannot be made.
    pub fn destinations(self, destinations: Destinations) -> Result<Self, SenderError> {
        destinations.check_url(&self.shared.base)?;
        let client = destinations.client().map_err(|error| SenderError::Client(error.into()))?;
        Ok(self.with(|shared| (shared.client, shared.destinations) = (client, destinations)))
    }

    /// Signs with this secret, besides those set before: while one replaces another, both are used.
    #[must_use]
    pub fn secret(self, secret: Secret) -> Self {
        self.with(|shared| shared.secrets.push(secret))
    }

    /// Signs with this key, too: receivers that know its public half need no secret.
    #[must_use]
    pub fn signing_key(self, key: SigningKey) -> Self {
        self.with(|shared| shared.signing_keys.push(key))
    }

    /// When to try again.
    #[must_use]
    pub fn retry(self, retry: Backoff) -> Self {
        self.with(|shared| shared.retry = retry)
    }

    fn with(self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = Arc::unwrap_or_clone(self.shared);
        change(&mut shared);
        Self { shared: Arc::new(shared) }
    }

    fn url(&self, address: &str) -> Url {
        let mut url = self.shared.base.clone();
        let path = format!("{}/{}", url.path().trim_end_matches('/'), address.trim_start_matches('/'));
        let path = if address.trim_matches('/').is_empty() { url.path().to_owned() } else { path };
        url.set_path(&path);
        url
    }

    /// One attempt. `Err` with how long the receiver asks to be left alone, and whether it is for good.
    async fn attempt(&self, url: &Url, message: &Message, id: &str) -> Result<(), Failed> {
        self.shared.destinations.check_url(url).map_err(|error| Failed {
            permanent: true,
            after: None,
            text: error.to_string(),
        })?;
        let mut request = self.shared.client.post(url.clone());
        for (name, value) in message.headers.iter() {
            request = request.header(name, value.as_bytes());
        }
        let timestamp = seconds_since_1970();
        let secrets = self.shared.secrets.iter().map(|secret| secret.sign(id, timestamp, &message.payload));
        let keys = self.shared.signing_keys.iter().map(|key| key.sign(id, timestamp, &message.payload));
        let signatures: Vec<String> = secrets.chain(keys).collect();
        request = request.header(ID_HEADER, id).header(TIMESTAMP_HEADER, timestamp.to_string());
        if !signatures.is_empty() {
            request = request.header(SIGNATURE_HEADER, signatures.join(" "));
        }
        if let Some(content_type) = &message.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let request = request.header(CONTENT_LENGTH, message.payload.len());
        let response = request.body(message.payload.clone()).send().await.map_err(|error| Failed {
            // A request that cannot even be written will not be better next time.
            permanent: error.is_builder(),
            after: None,
            text: describe(&error),
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Err(Failed {
            permanent: status == StatusCode::GONE,
            after: after.map(Duration::from_secs),
            text: format!("the receiver answered {status}"),
        })
    }
}

struct Failed {
    permanent: bool,
    after: Option<Duration>,
    text: String,
}

/// The error with its causes, without the URL: that may hold a token.
pub(super) fn describe(error: &reqwest::Error) -> String {
    let mut text = String::from("the request failed");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

impl Transport for Sender {
    type Subscription = Nothing;

    fn system(&self) -> &'static str {
        "http"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { headers: true, events: Some(EventHeaders::HTTP), ..Capabilities::default() }
    }

    async fn publish(
        &self,
        _channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        let url = self.url(address);
        let id = message.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let mut attempt = 1;
        loop {
            let Err(failed) = self.attempt(&url, &message, &id).await else {
                return Ok(Receipt::new().with_position(id));
            };
            if failed.permanent {
                return Err(TransportError::permanent(failed.text).into());
            }
            let Some(delay) = self.shared.retry.next_delay(attempt) else {
                return Err(TransportError::transient(failed.text).into());
            };
            // A receiver may ask for more time, but not for ever.
            let delay = failed.after.map_or(delay, |after| after.clamp(delay, delay.saturating_mul(2)));
            tracing::debug!(id, attempt, ?delay, error = failed.text, "the webhook was not taken; trying again");
            tokio::time::sleep(delay).await;
            attempt = attempt.saturating_add(1);
        }
    }

    async fn subscribe(&self, _request: Subscribe) -> Result<Nothing, SubscribeError> {
        Err(SubscribeError::Unsupported("subscriptions: receive webhooks with `webhook::Receiver`".to_owned()))
    }

    async fn close(&self, _deadline: Duration) -> Result<(), TransportError> {
        Ok(())
    }
}

/// The subscription that there is none of.
#[derive(Debug)]
pub enum Nothing {}

impl Subscription for Nothing {
    type Acknowledger = Self;

    async fn next(&mut self) -> Option<Result<Delivery<Self>, ReceiveError>> {
        match *self {}
    }
}

impl Acknowledger for Nothing {
    async fn acknowledge(self) -> Result<(), SettleError> {
        match self {}
    }

    async fn reject(self, _redeliver_after: Duration) -> Result<(), SettleError> {
        match self {}
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        match *self {}
    }
}
