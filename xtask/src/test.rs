//! `cargo xtask test`: every test, those that plain `cargo test` leaves out included.

use crate::{Outcome, cargo};
use clap::Args;

/// Runs every test, with what they need
#[derive(Args)]
pub struct Arguments {}

/// Runs the task.
pub fn run(_: &Arguments) -> Outcome {
    crate::run(cargo().args(["test", "--workspace", "--all-features", "--", "--include-ignored"]))
}
