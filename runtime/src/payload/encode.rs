//! Rust types -> JSON, for every type that generated fields have.
//!
//! In: a typed value. Out: JSON that [`FromValue`](super::convert::FromValue) reads back as an equal value, or an error
//! when there is none (a float that is no number). Types of other crates are written here, without their serde
//! features, so that what they look like is fixed in one place.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde::ser::{Serialize, SerializeTuple, Serializer};

use super::members::Members;
use super::number::Number;
use super::value::Value;

/// A type that is written as JSON.
pub trait Encode {
    /// Writes it.
    ///
    /// # Errors
    /// The value has no JSON form, or the serializer fails.
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Appends to `text` what [`encode`](Self::encode) gives as JSON text.
    ///
    /// # Errors
    /// The value has no JSON form.
    fn write(&self, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        serde_json::to_writer(text, &Encoded(self))
    }

    /// What reading the written value would give, without writing it; `None` where only writing can tell.
    fn view(&self) -> Option<Value<'_>>;
}

/// Any [`Encode`] as a serde `Serialize`: `map.serialize_entry("at", &Encoded(&self.at))`.
#[derive(Debug)]
pub struct Encoded<'a, T: ?Sized>(pub &'a T);

impl<T: Encode + ?Sized> Serialize for Encoded<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.encode(serializer)
    }
}

/// Types whose serde form is the right one.
macro_rules! as_serde {
    ($($name:ty: |$value:ident| $view:expr;)*) => {$(
        impl Encode for $name {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.serialize(serializer)
            }

            fn view(&self) -> Option<Value<'_>> {
                let $value = self;
                Some($view)
            }
        }
    )*};
}

as_serde! {
    (): |_null| Value::Null;
    bool: |bool| Value::Bool(*bool);
    str: |text| Value::String(Cow::Borrowed(text));
    String: |text| Value::String(Cow::Borrowed(text));
    i8: |integer| integer_view(*integer);
    i16: |integer| integer_view(*integer);
    i32: |integer| integer_view(*integer);
    i64: |integer| integer_view(*integer);
    u8: |integer| integer_view(*integer);
    u16: |integer| integer_view(*integer);
    u32: |integer| integer_view(*integer);
    u64: |integer| integer_view(*integer);
    serde_json::Value: |json| Value::from(json);
}

fn integer_view(integer: impl Into<i128>) -> Value<'static> {
    Value::Number(Number::Integer(integer.into()))
}

/// Types whose display form is the right one.
macro_rules! as_text {
    ($($name:ty),*) => {$(
        impl Encode for $name {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }

            fn view(&self) -> Option<Value<'_>> {
                Some(Value::String(Cow::Owned(self.to_string())))
            }
        }
    )*};
}

as_text!(Ipv4Addr, Ipv6Addr);

/// The error for a value that the format on the wire cannot say (serde_json would write `null` for a float).
fn no_form<E: serde::ser::Error>(value: impl Display, format: &str) -> E {
    E::custom(format_args!("{value} has no form in {format}"))
}

impl Encode for f32 {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_finite() { serializer.serialize_f32(*self) } else { Err(no_form(self, "JSON")) }
    }

    fn view(&self) -> Option<Value<'_>> {
        // Written are the shortest digits that give this float, which as an `f64` are another number than it is.
        None
    }
}

impl Encode for f64 {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_finite() { serializer.serialize_f64(*self) } else { Err(no_form(self, "JSON")) }
    }

    fn view(&self) -> Option<Value<'_>> {
        self.is_finite().then_some(Value::Number(Number::Float(*self)))
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::encode(self, serializer)
    }

    fn write(&self, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        T::write(self, text)
    }

    fn view(&self) -> Option<Value<'_>> {
        T::view(self)
    }
}

impl<T: Encode + ?Sized> Encode for Box<T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        T::encode(self, serializer)
    }

    fn write(&self, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        T::write(self, text)
    }

    fn view(&self) -> Option<Value<'_>> {
        T::view(self)
    }
}

/// `None` is `null`.
impl<T: Encode> Encode for Option<T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => serializer.serialize_some(&Encoded(value)),
            None => serializer.serialize_none(),
        }
    }

    fn write(&self, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        match self {
            Some(value) => value.write(text),
            None => ().write(text),
        }
    }

    fn view(&self) -> Option<Value<'_>> {
        self.as_ref().map_or(Some(Value::Null), T::view)
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Encoded))
    }

    fn write(&self, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        text.push(b'[');
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            value.write(text)?;
        }
        text.push(b']');
        Ok(())
    }

    fn view(&self) -> Option<Value<'_>> {
        self.iter().map(T::view).collect::<Option<_>>().map(Value::Array)
    }
}

impl<T: Encode> Encode for BTreeMap<String, T> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(name, value)| (name, Encoded(value))))
    }

    fn write(&self, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        let mut members = Members::open(text);
        for (name, value) in self {
            members.put_other(name, value)?;
        }
        members.close();
        Ok(())
    }

    fn view(&self) -> Option<Value<'_>> {
        let members = self.iter().map(|(name, value)| Some((Cow::Borrowed(name.as_str()), value.view()?)));
        members.collect::<Option<_>>().map(Value::Object)
    }
}

macro_rules! tuples {
    ($count:literal: $($item:ident $value:ident),*) => {
        impl<$($item: Encode),*> Encode for ($($item,)*) {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let ($($value,)*) = self;
                let mut tuple = serializer.serialize_tuple($count)?;
                $(tuple.serialize_element(&Encoded($value))?;)*
                tuple.end()
            }

            fn view(&self) -> Option<Value<'_>> {
                let ($($value,)*) = self;
                Some(Value::Array(vec![$($value.view()?),*]))
            }
        }
    };
}

tuples!(1: A a);
tuples!(2: A a, B b);
tuples!(3: A a, B b, C c);
tuples!(4: A a, B b, C c, D d);
tuples!(5: A a, B b, C c, D d, E e);
tuples!(6: A a, B b, C c, D d, E e, F f);
tuples!(7: A a, B b, C c, D d, E e, F f, G g);
tuples!(8: A a, B b, C c, D d, E e, F f, G g, H h);

/// Base64 of RFC 4648 section 4, padded.
impl Encode for bytes::Bytes {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::wire::text::to_base64(self))
    }

    fn view(&self) -> Option<Value<'_>> {
        Some(Value::String(Cow::Owned(super::wire::text::to_base64(self))))
    }
}

/// RFC 3339, which knows the years 0 to 9999 and offsets of whole minutes.
#[cfg(feature = "chrono")]
impl Encode for chrono::DateTime<chrono::FixedOffset> {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Another offset would be written rounded: another moment.
        let text = self.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        if super::format::date_time(&text) && self.offset().local_minus_utc() % 60 == 0 {
            serializer.serialize_str(&text)
        } else {
            Err(no_form(self, "RFC 3339"))
        }
    }

    fn view(&self) -> Option<Value<'_>> {
        let text = self.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
        let written = super::format::date_time(&text) && self.offset().local_minus_utc() % 60 == 0;
        written.then_some(Value::String(Cow::Owned(text)))
    }
}

#[cfg(feature = "chrono")]
impl Encode for chrono::NaiveDate {
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_string();
        if super::format::date(&text) { serializer.serialize_str(&text) } else { Err(no_form(text, "RFC 3339")) }
    }

    fn view(&self) -> Option<Value<'_>> {
        let text = self.to_string();
        super::format::date(&text).then_some(Value::String(Cow::Owned(text)))
    }
}

#[cfg(feature = "uuid")]
as_text!(uuid::Uuid);
