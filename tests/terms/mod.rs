//! Terms that are hard for a comparison: pairs of schemas by name, an old one and a new one, of draft 7.
//!
//! Each is small as text, and large for whoever writes it out: overlapping branches, patterns by the dozen, circles.

use serde_json::{Map, Value, json};

/// A pair under its name.
pub struct Term {
    /// What makes it hard, and how much of it there is.
    pub name: String,
    pub old: Value,
    pub new: Value,
}

/// Objects whose ranges of numbers overlap.
fn overlapping(at: usize, width: usize) -> Value {
    let range = json!({ "type": "integer", "minimum": at * 5, "maximum": at * 5 + width });
    json!({ "type": "object", "required": ["a"], "properties": { "a": range } })
}

/// Branches told apart by a constant; the last has a bound of its own.
fn tagged(count: usize, last: usize) -> Value {
    let branch = |at: usize| {
        let least = if at + 1 == count { last } else { at };
        let properties = json!({ "kind": { "const": format!("t{at}") }, "v": { "type": "integer", "minimum": least } });
        json!({ "type": "object", "required": ["kind"], "properties": properties })
    };
    list("oneOf", count, branch)
}

fn list(keyword: &str, count: usize, part: impl Fn(usize) -> Value) -> Value {
    json!({ (keyword): (0..count).map(part).collect::<Vec<_>>() })
}

fn map(keyword: &str, count: usize, part: impl Fn(usize) -> (String, Value)) -> Value {
    json!({ (keyword): (0..count).map(part).collect::<Map<_, _>>() })
}

/// Both schemas of a pair, made by one function of what differs.
fn pair<T>(name: impl Into<String>, schema: impl Fn(T) -> Value, old: T, new: T) -> Term {
    Term { name: name.into(), old: schema(old), new: schema(new) }
}

/// A schema of definitions that is the first of them.
fn rooted(mut definitions: Value) -> Value {
    if let Some(schema) = definitions.as_object_mut() {
        schema.insert("$ref".to_owned(), json!("#/definitions/n0"));
    }
    definitions
}

/// Circular definitions in which every branch of a `oneOf` leads to another.
fn circular(nodes: usize, branches: usize, leaf: &str) -> Value {
    let to = |at: usize| json!({ "$ref": format!("#/definitions/n{}", at % nodes) });
    let node = |at: usize| {
        let branch =
            |number: usize| json!({ "properties": { format!("p{number}"): to(at + number) }, "required": [leaf] });
        (format!("n{at}"), list("oneOf", branches, branch))
    };
    rooted(map("definitions", nodes, node))
}

/// Every branch leads into the items again, so that a value may be judged in very many ways.
fn listed(nodes: usize, branches: usize, leaf: &str) -> Value {
    let to = |at: usize| json!({ "$ref": format!("#/definitions/n{}", at % nodes) });
    let node = |at: usize| {
        let branches = (0..branches).map(|branch| json!({ "items": to(at + branch), "minItems": branch % 3 }));
        (format!("n{at}"), json!({ "oneOf": branches.chain([json!({ "const": leaf })]).collect::<Vec<_>>() }))
    };
    rooted(map("definitions", nodes, node))
}

/// Definitions each of which refers to three others.
fn mutual(nodes: usize, leaf: &Value) -> Value {
    let to = |at: usize| json!({ "$ref": format!("#/definitions/n{}", at % nodes) });
    let node = |at: usize| {
        let properties = json!({ "next": to(at + 1), "other": to(at * 7 + 3), "leaf": leaf });
        (
            format!("n{at}"),
            json!({ "type": "object", "properties": properties, "additionalProperties": to(at * 5 + 1) }),
        )
    };
    rooted(map("definitions", nodes, node))
}

/// Choices in lists in choices, `depth` times.
fn alternating(depth: usize, leaf: Value) -> Value {
    (0..depth).fold(leaf, |inner, at| match at % 2 {
        0 => json!({ "allOf": [inner, { "not": { "const": at } }] }),
        _ => json!({ "anyOf": [inner, { "type": "array", "items": inner, "minItems": at }] }),
    })
}

fn within(depth: usize, leaf: Value) -> Value {
    (0..depth).fold(leaf, |inner, _| json!({ "allOf": [inner] }))
}

/// Conditions that, written out as one choice, are as many alternatives as two to the power of their number.
fn conditions(count: usize, then: impl Fn(usize) -> Value) -> Value {
    list(
        "allOf",
        count,
        |at| json!({ "if": { "required": [format!("k{at}")] }, "then": then(at), "else": { "required": [format!("l{at}")] } }),
    )
}

