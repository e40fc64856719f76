//! A text by lines: what stands on each, how deep, and which lines belong together.
//!
//! In: any text. Out: line numbers from 0, and ranges of bytes or of lines. Edits never add or take away the end of a line,
//! so that the number of a line stays what it is.

use std::collections::BTreeMap;
use std::ops::Range;

/// A text with the bounds of its lines.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    text: String,
    /// Every line, without its end.
    ranges: Vec<Range<usize>>,
}

impl Lines {
    pub fn new(text: String) -> Self {
        let mut start = 0;
        let mut ranges = Vec::new();
        for line in text.split_inclusive('\n') {
            ranges.push(start..start + line.trim_end_matches(['\n', '\r']).len());
            start += line.len();
        }
        Self { text, ranges }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn into_text(self) -> String {
        self.text
    }

    /// The line that a byte stands on.
    pub fn of(&self, offset: usize) -> usize {
        self.ranges.partition_point(|line| line.start <= offset).saturating_sub(1)
    }

    /// The bytes of a line, without its end.
    pub fn range(&self, line: usize) -> Range<usize> {
        self.ranges.get(line).cloned().unwrap_or(self.text.len()..self.text.len())
    }

    /// The bytes of a line without its indentation, and without white space at its end.
    pub fn visible(&self, line: usize) -> Range<usize> {
        let range = self.range(line);
        let text = self.line(line);
        let start = range.start + text.len() - text.trim_start().len();
        start..(range.start + text.trim_end().len()).max(start)
    }

    pub fn line(&self, line: usize) -> &str {
        self.text.get(self.range(line)).unwrap_or("")
    }

    pub fn is_blank(&self, line: usize) -> bool {
        self.line(line).trim().is_empty()
    }

    pub fn indentation(&self, line: usize) -> usize {
        self.line(line).bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    /// How deep the content of a list item stands that begins on a line.
    pub fn item(&self, line: usize) -> Option<usize> {
        let content = self.line(line).trim_start().strip_prefix('-')?;
        let spaces = content.len() - content.trim_start().len();
        (spaces > 0).then(|| self.indentation(line) + 1 + spaces)
    }

    /// Is there a tab in its indentation?
    pub fn is_tabbed(&self, line: usize) -> bool {
        self.line(line).bytes().take(self.indentation(line)).any(|byte| byte == b'\t')
    }

    /// Does a block in block style begin behind it?
    pub fn opens(&self, line: usize) -> bool {
        let text = self.line(line);
        let text = text.split_once(" #").map_or(text, |(text, _)| text).trim();
        text == "-" || text.ends_with(':')
    }

    /// The nearest line before this one that is not blank.
    pub fn before(&self, line: usize) -> Option<usize> {
        (0..line).rev().find(|line| !self.is_blank(*line))
    }

    /// The nearest line behind this one that is not blank.
    pub fn after(&self, line: usize) -> Option<usize> {
        (line + 1..self.ranges.len()).find(|line| !self.is_blank(*line))
    }

    /// The line that the block of this one begins with.
    pub fn opener(&self, line: usize) -> Option<usize> {
        let indentation = self.indentation(line);
        (0..line).rev().find(|above| !self.is_blank(*above) && self.indentation(*above) < indentation)
    }

    /// How much deeper blocks mostly are than what they stand in.
    pub fn step(&self) -> usize {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        let depths: Vec<usize> =
            (0..self.ranges.len()).filter(|line| !self.is_blank(*line)).map(|line| self.indentation(line)).collect();
        for step in
            depths.windows(2).filter_map(|pair| pair.last()?.checked_sub(*pair.first()?)).filter(|step| *step > 0)
        {
            *counts.entry(step).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map_or(2, |(step, _)| step)
    }

    /// The lines of a block: the first, and all deeper ones that follow it.
    pub fn block(&self, first: usize) -> Range<usize> {
        let indentation = self.indentation(first);
        let deeper = |line: &usize| self.is_blank(*line) || self.indentation(*line) > indentation;
        let mut end = (first + 1..self.ranges.len()).find(|line| !deeper(line)).unwrap_or(self.ranges.len());
        while end > first + 1 && self.is_blank(end - 1) {
            end -= 1;
        }
        first..end
    }

    /// Are all lines between these two blank?
    pub fn adjoin(&self, first: usize, second: usize) -> bool {
        second <= first || (first + 1..second).all(|between| self.is_blank(between))
    }
}
