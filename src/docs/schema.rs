//! The schema IR -> the steps of reading a schema.
//!
//! A `$ref` is unfolded where it stands, `allOf` is merged into the schema that has it, each branch of a union is a row,
//! and what contains itself is marked with a link to where it began. What has no end in sight is cut: a row then says so
//! and, where the schema has a name, links to it.

mod native;

use super::anchor;
use super::text::{breakable, markdown};
use super::tree::{Walker, json_code, value};
use super::view::{Entry, Fact, Row, Step, Target};
use crate::schema::{Bounds, Schema, SchemaId, Schemas, Type, TypeSet};
use crate::syntax::{Node, NodeId, Number};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// More rows than this are not shown of one schema.
const MAXIMUM_ROWS: usize = 500;
/// Deeper levels than this are not unfolded.
const MAXIMUM_DEPTH: usize = 24;
/// A schema of so few rows is open as a whole.
const SMALL: usize = 40;
/// Levels of a larger one that are open from the beginning.
const OPEN_DEPTH: usize = 2;
/// Longer samples of a branch are not shown, in bytes of HTML.
const LONGEST_SAMPLE: usize = 4_000;
/// The level of heading that descriptions stand below.
const HEADING: usize = 5;

/// Keywords that rows show in their own way; every other one is shown as it is written.
const SHOWN: [&str; 51] = [
    "$ref",
    "$defs",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "default",
    "definitions",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "discriminator",
    "else",
    "enum",
    "example",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
];

/// Schemas that have a section of their own, by node.
pub(super) type NamedSchemas = HashMap<NodeId, Target>;

/// Unfolds one schema.
pub(super) struct Unfolder<'w, 'f> {
    pub(super) walker: &'w mut Walker<'f>,
    pub(super) schemas: &'w Schemas,
    pub(super) named: &'w NamedSchemas,
    /// Are schemas with a name links, rather than unfolded?
    pub(super) links_only: bool,
    /// The nodes of all schemas: a definition among them is shown where it is referred to.
    read: &'w HashSet<NodeId>,
    /// A value that fits a schema.
    sample: &'w dyn Fn(SchemaId) -> Option<Value>,
    steps: Vec<Step>,
    rows: usize,
    /// The schemas that the current row stands in, with the row that each began at.
    stack: Vec<(SchemaId, Target)>,
}

/// What a row is to the row that it stands below.
struct Place {
    id: String,
    role: &'static str,
    name: String,
    required: bool,
    depth: usize,
    /// All of these hold for the value.
    parts: Vec<SchemaId>,
    /// The schema with a name that `allOf` brought it here from.
    origin: Option<Target>,
}

impl<'w, 'f> Unfolder<'w, 'f> {
    pub(super) fn new(
        walker: &'w mut Walker<'f>,
        schemas: &'w Schemas,
        named: &'w NamedSchemas,
        links_only: bool,
        read: &'w HashSet<NodeId>,
        sample: &'w dyn Fn(SchemaId) -> Option<Value>,
    ) -> Self {
        Self { walker, schemas, named, links_only, read, sample, steps: Vec::new(), rows: 0, stack: Vec::new() }
    }

    /// The steps of a schema; the first row is the schema itself, named `name`.
    pub(super) fn unfold(mut self, root: SchemaId, id: &str, name: &str) -> Vec<Step> {
        let place = Place {
            id: id.to_owned(),
            role: "",
            name: name.to_owned(),
            required: false,
            depth: 0,
            parts: vec![root],
            origin: None,
        };
        self.row(place);
        if self.rows <= SMALL {
            for step in &mut self.steps {
                if let Step::Enter { open, .. } = step {
                    *open = true;
                }
            }
        }
        self.steps
    }

