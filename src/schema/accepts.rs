//! A value against a schema, without a validator at hand: is a `default` a value that the schema accepts?
//!
//! In: a schema of the IR and a value of the same run's files. Out: yes, no, or that it cannot be told, for keywords that
//! defaults hardly ever meet. The work is bounded: what takes too many steps cannot be told either.

use super::model::{Bounds, Schema, SchemaId, Schemas, Type, TypeSet};
use crate::reference::Files;
use crate::syntax::{Kind, Node, Number, to_json};

/// More comparisons than this are not made.
const MOST_STEPS: usize = 10_000;

/// Does a schema accept a value? `None` where that cannot be told. `format` is left out.
pub(crate) fn accepts(files: &Files, schemas: &Schemas, id: SchemaId, value: Node<'_>) -> Option<bool> {
    Judgement { files, schemas, left: MOST_STEPS }.accepts(id, value)
}

/// The JSON types of a value: one, but an integer is a number, too.
pub(crate) fn type_of_value(value: Node<'_>) -> Type {
    match value.kind() {
        Kind::Null => Type::Null,
        Kind::Boolean(_) => Type::Boolean,
        Kind::Number(number) if number.as_f64().fract() == 0.0 => Type::Integer,
        Kind::Number(_) => Type::Number,
        Kind::String(_) => Type::String,
        Kind::Array(_) => Type::Array,
        Kind::Object(_) => Type::Object,
    }
}

struct Judgement<'a> {
    files: &'a Files,
    schemas: &'a Schemas,
    left: usize,
}

/// All of them hold: no as soon as one does not, and untold if one is untold.
fn all(verdicts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut told = Some(true);
    for verdict in verdicts {
        match verdict {
            Some(false) => return Some(false),
            Some(true) => {}
            None => told = None,
        }
    }
    told
}

impl Judgement<'_> {
    fn accepts(&mut self, id: SchemaId, value: Node<'_>) -> Option<bool> {
        self.left = self.left.checked_sub(1)?;
        let schemas = self.schemas;
        let schema = schemas.get(schemas.target(id));
        if let Some(boolean) = schema.boolean {
            return Some(boolean);
        }
        let untold = !schema.unsupported.is_empty()
            || schema.condition.is_some()
            || schema.unevaluated_items.is_some()
            || schema.unevaluated_properties.is_some();
        let own = match value.kind() {
            Kind::Number(number) => number_fits(schema, number),
            Kind::String(text) => text_fits(schema, text),
            Kind::Array(_) => self.array(schema, value),
            Kind::Object(_) => self.object(schema, value),
            Kind::Null | Kind::Boolean(_) => Some(true),
        };
        let parts: Vec<SchemaId> = schema.reference.into_iter().chain(schema.all_of.iter().copied()).collect();
        let parts: Vec<Option<bool>> = parts.into_iter().map(|part| self.accepts(part, value)).collect();
        let any = schema.any_of.as_ref().map(|branches| {
            let verdicts: Vec<Option<bool>> = branches.iter().map(|branch| self.accepts(*branch, value)).collect();
            if verdicts.contains(&Some(true)) { Some(true) } else { all(verdicts) }
        });
        let one = schema.one_of.as_ref().map(|branches| {
            let verdicts: Option<Vec<bool>> = branches.iter().map(|branch| self.accepts(*branch, value)).collect();
            Some(verdicts?.into_iter().filter(|verdict| *verdict).count() == 1)
        });
        let not = schema.not.map(|not| self.accepts(not, value).map(|verdict| !verdict));
        let told = [Some(self.listed(schema, value)), own, if untold { None } else { Some(true) }];
        all(told.into_iter().chain(parts).chain(any).chain(one).chain(not))
    }

    /// `type`, `enum`, `const`
    fn listed(&self, schema: &Schema, value: Node<'_>) -> bool {
        let same = |id: &_| equal(self.files.node(*id), value);
        schema.types.is_none_or(|types| !types.and(TypeSet::of(type_of_value(value))).is_empty())
            && schema.enumeration.as_ref().is_none_or(|values| values.iter().any(same))
            && schema.constant.as_ref().is_none_or(same)
    }

    fn array(&mut self, schema: &Schema, value: Node<'_>) -> Option<bool> {
        let items: Vec<Node<'_>> = value.items().collect();
        let unique =
            || items.iter().enumerate().all(|(at, one)| !items.iter().skip(at + 1).any(|other| equal(*one, *other)));
        let counted = within(schema.items_count, items.len());
        let told = [
            Some(counted),
            if schema.contains.is_some() { None } else { Some(true) },
            match schema.unique_items {
                true if items.len() > 100 => None,
                true => Some(unique()),
                false => Some(true),
            },
        ];
        let described = schema.prefix_items.iter().copied().map(Some).chain(std::iter::repeat(schema.items));
        let of_items: Vec<Option<bool>> = items
            .iter()
            .zip(described)
            .map(|(item, described)| described.map_or(Some(true), |id| self.accepts(id, *item)))
            .collect();
        all(told.into_iter().chain(of_items))
    }

    fn object(&mut self, schema: &Schema, value: Node<'_>) -> Option<bool> {
        let untold = !schema.pattern_properties.is_empty()
            || !schema.dependent_schemas.is_empty()
            || !schema.dependent_required.is_empty()
            || schema.property_names.is_some();
        let required = schema.required.iter().all(|key| value.get(key).is_some());
        let counted = within(schema.properties_count, value.entries().len());
        let told = [Some(required), Some(counted), if untold { None } else { Some(true) }];
        let members: Vec<Option<bool>> = value
            .entries()
            .map(|entry| {
                let described = schema.properties.iter().find(|(key, _)| key == entry.key).map(|(_, id)| *id);
                described.or(schema.additional_properties).map_or(Some(true), |id| self.accepts(id, entry.value))
            })
            .collect();
        all(told.into_iter().chain(members))
    }
}

