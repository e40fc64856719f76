//! `cargo xtask nightly samples DIR`: there are samples of every schema that accepts anything, and each is valid.
//!
//! In: a folder with the tests of the JSON Schema Test Suite, one folder for each draft. Out: of how many schemas with a
//! valid test there are samples, for several seeds; the others by name; what two validators refuse, and what they dispute
//! (their schemas of schemas differ, and one divides floats); a line on record. Formats are asserted by samples, and by no
//! schema of the suite but those about formats.

use super::inclusion::oracles::Oracle;
use super::record;
use crate::Outcome;
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tidings::document::{Dialect, SchemaFormat};
use tidings::reference::Files;
use tidings::schema::inclusion::{self, Side};
use tidings::source::Diagnostics;

/// Samples every schema of the JSON Schema Test Suite
#[derive(Args)]
pub struct Arguments {
    /// The folder `tests` of the suite
    suite: PathBuf,
    /// Only drafts whose folder contains this text
    #[arg(long, default_value = "")]
    only: String,
}

/// Folders of the suite, and the draft that each is read by.
const DRAFTS: [(&str, Dialect); 5] = [
    ("draft4", Dialect::Draft4),
    ("draft6", Dialect::Draft6),
    ("draft7", Dialect::Draft7),
    ("draft2019-09", Dialect::Draft2019),
    ("draft2020-12", Dialect::Draft2020),
];
const SEEDS: [u64; 2] = [0, 7];
/// Samples for each seed.
const COUNT: usize = 5;

#[derive(Default)]
struct Tally {
    satisfiable: usize,
    sampled: usize,
    samples: usize,
    longest: Duration,
    without: Vec<String>,
    faults: Vec<String>,
    disputed: usize,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let mut faults = Vec::new();
    for (folder, dialect) in DRAFTS.into_iter().filter(|(folder, ..)| folder.contains(&arguments.only)) {
        let mut tally = Tally::default();
        for file in files(&arguments.suite.join(folder))? {
            let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let groups: Vec<Value> =
                serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
            let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            for group in &groups {
                let tests = group.get("tests").and_then(Value::as_array).into_iter().flatten();
                let satisfiable = tests.into_iter().any(|test| test.get("valid") == Some(&Value::Bool(true)));
                if let (true, Some(schema)) = (satisfiable, group.get("schema")) {
                    let description = group.get("description").and_then(Value::as_str).unwrap_or_default();
                    tally.group(&format!("{folder}/{stem}: {description}"), schema, dialect);
                }
            }
        }
        let Tally { satisfiable, sampled, samples, longest, disputed, .. } = tally;
        let result = format!(
            "{sampled} of {satisfiable} schemas have samples, {samples} in all, {} refused, {disputed} disputed",
            tally.faults.len(),
        );
        println!("{folder}: {result}; at most {} ms each", longest.as_millis());
        record(&format!("samples `{folder}`"), &result)?;
        tally.without.iter().for_each(|group| println!("  none of {group}"));
        faults.extend(tally.faults);
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// The tests of a draft, those of its folders left out: they are optional.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let listing = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let paths = listing.flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    paths.sort();
    Ok(paths)
}

impl Tally {
    fn group(&mut self, name: &str, schema: &Value, dialect: Dialect) {
        self.satisfiable += 1;
        let mut files = Files::default();
        let source = files.add("schema.json", None, schema.to_string(), &mut Diagnostics::default());
        let Some(root) = files.root(source) else { return self.without.push(format!("{name} (it is not read)")) };
        let side = Side::schema(&files, root.id(), SchemaFormat::JsonSchema(dialect), None);
        let oracle = Oracle::new(schema, dialect);
        for seed in SEEDS {
            let begun = Instant::now();
            let samples = inclusion::samples(&side, COUNT, seed);
            self.longest = self.longest.max(begun.elapsed());
            match samples {
                Err(reason) => return self.without.push(format!("{name} ({reason})")),
                Ok(samples) if samples.is_empty() => return self.without.push(name.to_owned()),
                Ok(samples) => {
                    self.samples += samples.len();
                    // A schema that a validator cannot read is judged by none.
                    let Ok(oracle) = &oracle else { continue };
                    for value in &samples {
                        match oracle.accepts(value) {
                            Some(true) => {}
                            Some(false) => self.faults.push(format!("{name}: {value} is refused by {schema}")),
                            None => self.disputed += 1,
                        }
                    }
                }
            }
        }
        self.sampled += 1;
    }
}
