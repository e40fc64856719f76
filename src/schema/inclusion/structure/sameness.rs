//! Do two places say the same, with references followed?

use super::Structure;
use crate::schema::inclusion::place::Place;
use serde_json::Value;
use std::collections::HashSet;

/// More pairs of nodes than this are not compared.
const MAXIMUM_PAIRS: usize = 1_000;

impl Structure {
    pub(super) fn is_same<'s>(&mut self, one: Place<'s>, other: Place<'s>) -> bool {
        if one.address() == other.address() {
            return true;
        }
        // What is long to compare counts for more.
        let known = self.same.len();
        let same = is_same(one, other, &mut self.same);
        self.fuel.spend(self.same.len() - known);
        same
    }
}

/// Do two places say the same? `known` holds the pairs that do.
pub(in crate::schema::inclusion) fn is_same<'s>(
    one: Place<'s>,
    other: Place<'s>,
    known: &mut HashSet<(usize, usize)>,
) -> bool {
    let mut todo = vec![(one, other)];
    let mut seen = HashSet::new();
    while let Some((one, other)) = todo.pop() {
        let pair = (one.address(), other.address());
        if pair.0 == pair.1 || known.contains(&pair) || !seen.insert(pair) {
            continue;
        }
        if seen.len() > MAXIMUM_PAIRS {
            return false;
        }
        match (one.value(), other.value()) {
            (Value::Object(members), Value::Object(others)) => {
                // The definitions of a root count only where something refers to them.
                let count = |place: Place<'s>, length: usize| length - usize::from(place.definitions_here().is_some());
                if count(one, members.len()) != count(other, others.len()) {
                    return false;
                }
                for (key, member) in members {
                    if one.definitions_here().is_some_and(|definitions| std::ptr::eq(definitions, member)) {
                        continue;
                    }
                    let Some(partner) = others.get(key) else { return false };
                    // Values are what they are, whatever they look like.
                    if ["const", "enum"].contains(&key.as_str()) {
                        if member == partner {
                            continue;
                        }
                        return false;
                    }
                    match (key.as_str(), one.target(), other.target()) {
                        ("$ref", Some(target), Some(partner)) => todo.push((target, partner)),
                        _ => todo.push((one.at(member), other.at(partner))),
                    }
                }
            }
            (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
                todo.extend(items.iter().zip(others).map(|(item, partner)| (one.at(item), other.at(partner))));
            }
            (one, other) if one == other => {}
            _ => return false,
        }
    }
    known.extend(seen);
    true
}
