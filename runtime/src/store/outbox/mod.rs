//! The transactional outbox: a message is stored in the user's own transaction, and published after its commit.
//!
//! In: prepared messages, and transactions on SQLite or PostgreSQL. Out: publications on any transport, by a [`Relay`]. What
//! always holds: what was committed is published at least once, what was rolled back never; messages of one key are published
//! in the order in which they were stored, by however many relays in however many processes. Two transactions that ran at
//! the same time and know nothing of each other have no order. A message has one id at every try, so that a broker or an
//! idempotent consumer knows it again.
//!
//! ```ignore
//! let outbox = Outbox::open("postgres://orders@db/orders").await?;
//! let mut transaction = pool.begin().await?;                       // the user's own, of sqlx
//! sqlx::query("INSERT INTO orders ..").execute(&mut *transaction).await?;
//! outbox.store(&mut transaction, &OrderCreatedProducer::prepare(&created)?).await?;
//! transaction.commit().await?;
//!
//! let relay = outbox.relay(kafka).publications(orders::PUBLICATIONS);   // here, or in another process
//! relay.run_until(shutdown_signal()).await;
//! ```
//!
//! With SQLite a transaction that reads before it stores begins with `BEGIN IMMEDIATE`, as ever where several write.

mod relay;
mod row;
mod table;

pub use relay::{Batch, Relay};

use super::connection::{Connection, Value};
use super::database::Dialect;
use crate::clock;
use crate::message::Prepared;
use crate::transport::Transport;
use row::Envelope;
use std::sync::Arc;
use std::time::Duration;
use table::Table;
use thiserror::Error;
use tokio::sync::Notify;

/// The database failed.
#[derive(Debug, Error)]
#[error("the outbox failed: {0}")]
pub struct OutboxError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl From<sqlx::Error> for OutboxError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.into())
    }
}

/// The databases that an outbox can live in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Database {
    /// The statements that make the table and its indices, for those who make their tables themselves. Each does nothing
    /// where its work is done; [`Outbox::open`] runs them, too.
    pub fn schema(self) -> Vec<String> {
        match self {
            Self::Sqlite => Dialect::Sqlite,
            Self::Postgres => Dialect::Postgres,
        }
        .message_table()
    }
}

/// A message that cannot be published: trying again does not help.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failed {
    /// Its number in the outbox.
    pub number: i64,
    /// Its id.
    pub id: String,
    /// Where it was to go.
    pub address: String,
    /// Why it did not.
    pub error: String,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pending {
    /// How many messages are not published yet.
    pub messages: u64,
    /// How long the oldest of them waits.
    pub oldest: Duration,
}

/// Messages in a database that are published when their transaction is committed; clones share it.
#[derive(Clone, Debug)]
pub struct Outbox {
    table: Table,
    queue: Arc<str>,
    woken: Arc<Notify>,
}

impl Outbox {
    /// Opens the database that the user's transactions are made on, with connections of its own, and makes the table if it
    /// is missing: `sqlite:orders.db`, or `postgres://user@host/database`.
    ///
    /// # Errors
    /// The database cannot be opened.
    pub async fn open(url: &str) -> Result<Self, OutboxError> {
        Ok(Self { table: Table::open(url).await?, queue: "".into(), woken: Arc::default() })
    }

    /// The outbox of this name in the same database: one for each transport, where there are several.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        Self { queue: name.into(), ..self.clone() }
    }

    /// Stores a message in a transaction of the user's; its id. It is published if that is committed. Nothing is sent
    /// to the database but one statement on that connection.
    ///
    /// # Errors
    /// The database failed; the transaction can only be rolled back.
    pub async fn store(&self, transaction: &mut impl Connection, prepared: &Prepared) -> Result<String, OutboxError> {
        let envelope = Envelope::new(prepared);
        let text = serde_json::to_string(&envelope).map_err(|error| OutboxError(error.into()))?;
        let values = [
            Value::Text(&self.queue),
            Value::Integer(row::lane(prepared.message().key.as_ref())),
            Value::Integer(clock::now()),
            Value::Text(&text),
            Value::Bytes(&prepared.message().payload),
        ];
        transaction.execute(table::INSERT, &values).await?;
        Ok(envelope.id)
    }

    /// Says to the relays of this process that something was committed, so that they need not wait until they look again.
    pub fn committed(&self) {
        self.woken.notify_one();
    }

    /// Publishes what is stored here on a transport.
    pub fn relay<T: Transport>(&self, transport: T) -> Relay<T> {
        Relay::new(self.clone(), transport)
    }

    /// How much waits to be published, failures not counted.
    ///
    /// # Errors
    /// The database failed.
    pub async fn pending(&self) -> Result<Pending, OutboxError> {
        let (messages, oldest) = self.table.pending(&self.queue).await?;
        let oldest = oldest.map_or(0, |since| clock::now().saturating_sub(since).max(0));
        Ok(Pending { messages: messages.unsigned_abs(), oldest: Duration::from_millis(oldest.unsigned_abs()) })
    }

    /// What cannot be published, the oldest first. It is kept until it is [retried](Self::retry) or
    /// [discarded](Self::discard); later messages of its key do not wait for it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn failed(&self, limit: u32) -> Result<Vec<Failed>, OutboxError> {
        let rows = self.table.failed(&self.queue, limit.into()).await?;
        let failed = |(number, envelope, error): (i64, Envelope, String)| Failed {
            number,
            id: envelope.id,
            address: envelope.address,
            error,
        };
        Ok(rows.into_iter().map(failed).collect())
    }

    /// Publishes a failed message after all; `false` when there is none of this number.
    ///
    /// # Errors
    /// The database failed.
    pub async fn retry(&self, number: i64) -> Result<bool, OutboxError> {
        Ok(self.table.decide(&self.queue, number, true).await?)
    }

    /// Forgets a failed message; `false` when there is none of this number.
    ///
    /// # Errors
    /// The database failed.
    pub async fn discard(&self, number: i64) -> Result<bool, OutboxError> {
        Ok(self.table.decide(&self.queue, number, false).await?)
    }

    /// Closes the connections. Calls after that fail.
    pub async fn close(&self) {
        self.table.close().await;
    }
}
