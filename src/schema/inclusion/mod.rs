//! Inclusion: is every value of one schema a value of another?
//!
//! In: two [`Side`]s, each one schema or a choice of several. Out: a [`Comparison`], one [`Verdict`] for each direction.
//! `holds` rests on a proof, `fails` on a witness that a validator accepted under one side and refused under the other;
//! whatever is neither is `unknown`, with the reason. `format` and the `content` keywords are annotations. Every step is
//! bounded, so that no schema makes a comparison hang or exhaust memory.

mod alternatives;
mod avro;
pub(super) mod engine;
mod fuel;
mod languages;
mod number;
mod patterns;
mod place;
pub(super) mod plain;
pub(super) mod profile;
#[cfg(feature = "protobuf")]
mod protobuf;
mod samples;
mod search;
mod shrink;
mod structure;
mod validity;

pub use samples::samples;

use super::Schemas;
use crate::document::{Dialect, SchemaFormat, SchemaUse};
use crate::reference::Files;
use crate::syntax::{Kind, NodeId};
use engine::{Engine, Proof, Prover, Which};
use fuel::Work;
use profile::Reading;
use search::Effort;
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

pub use profile::Profile;

/// How long the algebra of the crate `jsonschema` may take. It is the one part that neither counts its steps nor can be
/// stopped; everything else is bounded by steps, so that an answer does not depend on the machine.
const PATIENCE: Duration = Duration::from_millis(400);
/// The algebra is not asked about schemas with more alternatives: it writes each of them out.
const MOST_ALTERNATIVES: u64 = 4_096;
/// Why there is no answer, as long as nothing else is known.
const UNDECIDED: &str = "budget: neither a proof nor a witness was found in a bounded number of steps";
/// Deep schemas need a deep stack.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Does inclusion hold?
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// Every value of one side is a value of the other.
    Holds,
    /// Some value is not.
    Fails {
        /// JSON Schema: a value, at most 1 MiB as JSON, that one side accepts and the other refuses. Avro and Protobuf:
        /// an object that names the part at fault (`path`) and what is wrong with it (`fault`).
        witness: Value,
        /// Why, in one sentence; Avro and Protobuf only.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It could not be decided.
    Unknown {
        /// Why not.
        reason: String,
    },
}

impl Verdict {
    /// It could not be decided.
    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { reason: reason.into() }
    }
}

/// Both directions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Is every value of the old side a value of the new one?
    pub backward: Verdict,
    /// Is every value of the new side a value of the old one?
    pub forward: Verdict,
}

impl Comparison {
    fn both(verdict: Verdict) -> Self {
        Self { backward: verdict.clone(), forward: verdict }
    }
}

/// One side of a comparison: the values that at least one of its schemas accepts. No schema at all stands for any value.
#[derive(Debug, Clone)]
pub struct Side<'f> {
    files: &'f Files,
    schemas: Vec<SchemaUse>,
    /// Read every schema by this draft, whatever its `$schema` says.
    dialect: Option<Dialect>,
    /// Only objects are values of this side.
    only_objects: bool,
}

impl<'f> Side<'f> {
    /// A bare schema. With `dialect`, its `$schema` is not asked.
    pub fn schema(files: &'f Files, node: NodeId, format: SchemaFormat, dialect: Option<Dialect>) -> Self {
        Self { files, schemas: vec![SchemaUse { node, format }], dialect, only_objects: false }
    }

    /// A choice of schemas, as the payloads of several messages are.
    pub fn choice(files: &'f Files, schemas: Vec<SchemaUse>) -> Self {
        Self { files, schemas, dialect: None, only_objects: false }
    }

    /// Leaves values that are no objects out of account, as for headers.
    #[must_use]
    pub fn of_objects(self) -> Self {
        Self { only_objects: true, ..self }
    }

