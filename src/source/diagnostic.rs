//! What is said about an input: built once, rendered elsewhere.

use super::{Sources, Span};
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// How much a diagnostic matters. An input with an [`Severity::Error`] is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The input breaks a rule of its specification: nothing is generated from it.
    Error,
    /// Probably a fault, though no MUST of the specification forbids it.
    Warning,
    /// Advice.
    Info,
    /// A remark that an editor shows in passing.
    Hint,
}

impl Severity {
    /// The word used in reports: `error`, `warning`, `info` or `hint`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Hint => "hint",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One kind of diagnostic. Each room keeps its rules in a table named `RULES`.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable id in kebab case: the `code` of a diagnostic.
    pub id: &'static str,
    /// Severity unless the user sets another.
    pub severity: Severity,
    /// One sentence: what is asked for.
    pub sentence: &'static str,
    /// Where the specification, or the field, says so.
    pub link: &'static str,
}

impl Rule {
    /// A rule that is known only at run time, such as an organisation's own. Each different one is kept until the process
    /// ends; the same one again is the same.
    pub fn kept(id: &str, severity: Severity, sentence: &str, link: &str) -> &'static Self {
        static KEPT: Mutex<Vec<&'static Rule>> = Mutex::new(Vec::new());
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |rule: &&&'static Self| {
            (rule.id, rule.severity, rule.sentence, rule.link) == (id, severity, sentence, link)
        };
        if let Some(known) = kept.iter().find(same) {
            return known;
        }
        let text = |text: &str| -> &'static str { Box::leak(text.into()) };
        let rule = Self { id: text(id), severity, sentence: text(sentence), link: text(link) };
        let rule: &'static Self = Box::leak(Box::new(rule));
        kept.push(rule);
        rule
    }
}

/// A further place that explains a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The place.
    pub span: Span,
    /// What is there.
    pub message: String,
}

/// Longer messages are cut: they repeat text of the input, which may be of any length.
const MOST_CHARACTERS: usize = 1_000;

/// One thing said about an input. If only one part can be shown, it is `message` at `span`.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// The rule's severity, or the one that the user set for it.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The bytes at fault.
    pub span: Span,
    /// JSON pointer (RFC 6901) of the element at fault within its file; empty for the whole document.
    pub pointer: String,
    /// Other places that explain this one, such as the first of two equal keys.
    pub related: Vec<Related>,
    /// A way out.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic of `rule`, with the rule's own severity.
    pub fn new(rule: &'static Rule, span: Span, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(MOST_CHARACTERS) {
            message.truncate(end);
            message.shrink_to_fit();
            message.push('…');
        }
        Self { rule, severity: rule.severity, message, span, pointer: String::new(), related: Vec::new(), help: None }
    }

    /// Names the element at fault by JSON pointer.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }

    /// Adds a place that explains this one.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related.push(Related { span, message: message.into() });
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The diagnostics of a run, in the order in which they were found until [`Diagnostics::sort`].
#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Is at least one of them an error?
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// How many there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Orders them by file and place, and drops repetitions: an element that is reached by two ways is named once.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            (a.span, a.severity, a.rule.id, &a.message).cmp(&(b.span, b.severity, b.rule.id, &b.message))
        });
        self.list.dedup_by(|a, b| a.span == b.span && a.rule.id == b.rule.id && a.message == b.message);
    }

    /// One line for people: "2 errors, 1 warning"; empty when there is neither.
    pub fn summary(&self) -> String {
        let count = |severity: Severity| {
            let number = self.count(severity);
            (number > 0).then(|| format!("{number} {severity}{}", if number == 1 { "" } else { "s" }))
        };
        [count(Severity::Error), count(Severity::Warning)].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Renders all of them as text with source excerpts, without colour.
    pub fn to_text(&self, sources: &Sources) -> String {
        super::render_text(self.iter(), sources, false)
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, iter: T) {
        self.list.extend(iter);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}
