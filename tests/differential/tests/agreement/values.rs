//! Random values for a schema: most nearly valid, some far off.

use fastrand::Rng;
use serde_json::{Map, Number, Value, json};

/// Nesting of generated values.
const DEEPEST: u32 = 4;

/// Texts that have a format, or nearly.
const FORMATS: [(&str, &[&str]); 10] = [
    (
        "date-time",
        &[
            "2024-02-29T23:59:60Z",
            "2023-02-29T00:00:00Z",
            "2024-01-31T12:30:00.25+05:30",
            "2024-01-31 12:30:00Z",
            "2024-01-31T12:30:00",
            "2024-01-31T24:00:00Z",
            "1937-01-01t12:00:27.87z",
            "2024-01-31T12:30:00,5Z",
        ],
    ),
    ("date", &["2024-02-29", "2023-02-29", "2024-1-31", "2024-13-01", "0000-01-01", "2024-01-31 "]),
    ("time", &["08:30:06Z", "08:30:06.283185+00:20", "23:59:60Z", "08:30:06", "24:00:00Z", "08:30:06-08:00"]),
    ("duration", &["P1Y2M3DT4H5M6S", "P3W", "PT", "P", "P1Y1W", "PT1H30S", "P1D", "p1d", "-P1D", "PT0.5S"]),
    (
        "uuid",
        &[
            "7a0b6c9e-3f1d-4c52-9a58-0d6f4b1e2c3a",
            "7A0B6C9E-3F1D-4C52-9A58-0D6F4B1E2C3A",
            "7a0b6c9e3f1d4c529a580d6f4b1e2c3a",
            "7a0b6c9e-3f1d-4c52-9a58-0d6f4b1e2c3g",
            "{7a0b6c9e-3f1d-4c52-9a58-0d6f4b1e2c3a}",
        ],
    ),
    (
        "email",
        &[
            "a@example.com",
            "a.b+c@example.com",
            "a@",
            "@example.com",
            "a b@example.com",
            "a..b@example.com",
            ".a@example.com",
        ],
    ),
    ("ipv4", &["192.0.2.1", "256.0.0.1", "192.0.2", "192.0.2.01", "0x7f.0.0.1", "192.0.2.1/24"]),
    ("ipv6", &["2001:db8::1", "::", "::ffff:192.0.2.1", "1::2::3", "2001:db8::1%eth0", "12345::", ":1"]),
    (
        "uri",
        &[
            "https://example.com/a?b=c#d",
            "urn:isbn:1",
            "/a",
            "//example.com",
            "https://example.com/a b",
            "a",
            "http://[::1]:80/",
        ],
    ),
    ("hostname", &["example.com", "a-b.c", "-a.com", "a_b.com", "a..b", "", "xn--nxasmq6b"]),
];

/// Makes values for one schema; the same seed makes the same values.
pub struct Values<'s> {
    random: Rng,
    root: &'s Value,
    /// Texts and numbers that the schema mentions, and others near them.
    texts: Vec<String>,
    numbers: Vec<Number>,
}

impl<'s> Values<'s> {
    /// `root` is what references are resolved in.
    pub fn new(root: &'s Value, schema: &Value, seed: u64) -> Self {
        let texts = ["", "a", "ab", "abc", "ba", "x-a", "É", "😀", "0", "123-X", "c"].map(str::to_owned).to_vec();
        let numbers = ["0", "1", "-1", "2", "1.0", "0.5", "1e2", "-0.0", "3", "100", "9007199254740993"];
        let numbers = numbers.iter().map(|text| text.parse().unwrap()).collect();
        let mut values = Self { random: Rng::with_seed(seed), root, texts, numbers };
        values.learn(schema);
        values
    }

