//! The bodies that every generated type of a kind shares, so that generated code only lists what is its own.
//!
//! In: the type, its check function, and its fields or variants with their names in JSON. Out: `FromValue`, `Encode`, and
//! serde's traits through them, as strict as the check.

/// Serde's traits: reading is checked, writing is not (`Payload::to_vec` is).
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_serde {
    ($name:ident, $check:expr) => {
        impl $crate::codegen::serde::Serialize for $name {
            fn serialize<S: $crate::codegen::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::codegen::Encode::encode(self, serializer)
            }
        }

        impl<'de> $crate::codegen::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::codegen::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::codegen::deserialize(deserializer, $check)
            }
        }
    };
}

/// A struct: `required id = "id", optional note = "note", rest additional_properties`.
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_object {
    ($name:ident, $check:expr, { $($presence:ident $field:ident $(= $key:literal)?),* $(,)? }) => {
        impl $crate::codegen::FromValue for $name {
            fn from_value(
                value: $crate::codegen::Value<'_>,
            ) -> Result<Self, $crate::codegen::Unrepresentable> {
                #[allow(unused_mut, unused_variables)]
                let mut object = $crate::codegen::object(value, stringify!($name))?;
                Ok(Self { $($field: $crate::__take_field!($presence object $($key)?)),* })
            }
        }

        impl $crate::codegen::Encode for $name {
            fn encode<S: $crate::codegen::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                #[allow(unused_mut)]
                let mut map = serializer.serialize_map(None)?;
                $($crate::__put_field!($presence map (self.$field) $($key)?);)*
                $crate::codegen::serde::ser::SerializeMap::end(map)
            }
        }

        $crate::__implement_serde!($name, $check);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __take_field {
    (required $object:ident $key:literal) => {
        $object.required($key)?
    };
    (optional $object:ident $key:literal) => {
        $object.optional($key)?
    };
    (rest $object:ident) => {
        $object.rest()?
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __put_field {
    (required $map:ident ($value:expr) $key:literal) => {
        $crate::codegen::serde::ser::SerializeMap::serialize_entry(&mut $map, $key, &$crate::codegen::Encoded(&$value))?
    };
    (optional $map:ident ($value:expr) $key:literal) => {
        if let Some(value) = &$value {
            $crate::codegen::serde::ser::SerializeMap::serialize_entry(
                &mut $map,
                $key,
                &$crate::codegen::Encoded(value),
            )?
        }
    };
    (rest $map:ident ($value:expr)) => {
        for (name, value) in &$value {
            $crate::codegen::serde::ser::SerializeMap::serialize_entry(
                &mut $map,
                name,
                &$crate::codegen::Encoded(value),
            )?
        }
    };
}

/// An enum of texts: `On = "on", Off = "off"`.
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_text {
    ($name:ident, $check:expr, { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $name {
            /// The text in JSON.
            #[allow(dead_code)]
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl $crate::codegen::FromValue for $name {
            fn from_value(
                value: $crate::codegen::Value<'_>,
            ) -> Result<Self, $crate::codegen::Unrepresentable> {
                match $crate::codegen::text(value, stringify!($name))?.as_ref() {
                    $($text => Ok(Self::$variant),)*
                    other => Err($crate::codegen::Unrepresentable::new(format!(
                        "expected a text of {}, found {other:?}",
                        stringify!($name)
                    ))),
                }
            }
        }

        impl $crate::codegen::Encode for $name {
            fn encode<S: $crate::codegen::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        $crate::__implement_serde!($name, $check);
    };
}

/// A union: the first variant whose check accepts the value.
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_union {
    ($name:ident, $check:expr, { $($variant:ident = $branch:expr),* $(,)? }) => {
        impl $crate::codegen::FromValue for $name {
            fn from_value(
                value: $crate::codegen::Value<'_>,
            ) -> Result<Self, $crate::codegen::Unrepresentable> {
                $(
                    if $crate::codegen::accepts(&value, $branch) {
                        return Ok(Self::$variant($crate::codegen::FromValue::from_value(value)?));
                    }
                )*
                Err($crate::codegen::Unrepresentable::expected(stringify!($name), &value))
            }
        }

        impl $crate::codegen::Encode for $name {
            fn encode<S: $crate::codegen::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(value) => $crate::codegen::Encode::encode(value, serializer),)*
                }
            }
        }

        $crate::__implement_serde!($name, $check);
    };
}

/// A union of objects with one member each, whose name tells the variant: `Order = "shop.Order"`.
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_tagged {
    ($name:ident, $check:expr, { $($variant:ident = $tag:literal),* $(,)? }) => {
        impl $crate::codegen::FromValue for $name {
            fn from_value(
                value: $crate::codegen::Value<'_>,
            ) -> Result<Self, $crate::codegen::Unrepresentable> {
                #[allow(unused_mut)]
                let mut object = $crate::codegen::object(value, stringify!($name))?;
                $(
                    if object.contains($tag) {
                        return Ok(Self::$variant(object.required($tag)?));
                    }
                )*
                Err($crate::codegen::Unrepresentable::new(concat!("expected a tag of ", stringify!($name)).to_owned()))
            }
        }

        impl $crate::codegen::Encode for $name {
            fn encode<S: $crate::codegen::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(Some(1))?;
                match self {
                    $(Self::$variant(value) => $crate::codegen::serde::ser::SerializeMap::serialize_entry(
                        &mut map,
                        $tag,
                        &$crate::codegen::Encoded(value),
                    )?,)*
                }
                $crate::codegen::serde::ser::SerializeMap::end(map)
            }
        }

        $crate::__implement_serde!($name, $check);
    };
}

/// A struct of one unnamed field.
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_newtype {
    ($name:ident, $check:expr, $of:ty) => {
        impl From<$of> for $name {
            fn from(value: $of) -> Self {
                Self(value)
            }
        }

        impl $crate::codegen::FromValue for $name {
            fn from_value(value: $crate::codegen::Value<'_>) -> Result<Self, $crate::codegen::Unrepresentable> {
                Ok(Self($crate::codegen::FromValue::from_value(value)?))
            }
        }

        impl $crate::codegen::Encode for $name {
            fn encode<S: $crate::codegen::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::codegen::Encode::encode(&self.0, serializer)
            }
        }

        $crate::__implement_serde!($name, $check);
    };
}

/// An address parameter for which the document lists the values: `On = "on", Off = "off"`.
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_parameter {
    ($name:ident, $parameter:literal, { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $name {
            /// The text in the address.
            #[allow(dead_code)]
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::message::AddressError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    other => Err($crate::message::AddressError::NotAllowed {
                        parameter: $parameter.to_owned(),
                        value: other.to_owned(),
                        allowed: &[$($text),*],
                    }),
                }
            }
        }
    };
}
