//! How a page makes further samples of a payload: a plan for its script.
//!
//! In: a schema, and a value that is known to fit it. Out: a plan whose every outcome fits, too: a part of the value varies
//! only where nothing but keywords about that part decide on it. Whatever else there is (a pattern, a union, a condition,
//! a keyword that is not known here) keeps the value that is known.
//!
//! | plan | outcome |
//! | --- | --- |
//! | `["c", [..]]` | one of the values |
//! | `["i", low, high, step]` | `low` and any number of steps, up to `high` |
//! | `["n", low, high]` | a number strictly between |
//! | `["s", least, most]` | text of so many characters |
//! | `["f", format]` | text of a format |
//! | `["a", plan, least, most]` | a list of so many |
//! | `["o", [[name, required, plan], ..]]` | an object; what is not required may be missing |

use crate::reference::Files;
use crate::schema::{Bounds, Schema, SchemaId, Schemas, Type, TypeSet};
use crate::syntax::{Number, to_json};
use serde_json::{Value, json};

/// Numbers vary within so much of the value that is known, unless they have bounds.
const REACH: f64 = 1_000.0;
/// Whole numbers beyond this are not exact in a script.
const MOST: f64 = 9_007_199_254_740_991.0;
/// Lists vary by so many items.
const MORE_ITEMS: u64 = 3;
/// Texts that may be of any length are this long at most.
const LONGEST_TEXT: u64 = 24;
/// Values nested deeper than this do not vary.
const DEEPEST: usize = 32;
/// The formats that the script can make.
const FORMATS: [&str; 4] = ["date-time", "date", "time", "uuid"];

/// Keywords beside which a part may vary: they are looked at here, or say nothing about values. So does any `x-` field.
const KNOWN: [&str; 35] = [
    "$comment",
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "const",
    "default",
    "definitions",
    "dependentRequired",
    "deprecated",
    "description",
    "enum",
    "example",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "externalDocs",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "patternProperties",
    "properties",
    "required",
    "title",
    "type",
];

/// The plan of a payload; `None` where nothing can vary.
pub(super) fn plan(files: &Files, schemas: &Schemas, id: SchemaId, value: &Value) -> Option<Value> {
    let plan = Planner { files, schemas }.plan(&[id], value, 0);
    varies(&plan).then_some(plan)
}

/// Has a plan more than one outcome?
fn varies(plan: &Value) -> bool {
    match plan.get(0).and_then(Value::as_str) {
        Some("c") => plan.get(1).and_then(Value::as_array).is_some_and(|values| values.len() > 1),
        Some("o") => {
            let members = plan.get(1).and_then(Value::as_array).into_iter().flatten();
            members.into_iter().any(|member| member.get(1) == Some(&json!(0)) || member.get(2).is_some_and(varies))
        }
        _ => true,
    }
}

struct Planner<'a> {
    files: &'a Files,
    schemas: &'a Schemas,
}

