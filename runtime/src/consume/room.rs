//! Room for deliveries: as many as are held at once.
//!
//! In: one receiver that takes places. Out: places, each of which is free again when it is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// The places that are free.
#[derive(Debug)]
pub(crate) struct Room {
    free: AtomicUsize,
    freed: Notify,
}

/// A place that is taken.
#[derive(Debug)]
pub(crate) struct Place(Arc<Room>);

impl Room {
    pub(crate) fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { free: AtomicUsize::new(places), freed: Notify::new() })
    }

    /// Takes a place, once one is free. Only one task may wait: a place that becomes free wakes one.
    pub(crate) async fn take(self: &Arc<Self>) -> Place {
        loop {
            let taken = self.free.fetch_update(Ordering::Acquire, Ordering::Relaxed, |free| free.checked_sub(1));
            if taken.is_ok() {
                return Place(Arc::clone(self));
            }
            self.freed.notified().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Only where no place was free somebody may wait; if nobody does yet, the next wait ends at once.
        if self.0.free.fetch_add(1, Ordering::Release) == 0 {
            self.0.freed.notify_one();
        }
    }
}
