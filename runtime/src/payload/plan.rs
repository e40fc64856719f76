//! The fast pass: typed values straight from JSON text, checked on the way, and looked at before they are written.
//!
//! In: text, and plans that the generator made, one for each schema as a type has it. Out: a typed value that its schema
//! accepts. Always: a plan may say no to a value that the schema accepts (then the slow pass, which reads a tree and
//! runs the checks, decides), but never yes to one that it refuses. So an error here has no text that anybody reads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{CowStrDeserializer, StrDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::convert::FromValue;
use super::encode::Encode;
use super::faults::{Check, accepts};
use super::object::Builder;
use super::value::{Name, Value};

/// How the values of one schema are read and looked at.
pub trait Plan: Copy {
    /// The type that holds them.
    type Value;

    /// Reads a value that the schema accepts.
    ///
    /// # Errors
    /// There is none, or only the slow pass can tell.
    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error>;

    /// Whether the schema surely accepts a value once it is written.
    fn accepts(self, value: &Self::Value) -> bool;
}

/// A generated type with a plan of its own.
pub trait Planned: Sized {
    /// As [`Plan::read`].
    ///
    /// # Errors
    /// Those of [`Plan::read`].
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// As [`Plan::accepts`].
    fn accepts(&self) -> bool;
}

/// A generated type that is read member by member.
pub trait PlannedObject: Planned {
    /// Reads the members of an object.
    ///
    /// # Errors
    /// Those of [`Plan::read`].
    fn read_members<'de, A: MapAccess<'de>>(access: A) -> Result<Self, A::Error>;
}

/// The error of a plan that gives up.
pub fn undecided<E: serde::de::Error>() -> E {
    E::custom("undecided")
}

/// A plan as serde wants it.
struct Seed<P>(P);

impl<'de, P: Plan> DeserializeSeed<'de> for Seed<P> {
    type Value = P::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<P::Value, D::Error> {
        self.0.read(deserializer)
    }
}

macro_rules! plan_struct {
    ($(#[$note:meta])* $name:ident<$of:ident> { $($field:ident: $type:ty),* }) => {
        $(#[$note])*
        #[derive(Debug)]
        pub struct $name<$of> { $($field: $type),* }

        impl<$of> Clone for $name<$of> where $($type: Copy),* {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$of> Copy for $name<$of> where $($type: Copy),* {}
    };
}

// Behind the macro that it uses.
mod scalars;

pub(crate) use scalars::read_json;
pub use scalars::{between, text_of};

plan_struct! {
    /// A tree of the value, its check, and the type made of it.
    Checked<T> { check: Check, of: PhantomData<fn() -> T> }
}

/// A value whose schema says something that only its check can tell.
#[must_use]
pub fn checked<T: FromValue + Encode>(check: Check) -> Checked<T> {
    Checked { check, of: PhantomData }
}

impl<T: FromValue + Encode> Plan for Checked<T> {
    type Value = T;

    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        from_tree(Value::deserialize(deserializer)?, self.check)
    }

    fn accepts(self, value: &T) -> bool {
        value.view().is_some_and(|value| accepts(&value, self.check))
    }
}

/// A tree that a check accepts, as a type.
fn from_tree<T: FromValue, E: serde::de::Error>(value: Value<'_>, check: Check) -> Result<T, E> {
    if accepts(&value, check) { T::from_value(value).map_err(|_| undecided()) } else { Err(undecided()) }
}

plan_struct! {
    /// A type that holds nothing but what its schema accepts, and writes nothing else.
    Unchecked<T> { of: PhantomData<fn() -> T> }
}

/// A value that reading and writing check enough.
#[must_use]
pub fn unchecked<T: FromValue>() -> Unchecked<T> {
    Unchecked { of: PhantomData }
}

impl<T: FromValue> Plan for Unchecked<T> {
    type Value = T;

    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
    }

    fn accepts(self, _: &T) -> bool {
        true
    }
}

plan_struct! {
    /// Any value of a type of Rust.
    Plain<T> { of: PhantomData<fn() -> T> }
}

/// A value whose schema says no more than its type does.
#[must_use]
pub fn plain<T: for<'de> Deserialize<'de>>() -> Plain<T> {
    Plain { of: PhantomData }
}

impl<T: for<'de> Deserialize<'de>> Plan for Plain<T> {
    type Value = T;

    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }

    fn accepts(self, _: &T) -> bool {
        true
    }
}

