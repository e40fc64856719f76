//! Brackets of a text in flow style (JSON) that do not belong together, found by the indentation of their lines.

use super::edit::{Edit, What};
use super::lines::Lines;

/// A bracket that is open.
struct Open {
    /// What closes it.
    closer: char,
    line: usize,
    /// Where the same one stands on the same line again.
    doubled: Option<usize>,
}

/// Changes after which the brackets from `start` on belong together, or do so for longer.
pub(super) fn candidates(lines: &Lines, start: usize) -> Vec<Edit> {
    let mut open: Vec<Open> = Vec::new();
    let mut quoted = false;
    let mut escaped = false;
    let mut read_line = lines.of(start);
    for (offset, character) in lines.text().get(start..).unwrap_or("").char_indices() {
        let at = start + offset;
        if character == '\n' {
            // No text goes on over the end of a line here.
            (quoted, escaped) = (false, false);
            continue;
        }
        if quoted {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            quoted = !ends;
            continue;
        }
        if character.is_whitespace() {
            continue;
        }
        let line = lines.of(at);
        if line > read_line {
            read_line = line;
            let edits = at_line(lines, &open, line, at, character);
            if !edits.is_empty() {
                return edits;
            }
        }
        match character {
            '"' => quoted = true,
            '{' | '[' => {
                let closer = if character == '{' { '}' } else { ']' };
                let around = open.last_mut().filter(|around| (around.line, around.closer) == (line, closer));
                around.into_iter().for_each(|around| around.doubled = Some(at));
                open.push(Open { closer, line, doubled: None });
            }
            '}' | ']' => match open.pop() {
                Some(top) if top.closer == character => {}
                top => return mismatch(lines, top, at, character),
            },
            _ => {}
        }
    }
    let end = lines.text().trim_end().len();
    let closers: String = quoted.then_some('"').into_iter().chain(open.iter().rev().map(|open| open.closer)).collect();
    if closers.is_empty() {
        return Vec::new();
    }
    // What is open at the end may have had more in it.
    let last = lines.visible(lines.of(end));
    let with = format!("{}{closers}", lines.text().get(last.clone()).unwrap_or(""));
    vec![Edit { splices: vec![(last, with)], what: What::End, cost: closers.len() }]
}

/// What helps against a fault that the first character of a line shows: it stands outside of what is open, or too far within.
fn at_line(lines: &Lines, open: &[Open], line: usize, at: usize, character: char) -> Vec<Edit> {
    let Some(top) = open.last() else { return Vec::new() };
    let (depth, opened) = (lines.indentation(line), lines.indentation(top.line));
    let closes = matches!(character, '}' | ']');
    if closes && depth > opened {
        let missing = opening(lines, line, if character == '}' { "{" } else { "[" });
        return missing.into_iter().chain(Edit::removal(lines.text(), at)).collect();
    }
    let Some(before) =
        lines.before(line).filter(|_| top.line != line && (depth < opened || !closes && depth == opened))
    else {
        return Vec::new();
    };
    let end = lines.visible(before).end;
    let missing = match lines.line(before).trim_end().ends_with(',') {
        true => Edit::insertion(end - 1, top.closer),
        false if closes || character == ',' => Edit::insertion(end, top.closer),
        false => Edit::insertion(end, format!("{},", top.closer)),
    };
    // The same bracket twice is one too many.
    let extra = top.doubled.and_then(|at| Edit::removal(lines.text(), at));
    extra.into_iter().chain([missing]).collect()
}

/// The bracket that is missing before the lines which the one at the beginning of a line closes.
fn opening(lines: &Lines, closing: usize, missing: &str) -> Option<Edit> {
    let depth = lines.indentation(closing);
    let around = (0..closing).rev().find(|line| !lines.is_blank(*line) && lines.indentation(*line) <= depth)?;
    let first = lines.after(around).filter(|first| *first < closing)?;
    let at = if lines.opens(around) { lines.visible(around).end } else { lines.visible(first).start };
    Some(Edit::insertion(at, missing))
}

/// A closing bracket that belongs to none, or not to the one that is open.
fn mismatch(lines: &Lines, top: Option<Open>, at: usize, character: char) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Edit::removal(lines.text(), at).into_iter().collect();
    if let Some(top) = top {
        edits.push(Edit::insertion(at, top.closer));
        let splices = vec![(at..at + character.len_utf8(), top.closer.to_string())];
        edits.push(Edit { splices, what: What::Removal { at, extra: character.to_string() }, cost: 1 });
    }
    edits
}
