//! Messages as NATS carries them: what has no field there travels in headers.
//!
//! In: a [`Message`] or what the client received. Out: the other. The header names are public constants of the parent
//! module; their values are percent-encoded, so a key may be any bytes. The application's headers keep their names, their
//! values and, within one name, their order; the order of names is lost, because the client keeps them in a map.

use std::borrow::Cow;

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

use super::KEY_HEADER;
use crate::consume::HANDLER_HEADER;
use crate::message::{Headers, Message};
use crate::observe::{TRACEPARENT_HEADER, TRACESTATE_HEADER};
use crate::transport::PublishError;
use crate::transport::wire::TEXTS;

/// The header by which JetStream drops duplicates.
const DUPLICATE_HEADER: &str = "Nats-Msg-Id";

/// The header that other producers state the media type in.
const FOREIGN_CONTENT_TYPE_HEADER: &str = "Content-Type";

/// What a header value must not hold, or what reading it back would trim.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%');

/// Whether `message` needs no headers.
pub(super) fn is_bare(message: &Message) -> bool {
    let Message { payload: _, headers, key, id, content_type, stated_content_type: _, reply_to, correlation_id } =
        message;
    headers.is_empty() && key.is_none() && [id, content_type, reply_to, correlation_id].into_iter().all(Option::is_none)
}

/// The headers of `message`, without those that drop duplicates.
///
/// # Errors
/// A header's name or value is one that NATS cannot carry.
pub(super) fn headers(message: &mut Message) -> Result<HeaderMap, PublishError> {
    let mut headers = HeaderMap::new();
    for (name, value) in message.headers.entries() {
        let refused = |fault: &str| PublishError::encode(format!("NATS cannot carry the header {name:?}: {fault}"));
        if name.is_empty() {
            return Err(refused("it has no name"));
        }
        let known = match name {
            Cow::Borrowed(name) if is_name(name) => Some(HeaderName::from_static(name)),
            name => name.parse().ok(),
        };
        let known = known.ok_or_else(|| refused("its name must be visible ASCII without a colon"))?;
        let text = value.as_str().ok_or_else(|| refused("its value is not UTF-8"))?;
        let value: HeaderValue = text.parse().map_err(|_| refused("its value holds a line break"))?;
        // The first one stands beside none of its name, which costs nothing to find out.
        match headers.is_empty() {
            true => headers.insert(known, value),
            false => headers.append(known, value),
        }
    }
    for (name, field) in TEXTS {
        if let Some(text) = field(message) {
            headers.insert(name, encode(text.as_bytes()));
        }
    }
    if let Some(key) = &message.key {
        headers.insert(KEY_HEADER, encode(key));
    }
    Ok(headers)
}

/// Lets JetStream drop what it has already: the same id for the same subject. A dead letter has the id of its source, may
/// be in the same stream, and may stand beside that which another operation made of the same message.
pub(super) fn drop_duplicates(headers: &mut HeaderMap, id: &str, subject: &str) {
    let buried_by = headers.get(HANDLER_HEADER).map(|handler| format!("@{}", handler.as_str())).unwrap_or_default();
    headers.insert(DUPLICATE_HEADER, encode(format!("{id}@{subject}{buried_by}").as_bytes()));
}

/// The message that was received.
pub(super) fn message(payload: Bytes, headers: Option<HeaderMap>) -> Message {
    let mut message = Message::new(payload);
    let Some(headers) = headers else { return message };
    message.headers = Headers::with_capacity(headers.len());
    let (mut foreign_id, mut foreign_content_type) = (None, None);
    for (name, values) in headers.iter() {
        let (name, first) = (name.as_ref(), values.first().map_or("", HeaderValue::as_str));
        let field = TEXTS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
        match (field, name) {
            (Some(field), _) => *field(&mut message) = Some(String::from_utf8_lossy(&decode(first)).into_owned()),
            (None, KEY_HEADER) => message.key = Some(decode(first).into()),
            // What producers that do not know this crate state.
            (None, DUPLICATE_HEADER) => foreign_id = Some(first.to_owned()),
            (None, name) => {
                if name == FOREIGN_CONTENT_TYPE_HEADER {
                    foreign_content_type = Some(first.to_owned());
                }
                let name = known(name);
                values.iter().for_each(|value| message.headers.append(name.clone(), value.as_str()));
            }
        }
    }
    message.id = message.id.or(foreign_id);
    message.content_type = message.content_type.or(foreign_content_type);
    // The same order every time, since the client's map has none.
    message.headers.sort();
    message
}

/// The name of a header, without a copy where this crate itself writes it.
fn known(name: &str) -> Cow<'static, str> {
    match [TRACEPARENT_HEADER, TRACESTATE_HEADER].into_iter().find(|known| *known == name) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(name.to_owned()),
    }
}

/// Whether NATS has such names.
fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
}

fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, ENCODED).to_string()
}

fn decode(text: &str) -> Vec<u8> {
    percent_decode_str(text).collect()
}
