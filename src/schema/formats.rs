//! Payload schemas that are written in a language of their own, checked by its specification.
//!
//! In: the schemas of a document that name their language. Out: diagnostics, each at the place in the schema that is at
//! fault. Languages whose feature is off are not looked into.

use crate::document::{SchemaFormat, SchemaUse};
use crate::reference::Files;
use crate::source::{Diagnostic, Diagnostics, Rule};
use std::collections::HashSet;

/// The rules of each language.
pub static RULES: &[&[&Rule]] = &[
    #[cfg(feature = "avro")]
    super::avro::RULES,
    #[cfg(feature = "protobuf")]
    super::protobuf::RULES,
];

/// Checks each schema once, however often it is used.
pub fn check(files: &Files, schemas: &[SchemaUse], diagnostics: &mut Diagnostics) {
    let mut seen = HashSet::new();
    for schema in schemas {
        // Which message of a Protobuf text is meant is said by the reference; of Avro, whatever leads there is one schema.
        let place = match (&schema.format, files.follow(files.node(schema.node))) {
            (SchemaFormat::Avro, Ok(target)) => target.id(),
            _ => schema.node,
        };
        if !seen.insert((place, schema.format.clone())) {
            continue;
        }
        diagnostics.extend(faults(files, schema));
    }
}

/// What the specification of its language says of a schema.
fn faults(files: &Files, schema: &SchemaUse) -> Vec<Diagnostic> {
    match &schema.format {
        #[cfg(feature = "avro")]
        SchemaFormat::Avro => {
            let mut faults = Vec::new();
            super::avro::read(files, schema.node, &mut super::avro::Types::default(), &mut faults);
            faults
        }
        #[cfg(feature = "protobuf")]
        SchemaFormat::Protobuf => super::protobuf::compile(files, schema.node).err().unwrap_or_default(),
        _ => {
            // Without the languages there is nothing to look at.
            let _ = files;
            Vec::new()
        }
    }
}

/// Makes ready what the schemas of a document need beside their own text. To be called once, before they are read.
pub fn prepare(files: &mut Files, schemas: &[SchemaUse]) {
    #[cfg(feature = "protobuf")]
    for schema in schemas.iter().filter(|schema| schema.format == SchemaFormat::Protobuf) {
        super::protobuf::describe_enums(files, schema.node);
    }
    #[cfg(not(feature = "protobuf"))]
    let _ = (files, schemas);
}
