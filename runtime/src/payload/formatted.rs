//! Texts that have a format and no better type in the standard library: kept as they were written, and never without
//! their format.
//!
//! In: a text. Out: the same text as a type of its own, or [`NotOfFormat`]. Two are equal where their texts are.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, Serializer};

use super::convert::{FromValue, Unrepresentable};
use super::encode::Encode;
use super::format::Format;
use super::value::Value;

/// A text that does not have the format that it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotOfFormat {
    format: &'static str,
    text: String,
}

impl fmt::Display for NotOfFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} does not have the format {}", self.text, self.format)
    }
}

impl std::error::Error for NotOfFormat {}

macro_rules! formatted {
    ($($(#[$note:meta])* $name:ident, $example:literal;)*) => {$(
        $(#[$note])*
        ///
        /// ```
        #[doc = concat!("use tidings_runtime::formats::", stringify!($name), ";")]
        ///
        #[doc = concat!("let value: ", stringify!($name), " = \"", $example, "\".parse()?;")]
        #[doc = concat!("assert_eq!(value.as_str(), \"", $example, "\");")]
        #[doc = concat!("assert!(\"?\".parse::<", stringify!($name), ">().is_err());")]
        /// # Ok::<(), tidings_runtime::formats::NotOfFormat>(())
        /// ```
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, formatter)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotOfFormat;

            fn try_from(text: String) -> Result<Self, NotOfFormat> {
                if Format::$name.accepts(&text) {
                    Ok(Self(text))
                } else {
                    Err(NotOfFormat { format: Format::$name.name(), text })
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotOfFormat;

            fn from_str(text: &str) -> Result<Self, NotOfFormat> {
                text.to_owned().try_into()
            }
        }

        impl FromValue for $name {
            fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
                match value {
                    Value::String(text) if Format::$name.accepts(&text) => Ok(Self(text.into_owned())),
                    other => Err(Unrepresentable::expected(stringify!($name), &other)),
                }
            }
        }

        impl Encode for $name {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }

            fn view(&self) -> Option<Value<'_>> {
                Some(Value::String(Cow::Borrowed(&self.0)))
            }
        }
    )*};
}

formatted! {
    /// A time of the day with its offset, RFC 3339: `time`.
    Time, "08:30:00.25+01:00";
    /// A duration, ISO 8601 as RFC 3339 has it: `duration`.
    Duration, "P1DT12H";
    /// An address of mail, RFC 5321: `email`.
    Email, "someone@example.com";
    /// A URI with its scheme, RFC 3986: `uri`.
    Uri, "https://example.com/a?b#c";
    /// A decimal number with all its digits: `decimal`.
    Decimal, "-12.50";
}
