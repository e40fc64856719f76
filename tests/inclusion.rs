//! Inclusion by its laws, over a list of schemas, and by single cases.

use serde_json::{Value, json};
use support::{compare_as, prove};
use tidings::document::{Dialect, SchemaFormat};
use tidings::schema::inclusion::{Comparison, Verdict};

#[cfg(test)]
mod support {
    use serde_json::Value;
    use tidings::document::SchemaFormat;
    use tidings::reference::{Files, Policy};
    use tidings::schema::inclusion::{Comparison, Side, Verdict, compare};
    use tidings::source::Diagnostics;

    pub fn compare_as(old: &Value, new: &Value, format: &SchemaFormat) -> Comparison {
        let open = |value: &Value| {
            let mut files = Files::new(Policy::default());
            let source = files.add("schema.json", None, value.to_string(), &mut Diagnostics::default());
            let node = files.root(source).unwrap().id();
            (files, node)
        };
        let ((old, old_node), (new, new_node)) = (open(old), open(new));
        compare(
            &Side::schema(&old, old_node, format.clone(), None),
            &Side::schema(&new, new_node, format.clone(), None),
        )
    }

    /// Every witness is put to the schemas as they were written, not to what the comparison made of them.
    pub fn prove(old: &Value, new: &Value, comparison: &Comparison) {
        let accepts = |schema: &Value, value: &Value| {
            jsonschema::options().with_draft(jsonschema::Draft::Draft7).build(schema).unwrap().is_valid(value)
        };
        for (verdict, from, to) in [(&comparison.backward, old, new), (&comparison.forward, new, old)] {
            if let Verdict::Fails { witness, .. } = verdict {
                assert!(accepts(from, witness) && !accepts(to, witness), "{witness} under {from} and {to}");
            }
        }
    }
}

fn compared(old: &Value, new: &Value) -> Comparison {
    compare_as(old, new, &SchemaFormat::JsonSchema(Dialect::Draft7))
}

fn schemas() -> Vec<Value> {
    vec![
        json!(true),
        json!({ "type": "string", "minLength": 2, "pattern": "^[a-c]+$" }),
        json!({ "type": "integer", "multipleOf": 3, "minimum": 0 }),
        json!({ "type": ["number", "null"], "exclusiveMaximum": 10 }),
        json!({ "enum": [1, "a", null, { "b": [1] }] }),
        json!({ "type": "array", "items": { "type": "string" }, "maxItems": 3, "uniqueItems": true }),
        json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "integer" } } }),
        json!({ "type": "object", "additionalProperties": { "type": "boolean" }, "maxProperties": 2 }),
        json!({ "not": { "type": "string" } }),
        json!({ "oneOf": [{ "type": "integer" }, { "type": "number", "minimum": 2 }] }),
        json!({ "if": { "type": "string" }, "then": { "maxLength": 4 }, "else": { "type": "array" } }),
    ]
}

#[test]
fn a_schema_includes_itself() {
    for schema in schemas() {
        // Another text, so that equality of texts does not answer.
        let same = json!({ "title": "the same", "allOf": [schema] });
        let comparison = compared(&schema, &same);
        assert_eq!((&comparison.backward, &comparison.forward), (&Verdict::Holds, &Verdict::Holds), "{schema}");
    }
}

#[test]
fn a_schema_is_in_a_choice_with_it_and_a_conjunction_is_in_a_schema() {
    let schemas = schemas();
    let mut unknown = Vec::new();
    for schema in &schemas {
        for other in &schemas {
            let wider = compared(schema, &json!({ "anyOf": [schema, other] })).backward;
            let narrower = compared(&json!({ "allOf": [schema, other] }), schema).backward;
            for verdict in [wider, narrower] {
                assert!(!matches!(verdict, Verdict::Fails { .. }), "{schema} {other} {verdict:?}");
                unknown.extend((verdict != Verdict::Holds).then(|| format!("{schema} {other}")));
            }
        }
    }
    // What cannot be proved is said to be unknown; it must stay the exception.
    assert!(unknown.len() <= 12, "{}: {unknown:#?}", unknown.len());
}

#[test]
fn backward_is_forward_seen_from_the_other_side() {
    let kind = std::mem::discriminant::<Verdict>;
    let mut decided = 0;
    for one in &schemas() {
        for other in &schemas() {
            let (there, back) = (compared(one, other), compared(other, one));
            assert_eq!(kind(&there.backward), kind(&back.forward), "{one} {other}");
            prove(one, other, &there);
            decided += usize::from(!matches!(there.backward, Verdict::Unknown { .. }));
        }
    }
    assert!(decided >= 115, "only {decided} of 121 decided");
}

