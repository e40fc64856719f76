//! A text that is not well-formed -> a text close to it that is, so that the rest can be read.
//!
//! In: a text in which the parser found a fault. Out: a text with as many lines, where each of its bytes came from, and one
//! [`Fault`] for each cause. At each fault several small edits are tried (`candidates`): what a slip of the pen may have left
//! out, added or moved, and giving up lines where nothing less helps. The one is taken that changes least of those that bring
//! the parser furthest. The work is bounded by [`BUDGET`].

mod brackets;
mod candidates;
mod edit;
mod lines;

use super::read::parse;
use candidates::candidates;
use edit::{Edit, Origin, What};
use granit_parser::{ErrorKind, Event, ScalarStyle};
use lines::Lines;
use std::ops::Range;

/// So many faults are repaired; who has more of them begins with those.
const MAXIMUM_FAULTS: usize = 20;

/// So many bytes are parsed in search of repairs: a text that is short is tried often, one that is long a few times.
const BUDGET: std::ops::RangeInclusive<usize> = 2 * 1024 * 1024..=64 * 1024 * 1024;

/// How often a text is parsed as a whole, within these limits.
const PARSES: usize = 24;

/// So many times is a text edited in the time in which it is parsed once.
const COPIES: usize = 8;

/// What it costs, compared with other edits, to bring the parser less far than another one does.
const SHORTER: usize = 40;

/// Something that is wrong with a text.
#[derive(Debug)]
pub(super) struct Fault {
    /// The bytes at fault.
    pub place: Range<usize>,
    /// What is wrong there.
    pub message: String,
    /// A way out.
    pub help: String,
    /// Other places that explain it, and how.
    pub related: Vec<(Range<usize>, String)>,
}

/// A text that can be read.
#[derive(Debug)]
pub(super) struct Repaired {
    /// The text; nothing if no repair was found within the bounds.
    pub text: Option<String>,
    /// Where what is in it came from.
    pub origin: Origin,
    /// What was wrong, at least one fault.
    pub faults: Vec<Fault>,
    /// What is not read, in order of place.
    pub lost: Vec<Range<usize>>,
    /// The lines that are read otherwise than they stand, and those on which that was noticed, in order of place.
    pub mended: Vec<Range<usize>>,
}

/// Repairs a text in which the parser finds a fault.
pub(super) fn repair(text: &str) -> Repaired {
    let mut repair = Repair {
        lines: Lines::new(text.to_owned()),
        origin: Origin::new(),
        touched: Vec::new(),
        budget: text.len().saturating_mul(PARSES).clamp(*BUDGET.start(), *BUDGET.end()),
    };
    let (mut faults, mut lost, mut mended) = (Vec::new(), Vec::new(), Vec::new());
    let mut failure = repair.first_failure(text);
    let mut complete = true;
    while let Some(found) = failure.take() {
        let edit = (faults.len() < MAXIMUM_FAULTS).then(|| repair.best_edit(&found)).flatten();
        if !repair.follows(&found) {
            faults.push(repair.fault(&found, edit.as_ref().map(|(edit, _)| edit)));
        }
        let Some((edit, next)) = edit else {
            complete = false;
            break;
        };
        let line = |at: usize| repair.origin.range(&repair.lines.visible(repair.lines.of(at)));
        lost.extend(edit.lost().map(|range| repair.origin.range(&range)));
        // Where tabs are the rule, it is clear what their depth means.
        let doubtful = if edit.what == What::Tabs && edit.splices.len() > 1 { 0 } else { edit.splices.len() };
        let changed = edit.splices.iter().take(doubtful).map(|(range, _)| line(range.end));
        mended.extend(changed.chain([line(found.at)]));
        repair.apply(&edit, &found);
        failure = next;
    }
    lost.sort_by_key(|range| range.start);
    mended.sort_by_key(|range| range.start);
    Repaired { text: complete.then(|| repair.lines.into_text()), origin: repair.origin, faults, lost, mended }
}

/// Where the parser stopped.
struct Failure {
    at: usize,
    message: String,
    /// The quoted text over several lines that it had read last, or was reading, if that ends at the fault.
    quoted: Option<Range<usize>>,
    /// Where the innermost flow collection begins.
    flow: Option<usize>,
    /// Where the outermost one around that begins.
    outermost: Option<usize>,
    /// Does the text end before that is closed?
    unclosed: bool,
}

struct Repair {
    lines: Lines,
    origin: Origin,
    /// The lines that were changed, with those on which the faults were noticed.
    touched: Vec<Range<usize>>,
    /// So many bytes may still be parsed.
    budget: usize,
}

