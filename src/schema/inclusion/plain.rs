//! The schema IR -> one plain JSON Schema of draft 2020-12.
//!
//! In: a [`Side`]. Out: a schema in which only keywords that decide about values are left, references lead to `$defs`
//! that are named in the order in which they are met, and every keyword has one spelling. Two schemas that differ only in
//! annotations, names of definitions or the order of keys become equal.

use super::Side;
use super::profile::Reading;
use crate::reference::Files;
use crate::schema::{Bounds, Schema, SchemaId, Schemas, Type};
use crate::syntax::{Kind, NodeId, Number};
use indexmap::IndexSet;
use serde_json::{Map, Value, json};

/// More schemas and values than this are not written out.
const MAXIMUM_NODES: usize = 60_000;
/// A decimal with at most so many digits is told apart from every other by its nearest double.
const EXACT_DIGITS: usize = 15;
/// Integers up to this one are doubles without loss.
const EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

/// The plain form of a side.
///
/// # Errors
/// Says which part cannot be written so.
pub(super) fn schema(side: &Side<'_>, reading: Reading) -> Result<Value, String> {
    let (schemas, ids) = super::read(side);
    let mut root = choice(side.files, &schemas, &ids, reading)?;
    if side.only_objects {
        let definitions = root.as_object_mut().and_then(|root| root.remove("$defs"));
        root = json!({ "type": "object", "allOf": [root] });
        if let Some((root, definitions)) = root.as_object_mut().zip(definitions) {
            root.insert("$defs".to_owned(), definitions);
        }
    }
    Ok(root)
}

/// The plain form of a choice of schemas that were read.
///
/// # Errors
/// Says which part cannot be written so.
pub(in crate::schema) fn choice(
    files: &Files,
    schemas: &Schemas,
    ids: &[SchemaId],
    reading: Reading,
) -> Result<Value, String> {
    let mut writer = Writer { files, schemas, reading, targets: IndexSet::new(), left: MAXIMUM_NODES };
    let mut root = match ids {
        [] => Value::Bool(true),
        [one] => writer.part(*one)?,
        several => json!({ "anyOf": writer.parts(several)? }),
    };
    let mut definitions = Map::new();
    let mut next = 0;
    while let Some(target) = writer.targets.get_index(next).copied() {
        definitions.insert(name(next), writer.schema(target)?);
        next += 1;
    }
    if let Some(root) = root.as_object_mut().filter(|_| !definitions.is_empty()) {
        root.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Ok(root)
}

/// The schema of all values that a plain schema refuses.
pub(super) fn negated(mut schema: Value) -> Value {
    let definitions = schema.as_object_mut().and_then(|schema| schema.remove("$defs"));
    let mut negated = json!({ "not": schema });
    if let (Some(definitions), Some(negated)) = (definitions, negated.as_object_mut()) {
        negated.insert("$defs".to_owned(), definitions);
    }
    negated
}

/// The schema of all values of two plain schemas; `None` where the names of their definitions would collide.
pub(super) fn conjunction(one: &Value, other: &Value) -> Option<Value> {
    let mut parts = [one.clone(), other.clone()];
    let mut definitions = parts.iter_mut().filter_map(|part| part.as_object_mut()?.remove("$defs"));
    let found = definitions.next();
    if definitions.next().is_some() {
        return None;
    }
    let mut both = json!({ "allOf": parts });
    if let (Some(found), Some(both)) = (found, both.as_object_mut()) {
        both.insert("$defs".to_owned(), found);
    }
    Some(both)
}

fn name(index: usize) -> String {
    format!("s{index}")
}

struct Writer<'s> {
    files: &'s Files,
    schemas: &'s Schemas,
    reading: Reading,
    /// What references lead to, in the order in which they are met.
    targets: IndexSet<SchemaId>,
    /// How many more nodes may be written.
    left: usize,
}

