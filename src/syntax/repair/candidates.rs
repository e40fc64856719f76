//! What may help against a fault: small changes near the place where the parser noticed it.
//!
//! In: a text and its first fault. Out: edits, each for one slip of the pen: a bracket, a quote, a colon, the depth of a line;
//! and as a last resort, lines that are given up. Whether one helps, trying shows.

use super::edit::{Edit, What};
use super::lines::Lines;
use super::{Failure, brackets};
use std::collections::HashSet;
use std::ops::Range;

/// Blocks around a fault that are given up as a whole if nothing less helps.
const ENCLOSING_BLOCKS: usize = 3;

/// Blocks of more lines are not moved: who slips, slips with a few.
const MOST_MOVED: usize = 500;

/// What it costs to give up a line and not those below it, which then seem to belong to something else.
const ORPHANS: usize = 8;

/// What begins a text in quotes, or the end of it.
const QUOTES: [char; 2] = ['"', '\''];

/// What may help against a fault, the cheap first.
pub(super) fn candidates(lines: &Lines, failure: &Failure) -> Vec<Edit> {
    let line = lines.of(failure.at);
    let line = if lines.is_blank(line) { lines.before(line).unwrap_or(line) } else { line };
    let site = Site { lines, failure, line, before: lines.before(line), step: lines.step() };
    let mut edits = site.quotes();
    if failure.flow.is_some() {
        edits.extend(site.flow());
    } else {
        edits.extend(site.colons().into_iter().chain(site.depths()));
    }
    edits.extend(site.characters().into_iter().chain(site.losses()));
    let mut known = HashSet::new();
    edits.retain(|edit| known.insert(edit.splices.clone()));
    edits.sort_by_key(|edit| edit.cost);
    edits
}

/// The surroundings of a fault.
struct Site<'s> {
    lines: &'s Lines,
    failure: &'s Failure,
    /// The line on which the fault was noticed.
    line: usize,
    /// The one before, blank ones left out.
    before: Option<usize>,
    /// How much deeper blocks of the text mostly are than what they stand in.
    step: usize,
}

