//! CloudEvents 1.0 on every transport: binary and structured mode, by the bindings of the protocols.
//!
//! In: a message with the attributes of its event as headers `ce-*`, and where a transport has attributes. Out: the message as
//! it travels; and the other way round, whatever protocol it came by. What always holds: `read(write(message))` has the
//! payload, the media type and the attributes of `message`; data that is JSON is carried byte for byte.

use super::{HeaderValue, Message, identity};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::time::SystemTime;

/// What the names of attributes begin with in a message of this crate, as on HTTP.
const PREFIX: &str = "ce-";
/// The media type of an event in structured mode.
pub(crate) const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch";
const ANY: &str = "application/cloudevents";
const VERSION: &str = "1.0";
/// The attributes that every event has.
const REQUIRED: [&str; 4] = ["specversion", "id", "source", "type"];
/// What attributes begin with, by protocol; those of MQTT have their own names alone.
const PREFIXES: [&str; 4] = [PREFIX, "ce_", "cloudEvents:", "cloudEvents_"];
/// What the bindings of HTTP and NATS encode in values.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// That a message is a CloudEvent, as the document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloudEvent {
    structured: bool,
    source: &'static str,
    event_type: &'static str,
}

impl CloudEvent {
    /// In binary mode: the payload is the data, the attributes travel beside it. A transport without headers takes it in
    /// structured mode.
    pub const fn binary(source: &'static str, event_type: &'static str) -> Self {
        Self { structured: false, source, event_type }
    }

    /// In structured mode: attributes and data are one JSON object.
    pub const fn structured(source: &'static str, event_type: &'static str) -> Self {
        Self { structured: true, source, event_type }
    }

    /// Writes the attributes that the message does not state by headers `ce-*` of its own.
    pub(crate) fn describe(&self, message: &mut Message) {
        let time = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let attributes =
            [("specversion", VERSION), ("source", self.source), ("type", self.event_type), ("time", &time)];
        for (name, value) in attributes {
            let name = format!("{PREFIX}{name}");
            if message.headers.get(&name).is_none() {
                message.headers.append(name, value);
            }
        }
    }

    /// The message as it travels.
    pub(crate) fn write(&self, mut message: Message, carrier: Option<EventHeaders>) -> Message {
        if let Some(stated) = message.stated_content_type.take() {
            message.content_type.get_or_insert_with(|| stated.to_owned());
        }
        let id = format!("{PREFIX}id");
        if message.headers.get(&id).is_none() {
            let value = message.id.get_or_insert_with(identity::random).clone();
            message.headers.append(id, value);
        }
        match carrier.filter(|_| !self.structured) {
            Some(carrier) => binary(message, carrier),
            None => structured(message, carrier.and_then(|carrier| carrier.structured_type)),
        }
    }
}

/// Where a transport has the attributes of a CloudEvent in binary mode.
///
/// Construct as `EventHeaders { prefix: "ce_", ..EventHeaders::default() }`: fields will be added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventHeaders {
    /// What the names of attributes begin with; may be empty.
    pub prefix: &'static str,
    /// The header that the media type of the data stands in, where the protocol has no field for it.
    pub content_type: Option<&'static str>,
    /// The header that says that a payload is a structured event, where the protocol has no field for it.
    pub structured_type: Option<&'static str>,
    /// Whether values are percent-encoded, as on HTTP.
    pub encoded: bool,
}

impl EventHeaders {
    /// As on HTTP: names begin with `ce-`, values are percent-encoded.
    pub const HTTP: Self = Self { prefix: PREFIX, content_type: None, structured_type: None, encoded: true };
}

