//! A text that is not well-formed -> the same text with the faulty lines blanked, so that the rest can be read.
//!
//! In: a text in which the parser found a fault. Out: a text of the same length, byte for byte in the same place except for
//! what was blanked, and one [`Fault`] for each cause. At each fault several small edits are tried; the one after which the
//! parser gets furthest is taken, and of equals the one that costs least. The work is bounded by [`BUDGET`].

use super::read::parse;
use granit_parser::{ErrorKind, Event, ScalarStyle};
use std::ops::Range;

/// So many faults are repaired; who has more of them begins with those.
const MAXIMUM_FAULTS: usize = 20;

/// So many bytes are parsed in search of repairs: a text that is short is tried often, one that is long a few times.
const BUDGET: std::ops::RangeInclusive<usize> = 2 * 1024 * 1024..=64 * 1024 * 1024;

/// How often a text is parsed as a whole, within these limits.
const PARSES: usize = 12;

/// Blocks around a fault that are given up as a whole if nothing less helps.
const ENCLOSING_BLOCKS: usize = 3;

/// Something that is wrong with a text.
#[derive(Debug)]
pub(super) struct Fault {
    /// The bytes at fault.
    pub place: Range<usize>,
    /// What is wrong there.
    pub message: String,
    /// A way out.
    pub help: &'static str,
    /// Another place that explains it, and how.
    pub related: Option<(Range<usize>, &'static str)>,
}

/// A text that can be read.
#[derive(Debug)]
pub(super) struct Repaired {
    /// The text; nothing if no repair was found within the bounds.
    pub text: Option<String>,
    /// What was wrong, at least one fault.
    pub faults: Vec<Fault>,
    /// What was blanked, in order of place.
    pub damage: Vec<Range<usize>>,
}

/// Repairs a text in which the parser finds a fault.
pub(super) fn repair(text: &str) -> Repaired {
    let mut repair = Repair {
        text: text.to_owned(),
        lines: line_ranges(text),
        budget: text.len().saturating_mul(PARSES).clamp(*BUDGET.start(), *BUDGET.end()),
    };
    let mut repaired = Repaired { text: None, faults: Vec::new(), damage: Vec::new() };
    let mut failure = repair.first_failure(text);
    while let Some(found) = failure.take() {
        let edit = (repaired.faults.len() < MAXIMUM_FAULTS).then(|| repair.best_edit(&found)).flatten();
        if !repair.follows(&found, &repaired.damage) {
            repaired.faults.push(repair.fault(&found, edit.as_ref().map(|(edit, _)| edit)));
        }
        let Some((edit, next)) = edit else { return repaired };
        repair.text = edit.apply(&repair.text);
        repaired.damage.extend(edit.damage());
        failure = next;
    }
    repaired.damage.sort_by_key(|range| range.start);
    repaired.text = Some(repair.text);
    repaired
}

/// Where the parser stopped.
struct Failure {
    at: usize,
    message: String,
    /// The quoted text over several lines that it had read last, or was reading, if that ends at the fault.
    quoted: Option<Range<usize>>,
    /// Where the innermost flow collection begins.
    flow: Option<usize>,
    /// Does the text end before that is closed?
    unclosed: bool,
}

/// A change of some bytes to others, as many.
enum Edit {
    /// These ranges become blank; line ends stay.
    Blank(Vec<Range<usize>>),
    /// Tabs at the beginning of lines become spaces.
    Tabs,
    /// This white space becomes a comma.
    Comma(usize),
}

impl Edit {
    fn apply(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        match self {
            Self::Blank(ranges) => {
                for range in ranges {
                    let blanked = bytes.get_mut(range.clone()).into_iter().flatten();
                    blanked.filter(|byte| !matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
                }
            }
            Self::Tabs => {
                let mut leading = true;
                for byte in &mut bytes {
                    match *byte {
                        b'\t' if leading => *byte = b' ',
                        b'\n' => leading = true,
                        b' ' => {}
                        _ => leading = false,
                    }
                }
            }
            Self::Comma(at) => {
                if let Some(byte) = bytes.get_mut(*at) {
                    *byte = b',';
                }
            }
        }
        // Whole characters were replaced by as many spaces as they have bytes.
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn damage(&self) -> Vec<Range<usize>> {
        match self {
            Self::Blank(ranges) => ranges.clone(),
            Self::Tabs | Self::Comma(_) => Vec::new(),
        }
    }

    /// How much of the text is lost.
    fn cost(&self, text: &str) -> usize {
        let visible = |range: &Range<usize>| {
            text.get(range.clone()).map_or(0, |text| text.split_whitespace().map(str::len).sum())
        };
        self.damage().iter().map(visible).sum()
    }
}

struct Repair {
    text: String,
    lines: Vec<Range<usize>>,
    /// So many bytes may still be parsed.
    budget: usize,
}

impl Repair {
    /// The first fault of a text.
    fn first_failure(&mut self, text: &str) -> Option<Failure> {
        let mut quoted: Option<Range<usize>> = None;
        // The collections that are open: where each begins, if it is one in flow style.
        let mut open: Vec<Option<usize>> = Vec::new();
        let mut read = 0;
        for next in parse(text) {
            let (event, span) = match next {
                Ok(next) => next,
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                    self.budget = self.budget.saturating_sub(at);
                    let quoted =
                        quoted.filter(|range| self.ends_at(range, at)).or_else(|| self.unclosed(text, read, at));
                    let unclosed = matches!(error.kind(), ErrorKind::UnclosedFlowCollection { .. });
                    let flow = open.last().copied().flatten();
                    return Some(Failure { at, message: error.info(), quoted, flow, unclosed });
                }
            };
            let (start, end) = (span.start.byte_offset().unwrap_or(read), span.end.byte_offset().unwrap_or(read));
            match event {
                Event::Scalar(_, ScalarStyle::DoubleQuoted | ScalarStyle::SingleQuoted, ..) => {
                    quoted = Some(start..end)
                }
                Event::SequenceStart(..) | Event::MappingStart(..) => {
                    let flow = text.as_bytes().get(start).is_some_and(|byte| matches!(byte, b'[' | b'{'));
                    open.push(flow.then_some(start).or_else(|| open.last().copied().flatten()));
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                }
                _ => {}
            }
            read = read.max(end);
        }
        self.budget = self.budget.saturating_sub(text.len());
        None
    }

    /// Does a text of several lines end on the line of the fault, or the one before?
    fn ends_at(&self, quoted: &Range<usize>, at: usize) -> bool {
        let (first, last, noticed) = (self.line_of(quoted.start), self.line_of(quoted.end), self.line_of(at));
        first < last && last <= noticed && noticed <= last + 1
    }

    /// The quoted text that the parser was reading at the fault: the first after `read` that is not closed on its line.
    fn unclosed(&self, text: &str, read: usize, at: usize) -> Option<Range<usize>> {
        (self.line_of(read)..=self.line_of(at)).find_map(|line| {
            let range = self.lines.get(line)?;
            let begin = range.start.max(read);
            let mut open: Option<(usize, char)> = None;
            let mut before = ' ';
            for (offset, character) in text.get(begin..range.end)?.char_indices() {
                match (open, character) {
                    (None, '"' | '\'') if ":-[,{ ".contains(before) => open = Some((begin + offset, character)),
                    (None, '#') if before == ' ' => break,
                    (Some((_, quote)), _) if character == quote && before != '\\' => open = None,
                    _ => {}
                }
                before = character;
            }
            open.filter(|_| range.end < at).map(|(start, _)| start..at)
        })
    }

    fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.start <= offset).saturating_sub(1)
    }

