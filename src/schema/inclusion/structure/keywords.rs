//! One keyword of the outer schema: is it implied by the inner ones?
//!
//! A keyword that no rule speaks of is not implied.

use super::{Conjunction, Structure, types_in, types_of};
use crate::schema::inclusion::languages::of_length;
use crate::schema::inclusion::number::{compare, is_multiple};
use crate::schema::inclusion::place::Place;
use indexmap::IndexSet;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Keywords that say something about values of one type alone.
const GUARDS: [(&str, &[&str]); 4] = [
    ("number", &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]),
    ("string", &["minLength", "maxLength", "pattern"]),
    (
        "array",
        &[
            "prefixItems",
            "items",
            "contains",
            "minContains",
            "maxContains",
            "minItems",
            "maxItems",
            "uniqueItems",
            "unevaluatedItems",
        ],
    ),
    (
        "object",
        &[
            "properties",
            "patternProperties",
            "additionalProperties",
            "propertyNames",
            "required",
            "minProperties",
            "maxProperties",
            "dependentRequired",
            "dependentSchemas",
            "unevaluatedProperties",
        ],
    ),
];

/// Bounds: the order in which a stricter one lies to this one, and the keyword that excludes the bound itself.
const BOUNDS: [(&str, &str, Ordering); 4] = [
    ("minimum", "exclusiveMinimum", Ordering::Greater),
    ("maximum", "exclusiveMaximum", Ordering::Less),
    ("exclusiveMinimum", "minimum", Ordering::Greater),
    ("exclusiveMaximum", "maximum", Ordering::Less),
];