impl Writer<'_> {
    fn spend(&mut self) -> Result<(), String> {
        self.left = self.left.checked_sub(1).ok_or_else(|| "budget: the schema is too large".to_owned())?;
        Ok(())
    }

    fn schema(&mut self, id: SchemaId) -> Result<Value, String> {
        self.spend()?;
        let schema = self.schemas.get(id);
        if let Some(boolean) = schema.boolean {
            return Ok(Value::Bool(boolean));
        }
        let mut out = Map::new();
        self.unevaluated(schema, &mut out)?;
        if let Some(target) = schema.reference {
            let end = self.schemas.target(target);
            let circular = self.schemas.get(end).reference_stands_alone && self.schemas.get(end).reference.is_some();
            if circular {
                return Err("a circle of references leads to no schema".to_owned());
            }
            let (index, _) = self.targets.insert_full(end);
            out.insert("$ref".to_owned(), Value::String(format!("#/$defs/{}", name(index))));
            if schema.reference_stands_alone {
                return Ok(Value::Object(out));
            }
        }
        self.assertions(schema, &mut out)?;
        self.arrays(schema, &mut out)?;
        self.objects(schema, &mut out)?;
        for (key, list) in [("anyOf", &schema.any_of), ("oneOf", &schema.one_of)] {
            if let Some(list) = list {
                out.insert(key.to_owned(), self.list(list)?);
            }
        }
        if !schema.all_of.is_empty() {
            out.insert("allOf".to_owned(), self.list(&schema.all_of)?);
        }
        let single = [("not", schema.not), ("if", schema.condition), ("then", schema.then), ("else", schema.otherwise)];
        self.singles(&single, &mut out)?;
        Ok(Value::Object(out))
    }

    /// `unevaluatedProperties: false` and the like; everything else that the IR cannot say ends here.
    fn unevaluated(&mut self, schema: &Schema, out: &mut Map<String, Value>) -> Result<(), String> {
        if let Some((what, _)) = schema.unsupported.first() {
            return Err(format!("unsupported: {what}"));
        }
        let keywords =
            [("unevaluatedProperties", schema.unevaluated_properties), ("unevaluatedItems", schema.unevaluated_items)];
        for (keyword, id) in keywords {
            let Some(id) = id else { continue };
            match self.schemas.get(id).boolean {
                Some(value) => out.insert(keyword.to_owned(), Value::Bool(value)),
                None => return Err(format!("unsupported: `{keyword}`")),
            };
        }
        Ok(())
    }

    fn assertions(&mut self, schema: &Schema, out: &mut Map<String, Value>) -> Result<(), String> {
        if let Some(types) = schema.types {
            let word = |one: Type| Type::ALL.iter().find(|(known, _)| *known == one).map(|(_, word)| json!(word));
            let mut words: Vec<Value> = types.iter().filter_map(word).collect();
            let types = if words.len() == 1 { words.pop().unwrap_or_default() } else { Value::Array(words) };
            // No known type at all: nothing is of it.
            let impossible = types.as_array().is_some_and(Vec::is_empty);
            let (key, value) = if impossible { ("not", json!({})) } else { ("type", types) };
            out.insert(key.to_owned(), value);
        }
        if let Some(values) = &schema.enumeration {
            let values = values.iter().map(|id| self.value(*id)).collect::<Result<Vec<_>, _>>()?;
            out.insert("enum".to_owned(), Value::Array(values));
        }
        if let Some(constant) = schema.constant {
            out.insert("const".to_owned(), self.value(constant)?);
        }
        let numbers = [
            ("multipleOf", &schema.multiple_of),
            ("minimum", &schema.minimum),
            ("maximum", &schema.maximum),
            ("exclusiveMinimum", &schema.exclusive_minimum),
            ("exclusiveMaximum", &schema.exclusive_maximum),
        ];
        for (key, value) in numbers {
            if let Some(value) = value {
                out.insert(key.to_owned(), number(value)?);
            }
        }
        bounds(out, schema.length, "minLength", "maxLength");
        if let Some(pattern) = &schema.pattern {
            out.insert("pattern".to_owned(), json!(pattern));
        }
        if let Some(format) = schema.format.as_ref().filter(|_| self.reading.formats_asserted) {
            out.insert("format".to_owned(), json!(format));
        }
        Ok(())
    }

    fn arrays(&mut self, schema: &Schema, out: &mut Map<String, Value>) -> Result<(), String> {
        if !schema.prefix_items.is_empty() {
            out.insert("prefixItems".to_owned(), self.parts(&schema.prefix_items)?);
        }
        for (key, id) in [("items", schema.items), ("contains", schema.contains)] {
            if let Some(id) = id {
                out.insert(key.to_owned(), self.part(id)?);
            }
        }
        if schema.contains.is_some() {
            bounds(out, schema.contains_count, "minContains", "maxContains");
        }
        bounds(out, schema.items_count, "minItems", "maxItems");
        if schema.unique_items {
            out.insert("uniqueItems".to_owned(), json!(true));
        }
        Ok(())
    }

    fn objects(&mut self, schema: &Schema, out: &mut Map<String, Value>) -> Result<(), String> {
        let maps = [
            ("properties", &schema.properties, true),
            ("patternProperties", &schema.pattern_properties, true),
            ("dependentSchemas", &schema.dependent_schemas, false),
        ];
        for (key, map, parts) in maps {
            if map.is_empty() {
                continue;
            }
            let mut written = |id| if parts { self.part(id) } else { self.schema(id) };
            let members = map.iter().map(|(name, id)| Ok((name.clone(), written(*id)?)));
            out.insert(key.to_owned(), Value::Object(members.collect::<Result<_, String>>()?));
        }
        if let Some(id) = schema.additional_properties.filter(|_| !self.reading.unlisted_skipped) {
            out.insert("additionalProperties".to_owned(), self.part(id)?);
        }
        self.singles(&[("propertyNames", schema.property_names)], out)?;
        let required: Vec<String> =
            schema.required.iter().filter(|name| !self.is_filled(schema, name)).cloned().collect();
        if !required.is_empty() {
            out.insert("required".to_owned(), sorted(&required));
        }
        bounds(out, schema.properties_count, "minProperties", "maxProperties");
        if !schema.dependent_required.is_empty() {
            let members = schema.dependent_required.iter().map(|(key, names)| (key.clone(), sorted(names)));
            out.insert("dependentRequired".to_owned(), Value::Object(members.collect()));
        }
        Ok(())
    }

    fn singles(&mut self, list: &[(&str, Option<SchemaId>)], out: &mut Map<String, Value>) -> Result<(), String> {
        for (key, id) in list {
            if let Some(id) = id {
                out.insert((*key).to_owned(), self.schema(*id)?);
            }
        }
        Ok(())
    }

    fn list(&mut self, ids: &[SchemaId]) -> Result<Value, String> {
        Ok(Value::Array(ids.iter().map(|id| self.schema(*id)).collect::<Result<_, _>>()?))
    }

    /// The schema of a value of its own, rather than of one that another schema speaks of as well.
    fn part(&mut self, id: SchemaId) -> Result<Value, String> {
        let schema = self.schema(id)?;
        let listed = if self.reading.only_listed { self.listed(id) } else { None };
        Ok(listed.map_or(schema.clone(), |names| json!({ "allOf": [schema], "propertyNames": names })))
    }

    fn parts(&mut self, ids: &[SchemaId]) -> Result<Value, String> {
        Ok(Value::Array(ids.iter().map(|id| self.part(*id)).collect::<Result<_, _>>()?))
    }

    /// A schema of the names that a schema and those that speak of the same value list; `None` if they list none, or say
    /// themselves what becomes of others.
    fn listed(&self, id: SchemaId) -> Option<Value> {
        let (mut names, mut patterns) = (IndexSet::new(), IndexSet::new());
        let (mut todo, mut seen) = (vec![id], IndexSet::new());
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            let schema = self.schemas.get(id);
            if schema.additional_properties.is_some() || !schema.unsupported.is_empty() {
                return None;
            }
            names.extend(schema.properties.iter().map(|(name, _)| name.as_str()));
            names.extend(schema.required.iter().map(String::as_str));
            patterns.extend(schema.pattern_properties.iter().map(|(pattern, _)| pattern.as_str()));
            todo.extend([schema.reference, schema.condition, schema.then, schema.otherwise].into_iter().flatten());
            let lists = [Some(&schema.all_of), schema.any_of.as_ref(), schema.one_of.as_ref()];
            todo.extend(lists.into_iter().flatten().flatten().copied());
            todo.extend(schema.dependent_schemas.iter().map(|(_, id)| *id));
        }
        if names.is_empty() {
            return None;
        }
        let mut choice = vec![json!({ "enum": names.into_iter().collect::<Vec<_>>() })];
        choice.extend(patterns.into_iter().map(|pattern| json!({ "pattern": pattern })));
        Some(json!({ "anyOf": choice }))
    }

    /// Is a required property filled in by its default?
    fn is_filled(&self, schema: &Schema, name: &str) -> bool {
        let property = schema.properties.iter().find(|(known, _)| known == name);
        let default = |(_, id): &(String, SchemaId)| self.schemas.get(self.schemas.target(*id)).default.is_some();
        self.reading.defaults_fill && property.is_some_and(default)
    }

    /// A value of `enum` or `const`.
    fn value(&mut self, id: NodeId) -> Result<Value, String> {
        self.spend()?;
        let node = self.files.node(id);
        Ok(match node.kind() {
            Kind::Null => Value::Null,
            Kind::Boolean(value) => Value::Bool(*value),
            Kind::Number(value) => number(value)?,
            Kind::String(text) => Value::String(text.to_string()),
            Kind::Array(items) => Value::Array(items.iter().map(|id| self.value(*id)).collect::<Result<_, _>>()?),
            Kind::Object(_) => {
                let members = node.entries().map(|entry| Ok((entry.key.to_owned(), self.value(entry.value.id())?)));
                Value::Object(members.collect::<Result<_, String>>()?)
            }
        })
    }
}

/// The order of names says nothing.
fn sorted(names: &[String]) -> Value {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.dedup();
    json!(names)
}

fn bounds(out: &mut Map<String, Value>, bounds: Bounds, min: &str, max: &str) {
    for (key, value) in [(min, bounds.min), (max, bounds.max)] {
        if let Some(value) = value {
            out.insert(key.to_owned(), json!(value));
        }
    }
}

/// A number without loss: two that differ must not become equal.
fn number(number: &Number) -> Result<Value, String> {
    if let Some(value) = number.as_i64() {
        return Ok(json!(value));
    }
    if let Some(value) = number.as_u64() {
        return Ok(json!(value));
    }
    let inexact = || format!("the number `{number}` has more digits than are compared exactly");
    let mantissa = number.as_str().split(['e', 'E']).next().unwrap_or("");
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let value = number.as_f64();
    if digits.trim_matches('0').len() > EXACT_DIGITS || !value.is_finite() {
        return Err(inexact());
    }
    if value.fract() == 0.0 && value.abs() < EXACT_INTEGER {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
        return Ok(json!(value as i64));
    }
    serde_json::Number::from_f64(value).map(Value::Number).ok_or_else(inexact)
}
