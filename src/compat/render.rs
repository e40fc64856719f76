//! A report for people.

use super::{Change, Effect, Place, Report};
use serde_json::Value;
use std::fmt::Write;

/// A longer witness is cut.
const WITNESS_CHARACTERS: usize = 400;

fn word(effect: Effect) -> &'static str {
    match effect {
        Effect::Breaking => "breaking",
        Effect::Unknown => "unknown",
        Effect::Note => "note",
        Effect::Safe => "safe",
    }
}

/// The changes, the worst first; those that are alike keep their order.
fn sorted(report: &Report) -> Vec<&Change> {
    let mut changes: Vec<&Change> = report.changes.iter().collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.effect));
    changes
}

fn witness(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(WITNESS_CHARACTERS) {
        Some((end, _)) => text.get(..end).unwrap_or("").to_owned() + " ..",
        None => text,
    }
}

/// `old.yaml:12 -> new.yaml:14`
fn places(change: &Change) -> String {
    let place = |place: &Option<Place>| place.as_ref().map(|place| format!("{}:{}", place.file, place.line));
    [place(&change.old), place(&change.new)].into_iter().flatten().collect::<Vec<_>>().join(" -> ")
}

/// `breaking (major): 1 breaking, 2 safe`
fn summary(report: &Report) -> String {
    let count = |effect: Effect| {
        let number = report.changes.iter().filter(|change| change.effect == effect).count();
        (number > 0).then(|| format!("{number} {}", word(effect)))
    };
    let counts: Vec<String> =
        [Effect::Breaking, Effect::Unknown, Effect::Note, Effect::Safe].into_iter().filter_map(count).collect();
    let counts = if counts.is_empty() { "no change on the wire".to_owned() } else { counts.join(", ") };
    let said = |value: Result<Value, serde_json::Error>| value.ok().and_then(|v| v.as_str().map(str::to_owned));
    let verdict = said(serde_json::to_value(report.verdict)).unwrap_or_default();
    let bump = said(serde_json::to_value(report.bump)).unwrap_or_default();
    format!("{verdict}: {counts}; version bump: {bump}")
}

/// Text for a terminal: the worst change first, a summary last.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    for change in sorted(report) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{} [{}] {}", word(change.effect), change.rule, change.text);
        let _ = writeln!(out, "  at {}", places(change));
        if let Some(value) = &change.witness {
            let _ = writeln!(out, "  witness: {}", witness(value));
        }
    }
    out + &summary(report) + "\n"
}

/// Markdown for a pull request: a summary, and a table of changes.
pub fn markdown(report: &Report) -> String {
    let mut out = format!("**{}**\n", summary(report));
    if !report.changes.is_empty() {
        out.push_str("\n| effect | rule | change | where | witness |\n| --- | --- | --- | --- | --- |\n");
    }
    let cell =
        |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;");
    for change in sorted(report) {
        let shown = change.witness.as_ref().map(|value| cell(&witness(value))).unwrap_or_default();
        let row = [word(change.effect), change.rule, &cell(&change.text), &cell(&places(change)), &shown].join(" | ");
        let _ = writeln!(out, "| {row} |");
    }
    out
}
