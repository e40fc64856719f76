//! Values that passed their check -> Rust types.
//!
//! In: a value its schema accepts. Out: the typed value, or [`Unrepresentable`] when the Rust type has less room than
//! the schema (an `integer` of 2^70 and an `i64`). Nothing is rounded but decimals to the nearest float.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::de::{Deserialize, Deserializer};

use super::error::{DecodeError, push_segment};
use super::number::Number;
use super::object::Object;
use super::plan::{read_json, undecided};
use super::value::{Value, plural};

/// A value that a Rust type has no room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrepresentable {
    pointer: String,
    message: String,
}

impl Unrepresentable {
    /// A message about the value at hand.
    #[must_use]
    pub fn new(message: String) -> Self {
        Self { pointer: String::new(), message }
    }

    /// The value is none of this type.
    #[must_use]
    pub fn expected(type_name: impl Display, value: &Value<'_>) -> Self {
        let found = value.described();
        Self::new(format!("expected {type_name}, found {found}"))
    }

    /// The same, seen from the object or array that holds the value at `segment`.
    #[must_use]
    pub fn within(mut self, segment: &str) -> Self {
        let mut pointer = String::new();
        push_segment(&mut pointer, segment);
        self.pointer.insert_str(0, &pointer);
        self
    }

    /// The value, as a JSON pointer (RFC 6901) into the one that was converted.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The type and the value.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<Unrepresentable> for DecodeError {
    fn from(error: Unrepresentable) -> Self {
        Self::Unrepresentable { pointer: error.pointer, message: error.message }
    }
}

/// A type that is made from JSON.
pub trait FromValue: Sized {
    /// Makes it.
    ///
    /// # Errors
    /// The type has no room for the value.
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable>;

    /// Makes it straight from text, as [`FromValue::from_value`] would of the tree that the text is read to.
    ///
    /// # Errors
    /// The text is none that can be read so, or the type has no room for it.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(|_| undecided())
    }
}

/// The value as an object, for a type of this name.
///
/// # Errors
/// It is none.
pub fn object<'a>(value: Value<'a>, type_name: &'static str) -> Result<Object<'a>, Unrepresentable> {
    match value {
        Value::Object(object) => Ok(object),
        other => Err(Unrepresentable::expected(format_args!("an object for {type_name}"), &other)),
    }
}

/// The value as a text, for a type of this name.
///
/// # Errors
/// It is none.
pub fn text<'a>(value: Value<'a>, type_name: &'static str) -> Result<Cow<'a, str>, Unrepresentable> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(Unrepresentable::expected(format_args!("a string for {type_name}"), &other)),
    }
}

impl FromValue for () {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        match value {
            Value::Null => Ok(()),
            other => Err(Unrepresentable::expected("null", &other)),
        }
    }
}

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        match value {
            Value::Bool(bool) => Ok(bool),
            other => Err(Unrepresentable::expected("bool", &other)),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        text(value, "String").map(Cow::into_owned)
    }
}

/// Integers, `1.0` among them.
macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl FromValue for $integer {
            fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
                let integer = match &value {
                    Value::Number(number) => number.to_integer(),
                    _ => None,
                };
                integer
                    .and_then(|integer| Self::try_from(integer).ok())
                    .ok_or_else(|| Unrepresentable::expected(stringify!($integer), &value))
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl FromValue for f64 {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        match value {
            Value::Number(number) => Ok(number.to_float()),
            other => Err(Unrepresentable::expected("f64", &other)),
        }
    }
}

impl FromValue for f32 {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        let float = match &value {
            Value::Number(Number::Integer(integer)) => Some(*integer as f32),
            Value::Number(Number::Float(float)) => Some(*float as f32),
            _ => None,
        };
        float.filter(|float| float.is_finite()).ok_or_else(|| Unrepresentable::expected("f32", &value))
    }
}

/// `null` is `None`.
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

