//! `tidings validate`: is a document what the specification of its version says?

use crate::{Outcome, terminal};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tidings::document::structure;
use tidings::lint;
use tidings::reference::{Files, Policy};
use tidings::source::{Diagnostics, DocumentReport, Severity, SourceId, ValidateReport, render_text};

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

/// One document with all that was found in it.
struct Checked {
    files: Files,
    root: SourceId,
    diagnostics: Diagnostics,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    let allowed_roots = terminal::current_folder().into_iter().chain(arguments.allow_root.iter().cloned());
    let allowed_roots: Vec<PathBuf> = allowed_roots.collect();
    let mut checked = Vec::new();
    let mut outcome = Outcome::Done;
    for path in &arguments.files {
        let mut files = Files::new(Policy { allowed_roots: allowed_roots.clone() });
        let mut diagnostics = Diagnostics::default();
        match files.open(path, &mut diagnostics) {
            Ok(root) => {
                check(&files, root, &mut diagnostics);
                checked.push(Checked { files, root, diagnostics });
            }
            Err(error) => {
                terminal::say(&format!("error: cannot read {}: {error}", path.display()));
                outcome = Outcome::Failed;
            }
        }
    }
    let wrong = |one: &Checked| {
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

fn check(files: &Files, root: SourceId, diagnostics: &mut Diagnostics) {
    if let Some(root) = files.root(root)
        && let Some(version) = structure::check(files, root, diagnostics)
    {
        lint::check(files, root, version, diagnostics);
    }
    diagnostics.sort();
}

/// The field `asyncapi`, if it is text.
fn version(one: &Checked) -> Option<String> {
    one.files.root(one.root)?.get_str("asyncapi").map(str::to_owned)
}

fn show_json(checked: &[Checked]) -> bool {
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

fn show_text(checked: &[Checked]) -> bool {
    let colour = terminal::colour();
    for one in checked {
        let sources = one.files.sources();
        let text = render_text(one.diagnostics.iter(), sources, colour);
        if !text.is_empty() {
            terminal::say(text.trim_end());
            terminal::say("");
        }
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
