//! Addresses of the document and topics of Kafka.
//!
//! In: addresses and channels, whose segments `.` or `/` separates. Out: topics, in which `.` does; a segment that holds a
//! parameter becomes `[^.]+` in the pattern that a group subscribes to. Empty segments (a leading `/`) are left out. Where
//! the channel's binding names a topic, all addresses of the channel share it, and the message carries its own. What always
//! holds: the topic and the message give back the address that was published to.

use std::sync::Arc;

use serde::Deserialize;

use crate::message::{AddressError, AddressTemplate, Channel};

/// The longest name that Kafka allows, in bytes.
const LONGEST: usize = 249;

/// The parts of a channel's Kafka binding that this transport follows.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Binding {
    pub(super) topic: Option<String>,
    pub(super) partitions: Option<i32>,
    pub(super) replicas: Option<i32>,
    #[serde(rename = "topicConfiguration")]
    pub(super) configuration: serde_json::Map<String, serde_json::Value>,
}

impl Binding {
    /// The binding of a channel; without one, and where it is none that can be read, nothing is set.
    pub(super) fn of(channel: Option<&'static Channel>) -> Self {
        let text = channel.and_then(|channel| channel.binding("kafka"));
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// The settings of the topic as Kafka writes them: lists joined by commas.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Array(values) => {
                let texts: Vec<&str> = values.iter().filter_map(serde_json::Value::as_str).collect();
                texts.join(",")
            }
            other => other.to_string(),
        };
        self.configuration.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }
}

/// How a channel's addresses read as topics.
#[derive(Debug)]
pub(super) struct Mapping {
    channel: &'static Channel,
    /// The channel's template with the separators of Kafka.
    template: String,
    /// The one address of a channel without parameters.
    only: Option<Arc<str>>,
    /// The topic of the binding.
    shared: Option<String>,
}

impl Mapping {
    /// The mapping of `channel`.
    ///
    /// # Errors
    /// The address has a segment that no topic can have.
    pub(super) fn new(channel: &'static Channel) -> Result<Self, AddressError> {
        let template = checked(channel.template().as_str())?;
        let shared = Binding::of(Some(channel)).topic.map(|topic| checked(&topic)).transpose()?;
        let only = (!channel.template().is_parametrised()).then(|| channel.template().as_str().into());
        Ok(Self { channel, template, only, shared })
    }

    /// The one topic of this channel; `None` when there are as many as values of its parameters.
    pub(super) fn topic(&self) -> Option<&str> {
        self.shared.as_deref().or_else(|| (!self.template.contains('{')).then_some(self.template.as_str()))
    }

    /// Whether messages must carry their address, since the topic does not tell it.
    pub(super) fn is_shared(&self) -> bool {
        self.shared.as_ref().is_some_and(|topic| *topic != self.template)
    }

    /// What to subscribe to: a topic, or a regular expression, which begins with `^`.
    pub(super) fn subscription(&self) -> String {
        if let Some(topic) = self.topic() {
            return topic.to_owned();
        }
        let mut pattern = String::from("^");
        let mut rest = self.template.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            pattern.push_str(&before.replace('.', "\\."));
            pattern.push_str("[^.]+");
            rest = behind.split_once('}').map_or("", |(_, behind)| behind);
        }
        pattern.push_str(&rest.replace('.', "\\."));
        pattern.push('$');
        pattern
    }

    /// Whether `topic` is one of the channel's.
    pub(super) fn covers(&self, topic: &str) -> bool {
        match self.topic() {
            Some(own) => own == topic,
            None => AddressTemplate::new(&self.template).matches(topic),
        }
    }

    /// The address that a message has which came with `topic` and, if it carried one, `address`; `None` when it is none of
    /// the channel's. Where only the message could tell and does not, since somebody else wrote it, it is the topic, so that the
    /// consumer refuses it and it is not lost without a word.
    pub(super) fn address(&self, topic: &str, address: Option<&str>) -> Option<Arc<str>> {
        if let Some(only) = &self.only {
            let is_it = match address.filter(|_| self.is_shared()) {
                Some(address) => *address == **only,
                None => self.is_shared() || topic == self.template,
            };
            return is_it.then(|| Arc::clone(only));
        }
        let template = self.channel.template();
        if self.is_shared() {
            return match address {
                Some(address) => template.matches(address).then(|| address.into()),
                None => Some(topic.into()),
            };
        }
        template.expand(&AddressTemplate::new(&self.template).extract(topic)?).ok().map(Arc::from)
    }
}

/// The topic of a concrete address.
///
/// # Errors
/// The address has a segment that no topic can have.
pub(super) fn of_address(address: &str) -> Result<String, AddressError> {
    checked(address)
}

/// The address with the separators of Kafka, parameters left as they are.
fn checked(address: &str) -> Result<String, AddressError> {
    let refused = |fault| AddressError::Template { template: address.to_owned(), fault };
    let mut topic = String::with_capacity(address.len());
    let mut inside = false;
    for character in address.chars() {
        match character {
            '{' => inside = true,
            '}' => inside = false,
            '.' | '/' if !inside => {
                if !topic.is_empty() && !topic.ends_with('.') {
                    topic.push('.');
                }
                continue;
            }
            _ if inside || character.is_ascii_alphanumeric() || matches!(character, '-' | '_') => (),
            _ => return Err(refused("Kafka topics hold only ASCII letters, digits, `.`, `_` and `-`")),
        }
        topic.push(character);
    }
    if topic.ends_with('.') {
        topic.pop();
    }
    match topic.len() {
        0 => Err(refused("Kafka has no topic without a name")),
        // What parameters make of it is checked with their values.
        length if length > LONGEST && !topic.contains('{') => Err(refused("Kafka topics have at most 249 characters")),
        _ => Ok(topic),
    }
}