plan_struct! {
    /// A generated type, by its own plan.
    Own<T> { of: PhantomData<fn() -> T> }
}

/// A value of a generated type that was made for this very schema.
#[must_use]
pub fn own<T: Planned>() -> Own<T> {
    Own { of: PhantomData }
}

impl<T: Planned> Plan for Own<T> {
    type Value = T;

    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
    }

    fn accepts(self, value: &T) -> bool {
        value.accepts()
    }
}

plan_struct! {
    /// `null`, or what another plan reads.
    Nullable<P> { plan: P }
}

/// A value that may be `null`.
pub fn nullable<P: Plan>(plan: P) -> Nullable<P> {
    Nullable { plan }
}

impl<P: Plan> Plan for Nullable<P> {
    type Value = Option<P::Value>;

    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(Reader(self))
    }

    fn accepts(self, value: &Self::Value) -> bool {
        value.as_ref().is_none_or(|value| self.plan.accepts(value))
    }
}

plan_struct! {
    /// Behind a box.
    Boxed<P> { plan: P }
}

/// A value in a box.
pub fn boxed<P: Plan>(plan: P) -> Boxed<P> {
    Boxed { plan }
}

impl<P: Plan> Plan for Boxed<P> {
    type Value = Box<P::Value>;

    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.plan.read(deserializer).map(Box::new)
    }

    fn accepts(self, value: &Self::Value) -> bool {
        self.plan.accepts(value)
    }
}

plan_struct! {
    /// Arrays of so many items of one kind.
    List<P> { plan: P, min: usize, max: usize }
}

/// An array.
pub fn list<P: Plan>(plan: P, min: usize, max: usize) -> List<P> {
    List { plan, min, max }
}

impl<P: Plan> Plan for List<P> {
    type Value = Vec<P::Value>;

    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(Reader(self))
    }

    fn accepts(self, value: &Self::Value) -> bool {
        (self.min..=self.max).contains(&value.len()) && value.iter().all(|item| self.plan.accepts(item))
    }
}

plan_struct! {
    /// Objects whose members are of one kind.
    Map<P> { plan: P }
}

/// An object without members of its own.
pub fn map<P: Plan>(plan: P) -> Map<P> {
    Map { plan }
}

impl<P: Plan> Plan for Map<P> {
    type Value = BTreeMap<String, P::Value>;

    fn read<'de, D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(Reader(self))
    }

    fn accepts(self, value: &Self::Value) -> bool {
        value.values().all(|value| self.plan.accepts(value))
    }
}

/// A plan as what serde visits.
struct Reader<P>(P);

impl<'de, P: Plan> Visitor<'de> for Reader<Nullable<P>> {
    type Value = Option<P::Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value or null")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.plan.read(deserializer).map(Some)
    }
}

impl<'de, P: Plan> Visitor<'de> for Reader<List<P>> {
    type Value = Vec<P::Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let List { plan, min, max } = self.0;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(Seed(plan))? {
            items.push(item);
        }
        if (min..=max).contains(&items.len()) { Ok(items) } else { Err(undecided()) }
    }
}

impl<'de, P: Plan> Visitor<'de> for Reader<Map<P>> {
    type Value = BTreeMap<String, P::Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(name) = next_name(&mut access)? {
            keep(&mut members, name, &mut access, self.0.plan)?;
        }
        Ok(members)
    }
}

/// The name of the next member.
///
/// # Errors
/// Those of the text.
#[inline]
pub fn next_name<'de, A: MapAccess<'de>>(access: &mut A) -> Result<Option<Cow<'de, str>>, A::Error> {
    Ok(access.next_key::<Name<'de>>()?.map(|Name(name)| name))
}

