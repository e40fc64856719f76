//! Messages as the entries of a stream: fields with values.
//!
//! In: a [`Message`] or an entry. Out: the other. The payload comes first, in the field that the connection names; behind it
//! the application's headers, each a field of its name with any bytes for value, in order; what [`Message`] has fields for
//! is in headers of this crate's names. Of an entry by another producer, the field of that name is the payload wherever it
//! stands.

use bytes::Bytes;
use redis::{Cmd, Value};

use crate::message::{HeaderValue, Message};
use crate::transport::wire::{ADDRESS_HEADER, KEY_HEADER, TEXTS, text_of};

/// Adds the fields of `message` to the command that stores it.
pub(super) fn add(command: &mut Cmd, payload_field: &str, message: &mut Message, address: Option<&str>) {
    command.arg(payload_field).arg(&message.payload[..]);
    for (name, field) in TEXTS {
        if let Some(text) = field(message) {
            command.arg(name).arg(text.as_bytes());
        }
    }
    if let Some(key) = &message.key {
        command.arg(KEY_HEADER).arg(&key[..]);
    }
    if let Some(address) = address {
        command.arg(ADDRESS_HEADER).arg(address);
    }
    for (name, value) in message.headers.iter() {
        command.arg(name).arg(value.as_bytes());
    }
}

/// An entry of a stream.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) fields: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The message of an entry, and the address that it carries.
pub(super) fn message(payload_field: &str, fields: Vec<(Vec<u8>, Vec<u8>)>) -> (Message, Option<String>) {
    let payload = fields.iter().position(|(name, _)| name == payload_field.as_bytes());
    let (mut message, mut address) = (Message::new(Bytes::new()), None);
    for (number, (name, value)) in fields.into_iter().enumerate() {
        if Some(number) == payload {
            message.payload = value.into();
            continue;
        }
        let name = String::from_utf8_lossy(&name).into_owned();
        match (name.as_str(), text_of(&name)) {
            (KEY_HEADER, _) => message.key = Some(value.into()),
            (ADDRESS_HEADER, _) => address = Some(text(value)),
            (_, Some(field)) => *field(&mut message) = Some(text(value)),
            (_, None) => message.headers.append(name, HeaderValue::from(value)),
        }
    }
    (message, address)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// What was read of several streams: the key of each, and its entries.
pub(super) fn streams(value: Value) -> Vec<(String, Vec<Entry>)> {
    let stream = |value| {
        let mut parts = items(value).into_iter();
        Some((text(bytes(parts.next()?)?), entries(parts.next()?)))
    };
    items(value).into_iter().filter_map(stream).collect()
}

/// The entries of one stream; those that are gone are left out.
pub(super) fn entries(value: Value) -> Vec<Entry> {
    let entry = |value| {
        let mut parts = items(value).into_iter();
        let id = text(bytes(parts.next()?)?);
        let Value::Array(fields) = parts.next()? else { return None };
        let mut fields = fields.into_iter();
        let pairs = std::iter::from_fn(|| Some((bytes(fields.next()?)?, bytes(fields.next()?)?)));
        Some(Entry { id, fields: pairs.collect() })
    };
    items(value).into_iter().filter_map(entry).collect()
}

fn items(value: Value) -> Vec<Value> {
    if let Value::Array(items) = value { items } else { Vec::new() }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        _ => None,
    }
}
