//! `cargo xtask nightly features`: the library compiles without a warning with no feature, and with each feature alone.
//!
//! In: the features that its manifest names. Out: the verdict, and a line on record.

use super::record;
use crate::features::features_of;
use crate::{Outcome, cargo};
use clap::Args as ClapArgs;

/// Compiles the library with each of its features alone
#[derive(ClapArgs)]
pub struct Arguments {}

/// The package.
const PACKAGE: &str = "tidings";

/// Runs the task.
pub fn run(_: &Arguments) -> Outcome {
    let features: Vec<String> =
        features_of(|package| package == PACKAGE)?.into_iter().map(|(_, feature)| feature).collect();
    let mut faults = Vec::new();
    for feature in std::iter::once("").chain(features.iter().map(String::as_str)) {
        let mut command = cargo();
        command.args(["check", "--package", PACKAGE, "--no-default-features", "--features", feature]);
        eprintln!("> cargo check --no-default-features --features '{feature}'");
        let output = command.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
        let words = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() || words.lines().any(|line| line.starts_with("warning")) {
            faults.push(format!("with the feature `{feature}` alone:\n{words}"));
        }
    }
    let verdict = if faults.is_empty() { "no warning" } else { "**warnings**" };
    record("features", &format!("{verdict}; no feature, and each of {} alone", features.len()))?;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}
