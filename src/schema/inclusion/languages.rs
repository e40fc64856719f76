//! Languages: is every text that some patterns match, matched by another?
//!
//! In: patterns of ECMA 262, and bounds of lengths. Out: yes; or a text that proves the opposite; or nothing where a pattern
//! is not regular or too large. Each pattern becomes an automaton over characters; all of them are walked side by side, and
//! made deterministic on the way, so that the text found is one of the shortest.

use super::fuel::Fuel;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

/// An automaton with more nodes than this is not built.
const MAXIMUM_NODES: usize = 1_500;
/// More combinations of states than this are not visited.
const MAXIMUM_STATES: usize = 2_000;
/// How many nodes are looked at in one walk.
const MAXIMUM_STEPS: usize = 300_000;
/// Steps: reading a pattern, and beginning a walk.
const READING: usize = 100;
const BEGINNING: usize = 20;
/// Longer lengths are not counted by states.
const MAXIMUM_LENGTH: u64 = 64;
/// Characters that people know, to be preferred from those that patterns do not tell apart.
const PREFERRED: &str = "a0A1b-_ .@/é";

/// How the texts of two sides stand to each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// Every text of the one is a text of the other.
    Included,
    /// This one is not.
    Beyond(String),
}

/// A part of an automaton.
#[derive(Debug)]
enum Node {
    /// A character of these ranges, and where it leads.
    Take(Vec<(char, char)>, usize),
    /// Any of these, without a character.
    Fork(Vec<usize>),
    /// Only at the begin, or at the end, of the text.
    Edge { at_begin: bool, next: usize },
    /// The pattern has matched.
    Done,
}

/// A pattern as an automaton: its nodes, and where it begins.
#[derive(Debug)]
struct Automaton {
    nodes: Vec<Node>,
    begin: usize,
}

/// Where an automaton may be; `None` once it has matched, whatever follows.
type State = Option<BTreeSet<usize>>;

/// Where several automata may be together, and how they got there: from which such place, by which character.
type Reached = (Vec<State>, Option<(usize, char)>);

/// Automata, each built once.
#[derive(Default)]
pub(super) struct Languages {
    built: HashMap<String, Option<Rc<Automaton>>>,
}

/// The pattern of all texts of some lengths; `None` where they are too long to be counted so.
pub(super) fn of_length(least: u64, most: Option<u64>) -> Option<String> {
    let most = match most {
        Some(most) if most <= MAXIMUM_LENGTH => most.to_string(),
        Some(_) => return None,
        None => String::new(),
    };
    (least <= MAXIMUM_LENGTH).then(|| format!(r"^(?:.|[\r\n\u2028\u2029]){{{least},{most}}}$"))
}

impl Languages {
    /// Is every text that all of some patterns match, matched by another? Without that other: is there none at all?
    /// `None` too where no fuel is left.
    pub(super) fn compare(&mut self, inner: &[&str], outer: Option<&str>, fuel: &mut Fuel) -> Option<Relation> {
        let mut automata = inner.iter().map(|pattern| self.automaton(pattern, fuel)).collect::<Option<Vec<_>>>()?;
        let of_inner = automata.len();
        if let Some(outer) = outer {
            automata.push(self.automaton(outer, fuel)?);
        }
        if !fuel.spend(BEGINNING * automata.len()) {
            return None;
        }
        let mut walk = Walk { automata: &automata, of_inner, steps: MAXIMUM_STEPS };
        let relation = walk.compare();
        fuel.spend(MAXIMUM_STEPS - walk.steps);
        relation
    }

    fn automaton(&mut self, pattern: &str, fuel: &mut Fuel) -> Option<Rc<Automaton>> {
        if !self.built.contains_key(pattern) {
            fuel.spend(READING);
            self.built.insert(pattern.to_owned(), Automaton::of(pattern).map(Rc::new));
        }
        self.built.get(pattern)?.clone()
    }
}