fn binary(mut message: Message, carrier: EventHeaders) -> Message {
    let headers = std::mem::take(&mut message.headers);
    for (name, value) in headers.iter() {
        match (attribute(name), value.as_str()) {
            (Some(attribute), Some(text)) => {
                let name = format!("{}{attribute}", carrier.prefix);
                let text =
                    if carrier.encoded { utf8_percent_encode(text, ENCODED).to_string() } else { text.to_owned() };
                message.headers.append(name, text);
            }
            _ => message.headers.append(name.to_owned(), value.clone()),
        }
    }
    if let (Some(name), Some(media)) = (carrier.content_type, &message.content_type) {
        message.headers.insert(name, media.as_str());
    }
    if carrier.prefix.is_empty() {
        // Where every property is an attribute, the id is one already.
        message.id = None;
    }
    message
}

fn structured(mut message: Message, media_header: Option<&'static str>) -> Message {
    let mut event = serde_json::Map::new();
    let headers = std::mem::take(&mut message.headers);
    for (name, value) in headers.iter() {
        match (attribute(name), value.as_str()) {
            (Some(attribute), Some(text)) => {
                event.insert(attribute, text.into());
            }
            _ => message.headers.append(name.to_owned(), value.clone()),
        }
    }
    if let Some(media) = &message.content_type {
        event.insert("datacontenttype".to_owned(), media.as_str().into());
    }
    let data = data(&message.payload, message.content_type.as_deref());
    let mut text = Value::Object(event).to_string().into_bytes();
    if let Some((name, data)) = data {
        // Behind the attributes, of which there is always one: the data is not read, so that it stays as it is.
        text.pop();
        text.extend_from_slice(format!(",\"{name}\":").as_bytes());
        text.extend_from_slice(&data);
        text.push(b'}');
    }
    message.payload = text.into();
    message.content_type = Some(STRUCTURED.to_owned());
    if let Some(name) = media_header {
        message.headers.insert(name, STRUCTURED);
    }
    message
}

/// The member of a structured event that holds a payload, and its JSON; none for an empty payload.
fn data(payload: &[u8], media: Option<&str>) -> Option<(&'static str, Vec<u8>)> {
    if payload.is_empty() {
        return None;
    }
    let media = media_type(media.unwrap_or("application/json"));
    if is_json(&media) && serde_json::from_slice::<IgnoredAny>(payload).is_ok() {
        return Some(("data", payload.to_vec()));
    }
    match std::str::from_utf8(payload).ok().filter(|_| media.starts_with("text/") && !is_json(&media)) {
        Some(text) => Some(("data", Value::from(text).to_string().into_bytes())),
        None => Some(("data_base64", Value::from(BASE64_STANDARD.encode(payload)).to_string().into_bytes())),
    }
}

/// The event in a received message, whatever protocol it came by; `None` when it is no event.
///
/// # Errors
/// It is an event that breaks the specification, or one of another version or format; a sentence says how.
pub(crate) fn read(message: &Message) -> Result<Option<Message>, String> {
    let media = media_type(message.content_type.as_deref().unwrap_or_default());
    if media.starts_with(BATCH) {
        return Err("batches of CloudEvents are not taken: send each event by itself".to_owned());
    }
    let mut message = message.clone();
    if media == STRUCTURED {
        unwrap_structured(&mut message)?;
    } else if media.starts_with(ANY) {
        return Err("of structured CloudEvents only JSON is read".to_owned());
    } else {
        let marked = |prefix: &&str| message.headers.get(&format!("{prefix}specversion")).is_some();
        match PREFIXES.into_iter().chain([""]).find(marked) {
            Some(prefix) => unwrap_binary(&mut message, prefix)?,
            None => return Ok(None),
        }
    }
    check(&message)?;
    if message.id.is_none() {
        message.id = message.headers.get_str("ce-id").map(str::to_owned);
    }
    Ok(Some(message))
}

/// Whether a message with headers `ce-*` has all that an event must have.
///
/// # Errors
/// A sentence says what is missing.
fn check(message: &Message) -> Result<(), String> {
    for name in REQUIRED {
        let present = message.headers.get_str(&format!("{PREFIX}{name}")).is_some_and(|value| !value.is_empty());
        if !present {
            return Err(format!("the attribute `{name}` is missing"));
        }
    }
    match message.headers.get_str("ce-specversion") {
        Some(VERSION) => Ok(()),
        _ => Err(format!("only CloudEvents {VERSION} are read")),
    }
}