    fn row(&mut self, place: Place) {
        self.rows += 1;
        let parts = self.flatten(&place.parts);
        let mut row = self.facts(&place, &parts);
        let begun = self.stack.iter().find(|(schema, _)| parts.contains(schema));
        row.recursion = begun.map(|(_, target)| target.clone());
        let is_link = self.links_only && place.depth > 0 && row.reference.is_some();
        if row.recursion.is_some() || is_link {
            return self.steps.push(Step::Row(Box::new(row)));
        }
        let mut children = self.children(&place, &parts);
        row.cut = !children.is_empty() && (place.depth >= MAXIMUM_DEPTH || self.rows >= MAXIMUM_ROWS);
        if row.cut {
            children.clear();
        }
        row.nested = !children.is_empty();
        if row.nested && matches!(place.role, "one of" | "any of") {
            let sample = place.parts.first().and_then(|part| (self.sample)(*part));
            row.sample_html =
                sample.map(|value| json_code(&value, &HashMap::new())).filter(|html| html.len() <= LONGEST_SAMPLE);
        }
        let here = Target {
            title: if row.name.is_empty() { row.role.clone() } else { row.name.clone() },
            title_html: if row.name.is_empty() { breakable(&row.role) } else { row.name_html.clone() },
            id: row.id.clone(),
            page: String::new(),
            badge: String::new(),
        };
        self.steps.push(Step::Row(Box::new(row)));
        if children.is_empty() {
            return;
        }
        let outer = self.stack.len();
        self.stack.extend(parts.into_iter().map(|part| (part, here.clone())));
        self.steps.push(Step::Enter { open: place.depth < OPEN_DEPTH, label: below(&children) });
        for child in children {
            self.row(child);
        }
        self.steps.push(Step::Leave);
        self.stack.truncate(outer);
    }

