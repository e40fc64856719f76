//! Arrays and objects: a plain one that is probably accepted, and then one change at a time.

use super::Maker;
use super::scalars::constants_of;
use crate::schema::inclusion::place::{self, Place};
use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value, json};
use std::rc::Rc;

/// Longer arrays are not made.
const MAXIMUM_ITEMS: usize = 300;
/// How many positions of an array are varied.
const VARIED_ITEMS: usize = 4;
/// How many values of a member are tried beside another one.
const VARIED_VALUES: usize = 8;
/// More properties than this are not looked at in one object.
const MAXIMUM_NAMES: usize = 120;
/// More members than this are not made in all the objects of one place.
const MAXIMUM_MEMBERS: usize = 30_000;
/// What is made up to be different is numbered from here.
const FIRST_NUMBER: usize = 2_000;
/// Names that no schema knows.
const STRANGE_NAMES: [&str; 2] = ["extra", "other"];

/// May the value be of a type?
fn allows(own: &[Place<'_>], wanted: &str) -> bool {
    own.iter().filter_map(|place| place.get("type")).all(|types| match types {
        Value::Array(list) => list.iter().any(|one| one == wanted),
        one => one == wanted,
    })
}

fn least(own: &[Place<'_>], keyword: &str) -> usize {
    own.iter().filter_map(|place| place.count(keyword)).max().unwrap_or(0)
}

fn most(own: &[Place<'_>], keyword: &str) -> usize {
    own.iter().filter_map(|place| place.count(keyword)).min().unwrap_or(usize::MAX)
}

/// The counts at which something may change: the bounds of all, within the bounds of `own`.
fn counts(own: &[Place<'_>], hints: &[Place<'_>], min: &str, max: &str) -> Vec<usize> {
    let (low, high) = (least(own, min), most(own, max));
    let bounds = hints.iter().flat_map(|place| [place.count(min), place.count(max)]).flatten();
    let near = bounds.flat_map(|bound| [bound.saturating_sub(1), bound, bound.saturating_add(1)]);
    let mut counts: Vec<usize> = [0, 1, 2, 3, low].into_iter().chain(near).collect();
    counts.retain(|count| (low..=high).contains(count) && *count <= MAXIMUM_ITEMS);
    counts.sort_unstable();
    counts.dedup();
    counts.truncate(16);
    counts
}

/// The subschemas for the item at a position.
fn item_places<'s>(places: &[Place<'s>], at: usize) -> Vec<Place<'s>> {
    places.iter().filter_map(|place| place.list("prefixItems").nth(at).or_else(|| place.child("items"))).collect()
}