    /// Remembers what a schema mentions.
    fn learn(&mut self, schema: &Value) {
        match schema {
            Value::String(text) if !text.contains("://") => self.texts.push(text.clone()),
            Value::Number(number) => {
                self.numbers.push(number.clone());
                let float = number.as_f64().unwrap();
                for near in [float - 1.0, float + 1.0, float / 2.0, float * 2.0] {
                    self.numbers.extend(whole(near).or_else(|| Number::from_f64(near)));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Value::Object(members) => {
                for (key, member) in members {
                    self.texts.push(key.clone());
                    self.learn(member);
                }
            }
            _ => {}
        }
    }

    /// A value that the schema may accept.
    pub fn next(&mut self, schema: &Value) -> Value {
        let value = self.value(&[schema], DEEPEST);
        if self.chance(25) { self.miss(value) } else { value }
    }

    /// The value with one thing in it changed.
    fn miss(&mut self, value: Value) -> Value {
        match value {
            Value::Object(mut members) if !members.is_empty() => {
                let key = self.random.choice(members.keys()).cloned().unwrap_or_default();
                let member = members.remove(&key).unwrap_or_default();
                match self.random.u8(0..8) {
                    0 => {}
                    1 => drop(members.insert(self.text(), member)),
                    2 => {
                        members.insert(key, member);
                        members.insert(self.text(), self.any(1));
                    }
                    _ => drop(members.insert(key, self.miss(member))),
                }
                Value::Object(members)
            }
            Value::Array(mut items) if !items.is_empty() => {
                let at = self.random.usize(0..items.len());
                match self.random.u8(0..8) {
                    0 => drop(items.remove(at)),
                    1 => items.push(items[at].clone()),
                    2 => items.push(self.any(1)),
                    3 => items.reverse(),
                    _ => items[at] = self.miss(items[at].take()),
                }
                Value::Array(items)
            }
            Value::Number(number) => {
                let float = number.as_f64().unwrap();
                let near = [float + 1.0, float - 1.0, float + 0.5, -float];
                let near = self.random.choice(near).unwrap_or(float);
                // A whole number may be written with a fraction.
                let near = whole(near).filter(|_| self.random.bool()).or_else(|| Number::from_f64(near));
                Value::Number(near.unwrap_or(number))
            }
            Value::String(mut text) => {
                match self.random.u8(0..3) {
                    0 => text.push_str(&self.text()),
                    1 => drop(text.pop()),
                    _ => text = text.to_uppercase(),
                }
                Value::String(text)
            }
            _ => self.any(1),
        }
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.random.u8(0..100) < percent
    }

    fn any(&mut self, depth: u32) -> Value {
        match self.random.u8(0..if depth == 0 { 5 } else { 7 }) {
            0 => Value::Null,
            1 => json!(self.random.bool()),
            2 => Value::Number(self.number()),
            3 | 4 => Value::String(self.text()),
            5 => (0..self.random.u8(0..4)).map(|_| self.any(depth - 1)).collect(),
            _ => Value::Object((0..self.random.u8(0..4)).map(|_| (self.text(), self.any(depth - 1))).collect()),
        }
    }

    fn text(&mut self) -> String {
        self.random.choice(&self.texts).cloned().unwrap_or_default()
    }

    fn number(&mut self) -> Number {
        self.random.choice(&self.numbers).cloned().unwrap_or_else(|| 0.into())
    }

    /// A value for all of these schemas at once.
    fn value(&mut self, schemas: &[&Value], depth: u32) -> Value {
        if depth == 0 || self.chance(8) {
            return self.any(depth);
        }
        let parts = self.parts(schemas);
        let listed: Vec<Value> = parts
            .iter()
            .flat_map(|part| {
                part.get("const").into_iter().chain(part.get("enum").and_then(Value::as_array).into_iter().flatten())
            })
            .cloned()
            .collect();
        if !listed.is_empty() && self.chance(85) {
            return self.random.choice(listed).unwrap_or_default();
        }
        match self.kind(&parts).as_str() {
            "null" => Value::Null,
            "boolean" => json!(self.random.bool()),
            "integer" => {
                let number = self.number();
                Value::Number(whole(number.as_f64().unwrap()).filter(|_| self.random.u8(0..8) > 0).unwrap_or(number))
            }
            "number" => Value::Number(self.number()),
            "string" => self.string(&parts),
            "array" => self.array(&parts, depth),
            "object" => self.object(&parts, depth),
            _ => self.any(depth),
        }
    }

    /// The schemas that apply to the value itself; of alternatives one is chosen.
    fn parts<'p>(&mut self, schemas: &[&'p Value]) -> Vec<&'p Value>
    where
        's: 'p,
    {
        let mut parts = Vec::new();
        let mut todo = schemas.to_vec();
        while let Some(schema) = todo.pop() {
            if parts.len() > 50 {
                break;
            }
            parts.push(schema);
            todo.extend(schema.get("$ref").and_then(Value::as_str).and_then(|target| self.resolve(target)));
            todo.extend(schema.get("allOf").and_then(Value::as_array).into_iter().flatten());
            for keyword in ["anyOf", "oneOf"] {
                let branches = schema.get(keyword).and_then(Value::as_array);
                todo.extend(branches.and_then(|branches| self.random.choice(branches)));
            }
            let conditional = if self.random.bool() { &["if", "then"][..] } else { &["else"] };
            todo.extend(conditional.iter().filter_map(|keyword| schema.get(*keyword)));
            for keyword in ["dependencies", "dependentSchemas"] {
                let members = schema.get(keyword).and_then(Value::as_object).into_iter().flat_map(Map::values);
                todo.extend(members.filter(|member| member.is_object() && self.random.bool()));
            }
        }
        parts
    }

