//! `cargo xtask nightly types`: types of made-up schemas accept what two validators accept.
//!
//! In: how many schemas, how many values for each, and a seed. Out: the verdict of the test `agreement`, whose build script
//! makes types of these schemas, all in one crate; and a line on record. Schemas use every keyword of their draft, refer to
//! definitions with odd names, hold themselves, and are satisfiable more often than not.

use super::record;
use crate::{Outcome, cargo, target};
use clap::Args as ClapArgs;
use fastrand::Rng;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Compares types of made-up schemas with two validators
#[derive(ClapArgs)]
pub struct Arguments {
    /// How many schemas
    #[arg(long, default_value_t = 500)]
    schemas: usize,
    /// How many values for each
    #[arg(long, default_value_t = 200)]
    values: u32,
    /// Where the numbers begin
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let Arguments { schemas: count, values, seed } = arguments;
    let schemas: Map<String, Value> =
        (0..*count).map(|number| (format!("case_{number}"), Maker::new(*seed, number).document())).collect();
    let path = std::path::absolute(target().join("nightly-types.json")).map_err(|error| error.to_string())?;
    let files = [(PathBuf::from("nightly-types.json"), Value::Object(schemas).to_string())];
    tidings::output::write(&target(), &files).map_err(|(path, error)| format!("{}: {error}", path.display()))?;
    let mut command = cargo();
    command.args(["test", "--quiet", "--package", "differential", "--test", "agreement", "--", "--nocapture"]);
    command.arg("types_of_schemas").env("TIDINGS_SCHEMAS", &path).env("TIDINGS_VALUES", values.to_string());
    eprintln!("> types of {count} schemas, {values} values each, seed {seed}");
    let output = command.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    let words = String::from_utf8_lossy(&output.stdout);
    let counts = words.lines().find_map(|line| line.split_once("agreement: ")).map(|(_, counts)| counts);
    words.lines().filter(|line| line.starts_with("disputed: ")).for_each(|line| println!("{line}"));
    let result = format!("{}; {values} values each, seed {seed}", counts.unwrap_or("**a fault**"));
    println!("{result}");
    record("types", &result)?;
    match output.status.success() && counts.is_some() {
        true => Ok(()),
        false => Err(format!("{words}\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// How deep schemas are.
const DEPTH: usize = 3;

/// The drafts, oldest first, and how often each is taken.
const DRAFTS: [(&str, usize); 5] = [
    ("http://json-schema.org/draft-04/schema#", 1),
    ("http://json-schema.org/draft-06/schema#", 1),
    ("http://json-schema.org/draft-07/schema#", 5),
    ("https://json-schema.org/draft/2019-09/schema", 2),
    ("https://json-schema.org/draft/2020-12/schema", 3),
];
const DRAFT_06: usize = 1;
const DRAFT_07: usize = 2;
const DRAFT_2019: usize = 3;
const DRAFT_2020: usize = 4;
const NEVER: usize = 5;

/// Names of properties and definitions: usual ones, keywords, symbols, none at all, and names that differ little.
const NAMES: [&str; 24] = [
    "a",
    "b",
    "c",
    "ab",
    "id",
    "kind",
    "a",
    "b",
    "type",
    "self",
    "Self",
    "",
    "a-b",
    "a_b",
    "aB",
    "1",
    "é",
    "日本",
    "Option",
    "a/b",
    "a~b",
    "fn",
    "additionalProperties",
    "x y",
];
const PATTERNS: [&str; 10] =
    ["^a", "b$", "^[ab]+$", "^[a-c]{1,2}$", ".", "^\\d{3}-[A-Z]$", "^(a|b)c?$", "[^x]", "^.{0,3}$", "^x-"];
const FORMATS: [&str; 10] =
    ["date-time", "date", "time", "email", "ipv4", "ipv6", "uri", "hostname", "uuid", "duration"];
const TYPES: [&str; 7] = ["string", "object", "integer", "array", "number", "boolean", "null"];

/// Makes the value of a keyword; the number is how deep schemas may be in it.
type Make = fn(&mut Maker, usize) -> Value;

/// A keyword: the type it speaks of (`""` for any), the drafts that have it, how often of a hundred it is used, its value.
type Row = (&'static str, &'static str, std::ops::Range<usize>, u8, Make);

#[rustfmt::skip]
const KEYWORDS: &[Row] = &[
    ("minimum", "number", 0..NEVER, 40, |maker, _| maker.number()),
    ("maximum", "number", 0..NEVER, 30, |maker, _| json!(maker.below(12) + 2)),
    ("exclusiveMinimum", "number", DRAFT_06..NEVER, 15, |maker, _| json!(maker.below(4))),
    ("exclusiveMaximum", "number", DRAFT_06..NEVER, 15, |maker, _| json!(maker.below(9) + 3)),
    ("multipleOf", "number", 0..NEVER, 15, |maker, _| json!(maker.one(&[1.0, 2.0, 0.5, 3.0, 0.25]))),
    ("minLength", "string", 0..NEVER, 25, |maker, _| json!(maker.below(3))),
    ("maxLength", "string", 0..NEVER, 25, |maker, _| json!(maker.below(8) + 1)),
    ("pattern", "string", 0..NEVER, 25, |maker, _| json!(maker.one(&PATTERNS))),
    ("format", "string", 0..NEVER, 25, |maker, _| maker.format()),
    ("items", "array", 0..NEVER, 65, |maker, depth| maker.schema(depth)),
    ("items", "array", 0..DRAFT_2020, 20, |maker, depth| maker.list(depth)),
    ("prefixItems", "array", DRAFT_2020..NEVER, 25, |maker, depth| maker.list(depth)),
    ("additionalItems", "array", 0..DRAFT_2020, 20, |maker, depth| maker.schema(depth)),
    ("contains", "array", DRAFT_06..NEVER, 15, |maker, depth| maker.schema(depth)),
    ("minContains", "array", DRAFT_2019..NEVER, 10, |maker, _| json!(maker.below(3))),
    ("maxContains", "array", DRAFT_2019..NEVER, 10, |maker, _| json!(maker.below(3) + 1)),
    ("minItems", "array", 0..NEVER, 25, |maker, _| json!(maker.below(3))),
    ("maxItems", "array", 0..NEVER, 25, |maker, _| json!(maker.below(4) + 1)),
    ("uniqueItems", "array", 0..NEVER, 20, |maker, _| json!(maker.chance(80))),
    ("unevaluatedItems", "array", DRAFT_2019..NEVER, 8, |maker, depth| maker.schema(depth)),
    ("properties", "object", 0..NEVER, 85, |maker, depth| maker.map(&NAMES, depth)),
    ("required", "object", 0..NEVER, 45, |maker, _| maker.names()),
    ("additionalProperties", "object", 0..NEVER, 35, |maker, depth| maker.schema(depth)),
    ("patternProperties", "object", 0..NEVER, 12, |maker, depth| maker.map(&PATTERNS, depth)),
    ("propertyNames", "object", DRAFT_06..NEVER, 8, |maker, _| json!({ "pattern": maker.one(&PATTERNS) })),
    ("minProperties", "object", 0..NEVER, 10, |maker, _| json!(maker.below(3))),
    ("maxProperties", "object", 0..NEVER, 10, |maker, _| json!(maker.below(4) + 1)),
    ("dependencies", "object", 0..DRAFT_2019, 8, |maker, depth| maker.dependencies(depth)),
    ("dependentRequired", "object", DRAFT_2019..NEVER, 8, |maker, _| json!({ (maker.one(&NAMES)): maker.names() })),
    ("dependentSchemas", "object", DRAFT_2019..NEVER, 8, |maker, depth| json!({ (maker.one(&NAMES)): maker.schema(depth) })),
    ("unevaluatedProperties", "object", DRAFT_2019..NEVER, 8, |maker, depth| maker.schema(depth)),
    ("allOf", "", 0..NEVER, 8, |maker, depth| maker.list(depth)),
    ("anyOf", "", 0..NEVER, 8, |maker, depth| maker.list(depth)),
    ("oneOf", "", 0..NEVER, 8, |maker, depth| maker.list(depth)),
    ("not", "", 0..NEVER, 4, |maker, depth| maker.schema(depth)),
    ("if", "", DRAFT_07..NEVER, 5, |maker, depth| maker.schema(depth)),
    ("then", "", DRAFT_07..NEVER, 5, |maker, depth| maker.schema(depth)),
    ("else", "", DRAFT_07..NEVER, 5, |maker, depth| maker.schema(depth)),
];

/// Makes one schema.
struct Maker {
    random: Rng,
    draft: usize,
    /// Names of definitions. A schema refers to itself or to one before it only below another value.
    definitions: Vec<String>,
    /// The definitions that may be referred to in place.
    later: usize,
}

impl Maker {
    fn new(seed: u64, number: usize) -> Self {
        let mut random = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
        let drafts: Vec<usize> =
            (0..).zip(DRAFTS).flat_map(|(draft, (_, weight))| std::iter::repeat_n(draft, weight)).collect();
        let draft = random.choice(drafts).unwrap_or(DRAFT_07);
        Self { random, draft, definitions: Vec::new(), later: 0 }
    }

    fn below(&mut self, end: usize) -> usize {
        self.random.usize(..end)
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.random.u8(..100) < percent
    }

    fn one<T: Copy + Default>(&mut self, list: &[T]) -> T {
        self.random.choice(list).copied().unwrap_or_default()
    }

    /// A whole schema, with its definitions.
    fn document(&mut self) -> Value {
        for _ in 0..self.below(4) {
            let name = self.one(&NAMES).to_owned();
            // An empty name makes a pointer that some take for its parent.
            if !name.is_empty() && !self.definitions.contains(&name) {
                self.definitions.push(name);
            }
        }
        let mut definitions = Map::new();
        for (number, name) in self.definitions.clone().into_iter().enumerate() {
            self.later = number + 1;
            let definition = self.schema(2);
            definitions.insert(name, definition);
        }
        self.later = 0;
        let root = match self.schema(DEPTH) {
            // What stands beside a reference is not read by the older drafts.
            Value::Object(root) if !root.contains_key("$ref") => Value::Object(root),
            other if self.draft < DRAFT_06 && other.is_boolean() => json!({}),
            other => json!({ "allOf": [other] }),
        };
        let mut root = root.as_object().cloned().unwrap_or_default();
        let (draft, _) = DRAFTS.get(self.draft).copied().unwrap_or_default();
        root.insert("$schema".to_owned(), draft.into());
        root.insert("definitions".to_owned(), Value::Object(definitions));
        if self.chance(50) {
            root.insert("x-assert-formats".to_owned(), true.into());
        }
        Value::Object(root)
    }

    fn schema(&mut self, depth: usize) -> Value {
        let boolean = self.draft >= DRAFT_06 && self.chance(5);
        if boolean {
            return json!(self.chance(75));
        }
        let later = self.definitions.get(self.later..).map(<[String]>::to_vec).unwrap_or_default();
        if !later.is_empty() && self.chance(12) {
            let name = self.random.choice(later).unwrap_or_default();
            return reference(&name);
        }
        if self.chance(10) {
            return self.listed();
        }
        let kind = self.random.choice(TYPES.get(..if depth == 0 { 6 } else { 7 }).unwrap_or_default());
        let kind = kind.copied().filter(|kind| depth > 0 || !matches!(*kind, "object" | "array")).unwrap_or("string");
        let mut schema = Map::new();
        if self.chance(85) {
            let kinds = if self.chance(20) { json!([kind, self.one(&TYPES)]) } else { json!(kind) };
            // A type is listed once.
            let twice = kinds.pointer("/0") == kinds.pointer("/1") && kinds.is_array();
            schema.insert("type".to_owned(), if twice { json!([kind]) } else { kinds });
        }
        let nested = |of: &str| matches!(of, "object" | "array" | "");
        for (keyword, of, drafts, percent, make) in KEYWORDS {
            let own = if kind == "integer" { "number" } else { kind };
            // Now and then a keyword stands where it says nothing.
            let percent = if of.is_empty() || *of == own { *percent } else { percent / 16 };
            if drafts.contains(&self.draft) && (depth > 0 || !nested(of)) && self.chance(percent) {
                let value = make(self, depth.saturating_sub(1));
                schema.insert((*keyword).to_owned(), value);
            }
        }
        if let Some(minimum) = schema.get("minimum").filter(|_| self.draft < DRAFT_06).cloned() {
            schema.insert("minimum".to_owned(), minimum);
            schema.insert("exclusiveMinimum".to_owned(), json!(self.chance(50)));
        }
        Value::Object(schema)
    }

    /// A schema below another value, which may be any definition, or the whole.
    fn below_value(&mut self, depth: usize) -> Value {
        if !self.chance(15) {
            return self.schema(depth);
        }
        match self.random.choice(self.definitions.clone()) {
            Some(name) => reference(&name),
            None => json!({ "$ref": "#" }),
        }
    }

    /// `enum` or `const`.
    fn listed(&mut self) -> Value {
        let constant = self.draft >= DRAFT_06 && self.chance(40);
        if constant {
            return json!({ "const": self.value(2) });
        }
        let mut values: Vec<Value> = Vec::new();
        for _ in 0..=self.below(4) {
            let value = if self.chance(70) { json!(self.one(&NAMES)) } else { self.value(1) };
            if !values.contains(&value) {
                values.push(value);
            }
        }
        match self.chance(40) {
            true => json!({ "enum": values, "type": "string" }),
            false => json!({ "enum": values }),
        }
    }

    fn list(&mut self, depth: usize) -> Value {
        let tagged = depth > 0 && self.chance(25);
        let kind = if self.draft < DRAFT_06 { "enum" } else { "const" };
        (0..=self.below(3))
            .map(|number| match self.schema(depth) {
                // Branches that a property tells apart.
                Value::Object(mut branch) if tagged && !branch.contains_key("$ref") => {
                    let tag = if kind == "enum" {
                        json!(["p", "q", "r"].get(number..=number))
                    } else {
                        json!(number.to_string())
                    };
                    branch.insert("type".to_owned(), "object".into());
                    branch.insert("required".to_owned(), json!(["kind"]));
                    branch
                        .insert("properties".to_owned(), json!({ "kind": { kind: tag }, "a": { "type": "integer" } }));
                    Value::Object(branch)
                }
                other => other,
            })
            .collect()
    }

    /// Schemas by names or by patterns.
    fn map(&mut self, keys: &[&'static str], depth: usize) -> Value {
        let count = self.below(4) + usize::from(keys.len() == NAMES.len());
        Value::Object((0..count).map(|_| (self.one(keys).to_owned(), self.below_value(depth))).collect())
    }

    fn names(&mut self) -> Value {
        let mut names: Vec<&str> = Vec::new();
        for _ in 0..=self.below(2) {
            let name = self.one(&NAMES);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        json!(names)
    }

    fn dependencies(&mut self, depth: usize) -> Value {
        let of = if self.chance(50) { self.names() } else { self.schema(depth) };
        json!({ (self.one(&NAMES)): of })
    }

    /// A format that the draft knows, so that all agree on whether it is one.
    fn format(&mut self) -> Value {
        let known = match self.draft {
            DRAFT_2019.. => FORMATS.as_slice(),
            DRAFT_07 => FORMATS.get(..8).unwrap_or_default(),
            _ => &["date-time", "email", "ipv4", "ipv6", "uri", "hostname"],
        };
        json!(self.one(known))
    }

    fn number(&mut self) -> Value {
        match self.below(4) {
            0 => json!(self.one(&[0.5, 1.5, -1.5])),
            _ => json!(self.below(5) as i64 - 2),
        }
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(self.chance(50)),
            2 => self.number(),
            3 | 4 => json!(self.one(&NAMES)),
            5 => (0..self.below(3)).map(|_| self.value(depth - 1)).collect(),
            _ => Value::Object(
                (0..self.below(3)).map(|_| (self.one(&NAMES).to_owned(), self.value(depth - 1))).collect(),
            ),
        }
    }
}

fn reference(name: &str) -> Value {
    let token = name.replace('~', "~0").replace('/', "~1");
    let escape = |byte: u8| match byte {
        plain if plain.is_ascii_alphanumeric() || b"~-_".contains(&plain) => char::from(plain).to_string(),
        other => format!("%{other:02X}"),
    };
    json!({ "$ref": format!("#/definitions/{}", token.bytes().map(escape).collect::<String>()) })
}
