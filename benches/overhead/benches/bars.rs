//! `cargo xtask overhead`: what a message costs by generated code, beside what it costs by hand, and whether that is below the
//! bars.
//!
//! In: valgrind, nats-server, Kafka, and a Python that has FastStream, by their environment variables. Out: a table, and an
//! exit status that says whether every bar holds. Instructions are those of callgrind, of a run with many messages less a run
//! with none; where several threads wait for each other, it is processor time, the median of several runs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "../../../runtime/tests/brokers/mod.rs"]
mod brokers;

use brokers::NatsServer;
use brokers::kafka::KafkaServer;
use std::process::{Command, ExitCode};

const PROGRAM: &str = env!("CARGO_BIN_EXE_overhead");
/// How many messages are counted.
const MESSAGES: u32 = 20_000;
/// How many messages take long enough to be timed.
const TIMED: u32 = 100_000;
/// How often they are.
const RUNS: usize = 5;

/// What a kind of work costs for each message.
#[derive(Clone, Copy)]
struct Cost {
    instructions: f64,
    allocations: f64,
}

impl std::ops::Sub for Cost {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { instructions: self.instructions - other.instructions, allocations: self.allocations - other.allocations }
    }
}

/// The table, and whether every bar holds.
#[derive(Default)]
struct Table {
    missed: usize,
}

impl Table {
    fn line(&mut self, what: &str, measured: &str, bar: &str, holds: Option<bool>) {
        let verdict = match holds {
            None => "",
            Some(true) => "holds",
            Some(false) => "**missed**",
        };
        self.missed += usize::from(holds == Some(false));
        println!("| {what} | {measured} | {bar} | {verdict} |");
    }

    fn cost(&mut self, what: &str, cost: Cost, bar: Option<(f64, Option<f64>)>) {
        let measured = format!("{:.0} instructions, {:.2} allocations", cost.instructions, cost.allocations);
        let (bar, holds) = match bar {
            None => (String::new(), None),
            Some((instructions, None)) => (format!("{instructions}"), Some(cost.instructions <= instructions)),
            Some((instructions, Some(allocations))) => (
                format!("{instructions}, {allocations}"),
                // Buffers grow until they are large enough, which is no cost of a message.
                Some(cost.instructions <= instructions && cost.allocations <= allocations + 0.05),
            ),
        };
        self.line(what, &measured, &bar, holds);
    }

    fn ratio(&mut self, what: &str, ratio: f64, bar: f64) {
        self.line(what, &format!("{:.1} %", ratio * 100.0), &format!("{:.0} %", bar * 100.0), Some(ratio <= bar));
    }
}

fn main() -> ExitCode {
    let mut table = Table::default();
    println!("| what | for each message | bar | |\n| --- | --- | --- | --- |");

    let [decode, publish, consume, publish_traced, consume_traced, layers] =
        ["decode", "memory-publish", "memory-consume", "memory-publish-traced", "memory-traced", "memory-layers"]
            .map(|work| counted(work, ""));
    // What is allocated is counted from the first delivery on.
    let published = |cost: Cost| Cost { allocations: 0.0, ..cost };
    table.cost("reads the order", decode, None);
    table.cost("in memory: publishes", publish, None);
    let plain = consume - published(publish) - decode;
    table.cost("in memory: consumes, beyond reading", plain, Some((2_000.0, Some(0.0))));
    table.cost("the same with a trace in the headers", consume_traced - published(publish_traced) - decode, None);
    let layered = layers - published(publish_traced) - decode;
    table.cost("all layers on, beyond that without", layered - plain, Some((5_000.0, None)));

    let nats = NatsServer::start_with(&[]);
    let [hand, generated, hand_traced, generated_traced] =
        ["nats-hand", "nats-generated", "nats-hand-traced", "nats-generated-traced"]
            .map(|work| counted(work, &nats.url()));
    table.cost("NATS by hand", hand, None);
    table.cost("NATS by generated code", generated, None);
    table.ratio("of NATS by hand", generated.instructions / hand.instructions, 1.10);
    table.cost("NATS by hand, with `traceparent`", hand_traced, None);
    table.cost("NATS by generated code, with `traceparent`", generated_traced, None);
    table.ratio("of NATS by hand, with `traceparent`", generated_traced.instructions / hand_traced.instructions, 1.05);
    let ours = timed("nats-generated", &nats.url());
    table.line("NATS by generated code, processor time", &micros(ours), "", None);
    let python = std::env::var_os("TIDINGS_FASTSTREAM").expect("TIDINGS_FASTSTREAM names no folder with FastStream");
    let peer = processor_time(
        Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer.py"))
            .args([nats.url(), "5000".to_owned()])
            .env("PYTHONPATH", python),
    ) / 5_000.0;
    table.line("FastStream on NATS, processor time", &micros(peer), "", None);

    let kafka = KafkaServer::start();
    let [hand, generated] = ["kafka-hand", "kafka-generated"].map(|work| timed(work, &kafka.url()));
    table.line("Kafka by hand, processor time", &micros(hand), "", None);
    table.line("Kafka by generated code, processor time", &micros(generated), "", None);
    table.ratio("of Kafka by hand", generated / hand, 1.0 / 0.95);
    ExitCode::from(u8::from(table.missed > 0))
}

fn micros(seconds: f64) -> String {
    format!("{:.2} µs", seconds * 1e6)
}

/// What callgrind counts for each message.
fn counted(work: &str, server: &str) -> Cost {
    let [none, many] = [0, MESSAGES].map(|messages| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("callgrind");
        let mut command = Command::new("valgrind");
        command.arg("--tool=callgrind").arg(format!("--callgrind-out-file={}", file.display())).arg(PROGRAM);
        let output = command.args([work, &messages.to_string(), "--server", server]).output().expect("no valgrind");
        assert!(output.status.success(), "{work}: {}", String::from_utf8_lossy(&output.stderr));
        let counts = std::fs::read_to_string(file).unwrap();
        let total = counts.lines().find_map(|line| line.strip_prefix("totals: ")).expect("no totals");
        Cost { instructions: total.trim().parse().unwrap(), allocations: first_number(&output.stdout) }
    });
    let whole = many - none;
    let messages = f64::from(MESSAGES);
    Cost { instructions: whole.instructions / messages, allocations: whole.allocations / messages }
}

/// Seconds of processor time for each message.
fn timed(work: &str, server: &str) -> f64 {
    let mut runs: Vec<f64> = (0..RUNS)
        .map(|run| {
            let run = format!("{work}-{run}-{}", std::process::id());
            let mut command = Command::new(PROGRAM);
            processor_time(command.args([work, &TIMED.to_string(), "--server", server, "--run", &run]))
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[RUNS / 2] / f64::from(TIMED)
}

/// The seconds that a program says it used.
fn processor_time(command: &mut Command) -> f64 {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().last().and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no time: {text}"))
}

fn first_number(output: &[u8]) -> f64 {
    let text = String::from_utf8_lossy(output);
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no number: {text}"))
}
