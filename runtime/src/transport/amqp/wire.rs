//! Messages as AMQP carries them: what it has properties for goes there, the rest travels in headers.
//!
//! In: a [`Message`] or what the client received. Out: the other. Several values of one header are a list; the order of
//! names is lost, because AMQP's tables have none. What always holds: properties that [`Message`] has no field for come as
//! headers of these names, and become properties again when such a message is published, and values that are no text (numbers,
//! tables, ..) are the same values again, so that they outlive a dead letter; no header decides where a message goes.

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};

use super::{APPLICATION_HEADER, CONTENT_ENCODING_HEADER, MESSAGE_TYPE_HEADER, PRIORITY_HEADER, TIMESTAMP_HEADER};
use crate::message::{HeaderValue, Headers, Message};
use crate::transport::PublishError;
use crate::transport::wire::{
    ADDRESS_HEADER, CONTENT_TYPE_HEADER, CORRELATION_ID_HEADER, ID_HEADER, KEY_HEADER, REPLY_TO_HEADER, text_of,
};

/// Which delivery of a message this is, where the broker's count began anew.
const ATTEMPT_HEADER: &str = "Tidings-Attempt";
/// What quorum queues count.
const COUNT_HEADER: &str = "x-delivery-count";
/// What the broker writes on its own; no header of the application.
const BROKERS: [&str; 4] = [COUNT_HEADER, "x-death", "x-first-death-", "x-last-death-"];
/// Further routing keys, which the broker follows: repeated on a dead letter, they would lead it back to the living.
const ROUTES: [&str; 2] = [ROUTES_SHOWN, "BCC"];
/// Those that the receiver sees.
const ROUTES_SHOWN: &str = "CC";
/// Where CloudEvents have their id, by the two prefixes that their binding allows.
const EVENT_IDS: [&str; 2] = ["cloudEvents:id", "cloudEvents_id"];
/// The longest short string, in bytes.
const SHORT: usize = 255;
/// Stored to disk.
pub(super) const PERSISTENT: u8 = 2;

type Get = fn(&BasicProperties) -> Option<String>;
type Set = fn(BasicProperties, &str) -> Option<BasicProperties>;

/// Properties that stand as headers in a message.
const PROPERTIES: [(&str, Get, Set); 5] = [
    (
        CONTENT_ENCODING_HEADER,
        |from| from.content_encoding().as_ref().map(ToString::to_string),
        |into, text| Some(into.with_content_encoding(ShortString::try_new(text).ok()?)),
    ),
    (
        MESSAGE_TYPE_HEADER,
        |from| from.kind().as_ref().map(ToString::to_string),
        |into, text| Some(into.with_type(ShortString::try_new(text).ok()?)),
    ),
    (
        APPLICATION_HEADER,
        |from| from.app_id().as_ref().map(ToString::to_string),
        |into, text| Some(into.with_app_id(ShortString::try_new(text).ok()?)),
    ),
    (
        TIMESTAMP_HEADER,
        |from| from.timestamp().map(|at| at.to_string()),
        |into, text| Some(into.with_timestamp(text.parse().ok()?)),
    ),
    (
        PRIORITY_HEADER,
        |from| from.priority().map(|priority| priority.to_string()),
        |into, text| Some(into.with_priority(text.parse().ok()?)),
    ),
];

/// The text fields that AMQP has properties for; longer texts than those hold travel in headers.
const FIELDS: [(&str, Get, Set); 4] = [
    (
        ID_HEADER,
        |from| from.message_id().as_ref().map(ToString::to_string),
        |into, text| Some(into.with_message_id(ShortString::try_new(text).ok()?)),
    ),
    (
        CONTENT_TYPE_HEADER,
        |from| from.content_type().as_ref().map(ToString::to_string),
        |into, text| Some(into.with_content_type(ShortString::try_new(text).ok()?)),
    ),
    (
        CORRELATION_ID_HEADER,
        |from| from.correlation_id().as_ref().map(ToString::to_string),
        |into, text| Some(into.with_correlation_id(ShortString::try_new(text).ok()?)),
    ),
    (
        REPLY_TO_HEADER,
        |from| from.reply_to().as_ref().map(ToString::to_string),
        |into, text| Some(into.with_reply_to(ShortString::try_new(text).ok()?)),
    ),
];

