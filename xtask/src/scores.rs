//! `cargo xtask scores DIR`: the figures of outside checks, against those under version control, which can only rise.
//!
//! In: a folder with `checks/` and their data. Out: the figures that matter, compared with `conformance/scores.json`.

use crate::{Outcome, lines, root, target};
use clap::Args;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Runs the outside checks and compares their figures with those on record
#[derive(Args)]
pub struct Arguments {
    /// The folder with `checks/` and their data
    shared: PathBuf,
    /// Puts the figures on record, instead of failing when one is worse
    #[arg(long)]
    write: bool,
}

/// Stands for a script where the figures are measured here.
const OWN: &str = "";

/// A run of a check: its name on record, the script, its arguments (`@` stands for the folder), and the figures that matter.
struct Check {
    name: &'static str,
    script: &'static str,
    arguments: &'static [&'static str],
    figures: &'static [Figure],
}

/// A figure of the check's last line.
struct Figure {
    /// JSON pointer.
    pointer: &'static str,
    /// Which way is worse.
    worse: Worse,
    /// How much worse it may be, where the figure depends on how fast the machine is.
    slack: i64,
}

enum Worse {
    Less,
    More,
}

const fn less(pointer: &'static str) -> Figure {
    Figure { pointer, worse: Worse::Less, slack: 0 }
}

const fn more(pointer: &'static str) -> Figure {
    Figure { pointer, worse: Worse::More, slack: 0 }
}

/// Comparisons are given up after a time, so a slow machine leaves a few more of them undecided.
const fn less_by_time(pointer: &'static str) -> Figure {
    Figure { pointer, worse: Worse::Less, slack: 5 }
}

const AGREEMENT: &[Figure] = &[
    less("/unanimous/agree"),
    more("/unanimous/no_answer"),
    less("/official/agree"),
    more("/official/no_answer"),
    less("/lines/same"),
    less("/tck/agree"),
    less("/refused"),
];
const LINES: &[Figure] =
    &[more("/documents/both"), less("/documents/same"), less("/mutants/refused"), more("/mutants/errors")];
const TYPES: &[Figure] = &[
    less("/converted"),
    less("/compiled"),
    less("/perfect"),
    less("/round_trips_equal"),
    more("/accepts_invalid"),
    more("/rejects_valid"),
    more("/failed"),
    more("/panics"),
    more("/aborts"),
    more("/hangs"),
];

const INCLUSION: &[Figure] = &[
    less_by_time("/backward/right"),
    less_by_time("/forward/right"),
    more("/backward/false_compatible"),
    more("/forward/false_compatible"),
    more("/backward/false_breaking"),
    more("/forward/false_breaking"),
    more("/backward/bad_witness"),
    more("/forward/bad_witness"),
    more("/backward/crash"),
    more("/forward/crash"),
];

const CHECKS: [Check; 9] = [
    Check {
        name: "validate corpus",
        script: "validate_agreement.py",
        arguments: &["--corpus", "@/corpus"],
        figures: AGREEMENT,
    },
    Check {
        name: "validate mutants",
        script: "validate_agreement.py",
        arguments: &["--corpus", "@/corpus", "--mutants"],
        figures: AGREEMENT,
    },
    Check { name: "validate lines", script: OWN, arguments: &[], figures: LINES },
    Check {
        name: "schema diff",
        script: "schema_diff_score.py",
        arguments: &["--pairs", "@/compat-pairs"],
        figures: INCLUSION,
    },
    types("types draft4", &["--suite", "@/conformance/tests/draft4"]),
    types("types draft6", &["--suite", "@/conformance/tests/draft6"]),
    types("types draft7", &["--suite", "@/conformance/tests/draft7"]),
    types("types 2019-09", &["--suite", "@/conformance/tests/draft2019-09"]),
    types("types 2020-12", &["--suite", "@/conformance/tests/draft2020-12"]),
];

