//! Databases that stores live in: SQLite and PostgreSQL, in the SQL that both understand.
//!
//! In: a URL. Out: a pool of connections, and which database it is. What was confirmed survives the loss of power.

use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;
use std::time::Duration;

/// The two databases; what they do not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    fn of(url: &str) -> Option<Self> {
        match url.split_once(':')?.0 {
            "sqlite" => Some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            _ => None,
        }
    }

    /// Said to each new connection.
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 10000"],
            Self::Postgres => &[],
        }
    }

    /// SQLite has one writer in any case, and an in-memory database one connection.
    fn connections(self) -> u32 {
        match self {
            Self::Sqlite => 1,
            Self::Postgres => 8,
        }
    }
}

/// Connects to the database at `sqlite:PATH` (made if it is not there) or `postgres://..`, and makes the tables that are
/// missing.
pub(crate) async fn open(
    url: &str,
    tables: impl FnOnce(Dialect) -> Vec<String>,
) -> Result<(AnyPool, Dialect), sqlx::Error> {
    let dialect = Dialect::of(url)
        .ok_or_else(|| sqlx::Error::Configuration("the URL begins with neither sqlite: nor postgres:".into()))?;
    let memory = url.contains(":memory:") || url.contains("mode=");
    let url = match dialect {
        Dialect::Sqlite if !memory => format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' }),
        _ => url.to_owned(),
    };
    sqlx::any::install_default_drivers();
    let pool = AnyPoolOptions::new()
        .max_connections(dialect.connections())
        .acquire_timeout(Duration::from_secs(30))
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                for setting in dialect.settings() {
                    sqlx::query(setting).execute(&mut *connection).await?;
                }
                Ok(())
            })
        })
        .connect(&url)
        .await?;
    for table in tables(dialect) {
        sqlx::query(&table).execute(&pool).await?;
    }
    Ok((pool, dialect))
}
