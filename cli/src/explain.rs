//! `tidings explain`: what a rule asks for, why, and how to follow it.

use crate::{Outcome, terminal};
use clap::Args;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use tidings::compat::{self, Judgement};
use tidings::lint;
use tidings::reference::closest;
use tidings::source::Rule;

/// Documents for each rule, by id. `cargo xtask fresh` keeps the file like the documents that tests read.
const EXAMPLES: &str = include_str!("explain/examples.json");

/// Explains a rule by its id, with an example of what passes and what does not
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings explain unknown-field
  tidings explain --list

Exit status: 0 done, 2 there is no such rule.")]
pub struct Arguments {
    /// The id of the rule, as findings show it
    #[arg(value_name = "ID", required_unless_present = "list")]
    id: Option<String>,
    /// Lists every rule: id, severity or effect, sentence
    #[arg(long, conflicts_with = "id")]
    list: bool,
    /// Lists them as a page of Markdown, with the rules of the official validator that ask for the same
    #[arg(long, requires = "list")]
    markdown: bool,
}

/// A rule of any room.
struct Entry {
    id: &'static str,
    /// The severity, or the effect of a change.
    weight: String,
    sentence: &'static str,
    link: &'static str,
    /// How `tidings.toml` speaks of it.
    configured: fn(&str) -> String,
}

/// An example, by the rooms that have one: a document, or two versions of one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Example {
    pass: Option<String>,
    fail: Option<String>,
    old: Option<String>,
    new: Option<String>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    let entries = entries();
    let text = match &arguments.id {
        None if arguments.markdown => page(&entries),
        None => list(&entries),
        Some(id) => match entries.iter().find(|entry| entry.id.eq_ignore_ascii_case(id)) {
            Some(entry) => explain(entry),
            None => {
                terminal::say(&format!("error: there is no rule `{id}`"));
                match closest(id, entries.iter().map(|entry| entry.id)) {
                    Some(close) => terminal::say(&format!("help: did you mean `{close}`?")),
                    None => terminal::say("help: `tidings explain --list` names all rules"),
                }
                return Outcome::Failed;
            }
        },
    };
    if terminal::print(&text) { Outcome::Done } else { Outcome::Failed }
}

/// The rules of all rooms, in the order of the rooms.
fn entries() -> Vec<Entry> {
    let of_document = |rule: &'static Rule| Entry {
        id: rule.id,
        weight: rule.severity.as_str().to_owned(),
        sentence: rule.sentence,
        link: rule.link,
        configured: |id| {
            format!("To change the severity of this rule, or to silence it:\n\n    [severity]\n    {id} = \"off\"\n")
        },
    };
    let of_change = |rule: &&'static compat::Rule| Entry {
        id: rule.id,
        weight: effects(rule),
        sentence: rule.sentence,
        link: rule.link,
        configured: |id| {
            format!(
                "To agree to one such change:\n\n    [[compatibility.waivers]]\n    rule = \"{id}\"\n    reason = \"…\"\n"
            )
        },
    };
    tidings::rules().map(of_document).chain(compat::RULES.iter().map(of_change)).collect()
}

/// What a change does, and to whom if not to everybody.
fn effects(rule: &compat::Rule) -> String {
    let word = |judgement: Judgement| match judgement {
        Judgement::Always(effect) => effect.as_str(),
        Judgement::Under(_) => "note, or breaking by policy",
        Judgement::Unless(_) => "breaking, or note by policy",
        Judgement::Elsewhere => "reported by other rules",
        _ => "by schema",
    };
    let (producers, consumers) = (word(rule.producers), word(rule.consumers));
    if producers == consumers {
        producers.to_owned()
    } else {
        format!("{producers} for producers, {consumers} for consumers")
    }
}

fn list(entries: &[Entry]) -> String {
    let width = entries.iter().map(|entry| entry.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Entry { id, weight, sentence, .. } in entries {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{id:width$}  {weight}: {sentence}");
    }
    text
}

/// The page of the manual.
fn page(entries: &[Entry]) -> String {
    let mut text =
        "# Rules\n\n`tidings explain ID` shows what passes and what does not; `tidings.toml` sets severities.\n\n\
                    | id | severity or effect | what holds | in the official validator |\n| --- | --- | --- | --- |\n"
            .to_owned();
    for Entry { id, weight, sentence, link, .. } in entries {
        let same = lint::OFFICIAL.iter().filter(|(_, ours)| ours.contains(id)).map(|(theirs, _)| format!("`{theirs}`"));
        let same = same.collect::<Vec<_>>().join(", ");
        let sentence = sentence.replace('|', "\\|");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{id}` | {weight} | {sentence} [→]({link}) | {same} |");
    }
    text
}

fn explain(entry: &Entry) -> String {
    let Entry { id, weight, sentence, link, configured } = entry;
    let mut text = format!("{id} ({weight})\n\n{sentence}\n\n{link}\n");
    let examples: BTreeMap<String, Example> = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let example = examples.get(*id).map(|example| {
        [
            ("This passes:", &example.pass),
            ("This does not:", &example.fail),
            ("Before:", &example.old),
            ("After:", &example.new),
        ]
    });
    for (title, document) in example.into_iter().flatten() {
        if let Some(document) = document {
            let _ = write!(text, "\n{title}\n\n");
            for line in document.lines() {
                let _ = writeln!(text, "{}", format!("    {line}").trim_end());
            }
        }
    }
    let _ = write!(text, "\nIn tidings.toml. {}", configured(id));
    text
}