    fn line(&self, index: usize) -> &str {
        self.lines.get(index).and_then(|range| self.text.get(range.clone())).unwrap_or("")
    }

    fn is_blank(&self, index: usize) -> bool {
        self.line(index).trim().is_empty()
    }

    fn indentation(&self, index: usize) -> usize {
        self.line(index).bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    /// The lines of a block: the first, and all deeper ones that follow it.
    fn block(&self, first: usize) -> Range<usize> {
        let indentation = self.indentation(first);
        let mut end = first + 1;
        while end < self.lines.len() && (self.is_blank(end) || self.indentation(end) > indentation) {
            end += 1;
        }
        while end > first + 1 && self.is_blank(end - 1) {
            end -= 1;
        }
        first..end
    }

    fn blank(&self, lines: Range<usize>) -> Edit {
        Edit::Blank(lines.filter_map(|line| self.lines.get(line).cloned()).collect())
    }

    /// The nearest line before this one that is not blank.
    fn before(&self, line: usize) -> Option<usize> {
        (0..line).rev().find(|line| !self.is_blank(*line))
    }

    /// The line that the block of this one begins with.
    fn opener(&self, line: usize) -> Option<usize> {
        let indentation = self.indentation(line);
        (0..line).rev().find(|above| !self.is_blank(*above) && self.indentation(*above) < indentation)
    }

    /// What may help against a fault, the cheap first.
    fn candidates(&self, failure: &Failure) -> Vec<Edit> {
        let line = self.line_of(failure.at);
        let line = if self.is_blank(line) { self.before(line).unwrap_or(line) } else { line };
        let mut edits = Vec::new();
        if self.is_tabbed(line) || self.before(line).is_some_and(|before| self.is_tabbed(before)) {
            edits.push(Edit::Tabs);
        }
        if let Some(flow) = failure.flow {
            let before = self.text.get(..failure.at).unwrap_or("");
            let end = before.trim_end().len();
            if end < before.len() {
                edits.push(Edit::Comma(end));
            }
            let character = self.text.get(failure.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            let offending = failure.at..failure.at + character;
            edits.push(Edit::Blank(std::iter::once(offending).collect()));
            edits.push(self.blank(self.block(self.line_of(flow))));
        }
        if let Some(quoted) = &failure.quoted {
            let first = self.line_of(quoted.start);
            edits.push(self.blank(first..first + 1));
            edits.push(self.blank(self.block(first)));
        }
        edits.push(self.blank(line..line + 1));
        edits.push(self.blank(self.block(line)));
        if let Some(before) = self.before(line) {
            edits.push(self.blank(before..before + 1));
            edits.push(self.blank(self.block(before)));
        }
        let mut inner = line;
        for _ in 0..ENCLOSING_BLOCKS {
            let Some(opener) = self.opener(inner) else { break };
            edits.push(self.blank(self.block(opener)));
            inner = opener;
        }
        edits
    }

    /// The cheapest edit after which the parser gets well past the fault, or else the one after which it gets furthest;
    /// with the fault that is next.
    fn best_edit(&mut self, failure: &Failure) -> Option<(Edit, Option<Failure>)> {
        let mut candidates: Vec<(usize, Edit)> =
            self.candidates(failure).into_iter().map(|edit| (edit.cost(&self.text), edit)).collect();
        candidates.sort_by_key(|(cost, _)| *cost);
        let mut best: Option<(Edit, Failure)> = None;
        for (_, edit) in candidates {
            if self.budget == 0 {
                break;
            }
            let text = edit.apply(&self.text);
            if text == self.text {
                continue;
            }
            let Some(next) = self.first_failure(&text) else { return Some((edit, None)) };
            if next.at > failure.at && !self.is_near(&next, failure, &edit) {
                return Some((edit, Some(next)));
            }
            if next.at > best.as_ref().map_or(failure.at, |(_, known)| known.at) {
                best = Some((edit, next));
            }
        }
        best.map(|(edit, next)| (edit, Some(next)))
    }

    /// Is the next fault on the line of this one or directly below what was edited?
    fn is_near(&self, next: &Failure, failure: &Failure, edit: &Edit) -> bool {
        let last = edit.damage().iter().map(|range| range.end).chain([failure.at]).max().unwrap_or(failure.at);
        let (last, line) = (self.line_of(last), self.line_of(next.at));
        line <= last || (last + 1..line).all(|between| self.is_blank(between))
    }

    /// Is this fault a consequence of one that was repaired: does it stand in what was blanked, or right behind it?
    fn follows(&self, failure: &Failure, damage: &[Range<usize>]) -> bool {
        let line = self.line_of(failure.at);
        damage.iter().any(|range| {
            let last = self.line_of(range.end);
            line >= self.line_of(range.start)
                && (line <= last || (last + 1..line).all(|between| self.is_blank(between)))
        })
    }

    fn is_tabbed(&self, line: usize) -> bool {
        self.line(line).bytes().take(self.indentation(line)).any(|byte| byte == b'\t')
    }

    /// The end of a text that ends within a collection in flow style.
    fn cut_off(&self, failure: &Failure) -> Option<Range<usize>> {
        let end = self.text.trim_end_matches(['\n', '\r']).len();
        (failure.unclosed && failure.flow.is_some()).then_some(end..end)
    }

    /// What is mostly wrong with a line that cannot be read.
    fn advice(&self, line: usize) -> &'static str {
        let has_space = |line: &str| line.contains(": ") || line.trim_end().ends_with(':');
        let text = self.line(line).trim();
        let before = self.before(line).map_or("", |before| self.line(before)).trim();
        if text.matches(": ").count() > 1 {
            "put a text in quotes that has a colon and a space in it"
        } else if before.contains(':') && !has_space(before) && !before.starts_with(['#', '-', '"', '\'']) {
            "a space must follow the colon of the line before"
        } else {
            "check the indentation and the quotes around this place"
        }
    }

    fn fault(&self, failure: &Failure, edit: Option<&Edit>) -> Fault {
        let end = self.text.get(failure.at..).and_then(|rest| rest.chars().next()).filter(|next| *next != '\n');
        let place = failure.at..failure.at + end.map_or(0, char::len_utf8);
        if let Some(quoted) = &failure.quoted {
            let line_end = self.lines.get(self.line_of(quoted.start)).map_or(quoted.end, |line| line.end);
            return Fault {
                place: quoted.start..line_end.min(quoted.end),
                message: "this quoted text is not closed on its line, and what follows it cannot be read".to_owned(),
                help: "close the quote",
                related: Some((place, "noticed here")),
            };
        }
        if let Some(end) = self.cut_off(failure) {
            let message = "the text ends before all that it opens is closed".to_owned();
            let related = failure.flow.map(|flow| (flow..flow + 1, "this is not closed"));
            return Fault { place: end, message, help: "is the end of the file missing?", related };
        }
        let line = self.line_of(failure.at);
        let (message, help) = match edit {
            _ if self.is_tabbed(line) => {
                let message = "YAML is indented with spaces, and here is a tab".to_owned();
                (message, "replace the tabs at the beginning of lines by spaces")
            }
            Some(Edit::Comma(_)) => (failure.message.clone(), "a comma may be missing before this place"),
            _ => (failure.message.clone(), self.advice(line)),
        };
        let flow = failure.flow.filter(|flow| self.line_of(*flow) < self.line_of(failure.at));
        let related = flow.map(|flow| (flow..flow + 1, "inside what begins here"));
        Fault { place, message, help, related }
    }
}

/// Every line, without its end.
fn line_ranges(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        lines.push(start..start + line.trim_end_matches(['\n', '\r']).len());
        start += line.len();
    }
    lines
}
