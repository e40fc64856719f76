//! Protobuf schemas, syntax 2 and 3: compiled from the text that stands in a document or in a `.proto` file, and checked.
//!
//! In: a node that holds the text, or refers to it. Out: [`Compiled`], the descriptors of the text and of all that it
//! imports with the message that is the payload; or what is wrong, with the place in the text. A text is compiled on a
//! stack of its own, after its size and depth were looked at.

mod compile;
mod lower;

pub use compile::{Compiled, compile};
pub(super) use lower::lower;
pub use lower::{describe_enums, is_well_known};

use crate::source::{Rule, Severity};

/// What can be wrong with a Protobuf schema.
pub static RULES: &[&Rule] = &[&NOT_TEXT, &SYNTAX, &DEFINITION, &IMPORT, &MESSAGE];

/// Not written as text.
pub static NOT_TEXT: Rule = Rule {
    id: "protobuf-not-text",
    severity: Severity::Error,
    sentence: "A Protobuf schema is text: inline as a string, or a reference to a `.proto` file.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#multiFormatSchemaObject",
};

/// Text that is no Protobuf.
pub static SYNTAX: Rule = Rule {
    id: "protobuf-syntax",
    severity: Severity::Error,
    sentence: "A Protobuf schema is written in the syntax of Protobuf 2 or 3.",
    link: "https://protobuf.dev/reference/protobuf/proto3-spec/",
};

/// Names that nothing defines, numbers that are used twice, ..
pub static DEFINITION: Rule = Rule {
    id: "protobuf-definition",
    severity: Severity::Error,
    sentence: "The definitions of a Protobuf schema fit together: names are defined once, field numbers are used once.",
    link: "https://protobuf.dev/programming-guides/proto3/",
};

/// An import of a file that is not there.
pub static IMPORT: Rule = Rule {
    id: "protobuf-import",
    severity: Severity::Error,
    sentence: "What a Protobuf schema imports lies beside it, or in a folder above it up to that of the document.",
    link: "https://protobuf.dev/programming-guides/proto3/#importing",
};

/// No message, or several and none that is meant.
pub static MESSAGE: Rule = Rule {
    id: "protobuf-message",
    severity: Severity::Warning,
    sentence: "It is clear which message of a Protobuf schema is the payload: `file.proto#Name`, the only one, or the only one that no other holds.",
    link: "https://github.com/asyncapi/protobuf-schema-parser#readme",
};