#[test]
fn annotations_and_names_of_definitions_change_nothing() {
    let old = json!({
        "definitions": { "node": { "properties": { "next": { "$ref": "#/definitions/node" } } } },
        "$ref": "#/definitions/node"
    });
    let new = json!({
        "definitions": { "link": { "title": "a link", "properties": { "next": { "$ref": "#/definitions/link" } } } },
        "$ref": "#/definitions/link"
    });
    assert_eq!(compared(&old, &new), Comparison { backward: Verdict::Holds, forward: Verdict::Holds });
    let format = compared(&json!({ "type": "string" }), &json!({ "type": "string", "format": "date" }));
    assert_eq!(format, Comparison { backward: Verdict::Holds, forward: Verdict::Holds });
}

#[test]
fn a_recursive_root_is_compared() {
    let old = json!({ "type": "object", "properties": { "next": { "$ref": "#" }, "id": { "type": "integer" } } });
    let new = json!({ "type": "object", "properties": { "next": { "$ref": "#" }, "id": { "type": "number" } } });
    let comparison = compared(&old, &new);
    assert!(!matches!(comparison.backward, Verdict::Fails { .. }), "{comparison:?}");
    assert!(matches!(comparison.forward, Verdict::Fails { .. }), "{comparison:?}");
    prove(&old, &new, &comparison);
}

#[test]
fn a_break_deep_in_a_recursive_schema_is_found() {
    let at = |depth: &str| {
        json!({
            "definitions": {
                "a": { "type": "object", "properties": { "next": { "$ref": "#/definitions/b" } } },
                "b": { "type": "object", "properties": { "next": { "$ref": "#/definitions/c" } } },
                "c": { "type": "object", "properties": { "value": { "type": depth }, "next": { "$ref": "#/definitions/a" } } }
            },
            "$ref": "#/definitions/a"
        })
    };
    let comparison = compared(&at("string"), &at("integer"));
    prove(&at("string"), &at("integer"), &comparison);
    assert!(matches!(comparison.backward, Verdict::Fails { .. }), "{comparison:?}");
}

#[test]
fn a_required_name_without_a_property_counts() {
    let comparison = compared(&json!({ "required": ["foo"] }), &json!({ "required": ["bar"] }));
    assert!(matches!((&comparison.backward, &comparison.forward), (Verdict::Fails { .. }, Verdict::Fails { .. })));
    let default = json!({ "required": ["a"], "properties": { "a": { "default": 1 } } });
    assert!(matches!(compared(&json!({}), &default).backward, Verdict::Fails { .. }));
}

#[test]
fn numbers_are_exact() {
    let step = |step: f64| json!({ "type": "number", "multipleOf": step });
    assert!(matches!(compared(&step(3.0), &step(0.3)).backward, Verdict::Holds | Verdict::Unknown { .. }));
    let bound = |text: &str| serde_json::from_str::<Value>(&format!("{{\"maximum\": {text}}}")).unwrap();
    assert!(matches!(compared(&bound("9007199254740993"), &bound("9007199254740992")).backward, Verdict::Fails { .. }));
}

#[test]
fn a_dialect_decides_what_a_keyword_means() {
    let old = json!({ "type": "string", "nullable": true });
    let new = json!({ "type": "string" });
    let openapi = compare_as(&old, &new, &SchemaFormat::OpenApi("3.0".to_owned()));
    assert_eq!(openapi.backward, Verdict::Fails { witness: Value::Null, reason: None });
    assert_eq!(compared(&old, &new).backward, Verdict::Holds);
}

#[test]
fn what_is_not_read_is_unknown_with_a_reason_unless_it_is_the_same() {
    let remote = json!({ "$ref": "https://example.com/order.json" });
    let comparison = compared(&remote, &json!({ "type": "string" }));
    assert!(matches!(&comparison.backward, Verdict::Unknown { reason } if reason.contains("example.com")));
    assert_eq!(compared(&remote, &remote).backward, Verdict::Holds);
    let circle = json!({ "$ref": "#" });
    assert!(matches!(compared(&circle, &json!({ "type": "string" })).backward, Verdict::Unknown { .. }));
}

#[test]
fn avro_names_the_part_at_fault() {
    let record = |fields: Value| json!({ "type": "record", "name": "Order", "fields": fields });
    let old = record(json!([{ "name": "id", "type": "int" }]));
    let renamed = record(json!([{ "name": "key", "aliases": ["id"], "type": "long" }]));
    let comparison = compare_as(&old, &renamed, &SchemaFormat::Avro);
    assert_eq!(comparison.backward, Verdict::Holds);
    let Verdict::Fails { witness, reason: Some(reason) } = comparison.forward else { panic!("{comparison:?}") };
    assert_eq!(witness["path"], "id");
    assert!(reason.contains("default"), "{reason}");
    let recursive = |kind: &str| {
        let next = json!({ "name": "next", "type": ["null", "Order"] });
        record(json!([{ "name": "id", "type": kind }, next]))
    };
    let comparison = compare_as(&recursive("int"), &recursive("double"), &SchemaFormat::Avro);
    assert_eq!(comparison.backward, Verdict::Holds);
    assert!(matches!(comparison.forward, Verdict::Fails { .. }));
}