/// Arrays that `own` probably accepts, at most about `limit`.
pub(super) fn arrays(
    maker: &mut Maker<'_>,
    own: &[Place<'_>],
    hints: &[Place<'_>],
    depth: usize,
    limit: usize,
) -> Vec<Value> {
    if !allows(own, "array") {
        return Vec::new();
    }
    let mut found: Vec<Value> = constants_of(hints).filter(|value| value.is_array()).cloned().collect();
    let unique = own.iter().any(|place| place.get("uniqueItems") == Some(&json!(true)));
    let prefix = hints.iter().map(|place| place.list("prefixItems").count()).max().unwrap_or(0);
    let mut lengths = counts(own, hints, "minItems", "maxItems");
    let bounds = least(own, "minItems")..=most(own, "maxItems").min(MAXIMUM_ITEMS);
    lengths.extend([prefix, prefix + 1].into_iter().filter(|length| bounds.contains(length)));
    lengths.sort_unstable();
    lengths.dedup();
    let contained: Vec<Place<'_>> = own.iter().filter_map(|place| place.child("contains")).collect();
    let contained_hints: Vec<Place<'_>> = hints.iter().filter_map(|place| place.child("contains")).collect();
    let needed = least(own, "minContains").max(usize::from(!contained.is_empty()));
    let mut pools: IndexMap<usize, Rc<Vec<Value>>> = IndexMap::new();
    for at in 0..=prefix {
        let (own_items, mut hint_items) = (item_places(own, at), item_places(hints, at));
        hint_items.extend(&contained_hints);
        pools.insert(at, maker.values(&own_items, &hint_items, depth + 1));
    }
    let pool_at = |at: usize| pools.get(&at.min(prefix)).map_or(&[][..], |pool| pool.as_slice());
    let containing = if contained.is_empty() {
        Rc::default()
    } else {
        let own_items: Vec<Place<'_>> = contained.iter().copied().chain(item_places(own, prefix)).collect();
        maker.values(&own_items, &item_places(hints, prefix), depth + 1)
    };
    // The plainest of every length come first.
    let plain = |length: usize| {
        let mut items: Vec<Value> = Vec::new();
        for at in 0..length {
            let wanted = if at >= prefix && at < prefix + needed { containing.as_slice() } else { pool_at(at) };
            let fresh = wanted.iter().find(|value| !unique || !items.contains(value)).cloned();
            items.push(fresh.or_else(|| numbered(wanted.first()?, at))?);
        }
        Some(items)
    };
    let bases: Vec<Vec<Value>> = lengths.into_iter().filter_map(plain).collect();
    found.extend(bases.iter().cloned().map(Value::Array));
    for items in &bases {
        // One item after the other; in long arrays the first and the last are enough.
        let positions = (0..items.len().min(VARIED_ITEMS.max(prefix + 1))).chain(items.len().checked_sub(1));
        let varied: IndexSet<usize> = positions.collect();
        for at in varied {
            for value in pool_at(at).iter().chain(containing.iter()) {
                let mut items = items.clone();
                if let Some(place) = items.get_mut(at) {
                    place.clone_from(value);
                }
                found.push(Value::Array(items));
            }
        }
        // All items alike, of every kind.
        let length = items.len();
        if length > 1 && !unique {
            found.extend(pool_at(prefix).iter().take(20).map(|value| Value::Array(vec![value.clone(); length])));
        }
        if found.len() > limit {
            break;
        }
    }
    found
}

/// A value of the same kind as another, for each number a different one.
fn numbered(value: &Value, number: usize) -> Option<Value> {
    match value {
        Value::Number(from) => from.as_i64()?.checked_add(i64::try_from(FIRST_NUMBER + number).ok()?).map(Value::from),
        Value::String(text) => Some(Value::String(format!("{text}{}", FIRST_NUMBER + number))),
        _ => None,
    }
}

/// Objects made so far, and how many members there may be in those to come.
struct Objects {
    made: Vec<Value>,
    room: usize,
}

impl Objects {
    fn push(&mut self, object: Map<String, Value>) {
        self.room = self.room.saturating_sub(1 + object.len());
        if self.room > 0 {
            self.made.push(Value::Object(object));
        }
    }

    /// A base with another value under a name, or without the name.
    fn change(&mut self, base: &Map<String, Value>, name: &str, value: Option<&Value>) {
        if self.room == 0 || base.get(name) == value {
            return;
        }
        let mut object = base.clone();
        match value {
            Some(value) => object.insert(name.to_owned(), value.clone()),
            None => object.remove(name),
        };
        self.push(object);
    }

    /// One value after the other: the first few of every name before the many of one.
    fn vary(&mut self, bases: &[Map<String, Value>], pools: &IndexMap<String, Rc<Vec<Value>>>, limit: usize) {
        let longest = pools.values().map(|pool| pool.len()).max().unwrap_or(0);
        for at in 0..longest {
            for (name, value) in pools.iter().filter_map(|(name, pool)| Some((name, pool.get(at)?))) {
                for base in bases {
                    self.change(base, name, Some(value));
                }
            }
            if self.made.len() > limit {
                break;
            }
        }
    }
}

/// Objects that `own` probably accepts, at most about `limit`.
pub(super) fn objects(
    maker: &mut Maker<'_>,
    own: &[Place<'_>],
    hints: &[Place<'_>],
    depth: usize,
    limit: usize,
) -> Vec<Value> {
    if !allows(own, "object") {
        return Vec::new();
    }
    let found: Vec<Value> = constants_of(hints).filter(|value| value.is_object()).cloned().collect();
    let mut required: IndexSet<String> =
        own.iter().flat_map(|place| place.texts("required")).map(str::to_owned).collect();
    let names = names(maker, own, hints, &required);
    let mut pools: IndexMap<String, Rc<Vec<Value>>> = IndexMap::new();
    for name in names {
        let own_values = property_places(maker, own, &name);
        let hint_values = property_places(maker, hints, &name);
        let values = maker.values(&own_values, &hint_values, depth + 1);
        pools.insert(name, values);
    }
    let plain = |name: &str| pools.get(name).and_then(|pool| pool.first()).cloned();
    extend_by_dependents(own, &mut required);
    let mut smallest = Map::new();
    for name in &required {
        let Some(value) = plain(name) else { return found };
        smallest.insert(name.clone(), value);
    }
    let optional: Vec<(String, Value)> = pools
        .keys()
        .filter(|name| !required.contains(*name))
        .filter_map(|name| Some((name.clone(), plain(name)?)))
        .collect();
    let strange = |count: usize| (0..count).map(|number| (format!("extra{number}"), json!(0)));
    // As many properties as it takes.
    let filled = |count: usize| {
        let mut object = smallest.clone();
        for (name, value) in optional.iter().cloned().chain(strange(count)) {
            if object.len() >= count {
                break;
            }
            object.insert(name, value);
        }
        object
    };
    let base = filled(least(own, "minProperties"));
    // Everything that `own` names.
    let mut full = base.clone();
    let named = |name: &str| own.iter().any(|place| place.member("properties", name).is_some());
    full.extend(optional.iter().filter(|(name, _)| named(name)).cloned());
    let mut bases = vec![base];
    if bases.first() != Some(&full) {
        bases.push(full);
    }
    let mut objects = Objects { made: found, room: MAXIMUM_MEMBERS };
    bases.iter().cloned().for_each(|base| objects.push(base));
    // Where most names have but one value, those that have more hold the witness; beside the fewest others, so that it stays
    // among the first from level to level.
    if maker.focused {
        bases.iter().for_each(|base| objects.vary(std::slice::from_ref(base), &pools, limit));
    }
    for count in counts(own, hints, "minProperties", "maxProperties") {
        objects.push(filled(count));
    }
    // One name absent; one name more, with those that it asks for.
    for base in &bases {
        for name in base.keys() {
            objects.change(base, name, None);
        }
        for (name, _) in optional.iter().filter(|(name, _)| !base.contains_key(name)) {
            let mut names = IndexSet::from([name.clone()]);
            extend_by_dependents(own, &mut names);
            maker.fuel.spend(names.len());
            let mut object = base.clone();
            object.extend(names.into_iter().filter_map(|name| plain(&name).map(|value| (name, value))));
            // What is asked of others beside it.
            let (own_beside, hints_beside) = (dependents(own, name), dependents(hints, name));
            let others: IndexSet<&str> =
                hints_beside.iter().flat_map(|place| place.map("properties")).map(|(other, _)| other).collect();
            for other in others {
                let own_values = property_places(maker, &own_beside, other);
                let hint_values = property_places(maker, &hints_beside, other);
                for value in maker.values(&own_values, &hint_values, depth + 1).iter().take(VARIED_VALUES) {
                    objects.change(&object, other, Some(value));
                }
            }
            objects.push(object);
        }
    }
    if !maker.focused {
        objects.vary(&bases, &pools, limit);
    }
    // Two names at once, where something depends on both.
    for (first, one) in optional.iter().take(6) {
        for (second, other) in optional.iter().take(6).filter(|(second, _)| second != first) {
            if let Some(mut object) = bases.first().cloned() {
                object.insert(first.clone(), one.clone());
                object.insert(second.clone(), other.clone());
                objects.push(object);
            }
        }
    }
    objects.made
}

/// Adds the names that those which are there ask for.
fn extend_by_dependents(own: &[Place<'_>], names: &mut IndexSet<String>) {
    let mut next = 0;
    while let Some(name) = names.get_index(next).cloned() {
        next += 1;
        for place in own {
            let dependent = place.get("dependentRequired").and_then(|map| map.get(&name)).and_then(Value::as_array);
            names.extend(dependent.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        }
        let dependents = dependents(own, &name);
        names.extend(dependents.iter().flat_map(|schema| schema.texts("required")).map(str::to_owned));
    }
}

/// What is asked of an object that has a name.
fn dependents<'s>(places: &[Place<'s>], name: &str) -> Vec<Place<'s>> {
    places.iter().filter_map(|place| place.member("dependentSchemas", name)).collect()
}

/// The names worth trying.
fn names(
    maker: &mut Maker<'_>,
    own: &[Place<'_>],
    hints: &[Place<'_>],
    required: &IndexSet<String>,
) -> IndexSet<String> {
    let mut names = required.clone();
    for place in own.iter().chain(hints) {
        names.extend(place.texts("required").map(str::to_owned));
        for keyword in ["properties", "dependentRequired", "dependentSchemas"] {
            names.extend(place.map(keyword).map(|(name, _)| name.to_owned()));
        }
        let dependent = place.map("dependentRequired").flat_map(|(name, _)| {
            let list = place.get("dependentRequired").and_then(|map| map.get(name)).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str)
        });
        names.extend(dependent.map(str::to_owned));
        for (pattern, _) in place.map("patternProperties") {
            names.extend(maker.scalars.samples(pattern, &[], &mut maker.fuel).iter().take(6).cloned());
        }
    }
    let named: Vec<Place<'_>> = own.iter().chain(hints).filter_map(|place| place.child("propertyNames")).collect();
    if !named.is_empty() {
        let named = place::everything(named.into_iter());
        let texts = maker.scalars.of(&[], &named, maker.texts, (&mut maker.validity, &mut maker.fuel));
        names.extend(texts.iter().filter_map(Value::as_str).filter(|text| text.len() < 100).map(str::to_owned));
    }
    names.truncate(MAXIMUM_NAMES.max(required.len()));
    names.extend(STRANGE_NAMES.map(str::to_owned));
    names
}

/// The subschemas for the value of a name.
fn property_places<'s>(maker: &mut Maker<'_>, places: &[Place<'s>], name: &str) -> Vec<Place<'s>> {
    let mut found = Vec::new();
    maker.fuel.spend(places.len());
    for place in places {
        let before = found.len();
        found.extend(place.member("properties", name));
        for (pattern, schema) in place.map("patternProperties") {
            if maker.validity.is_match(pattern, name) == Some(true) {
                found.push(schema);
            }
        }
        if found.len() == before {
            found.extend(place.child("additionalProperties"));
        }
    }
    found
}
