//! The inventory service: puts the items of each new order aside.
//!
//! In: `OrderCreated` of every region. Out: `InventoryReserved`. The warehouse of this shop does not answer at the first
//! two attempts to reserve the second order.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{TimeDelta, Utc};
use tidings_runtime::{Context, HandlerError, Service, Transport};
use uuid::Uuid;

use crate::journal::{Journal, Who};
use crate::orders::{
    self, ConfirmReservationProducer, EventHeaders, InventoryReserved, OrderCreated, OrdersCreatedParameters,
    ReserveStockHandler,
};
use crate::shop;

/// The order that is reserved at the third attempt only.
pub const TROUBLED_ORDER: u32 = 2;
/// How often that fails.
pub const FAILURES: u32 = 2;

struct Inventory<T> {
    journal: Journal,
    reserved: ConfirmReservationProducer<T>,
    failures: AtomicU32,
}

/// The service on a connection of its own.
pub fn service<T: Transport>(transport: T, journal: &Journal) -> Service<T> {
    let reserved = ConfirmReservationProducer::new(transport.clone());
    let inventory = Inventory { journal: journal.clone(), reserved, failures: AtomicU32::new(0) };
    shop::service(transport).consumer(orders::reserve_stock(inventory))
}

impl<T: Transport> ReserveStockHandler for Inventory<T> {
    async fn reserve_stock(
        &self,
        created: OrderCreated,
        context: Context<OrdersCreatedParameters, EventHeaders>,
    ) -> Result<(), HandlerError> {
        let (id, number, attempt) = (created.order_id, created.number, context.attempt());
        if number == TROUBLED_ORDER && self.failures.fetch_add(1, Ordering::Relaxed) < FAILURES {
            let error = "the warehouse does not answer";
            self.journal.say(Who::Inventory, Some(number), "failed", format!("attempt {attempt}: {error}"));
            return Err(HandlerError::transient(error));
        }
        let warehouse = format!("{}-1", context.parameters.region.as_str().to_uppercase());
        let detail = match attempt {
            1 => format!("in warehouse {warehouse}"),
            _ => format!("in warehouse {warehouse}, at attempt {attempt}"),
        };
        let until = (Utc::now() + TimeDelta::minutes(30)).fixed_offset();
        let OrderCreated { total, order, .. } = created;
        let reserved = InventoryReserved::new(id, number, Uuid::new_v4(), warehouse, until, total, order.payment);

        self.journal.say(Who::Inventory, Some(number), "InventoryReserved", detail);
        self.reserved.send_with(&context.headers, &reserved, |message| message.with_key(id.to_string())).await?;
        Ok(())
    }
}