/// Every term.
pub fn terms() -> Vec<Term> {
    let mut terms = vec![
        pair("200 overlapping objects", |width| list("anyOf", 200, |at| overlapping(at, width)), 10, 11),
        pair("200 or 199 overlapping objects", |count| list("anyOf", count, |at| overlapping(at, 10)), 200, 199),
        pair(
            "200 overlapping numbers",
            |width| list("anyOf", 200, |at| json!({ "type": "number", "minimum": at * 5, "maximum": at * 5 + width })),
            10,
            9,
        ),
        pair(
            "200 overlapping lengths",
            |width| list("anyOf", 200, |at| json!({ "type": "string", "minLength": at, "maxLength": at + width })),
            5,
            4,
        ),
        pair(
            "200 names",
            |word| {
                let kind = |at: usize| if at == 150 { word } else { "integer" };
                list("anyOf", 200, |at| {
                    let name = format!("k{at}");
                    json!({ "type": "object", "required": [name], "properties": { (name.as_str()): { "type": kind(at) } } })
                })
            },
            "integer",
            "string",
        ),
        pair("200 multiples", |step| list("anyOf", 200, |at| json!({ "multipleOf": at + step, "minimum": at })), 2, 3),
        pair("a circle of 5 with 12 branches each", |leaf| circular(5, 12, leaf), "x", "y"),
        pair("lists in a circle of 5 with 12 branches each", |leaf| listed(5, 12, leaf), "x", "y"),
        pair(
            "20 mutual definitions",
            |leaf| mutual(20, &leaf),
            json!({ "type": "string" }),
            json!({ "type": "integer" }),
        ),
        pair("60 nested conjunctions", |word| within(60, json!({ "type": word })), "string", "integer"),
        pair("14 choices in lists", |least| alternating(14, json!({ "type": "string", "minLength": least })), 0, 1),
        pair(
            "5000 constants",
            |last| json!({ "enum": (0..5000).map(|at| format!("v{}", if at == 4999 { last } else { at })).collect::<Vec<_>>() }),
            4999,
            9999,
        ),
        pair(
            "3000 constant objects",
            |count| json!({ "enum": (0..count).map(|at| json!({ "a": [at, { "b": at }] })).collect::<Vec<_>>() }),
            3000,
            2999,
        ),
        pair(
            "1000 required names",
            |count| json!({ "required": (0..count).map(|at| format!("k{at}")).collect::<Vec<_>>() }),
            1000,
            1001,
        ),
        pair(
            "250 different items",
            |least| json!({ "type": "array", "uniqueItems": true, "minItems": least, "items": { "type": "integer" } }),
            250,
            251,
        ),
        pair("a million items", |least| json!({ "minItems": least }), 1_000_000, 1_000_001),
        pair(
            "a billion characters",
            |least| json!({ "type": "string", "minLength": least }),
            1_000_000_000,
            1_000_000_001,
        ),
        pair("a trillion properties", |least| json!({ "minProperties": least }), 1_000_000_000_000_u64, 1),
        pair("tiny and huge steps", |step| json!({ "type": "number", "multipleOf": step }), 1e-300, 1e300),
        pair("repeated repetition", |count| json!({ "pattern": format!("(a{{1000}}){{{count}}}") }), 1000, 999),
        pair("patterns that turn back", |text| json!({ "pattern": text }), "^(a+)+$", "^(a|aa)+$"),
        pair(
            "patterns that look ahead",
            |end| json!({ "pattern": format!("^(?=.*[0-9])(?!.*(.)\\1)(a?){{30}}a{{30}}{end}") }),
            "b",
            "c",
        ),
    ];
    for count in [20, 60, 100] {
        let each = |name: &str| format!("{count} {name}");
        terms.extend([
            pair(each("overlapping exclusive objects"), |width| list("oneOf", count, |at| overlapping(at, width)), 10, 11),
            pair(each("tagged branches"), |last| tagged(count, last), count - 1, count),
            pair(
                each("exclusive names"),
                |more| list("oneOf", count, |at| json!({ "required": (at..=at + more).map(|name| format!("k{name}")).collect::<Vec<_>>() })),
                0,
                1,
            ),
            pair(
                each("choices of 6"),
                |width| list("oneOf", count, |at| list("oneOf", 6, |inner| overlapping(at + inner, width))),
                10,
                12,
            ),
            pair(each("dependencies"), |step| map("dependencies", count, |at| (format!("a{at}"), json!([format!("a{}", at + step)]))), 1, 2),
            pair(
                each("dependent schemas"),
                |word| map("dependencies", count, |at| (format!("a{at}"), json!({ "properties": { format!("a{}", at + 1): { "type": word } } }))),
                "integer",
                "number",
            ),
            pair(
                each("patterns of names"),
                |word| map("patternProperties", count, |at| (format!("^a{{{at}}}b*$"), json!({ "type": word }))),
                "integer",
                "number",
            ),
            pair(
                each("patterns of names in items"),
                |longest| {
                    let inner = map("patternProperties", 8, |at| (format!("z{at}"), json!({ "type": "string", "maxLength": longest })));
                    json!({ "type": "array", "items": map("patternProperties", count, |at| (format!("x{at}|y"), inner.clone())) })
                },
                6,
                5,
            ),
            pair(each("patterns at once"), |last| list("allOf", count, |at| json!({ "pattern": format!("[a-{last}]{{{at}}}") })), 'z', 'y'),
            pair(each("patterns to choose from"), |last| list("anyOf", count, |at| json!({ "pattern": format!("^[a-{last}]{{{at}}}x") })), 'z', 'y'),
            pair(
                each("patterns for names of members"),
                |end| json!({ "propertyNames": list("anyOf", count, |at| json!({ "pattern": format!("^a{at}{end}") })) }),
                "",
                "$",
            ),
            pair(
                each("conditions"),
                |word| conditions(count, |at| json!({ "properties": { format!("k{at}"): { "type": word } } })),
                "integer",
                "number",
            ),
            pair(
                each("refusals"),
                |more| list("allOf", count, |at| json!({ "not": { "required": (at..=at + more).map(|name| format!("k{name}")).collect::<Vec<_>>() } })),
                1,
                0,
            ),
            pair(
                each("things to contain"),
                |least| json!({ "allOf": (0..count).map(|at| json!({ "contains": { "const": at } })).collect::<Vec<_>>(), "minItems": least }),
                0,
                count + 1,
            ),
            pair(
                each("objects of 20 members"),
                |last| {
                    let of = |object: usize| map("properties", 20, |at| (format!("q{at}"), json!({ "type": "integer", "maximum": if object + 1 == count && at == 19 { last } else { at } })));
                    map("properties", count, |at| (format!("p{at}"), of(at)))
                },
                19,
                20,
            ),
        ]);
    }
    terms
}
