//! What a module holds, for those who measure the generator.
//!
//! In: the Rust IR and the schemas that it was made of. Out: which type holds the payload of which message, and which
//! members of objects are kept as bare JSON values although their schema restricts them.

use super::checks::Checker;
use super::ir::{ItemKind, Type, Types};
use super::operations::MessageTypes;
use crate::document::MessageId;
use crate::schema::{Schema, SchemaId};
use crate::syntax::NodeId;
use std::collections::BTreeMap;

/// What [`super::contents`] says of a document.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// The identifier of the type that holds the payload of a message.
    pub payloads: BTreeMap<MessageId, String>,
    /// How many members of objects have a schema that restricts their value.
    pub restricted: usize,
    /// Those of them that are bare JSON values, or hold such values: the type, the member, and the schema at fault.
    pub bare: Vec<(String, String, NodeId)>,
}

impl Contents {
    pub(super) fn new(types: &Types, messages: &BTreeMap<MessageId, MessageTypes>, checker: &Checker<'_>) -> Self {
        let mut contents = Self::default();
        for (id, message) in messages {
            if let Some(item) = message.payload.and_then(|payload| types.get(payload)) {
                contents.payloads.insert(*id, item.name.clone());
            }
        }
        let schemas = checker.schemas;
        for item in &types.items {
            let ItemKind::Struct { fields, .. } = &item.kind else { continue };
            let parts = schemas.parts(item.schema);
            for field in fields {
                let described = parts.iter().flat_map(|part| &schemas.get(*part).properties);
                let described: Vec<SchemaId> =
                    described.filter(|(key, _)| *key == field.key).map(|(_, id)| *id).collect();
                if !described.iter().any(|id| restricts(checker, *id)) {
                    continue;
                }
                contents.restricted += 1;
                if let Some(id) = described.iter().find_map(|id| bare(checker, &field.of, *id)) {
                    contents.bare.push((item.name.clone(), field.key.clone(), schemas.get(id).node));
                }
            }
        }
        contents
    }
}

/// Does a schema, or one that applies with it, say anything of a value?
fn restricts(checker: &Checker<'_>, id: SchemaId) -> bool {
    checker.schemas.parts(id).into_iter().any(|part| {
        let mut schema = checker.schemas.get(part).clone();
        schema.reference = None;
        schema.all_of.clear();
        checker.asserts(&schema)
    })
}

/// The schema of a part of a member that is a bare JSON value in spite of it.
fn bare(checker: &Checker<'_>, of: &Type, id: SchemaId) -> Option<SchemaId> {
    let below = |next: fn(&Schema) -> Option<SchemaId>, inner: &Type| {
        let parts = checker.schemas.parts(id);
        parts.into_iter().find_map(|part| next(checker.schemas.get(part))).and_then(|next| bare(checker, inner, next))
    };
    match of {
        Type::Json => restricts(checker, id).then_some(id),
        Type::Nullable(inner) | Type::Boxed(inner) => bare(checker, inner, id),
        Type::List(inner) => below(|schema| schema.items.or_else(|| schema.prefix_items.first().copied()), inner),
        Type::Map(inner) => {
            below(|schema| schema.additional_properties.or(schema.pattern_properties.first().map(|(_, id)| *id)), inner)
        }
        _ => None,
    }
}
