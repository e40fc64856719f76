//! Identifiers of operations and messages (2.x), and the headers of messages.

use super::{Document, at};
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::{Node, NodeId};
use std::collections::{HashMap, HashSet};

/// Two operations with the same id.
pub static DUPLICATE_OPERATION_ID: Rule = Rule {
    id: "duplicate-operation-id",
    severity: Severity::Error,
    sentence: "The id of an operation is unique among all operations.",
    link: "https://www.asyncapi.com/docs/reference/specification/v2.6.0#operationObject",
};

/// Two messages with the same id.
pub static DUPLICATE_MESSAGE_ID: Rule = Rule {
    id: "duplicate-message-id",
    severity: Severity::Error,
    sentence: "The id of a message is unique among all messages.",
    link: "https://www.asyncapi.com/docs/reference/specification/v2.6.0#messageObject",
};

/// Headers that are no object.
pub static HEADERS: Rule = Rule {
    id: "headers-not-object",
    severity: Severity::Error,
    sentence: "The schema of the headers of a message is of type `object`.",
    link: "https://www.asyncapi.com/docs/reference/specification/v2.6.0#messageObject",
};

/// A content type that is none.
pub static MEDIA_TYPE: Rule = Rule {
    id: "media-type",
    severity: Severity::Warning,
    sentence: "A content type is one specific media type, such as `application/json`.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#defaultContentTypeString",
};

/// Reports every value of `key` that an earlier node has too, by itself or by one of its traits.
fn duplicates<'t>(
    rule: &'static Rule,
    key: &str,
    nodes: impl Iterator<Item = Node<'t>>,
    document: Document<'t>,
    diagnostics: &mut Diagnostics,
) {
    let mut first: HashMap<&str, Node<'t>> = HashMap::new();
    let mut seen: HashSet<NodeId> = HashSet::new();
    for node in nodes.filter(|node| seen.insert(node.id())) {
        let Some(value) = document.with_traits(node).into_iter().find_map(|part| part.get(key)) else { continue };
        let Some(text) = value.as_str() else { continue };
        // What a trait says is met here.
        let (place, help) = match value.parent() {
            Some(parent) if parent.id() == node.id() => (value, "rename one of the two"),
            _ => (node.get("traits").unwrap_or(node), "a trait says it: write one that is its own beside it"),
        };
        match first.get(text) {
            Some(first) => {
                let diagnostic = at(rule, place, format!("the {key} `{text}` stands twice in this document"));
                diagnostics.push(diagnostic.related(first.place(), "the other one").help(help));
            }
            None => {
                first.insert(text, place);
            }
        }
    }
}

/// `duplicate-operation-id`
pub(super) fn duplicate_operation_ids(document: Document<'_>, diagnostics: &mut Diagnostics) {
    duplicates(&DUPLICATE_OPERATION_ID, "operationId", document.operations_2(), document, diagnostics);
}

/// `duplicate-message-id`
pub(super) fn duplicate_message_ids(document: Document<'_>, diagnostics: &mut Diagnostics) {
    duplicates(&DUPLICATE_MESSAGE_ID, "messageId", document.messages().into_iter(), document, diagnostics);
}

/// `media-type`
pub(super) fn media_types(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let messages = document.messages();
    let parts = messages.iter().flat_map(|message| document.with_traits(*message));
    let named = parts.filter_map(|part| part.get("contentType")).chain(document.root.get("defaultContentType"));
    let mut seen = HashSet::new();
    for node in named.filter(|node| seen.insert(node.id())) {
        let Some(text) = node.as_str().filter(|text| !is_media_type(text)) else { continue };
        let message = format!("`{text}` is not a specific media type");
        let help = match text.contains('*') {
            true => "name one type: messages are encoded by it".to_owned(),
            false => format!("for example `application/{}`", text.rsplit('/').next().unwrap_or_default()),
        };
        diagnostics.push(at(&MEDIA_TYPE, node, message).help(help));
    }
}

/// `type/subtype`, perhaps with parameters behind `;` (RFC 6838, section 4.2).
fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let kind = text.split(';').next().unwrap_or_default().trim();
    kind.split_once('/').is_some_and(|(family, name)| is_name(family) && is_name(name))
}

/// `headers-not-object`
pub(super) fn headers(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let parts = document.messages().into_iter().flat_map(|message| document.with_traits(message));
    let headers = parts.filter_map(|part| document.resolved(part.get("headers")?));
    let mut seen = HashSet::new();
    for headers in headers.filter(|headers| seen.insert(headers.id())) {
        if let Some(kind) = headers.get("type").filter(|kind| kind.as_str() != Some("object")) {
            let message = "headers must be of type `object`".to_owned();
            diagnostics.push(at(&HEADERS, kind, message).help("write `type: object`"));
        }
    }
}
