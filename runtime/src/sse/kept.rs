//! A log that outlives its program: its entries in a database.
//!
//! In: entries, one after the other. Out: the same entries, and under which name and number the log goes on. What always
//! holds: an entry is stored before anybody reads it. One program at a time writes to a log; a second one that does is refused.

use super::server::Entry;
use crate::store::database::{self, Dialect};
use sqlx::{AnyPool, Row as _};

fn tables(dialect: Dialect) -> Vec<String> {
    let bytes = match dialect {
        Dialect::Sqlite => "BLOB",
        Dialect::Postgres => "BYTEA",
    };
    vec![
        "CREATE TABLE IF NOT EXISTS tidings_log (log TEXT PRIMARY KEY, name TEXT NOT NULL, latest BIGINT NOT NULL)"
            .to_owned(),
        format!(
            "CREATE TABLE IF NOT EXISTS tidings_log_entry (log TEXT NOT NULL, number BIGINT NOT NULL, \
             address TEXT NOT NULL, text {bytes} NOT NULL, PRIMARY KEY (log, number))"
        ),
    ]
}

/// The entries of one log.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pool: AnyPool,
    log: String,
}

/// How a log was left.
pub(super) struct Left {
    /// The name that its ids begin with.
    pub name: String,
    pub latest: u64,
    /// In order.
    pub entries: Vec<Entry>,
}

impl Kept {
    pub(super) async fn open(url: &str, log: &str) -> Result<(Self, Left), sqlx::Error> {
        let (pool, _) = database::open(url, tables).await?;
        let sql = "INSERT INTO tidings_log (log, name, latest) VALUES ($1, $2, 0) ON CONFLICT (log) DO NOTHING";
        let name = uuid::Uuid::new_v4().simple().to_string();
        sqlx::query(sql).bind(log).bind(name).execute(&pool).await?;
        let row = sqlx::query("SELECT name, latest FROM tidings_log WHERE log = $1").bind(log).fetch_one(&pool).await?;
        let mut left =
            Left { name: row.try_get(0)?, latest: row.try_get::<i64, _>(1)?.unsigned_abs(), entries: vec![] };
        let sql = "SELECT number, address, text FROM tidings_log_entry WHERE log = $1 ORDER BY number";
        for row in sqlx::query(sql).bind(log).fetch_all(&pool).await? {
            let number = row.try_get::<i64, _>(0)?.unsigned_abs();
            let text: Vec<u8> = row.try_get(2)?;
            left.entries.push(Entry { number, address: row.try_get(1)?, text: text.into() });
        }
        Ok((Self { pool, log: log.to_owned() }, left))
    }

    /// Stores an entry, and forgets those before the last `capacity`.
    pub(super) async fn append(&self, entry: &Entry, capacity: usize) -> Result<(), sqlx::Error> {
        let number = i64::try_from(entry.number).unwrap_or(i64::MAX);
        let oldest = number.saturating_sub(i64::try_from(capacity).unwrap_or(i64::MAX));
        let mut transaction = self.pool.begin().await?;
        let sql = "INSERT INTO tidings_log_entry (log, number, address, text) VALUES ($1, $2, $3, $4)";
        let query = sqlx::query(sql).bind(&self.log).bind(number).bind(&entry.address).bind(entry.text.to_vec());
        query.execute(&mut *transaction).await?;
        let sql = "UPDATE tidings_log SET latest = $2 WHERE log = $1";
        sqlx::query(sql).bind(&self.log).bind(number).execute(&mut *transaction).await?;
        let sql = "DELETE FROM tidings_log_entry WHERE log = $1 AND number <= $2";
        sqlx::query(sql).bind(&self.log).bind(oldest).execute(&mut *transaction).await?;
        transaction.commit().await
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}
