//! Is a value one of a plain schema? An answer in counted steps.
//!
//! In: a schema as [`super::plain`] writes it, and a value. Out: yes, no, or nothing once the fuel is spent. A validator
//! of a crate cannot be bounded so, and has to be built first, which takes longer than most questions do; it has the last
//! word on every witness all the same.

use super::fuel::{Fuel, Work};
use super::number::{compare, is_multiple, is_whole};
use super::patterns::Patterns;
use super::place::Place;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// Schemas that speak of one value lie no deeper in each other.
const MAXIMUM_DEPTH: usize = 600;
/// So many characters count as one step.
const CHARACTERS: usize = 64;
/// So many names that are looked up count as one step.
const NAMES: usize = 4;

/// The fuel is spent, or a pattern or reference cannot be read.
#[derive(Debug)]
pub(super) struct Stop;

/// Parts of a value that a schema has looked at, as far as `unevaluated..` asks.
#[derive(Debug, Default, Clone)]
struct Marks {
    names: Vec<String>,
    items: Vec<usize>,
    all: bool,
}

impl Marks {
    /// Was every part of the value looked at?
    fn is_complete(&self, value: &Value) -> bool {
        self.all
            || match value {
                Value::Object(members) => members.keys().all(|name| self.names.contains(name)),
                Value::Array(items) => (0..items.len()).all(|at| self.items.contains(&at)),
                _ => true,
            }
    }

    fn extend(&mut self, other: Self) {
        self.names.extend(other.names);
        self.items.extend(other.items);
        self.all |= other.all;
    }
}

/// Where parts that were looked at are noted, if anybody asks.
type Noted<'m> = Option<&'m mut Marks>;

/// Judges values.
pub(super) struct Validity {
    patterns: Patterns,
    fuel: Fuel,
    depth: usize,
}

/// The order that a bound asks for: whether the bound itself is taken, and which side of it.
fn is_within(keyword: &str, order: Ordering) -> bool {
    match keyword {
        "minimum" => order != Ordering::Less,
        "maximum" => order != Ordering::Greater,
        "exclusiveMinimum" => order == Ordering::Greater,
        _ => order == Ordering::Less,
    }
}

impl Validity {
    /// Judges by at most so many steps.
    pub(super) fn of(work: &Work, steps: usize) -> Self {
        Self { patterns: work.patterns.clone(), fuel: work.portion(steps), depth: 0 }
    }

    /// Is there no fuel left?
    pub(super) fn is_spent(&self) -> bool {
        self.fuel.is_spent()
    }

    /// Uses up some steps.
    fn spend(&mut self, steps: usize) -> Result<(), Stop> {
        if self.fuel.spend(steps) { Ok(()) } else { Err(Stop) }
    }

    /// Is a value one of a schema? `None` where that cannot be said.
    pub(super) fn accepts(&mut self, place: Place<'_>, value: &Value) -> Option<bool> {
        self.depth = 0;
        self.check(place, value, None).ok()
    }

    /// Do some keywords of a schema take a value?
    pub(super) fn agree(&mut self, place: Place<'_>, keywords: &[&str], value: &Value) -> Option<bool> {
        self.depth = 0;
        if let Some(boolean) = place.boolean() {
            return Some(boolean);
        }
        self.spend(1).ok()?;
        for keyword in keywords {
            if let Some(said) = place.get(keyword)
                && !self.keyword(place, (keyword, said), value, None).ok()?
            {
                return Some(false);
            }
        }
        Some(true)
    }

    fn check(&mut self, place: Place<'_>, value: &Value, noted: Noted<'_>) -> Result<bool, Stop> {
        if self.depth > MAXIMUM_DEPTH {
            return Err(Stop);
        }
        self.depth += 1;
        let checked = self.schema(place, value, noted);
        self.depth -= 1;
        checked
    }

    fn schema(&mut self, place: Place<'_>, value: &Value, noted: Noted<'_>) -> Result<bool, Stop> {
        self.spend(1)?;
        let Some(keywords) = place.keywords() else { return Ok(place.boolean() != Some(false)) };
        self.spend(keywords.len())?;
        // What parts most values is asked first.
        if place.get("type").is_some_and(|types| !is_of(types, value)) {
            return Ok(false);
        }
        // `unevaluated..` speaks of what no other keyword looked at.
        let rest = match value {
            Value::Object(_) => place.get("unevaluatedProperties"),
            Value::Array(_) => place.get("unevaluatedItems"),
            _ => None,
        };
        let mut marks = (rest.is_some() || noted.is_some()).then(Marks::default);
        for (keyword, said) in keywords {
            if !self.keyword(place, (keyword, said), value, marks.as_mut())? {
                return Ok(false);
            }
        }
        let Some(mut marks) = marks else { return Ok(true) };
        if let Some(rest) = rest {
            if rest == &Value::Bool(false) && !marks.is_complete(value) {
                return Ok(false);
            }
            marks.all = true;
        }
        if let Some(noted) = noted {
            noted.extend(marks);
        }
        Ok(true)
    }

