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

/// Whether an address has the segments of a template, as far as these are literal: what a subscription to whole segments is
/// meant to select. A parameter may have any text here; what it must not have is the consumer's to refuse, so that nothing is
/// lost without a word.
#[cfg(any(feature = "amqp", feature = "mqtt", feature = "nats"))]
pub(super) fn has_literals(template: &[&str], address: &[&str]) -> bool {
    template.len() == address.len() && template.iter().zip(address).all(|(pattern, segment)| fits(pattern, segment))
}

/// Whether a segment has the literal parts of a pattern, in order, and something for each parameter between them.
#[cfg(any(feature = "amqp", feature = "mqtt", feature = "nats"))]
fn fits(pattern: &str, segment: &str) -> bool {
    let Some((before, mut pattern)) = pattern.split_once('{') else { return pattern == segment };
    let Some(mut rest) = segment.strip_prefix(before) else { return false };
    while let Some((_, behind)) = pattern.split_once('}') {
        let Some((literal, next)) = behind.split_once('{') else {
            return rest.len() > behind.len() && rest.ends_with(behind);
        };
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let found = rest.get(first..).filter(|_| first > 0).and_then(|tail| tail.split_once(literal));
        let Some((_, after)) = found else { return false };
        (rest, pattern) = (after, next);
    }
    false
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
