//! `tidings schema`: what can be done with one bare schema.

use crate::{Outcome, input, terminal};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::Value;
use std::path::PathBuf;
use tidings::document::{Dialect, SchemaFormat};
use tidings::rust::{self, SchemaSettings};
use tidings::schema::inclusion::{self, Comparison, Side, Verdict};

/// Works on one bare schema
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Diff(Diff),
    Sample(Sample),
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
    /// Types implement `schemars::JsonSchema`, with what the schema says
    #[arg(long)]
    json_schema: bool,
    /// A folder that references may lead into, besides the schema's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    match &arguments.command {
        Command::Diff(diff) => diff.run(),
        Command::Sample(sample) => sample.run(),
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
        let settings = SchemaSettings {
            dialect: Dialect::Draft7,
            assert_formats: self.assert_formats,
            json_schema: self.json_schema,
        };
        let types = rust::schema_types(&input.files, input.root, &self.name, settings, &mut input.diagnostics);
        input.diagnostics.sort();
        input::show(&input.diagnostics, input.files.sources());
        match types {
            Some(types) if terminal::print(&types) => Outcome::Done,
            Some(_) => Outcome::Failed,
            None => Outcome::Wrong,
        }
    }
}

/// Prints values that a schema accepts, one a line
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings schema sample order.json
  tidings schema sample order.json --count 20 --seed 7

Exit status: 0 done, 1 the file is no schema or no value was found, 2 bad usage or a file that cannot be read.")]
struct Sample {
    /// A JSON Schema, in JSON or YAML; draft-07 where it has no `$schema`
    file: PathBuf,
    /// How many, at most
    #[arg(long, default_value_t = 1)]
    count: usize,
    /// Another seed gives others; 0 the plainest first
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A folder that references may lead into, besides the schema's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
}

impl Sample {
    fn run(&self) -> Outcome {
        let Some(input) = input::open(&self.file, &self.allow_root) else { return Outcome::Failed };
        input::show(&input.diagnostics, input.files.sources());
        let Some(root) = input.files.root(input.root) else { return Outcome::Wrong };
        let side = Side::schema(&input.files, root.id(), SchemaFormat::JsonSchema(Dialect::Draft7), None);
        let file = self.file.display();
        match inclusion::samples(&side, self.count, self.seed) {
            Err(reason) => terminal::say(&format!("error: {file}: {reason}")),
            Ok(samples) if samples.is_empty() && self.count > 0 => {
                terminal::say(&format!("error: {file}: no value was found that the schema accepts"));
            }
            Ok(samples) => {
                let lines: String = samples.iter().map(|sample| format!("{sample}\n")).collect();
                return if terminal::print(&lines) { Outcome::Done } else { Outcome::Failed };
            }
        }
        Outcome::Wrong
    }
}

/// Says whether every value of one schema is a value of another, both ways, with a value that proves a no
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings schema diff old.json new.json
  tidings schema diff --format json --dialect 2020-12 old.json new.json
  tidings schema diff --dialect avro writer.avsc reader.avsc
  tidings schema diff --dialect protobuf old.proto new.proto

Exit status: 0 both directions hold or are unknown, 1 a direction fails, or a file is no schema, 2 bad usage or a file that cannot be read.")]
struct Diff {
    /// The schema as it was
    old: PathBuf,
    /// The schema as it is to be
    new: PathBuf,
    /// How the verdicts are shown, on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The language of both schemas; their `$schema`, or else draft-07, if it is not given
    #[arg(long, value_enum)]
    dialect: Option<DialectName>,
    /// A folder that references may lead into, besides the schema's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DialectName {
    #[value(name = "draft-04")]
    Draft4,
    #[value(name = "draft-06")]
    Draft6,
    #[value(name = "draft-07")]
    Draft7,
    #[value(name = "2019-09")]
    Draft2019,
    #[value(name = "2020-12")]
    Draft2020,
    #[value(name = "openapi-3.0")]
    OpenApi30,
    #[value(name = "openapi-3.1")]
    OpenApi31,
    #[value(name = "asyncapi")]
    AsyncApi,
    #[value(name = "avro")]
    Avro,
    #[value(name = "protobuf")]
    Protobuf,
}

impl DialectName {
    /// The format that a name stands for, and the draft where the name alone decides.
    fn resolve(self) -> (SchemaFormat, Option<Dialect>) {
        let draft = |dialect| (SchemaFormat::JsonSchema(dialect), Some(dialect));
        match self {
            Self::Draft4 => draft(Dialect::Draft4),
            Self::Draft6 => draft(Dialect::Draft6),
            Self::Draft7 => draft(Dialect::Draft7),
            Self::Draft2019 => draft(Dialect::Draft2019),
            Self::Draft2020 => draft(Dialect::Draft2020),
            Self::OpenApi30 => (SchemaFormat::OpenApi("3.0".to_owned()), None),
            Self::OpenApi31 => (SchemaFormat::OpenApi("3.1".to_owned()), None),
            Self::AsyncApi => (SchemaFormat::AsyncApi, None),
            Self::Avro => (SchemaFormat::Avro, None),
            Self::Protobuf => (SchemaFormat::Protobuf, None),
        }
    }
}

impl Diff {
    fn run(&self) -> Outcome {
        let default = (SchemaFormat::JsonSchema(Dialect::Draft7), None);
        let (format, dialect) = self.dialect.map_or(default, DialectName::resolve);
        let open = |path| input::open(path, &self.allow_root);
        let (Some(old), Some(new)) = (open(&self.old), open(&self.new)) else { return Outcome::Failed };
        for one in [&old, &new] {
            input::show(&one.diagnostics, one.files.sources());
        }
        let (Some(old_root), Some(new_root)) = (old.files.root(old.root), new.files.root(new.root)) else {
            return Outcome::Wrong;
        };
        let old = Side::schema(&old.files, old_root.id(), format.clone(), dialect);
        let new = Side::schema(&new.files, new_root.id(), format, dialect);
        let comparison = inclusion::compare(&old, &new);
        let text = match self.format {
            Format::Json => serde_json::to_string_pretty(&comparison).unwrap_or_default(),
            Format::Text => describe(&comparison),
        };
        let fails = |verdict: &Verdict| matches!(verdict, Verdict::Fails { .. });
        match terminal::print(&(text + "\n")) {
            false => Outcome::Failed,
            true if fails(&comparison.backward) || fails(&comparison.forward) => Outcome::Wrong,
            true => Outcome::Done,
        }
    }
}

/// Two lines, one for each direction.
fn describe(comparison: &Comparison) -> String {
    let line = |direction: &str, question: &str, verdict: &Verdict| {
        let said = match verdict {
            Verdict::Holds => "holds".to_owned(),
            Verdict::Fails { witness, reason: None } => format!("fails: {}", compact(witness)),
            Verdict::Fails { reason: Some(reason), .. } => format!("fails: {reason}"),
            Verdict::Unknown { reason } => format!("unknown: {reason}"),
        };
        format!("{direction} (every value of {question}) {said}")
    };
    let backward = line("backward", "the old schema is one of the new", &comparison.backward);
    backward + "\n" + &line("forward", "the new schema is one of the old", &comparison.forward)
}

/// A witness on one line, cut where it is long.
fn compact(witness: &Value) -> String {
    let text = witness.to_string();
    match text.char_indices().nth(2_000) {
        Some((end, _)) => text.get(..end).unwrap_or("").to_owned() + " ..",
        None => text,
    }
}
