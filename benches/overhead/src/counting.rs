//! Counting: allocations between a beginning and an end, and messages that were handled.

use crate::orders::{OnOrderHandler, Order};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tidings_runtime::{Context, HandlerError};
use tokio::sync::Notify;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often memory had been allocated at the beginning, and when that was.
static BEGUN: OnceLock<(usize, Instant)> = OnceLock::new();

fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

/// Counts from here.
pub fn begin() {
    let _ = BEGUN.set((allocations(), Instant::now()));
}

/// Counts to here, and prints: allocations, seconds, seconds of processor time.
pub fn end() {
    let allocated = allocations();
    if let Some((before, begun)) = BEGUN.get() {
        let seconds = begun.elapsed().as_secs_f64();
        println!("{} {seconds} {}", allocated - before, processor_time().unwrap_or_default());
    }
}

/// The seconds of processor time that this process used, its beginning included, to a hundredth.
fn processor_time() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold anything.
    let mut fields = status.rsplit(')').next()?.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// Counts messages; a handler, too.
#[derive(Clone, Default)]
pub struct Counter(Arc<Counted>);

#[derive(Default)]
struct Counted {
    seen: AtomicUsize,
    wanted: AtomicUsize,
    reached: Notify,
}

impl Counter {
    /// One more.
    pub fn count(&self, order: &Order) {
        std::hint::black_box(order);
        self.add();
    }

    /// One more, whatever it was.
    pub fn add(&self) {
        if self.0.seen.fetch_add(1, Ordering::Relaxed) + 1 == self.0.wanted.load(Ordering::Relaxed) {
            self.0.reached.notify_one();
        }
    }

    /// Returns once that many were counted.
    pub async fn reaches(&self, messages: usize) {
        self.0.wanted.store(messages, Ordering::Relaxed);
        while self.0.seen.load(Ordering::Relaxed) < messages {
            self.0.reached.notified().await;
        }
    }
}

impl OnOrderHandler for Counter {
    async fn on_order(&self, message: Order, _context: Context) -> Result<(), HandlerError> {
        self.count(&message);
        Ok(())
    }
}
