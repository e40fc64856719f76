//! Schema IR -> a value that is meant to fit: small, the same every time.
//!
//! In: a schema. Out: a JSON value made of its examples, defaults and listed values where it has them, and otherwise of the
//! least that its keywords ask for. What no construction reaches (a `pattern`, a `not`) may be missed, so whoever needs a
//! value that surely fits asks a validator.

use super::model::{Schema, SchemaId, Schemas, Type, TypeSet};
use crate::reference::Files;
use crate::syntax::{NodeId, to_json};
use serde_json::{Map, Value};

/// Values are nested this deep; then only what is required is made. What holds itself is left out where it may be.
const DEEPEST: usize = 12;
/// More items are not made, whatever `minItems` asks for.
const MOST_ITEMS: u64 = 100;
/// Longer texts are not made, whatever `minLength` asks for.
const LONGEST_TEXT: u64 = 10_000;

/// Texts for formats.
const FORMATS: [(&str, &str); 13] = [
    ("date-time", "2026-01-31T12:00:00Z"),
    ("date", "2026-01-31"),
    ("time", "12:00:00Z"),
    ("duration", "PT1H"),
    ("uuid", "7a0b6c9e-3f1d-4c52-9a58-0d6f4b1e2c3a"),
    ("email", "someone@example.com"),
    ("uri", "https://example.com/"),
    ("uri-reference", "/"),
    ("hostname", "example.com"),
    ("ipv4", "192.0.2.1"),
    ("ipv6", "2001:db8::1"),
    ("byte", "aGVsbG8="),
    ("decimal", "12"),
];

/// A value for a schema.
pub fn sample(files: &Files, schemas: &Schemas, id: SchemaId) -> Value {
    Sampler { files, schemas, path: Vec::new() }.value(id, 0)
}

struct Sampler<'a> {
    files: &'a Files,
    schemas: &'a Schemas,
    /// The schemas that the current value stands in.
    path: Vec<SchemaId>,
}

impl<'a> Sampler<'a> {
    fn value(&mut self, id: SchemaId, depth: usize) -> Value {
        let target = self.schemas.target(id);
        if depth > DEEPEST * 2 {
            return Value::Null;
        }
        if let Some(known) = self.known(self.schemas.get(target)) {
            return known;
        }
        self.path.push(target);
        let value = self.made(self.schemas.get(target), depth);
        self.path.pop();
        value
    }

    /// Does a value of this schema stand around the current one?
    fn is_around(&self, id: SchemaId) -> bool {
        self.path.contains(&self.schemas.target(id))
    }

    fn made(&mut self, schema: &'a Schema, depth: usize) -> Value {
        let mut parts: Vec<SchemaId> = schema.reference.into_iter().chain(schema.all_of.iter().copied()).collect();
        parts.extend([&schema.one_of, &schema.any_of].into_iter().flatten().filter_map(|branches| {
            branches.iter().find(|branch| !self.is_around(**branch)).or(branches.first()).copied()
        }));
        let made = self.own(schema, depth);
        parts.into_iter().fold(made, |made, part| merge(made, self.value(part, depth + 1))).unwrap_or_default()
    }

    /// What the author gives: a constant, a listed value, a default, an example.
    fn known(&self, schema: &Schema) -> Option<Value> {
        let first = schema.enumeration.as_ref().and_then(|values| values.first().copied());
        let example = || {
            let node = self.files.node(schema.node);
            node.get("examples").and_then(|list| list.items().next()).map(|example| example.id())
        };
        let node: NodeId = schema.constant.or(first).or(schema.default).or_else(example)?;
        serde_json::from_str(&to_json(self.files.node(node))).ok()
    }

    /// The least that a schema's own keywords ask for; `None` when they ask for nothing.
    fn own(&mut self, schema: &'a Schema, depth: usize) -> Option<Value> {
        let implied = if !schema.properties.is_empty() || !schema.required.is_empty() {
            Some(Type::Object)
        } else if schema.items.is_some() || !schema.prefix_items.is_empty() {
            Some(Type::Array)
        } else if schema.length.min.is_some() || schema.pattern.is_some() || schema.format.is_some() {
            Some(Type::String)
        } else if schema.minimum.is_some() || schema.maximum.is_some() {
            Some(Type::Number)
        } else {
            None
        };
        let wanted = schema.types.map(|types| {
            let without_null = types.without(TypeSet::of(Type::Null));
            implied.filter(|one| types.has(*one)).or_else(|| without_null.iter().next()).unwrap_or(Type::Null)
        });
        Some(match wanted.or(implied)? {
            Type::Null => Value::Null,
            Type::Boolean => Value::Bool(true),
            Type::Integer => number(schema, true),
            Type::Number => number(schema, false),
            Type::String => Value::String(text(schema)),
            Type::Array => self.array(schema, depth),
            Type::Object => self.object(schema, depth),
        })
    }

