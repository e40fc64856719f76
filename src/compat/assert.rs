//! Compatibility as a test: for the repository that holds the document.

use super::{Api, Outcome, diff, text};
use crate::document::Document;
use crate::reference::{Files, Policy};
use crate::source::Diagnostics;
use std::path::Path;

/// Fails a test when the new version of a document breaks anybody who works by the old one.
///
/// # Panics
/// With the rendered report when something breaks; with what is wrong when a document is invalid or cannot be read.
///
/// ```no_run
/// #[test]
/// fn nobody_is_hurt() {
///     tidings::compat::assert_compatible("released/asyncapi.yaml", "asyncapi.yaml");
/// }
/// ```
#[track_caller]
pub fn assert_compatible(old: impl AsRef<Path>, new: impl AsRef<Path>) {
    let breaks = breaks(old.as_ref(), new.as_ref());
    assert!(breaks.is_none(), "{}", breaks.unwrap_or_default());
}

/// What breaks, or what is wrong with a document.
fn breaks(old: &Path, new: &Path) -> Option<String> {
    let ((old_files, old), (new_files, new)) = match (read(old), read(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(report), _) | (_, Err(report)) => return Some(report),
    };
    let report = diff(Api { files: &old_files, document: &old }, Api { files: &new_files, document: &new });
    (report.verdict == Outcome::Breaking).then(|| text(&report))
}

fn read(path: &Path) -> Result<(Files, Document), String> {
    let allowed_roots = std::env::current_dir().into_iter().collect();
    let mut files = Files::new(Policy { allowed_roots, ..Policy::default() });
    let mut diagnostics = Diagnostics::default();
    let source =
        files.open(path, &mut diagnostics).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    match crate::read(&mut files, source, &mut diagnostics) {
        Some(document) => Ok((files, document)),
        None => Err(diagnostics.to_text(files.sources())),
    }
}
