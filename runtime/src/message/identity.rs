//! Ids by chance, which tell a message from every other one.
//!
//! In: nothing. Out: UUIDs of version 4 as text (RFC 9562). All their bits are the system's, which is asked for those of many
//! ids at once: to ask it costs more than the rest of what is done for a small message.

use std::cell::RefCell;
use uuid::{Builder, Uuid};

/// How many ids the system is asked for at once, in each thread.
const AHEAD: usize = 64;

/// Bits of ids that are to come.
struct Ahead {
    bits: [[u8; 16]; AHEAD],
    left: usize,
}

thread_local! {
    static BITS: RefCell<Ahead> = const { RefCell::new(Ahead { bits: [[0; 16]; AHEAD], left: 0 }) };
}

impl Ahead {
    /// The bits of one id, which are given once; `None` where the system has none to give.
    fn next(&mut self) -> Option<[u8; 16]> {
        if self.left == 0 {
            getrandom::fill(self.bits.as_flattened_mut()).ok()?;
            self.left = AHEAD;
        }
        self.left -= 1;
        self.bits.get(self.left).copied()
    }
}

/// An id that nothing else has.
pub(crate) fn random() -> String {
    let bits = BITS.try_with(|ahead| ahead.try_borrow_mut().ok()?.next()).ok().flatten();
    // In a thread that ends there is nothing ahead.
    let id = bits.map_or_else(Uuid::new_v4, |bits| Builder::from_random_bytes(bits).into_uuid());
    id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).to_owned()
}
