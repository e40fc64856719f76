//! Where two schemas differ, and in what.
//!
//! In: two schemas as they are written, JSON Schema of any draft. Out: [`Difference`]s, each at its own place, so that a
//! report can say what changed and not only that something did. What a difference means is not said here: whether values
//! are lost is the question of inclusion. Annotations are no differences. Each pair of schemas is visited once.

use super::Api;
use crate::schema::inclusion::identical;
use crate::syntax::{Node, NodeId};
use std::collections::HashSet;

/// More pairs of schemas than this are not visited.
const MAXIMUM_PAIRS: usize = 20_000;
/// More differences than this are not told apart.
const MAXIMUM_DIFFERENCES: usize = 200;

/// What a difference is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A property, optional by the new schema, of an object that was open to it.
    OptionalProperty,
    /// Another property that came or went.
    Property,
    /// A name is required; has the property a default?
    Required { with_default: bool },
    /// A name is no longer required.
    Released,
    /// An enumeration has values more, and none less.
    EnumGrew,
    /// An enumeration lost values.
    EnumShrank,
    /// A constant has another value: both as text.
    Constant { old: String, new: String },
    /// `integer` became `number`, or the reverse.
    NumericType,
    /// `format` and the like.
    Format,
    /// The discriminator.
    Discriminator,
    /// Alternatives came or went.
    Alternatives,
    /// The same properties in another order.
    Order,
    /// Anything else.
    Other,
}

/// One difference.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    pub(super) what: What,
    /// In words: where in a value, and what.
    pub(super) text: String,
    pub(super) old: NodeId,
    pub(super) new: NodeId,
}

/// Keywords that say nothing about values.
const ANNOTATIONS: [&str; 17] = [
    "title",
    "description",
    "default",
    "examples",
    "example",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
    "$id",
    "id",
    "$schema",
    "$anchor",
    "definitions",
    "$defs",
    "externalDocs",
    "xml",
];
/// Keywords that a schema stands under, and what they add to the path.
const SCHEMAS: [(&str, &str); 10] = [
    ("items", "[]"),
    ("additionalItems", "[]"),
    ("contains", "[]"),
    ("additionalProperties", ".*"),
    ("propertyNames", " (name)"),
    ("not", ""),
    ("if", ""),
    ("then", ""),
    ("else", ""),
    ("schema", ""),
];
/// Keywords that schemas stand under by name.
const NAMED: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];
/// Keywords that schemas stand under in a list.
const LISTED: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords about the form of text, which most validators do not check.
const FORMATS: [&str; 3] = ["format", "contentEncoding", "contentMediaType"];
/// Types whose change is one of numbers.
const NUMERIC: [&str; 2] = ["integer", "number"];

/// The differences between two schemas, in the order in which they are met.
pub(super) fn differences(old: (Api<'_>, NodeId), new: (Api<'_>, NodeId)) -> Vec<Difference> {
    let mut walk = Walk { old: old.0, new: new.0, found: Vec::new(), todo: vec![(old.1, new.1, String::new())] };
    let mut seen = HashSet::new();
    while let Some((left, right, path)) = walk.todo.pop() {
        let follow = |api: Api<'_>, node| api.files.follow(api.files.node(node)).map(|node| node.id());
        let (Ok(left), Ok(right)) = (follow(walk.old, left), follow(walk.new, right)) else { continue };
        if seen.len() > MAXIMUM_PAIRS || walk.found.len() > MAXIMUM_DIFFERENCES || !seen.insert((left, right)) {
            continue;
        }
        walk.schema(left, right, &path);
    }
    walk.found
}

struct Walk<'f> {
    old: Api<'f>,
    new: Api<'f>,
    found: Vec<Difference>,
    todo: Vec<(NodeId, NodeId, String)>,
}

impl<'f> Walk<'f> {
    fn add(&mut self, what: What, path: &str, text: &str, old: Node<'_>, new: Node<'_>) {
        let place = if path.is_empty() { String::new() } else { format!("`{}` ", path.trim_start_matches('.')) };
        self.found.push(Difference { what, text: format!("{place}{text}"), old: old.id(), new: new.id() });
    }