    fn array(&mut self, schema: &'a Schema, depth: usize) -> Value {
        let holds_itself = schema.items.is_some_and(|items| self.is_around(items));
        let usual = u64::from(depth < DEEPEST && !holds_itself);
        let wanted = schema.items_count.min.unwrap_or(usual).min(MOST_ITEMS);
        let wanted = schema.items_count.max.map_or(wanted, |max| wanted.min(max));
        let mut items: Vec<Value> = schema.prefix_items.iter().map(|item| self.value(*item, depth + 1)).collect();
        while (items.len() as u64) < wanted {
            let mut item = schema.items.map_or(Value::Null, |items| self.value(items, depth + 1));
            if schema.unique_items && items.contains(&item) {
                item = different(item, items.len());
            }
            items.push(item);
        }
        Value::Array(items)
    }

    fn object(&mut self, schema: &'a Schema, depth: usize) -> Value {
        let mut members = Map::new();
        for (key, property) in &schema.properties {
            let is_welcome = depth < DEEPEST && !self.is_around(*property);
            if is_welcome || schema.required.contains(key) {
                let refused = self.schemas.get(self.schemas.target(*property)).boolean == Some(false);
                if !refused {
                    members.insert(key.clone(), self.value(*property, depth + 1));
                }
            }
        }
        for key in &schema.required {
            if !members.contains_key(key) {
                let value = schema.additional_properties.map_or(Value::Null, |id| self.value(id, depth + 1));
                members.insert(key.clone(), value);
            }
        }
        let least = schema.properties_count.min.unwrap_or(0).min(MOST_ITEMS);
        for number in 1.. {
            if members.len() as u64 >= least {
                break;
            }
            let value = schema.additional_properties.map_or(Value::Null, |id| self.value(id, depth + 1));
            members.entry(format!("key{number}")).or_insert(value);
        }
        Value::Object(members)
    }
}

/// What two schemas made of one value: members of both, or what the first made.
fn merge(first: Option<Value>, second: Value) -> Option<Value> {
    match (first, second) {
        (Some(Value::Object(mut first)), Value::Object(second)) => {
            for (key, value) in second {
                first.entry(key).or_insert(value);
            }
            Some(Value::Object(first))
        }
        (Some(first), _) => Some(first),
        (None, second) => Some(second),
    }
}

fn number(schema: &Schema, integer: bool) -> Value {
    let bound = |limit: &Option<crate::syntax::Number>| limit.as_ref().map(crate::syntax::Number::as_f64);
    let above = bound(&schema.exclusive_minimum).map(|limit| limit + if integer { 1.0 } else { 0.5 });
    let below = bound(&schema.exclusive_maximum).map(|limit| limit - if integer { 1.0 } else { 0.5 });
    let low = bound(&schema.minimum).into_iter().chain(above).reduce(f64::max);
    let high = bound(&schema.maximum).into_iter().chain(below).reduce(f64::min);
    let mut value = match (low, high) {
        (Some(low), _) => low,
        (None, Some(high)) => high.min(1.0),
        (None, None) => 1.0,
    };
    if let Some(step) = bound(&schema.multiple_of).filter(|step| *step > 0.0) {
        value = (value / step).ceil() * step;
    } else if integer {
        value = value.ceil();
    }
    // Doubles hold integers up to 2^53 exactly; larger bounds are as good as their double.
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        return Value::from(value as i64);
    }
    serde_json::Number::from_f64(value).map_or(Value::from(1), Value::Number)
}

fn text(schema: &Schema) -> String {
    if let Some((_, text)) = FORMATS.iter().find(|(name, _)| Some(*name) == schema.format.as_deref()) {
        return (*text).to_owned();
    }
    let least = schema.length.min.unwrap_or(0).min(LONGEST_TEXT) as usize;
    let most = schema.length.max.unwrap_or(u64::MAX) as usize;
    let mut text: String = "text".chars().take(most).collect();
    while text.chars().count() < least {
        text.push('x');
    }
    text
}

fn different(value: Value, number: usize) -> Value {
    match value {
        Value::String(text) => Value::String(format!("{text}{number}")),
        Value::Number(_) | Value::Null => Value::from(number),
        Value::Object(mut members) => {
            if let Some((_, first)) = members.iter_mut().next() {
                *first = different(first.take(), number);
            }
            Value::Object(members)
        }
        other => other,
    }
}