impl Structure {
    pub(super) fn keyword<'s>(
        &mut self,
        inner: &Conjunction<'s>,
        outer: Place<'s>,
        (keyword, value): (&'s str, &'s Value),
        level: usize,
    ) -> bool {
        let guard = GUARDS.iter().find(|(_, keywords)| keywords.contains(&keyword));
        if guard.is_some_and(|(word, _)| inner.types & types_of(word) == 0) {
            return true;
        }
        match keyword {
            // Both are followed by whoever asks; definitions say nothing themselves.
            "$ref" | "allOf" | "$defs" => true,
            "type" => inner.types & !types_in(value) == 0,
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => is_bounded(inner, keyword, value),
            "multipleOf" => {
                let integers = inner.types & (types_of("number") & !types_of("integer")) == 0;
                let of_integers = integers && value.as_u64() == Some(1);
                of_integers || inner.all("multipleOf").any(|step| is_multiple(step, value) == Some(true))
            }
            "minItems" => least(inner, keyword) >= count(value),
            "minProperties" => least(inner, keyword).max(required(inner).count() as u64) >= count(value),
            "maxItems" | "maxProperties" => most(inner, keyword) <= count(value),
            "minLength" | "maxLength" => {
                let (least, most) = (least(inner, "minLength"), most(inner, "maxLength"));
                let (bound, is_least) = (count(value), keyword == "minLength");
                let wanted = || if is_least { of_length(bound, None) } else { of_length(0, Some(bound)) };
                (if is_least { least >= bound } else { most <= bound })
                    || (inner.all("pattern").next().is_some()
                        && wanted().is_some_and(|pattern| self.texts_match(inner, &pattern)))
            }
            "pattern" => {
                inner.all("pattern").any(|pattern| pattern == value)
                    || value.as_str().is_some_and(|pattern| self.texts_match(inner, pattern))
            }
            "uniqueItems" => {
                value == &Value::Bool(false)
                    || inner.all("uniqueItems").any(|unique| unique == value)
                    || most(inner, "maxItems") <= 1
            }
            "prefixItems" => outer.list(keyword).enumerate().all(|(at, item)| {
                most(inner, "maxItems") <= at as u64 || self.is_included(&items(inner, at), item, level + 1)
            }),
            "items" => self.items(inner, outer, level),
            "contains" => self.contains(inner, outer, level),
            // Said together with `contains` or `if`.
            "minContains" | "maxContains" | "then" | "else" => true,
            "required" => outer.texts(keyword).all(|name| required(inner).any(|known| known == name)),
            "properties" => outer.map(keyword).all(|(name, property)| {
                let value = self.property(inner, name);
                value.is_some_and(|value| self.is_included(&value, property, level + 1))
            }),
            "patternProperties" => self.pattern_properties(inner, outer, level),
            "additionalProperties" => self.additional_properties(inner, outer, level),
            "propertyNames" => {
                let mut names = Conjunction::of(inner.children(keyword));
                names.types &= types_of("string");
                outer.child(keyword).is_some_and(|outer| self.is_included(&names, outer, level + 1))
            }
            "dependentRequired" => self.dependent_required(inner, outer),
            "dependentSchemas" => outer.map(keyword).all(|(name, schema)| {
                let dependent: Vec<Place<'s>> =
                    inner.places.iter().filter_map(|place| place.member(keyword, name)).collect();
                self.is_included(&inner.clone().and(dependent), schema, level)
            }),
            "anyOf" => {
                let told = told_apart(inner);
                inner.nearest(outer.list(keyword)).into_iter().any(|(_, branch)| {
                    self.fuel.spend(1);
                    !is_apart(&told, branch) && self.is_included(inner, branch, level)
                })
            }
            "oneOf" => self.one_of(inner, outer, level),
            "not" => outer.child(keyword).is_some_and(|refused| {
                self.is_empty(&inner.clone().and([refused]), 0)
                    || inner.children(keyword).into_iter().any(|known| {
                        // Whatever is refused there, is refused here.
                        self.is_included(&Conjunction::of([refused]), known, level)
                    })
            }),
            "if" => self.condition(inner, outer, level),
            "unevaluatedItems" | "unevaluatedProperties" => value == &Value::Bool(true),
            _ => false,
        }
    }

    fn items<'s>(&mut self, inner: &Conjunction<'s>, outer: Place<'s>, level: usize) -> bool {
        let Some(rest) = outer.child("items") else { return false };
        let from = outer.list("prefixItems").count();
        let prefix = inner.places.iter().map(|place| place.list("prefixItems").count()).max().unwrap_or(0);
        let longest = most(inner, "maxItems");
        // From `prefix` on, all items are described alike.
        (from..=prefix.max(from)).all(|at| longest <= at as u64 || self.is_included(&items(inner, at), rest, level + 1))
    }

    fn contains<'s>(&mut self, inner: &Conjunction<'s>, outer: Place<'s>, level: usize) -> bool {
        let Some(wanted) = outer.child("contains") else { return false };
        let needed = |place: Place<'s>| place.count("minContains").unwrap_or(1);
        let enough = needed(outer) == 0
            || inner.places.iter().any(|place| {
                let enough = needed(*place) >= needed(outer);
                enough
                    && place
                        .child("contains")
                        .is_some_and(|known| self.is_included(&Conjunction::of([known]), wanted, level + 1))
            });
        let few = match outer.count("maxContains") {
            None => true,
            Some(most) => inner.places.iter().any(|place| {
                let few = place.count("maxContains").is_some_and(|count| count <= most);
                few && place
                    .child("contains")
                    .is_some_and(|known| self.is_included(&Conjunction::of([wanted]), known, level + 1))
            }),
        };
        enough && few
    }

    /// The values of a property; `None` where a pattern cannot be read.
    pub(super) fn property<'s>(&mut self, inner: &Conjunction<'s>, name: &str) -> Option<Conjunction<'s>> {
        let mut found = Vec::new();
        self.fuel.spend(inner.places.len());
        for place in &inner.places {
            let before = found.len();
            found.extend(place.member("properties", name));
            for (pattern, schema) in place.map("patternProperties") {
                if self.validity.is_match(pattern, name)? {
                    found.push(schema);
                }
            }
            if found.len() == before {
                found.extend(place.child("additionalProperties"));
            }
        }
        Some(Conjunction::of(found))
    }

    /// The names that the inner schemas speak of.
    fn names<'s>(inner: &Conjunction<'s>) -> Vec<&'s str> {
        let listed = inner.places.iter().flat_map(|place| place.map("properties").map(|(name, _)| name));
        let mut names: Vec<&'s str> = listed.collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn pattern_properties<'s>(&mut self, inner: &Conjunction<'s>, outer: Place<'s>, level: usize) -> bool {
        outer.map("patternProperties").all(|(pattern, schema)| {
            for name in Self::names(inner) {
                let Some(matches) = self.validity.is_match(pattern, name) else {
                    return false;
                };
                let listed = !matches
                    || self.property(inner, name).is_some_and(|value| self.is_included(&value, schema, level + 1));
                if !listed {
                    return false;
                }
            }
            // Names that match and are not listed.
            let others = inner.places.iter().filter_map(|place| match place.map("patternProperties").next() {
                None => place.child("additionalProperties"),
                Some(_) => place.member("patternProperties", pattern),
            });
            self.is_included(&Conjunction::of(others), schema, level + 1)
        })
    }

    fn additional_properties<'s>(&mut self, inner: &Conjunction<'s>, outer: Place<'s>, level: usize) -> bool {
        let Some(schema) = outer.child("additionalProperties") else { return false };
        let patterns: Vec<&str> = outer.map("patternProperties").map(|(pattern, _)| pattern).collect();
        for name in Self::names(inner) {
            let mut covered = outer.member("properties", name).is_some();
            for pattern in &patterns {
                let Some(matches) = self.validity.is_match(pattern, name) else { return false };
                covered |= matches;
            }
            let proved =
                covered || self.property(inner, name).is_some_and(|value| self.is_included(&value, schema, level + 1));
            if !proved {
                return false;
            }
        }
        // Names that nobody lists: those that match a pattern of the inner schemas alone, and those that match none.
        let strange = |place: &Place<'s>| -> Vec<Place<'s>> {
            place.map("patternProperties").filter(|(known, _)| !patterns.contains(known)).map(|(_, one)| one).collect()
        };
        let (with, without): (Vec<Place<'s>>, Vec<Place<'s>>) =
            inner.places.iter().partition(|place| !strange(place).is_empty());
        let rest: Vec<Place<'s>> = without.iter().filter_map(|place| place.child("additionalProperties")).collect();
        let matching = with.iter().flat_map(strange);
        let cases = matching.map(|one| Conjunction::of(rest.iter().copied().chain([one])));
        let cases: Vec<Conjunction<'s>> = cases.collect();
        let none = with.iter().filter_map(|place| place.child("additionalProperties")).chain(rest.iter().copied());
        let none = Conjunction::of(none);
        cases.iter().chain([&none]).all(|case| self.is_included(case, schema, level + 1))
    }

    fn dependent_required<'s>(&mut self, inner: &Conjunction<'s>, outer: Place<'s>) -> bool {
        let lists = |place: Place<'s>, name: &str| -> Vec<&'s str> {
            let map = place.get("dependentRequired").and_then(|map| map.get(name)).and_then(Value::as_array);
            map.into_iter().flatten().filter_map(Value::as_str).collect()
        };
        outer.map("dependentRequired").all(|(name, _)| {
            let impossible = self.property(inner, name).is_some_and(|value| value.is_nothing());
            // What is needed needs more in its turn.
            let mut known: IndexSet<&str> = IndexSet::from([name]);
            let mut at = 0;
            while let Some(name) = known.get_index(at).copied() {
                known.extend(inner.places.iter().flat_map(|place| lists(*place, name)));
                at += 1;
            }
            impossible
                || lists(outer, name)
                    .iter()
                    .all(|needed| known.contains(*needed) || required(inner).any(|required| required == *needed))
        })
    }

    fn one_of<'s>(&mut self, inner: &Conjunction<'s>, outer: Place<'s>, level: usize) -> bool {
        let told = told_apart(inner);
        let branches: Vec<(usize, Place<'s>)> = inner.nearest(outer.list("oneOf"));
        self.fuel.spend(branches.len());
        // A member that is always there, and is a text, tells apart for certain.
        let mut certain = told.clone();
        certain.retain(|name, values| {
            inner.types == types_of("object")
                && values.iter().all(Value::is_string)
                && inner.places.iter().any(|place| place.texts("required").any(|known| known == *name))
        });
        branches.iter().filter(|(_, branch)| !is_apart(&told, *branch)).any(|(at, branch)| {
            self.is_included(inner, *branch, level)
                && branches
                    .iter()
                    .filter(|(other, excluded)| other != at && !is_apart(&certain, *excluded))
                    .all(|(_, excluded)| self.is_empty(&inner.clone().and([*excluded]), 0))
        })
    }

    fn condition<'s>(&mut self, inner: &Conjunction<'s>, outer: Place<'s>, level: usize) -> bool {
        let Some(condition) = outer.child("if") else { return false };
        let mut known = inner.places.iter().filter(|place| place.child("if").is_some()).copied();
        let known = known.find(|place| place.child("if").is_some_and(|known| self.is_same(known, condition)));
        let side = |keyword| known.and_then(|place: Place<'s>| place.child(keyword));
        let met = outer.child("then").is_none_or(|then| {
            let case = inner.clone().and([condition]).and(side("then"));
            self.is_included(&case, then, level)
        });
        met && outer.child("else").is_none_or(|otherwise| {
            self.is_included(&inner.clone().and(side("else")), otherwise, level)
                || self.is_included(inner, condition, level)
        })
    }
}

