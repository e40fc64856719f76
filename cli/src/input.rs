//! Documents and schemas that the user names: opened, and what is found in them shown.

use crate::configuration::Configuration;
use crate::terminal;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use tidings::config::Config;
use tidings::reference::{Fetch, Files, Policy};
use tidings::source::{Diagnostics, SourceId, Sources, printable, render_text};

/// What reports call standard input: as the user named it.
pub const STANDARD_INPUT: &str = "-";

/// A file with all that it refers to, and what was found in it so far.
pub struct Input {
    /// The files.
    pub files: Files,
    /// The one that the user named.
    pub root: SourceId,
    /// What was found.
    pub diagnostics: Diagnostics,
    /// The configuration that holds.
    pub config: Rc<Config>,
}

/// How files are opened in a run.
pub struct Opener {
    allowed_roots: Vec<PathBuf>,
    fetcher: Option<Arc<dyn Fetch>>,
    /// What is decided.
    pub configuration: Configuration,
}

impl Opener {
    /// References may lead into a document's own folder, the one the user works in, those that the configuration allows,
    /// and these.
    pub fn new(allowed_roots: &[PathBuf], configuration: Configuration, fetcher: Option<Arc<dyn Fetch>>) -> Self {
        let allowed_roots = terminal::current_folder().into_iter().chain(allowed_roots.iter().cloned()).collect();
        Self { allowed_roots, fetcher, configuration }
    }

    /// Opens a file, or standard input. `None` when it cannot be read, or the configuration; then that was said.
    pub fn open(&self, path: &Path) -> Option<Input> {
        let config = self.configuration.config()?;
        let allowed_roots = self.allowed_roots.iter().chain(config.allow_roots()).cloned().collect();
        let mut files = Files::new(Policy { allowed_roots, fetcher: self.fetcher.clone() });
        let mut diagnostics = Diagnostics::default();
        let opened = if path.as_os_str() == STANDARD_INPUT {
            terminal::read_standard_input()
                .map(|text| files.add(STANDARD_INPUT, Some(Path::new(STANDARD_INPUT)), text, &mut diagnostics))
        } else {
            files.open(path, &mut diagnostics)
        };
        match opened {
            Ok(root) => Some(Input { files, root, diagnostics, config }),
            Err(error) => {
                let path = path.display().to_string();
                terminal::say(&format!("error: cannot read {}: {error}", printable(&path)));
                None
            }
        }
    }
}

/// Opens a file with the configuration that is found. `None` when it cannot be read; then that was said.
pub fn open(path: &Path, allowed_roots: &[PathBuf]) -> Option<Input> {
    Opener::new(allowed_roots, Configuration::default(), None).open(path)
}

/// Shows diagnostics with excerpts on standard error.
pub fn show(diagnostics: &Diagnostics, sources: &Sources) {
    let text = render_text(diagnostics.iter(), sources, terminal::colour());
    if !text.is_empty() {
        terminal::say(text.trim_end());
        terminal::say("");
    }
}
