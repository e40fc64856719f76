//! Avro: does what was written by one schema resolve to what a reader of another expects?
//!
//! In: two [`Side`]s that are Avro. Out: *backward* is whether a reader of the new schema reads what
//! the old one wrote, *forward* the reverse, by the rules of schema resolution (Avro 1.12, "Schema Resolution"): names
//! match without their namespace or by an alias of the reader, logical types are annotations but for `decimal`. Recursive schemas are
//! finite: a pair of types that is being compared already is taken to resolve.

use super::{Comparison, Side, Verdict};
use crate::schema::avro::{self, Kind, Logical, Names, Primitive, Record, Type, TypeId};
use crate::source::Severity;
use serde_json::json;
use std::collections::HashSet;

/// How many pairs of types are compared.
const MAXIMUM_STEPS: usize = 200_000;
/// How deep types may lie in each other.
const MAXIMUM_DEPTH: usize = 1_000;
/// What else than its own type a reader takes: writer, then readers.
const PROMOTIONS: [(Primitive, &[Primitive]); 5] = [
    (Primitive::Int, &[Primitive::Long, Primitive::Float, Primitive::Double]),
    (Primitive::Long, &[Primitive::Float, Primitive::Double]),
    (Primitive::Float, &[Primitive::Double]),
    (Primitive::Bytes, &[Primitive::String]),
    (Primitive::String, &[Primitive::Bytes]),
];

/// Compares in both directions.
pub(super) fn compare(old: &Side<'_>, new: &Side<'_>) -> Comparison {
    match (Types::of(old), Types::of(new)) {
        (Ok(old), Ok(new)) => Comparison { backward: resolve(&old, &new), forward: resolve(&new, &old) },
        (Err(reason), _) | (_, Err(reason)) => Comparison::both(Verdict::Unknown { reason }),
    }
}

/// Can a reader read what a writer wrote?
fn resolve(writer: &Types, reader: &Types) -> Verdict {
    let mut resolver = Resolver { writer, reader, open: HashSet::new(), left: MAXIMUM_STEPS, undefined: false };
    let fits = writer.roots.iter().try_for_each(|writer| resolver.choice(*writer, &reader.roots, String::new()));
    match fits {
        _ if resolver.undefined => Verdict::unknown("a type that is defined elsewhere"),
        Ok(()) => Verdict::Holds,
        Err(_) if resolver.left == 0 => Verdict::unknown("budget: the schemas are too large"),
        Err(fault) => {
            Verdict::Fails { witness: json!({ "path": fault.path, "fault": fault.text }), reason: Some(fault.text) }
        }
    }
}

/// The schemas of a side, read.
struct Types {
    all: avro::Types,
    roots: Vec<TypeId>,
}

impl Types {
    fn of(side: &Side<'_>) -> Result<Self, String> {
        let (mut all, mut faults) = (avro::Types::default(), Vec::new());
        let read = |schema: &crate::document::SchemaUse| avro::read(side.files, schema.node, &mut all, &mut faults);
        let roots: Vec<TypeId> = side.schemas.iter().map(read).collect();
        match faults.into_iter().find(|fault| fault.severity == Severity::Error) {
            Some(fault) => Err(format!("not an Avro schema: {}", fault.message)),
            None if roots.is_empty() => Err("a payload that may be anything".to_owned()),
            None => Ok(Self { all, roots }),
        }
    }
}

/// Does a reader with these names read what a writer calls by its name? Namespaces do not count.
fn reads(reader: &Names, writer: &Names) -> bool {
    let short = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    reader.short() == writer.short() || reader.aliases.iter().any(|alias| short(alias) == writer.short())
}

/// What does not resolve.
#[derive(Debug)]
struct Fault {
    /// Names of fields, `[]` for items, `{}` for values of maps, from the root.
    path: String,
    text: String,
}

struct Resolver<'t> {
    writer: &'t Types,
    reader: &'t Types,
    /// Pairs that are being compared.
    open: HashSet<(TypeId, TypeId)>,
    left: usize,
    /// A type was met that nothing in reach defines.
    undefined: bool,
}

impl<'t> Resolver<'t> {
    fn pair(&mut self, writer_id: TypeId, reader_id: TypeId, path: String) -> Result<(), Fault> {
        self.left = self.left.saturating_sub(1);
        // As many pairs are open as calls are.
        if self.left == 0 || self.open.len() > MAXIMUM_DEPTH {
            self.left = 0;
            return Err(Fault { path, text: "too many steps".to_owned() });
        }
        let (Some(writer), Some(reader)) = (self.writer.all.get(writer_id), self.reader.all.get(reader_id)) else {
            self.undefined = true;
            return Ok(());
        };
        if !self.open.insert((writer_id, reader_id)) {
            return Ok(());
        }
        let result = self.types(writer_id, writer, reader_id, reader, path);
        self.open.remove(&(writer_id, reader_id));
        result
    }

