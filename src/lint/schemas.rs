//! Schemas that are well-formed and say what their author cannot have meant.

use super::{Document, at};
use crate::reference::closest;
use crate::schema::{INVALID_PATTERN, Schema};
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::Node;

/// A required property that the schema does not describe.
pub static REQUIRED_PROPERTY: Rule = Rule {
    id: "required-property",
    severity: Severity::Warning,
    sentence: "The properties that a schema requires are among those that it describes.",
    link: "https://json-schema.org/draft-07/json-schema-validation#rfc.section.6.5.3",
};

/// Keywords that describe properties by another way.
const OTHER_WAYS: [&str; 10] = [
    "$ref",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "patternProperties",
    "dependencies",
    "dependentSchemas",
    "unevaluatedProperties",
    "not",
];

/// `required-property`, `invalid-pattern`
pub(super) fn check(document: Document<'_>, diagnostics: &mut Diagnostics) {
    for (_, schema) in document.schemas.schemas.iter() {
        let node = document.files.node(schema.node);
        required(schema, node, diagnostics);
        patterns(node, diagnostics);
    }
}

fn required(schema: &Schema, node: Node<'_>, diagnostics: &mut Diagnostics) {
    // As one of several schemas about one value it may well count on the others.
    let is_part = node.own_index().is_some()
        || node.own_entry().is_some_and(|entry| ["if", "then", "else", "not"].contains(&entry.key));
    if is_part || schema.properties.is_empty() || OTHER_WAYS.iter().any(|keyword| node.get(keyword).is_some()) {
        return;
    }
    let described = || schema.properties.iter().map(|(name, _)| name.as_str());
    let names = node.get("required").into_iter().flat_map(Node::items);
    for (item, name) in names.filter_map(|item| Some((item, item.as_str()?))) {
        if described().any(|known| known == name) {
            continue;
        }
        let diagnostic = at(&REQUIRED_PROPERTY, item, format!("`{name}` is required, but not among the `properties`"));
        let free = described().filter(|known| !schema.required.iter().any(|required| required == known));
        diagnostics.push(match closest(name, free) {
            Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
            None => diagnostic.help("describe it under `properties`"),
        });
    }
}

fn patterns(node: Node<'_>, diagnostics: &mut Diagnostics) {
    if let Some((place, pattern)) = node.get("pattern").and_then(|place| Some((place, place.as_str()?)))
        && let Err(error) = regress::Regex::with_flags(pattern, "u").or_else(|_| regress::Regex::new(pattern))
    {
        let mut diagnostic = at(&INVALID_PATTERN, place, format!("`{pattern}` is no regular expression: {error}"));
        // JSON Schema says SHOULD.
        diagnostic.severity = Severity::Warning;
        diagnostics.push(diagnostic);
    }
}
