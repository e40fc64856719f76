//! The tasks of this workspace, for people and for CI: `cargo xtask --help`.

mod brokers;
mod corpus;
mod counts;
mod crates;
mod examples;
mod features;
mod fresh;
mod grid;
mod lines;
mod lints;
mod nightly;
mod overhead;
mod same;
mod scores;
mod site;
mod test;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The tasks of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Test(test::Arguments),
    Fresh(fresh::Arguments),
    Corpus(corpus::Arguments),
    Scores(scores::Arguments),
    Same(same::Arguments),
    Site(site::Arguments),
    Nightly(nightly::Arguments),
    /// Counts what a message costs by generated code, beside what it costs by hand
    Overhead,
    /// Runs clippy and rustdoc with every feature that this machine can build
    Lints,
    /// Counts the crates that each feature of the runtime compiles, and compares with the README
    Counts,
    /// Prints what each transport is tested for, and which cell has no test and why
    Grid,
}

/// Why a task failed, for people.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Test(arguments) => test::run(&arguments),
        Task::Fresh(arguments) => fresh::run(&arguments),
        Task::Corpus(arguments) => corpus::run(&arguments),
        Task::Scores(arguments) => scores::run(&arguments),
        Task::Same(arguments) => same::run(&arguments),
        Task::Site(arguments) => site::run(&arguments),
        Task::Nightly(arguments) => nightly::run(&arguments),
        Task::Overhead => overhead::run(),
        Task::Lints => lints::run(),
        Task::Counts => counts::run(),
        Task::Grid => grid::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace.
fn root() -> PathBuf {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    own.parent().map_or(own.clone(), PathBuf::from)
}

/// The folder that Cargo builds in.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Cargo, in the root of the workspace.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Shows a command, runs it, and fails when it does.
fn run(command: &mut Command) -> Outcome {
    let words: Vec<String> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let words = words.join(" ");
    eprintln!("> cargo {words}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`cargo {words}` ended with {status}")),
        Err(error) => Err(format!("`cargo {words}` could not be started: {error}")),
    }
}
