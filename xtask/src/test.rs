//! `cargo xtask test`: every test, those that plain `cargo test` leaves out included.
//!
//! In: which brokers to leave out. Out: the verdict of all tests, and at the end what was left out: also the features whose
//! C libraries this machine has no headers of.

use crate::brokers::BROKERS;
use crate::{Outcome, cargo};
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::Value;
use std::process::Command;

/// Runs every test, with what they need
#[derive(Args)]
pub struct Arguments {
    /// Leaves out the tests that need this broker
    #[arg(long, value_name = "BROKER", value_parser = PossibleValuesParser::new(BROKERS.iter().map(|broker| broker.name)))]
    without: Vec<String>,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let (left_out, wanted): (Vec<_>, Vec<_>) =
        BROKERS.iter().partition(|broker| arguments.without.iter().any(|name| name == broker.name));
    let missing = !has_openssl();
    let mut command = cargo();
    command.args(["test", "--workspace"]);
    match missing {
        false => command.arg("--all-features"),
        true => command.arg("--features").arg(features_without(NEEDS_OPENSSL)?),
    };
    for broker in wanted {
        let (variable, program) = broker.provide()?;
        command.env(variable, program);
    }
    command.args(["--", "--include-ignored"]);
    for broker in &left_out {
        command.arg("--skip").arg(format!("needs_{}::", broker.name));
    }
    let outcome = crate::run(&mut command);
    for broker in left_out {
        eprintln!("left out: the tests that need the broker `{}`", broker.name);
    }
    if missing {
        eprintln!("left out: the feature `{NEEDS_OPENSSL}`, since there are no OpenSSL headers (Debian: libssl-dev)");
    }
    outcome
}

/// The feature of the runtime that is built with the system's OpenSSL.
const NEEDS_OPENSSL: &str = "kafka-tls";

/// Whether librdkafka's build will find OpenSSL.
fn has_openssl() -> bool {
    let found = Command::new("pkg-config").args(["--exists", "openssl"]).status();
    std::env::var_os("OPENSSL_DIR").is_some() || found.is_ok_and(|status| status.success())
}

/// Every feature of every package, but one, as `--features` takes them.
fn features_without(left_out: &str) -> Result<String, String> {
    let features = features_of(|_| true)?.into_iter().filter(|(_, feature)| feature != left_out);
    Ok(features.map(|(package, feature)| format!("{package}/{feature}")).collect::<Vec<_>>().join(","))
}

/// The features of some packages, each with the name of its package.
pub fn features_of(is_wanted: impl Fn(&str) -> bool) -> Result<Vec<(String, String)>, String> {
    let output = cargo().args(["metadata", "--no-deps", "--format-version", "1"]).output();
    let output = output.map_err(|error| format!("cargo metadata: {error}"))?;
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata.get("packages").and_then(Value::as_array).into_iter().flatten();
    let features = packages.flat_map(|package| {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        let features = package.get("features").and_then(Value::as_object).into_iter().flatten();
        features.filter(|_| is_wanted(name)).map(move |(feature, _)| (name.to_owned(), feature.clone()))
    });
    Ok(features.collect())
}
