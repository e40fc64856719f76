//! Messages as MQTT 5 carries them: what it has properties for is there, the rest are user properties.
//!
//! In: a [`Message`] or what the client received. Out: the other. Headers keep their names, values and order; values must be
//! UTF-8. The key may be any bytes and is percent-encoded.

use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use rumqttc_v5::mqttbytes::v5::PublishProperties;

use super::binding::MessageBinding;
use crate::message::Message;
use crate::transport::PublishError;
use crate::transport::envelope;
use crate::transport::wire::{ID_HEADER, KEY_HEADER};

/// What the text of a key must not hold.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');
/// The longest text of MQTT, in bytes.
const LONGEST: usize = 65_535;
/// What shows that a message is a CloudEvent, whose attributes are user properties of their own names.
const CLOUD_EVENT: &str = "specversion";

/// The properties of `message`, and its payload.
///
/// # Errors
/// A header's name or value is one that MQTT cannot carry.
pub(super) fn properties(
    message: &Message,
    binding: &MessageBinding,
    expiry: Option<u32>,
) -> Result<PublishProperties, PublishError> {
    let mut user_properties = Vec::with_capacity(message.headers.len() + 2);
    for (name, value) in message.headers.iter() {
        let refused = |fault: &str| PublishError::encode(format!("MQTT cannot carry the header {name:?}: {fault}"));
        let value = value.as_str().ok_or_else(|| refused("its value is not UTF-8"))?;
        if [name, value].iter().any(|text| text.len() > LONGEST || text.contains('\0')) {
            return Err(refused("it holds a NUL or more than 65,535 bytes"));
        }
        user_properties.push((name.to_owned(), value.to_owned()));
    }
    user_properties.extend(message.id.clone().map(|id| (ID_HEADER.to_owned(), id)));
    let key = message.key.as_deref().map(|key| percent_encode(key, ENCODED).to_string());
    user_properties.extend(key.map(|key| (KEY_HEADER.to_owned(), key)));
    Ok(PublishProperties {
        payload_format_indicator: binding.payload_format_indicator,
        message_expiry_interval: expiry,
        response_topic: message.reply_to.clone().or_else(|| binding.response_topic.clone()),
        correlation_data: message.correlation_id.clone().map(Bytes::from),
        content_type: binding.content_type.clone().or_else(|| message.content_type.clone()),
        user_properties,
        ..PublishProperties::default()
    })
}

/// The message that was received.
pub(super) fn message(payload: Bytes, properties: Option<PublishProperties>) -> Message {
    let properties = properties.unwrap_or_default();
    // Only what a client of the old version sent is in an envelope.
    let is_bare = properties.user_properties.is_empty() && properties.content_type.is_none();
    if let Some(message) = envelope::unwrap(&payload).filter(|_| is_bare) {
        return message;
    }
    let mut message = Message::new(payload);
    for (name, value) in properties.user_properties {
        match name.as_str() {
            ID_HEADER => message.id = Some(value),
            KEY_HEADER => message.key = Some(percent_decode_str(&value).collect::<Vec<u8>>().into()),
            _ => message.headers.append(name, value),
        }
    }
    if message.id.is_none() && message.headers.get(CLOUD_EVENT).is_some() {
        // The id of an event is its own within its source.
        let attribute = |name| message.headers.get_str(name);
        message.id = attribute("id").map(|id| format!("{} {id}", attribute("source").unwrap_or_default()));
    }
    message.content_type = properties.content_type;
    message.reply_to = properties.response_topic;
    message.correlation_id = properties.correlation_data.map(|data| String::from_utf8_lossy(&data).into_owned());
    message
}
