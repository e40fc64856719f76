//! Replies over streams: read by one requester alone, without a consumer group, so that nothing is left behind.
//!
//! In: an inbox, or the channel of the document that replies travel on. Out: what is added from the subscription on, each
//! entry once. What always holds:
//! - an inbox is a stream of its own, which its reader makes, empties and removes, and which ends by itself when the reader
//!   died ([`LIFE`]); a reply never makes one again;
//! - reading goes on after a loss of the connection where it stopped.

use std::sync::{Arc, LazyLock, PoisonError};
use std::time::Duration;

use redis::{Cmd, RedisError, Script, Value};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::line::failure;
use super::member::Received;
use super::subscription::RedisAcknowledger;
use super::{Shared, address, wire};
use crate::consume::Backoff;
use crate::message::Channel;
use crate::transport::{Declare, Delivery, ReceiveError, Subscribe, SubscribeError, TransportError};

/// What the addresses of inboxes begin with.
const PREFIX: &str = "tidings:inbox:";
/// How long an inbox outlives the last sign of life of its reader.
const LIFE: Duration = Duration::from_secs(60);
/// How long the server waits for something to read.
const BLOCK: Duration = Duration::from_secs(5);
/// More entries are not read at once.
const COUNT: usize = 256;

/// Makes a stream without an entry; nobody needs the group.
static MAKE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "redis.pcall('XGROUP', 'CREATE', KEYS[1], 'tidings:maker', '$', 'MKSTREAM') \
         return redis.call('XGROUP', 'DESTROY', KEYS[1], 'tidings:maker')",
    )
});

/// The address of an inbox.
pub(super) fn of(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// Whether an address is one of an inbox.
pub(super) fn is_inbox(address: &str) -> bool {
    address.starts_with(PREFIX)
}

/// A stream, and the last entry of it that was read.
struct Read {
    stream: String,
    last: String,
}

/// A reader as those count it who come before or after it at the same address.
struct Presence {
    shared: Arc<Shared>,
    address: String,
}

impl Presence {
    fn new(shared: &Arc<Shared>, address: &str) -> Self {
        let mut readers = shared.readers.lock().unwrap_or_else(PoisonError::into_inner);
        *readers.entry(address.to_owned()).or_default() += 1;
        Self { shared: Arc::clone(shared), address: address.to_owned() }
    }

    fn is_last(&self) -> bool {
        let readers = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.get(&self.address).is_none_or(|count| *count <= 1)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut readers = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner);
        match readers.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(readers.remove(&self.address)),
        }
    }
}

/// The reader of replies.
pub(super) struct Reader {
    shared: Arc<Shared>,
    channel: &'static Channel,
    reads: Vec<Read>,
    /// Whether the stream is this reader's own.
    owned: bool,
    /// Counted, while there is this reader.
    presence: Presence,
    alive_due: Instant,
    deliveries: mpsc::Sender<Received>,
    closed: watch::Receiver<bool>,
}

impl Reader {
    /// Makes the inbox if it is one, and remembers where the streams end now.
    ///
    /// # Errors
    /// The server does not answer, or a key holds something else.
    pub(super) async fn open(
        shared: &Arc<Shared>,
        request: &Subscribe,
        deliveries: mpsc::Sender<Received>,
    ) -> Result<Self, SubscribeError> {
        let template = request.channel.template().as_str();
        let owned = is_inbox(template);
        let streams = match owned {
            true => vec![address::stream(&shared.settings.prefix, template)?],
            false => shared.streams(request.channel)?.1,
        };
        let mut reader = Self {
            shared: Arc::clone(shared),
            channel: request.channel,
            reads: Vec::new(),
            owned,
            presence: Presence::new(shared, template),
            alive_due: Instant::now(),
            deliveries,
            closed: shared.closed.subscribe(),
        };
        for stream in streams {
            let failed =
                |error: RedisError| failure(&format!("replies of the stream `{stream}` cannot be read"), &error);
            if owned || shared.settings.declare == Declare::Create {
                reader.make(&stream).await.map_err(failed)?;
            }
            let last = reader.last(&stream).await.map_err(failed)?;
            reader.reads.push(Read { stream, last });
        }
        reader.keep().await.map_err(|error| failure("an inbox could not be kept", &error))?;
        Ok(reader)
    }

    /// Makes a stream that is not there.
    async fn make(&self, stream: &str) -> Result<(), RedisError> {
        self.shared.line.run::<u64>(&MAKE.key(stream)).await.map(|_| ())
    }

