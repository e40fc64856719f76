//! CloudEvents over HTTP: binary and structured content, and the handshake before the first event.
//!
//! In: a request whose signature is checked already. Out: a message whose id is the event's, whose payload is the event's
//! data, and whose headers `ce-*` are its attributes. A batch is refused: one request is one message.

use crate::http::Refusal;
use crate::message::Message;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

const STRUCTURED: &str = "application/cloudevents+json";
const ANY_STRUCTURED: &str = "application/cloudevents";
const BATCH: &str = "application/cloudevents-batch";
const PREFIX: &str = "ce-";
/// The attributes that every event has, in version 1.0.
const REQUIRED: [&str; 4] = ["specversion", "id", "source", "type"];
const VERSION: &str = "1.0";

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
    let media = message.content_type.as_deref().unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media.starts_with(BATCH) {
        let text = "batches of CloudEvents are not taken: send each event by itself";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    if media == STRUCTURED {
        structured(message)?;
    } else if media.starts_with(ANY_STRUCTURED) {
        let text = "of structured CloudEvents only JSON is read";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    } else {
        binary(message)?;
    }
    for name in REQUIRED {
        let present = message.headers.get_str(&format!("{PREFIX}{name}")).is_some_and(|value| !value.is_empty());
        if !present {
            return Err(faulty(format!("the attribute `{name}` is missing")));
        }
    }
    if message.headers.get_str("ce-specversion") != Some(VERSION) {
        return Err(faulty(format!("only CloudEvents {VERSION} are read")));
    }
    message.id = message.headers.get_str("ce-id").map(str::to_owned);
    if message.key.is_none() {
        message.key = message.headers.get("ce-partitionkey").map(|key| key.as_bytes().to_vec().into());
    }
    Ok(())
}

fn faulty(text: impl std::fmt::Display) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, format!("no CloudEvent: {text}"))
}

/// Attributes are headers, of which non-ASCII characters are percent-encoded.
fn binary(message: &mut Message) -> Result<(), Refusal> {
    let attributes: Vec<(String, String)> = message
        .headers
        .iter()
        .filter_map(|(name, value)| {
            Some((name.to_ascii_lowercase(), name, value)).filter(|(low, ..)| low.starts_with(PREFIX))
        })
        .map(|(low, name, value)| {
            let decoded = percent_encoding::percent_decode(value.as_bytes()).decode_utf8();
            decoded.map(|text| (low, text.into_owned())).map_err(|_| faulty(format!("`{name}` is not UTF-8")))
        })
        .collect::<Result<_, _>>()?;
    for (name, value) in attributes {
        message.headers.insert(name, value);
    }
    Ok(())
}

fn structured(message: &mut Message) -> Result<(), Refusal> {
    let event: Value = crate::payload::Payload::from_slice(&message.payload).map_err(faulty)?;
    let Value::Object(mut event) = event else { return Err(faulty("expected an object")) };
    let content_type = match event.remove("datacontenttype") {
        Some(Value::String(text)) => text,
        _ => "application/json".to_owned(),
    };
    let payload = match (event.remove("data"), event.remove("data_base64")) {
        (Some(_), Some(_)) => return Err(faulty("both `data` and `data_base64`")),
        (None, Some(Value::String(text))) => {
            STANDARD.decode(text).map_err(|_| faulty("`data_base64` is not base64"))?
        }
        (None, Some(_)) => return Err(faulty("`data_base64` is not base64")),
        // A text of another media type is the payload itself, not JSON.
        (Some(Value::String(text)), None) if !content_type.contains("json") => text.into_bytes(),
        (Some(data), None) => data.to_string().into_bytes(),
        (None, None) => Vec::new(),
    };
    let stray: Vec<String> =
        message.headers.iter().map(|(name, _)| name.to_owned()).filter(|name| name.starts_with(PREFIX)).collect();
    for name in stray {
        message.headers.remove(&name);
    }
    for (name, value) in event {
        let known = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let text = match value {
            Value::String(text) => text,
            Value::Bool(value) => value.to_string(),
            Value::Number(value) => value.to_string(),
            Value::Null => continue,
            _ => return Err(faulty(format!("the attribute `{name}` is no text, number or truth value"))),
        };
        if !known || name.is_empty() {
            return Err(faulty("an attribute has a name that is not lower-case letters and digits"));
        }
        message.headers.insert(format!("{PREFIX}{name}"), text);
    }
    message.payload = payload.into();
    message.content_type = Some(content_type);
    Ok(())
}
