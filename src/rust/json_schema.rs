//! Schema IR -> the JSON Schemas of types, for the trait `JsonSchema` of schemars: what the document says, in draft 2020-12
//! whatever it was written in.
//!
//! In: the items of a module. Out: a table of schemas as text, one row for each item, and for each schema that a
//! reference leads to which has no type of its own; and the implementations, which point into it. In a text another row
//! stands at a JSON pointer, where `null` holds its place, so that no value of the document can be taken for a reference.
//! One thing has no words in that draft: that `1.0` is no integer, as draft-04 has it.

use super::checks::identifier;
use super::ir::{Item, ItemId, ItemKind, Types};
use crate::document::Dialect;
use crate::reference::Files;
use crate::schema::{Bounds, Schema, SchemaId, Schemas, Type, TypeSet};
use crate::syntax::{Node, NodeId, Number, to_json};
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Schemas within schemas deeper than this have rows of their own.
const DEEPEST: usize = 32;

/// The implementations for the items that are defined in a module, and their table, in a module of the given name.
/// `assumed` are schemas that describe objects although they do not say so.
pub(super) fn json_schemas(
    types: &Types,
    defined: &[ItemId],
    module: &str,
    files: &Files,
    schemas: &Schemas,
    assumed: &BTreeSet<SchemaId>,
) -> TokenStream {
    let mut table = Table {
        types,
        files,
        schemas,
        assumed,
        items: items(types, schemas),
        shared: shared(schemas),
        known: HashMap::new(),
        todo: Vec::new(),
    };
    let module = identifier(module);
    let mut implementations = TokenStream::new();
    for item in defined {
        let Some(held) = types.get(*item).filter(|item| has_schema(item)) else { continue };
        let at = Literal::usize_unsuffixed(table.row(Row::Item(*item)));
        let (name, text) = (identifier(&held.name), &held.name);
        implementations.extend(quote!(rt::codegen::implement_json_schema!(#name, #text, #module::TABLE, #at);));
    }
    let mut rows = Vec::new();
    while let Some(row) = table.todo.get(rows.len()).copied() {
        rows.push(table.tokens(row, defined, rows.len()));
    }
    if rows.is_empty() {
        return TokenStream::new();
    }
    let count = Literal::usize_unsuffixed(rows.len());
    quote! {
        #implementations

        /// What the document says of its types, in draft 2020-12.
        mod #module {
            use super::rt;

            pub(super) static TABLE: [rt::codegen::Definition; #count] = [#(#rows,)*];
        }
    }
}

/// Does an item stand for a schema of its own?
fn has_schema(item: &Item) -> bool {
    item.external.is_none() && !matches!(item.kind, ItemKind::Choice(_))
}

/// The types of schemas.
fn items(types: &Types, schemas: &Schemas) -> HashMap<SchemaId, ItemId> {
    let mut items = HashMap::new();
    for (at, item) in types.items.iter().enumerate().filter(|(_, item)| has_schema(item)) {
        // Of a type and one that wraps it, the first is meant.
        items.entry(schemas.target(item.schema)).or_insert(ItemId(at));
    }
    items
}

/// Schemas that stand in several places, or where a reference leads: written out in each, they might never end.
fn shared(schemas: &Schemas) -> HashSet<SchemaId> {
    let (mut known, mut shared) = (HashSet::new(), HashSet::new());
    for (_, schema) in schemas.iter() {
        shared.extend(schema.reference.map(|id| schemas.target(id)));
        shared.extend(schema.children().into_iter().filter(|id| !known.insert(*id)));
    }
    shared
}

/// A row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Row {
    /// A type, which may be defined in another module.
    Item(ItemId),
    /// A schema without a type.
    Schema(SchemaId),
}

struct Table<'a> {
    types: &'a Types,
    files: &'a Files,
    schemas: &'a Schemas,
    assumed: &'a BTreeSet<SchemaId>,
    /// The type of a schema.
    items: HashMap<SchemaId, ItemId>,
    /// Schemas that stand in several places, or where a reference leads.
    shared: HashSet<SchemaId>,
    known: HashMap<Row, usize>,
    /// All rows so far.
    todo: Vec<Row>,
}

/// The rows that the text of a schema names, by the places where they stand.
type Parts = Vec<(String, usize)>;

impl Table<'_> {
    /// The place of a row, which is added if it is not there.
    fn row(&mut self, row: Row) -> usize {
        *self.known.entry(row).or_insert_with(|| {
            self.todo.push(row);
            self.todo.len() - 1
        })
    }

    fn tokens(&mut self, row: Row, defined: &[ItemId], at: usize) -> TokenStream {
        let (id, name, of) = match row {
            Row::Item(item) => {
                let Some(held) = self.types.get(item) else { return TokenStream::new() };
                let name = identifier(&held.name);
                let of = quote!(Some(|generator| generator.subschema_for::<super::#name>()));
                // What is defined elsewhere has its text there.
                (defined.contains(&item).then_some(held.schema), held.name.clone(), of)
            }
            Row::Schema(id) => (Some(id), format!("schema {at}"), quote!(None)),
        };
        let mut parts = Parts::new();
        let schema = match id {
            Some(id) => self.schema(self.schemas.target(id), "", 0, &mut parts),
            None => json!({}),
        };
        let (schema, parts) = (schema.to_string(), parts.into_iter());
        let parts = parts.map(|(pointer, row)| {
            let row = Literal::usize_unsuffixed(row);
            quote!((#pointer, #row))
        });
        quote!(rt::codegen::Definition { name: #name, text: #schema, parts: &[#(#parts),*], of: #of })
    }

    /// A schema that stands at a place within another: its text, or nothing where a row of its own stands for it.
    fn part(&mut self, id: SchemaId, at: &str, depth: usize, parts: &mut Parts) -> Value {
        let schema = self.schemas.get(id);
        let target = self.schemas.target(id);
        let row = match self.items.get(&target) {
            Some(item) => Some(Row::Item(*item)),
            None if target != id || self.shared.contains(&id) || depth > DEEPEST => Some(Row::Schema(target)),
            None => None,
        };
        match row {
            Some(row) if schema.boolean.is_none() => {
                parts.push((at.to_owned(), self.row(row)));
                Value::Null
            }
            _ => self.schema(id, at, depth, parts),
        }
    }

    /// The text of a schema itself.
    fn schema(&mut self, id: SchemaId, at: &str, depth: usize, parts: &mut Parts) -> Value {
        let schema = self.schemas.get(id);
        if let Some(boolean) = schema.boolean {
            return Value::Bool(boolean);
        }
        let mut out = Map::new();
        self.annotations(schema, &mut out);
        let types = schema.types.or_else(|| self.assumed.contains(&id).then(|| TypeSet::of(Type::Object)));
        if let Some(types) = types {
            let words: Vec<&str> = types.iter().map(word).collect();
            out.insert("type".to_owned(), if let [word] = words.as_slice() { json!(word) } else { json!(words) });
        }
        self.values(schema, &mut out);
        limits(schema, &mut out);
        let mut below = Below { table: self, at, depth: depth + 1, parts };
        below.children(id, schema, &mut out);
        Value::Object(out)
    }

    fn annotations(&self, schema: &Schema, out: &mut Map<String, Value>) {
        for (key, said) in [("title", &schema.title), ("description", &schema.description), ("format", &schema.format)]
        {
            out.extend(said.as_ref().map(|said| (key.to_owned(), json!(said))));
        }
        if schema.deprecated {
            out.insert("deprecated".to_owned(), json!(true));
        }
        let default = schema.default.and_then(|default| value(self.files.node(default)));
        out.extend(default.map(|default| ("default".to_owned(), default)));
    }

    /// A number too large for schemars is equal to nothing that it could ever check.
    fn values(&self, schema: &Schema, out: &mut Map<String, Value>) {
        let listed = |ids: &[NodeId]| ids.iter().filter_map(|id| value(self.files.node(*id))).collect::<Vec<Value>>();
        let constant = schema.constant.map(|constant| listed(&[constant]));
        match (&schema.enumeration, constant) {
            (Some(values), None) => out.extend([("enum".to_owned(), Value::Array(listed(values)))]),
            (Some(values), Some(constant)) => {
                let both: Vec<Value> = listed(values).into_iter().filter(|value| constant.contains(value)).collect();
                out.extend([("enum".to_owned(), Value::Array(both))]);
            }
            (None, Some(constant)) => match constant.into_iter().next() {
                Some(constant) => out.extend([("const".to_owned(), constant)]),
                None => out.extend([("enum".to_owned(), json!([]))]),
            },
            (None, None) => {}
        }
    }
}

/// The children of a schema, each at its place.
struct Below<'b, 'a> {
    table: &'b mut Table<'a>,
    at: &'b str,
    depth: usize,
    parts: &'b mut Parts,
}

impl Below<'_, '_> {
    fn one(&mut self, place: &str, id: SchemaId) -> Value {
        self.table.part(id, &format!("{}/{place}", self.at), self.depth, self.parts)
    }

    fn list(&mut self, key: &str, ids: &[SchemaId]) -> Value {
        ids.iter().enumerate().map(|(index, id)| self.one(&format!("{key}/{index}"), *id)).collect()
    }

    /// A schema that applies itself to its own value again asks for nothing new, and offers nothing.
    fn others(&self, itself: SchemaId, ids: &[SchemaId]) -> Vec<SchemaId> {
        ids.iter().copied().filter(|id| self.table.schemas.target(*id) != itself).collect()
    }

    fn children(&mut self, itself: SchemaId, schema: &Schema, out: &mut Map<String, Value>) {
        let single = [
            ("items", schema.items),
            ("unevaluatedItems", schema.unevaluated_items),
            ("additionalProperties", schema.additional_properties),
            ("unevaluatedProperties", schema.unevaluated_properties),
            ("propertyNames", schema.property_names),
            ("not", schema.not),
            ("if", schema.condition),
            ("then", schema.then),
            ("else", schema.otherwise),
        ];
        for (key, id) in single {
            if let Some(id) = id {
                let schema = self.one(key, id);
                out.insert(key.to_owned(), schema);
            }
        }
        let named = [
            ("properties", &schema.properties),
            ("patternProperties", &schema.pattern_properties),
            ("dependentSchemas", &schema.dependent_schemas),
        ];
        for (key, members) in named.into_iter().filter(|(_, members)| !members.is_empty()) {
            let members = members.iter().map(|(name, id)| {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                (name.clone(), self.one(&format!("{key}/{escaped}"), *id))
            });
            let members: Map<String, Value> = members.collect();
            out.insert(key.to_owned(), Value::Object(members));
        }
        let demanded: Vec<SchemaId> = schema.all_of.iter().chain(&schema.reference).copied().collect();
        let listed = [
            ("prefixItems", schema.prefix_items.clone()),
            ("allOf", self.others(itself, &demanded)),
            ("anyOf", self.others(itself, schema.any_of.as_deref().unwrap_or_default())),
            ("oneOf", schema.one_of.clone().unwrap_or_default()),
        ];
        for (key, ids) in listed {
            if !ids.is_empty() {
                let list = self.list(key, &ids);
                out.insert(key.to_owned(), list);
            }
        }
        self.contains(schema, out);
    }

    /// Up to 2019-09 what `contains` finds is not evaluated by that; behind `not` it is not, either.
    fn contains(&mut self, schema: &Schema, out: &mut Map<String, Value>) {
        let Some(contains) = schema.contains else { return };
        let looked_at = schema.dialect < Dialect::Draft2020 && schema.unevaluated_items.is_some();
        let hide = looked_at && !out.contains_key("not");
        let mut found = Map::new();
        let item = self.one(if hide { "not/not/contains" } else { "contains" }, contains);
        found.insert("contains".to_owned(), item);
        count(&mut found, ["minContains", "maxContains"], schema.contains_count);
        if hide {
            out.insert("not".to_owned(), json!({ "not": found }));
        } else {
            out.append(&mut found);
        }
    }
}

fn word(one: Type) -> &'static str {
    Type::ALL.iter().find(|(known, _)| *known == one).map_or("", |(_, word)| word)
}

/// A value of the document; `None` for one that serde_json has no room for.
fn value(node: Node<'_>) -> Option<Value> {
    serde_json::from_str(&to_json(node)).ok()
}

/// The keywords about numbers, lengths and counts.
fn limits(schema: &Schema, out: &mut Map<String, Value>) {
    let numbers = [
        ("minimum", &schema.minimum),
        ("maximum", &schema.maximum),
        ("exclusiveMinimum", &schema.exclusive_minimum),
        ("exclusiveMaximum", &schema.exclusive_maximum),
        ("multipleOf", &schema.multiple_of),
    ];
    for (key, limit) in numbers {
        out.extend(limit.as_ref().map(|limit| (key.to_owned(), number(limit))));
    }
    count(out, ["minLength", "maxLength"], schema.length);
    count(out, ["minItems", "maxItems"], schema.items_count);
    count(out, ["minProperties", "maxProperties"], schema.properties_count);
    if let Some(pattern) = &schema.pattern {
        out.insert("pattern".to_owned(), json!(pattern));
    }
    if schema.unique_items {
        out.insert("uniqueItems".to_owned(), json!(true));
    }
    if !schema.required.is_empty() {
        let required: BTreeSet<&str> = schema.required.iter().map(String::as_str).collect();
        out.insert("required".to_owned(), json!(required));
    }
    if !schema.dependent_required.is_empty() {
        let mut members: Map<String, Value> = Map::new();
        for (key, names) in &schema.dependent_required {
            let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
            members.insert(key.clone(), json!(names));
        }
        out.insert("dependentRequired".to_owned(), Value::Object(members));
    }
}

fn count(out: &mut Map<String, Value>, [min, max]: [&str; 2], bounds: Bounds) {
    for (key, bound) in [(min, bounds.min), (max, bounds.max)] {
        out.extend(bound.map(|bound| (key.to_owned(), json!(bound))));
    }
}

/// A limit beyond all floats is as good as the last of them.
fn number(number: &Number) -> Value {
    let last = || json!(f64::MAX.copysign(number.as_f64()));
    serde_json::from_str(number.as_str()).unwrap_or_else(|_| last())
}