const fn types(name: &'static str, arguments: &'static [&'static str]) -> Check {
    Check { name, script: "types_score.py", arguments, figures: TYPES }
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let record_path = root().join("conformance/scores.json");
    let record: Map<String, Value> = std::fs::read_to_string(&record_path)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    crate::run(crate::cargo().args(["build", "--quiet", "--release", "--package", "tidings-cli"]))?;
    let binary = target().join("release/tidings");
    let mut measured = Map::new();
    let mut worse = Vec::new();
    for (check, score) in CHECKS.iter().zip(run_all(&arguments.shared, &binary)) {
        let score = score?;
        let mut figures = Map::new();
        for figure in check.figures {
            let now = score.pointer(figure.pointer).and_then(Value::as_i64);
            let now = now.ok_or_else(|| format!("{}: no figure {}", check.name, figure.pointer))?;
            let before = record.get(check.name).and_then(|figures| figures.get(figure.pointer)).and_then(Value::as_i64);
            let is_worse = match (&figure.worse, before) {
                (_, None) => false,
                (Worse::Less, Some(before)) => now < before - figure.slack,
                (Worse::More, Some(before)) => now > before + figure.slack,
            };
            if is_worse {
                worse.push(format!(
                    "{} {}: {now}, on record {}",
                    check.name,
                    figure.pointer,
                    before.unwrap_or_default()
                ));
            }
            figures.insert(figure.pointer.to_owned(), now.into());
        }
        println!("{}: {}", check.name, Value::Object(figures.clone()));
        measured.insert(check.name.to_owned(), Value::Object(figures));
    }
    if arguments.write {
        let text = serde_json::to_string_pretty(&measured).map_err(|error| error.to_string())? + "\n";
        let files = [(PathBuf::from("conformance/scores.json"), text)];
        return tidings::output::write(&root(), &files).map_err(|(path, error)| format!("{}: {error}", path.display()));
    }
    if worse.is_empty() { Ok(()) } else { Err(format!("worse than on record:\n{}", worse.join("\n"))) }
}

/// What the checks say, in their order. Those that mostly wait for one compiler run side by side; the others, some of which
/// give up after a time, alone and before them.
fn run_all(shared: &Path, binary: &Path) -> Vec<Result<Value, String>> {
    let mut scores: Vec<Option<Result<Value, String>>> = CHECKS.iter().map(|_| None).collect();
    let run = |check: &Check, worker: usize| {
        let began = Instant::now();
        let score = check.run(shared, binary, worker);
        eprintln!("> {}: {} s", check.name, began.elapsed().as_secs());
        Some(score)
    };
    for (check, score) in CHECKS.iter().zip(&mut scores).filter(|(check, _)| !check.compiles()) {
        *score = run(check, 0);
    }
    let waiting = Mutex::new(CHECKS.iter().zip(&mut scores).filter(|(check, _)| check.compiles()));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        for worker in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let (next, run) = (&next, &run);
            scope.spawn(move || {
                while let Some((check, score)) = next() {
                    *score = run(check, worker);
                }
            });
        }
    });
    scores.into_iter().map(|score| score.unwrap_or_else(|| Err("a check was not run".to_owned()))).collect()
}

impl Check {
    fn compiles(&self) -> bool {
        self.script == "types_score.py"
    }

    /// The figures of the last line, which begins `score: `. Each worker has a folder of its own to compile in.
    fn run(&self, shared: &Path, binary: &Path, worker: usize) -> Result<Value, String> {
        let shared = shared.canonicalize().map_err(|error| format!("{}: {error}", shared.display()))?;
        if self.script == OWN {
            return lines::measure(&shared, binary);
        }
        let mut command = Command::new("python3");
        command.arg(shared.join("checks").join(self.script)).arg("--tidings").arg(binary);
        command.args(self.arguments.iter().map(|word| word.replace('@', &shared.display().to_string())));
        if self.compiles() {
            let folder = target().join(format!("types-score-{worker}"));
            command.arg("--runtime").arg(root().join("runtime")).arg("--work").arg(folder);
        }
        eprintln!("> {} {}", self.script, self.arguments.join(" "));
        let output = command.output().map_err(|error| format!("python3: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let score = text.lines().rev().find_map(|line| line.strip_prefix("score: "));
        score
            .and_then(|score| serde_json::from_str(score).ok())
            .ok_or_else(|| format!("{}: no score\n{text}\n{}", self.name, String::from_utf8_lossy(&output.stderr)))
    }
}
