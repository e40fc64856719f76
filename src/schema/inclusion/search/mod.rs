//! The directed search for a witness.
//!
//! In: two schemas, and schemas that say where else to look. Out: for each direction a value that one accepts and the
//! other refuses, or nothing. Values are made by one schema and bent by the constants of all: boundaries, lengths,
//! patterns, names. What is made is judged by [`Validity`], so the making may be as rough as it likes; what is found is
//! confirmed by a validator of others. All of it draws on the fuel of the question: it finds the same for the same
//! schemas, on every machine. At first only what differs is varied, however deep it lies.

mod collections;
mod scalars;
mod text;

use super::engine::{Engine, Which};
use super::fuel::{Fuel, Work};
use super::place::{self, Place};
use super::shrink::shrink;
use super::structure;
use super::validity::Validity;
use scalars::Scalars;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// How many values a part gets at most, where only what differs is varied.
const FOCUSED: usize = 120;
/// A witness larger than this, as JSON, is not shown.
const MAXIMUM_BYTES: usize = 1024 * 1024;
/// How many values are judged in one pass.
const MAXIMUM_CANDIDATES: usize = 12_000;
/// How many places of the schemas are visited.
const MAXIMUM_PLACES: usize = 4_000;
/// How deep values are made.
const MAXIMUM_DEPTH: usize = 9;
/// How deep they are made where only what differs is varied, which is one path for the most part.
const MAXIMUM_FOCUSED_DEPTH: usize = 24;
/// How many steps choosing scalars may take in one pass.
const CHOOSING: usize = 100_000;
/// How many steps shrinking a witness may take.
const SHRINKING: usize = 200_000;

/// One round: how deep values are made, and whether only what differs is varied.
type Pass = (usize, bool);

/// How much is tried. Most witnesses are shallow, and deep values are many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// What finds most witnesses.
    Little,
    /// All there is.
    Much,
}

impl Effort {
    const fn passes(self) -> &'static [Pass] {
        match self {
            Self::Little => &[(4, true), (2, false)],
            Self::Much => &[(MAXIMUM_FOCUSED_DEPTH, true), (5, false), (MAXIMUM_DEPTH, false)],
        }
    }

    /// How many steps making values may take in one pass: their nodes, and the schemas looked at on the way.
    const fn making(self) -> usize {
        match self {
            Self::Little => 100_000,
            Self::Much => 400_000,
        }
    }

    /// How many steps judging may take in one pass.
    const fn judging(self) -> usize {
        match self {
            Self::Little => 200_000,
            Self::Much => 800_000,
        }
    }
}

/// A witness.
pub(super) enum Witness {
    /// This value.
    Value(Value),
    /// There is one, but it cannot be shown, for this reason.
    Unconfirmed(String),
}

/// Witnesses for both directions.
#[derive(Default)]
pub(super) struct Found {
    pub(super) backward: Option<Witness>,
    pub(super) forward: Option<Witness>,
}

/// Searches for what is `open`, backward and forward. `leads` are schemas of values that are likely witnesses, `texts` are
/// likely to be part of one.
pub(super) fn witnesses(
    engine: &Engine,
    work: &Work,
    leads: &[Value],
    texts: &[String],
    open: [bool; 2],
    effort: Effort,
) -> Found {
    let (old, new) = (Place::root(&engine.old), Place::root(&engine.new));
    let leads: Vec<Place<'_>> = leads.iter().map(Place::root).collect();
    // Whoever makes the values, and whose constants bend them.
    let pairs: Vec<(Place<'_>, Vec<Place<'_>>)> = if leads.is_empty() {
        [(old, vec![new]), (new, vec![old])]
            .into_iter()
            .zip(open)
            .filter_map(|(pair, open)| open.then_some(pair))
            .collect()
    } else {
        leads.into_iter().map(|lead| (lead, vec![old, new])).collect()
    };
    let [backward_open, forward_open] = open;
    let mut found = Found::default();
    for (pass, (own, hints)) in effort.passes().iter().flat_map(|pass| pairs.iter().map(move |pair| (*pass, pair))) {
        let mut judge = Judge { engine, work, validity: RefCell::new(Validity::of(work, effort.judging())) };
        for value in Maker::new(work, pass, texts, effort).values(&[*own], hints, 0).iter().take(MAXIMUM_CANDIDATES) {
            let wanted = [backward_open && found.backward.is_none(), forward_open && found.forward.is_none()];
            if wanted == [false; 2] {
                return found;
            }
            match (wanted, judge.accepts(Which::Old, value), judge.accepts(Which::New, value)) {
                ([true, _], Some(true), Some(false)) => found.backward = judge.witness(value, Which::Old),
                ([_, true], Some(false), Some(true)) => found.forward = judge.witness(value, Which::New),
                (_, None, None) if judge.is_spent() => break,
                _ => {}
            }
        }
    }
    found
}

