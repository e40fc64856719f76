//! `cargo xtask nightly metamorphic DIR`: laws that every verdict on inclusion must keep, over all schemas of a folder.
//!
//! In: a folder with schemas: tests of JSON Schema, pairs with verdicts, schemas, documents of AsyncAPI. Out: for each law
//! how often it was seen to hold and how often that is unknown, or the schemas by which it is broken; a line on record.

use super::inclusion::compare;
use super::record;
use crate::Outcome;
use clap::Args as ClapArgs;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashSet};
use std::mem::discriminant;
use std::path::{Path, PathBuf};
use tidings::document::Dialect;
use tidings::reference::{Files, Policy};
use tidings::schema::inclusion::Verdict;
use tidings::source::Diagnostics;

/// Holds verdicts on inclusion against laws, over all schemas of a folder
#[derive(ClapArgs)]
pub struct Arguments {
    /// A folder with schemas and documents
    shared: PathBuf,
}

/// A schema, and the draft by which it is read.
struct Found {
    schema: Value,
    dialect: Dialect,
}

/// Keys under which a reference is data.
const DATA: [&str; 5] = ["const", "enum", "default", "example", "examples"];
/// Keys by which a schema is found under another name than its place.
const NAMES: [&str; 6] = ["$id", "id", "$anchor", "$dynamicRef", "$recursiveRef", "$dynamicAnchor"];
/// Keys under which definitions stand.
const DEFINITIONS: [&str; 2] = ["definitions", "$defs"];

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let found = find(&arguments.shared)?;
    if found.is_empty() {
        return Err(format!("{}: no schema was found", arguments.shared.display()));
    }
    let (mut counts, mut broken, mut elsewhere) = (BTreeMap::<(&str, &str), u64>::new(), Vec::new(), 0);
    for (at, one) in found.iter().enumerate() {
        // Its partner is some other schema of the same draft.
        let partner = found.iter().skip(at + 1).chain(found.iter().take(at)).find(|other| other.dialect == one.dialect);
        let other = partner.map_or(&one.schema, |other| &other.schema);
        let mut verdicts = laws(one, other)?;
        if is_named(&one.schema) || is_named(other) {
            elsewhere += 1;
        } else {
            verdicts.extend(laws_of_moved(one, other)?);
        }
        for (law, verdict) in verdicts {
            let word = match verdict {
                Some(true) => "holds",
                None => {
                    eprintln!("unknown: {law} ({:?}): {}", one.dialect, one.schema);
                    "unknown"
                }
                Some(false) => {
                    broken.push(format!("{law} ({:?}): {} with {other}", one.dialect, one.schema));
                    "broken"
                }
            };
            *counts.entry((law, word)).or_default() += 1;
        }
    }
    let told: Vec<String> = counts.iter().map(|((law, word), count)| format!("{law}: {count} {word}")).collect();
    let result = format!(
        "{} laws broken over {} schemas, {elsewhere} not moved since parts are referred to by name; {}",
        broken.len(),
        found.len(),
        told.join(", ")
    );
    println!("{result}");
    record("metamorphic", &result)?;
    if broken.is_empty() { Ok(()) } else { Err(broken.join("\n")) }
}

/// The laws of schemas that stay in their place, and whether each is kept.
fn laws(one: &Found, other: &Value) -> Result<Vec<(&'static str, Option<bool>)>, String> {
    let (schema, dialect) = (&one.schema, one.dialect);
    let (there, back) = (compare([schema, other], dialect)?, compare([other, schema], dialect)?);
    let mirrored = [(&there.backward, &back.forward), (&there.forward, &back.backward)]
        .iter()
        .all(|(one, other)| discriminant(*one) == discriminant(*other));
    Ok(vec![
        ("a schema in itself", same([schema, schema], dialect)?),
        ("backward is forward from the other side", Some(mirrored)),
        ("annotations change nothing", same([schema, &annotated(schema)], dialect)?),
    ])
}

/// The laws of schemas that become part of others, and whether each is kept.
fn laws_of_moved(one: &Found, other: &Value) -> Result<Vec<(&'static str, Option<bool>)>, String> {
    let (schema, dialect) = (&one.schema, one.dialect);
    let within = |inner: &Value, outer: &Value| Ok::<_, String>(kept(&compare([inner, outer], dialect)?.backward));
    Ok(vec![
        ("a schema in allOf of itself alone", same([schema, &joined("allOf", &[schema])], dialect)?),
        ("S in anyOf of S and T", within(schema, &joined("anyOf", &[schema, other]))?),
        ("allOf of S and T in S", within(&joined("allOf", &[schema, other]), schema)?),
        ("names of definitions change nothing", same([schema, &renamed(schema)], dialect)?),
    ])
}

/// Does one schema accept what the other does?
fn same(pair: [&Value; 2], dialect: Dialect) -> Result<Option<bool>, String> {
    let comparison = compare(pair, dialect)?;
    let (there, back) = (kept(&comparison.backward), kept(&comparison.forward));
    Ok(if there == Some(false) { there } else { back.and_then(|back| there.map(|there| there && back)) })
}

/// Is a law kept that says "holds"?
fn kept(verdict: &Verdict) -> Option<bool> {
    match verdict {
        Verdict::Holds => Some(true),
        Verdict::Unknown { .. } => None,
        Verdict::Fails { .. } => Some(false),
    }
}

