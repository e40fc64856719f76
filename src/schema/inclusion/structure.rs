//! The proof by structure: one keyword after the other, side by side.
//!
//! In: two plain schemas. Out: whether the first is included in the second for a reason that can be told keyword by
//! keyword; `false` says nothing. References are followed: inclusion of two circular schemas is assumed while it is being
//! proved, but used only for parts of a value, which are smaller than the value itself. What is assumed is given up with
//! whatever was to be proved by it. All of it draws on the fuel of the question, never on time.

mod emptiness;
mod keywords;
mod sameness;

use super::fuel::{Fuel, Work};
use super::languages::{self, Languages, Relation};
use super::place::{self, Place};
use super::validity::Validity;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

pub(super) use sameness::is_same;

/// How many steps one proof may take.
const PROVING: usize = 1_000_000;
/// A pair of schemas takes so many, and one for each schema that the conjunction joins.
const PAIR: usize = 10;
/// So many texts by which patterns differ are kept.
const MAXIMUM_TEXTS: usize = 20;
/// How many steps judging listed values may take.
const JUDGED: usize = 200_000;
/// A value is taken apart no deeper.
const MAXIMUM_LEVEL: usize = 100;

/// Types, as a set of bits: whole numbers and others are two.
pub(super) type Types = u8;

/// Every type with its bits.
const TYPES: [(&str, Types); 7] = [
    ("null", 1),
    ("boolean", 1 << 1),
    ("integer", 1 << 2),
    ("number", 3 << 2),
    ("string", 1 << 4),
    ("array", 1 << 5),
    ("object", 1 << 6),
];
/// All of them.
const EVERY_TYPE: Types = (1 << 7) - 1;

/// Keywords that leave a choice.
const CHOICES: [&str; 3] = ["anyOf", "oneOf", "if"];

/// The types of a word of `type`.
fn types_of(word: &str) -> Types {
    TYPES.iter().find(|(known, _)| *known == word).map_or(0, |(_, bits)| *bits)
}

/// The types of a value of `type`.
fn types_in(value: &Value) -> Types {
    match value {
        Value::Array(words) => words.iter().filter_map(Value::as_str).fold(0, |bits, word| bits | types_of(word)),
        word => word.as_str().map_or(0, types_of),
    }
}

/// The values of some types that all of some schemas accept. No place of it is a reference or a conjunction.
#[derive(Debug, Clone)]
struct Conjunction<'s> {
    places: Vec<Place<'s>>,
    types: Types,
    /// The choices that were made already: whose, and under which keyword.
    chosen: BTreeSet<(usize, &'static str)>,
    /// Which branch the last of them took.
    branch: usize,
}

impl<'s> Conjunction<'s> {
    fn of(places: impl IntoIterator<Item = Place<'s>>) -> Self {
        Self { places: Vec::new(), types: EVERY_TYPE, chosen: BTreeSet::new(), branch: 0 }.and(places)
    }

    /// The values of these that further schemas accept as well.
    fn and(mut self, places: impl IntoIterator<Item = Place<'s>>) -> Self {
        for place in place::conjuncts(places) {
            if self.places.iter().all(|known| known.address() != place.address()) {
                self.places.push(place);
                self.types &= place.get("type").map_or(EVERY_TYPE, types_in);
            }
        }
        self
    }

    /// Is there no value, at first sight?
    fn is_nothing(&self) -> bool {
        self.types == 0 || self.places.iter().any(|place| place.boolean() == Some(false))
    }

    /// The values of the first place that lists them.
    fn values(&self) -> Option<&'s [Value]> {
        self.places.iter().find_map(|place| place.listed())
    }

    /// How much there is to look at.
    fn size(&self) -> usize {
        self.places.len() + self.chosen.len()
    }

    /// The branches of another choice with their positions; the one that stands where the last choice was made comes first,
    /// since most choices are written in one order by both sides.
    fn nearest(&self, branches: impl Iterator<Item = Place<'s>>) -> Vec<(usize, Place<'s>)> {
        let mut branches: Vec<(usize, Place<'s>)> = branches.enumerate().collect();
        let first = self.branch.min(branches.len());
        branches.rotate_left(first);
        branches
    }

    fn key(&self) -> Key {
        let mut addresses: Vec<usize> = self.places.iter().map(Place::address).collect();
        addresses.sort_unstable();
        (addresses, self.types, self.chosen.clone())
    }
}