impl Planner<'_> {
    /// The plan of a value that all of `ids` hold for.
    fn plan(&self, ids: &[SchemaId], value: &Value, depth: usize) -> Value {
        let fixed = || json!(["c", [value]]);
        let mut parts: Vec<&Schema> = Vec::new();
        for id in ids.iter().flat_map(|id| self.schemas.parts(*id)) {
            let schema = self.schemas.get(id);
            // A reference that hides its siblings has nothing to say itself.
            if !(schema.reference.is_some() && schema.reference_stands_alone) {
                parts.push(schema);
            }
        }
        if depth > DEEPEST || parts.iter().any(|schema| decides_on_the_whole(schema) || self.is_strange(schema)) {
            return fixed();
        }
        let listed = parts.iter().filter(|schema| schema.enumeration.is_some() || schema.constant.is_some()).count();
        match (listed, parts.as_slice()) {
            (0, _) => {}
            (1, [schema]) => return self.one_of_the_listed(schema).unwrap_or_else(fixed),
            _ => return fixed(),
        }
        let plan = match (value, parts.as_slice()) {
            (Value::Object(members), _) => Some(self.members(&parts, members, depth)),
            (Value::Array(items), [schema]) => self.items(schema, items, depth),
            (Value::Bool(_), _) => Some(json!(["c", [true, false]])),
            (Value::Number(number), [schema]) => numbers(schema, number),
            (Value::String(_), [schema]) => self.texts(schema),
            _ => None,
        };
        plan.unwrap_or_else(fixed)
    }

    /// Does a schema have a keyword that is not known here?
    fn is_strange(&self, schema: &Schema) -> bool {
        let mut keys = self.files.node(schema.node).entries().map(|entry| entry.key);
        keys.any(|key| !key.starts_with("x-") && !KNOWN.contains(&key))
    }

    fn one_of_the_listed(&self, schema: &Schema) -> Option<Value> {
        // A type beside the list may leave some of it out.
        let nodes = schema.enumeration.as_ref().filter(|_| schema.constant.is_none())?;
        let values = nodes.iter().map(|node| serde_json::from_str::<Value>(&to_json(self.files.node(*node))).ok());
        let fits = |value: &Value| schema.types.is_none_or(|types| types.has(type_of(value)));
        let values: Vec<Value> = values.collect::<Option<Vec<_>>>()?.into_iter().filter(fits).collect();
        (!values.is_empty() && is_bare(schema)).then(|| json!(["c", values]))
    }

    fn members(&self, parts: &[&Schema], members: &serde_json::Map<String, Value>, depth: usize) -> Value {
        let counted = parts.iter().any(|schema| {
            schema.properties_count != Bounds::default()
                || !schema.dependent_required.is_empty()
                || !schema.pattern_properties.is_empty()
        });
        let required = |name: &String| counted || parts.iter().any(|schema| schema.required.contains(name));
        let declared = parts.iter().flat_map(|schema| &schema.properties).map(|(name, _)| name);
        let mut plans: Vec<Value> = Vec::new();
        let mut done: Vec<&String> = Vec::new();
        for name in declared.chain(members.keys()) {
            let Some(value) = members.get(name).filter(|_| !done.contains(&name)) else { continue };
            done.push(name);
            let of_name = parts.iter().flat_map(|schema| &schema.properties).filter(|(known, _)| known == name);
            let ids: Vec<SchemaId> = of_name.map(|(_, id)| *id).collect();
            let plan = match ids.is_empty() || counted {
                true => json!(["c", [value]]),
                false => self.plan(&ids, value, depth + 1),
            };
            plans.push(json!([name, u8::from(required(name)), plan]));
        }
        json!(["o", plans])
    }

    fn items(&self, schema: &Schema, items: &[Value], depth: usize) -> Option<Value> {
        let first = items.first().filter(|_| !schema.unique_items && schema.prefix_items.is_empty())?;
        let plan = self.plan(&[schema.items?], first, depth + 1);
        let least = schema.items_count.min.unwrap_or(1).max(1);
        let most = schema.items_count.max.unwrap_or(u64::MAX).min(least + MORE_ITEMS);
        (least <= most && least <= items.len() as u64).then(|| json!(["a", plan, least, most]))
    }

    fn texts(&self, schema: &Schema) -> Option<Value> {
        // What the author would write says more than words without meaning.
        let node = self.files.node(schema.node);
        if schema.default.is_some() || node.get("examples").is_some() || node.get("example").is_some() {
            return None;
        }
        match &schema.format {
            Some(format) if schema.length == Bounds::default() => {
                FORMATS.contains(&format.as_str()).then(|| json!(["f", format]))
            }
            Some(_) => None,
            None => {
                let least = schema.length.min.unwrap_or(1).max(1);
                let most = schema.length.max.unwrap_or(u64::MAX).min(least.max(LONGEST_TEXT));
                (least <= most && most <= 1_000).then(|| json!(["s", least, most]))
            }
        }
    }
}

/// Does a schema say nothing about numbers and texts but their type?
fn is_bare(schema: &Schema) -> bool {
    let limits = [&schema.minimum, &schema.maximum, &schema.exclusive_minimum, &schema.exclusive_maximum];
    let numbers = limits.iter().any(|limit| limit.is_some()) || schema.multiple_of.is_some();
    !numbers && schema.length == Bounds::default() && schema.format.is_none()
}

/// Does a schema say something about its values that is not about one part of them alone?
fn decides_on_the_whole(schema: &Schema) -> bool {
    let branches = [&schema.any_of, &schema.one_of].iter().any(|branches| branches.is_some());
    let others = [
        schema.not,
        schema.condition,
        schema.contains,
        schema.unevaluated_items,
        schema.unevaluated_properties,
        schema.property_names,
    ];
    branches
        || others.iter().any(Option::is_some)
        || !schema.dependent_schemas.is_empty()
        || schema.origin.is_some()
        || schema.pattern.is_some()
        || schema.boolean.is_some()
        || !schema.unsupported.is_empty()
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Boolean,
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => Type::Integer,
        Value::Number(_) => Type::Number,
        Value::String(_) => Type::String,
        Value::Array(_) => Type::Array,
        Value::Object(_) => Type::Object,
    }
}

fn numbers(schema: &Schema, known: &serde_json::Number) -> Option<Value> {
    let bound = |limit: &Option<Number>| limit.as_ref().map(Number::as_f64);
    let known = known.as_f64().filter(|known| known.abs() < MOST / 2.0)?;
    let whole = schema.types.is_some_and(|types| !types.has(Type::Number) && types.has(Type::Integer));
    let step = bound(&schema.multiple_of).unwrap_or(1.0);
    let low = [bound(&schema.minimum), bound(&schema.exclusive_minimum)].into_iter().flatten().reduce(f64::max);
    let high = [bound(&schema.maximum), bound(&schema.exclusive_maximum)].into_iter().flatten().reduce(f64::min);
    let high = high.unwrap_or_else(|| known.max(low.unwrap_or(known)) + REACH).min(known + REACH * step.max(1.0));
    if whole || schema.multiple_of.is_some() {
        // From the value that is known upwards: it is a multiple, and above every lower bound.
        let strict = bound(&schema.exclusive_maximum).is_some_and(|limit| limit <= high);
        let high = if strict { high - step } else { high };
        return (step.fract() == 0.0 && step >= 1.0 && known.fract() == 0.0 && high > known)
            .then(|| json!(["i", known, high.floor(), step]));
    }
    (schema.types == Some(TypeSet::of(Type::Number)) && high > known).then(|| json!(["n", known, high]))
}
