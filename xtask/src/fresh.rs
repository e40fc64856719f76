//! `cargo xtask fresh`: the generated code under version control is what the generator writes today.

use crate::{Outcome, cargo, run as run_command};
use clap::Args;

/// Checks that generated code under version control is up to date
#[derive(Args)]
pub struct Arguments {
    /// Writes it anew instead
    #[arg(long)]
    write: bool,
}

/// Document, folder, and further arguments of `tidings generate`.
const EXAMPLES: [(&str, &str, &[&str]); 1] =
    [("specs/orders.yaml", "generated-examples/orders-client", &["--role", "counterpart", "--crate", "orders-client"])];

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    for (document, folder, further) in EXAMPLES {
        let mut command = cargo();
        command.args(["run", "--quiet", "--package", "tidings-cli", "--", "generate", document, "--output", folder]);
        command.args(["--runtime", "path=runtime"]).args(further);
        if !arguments.write {
            command.arg("--check");
        }
        run_command(&mut command)
            .map_err(|error| format!("{error}; `cargo xtask fresh --write` brings it up to date"))?;
    }
    Ok(())
}
