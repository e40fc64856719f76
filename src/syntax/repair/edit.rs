//! A small change of a text, and where what is in the changed text came from.

use super::lines::Lines;
use std::ops::Range;

/// What losing a line costs beyond what stands on it: adding or taking away a character is better.
const LOSS: usize = 4;

/// A change of a text. It never touches the end of a line.
#[derive(Debug)]
pub(super) struct Edit {
    /// Ranges in the order of the text, and what replaces them.
    pub splices: Vec<(Range<usize>, String)>,
    pub what: What,
    /// How far the text is changed; the sum of small things.
    pub cost: usize,
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// Lines are given up.
    Blank,
    /// The text is given an end.
    End,
    /// Tabs become spaces.
    Tabs,
    /// A line is moved to another depth, in spaces.
    Indentation { line: usize, spaces: usize },
    /// Something was missing.
    Insertion { at: usize, missing: String },
    /// Something was too much.
    Removal { at: usize, extra: String },
    /// A text is put in quotes.
    Quotes,
}

impl Edit {
    /// These lines become blank.
    pub fn blank(lines: &Lines, blanked: Range<usize>) -> Self {
        let ranges: Vec<Range<usize>> = blanked.map(|line| lines.range(line)).collect();
        let visible = |range: &Range<usize>| {
            lines.text().get(range.clone()).map_or(0, |text| text.split_whitespace().map(str::len).sum::<usize>())
        };
        let cost = LOSS + ranges.iter().map(visible).sum::<usize>();
        let splices = ranges.into_iter().map(|range| (range.clone(), " ".repeat(range.len()))).collect();
        Self { splices, what: What::Blank, cost }
    }

    pub fn insertion(at: usize, missing: impl Into<String>) -> Self {
        let missing = missing.into();
        let (splices, cost) = (vec![(at..at, missing.clone())], missing.len());
        Self { splices, what: What::Insertion { at, missing }, cost }
    }

    /// Takes the character away that begins at a byte.
    pub fn removal(text: &str, at: usize) -> Option<Self> {
        let extra = text.get(at..)?.chars().next().filter(|character| !character.is_whitespace())?;
        let splices = vec![(at..at + extra.len_utf8(), String::new())];
        Some(Self { splices, what: What::Removal { at, extra: extra.to_string() }, cost: 1 })
    }

    pub fn apply(&self, text: &str) -> String {
        let mut changed = String::with_capacity(text.len() + 16);
        let mut read = 0;
        for (range, with) in &self.splices {
            changed.push_str(text.get(read..range.start).unwrap_or(""));
            changed.push_str(with);
            read = range.end;
        }
        changed.push_str(text.get(read..).unwrap_or(""));
        changed
    }

    /// The last byte that it touches.
    pub fn end(&self) -> usize {
        self.splices.iter().map(|(range, _)| range.end).max().unwrap_or(0)
    }

    /// What is not read because of it.
    pub fn lost(&self) -> impl Iterator<Item = Range<usize>> {
        let loses = matches!(self.what, What::Blank | What::End);
        self.splices.iter().filter(move |_| loses).map(|(range, _)| range.clone())
    }
}

/// Where the bytes of a changed text stood in the one that was given.
#[derive(Debug, Clone)]
pub(in crate::syntax) struct Origin {
    /// From which byte on which one was meant, in order; each piece is as long as it was, or shorter.
    pieces: Vec<(usize, usize)>,
}

impl Origin {
    /// Of a text that was not changed.
    pub fn new() -> Self {
        Self { pieces: vec![(0, 0)] }
    }

    /// The byte of the given text for one of the changed text.
    pub fn of(&self, offset: usize) -> usize {
        let next = self.pieces.partition_point(|(start, _)| *start <= offset);
        let Some((start, origin)) = next.checked_sub(1).and_then(|index| self.pieces.get(index)) else { return offset };
        let limit = self.pieces.get(next).map_or(usize::MAX, |(_, origin)| *origin);
        (origin + (offset - start)).min(limit)
    }

    /// The same range, in the given text.
    pub fn range(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.of(range.start);
        start..self.of(range.end).max(start)
    }

    /// Takes up a further change.
    pub(super) fn apply(&mut self, edit: &Edit) {
        let mut pieces = Vec::new();
        let mut before = self.pieces.iter().copied().peekable();
        // How much longer and shorter the text has become so far.
        let (mut added, mut removed) = (0, 0);
        for (range, with) in edit.splices.iter().filter(|(range, with)| range.len() != with.len()) {
            while let Some((at, origin)) = before.next_if(|(at, _)| *at < range.start) {
                pieces.push(((at + added).saturating_sub(removed), origin));
            }
            while before.next_if(|(at, _)| *at <= range.end).is_some() {}
            pieces.push(((range.start + added).saturating_sub(removed), self.of(range.start)));
            (added, removed) = (added + with.len(), removed + range.len());
            pieces.push(((range.end + added).saturating_sub(removed), self.of(range.end)));
        }
        pieces.extend(before.map(|(at, origin)| ((at + added).saturating_sub(removed), origin)));
        self.pieces = pieces;
    }
}
