//! Which `tidings.toml` holds for a document.
//!
//! In: what the user chose. Out: a [`Config`] for each document; each file is read once in a run, and its faults are shown
//! once.

use crate::{input, terminal};
use clap::Args;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tidings::config::{self, Config};
use tidings::source::{Diagnostics, Sources};

/// The options of a command that is configured.
#[derive(Args, Clone, Default)]
pub struct Choice {
    /// The configuration for all documents, instead of the nearest tidings.toml in the folder of each or above
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Reads no tidings.toml
    #[arg(long)]
    no_config: bool,
}

/// The configurations of a run.
#[derive(Default)]
pub struct Configurations {
    choice: Choice,
    /// By path; nothing for one that is at fault.
    read: RefCell<BTreeMap<PathBuf, Option<Rc<Config>>>>,
    none: Rc<Config>,
}

impl Configurations {
    /// As the user chose.
    pub fn new(choice: &Choice) -> Self {
        Self { choice: choice.clone(), ..Self::default() }
    }

    /// The configuration for a document; `None` when it is at fault, which was said.
    pub fn holding_for(&self, document: &Path) -> Option<Rc<Config>> {
        if self.choice.no_config {
            return Some(Rc::clone(&self.none));
        }
        let file = match &self.choice.config {
            Some(file) => Some(file.clone()),
            None => std::path::absolute(document).ok().and_then(|document| config::find(&document)),
        };
        let Some(file) = file else { return Some(Rc::clone(&self.none)) };
        if let Some(known) = self.read.borrow().get(&file) {
            return known.clone();
        }
        let config = read(&file).map(Rc::new);
        self.read.borrow_mut().insert(file, config.clone());
        config
    }

    /// The configurations that were read.
    pub fn files(&self) -> Vec<PathBuf> {
        self.read.borrow().keys().cloned().collect()
    }
}

/// Reads a file; what is wrong with it is shown.
fn read(path: &Path) -> Option<Config> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            terminal::say(&format!("error: cannot read {}: {error}", path.display()));
            return None;
        }
    };
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = absolute.parent().unwrap_or(Path::new(""));
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let source = sources.add(shown(path), Some(path.to_path_buf()), text);
    let config = Config::read(&sources, source, folder, tidings::rules(), &mut diagnostics);
    input::show(&diagnostics, &sources);
    config
}

/// A path as seen from the current folder, if it lies below.
fn shown(path: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(current).unwrap_or(path).display().to_string()
}
