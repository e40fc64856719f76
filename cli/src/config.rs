//! `tidings config`: what `tidings.toml` may say, and the shapes of reports.

use crate::{Outcome, terminal};
use clap::{Args, Subcommand, ValueEnum};
use schemars::schema_for;
use tidings::compat::Report as DiffReport;
use tidings::config::ConfigFile;
use tidings::render::Model;
use tidings::source::ValidateReport;

/// Prints the JSON Schemas of tidings.toml and of the JSON reports
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints a JSON Schema: of tidings.toml, or of a JSON report
    Schema {
        /// Whose schema
        #[arg(value_enum, default_value_t = Subject::Config)]
        of: Subject,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Subject {
    /// The file tidings.toml
    Config,
    /// The report of `tidings validate --format json`
    Validate,
    /// The report of `tidings diff --format json`
    Diff,
    /// What `tidings model` prints
    Model,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    let Command::Schema { of } = arguments.command;
    let schema = match of {
        Subject::Config => schema_for!(ConfigFile),
        Subject::Validate => schema_for!(ValidateReport),
        Subject::Diff => schema_for!(DiffReport),
        Subject::Model => schema_for!(Model),
    };
    let text = format!("{:#}\n", schema.as_value());
    if terminal::print(&text) { Outcome::Done } else { Outcome::Failed }
}
