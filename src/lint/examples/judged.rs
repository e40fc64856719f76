//! Values of a document and the schemas beside them, brought together.

use super::native::Language;
use super::{MESSAGE_EXAMPLE, SCHEMA_DEFAULT, SCHEMA_EXAMPLE, UNCHECKED};
use crate::lint::{Document, at};
use crate::schema::values::{Fault, Judge};
use crate::schema::{SchemaId, fits};
use crate::source::{Diagnostics, Rule, Severity, Span};
use crate::syntax::Node;
use std::collections::{HashMap, HashSet};

/// So many bytes of schemas are prepared for one document.
const MAXIMUM_WEIGHT: usize = 16 * 1024 * 1024;

/// Holds values against schemas until too much was done.
struct Court<'t, 'd> {
    document: Document<'t>,
    diagnostics: &'d mut Diagnostics,
    /// What was prepared, or why it cannot be.
    judges: HashMap<SchemaId, Result<Judge, String>>,
    weight: usize,
}

impl<'t, 'd> Court<'t, 'd> {
    fn new(document: Document<'t>, diagnostics: &'d mut Diagnostics) -> Self {
        Self { document, diagnostics, judges: HashMap::new(), weight: 0 }
    }

    /// Holds each value against a schema.
    fn hear(&mut self, rule: &'static Rule, schema: SchemaId, values: impl Iterator<Item = Node<'t>>) {
        let schemas = &self.document.schemas.schemas;
        for value in values {
            if fits::surely(self.document.files, schemas, schema, value) {
                continue;
            }
            match self.faults(schema, value) {
                Ok(faults) if !faults.is_empty() && self.is_faulty(schema) => {}
                Ok(faults) => faults.iter().for_each(|fault| self.report(rule, schema, fault)),
                Err(reason) => return self.pass_over(value, &reason),
            }
        }
    }

    /// What does not fit; an error with the reason where that cannot be told.
    fn faults(&mut self, schema: SchemaId, value: Node<'t>) -> Result<Vec<Fault<'t>>, String> {
        let too_much = self.weight > MAXIMUM_WEIGHT;
        let judge = self.judges.entry(schema).or_insert_with(|| {
            if too_much {
                return Err("the schemas of this document are too large".to_owned());
            }
            let judge = Judge::new(self.document.files, &self.document.schemas.schemas, schema)?;
            self.weight += judge.weight();
            Ok(judge)
        });
        judge.as_ref().map_err(Clone::clone)?.faults(value)
    }

    /// Does a schema have an error itself? Then what does not fit it is a consequence.
    fn is_faulty(&self, schema: SchemaId) -> bool {
        let schema = self.document.schemas.schemas.get(schema).span;
        let within = |span: Span| span.source == schema.source && span.start >= schema.start && span.end <= schema.end;
        let mut errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        errors.any(|error| error.rule.id != MESSAGE_EXAMPLE.id && within(error.span))
    }

    fn report(&mut self, rule: &'static Rule, schema: SchemaId, fault: &Fault<'t>) {
        let name = fault.node.own_entry().map(|entry| entry.key);
        let called = name.map_or_else(|| "the value".to_owned(), |name| format!("`{name}`"));
        let message = format!("{called} does not fit its schema: {}", fault.message);
        let schemas = &self.document.schemas.schemas;
        let mut diagnostic = at(rule, fault.node, message).related(schemas.get(schema).span, "the schema");
        if self.document.version.major() == 3 {
            diagnostic.severity = diagnostic.severity.max(Severity::Warning);
        }
        self.diagnostics.push(diagnostic);
    }

    fn pass_over(&mut self, value: Node<'t>, reason: &str) {
        self.diagnostics.push(at(&UNCHECKED, value, format!("this value was not checked: {reason}")));
    }
}

/// `message-example`
pub(in crate::lint) fn of_messages(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let mut court = Court::new(document, diagnostics);
    for message in document.messages() {
        let parts = document.with_traits(message);
        for key in ["payload", "headers"] {
            let examples = parts.iter().filter_map(|part| part.get("examples")).flat_map(Node::items);
            let mut values = examples.filter_map(|example| example.get(key)).peekable();
            let mut described = parts.iter().filter_map(|part| document.schema_of(*part, key));
            // Headers of several traits are one schema only after they were merged.
            let only = described.next().filter(|_| described.next().is_none());
            let (Some(first), Some(used)) = (values.peek().copied(), only) else { continue };
            let schemas = &document.schemas.schemas;
            match (document.schemas.ids.get(&used.node), Language::of(document.files, schemas, &used.format)) {
                (Some(schema), Some(language)) => {
                    let faults: Vec<Fault<'_>> = values.filter_map(|value| language.fault(*schema, value)).collect();
                    faults.iter().for_each(|fault| court.report(&MESSAGE_EXAMPLE, *schema, fault));
                }
                (Some(schema), None) => court.hear(&MESSAGE_EXAMPLE, *schema, values),
                (None, _) => court.pass_over(first, "its schema is of another language"),
            }
        }
    }
}

/// `schema-default`, `schema-example`
pub(in crate::lint) fn of_schemas(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let mut court = Court::new(document, diagnostics);
    let mut seen = HashSet::new();
    // Languages of their own have rules of their own for values.
    let judged = document.schemas.schemas.iter().filter(|(_, schema)| schema.origin.is_none());
    for (id, schema) in judged.filter(|(_, schema)| seen.insert(schema.node)) {
        let node = document.files.node(schema.node);
        court.hear(&SCHEMA_DEFAULT, id, node.get("default").into_iter());
        court.hear(&SCHEMA_EXAMPLE, id, node.get("examples").into_iter().flat_map(Node::items));
    }
}
