//! Messages as MQTT 5 carries them: what it has properties for is there, the rest are user properties.
//!
//! In: a [`Message`] or what the client received. Out: the other. Headers keep their names, values and order; values must be
//! UTF-8 without control characters, for which brokers end the connection. Key and id may be anything, percent-encoded.

use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use rumqttc_v5::mqttbytes::v5::PublishProperties;

use super::binding::MessageBinding;
use super::{envelope, topic};
use crate::message::Message;
use crate::transport::PublishError;
use crate::transport::wire::{ID_HEADER, KEY_HEADER};

/// What the text of a key or an id must not hold.
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
        user_properties.push((name.to_owned(), value.to_owned()));
    }
    let id = message.id.as_ref().map(|id| percent_encode(id.as_bytes(), ENCODED).to_string());
    user_properties.extend(id.map(|id| (ID_HEADER.to_owned(), id)));
    let key = message.key.as_deref().map(|key| percent_encode(key, ENCODED).to_string());
    user_properties.extend(key.map(|key| (KEY_HEADER.to_owned(), key)));
    let is_unfit = |text: &str| text.len() > LONGEST || text.contains(char::is_control);
    let unfit = |what: &str| {
        let fault =
            "it holds a control character, for which brokers end the connection, or is longer than 65,535 bytes";
        Err(PublishError::encode(format!("MQTT cannot carry {what}: {fault}")))
    };
    if let Some((name, _)) = user_properties.iter().find(|(name, value)| is_unfit(name) || is_unfit(value)) {
        return unfit(&format!("the header {name:?}"));
    }
    if let Some(text) = message.content_type.as_deref().filter(|text| is_unfit(text)) {
        return unfit(&format!("the media type {text:?}"));
    }
    if let Some(topic) = &message.reply_to {
        topic::of_address(topic)?;
    }
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
            ID_HEADER => message.id = Some(percent_decode_str(&value).decode_utf8_lossy().into_owned()),
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
