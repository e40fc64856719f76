//! Places in schemas: a subschema with the root that its references lead into.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// More subschemas than this do not apply to one value.
const MAXIMUM_APPLIED: usize = 400;

/// So many places that are copied count as one step.
const PLACES: usize = 8;

/// A subschema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'s> {
    schema: &'s Value,
    root: &'s Value,
}

impl<'s> Place<'s> {
    /// A whole schema.
    pub(super) fn root(schema: &'s Value) -> Self {
        Self { schema, root: schema }
    }

    /// Two places with one address are the same.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self.schema) as usize
    }

    /// What is written there.
    pub(super) fn value(self) -> &'s Value {
        self.schema
    }

    /// The definitions that references of the root lead to.
    pub(super) fn definitions(self) -> Option<&'s Value> {
        self.root.get("$defs")
    }

    /// The same, if this is the root.
    pub(super) fn definitions_here(self) -> Option<&'s Value> {
        self.definitions().filter(|_| std::ptr::eq(self.schema, self.root))
    }

    /// A part of the same root.
    pub(super) fn at(self, schema: &'s Value) -> Self {
        Self { schema, root: self.root }
    }

    /// `true` or `false`.
    pub(super) fn boolean(self) -> Option<bool> {
        self.schema.as_bool()
    }

    /// The keywords; none for a boolean.
    pub(super) fn keywords(self) -> Option<&'s Map<String, Value>> {
        self.schema.as_object()
    }

    /// The value of a keyword.
    pub(super) fn get(self, keyword: &str) -> Option<&'s Value> {
        self.schema.get(keyword)
    }

    /// A count, such as `minLength`.
    pub(super) fn count(self, keyword: &str) -> Option<usize> {
        self.get(keyword).and_then(Value::as_u64).map(|count| usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// The subschema under a keyword.
    pub(super) fn child(self, keyword: &str) -> Option<Self> {
        self.get(keyword).map(|schema| self.at(schema))
    }

    /// The subschemas of a list.
    pub(super) fn list(self, keyword: &str) -> impl Iterator<Item = Self> + use<'s> {
        let list = self.get(keyword).and_then(Value::as_array);
        list.into_iter().flatten().map(move |schema| self.at(schema))
    }

    /// The subschemas of a map.
    pub(super) fn map(self, keyword: &str) -> impl Iterator<Item = (&'s str, Self)> + use<'s> {
        let map = self.get(keyword).and_then(Value::as_object);
        map.into_iter().flatten().map(move |(name, schema)| (name.as_str(), self.at(schema)))
    }

    /// The subschema of a map under one name.
    pub(super) fn member(self, keyword: &str, name: &str) -> Option<Self> {
        self.get(keyword).and_then(|map| map.get(name)).map(|schema| self.at(schema))
    }

    /// The texts of a list, such as `required`.
    pub(super) fn texts(self, keyword: &str) -> impl Iterator<Item = &'s str> + use<'s> {
        self.get(keyword).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The values that it lists.
    pub(super) fn listed(self) -> Option<&'s [Value]> {
        match (self.get("const"), self.get("enum")) {
            (Some(value), _) => Some(std::slice::from_ref(value)),
            (None, list) => list.and_then(Value::as_array).map(Vec::as_slice),
        }
    }

    /// What `$ref` leads to.
    pub(super) fn target(self) -> Option<Self> {
        let reference = self.get("$ref")?.as_str()?;
        let pointer = reference.strip_prefix('#')?;
        self.root.pointer(&pointer.replace("%7E", "~").replace("%25", "%")).map(|schema| self.at(schema))
    }
}

/// Every subschema that has something to say about the same value, in whatever sense: also under `not` and `if`.
pub(super) fn everything<'s>(places: impl Iterator<Item = Place<'s>>) -> Vec<Place<'s>> {
    let mut todo: Vec<Place<'s>> = places.collect();
    todo.reverse();
    let mut found: Vec<Place<'s>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    while let Some(place) = todo.pop() {
        if found.len() >= MAXIMUM_APPLIED || !seen.insert(place.address()) {
            continue;
        }
        found.push(place);
        let lists = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|keyword| place.list(keyword));
        let singles = ["not", "if", "then", "else"].into_iter().filter_map(|keyword| place.child(keyword));
        let dependent = place.map("dependentSchemas").map(|(_, schema)| schema);
        let mut children: Vec<Place<'s>> = place.target().into_iter().chain(lists).chain(singles).collect();
        children.extend(dependent);
        todo.extend(children.into_iter().rev());
    }
    found
}

