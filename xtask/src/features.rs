//! The features that this machine can build.
//!
//! In: whether there are OpenSSL headers. Out: arguments for Cargo, and a sentence about what is left out.

use crate::cargo;
use serde_json::Value;
use std::process::Command;

/// The feature of the runtime that is built with the system's OpenSSL.
const NEEDS_OPENSSL: &str = "kafka-tls";

/// All features, or all but one.
pub struct Features {
    /// What selects them on Cargo's command line.
    pub arguments: Vec<String>,
    /// What is left out, and why.
    left_out: Option<String>,
}

impl Features {
    /// Those that this machine can build.
    ///
    /// # Errors
    /// Cargo does not tell which there are.
    pub fn find() -> Result<Self, String> {
        if has_openssl() {
            return Ok(Self { arguments: vec!["--all-features".to_owned()], left_out: None });
        }
        let sentence =
            format!("left out: the feature `{NEEDS_OPENSSL}`, since there are no OpenSSL headers (Debian: libssl-dev)");
        Ok(Self { arguments: vec!["--features".to_owned(), without(NEEDS_OPENSSL)?], left_out: Some(sentence) })
    }

    /// Says what is left out.
    pub fn say(&self) {
        if let Some(sentence) = &self.left_out {
            eprintln!("{sentence}");
        }
    }
}

/// Whether librdkafka's build will find OpenSSL.
fn has_openssl() -> bool {
    let found = Command::new("pkg-config").args(["--exists", "openssl"]).status();
    std::env::var_os("OPENSSL_DIR").is_some() || found.is_ok_and(|status| status.success())
}

/// Every feature of every package, but one, as `--features` takes them.
fn without(left_out: &str) -> Result<String, String> {
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
