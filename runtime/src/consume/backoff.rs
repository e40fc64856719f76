//! Retry policy: how often, and how long to wait in between.
//!
//! In: the attempt that failed. Out: a delay, or the end of trying. No input overflows; without jitter the delays are
//! always the same.

use std::time::Duration;

/// Exponential backoff; the default is 200 ms, doubled each time up to 30 s, ±20 %, 5 attempts in all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    base: Duration,
    max_delay: Duration,
    jitter: f64,
    max_attempts: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: Duration::from_millis(200), max_delay: Duration::from_secs(30), jitter: 0.2, max_attempts: 5 }
    }
}

impl Backoff {
    /// Waits `base` after the first failure and twice as long after each further one.
    pub fn exponential(base: Duration) -> Self {
        Self { base, ..Self::default() }
    }

    /// No delay is longer than this.
    #[must_use]
    pub fn max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// Spreads each delay by up to this share in both directions: 0.2 is ±20 %. Cut to 0..=1; not a number counts as 0.
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self
    }

    /// How often a message is tried in all, the first time included; 0 counts as 1.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The delay before the next attempt after `attempt` (1 = the first) failed; `None` when that was the last.
    pub fn next_delay(&self, attempt: u32) -> Option<Duration> {
        (attempt < self.max_attempts).then(|| self.delay(attempt))
    }

    /// The delay after the `attempt`-th failure, however many attempts there are.
    pub(crate) fn delay(&self, attempt: u32) -> Duration {
        let doubled = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let delay = self.base.saturating_mul(doubled).min(self.max_delay);
        if self.jitter == 0.0 {
            return delay;
        }
        let factor = 1.0 + self.jitter * (2.0 * fastrand::f64() - 1.0);
        Duration::try_from_secs_f64(delay.as_secs_f64() * factor).unwrap_or(self.max_delay).min(self.max_delay)
    }
}
