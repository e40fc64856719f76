//! Schemas and values, made from a tape of numbers: the same for the same tape.

use serde_json::{Map, Value, json};
use tidings::document::Dialect;

/// How deep schemas and values are.
pub(super) const DEPTH: usize = 3;
/// Numbers on a tape.
pub(super) const TAPE: usize = 96;
/// Names of properties.
const NAMES: [&str; 4] = ["a", "b", "c", "ab"];
/// Patterns, of names and of texts.
const PATTERNS: [&str; 5] = ["^a", "b$", "^[ab]+$", "^[a-c]{1,2}$", "."];

/// Makes the value of a keyword.
type Make<'t> = fn(&mut Maker<'t>) -> Value;

/// Makes schemas and values from a tape.
pub(super) struct Maker<'t> {
    tape: &'t [u32],
    at: usize,
    /// The draft that the schemas are written in.
    dialect: Dialect,
}

impl<'t> Maker<'t> {
    pub(super) fn new(tape: &'t [u32], dialect: Dialect) -> Self {
        Self { tape, at: 0, dialect }
    }

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
    pub(super) fn document(&mut self) -> Value {
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
            4 => {
                let mut values: Vec<Value> = Vec::new();
                for _ in 0..=self.draw(3) {
                    let value = self.value(1);
                    // Some drafts want them different.
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                json!({ "enum": values })
            }
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

    /// A keyword as the draft has it.
    fn written(&self, newer: &'static str, older: &'static str) -> &'static str {
        if self.dialect == Dialect::Draft2020 { newer } else { older }
    }

    /// Keywords that old drafts do not know.
    fn newer<const N: usize>(&self, list: [(&'static str, Value); N]) -> Vec<(&'static str, Value)> {
        if self.dialect == Dialect::Draft2020 { list.into() } else { Vec::new() }
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
            (self.written("dependentRequired", "dependencies"), json!({ (self.one(&NAMES)): [self.one(&NAMES)] })),
        ];
        let newer = [
            ("dependentSchemas", json!({ (self.one(&NAMES)): self.schema(depth - 1) })),
            ("unevaluatedProperties", json!(self.draw(4) == 0)),
        ];
        for (keyword, value) in extra.into_iter().chain(self.newer(newer)) {
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
        let (first, rest) = match self.draw(2) {
            0 => (self.written("prefixItems", "items"), json!([self.schema(depth - 1)])),
            _ => ("items", self.schema(depth - 1)),
        };
        let extra = [
            (first, rest),
            (self.written("items", "additionalItems"), self.schema(depth - 1)),
            ("contains", self.schema(depth - 1)),
        ];
        let newer = [("minContains", json!(self.draw(3))), ("unevaluatedItems", json!(self.draw(4) == 0))];
        for (keyword, value) in extra.into_iter().chain(self.newer(newer)) {
            if let (0 | 1, Some(schema)) = (self.draw(3), schema.as_object_mut()) {
                schema.insert(keyword.to_owned(), value);
            }
        }
        schema
    }

    /// A value with so many levels at most.
    pub(super) fn value(&mut self, depth: usize) -> Value {
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
