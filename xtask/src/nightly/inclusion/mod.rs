//! `cargo xtask nightly inclusion`: no verdict on inclusion is contradicted by a value.
//!
//! In: how many pairs of schemas to judge, and a seed. Out: a count of verdicts, or the schemas and the value of each
//! contradiction, and a line on record. Schemas are made from a tape of numbers, so that two that share most of their tape
//! share most of what they say; values are made of the same names and constants. Two validators of others read the schemas
//! as they were written; a value on which they disagree proves nothing.

mod maker;
pub(super) mod oracles;

use super::record;
use crate::Outcome;
use clap::Args as ClapArgs;
use maker::{DEPTH, Maker, TAPE};
use oracles::Oracle;
use serde_json::Value;
use std::collections::BTreeMap;
use tidings::document::{Dialect, SchemaFormat};
use tidings::reference::{Files, Policy};
use tidings::schema::inclusion::{self, Comparison, Side, Verdict};
use tidings::source::Diagnostics;

/// Judges made-up pairs of schemas, and holds made-up values against the verdicts
#[derive(ClapArgs)]
pub struct Arguments {
    /// How many pairs of schemas are judged
    #[arg(long, default_value_t = 100_000)]
    pairs: u64,
    /// Where the numbers begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Values for each pair of schemas.
const VALUES: usize = 10;
/// The drafts in turn.
const DIALECTS: [Dialect; 2] = [Dialect::Draft7, Dialect::Draft2020];

/// What became of all pairs.
#[derive(Default)]
struct Tally {
    verdicts: BTreeMap<&'static str, u64>,
    /// Values on which the validators disagree.
    disputed: u64,
    contradictions: Vec<String>,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let mut random = fastrand::Rng::with_seed(arguments.seed);
    let mut tally = Tally::default();
    for (_, dialect) in (0..arguments.pairs).zip(DIALECTS.into_iter().cycle()) {
        let mut tape: Vec<u32> = (0..TAPE).map(|_| random.u32(..)).collect();
        let old = Maker::new(&tape, dialect).document();
        for _ in 0..random.usize(1..4) {
            if let Some(number) = tape.get_mut(random.usize(..TAPE)) {
                *number = random.u32(..);
            }
        }
        let new = Maker::new(&tape, dialect).document();
        let mut value = || {
            let tape: Vec<u32> = (0..TAPE).map(|_| random.u32(..)).collect();
            Maker::new(&tape, dialect).value(DEPTH)
        };
        let values: Vec<Value> = (0..VALUES).map(|_| value()).collect();
        judge([&old, &new], dialect, &values, &mut tally)?;
    }
    let count = |word: &str| tally.verdicts.get(word).copied().unwrap_or_default();
    let result = format!(
        "{} contradictions; {} pairs of schemas, {VALUES} values each, seed {}; verdicts: {} hold, {} fail, {} unknown; {} values disputed",
        tally.contradictions.len(),
        arguments.pairs,
        arguments.seed,
        count("holds"),
        count("fails"),
        count("unknown"),
        tally.disputed
    );
    println!("{result}");
    record("inclusion", &result)?;
    if tally.contradictions.is_empty() { Ok(()) } else { Err(tally.contradictions.join("\n")) }
}

/// Compares two schemas as they stand in files of their own.
pub(super) fn compare([old, new]: [&Value; 2], dialect: Dialect) -> Result<Comparison, String> {
    let open = |schema: &Value| {
        let mut files = Files::new(Policy::default());
        let source = files.add("schema.json", None, schema.to_string(), &mut Diagnostics::default());
        files.root(source).map(|root| root.id()).map(|node| (files, node)).ok_or("a schema has no root".to_owned())
    };
    let ((old_files, old_node), (new_files, new_node)) = (open(old)?, open(new)?);
    let side = |files, node| Side::schema(files, node, SchemaFormat::JsonSchema(dialect), None);
    Ok(inclusion::compare(&side(&old_files, old_node), &side(&new_files, new_node)))
}

/// Holds values against the verdicts on two schemas.
fn judge([old, new]: [&Value; 2], dialect: Dialect, values: &[Value], tally: &mut Tally) -> Outcome {
    let comparison = compare([old, new], dialect)?;
    let (in_old, in_new) = (Oracle::new(old, dialect)?, Oracle::new(new, dialect)?);
    let directions =
        [(comparison.backward, [old, new], [&in_old, &in_new]), (comparison.forward, [new, old], [&in_new, &in_old])];
    for (verdict, [inner, outer], [within, without]) in directions {
        // Is the value one of the inner schema alone?
        let mut parts = |value: &Value| match (within.accepts(value), without.accepts(value)) {
            (Some(within), Some(without)) => Some(within && !without),
            _ => {
                tally.disputed += 1;
                None
            }
        };
        let (word, contradiction) = match verdict {
            Verdict::Holds => ("holds", values.iter().find(|value| parts(value) == Some(true)).cloned()),
            Verdict::Fails { witness, .. } => ("fails", (parts(&witness) == Some(false)).then_some(witness)),
            Verdict::Unknown { .. } => ("unknown", None),
        };
        *tally.verdicts.entry(word).or_default() += 1;
        let told = |value| format!("{word} ({dialect:?}): {inner} in {outer}, but {value}");
        tally.contradictions.extend(contradiction.map(told));
    }
    Ok(())
}
