//! Where in a payload a mapping is, and what it found wrong there.

use crate::payload::error::{Fault, push_segment};

/// The place of a value, and the faults found so far.
#[derive(Debug, Default)]
pub(super) struct Places {
    pointer: String,
    pub(super) faults: Vec<Fault>,
}

/// So many faults say enough.
const MOST_FAULTS: usize = 100;

impl Places {
    /// Goes on with a part of the value at hand.
    pub(super) fn within<T, P>(
        parent: &mut P,
        segment: &str,
        places: fn(&mut P) -> &mut Self,
        next: impl FnOnce(&mut P) -> T,
    ) -> T {
        let length = places(parent).pointer.len();
        push_segment(&mut places(parent).pointer, segment);
        let out = next(parent);
        places(parent).pointer.truncate(length);
        out
    }

    /// The value at hand is not what its schema calls for.
    pub(super) fn fault(&mut self, expected: &str, found: &str) {
        if self.faults.len() < MOST_FAULTS {
            let message = format!("expected {expected}, found {found}");
            self.faults.push(Fault { pointer: self.pointer.clone(), keyword: "encoding", message });
        }
    }
}