/// Gives the attributes their names in this crate.
fn unwrap_binary(message: &mut Message, prefix: &str) -> Result<(), String> {
    let headers = std::mem::take(&mut message.headers);
    for (name, value) in headers.iter() {
        let start = name.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix));
        let attribute = start.and_then(|_| name.get(prefix.len()..)).map(str::to_ascii_lowercase);
        // Without a prefix only what could be the name of an attribute is one.
        let attribute = attribute.filter(|attribute| is_name(attribute) && (!prefix.is_empty() || attribute == name));
        let (Some(attribute), Some(text)) = (attribute, value.as_str()) else {
            message.headers.append(name.to_owned(), value.clone());
            continue;
        };
        let text = match prefix {
            PREFIX => {
                let decoded = percent_decode_str(text).decode_utf8();
                decoded.map_err(|_| format!("the attribute `{attribute}` is not UTF-8"))?.into_owned()
            }
            _ => text.to_owned(),
        };
        match attribute.as_str() {
            "datacontenttype" => message.content_type = Some(text),
            _ => message.headers.append(format!("{PREFIX}{attribute}"), HeaderValue::from(text)),
        }
    }
    Ok(())
}

/// Takes the data out of the JSON of an event, and makes its attributes headers.
///
/// # Errors
/// It is no event; a sentence says why.
fn unwrap_structured(message: &mut Message) -> Result<(), String> {
    let event: Value = crate::payload::Payload::from_slice(&message.payload)
        .map_err(|error: crate::payload::DecodeError| error.to_string())?;
    let Value::Object(mut event) = event else { return Err("expected an object".to_owned()) };
    let content_type = match event.remove("datacontenttype") {
        Some(Value::String(text)) => text,
        _ => "application/json".to_owned(),
    };
    let no_base64 = || "`data_base64` is not base64".to_owned();
    let payload = match (event.remove("data"), event.remove("data_base64")) {
        (Some(_), Some(_)) => return Err("both `data` and `data_base64`".to_owned()),
        (None, Some(Value::String(text))) => BASE64_STANDARD.decode(text).map_err(|_| no_base64())?,
        (None, Some(_)) => return Err(no_base64()),
        // A text of another media type is the payload itself, not JSON.
        (Some(Value::String(text)), None) if !is_json(&media_type(&content_type)) => text.into_bytes(),
        (Some(data), None) => data.to_string().into_bytes(),
        (None, None) => Vec::new(),
    };
    let stray: Vec<String> =
        message.headers.iter().filter(|(name, _)| attribute(name).is_some()).map(|(name, _)| name.to_owned()).collect();
    for name in stray {
        message.headers.remove(&name);
    }
    for (name, value) in event {
        let text = match value {
            Value::String(text) => text,
            Value::Bool(value) => value.to_string(),
            Value::Number(value) => value.to_string(),
            Value::Null => continue,
            _ => return Err(format!("the attribute `{name}` is no text, number or truth value")),
        };
        if !is_name(&name) {
            return Err("an attribute has a name that is not lower-case letters and digits".to_owned());
        }
        message.headers.insert(format!("{PREFIX}{name}"), text);
    }
    message.payload = payload.into();
    message.content_type = Some(content_type);
    Ok(())
}

/// The attribute that a header of this crate holds.
fn attribute(name: &str) -> Option<String> {
    let start = name.get(..PREFIX.len()).filter(|start| start.eq_ignore_ascii_case(PREFIX));
    start.and_then(|_| name.get(PREFIX.len()..)).map(str::to_ascii_lowercase)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// A media type without its parameters, in lower case.
pub(crate) fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(media: &str) -> bool {
    media.ends_with("/json") || media.ends_with("+json")
}
