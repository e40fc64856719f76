//! Avro: does what was written by one schema resolve to what a reader of another expects?
//!
//! In: two [`Side`]s in the JSON form of Avro schemas. Out: *backward* is whether a reader of the new schema reads what
//! the old one wrote, *forward* the reverse, by the rules of schema resolution (Avro 1.12, "Schema Resolution"): names
//! match without their namespace or by an alias of the reader, logical types are annotations. Recursive schemas are
//! finite: a pair of types that is being compared already is taken to resolve.

use super::{Comparison, Side, Verdict};
use crate::syntax::{Node, to_json};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// How many pairs of types are compared.
const MAXIMUM_STEPS: usize = 200_000;
/// How deep types may lie in each other.
const MAXIMUM_DEPTH: usize = 1_000;
/// How many types a schema may have.
const MAXIMUM_TYPES: usize = 50_000;
/// The types without a name, and what else a reader of them takes (writer, then readers).
const PRIMITIVES: [(&str, &[&str]); 8] = [
    ("null", &[]),
    ("boolean", &[]),
    ("int", &["long", "float", "double"]),
    ("long", &["float", "double"]),
    ("float", &["double"]),
    ("double", &[]),
    ("bytes", &["string"]),
    ("string", &["bytes"]),
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
    let mut resolver = Resolver { writer, reader, open: HashSet::new(), left: MAXIMUM_STEPS };
    match resolver.pair(writer.root, reader.root, String::new()) {
        Ok(()) => Verdict::Holds,
        Err(_) if resolver.left == 0 => Verdict::unknown("budget: the schemas are too large"),
        Err(fault) => {
            Verdict::Fails { witness: json!({ "path": fault.path, "fault": fault.text }), reason: Some(fault.text) }
        }
    }
}

/// Index of a type.
type TypeId = usize;

/// A type.
#[derive(Debug, Clone)]
enum Type {
    Primitive(&'static str),
    Record {
        names: Names,
        fields: Vec<Field>,
    },
    Enum {
        names: Names,
        symbols: Vec<String>,
        has_default: bool,
    },
    Fixed {
        names: Names,
        size: u64,
    },
    Array(TypeId),
    Map(TypeId),
    Union(Vec<TypeId>),
    /// A name, until everything is read.
    Named(String),
}

/// The name of a type without namespace, and the others that it goes by.
#[derive(Debug, Clone)]
struct Names {
    name: String,
    aliases: Vec<String>,
}

impl Names {
    fn of(node: Node<'_>) -> Result<Self, String> {
        let name = node.get_str("name").ok_or("not an Avro schema: a named type has no `name`")?;
        Ok(Self { name: unqualified(name).to_owned(), aliases: aliases(node) })
    }

    /// Does a reader with these names read what a writer calls by its name?
    fn read(&self, writer: &Self) -> bool {
        self.name == writer.name || self.aliases.contains(&writer.name)
    }
}

fn unqualified(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, name)| name)
}

fn aliases(node: Node<'_>) -> Vec<String> {
    let list = node.get("aliases").into_iter().flat_map(Node::items);
    list.filter_map(Node::as_str).map(|name| unqualified(name).to_owned()).collect()
}

/// A field of a record.
#[derive(Debug, Clone)]
struct Field {
    name: String,
    aliases: Vec<String>,
    schema: TypeId,
    has_default: bool,
}

/// A schema, read.
#[derive(Debug)]
struct Types {
    list: Vec<Type>,
    /// Full name -> type.
    names: HashMap<String, TypeId>,
    root: TypeId,
}

impl Types {
    fn of(side: &Side<'_>) -> Result<Self, String> {
        let mut types = Self { list: Vec::new(), names: HashMap::new(), root: 0 };
        let mut roots = Vec::new();
        for schema in &side.schemas {
            let node = side.files.node(schema.node);
            let node = side.files.follow(node).map_err(|_| "a reference that leads nowhere".to_owned())?;
            roots.push(types.read(node, "")?);
        }
        types.root = match roots.as_slice() {
            [one] => *one,
            _ => types.add(Type::Union(roots))?,
        };
        Ok(types)
    }

    fn add(&mut self, one: Type) -> Result<TypeId, String> {
        if self.list.len() >= MAXIMUM_TYPES {
            return Err("budget: the schema is too large".to_owned());
        }
        self.list.push(one);
        Ok(self.list.len() - 1)
    }

