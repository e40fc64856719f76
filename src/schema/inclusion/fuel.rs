//! Fuel: what one question may cost, however many parts have a share in answering it.
//!
//! In: a number of steps for the whole question. Out: portions of it. What always holds: all portions together spend no more
//! than the whole, so that a question which is hard for one part is not asked of every other at full length; and the same
//! question spends the same on every machine. A step is about a tenth of a microsecond of work.

use super::patterns::Patterns;
use std::cell::Cell;
use std::rc::Rc;

/// What a question may spend in all.
const WHOLE: usize = 2_000_000;

/// What the parts that work on one question share.
#[derive(Clone)]
pub(super) struct Work {
    fuel: Rc<Cell<usize>>,
    pub(super) patterns: Patterns,
}

impl Work {
    /// For one question.
    pub(super) fn new() -> Self {
        Self { fuel: Rc::new(Cell::new(WHOLE)), patterns: Patterns::default() }
    }

    /// At most so many steps of what is left by then.
    pub(super) fn portion(&self, steps: usize) -> Fuel {
        Fuel { whole: Rc::clone(&self.fuel), left: steps }
    }

    /// How many steps were spent.
    pub(super) fn spent(&self) -> usize {
        WHOLE - self.fuel.get()
    }
}

/// A portion.
pub(super) struct Fuel {
    whole: Rc<Cell<usize>>,
    left: usize,
}

impl Fuel {
    /// Spends some steps; is anything left?
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        self.left = self.left.saturating_sub(steps);
        self.whole.set(self.whole.get().saturating_sub(steps));
        !self.is_spent()
    }

    /// Is nothing left?
    pub(super) fn is_spent(&self) -> bool {
        self.left == 0 || self.whole.get() == 0
    }
}
