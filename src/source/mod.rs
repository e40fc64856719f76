//! Files, byte spans, lines and columns, and what is said about them.
//!
//! In: file names and their text. Out: [`Sources`], which owns every text, [`Span`]s that point into them, and
//! [`Diagnostic`]s with their renderers. A span is only ever made for the text it points into, and every renderer
//! survives one that is out of range.

mod diagnostic;
mod finding;
mod github;
mod json;
mod sarif;
mod text;

pub use diagnostic::{Diagnostic, Diagnostics, Related, Rule, Severity};
pub use finding::{Finding, Region};
pub use github::github;
pub use json::{DiagnosticReport, DocumentReport, ValidateReport};
pub use sarif::sarif;
pub use text::{printable, render_text};

use std::path::{Path, PathBuf};

/// Number of a text within [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A range of bytes in one source; `start <= end`, both on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The text that the range lies in.
    pub source: SourceId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// A span of no source, for a node that does not exist.
    pub const NOWHERE: Self = Self { source: SourceId(u32::MAX), start: 0, end: 0 };

    /// A span from byte offsets; offsets past 4 GiB are clamped.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { source, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The empty span at the beginning of a source.
    pub fn beginning(source: SourceId) -> Self {
        Self { source, start: 0, end: 0 }
    }

    /// Do the two have a byte in common?
    pub fn overlaps(self, other: Self) -> bool {
        self.source == other.source && self.start < other.end && other.start < self.end
    }

    /// Does the other one begin within this one, or at its end?
    pub fn has_start_of(self, other: Self) -> bool {
        self.source == other.source && (self.start..=self.end).contains(&other.start)
    }
}

/// Line and column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One text with its name.
#[derive(Debug)]
pub struct Source {
    name: String,
    path: Option<PathBuf>,
    text: String,
    line_starts: Vec<u32>,
}

impl Source {
    /// The name to show: the path as the user wrote it, or one made relative to that.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the text was read from; `None` for standard input and texts from memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The whole text, without a byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte offset; past the end it is the end.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.line_starts.get(line).copied().unwrap_or(0) as usize;
        let before = self.text.get(start..(offset as usize).min(self.text.len())).unwrap_or("");
        Position { line: line + 1, column: before.chars().count() + 1 }
    }

    /// The byte offset at which a line (from 1) begins; past the last line it is the end of the text.
    pub fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line.saturating_sub(1)).map_or(self.text.len(), |start| *start as usize)
    }
}

/// Every text that was read, in the order of reading.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a text. `name` is what diagnostics call it.
    pub fn add(&mut self, name: impl Into<String>, path: Option<PathBuf>, text: String) -> SourceId {
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0)
            .chain(newlines.map(|(offset, _)| u32::try_from(offset + 1).unwrap_or(u32::MAX)))
            .collect();
        let id = SourceId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { name: name.into(), path, text, line_starts });
        id
    }

    /// The source of an id, if it is one of ours.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.files.get(id.0 as usize)
    }

    /// Every source, in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, source)| (SourceId(u32::try_from(index).unwrap_or(u32::MAX)), source))
    }

    /// The name of the source that a span lies in; empty for a span of other sources.
    pub fn name(&self, span: Span) -> &str {
        self.get(span.source).map_or("", Source::name)
    }

    /// Where a span begins and ends.
    pub fn range(&self, span: Span) -> (Position, Position) {
        match self.get(span.source) {
            Some(source) => (source.position(span.start), source.position(span.end)),
            None => (Position { line: 1, column: 1 }, Position { line: 1, column: 1 }),
        }
    }
}
