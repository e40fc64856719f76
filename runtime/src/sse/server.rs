//! The server's side: a bounded log that is a transport to publish to, and a route to read from.
//!
//! Clients hold a place in the log and no buffer of their own. An id is the log's own name and a number, so that an id of
//! another run of the program is known as such.

use super::GAP;
#[cfg(feature = "sse-store")]
use super::kept::Kept;
use crate::message::{Channel, Message, Operation};
use crate::security::Guard;
use crate::transport::{
    Acknowledger, Capabilities, Delivery, PublishError, Receipt, ReceiveError, SettleError, Subscribe, SubscribeError,
    Subscription, Transport, TransportError,
};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

const CAPACITY: usize = 1_000;
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How much is written at once.
const BATCH: usize = 64;

/// What becomes of a client that is so slow that the log forgets what it has not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlowClient {
    /// It is disconnected; when it comes back it is told of the gap.
    #[default]
    Disconnect,
    /// It is told of the gap, and goes on with the oldest message that is left.
    Skip,
}

/// The last messages of a channel; clones share it. Publishing is confirmed when the message is in the log.
#[derive(Clone, Debug)]
pub struct EventLog {
    shared: Arc<Shared>,
    capacity: usize,
    keep_alive: Duration,
    slow: SlowClient,
    guard: Guard,
}

#[derive(Debug)]
struct Shared {
    /// Tells the ids of this log from those of others.
    name: String,
    #[cfg(feature = "sse-store")]
    kept: Option<Kept>,
    /// Numbers follow one another, also where an entry is stored first.
    turn: tokio::sync::Mutex<()>,
    entries: Mutex<Entries>,
    /// The number of the latest entry.
    latest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Entries {
    list: VecDeque<Entry>,
    latest: u64,
    closed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub number: u64,
    pub address: String,
    /// As it is written.
    pub text: Bytes,
}

impl Default for EventLog {
    fn default() -> Self {
        Self::new()
    }
}

impl EventLog {
    /// An empty log of the last 1,000 messages.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Shared {
            name: uuid::Uuid::new_v4().simple().to_string(),
            #[cfg(feature = "sse-store")]
            kept: None,
            turn: tokio::sync::Mutex::default(),
            entries: Mutex::default(),
            latest: watch::Sender::new(0),
        })
    }

    /// The log of this name in a database, `sqlite:PATH` or `postgres://..`: it goes on where it was left, and clients with
    /// it. Publishing is then confirmed when the message is stored. One program at a time may write to it.
    ///
    /// # Errors
    /// The database cannot be opened.
    #[cfg(feature = "sse-store")]
    pub async fn open(url: &str, name: &str) -> Result<Self, TransportError> {
        let (kept, left) = Kept::open(url, name).await.map_err(not_stored)?;
        let entries = Entries { list: left.entries.into(), latest: left.latest, closed: false };
        Ok(Self::of(Shared {
            name: left.name,
            kept: Some(kept),
            turn: tokio::sync::Mutex::default(),
            latest: watch::Sender::new(entries.latest),
            entries: Mutex::new(entries),
        }))
    }

    fn of(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
            capacity: CAPACITY,
            keep_alive: KEEP_ALIVE,
            slow: SlowClient::default(),
            guard: Guard::new(),
        }
    }

    /// How many messages are kept for clients that come back; 0 counts as 1.
    #[must_use]
    pub fn capacity(mut self, messages: usize) -> Self {
        self.capacity = messages.max(1);
        self
    }

    /// How often something is written when nothing happens; 15 s unless set.
    #[must_use]
    pub fn keep_alive(mut self, interval: Duration) -> Self {
        self.keep_alive = interval;
        self
    }

    /// What becomes of clients that are too slow.
    #[must_use]
    pub fn slow_client(mut self, policy: SlowClient) -> Self {
        self.slow = policy;
        self
    }

    /// Who may read, where the document's security schemes ask for credentials. Without it, nobody may.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        self.guard = guard;
        self
    }

    /// The route of an operation: `GET` at its channel's address. Clients get the messages of the address they ask for.
    pub fn router(&self, operation: &'static Operation) -> Router {
        let path = crate::http::route(operation.channel().template().as_str());
        let router = Router::new().route(&path, get(stream)).with_state(self.clone());
        self.guard.protect(router, operation)
    }

    fn with<O>(&self, read: impl FnOnce(&mut Entries) -> O) -> O {
        read(&mut self.shared.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number after which a client goes on, and whether it missed something that is gone.
    fn resume(&self, last: Option<&str>) -> (u64, bool) {
        let (latest, oldest) = self
            .with(|entries| (entries.latest, entries.list.front().map_or(entries.latest + 1, |entry| entry.number)));
        let Some(last) = last else { return (latest, false) };
        let known = last.strip_prefix(&self.shared.name).and_then(|rest| rest.strip_prefix('-')?.parse::<u64>().ok());
        match known {
            Some(number) if number + 1 >= oldest && number <= latest => (number, false),
            // Of another run, or older than the log: all that is left, with a word about the rest.
            _ => (oldest - 1, true),
        }
    }

    /// What follows `after` at an address, and where that leaves the client; `None` when it fell behind.
    fn read(&self, after: u64, address: &str) -> Option<(Vec<u8>, u64)> {
        self.with(|entries| {
            let oldest = entries.list.front().map_or(entries.latest + 1, |entry| entry.number);
            if after + 1 < oldest {
                return None;
            }
            let mut text = Vec::new();
            let mut place = after;
            let skip = usize::try_from(after + 1 - oldest).unwrap_or(usize::MAX);
            for entry in entries.list.iter().skip(skip).take(BATCH) {
                place = entry.number;
                if entry.address == address {
                    text.extend_from_slice(&entry.text);
                }
            }
            Some((text, place))
        })
    }

    fn gap(&self, place: u64) -> Vec<u8> {
        format!("id: {}-{place}\nevent: {GAP}\ndata: {{}}\n\n", self.shared.name).into_bytes()
    }
}

/// A client's place in the log.
struct Reader {
    log: EventLog,
    address: String,
    place: u64,
    /// Nothing was written yet.
    fresh: bool,
    gap: bool,
    latest: watch::Receiver<u64>,
}

impl Reader {
    /// The next piece of the answer; `None` ends it.
    async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            // A client that is cut before its first event must know where it stood: an id alone is no event.
            if std::mem::take(&mut self.fresh) && !self.gap {
                return Some(format!("id: {}-{}\n\n", self.log.shared.name, self.place).into_bytes());
            }
            if std::mem::take(&mut self.gap) {
                return Some(self.log.gap(self.place));
            }
            self.latest.mark_unchanged();
            match self.log.read(self.place, &self.address) {
                Some((text, place)) => {
                    let moved = place != self.place;
                    self.place = place;
                    if !text.is_empty() {
                        return Some(text);
                    }
                    if moved {
                        continue;
                    }
                }
                None if self.log.slow == SlowClient::Disconnect => return None,
                None => {
                    let oldest = self.log.with(|entries| entries.list.front().map_or(1, |entry| entry.number));
                    self.place = oldest - 1;
                    self.gap = true;
                    continue;
                }
            }
            if self.log.with(|entries| entries.closed) {
                return None;
            }
            match tokio::time::timeout(self.log.keep_alive, self.latest.changed()).await {
                Ok(Ok(())) => (),
                Ok(Err(_)) => return None,
                Err(_) => return Some(b":\n\n".to_vec()),
            }
        }
    }
}

