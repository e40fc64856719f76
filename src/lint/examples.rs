//! Examples and defaults against their schemas: the rules. They are applied where a validator is built in (feature
//! `compat`).

#[cfg(feature = "compat")]
mod judged;

use crate::source::{Rule, Severity};
#[cfg(feature = "compat")]
pub(super) use judged::{of_messages, of_schemas};

/// A message example that does not fit. An error in 2.x; in 3.x, where the official tools pass every example and documents
/// have come to rely on it, a warning.
pub static MESSAGE_EXAMPLE: Rule = Rule {
    id: "message-example",
    severity: Severity::Error,
    sentence: "The examples of a message fit the schemas of its payload and its headers.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#messageExampleObject",
};

/// A default that does not fit. The specification says MUST; the official tools look at few of them, and pass the rest.
pub static SCHEMA_DEFAULT: Rule = Rule {
    id: "schema-default",
    severity: Severity::Warning,
    sentence: "The default of a schema fits the schema.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#schemaObject",
};

/// A schema example that does not fit.
pub static SCHEMA_EXAMPLE: Rule = Rule {
    id: "schema-example",
    severity: Severity::Warning,
    sentence: "The examples of a schema fit the schema.",
    link: "https://json-schema.org/draft-07/json-schema-validation#rfc.section.10.4",
};

/// Values that were not looked at.
pub static UNCHECKED: Rule = Rule {
    id: "unchecked-value",
    severity: Severity::Info,
    sentence: "Examples and defaults are held against their schemas, as far as these can be judged.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#schemaObject",
};
