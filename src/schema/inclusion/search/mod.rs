//! The directed search for a witness.
//!
//! In: two schemas, and schemas that say where else to look. Out: for each direction a value that one accepts and the
//! other refuses, or nothing. Values are made by one schema and bent by the constants of all: boundaries, lengths,
//! patterns, names. What is found is judged by the validator alone, so the making may be as rough as it likes. The search
//! takes a bounded number of steps and finds the same for the same schemas; nobody waits for it for ever, but only values
//! that a validator takes very long to judge make that count. At first only what differs is varied, however deep it lies.

mod collections;
mod scalars;
mod text;

use super::engine::{Engine, Which};
use super::place::{self, Place};
use super::shrink::shrink;
use super::structure;
use serde_json::Value;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::{Duration, Instant};

pub(super) use text::Patterns;

/// How many values a part gets at most, where only what differs is varied.
const FOCUSED: usize = 120;
/// A witness larger than this, as JSON, is not shown.
const MAXIMUM_BYTES: usize = 1024 * 1024;
/// How many values are put to the validators.
const MAXIMUM_CANDIDATES: usize = 12_000;
/// How many places of the schemas are visited.
const MAXIMUM_PLACES: usize = 4_000;
/// How deep values are made.
const MAXIMUM_DEPTH: usize = 9;
/// How deep values are made, and whether only what differs is varied: most witnesses are shallow, and deep values are many.
const PASSES: [(usize, bool); 5] = [(4, true), (MAXIMUM_DEPTH, true), (2, false), (5, false), (MAXIMUM_DEPTH, false)];
/// How many nodes of values are made in one pass.
const MAXIMUM_NODES: usize = 400_000;
/// How many nodes of values are judged in all; each value counts for some more.
const MAXIMUM_JUDGED: usize = 600_000;
/// What judging a value costs, besides its nodes.
const JUDGEMENT: usize = 6;

/// A witness.
pub(super) enum Witness {
    /// This value.
    Value(Value),
    /// There is one, but it is too large to show.
    TooLarge,
}

/// Witnesses for both directions.
#[derive(Default)]
pub(super) struct Found {
    pub(super) backward: Option<Witness>,
    pub(super) forward: Option<Witness>,
}

/// Searches for what is `open`, backward and forward. `leads` are schemas of values that are likely witnesses. Nothing is
/// begun after `deadline`.
pub(super) fn witnesses(engine: &Engine, leads: &[Value], open: [bool; 2], deadline: Instant) -> Found {
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
    let mut judge = Judge { engine, deadline, left: Cell::new(MAXIMUM_JUDGED) };
    let mut found = Found::default();
    for ((depth, focused), (own, hints)) in
        PASSES.into_iter().flat_map(|pass| pairs.iter().map(move |pair| (pass, pair)))
    {
        let mut maker = Maker::new(deadline, depth, focused);
        for value in maker.values(&[*own], hints, 0).iter().take(MAXIMUM_CANDIDATES) {
            let wanted = [backward_open && found.backward.is_none(), forward_open && found.forward.is_none()];
            if wanted == [false; 2] || !judge.goes_on() {
                return found;
            }
            let (in_old, in_new) = (judge.accepts(Which::Old, value), judge.accepts(Which::New, value));
            match (wanted, in_old, in_new) {
                ([true, _], true, false) => found.backward = Some(judge.witness(value, [Which::Old, Which::New])),
                ([_, true], false, true) => found.forward = Some(judge.witness(value, [Which::New, Which::Old])),
                _ => {}
            }
        }
    }
    found
}

/// Values that a schema probably accepts, the shallowest first, and of them the plainest; some come more than once.
pub(super) fn values(schema: &Value) -> Vec<Value> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let deadline = Instant::now() + PATIENCE;
    let made = |(depth, focused)| Maker::new(deadline, depth, focused).values(&[Place::root(schema)], &[], 0).to_vec();
    PASSES.into_iter().filter(|(_, focused)| !focused).flat_map(made).collect()
}

/// Asks the validators, as long as there are steps left.
struct Judge<'e> {
    engine: &'e Engine,
    deadline: Instant,
    /// How many nodes may still be judged.
    left: Cell<usize>,
}

impl Judge<'_> {
    fn goes_on(&self) -> bool {
        self.left.get() > 0 && Instant::now() <= self.deadline
    }

    fn accepts(&self, which: Which, value: &Value) -> bool {
        self.left.set(self.left.get().saturating_sub(JUDGEMENT + size(value)));
        self.engine.accepts(which, value)
    }

    /// Shrinks a value and asks once more.
    fn witness(&mut self, value: &Value, [accepts, refuses]: [Which; 2]) -> Witness {
        let proves = |value: &Value| self.goes_on() && self.accepts(accepts, value) && !self.accepts(refuses, value);
        let value = shrink(value.clone(), &proves);
        if value.to_string().len() > MAXIMUM_BYTES { Witness::TooLarge } else { Witness::Value(value) }
    }
}

/// The schemas that make a value, and those that bend it, by address; and the depth.
type Key = (Vec<usize>, Vec<usize>, usize);

/// Makes values.
struct Maker {
    deadline: Instant,
    /// How deep values are made.
    depth: usize,
    /// Does what is the same for all get its plainest value only?
    focused: bool,
    /// Pairs of places that say the same, and those that do not.
    same: HashSet<(usize, usize)>,
    different: HashSet<(usize, usize)>,
    known: HashMap<Key, Rc<Vec<Value>>>,
    places: usize,
    nodes: usize,
    patterns: text::Patterns,
}

impl Maker {
    fn new(deadline: Instant, depth: usize, focused: bool) -> Self {
        Self {
            deadline,
            depth,
            focused,
            same: HashSet::new(),
            different: HashSet::new(),
            known: HashMap::new(),
            places: 0,
            nodes: 0,
            patterns: text::Patterns::default(),
        }
    }

    /// Do the schemas that bend a value say nothing but what the schemas that make it say?
    fn is_alike(&mut self, own: &[Place<'_>], hints: &[Place<'_>]) -> bool {
        !own.is_empty() && hints.iter().all(|hint| own.iter().any(|one| self.is_same(*one, *hint)))
    }

    fn is_same(&mut self, one: Place<'_>, other: Place<'_>) -> bool {
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
        let spent = self.places > MAXIMUM_PLACES || self.nodes > MAXIMUM_NODES || Instant::now() > self.deadline;
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
        let hints: Vec<Place<'_>> = place::everything(own.iter().chain(hints).copied());
        let alternatives = place::alternatives(own, choices);
        let each = (limit / alternatives.len().max(1)).max(6);
        // The plainest value of each alternative comes first.
        let mut first = Vec::new();
        let mut rest = Vec::new();
        for alternative in alternatives {
            let mut values = scalars::enumerated(&alternative, &hints);
            if values.is_empty() {
                values = scalars::scalars(&alternative, &hints, &mut self.patterns);
                values.extend(collections::arrays(self, &alternative, &hints, depth, each));
                values.extend(collections::objects(self, &alternative, &hints, depth, each));
            }
            values.truncate(each);
            let mut values = values.into_iter();
            first.extend(values.next());
            rest.extend(values);
        }
        first.extend(rest);
        let mut seen = HashSet::new();
        first.retain(|value| seen.insert(value.to_string()));
        first.truncate(limit);
        self.nodes += first.iter().map(size).sum::<usize>();
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
