//! WebSockets: channels both ways over one connection, with delivery at most once.
//!
//! In: publications and subscriptions of channels. Out: text and binary messages, and deliveries. [`connect`] is the side that
//! opens connections, and opens them again (feature `ws-client`); [`Hub`] the side of routes that they are opened at (feature
//! `ws-server`). Both are transports, so that producers, consumers and services work on them as on a broker.
//!
//! **Addresses.** A channel's address is a path: each concrete address is a connection of its own, over which all operations
//! of the channel go, both ways. Operations that share a connection are joined with
//! [`Consumer::or`](crate::consume::Consumer::or): a message goes to the first whose schemas it fits.
//!
//! **Delivery.** A publication is `Ok` when it was written (or, by a hub, queued for each client). Nothing is kept for whoever
//! is not there. Retries are held by this process. Dead letters go to whoever is connected at their address; if that is
//! nobody, they are an error of the log.
//!
//! **Headers.** Messages have none, nor ids or keys: [`Limits::envelope`] puts them into a JSON object around the payload. With
//! it, an idempotent consumer knows what comes twice.
//!
//! **Replies** go back over the connection that their request came by, to nobody else, and are matched by their correlation id:
//! with the envelope always, without it where the document has the id in the payload. The client asks, the hub answers.
//!
//! **Bindings.** `query` and `headers` of the channel's `ws` binding are held against the request that opens the connection,
//! on both sides; `method` can be nothing but `GET` (RFC 6455).

#[cfg(feature = "ws-client")]
mod client;
mod conversation;
#[cfg(feature = "ws-server")]
mod hub;
#[cfg(feature = "ws-client")]
mod server;
mod upgrade;

use std::time::Duration;

#[cfg(feature = "ws-client")]
pub use client::{Connect, WebSocket, connect};
#[cfg(feature = "ws-server")]
pub use hub::{Hub, SlowClient};

use tokio::sync::{mpsc, watch};

use super::{Acknowledger, Delivery, ReceiveError, SettleError, Subscription};

/// What a connection may take; the same words on both sides.
#[derive(Clone, Debug)]
#[must_use]
pub struct Limits {
    message: usize,
    dead_after: Duration,
    write_within: Duration,
    queue: usize,
    rate: Option<(u32, Duration)>,
    envelope: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 1024 * 1024,
            dead_after: Duration::from_secs(60),
            write_within: Duration::from_secs(10),
            queue: 256,
            rate: None,
            envelope: false,
        }
    }
}

impl Limits {
    /// 1 MiB for a message, 60 s of silence, 10 s to write a message, 256 messages in a queue, any rate, no envelope.
    pub fn new() -> Self {
        Self::default()
    }

    /// The largest message that is received, in bytes; a larger one ends the connection (1009).
    pub fn message(mut self, bytes: usize) -> Self {
        self.message = bytes.max(1);
        self
    }

    /// After how long without a sign of life the other side is dead. It is asked for one three times as often.
    pub fn dead_after(mut self, silence: Duration) -> Self {
        self.dead_after = silence.max(Duration::from_millis(30));
        self
    }

    /// How long writing one message may take; then the other side does not read, and the connection ends.
    pub fn write_within(mut self, limit: Duration) -> Self {
        self.write_within = limit;
        self
    }

    /// How many messages wait to be written to one connection, or to be handled, at most; 0 counts as 1.
    pub fn queue(mut self, messages: usize) -> Self {
        self.queue = messages.max(1);
        self
    }

    /// So many messages in `span` may come over one connection; more end it (1008).
    pub fn rate(mut self, messages: u32, span: Duration) -> Self {
        self.rate = Some((messages.max(1), span));
        self
    }

    /// Puts what is sent into a JSON object, so that it has headers, an id and a key. All who read must know it:
    /// `{"tidings-envelope":1,"id":..,"headers":[[name, value]],"payload":..}`. What comes in one is always taken out.
    pub fn envelope(mut self, envelope: bool) -> Self {
        self.envelope = envelope;
        self
    }
}

/// What the addresses of a client's inboxes begin with.
#[cfg(feature = "ws-client")]
const INBOX: &str = "ws-inbox:";
/// How much is read at once, in bytes: each connection has such a buffer.
const READ: usize = 16 * 1024;

type Received = Result<Delivery<WebSocketAcknowledger>, ReceiveError>;

/// What comes over the connections of a channel.
#[derive(Debug)]
pub struct WebSocketSubscription {
    received: mpsc::Receiver<Received>,
    closed: watch::Receiver<bool>,
}

impl Subscription for WebSocketSubscription {
    type Acknowledger = WebSocketAcknowledger;

    async fn next(&mut self) -> Option<Received> {
        loop {
            if *self.closed.borrow_and_update() {
                return None;
            }
            tokio::select! {
                biased;
                // A connection that is gone counts as a closed one.
                closed = self.closed.changed() => if closed.is_err() { return None },
                received = self.received.recv() => return received,
            }
        }
    }
}

/// Settles nothing: what was delivered is not known to the other side.
#[derive(Debug)]
pub struct WebSocketAcknowledger(());

impl Acknowledger for WebSocketAcknowledger {
    async fn acknowledge(self) -> Result<(), SettleError> {
        Ok(())
    }

    async fn reject(self, _: Duration) -> Result<(), SettleError> {
        Ok(())
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        Ok(())
    }
}

/// A dead letter that nobody keeps.
fn warn_of_letter(address: &str) {
    tracing::error!(address, "a dead letter is lost: nobody is connected at its address");
}
