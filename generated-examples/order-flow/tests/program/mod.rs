//! The program under test, run as its users run it.

use std::error::Error;
use std::process::Command;

/// How the program ended, and what it printed.
pub fn run(arguments: &[&str]) -> Result<(Option<i32>, String), Box<dyn Error>> {
    let output = Command::new(env!("CARGO_BIN_EXE_order-flow")).args(arguments).output()?;
    Ok((output.status.code(), String::from_utf8(output.stdout)?))
}

/// The number that the summary gives for `name`.
pub fn count(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.trim_start().strip_prefix(name))?.trim().parse().ok()
}
