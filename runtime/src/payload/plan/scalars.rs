//! Plans of scalars with limits, and of values without any.
//!
//! In: text. Out: as with all plans. A number is compared as a float, which is exact for what is taken: where an integer is
//! beyond those that floats hold, the plan gives up.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::super::value::Name;
use super::{Plan, undecided};

/// 2^53: up to here, every integer is a float.
const EXACT: u64 = 1 << 53;

/// A number that can be compared as a float.
pub trait Countable: Copy + for<'de> Deserialize<'de> {
    /// The float that equals it; `None` where there may be none.
    fn to_float(self) -> Option<f64>;
}

impl Countable for f64 {
    fn to_float(self) -> Option<f64> {
        // An integer in the text may have been another one.
        (self.abs() < EXACT as f64).then_some(self)
    }
}

macro_rules! countable {
    ($($integer:ty),*) => {$(
        impl Countable for $integer {
            fn to_float(self) -> Option<f64> {
                // Within 53 bits the cast is exact.
                i64::try_from(self).ok().filter(|integer| integer.unsigned_abs() <= EXACT).map(|integer| integer as f64)
            }
        }
    )*};
}

countable!(i8, i16, i32, i64, u8, u16, u32, u64);

plan_struct! {
    /// Numbers between two bounds.
    Between<T> { low: Bound<f64>, high: Bound<f64>, of: PhantomData<fn() -> T> }
}

/// A number between two bounds.
#[must_use]
pub fn between<T: Countable>(low: Bound<f64>, high: Bound<f64>) -> Between<T> {
    Between { low, high, of: PhantomData }
}

impl<T: Countable> Plan for Between<T> {
    type Value = T;

    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let number = T::deserialize(deserializer)?;
        if self.accepts(&number) { Ok(number) } else { Err(undecided()) }
    }

    fn accepts(self, value: &T) -> bool {
        value.to_float().is_some_and(|number| (self.low, self.high).contains(&number))
    }
}

/// Texts of a length, in code points.
#[derive(Clone, Copy, Debug)]
pub struct TextOf {
    min: usize,
    max: usize,
}

/// A text of so many code points.
#[must_use]
pub fn text_of(min: usize, max: usize) -> TextOf {
    TextOf { min, max }
}

impl TextOf {
    fn takes(self, text: &str) -> bool {
        // A code point has one to four bytes: most lengths need no count.
        let (least, most) = (text.len().div_ceil(4), text.len());
        (self.min <= least && most <= self.max) || (self.min..=self.max).contains(&text.chars().count())
    }
}

impl Plan for TextOf {
    type Value = String;

    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let Name(text) = Name::deserialize(deserializer)?;
        if self.takes(&text) { Ok(text.into_owned()) } else { Err(undecided()) }
    }

    fn accepts(self, value: &String) -> bool {
        self.takes(value)
    }
}

/// Any JSON value without a key twice in an object.
pub(crate) fn read_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Json, D::Error> {
    Anything.deserialize(deserializer)
}

#[derive(Clone, Copy)]
struct Anything;

impl<'de> DeserializeSeed<'de> for Anything {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Anything {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Json, E> {
        Ok(Json::Bool(bool))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Json, E> {
        Ok(integer.into())
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Json, E> {
        Ok(integer.into())
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<Json, E> {
        serde_json::Number::from_f64(float).map(Json::Number).ok_or_else(undecided)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members = serde_json::Map::new();
        while let Some(Name(name)) = access.next_key()? {
            match members.entry(name) {
                serde_json::map::Entry::Vacant(place) => {
                    place.insert(access.next_value_seed(self)?);
                }
                serde_json::map::Entry::Occupied(_) => return Err(undecided()),
            }
        }
        Ok(Json::Object(members))
    }
}