impl<'s> Conjunction<'s> {
    /// Every value of a keyword.
    pub(super) fn all<'k>(&'k self, keyword: &'k str) -> impl Iterator<Item = &'s Value> + use<'k, 's> {
        self.places.iter().filter_map(move |place| place.get(keyword))
    }

    fn children(&self, keyword: &str) -> Vec<Place<'s>> {
        self.places.iter().filter_map(|place| place.child(keyword)).collect()
    }
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(u64::MAX)
}

/// The largest of some lower bounds of a count.
pub(super) fn least(inner: &Conjunction<'_>, keyword: &str) -> u64 {
    inner.places.iter().filter_map(|place| place.get(keyword)?.as_u64()).max().unwrap_or(0)
}

/// The smallest of some upper bounds of a count.
pub(super) fn most(inner: &Conjunction<'_>, keyword: &str) -> u64 {
    inner.places.iter().filter_map(|place| place.get(keyword)?.as_u64()).min().unwrap_or(u64::MAX)
}

/// The names that must be there, each once.
pub(super) fn required<'s>(inner: &Conjunction<'s>) -> impl Iterator<Item = &'s str> + use<'s> {
    let names: std::collections::BTreeSet<&'s str> =
        inner.places.iter().flat_map(|place| place.texts("required")).collect();
    names.into_iter()
}

