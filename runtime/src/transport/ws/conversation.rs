//! One connection, from its opening to its end, on either side.
//!
//! In: what the other side sends, what is to be sent, and when to end. Out: payloads, and why it ended. What always holds:
//! - a side that gives no sign of life, or does not read, is left after its time; while a payload waits to be taken, nothing
//!   is read, so that the other side feels it;
//! - the end is said with a code, and a side that was asked to end may say its own.

use std::fmt::Display;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::Limits;

/// How long the other side may take to say that it ends, too.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A message of the library below.
pub(super) trait Frame: Sized + Send {
    /// Text where the payload is UTF-8, binary otherwise.
    fn of(payload: Bytes) -> Self;
    fn ping() -> Self;
    fn close(code: u16, reason: &'static str) -> Self;
    fn read(self) -> Piece;
}

/// Who is given what comes.
pub(super) trait Take: Send {
    /// Takes a payload, or ends the connection. While it takes its time, nothing more is read.
    fn take(&mut self, payload: Bytes) -> impl Future<Output = Result<(), End>> + Send;
}

/// What a frame is.
pub(super) enum Piece {
    Payload(Bytes),
    /// A sign of life.
    Sign,
    Close,
}

/// A frame to be sent, and whom to tell that it was; nobody may wait any more.
pub(super) type Outgoing<F> = (F, Option<oneshot::Sender<()>>);

/// Why a connection ended, as it is said to the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) code: u16,
    pub(super) reason: &'static str,
}

pub(super) const AWAY: End = End { code: 1001, reason: "going away" };
pub(super) const TOO_LARGE: End = End { code: 1009, reason: "the message is too large" };
pub(super) const TOO_MANY: End = End { code: 1008, reason: "too many messages" };
pub(super) const TOO_SLOW: End = End { code: 1008, reason: "too slow to read" };
pub(super) const SILENT: End = End { code: 1011, reason: "no sign of life" };
/// Nothing can be said any more.
pub(super) const LOST: End = End { code: 1006, reason: "the connection was lost" };

/// Tells whoever waits that a frame was written; they may have given up.
fn tell(told: Option<oneshot::Sender<()>>) {
    if let Some(told) = told {
        let _ = told.send(());
    }
}

/// Runs a connection. `taker` is given each payload; `ending` holds why this side
/// ends, once it does.
pub(super) async fn converse<F: Frame, E: Display>(
    connection: impl Stream<Item = Result<F, E>> + Sink<F>,
    limits: &Limits,
    outgoing: &mut mpsc::Receiver<Outgoing<F>>,
    mut ending: watch::Receiver<Option<End>>,
    mut taker: impl Take,
    is_too_large: impl Fn(&E) -> bool,
) -> End {
    let (mut sink, mut stream) = connection.split();
    let mut forced = ending.clone();
    let reading = async {
        let mut rate = Rate::new(limits);
        loop {
            let frame = match tokio::time::timeout(limits.dead_after, stream.next()).await {
                Err(_) => break SILENT,
                Ok(None) => break LOST,
                Ok(Some(Err(error))) if is_too_large(&error) => break TOO_LARGE,
                Ok(Some(Err(error))) => {
                    tracing::debug!(%error, "a WebSocket failed");
                    break LOST;
                }
                Ok(Some(Ok(frame))) => frame,
            };
            match frame.read() {
                Piece::Sign => (),
                // The library has answered.
                Piece::Close => break LOST,
                Piece::Payload(_) if !rate.allows() => break TOO_MANY,
                Piece::Payload(payload) => {
                    if let Err(end) = taker.take(payload).await {
                        break end;
                    }
                }
            }
        }
    };
    let writing = async {
        let mut look = tokio::time::interval(limits.dead_after / 3);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let (frame, told) = tokio::select! {
                biased;
                ended = ending.wait_for(Option::is_some) => break ended.ok().and_then(|end| *end).unwrap_or(AWAY),
                _ = look.tick() => (F::ping(), None),
                next = outgoing.recv() => match next {
                    // Nobody wants to send any more.
                    None => break AWAY,
                    // Whoever sent it has given up.
                    Some((_, Some(told))) if told.is_closed() => continue,
                    Some(next) => next,
                },
            };
            match tokio::time::timeout(limits.write_within, sink.send(frame)).await {
                Ok(Ok(())) => tell(told),
                Ok(Err(_)) => break LOST,
                Err(_) => break TOO_SLOW,
            }
        }
    };
    // Who is to leave at once is not waited for, whatever is being written.
    let leave = async {
        let end = forced.wait_for(|end| end.is_some_and(|end| end != AWAY)).await.ok().and_then(|end| *end);
        match end {
            Some(end) => end,
            None => std::future::pending().await,
        }
    };
    let end = {
        let (reading, writing, leave) = (pin!(reading), pin!(writing), pin!(leave));
        tokio::select! {
            end = leave => end,
            end = reading => end,
            end = writing => end,
        }
    };
    if end == LOST {
        return end;
    }
    let last_words = async {
        if end == AWAY {
            // What was queued before the end is still said.
            while let Ok((frame, told)) = outgoing.try_recv() {
                if sink.send(frame).await.is_err() {
                    return;
                }
                tell(told);
            }
        }
        let _ = sink.send(F::close(end.code, end.reason)).await;
        // What came meanwhile is taken in: ending with something unread would take away what the other side has not read yet.
        while let Some(Ok(_)) = stream.next().await {}
    };
    let _ = tokio::time::timeout(LAST_WORDS, last_words).await;
    end
}

/// How many payloads may still come.
struct Rate {
    limit: Option<(u32, Duration)>,
    left: f64,
    at: Instant,
}

impl Rate {
    fn new(limits: &Limits) -> Self {
        Self { limit: limits.rate, left: limits.rate.map_or(0.0, |(count, _)| f64::from(count)), at: Instant::now() }
    }

    fn allows(&mut self) -> bool {
        let Some((count, span)) = self.limit else { return true };
        let (now, count) = (Instant::now(), f64::from(count));
        let earned = now.duration_since(self.at).as_secs_f64() / span.as_secs_f64().max(f64::MIN_POSITIVE) * count;
        self.left = (self.left + earned).min(count);
        self.at = now;
        let allowed = self.left >= 1.0;
        self.left -= f64::from(u8::from(allowed));
        allowed
    }
}
