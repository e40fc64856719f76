//! The tables of webhooks, in the SQL that SQLite and PostgreSQL share.
//!
//! Times are milliseconds since 1970, 0 is never. Texts that list event types have a space before and after each.

use crate::store::database::Dialect;

impl Dialect {
    pub(super) fn tables(self) -> Vec<String> {
        let (counter, bytes) = match self {
            Self::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB"),
            Self::Postgres => ("BIGSERIAL PRIMARY KEY", "BYTEA"),
        };
        vec![
            "CREATE TABLE IF NOT EXISTS tidings_endpoint (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, url TEXT NOT NULL, \
             types TEXT NOT NULL, ordered BIGINT NOT NULL, state TEXT NOT NULL, secret TEXT NOT NULL, \
             old_secret TEXT NOT NULL, old_secret_until BIGINT NOT NULL, failing_since BIGINT NOT NULL, \
             created_at BIGINT NOT NULL)"
                .to_owned(),
            format!(
                "CREATE TABLE IF NOT EXISTS tidings_event (tenant TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, \
                 content_type TEXT NOT NULL, headers TEXT NOT NULL, payload {bytes} NOT NULL, \
                 created_at BIGINT NOT NULL, PRIMARY KEY (tenant, id))"
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS tidings_delivery (sequence {counter}, tenant TEXT NOT NULL, \
                 endpoint TEXT NOT NULL, event TEXT NOT NULL, state TEXT NOT NULL, attempts BIGINT NOT NULL, \
                 due_at BIGINT NOT NULL, leased_until BIGINT NOT NULL, claim TEXT NOT NULL, created_at BIGINT NOT NULL)"
            ),
            "CREATE INDEX IF NOT EXISTS tidings_delivery_due ON tidings_delivery (state, due_at)".to_owned(),
            "CREATE INDEX IF NOT EXISTS tidings_delivery_endpoint ON tidings_delivery (endpoint, state, sequence)"
                .to_owned(),
            "CREATE INDEX IF NOT EXISTS tidings_delivery_claim ON tidings_delivery (claim)".to_owned(),
            format!(
                "CREATE TABLE IF NOT EXISTS tidings_attempt (id {counter}, tenant TEXT NOT NULL, \
                 endpoint TEXT NOT NULL, event TEXT NOT NULL, delivery BIGINT NOT NULL, number BIGINT NOT NULL, \
                 at BIGINT NOT NULL, milliseconds BIGINT NOT NULL, status BIGINT NOT NULL, note TEXT NOT NULL)"
            ),
            "CREATE INDEX IF NOT EXISTS tidings_attempt_endpoint ON tidings_attempt (tenant, endpoint, id)".to_owned(),
        ]
    }
}