/// The properties of `message`, with its address where the routing key does not tell it.
///
/// # Errors
/// A header has a name that AMQP cannot carry.
pub(super) fn properties(message: &mut Message, address: Option<&str>) -> Result<BasicProperties, PublishError> {
    let mut properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let mut table = Table::default();
    for (name, value) in message.headers.iter() {
        let known = PROPERTIES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let set = known.zip(value.as_str()).and_then(|((_, _, set), text)| set(properties.clone(), text));
        match set {
            Some(set) => properties = set,
            None => table.append(name, value)?,
        }
    }
    for (name, _, set) in FIELDS {
        let Some(text) = text_of(name).and_then(|field| field(message).as_deref()) else { continue };
        match set(properties.clone(), text) {
            Some(set) => properties = set,
            None => table.append(name, &HeaderValue::from(text))?,
        }
    }
    if let Some(key) = &message.key {
        table.append(KEY_HEADER, &HeaderValue::from(key.clone()))?;
    }
    if let Some(address) = address {
        table.append(ADDRESS_HEADER, &HeaderValue::from(address))?;
    }
    Ok(properties.with_headers(table.0))
}

/// A table in which a name may have several values.
#[derive(Default)]
struct Table(FieldTable);

impl Table {
    fn append(&mut self, name: &str, value: &HeaderValue) -> Result<(), PublishError> {
        let refused = |fault: &str| PublishError::encode(format!("AMQP cannot carry the header {name:?}: {fault}"));
        if ROUTES.contains(&name) {
            return Err(refused("RabbitMQ reads routing keys there; the operation's binding may have `cc` and `bcc`"));
        }
        let key = ShortString::try_new(name).map_err(|_| refused(&format!("it has more than {SHORT} bytes")))?;
        let value = match value.original::<AMQPValue>() {
            Some(original) => original.clone(),
            None => AMQPValue::LongString(LongString::from(value.as_bytes().to_vec())),
        };
        let joined = match self.0.inner().get(name) {
            None => value,
            Some(AMQPValue::FieldArray(values)) => {
                let mut values = values.clone();
                values.push(value);
                AMQPValue::FieldArray(values)
            }
            Some(first) => AMQPValue::FieldArray(vec![first.clone(), value].into()),
        };
        self.0.insert(key, joined);
        Ok(())
    }
}

/// What was received.
pub(super) struct Received {
    pub(super) message: Message,
    /// The address that it carried.
    pub(super) address: Option<String>,
    /// Further routing keys by which it may have come.
    pub(super) keys: Vec<String>,
    pub(super) attempt: u32,
}

/// The message that was received.
pub(super) fn received(payload: Vec<u8>, properties: &BasicProperties, redelivered: bool) -> Received {
    let mut message = Message::new(Bytes::from(payload));
    let (mut address, mut keys, mut base, mut count) = (None, Vec::new(), 1_u32, None::<u32>);
    for (name, value) in properties.headers().iter().flat_map(|headers| headers.inner()) {
        let name = name.as_str();
        match name {
            COUNT_HEADER => count = text(value).parse().ok(),
            ATTEMPT_HEADER => base = text(value).parse().unwrap_or(1),
            KEY_HEADER => message.key = Some(Bytes::from(bytes(value))),
            ADDRESS_HEADER => address = Some(text(value)),
            ROUTES_SHOWN => {
                if let AMQPValue::FieldArray(values) = value {
                    keys.extend(values.as_slice().iter().map(text));
                }
            }
            _ if is_brokers(name) => (),
            _ => match text_of(name) {
                Some(field) => *field(&mut message) = Some(text(value)),
                None => append(&mut message.headers, name, value),
            },
        }
    }
    for (name, get, _) in PROPERTIES {
        if let Some(text) = get(properties) {
            message.headers.append(name, text);
        }
    }
    for (name, get, _) in FIELDS {
        if let (Some(field), Some(text)) = (text_of(name), get(properties)) {
            *field(&mut message) = Some(text);
        }
    }
    if message.id.is_none() {
        message.id = EVENT_IDS.iter().find_map(|name| message.headers.get_str(name)).map(str::to_owned);
    }
    // Without a count it is known only that there was an earlier one.
    let again = count.unwrap_or_else(|| u32::from(redelivered));
    Received { message, address, keys, attempt: base.saturating_add(again) }
}

