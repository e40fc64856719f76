//! `cargo xtask nightly pace DIR`: what a question about inclusion costs, in process.
//!
//! In: every small edit of the schemas of a document of this repository; the terms of the library's tests that are hard to
//! answer; and a folder with pairs of schemas in JSON files (lists of objects with `dialect`, `old` and `new`). Out: for each
//! source how many questions were asked, both directions at once, how many directions stayed unknown, and how long an answer
//! took; a failure where the median of the folder is not below 1 ms, or one in twenty takes more than 10 ms, or a term more
//! than a second, or where an edit stays unknown; a line on record.

#[path = "../../../tests/terms/mod.rs"]
mod terms;

use super::record;
use crate::{Outcome, root};
use clap::Args as ClapArgs;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tidings::document::{Dialect, SchemaFormat};
use tidings::reference::{Files, Policy};
use tidings::schema::inclusion::{Comparison, Side, Verdict, compare};
use tidings::source::Diagnostics;

/// Measures how long questions about inclusion take
#[derive(ClapArgs)]
pub struct Arguments {
    /// A folder with pairs of schemas
    pairs: PathBuf,
}

/// Each question is asked so often; the fastest counts, since the others tell of the machine.
const TIMES: usize = 5;
/// How long a question takes in the median, and all but one of twenty.
const BARS: [(usize, Duration); 2] = [(50, Duration::from_millis(1)), (95, Duration::from_millis(10))];

/// How long the hardest of the terms may take.
const HARD: Duration = Duration::from_secs(1);

struct Pair {
    old: Value,
    new: Value,
    format: SchemaFormat,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    println!("{:<48} {:>9} {:>8} {:>10} {:>10} {:>10}", "source", "questions", "unknown", "median", "p95", "longest");
    let (_, undecided) = measure("edits of specs/orders.yaml", &edits()?);
    let format = SchemaFormat::JsonSchema(Dialect::Draft7);
    let hard = terms::terms().into_iter().flat_map(|term| {
        measure(&term.name, &[Pair { old: term.old, new: term.new, format: format.clone() }]).0.last().copied()
    });
    let hard = hard.max().unwrap_or_default();
    let mut paths = Vec::new();
    crate::same::search(&arguments.pairs, &mut paths)
        .map_err(|error| format!("{}: {error}", arguments.pairs.display()))?;
    paths.sort_unstable();
    let mut all = Vec::new();
    for path in paths {
        let pairs = pairs(&path);
        measure(&path.file_name().unwrap_or_default().to_string_lossy(), &pairs);
        all.extend(pairs);
    }
    let (times, _) = measure("all files", &all);
    let told = BARS.map(|(share, _)| format!("{share} % below {:.3} ms", milliseconds(at(&times, share))));
    let hardest = format!("the hardest term {:.0} ms", milliseconds(Some(hard)));
    record("pace", &format!("{} questions about inclusion: {}; {hardest}", all.len(), told.join(", ")))?;
    if undecided > 0 {
        return Err(format!("{undecided} verdicts about small edits are unknown"));
    }
    if hard > HARD {
        return Err(format!("{hardest}, not within {HARD:?}"));
    }
    match BARS.iter().find(|(share, bar)| at(&times, *share).is_none_or(|time| time > *bar)) {
        Some((share, bar)) => Err(format!("{share} % of the answers are not within {bar:?}")),
        None => Ok(()),
    }
}

/// The time within which a share of the answers come, in percent.
fn at(times: &[Duration], share: usize) -> Option<Duration> {
    times.get((times.len() * share / 100).min(times.len().saturating_sub(1))).copied()
}

fn milliseconds(time: Option<Duration>) -> f64 {
    time.unwrap_or_default().as_secs_f64() * 1000.0
}

/// Asks, shows, and gives the times, the shortest first, and how many verdicts are unknown.
fn measure(name: &str, pairs: &[Pair]) -> (Vec<Duration>, usize) {
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
    let shown = |time| format!("{:.3} ms", milliseconds(time));
    let (median, late, longest) = (shown(at(&times, 50)), shown(at(&times, 95)), shown(times.last().copied()));
    println!("{name:<48} {:>9} {unknown:>8} {median:>10} {late:>10} {longest:>10}", pairs.len());
    (times, unknown)
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
fn edits() -> Result<Vec<Pair>, String> {
    let mut files = Files::new(Policy::default());
    let path = root().join("specs/orders.yaml");
    let source =
        files.open(&path, &mut Diagnostics::default()).map_err(|error| format!("{}: {error}", path.display()))?;
    let document: Value = files
        .root(source)
        .and_then(|root| serde_json::from_str(&tidings::syntax::to_json(root)).ok())
        .unwrap_or_default();
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    let mut edited = Vec::new();
    edit(&schemas, &|changed| changed, &mut edited);
    let names = schemas.as_object().into_iter().flatten().map(|(name, _)| name);
    let whole = |schemas: &Value, name: &str| json!({ "$ref": format!("#/components/schemas/{name}"), "components": { "schemas": schemas } });
    let pairs = names
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
        .collect();
    Ok(pairs)
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