impl Automaton {
    /// Reads a pattern; `None` where it is not regular or too large.
    fn of(pattern: &str) -> Option<Self> {
        let translated = jsonschema_regex::to_rust_regex(pattern).ok()?;
        let hir = regex_syntax::ParserBuilder::new().nest_limit(100).build().parse(&translated).ok()?;
        let mut automaton = Self { nodes: vec![Node::Done], begin: 0 };
        automaton.begin = automaton.add(&hir, 0)?;
        Some(automaton)
    }

    fn push(&mut self, node: Node) -> Option<usize> {
        self.nodes.push(node);
        (self.nodes.len() <= MAXIMUM_NODES).then(|| self.nodes.len() - 1)
    }

    /// Adds what a part of a pattern matches, before a node; returns where that begins.
    fn add(&mut self, hir: &Hir, next: usize) -> Option<usize> {
        match hir.kind() {
            HirKind::Empty => Some(next),
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).ok()?;
                text.chars().rev().try_fold(next, |next, one| self.push(Node::Take(vec![(one, one)], next)))
            }
            HirKind::Class(Class::Unicode(class)) => {
                let ranges = class.ranges().iter().map(|range| (range.start(), range.end())).collect();
                self.push(Node::Take(ranges, next))
            }
            HirKind::Class(Class::Bytes(class)) => {
                let ascii = |range: &regex_syntax::hir::ClassBytesRange| {
                    range.end().is_ascii().then(|| (char::from(range.start()), char::from(range.end())))
                };
                let ranges = class.ranges().iter().map(ascii).collect::<Option<_>>()?;
                self.push(Node::Take(ranges, next))
            }
            HirKind::Look(Look::Start) => self.push(Node::Edge { at_begin: true, next }),
            HirKind::Look(Look::End) => self.push(Node::Edge { at_begin: false, next }),
            HirKind::Look(_) => None,
            HirKind::Capture(capture) => self.add(&capture.sub, next),
            HirKind::Concat(parts) => parts.iter().rev().try_fold(next, |next, part| self.add(part, next)),
            HirKind::Alternation(branches) => {
                let begins = branches.iter().map(|branch| self.add(branch, next)).collect::<Option<_>>()?;
                self.push(Node::Fork(begins))
            }
            HirKind::Repetition(repetition) => {
                let mut begin = next;
                match repetition.max {
                    // A loop: what is repeated leads back to the fork.
                    None => {
                        begin = self.push(Node::Fork(vec![next]))?;
                        let body = self.add(&repetition.sub, begin)?;
                        if let Some(Node::Fork(ways)) = self.nodes.get_mut(begin) {
                            ways.push(body);
                        }
                    }
                    Some(most) => {
                        for _ in repetition.min..most {
                            let body = self.add(&repetition.sub, begin)?;
                            begin = self.push(Node::Fork(vec![body, next]))?;
                        }
                    }
                }
                (0..repetition.min).try_fold(begin, |begin, _| self.add(&repetition.sub, begin))
            }
        }
    }
}

/// Several automata, side by side.
struct Walk<'a> {
    automata: &'a [Rc<Automaton>],
    /// How many of them, from the first, are of the inner side.
    of_inner: usize,
    steps: usize,
}