fn within(bounds: Bounds, count: usize) -> bool {
    let count = count as u64;
    bounds.min.is_none_or(|min| count >= min) && bounds.max.is_none_or(|max| count <= max)
}

fn number_fits(schema: &Schema, value: &Number) -> Option<bool> {
    let number = value.as_f64();
    let at_least = |limit: &Option<Number>| limit.as_ref().is_none_or(|limit| number >= limit.as_f64());
    let at_most = |limit: &Option<Number>| limit.as_ref().is_none_or(|limit| number <= limit.as_f64());
    let beyond = |limit: &Option<Number>| limit.as_ref().is_none_or(|limit| number > limit.as_f64());
    let below = |limit: &Option<Number>| limit.as_ref().is_none_or(|limit| number < limit.as_f64());
    let bounded = at_least(&schema.minimum)
        && at_most(&schema.maximum)
        && beyond(&schema.exclusive_minimum)
        && below(&schema.exclusive_maximum);
    let multiple = match &schema.multiple_of {
        None => Some(true),
        // Exact for whole numbers; doubles are not the place to tell of others.
        Some(step) => match (value.as_str().parse::<i128>(), step.as_str().parse::<i128>()) {
            (Ok(value), Ok(step)) if step > 0 => Some(value % step == 0),
            _ => None,
        },
    };
    all([Some(bounded), multiple])
}

fn text_fits(schema: &Schema, text: &str) -> Option<bool> {
    let pattern = schema.pattern.as_ref().map(|pattern| {
        let compiled = regress::Regex::with_flags(pattern, "u").or_else(|_| regress::Regex::with_flags(pattern, ""));
        compiled.ok().map(|pattern| pattern.find(text).is_some())
    });
    all([Some(within(schema.length, text.chars().count()))].into_iter().chain(pattern))
}

/// Equal as JSON: numbers by value, members in any order.
fn equal(one: Node<'_>, other: Node<'_>) -> bool {
    match (one.kind(), other.kind()) {
        (Kind::Number(one), Kind::Number(other)) => one.as_str() == other.as_str() || one.as_f64() == other.as_f64(),
        (Kind::Array(_), Kind::Array(_)) => {
            one.items().len() == other.items().len()
                && one.items().zip(other.items()).all(|(one, other)| equal(one, other))
        }
        (Kind::Object(_), Kind::Object(_)) => {
            one.entries().len() == other.entries().len()
                && one.entries().all(|entry| other.get(entry.key).is_some_and(|other| equal(entry.value, other)))
        }
        _ => to_json(one) == to_json(other),
    }
}