    /// One of several readers must do.
    fn choice(&mut self, writer_id: TypeId, readers: &[TypeId], path: String) -> Result<(), Fault> {
        if let [only] = readers {
            return self.pair(writer_id, *only, path);
        }
        if let Kind::Union(branches) = self.writer.all.kind(writer_id) {
            return branches.iter().try_for_each(|branch| self.choice(*branch, readers, path.clone()));
        }
        // A branch of the same name says best what is wrong.
        let mut best = None;
        for reader in readers {
            match self.pair(writer_id, *reader, path.clone()) {
                Ok(()) => return Ok(()),
                Err(fault) if fault.path.len() > path.len() => best = best.or(Some(fault)),
                Err(_) => {}
            }
        }
        let written = self.writer.all.get(writer_id).map(describe).unwrap_or_default();
        let text = format!("no branch of the reader's union can read {written}");
        Err(best.unwrap_or(Fault { path, text }))
    }

    fn types(
        &mut self,
        writer_id: TypeId,
        writer: &'t Type,
        reader_id: TypeId,
        reader: &'t Type,
        path: String,
    ) -> Result<(), Fault> {
        let refuse = |path: String| {
            let text = format!("a reader of {} cannot read {}", describe(reader), describe(writer));
            Err(Fault { path, text })
        };
        match (&writer.kind, &reader.kind) {
            (Kind::Unknown, _) | (_, Kind::Unknown) => {
                self.undefined = true;
                Ok(())
            }
            (Kind::Union(branches), _) => {
                branches.iter().try_for_each(|branch| self.pair(*branch, reader_id, path.clone()))
            }
            (_, Kind::Union(branches)) => self.choice(writer_id, branches, path),
            _ if other_scale(writer.logical, reader.logical) => {
                let text = "decimals of another precision or scale do not match".to_owned();
                Err(Fault { path, text })
            }
            (Kind::Primitive(writer), Kind::Primitive(reader)) => {
                let promoted = PROMOTIONS.iter().any(|(from, to)| from == writer && to.contains(reader));
                if writer == reader || promoted { Ok(()) } else { refuse(path) }
            }
            (Kind::Array(writer), Kind::Array(reader)) => self.pair(*writer, *reader, path + "[]"),
            (Kind::Map(writer), Kind::Map(reader)) => self.pair(*writer, *reader, path + "{}"),
            (Kind::Fixed(writer), Kind::Fixed(reader)) => {
                if !reads(&reader.names, &writer.names) {
                    return refuse(path);
                }
                let (written, expected) = (writer.size, reader.size);
                let text = format!("`{}` has {written} bytes where {expected} are expected", reader.names.short());
                if written == expected { Ok(()) } else { Err(Fault { path, text }) }
            }
            (Kind::Enumeration(writer), Kind::Enumeration(reader)) => {
                if !reads(&reader.names, &writer.names) {
                    return refuse(path);
                }
                let known = |symbol: &str| reader.symbols.iter().any(|(known, _)| known == symbol);
                let strange = writer.symbols.iter().map(|(symbol, _)| symbol).find(|symbol| !known(symbol));
                strange.filter(|_| reader.default.is_none()).map_or(Ok(()), |symbol| {
                    let text = format!("the enum `{}` has no symbol `{symbol}`, nor a default", reader.names.short());
                    Err(Fault { path, text })
                })
            }
            (Kind::Record(writer), Kind::Record(reader)) if reads(&reader.names, &writer.names) => {
                self.fields(writer, reader, &path)
            }
            _ => refuse(path),
        }
    }

    fn fields(&mut self, writer: &Record, reader: &Record, path: &str) -> Result<(), Fault> {
        for field in &reader.fields {
            let path = if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
            let same = writer.fields.iter().find(|other| other.name == field.name);
            let same = same.or_else(|| writer.fields.iter().find(|other| field.aliases.contains(&other.name)));
            match same {
                Some(other) => self.pair(other.of, field.of, path)?,
                None if field.default.is_some() => {}
                None => {
                    let text = format!("the field `{}` is not written, and has no default", field.name);
                    return Err(Fault { path, text });
                }
            }
        }
        Ok(())
    }
}

/// Two decimals that mean different numbers by the same digits ("Schema Resolution", `decimal`).
fn other_scale(writer: Option<Logical>, reader: Option<Logical>) -> bool {
    let decimal = |logical: Option<Logical>| logical.filter(|one| matches!(one, Logical::Decimal { .. }));
    matches!((decimal(writer), decimal(reader)), (Some(writer), Some(reader)) if writer != reader)
}

fn describe(one: &Type) -> String {
    match &one.kind {
        Kind::Primitive(primitive) => format!("`{}`", primitive.as_str()),
        Kind::Record(record) => format!("the record `{}`", record.names.short()),
        Kind::Enumeration(enumeration) => format!("the enum `{}`", enumeration.names.short()),
        Kind::Fixed(fixed) => format!("the fixed `{}`", fixed.names.short()),
        Kind::Array(_) => "an array".to_owned(),
        Kind::Map(_) => "a map".to_owned(),
        Kind::Union(_) => "a union".to_owned(),
        Kind::Unknown => "a type that is defined elsewhere".to_owned(),
    }
}
