//! `tidings diff`: whom does the next version of a document hurt?

use crate::{Outcome, input, terminal};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};
use tidings::compat::{self, Api, Report};
use tidings::document::Document;
use tidings::reference::Files;

/// Says what a new version of a document breaks for those who work by the old one
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings diff released.yaml asyncapi.yaml
  tidings diff --format json v1.yaml v2.yaml next.yaml
  tidings diff --fail-on unknown --format markdown released.yaml asyncapi.yaml

Exit status: 0 nothing breaks, 1 something breaks or a document is invalid, 2 a file that cannot be read or bad usage.")]
pub struct Arguments {
    /// The earlier versions, and last the new one
    #[arg(required = true, num_args = 2.., value_names = ["OLD", "NEW"])]
    files: Vec<PathBuf>,
    /// How the changes are shown, on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// What makes the exit status 1
    #[arg(long, value_enum, default_value_t = FailOn::Breaking)]
    fail_on: FailOn,
    /// A folder that references may lead into, besides the document's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A change that breaks somebody
    Breaking,
    /// Also one that could not be decided
    Unknown,
    /// Nothing
    Never,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    let Some((new, olds)) = arguments.files.split_last() else { return Outcome::Failed };
    let (new_files, new) = match read(new, &arguments.allow_root) {
        Ok(read) => read,
        Err(outcome) => return outcome,
    };
    let new = Api { files: &new_files, document: &new };
    let mut report: Option<Report> = None;
    for old in olds {
        let (files, document) = match read(old, &arguments.allow_root) {
            Ok(read) => read,
            Err(outcome) => return outcome,
        };
        let changes = compat::diff(Api { files: &files, document: &document }, new);
        match &mut report {
            Some(report) => report.merge(changes),
            None => report = Some(changes),
        }
    }
    let Some(report) = report else { return Outcome::Failed };
    let text = match arguments.format {
        Format::Text => compat::text(&report),
        Format::Markdown => compat::markdown(&report),
        Format::Json => serde_json::to_string_pretty(&report).unwrap_or_default() + "\n",
    };
    if !terminal::print(&text) {
        return Outcome::Failed;
    }
    let worst = match arguments.fail_on {
        FailOn::Never => None,
        FailOn::Breaking => Some(compat::Outcome::Breaking),
        FailOn::Unknown => Some(compat::Outcome::Unknown),
    };
    match worst {
        Some(worst) if report.verdict >= worst => Outcome::Wrong,
        _ => {
            if report.verdict == compat::Outcome::Unknown {
                terminal::say("warning: not every change could be decided");
            }
            Outcome::Done
        }
    }
}

/// Reads and checks a document; what is wrong with it was said.
fn read(path: &Path, allowed_roots: &[PathBuf]) -> Result<(Files, Document), Outcome> {
    let mut input = input::open(path, allowed_roots).ok_or(Outcome::Failed)?;
    let document = tidings::read(&mut input.files, input.root, &mut input.diagnostics);
    match document {
        Some(document) => Ok((input.files, document)),
        None => {
            input.diagnostics.sort();
            input::show(&input.diagnostics, input.files.sources());
            Err(Outcome::Wrong)
        }
    }
}
