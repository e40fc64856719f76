//! `cargo xtask nightly inclusion`: no verdict on inclusion is contradicted by a value.
//!
//! In: how many values to judge, and a seed. Out: a count of verdicts, or the schemas and the value of each contradiction,
//! and a line on record. Schemas are made from a tape of numbers, so that two that share most of their tape share most of
//! what they say; values are made of the same names and constants. A validator reads the schemas as they were written.

use super::record;
use crate::Outcome;
use clap::Args as ClapArgs;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tidings::document::{Dialect, SchemaFormat};
use tidings::reference::{Files, Policy};
use tidings::schema::inclusion::{self, Side, Verdict};
use tidings::source::Diagnostics;

/// Judges made-up values by made-up pairs of schemas, against the verdicts on these
#[derive(ClapArgs)]
pub struct Arguments {
    /// How many values are judged, ten for each pair of schemas
    #[arg(long, default_value_t = 100_000)]
    values: u64,
    /// Where the numbers begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Values for each pair of schemas.
const VALUES: u64 = 10;
/// How deep schemas and values are.
const DEPTH: usize = 3;
/// Numbers on a tape.
const TAPE: usize = 96;
/// Names of properties.
const NAMES: [&str; 4] = ["a", "b", "c", "ab"];
/// Patterns, of names and of texts.
const PATTERNS: [&str; 5] = ["^a", "b$", "^[ab]+$", "^[a-c]{1,2}$", "."];

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let mut random = fastrand::Rng::with_seed(arguments.seed);
    let (mut counts, mut faults) = (BTreeMap::<&str, u64>::new(), Vec::new());
    for _ in 0..arguments.values.div_ceil(VALUES) {
        let mut tape: Vec<u32> = (0..TAPE).map(|_| random.u32(..)).collect();
        let old = Maker { tape: &tape, at: 0 }.document();
        for _ in 0..random.usize(1..4) {
            if let Some(number) = tape.get_mut(random.usize(..TAPE)) {
                *number = random.u32(..);
            }
        }
        let new = Maker { tape: &tape, at: 0 }.document();
        let values: Vec<Value> = (0..VALUES)
            .map(|_| {
                let tape: Vec<u32> = (0..TAPE).map(|_| random.u32(..)).collect();
                Maker { tape: &tape, at: 0 }.value(DEPTH)
            })
            .collect();
        faults.extend(judge(&old, &new, &values, &mut counts)?);
    }
    let count = |word: &str| counts.get(word).copied().unwrap_or_default();
    let result = format!(
        "{} contradictions; {} values, seed {}; verdicts: {} hold, {} fail, {} unknown",
        faults.len(),
        arguments.values,
        arguments.seed,
        count("holds"),
        count("fails"),
        count("unknown")
    );
    println!("{result}");
    record("inclusion", &result)?;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// What contradicts the verdicts on two schemas.
fn judge(old: &Value, new: &Value, values: &[Value], counts: &mut BTreeMap<&str, u64>) -> Result<Vec<String>, String> {
    let open = |schema: &Value| {
        let mut files = Files::new(Policy::default());
        let source = files.add("schema.json", None, schema.to_string(), &mut Diagnostics::default());
        files.root(source).map(|root| root.id()).map(|node| (files, node)).ok_or("a schema has no root".to_owned())
    };
    let ((old_files, old_node), (new_files, new_node)) = (open(old)?, open(new)?);
    let side = |files, node| Side::schema(files, node, SchemaFormat::JsonSchema(Dialect::Draft7), None);
    let comparison = inclusion::compare(&side(&old_files, old_node), &side(&new_files, new_node));
    let validator = |schema: &Value| {
        let built = jsonschema::options().with_draft(jsonschema::Draft::Draft7).build(schema);
        built.map_err(|error| format!("{schema}: {error}"))
    };
    let (in_old, in_new) = (validator(old)?, validator(new)?);
    let mut faults = Vec::new();
    for (verdict, [inner, outer], [within, without]) in
        [(&comparison.backward, [old, new], [&in_old, &in_new]), (&comparison.forward, [new, old], [&in_new, &in_old])]
    {
        let parted = |value: &Value| within.is_valid(value) && !without.is_valid(value);
        let (word, contradiction) = match verdict {
            Verdict::Holds => ("holds", values.iter().find(|value| parted(value))),
            Verdict::Fails { witness, .. } => ("fails", Some(witness).filter(|witness| !parted(witness))),
            Verdict::Unknown { .. } => ("unknown", None),
        };
        *counts.entry(word).or_default() += 1;
        faults.extend(contradiction.map(|value| format!("{word}: {inner} in {outer}, but {value}")));
    }
    Ok(faults)
}

/// Makes the value of a keyword.
type Make<'t> = fn(&mut Maker<'t>) -> Value;

/// Makes schemas and values from a tape.
struct Maker<'t> {
    tape: &'t [u32],
    at: usize,
}

impl<'t> Maker<'t> {
    /// A number below `end`.
    fn draw(&mut self, end: usize) -> usize {
        let drawn = self.tape.get(self.at % self.tape.len().max(1)).copied().unwrap_or_default();
        self.at += 1;
        drawn as usize % end.max(1)
    }

