//! The JSON mapping of Protobuf ("ProtoJSON Format", protobuf.dev), to and from the values that types are made from.
//!
//! Reading takes what the mapping lets parsers take: names of fields as they are in JSON or in the definition, numbers as
//! text, numbers of enum values, base64 of either alphabet, null for what is absent. Writing gives numbers of 64 bits as
//! text, and leaves out what has its default and no presence. What is no such thing at all is left as it is, for the
//! check of the schema to refuse. `Any` is the message that it is defined as, since what it holds is not known here.

use std::borrow::Cow;

use super::places::Places;
use super::protobuf::{Field, Kind, Label, Message, Scalar, Schema};
use super::protobuf_codec::absent;
use super::text;
use crate::payload::error::Fault;
use crate::payload::number::Number;
use crate::payload::object::{Builder, Object};
use crate::payload::value::Value;

/// From the mapping to a value.
///
/// # Errors
/// What is wrong with it, place by place.
pub(super) fn read<'b>(schema: &Schema, value: Value<'b>) -> Result<Value<'b>, Vec<Fault>> {
    let mut reading = Reading { messages: schema.messages, places: Places::default() };
    let value = reading.value(Kind::Message(0), value);
    if reading.places.faults.is_empty() { Ok(value) } else { Err(reading.places.faults) }
}

struct Reading {
    messages: &'static [Message],
    places: Places,
}

impl Reading {
    fn within<'b>(&mut self, segment: &str, next: impl FnOnce(&mut Self) -> Value<'b>) -> Value<'b> {
        Places::within(self, segment, |reading| &mut reading.places, next)
    }

    fn value<'b>(&mut self, kind: Kind, value: Value<'b>) -> Value<'b> {
        match (kind, value) {
            (Kind::Message(id), Value::Object(object)) => self.message(id, object),
            (Kind::Wrapper(inner), value) => self.value(*inner, value),
            (Kind::Duration(_), value) => {
                let span = match &value {
                    Value::String(text) => text::from_span(text),
                    _ => None,
                };
                let Some((seconds, nanoseconds)) = span else {
                    self.places.fault("seconds as in `1.5s`", &value.described());
                    return value;
                };
                let number = |value: i64| Value::Number(Number::Integer(value.into()));
                let members = [("seconds", number(seconds)), ("nanos", number(nanoseconds))];
                Value::Object(members.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect())
            }
            (Kind::FieldMask(_), value) => {
                let paths = match &value {
                    Value::String(text) => from_paths(text),
                    _ => None,
                };
                let Some(paths) = paths else {
                    self.places.fault("paths as in `name,placedAt`", &value.described());
                    return value;
                };
                let paths = paths.into_iter().map(|path| Value::String(Cow::Owned(path))).collect();
                Value::Object([(Cow::Borrowed(PATHS), Value::Array(paths))].into_iter().collect())
            }
            (Kind::Number(_), Value::String(text)) => match number(&text) {
                Some(number) => Value::Number(number),
                None => Value::String(text),
            },
            (Kind::Bytes, Value::String(text)) => match text::from_base64(&text) {
                Some(bytes) => Value::String(Cow::Owned(text::to_base64(&bytes))),
                None => Value::String(text),
            },
            (Kind::Enumeration(values), Value::Number(number)) => {
                let known = values.iter().find(|(known, _)| number.to_integer() == Some(i128::from(*known)));
                known.map_or(Value::Number(number), |(_, name)| Value::String(Cow::Borrowed(name)))
            }
            (_, value) => value,
        }
    }

    fn message<'b>(&mut self, id: usize, object: Object<'b>) -> Value<'b> {
        let fields = self.messages.get(id).map_or(&[][..], |message| message.fields);
        let mut out = Builder::default();
        for (name, value) in object {
            let field = fields.iter().find(|field| field.name == name);
            let field = field.or_else(|| fields.iter().find(|field| field.name == lower_camel(&name)));
            match field {
                None => out.push(name, value),
                // Null stands for what is absent, but for a value that may be null.
                Some(field) if value == Value::Null && !may_be_null(field) => {}
                Some(field) if out.holds(field.name) => {
                    self.within(&name, |reading| {
                        reading.places.fault("one member for a field", "two");
                        Value::Null
                    });
                }
                Some(field) => {
                    let value = self.within(&name, |reading| reading.field(field, value));
                    out.push(Cow::Borrowed(field.name), value);
                }
            }
        }
        for field in fields {
            let default = match field.label {
                _ if out.holds(field.name) => None,
                Label::Repeated | Label::Packed => Some(Value::Array(Vec::new())),
                Label::Map(_) => Some(Value::Object(Object::default())),
                Label::Implicit => Some(absent(field.kind)),
                Label::Optional | Label::Required => None,
            };
            if let Some(default) = default {
                out.push(Cow::Borrowed(field.name), default);
            }
        }
        Value::Object(out.finish())
    }

    fn field<'b>(&mut self, field: &Field, value: Value<'b>) -> Value<'b> {
        match (field.label, value) {
            (Label::Repeated | Label::Packed, Value::Array(items)) => {
                let items = items.into_iter().enumerate();
                let items =
                    items.map(|(at, item)| self.within(&at.to_string(), |reading| reading.value(field.kind, item)));
                Value::Array(items.collect())
            }
            (Label::Map(_), Value::Object(object)) => {
                let members = object.into_iter().map(|(key, value)| {
                    let value = self.within(&key, |reading| reading.value(field.kind, value));
                    (key, value)
                });
                Value::Object(members.collect())
            }
            (Label::Repeated | Label::Packed | Label::Map(_), other) => other,
            (Label::Implicit | Label::Optional | Label::Required, value) => self.value(field.kind, value),
        }
    }
}

