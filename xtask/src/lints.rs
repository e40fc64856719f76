//! `cargo xtask lints`: clippy and rustdoc over the whole workspace, warnings as errors.
//!
//! In: nothing. Out: their verdict, and what was left out because this machine cannot build it.

use crate::features::Features;
use crate::{Outcome, cargo, run as run_command};

/// Runs the task.
pub fn run() -> Outcome {
    let features = Features::find()?;
    let mut clippy = cargo();
    clippy.args(["clippy", "--workspace", "--all-targets"]).args(&features.arguments).args(["--", "-D", "warnings"]);
    let mut rustdoc = cargo();
    rustdoc.args(["doc", "--workspace", "--no-deps", "--quiet"]).args(&features.arguments);
    rustdoc.env("RUSTDOCFLAGS", "-D warnings");
    let outcome = run_command(&mut clippy).and_then(|()| run_command(&mut rustdoc));
    features.say();
    outcome
}
