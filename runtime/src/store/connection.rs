//! Statements on a connection of the user's, so that what they store is stored with their own work or not at all.
//!
//! In: a connection or a transaction of sqlx. Out: how many rows a statement changed. Nothing is committed here.

use sqlx::{Any, AnyConnection, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};
use std::pin::Pin;

/// A value of a statement.
#[derive(Clone, Copy, Debug)]
pub enum Value<'v> {
    /// `BIGINT`
    Integer(i64),
    /// `TEXT`
    Text(&'v str),
    /// `BLOB`, `BYTEA`
    Bytes(&'v [u8]),
}

/// A connection to SQLite or PostgreSQL, or a transaction on one: `&mut transaction`.
pub trait Connection: sealed::Execute {}

pub(crate) mod sealed {
    use super::{Pin, Value};

    /// What a connection does; nobody else implements it.
    pub trait Execute: Send {
        /// Runs a statement; how many rows it changed.
        fn execute<'c>(
            &'c mut self,
            sql: &'c str,
            values: &'c [Value<'c>],
        ) -> Pin<Box<dyn Future<Output = Result<u64, sqlx::Error>> + Send + 'c>>;
    }
}

macro_rules! connections {
    ($($connection:ty => $database:ty),* $(,)?) => {$(
        impl sealed::Execute for $connection {
            fn execute<'c>(
                &'c mut self,
                sql: &'c str,
                values: &'c [Value<'c>],
            ) -> Pin<Box<dyn Future<Output = Result<u64, sqlx::Error>> + Send + 'c>> {
                let mut query = sqlx::query::<$database>(sql);
                for value in values {
                    query = match *value {
                        Value::Integer(value) => query.bind(value),
                        Value::Text(text) => query.bind(text),
                        Value::Bytes(bytes) => query.bind(bytes),
                    };
                }
                Box::pin(async move { Ok(query.execute(self).await?.rows_affected()) })
            }
        }

        impl sealed::Execute for Transaction<'_, $database> {
            fn execute<'c>(
                &'c mut self,
                sql: &'c str,
                values: &'c [Value<'c>],
            ) -> Pin<Box<dyn Future<Output = Result<u64, sqlx::Error>> + Send + 'c>> {
                sealed::Execute::execute(&mut **self, sql, values)
            }
        }

        impl Connection for $connection {}
        impl Connection for Transaction<'_, $database> {}
    )*};
}

connections!(AnyConnection => Any, PgConnection => Postgres, SqliteConnection => Sqlite);
