//! How far a partition is done: the offset that may be committed.
//!
//! In: offsets as they are delivered, in ascending order, and as they are settled, in any order. Out: the offset below which
//! everything is settled. What always holds: no offset at or above an unsettled one is ever committed.

use std::collections::BTreeMap;

/// The progress of one partition in one assignment.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The unsettled offsets and those behind the first of them; whether each is settled.
    open: BTreeMap<i64, bool>,
    /// One past the last offset that was delivered.
    next: Option<i64>,
    unsettled: usize,
    committed: Option<i64>,
}

impl Progress {
    /// An offset was delivered.
    pub(super) fn deliver(&mut self, offset: i64) {
        self.open.insert(offset, false);
        self.next = Some(offset.saturating_add(1));
        self.unsettled += 1;
    }

    /// An offset is settled.
    pub(super) fn settle(&mut self, offset: i64) {
        let Some(settled @ false) = self.open.get_mut(&offset) else { return };
        *settled = true;
        self.unsettled -= 1;
        while let Some(first) = self.open.first_entry().filter(|first| *first.get()) {
            first.remove();
        }
    }

    /// How many offsets are delivered and not settled.
    pub(super) fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// The offset to commit, if it is another one than last time; it counts as committed then.
    pub(super) fn commit(&mut self) -> Option<i64> {
        let offset = self.open.first_key_value().map(|(first, _)| *first).or(self.next);
        if offset == self.committed {
            return None;
        }
        self.committed = offset;
        offset
    }

    /// The last commit did not get through.
    pub(super) fn commit_failed(&mut self) {
        self.committed = None;
    }
}
