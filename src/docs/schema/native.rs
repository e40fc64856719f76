//! Schemas of Avro and Protobuf in their own words.
//!
//! In: schemas whose `origin` says what they are in their own language. Out: the words for their values, and facts. What
//! the schema IR says beyond that, such as the range of an `int`, follows from those words and is left out.

use super::Facts;
use crate::schema::{Origin, Schema, SchemaId, Schemas};
use crate::syntax::NodeId;

/// Keywords of Avro that rows show in their own way.
const SHOWN: [&str; 14] = [
    "name",
    "namespace",
    "doc",
    "aliases",
    "fields",
    "type",
    "items",
    "values",
    "symbols",
    "logicalType",
    "precision",
    "scale",
    "order",
    "default",
];
/// The same where the default is not what a field has, but what an enumeration has for symbols that it does not know.
const SHOWN_OF_ENUM: &[&str] = &["name", "namespace", "doc", "aliases", "type", "symbols"];
/// Types are spelt out this deep in one line.
const DEEPEST: usize = 4;

/// The members of a schema's node that need no line of their own.
pub(super) fn shown(schema: &Schema) -> &'static [&'static str] {
    match schema.origin.as_ref().map(|origin| origin.kind.as_str()) {
        Some("enum") => SHOWN_OF_ENUM,
        _ => &SHOWN,
    }
}

/// The only alternative to `null` in a union that has one.
pub(super) fn nullable(schemas: &Schemas, schema: &Schema) -> Option<SchemaId> {
    let origin = schema.origin.as_ref().filter(|origin| origin.kind == "union")?;
    let null = |id: &&SchemaId| kind(schemas, **id) == Some("null");
    let mut others = schema.one_of.iter().flatten().filter(|id| !null(id));
    let only = others.next().copied();
    only.filter(|_| origin.logical.is_none() && others.next().is_none())
}

/// A branch of a union without the object that holds it in JSON.
pub(super) fn untagged(schemas: &Schemas, id: SchemaId) -> SchemaId {
    match (kind(schemas, id), schemas.get(id).properties.as_slice()) {
        (Some("branch"), [(_, inner)]) => *inner,
        _ => id,
    }
}

/// What to call a branch of a union: its type, by its name if it has one.
pub(super) fn branch_name(schemas: &Schemas, id: SchemaId) -> Option<String> {
    let inner = schemas.get(schemas.target(untagged(schemas, id)));
    let origin = inner.origin.as_ref()?;
    Some(inner.title.clone().unwrap_or_else(|| origin.kind.clone()))
}

fn kind(schemas: &Schemas, id: SchemaId) -> Option<&str> {
    schemas.get(schemas.target(id)).origin.as_ref().map(|origin| origin.kind.as_str())
}

/// What values look like: `null or long (timestamp-millis)`, `repeated string`, ..; `inner` says it of a schema inside.
/// `None` where no part has words of its own.
pub(super) fn types(
    schemas: &Schemas,
    parts: &[SchemaId],
    inner: impl Fn(SchemaId) -> String,
    depth: usize,
) -> Option<String> {
    let own = parts.iter().map(|part| schemas.get(*part)).find_map(|schema| {
        let origin = schema.origin.as_ref()?;
        (!matches!(origin.kind.as_str(), "field" | "branch")).then_some((schema, origin))
    });
    let (schema, origin) = own?;
    let of = |id: Option<SchemaId>| id.filter(|_| depth < DEEPEST).map(&inner).filter(|inner| !inner.is_empty());
    let word = match (origin.kind.as_str(), &origin.name) {
        ("array", _) => joined("array of", of(schema.items), "array"),
        ("repeated", _) => joined("repeated", of(schema.items), "repeated"),
        ("map", _) => joined("map of", of(schema.additional_properties), "map"),
        ("union", _) => {
            let branches = schema.one_of.iter().flatten().map(|branch| {
                let branch = untagged(schemas, *branch);
                of(Some(branch)).unwrap_or_else(|| "..".to_owned())
            });
            branches.collect::<Vec<_>>().join(" or ")
        }
        // A well-known type is known by its name.
        ("message", Some(name)) if schema.title.is_none() => name.clone(),
        (kind, _) => kind.to_owned(),
    };
    Some(match &origin.logical {
        Some(logical) => format!("{word} ({logical})"),
        None => word,
    })
}

fn joined(before: &str, inner: Option<String>, otherwise: &str) -> String {
    inner.map_or_else(|| otherwise.to_owned(), |inner| format!("{before} {inner}"))
}

/// What a row says of a schema beside its type.
pub(super) fn facts(facts: &mut Facts, schema: &Schema, origin: &Origin, shown: impl Fn(NodeId) -> String) {
    match (origin.kind.as_str(), &origin.name) {
        ("field", Some(choice)) => facts.say(choice.clone()),
        (_, Some(name)) => facts.add("full name", [name.clone()]),
        _ => {}
    }
    if let Some(number) = origin.number {
        facts.say(format!("field number {number}"));
        facts.add("name in .proto", origin.aliases.iter().cloned());
    } else {
        facts.add("aliases", origin.aliases.iter().cloned());
    }
    facts.add("allowed", schema.enumeration.iter().flatten().map(|id| shown(*id)));
    facts.add("default", schema.default.map(&shown));
}

/// Has a schema more to say than its type?
pub(super) fn says_something(schema: &Schema) -> bool {
    let named = schema.origin.as_ref().is_some_and(|origin| origin.name.is_some());
    named || !schema.properties.is_empty() || schema.one_of.as_ref().is_some_and(|branches| branches.len() > 2)
}
