//! The model that templates see, and what templates make of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tidings::reference::{Files, Policy};
use tidings::render::{self, Error, Model, Template};
use tidings::source::Diagnostics;

fn model(document: &Value) -> Model {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.add("orders.json", None, document.to_string(), &mut diagnostics);
    let document = tidings::read(&mut files, source, &mut diagnostics);
    render::model(&files, &document.unwrap_or_else(|| panic!("{}", diagnostics.to_text(files.sources()))))
}

/// Topics with and without settings, and schemas of every kind that a template may meet.
fn document() -> Value {
    json!({
        "asyncapi": "3.0.0", "info": {"title": "Orders */ alert(1)", "version": "1.2.0"},
        "channels": {
            "placed": {"address": "orders.placed", "messages": {"order": {"$ref": "#/components/messages/Order"}},
                "bindings": {"kafka": {"partitions": 12, "replicas": 3, "topicConfiguration": {"retention.ms": 604_800_000}}}},
            "gone": {"address": "orders.gone", "messages": {"order": {"payload": {"type": "string"}}},
                "bindings": {"kafka": {"topic": "orders-\"gone"}}},
            "plain": {"address": "orders.plain"}
        },
        "operations": {"place": {"action": "send", "channel": {"$ref": "#/channels/placed"}}},
        "components": {
            "messages": {"Order": {"payload": {"$ref": "#/components/schemas/order"}}, "Unused": {"payload": {"type": "integer"}}},
            "schemas": {
                "order": {"type": "object", "required": ["id"], "properties": {
                    "id": {"type": "string"}, "parent": {"$ref": "#/components/schemas/order"},
                    "state": {"enum": ["new", "\"; alert(1) //"]}, "lines": {"type": "array", "items": {"type": "number"}},
                    "pay": {"oneOf": [{"$ref": "#/components/schemas/card"}, {"type": ["string", "null"]}]}
                }},
                "card": {"type": "object", "additionalProperties": {"type": "boolean"}}
            }
        }
    })
}

fn example(folder: &str, file: &str) -> Vec<Template> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/examples").join(folder).join(file);
    vec![Template { path: file.to_owned(), text: std::fs::read_to_string(path).unwrap() }]
}

fn rendered(templates: &[Template]) -> Vec<(PathBuf, String)> {
    render::render(&model(&document()), templates).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_list_of_topics() {
    let files = rendered(&example("kafka-topics", "topics.csv.tera"));
    let expected = "topic,partitions,replicas,retention_ms\n\
                    \"orders-\"\"gone\",,,\n\
                    \"orders.placed\",12,3,604800000\n";
    assert_eq!(files, [(PathBuf::from("topics.csv"), expected.to_owned())]);
}

#[test]
fn types_of_typescript() {
    let files = rendered(&example("typescript", "types.ts.tera"));
    let text = &files[0].1;
    for expected in [
        "// Types of Orders * / alert(1) 1.2.0\n",
        "export type Order = { ",
        "\"id\": string; ",
        "\"parent\"?: Order; ",
        "\"state\"?: \"new\" | \"\\\"; alert(1) //\"; ",
        "\"lines\"?: Array<number>; ",
        "\"pay\"?: (Card | string | null); ",
        "export type Card = Record<string, boolean>;",
        "export type OrderPayload = Order;",
        "export type UnusedPayload = number;",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

#[test]
fn the_model_is_the_same_for_both_lines_of_versions() {
    let old = json!({
        "asyncapi": "2.6.0", "info": {"title": "Orders", "version": "1"},
        "channels": {"placed": {"subscribe": {"operationId": "place", "message": {"name": "order", "payload": {"type": "string"}}}}}
    });
    let model = model(&old);
    let operation = &model.operations[0];
    assert_eq!((operation.key.as_str(), operation.action, operation.channel.as_str()), ("place", "send", "placed"));
    assert_eq!(operation.messages, [model.messages[0].key.as_str()]);
    assert_eq!(model.messages[0].payload.as_ref().unwrap().schema, json!({"type": "string"}));
}

#[test]
fn templates_write_nowhere_else_and_say_what_is_wrong() {
    let model = model(&document());
    let template = |path: &str, text: &str| Template { path: path.to_owned(), text: text.to_owned() };
    for path in ["../out.tera", "/out.tera", "a/../../out.tera"] {
        let made = render::render(&model, &[template(path, "x")]);
        assert!(matches!(made, Err(Error::Path(_))), "{path}: {made:?}");
    }
    let wrong = render::render(&model, &[template("a.txt.tera", "{{ nothing_of_that_name }}")]);
    assert!(matches!(wrong, Err(Error::Template(_))), "{wrong:?}");
    let parts = [template("_part.tera", "{{ title }}"), template("deep/a.html.tera", "{% include \"_part.tera\" %}<")];
    let files = render::render(&model, &parts).unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].0, Path::new("deep/a.html"));
}

#[test]
fn references_that_lead_into_themselves_end() {
    let document = json!({
        "asyncapi": "3.0.0", "info": {"title": "Loop", "version": "1"},
        "channels": {"c": {"address": "c", "messages": {"m": {"payload": {
            "type": "object", "properties": {"again": {"$ref": "#/channels/c/messages/m/payload"}}
        }}}}}
    });
    let model = model(&document);
    let schema = &model.messages[0].payload.as_ref().unwrap().schema;
    assert!(schema.pointer("/properties/again/$ref").is_some(), "{schema}");
}
