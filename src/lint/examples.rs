//! Examples and defaults against their schemas: the rules. They are applied where a validator is built in (feature
//! `compat`).

#[cfg(feature = "compat")]
mod judged;
#[cfg(feature = "compat")]
mod native;

use crate::source::{Rule, Severity};
#[cfg(feature = "compat")]
pub(super) use judged::{of_messages, of_schemas};

/// A message example that does not fit. The specification says MUST, of 3.x as of 2.x; in 3.x it is a warning all the same:
/// no official tool looks at examples there, and examples of the specification itself do not fit.
pub static MESSAGE_EXAMPLE: Rule = Rule {
    id: "message-example",
    severity: Severity::Error,
    sentence: "The examples of a message fit the schemas of its payload and its headers.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#messageExampleObject",
};

/// A default that does not fit. The specification says MUST of its type, but its own examples break that.
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