impl Walk<'_> {
    /// Looks for a text of the inner side alone, the shortest first.
    fn compare(&mut self) -> Option<Relation> {
        let characters = self.characters();
        let begin =
            self.automata.iter().map(|automaton| Some(BTreeSet::from([automaton.begin]))).collect::<Vec<State>>();
        let mut known: HashMap<Vec<State>, usize> = HashMap::from([(begin.clone(), 0)]);
        let mut order: Vec<Reached> = vec![(begin, None)];
        let mut todo = VecDeque::from([0]);
        while let Some(at) = todo.pop_front() {
            let states = order.get(at)?.0.clone();
            let (mut takes, mut matched) = (Vec::new(), Vec::new());
            for (automaton, state) in self.automata.iter().zip(&states) {
                let Some(state) = state else {
                    takes.push(None);
                    matched.push(true);
                    continue;
                };
                takes.push(Some(self.closure(automaton, state, at == 0, false)?));
                matched.push(self.closure(automaton, state, at == 0, true)?.1);
            }
            let (inside, outside) = matched.split_at_checked(self.of_inner)?;
            if inside.iter().all(|matched| *matched) && !outside.iter().any(|matched| *matched) {
                return Some(Relation::Beyond(text(&order, at)));
            }
            let ended = |take: &Option<(Vec<usize>, bool)>| matches!(take, Some((ready, false)) if ready.is_empty());
            if at > 0 && takes.iter().take(self.of_inner).any(ended) {
                continue;
            }
            for character in &characters {
                let mut moved: Vec<State> = Vec::new();
                for (automaton, take) in self.automata.iter().zip(&takes) {
                    moved.push(match take {
                        Some((ready, false)) => Some(self.step(automaton, ready, *character)?),
                        _ => None,
                    });
                }
                let outer_done = moved.get(self.of_inner).is_some_and(Option::is_none);
                if outer_done || known.contains_key(&moved) {
                    continue;
                }
                if order.len() >= MAXIMUM_STATES {
                    return None;
                }
                known.insert(moved.clone(), order.len());
                todo.push_back(order.len());
                order.push((moved, Some((at, *character))));
            }
        }
        Some(Relation::Included)
    }

    /// The nodes that take a character next, and whether the pattern has matched already.
    fn closure(
        &mut self,
        automaton: &Automaton,
        state: &BTreeSet<usize>,
        at_begin: bool,
        at_end: bool,
    ) -> Option<(Vec<usize>, bool)> {
        let (mut todo, mut seen, mut ready, mut done) =
            (state.iter().copied().collect::<Vec<_>>(), BTreeSet::new(), Vec::new(), false);
        while let Some(at) = todo.pop() {
            if !seen.insert(at) {
                continue;
            }
            self.steps = self.steps.checked_sub(1)?;
            match automaton.nodes.get(at)? {
                Node::Take(..) => ready.push(at),
                Node::Fork(ways) => todo.extend(ways),
                Node::Edge { at_begin: begin, next } if (*begin && at_begin) || (!*begin && at_end) => todo.push(*next),
                Node::Edge { .. } => {}
                Node::Done => done = true,
            }
        }
        Some((ready, done))
    }

    /// Where a character leads; a match may begin anywhere, so the begin of the pattern is always among it.
    fn step(&mut self, automaton: &Automaton, ready: &[usize], character: char) -> Option<BTreeSet<usize>> {
        let mut next = BTreeSet::from([automaton.begin]);
        self.steps = self.steps.checked_sub(ready.len())?;
        for at in ready {
            if let Some(Node::Take(ranges, to)) = automaton.nodes.get(*at)
                && ranges.iter().any(|(first, last)| (*first..=*last).contains(&character))
            {
                next.insert(*to);
            }
        }
        Some(next)
    }

    /// A character of each kind that the automata tell apart.
    fn characters(&self) -> Vec<char> {
        let mut edges = BTreeSet::from(['\0']);
        for node in self.automata.iter().flat_map(|automaton| &automaton.nodes) {
            if let Node::Take(ranges, _) = node {
                for (first, last) in ranges {
                    edges.insert(*first);
                    edges.extend(following(*last));
                }
            }
        }
        let edges: Vec<char> = edges.into_iter().collect();
        let kind = |at: usize, first: char| {
            let end = edges.get(at + 1).copied();
            PREFERRED.chars().find(|one| first <= *one && end.is_none_or(|end| *one < end)).unwrap_or(first)
        };
        edges.iter().enumerate().map(|(at, first)| kind(at, *first)).collect()
    }
}

/// The next character, if there is one: what lies between the halves of UTF-16 is none.
fn following(character: char) -> Option<char> {
    let next = u32::from(character) + 1;
    char::from_u32(next).or_else(|| (next == 0xD800).then_some('\u{E000}'))
}

/// The characters that led to a combination of states.
fn text(order: &[Reached], mut at: usize) -> String {
    let mut characters = Vec::new();
    while let Some((_, Some((before, character)))) = order.get(at) {
        characters.push(*character);
        at = *before;
    }
    characters.into_iter().rev().collect()
}
