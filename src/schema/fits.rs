//! A first look at a value: does it surely fit its schema?
//!
//! In: a schema and a value of the same run's files. Out: `true` for a value that fits, by keywords that are cheap to look
//! at; `false` says no more than that a validator has to be asked. Most examples and defaults are valid and simple, and for
//! them none is built.

use super::{Bounds, Schema, SchemaId, Schemas, Type};
use crate::reference::Files;
use crate::syntax::{Kind, Node, NodeId, Number};

/// So many schemas are held against parts of one value.
const MAXIMUM_STEPS: usize = 10_000;
/// So deep, references counted.
const MAXIMUM_DEPTH: usize = 200;
/// Integers up to this one are doubles without loss.
const EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

/// Does the value surely fit?
pub(crate) fn surely(files: &Files, schemas: &Schemas, schema: SchemaId, value: Node<'_>) -> bool {
    Look { files, schemas, left: MAXIMUM_STEPS }.fits(schema, value, 0)
}

struct Look<'s> {
    files: &'s Files,
    schemas: &'s Schemas,
    /// How many more schemas are looked at.
    left: usize,
}

impl Look<'_> {
    fn fits(&mut self, id: SchemaId, value: Node<'_>, depth: usize) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || depth > MAXIMUM_DEPTH {
            return false;
        }
        let schema = self.schemas.get(id);
        if let Some(everything) = schema.boolean {
            return everything;
        }
        if let Some(target) = schema.reference {
            let fits = self.fits(target, value, depth + 1);
            if !fits || schema.reference_stands_alone {
                return fits;
            }
        }
        let unread = !schema.unsupported.is_empty()
            || schema.one_of.is_some()
            || [schema.not, schema.condition].iter().any(Option::is_some);
        !unread
            && schema.types.is_none_or(|types| types.has(type_of(value)))
            && schema.enumeration.as_ref().is_none_or(|list| list.iter().any(|one| self.is(value, *one)))
            && schema.constant.is_none_or(|constant| self.is(value, constant))
            && self.content_fits(schema, value, depth)
            && schema.all_of.iter().all(|part| self.fits(*part, value, depth + 1))
            && schema.any_of.as_ref().is_none_or(|list| list.iter().any(|part| self.fits(*part, value, depth + 1)))
    }

    /// What a schema says of values of one type.
    fn content_fits(&mut self, schema: &Schema, value: Node<'_>, depth: usize) -> bool {
        match value.kind() {
            Kind::Null | Kind::Boolean(_) => true,
            Kind::Number(number) => number_fits(schema, number),
            Kind::String(text) => {
                schema.pattern.is_none() && schema.format.is_none() && within(schema.length, || text.chars().count())
            }
            Kind::Array(items) => {
                let unread = schema.unique_items
                    || !schema.prefix_items.is_empty()
                    || [schema.contains, schema.unevaluated_items].iter().any(Option::is_some);
                let item = |item| schema.items.is_none_or(|each| self.fits(each, item, depth + 1));
                !unread && within(schema.items_count, || items.len()) && value.items().all(item)
            }
            Kind::Object(members) => {
                let unread = !schema.pattern_properties.is_empty()
                    || !schema.dependent_required.is_empty()
                    || !schema.dependent_schemas.is_empty()
                    || [schema.property_names, schema.unevaluated_properties].iter().any(Option::is_some);
                !unread
                    && within(schema.properties_count, || members.len())
                    && schema.required.iter().all(|name| value.get(name).is_some())
                    && value.entries().all(|entry| {
                        let named = schema.properties.iter().find(|(name, _)| name == entry.key).map(|(_, id)| *id);
                        let id = named.or(schema.additional_properties);
                        id.is_none_or(|id| self.fits(id, entry.value, depth + 1))
                    })
            }
        }
    }

    /// Are two scalars written alike?
    fn is(&self, value: Node<'_>, other: NodeId) -> bool {
        match (value.kind(), self.files.node(other).kind()) {
            (Kind::Null, Kind::Null) => true,
            (Kind::Boolean(one), Kind::Boolean(other)) => one == other,
            (Kind::Number(one), Kind::Number(other)) => one.as_str() == other.as_str(),
            (Kind::String(one), Kind::String(other)) => one == other,
            _ => false,
        }
    }
}

/// The type as it is written: `1.0` passes for a number here.
fn type_of(value: Node<'_>) -> Type {
    match value.kind() {
        Kind::Null => Type::Null,
        Kind::Boolean(_) => Type::Boolean,
        Kind::Number(number) if number.as_i64().is_some() || number.as_u64().is_some() => Type::Integer,
        Kind::Number(_) => Type::Number,
        Kind::String(_) => Type::String,
        Kind::Array(_) => Type::Array,
        Kind::Object(_) => Type::Object,
    }
}

fn within(bounds: Bounds, count: impl FnOnce() -> usize) -> bool {
    if bounds == Bounds::default() {
        return true;
    }
    let count = count() as u64;
    bounds.min.is_none_or(|min| min <= count) && bounds.max.is_none_or(|max| count <= max)
}

fn number_fits(schema: &Schema, number: &Number) -> bool {
    let value = number.as_f64();
    let compared = |bound: &Option<Number>, fits: fn(&f64, &f64) -> bool| {
        let near = |bound: f64| bound.abs() < EXACT_INTEGER && value.abs() < EXACT_INTEGER;
        bound.as_ref().map(Number::as_f64).is_none_or(|bound| near(bound) && fits(&value, &bound))
    };
    // Decimals that differ by less than doubles can tell are left to the validator.
    schema.multiple_of.is_none()
        && compared(&schema.minimum, |value, bound| value > bound || value == bound && value.fract() == 0.0)
        && compared(&schema.maximum, |value, bound| value < bound || value == bound && value.fract() == 0.0)
        && compared(&schema.exclusive_minimum, f64::gt)
        && compared(&schema.exclusive_maximum, f64::lt)
}
