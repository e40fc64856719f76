//! Parsed JSON: what checks look at and typed values are made from.
//!
//! In: JSON text, borrowed where it can be. Out: a tree in which no object names a key twice and no depth exceeds
//! serde_json's limit. Equality is that of JSON Schema: numbers by value, objects in any order, `true` is not `1`.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::io;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::error::DecodeError;
use super::number::Number;
use super::object::{Builder, Object};

/// How much of a value an error message shows, in bytes.
const EXCERPT: usize = 60;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string, its escapes resolved.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

/// Reads one JSON value; white space around it is allowed, anything else is not.
///
/// # Errors
/// The bytes are not JSON, are nested deeper than serde_json allows, hold a number beyond all floats, or name a key
/// twice in one object.
pub fn parse(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let message = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text).to_owned();
        DecodeError::Syntax { message, line, column }
    })
}

impl Value<'_> {
    /// Is it an object with a member of this name?
    #[must_use]
    pub fn has_member(&self, name: &str) -> bool {
        matches!(self, Self::Object(object) if object.contains(name))
    }

    /// The same value, with nothing borrowed.
    #[must_use]
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => Value::Bool(bool),
            Self::Number(number) => Value::Number(number),
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Array(items) => Value::Array(items.into_iter().map(Value::into_owned).collect()),
            Self::Object(object) => Value::Object(object.into_owned()),
        }
    }

    /// The value in a few words, for a message: short ones as JSON, large ones by their size.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Array(items) => counted(items.len(), "an array of", "item"),
            Self::Object(object) => counted(object.len(), "an object of", "property"),
            Self::Number(number) => number.to_string(),
            Self::String(text) => quoted(text),
            Self::Null => "null".to_owned(),
            Self::Bool(bool) => bool.to_string(),
        }
    }
}

fn counted(count: usize, what: &str, noun: &str) -> String {
    let noun = plural(count, noun);
    format!("{what} {count} {noun}")
}

/// The noun for so many things.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => noun.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        (_, None) => format!("{noun}s"),
    }
}

/// Text as a JSON string, cut when long.
pub(crate) fn quoted(text: &str) -> String {
    excerpt(text)
}

/// JSON text, cut when long.
pub(crate) fn excerpt<T: Serialize + ?Sized>(value: &T) -> String {
    let mut start = Start(Vec::new());
    if serde_json::to_writer(&mut start, value).is_ok() {
        return String::from_utf8_lossy(&start.0).into_owned();
    }
    // Cut within a character: the pieces of it go too.
    let text = String::from_utf8_lossy(&start.0);
    format!("{}…", text.trim_end_matches(char::REPLACEMENT_CHARACTER))
}

/// Takes the first bytes and then refuses, so that a message costs what it shows.
struct Start(Vec<u8>);

impl io::Write for Start {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = EXCERPT - self.0.len();
        self.0.extend(bytes.iter().take(room));
        if bytes.len() > room {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Equal values hash alike: objects by their members in the order of their names.
impl Hash for Value<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(bool) => bool.hash(state),
            Self::Number(number) => number.hash(state),
            Self::String(text) => text.hash(state),
            Self::Array(items) => items.hash(state),
            Self::Object(object) => object.sorted().hash(state),
        }
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, bool: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E: de::Error>(self, integer: i64) -> Result<Self::Value, E> {
        Ok(Value::Number(Number::Integer(integer.into())))
    }

    fn visit_u64<E: de::Error>(self, integer: u64) -> Result<Self::Value, E> {
        Ok(Value::Number(Number::Integer(integer.into())))
    }

    fn visit_i128<E: de::Error>(self, integer: i128) -> Result<Self::Value, E> {
        Ok(Value::Number(Number::Integer(integer)))
    }

    fn visit_u128<E: de::Error>(self, integer: u128) -> Result<Self::Value, E> {
        let number = i128::try_from(integer).map_or(Number::Float(integer as f64), Number::Integer);
        Ok(Value::Number(number))
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Self::Value, E> {
        if float.is_finite() {
            Ok(Value::Number(Number::Float(float)))
        } else {
            Err(E::invalid_value(de::Unexpected::Float(float), &self))
        }
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value::String(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Value::String(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Builder::default();
        while let Some(Name(name)) = access.next_key()? {
            if members.holds(&name) {
                let name = quoted(&name);
                return Err(de::Error::custom(format_args!("duplicate key {name}")));
            }
            members.push(name, access.next_value()?);
        }
        Ok(Value::Object(members.finish()))
    }
}

/// A member's name, borrowed where it can be (serde's own `Cow` never borrows).
pub(crate) struct Name<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string as key")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Name(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Name(Cow::Owned(text)))
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(object) => serializer.collect_map(object.iter()),
        }
    }
}

impl From<serde_json::Value> for Value<'static> {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(bool) => Self::Bool(bool),
            serde_json::Value::Number(number) => Self::Number(
                number
                    .as_i128()
                    .map(Number::Integer)
                    .or_else(|| number.as_f64().map(Number::Float))
                    // Out of reach: without arbitrary precision every number is one or the other.
                    .unwrap_or(Number::Float(f64::NAN)),
            ),
            serde_json::Value::String(text) => Self::String(Cow::Owned(text)),
            serde_json::Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            serde_json::Value::Object(map) => Self::Object(map.into()),
        }
    }
}

/// The same value, its texts borrowed.
impl<'a> From<&'a serde_json::Value> for Value<'a> {
    fn from(value: &'a serde_json::Value) -> Self {
        match value {
            serde_json::Value::String(text) => Self::String(Cow::Borrowed(text)),
            serde_json::Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            serde_json::Value::Object(map) => {
                Self::Object(map.iter().map(|(name, value)| (Cow::Borrowed(name.as_str()), value.into())).collect())
            }
            scalar => scalar.clone().into(),
        }
    }
}

/// Integers beyond 64 bits become the nearest float, as reading their text would make them.
impl From<Value<'_>> for serde_json::Value {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(bool) => Self::Bool(bool),
            Value::Number(number) => match number {
                Number::Integer(integer) => serde_json::Number::from_i128(integer),
                Number::Float(_) => None,
            }
            .or_else(|| serde_json::Number::from_f64(number.to_float()))
            .map_or(Self::Null, Self::Number),
            Value::String(text) => Self::String(text.into_owned()),
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Value::Object(object) => {
                Self::Object(object.into_iter().map(|(name, value)| (name.into_owned(), Self::from(value))).collect())
            }
        }
    }
}
