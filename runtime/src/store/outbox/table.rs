//! The table `tidings_message`: what waits to be published, and which relay is at it.
//!
//! In: rows, claims and outcomes. Out: rows that one relay has to itself. What always holds: of one lane only one relay has
//! rows, and it has them from the first on, so that order by key outlives any number of relays. Times are milliseconds since
//! 1970, by the clock of the database where it has one.

use super::row::Envelope;
use crate::clock;
use crate::store::claims::Queue;
use crate::store::database::{self, Dialect};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A lane is ready unless one of its rows is leased, or an earlier one waits for its next try.
const MESSAGES: Queue = Queue {
    table: "tidings_message",
    joined: "",
    ready: "d.queue = $5 AND (d.lane = 0 OR NOT EXISTS (SELECT 1 FROM tidings_message o WHERE o.queue = d.queue AND \
            o.lane = d.lane AND o.state = 'pending' AND (o.leased_until > $1 OR (o.sequence < d.sequence AND o.due_at > $1))))",
    order: "d.sequence",
};

pub(super) const INSERT: &str = "INSERT INTO tidings_message (queue, lane, state, attempts, due_at, leased_until, claim, note, \
                                 created_at, envelope, payload) VALUES ($1, $2, 'pending', 0, 0, 0, '', '', $3, $4, $5)";

/// Makes claims one after the other, whoever makes them: two that do not see each other could share a lane.
const ONE_AT_A_TIME: &str = "SELECT 1 FROM pg_advisory_xact_lock(7226435, 11)";

impl Dialect {
    /// The statements that make the table, each of which does nothing where its work is done.
    pub(super) fn message_table(self) -> Vec<String> {
        let (counter, bytes) = match self {
            Self::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB"),
            Self::Postgres => ("BIGSERIAL PRIMARY KEY", "BYTEA"),
        };
        vec![
            format!(
                "CREATE TABLE IF NOT EXISTS tidings_message (sequence {counter}, queue TEXT NOT NULL, lane BIGINT NOT NULL, \
                 state TEXT NOT NULL, attempts BIGINT NOT NULL, due_at BIGINT NOT NULL, leased_until BIGINT NOT NULL, \
                 claim TEXT NOT NULL, note TEXT NOT NULL, created_at BIGINT NOT NULL, envelope TEXT NOT NULL, \
                 payload {bytes} NOT NULL)"
            ),
            "CREATE INDEX IF NOT EXISTS tidings_message_next ON tidings_message (queue, state, sequence)".to_owned(),
            "CREATE INDEX IF NOT EXISTS tidings_message_lane ON tidings_message (queue, lane, state, sequence)"
                .to_owned(),
            "CREATE INDEX IF NOT EXISTS tidings_message_claim ON tidings_message (claim)".to_owned(),
        ]
    }
}

/// A row that a relay has claimed.
#[derive(Debug)]
pub(super) struct Claimed {
    pub sequence: i64,
    pub lane: i64,
    /// Tries made before.
    pub attempts: i64,
    pub created_at: i64,
    pub envelope: String,
    pub payload: Vec<u8>,
}

/// What a relay says of a row that it has claimed.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Published,
    Again { in_milliseconds: i64, note: String },
    Failed { note: String },
}

#[derive(Clone, Debug)]
pub(super) struct Table {
    pool: AnyPool,
    dialect: Dialect,
}

impl Table {
    pub(super) async fn open(url: &str) -> Result<Self> {
        let (pool, dialect) = database::open(url, Dialect::message_table).await?;
        Ok(Self { pool, dialect })
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }

    /// The time by which leases are measured: that of the database, which all relays share.
    async fn now(&self) -> Result<i64> {
        match self.dialect {
            Dialect::Sqlite => Ok(clock::now()),
            Dialect::Postgres => {
                let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
                sqlx::query(sql).fetch_one(&self.pool).await?.try_get(0)
            }
        }
    }

    /// Claims what can be published, in the order it was stored, for as long as `lease`.
    pub(super) async fn claim(&self, queue: &str, claim: &str, lease: i64, limit: i64) -> Result<Vec<Claimed>> {
        // Asked first, since claiming writes, and a database has better to do than to write nothing.
        let now = self.now().await?;
        if self.next_due(queue, now).await?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let mut transaction = self.pool.begin().await?;
        if self.dialect == Dialect::Postgres {
            sqlx::query(ONE_AT_A_TIME).execute(&mut *transaction).await?;
        }
        let sql = MESSAGES.claim(self.dialect);
        let query = sqlx::query(&sql).bind(now).bind(now.saturating_add(lease)).bind(claim).bind(limit).bind(queue);
        let claimed = query.execute(&mut *transaction).await?.rows_affected();
        let rows = if claimed == 0 {
            Vec::new()
        } else {
            let sql = "SELECT sequence, lane, attempts, created_at, envelope, payload FROM tidings_message WHERE claim = $1 \
                       ORDER BY sequence";
            sqlx::query(sql).bind(claim).fetch_all(&mut *transaction).await?
        };
        transaction.commit().await?;
        rows.iter().map(claimed_row).collect()
    }

