//! Text within text: where the bytes of a string value stand in the file.
//!
//! In: a string node and a range of its text. Out: a span of the file. Literal blocks, quoted scalars without line breaks
//! and whole files are followed byte by byte; for what is folded, the whole value is the answer.

use super::tree::Node;
use crate::source::{Sources, Span};
use std::ops::Range;

/// The place of a range of a string node's text.
pub fn place_within(sources: &Sources, node: Node<'_>, range: Range<usize>) -> Span {
    let whole = node.span();
    let Some(content) = node.as_str() else { return whole };
    let offset = |at: usize| {
        let text = sources.get(whole.source)?.text();
        let (start, end) = (whole.start as usize, whole.end as usize);
        let raw = text.get(start..end)?;
        if raw == content {
            return Some(start + at);
        }
        match raw.chars().next()? {
            '"' => Some(start + double_quoted(raw, at)?),
            '\'' => Some(start + single_quoted(raw, at)?),
            _ => literal_block(text, start, content, at),
        }
    };
    match (offset(range.start), offset(range.end)) {
        (Some(start), Some(end)) if start <= end => Span::new(whole.source, start, end),
        (Some(start), _) => Span::new(whole.source, start, start),
        _ => whole,
    }
}

/// The offset in `raw`, quotes included, of the byte `at` of what it says.
fn double_quoted(raw: &str, at: usize) -> Option<usize> {
    let mut said = 0;
    let mut characters = raw.char_indices().skip(1).peekable();
    while let Some((offset, character)) = characters.next() {
        if said >= at {
            return Some(offset);
        }
        match character {
            '\n' => return None,
            '\\' => {
                let (_, escape) = characters.next()?;
                let digits = match escape {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    '\n' => return None,
                    _ => 0,
                };
                let code: String = characters.by_ref().take(digits).map(|(_, digit)| digit).collect();
                let decoded = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                said += decoded.map_or(1, char::len_utf8);
            }
            other => said += other.len_utf8(),
        }
    }
    None
}

fn single_quoted(raw: &str, at: usize) -> Option<usize> {
    let mut said = 0;
    let mut characters = raw.char_indices().skip(1);
    while let Some((offset, character)) = characters.next() {
        if said >= at {
            return Some(offset);
        }
        match character {
            '\n' => return None,
            '\'' => {
                characters.next();
                said += 1;
            }
            other => said += other.len_utf8(),
        }
    }
    None
}

/// The offset in the file of a byte of a block whose span begins at its header or at its first line.
fn literal_block(text: &str, start: usize, content: &str, at: usize) -> Option<usize> {
    let header = text.get(start..)?.starts_with('|');
    let first_line =
        if header { start + text.get(start..)?.find('\n')? + 1 } else { text.get(..start)?.rfind('\n')? + 1 };
    let before = content.get(..at)?;
    let line_number = before.matches('\n').count();
    let column = at - before.rfind('\n').map_or(0, |newline| newline + 1);
    // All lines are indented alike; the first that says something tells by how much.
    let mut position = first_line;
    let mut indentation = None;
    let mut lines = text.get(first_line..)?.split_inclusive('\n');
    for (number, said) in content.split('\n').enumerate() {
        let line = lines.next().unwrap_or("");
        let bare = line.trim_end_matches(['\n', '\r']);
        if indentation.is_none() && !said.trim().is_empty() {
            indentation = Some(bare.len().checked_sub(said.trim_end_matches('\r').len())?);
        }
        if number == line_number {
            let indentation = indentation.unwrap_or(0);
            let same = bare.get(indentation.min(bare.len())..) == Some(said.trim_end_matches('\r'));
            return same.then_some(position + (indentation + column).min(bare.len()));
        }
        position += line.len();
    }
    None
}