    fn one<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let at = self.draw(list.len());
        list.get(at).copied().unwrap_or_default()
    }

    /// A schema with a definition, which may refer to itself.
    fn document(&mut self) -> Value {
        let definition = self.schema(2);
        let mut root = self.schema(DEPTH);
        match root.as_object_mut() {
            Some(root) if !root.contains_key("$ref") => {
                root.insert("definitions".to_owned(), json!({ "d": definition }));
                Value::Object(root.clone())
            }
            _ => json!({ "definitions": { "d": definition }, "allOf": [root] }),
        }
    }

    fn schema(&mut self, depth: usize) -> Value {
        let choice = self.draw(if depth == 0 { 5 } else { 12 });
        match choice {
            0 => json!(self.draw(8) > 0),
            1 => json!({ "type": "integer", "minimum": self.draw(4), "maximum": self.draw(4) + 2 }),
            2 => self.some(&[
                ("type", |maker| json!(maker.one(&["number", "integer", "string"]))),
                ("exclusiveMinimum", |maker| json!(maker.draw(4))),
                ("maximum", |maker| json!(maker.draw(6))),
                ("multipleOf", |maker| json!(maker.one(&[1.0, 2.0, 0.5, 3.0]))),
            ]),
            3 => self.some(&[
                ("type", |_| json!("string")),
                ("minLength", |maker| json!(maker.draw(3))),
                ("maxLength", |maker| json!(maker.draw(4))),
                ("pattern", |maker| json!(maker.one(&PATTERNS))),
            ]),
            4 => json!({ "enum": (0..=self.draw(3)).map(|_| self.value(1)).collect::<Vec<_>>() }),
            5 | 6 => self.object(depth),
            7 => self.array(depth),
            8 => json!({ (self.one(&["anyOf", "oneOf", "allOf"])): [self.schema(depth - 1), self.schema(depth - 1)] }),
            9 => json!({ "not": self.schema(depth - 1) }),
            10 => {
                json!({ "if": self.schema(depth - 1), "then": self.schema(depth - 1), "else": self.schema(depth - 1) })
            }
            // Below another value, so that no schema is itself.
            _ => json!({ "type": "object", "properties": { (self.one(&NAMES)): { "$ref": "#/definitions/d" } } }),
        }
    }

    /// Some of the keywords.
    fn some(&mut self, keywords: &[(&str, Make<'t>)]) -> Value {
        let mut schema = Map::new();
        for (keyword, value) in keywords {
            let value = value(self);
            if self.draw(3) > 0 {
                schema.insert((*keyword).to_owned(), value);
            }
        }
        Value::Object(schema)
    }

    fn object(&mut self, depth: usize) -> Value {
        let properties: Map<String, Value> =
            (0..self.draw(4)).map(|_| (self.one(&NAMES).to_owned(), self.schema(depth - 1))).collect();
        let mut schema = self.some(&[
            ("type", |_| json!("object")),
            ("required", |maker| json!([maker.one(&NAMES)])),
            ("minProperties", |maker| json!(maker.draw(3))),
            ("maxProperties", |maker| json!(maker.draw(4))),
        ]);
        let extra = [
            ("additionalProperties", self.schema(depth - 1)),
            ("patternProperties", json!({ (self.one(&PATTERNS)): self.schema(depth - 1) })),
            ("propertyNames", json!({ "pattern": self.one(&PATTERNS) })),
            ("dependencies", json!({ (self.one(&NAMES)): [self.one(&NAMES)] })),
        ];
        for (keyword, value) in extra {
            if let (0, Some(schema)) = (self.draw(3), schema.as_object_mut()) {
                schema.insert(keyword.to_owned(), value);
            }
        }
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("properties".to_owned(), Value::Object(properties));
        }
        schema
    }

    fn array(&mut self, depth: usize) -> Value {
        let mut schema = self.some(&[
            ("type", |_| json!("array")),
            ("minItems", |maker| json!(maker.draw(3))),
            ("maxItems", |maker| json!(maker.draw(4))),
            ("uniqueItems", |maker| json!(maker.draw(2) == 0)),
        ]);
        let items = if self.draw(2) == 0 { json!([self.schema(depth - 1)]) } else { self.schema(depth - 1) };
        let extra =
            [("items", items), ("additionalItems", self.schema(depth - 1)), ("contains", self.schema(depth - 1))];
        for (keyword, value) in extra {
            if let (0 | 1, Some(schema)) = (self.draw(3), schema.as_object_mut()) {
                schema.insert(keyword.to_owned(), value);
            }
        }
        schema
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.draw(if depth == 0 { 6 } else { 11 }) {
            0 => Value::Null,
            1 => json!(self.draw(2) == 0),
            2 | 3 => json!(self.draw(7)),
            4 => json!(self.one(&[0.5, 1.5, -1.0, 2.5])),
            5 => json!(self.one(&["", "a", "b", "ab", "abc", "ba", "x"])),
            6 | 7 => (0..self.draw(4)).map(|_| self.value(depth - 1)).collect(),
            _ => {
                Value::Object((0..self.draw(4)).map(|_| (self.one(&NAMES).to_owned(), self.value(depth - 1))).collect())
            }
        }
    }
}
