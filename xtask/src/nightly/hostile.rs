//! `cargo xtask nightly hostile`: text of a document never becomes code, at full size.
//!
//! In: nothing. Out: the verdict of the test `hostile_text` with every text at every place of its document, and some at every
//! place of others; the modules that it makes of documents with all their texts replaced compile as one crate; and a line
//! on record.

use super::record;
use crate::{Outcome, cargo, crates, target};
use clap::Args as ClapArgs;
use std::path::PathBuf;
use std::process::Stdio;

/// Replaces every text of documents by text that looks like code
#[derive(ClapArgs)]
pub struct Arguments {}

/// Runs the task.
pub fn run(_: &Arguments) -> Outcome {
    let folder = std::path::absolute(target().join("hostile")).map_err(|error| error.to_string())?;
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("src")).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut command = cargo();
    command.args([
        "test",
        "--quiet",
        "--release",
        "--package",
        "tidings",
        "--test",
        "hostile_text",
        "--",
        "--nocapture",
    ]);
    command.env("TIDINGS_HOSTILE", folder.join("src"));
    eprintln!("> every text at every place of documents");
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    let words = String::from_utf8_lossy(&output.stdout);
    let counts = words.lines().find_map(|line| line.split_once("hostile: ")).map(|(_, counts)| counts);
    let Some(counts) = counts.filter(|_| output.status.success()) else {
        record("hostile", &format!("**a fault**; {}", counts.unwrap_or_default()))?;
        return Err(words.into_owned());
    };
    let listing = std::fs::read_dir(folder.join("src")).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> =
        listing.flatten().filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    let library: String = names.iter().map(|name| format!("/// Hostile.\npub mod {name};\n")).collect();
    crates::check(&folder, vec![(PathBuf::from("src/lib.rs"), format!("//! Hostile text.\n{library}"))])?;
    let result = format!("{counts}; {} modules compile without a warning", names.len());
    println!("{result}");
    record("hostile", &result)
}
