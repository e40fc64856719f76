//! Patterns: which texts they match.
//!
//! In: a pattern of ECMA 262 and a text. Out: an answer within a bounded number of steps, or none. Patterns are read as
//! the validator reads them, so that both find the same texts.

use std::collections::HashMap;

/// How often a match may turn back before it is given up.
const MAXIMUM_TURNS: usize = 20_000;
/// A compiled pattern larger than this, in bytes, is not used.
const MAXIMUM_BYTES: usize = 1 << 20;

/// Patterns, each compiled once.
#[derive(Default)]
pub(super) struct Patterns {
    compiled: HashMap<String, Option<fancy_regex::Regex>>,
}

impl Patterns {
    /// Does a pattern match somewhere in a text? `None` where it cannot be read, or the match takes too long.
    pub(super) fn matches(&mut self, pattern: &str, text: &str) -> Option<bool> {
        if !self.compiled.contains_key(pattern) {
            self.compiled.insert(pattern.to_owned(), compile(pattern));
        }
        self.compiled.get(pattern)?.as_ref()?.is_match(text).ok()
    }
}

fn compile(pattern: &str) -> Option<fancy_regex::Regex> {
    let translated = jsonschema_regex::to_rust_regex(pattern).ok()?;
    fancy_regex::RegexBuilder::new(&translated)
        .backtrack_limit(MAXIMUM_TURNS)
        .delegate_size_limit(MAXIMUM_BYTES)
        .delegate_dfa_size_limit(MAXIMUM_BYTES)
        .build()
        .ok()
}
