//! Payload schemas of every format -> one schema IR.
//!
//! In: a schema node of a file and the language it is written in. Out: [`Schemas`], a graph of [`Schema`]s in which a
//! `$ref` is an edge, so recursive schemas are finite. A schema says what its author wrote, keyword by keyword; the
//! drafts differ only in how they are read.

mod accepts;
#[cfg(feature = "avro")]
pub mod avro;
#[cfg(feature = "compat")]
pub(crate) mod fits;
pub mod formats;
#[cfg(feature = "compat")]
pub mod inclusion;
mod model;
#[cfg(feature = "protobuf")]
pub mod protobuf;
mod read;
mod sample;
#[cfg(feature = "compat")]
pub mod values;

pub(crate) use accepts::{accepts, type_of_value};
pub use model::{Bounds, Origin, Schema, SchemaId, Schemas, Type, TypeSet};
pub use read::Reader;
pub use sample::sample;

use crate::source::{Rule, Severity};

const SCHEMA_OBJECT: &str = "https://www.asyncapi.com/docs/reference/specification/v3.1.0#schemaObject";

/// What can be said about a schema.
pub static RULES: &[&Rule] = &[&UNSUPPORTED_KEYWORD, &INVALID_PATTERN, &ASSUMED_OBJECT];

/// A keyword that generated code cannot check yet.
pub static UNSUPPORTED_KEYWORD: Rule = Rule {
    id: "unsupported-keyword",
    severity: Severity::Warning,
    sentence: "Generated types check every keyword of their schema, but for a few that are named.",
    link: SCHEMA_OBJECT,
};

/// A `pattern` that is no regular expression.
pub static INVALID_PATTERN: Rule = Rule {
    id: "invalid-pattern",
    severity: Severity::Error,
    sentence: "A `pattern` is a regular expression of ECMA 262.",
    link: "https://json-schema.org/draft-07/json-schema-validation#rfc.section.6.3.3",
};

/// `properties` without `type`.
pub static ASSUMED_OBJECT: Rule = Rule {
    id: "assumed-object",
    severity: Severity::Info,
    sentence: "A schema with `properties` says `type: object`.",
    link: SCHEMA_OBJECT,
};
