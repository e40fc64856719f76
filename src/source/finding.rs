//! What reports for other tools show, whatever found it: diagnostics of a document, or changes between two.
//!
//! In: [`Finding`]s. Out: the text of a report. Every text in a finding is hostile; each format escapes all of it.

use super::{Diagnostic, Position, Severity, Sources, Span};
use serde_json::{Map, Value};

/// A place in a file, spelled out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The file, as the user named it.
    pub file: String,
    /// Where it begins.
    pub start: Position,
    /// Where it ends; nothing when only the line is known.
    pub end: Option<Position>,
}

impl Region {
    /// The place of a span.
    pub fn of(sources: &Sources, span: Span) -> Self {
        let (start, end) = sources.range(span);
        Self { file: sources.name(span).to_owned(), start, end: Some(end) }
    }

    /// A line as a whole; lines count from 1.
    pub fn line(file: impl Into<String>, line: usize) -> Self {
        Self { file: file.into(), start: Position { line, column: 1 }, end: None }
    }
}

/// One thing to show, with all that a report may want to say of it.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Id of the rule.
    pub rule: &'static str,
    /// The sentence of the rule.
    pub sentence: &'static str,
    /// Where to read more about the rule; may be empty.
    pub link: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is the matter, in one sentence.
    pub message: String,
    /// The place that a reader has to change or look at.
    pub region: Option<Region>,
    /// JSON pointer of the element within its file.
    pub pointer: String,
    /// Places that explain it, with what is there.
    pub related: Vec<(Region, String)>,
    /// A way out.
    pub help: Option<String>,
    /// What only one kind of finding has, such as the witness of a break: for formats that carry data of any kind.
    pub properties: Map<String, Value>,
}

impl Finding {
    /// A diagnostic with its places spelled out.
    pub fn of(sources: &Sources, diagnostic: &Diagnostic) -> Self {
        let related = diagnostic.related.iter();
        Self {
            rule: diagnostic.rule.id,
            sentence: diagnostic.rule.sentence,
            link: diagnostic.rule.link,
            severity: diagnostic.severity,
            message: diagnostic.message.clone(),
            region: Some(Region::of(sources, diagnostic.span)),
            pointer: diagnostic.pointer.clone(),
            related: related.map(|related| (Region::of(sources, related.span), related.message.clone())).collect(),
            help: diagnostic.help.clone(),
            properties: Map::new(),
        }
    }
}