    /// The format that all schemas of the side share, as far as it decides how to compare; JSON Schema where there is none.
    fn family(&self) -> Result<Family, String> {
        let mut families = self.schemas.iter().map(|one| Family::of(&one.format));
        let first = families.next().unwrap_or(Ok(Family::JsonSchema))?;
        for other in families {
            if other? != first {
                return Err("schemas of several languages stand side by side".to_owned());
            }
        }
        Ok(first)
    }
}

/// Languages that have one notion of inclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    JsonSchema,
    Avro,
    #[cfg(feature = "protobuf")]
    Protobuf,
}

impl Family {
    fn of(format: &SchemaFormat) -> Result<Self, String> {
        match format {
            SchemaFormat::AsyncApi | SchemaFormat::JsonSchema(_) | SchemaFormat::OpenApi(_) => Ok(Self::JsonSchema),
            SchemaFormat::Avro => Ok(Self::Avro),
            #[cfg(feature = "protobuf")]
            SchemaFormat::Protobuf => Ok(Self::Protobuf),
            #[cfg(not(feature = "protobuf"))]
            SchemaFormat::Protobuf => Err("Protobuf is not compiled in: the feature `protobuf` is off".to_owned()),
            SchemaFormat::Unsupported(name) => Err(format!("schemas of the format `{name}` are not read")),
        }
    }
}

/// Compares two sides in both directions, by nothing but what the schemas say.
pub fn compare(old: &Side<'_>, new: &Side<'_>) -> Comparison {
    compare_by(old, new, Profile::Semantic)
}

/// Compares two sides in both directions as a profile has it.
pub fn compare_by(old: &Side<'_>, new: &Side<'_>, profile: Profile) -> Comparison {
    compare_counting(old, new, profile).0
}

/// The same, and how many steps it took: as many on every machine, each about a tenth of a microsecond. The algebra of the
/// crate `jsonschema`, which has a bound of time, is not among them; Avro and Protobuf need none.
pub fn compare_counting(old: &Side<'_>, new: &Side<'_>, profile: Profile) -> (Comparison, usize) {
    let same = |(one, other): (&SchemaUse, &SchemaUse)| {
        // Which message of a text of Protobuf is meant is not said by the text.
        let says_all = one.format != SchemaFormat::Protobuf;
        says_all && one.format == other.format && identical((old.files, one.node), (new.files, other.node))
    };
    if old.dialect == new.dialect
        && old.schemas.len() == new.schemas.len()
        && old.schemas.iter().zip(&new.schemas).all(same)
    {
        return (Comparison::both(Verdict::Holds), 0);
    }
    let comparison = match (old.family(), new.family()) {
        (Ok(Family::JsonSchema), Ok(Family::JsonSchema)) => return compare_json_schema(old, new, profile),
        (Ok(Family::Avro), Ok(Family::Avro)) => avro::compare(old, new),
        #[cfg(feature = "protobuf")]
        (Ok(Family::Protobuf), Ok(Family::Protobuf)) => protobuf::compare(old, new, profile),
        (Ok(_), Ok(_)) => Comparison::both(Verdict::unknown("the schemas are of two languages")),
        (Err(reason), _) | (_, Err(reason)) => Comparison::both(Verdict::Unknown { reason }),
    };
    (comparison, 0)
}

fn compare_json_schema(old: &Side<'_>, new: &Side<'_>, profile: Profile) -> (Comparison, usize) {
    let [inner_reading, outer_reading] = profile.readings();
    let compared = |inner: &Side<'_>, outer: &Side<'_>| {
        let written =
            plain::schema(inner, inner_reading).and_then(|inner| Ok((inner, plain::schema(outer, outer_reading)?)));
        match written {
            Ok((inner, outer)) => search_first(inner, outer, Vec::new()),
            Err(reason) => (Comparison::both(Verdict::Unknown { reason }), 0),
        }
    };
    let (backward, steps) = compared(old, new);
    if profile.reads_alike() {
        return (backward, steps);
    }
    // Each direction has schemas of its own.
    let (forward, more) = compared(new, old);
    (Comparison { backward: backward.backward, forward: forward.backward }, steps + more)
}

