//! What the processes of the group did, each in a file of its own, which outlives them.
//!
//! In: events, each one write. Out: all events in the order of their times.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Something that happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Its handler began.
    Run,
    /// Its handler succeeded.
    Done,
    /// That it succeeded is in the store.
    Committed,
}

const WORDS: [(What, &str); 3] = [(What::Run, "run"), (What::Done, "done"), (What::Committed, "committed")];

/// An event of a process.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Nanoseconds since 1970.
    pub at: u128,
    pub what: What,
    pub number: usize,
    /// The process.
    pub member: String,
}

/// Where a process writes.
#[derive(Clone)]
pub struct Journal(Arc<File>);

impl Journal {
    pub fn open(folder: &Path, member: &str) -> Self {
        let path = folder.join(format!("{member}.journal"));
        Self(Arc::new(File::options().create(true).append(true).open(path).unwrap()))
    }

    pub fn write(&self, what: What, number: usize) {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let word = WORDS.iter().find(|(known, _)| *known == what).unwrap().1;
        // One write: a process that is killed leaves whole lines.
        (&*self.0).write_all(format!("{at} {word} {number}\n").as_bytes()).unwrap();
    }
}

/// The events of all processes.
pub fn read(folder: &Path) -> Vec<Entry> {
    let mut entries = Vec::new();
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let path = file.path();
        if path.extension().is_none_or(|extension| extension != "journal") {
            continue;
        }
        let member = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines() {
            let [at, word, number] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let what = WORDS.iter().find(|(_, known)| *known == word).unwrap().0;
            let (at, number) = (at.parse().unwrap(), number.parse().unwrap());
            entries.push(Entry { at, what, number, member: member.to_owned() });
        }
    }
    entries.sort_by_key(|entry| entry.at);
    entries
}
