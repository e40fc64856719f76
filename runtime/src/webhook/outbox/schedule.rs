//! When a webhook is tried again.
//!
//! In: which attempt failed, and what the receiver asked for. Out: a delay, or the end of trying.

use std::time::Duration;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// Waits after each failed attempt but the last.
const DELAYS: [Duration; 7] =
    [Duration::from_secs(5), minutes(5), minutes(30), minutes(120), minutes(300), minutes(600), minutes(600)];
/// A receiver that is too slow, or says that it is overrun, is left alone for at least this long.
const THROTTLED: Duration = minutes(1);
const JITTER: f64 = 0.2;

/// The delays between attempts, each spread by a share in both directions.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    delays: Vec<Duration>,
    jitter: f64,
    throttled: Duration,
}

impl Default for Schedule {
    /// 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h, each ±20 %: 8 attempts in 28 hours.
    fn default() -> Self {
        Self::new(DELAYS)
    }
}

impl Schedule {
    /// One more attempt after each of these delays.
    pub fn new(delays: impl IntoIterator<Item = Duration>) -> Self {
        Self { delays: delays.into_iter().collect(), jitter: JITTER, throttled: THROTTLED }
    }

    /// Spreads each delay by up to this share in both directions; cut to 0..=1, not a number counts as 0.
    #[must_use]
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self
    }

    /// The shortest delay after an attempt that took too long, or was answered 429, 502, 503 or 504; one minute unless set.
    #[must_use]
    pub fn throttled(mut self, shortest: Duration) -> Self {
        self.throttled = shortest;
        self
    }

    /// The delay after attempt number `attempt` (1 is the first) failed; `None` when that was the last. What the receiver
    /// asks for (`Retry-After`) counts between the schedule's delay and twice that.
    #[must_use]
    pub fn delay(&self, attempt: u32, throttled: bool, retry_after: Option<Duration>) -> Option<Duration> {
        let base = *self.delays.get(usize::try_from(attempt).ok()?.checked_sub(1)?)?;
        let base = if throttled { base.max(self.throttled) } else { base };
        Some(match retry_after {
            Some(asked) => asked.clamp(base, base.saturating_mul(2)),
            None => {
                let factor = 1.0 + self.jitter * (2.0 * fastrand::f64() - 1.0);
                let spread = Duration::try_from_secs_f64(base.as_secs_f64() * factor).unwrap_or(base);
                if throttled { spread.max(self.throttled) } else { spread }
            }
        })
    }
}
