//! A configuration applied to what was found in a document.

use super::{Config, LITERAL_SEPARATORS, custom};
use crate::reference::Files;
use crate::source::{Diagnostic, Diagnostics, SourceId};

impl Config {
    /// Applies the organisation's own rules to a document that was opened.
    pub fn check(&self, files: &Files, source: SourceId, diagnostics: &mut Diagnostics) {
        if let Some(root) = files.root(source) {
            custom::check(&self.rules, files, root, diagnostics);
        }
    }

    /// Sets the severities of what was found, and drops what is off or excused.
    #[must_use]
    pub fn applied(&self, files: &Files, diagnostics: Diagnostics) -> Diagnostics {
        let mut kept = Diagnostics::default();
        for mut diagnostic in diagnostics {
            if self.ignores(files, &diagnostic) {
                continue;
            }
            if let Some(level) = self.severities.get(diagnostic.rule.id) {
                match level.severity() {
                    Some(severity) => diagnostic.severity = severity,
                    None => continue,
                }
            }
            kept.push(diagnostic);
        }
        kept
    }

    fn ignores(&self, files: &Files, diagnostic: &Diagnostic) -> bool {
        let file = files.sources().name(diagnostic.span);
        self.ignored.iter().any(|ignored| {
            ignored.rule.as_ref().is_none_or(|rule| rule == diagnostic.rule.id)
                && ignored.path.matches_with(&diagnostic.pointer, LITERAL_SEPARATORS)
                && ignored.file.as_ref().is_none_or(|pattern| pattern.matches_with(file, LITERAL_SEPARATORS))
        })
    }
}
