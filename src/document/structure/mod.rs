//! A tree -> the same tree, checked against the specification of its own version.
//!
//! In: the files of a run and the root of a document. Out: the version, and a diagnostic for everything that does not have
//! the shape that the specification of that version gives it, in the document and in whatever it refers to. What the
//! specification allows is data (`table`), written in the words of `shape`; one generic `walk` compares. The walk visits
//! each object once for each shape, needs no stack of its own, and ends after [`MAXIMUM_FAULTS`] faults.

mod format;
mod hints;
mod layout;
mod shape;
mod table;
mod walk;
mod words;

use super::{SchemaUse, Version};
use crate::reference::Files;
use crate::source::{Diagnostic, Diagnostics, Rule, Severity};
use crate::syntax::{Kind, Node};

/// After so many faults the rest of a document is not looked at: nobody reads more.
pub const MAXIMUM_FAULTS: usize = 1_000;

const SPECIFICATION: &str = "https://www.asyncapi.com/docs/reference/specification/v3.1.0";
const SCHEMA: &str = "https://www.asyncapi.com/docs/reference/specification/v3.1.0#schema";
const REFERENCE_OBJECT: &str = "https://www.asyncapi.com/docs/reference/specification/v3.1.0#referenceObject";

/// What can be wrong with the shape of a document.
pub static RULES: &[&Rule] = &[
    &UNSUPPORTED_VERSION,
    &UNKNOWN_FIELD,
    &UNEXPECTED_FIELD,
    &MISSING_FIELD,
    &WRONG_TYPE,
    &INVALID_VALUE,
    &INVALID_FORMAT,
    &BINDING_VERSION,
    &DUPLICATE_ITEM,
    &EMPTY_LIST,
    &COMPONENT_NAME,
    &SERVER_NAME,
    &MISPLACED_REFERENCE,
    &WRONG_KIND,
    &IGNORED_BESIDE_REFERENCE,
    &UNSUPPORTED_SCHEMA_FORMAT,
    &TOO_MANY_FAULTS,
];

/// No version, or none that is read.
pub static UNSUPPORTED_VERSION: Rule = Rule {
    id: "unsupported-version",
    severity: Severity::Error,
    sentence: "The document names a version of AsyncAPI from 2.0.0 to 3.1.0 in its field `asyncapi`.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#A2SVersionString",
};

/// A key that the specification does not have at this place.
pub static UNKNOWN_FIELD: Rule = Rule {
    id: "unknown-field",
    severity: Severity::Error,
    sentence: "Objects have only the fields of their version of the specification, and extensions that begin with `x-`.",
    link: SCHEMA,
};

/// A key that is neither a field nor an extension, where the official schemas do not refuse it.
pub static UNEXPECTED_FIELD: Rule = Rule {
    id: "unexpected-field",
    severity: Severity::Warning,
    sentence: "Objects that the official schemas leave open still have only the fields that the specification names.",
    link: SCHEMA,
};

/// A required field that is not there.
pub static MISSING_FIELD: Rule = Rule {
    id: "missing-field",
    severity: Severity::Error,
    sentence: "Objects have all fields that the specification requires.",
    link: SCHEMA,
};

/// A value of another type.
pub static WRONG_TYPE: Rule = Rule {
    id: "wrong-type",
    severity: Severity::Error,
    sentence: "Values have the type that the specification gives them.",
    link: SCHEMA,
};

/// A value outside the allowed ones.
pub static INVALID_VALUE: Rule = Rule {
    id: "invalid-value",
    severity: Severity::Error,
    sentence: "Where the specification lists the possible values, one of them stands.",
    link: SCHEMA,
};

/// Text that is not a URI, an e-mail address, a runtime expression, ..
pub static INVALID_FORMAT: Rule = Rule {
    id: "invalid-format",
    severity: Severity::Error,
    sentence: "Text has the format that the specification asks for.",
    link: SPECIFICATION,
};

/// A binding in an edition that this version of AsyncAPI does not know.
pub static BINDING_VERSION: Rule = Rule {
    id: "binding-version",
    severity: Severity::Error,
    sentence: "The `bindingVersion` of a binding is one that the version of AsyncAPI knows.",
    link: "https://github.com/asyncapi/bindings",
};

/// The same item twice.
pub static DUPLICATE_ITEM: Rule = Rule {
    id: "duplicate-item",
    severity: Severity::Error,
    sentence: "Lists that stand for sets hold nothing twice.",
    link: SCHEMA,
};

/// No item where at least one is needed.
pub static EMPTY_LIST: Rule = Rule {
    id: "empty-list",
    severity: Severity::Error,
    sentence: "Lists that say something only by their items are not empty.",
    link: "https://json-schema.org/draft-07/json-schema-validation",
};

/// A component whose name has other characters than the specification allows. The specification says MUST; no official
/// tool refuses it, and documents rely on that.
pub static COMPONENT_NAME: Rule = Rule {
    id: "component-name",
    severity: Severity::Error,
    sentence: "Names of components consist of letters, digits, `.`, `-` and `_`.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#componentsObject",
};

