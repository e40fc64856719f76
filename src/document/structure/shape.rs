//! The words in which the tables of the specification are written.
//!
//! Everything here is plain data: a shape says what a value may be, and the walk compares values with it. Shapes refer to
//! each other by static address, so recursive objects (schemas, messages with `oneOf`) need no indirection of their own.

use super::format::Format;
use crate::document::Version;

/// What a value may be.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// Data that is not looked into.
    Any,
    /// Text in a format.
    Text(Format),
    /// Text of so many characters.
    Sized { minimum: usize, maximum: usize },
    /// Text, or `null`.
    TextOrNull,
    /// Text, a number, `true`, `false` or `null`.
    Scalar,
    /// `true` or `false`.
    Boolean,
    /// A number within bounds.
    Number(Bounds),
    /// One of several words.
    OneOf(&'static [&'static str]),
    /// An object with known fields.
    Object(&'static ObjectShape),
    /// A list.
    List(&'static ListShape),
    /// An object whose keys are names that the author chose.
    Map(&'static MapShape),
    /// A list, or else something other.
    ListOr(&'static ListShape, &'static Shape),
    /// A single value of a shape, or else an object or a boolean of another.
    ScalarOr(&'static Shape, &'static Shape),
    /// `true`, `false`, or else something other.
    BooleanOr(&'static Shape),
    /// An object that one of its fields decides about.
    ByValue(&'static ByValue),
    /// An object whose shape follows from the presence of a field.
    ByPresence(&'static ByPresence),
    /// A reference, or the thing itself.
    Referable(&'static Shape),
    /// A reference, and nothing else; what it leads to has the shape.
    OnlyReference(&'static Shape),
    /// A binding, in the edition that its field `bindingVersion` names.
    Binding(&'static BindingShape),
    /// Something that the specification describes without a MUST: faults in it are warnings.
    Advice(&'static Shape),
    /// A schema in the format that the field `schemaFormat` beside it names.
    FormattedSchema(&'static FormattedSchema),
}

/// The numbers that are meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bounds {
    /// Every number.
    Any,
    /// Numbers above zero.
    Positive,
    /// Whole numbers from one to another.
    Whole(i64, i64),
}

impl Bounds {
    /// Whole numbers from zero.
    pub const COUNT: Self = Self::Whole(0, i64::MAX);
}

/// An object of the specification.
pub(super) struct ObjectShape {
    /// The specification's name for it, such as `Server Object`.
    pub name: &'static str,
    /// Its anchor in the page of the specification, or an address of its own.
    pub anchor: &'static str,
    /// Its fields. The same key stands twice where its shape changed from one version to the next.
    pub fields: &'static [Field],
    /// At least one of these must be there; no demand if empty.
    pub any_of: &'static [&'static str],
    /// What other keys are.
    pub others: Others,
}

/// What keys other than the known fields are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// Faults.
    Refused,
    /// Extensions when they begin with `x-`; otherwise faults.
    Extensions,
    /// Extensions when they begin with `x-`; otherwise worth a warning.
    Tolerated,
    /// Allowed without being looked into.
    Allowed,
}

/// A field of an object, in a range of versions.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub key: &'static str,
    pub shape: Shape,
    pub required: bool,
    pub since: Version,
    pub until: Version,
}

/// A field of every version, not required.
pub(super) const fn field(key: &'static str, shape: Shape) -> Field {
    Field { key, shape, required: false, since: Version::V2_0, until: Version::LATEST }
}

impl Field {
    /// The field must be there.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The first version that has the field.
    pub const fn since(self, since: Version) -> Self {
        Self { since, ..self }
    }

    /// The last version that has the field.
    pub const fn until(self, until: Version) -> Self {
        Self { until, ..self }
    }

    /// Does a version have the field?
    pub fn is_in(&self, version: Version) -> bool {
        (self.since..=self.until).contains(&version)
    }

    /// Does any version with the same major number have it?
    pub fn is_in_major(&self, version: Version) -> bool {
        (self.since.major()..=self.until.major()).contains(&version.major())
    }
}

/// A list.
pub(super) struct ListShape {
    pub item: Shape,
    pub minimum: usize,
    pub unique: Unique,
}

/// A list of any length, in which values may repeat.
pub(super) const fn list(item: Shape) -> ListShape {
    ListShape { item, minimum: 0, unique: Unique::No }
}

impl ListShape {
    /// With at least one item.
    pub const fn not_empty(self) -> Self {
        Self { minimum: 1, ..self }
    }

    /// Without repetition.
    pub const fn unique(self, unique: Unique) -> Self {
        Self { unique, ..self }
    }
}

/// What may not repeat in a list.
#[derive(Clone, Copy)]
pub(super) enum Unique {
    /// Everything may.
    No,
    /// The values as a whole.
    Values,
    /// The text under a key of each item.
    By(&'static str),
}

/// An object whose keys are names.
pub(super) struct MapShape {
    pub keys: Keys,
    pub value: Shape,
}

/// What the keys of a map look like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Any text.
    Any,
    /// A name in the Components Object.
    ComponentName,
    /// The address of a channel (2.x): a URI template.
    Address,
    /// The name of a server.
    ServerName,
}

/// An object that the value of one field decides about.
pub(super) struct ByValue {
    /// The specification's name for the whole family.
    pub name: &'static str,
    pub field: &'static str,
    pub cases: &'static [Case],
    /// For a value outside the cases; without it such a value is a fault.
    pub otherwise: Option<Shape>,
    /// Without the field; if there is no such shape, the field is required.
    pub absent: Option<&'static Shape>,
}

/// One value of the deciding field.
pub(super) struct Case {
    pub value: &'static str,
    pub since: Version,
    pub shape: Shape,
}

/// The shapes of a schema in the formats that are written in YAML or JSON and have a table.
pub(super) struct FormattedSchema {
    /// The Schema Object and JSON Schema since draft-06.
    pub json_schema: Shape,
    /// The Schema Object of OpenAPI 3.0.
    pub openapi: Shape,
}

/// An object whose shape follows from the presence of a field.
pub(super) struct ByPresence {
    pub field: &'static str,
    pub present: Shape,
    pub absent: Shape,
}

/// A binding in all its editions, which are versioned apart from AsyncAPI.
pub(super) struct BindingShape {
    /// Such as `Kafka channel binding`.
    pub name: &'static str,
    /// Oldest first.
    pub editions: &'static [Edition],
}

/// One edition of a binding.
pub(super) struct Edition {
    /// The text of `bindingVersion`.
    pub version: &'static str,
    /// Does AsyncAPI 3 know it?
    pub in_3: bool,
    pub shape: Shape,
}
