//! Who works on which row: the one way in which workers of several processes share a table of work.
//!
//! In: a table with the columns `sequence`, `state`, `due_at`, `leased_until` and `claim`, and what makes a row ready. Out:
//! SQL that claims rows, and says when the next can be claimed. What always holds: a row has one claim at a time; a claim
//! that is not settled ends with its lease, so that a worker that died keeps nothing.

use super::database::Dialect;

/// A table of work; its rows are called `d`.
pub(crate) struct Queue {
    pub table: &'static str,
    /// Tables that `ready` looks at.
    pub joined: &'static str,
    /// Which pending rows may be claimed at all, besides those that are due. `$1` is the time, `$5` the argument.
    pub ready: &'static str,
    /// Which of them come first.
    pub order: &'static str,
}

impl Queue {
    /// Claims what is ready, due and not leased. `$1` is the time, `$2` the end of the lease, `$3` the name of the claim,
    /// `$4` how many rows at most.
    pub(crate) fn claim(&self, dialect: Dialect) -> String {
        let Self { table, joined, ready, order } = self;
        // Rows that another worker is claiming are left to it; SQLite lets one statement write at a time.
        let others = match dialect {
            Dialect::Sqlite => "",
            Dialect::Postgres => "FOR UPDATE OF d SKIP LOCKED",
        };
        format!(
            "UPDATE {table} SET leased_until = $2, claim = $3 WHERE sequence IN (SELECT d.sequence FROM {table} d {joined} \
             WHERE d.state = 'pending' AND {ready} AND d.due_at <= $1 AND d.leased_until <= $1 ORDER BY {order} LIMIT $4 \
             {others})"
        )
    }

    /// When the next row can be claimed. `$1` is the time.
    pub(crate) fn next_due(&self) -> String {
        let Self { table, joined, ready, .. } = self;
        format!(
            "SELECT MIN(CASE WHEN d.due_at > d.leased_until THEN d.due_at ELSE d.leased_until END) FROM {table} d {joined} \
             WHERE d.state = 'pending' AND {ready}"
        )
    }
}
