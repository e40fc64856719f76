//! The kinds of components: which of them a shape is.

use super::application::COMPONENTS;
use crate::document::Version;
use crate::document::structure::shape::{Field, Shape};

/// The key of the Components Object under which things of a shape are kept, if there is one.
pub(in super::super) fn component_kind(shape: &Shape, version: Version) -> Option<&'static str> {
    let names = names(shape);
    let kept = |field: &&Field| matches!(&field.shape, Shape::Map(map) if self::names(&map.value).iter().any(|name| names.contains(name)));
    COMPONENTS.fields.iter().filter(|field| field.is_in(version)).find(kept).map(|field| field.key)
}

/// Is it a key of the Components Object?
pub(in super::super) fn is_component_kind(key: &str, version: Version) -> bool {
    COMPONENTS.fields.iter().any(|field| field.key == key && field.is_in(version))
}

/// The names of the objects that a shape may be.
fn names(shape: &Shape) -> Vec<&'static str> {
    match shape {
        Shape::Object(object) => vec![object.name],
        Shape::Referable(inner) | Shape::OnlyReference(inner) | Shape::BooleanOr(inner) | Shape::Advice(inner) => {
            names(inner)
        }
        Shape::ByPresence(choice) => [names(&choice.present), names(&choice.absent)].concat(),
        Shape::ByValue(choice) => {
            let cases = choice.cases.iter().map(|case| &case.shape).chain(&choice.otherwise).chain(choice.absent);
            cases.flat_map(names).collect()
        }
        Shape::FormattedSchema(schema) => names(&schema.json_schema),
        _ => Vec::new(),
    }
}
