//! Members of an object of which at most one is there (`oneof` of Protobuf), as one field.

use serde::ser::SerializeMap;

use super::convert::Unrepresentable;
use super::members::Members;
use super::object::{Builder, Object};

/// An enum with a variant for each of the members.
pub trait Choice: Sized {
    /// Moves the member that is there out of an object; `None` when there is none.
    ///
    /// # Errors
    /// Its value does not fit the variant.
    fn take(object: &mut Object<'_>) -> Result<Option<Self>, Unrepresentable>;

    /// Writes the member.
    ///
    /// # Errors
    /// Its value has no JSON form, or the serializer fails.
    fn put<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;

    /// Writes the member as JSON text.
    ///
    /// # Errors
    /// Its value has no JSON form.
    fn write(&self, members: &mut Members<'_>) -> Result<(), serde_json::Error>;

    /// Adds the member to what reading the written object would give; `None` where only writing can tell.
    fn show<'a>(&'a self, object: &mut Builder<'a>) -> Option<()>;
}