/// The same message, to be delivered as attempt number `attempt`, after `delay` milliseconds in a queue.
pub(super) fn postponed(properties: &BasicProperties, address: &str, attempt: u32, delay: u128) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in properties.headers().iter().flat_map(|headers| headers.inner()) {
        if !is_brokers(name.as_str()) {
            headers.insert(name.clone(), value.clone());
        }
    }
    let text = |text: &str| AMQPValue::LongString(text.into());
    headers.insert(ATTEMPT_HEADER.into(), AMQPValue::LongUInt(attempt));
    headers.insert(ADDRESS_HEADER.into(), text(address));
    properties.clone().with_headers(headers).with_expiration(delay.to_string().into())
}

fn is_brokers(name: &str) -> bool {
    ROUTES.contains(&name)
        || BROKERS.iter().any(|known| if known.ends_with('-') { name.starts_with(known) } else { name == *known })
}

/// A list of several is several values of the name, each of which is what it was; so is a list of fewer, as a whole.
fn append(headers: &mut Headers, name: &str, value: &AMQPValue) {
    let is_list = |value: &AMQPValue| matches!(value, AMQPValue::FieldArray(_));
    let values = match value {
        AMQPValue::FieldArray(values) if values.as_slice().len() > 1 && !values.as_slice().iter().any(is_list) => {
            values.as_slice()
        }
        whole => std::slice::from_ref(whole),
    };
    for value in values {
        let text = HeaderValue::from(match value {
            AMQPValue::FieldArray(values) if values.as_slice().len() == 1 => {
                values.as_slice().iter().flat_map(bytes).collect()
            }
            value => bytes(value),
        });
        let is_text = matches!(value, AMQPValue::LongString(_));
        headers.append(name.to_owned(), if is_text { text } else { text.made_of(value.clone()) });
    }
}

fn text(value: &AMQPValue) -> String {
    String::from_utf8_lossy(&bytes(value)).into_owned()
}

/// Texts as they are, anything else as JSON.
fn bytes(value: &AMQPValue) -> Vec<u8> {
    match value {
        AMQPValue::LongString(text) => text.as_bytes().to_vec(),
        AMQPValue::ShortString(text) => text.as_str().as_bytes().to_vec(),
        AMQPValue::ByteArray(bytes) => bytes.as_slice().to_vec(),
        AMQPValue::Void => Vec::new(),
        other => json(other).to_string().into_bytes(),
    }
}

fn json(value: &AMQPValue) -> serde_json::Value {
    match value {
        AMQPValue::Boolean(value) => (*value).into(),
        AMQPValue::ShortShortInt(value) => (*value).into(),
        AMQPValue::ShortShortUInt(value) => (*value).into(),
        AMQPValue::ShortInt(value) => (*value).into(),
        AMQPValue::ShortUInt(value) => (*value).into(),
        AMQPValue::LongInt(value) => (*value).into(),
        AMQPValue::LongUInt(value) => (*value).into(),
        AMQPValue::LongLongInt(value) => (*value).into(),
        AMQPValue::Timestamp(value) => (*value).into(),
        AMQPValue::Float(value) => (*value).into(),
        AMQPValue::Double(value) => (*value).into(),
        AMQPValue::DecimalValue(value) => (f64::from(value.value) / 10_f64.powi(i32::from(value.scale))).into(),
        AMQPValue::FieldArray(values) => values.as_slice().iter().map(json).collect(),
        AMQPValue::FieldTable(table) => {
            let members = table.inner().iter().map(|(name, value)| (name.as_str().to_owned(), json(value)));
            serde_json::Value::Object(members.collect())
        }
        AMQPValue::Void => serde_json::Value::Null,
        AMQPValue::LongString(_) | AMQPValue::ShortString(_) | AMQPValue::ByteArray(_) => {
            String::from_utf8_lossy(&bytes(value)).into_owned().into()
        }
    }
}