fn may_be_null(field: &Field) -> bool {
    field.kind == Kind::Json && matches!(field.label, Label::Implicit | Label::Optional | Label::Required)
}

/// A number as it may be written in quotes: as without them.
fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    match crate::payload::value::parse(text.as_bytes()).ok()? {
        Value::Number(number) if !text.ends_with(char::is_whitespace) => Some(number),
        _ => None,
    }
}

/// The name that a field of a definition has in JSON, unless it is given one there.
fn lower_camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for character in name.chars() {
        match character {
            '_' => upper = true,
            other if upper => {
                out.push(other.to_ascii_uppercase());
                upper = false;
            }
            other => out.push(other),
        }
    }
    out
}

/// The field of a field mask.
const PATHS: &str = "paths";

/// The paths of a field mask, as they are in the definition; `None` where they are not as JSON has them.
fn from_paths(text: &str) -> Option<Vec<String>> {
    let path = |path: &str| {
        let mut out = String::with_capacity(path.len());
        for character in path.chars() {
            if character.is_ascii_uppercase() {
                out.push('_');
            }
            out.push(character.to_ascii_lowercase());
        }
        (!path.is_empty() && !path.contains('_')).then_some(out)
    };
    if text.is_empty() { Some(Vec::new()) } else { text.split(',').map(path).collect() }
}

/// The text of a field mask; `None` where it would not be read as these paths.
fn to_paths(object: &Object<'_>) -> Option<String> {
    let Some(Value::Array(paths)) = object.get(PATHS) else { return Some(String::new()) };
    let text = |path: &Value<'_>| match path {
        Value::String(path) => Some(path.to_string()),
        _ => None,
    };
    let paths: Vec<String> = paths.iter().map(text).collect::<Option<_>>()?;
    let text = paths.iter().map(|path| lower_camel(path)).collect::<Vec<_>>().join(",");
    (from_paths(&text)? == paths).then_some(text)
}

/// From a value to the mapping.
pub(super) fn write<'b>(schema: &Schema, value: Value<'b>) -> Value<'b> {
    written(schema.messages, Kind::Message(0), value)
}

fn written<'b>(messages: &'static [Message], kind: Kind, value: Value<'b>) -> Value<'b> {
    match (kind, value) {
        (Kind::Message(id), Value::Object(object)) => {
            let fields = messages.get(id).map_or(&[][..], |message| message.fields);
            let members = object.into_iter().filter_map(|(name, value)| {
                let Some(field) = fields.iter().find(|field| field.name == name) else { return Some((name, value)) };
                let value = match (field.label, value) {
                    (Label::Implicit, value) if value == absent(field.kind) => return None,
                    (Label::Repeated | Label::Packed, Value::Array(items)) if items.is_empty() => return None,
                    (Label::Map(_), Value::Object(object)) if object.is_empty() => return None,
                    (Label::Repeated | Label::Packed, Value::Array(items)) => {
                        Value::Array(items.into_iter().map(|item| written(messages, field.kind, item)).collect())
                    }
                    (Label::Map(_), Value::Object(object)) => {
                        let members = object.into_iter();
                        Value::Object(members.map(|(key, value)| (key, written(messages, field.kind, value))).collect())
                    }
                    (_, value) => written(messages, field.kind, value),
                };
                Some((name, value))
            });
            Value::Object(members.collect())
        }
        (Kind::Wrapper(inner), value) => written(messages, *inner, value),
        (Kind::Number(scalar), Value::Number(number)) if has_64_bits(scalar) => {
            let text = number.to_integer().map(|integer| Value::String(Cow::Owned(integer.to_string())));
            text.unwrap_or(Value::Number(number))
        }
        (Kind::Duration(_), Value::Object(object)) => {
            let number = |name: &str| match object.get(name) {
                Some(Value::Number(number)) => number.to_integer().and_then(|number| i64::try_from(number).ok()),
                _ => Some(0),
            };
            let span = number("seconds").zip(number("nanos"));
            let text = span.map(|(seconds, nanoseconds)| text::to_span(seconds, nanoseconds));
            text.map_or(Value::Object(object), |text| Value::String(Cow::Owned(text)))
        }
        (Kind::FieldMask(_), Value::Object(object)) => {
            to_paths(&object).map_or(Value::Object(object), |text| Value::String(Cow::Owned(text)))
        }
        (Kind::Timestamp, Value::String(text)) => {
            let utc = text::from_timestamp(&text);
            let utc = utc.and_then(|(seconds, nanoseconds)| text::to_timestamp(seconds, nanoseconds));
            Value::String(utc.map_or(text, Cow::Owned))
        }
        (_, value) => value,
    }
}

fn has_64_bits(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::Int64 | Scalar::Uint64 | Scalar::Sint64 | Scalar::Fixed64 | Scalar::Sfixed64)
}
