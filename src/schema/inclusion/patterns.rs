//! Patterns: which texts they match.
//!
//! In: a pattern of ECMA 262 and a text. Out: an answer within a bounded number of steps, or none. Patterns are read as
//! the validator reads them, so that both find the same texts. What one question asks twice is looked up.

use super::fuel::Fuel;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// How often a match may turn back before it is given up.
const MAXIMUM_TURNS: usize = 20_000;
/// A compiled pattern larger than this, in bytes, is not used.
const MAXIMUM_BYTES: usize = 1 << 20;
/// Answers about longer texts are not remembered.
const REMEMBERED: usize = 64;

/// Steps: compiling a pattern; looking for it in a text; the same by turning back, which may take a thousand times as long.
const COMPILING: usize = 400;
const MATCHING: usize = 4;
const TURNING_BACK: usize = 100;
/// So many bytes of a text count as one step more.
const BYTES: usize = 64;

/// The patterns of one question, each compiled once; clones share them.
#[derive(Clone, Default)]
pub(super) struct Patterns(Rc<RefCell<HashMap<String, Option<Pattern>>>>);

struct Pattern {
    regex: fancy_regex::Regex,
    /// What it takes to look for it in a short text.
    steps: usize,
    known: HashMap<String, Option<bool>>,
}

impl Patterns {
    /// Does a pattern match somewhere in a text? `None` where it cannot be read, the match takes too long, or no fuel is left.
    pub(super) fn matches(&self, pattern: &str, text: &str, fuel: &mut Fuel) -> Option<bool> {
        let mut patterns = self.0.borrow_mut();
        if !patterns.contains_key(pattern) {
            fuel.spend(COMPILING);
            patterns.insert(pattern.to_owned(), Pattern::new(pattern));
        }
        let pattern = patterns.get_mut(pattern)?.as_mut()?;
        if !fuel.spend(1) {
            return None;
        }
        if let Some(known) = pattern.known.get(text) {
            return *known;
        }
        if !fuel.spend(pattern.steps + text.len() / BYTES) {
            return None;
        }
        let found = pattern.regex.is_match(text).ok();
        if text.len() <= REMEMBERED {
            pattern.known.insert(text.to_owned(), found);
        }
        found
    }
}

impl Pattern {
    fn new(pattern: &str) -> Option<Self> {
        let translated = jsonschema_regex::to_rust_regex(pattern).ok()?;
        let regex = fancy_regex::RegexBuilder::new(&translated)
            .backtrack_limit(MAXIMUM_TURNS)
            .delegate_size_limit(MAXIMUM_BYTES)
            .delegate_dfa_size_limit(MAXIMUM_BYTES)
            .build()
            .ok()?;
        let is_regular = regex_syntax::Parser::new().parse(&translated).is_ok();
        Some(Self { regex, steps: if is_regular { MATCHING } else { TURNING_BACK }, known: HashMap::new() })
    }
}
