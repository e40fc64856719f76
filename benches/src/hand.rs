//! What somebody would write by hand: the fields of the generated types, unknown members kept, nothing checked.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

macro_rules! structs {
    ($($(#[$attribute:meta])* $name:ident { $($(#[$field_attribute:meta])* $field:ident: $of:ty),* $(,)? })*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        $(#[$attribute])*
        #[allow(missing_docs)]
        pub struct $name { $($(#[$field_attribute])* pub $field: $of),* }
    )*};
}

/// Unknown members.
pub type Rest = BTreeMap<String, Value>;

structs! {
    IssueEvent { action: String, issue: Issue, repository: Repository, sender: Account, #[serde(flatten)] rest: Rest }
    Issue {
        id: i64, number: i64, title: String, body: Option<String>, user: Account, labels: Vec<Label>,
        assignees: Option<Vec<Account>>, state: State, locked: Option<bool>, comments: Option<u64>,
        #[serde(flatten)] rest: Rest
    }
    Label { id: i64, name: String, color: String, default: Option<bool>, #[serde(flatten)] rest: Rest }
    Account {
        id: i64, login: String, url: Option<String>, #[serde(rename = "type")] kind: Option<String>,
        site_admin: Option<bool>, #[serde(flatten)] rest: Rest
    }
    Repository {
        id: i64, name: String, full_name: String, private: Option<bool>, owner: Account, topics: Option<Vec<String>>,
        size: Option<u64>, #[serde(flatten)] rest: Rest
    }
    #[serde(deny_unknown_fields)]
    Order {
        id: String, customer: Customer, status: Status, lines: Vec<Line>, total: f64, currency: Option<String>,
        note: Option<String>
    }
    #[serde(deny_unknown_fields)]
    Customer { id: u64, name: String, email: Option<String> }
    #[serde(deny_unknown_fields)]
    Line { sku: String, title: Option<String>, count: u64, price: f64 }
    Measurements { gateway: String, readings: Vec<Reading>, #[serde(flatten)] rest: Rest }
    Reading {
        sensor: String, at: DateTime<FixedOffset>, value: f64, battery: Option<u64>, #[serde(flatten)] rest: Rest
    }
    Statement { account: String, entries: Vec<Entry>, #[serde(flatten)] rest: Rest }
    Card { amount: i64, merchant: String, last4: String, #[serde(flatten)] rest: Rest }
    Transfer { amount: i64, iban: String, reference: Option<String>, #[serde(flatten)] rest: Rest }
    Fee { amount: u64, #[serde(flatten)] rest: Rest }
    Shipment {
        id: Uuid, created: DateTime<FixedOffset>, due: Option<NaiveDate>, attributes: Option<BTreeMap<String, String>>,
        parcels: Vec<Parcel>, #[serde(flatten)] rest: Rest
    }
    Parcel { id: Uuid, weight: f64, scanned: Option<Vec<DateTime<FixedOffset>>>, #[serde(flatten)] rest: Rest }
}

/// Of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum State {
    Open,
    Closed,
}

/// Of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Status {
    Placed,
    Paid,
    Packed,
    Shipped,
    Delivered,
    Cancelled,
}

/// Of a statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Entry {
    Card(Card),
    Transfer(Transfer),
    Fee(Fee),
}
