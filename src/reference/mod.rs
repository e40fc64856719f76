//! `$ref` across files: which files may be read, what a reference points at.
//!
//! In: the file that the user named. Out: [`Files`], which holds that file and every file it refers to, parsed, and
//! answers where a `$ref` leads. Nothing outside the allowed roots is ever opened, nothing is fetched from a network
//! unless the [`Policy`] brings what fetches, what was fetched never leads to a file, and a chain of references that comes back to itself is an answer ([`Unresolved::Circular`]), not a hang.

mod chains;
mod fetch;
mod files;
mod identifiers;
mod pointer;
mod suggest;
mod well_known;

pub use fetch::{Fetch, Fetched};
#[cfg(feature = "protobuf")]
pub(crate) use files::imports;
pub use files::{Files, Policy};
pub use pointer::{Gap, Unresolved};
pub use suggest::closest;

use crate::source::{Rule, Severity};

const REFERENCE_OBJECT: &str = "https://www.asyncapi.com/docs/reference/specification/v3.1.0#referenceObject";

/// What can be wrong with a file or a reference to one.
pub static RULES: &[&Rule] =
    &[&UNREADABLE_FILE, &UNRESOLVED_REFERENCE, &REMOTE_REFERENCE, &FORBIDDEN_REFERENCE, &CIRCULAR_REFERENCE];

/// A file that cannot be read.
pub static UNREADABLE_FILE: Rule = Rule {
    id: "unreadable-file",
    severity: Severity::Error,
    sentence: "The document and every file it refers to can be read as UTF-8 text.",
    link: REFERENCE_OBJECT,
};

/// A reference to something that does not exist.
pub static UNRESOLVED_REFERENCE: Rule = Rule {
    id: "unresolved-reference",
    severity: Severity::Error,
    sentence: "Every `$ref` points at something that exists.",
    link: REFERENCE_OBJECT,
};

/// A reference over the network that was not followed.
pub static REMOTE_REFERENCE: Rule = Rule {
    id: "remote-reference",
    severity: Severity::Warning,
    sentence: "References over the network are followed only when asked for.",
    link: REFERENCE_OBJECT,
};

/// A reference to a file that the document may not read.
pub static FORBIDDEN_REFERENCE: Rule = Rule {
    id: "forbidden-reference",
    severity: Severity::Error,
    sentence: "References stay within the folder of the document, or the roots that the user allows.",
    link: REFERENCE_OBJECT,
};

/// References that lead to each other and to nothing else.
pub static CIRCULAR_REFERENCE: Rule = Rule {
    id: "circular-reference",
    severity: Severity::Error,
    sentence: "A chain of references ends at something that is not a reference.",
    link: REFERENCE_OBJECT,
};
