//! `cargo xtask nightly docs`: pages with hostile text in every field, in a real browser, at full size.
//!
//! In: how many pages are loaded. Out: the verdict of the test `browser` of the command line, and a line on record. `cargo
//! xtask test` runs the same test with fewer pages.

use super::record;
use crate::brokers::BROKERS;
use crate::{Outcome, cargo};
use clap::Args;

/// Loads pages with hostile text in every field
#[derive(Args)]
pub struct Arguments {
    /// How many pages are loaded
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    loads: u32,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let mut command = cargo();
    command.args(["test", "-p", "tidings-cli", "--test", "browser", "--"]);
    command.args(["--ignored", "--nocapture", "hostile_text"]).env("TIDINGS_DOCS_LOADS", arguments.loads.to_string());
    for browser in BROKERS.iter().filter(|broker| ["chromium", "axe"].contains(&broker.name)) {
        let (variable, program) = browser.provide()?;
        command.env(variable, program);
    }
    eprintln!("> a browser loads {} pages with hostile text", arguments.loads);
    let output = command.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    let words = String::from_utf8_lossy(&output.stdout);
    let counts = words.lines().find_map(|line| line.split_once("docs: ")).map(|(_, counts)| counts);
    match counts.filter(|_| output.status.success()) {
        Some(counts) => {
            println!("{counts}");
            record("docs `browser`", counts)
        }
        None => {
            record("docs `browser`", "**a fault**")?;
            Err(format!("{words}\n{}", String::from_utf8_lossy(&output.stderr)))
        }
    }
}
