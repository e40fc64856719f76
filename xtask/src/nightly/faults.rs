//! `cargo xtask nightly faults`: brokers and consumers are killed while messages flow, at full size.
//!
//! In: how many messages, and which broker. Out: the verdict of the test `faults` of the runtime, and a line on record for
//! each broker. `cargo xtask test` runs the same test with fewer messages.

use super::record;
use crate::brokers::{BROKERS, Broker};
use crate::{Outcome, cargo};
use clap::Args as ClapArgs;
use clap::builder::PossibleValuesParser;

/// The brokers that are killed.
const KILLED: [&str; 5] = ["kafka", "mosquitto", "nats", "rabbitmq", "redis"];

/// Kills brokers and consumers while messages flow
#[derive(ClapArgs)]
pub struct Arguments {
    /// How many messages flow
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1_000..))]
    messages: u32,
    /// One broker only
    #[arg(long, value_parser = PossibleValuesParser::new(KILLED))]
    broker: Option<String>,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let chosen = |name: &str| KILLED.contains(&name) && arguments.broker.as_deref().is_none_or(|only| only == name);
    let outcomes: Vec<Outcome> =
        BROKERS.iter().filter(|broker| chosen(broker.name)).map(|broker| fault(broker, arguments.messages)).collect();
    outcomes.into_iter().collect()
}

fn fault(broker: &Broker, messages: u32) -> Outcome {
    let (variable, program) = broker.provide()?;
    let mut command = cargo();
    command.args([
        "test",
        "-p",
        "tidings-runtime",
        "--features",
        "amqp,kafka,mqtt,nats,redis,sql-store",
        "--test",
        "faults",
        "--",
    ]);
    command.args(["--include-ignored", "--nocapture", &format!("needs_{}::", broker.name)]);
    command.env(variable, program).env("TIDINGS_FAULT_MESSAGES", messages.to_string());
    eprintln!("> faults on `{}` with {messages} messages", broker.name);
    let output = command.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    let words = String::from_utf8_lossy(&output.stdout);
    let counts = words.lines().find_map(|line| line.split_once("faults: ")).map(|(_, counts)| counts);
    let result = match counts.filter(|_| output.status.success()) {
        Some(counts) => counts.to_owned(),
        None => format!("**a fault**, with {messages} messages"),
    };
    println!("{}: {result}", broker.name);
    record(&format!("faults `{}`", broker.name), &result)?;
    match output.status.success() && counts.is_some() {
        true => Ok(()),
        false => Err(format!("`{}`:\n{words}\n{}", broker.name, String::from_utf8_lossy(&output.stderr))),
    }
}