/// One schema of several, which keep what they refer to.
fn joined(keyword: &str, parts: &[&Value]) -> Value {
    let moved = |(at, part): (usize, &&Value)| {
        let to = format!("#/{keyword}/{at}");
        referring(part, &|reference| reference.strip_prefix('#').map(|rest| format!("{to}{rest}")))
    };
    json!({ keyword: parts.iter().enumerate().map(moved).collect::<Vec<_>>() })
}

/// The schema with other references.
fn referring(schema: &Value, change: &dyn Fn(&str) -> Option<String>) -> Value {
    match schema {
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| {
                let changed = match value {
                    Value::String(text) if key == "$ref" => change(text).map_or_else(|| value.clone(), Value::String),
                    value if DATA.contains(&key.as_str()) => value.clone(),
                    value => referring(value, change),
                };
                (key.clone(), changed)
            };
            Value::Object(members.iter().map(member).collect())
        }
        Value::Array(items) => items.iter().map(|item| referring(item, change)).collect(),
        scalar => scalar.clone(),
    }
}

/// The schema with a title, a description and a comment in every part that stands under a name or a keyword of its own.
fn annotated(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let mut out = Map::new();
    for (key, value) in members {
        let changed = match (key.as_str(), value) {
            ("properties" | "patternProperties" | "definitions" | "$defs", Value::Object(parts)) => {
                Value::Object(parts.iter().map(|(name, part)| (name.clone(), annotated(part))).collect())
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => parts.iter().map(annotated).collect(),
            ("not" | "additionalProperties" | "if" | "then" | "else" | "propertyNames" | "contains", part) => {
                annotated(part)
            }
            _ => value.clone(),
        };
        out.insert(key.clone(), changed);
    }
    for (key, text) in [("title", "A title"), ("description", "Some words."), ("$comment", "Nothing to see.")] {
        out.insert(key.to_owned(), json!(text));
    }
    Value::Object(out)
}

/// The schema with other names for its definitions.
fn renamed(schema: &Value) -> Value {
    let mut schema = referring(schema, &|reference| {
        DEFINITIONS.iter().find_map(|key| {
            let rest = reference.strip_prefix(&format!("#/{key}/"))?;
            let (name, deeper) = rest.split_once('/').map_or((rest, None), |(name, deeper)| (name, Some(deeper)));
            Some(format!("#/{key}/{name}_renamed{}", deeper.map(|deeper| format!("/{deeper}")).unwrap_or_default()))
        })
    });
    for key in DEFINITIONS {
        if let Some(Value::Object(definitions)) = schema.get_mut(key) {
            *definitions = std::mem::take(definitions)
                .into_iter()
                .map(|(name, definition)| (name + "_renamed", definition))
                .collect();
        }
    }
    schema
}

/// Is some part found by a name, so that it means something else in another place?
fn is_named(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.iter().any(|(key, value)| {
            (NAMES.contains(&key.as_str()) && value.is_string())
                || (key == "$ref" && value.as_str().is_some_and(|text| !text.is_empty() && !text.starts_with("#")))
                || (key == "$ref"
                    && value
                        .as_str()
                        .is_some_and(|text| text.starts_with('#') && text.len() > 1 && !text.starts_with("#/")))
                || is_named(value)
        }),
        Value::Array(items) => items.iter().any(is_named),
        _ => false,
    }
}

/// All schemas of a folder, each once.
fn find(folder: &Path) -> Result<Vec<Found>, String> {
    let mut paths = Vec::new();
    crate::same::search(folder, &mut paths).map_err(|error| format!("{}: {error}", folder.display()))?;
    paths.sort_unstable();
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for path in &paths {
        for one in path_schemas(path) {
            if seen.insert((one.dialect, one.schema.to_string())) {
                found.push(one);
            }
        }
    }
    Ok(found)
}

/// The schemas of a file.
fn path_schemas(path: &Path) -> Vec<Found> {
    let Some(content) = read(path) else { return Vec::new() };
    let dialect =
        Dialect::parse(&path.display().to_string().replace("draft4", "draft-04").replace("draft6", "draft-06"))
            .unwrap_or(Dialect::Draft7);
    let of = |schema: &Value, dialect| Found { schema: schema.clone(), dialect };
    match &content {
        Value::Array(records) => records
            .iter()
            .flat_map(|record| {
                let own = record.get("dialect").and_then(Value::as_str).and_then(Dialect::parse);
                let known = own.or_else(|| record.get("dialect").is_none().then_some(dialect));
                let parts = ["schema", "old", "new"].into_iter().filter_map(|key| record.get(key));
                parts.filter_map(|part| Some(of(part, known?))).collect::<Vec<_>>()
            })
            .filter(|one| one.schema.is_object() || one.schema.is_boolean())
            .collect(),
        Value::Object(members) if members.contains_key("asyncapi") => {
            let schemas = content.pointer("/components/schemas").and_then(Value::as_object);
            let names = schemas.into_iter().flatten().map(|(name, _)| name.replace('~', "~0").replace('/', "~1"));
            let schema = |name: String| {
                let reference = format!("#/components/schemas/{name}");
                of(&json!({ "$ref": reference, "components": { "schemas": schemas } }), Dialect::Draft7)
            };
            names.map(schema).collect()
        }
        Value::Object(members) => {
            let own = members.get("$schema").and_then(Value::as_str).and_then(Dialect::parse);
            own.map(|dialect| of(&content, dialect)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn read(path: &Path) -> Option<Value> {
    let mut files = Files::new(Policy::default());
    let source = files.open(path, &mut Diagnostics::default()).ok()?;
    serde_json::from_str(&tidings::syntax::to_json(files.root(source)?)).ok()
}