/// Is there no value of both sides? `fails` shows one.
pub fn disjoint(one: &Side<'_>, other: &Side<'_>) -> Verdict {
    if !matches!((one.family(), other.family()), (Ok(Family::JsonSchema), Ok(Family::JsonSchema))) {
        return Verdict::unknown("only JSON Schemas are told apart by their values");
    }
    match (plain::schema(one, Reading::default()), plain::schema(other, Reading::default())) {
        (Ok(one), Ok(other)) => {
            // Values of both are the likely witnesses.
            let lead = plain::conjunction(&one, &other);
            search_first(one, plain::negated(other), lead.into_iter().collect()).0.backward
        }
        (Err(reason), _) | (_, Err(reason)) => Verdict::Unknown { reason },
    }
}

/// Is a value one of the side? `None` where that cannot be said.
pub fn accepts(side: &Side<'_>, value: &Value) -> Option<bool> {
    if side.family() != Ok(Family::JsonSchema) {
        return None;
    }
    let schema = plain::schema(side, Reading::default()).ok()?;
    engine::predicate(&schema).map(|accepts| accepts(value))
}

/// Compares two plain schemas, and looks for witnesses among the values of `leads` first; says how many steps that took.
fn search_first(old: Value, new: Value, leads: Vec<Value>) -> (Comparison, usize) {
    if old == new {
        return (Comparison::both(Verdict::Holds), 0);
    }
    let decided = std::thread::scope(|scope| {
        let work = || {
            let work = Work::new();
            (decide(&work, Engine::new(old, new), leads), work.spent())
        };
        std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).ok()?.join().ok()
    });
    decided.unwrap_or_else(|| (Comparison::both(Verdict::unknown("budget: the schemas are too deep")), 0))
}

/// Compares two plain schemas: the cheapest way to an answer comes first.
fn decide(work: &Work, engine: Engine, mut leads: Vec<Value>) -> Comparison {
    let mut comparison = Comparison::both(Verdict::unknown(UNDECIDED));
    let sides = [(&engine.old, &engine.new), (&engine.new, &engine.old)];
    let mut texts = Vec::new();
    for (verdict, (inner, outer)) in comparison.directions().into_iter().zip(sides) {
        if structure::included(inner, outer, work, &mut texts) {
            *verdict = Verdict::Holds;
        }
    }
    let search = |leads: &[Value], open, effort| search::witnesses(&engine, work, leads, &texts, open, effort);
    comparison.take(search(&leads, comparison.open(), Effort::Little));
    if comparison.open() == [false; 2] {
        return comparison;
    }
    let proofs = proofs(&engine, comparison.open());
    for (verdict, proof) in comparison.directions().into_iter().zip(proofs) {
        match proof {
            Some(Proof::Holds) => *verdict = Verdict::Holds,
            Some(Proof::Open { reason, leftover }) => {
                leads.extend(leftover);
                *verdict = Verdict::Unknown { reason };
            }
            None => {}
        }
    }
    // What a proof leaves over says where else to look.
    for leads in [leads, Vec::new()] {
        if comparison.open() != [false; 2] {
            comparison.take(search(&leads, comparison.open(), Effort::Much));
        }
    }
    comparison
}

