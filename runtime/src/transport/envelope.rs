//! What a protocol without headers has no place for, within the payload: a JSON object around it.
//!
//! In: a message. Out: bytes, and the message again. The object begins with [`MARK`], so that it is told from a payload
//! without reading it; a payload that begins so itself is put into an envelope too, and comes out unchanged. Bytes that are
//! UTF-8 stand as text, others as `{"base64": ".."}`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::message::{HeaderValue, Message};
#[cfg(any(feature = "redis", feature = "ws"))]
use crate::transport::PublishError;

/// The beginning of an envelope.
const MARK: &[u8] = br#"{"tidings-envelope":1,"#;

/// The version of this form.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    #[serde(rename = "tidings-envelope")]
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Octets>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, Octets)>,
    payload: Octets,
}

/// Bytes in JSON.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Octets {
    Text(String),
    Other { base64: String },
}

impl Octets {
    fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Other { base64: BASE64_STANDARD.encode(bytes) },
        }
    }

    fn into_bytes(self) -> Option<Bytes> {
        match self {
            Self::Text(text) => Some(text.into()),
            Self::Other { base64 } => Some(BASE64_STANDARD.decode(base64).ok()?.into()),
        }
    }
}

/// Whether these bytes could be taken for an envelope.
pub(super) fn is_ambiguous(payload: &[u8]) -> bool {
    payload.starts_with(MARK)
}

/// The message as a payload.
///
/// # Errors
/// None that is known: everything has a form in JSON.
pub(super) fn wrap(message: &Message) -> Result<Bytes, serde_json::Error> {
    let envelope = Envelope {
        version: VERSION,
        id: message.id.clone(),
        key: message.key.as_deref().map(Octets::new),
        content_type: message.content_type.clone(),
        correlation_id: message.correlation_id.clone(),
        reply_to: message.reply_to.clone(),
        headers: message.headers.iter().map(|(name, value)| (name.to_owned(), Octets::new(value.as_bytes()))).collect(),
        payload: Octets::new(&message.payload),
    };
    serde_json::to_vec(&envelope).map(Bytes::from)
}

/// The payload to send where there are no headers: in an envelope where that is `wanted`, or where it would be taken for one.
///
/// # Errors
/// The message has headers, which would be lost.
#[cfg(any(feature = "redis", feature = "ws"))]
pub(super) fn bare(message: Message, wanted: bool) -> Result<Bytes, PublishError> {
    if wanted || is_ambiguous(&message.payload) {
        return wrap(&message).map_err(PublishError::encode);
    }
    if !message.headers.is_empty() {
        return Err(PublishError::encode(
            "there are no headers here: connect with `envelope(true)`, which carries them",
        ));
    }
    Ok(message.payload)
}

/// The message that was sent with or without an envelope.
#[cfg(any(feature = "redis", feature = "ws"))]
pub(super) fn opened(payload: Bytes) -> Message {
    unwrap(&payload).unwrap_or_else(|| Message::new(payload))
}

/// The message in an envelope; `None` when the bytes are none.
pub(super) fn unwrap(payload: &[u8]) -> Option<Message> {
    if !is_ambiguous(payload) {
        return None;
    }
    let envelope: Envelope = serde_json::from_slice(payload).ok()?;
    let mut message = Message::new(envelope.payload.into_bytes()?);
    for (name, value) in envelope.headers {
        message.headers.append(name, HeaderValue::from(value.into_bytes()?));
    }
    message.key = match envelope.key {
        Some(key) => Some(key.into_bytes()?),
        None => None,
    };
    message.id = envelope.id;
    message.content_type = envelope.content_type;
    message.correlation_id = envelope.correlation_id;
    message.reply_to = envelope.reply_to;
    (envelope.version == VERSION).then_some(message)
}
