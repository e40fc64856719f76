//! Messages as Kafka carries them: the key is Kafka's own, the rest that it has no field for travels in headers.
//!
//! In: a [`Message`] or what the client received. Out: the other. Headers keep their names, bytes and order, and whether they
//! have a value at all.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use rdkafka::message::{BorrowedMessage, Header, Headers as _, Message as _, OwnedHeaders};

use crate::message::{HeaderValue, Message};
use crate::transport::PublishError;
use crate::transport::wire::{ADDRESS_HEADER, TEXTS, text_of};

/// What producers that do not know this crate state, and the field that it goes to.
const FOREIGN: [(&str, &str); 2] = [("ce_id", "Tidings-Id"), ("content-type", "Tidings-Content-Type")];

/// What a header that came without a value was made of.
struct Null;

/// The headers of `message`, with its address where the topic does not tell it.
///
/// # Errors
/// A header has a name that would arrive as another one.
pub(super) fn headers(message: &mut Message, address: Option<&str>) -> Result<OwnedHeaders, PublishError> {
    let mut headers = OwnedHeaders::new_with_capacity(message.headers.len() + TEXTS.len() + 1);
    for (name, value) in message.headers.iter() {
        if name.contains('\0') {
            // The client reads names up to there.
            return Err(PublishError::encode(format!("Kafka cannot carry the header {name:?}: its name holds a NUL")));
        }
        let value = value.original::<Null>().is_none().then(|| value.as_bytes());
        headers = headers.insert(Header { key: name, value });
    }
    for (name, field) in TEXTS {
        if let Some(text) = field(message) {
            headers = headers.insert(Header { key: name, value: Some(text.as_bytes()) });
        }
    }
    Ok(match address {
        Some(address) => headers.insert(Header { key: ADDRESS_HEADER, value: Some(address.as_bytes()) }),
        None => headers,
    })
}

/// The message that was received, and the address that it carried. A header without a value becomes an empty one; one whose
/// name is not UTF-8 is left out, since the client can not read it.
pub(super) fn message(received: &BorrowedMessage<'_>) -> (Message, Option<String>) {
    let mut message = Message::new(Bytes::copy_from_slice(received.payload().unwrap_or_default()));
    message.key = received.key().map(Bytes::copy_from_slice);
    let mut address = None;
    let readable = received.headers().into_iter().flat_map(|headers| {
        (0..headers.count()).filter_map(move |number| {
            // The client panics on names that are no text; whoever writes to the topic must not end this consumer.
            let header = catch_unwind(AssertUnwindSafe(|| headers.try_get(number)));
            header.unwrap_or_else(|_| {
                tracing::warn!(
                    topic = received.topic(),
                    partition = received.partition(),
                    offset = received.offset(),
                    "a header of the record has a name that is not UTF-8, and was left out"
                );
                None
            })
        })
    });
    for header in readable {
        let value = header.value.unwrap_or_default();
        let text = || String::from_utf8_lossy(value).into_owned();
        match text_of(header.key) {
            Some(field) => *field(&mut message) = Some(text()),
            None if header.key == ADDRESS_HEADER => address = Some(text()),
            None => {
                let bytes = HeaderValue::from(Bytes::copy_from_slice(value));
                let value = if header.value.is_none() { bytes.made_of(Null) } else { bytes };
                message.headers.append(header.key.to_owned(), value);
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
