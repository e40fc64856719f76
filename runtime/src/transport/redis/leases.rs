//! Which member of a group reads which stream, where one at a time may: leases that end by themselves.
//!
//! In: the streams, and the life of the members. Out: the streams that are this member's. What always holds: of two members,
//! at most one holds a lease; each takes no more than its share; a lease that is given up is given up after the last of its
//! deliveries is settled.

use std::sync::LazyLock;
use std::time::Duration;

use redis::{RedisError, Script};
use tokio::time::Instant;

use super::line::Line;

/// How often the leases are looked after at least.
const LOOK: Duration = Duration::from_millis(500);

/// Says that a member lives, forgets those that do not, and counts.
static LIVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000) \
         redis.call('ZADD', KEYS[1], now, ARGV[1]) \
         redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now - ARGV[2])) \
         redis.call('PEXPIRE', KEYS[1], ARGV[2] * 2) \
         return redis.call('ZCARD', KEYS[1])",
    )
});

/// Renews a lease, or takes it where it is free.
static HOLD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local owner = redis.call('GET', KEYS[1]) \
         if owner == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) return 1 end \
         if owner then return 0 end \
         redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1",
    )
});

/// Gives a lease up.
static YIELD: LazyLock<Script> = LazyLock::new(|| {
    Script::new("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")
});

/// A stream as its lease stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Lease {
    /// Another member's, or nobody's.
    #[default]
    None,
    /// This member's.
    Held,
    /// This member's until its last delivery is settled.
    Ending,
}

/// The leases of one member.
pub(super) struct Leases {
    members: String,
    keys: Vec<String>,
    consumer: String,
    length: Duration,
    due: Instant,
}

impl Leases {
    pub(super) fn new(base: &str, streams: &[String], group: &str, consumer: &str, length: Duration) -> Self {
        Self {
            members: format!("tidings:members:{base}:{group}"),
            keys: streams.iter().map(|stream| format!("tidings:lease:{stream}:{group}")).collect(),
            consumer: consumer.to_owned(),
            length,
            due: Instant::now(),
        }
    }

    /// When to look after them again.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// Renews what is held, gives up what is too much, takes what is missing. `held` says how many deliveries of a stream are
    /// unsettled.
    ///
    /// # Errors
    /// The server did not answer.
    pub(super) async fn tend(
        &mut self,
        line: &Line,
        leases: &mut [Lease],
        held: impl Fn(usize) -> usize,
    ) -> Result<(), RedisError> {
        if self.due > Instant::now() {
            return Ok(());
        }
        let length = self.length.as_millis() as u64;
        let members: usize = line.run(LIVE.key(&self.members).arg(&self.consumer).arg(length)).await?;
        let share = leases.len().div_ceil(members.max(1));
        for (number, (key, lease)) in self.keys.iter().zip(leases.iter_mut()).enumerate() {
            if *lease == Lease::None {
                continue;
            }
            // One that ran out while the server was away is still this member's if nobody took it.
            let kept: u8 = line.run(HOLD.key(key).arg(&self.consumer).arg(length)).await?;
            if kept == 0 {
                tracing::warn!(key, "another member has taken the lease: this one was silent for too long");
                *lease = Lease::None;
            } else if *lease == Lease::Ending && held(number) == 0 {
                line.run::<u8>(YIELD.key(key).arg(&self.consumer)).await?;
                *lease = Lease::None;
            }
        }
        let kept = leases.iter().filter(|lease| **lease == Lease::Held).count();
        for lease in leases.iter_mut().filter(|lease| **lease == Lease::Held).skip(share) {
            *lease = Lease::Ending;
        }
        let mut wanted = share.saturating_sub(kept);
        for (key, lease) in self.keys.iter().zip(leases.iter_mut()) {
            if wanted == 0 {
                break;
            }
            match lease {
                Lease::Held => continue,
                Lease::Ending => *lease = Lease::Held,
                Lease::None => {
                    let taken: u8 = line.run(HOLD.key(key).arg(&self.consumer).arg(length)).await?;
                    if taken == 0 {
                        continue;
                    }
                    *lease = Lease::Held;
                }
            }
            wanted -= 1;
        }
        self.due = Instant::now() + (self.length / 4).min(LOOK);
        Ok(())
    }

    /// Leaves: gives up what is held, and is no member any more.
    ///
    /// # Errors
    /// The server did not answer.
    pub(super) async fn leave(&self, line: &Line, leases: &[Lease]) -> Result<(), RedisError> {
        for (key, _) in self.keys.iter().zip(leases).filter(|(_, lease)| **lease != Lease::None) {
            line.run::<u8>(YIELD.key(key).arg(&self.consumer)).await?;
        }
        let mut command = redis::Cmd::new();
        command.arg("ZREM").arg(&self.members).arg(&self.consumer);
        line.ask(&command).await
    }
}