    /// The type itself; a name leads to what it names.
    fn get(&self, id: TypeId) -> Option<&Type> {
        match self.list.get(id)? {
            Type::Named(name) => self.list.get(*self.names.get(name)?),
            found => Some(found),
        }
    }

    fn read(&mut self, node: Node<'_>, namespace: &str) -> Result<TypeId, String> {
        if let Some(word) = node.as_str() {
            return match PRIMITIVES.iter().find(|(known, _)| *known == word) {
                Some((known, _)) => self.add(Type::Primitive(known)),
                None => {
                    let full = qualified(word, namespace);
                    let name = [full, word.to_owned()].into_iter().find(|name| self.names.contains_key(name));
                    let name = name.ok_or_else(|| format!("not an Avro schema: nothing has the name `{word}`"))?;
                    self.add(Type::Named(name))
                }
            };
        }
        if node.is_array() {
            let branches = node.items().map(|branch| self.read(branch, namespace)).collect::<Result<_, _>>()?;
            return self.add(Type::Union(branches));
        }
        let kind = node.get("type").ok_or_else(|| format!("not an Avro schema: {}", excerpt(node)))?;
        match kind.as_str() {
            Some("record" | "error") => self.record(node, namespace),
            Some("enum") => {
                let symbols = node.get("symbols").into_iter().flat_map(Node::items);
                let symbols = symbols.filter_map(Node::as_str).map(str::to_owned).collect();
                let has_default = node.get("default").is_some();
                let one = Type::Enum { names: Names::of(node)?, symbols, has_default };
                let (id, _) = self.named(node, namespace, one)?;
                Ok(id)
            }
            Some("fixed") => {
                let size = node.get("size").and_then(Node::as_number).and_then(|size| size.as_u64());
                let size = size.ok_or("not an Avro schema: a `fixed` has no `size`")?;
                let (id, _) = self.named(node, namespace, Type::Fixed { names: Names::of(node)?, size })?;
                Ok(id)
            }
            Some("array") => {
                let items = node.get("items").ok_or("not an Avro schema: an array has no `items`")?;
                let items = self.read(items, namespace)?;
                self.add(Type::Array(items))
            }
            Some("map") => {
                let values = node.get("values").ok_or("not an Avro schema: a map has no `values`")?;
                let values = self.read(values, namespace)?;
                self.add(Type::Map(values))
            }
            // `{"type": "string", ..}`, and `{"type": {..}}`.
            _ => self.read(kind, namespace),
        }
    }

    fn record(&mut self, node: Node<'_>, namespace: &str) -> Result<TypeId, String> {
        let names = Names::of(node)?;
        // Its name is known within its own fields.
        let (id, inner) = self.named(node, namespace, Type::Record { names: names.clone(), fields: Vec::new() })?;
        let mut fields = Vec::new();
        for field in node.get("fields").into_iter().flat_map(Node::items) {
            let name = field.get_str("name").ok_or("not an Avro schema: a field has no `name`")?;
            let schema = field.get("type").ok_or_else(|| format!("not an Avro schema: `{name}` has no `type`"))?;
            let schema = self.read(schema, &inner)?;
            let has_default = field.get("default").is_some();
            fields.push(Field { name: name.to_owned(), aliases: aliases(field), schema, has_default });
        }
        if let Some(place) = self.list.get_mut(id) {
            *place = Type::Record { names, fields };
        }
        Ok(id)
    }

    /// Adds a type under its name; also the namespace that holds inside it.
    fn named(&mut self, node: Node<'_>, namespace: &str, one: Type) -> Result<(TypeId, String), String> {
        let own = node.get_str("namespace").unwrap_or(namespace);
        let full = qualified(node.get_str("name").unwrap_or(""), own);
        let inner = full.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned();
        let id = self.add(one)?;
        self.names.insert(full, id);
        Ok((id, inner))
    }
}

fn qualified(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() { name.to_owned() } else { format!("{namespace}.{name}") }
}

fn excerpt(node: Node<'_>) -> String {
    to_json(node).chars().take(60).collect()
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
}

