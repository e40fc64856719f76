//! The directed search for a witness.
//!
//! In: two schemas, and schemas that say where else to look. Out: for each direction a value that one accepts and the
//! other refuses, or nothing. Values are made by one schema and bent by the constants of all: boundaries, lengths,
//! patterns, names. What is found is judged by the validator alone, so the making may be as rough as it likes. The search
//! takes a bounded number of steps and finds the same for the same schemas, unless its time is up before.

mod collections;
mod place;
mod scalars;
mod text;

use super::engine::{Engine, Which};
use super::shrink::shrink;
use place::Place;
use serde_json::Value;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// A witness larger than this, as JSON, is not shown.
const MAXIMUM_BYTES: usize = 1024 * 1024;
/// How many values are put to the validators.
const MAXIMUM_CANDIDATES: usize = 12_000;
/// How many places of the schemas are visited.
const MAXIMUM_PLACES: usize = 4_000;
/// How deep values are made.
const MAXIMUM_DEPTH: usize = 9;
/// How deep values are made at first: most witnesses are shallow, and deep values are many.
const DEPTHS: [usize; 3] = [2, 5, MAXIMUM_DEPTH];
/// How many nodes of values are made in all.
const MAXIMUM_NODES: usize = 1_500_000;

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

/// Searches until it is too late. `leads` are schemas of values that are likely witnesses.
pub(super) fn witnesses(engine: &Engine, leads: &[Value], deadline: Instant) -> Found {
    let mut found = Found::default();
    let (old, new) = (Place::root(&engine.old), Place::root(&engine.new));
    let leads: Vec<Place<'_>> = leads.iter().map(Place::root).collect();
    // Whoever makes the values, and whose constants bend them.
    let pairs: Vec<(Place<'_>, Vec<Place<'_>>)> = if leads.is_empty() {
        vec![(old, vec![new]), (new, vec![old])]
    } else {
        leads.into_iter().map(|lead| (lead, vec![old, new])).collect()
    };
    for (depth, (own, hints)) in DEPTHS.into_iter().flat_map(|depth| pairs.iter().map(move |pair| (depth, pair))) {
        let mut maker = Maker::new(deadline, depth);
        for value in maker.values(&[*own], hints, 0).iter().take(MAXIMUM_CANDIDATES) {
            if Instant::now() > deadline {
                return found;
            }
            let (in_old, in_new) = (engine.accepts(Which::Old, value), engine.accepts(Which::New, value));
            if in_old && !in_new && found.backward.is_none() {
                found.backward = Some(witness(engine, value, [Which::Old, Which::New], deadline));
            }
            if in_new && !in_old && found.forward.is_none() {
                found.forward = Some(witness(engine, value, [Which::New, Which::Old], deadline));
            }
            if found.backward.is_some() && found.forward.is_some() {
                return found;
            }
        }
    }
    found
}

/// Values that a schema probably accepts, the shallowest first, and of them the plainest; some come more than once.
pub(super) fn values(schema: &Value) -> Vec<Value> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let deadline = Instant::now() + PATIENCE;
    let made = |depth| Maker::new(deadline, depth).values(&[Place::root(schema)], &[], 0).to_vec();
    DEPTHS.into_iter().flat_map(made).collect()
}

/// Shrinks a value and asks once more.
fn witness(engine: &Engine, value: &Value, [accepts, refuses]: [Which; 2], deadline: Instant) -> Witness {
    let in_time = || Instant::now() <= deadline;
    let proves = |value: &Value| in_time() && engine.accepts(accepts, value) && !engine.accepts(refuses, value);
    let value = shrink(value.clone(), &proves);
    if value.to_string().len() > MAXIMUM_BYTES { Witness::TooLarge } else { Witness::Value(value) }
}

/// The schemas that make a value, and those that bend it, by address; and the depth.
type Key = (Vec<usize>, Vec<usize>, usize);

/// Makes values.
struct Maker {
    deadline: Instant,
    /// How deep values are made.
    depth: usize,
    known: HashMap<Key, Rc<Vec<Value>>>,
    places: usize,
    nodes: usize,
    patterns: text::Patterns,
}

impl Maker {
    fn new(deadline: Instant, depth: usize) -> Self {
        Self { deadline, depth, known: HashMap::new(), places: 0, nodes: 0, patterns: text::Patterns::default() }
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
                values.extend(collections::arrays(self, &alternative, &hints, depth));
                values.extend(collections::objects(self, &alternative, &hints, depth, each));
            }
            values.truncate(each);
            let mut values = values.into_iter();
            first.extend(values.next());
            rest.extend(values);
        }
        first.extend(rest);
        let mut seen = std::collections::HashSet::new();
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