    async fn next_due(&self, queue: &str, now: i64) -> Result<Option<i64>> {
        let sql = MESSAGES.next_due().replace("$5", "$2");
        sqlx::query(&sql).bind(now).bind(queue).fetch_one(&self.pool).await?.try_get(0)
    }

    /// Begins the lease of a claim again.
    pub(super) async fn renew(&self, claim: &str, lease: i64) -> Result<()> {
        let until = self.now().await?.saturating_add(lease);
        let sql = "UPDATE tidings_message SET leased_until = $2 WHERE claim = $1 AND state = 'pending'";
        sqlx::query(sql).bind(claim).bind(until).execute(&self.pool).await.map(drop)
    }

    /// Writes what came of a claim, and gives back the rest of it. What was published is removed, or kept until it is
    /// [pruned](Self::prune).
    pub(super) async fn settle(&self, claim: &str, outcomes: &[(i64, Outcome)], keep: bool) -> Result<()> {
        let now = self.now().await?;
        let mut transaction = self.pool.begin().await?;
        let published: Vec<String> = outcomes
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Outcome::Published))
            .map(|(sequence, _)| sequence.to_string())
            .collect();
        if !published.is_empty() {
            let rows = format!("claim = $1 AND sequence IN ({})", published.join(", "));
            let sql = match keep {
                true => format!("UPDATE tidings_message SET state = 'published', due_at = $2, note = '' WHERE {rows}"),
                false => format!("DELETE FROM tidings_message WHERE {rows}"),
            };
            let query = sqlx::query(&sql).bind(claim);
            let query = if keep { query.bind(now) } else { query };
            query.execute(&mut *transaction).await?;
        }
        for (sequence, outcome) in outcomes {
            let (state, due_at, note) = match outcome {
                Outcome::Published => continue,
                Outcome::Again { in_milliseconds, note } => ("pending", now.saturating_add(*in_milliseconds), note),
                Outcome::Failed { note } => ("failed", now, note),
            };
            let sql = "UPDATE tidings_message SET state = $3, due_at = $4, note = $5, attempts = attempts + 1 \
                       WHERE claim = $1 AND sequence = $2";
            let query = sqlx::query(sql).bind(claim).bind(*sequence).bind(state).bind(due_at);
            query.bind(note.replace('\0', "\u{fffd}")).execute(&mut *transaction).await?;
        }
        let sql = "UPDATE tidings_message SET claim = '', leased_until = 0 WHERE claim = $1";
        sqlx::query(sql).bind(claim).execute(&mut *transaction).await?;
        transaction.commit().await
    }

    /// Removes what was published longer ago than this; how many.
    pub(super) async fn prune(&self, queue: &str, older_than: i64) -> Result<u64> {
        let before = self.now().await?.saturating_sub(older_than);
        let sql = "DELETE FROM tidings_message WHERE queue = $1 AND state = 'published' AND due_at <= $2";
        Ok(sqlx::query(sql).bind(queue).bind(before).execute(&self.pool).await?.rows_affected())
    }

    /// How many rows are pending, and when the oldest of them was stored.
    pub(super) async fn pending(&self, queue: &str) -> Result<(i64, Option<i64>)> {
        let sql = "SELECT COUNT(*), MIN(created_at) FROM tidings_message WHERE queue = $1 AND state = 'pending'";
        let row = sqlx::query(sql).bind(queue).fetch_one(&self.pool).await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    /// What failed for good, the oldest first: number, envelope, why.
    pub(super) async fn failed(&self, queue: &str, limit: i64) -> Result<Vec<(i64, Envelope, String)>> {
        let sql = "SELECT sequence, envelope, note FROM tidings_message WHERE queue = $1 AND state = 'failed' \
                   ORDER BY sequence LIMIT $2";
        let rows = sqlx::query(sql).bind(queue).bind(limit).fetch_all(&self.pool).await?;
        let row = |row: &AnyRow| {
            let envelope = serde_json::from_str(&row.try_get::<String, _>(1)?);
            Ok((row.try_get(0)?, envelope.map_err(|error| sqlx::Error::Decode(error.into()))?, row.try_get(2)?))
        };
        rows.iter().map(row).collect()
    }

    /// Publishes again what failed for good, or forgets it; `false` when there is no such row.
    pub(super) async fn decide(&self, queue: &str, sequence: i64, again: bool) -> Result<bool> {
        let rows = "queue = $1 AND sequence = $2 AND state = 'failed'";
        let sql = match again {
            true => format!("UPDATE tidings_message SET state = 'pending', due_at = 0, attempts = 0 WHERE {rows}"),
            false => format!("DELETE FROM tidings_message WHERE {rows}"),
        };
        Ok(sqlx::query(&sql).bind(queue).bind(sequence).execute(&self.pool).await?.rows_affected() > 0)
    }
}

fn claimed_row(row: &AnyRow) -> Result<Claimed> {
    Ok(Claimed {
        sequence: row.try_get(0)?,
        lane: row.try_get(1)?,
        attempts: row.try_get(2)?,
        created_at: row.try_get(3)?,
        envelope: row.try_get(4)?,
        payload: row.try_get(5)?,
    })
}
