//! Is there provably no value that some schemas accept all?
//!
//! Branches of a choice are told apart so: by their types, their constants, what they require, and what they forbid.

use super::keywords::{least, most, required};
use super::{Conjunction, PAIR, Structure, Types, types_of};
use crate::schema::inclusion::number::compare;
use std::cmp::Ordering;

/// Parts of a value are looked at to this depth: what tells schemas apart lies near the surface.
const MAXIMUM_DEPTH: usize = 6;

/// Bounds that leave nothing, and whether that needs one beyond the other.
const CONTRADICTIONS: [(&str, &str, bool); 4] = [
    ("minimum", "maximum", true),
    ("minimum", "exclusiveMaximum", false),
    ("exclusiveMinimum", "maximum", false),
    ("exclusiveMinimum", "exclusiveMaximum", false),
];

/// Counts that leave nothing, and the type that they speak of.
const COUNTS: [(&str, &str, &str); 3] = [
    ("string", "minLength", "maxLength"),
    ("array", "minItems", "maxItems"),
    ("object", "minProperties", "maxProperties"),
];

impl Structure {
    pub(super) fn is_empty<'s>(&mut self, values: &Conjunction<'s>, depth: usize) -> bool {
        let is_spent = !self.fuel.spend(PAIR + values.size());
        if values.is_nothing() {
            return true;
        }
        if is_spent || depth > MAXIMUM_DEPTH {
            return false;
        }
        if let Some(listed) = values.values() {
            let places = values.places.clone();
            return listed.iter().all(|value| places.iter().any(|place| self.rejects(*place, value)));
        }
        let is_empty = |one: &mut Self, bit: Types| {
            values.types & bit == 0 || one.is_empty_of_type(&Conjunction { types: bit, ..values.clone() }, depth)
        };
        (0..Types::BITS).all(|bit| is_empty(self, 1 << bit)) || self.is_empty_by_cases(values, depth)
    }

    fn is_empty_of_type<'s>(&mut self, values: &Conjunction<'s>, depth: usize) -> bool {
        if values.types & types_of("number") != 0 {
            return CONTRADICTIONS.iter().any(|(low, high, beyond)| {
                values.all(low).any(|low| {
                    values.all(high).any(|high| match compare(low, high) {
                        Some(Ordering::Greater) => true,
                        Some(Ordering::Equal) => !beyond,
                        _ => false,
                    })
                })
            });
        }
        let counts = |(word, low, high): &(&str, &str, &str)| {
            values.types == types_of(word) && least(values, low) > most(values, high)
        };
        COUNTS.iter().any(counts)
            || values.types == types_of("string") && self.has_no_text(values)
            || values.types == types_of("object")
                && required(values).any(|name| {
                    let property = self.property(values, name);
                    property.is_some_and(|property| self.is_empty(&property, depth + 1))
                })
    }

    /// Are all branches of some choice empty?
    fn is_empty_by_cases<'s>(&mut self, values: &Conjunction<'s>, depth: usize) -> bool {
        for place in values.places.clone() {
            for keyword in ["anyOf", "oneOf"] {
                let choice = (place.address(), keyword);
                if place.get(keyword).is_none() || values.chosen.contains(&choice) {
                    continue;
                }
                let mut rest = values.clone();
                rest.chosen.insert(choice);
                if place.list(keyword).all(|branch| self.is_empty(&rest.clone().and([branch]), depth + 1)) {
                    return true;
                }
            }
        }
        false
    }
}
