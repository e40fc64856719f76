//! The formats of text that the specification names.

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
            Self::Address => !text.is_empty() && is_uri_template(text),
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

/// RFC 6570, section 2.1: beyond ASCII, all characters that an IRI may have are literals, which the library refuses.
fn is_uri_template(text: &str) -> bool {
    let mut inside = false;
    let literals = text.chars().map(|character| {
        inside = character == '{' || inside && character != '}';
        if !inside && !character.is_ascii() && !character.is_control() { '~' } else { character }
    });
    UriTemplateStr::new(&literals.collect::<String>()).is_ok()
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