/// An order as real documents have it: shared definitions, recursion, a choice told apart by a constant.
fn nested_order(title: u32) -> Value {
    let closed = |required: &[&str], properties: Value| json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties });
    json!({
        "definitions": {
            "line": closed(&["sku", "title", "quantity"], json!({
                "sku": { "type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$" },
                "title": { "type": "string", "minLength": 1, "maxLength": title },
                "quantity": { "type": "integer", "minimum": 1, "maximum": 999 },
                "contains": { "type": "array", "minItems": 1, "maxItems": 20, "items": { "$ref": "#/definitions/line" } }
            })),
            "payment": { "oneOf": [
                closed(&["method", "token"], json!({ "method": { "const": "card" }, "token": { "pattern": "^tok_[0-9a-f]{12}$" } })),
                closed(&["method", "days"], json!({ "method": { "const": "invoice" }, "days": { "type": "integer", "minimum": 7 } }))
            ] },
            "request": closed(&["lines", "payment"], json!({
                "lines": { "type": "array", "minItems": 1, "maxItems": 100, "items": { "$ref": "#/definitions/line" } },
                "payment": { "$ref": "#/definitions/payment" },
                "note": { "type": "string", "maxLength": 500 }
            }))
        },
        "type": "object",
        "required": ["id", "order"],
        "properties": { "id": { "type": "string", "format": "uuid" }, "order": { "$ref": "#/definitions/request" } }
    })
}

#[test]
fn a_bound_deep_in_a_real_schema_is_decided_both_ways() {
    let (old, new) = (nested_order(200), nested_order(100));
    let comparison = compared(&old, &new);
    prove(&old, &new, &comparison);
    assert!(matches!(comparison.backward, Verdict::Fails { .. }), "{comparison:?}");
    assert_eq!(comparison.forward, Verdict::Holds);
}

#[test]
fn a_break_far_below_is_found() {
    let deep = |leaf: Value| {
        (0..10).fold(leaf, |inner, level| match level % 2 {
            0 => json!({ "type": "array", "items": inner }),
            _ => json!({ "type": "object", "required": ["at"], "properties": { "at": inner, "name": { "type": "string" } } }),
        })
    };
    let (old, new) = (deep(json!({ "type": "string" })), deep(json!({ "type": ["string", "null"] })));
    let comparison = compared(&old, &new);
    prove(&old, &new, &comparison);
    assert_eq!(comparison.backward, Verdict::Holds);
    assert!(matches!(comparison.forward, Verdict::Fails { .. }), "{comparison:?}");
}

#[test]
fn every_bound_beside_a_list_that_is_never_empty_is_decided() {
    let order = nested_order(200);
    let text = order.to_string();
    let mut edits = 0;
    for keyword in ["minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength"] {
        let mark = format!("\"{keyword}\":");
        for (at, _) in text.match_indices(&mark) {
            let digits = at + mark.len();
            let end = digits + text[digits..].find(|character: char| !character.is_ascii_digit()).unwrap();
            let more = text[digits..end].parse::<u32>().unwrap() + 1;
            let edited: Value = serde_json::from_str(&format!("{}{more}{}", &text[..digits], &text[end..])).unwrap();
            let comparison = compared(&order, &edited);
            prove(&order, &edited, &comparison);
            let (wider, narrower) = match keyword.starts_with("max") {
                true => (&comparison.backward, &comparison.forward),
                false => (&comparison.forward, &comparison.backward),
            };
            assert_eq!(wider, &Verdict::Holds, "{edited}");
            assert!(matches!(narrower, Verdict::Fails { .. }), "{narrower:?} {edited}");
            edits += 1;
        }
    }
    assert_eq!(edits, 10);
}

#[test]
fn patterns_are_compared_as_languages() {
    let pattern = |text: &str| json!({ "type": "string", "pattern": text });
    // The narrower and the wider pattern.
    for (narrow, wide) in [
        ("^[0-9]+$", "^[0-9]*$"),
        ("^a.*b$", "^a"),
        ("^[^ab]{2}$", "^[^a]{2,3}$"),
        ("foo", "."),
        ("^(ab)*$", "^[ab]*$"),
        ("^\\d{3}$", "^[0-9]+$"),
    ] {
        let comparison = compared(&pattern(narrow), &pattern(wide));
        prove(&pattern(narrow), &pattern(wide), &comparison);
        assert_eq!(comparison.backward, Verdict::Holds, "{narrow} in {wide}");
        assert!(matches!(comparison.forward, Verdict::Fails { .. }), "{wide} in {narrow}: {comparison:?}");
    }
    let comparison = compared(&pattern("^(a|b)+$"), &pattern("^[ab][ab]*$"));
    assert_eq!((comparison.backward, comparison.forward), (Verdict::Holds, Verdict::Holds));
    let short = json!({ "type": "string", "maxLength": 3 });
    assert_eq!(compared(&pattern("^[a-z]{1,3}$"), &short).backward, Verdict::Holds);
}