/// Values that a schema probably accepts, the shallowest first, and of them the plainest; some come more than once.
pub(super) fn values(schema: &Value) -> Vec<Value> {
    const PASSES: [Pass; 3] = [(2, false), (5, false), (MAXIMUM_DEPTH, false)];
    let work = Work::new();
    PASSES
        .into_iter()
        .flat_map(|pass| Maker::new(&work, pass, &[], Effort::Much).values(&[Place::root(schema)], &[], 0).to_vec())
        .collect()
}

/// Judges values, as long as there is fuel left.
struct Judge<'e> {
    engine: &'e Engine,
    work: &'e Work,
    validity: RefCell<Validity>,
}

impl Judge<'_> {
    fn is_spent(&self) -> bool {
        self.validity.borrow().is_spent()
    }

    fn accepts(&self, which: Which, value: &Value) -> Option<bool> {
        let schema = if which == Which::Old { &self.engine.old } else { &self.engine.new };
        self.validity.borrow_mut().accepts(Place::root(schema), value)
    }

    /// Shrinks a value that one schema alone accepts, and has it confirmed; nothing where nobody does.
    fn witness(&mut self, value: &Value, accepts: Which) -> Option<Witness> {
        let refuses = if accepts == Which::Old { Which::New } else { Which::Old };
        let judging = self.validity.replace(Validity::of(self.work, SHRINKING));
        let proves =
            |value: &Value| self.accepts(accepts, value) == Some(true) && self.accepts(refuses, value) == Some(false);
        let small = shrink(value.clone(), &proves);
        self.validity.replace(judging);
        for candidate in [&small, value] {
            match self.engine.confirms(accepts, candidate) {
                Ok(true) if candidate.to_string().len() > MAXIMUM_BYTES => {
                    let reason = "budget: every witness that was found is larger than 1 MiB".to_owned();
                    return Some(Witness::Unconfirmed(reason));
                }
                Ok(true) => return Some(Witness::Value(candidate.clone())),
                // Two opinions about one value prove nothing.
                Ok(false) => {}
                Err(reason) => return Some(Witness::Unconfirmed(reason)),
            }
        }
        None
    }
}

/// The schemas that make a value, and those that bend it, by address; and the depth.
type Key = (Vec<usize>, Vec<usize>, usize);

/// Makes values.
struct Maker<'t> {
    /// Texts worth trying everywhere.
    texts: &'t [String],
    /// How deep values are made.
    depth: usize,
    /// Does what is the same for all get its plainest value only?
    focused: bool,
    /// Pairs of places that say the same, and those that do not.
    same: HashSet<(usize, usize)>,
    different: HashSet<(usize, usize)>,
    known: HashMap<Key, Rc<Vec<Value>>>,
    places: usize,
    fuel: Fuel,
    scalars: Scalars,
    validity: Validity,
}