    /// The last entry of a stream.
    async fn last(&self, stream: &str) -> Result<String, RedisError> {
        let mut command = Cmd::new();
        command.arg("XREVRANGE").arg(stream).arg("+").arg("-").arg("COUNT").arg(1);
        let entries = wire::entries(self.shared.line.ask::<Value>(&command).await?);
        Ok(entries.into_iter().next().map_or_else(|| "0-0".to_owned(), |entry| entry.id))
    }

    /// Reads until nobody wants replies any more, or the connection is closed.
    pub(super) async fn run(mut self) {
        let backoff = Backoff::exponential(Duration::from_millis(100)).max_delay(Duration::from_secs(2));
        let mut failures = 0_u32;
        let (mut closed, deliveries) = (self.closed.clone(), self.deliveries.clone());
        loop {
            let step = tokio::select! {
                _ = closed.wait_for(|closed| *closed) => break,
                () = deliveries.closed() => break,
                step = self.read(&mut failures) => step,
            };
            let Err(error) = step else { continue };
            if !error.transient {
                let _ = self.deliveries.send(Err(ReceiveError::Lost(error))).await;
                break;
            }
            failures = failures.saturating_add(1);
            let delay = backoff.delay(failures);
            tracing::warn!(channel = self.channel.key(), ?delay, %error, "Redis gives no replies; trying again");
            tokio::select! {
                () = tokio::time::sleep(delay) => (),
                _ = closed.wait_for(|closed| *closed) => break,
            }
        }
        // A requester that opens its inbox again has a new reader before the old one ends.
        for read in self.reads.iter().filter(|_| self.owned && self.presence.is_last()) {
            let gone = self.shared.line.ask::<u64>(Cmd::new().arg("UNLINK").arg(&read.stream)).await;
            if let Err(error) = gone {
                tracing::debug!(%error, "an inbox ends by itself");
            }
        }
    }

    /// Connects, and hands on what comes.
    async fn read(&mut self, failures: &mut u32) -> Result<(), TransportError> {
        let mut connection = self.shared.line.connect(BLOCK).await?;
        loop {
            self.keep().await.map_err(|error| failure("an inbox could not be kept", &error))?;
            let mut command = Cmd::new();
            command.arg("XREAD").arg("COUNT").arg(COUNT).arg("BLOCK").arg(BLOCK.as_millis() as u64).arg("STREAMS");
            for read in &self.reads {
                command.arg(&read.stream);
            }
            for read in &self.reads {
                command.arg(&read.last);
            }
            let answer = command.query_async::<Value>(&mut connection).await;
            let answer = answer.map_err(|error| failure("replies could not be read", &error))?;
            *failures = 0;
            for (stream, entries) in wire::streams(answer) {
                self.hand_on(&stream, entries).await?;
            }
        }
    }

    async fn hand_on(&mut self, stream: &str, entries: Vec<wire::Entry>) -> Result<(), TransportError> {
        let payload_field = self.shared.settings.payload_field.clone();
        let mut taken = Vec::new();
        for entry in entries {
            if let Some(read) = self.reads.iter_mut().find(|read| read.stream == stream) {
                read.last.clone_from(&entry.id);
            }
            let (message, carried) = wire::message(&payload_field, entry.fields);
            if let Some(address) = address::carried(self.channel, carried) {
                let delivery = Delivery::new(message, address, RedisAcknowledger::settled())
                    .with_position(format!("{stream}@{}", entry.id));
                // Nobody wants it any more: the loop above sees that.
                let _ = self.deliveries.send(Ok(delivery)).await;
            }
            taken.push(entry.id);
        }
        if self.owned && !taken.is_empty() {
            let mut command = Cmd::new();
            command.arg("XDEL").arg(stream).arg(taken);
            let emptied = self.shared.line.ask::<u64>(&command).await;
            emptied.map_err(|error| failure("an inbox could not be emptied", &error))?;
        }
        Ok(())
    }

    /// Lets the inbox live on, and makes it again where it has ended.
    async fn keep(&mut self) -> Result<(), RedisError> {
        if !self.owned || self.alive_due > Instant::now() {
            return Ok(());
        }
        for read in &self.reads {
            let life = LIFE.as_millis() as u64;
            let live = || {
                let mut command = Cmd::new();
                command.arg("PEXPIRE").arg(&read.stream).arg(life);
                command
            };
            if self.shared.line.ask::<u8>(&live()).await? == 0 {
                self.make(&read.stream).await?;
                self.shared.line.ask::<u8>(&live()).await?;
            }
        }
        self.alive_due = Instant::now() + LIFE / 4;
        Ok(())
    }
}
