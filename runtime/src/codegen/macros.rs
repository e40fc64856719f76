//! The bodies that every generated type of a kind shares, so that generated code only lists what is its own.
//!
//! Types and parameters of a macro are not kept apart from those of a document; so they end in `_`, which a document's `A` or
//! `Reader` never does.
//!
//! In: the type, its check function, and its fields or variants with their names in JSON. Out: `FromValue`, `Encode`, and
//! serde's traits through them, as strict as the check.

/// Serde's traits: reading is checked, writing is not (`Payload::to_vec` is).
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_serde {
    ($name:ident, $check:expr) => {
        impl $crate::codegen::serde::Serialize for $name {
            fn serialize<S_: $crate::codegen::serde::Serializer>(&self, serializer: S_) -> Result<S_::Ok, S_::Error> {
                $crate::codegen::Encode::encode(self, serializer)
            }
        }

        impl<'de> $crate::codegen::serde::Deserialize<'de> for $name {
            fn deserialize<D_: $crate::codegen::serde::Deserializer<'de>>(deserializer: D_) -> Result<Self, D_::Error> {
                $crate::codegen::deserialize(deserializer, $check)
            }
        }
    };
}

/// A struct, member by member:
/// - `required id = "id"`, `optional note = "note"`: with or without `Option`;
/// - `defaulted state = "state" at absent 0 or Order::default_state`: where it is absent, the function gives its value,
///   and bit 0 of the field `absent` says so;
/// - `choice key`: one of several members, or none;
/// - `rest additional_properties`: members without a field of their own;
/// - `absent absent`, before all others.
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_object {
    ($name:ident, $check:expr, {
        $($presence:ident $field:ident $(= $key:literal)? $(at $absent:ident $index:literal or $default:path)?),* $(,)?
    }) => {
        impl $crate::codegen::FromValue for $name {
            #[allow(unused_mut, unused_variables)]
            fn from_value(
                value: $crate::codegen::Value<'_>,
            ) -> Result<Self, $crate::codegen::Unrepresentable> {
                let mut object = $crate::codegen::object(value, stringify!($name))?;
                $(let mut $field = $crate::__take_field!($presence object $($key)? $($absent $index $default)?);)*
                Ok(Self { $($field),* })
            }
        }

        impl $crate::codegen::Encode for $name {
            fn encode<S_: $crate::codegen::serde::Serializer>(&self, serializer: S_) -> Result<S_::Ok, S_::Error> {
                #[allow(unused_mut)]
                let mut map = serializer.serialize_map(None)?;
                $($crate::__put_field!($presence map (self.$field) $($key)? $((self.$absent) $index $default)?);)*
                $crate::codegen::serde::ser::SerializeMap::end(map)
            }

            fn write(&self, text: &mut Vec<u8>) -> Result<(), $crate::codegen::serde_json::Error> {
                #[allow(unused_mut)]
                let mut members = $crate::codegen::Members::open(text);
                $($crate::__write_field!($presence members (self.$field) $($key)? $((self.$absent) $index $default)?);)*
                members.close();
                Ok(())
            }

            fn view(&self) -> Option<$crate::codegen::Value<'_>> {
                #[allow(unused_mut)]
                let mut object = $crate::codegen::Builder::default();
                $($crate::__view_field!($presence object (self.$field) $($key)? $((self.$absent) $index $default)?);)*
                Some($crate::codegen::Value::Object(object.finish()))
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
    (defaulted $object:ident $key:literal $absent:ident $index:literal $default:path) => {
        match $object.optional($key)? {
            Some(value) => value,
            None => {
                $absent.note($index);
                $default()
            }
        }
    };
    (choice $object:ident) => {
        $crate::codegen::Choice::take(&mut $object)?
    };
    (rest $object:ident) => {
        $object.rest()?
    };
    (absent $object:ident) => {
        $crate::Absent::default()
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
    (defaulted $map:ident ($value:expr) $key:literal ($absent:expr) $index:literal $default:path) => {
        if !$absent.has($index) || $value != $default() {
            $crate::__put_field!(required $map ($value) $key)
        }
    };
    (choice $map:ident ($value:expr)) => {
        if let Some(value) = &$value {
            $crate::codegen::Choice::put(value, &mut $map)?
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
    (absent $map:ident ($value:expr)) => {};
}

/// A name that is looked at when the code is compiled.
#[doc(hidden)]
#[macro_export]
macro_rules! __name {
    ($key:literal) => {
        const { $crate::codegen::Name::new($key, concat!(",\"", $key, "\":")) }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __write_field {
    (required $members:ident ($value:expr) $key:literal) => {
        $members.put($crate::__name!($key), &$value)?
    };
    (optional $members:ident ($value:expr) $key:literal) => {
        if let Some(value) = &$value {
            $members.put($crate::__name!($key), value)?;
        }
    };
    (defaulted $members:ident ($value:expr) $key:literal ($absent:expr) $index:literal $default:path) => {
        if !$absent.has($index) || $value != $default() {
            $members.put($crate::__name!($key), &$value)?;
        }
    };
    (choice $members:ident ($value:expr)) => {
        if let Some(value) = &$value {
            $crate::codegen::Choice::write(value, &mut $members)?;
        }
    };
    (rest $members:ident ($value:expr)) => {
        for (name, value) in &$value {
            $members.put_other(name, value)?;
        }
    };
    (absent $members:ident ($value:expr)) => {};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __view_field {
    (required $object:ident ($value:expr) $key:literal) => {
        $object.put($key, &$value)?
    };
    (optional $object:ident ($value:expr) $key:literal) => {
        if let Some(value) = &$value {
            $object.put($key, value)?;
        }
    };
    (defaulted $object:ident ($value:expr) $key:literal ($absent:expr) $index:literal $default:path) => {
        if !$absent.has($index) || $value != $default() {
            $object.put($key, &$value)?;
        }
    };
    (choice $object:ident ($value:expr)) => {
        if let Some(value) = &$value {
            $crate::codegen::Choice::show(value, &mut $object)?;
        }
    };
    (rest $object:ident ($value:expr)) => {
        for (name, value) in &$value {
            $object.put(name, value)?;
        }
    };
    (absent $object:ident ($value:expr)) => {};
}

/// At most one of several members: `Text = "text", Number = "number"`.
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_choice {
    ($name:ident, { $($variant:ident = $key:literal),* $(,)? }) => {
        impl $crate::codegen::Choice for $name {
            fn take(
                object: &mut $crate::codegen::Object<'_>,
            ) -> Result<Option<Self>, $crate::codegen::Unrepresentable> {
                $(
                    if let Some(value) = object.optional($key)? {
                        return Ok(Some(Self::$variant(value)));
                    }
                )*
                Ok(None)
            }

            fn put<M_: $crate::codegen::serde::ser::SerializeMap>(&self, map: &mut M_) -> Result<(), M_::Error> {
                match self {
                    $(Self::$variant(value) => map.serialize_entry($key, &$crate::codegen::Encoded(value)),)*
                }
            }

            fn write(
                &self,
                members: &mut $crate::codegen::Members<'_>,
            ) -> Result<(), $crate::codegen::serde_json::Error> {
                match self {
                    $(Self::$variant(value) => members.put($crate::__name!($key), value),)*
                }
            }

            fn show<'a>(&'a self, object: &mut $crate::codegen::Builder<'a>) -> Option<()> {
                match self {
                    $(Self::$variant(value) => object.put($key, value),)*
                }
            }
        }
    };
}

/// A builder of a struct: what is set, and what is required of it. a field and the method that
/// sets it, what the method takes and what the field holds. `required id as id: impl Into<String> => String = "id"`,
/// `optional note as note: String => String`, `defaulted state as state: State => State => (Order::default_state)`;
/// behind them, the field that notes absent members.
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_builder {
    ($builder:ident, $name:ident, {
        $($(#[$note:meta])* $presence:ident $field:ident as $setter:ident: $given:ty => $of:ty $(= $key:literal)? $(=> ($default:expr))?),* $(,)?
    } $($absent:ident)?) => {
        #[doc = concat!("Builds [`", stringify!($name), "`] member by member.")]
        #[derive(Debug, Clone)]
        #[allow(dead_code)]
        pub struct $builder { $($setter: Option<$of>),* }

        #[allow(dead_code)]
        impl $name {
            /// Sets members by their names.
            #[must_use]
            pub const fn builder() -> $builder {
                $builder { $($setter: None),* }
            }
        }

        #[allow(dead_code)]
        impl $builder {
            $(
                $(#[$note])*
                #[must_use]
                pub fn $setter(mut self, value: $given) -> Self {
                    self.$setter = Some(value.into());
                    self
                }
            )*

            /// The whole.
            ///
            /// # Errors
            /// A required member was not given; all that are missing are named.
            pub fn build(self) -> Result<$name, $crate::Incomplete> {
                let required: &[Option<&'static str>] = &[$($(self.$setter.is_none().then_some($key),)?)*];
                #[allow(unused_variables)]
                let missing: Vec<&'static str> = required.iter().flatten().copied().collect();
                Ok($name {
                    $($field: $crate::__built!($presence (self.$setter) $name missing $($default)?),)*
                    $($absent: $crate::Absent::default(),)?
                })
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __built {
    (required ($value:expr) $name:ident $missing:ident) => {
        match $value {
            Some(value) => value,
            None => return Err($crate::Incomplete::new(stringify!($name), $missing)),
        }
    };
    (optional ($value:expr) $name:ident $missing:ident) => {
        $value
    };
    (defaulted ($value:expr) $name:ident $missing:ident $default:expr) => {
        $value.unwrap_or_else($default)
    };
    (rest ($value:expr) $name:ident $missing:ident) => {
        $value.unwrap_or_default()
    };
}

/// A struct that is read member by member: `{ required id = "id" => plan, .. }`, with members as `implement_object` has
/// them; behind it `rest name => plan` where it keeps other members, and `absent name` where it notes absent ones.
#[doc(hidden)]
#[macro_export]
macro_rules! __plan_object {
    ($name:ident, {
        $($presence:ident $field:ident = $key:literal $(at $absent:ident $index:literal or $default:path)? => $plan:expr),* $(,)?
    } $(rest $rest:ident => $rest_plan:expr)? $(; absent $noted:ident)?) => {
        impl $crate::codegen::Planned for $name {
            fn read<'de, D_: $crate::codegen::serde::Deserializer<'de>>(deserializer: D_) -> Result<Self, D_::Error> {
                struct Reader_;

                impl<'de> $crate::codegen::serde::de::Visitor<'de> for Reader_ {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str("an object")
                    }

                    fn visit_map<A_: $crate::codegen::serde::de::MapAccess<'de>>(
                        self,
                        access: A_,
                    ) -> Result<$name, A_::Error> {
                        $crate::codegen::PlannedObject::read_members(access)
                    }
                }

                deserializer.deserialize_map(Reader_)
            }

            fn accepts(&self) -> bool {
                #[allow(unused_variables)]
                let keys: &[&str] = &[$($key),*];
                true
                    $(&& $crate::__accepts_field!($presence (self.$field) $plan))*
                    $(&& $crate::codegen::accepts_others(&self.$rest, keys, $rest_plan))?
            }
        }

        impl $crate::codegen::PlannedObject for $name {
            fn read_members<'de, A_: $crate::codegen::serde::de::MapAccess<'de>>(
                mut access: A_,
            ) -> Result<Self, A_::Error> {
                $(let mut $field = None;)*
                $(let mut $rest = std::collections::BTreeMap::new();)?
                $(let mut $noted = $crate::Absent::default();)?
                while let Some(name) = $crate::codegen::next_name(&mut access)? {
                    match name.as_ref() {
                        $($key => $crate::codegen::fill(&mut $field, &mut access, $plan)?,)*
                        _ => $crate::__other_member!(access name $($rest $rest_plan)?),
                    }
                }
                $(let $field = $crate::__filled!($presence $field $($absent $index $default)?);)*
                Ok(Self { $($field,)* $($rest,)? $($noted)? })
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __other_member {
    ($access:ident $name:ident) => {
        return Err($crate::codegen::undecided())
    };
    ($access:ident $name:ident $rest:ident $plan:expr) => {
        $crate::codegen::keep(&mut $rest, $name, &mut $access, $plan)?
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __accepts_field {
    (required ($value:expr) $plan:expr) => {
        $crate::codegen::Plan::accepts($plan, &$value)
    };
    (defaulted ($value:expr) $plan:expr) => {
        $crate::codegen::Plan::accepts($plan, &$value)
    };
    (optional ($value:expr) $plan:expr) => {
        $value.as_ref().is_none_or(|value| $crate::codegen::Plan::accepts($plan, value))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __filled {
    (required $field:ident) => {
        match $field {
            Some(value) => value,
            None => return Err($crate::codegen::undecided()),
        }
    };
    (optional $field:ident) => {
        $field
    };
    (defaulted $field:ident $absent:ident $index:literal $default:path) => {
        match $field {
            Some(value) => value,
            None => {
                $absent.note($index);
                $default()
            }
        }
    };
}

/// The plan of a type that only its check can judge.
#[doc(hidden)]
#[macro_export]
macro_rules! __plan_checked {
    ($name:ident, $check:expr) => {
        $crate::__plan_as!($name, $crate::codegen::checked::<$name>($check));
    };
}

/// The plan of a type that another plan reads.
#[doc(hidden)]
#[macro_export]
macro_rules! __plan_as {
    ($name:ident, $plan:expr) => {
        impl $crate::codegen::Planned for $name {
            fn read<'de, D_: $crate::codegen::serde::Deserializer<'de>>(deserializer: D_) -> Result<Self, D_::Error> {
                $crate::codegen::Plan::read($plan, deserializer)
            }

            fn accepts(&self) -> bool {
                $crate::codegen::Plan::accepts($plan, self)
            }
        }
    };
}

/// The plan of a struct of one unnamed field.
#[doc(hidden)]
#[macro_export]
macro_rules! __plan_newtype {
    ($name:ident, $plan:expr) => {
        impl $crate::codegen::Planned for $name {
            fn read<'de, D_: $crate::codegen::serde::Deserializer<'de>>(deserializer: D_) -> Result<Self, D_::Error> {
                $crate::codegen::Plan::read($plan, deserializer).map(Self)
            }

            fn accepts(&self) -> bool {
                $crate::codegen::Plan::accepts($plan, &self.0)
            }
        }
    };
}

/// The plan of an enum of texts whose schema lists them and says no more.
#[doc(hidden)]
#[macro_export]
macro_rules! __plan_text {
    ($name:ident, { $($variant:ident = $text:literal),* $(,)? }) => {
        impl $crate::codegen::Planned for $name {
            fn read<'de, D_: $crate::codegen::serde::Deserializer<'de>>(deserializer: D_) -> Result<Self, D_::Error> {
                $crate::codegen::read_text(deserializer, |text| match text {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                })
            }

            fn accepts(&self) -> bool {
                true
            }
        }
    };
}

/// The plan of a union whose variants differ by the text of one property: `"kind", { A(Dog) = "dog", .. }`.
#[doc(hidden)]
#[macro_export]
macro_rules! __plan_tagged {
    ($name:ident, $check:expr, $property:literal, { $($variant:ident($of:ty) = $tag:literal),* $(,)? }) => {
        impl $crate::codegen::Planned for $name {
            fn read<'de, D_: $crate::codegen::serde::Deserializer<'de>>(deserializer: D_) -> Result<Self, D_::Error> {
                struct ByTag_;

                impl<'de> $crate::codegen::Choose<'de, $name> for ByTag_ {
                    fn read<A_: $crate::codegen::serde::de::MapAccess<'de>>(
                        self,
                        tag: &str,
                        members: A_,
                    ) -> Result<$name, A_::Error> {
                        match tag {
                            $($tag => <$of as $crate::codegen::PlannedObject>::read_members(members).map($name::$variant),)*
                            _ => Err($crate::codegen::undecided()),
                        }
                    }
                }

                $crate::codegen::read_tagged(deserializer, $property, $check, ByTag_)
            }

            fn accepts(&self) -> bool {
                match self {
                    $(Self::$variant(value) => $crate::codegen::Planned::accepts(value),)*
                }
            }
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
            fn encode<S_: $crate::codegen::serde::Serializer>(&self, serializer: S_) -> Result<S_::Ok, S_::Error> {
                serializer.serialize_str(self.as_str())
            }

            fn view(&self) -> Option<$crate::codegen::Value<'_>> {
                Some($crate::codegen::Value::String(std::borrow::Cow::Borrowed(self.as_str())))
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
            fn encode<S_: $crate::codegen::serde::Serializer>(&self, serializer: S_) -> Result<S_::Ok, S_::Error> {
                match self {
                    $(Self::$variant(value) => $crate::codegen::Encode::encode(value, serializer),)*
                }
            }

            fn write(&self, text: &mut Vec<u8>) -> Result<(), $crate::codegen::serde_json::Error> {
                match self {
                    $(Self::$variant(value) => $crate::codegen::Encode::write(value, text),)*
                }
            }

            fn view(&self) -> Option<$crate::codegen::Value<'_>> {
                match self {
                    $(Self::$variant(value) => $crate::codegen::Encode::view(value),)*
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
            fn encode<S_: $crate::codegen::serde::Serializer>(&self, serializer: S_) -> Result<S_::Ok, S_::Error> {
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

            fn write(&self, text: &mut Vec<u8>) -> Result<(), $crate::codegen::serde_json::Error> {
                let mut members = $crate::codegen::Members::open(text);
                match self {
                    $(Self::$variant(value) => members.put($crate::__name!($tag), value)?,)*
                }
                members.close();
                Ok(())
            }

            fn view(&self) -> Option<$crate::codegen::Value<'_>> {
                let mut object = $crate::codegen::Builder::default();
                match self {
                    $(Self::$variant(value) => object.put($tag, value)?,)*
                }
                Some($crate::codegen::Value::Object(object.finish()))
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
            fn encode<S_: $crate::codegen::serde::Serializer>(&self, serializer: S_) -> Result<S_::Ok, S_::Error> {
                $crate::codegen::Encode::encode(&self.0, serializer)
            }

            fn write(&self, text: &mut Vec<u8>) -> Result<(), $crate::codegen::serde_json::Error> {
                $crate::codegen::Encode::write(&self.0, text)
            }

            fn view(&self) -> Option<$crate::codegen::Value<'_>> {
                $crate::codegen::Encode::view(&self.0)
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

/// The JSON Schema of a type, by its row of a table.
#[cfg(feature = "schemars")]
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_json_schema {
    ($name:ident, $text:literal, $table:path, $at:literal) => {
        impl $crate::codegen::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed($text)
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(concat!(module_path!(), "::", $text))
            }

            fn json_schema(
                generator: &mut $crate::codegen::schemars::SchemaGenerator,
            ) -> $crate::codegen::schemars::Schema {
                $crate::codegen::json_schema(generator, module_path!(), &$table, $at)
            }
        }
    };
}

/// The same without the feature: the document was generated with JSON Schemas.
#[cfg(not(feature = "schemars"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_json_schema {
    ($($anything:tt)*) => {
        compile_error!(
            "the types were generated with JSON Schemas, which need the feature `schemars` of tidings-runtime"
        );
    };
}
