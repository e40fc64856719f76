//! The fields of a message that a protocol has no place for, as headers: the same names on every transport.
//!
//! In: a message. Out: names and the fields that they hold. How values are written is the transport's.

#[cfg(any(feature = "amqp", feature = "kafka", feature = "nats", feature = "redis"))]
use crate::message::Message;

/// Holds [`Message::id`](crate::message::Message::id).
pub const ID_HEADER: &str = "Tidings-Id";
/// Holds [`Message::key`](crate::message::Message::key) where the protocol has no key.
pub const KEY_HEADER: &str = "Tidings-Key";
/// Holds [`Message::content_type`](crate::message::Message::content_type).
pub const CONTENT_TYPE_HEADER: &str = "Tidings-Content-Type";
/// Holds [`Message::correlation_id`](crate::message::Message::correlation_id).
pub const CORRELATION_ID_HEADER: &str = "Tidings-Correlation-Id";
/// Holds [`Message::reply_to`](crate::message::Message::reply_to).
pub const REPLY_TO_HEADER: &str = "Tidings-Reply-To";
/// Holds the address, where several addresses share what the broker knows by one name.
pub const ADDRESS_HEADER: &str = "Tidings-Address";

/// A text field of a message.
#[cfg(any(feature = "amqp", feature = "kafka", feature = "nats", feature = "redis"))]
pub(super) type Text = (&'static str, fn(&mut Message) -> &mut Option<String>);

/// The text fields and their headers.
#[cfg(any(feature = "amqp", feature = "kafka", feature = "nats", feature = "redis"))]
pub(super) const TEXTS: [Text; 4] = [
    (ID_HEADER, |message| &mut message.id),
    (CONTENT_TYPE_HEADER, |message| &mut message.content_type),
    (CORRELATION_ID_HEADER, |message| &mut message.correlation_id),
    (REPLY_TO_HEADER, |message| &mut message.reply_to),
];

/// The text field that a header holds.
#[cfg(any(feature = "amqp", feature = "kafka", feature = "redis"))]
pub(super) fn text_of(name: &str) -> Option<fn(&mut Message) -> &mut Option<String>> {
    TEXTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, field)| *field)
}

/// The segments of an address or a template, which `.` and `/` separate outside of `{parameters}`; empty ones are left out.
#[cfg(any(feature = "amqp", feature = "nats"))]
pub(super) fn segments(address: &str) -> Vec<&str> {
    let mut inside = false;
    let split = address.split(|character| {
        match character {
            '{' => inside = true,
            '}' => inside = false,
            _ => (),
        }
        !inside && matches!(character, '.' | '/')
    });
    split.filter(|segment| !segment.is_empty()).collect()
}
