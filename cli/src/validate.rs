//! `tidings validate`: is a document what the specification of its version says?

use crate::input::{self, Input};
use crate::{Outcome, terminal};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tidings::source::{DocumentReport, Severity, ValidateReport};

/// Checks documents against the AsyncAPI specification of their version
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings validate asyncapi.yaml
  tidings validate --deny-warnings services/*/asyncapi.yaml
  tidings validate --format json asyncapi.yaml > report.json

Exit status: 0 valid, 1 invalid, 2 a file that cannot be read or bad usage.")]
pub struct Arguments {
    /// The documents, YAML or JSON; files that they refer to are checked with them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How the findings are shown: text on standard error, or JSON on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A folder that references may lead into, besides the document's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
    /// A warning, too, makes the exit status 1
    #[arg(long)]
    deny_warnings: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    let mut checked = Vec::new();
    let mut outcome = Outcome::Done;
    for path in &arguments.files {
        match input::open(path, &arguments.allow_root) {
            Some(mut input) => {
                tidings::check(&input.files, input.root, &mut input.diagnostics);
                input.diagnostics.sort();
                checked.push(input);
            }
            None => outcome = Outcome::Failed,
        }
    }
    let wrong = |one: &Input| {
        one.diagnostics.has_errors() || arguments.deny_warnings && one.diagnostics.count(Severity::Warning) > 0
    };
    if checked.iter().any(wrong) {
        outcome = outcome.max(Outcome::Wrong);
    }
    let written = match arguments.format {
        Format::Text => show_text(&checked),
        Format::Json => show_json(&checked),
    };
    if written { outcome } else { Outcome::Failed }
}

/// The field `asyncapi`, if it is text.
fn version(one: &Input) -> Option<String> {
    one.files.root(one.root)?.get_str("asyncapi").map(str::to_owned)
}

fn show_json(checked: &[Input]) -> bool {
    let documents = checked
        .iter()
        .map(|one| DocumentReport::new(one.files.sources(), one.root, version(one), one.diagnostics.iter()))
        .collect();
    match serde_json::to_string_pretty(&ValidateReport { documents }) {
        Ok(text) => terminal::print(&(text + "\n")),
        Err(error) => {
            terminal::say(&format!("error: cannot write the report: {error}"));
            false
        }
    }
}

fn show_text(checked: &[Input]) -> bool {
    for one in checked {
        let sources = one.files.sources();
        input::show(&one.diagnostics, sources);
        let name = sources.get(one.root).map_or("", |source| source.name());
        let said = match (one.diagnostics.has_errors(), version(one), one.diagnostics.summary()) {
            (true, _, summary) => format!("{name}: {summary}"),
            (false, version, summary) => {
                let version = version.unwrap_or_default();
                let summary = if summary.is_empty() { String::new() } else { format!(" ({summary})") };
                format!("{name}: valid AsyncAPI {version}{summary}")
            }
        };
        terminal::say(&said);
    }
    true
}
