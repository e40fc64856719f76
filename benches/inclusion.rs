//! What a question about inclusion costs, in process: `cargo bench --features compat --bench inclusion [-- DIR]`.
//!
//! In: every small edit of the schemas of a document of this repository; with DIR, also the pairs of schemas in its JSON
//! files (lists of objects with `dialect`, `old` and `new`). Out: for each source how many questions were asked, both
//! directions at once, how many directions stayed unknown, and how long an answer took: to be below 1 ms in the median, and
//! below 10 ms for 95 of 100.

#![allow(missing_docs)]

use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tidings::document::{Dialect, SchemaFormat};
use tidings::reference::{Files, Policy};
use tidings::schema::inclusion::{Comparison, Side, Verdict, compare};
use tidings::source::Diagnostics;

/// Each question is asked so often; the fastest counts, since the others tell of the machine.
const TIMES: usize = 3;

struct Pair {
    old: Value,
    new: Value,
    format: SchemaFormat,
}

fn main() {
    println!("{:<28} {:>9} {:>8} {:>10} {:>10} {:>10}", "source", "questions", "unknown", "median", "p95", "longest");
    measure("edits of specs/orders.yaml", &edits());
    let folder = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let files = folder.into_iter().flat_map(std::fs::read_dir).flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    let mut all = Vec::new();
    for path in files {
        let pairs = pairs(&path);
        measure(&path.file_name().unwrap_or_default().to_string_lossy(), &pairs);
        all.extend(pairs);
    }
    if !all.is_empty() {
        measure("all files", &all);
    }
}

fn measure(name: &str, pairs: &[Pair]) {
    let mut unknown = 0;
    let mut times: Vec<Duration> = Vec::new();
    for pair in pairs {
        let asked = (0..TIMES).map(|_| ask(pair)).min_by_key(|(_, time)| *time);
        let Some((comparison, time)) = asked else { continue };
        let verdicts = [&comparison.backward, &comparison.forward];
        unknown += verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Unknown { .. })).count();
        times.push(time);
    }
    times.sort();
    let at = |share: usize| times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied();
    let shown = |time: Option<Duration>| format!("{:.3} ms", time.unwrap_or_default().as_secs_f64() * 1000.0);
    let (median, late, longest) = (shown(at(50)), shown(at(95)), shown(times.last().copied()));
    println!("{name:<28} {:>9} {unknown:>8} {median:>10} {late:>10} {longest:>10}", pairs.len());
}

fn ask(pair: &Pair) -> (Comparison, Duration) {
    let started = Instant::now();
    let open = |schema: &Value| {
        let mut files = Files::new(Policy::default());
        let source = files.add("schema.json", None, schema.to_string(), &mut Diagnostics::default());
        let node = files.root(source).map(|root| root.id());
        (files, node)
    };
    let ((old, old_node), (new, new_node)) = (open(&pair.old), open(&pair.new));
    let side = |files, node| Side::schema(files, node, pair.format.clone(), None);
    let nothing = || Comparison { backward: Verdict::Holds, forward: Verdict::Holds };
    let comparison = old_node.zip(new_node).map(|(from, to)| compare(&side(&old, from), &side(&new, to)));
    (comparison.unwrap_or_else(nothing), started.elapsed())
}

/// The pairs of a file.
fn pairs(path: &Path) -> Vec<Pair> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let records: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
    let pair = |record: &Value| {
        let name = record.get("dialect")?.as_str()?;
        let format = match Dialect::parse(name) {
            Some(dialect) => SchemaFormat::JsonSchema(dialect),
            None if name == "avro" => SchemaFormat::Avro,
            None => return None,
        };
        Some(Pair { old: record.get("old")?.clone(), new: record.get("new")?.clone(), format })
    };
    records.iter().filter_map(pair).collect()
}

/// Every small edit of every schema: a keyword less, a number more by one, another type.
fn edits() -> Vec<Pair> {
    let mut files = Files::new(Policy::default());
    let text = include_str!("../specs/orders.yaml").to_owned();
    let source = files.add("orders.yaml", None, text, &mut Diagnostics::default());
    let document: Value = files
        .root(source)
        .and_then(|root| serde_json::from_str(&tidings::syntax::to_json(root)).ok())
        .unwrap_or_default();
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    let mut edited = Vec::new();
    edit(&schemas, &|changed| changed, &mut edited);
    let names = schemas.as_object().into_iter().flatten().map(|(name, _)| name);
    let whole = |schemas: &Value, name: &str| json!({ "$ref": format!("#/components/schemas/{name}"), "components": { "schemas": schemas } });
    names
        .flat_map(|name| edited.iter().map(move |changed| (name, changed)))
        .map(|(name, changed)| Pair {
            old: whole(&schemas, name),
            new: whole(changed, name),
            format: SchemaFormat::JsonSchema(Dialect::Draft7),
        })
        // An edit that a schema does not reach is no question.
        .filter(|pair| {
            let comparison = ask(pair).0;
            comparison.backward != Verdict::Holds || comparison.forward != Verdict::Holds
        })
        .collect()
}

/// All values that differ from one in one place; `whole` puts a part back where it belongs.
fn edit(part: &Value, whole: &dyn Fn(Value) -> Value, found: &mut Vec<Value>) {
    let other = match part {
        Value::Number(number) => number.as_i64().map(|number| json!(number + 1)),
        Value::String(text) if text == "string" => Some(json!("integer")),
        Value::String(text) if text == "integer" => Some(json!("number")),
        Value::Array(items) if items.len() > 1 => Some(items.iter().skip(1).cloned().collect()),
        _ => None,
    };
    found.extend(other.map(whole));
    if let Value::Object(members) = part {
        for (name, member) in members {
            let put = |value: Option<Value>| {
                let mut members = members.clone();
                match value {
                    Some(value) => members.insert(name.clone(), value),
                    None => members.remove(name),
                };
                Value::Object(members)
            };
            if member.is_number() || member.is_boolean() || name == "required" {
                found.push(whole(put(None)));
            }
            edit(member, &|value| whole(put(Some(value))), found);
        }
    }
}