    /// Every schema that holds where all of `parts` hold: those that they refer to, and their `allOf`.
    fn flatten(&self, parts: &[SchemaId]) -> Vec<SchemaId> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut todo: Vec<SchemaId> = parts.iter().rev().copied().collect();
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            let schema = self.schemas.get(id);
            found.push(id);
            // Parts of a Protobuf message only say that one member of a `oneof` may be there; its fields say it, too.
            if schema.origin.is_none() {
                todo.extend(schema.all_of.iter().rev());
            }
            todo.extend(schema.reference);
            todo.extend(native::nullable(self.schemas, schema));
        }
        found
    }

    /// Of what `allOf` brings along, the schema with a name that it stands in.
    fn origins(&self, parts: &[SchemaId]) -> HashMap<SchemaId, Target> {
        let mut origins = HashMap::new();
        let mut seen = HashSet::new();
        let mut todo: Vec<(SchemaId, bool, Option<Target>)> = parts.iter().map(|part| (*part, false, None)).collect();
        while let Some((id, merged, outer)) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            let schema = self.schemas.get(id);
            let own = self.named.get(&schema.node).filter(|_| merged).cloned();
            let origin = own.or(outer);
            if let Some(target) = &origin {
                origins.insert(id, target.clone());
            }
            todo.extend(schema.all_of.iter().map(|part| (*part, true, origin.clone())));
            todo.extend(schema.reference.map(|target| (target, merged, origin)));
        }
        origins
    }

    fn node(&self, schema: &Schema) -> Node<'f> {
        self.walker.files.node(schema.node)
    }

    /// The first schema with a name that the parts refer to.
    fn named_reference(&self, parts: &[SchemaId]) -> Option<Target> {
        let mut todo: Vec<SchemaId> = parts.iter().rev().copied().collect();
        let mut seen = HashSet::new();
        while let Some(id) = todo.pop().filter(|id| seen.insert(*id)) {
            let Some(target) = self.schemas.get(id).reference else { continue };
            if let Some(named) = self.named.get(&self.schemas.get(target).node) {
                return Some(named.clone());
            }
            todo.push(target);
        }
        None
    }

    /// The row of a place, without what stands below it.
    fn facts(&mut self, place: &Place, parts: &[SchemaId]) -> Row {
        let mut row = Row {
            id: place.id.clone(),
            depth: place.depth,
            role: place.role.to_owned(),
            name: place.name.clone(),
            name_html: breakable(&place.name),
            types: self.types(parts, 0),
            reference: self.named_reference(&place.parts),
            required: place.required,
            origin: place.origin.clone(),
            ..Row::default()
        };
        let mut facts = Facts::default();
        for part in parts {
            let schema = self.schemas.get(*part);
            let node = self.node(schema);
            self.walker.mark(schema.node);
            row.deprecated |= schema.deprecated;
            if let Some(origin) = &schema.origin {
                let title = schema.title.clone().filter(|title| *title != row.name);
                row.title = row.title.or(title);
                let description = schema.description.as_deref().map(|text| markdown(text, HEADING));
                row.descriptions_html.extend(description.filter(|html| !row.descriptions_html.contains(html)));
                native::facts(&mut facts, schema, origin, |id| value(self.walker.files.node(id)));
                row.more.extend(self.walker.entries(node, native::shown(schema)));
                continue;
            }
            // What stands beside a reference is no part of the schema up to draft-07, and yet is meant to be read.
            if let Some(title) = node.get_str("title").filter(|title| row.title.as_deref() != Some(title)) {
                match row.title {
                    None => row.title = Some(title.to_owned()),
                    Some(_) => facts.add("also titled", [title.to_owned()]),
                }
            }
            let description = node.get_str("description").map(|text| markdown(text, HEADING));
            row.descriptions_html.extend(description.filter(|html| !row.descriptions_html.contains(html)));
            facts.read(schema, node, |id| value(self.walker.files.node(id)));
            row.more.extend(self.walker.entries(node, &SHOWN));
            row.more.extend(self.unused_definitions(node));
        }
        for (reference, _) in parts.iter().flat_map(|part| &self.schemas.get(*part).unsupported) {
            facts.say(format!("not shown: {reference}"));
        }
        row.constraints = facts.constraints;
        row.facts = facts.values;
        row
    }

    /// Definitions within a schema that nothing refers to.
    fn unused_definitions(&mut self, node: Node<'f>) -> Vec<Entry> {
        let mut found = Vec::new();
        for key in ["definitions", "$defs"] {
            let Some(definitions) = node.get(key) else { continue };
            let used = definitions.entries().filter(|entry| self.read.contains(&entry.value.id()));
            let used: Vec<&str> = used.map(|entry| entry.key).collect();
            let rest = self.walker.entries(definitions, &used);
            if !rest.is_empty() {
                found.push(Entry { depth: 0, key: key.to_owned(), value: None, href: None, meaning: None });
                found.extend(rest.into_iter().map(|entry| Entry { depth: entry.depth + 1, ..entry }));
            }
        }
        found
    }

    /// What values look like, in a few words.
    fn types(&self, parts: &[SchemaId], depth: usize) -> String {
        let schemas: Vec<&Schema> = parts.iter().map(|part| self.schemas.get(*part)).collect();
        if let Some(words) =
            native::types(self.schemas, parts, |part| self.types(&self.flatten(&[part]), depth + 1), depth)
        {
            return words;
        }
        if let Some(accepts) = schemas.iter().find_map(|schema| schema.boolean) {
            return if accepts { "anything" } else { "nothing" }.to_owned();
        }
        let types = schemas.iter().filter_map(|schema| schema.types).reduce(TypeSet::and);
        let format = schemas.iter().find_map(|schema| schema.format.as_deref());
        let items = schemas.iter().find_map(|schema| schema.items).filter(|_| depth < 4);
        let one = |one: Type| {
            let word = Type::ALL.iter().find(|(known, _)| *known == one).map_or("", |(_, word)| word);
            match (one, items, format) {
                (Type::Array, Some(items), _) => match self.types(&self.flatten(&[items]), depth + 1).as_str() {
                    "" => word.to_owned(),
                    inner => format!("array of {inner}"),
                },
                (Type::String | Type::Number | Type::Integer, _, Some(format)) => format!("{word} ({format})"),
                _ => word.to_owned(),
            }
        };
        let has = |test: fn(&Schema) -> bool| schemas.iter().any(|schema| test(schema));
        match types {
            Some(TypeSet::ALL) => "anything".to_owned(),
            Some(types) => types.iter().map(one).collect::<Vec<_>>().join(" or "),
            None if has(|schema| !schema.properties.is_empty() || !schema.pattern_properties.is_empty()) => {
                one(Type::Object)
            }
            None if has(|schema| schema.items.is_some() || !schema.prefix_items.is_empty()) => one(Type::Array),
            None => format.map(str::to_owned).unwrap_or_default(),
        }
    }

    /// What stands below a row.
    fn children(&self, place: &Place, parts: &[SchemaId]) -> Vec<Place> {
        let depth = place.depth + 1;
        let mut children: Vec<Place> = Vec::new();
        let mut properties: HashMap<&str, usize> = HashMap::new();
        let required: HashSet<&str> =
            parts.iter().flat_map(|part| &self.schemas.get(*part).required).map(String::as_str).collect();
        let origins = self.origins(&place.parts);
        for part in parts {
            for (name, schema) in &self.schemas.get(*part).properties {
                // Two parts may both say something about a property: one row says it all.
                if let Some(known) = properties.get(name.as_str()).and_then(|at| children.get_mut(*at)) {
                    known.parts.push(*schema);
                    continue;
                }
                properties.insert(name, children.len());
                children.push(Place {
                    id: anchor::within(&place.id, name),
                    role: "",
                    name: name.clone(),
                    required: required.contains(name.as_str()),
                    depth,
                    parts: vec![*schema],
                    origin: origins.get(part).cloned(),
                });
            }
        }
        let mut used: HashSet<String> = HashSet::new();
        let mut add = |key: &str, role: &'static str, name: String, schema: SchemaId| {
            let wanted = anchor::within_role(&place.id, key, &name);
            let mut id = wanted.clone();
            let mut number = 2u64;
            while !used.insert(id.clone()) {
                id = format!("{wanted}~~{number}");
                number += 1;
            }
            children.push(Place { id, role, name, required: false, depth, parts: vec![schema], origin: None });
        };
        for schema in parts.iter().map(|part| self.schemas.get(*part)) {
            for (pattern, child) in &schema.pattern_properties {
                add("pattern", "names that match", pattern.clone(), *child);
            }
            let says = |id: &SchemaId| self.says_something(*id);
            // The row above names the type of items, but not that of other properties.
            let types = |id: &SchemaId| says(id) || self.node(self.schemas.get(*id)).entries().len() > 0;
            let additional = match &schema.origin {
                Some(_) => schema.additional_properties.filter(says),
                None => schema.additional_properties.filter(types),
            };
            let single = [
                ("additional", "any other property", additional),
                ("names", "every name", schema.property_names),
                (
                    "items",
                    if schema.prefix_items.is_empty() { "each item" } else { "further items" },
                    schema.items.filter(says),
                ),
                ("contains", "at least one item", schema.contains),
                ("not", "not", schema.not),
                ("if", "if", schema.condition),
                ("then", "then", schema.then),
                ("else", "else", schema.otherwise),
            ];
            for (index, child) in schema.prefix_items.iter().enumerate() {
                add("item", "item", (index + 1).to_string(), *child);
            }
            for (key, role, child) in single {
                if let Some(child) = child {
                    add(key, role, String::new(), child);
                }
            }
            for (key, role, branches) in [("oneOf", "one of", &schema.one_of), ("anyOf", "any of", &schema.any_of)] {
                if native::nullable(self.schemas, schema).is_some() {
                    continue;
                }
                for (index, branch) in branches.iter().flatten().enumerate() {
                    let name = self.branch_name(*branch, index);
                    add(key, role, name, native::untagged(self.schemas, *branch));
                }
            }
            for (name, child) in &schema.dependent_schemas {
                add("when", "when present", name.clone(), *child);
            }
        }
        children
    }

    /// Has a schema more to say than a type, which the row above says already?
    fn says_something(&self, id: SchemaId) -> bool {
        let parts = self.flatten(&[id]);
        if parts.iter().any(|part| self.schemas.get(*part).origin.is_some()) {
            return parts.iter().any(|part| native::says_something(self.schemas.get(*part)));
        }
        if self.schemas.get(id).boolean.is_some() {
            return false;
        }
        parts.iter().any(|part| {
            let node = self.node(self.schemas.get(*part));
            node.entries().any(|entry| !matches!(entry.key, "type" | "format" | "$ref" | "items" | "allOf"))
                || node.get("items").is_some_and(|items| items.entries().len() > 1)
        }) || self.schemas.get(id).reference.is_some()
    }

    /// What to call a branch: the schema that it refers to, its title, or its number from 1.
    fn branch_name(&self, id: SchemaId, index: usize) -> String {
        let schema = self.schemas.get(id);
        let referred = self.node(schema).get_str("$ref").and_then(|text| text.rsplit(['/', '#']).next());
        let referred = referred.filter(|name| !name.is_empty()).map(str::to_owned);
        let titled = || native::branch_name(self.schemas, id).or_else(|| schema.title.clone());
        referred.or_else(titled).unwrap_or_else(|| (index + 1).to_string())
    }
}

