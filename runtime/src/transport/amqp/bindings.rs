//! What the bindings of operations and messages say about a publication.
//!
//! In: their JSON texts, and the properties that the message has. Out: the properties that the document wants, and whether
//! somebody must take the message. A property that the message itself has wins.

use std::time::{SystemTime, UNIX_EPOCH};

use lapin::BasicProperties;
use lapin::types::{AMQPValue, ShortString};
use serde::Deserialize;

use crate::message::Operation;
use crate::transport::PublishError;

/// The operation's binding.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OperationBinding {
    /// Milliseconds.
    expiration: Option<u64>,
    user_id: Option<String>,
    cc: Vec<String>,
    bcc: Vec<String>,
    priority: Option<u8>,
    delivery_mode: Option<u8>,
    mandatory: bool,
    timestamp: bool,
    reply_to: Option<String>,
}

/// The message's binding.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MessageBinding {
    content_encoding: Option<String>,
    message_type: Option<String>,
}

/// The properties with what the bindings add, and whether the publication is mandatory.
///
/// # Errors
/// A text is longer than AMQP's.
pub(super) fn apply(
    operation: &'static Operation,
    message: &[(&str, &str)],
    mut properties: BasicProperties,
) -> Result<(BasicProperties, bool), PublishError> {
    let binding: OperationBinding = read(operation.binding("amqp"));
    let of_message: MessageBinding =
        read(message.iter().find(|(protocol, _)| *protocol == "amqp").map(|(_, text)| *text));
    if let Some(mode) = binding.delivery_mode {
        properties = properties.with_delivery_mode(mode);
    }
    if let (None, Some(priority)) = (properties.priority(), binding.priority) {
        properties = properties.with_priority(priority);
    }
    if let Some(expiration) = binding.expiration {
        properties = properties.with_expiration(expiration.to_string().into());
    }
    if let (None, true) = (properties.timestamp(), binding.timestamp) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        properties = properties.with_timestamp(now);
    }
    if let Some(user) = binding.user_id {
        properties = properties.with_user_id(short(user)?);
    }
    if let (None, Some(address)) = (properties.reply_to(), binding.reply_to) {
        properties = properties.with_reply_to(short(address)?);
    }
    if let (None, Some(encoding)) = (properties.content_encoding(), of_message.content_encoding) {
        properties = properties.with_content_encoding(short(encoding)?);
    }
    if let (None, Some(kind)) = (properties.kind(), of_message.message_type) {
        properties = properties.with_type(short(kind)?);
    }
    // Further routing keys: RabbitMQ reads them there, and takes those of the second away.
    for (name, keys) in [("CC", binding.cc), ("BCC", binding.bcc)] {
        if !keys.is_empty() {
            let keys: Vec<AMQPValue> = keys.into_iter().map(|key| AMQPValue::LongString(key.into())).collect();
            let mut headers = properties.headers().clone().unwrap_or_default();
            headers.insert(name.into(), AMQPValue::FieldArray(keys.into()));
            properties = properties.with_headers(headers);
        }
    }
    Ok((properties, binding.mandatory))
}

/// A binding; without one, and where it is none that can be read, nothing is set.
fn read<'t, B: Deserialize<'t> + Default>(text: Option<&'t str>) -> B {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn short(text: String) -> Result<ShortString, PublishError> {
    ShortString::try_new(text).map_err(|error| PublishError::encode(format!("a binding of AMQP: {error}")))
}
