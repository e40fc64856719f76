//! A resource that changes as events: asked for again and again, published when its `ETag` is another.
//!
//! In: a URL, and a channel with an address. Out: one event for each change that was seen; its id is made of the URL and
//! the tag, so that a change which is published again after a crash is known as the same. A body is read up to a limit.

use super::form::{Form, check};
use crate::consume::Undecodable;
use crate::message::{Channel, Message};
use crate::transport::{PublishError, Transport};
use crate::webhook::{Destinations, SenderError};
use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use reqwest::{Client, StatusCode, Url};
use ring::digest::{Context, SHA256};
use std::time::Duration;
use thiserror::Error;

/// The largest body that is read.
const BODY_LIMIT: usize = 1024 * 1024;

/// Why nothing is known of the resource, or its change was not published. Polling again may help.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PollError {
    /// The request failed.
    #[error("the resource could not be read: {0}")]
    Request(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer was neither 200 nor 304.
    #[error("the resource answered {0}")]
    Status(u16),
    /// The body is larger than 1 MiB.
    #[error("the resource is larger than {BODY_LIMIT} bytes")]
    TooLarge,
    /// Not what the document says.
    #[error("the resource is not what the document says: {0}")]
    Undecodable(Undecodable),
    /// Requests may not go there.
    #[error(transparent)]
    Destination(#[from] SenderError),
    /// The broker did not confirm.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// Turns changes of one resource into events.
#[derive(Clone, Debug)]
pub struct Poller<T> {
    client: Client,
    url: Url,
    transport: T,
    channel: &'static Channel,
    address: String,
    /// What the resource was when its last event was confirmed.
    seen: Option<String>,
    forms: &'static [Form],
}

impl<T: Transport> Poller<T> {
    /// Reads `url`, which lies within `destinations`, and publishes to an address of `channel`.
    ///
    /// # Errors
    /// Not an absolute URL, or requests may not go there.
    pub fn new(
        url: &str,
        destinations: &Destinations,
        transport: T,
        channel: &'static Channel,
        address: impl Into<String>,
    ) -> Result<Self, SenderError> {
        let parsed = Url::parse(url).map_err(|_| SenderError::Url(url.to_owned()))?;
        destinations.check_url(&parsed)?;
        let client = destinations.client().map_err(|error| SenderError::Client(error.into()))?;
        Ok(Self { client, url: parsed, transport, channel, address: address.into(), seen: None, forms: &[] })
    }

    /// Publishes only what is one of these messages.
    #[must_use]
    pub fn checked(mut self, forms: &'static [Form]) -> Self {
        self.forms = forms;
        self
    }

    /// Goes on after a tag that an earlier run has published; see [`seen`](Self::seen).
    #[must_use]
    pub fn resume(mut self, tag: impl Into<String>) -> Self {
        self.seen = Some(tag.into());
        self
    }

    /// The tag of the last change that was published, to be kept for the next run.
    #[must_use]
    pub fn seen(&self) -> Option<&str> {
        self.seen.as_deref()
    }

    /// Asks once; whether there was a change, which is then on the broker.
    ///
    /// # Errors
    /// The resource cannot be read or its change cannot be published; the next call tries again.
    pub async fn poll(&mut self) -> Result<bool, PollError> {
        let mut request = self.client.get(self.url.clone());
        if let Some(tag) = self.seen.as_deref().filter(|tag| !tag.starts_with(DIGEST)) {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let answer = request.send().await.map_err(failed)?;
        match answer.status() {
            StatusCode::OK => (),
            StatusCode::NOT_MODIFIED => return Ok(false),
            other => return Err(PollError::Status(other.as_u16())),
        }
        let header = |name| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
        let (tag, content_type) = (header(ETAG), header(CONTENT_TYPE));
        let body = read(answer).await?;
        // A resource without a tag is known by its content.
        let tag = tag.unwrap_or_else(|| format!("{DIGEST}{}", digest(&[&body])));
        if self.seen.as_ref() == Some(&tag) {
            return Ok(false);
        }
        check(self.forms, &body).map_err(PollError::Undecodable)?;
        let mut message = Message::new(body).with_id(digest(&[self.url.as_str().as_bytes(), tag.as_bytes()]));
        message.content_type = content_type;
        self.transport.publish(Some(self.channel), &self.address, message).await?;
        self.seen = Some(tag);
        Ok(true)
    }

    /// Asks at every `interval` until `stop` is done. Failures are logged; the next turn tries again.
    pub async fn run(&mut self, interval: Duration, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            if let Err(error) = self.poll().await {
                tracing::warn!(%error, "polling failed");
            }
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(interval) => (),
            }
        }
    }
}

/// How the digest of a content is told from a tag, which begins with a quotation mark or `W/`.
const DIGEST: &str = "sha256-";

fn failed(error: reqwest::Error) -> PollError {
    // The URL may hold a token.
    PollError::Request(error.without_url().into())
}

async fn read(mut answer: reqwest::Response) -> Result<Bytes, PollError> {
    let mut body = BytesMut::new();
    while let Some(piece) = answer.chunk().await.map_err(failed)? {
        if body.len() + piece.len() > BODY_LIMIT {
            return Err(PollError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// SHA-256 of the parts, each after its length, in hexadecimal digits.
fn digest(parts: &[&[u8]]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