impl Site<'_> {
    /// The line of the fault and the one before.
    fn near(&self) -> impl Iterator<Item = usize> {
        [Some(self.line), self.before].into_iter().flatten()
    }

    /// The characters around the fault are too many.
    fn characters(&self) -> Vec<Edit> {
        let text = self.lines.text();
        let before = text.get(..self.failure.at).unwrap_or("").trim_end();
        let last = before.chars().next_back().map(|last| before.len() - last.len_utf8());
        let here = Some(self.failure.at);
        let in_block = self.failure.flow.is_none();
        let is_sign = |at: &usize| {
            let next = text.get(*at..).and_then(|rest| rest.chars().next());
            next.is_some_and(|next| QUOTES.contains(&next) || "[]{}".contains(next) || !in_block && ",:".contains(next))
        };
        [here, last].into_iter().flatten().filter(is_sign).filter_map(|at| Edit::removal(text, at)).collect()
    }

    /// Quotes that are not closed, or stand twice.
    fn quotes(&self) -> Vec<Edit> {
        let text = self.lines.text();
        let mut edits: Vec<Edit> = self.failure.quoted.iter().flat_map(|quoted| self.closed(quoted.start)).collect();
        for line in self.near() {
            let range = self.lines.visible(line);
            for doubled in ["\"\"", "''"] {
                let found = text.get(range.clone()).unwrap_or("").match_indices(doubled);
                edits.extend(found.filter_map(|(at, _)| Edit::removal(text, range.start + at)));
            }
            let mut quotes = text.get(range.clone()).unwrap_or("").match_indices('"').map(|(at, _)| range.start + at);
            if let Some(first) = quotes.next().filter(|_| quotes.count() % 2 == 0) {
                edits.extend(self.closed(first));
            }
        }
        edits
    }

    /// A text in quotes that begins at a byte, with an end on its line; or without quotes.
    fn closed(&self, start: usize) -> Vec<Edit> {
        let text = self.lines.text();
        let content = text.get(start..self.lines.visible(self.lines.of(start)).end).unwrap_or("");
        let Some(quote) = content.chars().next().filter(|quote| QUOTES.contains(quote)) else { return Vec::new() };
        let in_flow = self.failure.flow.is_some();
        let end = if in_flow { content.trim_end_matches([',', '{', '[', ' ']).len() } else { content.len() };
        let ends = content.find(':').filter(|_| in_flow).into_iter().chain([end]);
        ends.map(|end| Edit::insertion(start + end, quote)).chain(Edit::removal(text, start)).collect()
    }

    /// Commas, colons and brackets that are missing in flow style.
    fn flow(&self) -> Vec<Edit> {
        let text = self.lines.text();
        let end = text.get(..self.failure.at).unwrap_or("").trim_end().len();
        let mut edits = self.closed_on_its_line();
        let is_complete = |line: &usize| !self.lines.line(*line).trim_end().ends_with([',', ':', '{', '[']);
        let comma = self.before.filter(is_complete).map(|before| Edit::insertion(self.lines.visible(before).end, ","));
        edits.extend(comma);
        // Between two values on one line a colon is missing, between those on two a comma.
        let is_one_line = self.lines.of(end) == self.lines.of(self.failure.at);
        let signs = if is_one_line { [":", ",", "}", "]"] } else { [",", ":", "}", "]"] };
        edits.extend(signs.map(|missing| Edit::insertion(end, missing)));
        let opening = self.near().filter(|line| self.lines.line(*line).trim_end().ends_with(':'));
        for end in opening.map(|line| self.lines.visible(line).end) {
            edits.extend(["{", "["].map(|missing| Edit::insertion(end, missing)));
        }
        edits.extend(self.failure.outermost.into_iter().flat_map(|start| brackets::candidates(self.lines, start)));
        edits
    }

    /// A bracket in block style, closed at the end of its line, or taken away.
    fn closed_on_its_line(&self) -> Vec<Edit> {
        let text = self.lines.text();
        let in_block = |start: &usize| text.get(..*start).is_some_and(|before| !before.trim().is_empty());
        let Some(start) = self.failure.flow.filter(|_| self.failure.outermost.as_ref().is_some_and(in_block)) else {
            return Vec::new();
        };
        let closer = if text.get(start..).is_some_and(|rest| rest.starts_with('{')) { "}" } else { "]" };
        let end = self.lines.visible(self.lines.of(start)).end;
        [Some(Edit::insertion(end, closer)), Edit::removal(text, start)].into_iter().flatten().collect()
    }

    /// Colons that are missing, that no space follows, or that stand in a text without quotes.
    fn colons(&self) -> Vec<Edit> {
        let text = self.lines.text();
        let mut edits = Vec::new();
        for line in self.near() {
            let visible = self.lines.visible(line);
            let content = text.get(visible.clone()).unwrap_or("");
            let is_deeper = |after| self.lines.indentation(after) > self.lines.indentation(line);
            if !content.contains(": ") && !content.ends_with(':') && self.lines.after(line).is_some_and(is_deeper) {
                edits.push(Edit::insertion(visible.end, ":"));
            }
            let key = content.find(|character: char| character == ':' || character.is_whitespace());
            let is_word = |word: &str| !word.is_empty() && !word.starts_with(['#', '-', '"', '\'', '{', '[', '|', '>']);
            let split = content.split_once(' ').filter(|(word, _)| is_word(word) && !word.contains(':'));
            edits.extend(split.map(|(word, _)| Edit::insertion(visible.start + word.len(), ":")));
            let glued = key.filter(|at| content.get(*at..).is_some_and(|rest| rest.starts_with(':') && rest.len() > 1));
            if let Some(at) = glued.filter(|at| content.as_bytes().get(at + 1).is_some_and(|next| *next != b' ')) {
                edits.push(Edit::insertion(visible.start + at + 1, " "));
            }
            edits.extend(content.find(": ").and_then(|at| self.quoted(visible.start + at + 2..visible.end)));
        }
        edits
    }

    /// A value, put in quotes that it does not have itself.
    fn quoted(&self, range: Range<usize>) -> Option<Edit> {
        let value = self.lines.text().get(range.clone())?;
        let quote = QUOTES.into_iter().rev().find(|quote| !value.contains(*quote) && !value.contains('\\'))?;
        let splices = [range.start, range.end].map(|at| (at..at, quote.to_string()));
        (!value.trim().is_empty()).then(|| Edit { splices: splices.into(), what: What::Quotes, cost: 2 })
    }

    /// Lines that do not stand in line with the others.
    fn depths(&self) -> Vec<Edit> {
        let mut edits = Vec::new();
        // A line that stands out is mostly noticed on the next one that does not.
        let first = self.first_of_block().filter(|first| *first != self.line);
        let tabbed = self.lines.after(self.line).filter(|after| self.lines.is_tabbed(*after));
        for target in [first, self.before, self.lines.opener(self.line), Some(self.line), tabbed].into_iter().flatten()
        {
            for spaces in self.depths_of(target) {
                edits.extend(self.moved(target..target + 1, spaces));
                edits.extend(self.moved(self.lines.block(target), spaces));
            }
        }
        edits.extend(self.tabs());
        edits
    }

    /// The first of the lines that should stand in line with that of the fault.
    fn first_of_block(&self) -> Option<usize> {
        match self.lines.opener(self.line) {
            Some(opener) => self.lines.after(opener),
            None if self.lines.is_blank(0) => self.lines.after(0),
            None => Some(0),
        }
    }

    /// The depths at which a line may be meant to stand: those around it of the blocks that are open there.
    fn depths_of(&self, line: usize) -> Vec<usize> {
        let lines = self.lines;
        let own = lines.indentation(line);
        let before = lines.before(line);
        let open = std::iter::successors(before, |line| lines.opener(*line));
        let open: Vec<usize> =
            open.flat_map(|line| lines.item(line).into_iter().chain([lines.indentation(line)])).collect();
        let spaces = lines.line(line).bytes().take(own).filter(|byte| *byte == b' ').count();
        let without_tabs = Some(spaces).filter(|spaces| *spaces < own);
        let below = open.iter().copied().find(|depth| *depth < own);
        let above = open.iter().copied().rev().find(|depth| *depth > own);
        let last = open.first().copied();
        let child = before.filter(|before| lines.opens(*before)).map(|before| lines.indentation(before) + 2);
        let noticed = (line != self.line).then(|| lines.indentation(self.line));
        let next = lines.after(line).map(|after| lines.indentation(after));
        let mut depths: Vec<usize> = Vec::new();
        let around = [without_tabs, noticed, last, below, above, child, next].into_iter().flatten();
        for depth in around.chain(open.iter().copied().filter(|_| without_tabs.is_some())) {
            if (depth != own || without_tabs.is_some()) && !depths.contains(&depth) {
                depths.push(depth);
            }
        }
        depths
    }

    /// Lines, moved so that the first stands at a depth; nothing if it would lose the block that it begins.
    fn moved(&self, moved: Range<usize>, spaces: usize) -> Option<Edit> {
        let lines = self.lines;
        let first = moved.start;
        let own = lines.indentation(first);
        if moved.len() > MOST_MOVED || moved.len() == 1 && !self.keeps_block(first, spaces) {
            return None;
        }
        let splice = |line: usize| {
            let depth = lines.indentation(line);
            let start = lines.range(line).start;
            Some((start..start + depth, " ".repeat((depth + spaces).checked_sub(own)?)))
        };
        let splices: Vec<_> = moved.clone().filter(|line| !lines.is_blank(*line)).map(splice).collect::<Option<_>>()?;
        let cost = splices.len() + self.oddities(moved, spaces);
        Some(Edit { splices, what: What::Indentation { line: first, spaces }, cost })
    }

    /// Would a line still begin a block, if it does, when it stood at a depth?
    fn keeps_block(&self, line: usize, spaces: usize) -> bool {
        let lines = self.lines;
        let below = lines.after(line).filter(|_| lines.opens(line));
        below.is_none_or(|below| {
            let depth = lines.indentation(below);
            depth > spaces || depth == spaces && lines.line(below).trim_start().starts_with('-')
        })
    }

    /// What would look odd if lines were moved: of ways that cost the same, the one is meant after which the document looks
    /// as its other lines do.
    fn oddities(&self, moved: Range<usize>, spaces: usize) -> usize {
        let lines = self.lines;
        let first = moved.start;
        let before = lines.before(first);
        let above = std::iter::successors(before, |line| lines.opener(*line)).map(|line| lines.indentation(line));
        let step_above = above.into_iter().find(|depth| *depth < spaces).map(|depth| spaces - depth);
        let below = lines.after(first).filter(|_| moved.len() == 1 && lines.opens(first));
        let step_below = below.and_then(|below| lines.indentation(below).checked_sub(spaces)).filter(|step| *step > 0);
        let is_childless = |before| lines.opens(before) && lines.indentation(before) >= spaces;
        let around =
            lines.opener(self.line).filter(|around| !moved.contains(around)).and_then(|line| lines.before(line));
        let odd = [
            around.is_some_and(|around| !self.keeps_block(around, lines.indentation(around))),
            step_above.is_some_and(|step| step != self.step),
            step_below.is_some_and(|step| step != self.step),
            before.is_some_and(is_childless),
            !moved.contains(&self.line) && !self.keeps_block(self.line, lines.indentation(self.line)),
        ];
        odd.into_iter().filter(|odd| *odd).count()
    }

    /// Every tab at the beginning of a line becomes a space.
    fn tabs(&self) -> Option<Edit> {
        self.near().chain(self.lines.after(self.line)).find(|line| self.lines.is_tabbed(*line))?;
        let last = self.lines.of(self.lines.text().len());
        let tabbed = (0..=last).filter(|line| self.lines.is_tabbed(*line));
        let splice = |line: usize| {
            let (start, depth) = (self.lines.range(line).start, self.lines.indentation(line));
            (start..start + depth, " ".repeat(depth))
        };
        let splices: Vec<_> = tabbed.map(splice).collect();
        let cost = splices.len();
        Some(Edit { splices, what: What::Tabs, cost })
    }

    /// The last line, where the text breaks off in the middle of it.
    fn cut(&self, line: usize) -> Option<Edit> {
        let lines = self.lines;
        let is_last = lines.after(line).is_none() && !lines.text().ends_with('\n') && self.failure.flow.is_none();
        is_last.then(|| Edit { what: What::End, cost: 0, ..Edit::blank(lines, line..line + 1) })
    }

    /// Lines that are given up.
    fn losses(&self) -> Vec<Edit> {
        let lines = self.lines;
        let flow = self.failure.flow.map(|flow| lines.of(flow));
        let quoted = self.failure.quoted.as_ref().map(|quoted| lines.of(quoted.start));
        let mut edits: Vec<Edit> = flow.map(|flow| Edit::blank(lines, lines.block(flow))).into_iter().collect();
        edits.extend(self.cut(quoted.unwrap_or(self.line)));
        for line in quoted.into_iter().chain(self.near()) {
            let block = lines.block(line);
            let mut single = Edit::blank(lines, line..line + 1);
            single.cost += if block.len() > 1 { ORPHANS } else { 0 };
            edits.push(single);
            edits.push(Edit::blank(lines, block));
        }
        let openers = std::iter::successors(lines.opener(self.line), |inner| lines.opener(*inner));
        edits.extend(openers.take(ENCLOSING_BLOCKS).map(|opener| Edit::blank(lines, lines.block(opener))));
        edits
    }
}