    fn schema(&mut self, old: NodeId, new: NodeId, path: &str) {
        let (left, right) = (self.old.files.node(old), self.new.files.node(new));
        if !left.is_object() || !right.is_object() {
            if !self.same(left, right) {
                self.add(What::Other, path, "is another schema", left, right);
            }
            return;
        }
        let mut keys: Vec<&str> = left.entries().map(|entry| entry.key).collect();
        keys.extend(right.entries().map(|entry| entry.key).filter(|key| left.get(key).is_none()));
        let counts = |key: &&str| !ANNOTATIONS.contains(key) && !key.starts_with("x-");
        for key in keys.into_iter().filter(counts) {
            self.keyword(key, left, right, path);
        }
    }

    fn same(&self, left: Node<'_>, right: Node<'_>) -> bool {
        identical((self.old.files, left.id()), (self.new.files, right.id()))
    }

    fn keyword(&mut self, key: &str, old: Node<'f>, new: Node<'f>, path: &str) {
        let (was, is) = (old.get(key), new.get(key));
        let step = SCHEMAS.iter().find(|(known, _)| *known == key).map(|(_, step)| *step);
        let (at_old, at_new) = (was.unwrap_or(old), is.unwrap_or(new));
        match (key, was, is) {
            ("required", ..) => self.required(old, new, path),
            ("enum", Some(was), Some(is)) => self.enumeration(was, is, path),
            ("const", Some(was), Some(is)) if !self.same(was, is) => {
                let what = match (was.as_str(), is.as_str()) {
                    (Some(old), Some(new)) => What::Constant { old: old.to_owned(), new: new.to_owned() },
                    _ => What::Other,
                };
                self.add(what, path, "is another constant", was, is);
            }
            ("type", Some(was), Some(is)) if !self.same(was, is) => self.types(was, is, path),
            ("discriminator", ..) if !was.zip(is).is_some_and(|(was, is)| self.same(was, is)) => {
                self.add(What::Discriminator, path, "has another discriminator", at_old, at_new);
            }
            _ if NAMED.contains(&key) => self.named(key, old, new, path),
            (_, Some(was), Some(is)) if LISTED.contains(&key) => self.listed(key, was, is, path),
            (_, Some(was), Some(is)) if step.is_some() && !was.is_array() && !is.is_array() => {
                self.todo.push((was.id(), is.id(), format!("{path}{}", step.unwrap_or(""))));
            }
            _ if was.zip(is).is_some_and(|(was, is)| self.same(was, is)) => {}
            _ => {
                let what = if FORMATS.contains(&key) { What::Format } else { What::Other };
                self.add(what, path, &bound(key, was, is), at_old, at_new);
            }
        }
    }

    fn required(&mut self, old: Node<'f>, new: Node<'f>, path: &str) {
        let (was, is) = (texts(old.get("required")), texts(new.get("required")));
        let property = |api: Api<'f>, node: Node<'f>, name: &str| {
            api.member(node.id(), "properties").and_then(|properties| api.member(properties.id(), name))
        };
        for name in is.iter().filter(|name| !was.contains(name)) {
            let declared = property(self.new, new, name);
            let with_default = declared.is_some_and(|schema| schema.get("default").is_some());
            let at = new.get("required").unwrap_or(new);
            self.add(What::Required { with_default }, path, &format!("requires `{name}`"), old, at);
        }
        for name in was.iter().filter(|name| !is.contains(name)) {
            let at = old.get("required").unwrap_or(old);
            self.add(What::Released, path, &format!("no longer requires `{name}`"), at, new);
        }
    }

