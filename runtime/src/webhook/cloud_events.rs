//! CloudEvents over HTTP: binary and structured content, and the handshake before the first event.
//!
//! In: a request whose signature is checked already. Out: a message whose id is the event's, whose payload is the event's
//! data, and whose headers `ce-*` are its attributes. A batch is refused: one request is one message.

use crate::http::Refusal;
use crate::message::{Message, cloud_events};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

const REQUEST_ORIGIN: &str = "webhook-request-origin";
const REQUEST_RATE: &str = "webhook-request-rate";
const ALLOWED_ORIGIN: &str = "webhook-allowed-origin";
const ALLOWED_RATE: &str = "webhook-allowed-rate";

/// Takes the messages of an operation as CloudEvents, and answers the handshake of senders it expects.
#[derive(Clone, Debug, Default)]
pub struct CloudEvents {
    origins: Vec<String>,
    rate: Option<u32>,
}

impl CloudEvents {
    /// Answers no handshake yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets this origin (a DNS name, or `*` for all) send events: `OPTIONS` is then answered with its consent.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// How many events a minute are welcome; no limit unless set.
    #[must_use]
    pub fn rate(mut self, events_per_minute: u32) -> Self {
        self.rate = Some(events_per_minute);
        self
    }

    /// The answer to `OPTIONS`.
    pub(super) fn handshake(&self, headers: &HeaderMap) -> Response {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(origin) = text(REQUEST_ORIGIN).filter(|origin| !origin.is_empty()) else {
            return Refusal::new(StatusCode::BAD_REQUEST, format!("the header `{REQUEST_ORIGIN}` is missing"))
                .into_response();
        };
        if !self.origins.iter().any(|known| known == "*" || known.eq_ignore_ascii_case(origin)) {
            return Refusal::new(StatusCode::FORBIDDEN, "this origin may not send events").into_response();
        }
        let rate = text(REQUEST_RATE).map(|_| self.rate.map_or_else(|| "*".to_owned(), |rate| rate.to_string()));
        let allowed = [("allow", "OPTIONS, POST".to_owned()), (ALLOWED_ORIGIN, origin.to_owned())];
        let mut response = (StatusCode::OK, allowed).into_response();
        if let Some(rate) = rate.and_then(|rate| rate.parse().ok()) {
            response.headers_mut().insert(ALLOWED_RATE, rate);
        }
        response
    }
}

/// Makes the message of a request that of the event in it.
pub(super) fn unwrap(message: &mut Message) -> Result<(), Refusal> {
    let media = cloud_events::media_type(message.content_type.as_deref().unwrap_or_default());
    if media.starts_with("application/cloudevents") && media != cloud_events::STRUCTURED {
        let text = "of structured CloudEvents only single ones in JSON are read: send each event by itself";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let fault = match cloud_events::read(message) {
        Ok(Some(event)) => {
            let key = event.headers.get("ce-partitionkey").map(|key| key.as_bytes().to_vec().into());
            let id = event.headers.get_str("ce-id").map(str::to_owned);
            *message = event;
            (message.id, message.key) = (id, message.key.take().or(key));
            return Ok(());
        }
        Ok(None) => "the attribute `specversion` is missing".to_owned(),
        Err(fault) => fault,
    };
    Err(Refusal::new(StatusCode::BAD_REQUEST, format!("no CloudEvent: {fault}")))
}
