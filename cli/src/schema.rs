//! `tidings schema`: what can be done with one bare schema.

use crate::{Outcome, input, terminal};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use tidings::document::Dialect;
use tidings::rust;

/// Works on one bare schema
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Types(Types),
}

/// Prints the Rust type of a schema, which accepts exactly what the schema accepts
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings schema types order.json --name Order > src/order.rs
  tidings schema types order.json --name Order --assert-formats

Exit status: 0 done, 1 the schema is invalid or has a keyword that is not supported, 2 bad usage or a file that cannot be read.")]
struct Types {
    /// A JSON Schema, in JSON or YAML; draft-07 where it has no `$schema`
    file: PathBuf,
    /// The name of the type
    #[arg(long)]
    name: String,
    /// Checks every known `format`, and gives those with a Rust type that type
    #[arg(long)]
    assert_formats: bool,
    /// A folder that references may lead into, besides the schema's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    match &arguments.command {
        Command::Types(types) => types.run(),
    }
}

impl Types {
    fn run(&self) -> Outcome {
        let name = tidings::names::type_name(&self.name);
        if name != self.name {
            terminal::say(&format!("error: --name: `{}` is no name for a type of Rust; try `{name}`", self.name));
            return Outcome::Failed;
        }
        let Some(mut input) = input::open(&self.file, &self.allow_root) else { return Outcome::Failed };
        let types = rust::schema_types(
            &input.files,
            input.root,
            &self.name,
            Dialect::Draft7,
            self.assert_formats,
            &mut input.diagnostics,
        );
        input.diagnostics.sort();
        input::show(&input.diagnostics, input.files.sources());
        match types {
            Some(types) if terminal::print(&types) => Outcome::Done,
            Some(_) => Outcome::Failed,
            None => Outcome::Wrong,
        }
    }
}
