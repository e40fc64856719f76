//! Avro schemas, versions 1.8 to 1.12: read from the JSON or YAML they stand in, and checked.
//!
//! In: a node that an Avro schema is written at. Out: [`Types`], a graph in which a name is an edge to its definition, and
//! a diagnostic for every fault of the specification, at its own place and once. What is faulty becomes [`Kind::Unknown`],
//! of which nothing more is said. Logical types that do not fit are left out, as the specification demands.

mod canonical;
mod defaults;
mod lower;
mod model;
mod read;

pub use canonical::{canonical_form, fingerprint};
pub(super) use lower::lower;
pub use model::{Enumeration, Field, Fixed, Kind, Logical, Names, Primitive, Record, Type, TypeId, Types};
pub use read::read;

use crate::source::{Rule, Severity};

/// What can be wrong with an Avro schema.
pub static RULES: &[&Rule] =
    &[&TYPE, &UNDEFINED_NAME, &ATTRIBUTE, &NAME, &DUPLICATE, &UNION, &DEFAULT, &UNION_DEFAULT, &LOGICAL_TYPE];

/// Neither a primitive type, nor a name that was defined, nor a definition.
pub static TYPE: Rule = Rule {
    id: "avro-type",
    severity: Severity::Error,
    sentence: "A type of Avro is a primitive type, the name of a type that is defined before, or a definition.",
    link: "https://avro.apache.org/docs/1.12.0/specification/#schema-declaration",
};

/// A name that nothing in reach defines. Registries and builds bring definitions together from several places, so it may
/// be defined where we do not see it.
pub static UNDEFINED_NAME: Rule = Rule {
    id: "avro-undefined-name",
    severity: Severity::Warning,
    sentence: "Every type that an Avro schema names is defined before in the same schema, or in a file that it refers to.",
    link: "https://avro.apache.org/docs/1.12.0/specification/#names",
};

/// An attribute that is missing or of the wrong kind.
pub static ATTRIBUTE: Rule = Rule {
    id: "avro-attribute",
    severity: Severity::Error,
    sentence: "Definitions of Avro have the attributes of their kind: `name`, `fields`, `symbols`, `size`, `items`, `values`.",
    link: "https://avro.apache.org/docs/1.12.0/specification/#complex-types",
};

/// A name with other characters than names have.
pub static NAME: Rule = Rule {
    id: "avro-name",
    severity: Severity::Error,
    sentence: "Names of Avro begin with a letter or `_` and go on with letters, digits and `_`; dots part a namespace.",
    link: "https://avro.apache.org/docs/1.12.0/specification/#names",
};

/// The same name, field or symbol twice.
pub static DUPLICATE: Rule = Rule {
    id: "avro-duplicate",
    severity: Severity::Error,
    sentence: "Types of one schema, fields of one record and symbols of one enum have names of their own.",
    link: "https://avro.apache.org/docs/1.12.0/specification/#names",
};

/// A union that no reader can take apart.
pub static UNION: Rule = Rule {
    id: "avro-union",
    severity: Severity::Error,
    sentence: "A union holds no other union directly, and no two types that are neither named nor different.",
    link: "https://avro.apache.org/docs/1.12.0/specification/#unions",
};

/// A default that is no value of the type.
pub static DEFAULT: Rule = Rule {
    id: "avro-default",
    severity: Severity::Error,
    sentence: "The default of a field is a value of its type, and that of an enum one of its symbols.",
    link: "https://avro.apache.org/docs/1.12.0/specification/#schema-record",
};

/// A default of another branch than the first.
pub static UNION_DEFAULT: Rule = Rule {
    id: "avro-union-default",
    severity: Severity::Warning,
    sentence: "The default of a union is a value of its first branch: before 1.12 no other is understood.",
    link: "https://avro.apache.org/docs/1.11.1/specification/#unions",
};

/// A logical type that readers ignore.
pub static LOGICAL_TYPE: Rule = Rule {
    id: "avro-logical-type",
    severity: Severity::Warning,
    sentence: "A logical type annotates the type that it is made for; anywhere else readers ignore it.",
    link: "https://avro.apache.org/docs/1.12.0/specification/#logical-types",
};
