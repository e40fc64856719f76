//! Fields that only a later version has: where there are many, not they are wrong but the version that is named.

use super::{At, Walk};
use crate::document::Version;
use crate::document::structure::UNKNOWN_FIELD;
use crate::source::{Diagnostic, Related, Severity};

/// So many places speak against the version that the document names; fewer may each be a slip.
const MANY: usize = 5;

/// Places that are shown beside the first.
const SHOWN: usize = 4;

/// A field that a later version of the same major number has.
pub(super) struct Newer {
    diagnostic: Diagnostic,
    since: Version,
}

impl<'t> Walk<'t, '_> {
    /// Remembers a field that is known since a later version.
    pub(super) fn newer(&mut self, at: At<'t>, since: Version, message: String, help: Option<String>) {
        let diagnostic = self.diagnostic(&UNKNOWN_FIELD, at, message, help);
        self.newer.extend(diagnostic.map(|diagnostic| Newer { diagnostic, since }));
    }

    /// Reports the fields of later versions: each, or if they are many, the first with the version that has them all.
    pub(super) fn report_newer(&mut self) {
        let (newer, advice): (Vec<Newer>, Vec<Newer>) =
            std::mem::take(&mut self.newer).into_iter().partition(|one| one.diagnostic.severity == Severity::Error);
        self.diagnostics.extend(advice.into_iter().map(|one| one.diagnostic));
        let since = newer.iter().map(|one| one.since).max();
        let mut found: Vec<Diagnostic> = newer.into_iter().map(|one| one.diagnostic).collect();
        if let (MANY.., Some(since)) = (found.len(), since) {
            found.sort_by_key(|one| (one.span.source, one.span.start));
            let mut places = found.split_off(1).into_iter();
            if let Some(first) = found.first_mut() {
                let count = places.len();
                first.help = Some(format!(
                    "write `asyncapi: {since}`: {count} other places have fields that version {} does not have",
                    self.version
                ));
                let said = self.document.get("asyncapi").map(|said| (said.span(), "the version stands here"));
                let others = places.by_ref().take(SHOWN).map(|one| (one.span, "such a field, too"));
                let related = said.into_iter().chain(others);
                first.related.extend(related.map(|(span, message)| Related { span, message: message.to_owned() }));
            }
        }
        self.diagnostics.extend(found);
    }
}
