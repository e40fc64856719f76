//! Events as requests: one `POST` for each event, with the same idempotency key at each try.
//!
//! In: a received message. Out: done when the target answered 2xx. What a retry cannot heal is permanent, so that the
//! consumer puts it with the dead letters at once; the rest is retried by the consumer's policy.

use super::form::{Form, check};
use crate::consume::{Dispatch, Failure, HandlerError, Layer, Received};
use crate::message::IDEMPOTENCY_KEY;
use crate::webhook::{Destinations, SenderError};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Client, StatusCode, Url};

/// A layer that posts events to a URL instead of handling them: `orders::on_order(handler).layer(Call::to(url)?)`.
#[derive(Clone, Debug)]
pub struct Call {
    client: Client,
    url: Url,
    headers: Vec<(String, String)>,
    forms: &'static [Form],
}

impl Call {
    /// Posts to this URL, on the public internet.
    ///
    /// # Errors
    /// Not an absolute URL, or requests may not go there.
    pub fn to(url: &str) -> Result<Self, SenderError> {
        Self::within(url, &Destinations::public())
    }

    /// Posts to this URL, which lies within these destinations.
    ///
    /// # Errors
    /// Not an absolute URL, or requests may not go there.
    pub fn within(url: &str, destinations: &Destinations) -> Result<Self, SenderError> {
        let parsed = Url::parse(url).map_err(|_| SenderError::Url(url.to_owned()))?;
        destinations.check_url(&parsed)?;
        let client = destinations.client().map_err(|error| SenderError::Client(error.into()))?;
        Ok(Self { client, url: parsed, headers: Vec::new(), forms: &[] })
    }

    /// Adds a header to every request, such as a credential.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

impl Call {
    /// Posts only what is one of these messages; the rest cannot be decoded.
    #[must_use]
    pub fn checked(mut self, forms: &'static [Form]) -> Self {
        self.forms = forms;
        self
    }
}

impl<D> Layer<D> for Call {
    type Dispatch = Self;

    fn layer(self, _inner: D) -> Self {
        self
    }
}

impl Dispatch for Call {
    async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
        let message = received.message();
        check(self.forms, &message.payload)?;
        let Some(id) = &message.id else {
            // Without one, a second try could not be told from a second event.
            return Err(HandlerError::permanent("the event has no id to be its idempotency key").into());
        };
        let mut request = self.client.post(self.url.clone()).header(IDEMPOTENCY_KEY, id);
        if let Some(content_type) = &message.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.header(CONTENT_LENGTH, message.payload.len());
        let answer = request.body(message.payload.clone()).send().await.map_err(|error| {
            let permanent = error.is_builder();
            // The URL may hold a token.
            let error = error.without_url();
            if permanent { HandlerError::permanent(error) } else { HandlerError::transient(error) }
        })?;
        let status = answer.status();
        let text = || format!("the target answered {status}");
        match status {
            _ if status.is_success() => Ok(()),
            StatusCode::REQUEST_TIMEOUT
            | StatusCode::CONFLICT
            | StatusCode::TOO_EARLY
            | StatusCode::TOO_MANY_REQUESTS => Err(HandlerError::transient(text()).into()),
            _ if status.is_client_error() || status.is_redirection() => Err(HandlerError::permanent(text()).into()),
            _ => Err(HandlerError::transient(text()).into()),
        }
    }
}
