//! `cargo xtask test`: every test, those that plain `cargo test` leaves out included.
//!
//! In: which brokers to leave out. Out: the verdict of all tests, and at the end what was left out: also the features whose
//! C libraries this machine has no headers of.

use crate::brokers::BROKERS;
use crate::features::Features;
use crate::{Outcome, cargo};
use clap::Args;
use clap::builder::PossibleValuesParser;

/// How many tests of one program run at a time.
const THREADS: &str = "RUST_TEST_THREADS";

/// Runs every test, with what they need
#[derive(Args)]
pub struct Arguments {
    /// Leaves out the tests that need this broker
    #[arg(long, value_name = "BROKER", value_parser = PossibleValuesParser::new(BROKERS.iter().map(|broker| broker.name)))]
    without: Vec<String>,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let (left_out, wanted): (Vec<_>, Vec<_>) =
        BROKERS.iter().partition(|broker| arguments.without.iter().any(|name| name == broker.name));
    let features = Features::find()?;
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]).args(&features.arguments);
    for broker in wanted {
        let (variable, program) = broker.provide()?;
        command.env(variable, program);
    }
    if std::env::var_os(THREADS).is_none() {
        // Most of those that take long wait for a broker.
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        command.env(THREADS, (2 * processors).to_string());
    }
    command.args(["--", "--include-ignored"]);
    for broker in &left_out {
        command.arg("--skip").arg(format!("needs_{}::", broker.name));
    }
    let outcome = crate::run(&mut command);
    for broker in left_out {
        eprintln!("left out: the tests that need the broker `{}`", broker.name);
    }
    features.say();
    outcome
}
