//! The client's side: one event after the other, over as many connections as that takes.

use super::GAP;
use super::parser::{Event, Parser};
use crate::consume::Backoff;
use crate::payload::{DecodeError, Payload};
use crate::webhook::{DestinationError, Destinations};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url};
use std::collections::VecDeque;
use std::time::Duration;
use thiserror::Error;

/// A connection on which nothing comes for this long is taken for dead; servers write something more often.
const SILENCE: Duration = Duration::from_secs(45);
/// How long an answer may take to begin.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest wait that a server may ask for.
const LONGEST: Duration = Duration::from_secs(300);

/// Why there is no next event.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EventSourceError {
    /// Not a URL that requests may go to.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {0}")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server refuses, and would again.
    #[error("the server answered {0}")]
    Refused(u16),
    /// The answer is no event stream.
    #[error("the server answered with something else than events")]
    NoEvents,
    /// An event is too large to be read.
    #[error("an event is larger than 4 MiB")]
    TooLarge,
    /// The server does not have all events since the last one any more; the next call goes on after the gap.
    #[error("events were missed: the server does not have them any more")]
    Gap,
    /// The data of an event is not what the document says; the next call goes on with the next event.
    #[error("{0}")]
    Undecodable(#[from] DecodeError),
}

/// Reads events, and connects again when the connection is lost.
#[derive(Debug)]
pub struct EventSource {
    client: Client,
    url: Url,
    authorization: Option<HeaderValue>,
    retry: Backoff,
    silence: Duration,
    parser: Parser,
    events: VecDeque<Event>,
    response: Option<Response>,
    failures: u32,
    /// The id of the last event that was handed out.
    last: String,
}

impl EventSource {
    /// Will read from a URL on the public internet.
    ///
    /// # Errors
    /// Requests may not go there.
    pub fn new(url: &str) -> Result<Self, EventSourceError> {
        Self::within(url, &Destinations::public())
    }

    /// Will read from a URL where these destinations allow it.
    ///
    /// # Errors
    /// Requests may not go there.
    pub fn within(url: &str, destinations: &Destinations) -> Result<Self, EventSourceError> {
        let url = Url::parse(url).map_err(|_| DestinationError::Url)?;
        destinations.check_url(&url)?;
        let client = destinations.client_builder().build().map_err(|error| EventSourceError::Client(error.into()))?;
        Ok(Self {
            client,
            url,
            authorization: None,
            retry: Backoff::default(),
            silence: SILENCE,
            parser: Parser::default(),
            events: VecDeque::new(),
            response: None,
            failures: 0,
            last: String::new(),
        })
    }

    /// Shows this token. `None` when it cannot stand in a header.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Option<Self> {
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
        value.set_sensitive(true);
        self.authorization = Some(value);
        Some(self)
    }

    /// Goes on after this event, which an earlier process read last.
    #[must_use]
    pub fn after(mut self, id: impl Into<String>) -> Self {
        self.last = id.into();
        self.parser.id.clone_from(&self.last);
        self
    }

    /// How long to wait before a new connection; it is tried for ever. A server may ask for another time.
    #[must_use]
    pub fn retry(mut self, retry: Backoff) -> Self {
        self.retry = retry;
        self
    }

    /// How long nothing may come before the connection is taken for dead; 45 s unless set.
    #[must_use]
    pub fn silence(mut self, longest: Duration) -> Self {
        self.silence = longest;
        self
    }

    /// The id to go on after: that of the last event that was handed out.
    pub fn last_event_id(&self) -> &str {
        &self.last
    }

    /// The next event; `None` when the server says that there will be none (204).
    ///
    /// # Errors
    /// The server refuses for good, or events were missed.
    pub async fn next(&mut self) -> Result<Option<Event>, EventSourceError> {
        loop {
            if let Some(event) = self.events.pop_front() {
                self.last.clone_from(&event.id);
                self.failures = 0;
                if event.name == GAP {
                    return Err(EventSourceError::Gap);
                }
                return Ok(Some(event));
            }
            if self.response.is_none() && !self.connect().await? {
                return Ok(None);
            }
            let Some(response) = &mut self.response else { continue };
            match tokio::time::timeout(self.silence, response.chunk()).await {
                Ok(Ok(Some(piece))) => {
                    let events = self.parser.read(&piece).map_err(|_| EventSourceError::TooLarge)?;
                    self.events.extend(events);
                }
                // The end of the answer, a broken connection, or silence.
                _ => {
                    self.response = None;
                    self.failures = self.failures.saturating_add(1);
                }
            }
        }
    }

    /// The next event's data as a payload of the document, with its id.
    ///
    /// # Errors
    /// Those of [`next`](Self::next), or the data is not what the document says.
    pub async fn next_payload<P: Payload>(&mut self) -> Result<Option<(String, P)>, EventSourceError> {
        let Some(event) = self.next().await? else { return Ok(None) };
        Ok(Some((event.id, P::from_slice(event.data.as_bytes())?)))
    }

    /// One try to connect, after a wait if the last one failed; `false` when there will be no more events.
    async fn connect(&mut self) -> Result<bool, EventSourceError> {
        if self.failures > 0 {
            let asked = self.parser.retry.map(|asked| asked.min(LONGEST));
            tokio::time::sleep(asked.unwrap_or_else(|| self.retry.delay(self.failures))).await;
        }
        self.parser.restart();
        let mut request = self.client.get(self.url.clone()).header(ACCEPT, "text/event-stream");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Ok(id) = HeaderValue::from_str(&self.parser.id)
            && !id.is_empty()
        {
            request = request.header("last-event-id", id);
        }
        let Ok(Ok(response)) = tokio::time::timeout(PATIENCE, request.send()).await else {
            self.failures = self.failures.saturating_add(1);
            return Ok(true);
        };
        let status = response.status();
        let passing =
            status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        match status {
            StatusCode::NO_CONTENT => return Ok(false),
            StatusCode::OK => {
                let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
                if !content_type.is_some_and(|text| text.starts_with("text/event-stream")) {
                    return Err(EventSourceError::NoEvents);
                }
                self.response = Some(response);
            }
            _ if passing => self.failures = self.failures.saturating_add(1),
            _ => return Err(EventSourceError::Refused(status.as_u16())),
        }
        Ok(true)
    }
}
