//! The events of webhooks that were accepted, and what must still be delivered of them to whom.
//!
//! In: endpoints, events, and outcomes of attempts. Out: deliveries that are due, each claimed by one worker at a time. What
//! always holds: an event and its deliveries are stored in one transaction; a claim that is not settled ends with its
//! lease; every statement that serves a tenant names the tenant.

mod schema;

use super::claims::Queue;
use super::connection::{Connection, Value};
use super::database::{self, Dialect};
use crate::message::{Headers, Message};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Deliveries to endpoints that are enabled; of one that wants order only the first.
const DELIVERIES: Queue = Queue {
    table: "tidings_delivery",
    joined: "JOIN tidings_endpoint e ON e.id = d.endpoint",
    ready: "e.state = 'enabled' AND (e.ordered = 0 OR NOT EXISTS (SELECT 1 FROM tidings_delivery o WHERE \
            o.endpoint = d.endpoint AND o.state = 'pending' AND o.sequence < d.sequence))",
    order: "d.due_at, d.sequence",
};
const ENDPOINT: &str =
    "id, tenant, url, types, ordered, state, secret, old_secret, old_secret_until, failing_since, created_at";

/// A place that events are posted to.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub id: String,
    pub tenant: String,
    pub url: String,
    /// None: all.
    pub types: Vec<String>,
    pub ordered: bool,
    pub enabled: bool,
    pub secret: String,
    pub old_secret: String,
    pub old_secret_until: i64,
    pub failing_since: i64,
    pub created_at: i64,
}

/// One event on its way to one endpoint.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub sequence: i64,
    pub claim: String,
    /// Attempts made before.
    pub attempts: i64,
    pub event: String,
    pub event_type: String,
    pub message: Message,
    pub endpoint: Endpoint,
}

/// One attempt, for the log.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub event: String,
    pub number: i64,
    pub at: i64,
    pub milliseconds: i64,
    /// 0: there was no answer.
    pub status: i64,
    /// The answer's body, cut; or why there was none.
    pub note: String,
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    Delivered,
    Again { due_at: i64 },
    Failed,
}

#[derive(Clone, Debug)]
pub(crate) struct Store {
    pool: AnyPool,
    dialect: Dialect,
}

