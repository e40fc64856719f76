//! YAML and JSON text -> one tree in which every key and value has a span.
//!
//! In: a [`Source`](crate::source::Source). Out: nodes in [`Trees`], the arena that holds the trees of every file of a
//! run. Keys of an object are unique (a second one is diagnosed and left out), numbers keep their decimal text, an alias
//! is a node of its own that shares the children of its anchor, and no tree is deeper than [`MAXIMUM_DEPTH`] nor, with
//! its aliases unfolded, larger than [`MAXIMUM_UNFOLDED`] nodes: whoever walks one needs no guard of its own.

mod embedded;
mod read;
mod repair;
mod scalar;
mod sniff;
mod tree;
mod write;

pub use embedded::place_within;
pub use read::read;
pub use sniff::mentions_root_key;
pub use tree::{Entry, Kind, Member, Node, NodeId, Number, Trees};
pub use write::to_json;

use crate::source::{Rule, Severity};

/// How deep collections may nest.
pub const MAXIMUM_DEPTH: usize = 128;

/// How many nodes a tree may have when every alias is replaced by what it stands for.
pub const MAXIMUM_UNFOLDED: u64 = 4_000_000;

const YAML: &str = "https://yaml.org/spec/1.2.2/";

/// What can be wrong with a text before anything is known about its meaning.
pub static RULES: &[&Rule] = &[&SYNTAX, &DUPLICATE_KEY, &COMPLEX_KEY, &YAML_TAG, &SEVERAL_DOCUMENTS, &TOO_LARGE];

/// Not YAML, nor JSON.
pub static SYNTAX: Rule =
    Rule { id: "syntax", severity: Severity::Error, sentence: "The text is well-formed YAML or JSON.", link: YAML };

/// Two equal keys in one object.
pub static DUPLICATE_KEY: Rule = Rule {
    id: "duplicate-key",
    severity: Severity::Error,
    sentence: "The keys of an object are unique.",
    link: "https://yaml.org/spec/1.2.2/#3213-node-comparison",
};

/// A key that is a list or an object.
pub static COMPLEX_KEY: Rule = Rule {
    id: "complex-key",
    severity: Severity::Error,
    sentence: "The keys of an object are scalars.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#format",
};

/// A tag that JSON has no value for, or that its value does not fit.
pub static YAML_TAG: Rule = Rule {
    id: "yaml-tag",
    severity: Severity::Error,
    sentence: "The tags of YAML are those of its JSON schema, such as `!!str`, and say what stands there.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#format",
};

/// More than one YAML document in a file.
pub static SEVERAL_DOCUMENTS: Rule = Rule {
    id: "several-yaml-documents",
    severity: Severity::Warning,
    sentence: "A file holds one YAML document.",
    link: "https://yaml.org/spec/1.2.2/#chapter-9-document-stream-productions",
};

/// A tree that unfolds beyond all bounds.
pub static TOO_LARGE: Rule = Rule {
    id: "too-large",
    severity: Severity::Error,
    sentence: "A document stays within the bounds of depth and unfolded size.",
    link: YAML,
};