    fn keyword(
        &mut self,
        place: Place<'_>,
        (keyword, said): (&str, &Value),
        value: &Value,
        mut noted: Noted<'_>,
    ) -> Result<bool, Stop> {
        Ok(match (keyword, value) {
            ("$ref", _) => self.check(place.target().ok_or(Stop)?, value, noted)?,
            ("type", _) => is_of(said, value),
            ("const", _) => self.equal(said, value)?,
            ("enum", _) => self.one_equals(said.as_array().map_or(&[], Vec::as_slice), value)?,
            ("allOf", _) => {
                for part in place.list(keyword) {
                    if !self.check(part, value, noted.as_deref_mut())? {
                        return Ok(false);
                    }
                }
                true
            }
            ("anyOf" | "oneOf", _) => {
                let (mut fitting, enough) = (0, if keyword == "oneOf" { 2 } else { 1 });
                for branch in place.list(keyword) {
                    fitting += usize::from(self.check(branch, value, noted.as_deref_mut())?);
                    // Every branch of a choice may look at something.
                    if fitting >= enough && (keyword == "oneOf" || noted.is_none()) {
                        break;
                    }
                }
                if keyword == "oneOf" { fitting == 1 } else { fitting > 0 }
            }
            ("not", _) => !self.check(place.at(said), value, None)?,
            ("if", _) => {
                let met = self.check(place.at(said), value, noted.as_deref_mut())?;
                match place.child(if met { "then" } else { "else" }) {
                    Some(branch) => self.check(branch, value, noted)?,
                    None => true,
                }
            }
            // Said by others, or of no weight here.
            ("$defs" | "then" | "else" | "minContains" | "maxContains", _) => true,
            ("unevaluatedProperties" | "unevaluatedItems", _) => true,
            ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum", Value::Number(_)) => {
                compare(value, said).is_none_or(|order| is_within(keyword, order))
            }
            ("multipleOf", Value::Number(_)) => is_multiple(value, said).ok_or(Stop)?,
            ("minLength" | "maxLength", Value::String(text)) => {
                self.spend(text.len() / CHARACTERS)?;
                is_count(keyword, text.chars().count(), said)
            }
            ("pattern", Value::String(text)) => self.matches(said.as_str().ok_or(Stop)?, text)?,
            ("minItems" | "maxItems", Value::Array(items)) => is_count(keyword, items.len(), said),
            ("minProperties" | "maxProperties", Value::Object(members)) => is_count(keyword, members.len(), said),
            ("prefixItems" | "items" | "contains" | "uniqueItems", Value::Array(items)) => {
                self.items(place, keyword, items, noted)?
            }
            (_, Value::Object(members)) if OBJECT.contains(&keyword) => {
                self.members(place, (keyword, said), members, value, noted)?
            }
            _ if KNOWN.iter().any(|known| known.contains(&keyword)) => true,
            _ => return Err(Stop),
        })
    }

    fn items(&mut self, place: Place<'_>, keyword: &str, items: &[Value], mut noted: Noted<'_>) -> Result<bool, Stop> {
        let first = if keyword == "items" { place.list("prefixItems").count() } else { 0 };
        match keyword {
            "uniqueItems" => {
                for (at, item) in items.iter().enumerate() {
                    if self.one_equals(items.get(..at).unwrap_or_default(), item)? {
                        return Ok(place.get(keyword) == Some(&Value::Bool(false)));
                    }
                }
            }
            "contains" => {
                let Some(wanted) = place.child(keyword) else { return Ok(true) };
                let mut found = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    if self.check(wanted, item, None)? {
                        found.push(at);
                    }
                }
                let least = place.count("minContains").unwrap_or(1);
                let fits = found.len() >= least && place.count("maxContains").is_none_or(|most| found.len() <= most);
                if let Some(noted) = noted {
                    noted.items.extend(found);
                }
                return Ok(fits);
            }
            _ => {
                for (at, item) in items.iter().enumerate().skip(first) {
                    let schema = if keyword == "items" { place.child(keyword) } else { place.list(keyword).nth(at) };
                    let Some(schema) = schema else { break };
                    if !self.check(schema, item, None)? {
                        return Ok(false);
                    }
                    if let Some(noted) = noted.as_deref_mut() {
                        noted.items.push(at);
                    }
                }
            }
        }
        Ok(true)
    }

    fn members(
        &mut self,
        place: Place<'_>,
        (keyword, said): (&str, &Value),
        members: &Map<String, Value>,
        value: &Value,
        mut noted: Noted<'_>,
    ) -> Result<bool, Stop> {
        let names = said.as_array().map_or(0, Vec::len) + said.as_object().map_or(0, Map::len).min(members.len());
        self.spend(names / NAMES)?;
        match keyword {
            "required" => return Ok(place.texts(keyword).all(|name| members.contains_key(name))),
            "dependentRequired" => {
                let lists = said.as_object().into_iter().flatten().filter(|(name, _)| members.contains_key(*name));
                let mut needed = lists.filter_map(|(_, list)| list.as_array()).flatten().filter_map(Value::as_str);
                return Ok(needed.all(|name| members.contains_key(name)));
            }
            "dependentSchemas" => {
                for (_, schema) in place.map(keyword).filter(|(name, _)| members.contains_key(*name)) {
                    if !self.check(schema, value, noted.as_deref_mut())? {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
            "propertyNames" => {
                for name in members.keys() {
                    if !self.check(place.at(said), &Value::String(name.clone()), None)? {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
            _ => {}
        }
        for (name, member) in members {
            let mut schemas = Vec::new();
            match keyword {
                "properties" => schemas.extend(said.get(name).map(|schema| place.at(schema))),
                "patternProperties" => {
                    for (pattern, schema) in place.map(keyword) {
                        if self.matches(pattern, name)? {
                            schemas.push(schema);
                        }
                    }
                }
                _ => {
                    let mut listed = place.get("properties").is_some_and(|listed| listed.get(name).is_some());
                    for (pattern, _) in place.map("patternProperties") {
                        listed = listed || self.matches(pattern, name)?;
                    }
                    schemas.extend((!listed).then(|| place.at(said)));
                }
            }
            if let (Some(noted), false) = (noted.as_deref_mut(), schemas.is_empty()) {
                noted.names.push(name.clone());
            }
            for schema in schemas {
                if !self.check(schema, member, None)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Does a pattern match somewhere in a text? `None` where that cannot be said.
    pub(super) fn is_match(&mut self, pattern: &str, text: &str) -> Option<bool> {
        self.patterns.matches(pattern, text, &mut self.fuel)
    }

    fn matches(&mut self, pattern: &str, text: &str) -> Result<bool, Stop> {
        self.is_match(pattern, text).ok_or(Stop)
    }

    fn one_equals(&mut self, list: &[Value], value: &Value) -> Result<bool, Stop> {
        for one in list {
            if self.equal(one, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Are two values the same? 1 and 1.0 are.
    fn equal(&mut self, one: &Value, other: &Value) -> Result<bool, Stop> {
        self.spend(1)?;
        Ok(match (one, other) {
            (Value::Number(_), Value::Number(_)) => compare(one, other) == Some(Ordering::Equal),
            (Value::Array(one), Value::Array(other)) => {
                if one.len() != other.len() {
                    return Ok(false);
                }
                for (one, other) in one.iter().zip(other) {
                    if !self.equal(one, other)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Object(one), Value::Object(other)) => {
                if one.len() != other.len() {
                    return Ok(false);
                }
                for (name, member) in one {
                    let Some(partner) = other.get(name) else { return Ok(false) };
                    if !self.equal(member, partner)? {
                        return Ok(false);
                    }
                }
                true
            }
            _ => one == other,
        })
    }
}

/// Keywords about members of objects.
const OBJECT: [&str; 7] = [
    "required",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
];
/// Keywords that say nothing about values of another type than their own.
const KNOWN: [&[&str]; 4] = [
    &OBJECT,
    &["minProperties", "maxProperties", "minItems", "maxItems", "minLength", "maxLength", "pattern", "multipleOf"],
    &["prefixItems", "items", "contains", "uniqueItems"],
    &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
];

/// Is a count within a bound?
fn is_count(keyword: &str, count: usize, bound: &Value) -> bool {
    // What no number holds is no bound, and no count reaches it.
    let bound = bound.as_u64().unwrap_or(u64::MAX);
    if keyword.starts_with("min") { count as u64 >= bound } else { count as u64 <= bound }
}

/// Is a value of one of some types?
fn is_of(types: &Value, value: &Value) -> bool {
    let is = |word: &Value| match (word.as_str(), value) {
        (Some("null"), Value::Null)
        | (Some("boolean"), Value::Bool(_))
        | (Some("string"), Value::String(_))
        | (Some("array"), Value::Array(_))
        | (Some("object"), Value::Object(_))
        | (Some("number"), Value::Number(_)) => true,
        (Some("integer"), Value::Number(_)) => is_whole(value),
        _ => false,
    };
    types.as_array().map_or_else(|| is(types), |words| words.iter().any(is))
}