impl Store {
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let (pool, dialect) = database::open(url, Dialect::tables).await?;
        Ok(Self { pool, dialect })
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) async fn insert_endpoint(&self, endpoint: &Endpoint) -> Result<()> {
        let sql =
            format!("INSERT INTO tidings_endpoint ({ENDPOINT}) VALUES ($1, $2, $3, $4, $5, $6, $7, '', 0, 0, $8)");
        let query = sqlx::query(&sql).bind(&endpoint.id).bind(&endpoint.tenant).bind(&endpoint.url);
        let query = query.bind(listed(&endpoint.types)).bind(i64::from(endpoint.ordered)).bind(state(endpoint.enabled));
        query.bind(&endpoint.secret).bind(endpoint.created_at).execute(&self.pool).await.map(|_| ())
    }

    pub(crate) async fn endpoint(&self, tenant: &str, id: &str) -> Result<Option<Endpoint>> {
        let sql = format!("SELECT {ENDPOINT} FROM tidings_endpoint WHERE tenant = $1 AND id = $2");
        let row = sqlx::query(&sql).bind(tenant).bind(id).fetch_optional(&self.pool).await?;
        row.map(|row| endpoint(&row, 0)).transpose()
    }

    /// In the order of their ids, after `after`.
    pub(crate) async fn endpoints(&self, tenant: &str, after: &str, limit: i64) -> Result<Vec<Endpoint>> {
        let sql = format!("SELECT {ENDPOINT} FROM tidings_endpoint WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3");
        let rows = sqlx::query(&sql).bind(tenant).bind(after).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(|row| endpoint(row, 0)).collect()
    }

    /// Writes all that can change of an endpoint; `false` when there is none.
    pub(crate) async fn update_endpoint(&self, endpoint: &Endpoint) -> Result<bool> {
        let sql = "UPDATE tidings_endpoint SET url = $3, types = $4, ordered = $5, state = $6, secret = $7, \
                   old_secret = $8, old_secret_until = $9, failing_since = $10 WHERE tenant = $1 AND id = $2";
        let query = sqlx::query(sql).bind(&endpoint.tenant).bind(&endpoint.id).bind(&endpoint.url);
        let query = query.bind(listed(&endpoint.types)).bind(i64::from(endpoint.ordered)).bind(state(endpoint.enabled));
        let query = query.bind(&endpoint.secret).bind(&endpoint.old_secret).bind(endpoint.old_secret_until);
        Ok(query.bind(endpoint.failing_since).execute(&self.pool).await?.rows_affected() > 0)
    }

    /// Removes an endpoint with its deliveries and its log; `false` when there is none.
    pub(crate) async fn delete_endpoint(&self, tenant: &str, id: &str) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let mut removed = 0;
        for (table, column) in [("delivery", "endpoint"), ("attempt", "endpoint"), ("endpoint", "id")] {
            let sql = format!("DELETE FROM tidings_{table} WHERE tenant = $1 AND {column} = $2");
            removed = sqlx::query(&sql).bind(tenant).bind(id).execute(&mut *transaction).await?.rows_affected();
        }
        transaction.commit().await?;
        Ok(removed > 0)
    }

    /// Stores an event by [`insert_event`] in a transaction of its own.
    pub(crate) async fn insert_event(&self, event: &Event<'_>, only: Option<&str>, now: i64) -> Result<u64> {
        let mut transaction = self.pool.begin().await?;
        let deliveries = insert_event(&mut transaction, event, only, now).await?;
        transaction.commit().await?;
        Ok(deliveries)
    }

    /// Delivers events again to one endpoint: one of them, or all since a time that it wants; how many.
    pub(crate) async fn replay(&self, endpoint: &Endpoint, which: Replay<'_>, now: i64) -> Result<u64> {
        let (condition, id, since) = match which {
            Replay::One(id) => ("v.id = $5 AND v.created_at >= $6", id, 0),
            Replay::Since(since) => (
                "v.id <> $5 AND v.created_at >= $6 AND v.type NOT LIKE 'tidings.%' AND \
                 (e.types = '' OR replace(e.types, ' ' || v.type || ' ', '') <> e.types)",
                "",
                since,
            ),
        };
        let sql = format!(
            "INSERT INTO tidings_delivery (tenant, endpoint, event, state, attempts, due_at, leased_until, claim, \
             created_at) SELECT v.tenant, e.id, v.id, 'pending', 0, $3, 0, '', $4 FROM tidings_event v \
             JOIN tidings_endpoint e ON e.tenant = v.tenant WHERE v.tenant = $1 AND e.id = $2 AND {condition} \
             ORDER BY v.created_at, v.id"
        );
        let query = sqlx::query(&sql).bind(&endpoint.tenant).bind(&endpoint.id).bind(now).bind(now);
        Ok(query.bind(id).bind(since).execute(&self.pool).await?.rows_affected())
    }

    /// Claims what is due, at most `limit` deliveries.
    pub(crate) async fn claim(&self, now: i64, leased_until: i64, limit: i64) -> Result<Vec<Delivery>> {
        let claim = uuid::Uuid::new_v4().to_string();
        let sql = DELIVERIES.claim(self.dialect);
        let query = sqlx::query(&sql).bind(now).bind(leased_until).bind(&claim).bind(limit);
        if query.execute(&self.pool).await?.rows_affected() == 0 {
            return Ok(Vec::new());
        }
        let columns: Vec<String> = ENDPOINT.split(", ").map(|column| format!("e.{column}")).collect();
        let sql = format!(
            "SELECT d.sequence, d.claim, d.attempts, v.id, v.type, v.content_type, v.headers, v.payload, {} \
             FROM tidings_delivery d JOIN tidings_endpoint e ON e.id = d.endpoint JOIN tidings_event v \
             ON v.tenant = d.tenant AND v.id = d.event WHERE d.claim = $1 ORDER BY d.sequence",
            columns.join(", ")
        );
        let rows = sqlx::query(&sql).bind(&claim).fetch_all(&self.pool).await?;
        rows.iter().map(delivery).collect()
    }

    /// When the next delivery can be claimed, if there is one.
    pub(crate) async fn next_due(&self) -> Result<Option<i64>> {
        let sql = DELIVERIES.next_due();
        sqlx::query(&sql).fetch_one(&self.pool).await?.try_get(0)
    }

    /// Writes the outcome of an attempt: the log, the delivery, and since when the endpoint fails. `false` when the claim
    /// was over, so that another worker has the delivery; then nothing but the log changes.
    pub(crate) async fn settle(&self, delivery: &Delivery, attempt: &Attempt, next: Next) -> Result<bool> {
        let (state, due_at) = match next {
            Next::Delivered => ("delivered", attempt.at),
            Next::Again { due_at } => ("pending", due_at),
            Next::Failed => ("failed", attempt.at),
        };
        let mut transaction = self.pool.begin().await?;
        let sql = "UPDATE tidings_delivery SET state = $3, due_at = $4, attempts = attempts + 1, leased_until = 0, \
                   claim = '' WHERE sequence = $1 AND claim = $2";
        let query = sqlx::query(sql).bind(delivery.sequence).bind(&delivery.claim).bind(state).bind(due_at);
        let ours = query.execute(&mut *transaction).await?.rows_affected() > 0;
        let sql = match next {
            Next::Delivered => {
                "UPDATE tidings_endpoint SET failing_since = 0 WHERE id = $1 AND failing_since <> 0 AND failing_since <= $2"
            }
            _ => "UPDATE tidings_endpoint SET failing_since = $2 WHERE id = $1 AND failing_since = 0",
        };
        sqlx::query(sql).bind(&delivery.endpoint.id).bind(attempt.at).execute(&mut *transaction).await?;
        let sql = "INSERT INTO tidings_attempt (tenant, endpoint, event, delivery, number, at, milliseconds, status, note) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let query = sqlx::query(sql).bind(&delivery.endpoint.tenant).bind(&delivery.endpoint.id).bind(&attempt.event);
        let query = query.bind(delivery.sequence).bind(attempt.number).bind(attempt.at).bind(attempt.milliseconds);
        query.bind(attempt.status).bind(&attempt.note).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(ours)
    }

    /// Disables an endpoint that fails since `failing_since` or earlier; `false` when it does not, or was disabled before.
    pub(crate) async fn disable(&self, id: &str, failing_since: i64) -> Result<bool> {
        let sql = "UPDATE tidings_endpoint SET state = 'disabled' WHERE id = $1 AND state = 'enabled' AND \
                   failing_since <> 0 AND failing_since <= $2";
        Ok(sqlx::query(sql).bind(id).bind(failing_since).execute(&self.pool).await?.rows_affected() > 0)
    }

    /// The last attempts at an endpoint, the latest first.
    pub(crate) async fn attempts(&self, tenant: &str, endpoint: &str, limit: i64) -> Result<Vec<Attempt>> {
        let sql = "SELECT event, number, at, milliseconds, status, note FROM tidings_attempt WHERE tenant = $1 AND \
                   endpoint = $2 ORDER BY id DESC LIMIT $3";
        let rows = sqlx::query(sql).bind(tenant).bind(endpoint).bind(limit).fetch_all(&self.pool).await?;
        let attempt = |row: &AnyRow| {
            Ok(Attempt {
                event: row.try_get(0)?,
                number: row.try_get(1)?,
                at: row.try_get(2)?,
                milliseconds: row.try_get(3)?,
                status: row.try_get(4)?,
                note: row.try_get(5)?,
            })
        };
        rows.iter().map(attempt).collect()
    }

    /// Forgets events before a time of which nothing is pending, with their deliveries and attempts; how many.
    pub(crate) async fn prune(&self, before: i64) -> Result<u64> {
        let mut transaction = self.pool.begin().await?;
        let old = "SELECT 1 FROM tidings_event v WHERE v.tenant = t.tenant AND v.id = t.event AND v.created_at < $1";
        let pending =
            "SELECT 1 FROM tidings_delivery d WHERE d.tenant = v.tenant AND d.event = v.id AND d.state = 'pending'";
        let statements = [
            format!("DELETE FROM tidings_attempt AS t WHERE EXISTS ({old} AND NOT EXISTS ({pending}))"),
            format!("DELETE FROM tidings_event AS v WHERE v.created_at < $1 AND NOT EXISTS ({pending})"),
            "DELETE FROM tidings_delivery AS t WHERE t.created_at < $1 AND NOT EXISTS (SELECT 1 FROM tidings_event v \
             WHERE v.tenant = t.tenant AND v.id = t.event)"
                .to_owned(),
        ];
        let mut removed = 0;
        for (number, sql) in statements.iter().enumerate() {
            let rows = sqlx::query(sql).bind(before).execute(&mut *transaction).await?.rows_affected();
            removed = if number == 1 { rows } else { removed };
        }
        transaction.commit().await?;
        Ok(removed)
    }
}

