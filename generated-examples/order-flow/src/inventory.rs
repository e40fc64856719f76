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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::testing::{self, Testing};
    use crate::orders::{
        Card, Currency, Customer, Money, OrderLine, OrderRequest, PaymentMethod, Region, RegionParameter,
    };
    use tidings_runtime::consume::Reason;

    fn created(number: u32) -> OrderCreated {
        let customer = Customer::new("Ada Lovelace", "ada@example.com".parse().unwrap());
        let lines = vec![OrderLine::new("AUD-0042", "Headphones", 1, 12_900)];
        let payment = PaymentMethod::Card(Card::new("tok_4f3a9c21d0b7", "4242"));
        let order = OrderRequest::new(customer, Region::Eu, lines, Currency::Eur, payment);
        let total = Money::new(12_900, Currency::Eur);
        OrderCreated::new(Uuid::new_v4(), number, Utc::now().fixed_offset(), total, order)
    }

    /// Means the same on every transport: `testing::on` takes that of a real broker.
    async fn the_troubled_order_is_reserved_at_the_third_attempt<T: Transport>(shop: Testing<T>) {
        let running = service(shop.bus(), &Journal::new()).start().await.unwrap();
        let parameters = OrdersCreatedParameters { region: RegionParameter::Eu };
        let headers = EventHeaders::new("4bf92f3577b34da6a3ce929d0e0e4736", 1);
        for number in [1, TROUBLED_ORDER] {
            shop.send_reserve_stock(&parameters, &headers, &created(number)).await.unwrap();
        }
        assert!(shop.settled().await);

        let mut reserved: Vec<u32> = shop.published::<InventoryReserved>().iter().map(|event| event.number).collect();
        reserved.sort_unstable();
        assert_eq!(reserved, [1, TROUBLED_ORDER]);
        let calls = shop.calls();
        let troubled = calls.iter().filter(|call| call.payload::<OrderCreated>().unwrap().number == TROUBLED_ORDER);
        let attempts: Vec<(u32, Option<Reason>)> =
            troubled.map(|call| (call.received.attempt(), call.failure.as_ref().map(|(reason, _)| *reason))).collect();
        let failed = Some(Reason::RetriesExhausted);
        assert_eq!(attempts, [(1, failed), (2, failed), (3, None)]);
        assert!(shop.dead_letters().is_empty());
        running.shutdown().await.unwrap();
    }

    #[tokio::test]
    async fn the_troubled_order_is_reserved_at_the_third_attempt_in_memory() {
        the_troubled_order_is_reserved_at_the_third_attempt(testing::broker().paused()).await;
    }
}
