//! Regular expressions of ECMA 262, as the keywords `pattern` and `patternProperties` have them.
//!
//! In: the text of a pattern, in a `static`. Out: whether it matches somewhere in a string. Simple patterns are matched
//! in one go; others backtrack, as ECMA 262 demands: a pattern such as `^(a+)+$` takes time exponential in the length of a hostile string, so a schema
//! for untrusted input should bound the length too.

use std::sync::OnceLock;

use regress::Regex;

use super::steps::Steps;

/// A pattern that is compiled when it is first needed.
#[derive(Debug)]
pub struct Pattern {
    text: &'static str,
    compiled: OnceLock<Option<Engine>>,
}

/// How a pattern is matched.
#[derive(Debug)]
enum Engine {
    Steps(Steps),
    Backtracking(Regex),
}

impl Pattern {
    /// A pattern, for a `static`.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self { text, compiled: OnceLock::new() }
    }

    /// The pattern as written.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// Whether the pattern matches somewhere in `text`; `None` when it is no pattern at all.
    #[must_use]
    pub fn matches(&self, text: &str) -> Option<bool> {
        // With the flag `u`, as JSON Schema recommends; some patterns in use are correct without it alone.
        let compile = || Regex::with_flags(self.text, "u").or_else(|_| Regex::new(self.text)).ok();
        let engine = self.compiled.get_or_init(|| match Steps::parse(self.text) {
            Some(steps) => Some(Engine::Steps(steps)),
            None => compile().map(Engine::Backtracking),
        });
        Some(match engine.as_ref()? {
            Engine::Steps(steps) => steps.matches(text),
            Engine::Backtracking(regex) => regex.find(text).is_some(),
        })
    }
}
