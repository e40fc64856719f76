//! A stored message: what of it stands in which column.
//!
//! In: a prepared message. Out: columns, and the message again, byte for byte. The envelope is JSON; bytes in it that are no
//! text stand as `{"base64": ".."}`.

use crate::message::{HeaderValue, Message, Prepared};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// All of a message but its payload.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    pub address: String,
    /// The keys of the operation and the message in the document.
    pub publication: Option<(String, String)>,
    pub id: String,
    key: Option<Octets>,
    content_type: Option<String>,
    correlation_id: Option<String>,
    reply_to: Option<String>,
    headers: Vec<(String, Octets)>,
}

/// Bytes in JSON.
#[derive(Debug, Serialize, Deserialize)]
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

    /// None: not what [`new`](Self::new) wrote.
    fn into_bytes(self) -> Option<Bytes> {
        match self {
            Self::Text(text) => Some(text.into()),
            Self::Other { base64 } => Some(BASE64_STANDARD.decode(base64).ok()?.into()),
        }
    }
}

impl Envelope {
    /// The envelope of a message; one without an id gets a random one, so that every try of the relay has the same.
    pub(super) fn new(prepared: &Prepared) -> Self {
        let message = prepared.message();
        let keys = prepared.publication().map(|of| (of.operation().key().to_owned(), of.message().to_owned()));
        Self {
            address: prepared.address().to_owned(),
            publication: keys,
            id: message.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            key: message.key.as_deref().map(Octets::new),
            content_type: message.content_type.clone().or_else(|| message.stated_content_type.map(str::to_owned)),
            correlation_id: message.correlation_id.clone(),
            reply_to: message.reply_to.clone(),
            headers: message
                .headers
                .iter()
                .map(|(name, value)| (name.to_owned(), Octets::new(value.as_bytes())))
                .collect(),
        }
    }

    /// The message with this payload; `None` when the envelope was not written by [`new`](Self::new).
    pub(super) fn into_message(self, payload: Vec<u8>) -> Option<Message> {
        let mut message = Message::new(payload).with_id(self.id);
        for (name, value) in self.headers {
            message.headers.append(name, HeaderValue::from(value.into_bytes()?));
        }
        message.key = match self.key {
            Some(key) => Some(key.into_bytes()?),
            None => None,
        };
        message.content_type = self.content_type;
        message.correlation_id = self.correlation_id;
        message.reply_to = self.reply_to;
        Some(message)
    }
}

/// The lane of a key: messages of one lane are published one after the other; 0 is no lane. Keys may share one, which costs
/// time and no order (FNV-1a, the same in every process).
pub(super) fn lane(key: Option<&Bytes>) -> i64 {
    let Some(key) = key else { return 0 };
    let hash = key
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 1).cast_signed().max(1)
}
