//! `cargo xtask overhead`: what a message costs by generated code, beside what it costs by hand and by another framework.
//!
//! In: valgrind, and brokers that are fetched. Out: a table with the bars, also in `conformance/overhead.md` with the day, and
//! whether every bar holds.

use crate::brokers::{BROKERS, FASTSTREAM};
use crate::{Outcome, cargo, nightly, root};
use std::process::Stdio;

/// The record.
const RECORD: &str = "conformance/overhead.md";

/// Runs the task.
pub fn run() -> Outcome {
    let mut command = cargo();
    command.args(["bench", "--package", "overhead", "--features", "kafka,nats", "--bench", "bars"]);
    let brokers = BROKERS.iter().filter(|broker| matches!(broker.name, "kafka" | "nats"));
    for broker in brokers.chain([&FASTSTREAM]) {
        let (variable, program) = broker.provide()?;
        command.env(variable, program);
    }
    eprintln!("> counting instructions; this takes some minutes");
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    let table = String::from_utf8_lossy(&output.stdout);
    print!("{table}");
    // A table that is not whole is none.
    if !table.contains("of Kafka by hand") {
        return Err("not everything was measured".to_owned());
    }
    let text = format!(
        "# What a message costs\n\nMeasured on {} by `cargo xtask overhead`, with an order of 201 bytes.\n\n{table}",
        nightly::today()
    );
    let path = root().join(RECORD);
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    if output.status.success() { Ok(()) } else { Err("a bar is missed".to_owned()) }
}