/// Two conjunctions with one key are the same.
type Key = (Vec<usize>, Types, BTreeSet<(usize, &'static str)>);

/// What is taken to hold.
struct Assumption {
    /// How often the value was taken apart where it was to be proved.
    level: usize,
    /// Is it still to be proved?
    is_open: bool,
}

/// A proof under way.
pub(super) struct Structure {
    /// What is being proved, and what was by help of that.
    assumed: HashMap<(Key, usize), Assumption>,
    /// The order in which that was assumed.
    trail: Vec<(Key, usize)>,
    /// What was tried in vain.
    refuted: HashSet<(Key, usize)>,
    same: HashSet<(usize, usize)>,
    validity: Validity,
    languages: Languages,
    /// Texts that are of an inner schema alone, as far as their patterns and lengths go.
    texts: Vec<String>,
    fuel: Fuel,
}

/// Is every value of `inner` provably one of `outer`? Adds texts by which the two differ somewhere.
pub(super) fn included(inner: &Value, outer: &Value, work: &Work, texts: &mut Vec<String>) -> bool {
    let mut structure = Structure::new(work);
    let included = structure.is_included(&Conjunction::of([Place::root(inner)]), Place::root(outer), 0);
    texts.append(&mut structure.texts);
    included
}

impl Structure {
    fn new(work: &Work) -> Self {
        Self {
            assumed: HashMap::new(),
            trail: Vec::new(),
            refuted: HashSet::new(),
            same: HashSet::new(),
            validity: Validity::of(work, JUDGED),
            languages: Languages::default(),
            texts: Vec::new(),
            fuel: work.portion(PROVING),
        }
    }

    /// `level` counts how often the value was taken apart.
    fn is_included<'s>(&mut self, inner: &Conjunction<'s>, outer: Place<'s>, level: usize) -> bool {
        if inner.is_nothing() || outer.boolean() == Some(true) {
            return true;
        }
        if !self.fuel.spend(PAIR + inner.size()) || level > MAXIMUM_LEVEL {
            return false;
        }
        let pair = (inner.key(), outer.address());
        match self.assumed.get(&pair) {
            // Nothing is proved by itself, unless of a smaller value.
            Some(known) if known.is_open => return known.level < level,
            // What it rests on was assumed for values that are at least as large.
            Some(known) if known.level <= level => return true,
            _ => {}
        }
        if self.refuted.contains(&pair) {
            return false;
        }
        let before = self.trail.len();
        self.assumed.insert(pair.clone(), Assumption { level, is_open: true });
        self.trail.push(pair.clone());
        let mut proved = place::conjuncts([outer]).into_iter().all(|part| self.implies(inner, part, level));
        if !proved {
            // What was assumed on the way stands or falls with the attempt.
            self.give_up(before + 1);
            proved = self.by_cases(inner, outer, level);
        }
        if proved {
            self.assumed.insert(pair, Assumption { level, is_open: false });
        } else {
            self.give_up(before);
            self.refuted.insert(pair);
        }
        proved
    }

    fn give_up(&mut self, keep: usize) {
        for pair in self.trail.split_off(keep.min(self.trail.len())) {
            self.assumed.remove(&pair);
        }
    }

    /// Is one part of the outer schema, without its references and conjunctions, implied?
    fn implies<'s>(&mut self, inner: &Conjunction<'s>, outer: Place<'s>, level: usize) -> bool {
        match outer.boolean() {
            Some(true) => return true,
            Some(false) => return self.is_empty(inner, 0),
            None => {}
        }
        if !self.fuel.spend(1 + inner.places.len()) {
            return false;
        }
        if inner.places.iter().any(|place| self.is_same(*place, outer)) {
            return true;
        }
        if let Some(values) = inner.values() {
            let others: Vec<Place<'s>> =
                inner.places.iter().filter(|place| place.address() != outer.address()).copied().collect();
            return values
                .iter()
                .all(|value| self.accepts(outer, value) || others.iter().any(|place| self.rejects(*place, value)));
        }
        outer
            .keywords()
            .into_iter()
            .flatten()
            .all(|(keyword, value)| self.keyword(inner, outer, (keyword, value), level))
    }

    /// One case of the inner schema after the other: its types, or the branches of a choice.
    fn by_cases<'s>(&mut self, inner: &Conjunction<'s>, outer: Place<'s>, level: usize) -> bool {
        self.fuel.spend(inner.size());
        if inner.types.count_ones() > 1 {
            let one = |bit: u32| Conjunction { types: inner.types & (1 << bit), ..inner.clone() };
            return (0..Types::BITS).all(|bit| self.is_included(&one(bit), outer, level));
        }
        for place in &inner.places {
            for keyword in CHOICES {
                let choice = (place.address(), keyword);
                if place.get(keyword).is_none() || inner.chosen.contains(&choice) {
                    continue;
                }
                let mut rest = inner.clone();
                rest.chosen.insert(choice);
                let cases: Vec<Vec<Place<'s>>> = match (keyword, place.child("if")) {
                    ("if", Some(condition)) => {
                        let met = [condition].into_iter().chain(place.child("then")).collect();
                        vec![met, place.child("else").into_iter().collect()]
                    }
                    _ => place.list(keyword).map(|branch| vec![branch]).collect(),
                };
                return cases.into_iter().enumerate().all(|(branch, case)| {
                    let case = Conjunction { branch, ..rest.clone() }.and(case);
                    self.is_included(&case, outer, level)
                });
            }
        }
        false
    }

    /// Are all texts of some schemas texts of a pattern?
    fn texts_match(&mut self, inner: &Conjunction<'_>, pattern: &str) -> bool {
        let patterns = patterns_of(inner);
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        match self.languages.compare(&patterns, Some(pattern), &mut self.fuel) {
            Some(Relation::Included) => true,
            Some(Relation::Beyond(text)) => {
                if self.texts.len() < MAXIMUM_TEXTS && !self.texts.contains(&text) {
                    self.texts.push(text);
                }
                false
            }
            None => false,
        }
    }

    /// Is there no text that some schemas take?
    fn has_no_text(&mut self, inner: &Conjunction<'_>) -> bool {
        let patterns = patterns_of(inner);
        if patterns.len() < 2 {
            return false;
        }
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        self.languages.compare(&patterns, None, &mut self.fuel) == Some(Relation::Included)
    }

    /// Is a value accepted by a schema?
    fn accepts<'s>(&mut self, place: Place<'s>, value: &Value) -> bool {
        self.validity.accepts(place, value) == Some(true)
    }

    /// Is a value refused by a schema?
    fn rejects<'s>(&mut self, place: Place<'s>, value: &Value) -> bool {
        self.validity.accepts(place, value) == Some(false)
    }
}

/// What some schemas say of texts, as patterns: lengths too, where they are short enough.
fn patterns_of(inner: &Conjunction<'_>) -> Vec<String> {
    let mut patterns: Vec<String> = inner.all("pattern").filter_map(Value::as_str).map(str::to_owned).collect();
    patterns.sort_unstable();
    patterns.dedup();
    let (least, most) = (keywords::least(inner, "minLength"), keywords::most(inner, "maxLength"));
    if least > 0 || most < u64::MAX {
        let bounded = Some(most).filter(|most| *most < u64::MAX);
        patterns.extend(languages::of_length(least, bounded).or_else(|| languages::of_length(least, None)));
    }
    patterns
}
