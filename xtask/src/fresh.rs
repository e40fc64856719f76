//! `cargo xtask fresh`: what is made and under version control is what would be made today.

use crate::{Outcome, cargo, examples, root, run as run_command};
use clap::Args;
use std::path::PathBuf;

/// Checks that generated files under version control are up to date
#[derive(Args)]
pub struct Arguments {
    /// Writes them anew instead
    #[arg(long)]
    write: bool,
}

/// Document, folder, and further arguments of `tidings generate`.
const EXAMPLES: [(&str, &str, &[&str]); 4] = [
    ("specs/chat.yaml", "generated-examples/chat/src", &["--role", "both", "--module"]),
    (
        "specs/orders.yaml",
        "generated-examples/orders-client",
        &["--role", "counterpart", "--crate", "orders-client", "--runtime", "path=runtime"],
    ),
    ("specs/street-lights.yaml", "generated-examples/street-lights/src", &["--role", "both", "--module"]),
    ("specs/webhooks.yaml", "generated-examples/webhooks/src", &["--role", "both", "--module"]),
];

/// Files that a command of `tidings` prints.
const PRINTED: [(&str, &[&str]); 4] = [
    ("book/rules.md", &["explain", "--list", "--markdown"]),
    ("schemas/tidings.toml.json", &["config", "schema", "config"]),
    ("schemas/validate-report.json", &["config", "schema", "validate"]),
    ("schemas/diff-report.json", &["config", "schema", "diff"]),
];

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    for (document, folder, further) in EXAMPLES {
        let mut command = tidings();
        command.args(["generate", document, "--output", folder]).args(further);
        if !arguments.write {
            command.arg("--check");
        }
        run_command(&mut command).map_err(|error| format!("{error}; {REMEDY}"))?;
    }
    // First what goes into the binary, then what it prints.
    keep(arguments, &[examples::gather()?])?;
    let printed: Result<Vec<_>, String> =
        PRINTED.iter().map(|(path, arguments)| Ok((PathBuf::from(path), print(arguments)?))).collect();
    keep(arguments, &printed?)
}

const REMEDY: &str = "`cargo xtask fresh --write` brings it up to date";

/// `cargo run` of the binary.
fn tidings() -> std::process::Command {
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "tidings-cli", "--"]);
    command
}

/// What a command prints.
fn print(arguments: &[&str]) -> Result<String, String> {
    let words = arguments.join(" ");
    let output = tidings().args(arguments).output().map_err(|error| format!("`tidings {words}`: {error}"))?;
    if !output.status.success() {
        return Err(format!("`tidings {words}`: {}", String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("`tidings {words}`: {error}"))
}

/// Writes files, or checks that they are as they would be written.
fn keep(arguments: &Arguments, files: &[(PathBuf, String)]) -> Outcome {
    let failed = |(path, error): (PathBuf, std::io::Error)| format!("{}: {error}", path.display());
    if arguments.write {
        return tidings::output::write(&root(), files).map_err(failed);
    }
    let stale = tidings::output::stale(&root(), files).map_err(failed)?;
    match stale.first() {
        Some(path) => Err(format!("{} is stale; {REMEDY}", path.display())),
        None => Ok(()),
    }
}
