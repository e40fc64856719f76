//! `cargo xtask nightly`: what takes too long for every change. Each run is put on record in `conformance/nightly.md`.

mod docs;
mod faults;
mod features;
mod fuzz;
mod hostile;
mod inclusion;
mod metamorphic;
mod pace;
mod providers;
mod samples;
mod transactions;
mod types;
mod webhooks;

use crate::{Outcome, root};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::io::Write;

/// Runs what takes too long for every change, and puts it on record
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Docs(docs::Arguments),
    Faults(faults::Arguments),
    Features(features::Arguments),
    Fuzz(fuzz::Arguments),
    Hostile(hostile::Arguments),
    Inclusion(inclusion::Arguments),
    Metamorphic(metamorphic::Arguments),
    Pace(pace::Arguments),
    Providers(providers::Arguments),
    Samples(samples::Arguments),
    Transactions(transactions::Arguments),
    Types(types::Arguments),
    Webhooks(webhooks::Arguments),
}

impl Task {
    /// Whether it asks the library itself, many times over.
    const fn asks(&self) -> bool {
        matches!(self, Self::Inclusion(_) | Self::Metamorphic(_) | Self::Pace(_) | Self::Samples(_))
    }
}

/// Runs the task; one that asks the library, in a release build.
pub fn run(arguments: &Arguments) -> Outcome {
    if arguments.task.asks() && cfg!(debug_assertions) {
        let mut command = crate::cargo();
        command.args(["run", "--quiet", "--release", "--package", "xtask", "--"]);
        return crate::run(command.args(std::env::args_os().skip(1)));
    }
    match &arguments.task {
        Task::Docs(arguments) => docs::run(arguments),
        Task::Faults(arguments) => faults::run(arguments),
        Task::Features(arguments) => features::run(arguments),
        Task::Fuzz(arguments) => fuzz::run(arguments),
        Task::Hostile(arguments) => hostile::run(arguments),
        Task::Inclusion(arguments) => inclusion::run(arguments),
        Task::Metamorphic(arguments) => metamorphic::run(arguments),
        Task::Pace(arguments) => pace::run(arguments),
        Task::Providers(arguments) => providers::run(arguments),
        Task::Samples(arguments) => samples::run(arguments),
        Task::Transactions(arguments) => transactions::run(arguments),
        Task::Types(arguments) => types::run(arguments),
        Task::Webhooks(arguments) => webhooks::run(arguments),
    }
}

/// The file of the record.
const RECORD: &str = "conformance/nightly.md";

/// Adds a line to the record: the day, what ran, and what came of it.
fn record(task: &str, result: &str) -> Outcome {
    let line = format!("| {} | {task} | {result} |\n", today());
    let path = root().join(RECORD);
    let file = std::fs::OpenOptions::new().append(true).open(&path);
    file.and_then(|mut file| file.write_all(line.as_bytes())).map_err(|error| format!("{}: {error}", path.display()))
}

/// The day in UTC, as `2027-03-31`.
pub fn today() -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).date().to_string()
}