impl<T: FromValue> FromValue for Box<T> {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        T::from_value(value).map(Box::new)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        array(value)?
            .into_iter()
            .enumerate()
            .map(|(index, item)| T::from_value(item).map_err(|error| error.within(&index.to_string())))
            .collect()
    }
}

fn array(value: Value<'_>) -> Result<Vec<Value<'_>>, Unrepresentable> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(Unrepresentable::expected("an array", &other)),
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        object(value, "a map")?.rest()
    }
}

impl FromValue for serde_json::Value {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        Ok(value.into())
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_json(deserializer)
    }
}

/// Arrays of exactly so many items.
macro_rules! tuples {
    ($count:literal: $($item:ident $index:literal),*) => {
        impl<$($item: FromValue),*> FromValue for ($($item,)*) {
            fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
                let items = array(value)?;
                if items.len() != $count {
                    let noun = plural($count, "item");
                    let expected = format_args!("an array of {} {noun}", $count);
                    return Err(Unrepresentable::expected(expected, &Value::Array(items)));
                }
                let mut items = items.into_iter();
                Ok(($(
                    $item::from_value(items.next().unwrap_or(Value::Null))
                        .map_err(|error| error.within(stringify!($index)))?,
                )*))
            }
        }
    };
}

tuples!(1: A 0);
tuples!(2: A 0, B 1);
tuples!(3: A 0, B 1, C 2);
tuples!(4: A 0, B 1, C 2, D 3);
tuples!(5: A 0, B 1, C 2, D 3, E 4);
tuples!(6: A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(7: A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

/// A type read from a string that must have its format.
fn formatted<T>(
    value: &Value<'_>,
    type_name: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Unrepresentable> {
    let Value::String(text) = value else {
        return Err(Unrepresentable::expected(type_name, value));
    };
    read(text).ok_or_else(|| Unrepresentable::expected(type_name, value))
}

impl FromValue for Ipv4Addr {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        formatted(&value, "Ipv4Addr", |text| text.parse().ok())
    }
}

impl FromValue for Ipv6Addr {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        formatted(&value, "Ipv6Addr", |text| text.parse().ok())
    }
}

/// Base64 of RFC 4648.
impl FromValue for bytes::Bytes {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        formatted(&value, "Bytes", |text| super::wire::text::from_base64(text).map(Self::from))
    }
}

/// RFC 3339; the offset is kept, and of the fraction nine digits.
#[cfg(feature = "chrono")]
impl FromValue for chrono::DateTime<chrono::FixedOffset> {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        formatted(&value, "DateTime<FixedOffset>", |text| {
            let ((year, month, day), (hour, minute, second, nanosecond, offset)) = super::format::moment(text)?;
            let date = chrono::NaiveDate::from_ymd_opt(year, month, day)?;
            // In chrono, a leap second is the one before, with more than a second of nanoseconds.
            let leap = second.saturating_sub(59);
            let nanosecond = nanosecond + leap * 1_000_000_000;
            let local = date.and_hms_nano_opt(hour, minute, second - leap, nanosecond)?;
            local.and_local_timezone(chrono::FixedOffset::east_opt(offset * 60)?).single()
        })
    }
}

#[cfg(feature = "chrono")]
impl FromValue for chrono::NaiveDate {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        formatted(&value, "NaiveDate", |text| {
            let (year, month, day) = super::format::day(text)?;
            Self::from_ymd_opt(year, month, day)
        })
    }
}

/// The length of a UUID with hyphens.
#[cfg(feature = "uuid")]
const UUID_LENGTH: usize = 36;

/// With hyphens, in letters of either case.
#[cfg(feature = "uuid")]
impl FromValue for uuid::Uuid {
    fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
        // Of the forms that are read here, this one alone is so long.
        formatted(&value, "Uuid", |text| Self::try_parse(text).ok().filter(|_| text.len() == UUID_LENGTH))
    }
}
