//! `tidings link`: does what one application sends fit what another receives?

use crate::configuration::Configuration;
use crate::input::Opener;
use crate::{Outcome, diff, terminal};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use tidings::compat::{self, Api};

/// Says whether applications fit together: what one sends and another receives, and what meets nobody
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings link orders.yaml billing.yaml shipping.yaml
  tidings link --format json orders.yaml billing.yaml

Exit status: 0 what meets fits, 1 something does not fit or a document is invalid, 2 a file that cannot be read or bad usage.")]
pub struct Arguments {
    /// Documents of different applications
    #[arg(required = true, num_args = 2.., value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How the result is shown, on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A folder that references may lead into, besides the document's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    let opener = Opener::new(&arguments.allow_root, Configuration::default(), None);
    let read = arguments.files.iter().map(|path| diff::read(path, &opener)).collect::<Result<Vec<_>, _>>();
    let read = match read {
        Ok(read) => read,
        Err(outcome) => return outcome,
    };
    let documents: Vec<Api<'_>> = read.iter().map(|(files, document)| Api { files, document }).collect();
    let report = compat::link(&documents);
    let text = match arguments.format {
        Format::Text => compat::link_text(&report),
        Format::Json => serde_json::to_string_pretty(&report).unwrap_or_default() + "\n",
    };
    match terminal::print(&text) {
        false => Outcome::Failed,
        true if report.verdict == compat::Outcome::Breaking => Outcome::Wrong,
        true => Outcome::Done,
    }
}
