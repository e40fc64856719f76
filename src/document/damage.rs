//! Faults that are no more than consequences of a text that is not well-formed: what stood in the lines that could not be
//! read is not missing.

use super::structure::{EMPTY_LIST, MISSING_FIELD, UNSUPPORTED_VERSION};
use crate::reference::{Files, UNRESOLVED_REFERENCE};
use crate::source::{Diagnostic, Diagnostics, Rule, Span};
use crate::syntax::Node;

/// Rules about what is not there, at the element that should have it.
static ABSENCE: [&Rule; 3] = [&MISSING_FIELD, &EMPTY_LIST, &UNSUPPORTED_VERSION];

/// Leaves out what may be a consequence of the damage in the files.
pub fn without_consequences(files: &Files, found: Diagnostics) -> Diagnostics {
    let mut kept = Diagnostics::default();
    kept.extend(found.into_iter().filter(|diagnostic| !is_consequence(files, diagnostic)));
    kept
}

fn is_consequence(files: &Files, diagnostic: &Diagnostic) -> bool {
    // The target may stand in what was left out of any file.
    if diagnostic.rule.id == UNRESOLVED_REFERENCE.id {
        return true;
    }
    let mut place = diagnostic.span;
    if ABSENCE.iter().any(|rule| rule.id == diagnostic.rule.id)
        && let Some(element) = element(files, diagnostic)
    {
        place.end = place.end.max(element.span().end);
    }
    files.trees().damage().any(|damage| touches(files, place, damage))
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

/// Does damage lie within a place, or follow it with nothing but its own line between?
fn touches(files: &Files, place: Span, damage: Span) -> bool {
    if place.source != damage.source || damage.end < place.start {
        return false;
    }
    let between = files
        .sources()
        .get(place.source)
        .and_then(|source| source.text().get(place.end as usize..damage.start as usize).map(str::trim_start));
    // The rest of the line, such as the `:` behind a key, may stand between.
    between.is_none_or(|between| !between.trim_end().contains('\n'))
}
