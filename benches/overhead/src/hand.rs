//! The order as one would write it by hand.

#![cfg_attr(not(any(feature = "kafka", feature = "nats")), allow(dead_code))]

use serde::{Deserialize, Serialize};

/// An order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    id: String,
    customer: String,
    currency: String,
    total: f64,
    placed: i64,
    items: Vec<Item>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Item {
    sku: String,
    quantity: i64,
    price: f64,
}

impl Order {
    /// Whether somebody ordered something.
    pub fn is_an_order(&self) -> bool {
        !self.items.is_empty()
    }
}
