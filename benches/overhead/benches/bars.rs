//! `cargo xtask overhead`: what a message costs by generated code, beside what it costs by hand, and whether that is below the
//! bars.
//!
//! In: valgrind, nats-server, Kafka, and a Python that has FastStream, by their environment variables. Out: a table, and an
//! exit status that says whether every bar holds. Instructions are those of callgrind, of a run with many messages less a run
//! with none; where several threads wait for each other, it is time, the median of several runs in turn.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "../../../runtime/tests/brokers/mod.rs"]
mod brokers;

use brokers::NatsServer;
use brokers::kafka::KafkaServer;
use std::process::{Command, ExitCode, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_overhead");
/// How many messages are counted.
const MESSAGES: u32 = 20_000;
/// How many messages take long enough to be timed.
const TIMED: u32 = 100_000;
/// How many messages another framework is given, which takes longer.
const PEER: u32 = 5_000;
/// How often they are.
const RUNS: usize = 5;

/// What a kind of work takes for each message, in seconds.
#[derive(Clone, Copy)]
struct Time {
    elapsed: f64,
    processor: f64,
}

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

    fn at_most(&mut self, what: &str, ratio: f64, bar: f64) {
        self.line(what, &percent(ratio), &format!("at most {:.0} %", bar * 100.0), Some(ratio <= bar));
    }

    fn at_least(&mut self, what: &str, ratio: f64, bar: f64) {
        self.line(what, &percent(ratio), &format!("at least {:.0} %", bar * 100.0), Some(ratio >= bar));
    }

    fn rate(&mut self, what: &str, time: Time) {
        let measured = format!("{:.0} messages/s, {} of processor time", 1.0 / time.elapsed, micros(time.processor));
        self.line(what, &measured, "", None);
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
    table.at_most("instructions, of NATS by hand", generated.instructions / hand.instructions, 1.10);
    table.cost("NATS by hand, with `traceparent`", hand_traced, None);
    table.cost("NATS by generated code, with `traceparent`", generated_traced, None);
    table.at_most(
        "instructions, of NATS by hand, with `traceparent`",
        generated_traced.instructions / hand_traced.instructions,
        1.05,
    );
    let [hand, generated] = timed(["nats-hand", "nats-generated"], &nats.url());
    table.rate("NATS by hand", hand);
    table.rate("NATS by generated code", generated);
    let python = std::env::var_os("TIDINGS_FASTSTREAM").expect("TIDINGS_FASTSTREAM names no folder with FastStream");
    let mut peer = Command::new("python3");
    peer.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer.py")).args([nats.url(), PEER.to_string()]);
    let peer = numbers(&peer.env("PYTHONPATH", python).output().unwrap())[0] / f64::from(PEER);
    table.line("FastStream on NATS", &format!("{} of processor time", micros(peer)), "", None);

    let kafka = KafkaServer::start();
    let [hand, generated] = timed(["kafka-hand", "kafka-generated"], &kafka.url());
    table.rate("Kafka by hand", hand);
    table.rate("Kafka by generated code", generated);
    table.at_least("messages/s, of Kafka by hand", hand.elapsed / generated.elapsed, 0.95);
    ExitCode::from(u8::from(table.missed > 0))
}

fn percent(ratio: f64) -> String {
    format!("{:.1} %", ratio * 100.0)
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
        Cost { instructions: total.trim().parse().unwrap(), allocations: numbers(&output)[0] }
    });
    let whole = many - none;
    let messages = f64::from(MESSAGES);
    Cost { instructions: whole.instructions / messages, allocations: whole.allocations / messages }
}

/// What two kinds of work take for each message, run in turn, so that both find the machine as busy: medians.
fn timed(works: [&str; 2], server: &str) -> [Time; 2] {
    let mut runs = works.map(|_| Vec::new());
    for run in 0..RUNS {
        for (work, runs) in works.iter().zip(&mut runs) {
            let run = format!("{work}-{run}-{}", std::process::id());
            let mut command = Command::new(PROGRAM);
            command.args([*work, &TIMED.to_string(), "--server", server, "--run", &run]);
            let output = command.output().unwrap();
            let numbers = numbers(&output);
            runs.push(Time { elapsed: numbers[1], processor: numbers[2] });
        }
    }
    runs.map(|runs| {
        let median = |seconds: fn(&Time) -> f64| {
            let mut all: Vec<f64> = runs.iter().map(seconds).collect();
            all.sort_by(f64::total_cmp);
            all[RUNS / 2] / f64::from(TIMED)
        };
        Time { elapsed: median(|time| time.elapsed), processor: median(|time| time.processor) }
    })
}

/// The numbers that a program prints.
fn numbers(output: &Output) -> Vec<f64> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.split_whitespace().map(|word| word.parse().unwrap_or_else(|_| panic!("no number: {text}"))).collect()
}
