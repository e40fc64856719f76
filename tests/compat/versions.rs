//! One application in two versions of AsyncAPI: what it means is compared, not how it is written.

use super::{BTreeSet, Outcome, diff_texts, ids};

/// One application, as 2.6 and as 3.0 write it.
const WRITTEN: [&str; 2] = [
    "asyncapi: 2.6.0
info: { title: Orders, version: 1.0.0 }
defaultContentType: application/json
servers:
  main: { url: 'broker.example.com:9092', protocol: kafka, security: [{ user: [] }] }
channels:
  orders/{id}:
    parameters: { id: { schema: { type: string, enum: [a, b] } } }
    publish:
      operationId: takeOrder
      message:
        name: Order
        headers: { type: object, properties: { trace: { type: string } } }
        correlationId: { location: $message.payload#/id }
        payload: { type: object, required: [id], properties: { id: { type: string, maxLength: 9 } } }
  shipped:
    subscribe:
      operationId: tellShipped
      message:
        oneOf:
          - { name: Shipped, payload: { type: object, properties: { weight: { type: integer } } } }
          - { name: Lost, payload: { type: string } }
components: { securitySchemes: { user: { type: userPassword } } }
",
    "asyncapi: 3.0.0
info: { title: Orders, version: 1.0.0 }
defaultContentType: application/json
servers:
  main:
    host: broker.example.com:9092
    protocol: kafka
    security: [{ $ref: '#/components/securitySchemes/user' }]
channels:
  orders/{id}:
    address: orders/{id}
    parameters: { id: { enum: [a, b] } }
    messages:
      Order:
        name: Order
        headers: { type: object, properties: { trace: { type: string } } }
        correlationId: { location: $message.payload#/id }
        payload: { type: object, required: [id], properties: { id: { type: string, maxLength: 9 } } }
  shipped:
    address: shipped
    messages:
      Shipped: { name: Shipped, payload: { type: object, properties: { weight: { type: integer } } } }
      Lost: { name: Lost, payload: { type: string } }
operations:
  takeOrder: { action: receive, channel: { $ref: '#/channels/orders~1{id}' } }
  tellShipped: { action: send, channel: { $ref: '#/channels/shipped' } }
components: { securitySchemes: { user: { type: userPassword } } }
",
];

#[test]
fn one_application_in_two_versions_does_not_change() {
    let [old, new] = WRITTEN;
    for (old, new) in [(old, new), (new, old)] {
        let report = diff_texts(old, new);
        assert_eq!(ids(&report), BTreeSet::from(["DOC-01"]), "{report:#?}");
        assert_eq!(report.verdict, Outcome::Compatible);
    }
}

#[test]
fn a_change_is_the_same_in_both_versions_and_from_one_to_the_other() {
    // What is edited, in words that both versions have.
    let edits = [
        ("maxLength: 9", "maxLength: 8"),
        ("maxLength: 9", "maxLength: 10"),
        ("required: [id]", "required: []"),
        ("weight: { type: integer }", "weight: { type: number }"),
        ("name: Lost, payload: { type: string }", "name: Lost, payload: { type: 'null' }"),
        ("trace: { type: string }", "trace: { type: integer }"),
        ("$message.payload#/id", "$message.header#/trace"),
        ("enum: [a, b]", "enum: [a]"),
        ("protocol: kafka", "protocol: nats"),
        ("broker.example.com", "other.example.com"),
        ("defaultContentType: application/json", "defaultContentType: application/cbor"),
        ("type: userPassword", "type: plain"),
    ];
    for (from, to) in edits {
        let changed = WRITTEN.map(|text| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        let told = |old: &str, new: &str| {
            let report = diff_texts(old, new);
            let changes = report.changes.iter().filter(|change| change.rule != "DOC-01").map(|change| {
                let witness = change.witness.as_ref().map(ToString::to_string);
                (change.rule, format!("{:?} {:?}", change.effect, change.hurts), witness)
            });
            (report.verdict, changes.collect::<BTreeSet<_>>())
        };
        let expected = told(WRITTEN[1], &changed[1]);
        assert!(!expected.1.is_empty(), "{from}: nothing is reported");
        for (old, new) in [(0, 0), (0, 1), (1, 0)] {
            assert_eq!(told(WRITTEN[old], &changed[new]), expected, "{from} -> {to}, from {old} to {new}");
        }
    }
}
