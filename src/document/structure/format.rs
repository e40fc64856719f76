//! The formats of text that the specification names, and the formats that a schema may be written in.

use email_address::EmailAddress;
use iri_string::template::UriTemplateStr;
use iri_string::types::{UriReferenceStr, UriStr};

/// A format of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Any text.
    Plain,
    /// An absolute URI (RFC 3986).
    Uri,
    /// A URI, or one relative to the document (RFC 3986).
    UriReference,
    /// An e-mail address (RFC 5322).
    Email,
    /// `$message.header#/…` or `$message.payload#/…`.
    RuntimeExpression,
    /// The address of a channel in 2.x: a URI template (RFC 6570) that is not empty.
    Address,
}

impl Format {
    /// Is `text` of this format?
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::Plain => true,
            Self::Uri => UriStr::new(text).is_ok(),
            Self::UriReference => UriReferenceStr::new(text).is_ok(),
            Self::Email => EmailAddress::is_valid(text),
            Self::RuntimeExpression => is_runtime_expression(text),
            Self::Address => !text.is_empty() && UriTemplateStr::new(text).is_ok(),
        }
    }

    /// What a person calls it, with an article, and an example.
    pub fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::Plain => ("text", "`text`"),
            Self::Uri => ("an absolute URI", "`https://example.com/terms`"),
            Self::UriReference => ("a URI or a relative reference", "`./schemas/order.json`"),
            Self::Email => ("an e-mail address", "`team@example.com`"),
            Self::RuntimeExpression => ("a runtime expression", "`$message.header#/correlationId`"),
            Self::Address => ("a URI template", "`orders/{region}/created`"),
        }
    }
}

/// `"$message." ("header" / "payload") "#" json-pointer`
fn is_runtime_expression(text: &str) -> bool {
    ["$message.header#", "$message.payload#"].iter().find_map(|source| text.strip_prefix(source)).is_some_and(
        |pointer| {
            let escapes = pointer.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
            (pointer.is_empty() || pointer.starts_with('/')) && escapes
        },
    )
}

/// How much is known of a schema format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SchemaFormat {
    /// A superset of JSON Schema draft-07: walked here.
    JsonSchema,
    /// Read by the schema room: left alone here.
    Other,
    /// Not read at all.
    Unsupported,
}

/// The media types that are read, without structure suffix and version.
const SCHEMA_FORMATS: &[(&str, SchemaFormat)] = &[
    ("application/vnd.aai.asyncapi", SchemaFormat::JsonSchema),
    ("application/schema", SchemaFormat::JsonSchema),
    ("application/vnd.apache.avro", SchemaFormat::Other),
    ("application/vnd.oai.openapi", SchemaFormat::Other),
    ("application/vnd.google.protobuf", SchemaFormat::Other),
    ("application/x-protobuf", SchemaFormat::Other),
];

/// Reads the value of a `schemaFormat` field; none means the default, the Schema Object.
pub(super) fn schema_format(text: Option<&str>) -> SchemaFormat {
    let Some(text) = text else { return SchemaFormat::JsonSchema };
    let (media_type, parameters) = text.split_once(';').unwrap_or((text, ""));
    let media_type = media_type.trim().to_ascii_lowercase();
    let base = media_type.strip_suffix("+json").or_else(|| media_type.strip_suffix("+yaml")).unwrap_or(&media_type);
    let found = SCHEMA_FORMATS.iter().find(|(known, _)| *known == base).map(|(_, format)| *format);
    match found {
        // Keywords had other types before draft-06.
        Some(SchemaFormat::JsonSchema) if ["draft-03", "draft-04"].iter().any(|old| parameters.contains(old)) => {
            SchemaFormat::Other
        }
        found => found.unwrap_or(SchemaFormat::Unsupported),
    }
}
