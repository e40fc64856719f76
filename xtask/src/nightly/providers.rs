//! `cargo xtask nightly providers`: trap 14, in a program that has two providers of TLS.
//!
//! In: nothing. Out: the verdict of the tests in `tests/providers`, which is a workspace of its own, and a line on record.

use super::record;
use crate::{Outcome, cargo, target};
use clap::Args as ClapArgs;

/// Connects with TLS where the program has two providers of it
#[derive(ClapArgs)]
pub struct Arguments {}

/// Runs the task.
pub fn run(_: &Arguments) -> Outcome {
    let mut command = cargo();
    command.args(["test", "--manifest-path", "tests/providers/Cargo.toml"]);
    command.arg("--target-dir").arg(target().join("providers"));
    eprintln!("> two providers of TLS in one program; this compiles every client");
    let output = command.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    let words = String::from_utf8_lossy(&output.stdout);
    let passed =
        words.lines().filter(|line| line.ends_with("trap_14_two_providers_of_tls_do_not_panic ... ok")).count();
    if output.status.success() && passed > 0 {
        return record("providers", &format!("no panic; each of {passed} clients first"));
    }
    record("providers", "**a fault**")?;
    Err(format!("{words}\n{}", String::from_utf8_lossy(&output.stderr)))
}