/// Proofs by algebra of what is open, as far as they come in time.
fn proofs(engine: &Engine, open: [bool; 2]) -> [Option<Proof>; 2] {
    if [&engine.old, &engine.new].into_iter().any(|schema| alternatives::most(schema) > MOST_ALTERNATIVES) {
        return [None, None];
    }
    let (old, new) = (engine.old.clone(), engine.new.clone());
    let (report, reports) = channel();
    let work = move || {
        let prover = Prover::new(&old, &new);
        for (at, which) in
            [Which::Old, Which::New].into_iter().enumerate().filter(|(at, _)| open.get(*at) == Some(&true))
        {
            let proof = match &prover {
                Ok(prover) => prover.included(which),
                Err(reason) => Proof::Open { reason: reason.clone(), leftover: None },
            };
            // Nobody listens any more once the time is up.
            if report.send((at, proof)).is_err() {
                return;
            }
        }
    };
    let mut proofs = [None, None];
    let until = Instant::now() + PATIENCE;
    if std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).is_ok() {
        while let Ok((at, proof)) = reports.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if let Some(place) = proofs.get_mut(at) {
                *place = Some(proof);
            }
        }
    }
    proofs
}

impl Comparison {
    fn directions(&mut self) -> [&mut Verdict; 2] {
        [&mut self.backward, &mut self.forward]
    }

    /// What is undecided: backward, forward.
    fn open(&self) -> [bool; 2] {
        [&self.backward, &self.forward].map(|verdict| matches!(verdict, Verdict::Unknown { .. }))
    }

    /// Takes over witnesses for what is open.
    fn take(&mut self, found: search::Found) {
        for (verdict, witness) in [(&mut self.backward, found.backward), (&mut self.forward, found.forward)] {
            if matches!(verdict, Verdict::Unknown { .. }) {
                match witness {
                    Some(search::Witness::Value(witness)) => *verdict = Verdict::Fails { witness, reason: None },
                    Some(search::Witness::Unconfirmed(reason)) => *verdict = Verdict::Unknown { reason },
                    None => {}
                }
            }
        }
    }
}

/// Everything that a side can reach, read.
fn read(side: &Side<'_>) -> (Schemas, Vec<super::SchemaId>) {
    let mut reader = super::Reader::new(side.files);
    let ids = side
        .schemas
        .iter()
        .filter_map(|one| match side.dialect {
            Some(dialect) => Some(reader.read_as(one.node, &one.format, dialect)),
            None => reader.read(one.node, &one.format),
        })
        .collect();
    (reader.finish(), ids)
}

/// More pairs of nodes than this are not compared.
const MAXIMUM_PAIRS: usize = 2_000_000;

/// Do two nodes say the same, with references followed? Names of definitions and the order of keys do not count.
pub(crate) fn identical(old: (&Files, NodeId), new: (&Files, NodeId)) -> bool {
    let mut todo = vec![(old.1, new.1)];
    let mut seen = HashSet::new();
    while let Some((left, right)) = todo.pop() {
        if !seen.insert((left, right)) {
            continue;
        }
        if seen.len() > MAXIMUM_PAIRS {
            return false;
        }
        let (left, right) = (old.0.node(left), new.0.node(right));
        match (left.kind(), right.kind()) {
            (Kind::Object(members), Kind::Object(others)) if members.len() == others.len() => {
                for entry in left.entries() {
                    let Some(other) = right.get(entry.key) else { return false };
                    let texts = (entry.key == "$ref").then(|| Some((entry.value.as_str()?, other.as_str()?))).flatten();
                    match (texts, old.0.resolve(entry.value), new.0.resolve(other)) {
                        (Some(_), Ok(target), Ok(other)) => todo.push((target.id(), other.id())),
                        // Neither leads anywhere: then the words must be the same.
                        (Some((text, other)), Err(_), Err(_)) if text == other => {}
                        (Some(_), ..) => return false,
                        (None, ..) => todo.push((entry.value.id(), other.id())),
                    }
                }
            }
            (Kind::Array(items), Kind::Array(others)) if items.len() == others.len() => {
                todo.extend(items.iter().copied().zip(others.iter().copied()));
            }
            (Kind::Null, Kind::Null) => {}
            (Kind::Boolean(one), Kind::Boolean(other)) if one == other => {}
            (Kind::Number(one), Kind::Number(other)) if one == other => {}
            (Kind::String(one), Kind::String(other)) if one == other => {}
            _ => return false,
        }
    }
    true
}
