//! `cargo xtask counts`: how many crates each feature of the runtime compiles, as the README says.
//!
//! In: the table of features in the README. Out: the counts, and an error where one is another than the README's, or beyond
//! its budget.

use crate::{Outcome, cargo, root};
use std::collections::BTreeSet;

/// How many crates a feature may compile at most.
const BUDGETS: [(&str, usize); 4] = [("", 45), ("memory", 45), ("nats", 115), ("kafka", 65)];

/// Runs the task.
pub fn run() -> Outcome {
    let readme = root().join("README.md");
    let readme = std::fs::read_to_string(&readme).map_err(|error| format!("{}: {error}", readme.display()))?;
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for (features, said) in rows(&readme) {
        let counted = count(&features)?;
        println!("{counted:4}  {}", if features.is_empty() { "(none)" } else { &features });
        if counted != said {
            faults.push(format!("`{features}` compiles {counted} crates, and the README says {said}"));
        }
        if let Some((_, budget)) = BUDGETS.iter().find(|(name, budget)| *name == features && counted > *budget) {
            faults.push(format!("`{features}` compiles {counted} crates, more than {budget}"));
        }
        seen.insert(features);
    }
    faults.extend(
        BUDGETS
            .iter()
            .filter(|(name, _)| !seen.contains(*name))
            .map(|(name, _)| format!("the README's table of features has no line for `{name}`")),
    );
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// The lines of the table: features, joined by commas, and how many crates they compile.
fn rows(readme: &str) -> Vec<(String, usize)> {
    let lines = readme.lines().skip_while(|line| !line.starts_with("| feature |")).skip(2);
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let count = cells.last()?.split(' ').next()?.parse().ok()?;
        let names: Vec<&str> = cells.first()?.split('`').skip(1).step_by(2).collect();
        Some((names.join(","), count))
    };
    lines.take_while(|line| line.starts_with('|')).filter_map(row).collect()
}

/// How many crates the runtime compiles with these features and no others, itself included.
fn count(features: &str) -> Result<usize, String> {
    let mut tree = cargo();
    tree.args(["tree", "--package", "tidings-runtime", "--no-default-features", "--features", features]);
    let output = tree.args(["--edges", "normal,build", "--prefix", "none", "--quiet"]).output();
    let output = output.map_err(|error| format!("cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let crates: BTreeSet<Vec<&str>> = text.lines().map(|line| line.split(' ').take(2).collect()).collect();
    Ok(crates.len())
}