/// What is said of the item at a position.
fn items<'s>(inner: &Conjunction<'s>, at: usize) -> Conjunction<'s> {
    let item = |place: &Place<'s>| place.list("prefixItems").nth(at).or_else(|| place.child("items"));
    Conjunction::of(inner.places.iter().filter_map(item))
}

/// The members of which the inner schemas list the values, as they do where a member tells branches of a choice apart.
fn told_apart<'s>(inner: &Conjunction<'s>) -> HashMap<&'s str, &'s [Value]> {
    let members = inner.places.iter().flat_map(|place| place.map("properties"));
    members.filter_map(|(name, schema)| Some((name, schema.listed()?))).collect()
}

/// Does a branch list other values of such a member? Then it is not worth while to try and prove that it has all values.
fn is_apart(told: &HashMap<&str, &[Value]>, branch: Place<'_>) -> bool {
    !told.is_empty()
        && branch.map("properties").any(|(name, schema)| {
            let lists = told.get(name).zip(schema.listed());
            lists.is_some_and(|(inner, outer)| inner.iter().all(|value| !outer.contains(value)))
        })
}

/// Is there a bound that is as strict?
fn is_bounded(inner: &Conjunction<'_>, keyword: &str, value: &Value) -> bool {
    let Some((_, twin, stricter)) = BOUNDS.iter().find(|(known, ..)| *known == keyword) else { return false };
    let excludes = keyword.starts_with("exclusive");
    let by = |keyword: &str, equal: bool| {
        inner.places.iter().filter_map(|place| place.get(keyword)).any(|bound| match compare(bound, value) {
            Some(Ordering::Equal) => equal,
            Some(order) => order == *stricter,
            None => false,
        })
    };
    // The bound itself is excluded by the same keyword, or by the exclusive twin.
    by(keyword, true) || by(twin, !excludes)
}