/// A server whose name has other characters than the field of the Servers Object allows, which nothing says with MUST.
pub static SERVER_NAME: Rule = Rule {
    id: "server-name",
    severity: Severity::Warning,
    sentence: "Names of servers consist of letters, digits, `-` and `_`.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#serversObject",
};

/// A reference where none is allowed, or something else where only a reference is.
pub static MISPLACED_REFERENCE: Rule = Rule {
    id: "misplaced-reference",
    severity: Severity::Error,
    sentence: "References stand where the specification allows them, and nothing else stands where it demands them.",
    link: REFERENCE_OBJECT,
};

/// A reference to a component of another kind.
pub static WRONG_KIND: Rule = Rule {
    id: "wrong-kind",
    severity: Severity::Error,
    sentence: "A reference leads to a component of the kind that is needed where it stands.",
    link: REFERENCE_OBJECT,
};

/// Fields beside `$ref`.
pub static IGNORED_BESIDE_REFERENCE: Rule = Rule {
    id: "ignored-beside-reference",
    severity: Severity::Warning,
    sentence: "Nothing stands beside `$ref`: it is ignored.",
    link: REFERENCE_OBJECT,
};

/// A schema format that is not read.
pub static UNSUPPORTED_SCHEMA_FORMAT: Rule = Rule {
    id: "unsupported-schema-format",
    severity: Severity::Warning,
    sentence: "Schemas are written in a format that is read: JSON Schema, Avro, OpenAPI or Protobuf.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#multiFormatSchemaObject",
};

/// The end of patience.
pub static TOO_MANY_FAULTS: Rule = Rule {
    id: "too-many-faults",
    severity: Severity::Error,
    sentence: "A document is checked to its end unless it has a thousand faults.",
    link: SPECIFICATION,
};

/// Checks the shape of the document `root` and of everything that it refers to.
///
/// Gives the version of the document, and the schemas that name a language other than JSON Schema; `None`, with an error among `diagnostics`, when it is unusable and nothing else was
/// checked.
pub fn check(files: &Files, root: Node<'_>, diagnostics: &mut Diagnostics) -> Option<Checked> {
    let named = match version(root) {
        Ok(version) => version,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return None;
        }
    };
    let layout = layout::foreign(root, named);
    let version = layout.as_ref().map_or(named, |layout| layout.version);
    diagnostics.extend(layout.map(|layout| layout.fault));
    let schemas = walk::walk(files, root, version, diagnostics);
    Some(Checked { version, schemas })
}

/// The keywords of the Schema Object.
pub(crate) fn schema_keywords() -> impl Iterator<Item = &'static str> {
    table::schema_keywords()
}

/// What is known of a document whose shape was checked.
#[derive(Debug)]
pub struct Checked {
    /// The version that it was checked by: the one that it names, or the one that it is laid out for.
    pub version: Version,
    /// The schemas in a language of their own (Avro, Protobuf), which are still to be checked by its specification.
    pub schemas: Vec<SchemaUse>,
}

/// Reads the field `asyncapi`.
fn version(root: Node<'_>) -> Result<Version, Diagnostic> {
    let fault = |node: Node<'_>, message: String, help: String| {
        Err(Diagnostic::new(&UNSUPPORTED_VERSION, node.span(), message).at(node.pointer()).help(help))
    };
    let latest = Version::LATEST;
    let Some(value) = root.get("asyncapi") else {
        let message = match ["openapi", "swagger"].iter().find(|key| root.get(key).is_some()) {
            Some(key) => format!("this is not an AsyncAPI document: the field `{key}` says that it is OpenAPI"),
            None if root.is_object() => "this is not an AsyncAPI document: it has no field `asyncapi`".to_owned(),
            None => format!("this is not an AsyncAPI document: it is {}, not an object", words::with_article(root)),
        };
        return fault(root, message, format!("an AsyncAPI document begins with `asyncapi: {latest}`"));
    };
    let (text, message) = match value.kind() {
        Kind::String(text) => match Version::parse(text) {
            Some(version) => return Ok(version),
            None => (&**text, format!("version `{text}` of AsyncAPI is not read")),
        },
        Kind::Number(number) => (number.as_str(), format!("the version must be text, not the number `{number}`")),
        _ => ("", format!("the version must be text, not {}", words::with_article(value))),
    };
    // `3.0`, `3` and `3.0.7` mean 3.0.0 in all likelihood.
    let meant = Version::all().find(|version| {
        let minor = version.as_str().trim_end_matches(".0");
        text == minor || text.starts_with(&format!("{minor}.")) || text == version.as_str().trim_end_matches(".0.0")
    });
    let help = match meant {
        Some(version) => format!("write `asyncapi: {version}`"),
        None => format!("versions {} to {latest} are read", Version::all().next().unwrap_or(latest)),
    };
    fault(value, message, help)
}
