//! Which `tidings.toml` holds for a run.
//!
//! In: what the user chose, and the folder they work in. Out: one [`Config`] for all documents, read once; its faults are
//! shown once.

use crate::{input, terminal};
use clap::Args;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tidings::compat::{self, Mode, Profile};
use tidings::config::{self, Config, Known};
use tidings::source::{Diagnostics, Sources};

/// The options of a command that is configured.
#[derive(Args, Clone, Default)]
pub struct Choice {
    /// The configuration, instead of the nearest tidings.toml in the current folder or above
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Reads no tidings.toml
    #[arg(long)]
    no_config: bool,
}

/// The configuration of a run.
#[derive(Default)]
pub struct Configuration {
    choice: Choice,
    /// The file and what it says; nothing for one that is at fault.
    read: OnceCell<(Option<PathBuf>, Option<Rc<Config>>)>,
}

impl Configuration {
    /// As the user chose.
    pub fn new(choice: &Choice) -> Self {
        Self { choice: choice.clone(), ..Self::default() }
    }

    /// What is decided; `None` when the file is at fault, which was said once.
    pub fn config(&self) -> Option<Rc<Config>> {
        self.found().1.clone()
    }

    /// The file that was read.
    pub fn file(&self) -> Option<PathBuf> {
        self.found().0.clone()
    }

    /// Never a file that merely lies beside a document: whoever wrote that one would decide what it may read.
    fn found(&self) -> &(Option<PathBuf>, Option<Rc<Config>>) {
        self.read.get_or_init(|| {
            let chosen = self.choice.config.clone();
            let nearest = || terminal::current_folder().and_then(|folder| config::find(&folder));
            match chosen.or_else(|| (!self.choice.no_config).then(nearest).flatten()) {
                Some(file) => {
                    let config = read(&file).map(Rc::new);
                    (Some(file), config)
                }
                None => (None, Some(Rc::default())),
            }
        })
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
    let known = Known {
        rules: tidings::rules().map(|rule| rule.id).collect(),
        changes: compat::RULES.iter().map(|rule| rule.id).collect(),
        modes: Mode::ALL.iter().map(|(name, _)| *name).collect(),
        profiles: Profile::ALL.iter().map(|(_, name)| *name).collect(),
    };
    let config = Config::read(&sources, source, folder, known, &mut diagnostics);
    input::show(&diagnostics, &sources);
    config
}

/// A path as seen from the current folder, if it lies below.
fn shown(path: &Path) -> String {
    let current = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(current).unwrap_or(path).display().to_string()
}
