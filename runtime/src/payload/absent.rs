//! Which members had their default because they were absent: what keeps a value as it was when it is written again.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The members with a default that were absent from the JSON that a value was read from. They are not written as long
/// as they have their default, so that reading and writing gives the same JSON; once changed, they are.
///
/// It says nothing about the value itself: any two are equal. The default is that no member was absent, so a value that
/// was not read is written in full.
#[derive(Clone, Copy)]
pub struct Absent<const WORDS: usize = 1>([u64; WORDS]);

impl<const WORDS: usize> Absent<WORDS> {
    /// The member at this place was absent.
    #[doc(hidden)]
    pub fn note(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    /// Whether it was.
    #[doc(hidden)]
    #[must_use]
    pub fn has(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
    }
}

impl<const WORDS: usize> Default for Absent<WORDS> {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl<const WORDS: usize> fmt::Debug for Absent<WORDS> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count: u32 = self.0.iter().map(|word| word.count_ones()).sum();
        write!(formatter, "Absent({count})")
    }
}

impl<const WORDS: usize> PartialEq for Absent<WORDS> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<const WORDS: usize> Eq for Absent<WORDS> {}

impl<const WORDS: usize> PartialOrd for Absent<WORDS> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const WORDS: usize> Ord for Absent<WORDS> {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl<const WORDS: usize> Hash for Absent<WORDS> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
