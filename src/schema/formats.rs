//! Payload schemas that are written in a language of their own, checked by its specification.
//!
//! In: the schemas of a document that name their language. Out: diagnostics, each at the place in the schema that is at
//! fault. Languages whose feature is off are not looked into.

use crate::document::{SchemaFormat, SchemaUse};
use crate::reference::Files;
use crate::source::{Diagnostics, Rule};
use std::collections::HashSet;

/// The rules of each language.
pub static RULES: &[&[&Rule]] = &[
    #[cfg(feature = "avro")]
    super::avro::RULES,
];

/// Checks each schema once, however often it is used.
pub fn check(files: &Files, schemas: &[SchemaUse], diagnostics: &mut Diagnostics) {
    let mut seen = HashSet::new();
    for schema in schemas {
        let Ok(target) = files.follow(files.node(schema.node)) else { continue };
        if !seen.insert((target.id(), schema.format.clone())) {
            continue;
        }
        match &schema.format {
            #[cfg(feature = "avro")]
            SchemaFormat::Avro => {
                let mut faults = Vec::new();
                super::avro::read(files, schema.node, &mut super::avro::Types::default(), &mut faults);
                diagnostics.extend(faults);
            }
            _ => {}
        }
    }
}
