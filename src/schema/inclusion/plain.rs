//! The schema IR -> one plain JSON Schema of draft 2020-12.
//!
//! In: a [`Side`]. Out: a schema in which only keywords that decide about values are left, references lead to `$defs`
//! that are named in the order in which they are met, and every keyword has one spelling. Two schemas that differ only in
//! annotations, names of definitions or the order of keys become equal.

use super::Side;
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
pub(super) fn schema(side: &Side<'_>) -> Result<Value, String> {
    write(side, false)
}

/// The same, and `format`.
///
/// # Errors
/// Says which part cannot be written so.
pub(super) fn schema_with_formats(side: &Side<'_>) -> Result<Value, String> {
    write(side, true)
}

fn write(side: &Side<'_>, formats: bool) -> Result<Value, String> {
    let (schemas, ids) = super::read(side);
    let (targets, left) = (IndexSet::new(), MAXIMUM_NODES);
    let mut writer = Writer { files: side.files, schemas: &schemas, targets, left, formats };
    let mut root = match ids.as_slice() {
        [] => Value::Bool(true),
        [one] => writer.schema(*one)?,
        several => json!({ "anyOf": writer.list(several)? }),
    };
    if side.only_objects {
        root = json!({ "type": "object", "allOf": [root] });
    }
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

fn name(index: usize) -> String {
    format!("s{index}")
}

struct Writer<'s> {
    files: &'s Files,
    schemas: &'s Schemas,
    /// What references lead to, in the order in which they are met.
    targets: IndexSet<SchemaId>,
    /// How many more nodes may be written.
    left: usize,
    formats: bool,
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
        if let Some(format) = schema.format.as_ref().filter(|_| self.formats) {
            out.insert("format".to_owned(), json!(format));
        }
        bounds(out, schema.length, "minLength", "maxLength");
        if let Some(pattern) = &schema.pattern {
            out.insert("pattern".to_owned(), json!(pattern));
        }
        Ok(())
    }

    fn arrays(&mut self, schema: &Schema, out: &mut Map<String, Value>) -> Result<(), String> {
        if !schema.prefix_items.is_empty() {
            out.insert("prefixItems".to_owned(), self.list(&schema.prefix_items)?);
        }
        self.singles(&[("items", schema.items), ("contains", schema.contains)], out)?;
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
            ("properties", &schema.properties),
            ("patternProperties", &schema.pattern_properties),
            ("dependentSchemas", &schema.dependent_schemas),
        ];
        for (key, map) in maps {
            if map.is_empty() {
                continue;
            }
            let members = map.iter().map(|(name, id)| Ok((name.clone(), self.schema(*id)?)));
            out.insert(key.to_owned(), Value::Object(members.collect::<Result<_, String>>()?));
        }
        let single = [("additionalProperties", schema.additional_properties), ("propertyNames", schema.property_names)];
        self.singles(&single, out)?;
        if !schema.required.is_empty() {
            out.insert("required".to_owned(), sorted(&schema.required));
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
