//! Regular expressions of ECMA 262, as the keywords `pattern` and `patternProperties` have them.
//!
//! In: the text of a pattern, in a `static`. Out: whether it matches somewhere in a string. Matching backtracks, as
//! ECMA 262 demands: a pattern such as `^(a+)+$` takes time exponential in the length of a hostile string, so a schema
//! for untrusted input should bound the length too.

use std::sync::OnceLock;

use regress::Regex;

/// A pattern that is compiled when it is first needed.
#[derive(Debug)]
pub struct Pattern {
    text: &'static str,
    compiled: OnceLock<Option<Regex>>,
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
        let regex = self.compiled.get_or_init(compile).as_ref()?;
        Some(regex.find(text).is_some())
    }
}
