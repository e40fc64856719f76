//! Faults that are no more than consequences of others: what stood in lines that could not be read is not missing, what
//! stands on a line that was mended is not what the author meant, and what slipped out of its place is missed elsewhere.
//!
//! In: all that was found in a document. Out: the same without consequences; of a cause and its consequences the cause stays.

use super::structure::{self, EMPTY_LIST, MISSING_FIELD, UNKNOWN_FIELD, UNSUPPORTED_VERSION, WRONG_TYPE};
use crate::reference::{Files, UNRESOLVED_REFERENCE};
use crate::source::{Diagnostic, Diagnostics, Rule, Severity, Span};
use crate::syntax::{Entry, Node, NodeId};
use std::collections::{HashMap, HashSet};

/// Rules about an element as a whole, which what stood below or behind it would have satisfied.
static WHOLE: [&Rule; 4] = [&MISSING_FIELD, &EMPTY_LIST, &UNSUPPORTED_VERSION, &WRONG_TYPE];

/// So far below a key that slipped something may be missed elsewhere, or be misread.
const DEPTH: usize = 2;

/// So many names of what slipped are looked for.
const MOST_NAMES: usize = 10_000;

/// Leaves out what is a consequence of something else that is wrong, or may be one of the damage in the files.
pub fn without_consequences(files: &Files, found: Diagnostics) -> Diagnostics {
    let slips = Slips::new(files, &found);
    let mut kept = Diagnostics::default();
    kept.extend(
        found.into_iter().filter(|one| !is_consequence_of_damage(files, one) && !slips.have_consequence(files, one)),
    );
    kept
}

fn is_structural(diagnostic: &Diagnostic) -> bool {
    structure::RULES.iter().any(|rule| rule.id == diagnostic.rule.id)
}

/// Keys that do not stand where they were meant to: those that are no fields of their object, and those with nothing below
/// them where something is needed.
#[derive(Default)]
struct Slips<'f> {
    /// What they and the keys below them are called.
    names: HashSet<&'f str>,
    /// Objects with the place of a key that has nothing below it; what should stand there seems to follow beside it.
    torn: HashMap<NodeId, Span>,
    /// Those keys.
    empty: HashSet<NodeId>,
}

impl<'f> Slips<'f> {
    fn new(files: &'f Files, found: &Diagnostics) -> Self {
        let mut slips = Self::default();
        let errors = || found.iter().filter(|one| one.severity == Severity::Error && is_structural(one));
        let elements: Vec<(&Diagnostic, Node<'f>)> =
            errors().filter_map(|one| Some((one, element(files, one)?))).collect();
        // The last fault right below each object.
        let mut last: HashMap<NodeId, u32> = HashMap::new();
        for (one, parent) in elements.iter().filter_map(|(one, node)| Some((one, node.parent()?))) {
            let last = last.entry(parent.id()).or_default();
            *last = one.span.start.max(*last);
        }
        for (one, node) in elements {
            let Some((entry, parent)) = node.own_entry().zip(node.parent()) else { continue };
            let is_followed = last.get(&parent.id()).is_some_and(|last| *last > entry.key_span.start);
            if node.is_empty() && is_followed {
                slips.torn.entry(parent.id()).or_insert(entry.key_span);
                slips.empty.insert(node.id());
                let behind = parent.entries().filter(|other| other.key_span.start >= entry.key_span.start);
                behind.for_each(|entry| slips.name(entry, DEPTH));
            } else if one.rule.id == UNKNOWN_FIELD.id {
                slips.name(entry, DEPTH);
            }
        }
        slips
    }

    fn name(&mut self, entry: Entry<'f>, depth: usize) {
        if self.names.len() < MOST_NAMES {
            self.names.insert(entry.key);
            if let Some(depth) = depth.checked_sub(1) {
                entry.value.entries().for_each(|entry| self.name(entry, depth));
            }
        }
    }

    /// Is this what became of something that slipped, or of something that it is missed by?
    fn have_consequence(&self, files: &Files, diagnostic: &Diagnostic) -> bool {
        let is_structural = is_structural(diagnostic);
        if !is_structural && self.are_named(files, diagnostic.span) {
            return true;
        }
        let Some(node) = element(files, diagnostic) else { return false };
        if self.empty.contains(&node.id()) {
            return !is_structural;
        }
        let mut within = std::iter::successors(Some(node), |node| node.parent()).take(DEPTH + 1);
        within.any(|node| {
            let torn = node.parent().and_then(|parent| self.torn.get(&parent.id()));
            torn.zip(node.own_entry()).is_some_and(|(torn, entry)| entry.key_span.start > torn.start)
        })
    }

    /// Does the text at a place name something that slipped, by itself or on the way of a reference?
    fn are_named(&self, files: &Files, place: Span) -> bool {
        let source = files.sources().get(place.source);
        let text = source.and_then(|source| source.text().get(place.start as usize..place.end as usize));
        let names = |text: &str| {
            let text = text.trim_matches(['"', '\'']);
            let mut segments = text.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~"));
            self.names.contains(text) || segments.any(|segment| self.names.contains(segment.as_str()))
        };
        !self.names.is_empty() && text.is_some_and(names)
    }
}

fn is_consequence_of_damage(files: &Files, diagnostic: &Diagnostic) -> bool {
    if files.trees().mended().any(|mended| mended.has_start_of(diagnostic.span)) {
        return true;
    }
    // The target may stand in what was left out of any file.
    if diagnostic.rule.id == UNRESOLVED_REFERENCE.id {
        return files.trees().is_incomplete();
    }
    let mut place = diagnostic.span;
    let whole = WHOLE.iter().any(|rule| rule.id == diagnostic.rule.id);
    if let Some(element) = element(files, diagnostic).filter(|_| whole) {
        place.end = place.end.max(element.span().end);
    }
    files.trees().damage().any(|damage| damage.overlaps(place) || whole && follows(files, place, damage))
}

/// The element that a diagnostic names.
fn element<'f>(files: &'f Files, diagnostic: &Diagnostic) -> Option<Node<'f>> {
    let mut node = files.root(diagnostic.span.source)?;
    for segment in diagnostic.pointer.split('/').skip(1) {
        let key = segment.replace("~1", "/").replace("~0", "~");
        node = match segment.parse::<usize>() {
            Ok(index) if node.is_array() => node.items().nth(index)?,
            _ => node.get(&key)?,
        };
    }
    Some(node)
}

/// Does damage follow a place with nothing between but the rest of the line, such as the `:` behind a key?
fn follows(files: &Files, place: Span, damage: Span) -> bool {
    let source = files.sources().get(place.source).filter(|_| place.source == damage.source);
    let between = source.and_then(|source| source.text().get(place.end as usize..damage.start as usize));
    between.is_some_and(|between| !between.trim().contains('\n'))
}