impl Resolver<'_> {
    fn pair(&mut self, writer_id: TypeId, reader_id: TypeId, path: String) -> Result<(), Fault> {
        self.left = self.left.saturating_sub(1);
        // As many pairs are open as calls are.
        if self.left == 0 || self.open.len() > MAXIMUM_DEPTH {
            self.left = 0;
            return Err(Fault { path, text: "too many steps".to_owned() });
        }
        let (Some(writer), Some(reader)) = (self.writer.get(writer_id), self.reader.get(reader_id)) else {
            return Err(Fault { path, text: "a name that stands for nothing".to_owned() });
        };
        if !self.open.insert((writer_id, reader_id)) {
            return Ok(());
        }
        let result = self.types(writer_id, writer, reader_id, reader, path);
        self.open.remove(&(writer_id, reader_id));
        result
    }

    fn types(
        &mut self,
        writer_id: TypeId,
        writer: &Type,
        reader_id: TypeId,
        reader: &Type,
        path: String,
    ) -> Result<(), Fault> {
        let refuse = |path: String| {
            let text = format!("a reader of {} cannot read {}", describe(reader), describe(writer));
            Err(Fault { path, text })
        };
        match (writer, reader) {
            (Type::Union(branches), _) => {
                branches.iter().try_for_each(|branch| self.pair(*branch, reader_id, path.clone()))
            }
            (_, Type::Union(branches)) => {
                let found = branches.iter().any(|branch| self.pair(writer_id, *branch, path.clone()).is_ok());
                if found { Ok(()) } else { refuse(path) }
            }
            (Type::Primitive(writer), Type::Primitive(reader)) => {
                let promoted = PRIMITIVES.iter().any(|(from, to)| from == writer && to.contains(reader));
                if writer == reader || promoted { Ok(()) } else { refuse(path) }
            }
            (Type::Array(writer), Type::Array(reader)) => self.pair(*writer, *reader, path + "[]"),
            (Type::Map(writer), Type::Map(reader)) => self.pair(*writer, *reader, path + "{}"),
            (Type::Fixed { names: writer, size: written }, Type::Fixed { names: reader, size: expected }) => {
                if !reader.read(writer) {
                    return refuse(path);
                }
                let text = format!("`{}` has {written} bytes where {expected} are expected", reader.name);
                if written == expected { Ok(()) } else { Err(Fault { path, text }) }
            }
            (
                Type::Enum { names: writer, symbols: written, .. },
                Type::Enum { names: reader, symbols: known, has_default },
            ) => {
                if !reader.read(writer) {
                    return refuse(path);
                }
                let strange = written.iter().find(|symbol| !known.contains(symbol)).filter(|_| !has_default);
                strange.map_or(Ok(()), |symbol| {
                    let text = format!("the enum `{}` has no symbol `{symbol}`, nor a default", reader.name);
                    Err(Fault { path, text })
                })
            }
            (Type::Record { names: writer, fields: written }, Type::Record { names: reader, fields }) => {
                if reader.read(writer) { self.fields(written, fields, &path) } else { refuse(path) }
            }
            _ => refuse(path),
        }
    }

    fn fields(&mut self, written: &[Field], expected: &[Field], path: &str) -> Result<(), Fault> {
        for field in expected {
            let path = if path.is_empty() { field.name.clone() } else { format!("{path}.{}", field.name) };
            let same = written.iter().find(|other| other.name == field.name);
            let same = same.or_else(|| written.iter().find(|other| field.aliases.contains(&other.name)));
            match same {
                Some(other) => self.pair(other.schema, field.schema, path)?,
                None if field.has_default => {}
                None => {
                    let text = format!("the field `{}` is not written, and has no default", field.name);
                    return Err(Fault { path, text });
                }
            }
        }
        Ok(())
    }
}

fn describe(one: &Type) -> String {
    match one {
        Type::Primitive(word) => format!("`{word}`"),
        Type::Record { names, .. } => format!("the record `{}`", names.name),
        Type::Enum { names, .. } => format!("the enum `{}`", names.name),
        Type::Fixed { names, .. } => format!("the fixed `{}`", names.name),
        Type::Array(_) => "an array".to_owned(),
        Type::Map(_) => "a map".to_owned(),
        Type::Union(_) => "a union".to_owned(),
        Type::Named(name) => format!("`{name}`"),
    }
}