impl Repair {
    fn apply(&mut self, edit: &Edit, failure: &Failure) {
        let changed = edit.splices.iter().map(|(range, _)| self.lines.of(range.start));
        let noticed = self.lines.of(failure.at);
        let first = changed.clone().chain([noticed]).min().unwrap_or(noticed);
        let last = changed.chain([noticed]).max().unwrap_or(noticed);
        self.touched.push(first..last + 1);
        self.origin.apply(edit);
        self.lines = Lines::new(edit.apply(self.lines.text()));
    }

    /// The first fault of a text.
    fn first_failure(&mut self, text: &str) -> Option<Failure> {
        let mut quoted: Option<Range<usize>> = None;
        // The collections that are open: where each begins, if it is one in flow style.
        let mut open: Vec<Option<usize>> = Vec::new();
        // Faults of brackets are noticed before the collections around them are reported.
        let root = text.len() - text.trim_start().len();
        let root = Some(root).filter(|root| text.get(*root..).is_some_and(|text| text.starts_with(['{', '['])));
        let mut read = 0;
        for next in parse(text) {
            let (event, span) = match next {
                Ok(next) => next,
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                    self.budget = self.budget.saturating_sub(at);
                    let quoted = quoted.filter(|range| ends_at(text, range, at)).or_else(|| unclosed(text, read, at));
                    let unclosed = matches!(error.kind(), ErrorKind::UnclosedFlowCollection { .. });
                    let (flow, outermost) = (open.last().copied().flatten(), open.iter().copied().find_map(|at| at));
                    let (flow, outermost) = (flow.or(root), outermost.or(root));
                    return Some(Failure { at, message: error.info(), quoted, flow, outermost, unclosed });
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

    /// The best edit, with the fault that is next after it: of those that bring the parser well past the fault the one that
    /// costs least, where it counts how many others bring it further; or else the one that brings it furthest.
    fn best_edit(&mut self, failure: &Failure) -> Option<(Edit, Option<Failure>)> {
        let mut tried: Vec<Trial> = Vec::new();
        let mut short: Option<Trial> = None;
        for edit in candidates(&self.lines, failure) {
            if self.budget == 0 {
                break;
            }
            self.budget = self.budget.saturating_sub(self.lines.text().len() / COPIES);
            let text = edit.apply(self.lines.text());
            if text == self.lines.text() {
                continue;
            }
            let mut origin = Origin::new();
            origin.apply(&edit);
            let next = self.first_failure(&text);
            let reach = next.as_ref().map_or(usize::MAX, |next| origin.of(next.at));
            let near = next.is_some() && self.is_near(self.lines.of(reach), failure, &edit);
            let trial = Trial { reach, edit, next };
            match near || reach <= failure.at {
                false => tried.push(trial),
                true if reach > short.as_ref().map_or(failure.at, |short| short.reach) => short = Some(trial),
                true => {}
            }
            // All that follow cost more.
            if reach == usize::MAX {
                break;
            }
        }
        let mut reaches: Vec<usize> = tried.iter().map(|trial| trial.reach).collect();
        reaches.sort_unstable_by(|one, other| other.cmp(one));
        reaches.dedup();
        let further = |trial: &Trial| reaches.iter().take_while(|reach| **reach > trial.reach).count();
        let best = tried.into_iter().min_by_key(|trial| trial.edit.cost + SHORTER * further(trial)).or(short)?;
        Some((best.edit, best.next))
    }

    /// Is the line of the next fault that of this one, or directly below what was edited?
    fn is_near(&self, next: usize, failure: &Failure, edit: &Edit) -> bool {
        self.lines.adjoin(self.lines.of(edit.end().max(failure.at)), next)
    }

    /// Is this fault a consequence of one that was repaired: does it stand in what was changed, or right behind it?
    fn follows(&self, failure: &Failure) -> bool {
        let line = self.lines.of(failure.at);
        self.touched.iter().any(|touched| line >= touched.start && self.lines.adjoin(touched.end - 1, line))
    }

    /// The end of a text that ends within a collection in flow style.
    fn cut_off(&self, failure: &Failure) -> Option<Range<usize>> {
        let end = self.lines.text().trim_end_matches(['\n', '\r']).len();
        (failure.unclosed && failure.flow.is_some()).then_some(end..end)
    }

    /// What is mostly wrong with a line that cannot be read.
    fn advice(&self, line: usize) -> &'static str {
        let has_space = |line: &str| line.contains(": ") || line.trim_end().ends_with(':');
        let text = self.lines.line(line).trim();
        let before = self.lines.before(line).map_or("", |before| self.lines.line(before)).trim();
        if text.matches(": ").count() > 1 {
            "put a text in quotes that has a colon and a space in it"
        } else if before.contains(':') && !has_space(before) && !before.starts_with(['#', '-', '"', '\'']) {
            "a space must follow the colon of the line before"
        } else {
            "check the indentation and the quotes around this place"
        }
    }

    /// What is said of a fault, in places of the text that was given.
    fn fault(&self, failure: &Failure, edit: Option<&Edit>) -> Fault {
        let mut fault = self.fault_here(failure, edit);
        fault.place = self.origin.range(&fault.place);
        for (place, _) in &mut fault.related {
            *place = self.origin.range(place);
        }
        fault
    }

    fn fault_here(&self, failure: &Failure, edit: Option<&Edit>) -> Fault {
        let lines = &self.lines;
        let at = match edit.map(|edit| &edit.what) {
            // An end that is missing is noticed at a beginning, which may be far from the slip.
            Some(What::Insertion { at, .. } | What::Removal { at, .. }) if failure.unclosed => *at,
            _ => failure.at,
        };
        let end = lines.text().get(at..).and_then(|rest| rest.chars().next()).filter(|next| *next != '\n');
        let place = at..at + end.map_or(0, char::len_utf8);
        if let Some(quoted) = &failure.quoted {
            let line_end = lines.range(lines.of(quoted.start)).end;
            return Fault {
                place: quoted.start..line_end.min(quoted.end),
                message: "this quoted text is not closed on its line, and what follows it cannot be read".to_owned(),
                help: "close the quote".to_owned(),
                related: vec![(place, "noticed here".to_owned())],
            };
        }
        let flow = failure.flow.map(|flow| flow..flow + 1);
        let end = edit.is_none_or(|edit| matches!(edit.what, What::End | What::Blank));
        if let Some(end) = self.cut_off(failure).filter(|_| end) {
            let message = "the text ends before all that it opens is closed".to_owned();
            let related = flow.map(|flow| (flow, "this is not closed".to_owned())).into_iter().collect();
            return Fault { place: end, message, help: "is the end of the file missing?".to_owned(), related };
        }
        let line = lines.of(failure.at);
        let mut message = failure.message.clone();
        let mut related = Vec::new();
        let help = match edit.map(|edit| &edit.what) {
            _ if lines.is_tabbed(line) => {
                message = "YAML is indented with spaces, and here is a tab".to_owned();
                "replace the tabs at the beginning of lines by spaces".to_owned()
            }
            Some(What::Indentation { line: moved, spaces }) => {
                let there = if *moved == line { "this line" } else { "the line that is marked" };
                if *moved != line {
                    related.push((lines.visible(*moved), "indented unlike what follows".to_owned()));
                }
                format!("indent {there} by {spaces} spaces, or check the lines around it")
            }
            Some(What::Insertion { at, missing }) if missing == " " => {
                related.push((at.saturating_sub(1)..*at, "no space follows".to_owned()));
                "a space must follow the colon of a key".to_owned()
            }
            Some(What::Insertion { at, missing }) => {
                related.push((*at..*at, format!("`{missing}` here?")));
                format!("a `{missing}` may be missing")
            }
            Some(What::Removal { at, extra }) => {
                related.push((*at..*at + extra.len(), "this one?".to_owned()));
                format!("a `{extra}` may be too much")
            }
            Some(What::Quotes) => "put the text in quotes".to_owned(),
            _ => self.advice(line).to_owned(),
        };
        let around = flow.filter(|flow| lines.of(flow.start) < line);
        related.extend(around.map(|flow| (flow, "inside what begins here".to_owned())));
        Fault { place, message, help, related }
    }
}

/// What became of the text by an edit.
struct Trial {
    edit: Edit,
    /// How far the parser gets, as a place in the text before the edit.
    reach: usize,
    /// Where it stops.
    next: Option<Failure>,
}

/// Does a text of several lines end on the line of the fault, or the one before?
fn ends_at(text: &str, quoted: &Range<usize>, at: usize) -> bool {
    let ends = |range: Range<usize>| text.get(range).map(|text| text.matches('\n').take(2).count());
    ends(quoted.clone()).is_some_and(|ends| ends > 0) && ends(quoted.end..at).is_some_and(|ends| ends < 2)
}

/// The quoted text that the parser was reading at the fault: the first after `read` that is not closed on its line.
fn unclosed(text: &str, read: usize, at: usize) -> Option<Range<usize>> {
    let mut begin = read;
    for line in text.get(read..at)?.split_inclusive('\n') {
        let mut open: Option<(usize, char)> = None;
        let mut before = ' ';
        for (offset, character) in line.trim_end_matches(['\n', '\r']).char_indices() {
            match (open, character) {
                (None, '"' | '\'') if ":-[,{ ".contains(before) => open = Some((begin + offset, character)),
                (None, '#') if before == ' ' => break,
                (Some((_, quote)), _) if character == quote && before != '\\' => open = None,
                _ => {}
            }
            before = character;
        }
        if let Some((start, _)) = open.filter(|_| line.ends_with('\n')) {
            return Some(start..at);
        }
        begin += line.len();
    }
    None
}
