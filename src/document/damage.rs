//! Faults that are no more than consequences of a text that is not well-formed: what stood in the lines that could not be
//! read is not missing, and what stands on a line that was mended is not what the author meant.

use super::structure::{EMPTY_LIST, MISSING_FIELD, UNSUPPORTED_VERSION, WRONG_TYPE};
use crate::reference::{Files, UNRESOLVED_REFERENCE};
use crate::source::{Diagnostic, Diagnostics, Rule, Span};
use crate::syntax::Node;

/// Rules about an element as a whole, which what stood below or behind it would have satisfied.
static WHOLE: [&Rule; 4] = [&MISSING_FIELD, &EMPTY_LIST, &UNSUPPORTED_VERSION, &WRONG_TYPE];

/// Leaves out what may be a consequence of the damage in the files.
pub fn without_consequences(files: &Files, found: Diagnostics) -> Diagnostics {
    let mut kept = Diagnostics::default();
    kept.extend(found.into_iter().filter(|diagnostic| !is_consequence(files, diagnostic)));
    kept
}

fn is_consequence(files: &Files, diagnostic: &Diagnostic) -> bool {
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
