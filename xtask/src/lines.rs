//! Where errors are pointed at: our lines beside those of the official parser, document by document, and how many errors one
//! mistake gives.
//!
//! In: the corpus of the outside checks with its mutants, and the binary. Out: figures for `cargo xtask scores`. The documents
//! of `conformance/lines.txt`, where our line is the better one, count as misses, but are not named again.

use crate::root;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// So many documents are given to the binary at once.
const BATCH: usize = 25;

/// A file and a line in it.
type Place = (String, u64);

/// The figures: documents that both refuse, those of them with an error on the same line, mutants that we refuse, and the
/// errors that these have.
pub fn measure(shared: &Path, binary: &Path) -> Result<Value, String> {
    let list = root().join("conformance/lines.txt");
    let argued = std::fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let argued: BTreeSet<&str> =
        argued.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').next()).collect();
    let (mut both, mut same, mut refused, mut said) = (0, 0, 0, 0);
    for (folder, prefix) in [("corpus", ""), ("corpus/mutants", "mutants/")] {
        let folder = shared.join(folder);
        let manifest = folder.join("manifest.json");
        let text = std::fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
        let records: Vec<Value> =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", manifest.display()))?;
        let there: Vec<&Value> = records.iter().filter(|record| folder.join(name(record)).exists()).collect();
        for batch in there.chunks(BATCH) {
            let files: Vec<&str> = batch.iter().map(|record| name(record)).collect();
            for (record, answer) in batch.iter().zip(ask(binary, &folder, &files)?) {
                let ours = places(&answer, "file", name(record));
                if !prefix.is_empty() && answer.get("valid") == Some(&Value::Bool(false)) {
                    refused += 1;
                    said += errors(&answer).count();
                }
                let official = record.get("official").unwrap_or(&Value::Null);
                let theirs = places(official, "source", name(record));
                if official.get("valid") != Some(&Value::Bool(false)) || ours.is_empty() || theirs.is_empty() {
                    continue;
                }
                both += 1;
                let path = format!("{prefix}{}", name(record));
                if !ours.is_disjoint(&theirs) {
                    same += 1;
                } else if !argued.contains(path.as_str()) {
                    eprintln!("no line in common: {path}");
                }
            }
        }
    }
    Ok(json!({ "documents": { "both": both, "same": same }, "mutants": { "refused": refused, "errors": said } }))
}

fn name(record: &Value) -> &str {
    record.get("file").and_then(Value::as_str).unwrap_or_default()
}

/// What the binary says of some files, in their order.
fn ask(binary: &Path, folder: &Path, files: &[&str]) -> Result<Vec<Value>, String> {
    let mut command = Command::new(binary);
    command.current_dir(folder).args(["validate", "--format", "json"]).args(files);
    let output = command.output().map_err(|error| format!("{}: {error}", binary.display()))?;
    let report: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("no report: {error}"))?;
    let documents = report.get("documents").and_then(Value::as_array).cloned().unwrap_or_default();
    if documents.len() == files.len() { Ok(documents) } else { Err("a document is missing in the report".to_owned()) }
}

fn errors(answer: &Value) -> impl Iterator<Item = &Value> {
    let list = answer.get("diagnostics").and_then(Value::as_array).into_iter().flatten();
    list.filter(|one| one.get("severity").and_then(Value::as_str) == Some("error"))
}

/// The places of errors; `key` names the file of each, which is `own` where it is absent.
fn places(answer: &Value, key: &str, own: &str) -> BTreeSet<Place> {
    let place = |one: &Value| {
        let file = one.get(key).and_then(Value::as_str).unwrap_or(own);
        let line = one.get("line").and_then(Value::as_u64).filter(|line| *line > 0)?;
        Some((file.rsplit('/').next().unwrap_or(file).to_owned(), line))
    };
    errors(answer).filter_map(place).collect()
}
