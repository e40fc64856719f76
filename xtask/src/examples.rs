//! The documents by which tests know the rules, as the examples of `tidings explain`.
//!
//! In: `tests/rules/ID/{pass,fail}.yaml`, and the cases of `tests/compat/rules.yaml`, which are edits of `base.yaml`. Out: one
//! JSON file, which the binary holds.

use crate::root;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use tidings::reference::{Files, Policy};
use tidings::source::Diagnostics;
use tidings::syntax::to_json;

/// Where the examples go.
const FILE: &str = "cli/src/explain/examples.json";

/// The parts of an example that is a document.
const PARTS: [&str; 2] = ["pass", "fail"];

/// A longer document explains nothing.
const MAXIMUM_LINES: usize = 60;

/// The file and its text.
pub fn gather() -> Result<(PathBuf, String), String> {
    let mut examples = Map::new();
    for (id, folder) in folders(&root().join("tests/rules"))? {
        let mut example = Map::new();
        for part in PARTS {
            let path = folder.join(part).with_extension("yaml");
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if !text.is_empty() && text.lines().count() <= MAXIMUM_LINES {
                example.insert(part.to_owned(), text.into());
            }
        }
        // Half an example misleads.
        if example.len() == PARTS.len() {
            examples.insert(id, Value::Object(example));
        }
    }
    examples.extend(changes(&root().join("tests/compat"))?);
    Ok((PathBuf::from(FILE), format!("{:#}\n", Value::Object(examples))))
}

/// What changes in the case of each rule about changes: the lines in question, before and after.
fn changes(folder: &Path) -> Result<Vec<(String, Value)>, String> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let base = read("base.yaml")?;
    let mut files = Files::new(Policy::default());
    let source = files.add("rules.yaml", None, read("rules.yaml")?, &mut Diagnostics::default());
    let cases = files.root(source).map_or_else(String::new, to_json);
    let cases: Vec<Value> = serde_json::from_str(&cases).map_err(|error| format!("rules.yaml: {error}"))?;
    let mut found: Vec<(String, Value)> = Vec::new();
    for case in &cases {
        let Some(id) = case.get("rule").and_then(Value::as_str) else { continue };
        let action = case.get("action").and_then(Value::as_str).unwrap_or("receive");
        let old = edited(base.clone(), case.get("given")).replace("action: ACTION", &format!("action: {action}"));
        let new = edited(old.clone(), case.get("change"));
        if found.iter().all(|(known, _)| known != id) {
            found.push((id.to_owned(), json!({ "old": differing(&old, &new), "new": differing(&new, &old) })));
        }
    }
    Ok(found)
}

/// A text with edits, each a text and what it becomes.
fn edited(text: String, edits: Option<&Value>) -> String {
    let edits = edits.and_then(Value::as_array).into_iter().flatten();
    edits.fold(text, |text, edit| match (edit.get(0).and_then(Value::as_str), edit.get(1).and_then(Value::as_str)) {
        (Some(from), Some(to)) => text.replacen(from, to, 1),
        _ => text,
    })
}

/// The lines of a text that are not the other's, under the keys that lead there.
fn differing(text: &str, other: &str) -> String {
    let (lines, others): (Vec<&str>, Vec<&str>) = (text.lines().collect(), other.lines().collect());
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(one, other)| one == other).count();
    let before = same(&mut lines.iter().zip(&others));
    let shorter = lines.len().min(others.len()) - before;
    let after = same(&mut lines.iter().rev().zip(others.iter().rev())).min(shorter);
    let end = lines.len() - after;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let first = lines.get(before).or_else(|| others.get(before)).map_or(0, |line| indent(line));
    let mut shown: Vec<&str> = lines.get(before..end).unwrap_or_default().to_vec();
    let mut limit = first;
    for line in lines.get(..before).unwrap_or_default().iter().rev() {
        if indent(line) < limit && !line.trim().is_empty() {
            limit = indent(line);
            shown.insert(0, line);
        }
    }
    shown.join("\n") + "\n"
}

/// The folders directly in a folder, with their names.
fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir() {
            found.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
    }
    Ok(found)
}
