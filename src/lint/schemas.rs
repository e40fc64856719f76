//! Schemas that are well-formed and say what their author cannot have meant.

use super::{Document, at, at_key};
use crate::document::{Dialect, structure};
use crate::schema::{INVALID_PATTERN, Schema};
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::{Entry, Node};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A required property that the schema does not describe.
pub static REQUIRED_PROPERTY: Rule = Rule {
    id: "required-property",
    severity: Severity::Warning,
    sentence: "The properties that a schema requires are among those that it describes.",
    link: "https://json-schema.org/draft-07/json-schema-validation#rfc.section.6.5.3",
};

/// A discriminator that messages may do without.
pub static DISCRIMINATOR: Rule = Rule {
    id: "discriminator-property",
    severity: Severity::Warning,
    sentence: "The property that `discriminator` names is described by the schema, and required.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#schemaObject",
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

/// A key of a schema that says nothing.
pub static UNKNOWN_KEYWORD: Rule = Rule {
    id: "unknown-keyword",
    severity: Severity::Warning,
    sentence: "Keys of a schema that look like keywords of JSON Schema are such: all others are ignored.",
    link: "https://json-schema.org/draft-07/json-schema-core#rfc.section.6.4",
};

/// Keywords of every draft and of OpenAPI 3.1.
static KEYWORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let others = [
        "$anchor",
        "$dynamicAnchor",
        "$dynamicRef",
        "$recursiveAnchor",
        "$recursiveRef",
        "$vocabulary",
        "id",
        "contentSchema",
        "example",
        "maxContains",
        "minContains",
        "xml",
    ];
    structure::schema_keywords().chain(others).collect()
});

/// Shorter keys resemble too many keywords.
const SHORTEST: usize = 5;

/// A keyword of OpenAPI that changes what values are valid. (`example` changes nothing, and is widespread.)
const NULLABLE: (&str, &str) =
    ("nullable", "write `type` as a list that has \"null\", or name the format of OpenAPI in `schemaFormat`");

/// `required-property`, `discriminator-property`, `invalid-pattern`, `unknown-keyword`
pub(super) fn check(document: Document<'_>, diagnostics: &mut Diagnostics) {
    for (_, schema) in document.schemas.schemas.iter() {
        let node = document.files.node(schema.node);
        required(document, schema, node, diagnostics);
        discriminator(schema, node, diagnostics);
        patterns(node, diagnostics);
        if schema.origin.is_none() && schema.dialect > Dialect::Draft4 {
            keywords(document, schema, node, diagnostics);
        }
    }
}

fn required(document: Document<'_>, schema: &Schema, node: Node<'_>, diagnostics: &mut Diagnostics) {
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
        diagnostics.push(match document.closest(name, free) {
            Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
            None => diagnostic.help("describe it under `properties`"),
        });
    }
}

/// Where a schema lists alternatives, they may describe the property each for itself.
fn discriminator(schema: &Schema, node: Node<'_>, diagnostics: &mut Diagnostics) {
    let Some((place, name)) = node.get("discriminator").and_then(|place| Some((place, place.as_str()?))) else {
        return;
    };
    if schema.properties.is_empty() && OTHER_WAYS.iter().any(|keyword| node.get(keyword).is_some()) {
        return;
    }
    let (message, help) = if !schema.properties.iter().any(|(known, _)| known == name) {
        (format!("the schema has no property `{name}` to be told apart by"), "describe it under `properties`")
    } else if !schema.required.iter().any(|required| required == name) {
        (format!("`{name}` tells messages apart, but is not required"), "add it to `required`")
    } else {
        return;
    };
    diagnostics.push(at(&DISCRIMINATOR, place, message).help(help));
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

/// `unknown-keyword`
fn keywords(document: Document<'_>, schema: &Schema, node: Node<'_>, diagnostics: &mut Diagnostics) {
    if node.get("$ref").is_some() {
        return;
    }
    let unknown = |entry: &Entry<'_>| !entry.key.starts_with("x-") && !KEYWORDS.contains(entry.key);
    let schema_like = |value: Node<'_>| ["type", "$ref", "properties"].iter().any(|key| value.get(key).is_some());
    // Names of properties where `properties` should be.
    if let Some(first) =
        node.entries().next().filter(|_| node.entries().all(|entry| unknown(&entry) && schema_like(entry.value)))
    {
        let message = format!("`{}` is no keyword of JSON Schema, and neither is any other key here", first.key);
        diagnostics
            .push(at_key(&UNKNOWN_KEYWORD, first, message).help("put them under `properties`, and add `type: object`"));
        return;
    }
    for entry in node.entries().filter(unknown) {
        // Since OpenAPI 3.1 it is none there, either.
        let (nullable, advice) = NULLABLE;
        let foreign = (entry.key == nullable && schema.dialect < Dialect::Draft2019).then(|| advice.to_owned());
        let absent = || KEYWORDS.iter().copied().filter(|key| !key.starts_with('$') && node.get(key).is_none());
        let close =
            || Some(entry.key).filter(|key| key.len() >= SHORTEST).and_then(|key| document.closest(key, absent()));
        let Some(help) = foreign.or_else(|| close().map(|close| format!("did you mean `{close}`?"))) else { continue };
        let message = format!("`{}` is no keyword of JSON Schema, and is ignored", entry.key);
        diagnostics.push(at_key(&UNKNOWN_KEYWORD, entry, message).help(help));
    }
}