async fn stream(State(log): State<EventLog>, request: Request) -> Response {
    let last = request.headers().get("last-event-id").and_then(|value| value.to_str().ok());
    let (place, gap) = log.resume(last.filter(|id| !id.is_empty()));
    let address = request.uri().path().trim_start_matches('/').to_owned();
    let latest = log.shared.latest.subscribe();
    let reader = Reader { log, address, place, fresh: true, gap, latest };
    let pieces = futures_util::stream::unfold(reader, async |mut reader| {
        let piece = reader.next().await?;
        Some((Ok::<_, Infallible>(piece), reader))
    });
    // A proxy that collects an answer before it passes it on would hold everything back.
    let headers = [
        (CONTENT_TYPE.as_str(), "text/event-stream"),
        (CACHE_CONTROL.as_str(), "no-store"),
        ("x-accel-buffering", "no"),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}

#[cfg(feature = "sse-store")]
fn not_stored(error: sqlx::Error) -> TransportError {
    TransportError::transient(format!("the log: {error}"))
}

/// An event as it is written; `None` when its payload or its name cannot be.
fn written(id: &str, name: &str, message: &Message) -> Option<String> {
    let payload = std::str::from_utf8(&message.payload).ok()?;
    let json = message.content_type.as_deref().is_none_or(|text| text.contains("json"));
    if name.contains(['\r', '\n']) || (!json && payload.contains('\r')) {
        return None;
    }
    let mut text = format!("id: {id}\nevent: {name}\n");
    // In JSON a carriage return is nothing but white space.
    for line in payload.replace('\r', " ").split('\n') {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    Some(text)
}

impl Transport for EventLog {
    type Subscription = Nothing;

    fn system(&self) -> &'static str {
        "sse"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// The name of the event is the header `ce-type`, or else the key of the channel.
    async fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        let name = message.headers.get_str("ce-type").or_else(|| Some(channel?.key())).unwrap_or("message");
        let _turn = self.shared.turn.lock().await;
        let (number, closed) = self.with(|entries| (entries.latest + 1, entries.closed));
        if closed {
            return Err(TransportError::permanent("the log is closed").into());
        }
        let id = format!("{}-{number}", self.shared.name);
        let text = written(&id, name, &message)
            .ok_or_else(|| TransportError::permanent("server-sent events are lines of text"))?;
        let entry = Entry { number, address: address.trim_start_matches('/').to_owned(), text: text.into() };
        #[cfg(feature = "sse-store")]
        if let Some(kept) = &self.shared.kept {
            kept.append(&entry, self.capacity).await.map_err(not_stored)?;
        }
        self.with(|entries| {
            entries.list.push_back(entry);
            entries.latest = number;
            while entries.list.len() > self.capacity {
                entries.list.pop_front();
            }
        });
        self.shared.latest.send_replace(number);
        Ok(Receipt::new().with_position(id))
    }

    async fn subscribe(&self, _request: Subscribe) -> Result<Nothing, SubscribeError> {
        Err(SubscribeError::Unsupported("subscriptions: receive server-sent events with `sse::EventSource`".to_owned()))
    }

    /// Ends every stream once its client has read all there is.
    async fn close(&self, _deadline: Duration) -> Result<(), TransportError> {
        self.with(|entries| entries.closed = true);
        self.shared.latest.send_modify(|_| ());
        #[cfg(feature = "sse-store")]
        if let Some(kept) = &self.shared.kept {
            kept.close().await;
        }
        Ok(())
    }
}

/// The subscription that there is none of.
#[derive(Debug)]
pub enum Nothing {}

impl Subscription for Nothing {
    type Acknowledger = Self;

    async fn next(&mut self) -> Option<Result<Delivery<Self>, ReceiveError>> {
        match *self {}
    }
}

impl Acknowledger for Nothing {
    async fn acknowledge(self) -> Result<(), SettleError> {
        match self {}
    }

    async fn reject(self, _redeliver_after: Duration) -> Result<(), SettleError> {
        match self {}
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        match *self {}
    }
}