/// Reads the value of a member that has a field.
///
/// # Errors
/// The field is filled already, or those of its plan.
#[inline]
pub fn fill<'de, A: MapAccess<'de>, P: Plan>(
    field: &mut Option<P::Value>,
    access: &mut A,
    plan: P,
) -> Result<(), A::Error> {
    if field.is_some() {
        return Err(undecided());
    }
    *field = Some(access.next_value_seed(Seed(plan))?);
    Ok(())
}

/// Reads the value of a member that has none.
///
/// # Errors
/// There is a member of this name already, or those of its plan.
pub fn keep<'de, A: MapAccess<'de>, P: Plan>(
    members: &mut BTreeMap<String, P::Value>,
    name: Cow<'de, str>,
    access: &mut A,
    plan: P,
) -> Result<(), A::Error> {
    match members.entry(name.into_owned()) {
        Entry::Vacant(place) => {
            place.insert(access.next_value_seed(Seed(plan))?);
            Ok(())
        }
        Entry::Occupied(_) => Err(undecided()),
    }
}

/// Whether members that have no field are accepted: none of them may have the name of a field.
pub fn accepts_others<P: Plan>(members: &BTreeMap<String, P::Value>, keys: &[&str], plan: P) -> bool {
    members.iter().all(|(name, value)| !keys.contains(&name.as_str()) && plan.accepts(value))
}

/// A text that is one of a list.
///
/// # Errors
/// It is none.
pub fn read_text<'de, T, D: Deserializer<'de>>(
    deserializer: D,
    find: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let Name(text) = Name::deserialize(deserializer)?;
    find(&text).ok_or_else(undecided)
}

/// An object that one member tells the type of. `chosen` reads the other members where that member comes first, which
/// spares the tree; `None` where no type has this tag.
///
/// # Errors
/// Those of the plans.
pub fn read_tagged<'de, T, D, C>(deserializer: D, property: &str, check: Check, chosen: C) -> Result<T, D::Error>
where
    T: FromValue,
    D: Deserializer<'de>,
    C: Choose<'de, T>,
{
    deserializer.deserialize_map(Tagged { property, check, chosen, of: PhantomData })
}

/// Reads an object by its tag: a trait, since a closure cannot be generic.
pub trait Choose<'de, T> {
    /// Reads the members of an object with this tag.
    ///
    /// # Errors
    /// Those of the plans, or there is no such tag.
    fn read<A: MapAccess<'de>>(self, tag: &str, members: A) -> Result<T, A::Error>;
}

struct Tagged<'p, T, C> {
    property: &'p str,
    check: Check,
    chosen: C,
    of: PhantomData<fn() -> T>,
}

impl<'de, T: FromValue, C: Choose<'de, T>> Visitor<'de> for Tagged<'_, T, C> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<T, A::Error> {
        let Some(mut name) = next_name(&mut access)? else { return Err(undecided()) };
        if name == self.property {
            let Name(tag) = access.next_value()?;
            let first = Some((Cow::Borrowed(self.property), tag.clone()));
            return self.chosen.read(&tag, Replayed { first, value: None, access });
        }
        let mut members = Builder::default();
        loop {
            if members.holds(&name) {
                return Err(undecided());
            }
            members.push(name, access.next_value()?);
            match next_name(&mut access)? {
                Some(next) => name = next,
                None => return from_tree(Value::Object(members.finish()), self.check),
            }
        }
    }
}

/// The members of an object of which the first was read already.
struct Replayed<'n, 'de, A> {
    first: Option<(Cow<'n, str>, Cow<'de, str>)>,
    value: Option<Cow<'de, str>>,
    access: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Replayed<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some((name, value)) => {
                self.value = Some(value);
                let name: StrDeserializer<'_, A::Error> = name.as_ref().into_deserializer();
                seed.deserialize(name).map(Some)
            }
            None => self.access.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(CowStrDeserializer::<A::Error>::new(value)),
            None => self.access.next_value_seed(seed),
        }
    }
}