/// An event of a tenant.
pub(crate) struct Event<'e> {
    pub tenant: &'e str,
    pub id: &'e str,
    pub event_type: &'e str,
    pub message: &'e Message,
}

/// Stores an event, and a delivery for each endpoint that wants it, or for one of them; how many. An event whose id is known
/// already is left as it is.
pub(crate) async fn insert_event(
    connection: &mut impl Connection,
    event: &Event<'_>,
    only: Option<&str>,
    now: i64,
) -> Result<u64> {
    let Event { tenant, id, event_type, message } = event;
    let headers: Vec<(&str, &str)> =
        message.headers.iter().filter_map(|(name, value)| Some((name, value.as_str()?))).collect();
    let headers = serde_json::to_string(&headers).unwrap_or_default();
    let sql = "INSERT INTO tidings_event (tenant, id, type, content_type, headers, payload, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (tenant, id) DO NOTHING";
    let values = [
        Value::Text(tenant),
        Value::Text(id),
        Value::Text(event_type),
        Value::Text(message.content_type.as_deref().unwrap_or_default()),
        Value::Text(&headers),
        Value::Bytes(&message.payload),
        Value::Integer(now),
    ];
    if connection.execute(sql, &values).await? == 0 {
        return Ok(0);
    }
    // An endpoint that is meant by itself gets the event whatever its types are.
    let wanted = match only {
        Some(_) => "e.id = $5",
        None => "e.state = 'enabled' AND (e.types = '' OR replace(e.types, $5, '') <> e.types)",
    };
    let sql = format!(
        "INSERT INTO tidings_delivery (tenant, endpoint, event, state, attempts, due_at, leased_until, claim, \
         created_at) SELECT $1, e.id, $2, 'pending', 0, $3, 0, '', $4 FROM tidings_endpoint e \
         WHERE e.tenant = $1 AND {wanted} ORDER BY e.id"
    );
    let matched = only.map_or_else(|| format!(" {event_type} "), str::to_owned);
    let values =
        [Value::Text(tenant), Value::Text(id), Value::Integer(now), Value::Integer(now), Value::Text(&matched)];
    connection.execute(&sql, &values).await
}

