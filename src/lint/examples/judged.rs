//! Values of a document and the schemas beside them, brought together.

use super::{MESSAGE_EXAMPLE, SCHEMA_DEFAULT, SCHEMA_EXAMPLE, UNCHECKED};
use crate::document::SchemaFormat;
use crate::lint::{Document, at};
use crate::schema::values::Judge;
use crate::schema::{Reader, SchemaId, Schemas};
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::Node;
use std::collections::HashSet;

/// So many bytes of schemas are prepared for one document.
const MAXIMUM_WEIGHT: usize = 16 * 1024 * 1024;

/// Holds values against schemas until too much was done.
struct Court<'t, 'd> {
    document: Document<'t>,
    diagnostics: &'d mut Diagnostics,
    weight: usize,
}

impl<'t> Court<'t, '_> {
    /// Holds each value against a schema.
    fn hear(&mut self, rule: &'static Rule, schemas: &Schemas, schema: SchemaId, values: &[Node<'t>]) {
        let Some(first) = values.first() else { return };
        let judge = if self.weight > MAXIMUM_WEIGHT {
            Err("the schemas of this document are too large".to_owned())
        } else {
            Judge::new(self.document.files, schemas, schema)
        };
        let judge = match judge {
            Ok(judge) => judge,
            Err(reason) => return self.pass_over(*first, &reason),
        };
        self.weight += judge.weight();
        for value in values {
            let faults = match judge.faults(*value) {
                Ok(faults) => faults,
                Err(reason) => {
                    self.pass_over(*value, &reason);
                    continue;
                }
            };
            for fault in faults {
                let name = fault.node.own_entry().map(|entry| entry.key);
                let called = name.map_or_else(|| "the value".to_owned(), |name| format!("`{name}`"));
                let message = format!("{called} does not fit its schema: {}", fault.message);
                let schema = schemas.get(schema).span;
                let mut diagnostic = at(rule, fault.node, message).related(schema, "the schema");
                if self.document.version.major() == 3 {
                    diagnostic.severity = diagnostic.severity.max(Severity::Warning);
                }
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn pass_over(&mut self, value: Node<'t>, reason: &str) {
        self.diagnostics.push(at(&UNCHECKED, value, format!("this value was not checked: {reason}")));
    }
}

/// `message-example`
pub(in crate::lint) fn of_messages(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let mut court = Court { document, diagnostics, weight: 0 };
    let mut reader = Reader::new(document.files);
    let mut cases = Vec::new();
    for message in document.messages() {
        for part in ["payload", "headers"] {
            let examples = message.get("examples").into_iter().flat_map(Node::items);
            let values: Vec<Node<'_>> = examples.filter_map(|example| example.get(part)).collect();
            let schema = document.schema_of(message, part).filter(|_| !values.is_empty());
            match (schema.map(|schema| reader.read(schema.node, &schema.format)), values.first()) {
                (Some(Some(schema)), _) => cases.push((schema, values)),
                (Some(None), Some(first)) => court.pass_over(*first, "its schema is of another language"),
                _ => {}
            }
        }
    }
    let schemas = reader.finish();
    for (schema, values) in cases {
        court.hear(&MESSAGE_EXAMPLE, &schemas, schema, &values);
    }
}

/// `schema-default`, `schema-example`
pub(in crate::lint) fn of_schemas(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let mut court = Court { document, diagnostics, weight: 0 };
    let mut reader = Reader::new(document.files);
    // Languages of their own have rules of their own for values.
    let own_rules = |format: &SchemaFormat| matches!(format, SchemaFormat::Avro | SchemaFormat::Protobuf);
    for schema in document.schemas().into_iter().filter(|schema| !own_rules(&schema.format)) {
        reader.read(schema.node, &schema.format);
    }
    let schemas = reader.finish();
    let mut seen = HashSet::new();
    for (id, schema) in schemas.iter().filter(|(_, schema)| seen.insert(schema.node)) {
        let node = document.files.node(schema.node);
        let default: Vec<Node<'_>> = node.get("default").into_iter().collect();
        court.hear(&SCHEMA_DEFAULT, &schemas, id, &default);
        let examples: Vec<Node<'_>> = node.get("examples").into_iter().flat_map(Node::items).collect();
        court.hear(&SCHEMA_EXAMPLE, &schemas, id, &examples);
    }
}