/// All schemas that a value must satisfy where it satisfies these: what they refer to, and what they join.
pub(super) fn conjuncts<'s>(places: impl IntoIterator<Item = Place<'s>>) -> Vec<Place<'s>> {
    let mut todo: Vec<Place<'s>> = places.into_iter().collect();
    todo.reverse();
    let mut found: Vec<Place<'s>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    while let Some(place) = todo.pop() {
        if seen.insert(place.address()) {
            found.push(place);
            let parts: Vec<Place<'s>> = place.target().into_iter().chain(place.list("allOf")).collect();
            todo.extend(parts.into_iter().rev());
        }
    }
    found
}

/// The ways to satisfy all of some schemas at once: each is a list of subschemas without choices between them. `not`, and
/// the negation behind `else`, are left to whoever judges the values. The first takes the first branch of every choice,
/// those that `is_last` is true of coming last, and no `then`; the next ones part from it in one choice, then in two. Says
/// how many steps that took, too.
pub(super) fn alternatives<'s>(
    places: &[Place<'s>],
    limit: usize,
    mut is_last: impl FnMut(Place<'s>) -> bool,
) -> (Vec<Vec<Place<'s>>>, usize) {
    struct State<'s> {
        todo: Vec<Place<'s>>,
        done: Vec<Place<'s>>,
    }
    let mut finished = Vec::new();
    // By the number of choices in which they part from the first.
    let mut states = BTreeMap::from([(0, vec![State { todo: places.to_vec(), done: Vec::new() }])]);
    let most = limit * MAXIMUM_APPLIED;
    let mut steps = most;
    while let Some(mut nearest) = states.first_entry() {
        let parted = *nearest.key();
        let Some(mut state) = nearest.get_mut().pop() else {
            nearest.remove();
            continue;
        };
        steps = steps.saturating_sub(1);
        if finished.len() >= limit || steps == 0 {
            break;
        }
        let Some(place) = state.todo.pop() else {
            finished.push(state.done);
            continue;
        };
        let known = state.done.iter().any(|done| done.address() == place.address());
        match place.boolean() {
            Some(false) => continue,
            Some(true) => {
                nearest.get_mut().push(state);
                continue;
            }
            None if known || state.done.len() >= MAXIMUM_APPLIED => {
                nearest.get_mut().push(state);
                continue;
            }
            None => {}
        }
        state.done.push(place);
        state.todo.extend(place.target());
        state.todo.extend(place.list("allOf"));
        // Every choice multiplies the states.
        let mut choices: Vec<Vec<Vec<Place<'s>>>> = ["anyOf", "oneOf"]
            .into_iter()
            .filter(|keyword| place.get(keyword).is_some())
            .map(|keyword| {
                let (last, first): (Vec<_>, Vec<_>) = place.list(keyword).partition(|branch| is_last(*branch));
                first.into_iter().chain(last).map(|branch| vec![branch]).collect()
            })
            .collect();
        if let Some(condition) = place.child("if") {
            let met = std::iter::once(condition).chain(place.child("then")).collect();
            choices.push(vec![place.child("else").into_iter().collect(), met]);
        }
        let mut forks = vec![(parted, state.todo)];
        for choice in choices {
            let parts = |(parted, todo): &(usize, Vec<Place<'s>>)| {
                let (parted, todo) = (*parted, todo.clone());
                let branches = choice.iter().enumerate();
                let join = move |(at, branch): (usize, &Vec<Place<'s>>)| {
                    (parted + usize::from(at > 0), [todo.as_slice(), branch].concat())
                };
                branches.map(join).collect::<Vec<_>>()
            };
            forks = forks.iter().flat_map(parts).take(limit * 4).collect();
        }
        let written: usize = forks.iter().map(|(_, todo)| todo.len() + state.done.len()).sum();
        steps = steps.saturating_sub(written / PLACES);
        for (parted, todo) in forks.into_iter().rev() {
            states.entry(parted).or_default().push(State { todo, done: state.done.clone() });
        }
    }
    (finished, most - steps)
}
