//! Places in a message, as runtime expressions of the document name them: `$message.header#/replyTo`,
//! `$message.payload#/id`.
//!
//! In: a message. Out: the text that stands there, or a message in which one does. A payload can be looked into where it is
//! JSON; what stands in a payload is never replaced.

use super::Message;
use serde_json::Value;
use std::borrow::Cow;

/// A place in a message, by a JSON pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the headers: the first segment names one, those behind it lead into its JSON.
    Header(&'static str),
    /// In the payload.
    Payload(&'static str),
}

impl Place {
    /// The text, number or truth value that stands there, unless it is empty.
    pub fn read(self, message: &Message) -> Option<String> {
        let text = match self {
            Self::Header(pointer) => {
                let (name, rest) = header(pointer)?;
                let text = message.headers.get_str(&name)?;
                match rest {
                    "" => text.to_owned(),
                    rest => scalar(serde_json::from_str::<Value>(text).ok()?.pointer(rest)?)?,
                }
            }
            Self::Payload(pointer) => {
                scalar(serde_json::from_slice::<Value>(&message.payload).ok()?.pointer(pointer)?)?
            }
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// Writes a text there: into a header, or into a payload that has nothing at that place. `false` when it has no such
    /// place, or something else stands there.
    pub fn write(self, message: &mut Message, text: &str) -> bool {
        match self {
            Self::Header(pointer) => match header(pointer) {
                Some((name, "")) => {
                    message.headers.insert(name.into_owned(), text);
                    true
                }
                _ => false,
            },
            Self::Payload(pointer) => {
                let Ok(mut payload) = serde_json::from_slice::<Value>(&message.payload) else { return false };
                let Some((parent, member)) = pointer.rsplit_once('/') else { return false };
                let Some(Value::Object(parent)) = payload.pointer_mut(parent) else { return false };
                let member = unescaped(member);
                match parent.get(member.as_ref()) {
                    None | Some(Value::Null) => parent.insert(member.into_owned(), text.into()),
                    Some(present) => return scalar(present).as_deref() == Some(text),
                };
                message.payload = payload.to_string().into();
                true
            }
        }
    }
}

/// The name of the header that a pointer begins with, and the pointer into it.
fn header(pointer: &str) -> Option<(Cow<'_, str>, &str)> {
    let path = pointer.strip_prefix('/')?;
    let end = path.find('/').unwrap_or(path.len());
    let (name, rest) = path.split_at_checked(end)?;
    Some((unescaped(name), rest))
}

/// A segment of a JSON pointer, as it is meant.
fn unescaped(segment: &str) -> Cow<'_, str> {
    match segment.contains('~') {
        true => segment.replace("~1", "/").replace("~0", "~").into(),
        false => segment.into(),
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}
