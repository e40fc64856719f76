//! Order by key over a restart: what was delivered before and not acknowledged comes before what is new.
//!
//! In: how far the durable consumer was when this member began to receive, or began again, and its deliveries. Out: when
//! messages with a key may pass that were never delivered before. What always holds: nothing waits for longer than the
//! server's wait for acknowledgements and a little more, since then whatever had been lost was delivered again, or belongs
//! to another member.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::declare::State;

/// How often the server is asked how far it is.
const LOOK: Duration = Duration::from_millis(250);
/// How long redeliveries may take after the server decided on them.
const GRACE: Duration = Duration::from_secs(1);

/// Keeps new messages with a key back.
#[derive(Debug)]
pub(super) struct Barrier {
    /// The last place in the stream that was delivered before.
    horizon: u64,
    /// How many deliveries up to there are missing.
    missing: usize,
    came: BTreeSet<u64>,
    /// From then on the server has decided to deliver them again, before anything new.
    overdue: Instant,
    /// When to ask the server.
    pub(super) look: Instant,
}

impl Barrier {
    /// A barrier, if anything is missing beside the `held` deliveries that this member has.
    pub(super) fn new(state: State, held: usize, acknowledge_wait: Duration) -> Option<Self> {
        let missing = state.unsettled.checked_sub(held).filter(|missing| *missing > 0)?;
        let now = Instant::now();
        let (overdue, look) = (now + acknowledge_wait + GRACE, now + LOOK);
        Some(Self { horizon: state.delivered, missing, came: BTreeSet::new(), overdue, look })
    }

    /// Takes note of a delivery; true when it is a new one, that has to wait if it has a key.
    pub(super) fn is_new(&mut self, sequence: u64) -> bool {
        let new = sequence > self.horizon;
        if !new {
            self.came.insert(sequence);
        }
        new
    }

    /// Whether everything has come that was missing.
    pub(super) fn is_open(&self) -> bool {
        self.came.len() >= self.missing || Instant::now() > self.overdue + GRACE
    }

    /// Whether nothing is missing any more by the word of the server.
    pub(super) fn is_passed(&mut self, state: State, held: usize) -> bool {
        self.look = Instant::now() + LOOK;
        state.acknowledged >= self.horizon || state.unsettled <= held
    }

    /// How many deliveries to ask for beyond the room there is: `waiting` new ones fill it, and once the missing ones
    /// are overdue they need room of their own.
    pub(super) fn extra(&self, waiting: usize, limit: usize) -> usize {
        let overdue = if Instant::now() > self.overdue { self.missing.saturating_sub(self.came.len()) } else { 0 };
        waiting.min(limit) + overdue.min(limit)
    }
}