impl<'t> Maker<'t> {
    fn new(work: &Work, (depth, focused): Pass, texts: &'t [String], effort: Effort) -> Self {
        Self {
            texts,
            depth,
            focused,
            same: HashSet::new(),
            different: HashSet::new(),
            known: HashMap::new(),
            places: 0,
            fuel: work.portion(effort.making()),
            scalars: Scalars::default(),
            validity: Validity::of(work, CHOOSING),
        }
    }

    /// Do the schemas that bend a value say nothing but what the schemas that make it say?
    fn is_alike(&mut self, own: &[Place<'_>], hints: &[Place<'_>]) -> bool {
        // Where nothing is said of a value, no hint may say anything.
        hints.iter().all(|hint| own.iter().any(|one| self.is_same(*one, *hint)))
    }

    fn is_same(&mut self, one: Place<'_>, other: Place<'_>) -> bool {
        self.fuel.spend(1);
        let pair = (one.address(), other.address());
        let same = !self.different.contains(&pair) && structure::is_same(one, other, &mut self.same);
        if !same {
            self.different.insert(pair);
        }
        same
    }

    /// Values that every schema of `own` probably accepts, the plainest first, then those that lie at some boundary of
    /// `own` or `hints`.
    fn values(&mut self, own: &[Place<'_>], hints: &[Place<'_>], depth: usize) -> Rc<Vec<Value>> {
        let address = |places: &[Place<'_>]| places.iter().map(Place::address).collect::<Vec<_>>();
        let key = (address(own), address(hints), depth);
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        self.places += 1;
        let spent = self.places > MAXIMUM_PLACES || self.fuel.is_spent();
        if spent || depth > self.depth {
            return Rc::new(Vec::new());
        }
        // Room for the choices of the schema: more at the top, where all of them count.
        let (choices, limit) = match depth {
            0 => (48, MAXIMUM_CANDIDATES),
            1 => (12, 400),
            2 => (8, 160),
            _ => (4, 60),
        };
        let limit = match depth {
            1.. if self.focused && self.is_alike(own, hints) => 1,
            1.. if self.focused => FOCUSED,
            _ => limit,
        };
        let branches: Vec<Place<'_>> = place::everything(hints.iter().copied())
            .into_iter()
            .flat_map(|place| place.list("anyOf").chain(place.list("oneOf")))
            .collect();
        let hints: Vec<Place<'_>> = place::everything(own.iter().chain(hints).copied());
        // Branches that the others have as well hold no witness, but for what stands beside them.
        let is_shared = |branch: Place<'_>| branches.iter().any(|other| self.is_same(branch, *other));
        let (alternatives, steps) = place::alternatives(own, choices, is_shared);
        let looked_at = alternatives.iter().map(Vec::len).sum::<usize>() + hints.len() * (1 + alternatives.len());
        self.fuel.spend(steps + looked_at);
        let each = (limit / alternatives.len().max(1)).max(6);
        // The plainest value of each alternative comes first.
        let mut first = Vec::new();
        let mut rest = Vec::new();
        for alternative in alternatives {
            let mut values = scalars::enumerated(&alternative, &hints, &mut self.fuel);
            if values.is_empty() {
                values = self.scalars.of(&alternative, &hints, self.texts, (&mut self.validity, &mut self.fuel));
                values.extend(collections::arrays(self, &alternative, &hints, depth, each));
                values.extend(collections::objects(self, &alternative, &hints, depth, each));
            }
            self.fuel.spend(values.iter().map(size).sum());
            values.truncate(each);
            let mut values = values.into_iter();
            first.extend(values.next());
            rest.extend(values);
        }
        first.extend(rest);
        let mut seen = HashSet::new();
        first.retain(|value| seen.insert(value.to_string()));
        first.truncate(limit);
        let made = Rc::new(first);
        self.known.insert(key, Rc::clone(&made));
        made
    }
}

/// How many nodes a value has; text counts by its length.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        Value::String(text) => 1 + text.len() / 64,
        _ => 1,
    }
}
