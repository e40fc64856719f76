//! How many alternatives a schema has once it is written as one choice of conjunctions, as the algebra of the crate
//! `jsonschema` writes it: two choices of three under one `allOf` are nine.
//!
//! In: a plain schema. Out: an estimate of the most that any part of it has; never less than what the `allOf`s, `anyOf`s,
//! `if`s and `not`s multiply to. It is linear in the schema, so it says beforehand what would not come to an end.

use serde_json::{Map, Value};
use std::collections::HashMap;

/// The alternatives of the worst part of a schema.
pub(super) fn most(schema: &Value) -> u64 {
    let definitions = schema.get("$defs").and_then(Value::as_object);
    let mut counter = Counter { definitions, known: HashMap::new(), most: 1 };
    counter.part(schema);
    for definition in definitions.into_iter().flat_map(Map::values) {
        counter.part(definition);
    }
    counter.most
}

/// Alternatives of a schema, and of its opposite.
#[derive(Debug, Clone, Copy)]
struct Both {
    accepted: u64,
    refused: u64,
}

impl Both {
    const ONE: Self = Self { accepted: 1, refused: 1 };

    fn opposite(self) -> Self {
        Self { accepted: self.refused, refused: self.accepted }
    }

    fn and(self, other: Self) -> Self {
        Self {
            accepted: self.accepted.saturating_mul(other.accepted),
            refused: self.refused.saturating_add(other.refused),
        }
    }

    fn or(self, other: Self) -> Self {
        self.opposite().and(other.opposite()).opposite()
    }
}

struct Counter<'s> {
    definitions: Option<&'s Map<String, Value>>,
    /// Definitions, once they are counted; one that is being counted counts as one.
    known: HashMap<&'s str, Both>,
    most: u64,
}

impl<'s> Counter<'s> {
    fn part(&mut self, schema: &'s Value) -> Both {
        let Some(schema) = schema.as_object() else { return Both::ONE };
        let mut all: Option<Both> = None;
        for (keyword, value) in schema {
            let count = match keyword.as_str() {
                "$defs" | "then" | "else" => continue,
                "$ref" => self.definition(value),
                "allOf" => self.several(value, Both::and),
                "anyOf" | "oneOf" => self.several(value, Both::or),
                "not" => self.part(value).opposite(),
                "if" => {
                    let [then, otherwise] =
                        ["then", "else"].map(|key| schema.get(key).map_or(Both::ONE, |branch| self.part(branch)));
                    let condition = self.part(value);
                    condition.and(then).or(condition.opposite().and(otherwise))
                }
                // Each is kept, or its member is not there.
                "dependentSchemas" => {
                    let schemas = value.as_object().into_iter().flat_map(Map::values);
                    let counts = schemas.map(|schema| Both::ONE.or(self.part(schema)));
                    counts.reduce(Both::and).unwrap_or(Both::ONE)
                }
                "dependentRequired" => {
                    let rules = value.as_object().into_iter().flatten();
                    rules.map(|_| Both::ONE.or(Both::ONE)).reduce(Both::and).unwrap_or(Both::ONE)
                }
                // The schemas of members and items are written out by themselves.
                "properties" | "patternProperties" => self.inside(value.as_object().into_iter().flat_map(Map::values)),
                "prefixItems" => self.inside(value.as_array().into_iter().flatten()),
                "items"
                | "contains"
                | "additionalProperties"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties" => self.inside([value]),
                _ => Both::ONE,
            };
            all = Some(all.map_or(count, |all| all.and(count)));
        }
        let all = all.unwrap_or(Both::ONE);
        self.most = self.most.max(all.accepted);
        all
    }

    fn several(&mut self, schemas: &'s Value, joined: fn(Both, Both) -> Both) -> Both {
        let counts = schemas.as_array().into_iter().flatten().map(|schema| self.part(schema));
        counts.reduce(joined).unwrap_or(Both::ONE)
    }

    fn definition(&mut self, reference: &'s Value) -> Both {
        let name = reference.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
        let Some((name, definition)) = name.and_then(|name| Some((name, self.definitions?.get(name)?))) else {
            return Both::ONE;
        };
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        self.known.insert(name, Both::ONE);
        let count = self.part(definition);
        self.known.insert(name, count);
        count
    }

    fn inside(&mut self, schemas: impl IntoIterator<Item = &'s Value>) -> Both {
        for schema in schemas {
            self.part(schema);
        }
        Both::ONE
    }
}
