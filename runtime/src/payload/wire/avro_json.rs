//! The JSON encoding of Avro ("JSON Encoding", Avro 1.12), to and from the values that types are made from.
//!
//! A value of a union is an object with the name of its branch, unless it is null; bytes are text in which each character
//! is one of them; dates, moments and decimals are what they are kept as. What is no such thing at all is left as it is,
//! for the check of the schema to refuse.

use std::borrow::Cow;

use super::avro::{Schema, Type, tag, untagged};
use super::avro_codec::{decimal_bytes, from_twos_complement, uuid};
use super::places::Places;
use super::text;
use crate::payload::error::Fault;
use crate::payload::number::Number;
use crate::payload::object::Object;
use crate::payload::value::Value;

/// From the encoding to a value.
///
/// # Errors
/// What is wrong with it, place by place.
pub(super) fn read<'b>(schema: &Schema, value: Value<'b>) -> Result<Value<'b>, Vec<Fault>> {
    map(schema, value, Direction::Read)
}

/// From a value to the encoding.
///
/// # Errors
/// What cannot be written, place by place.
pub(super) fn write<'b>(schema: &Schema, value: Value<'b>) -> Result<Value<'b>, Vec<Fault>> {
    map(schema, value, Direction::Write)
}

fn map<'b>(schema: &Schema, value: Value<'b>, direction: Direction) -> Result<Value<'b>, Vec<Fault>> {
    let mut mapping = Mapping { types: schema.types, direction, places: Places::default() };
    let value = mapping.value(schema.root, value);
    if mapping.places.faults.is_empty() { Ok(value) } else { Err(mapping.places.faults) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Read,
    Write,
}

struct Mapping {
    types: &'static [Type],
    direction: Direction,
    places: Places,
}

impl Mapping {
    fn within<'b>(&mut self, segment: &str, of: usize, value: Value<'b>) -> Value<'b> {
        Places::within(self, segment, |mapping| &mut mapping.places, |mapping| mapping.value(of, value))
    }

    fn value<'b>(&mut self, id: usize, value: Value<'b>) -> Value<'b> {
        let Some(of) = self.types.get(id) else { return value };
        match (of, value) {
            (Type::Array(items), Value::Array(list)) => {
                let list = list.into_iter().enumerate();
                Value::Array(list.map(|(at, item)| self.within(&at.to_string(), *items, item)).collect())
            }
            (Type::Map(values), Value::Object(object)) => self.members(object, |_| Some(*values)),
            (Type::Record(fields), Value::Object(object)) => {
                self.members(object, |name| fields.iter().find(|(known, _)| *known == name).map(|(_, of)| *of))
            }
            (Type::Union(branches), value) => match self.direction {
                Direction::Read => self.branch_read(branches, value),
                Direction::Write => self.branch_written(branches, value),
            },
            (scalar, value) => {
                let mapped = match self.direction {
                    Direction::Read => scalar_read(scalar, &value),
                    Direction::Write => scalar_written(scalar, &value),
                };
                match mapped {
                    Mapped::Same => value,
                    Mapped::New(new) => new,
                    Mapped::Not(expected) => {
                        self.places.fault(&expected, &value.described());
                        value
                    }
                }
            }
        }
    }

    fn members<'b>(&mut self, object: Object<'b>, of: impl Fn(&str) -> Option<usize>) -> Value<'b> {
        let members = object.into_iter().map(|(name, value)| {
            let value = match of(&name) {
                Some(of) => self.within(&name, of, value),
                None => value,
            };
            (name, value)
        });
        Value::Object(members.collect())
    }

    /// `{"branch": value}`, or null.
    fn branch_read<'b>(&mut self, branches: &'static [(&'static str, usize)], value: Value<'b>) -> Value<'b> {
        if value == Value::Null {
            return value;
        }
        let names = || branches.iter().map(|(name, of)| tag(self.types, name, *of));
        let found = match &value {
            Value::Object(object) => object.iter().next().filter(|_| object.len() == 1),
            _ => None,
        };
        let found = found.and_then(|(name, _)| names().position(|known| known == name));
        let (Some((_, of)), Value::Object(object)) = (found.and_then(|at| branches.get(at)), &value) else {
            let names: Vec<String> = names().map(|name| format!("`{name}`")).collect();
            let expected = format!("null or an object with the name of a branch ({})", names.join(", "));
            self.places.fault(&expected, &value.described());
            return value;
        };
        let Some((name, inner)) = object.clone().into_iter().next() else { return value };
        let inner = self.within(&name, *of, inner);
        let bare = untagged(self.types, branches).is_some();
        if bare { inner } else { Value::Object(Object::from_iter([(name, inner)])) }
    }

    fn branch_written<'b>(&mut self, branches: &'static [(&'static str, usize)], value: Value<'b>) -> Value<'b> {
        if value == Value::Null {
            return value;
        }
        if let Some((name, of)) = untagged(self.types, branches).and_then(|at| branches.get(at)) {
            let name = tag(self.types, name, *of);
            return Value::Object(Object::from_iter([(Cow::Borrowed(name), self.within(name, *of, value))]));
        }
        match value {
            Value::Object(object) => {
                self.members(object, |name| branches.iter().find(|(known, _)| *known == name).map(|(_, of)| *of))
            }
            other => other,
        }
    }
}