    fn resolve(&self, target: &str) -> Option<&'s Value> {
        let mut pieces = target.strip_prefix('#')?.split('%');
        let mut pointer = pieces.next()?.as_bytes().to_vec();
        for piece in pieces {
            pointer.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
            pointer.extend(piece[2..].bytes());
        }
        self.root.pointer(std::str::from_utf8(&pointer).ok()?)
    }

    fn kind(&mut self, parts: &[&Value]) -> String {
        const TELLING: [(&str, &str); 22] = [
            ("minimum", "number"),
            ("maximum", "number"),
            ("exclusiveMinimum", "number"),
            ("exclusiveMaximum", "number"),
            ("multipleOf", "number"),
            ("minLength", "string"),
            ("maxLength", "string"),
            ("pattern", "string"),
            ("format", "string"),
            ("items", "array"),
            ("prefixItems", "array"),
            ("contains", "array"),
            ("minItems", "array"),
            ("uniqueItems", "array"),
            ("properties", "object"),
            ("patternProperties", "object"),
            ("additionalProperties", "object"),
            ("propertyNames", "object"),
            ("required", "object"),
            ("minProperties", "object"),
            ("dependencies", "object"),
            ("dependentRequired", "object"),
        ];
        let mut kinds: Vec<&str> = Vec::new();
        for types in parts.iter().filter_map(|part| part.get("type")) {
            kinds.extend(types.as_str());
            kinds.extend(types.as_array().into_iter().flatten().filter_map(Value::as_str));
        }
        if kinds.is_empty() {
            let has = |keyword: &str| parts.iter().any(|part| part.get(keyword).is_some());
            kinds.extend(TELLING.iter().filter(|(keyword, _)| has(keyword)).map(|(_, kind)| *kind));
        }
        self.random.choice(kinds).unwrap_or("any").to_owned()
    }

    /// A length near what a pair of keywords allows.
    fn length(&mut self, parts: &[&Value], min: &str, max: &str, usual: usize) -> usize {
        let limit =
            |keyword: &str| parts.iter().find_map(|part| part.get(keyword)?.as_f64()).map(|limit| limit as usize);
        let lowest = limit(min).unwrap_or(0);
        let highest = limit(max).unwrap_or(lowest + usual);
        if self.chance(85) {
            self.random.usize(lowest..=highest.max(lowest))
        } else {
            self.random.usize(lowest.saturating_sub(1)..=highest + 1)
        }
    }

    fn string(&mut self, parts: &[&Value]) -> Value {
        let format = parts.iter().find_map(|part| part.get("format")?.as_str());
        if let Some((_, texts)) = FORMATS.iter().find(|(name, _)| Some(*name) == format)
            && self.chance(80)
        {
            return json!(self.random.choice(*texts));
        }
        if self.chance(60) {
            return Value::String(self.text());
        }
        let length = self.length(parts, "minLength", "maxLength", 3);
        Value::String((0..length).map(|_| *self.random.choice(&['a', 'b', 'É', '😀', '7']).unwrap_or(&'a')).collect())
    }

    fn array(&mut self, parts: &[&Value], depth: u32) -> Value {
        let list = |keyword: &str| parts.iter().find_map(|part| part.get(keyword)?.as_array());
        let prefix: Vec<&Value> = list("prefixItems").or_else(|| list("items")).into_iter().flatten().collect();
        let rest: Vec<&Value> = ["items", "additionalItems", "contains"]
            .iter()
            .flat_map(|keyword| parts.iter().filter_map(|part| part.get(*keyword)))
            .filter(|schema| schema.is_object())
            .collect();
        let length = self.length(parts, "minItems", "maxItems", prefix.len().max(2));
        (0..length)
            .map(|index| match prefix.get(index).copied().or_else(|| self.random.choice(&rest).copied()) {
                Some(schema) => self.value(&[schema], depth - 1),
                None => self.any(depth - 1),
            })
            .collect()
    }

    fn object(&mut self, parts: &[&Value], depth: u32) -> Value {
        let mut members = Map::new();
        let described = |key: &str| -> Vec<&Value> {
            let named = parts.iter().filter_map(|part| part.get("properties")?.get(key)).collect::<Vec<_>>();
            if named.is_empty() {
                parts.iter().filter_map(|part| part.get("additionalProperties")).collect()
            } else {
                named
            }
        };
        let mut keys: Vec<(String, u8)> = Vec::new();
        for part in parts {
            let required = part.get("required").and_then(Value::as_array).into_iter().flatten();
            keys.extend(required.filter_map(Value::as_str).map(|key| (key.to_owned(), 95)));
            let properties = part.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
            keys.extend(properties.map(|key| (key.clone(), 60)));
        }
        for _ in 0..3 {
            keys.push((self.text(), 20));
        }
        for (key, percent) in keys {
            if !members.contains_key(&key) && self.chance(percent) {
                let schemas = described(&key);
                let value = if schemas.is_empty() { self.any(depth - 1) } else { self.value(&schemas, depth - 1) };
                members.insert(key, value);
            }
        }
        Value::Object(members)
    }
}

fn whole(float: f64) -> Option<Number> {
    (float.fract() == 0.0 && float.abs() < 9.0e15).then(|| (float as i64).into())
}
