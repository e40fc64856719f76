//! `cargo xtask nightly webhooks`: a sender of webhooks is killed while it delivers, at full size.
//!
//! In: how many events. Out: the verdict of the runtime's test `outbox`, and a line on record. `cargo xtask test` runs the
//! same test with fewer events.

use super::record;
use crate::{Outcome, cargo};
use clap::Args;

/// Kills a sender of webhooks while it delivers to endpoints that fail
#[derive(Args)]
pub struct Arguments {
    /// How many events are sent
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(500..))]
    events: u32,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let mut command = cargo();
    command.args(["test", "-p", "tidings-runtime", "--features", "webhook-store", "--test", "outbox", "--"]);
    command.args(["--nocapture", "killed::"]).env("TIDINGS_OUTBOX_EVENTS", arguments.events.to_string());
    eprintln!("> a sender is killed while it delivers {} events", arguments.events);
    let output = command.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    let words = String::from_utf8_lossy(&output.stdout);
    let counts = words.lines().find_map(|line| line.split_once("outbox: ")).map(|(_, counts)| counts);
    match counts.filter(|_| output.status.success()) {
        Some(counts) => {
            println!("{counts}");
            record("webhooks `outbox`", counts)
        }
        None => {
            record("webhooks `outbox`", "**a fault**")?;
            Err(format!("{words}\n{}", String::from_utf8_lossy(&output.stderr)))
        }
    }
}