/// What stands below a row, in two words.
fn below(children: &[Place]) -> String {
    let all = |roles: &[&str]| children.iter().all(|child| roles.contains(&child.role));
    let (one, many) = match children {
        _ if all(&["", "names that match", "any other property"]) => ("property", "properties"),
        _ if all(&["one of", "any of"]) => ("alternative", "alternatives"),
        _ if all(&["each item", "item", "further items", "at least one item"]) => ("item", "items"),
        _ => ("part", "parts"),
    };
    format!("{} {}", children.len(), if children.len() == 1 { one } else { many })
}

/// What the parts of a row say, each thing once.
#[derive(Default)]
struct Facts {
    constraints: Vec<String>,
    values: Vec<Fact>,
}

impl Facts {
    fn say(&mut self, text: String) {
        if !self.constraints.contains(&text) {
            self.constraints.push(text);
        }
    }

    fn add(&mut self, label: &str, values: impl IntoIterator<Item = String>) {
        let fact = Fact { label: label.to_owned(), values: values.into_iter().collect() };
        if !fact.values.is_empty() && !self.values.contains(&fact) {
            self.values.push(fact);
        }
    }

    fn read(&mut self, schema: &Schema, node: Node<'_>, shown: impl Fn(NodeId) -> String) {
        let limits: [(&str, &Option<Number>); 5] = [
            ("≥", &schema.minimum),
            (">", &schema.exclusive_minimum),
            ("≤", &schema.maximum),
            ("<", &schema.exclusive_maximum),
            ("multiple of", &schema.multiple_of),
        ];
        for (sign, limit) in limits {
            self.constraints.extend(limit.as_ref().map(|number| format!("{sign} {number}")));
        }
        let counts = [
            (schema.length, "character", "characters"),
            (schema.items_count, "item", "items"),
            (schema.properties_count, "property", "properties"),
            (schema.contains_count, "such item", "such items"),
        ];
        for (bounds, one, many) in counts {
            self.constraints.extend(count(bounds, one, many));
        }
        let flags = [
            (schema.unique_items, "unique items"),
            (node.get("readOnly").and_then(Node::as_bool) == Some(true), "read only"),
            (node.get("writeOnly").and_then(Node::as_bool) == Some(true), "write only"),
            (node.get("nullable").and_then(Node::as_bool) == Some(true), "nullable"),
            (node.get("additionalProperties").and_then(Node::as_bool) == Some(false), "no additional properties"),
            (node.get("additionalItems").and_then(Node::as_bool) == Some(false), "no additional items"),
        ];
        for (_, text) in flags.into_iter().filter(|(holds, _)| *holds) {
            self.say(text.to_owned());
        }
        let undeclared =
            schema.required.iter().filter(|name| !schema.properties.iter().any(|(known, _)| known == *name));
        self.add("requires", undeclared.cloned());
        for (name, others) in &schema.dependent_required {
            self.add(&format!("with {name} requires"), others.iter().cloned());
        }
        self.add("allowed", schema.enumeration.iter().flatten().map(|id| shown(*id)));
        self.add("always", schema.constant.map(&shown));
        self.add("default", schema.default.map(&shown));
        self.add("matches", schema.pattern.clone());
        self.add("discriminator", schema.discriminator.clone());
        let mapping = node.get("discriminator").and_then(|object| object.get("mapping"));
        let mapped = mapping.into_iter().flat_map(|mapping| mapping.entries());
        self.add("discriminator values", mapped.map(|entry| format!("{}: {}", entry.key, value(entry.value))));
        let listed = node.get("examples").into_iter().flat_map(|examples| examples.items());
        self.add("examples", listed.chain(node.get("example")).map(value));
    }
}

/// `3 to 20 characters`, `at least 1 item`, ..
fn count(bounds: Bounds, one: &str, many: &str) -> Option<String> {
    let noun = |number: u64| if number == 1 { one } else { many };
    match (bounds.min, bounds.max) {
        (None, None) => None,
        (Some(min), Some(max)) if min == max => Some(format!("exactly {min} {}", noun(min))),
        (Some(min), Some(max)) => Some(format!("{min} to {max} {}", noun(max))),
        (Some(min), None) => Some(format!("at least {min} {}", noun(min))),
        (None, Some(max)) => Some(format!("at most {max} {}", noun(max))),
    }
}