/// Which events are delivered again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Replay<'r> {
    One(&'r str),
    Since(i64),
}

fn state(enabled: bool) -> &'static str {
    if enabled { "enabled" } else { "disabled" }
}

fn listed(types: &[String]) -> String {
    if types.is_empty() { String::new() } else { format!(" {} ", types.join("  ")) }
}

fn endpoint(row: &AnyRow, first: usize) -> Result<Endpoint> {
    let types: String = row.try_get(first + 3)?;
    Ok(Endpoint {
        id: row.try_get(first)?,
        tenant: row.try_get(first + 1)?,
        url: row.try_get(first + 2)?,
        types: types.split_whitespace().map(str::to_owned).collect(),
        ordered: row.try_get::<i64, _>(first + 4)? != 0,
        enabled: row.try_get::<String, _>(first + 5)? == state(true),
        secret: row.try_get(first + 6)?,
        old_secret: row.try_get(first + 7)?,
        old_secret_until: row.try_get(first + 8)?,
        failing_since: row.try_get(first + 9)?,
        created_at: row.try_get(first + 10)?,
    })
}

fn delivery(row: &AnyRow) -> Result<Delivery> {
    let id: String = row.try_get(3)?;
    let content_type: String = row.try_get(5)?;
    let headers: Vec<(String, String)> = serde_json::from_str(&row.try_get::<String, _>(6)?).unwrap_or_default();
    let payload: Vec<u8> = row.try_get(7)?;
    let mut message = Message::new(payload).with_id(id.clone());
    message.content_type = Some(content_type).filter(|text| !text.is_empty());
    message.headers = headers.into_iter().collect::<Headers>();
    Ok(Delivery {
        sequence: row.try_get(0)?,
        claim: row.try_get(1)?,
        attempts: row.try_get(2)?,
        event: id,
        event_type: row.try_get(4)?,
        message,
        endpoint: endpoint(row, 8)?,
    })
}