    fn enumeration(&mut self, was: Node<'f>, is: Node<'f>, path: &str) {
        let lacks = |one: Node<'f>, list: Node<'f>, new_side: bool| {
            !list.items().any(|other| if new_side { self.same(other, one) } else { self.same(one, other) })
        };
        let gone: Vec<Node<'f>> = was.items().filter(|one| lacks(*one, is, false)).collect();
        let fresh: Vec<Node<'f>> = is.items().filter(|one| lacks(*one, was, true)).collect();
        let list = |nodes: &[Node<'f>]| nodes.iter().map(|node| shown(*node)).collect::<Vec<_>>().join(", ");
        if !gone.is_empty() {
            self.add(What::EnumShrank, path, &format!("no longer takes {}", list(&gone)), was, is);
        }
        if !fresh.is_empty() {
            self.add(What::EnumGrew, path, &format!("takes {} too", list(&fresh)), was, is);
        }
    }

    fn types(&mut self, was: Node<'f>, is: Node<'f>, path: &str) {
        let numeric = |node: Node<'f>| node.as_str().is_some_and(|word| NUMERIC.contains(&word));
        let what = if numeric(was) && numeric(is) { What::NumericType } else { What::Other };
        self.add(what, path, &format!("is of type {}, no longer {}", shown(is), shown(was)), was, is);
    }

    fn named(&mut self, key: &str, old: Node<'f>, new: Node<'f>, path: &str) {
        let entries = |node: Node<'f>| node.get(key).into_iter().flat_map(Node::entries);
        let find = |node: Node<'f>, name: &str| node.get(key).and_then(|members| members.get(name));
        for entry in entries(old) {
            match find(new, entry.key) {
                Some(other) => self.todo.push((entry.value.id(), other.id(), format!("{path}.{}", entry.key))),
                None => {
                    self.add(What::Property, path, &format!("no longer declares `{}`", entry.key), entry.value, new)
                }
            }
        }
        let open = ["additionalProperties", "unevaluatedProperties", "patternProperties"]
            .iter()
            .all(|key| old.get(key).is_none_or(|value| value.as_bool() == Some(true)));
        let required = texts(new.get("required"));
        for entry in entries(new).filter(|entry| find(old, entry.key).is_none()) {
            let optional = key == "properties" && open && !required.iter().any(|name| name == entry.key);
            let what = if optional { What::OptionalProperty } else { What::Property };
            self.add(what, path, &format!("declares `{}`", entry.key), old, entry.value);
        }
        let names = |node: Node<'f>| entries(node).map(|entry| entry.key).collect::<Vec<_>>();
        let (before, after) = (names(old), names(new));
        let common = |list: &[&'f str], other: &[&'f str]| -> Vec<&'f str> {
            list.iter().copied().filter(|name| other.contains(name)).collect()
        };
        if common(&before, &after) != common(&after, &before) {
            self.add(What::Order, path, "has its properties in another order", old, new);
        }
    }

    fn listed(&mut self, key: &str, was: Node<'f>, is: Node<'f>, path: &str) {
        let mut gone: Vec<Node<'f>> = was.items().collect();
        let mut fresh: Vec<Node<'f>> = is.items().collect();
        if key != "prefixItems" {
            // Their order says nothing: what is there in both is left out.
            gone.retain(|one| match fresh.iter().position(|other| self.same(*one, *other)) {
                Some(at) => {
                    fresh.remove(at);
                    false
                }
                None => true,
            });
        }
        let paired = gone.len().min(fresh.len());
        for (one, other) in gone.iter().zip(&fresh) {
            self.todo.push((one.id(), other.id(), path.to_owned()));
        }
        for one in gone.iter().skip(paired) {
            self.add(What::Alternatives, path, &format!("lost a part of `{key}`"), *one, is);
        }
        for one in fresh.iter().skip(paired) {
            self.add(What::Alternatives, path, &format!("has a part of `{key}` more"), was, *one);
        }
    }
}

/// `has maxLength 10, no longer 20`
fn bound(key: &str, was: Option<Node<'_>>, is: Option<Node<'_>>) -> String {
    match (was, is) {
        (Some(was), Some(is)) => format!("has `{key}` {}, no longer {}", shown(is), shown(was)),
        (None, Some(is)) => format!("has `{key}` {}", shown(is)),
        _ => format!("has no `{key}` any more"),
    }
}

/// A value in a few characters.
fn shown(node: Node<'_>) -> String {
    let text = crate::syntax::to_json(node);
    if text.chars().count() > 60 { "another one".to_owned() } else { text }
}

fn texts(list: Option<Node<'_>>) -> Vec<String> {
    list.into_iter().flat_map(Node::items).filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
