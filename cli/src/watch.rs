//! Doing something again whenever files change.
//!
//! In: what to do, which gives the files it depended on. Out: nothing, until the user ends it. Changes that come together
//! are taken together. Folders are watched rather than files, since editors put a new file in the place of the old.

use crate::documents::has_extension;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

/// A change is taken when nothing has followed it for so long.
const QUIET: Duration = Duration::from_millis(20);

/// Time stamps of files may lie so far behind the clock.
const COARSE: Duration = Duration::from_millis(50);

/// What a round depended on.
#[derive(Default)]
pub struct Watched {
    /// Files that were read, or should have been.
    pub files: Vec<PathBuf>,
    /// Folders that were searched for documents.
    pub folders: Vec<PathBuf>,
}

/// Does a round, and again after each change of what the last one depended on.
///
/// # Errors
/// The system cannot watch files.
pub fn run(mut round: impl FnMut() -> Watched) -> notify::Result<()> {
    let (sender, events) = channel();
    let mut watcher = notify::recommended_watcher(sender)?;
    let mut watching = BTreeSet::new();
    loop {
        let begun = SystemTime::now() - COARSE;
        let watched = Absolute::new(&round());
        watched.watch(&mut watcher, &mut watching)?;
        // What changed before anybody watched it would be missed.
        if !watched.changed_since(begun) {
            watched.wait(&events)?;
        }
    }
}

/// The same with paths that can be compared with those of events.
struct Absolute {
    files: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
}

impl Absolute {
    fn new(watched: &Watched) -> Self {
        // Events name real folders; the file itself may not exist.
        let real = |path: &PathBuf| {
            let absolute = std::path::absolute(path).ok()?;
            let folder = absolute.parent()?.canonicalize().ok()?;
            Some(folder.join(absolute.file_name()?))
        };
        Self {
            files: watched.files.iter().filter_map(real).collect(),
            folders: watched.folders.iter().filter_map(|folder| folder.canonicalize().ok()).collect(),
        }
    }

    fn watch(&self, watcher: &mut RecommendedWatcher, watching: &mut BTreeSet<PathBuf>) -> notify::Result<()> {
        for folder in &self.folders {
            if watching.insert(folder.clone()) {
                watcher.watch(folder, RecursiveMode::Recursive)?;
            }
        }
        for folder in self.files.iter().filter_map(|file| file.parent()) {
            if !self.folders.iter().any(|above| folder.starts_with(above)) && watching.insert(folder.to_path_buf()) {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
        }
        Ok(())
    }

    fn changed_since(&self, time: SystemTime) -> bool {
        let changed = |file: &PathBuf| file.metadata().and_then(|file| file.modified()).is_ok_and(|at| at > time);
        self.files.iter().any(changed)
    }

    /// Waits for a change, and until it has become quiet again.
    fn wait(&self, events: &Receiver<notify::Result<Event>>) -> notify::Result<()> {
        loop {
            let Ok(event) = events.recv() else { return Err(notify::Error::generic("nothing is watched any more")) };
            if !self.concerns(&event?) {
                continue;
            }
            while events.recv_timeout(QUIET).is_ok() {}
            return Ok(());
        }
    }

    fn concerns(&self, event: &Event) -> bool {
        let reading = matches!(event.kind, EventKind::Access(_));
        !reading && event.paths.iter().any(|path| self.files.contains(path) || self.is_found(path))
    }

    fn is_found(&self, path: &Path) -> bool {
        let named = has_extension(path) || path.file_name().is_some_and(|name| name == tidings::config::FILE_NAME);
        named && self.folders.iter().any(|folder| path.starts_with(folder))
    }
}
