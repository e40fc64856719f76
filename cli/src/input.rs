//! Documents and schemas that the user names: opened, and what is found in them shown.

use crate::terminal;
use std::path::{Path, PathBuf};
use tidings::reference::{Files, Policy};
use tidings::source::{Diagnostics, SourceId, Sources, render_text};

/// A file with all that it refers to, and what was found in it so far.
pub struct Input {
    /// The files.
    pub files: Files,
    /// The one that the user named.
    pub root: SourceId,
    /// What was found.
    pub diagnostics: Diagnostics,
}

/// Opens a file. References may lead into its own folder, the one the user works in, and those that were allowed. `None`
/// when it cannot be read; then that was said.
pub fn open(path: &Path, allowed_roots: &[PathBuf]) -> Option<Input> {
    let allowed_roots = terminal::current_folder().into_iter().chain(allowed_roots.iter().cloned()).collect();
    let mut files = Files::new(Policy { allowed_roots, ..Policy::default() });
    let mut diagnostics = Diagnostics::default();
    match files.open(path, &mut diagnostics) {
        Ok(root) => Some(Input { files, root, diagnostics }),
        Err(error) => {
            terminal::say(&format!("error: cannot read {}: {error}", path.display()));
            None
        }
    }
}

/// Shows diagnostics with excerpts on standard error.
pub fn show(diagnostics: &Diagnostics, sources: &Sources) {
    let text = render_text(diagnostics.iter(), sources, terminal::colour());
    if !text.is_empty() {
        terminal::say(text.trim_end());
        terminal::say("");
    }
}
