//! Inclusion: is every value of one schema a value of another?
//!
//! In: two [`Side`]s, each one schema or a choice of several. Out: a [`Comparison`], one [`Verdict`] for each direction.
//! `holds` rests on a proof, `fails` on a witness that a validator accepted under one side and refused under the other;
//! whatever is neither is `unknown`, with the reason. `format` and the `content` keywords are annotations. Every step is
//! bounded, so that no schema makes a comparison hang or exhaust memory.

mod avro;
mod engine;
mod plain;
mod search;
mod shrink;

use super::Schemas;
use crate::document::{Dialect, SchemaFormat, SchemaUse};
use crate::reference::Files;
use crate::syntax::{Kind, NodeId};
use engine::{Engine, Proof};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;

/// Does inclusion hold?
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// Every value of one side is a value of the other.
    Holds,
    /// Some value is not.
    Fails {
        /// JSON Schema: a value, at most 1 MiB as JSON, that one side accepts and the other refuses. Avro: an object
        /// that names the part at fault (`path`) and what is wrong with it (`fault`).
        witness: Value,
        /// Why, in one sentence; Avro only.
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
}

impl Family {
    fn of(format: &SchemaFormat) -> Result<Self, String> {
        match format {
            SchemaFormat::AsyncApi | SchemaFormat::JsonSchema(_) | SchemaFormat::OpenApi(_) => Ok(Self::JsonSchema),
            SchemaFormat::Avro => Ok(Self::Avro),
            SchemaFormat::Protobuf => Err("Protobuf schemas are not compared yet".to_owned()),
            SchemaFormat::Unsupported(name) => Err(format!("schemas of the format `{name}` are not read")),
        }
    }
}

/// Compares two sides in both directions.
pub fn compare(old: &Side<'_>, new: &Side<'_>) -> Comparison {
    let same = |(one, other): (&SchemaUse, &SchemaUse)| {
        one.format == other.format && identical((old.files, one.node), (new.files, other.node))
    };
    if old.dialect == new.dialect
        && old.schemas.len() == new.schemas.len()
        && old.schemas.iter().zip(&new.schemas).all(same)
    {
        return Comparison::both(Verdict::Holds);
    }
    match (old.family(), new.family()) {
        (Ok(Family::JsonSchema), Ok(Family::JsonSchema)) => compare_json_schema(old, new),
        (Ok(Family::Avro), Ok(Family::Avro)) => avro::compare(old, new),
        (Ok(_), Ok(_)) => Comparison::both(Verdict::unknown("the schemas are of two languages")),
        (Err(reason), _) | (_, Err(reason)) => Comparison::both(Verdict::Unknown { reason }),
    }
}

fn compare_json_schema(old: &Side<'_>, new: &Side<'_>) -> Comparison {
    let (old, new) = match (plain::schema(old), plain::schema(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(reason), _) | (_, Err(reason)) => return Comparison::both(Verdict::Unknown { reason }),
    };
    if old == new {
        return Comparison::both(Verdict::Holds);
    }
    let engine = match Engine::new(old, new) {
        Ok(engine) => engine,
        Err(reason) => return Comparison::both(Verdict::Unknown { reason }),
    };
    // A witness is cheaper than a proof, and trusted more.
    let mut found = search::witnesses(&engine, &[]);
    let [backward, forward] = engine.prove([found.backward.is_none(), found.forward.is_none()]);
    // What a proof leaves over says where to look.
    let leftover: Vec<Value> = [&backward, &forward].into_iter().filter_map(Proof::leftover).cloned().collect();
    if !leftover.is_empty() {
        let more = search::witnesses(&engine, &leftover);
        found.backward = found.backward.or(more.backward);
        found.forward = found.forward.or(more.forward);
    }
    let verdict = |witness: Option<search::Witness>, proof: Proof| match (witness, proof) {
        (Some(search::Witness::Value(witness)), _) => Verdict::Fails { witness, reason: None },
        (Some(search::Witness::TooLarge), _) => Verdict::unknown("budget: every witness is larger than 1 MiB"),
        (None, Proof::Holds) => Verdict::Holds,
        (None, Proof::Open { reason, .. }) => Verdict::Unknown { reason },
    };
    Comparison { backward: verdict(found.backward, backward), forward: verdict(found.forward, forward) }
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
