//! `cargo xtask nightly transactions`: applications are killed while they store messages in transactions and relay them, at
//! full size.
//!
//! In: how many transactions. Out: the verdict of the runtime's test `transactions` for each database, and a line on record
//! for each. `cargo xtask test` runs the same tests with fewer.

use super::record;
use crate::brokers::BROKERS;
use crate::{Outcome, cargo};
use clap::Args;

/// Databases, and the tests that use them.
const TESTS: [(&str, &str); 2] = [
    ("sqlite", "killed::needs_nats::what_is_committed_outlives_kills_on_jetstream"),
    ("postgres", "killed::needs_nats::needs_postgres::what_is_committed_in_postgres_outlives_kills"),
];

/// Kills applications while they store messages in transactions and relay them to NATS
#[derive(Args)]
pub struct Arguments {
    /// How many transactions there are
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(500..))]
    transactions: u32,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let outcomes: Vec<Outcome> =
        TESTS.iter().map(|(database, test)| kill(database, test, arguments.transactions)).collect();
    outcomes.into_iter().collect()
}

fn kill(database: &str, test: &str, transactions: u32) -> Outcome {
    let mut command = cargo();
    command.args(["test", "-p", "tidings-runtime", "--features", "outbox,nats", "--test", "transactions", "--"]);
    command.args(["--include-ignored", "--nocapture", "--exact", test]);
    command.env("TIDINGS_TRANSACTIONS", transactions.to_string());
    for broker in BROKERS.iter().filter(|broker| ["nats", "postgres"].contains(&broker.name)) {
        let (variable, program) = broker.provide()?;
        command.env(variable, program);
    }
    eprintln!("> applications are killed during {transactions} transactions on `{database}`");
    let output = command.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    let words = String::from_utf8_lossy(&output.stdout);
    let counts = words.lines().find_map(|line| line.split_once("transactions: ")).map(|(_, counts)| counts);
    let task = format!("transactions `{database}`, NATS");
    match counts.filter(|_| output.status.success()) {
        Some(counts) => {
            println!("{database}: {counts}");
            record(&task, counts)
        }
        None => {
            record(&task, "**a fault**")?;
            Err(format!("{words}\n{}", String::from_utf8_lossy(&output.stderr)))
        }
    }
}
