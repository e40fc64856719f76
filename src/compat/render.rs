//! A report for people.

use super::{Bump, Change, Effect, LinkReport, Place, Report};
use serde_json::Value;
use std::fmt::Write;

/// A longer witness is cut.
const WITNESS_CHARACTERS: usize = 400;

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

/// The word for what a change does; what is waived is in brackets.
fn said(change: &Change) -> String {
    match change.waived {
        Some(_) => format!("({})", change.effect.as_str()),
        None => change.effect.as_str().to_owned(),
    }
}

/// `breaking (major): 1 breaking, 2 safe`
fn summary(report: &Report) -> String {
    let count = |effect: Effect| {
        let counted = |change: &&Change| change.effect == effect && change.waived.is_none();
        let number = report.changes.iter().filter(counted).count();
        (number > 0).then(|| format!("{number} {}", effect.as_str()))
    };
    let counts: Vec<String> =
        [Effect::Breaking, Effect::Unknown, Effect::Note, Effect::Safe].into_iter().filter_map(count).collect();
    let counts = if counts.is_empty() { "no change on the wire".to_owned() } else { counts.join(", ") };
    let versions = &report.version;
    let bump = match (report.bump >= Bump::Minor, versions.sufficient, &versions.suggested) {
        (true, false, Some(least)) => format!("{}, at least {least}", report.bump.as_str()),
        (true, true, _) if versions.old != versions.new => {
            format!("{}, as {} after {} says", report.bump.as_str(), versions.new, versions.old)
        }
        _ => report.bump.as_str().to_owned(),
    };
    format!("{}: {counts}; version bump: {bump}", report.verdict.as_str())
}

/// What there is to say about a change besides: a word for it, and the text.
fn details(change: &Change) -> Vec<(&'static str, String)> {
    let also = (!change.also.is_empty()).then(|| change.also.join(", "));
    let lines = [
        ("at", Some(places(change)).filter(|places| !places.is_empty())),
        ("also", also),
        ("harm", change.harm.clone().filter(|_| change.effect >= Effect::Unknown)),
        ("witness", change.witness.as_ref().map(witness)),
        ("safe way", change.advice.map(str::to_owned)),
        ("waived", change.waived.clone()),
    ];
    lines.into_iter().filter_map(|(word, text)| Some((word, text?))).collect()
}

/// Text for a terminal: the worst change first, a summary last.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    for change in sorted(report) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{} [{}] {}", said(change), change.rule, change.text);
        for (word, text) in details(change) {
            let _ = writeln!(out, "  {word}: {text}");
        }
    }
    for waiver in &report.idle_waivers {
        let _ = writeln!(out, "note: {waiver}");
    }
    out + &summary(report) + "\n"
}

/// Text in Markdown: nothing in it is markup.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '|' | '*' | '_' | '[' | ']' | '#' | '!' | '`' => out.extend(['\\', character]),
            _ => out.push(character),
        }
    }
    out
}

/// Headings of the changelog.
const SECTIONS: [(Effect, &str); 4] = [
    (Effect::Breaking, "Breaking"),
    (Effect::Unknown, "Could not be decided"),
    (Effect::Note, "Worth knowing"),
    (Effect::Safe, "Safe"),
];

/// A changelog in Markdown: a summary, and a list of changes by what they do.
pub fn markdown(report: &Report) -> String {
    let mut out = format!("**{}**\n", escaped(&summary(report)));
    for (effect, heading) in SECTIONS {
        let changes: Vec<&Change> = report.changes.iter().filter(|change| change.effect == effect).collect();
        if changes.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n## {heading}\n");
        for change in changes {
            let _ = writeln!(out, "- **{}** {}", change.rule, escaped(&change.text));
            for (word, text) in details(change) {
                let _ = writeln!(out, "  - {word}: {}", escaped(&text));
            }
        }
    }
    out
}

/// How applications fit, for a terminal.
pub fn link_text(report: &LinkReport) -> String {
    let mut out = String::new();
    for link in &report.links {
        let end = |end: &super::link::End| {
            format!("{} `{}` ({}:{})", end.application, end.operation, end.place.file, end.place.line)
        };
        let word = if link.findings.is_empty() { "fits" } else { link.effect.as_str() };
        let _ = writeln!(out, "{word} `{}`: {} -> {}", link.address, end(&link.sender), end(&link.receiver));
        for finding in &link.findings {
            let _ = writeln!(out, "  {}: {}", finding.effect.as_str(), finding.text);
            if let Some(value) = &finding.witness {
                let _ = writeln!(out, "  witness: {}", witness(value));
            }
        }
    }
    for orphan in &report.orphans {
        let (end, nobody) = (&orphan.end, if orphan.action == "send" { "receives" } else { "sends" });
        let place = format!("{}:{}", end.place.file, end.place.line);
        let _ = writeln!(
            out,
            "alone `{}`: nobody {nobody} what {} has as `{}` ({place})",
            orphan.address, end.application, end.operation
        );
    }
    let count = |effect| report.links.iter().filter(|link| link.effect == effect).count();
    let (fit, broken, unknown) = (count(Effect::Safe), count(Effect::Breaking), count(Effect::Unknown));
    let _ = writeln!(
        out,
        "{}: {fit} fit, {broken} do not, {unknown} unknown, {} alone",
        report.verdict.as_str(),
        report.orphans.len()
    );
    out
}
