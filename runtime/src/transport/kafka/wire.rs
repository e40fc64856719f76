//! Messages as Kafka carries them: the key is Kafka's own, the rest that it has no field for travels in headers.
//!
//! In: a [`Message`] or what the client received. Out: the other. Headers keep their names, bytes and order.

use bytes::Bytes;
use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};

use crate::message::{HeaderValue, Message};
use crate::transport::wire::{ADDRESS_HEADER, TEXTS, text_of};

/// What producers that do not know this crate state, and the field that it goes to.
const FOREIGN: [(&str, &str); 2] = [("ce_id", "Tidings-Id"), ("content-type", "Tidings-Content-Type")];

/// The headers of `message`, with its address where the topic does not tell it.
pub(super) fn headers(message: &mut Message, address: Option<&str>) -> OwnedHeaders {
    let mut headers = OwnedHeaders::new_with_capacity(message.headers.len() + TEXTS.len() + 1);
    for (name, value) in message.headers.iter() {
        headers = headers.insert(Header { key: name, value: Some(value.as_bytes()) });
    }
    for (name, field) in TEXTS {
        if let Some(text) = field(message) {
            headers = headers.insert(Header { key: name, value: Some(text.as_bytes()) });
        }
    }
    match address {
        Some(address) => headers.insert(Header { key: ADDRESS_HEADER, value: Some(address.as_bytes()) }),
        None => headers,
    }
}

/// The message that was received, and the address that it carried. A header without a value becomes an empty one.
pub(super) fn message(received: &BorrowedMessage<'_>) -> (Message, Option<String>) {
    let mut message = Message::new(Bytes::copy_from_slice(received.payload().unwrap_or_default()));
    message.key = received.key().map(Bytes::copy_from_slice);
    let mut address = None;
    for header in received.headers().into_iter().flat_map(|headers| headers.iter()) {
        let value = header.value.unwrap_or_default();
        let text = || String::from_utf8_lossy(value).into_owned();
        match text_of(header.key) {
            Some(field) => *field(&mut message) = Some(text()),
            None if header.key == ADDRESS_HEADER => address = Some(text()),
            None => {
                message.headers.append(header.key.to_owned(), HeaderValue::from(Bytes::copy_from_slice(value)));
            }
        }
    }
    for (name, own) in FOREIGN {
        let stated = message.headers.get_str(name).map(str::to_owned);
        if let (Some(field), Some(stated)) = (text_of(own), stated) {
            field(&mut message).get_or_insert(stated);
        }
    }
    (message, address)
}
