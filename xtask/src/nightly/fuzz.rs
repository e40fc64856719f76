//! `cargo xtask nightly fuzz`: no text makes the reader or the checks panic, hang, or use more than 512 MiB.
//!
//! In: minutes for each target; needs a nightly compiler and `cargo install cargo-fuzz`. Out: an input for each fault below
//! `fuzz/artifacts`, and a line on record. It begins with the documents of this repository and what earlier runs found.

use super::record;
use crate::{Outcome, root};
use clap::Args as ClapArgs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Feeds made-up texts to the reader and the checks
#[derive(ClapArgs)]
pub struct Arguments {
    /// How long each target runs
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// One target only
    #[arg(long, value_parser = TARGETS)]
    target: Option<String>,
}

const TARGETS: [&str; 2] = ["tree", "check"];

/// No input may use more.
const MEBIBYTES: u32 = 512;
/// No input may take longer.
const SECONDS: u32 = 10;
/// Inputs are no longer than this: what length alone does is measured elsewhere.
const BYTES: u32 = 65_536;

/// Documents to begin with.
const SEEDS: [&str; 4] = ["specs", "tests/documents", "tests/rules", "tests/compat"];

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let targets = TARGETS.iter().filter(|name| arguments.target.as_deref().is_none_or(|only| only == **name));
    let outcomes: Vec<Outcome> = targets.map(|target| fuzz(target, arguments.minutes)).collect();
    outcomes.into_iter().collect()
}

fn fuzz(target: &str, minutes: u64) -> Outcome {
    let corpus = root().join("fuzz/corpus").join(target);
    seed(&corpus)?;
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(["+nightly", "fuzz", "run", "--sanitizer", "none", target, "--"]);
    command.args([
        format!("-max_total_time={}", minutes * 60),
        format!("-rss_limit_mb={MEBIBYTES}"),
        format!("-malloc_limit_mb={MEBIBYTES}"),
        format!("-timeout={SECONDS}"),
        format!("-max_len={BYTES}"),
        "-dict=fuzz/words.dict".to_owned(),
        "-print_final_stats=1".to_owned(),
        "-verbosity=1".to_owned(),
    ]);
    eprintln!("> fuzzing `{target}` for {minutes} minutes");
    let output = command.output().map_err(|error| format!("`cargo +nightly fuzz` cannot be run: {error}"))?;
    let words = String::from_utf8_lossy(&output.stderr);
    let stat = |name: &str| {
        let line = words.lines().find_map(|line| line.strip_prefix(&format!("stat::{name}:")));
        line.map_or_else(|| "?".to_owned(), |value| value.trim().to_owned())
    };
    if stat("number_of_executed_units") == "?" {
        return Err(format!("`{target}` did not run (it needs a nightly compiler and cargo-fuzz):\n{words}"));
    }
    let verdict = if output.status.success() { "no fault" } else { "**a fault**" };
    let result = format!(
        "{verdict}; {minutes} minutes, {} inputs, at most {} MiB (limits: {MEBIBYTES} MiB, {SECONDS} s)",
        stat("number_of_executed_units"),
        stat("peak_rss_mb"),
    );
    println!("{target}: {result}");
    record(&format!("fuzz `{target}`"), &result)?;
    if output.status.success() { Ok(()) } else { Err(format!("`{target}` found a fault:\n{}", tail(&words))) }
}

/// Copies the documents of this repository to where the fuzzer begins.
fn seed(corpus: &Path) -> Outcome {
    let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(corpus).map_err(|error| failed(corpus, error))?;
    let mut todo: Vec<PathBuf> = SEEDS.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| failed(&folder, error))?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string().replace('/', "-");
                std::fs::copy(&path, corpus.join(name)).map_err(|error| failed(&path, error))?;
            }
        }
    }
    Ok(())
}

/// The end of what the fuzzer says: the fault and its input.
fn tail(words: &str) -> String {
    let lines: Vec<&str> = words.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(30)).copied().collect::<Vec<_>>().join("\n")
}
