//! JSON objects: members in the order of the text, no name twice.
//!
//! Lookups scan, since objects of typed payloads are small; what compares or builds whole objects stays below
//! quadratic time for large ones.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::convert::{FromValue, Unrepresentable};
use super::encode::Encode;
use super::value::Value;

/// Up to this many members a scan beats a table.
const SMALL: usize = 16;

/// A member: its name and its value.
pub type Member<'a> = (Cow<'a, str>, Value<'a>);

/// A JSON object.
#[derive(Clone, Debug, Default)]
pub struct Object<'a> {
    members: Vec<Member<'a>>,
}

impl<'a> Object<'a> {
    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The value of the member `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Whether there is a member `name`.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The members, in the order of the text.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Moves the member `name` out. What remains may change its order.
    pub fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let index = self.members.iter().position(|(known, _)| known == name)?;
        Some(self.members.swap_remove(index).1)
    }

    /// Moves the member `name` out as a `T`.
    ///
    /// # Errors
    /// The member is missing, or its value does not fit a `T`.
    pub fn required<T: FromValue>(&mut self, name: &str) -> Result<T, Unrepresentable> {
        self.optional(name)?.ok_or_else(|| Unrepresentable::new(format!("the property {name:?} is missing")))
    }

    /// Moves the member `name` out as a `T`; absent is `None`, and `null` is up to `T`.
    ///
    /// # Errors
    /// The member's value does not fit a `T`.
    pub fn optional<T: FromValue>(&mut self, name: &str) -> Result<Option<T>, Unrepresentable> {
        self.take(name).map(|value| T::from_value(value).map_err(|error| error.within(name))).transpose()
    }

    /// All members that were not taken, each as a `T`.
    ///
    /// # Errors
    /// A value does not fit a `T`.
    pub fn rest<T: FromValue>(self) -> Result<BTreeMap<String, T>, Unrepresentable> {
        self.members
            .into_iter()
            .map(|(name, value)| match T::from_value(value) {
                Ok(value) => Ok((name.into_owned(), value)),
                Err(error) => Err(error.within(&name)),
            })
            .collect()
    }

    /// The same object, with nothing borrowed.
    #[must_use]
    pub fn into_owned(self) -> Object<'static> {
        let own = |(name, value): Member<'a>| (Cow::Owned(name.into_owned()), Value::into_owned(value));
        Object { members: self.members.into_iter().map(own).collect() }
    }

    /// The members by name: one order for every writing of the same object.
    pub(crate) fn sorted(&self) -> Vec<(&str, &Value<'a>)> {
        let mut members: Vec<_> = self.iter().collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        members
    }
}

/// The same members, in any order.
impl PartialEq for Object<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.len() != other.len() {
            return false;
        }
        if self.len() <= SMALL {
            return self.iter().all(|(name, value)| other.get(name) == Some(value));
        }
        self.sorted() == other.sorted()
    }
}

impl Eq for Object<'_> {}

impl<'a> IntoIterator for Object<'a> {
    type Item = Member<'a>;
    type IntoIter = std::vec::IntoIter<Member<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.members.into_iter()
    }
}

/// Members whose names differ.
impl<'a> FromIterator<Member<'a>> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = Member<'a>>>(members: I) -> Self {
        Self { members: members.into_iter().collect() }
    }
}

/// Builds an object and keeps its names apart.
#[derive(Debug, Default)]
pub struct Builder<'a> {
    object: Object<'a>,
    /// Every name, once there are too many to scan; keyed by chance, so that no input makes it slow.
    names: HashSet<Cow<'a, str>>,
}

impl<'a> Builder<'a> {
    /// Whether `name` is a member already.
    pub(crate) fn holds(&self, name: &str) -> bool {
        if self.names.is_empty() { self.object.contains(name) } else { self.names.contains(name) }
    }

    /// Adds what a typed value has under a name; `None` when it has no form, or the name is a member already.
    pub fn put<T: Encode>(&mut self, name: &'a str, value: &'a T) -> Option<()> {
        if self.holds(name) {
            return None;
        }
        self.push(Cow::Borrowed(name), value.view()?);
        Some(())
    }

    /// Adds a member that is not held yet.
    pub(crate) fn push(&mut self, name: Cow<'a, str>, value: Value<'a>) {
        if !self.names.is_empty() {
            self.names.insert(name.clone());
        }
        self.object.members.push((name, value));
        if self.names.is_empty() && self.object.len() > SMALL {
            self.names = self.object.members.iter().map(|(name, _)| name.clone()).collect();
        }
    }

    /// The object.
    #[must_use]
    pub fn finish(self) -> Object<'a> {
        self.object
    }
}

impl From<serde_json::Map<String, serde_json::Value>> for Object<'static> {
    fn from(map: serde_json::Map<String, serde_json::Value>) -> Self {
        let members = map.into_iter().map(|(name, value)| (Cow::Owned(name), Value::from(value))).collect();
        Self { members }
    }
}
