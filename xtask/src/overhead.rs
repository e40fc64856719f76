//! `cargo xtask overhead`: what a message costs by generated code, beside what it costs by hand and by another framework.
//!
//! In: valgrind, and brokers that are fetched. Out: a table with the bars, also in `conformance/overhead.md` with the day, and
//! whether every bar holds.

use crate::brokers::{BROKERS, FASTSTREAM};
use crate::{Outcome, cargo, nightly, root};
use std::process::Stdio;

/// The record.
const RECORD: &str = "conformance/overhead.md";

/// What the numbers mean, for whoever reads the record.
const ABOUT: &str = "\
An order of 201 bytes is written, sent, received, read and counted. Instructions and allocations are those of the client, by
callgrind and by a counting allocator: 20,000 messages less none. Processor time is that of the whole process. Times are medians
of 5 runs with 100,000 messages, by hand and by generated code in turn.

By hand, on NATS: a struct with serde's derives; `serde_json::to_vec`, and `publish` of async-nats, or `publish_with_headers` with
a map that holds `traceparent`; a queue subscription on a second connection, `serde_json::from_slice`, and a look at
`traceparent`. Both sides use core NATS, which acknowledges nothing, and wait for every 100 messages. Generated code also checks
the payload against its schema, survives panics, and counts; without the layers it handles 16 messages at once.

By hand, on Kafka: an idempotent `FutureProducer` with `linger.ms` 0, 100 publications at once; a `StreamConsumer` in a group, whose
offsets are stored after the work and committed every 0.2 s. Generated code sends two headers more, the id and the media type.
";

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
    if !table.contains("messages/s, of Kafka by hand") {
        return Err("not everything was measured".to_owned());
    }
    let text = format!(
        "# What a message costs\n\nMeasured on {} by `cargo xtask overhead`.\n\n{ABOUT}\n{table}",
        nightly::today()
    );
    let path = root().join(RECORD);
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    if output.status.success() { Ok(()) } else { Err("a bar is missed".to_owned()) }
}