enum Mapped<'b> {
    /// It is the same in both.
    Same,
    New(Value<'b>),
    /// What was expected instead.
    Not(String),
}

fn owned(text: Option<String>, expected: impl Into<String>) -> Mapped<'static> {
    text.map_or_else(|| Mapped::Not(expected.into()), |text| Mapped::New(Value::String(Cow::Owned(text))))
}

fn scalar_read(of: &Type, value: &Value<'_>) -> Mapped<'static> {
    let integer = || match value {
        Value::Number(number) => number.to_integer().and_then(|integer| i64::try_from(integer).ok()),
        _ => None,
    };
    // Each character is a byte.
    let bytes = || match value {
        Value::String(text) => text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect(),
        _ => None,
    };
    let sized = |size: usize| bytes().filter(|bytes: &Vec<u8>| bytes.len() == size);
    match of {
        Type::Bytes => owned(bytes().map(|bytes| text::to_base64(&bytes)), "text in which each character is a byte"),
        Type::Fixed(size) => owned(
            sized(*size).map(|bytes| text::to_base64(&bytes)),
            format!("text of {size} characters, each of which is a byte"),
        ),
        Type::FixedUuid => owned(
            sized(16).and_then(|bytes| bytes.try_into().ok()).map(uuid),
            "text of 16 characters, each of which is a byte",
        ),
        Type::Date => owned(integer().and_then(text::to_date), "days since 1970, up to the year 9999"),
        Type::Timestamp(per_second) => {
            let moment = integer().and_then(|parts| text::to_moment(parts, *per_second));
            owned(moment, format!("1/{per_second} seconds since 1970, up to the year 9999"))
        }
        Type::Decimal { scale, size } => {
            let bytes = bytes().filter(|bytes| size.is_none_or(|size| bytes.len() == size));
            let unscaled = bytes.and_then(|bytes| from_twos_complement(&bytes).ok());
            let decimal = unscaled.map(|unscaled| text::to_decimal(unscaled, *scale));
            owned(decimal, "the bytes of a decimal, each of which is a character")
        }
        _ => Mapped::Same,
    }
}

fn scalar_written(of: &Type, value: &Value<'_>) -> Mapped<'static> {
    let Value::String(text) = value else { return Mapped::Same };
    let latin = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect::<String>();
    let number = |value: Option<i64>, expected: &str| match value {
        Some(value) => Mapped::New(Value::Number(Number::Integer(value.into()))),
        None => Mapped::Not(expected.to_owned()),
    };
    match of {
        Type::Bytes => owned(text::from_base64(text).map(|bytes| latin(&bytes)), "base64"),
        Type::Fixed(size) => {
            let bytes = text::from_base64(text).filter(|bytes| bytes.len() == *size);
            owned(bytes.map(|bytes| latin(&bytes)), format!("{size} bytes in base64"))
        }
        Type::FixedUuid => {
            let number = u128::from_str_radix(&text.replace('-', ""), 16).ok();
            owned(number.map(|number| latin(&number.to_be_bytes())), "a UUID")
        }
        Type::Date => number(text::from_date(text), "a date"),
        Type::Timestamp(per_second) => number(text::from_moment(text, *per_second), "a moment that has 64 bits"),
        Type::Decimal { scale, size } => {
            let bytes = text::from_decimal(text, *scale).and_then(|unscaled| decimal_bytes(unscaled, *size));
            owned(bytes.map(|bytes| latin(&bytes)), "a decimal that fits its size")
        }
        _ => Mapped::Same,
    }
}
