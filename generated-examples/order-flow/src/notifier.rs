//! The notifier: tells the customer's system about each change of an order.
//!
//! In: the events of all other services. Out: `OrderChanged`, as a signed webhook that is tried again until it is taken.
//! An event that is delivered twice is told twice, with one id.

use chrono::Utc;
use tidings_runtime::webhook::Sender;
use tidings_runtime::{Context, HandlerError, Service, Transport};

use crate::journal::{Journal, Who};
use crate::orders::{
    self, EventHeaders, FailureReason, InventoryReserved, OrderChanged, OrderCreated, OrderShipped, OrderState,
    OrdersCreatedParameters, PaymentFailed, PaymentProcessed, TellCustomerProducer, TellOutcomeHandler,
    TellPlacementHandler, TellReservationHandler, TellShipmentHandler,
};
use crate::shop;

#[derive(Clone)]
struct Notifier {
    journal: Journal,
    hooks: TellCustomerProducer<Sender>,
}

/// The service on a connection of its own, and with a way to the customer's system.
pub fn service<T: Transport>(transport: T, customer: Sender, journal: &Journal) -> Service<T> {
    let notifier = Notifier { journal: journal.clone(), hooks: TellCustomerProducer::new(customer) };
    shop::service(transport)
        .consumer(orders::tell_placement(notifier.clone()))
        .consumer(orders::tell_reservation(notifier.clone()))
        .consumer(orders::tell_outcome(notifier.clone()))
        .consumer(orders::tell_shipment(notifier))
}

impl Notifier {
    async fn tell(&self, headers: &EventHeaders, changed: OrderChanged) -> Result<(), HandlerError> {
        let OrderChanged { order_id, number, state, .. } = changed;
        let id = format!("{order_id}-{state}");
        self.hooks.send_with(headers, &changed, |message| message.with_id(id)).await?;
        self.journal.say(Who::Notifier, Some(number), "told the customer", state);
        Ok(())
    }
}

impl TellPlacementHandler for Notifier {
    async fn tell_placement(
        &self,
        created: OrderCreated,
        context: Context<OrdersCreatedParameters, EventHeaders>,
    ) -> Result<(), HandlerError> {
        let OrderCreated { order_id: id, number, placed_at, .. } = created;
        let changed = OrderChanged::new(id, number, OrderState::Placed, placed_at, "we have your order");
        self.tell(&context.headers, changed).await
    }
}

impl TellReservationHandler for Notifier {
    async fn tell_reservation(
        &self,
        reserved: InventoryReserved,
        context: Context<(), EventHeaders>,
    ) -> Result<(), HandlerError> {
        let InventoryReserved { order_id: id, number, reserved_until: until, .. } = reserved;
        let text = format!("your items are put aside until {}", until.format("%H:%M %:z"));
        let changed = OrderChanged::new(id, number, OrderState::Reserved, Utc::now().fixed_offset(), text);
        self.tell(&context.headers, changed).await
    }
}

impl TellOutcomeHandler for Notifier {
    async fn tell_outcome_payment_processed(
        &self,
        paid: PaymentProcessed,
        context: Context<(), EventHeaders>,
    ) -> Result<(), HandlerError> {
        let PaymentProcessed { order_id: id, number, amount, processed_at, .. } = paid;
        let changed = OrderChanged::new(id, number, OrderState::Paid, processed_at, format!("you paid {amount}"));
        self.tell(&context.headers, changed).await
    }

    async fn tell_outcome_payment_failed(
        &self,
        failed: PaymentFailed,
        context: Context<(), EventHeaders>,
    ) -> Result<(), HandlerError> {
        let PaymentFailed { order_id: id, number, reason, failed_at } = failed;
        let text = match reason {
            FailureReason::Declined => "your payment was declined",
            FailureReason::Expired => "your card has expired",
            FailureReason::InsufficientFunds => "your account does not cover the order",
        };
        self.tell(&context.headers, OrderChanged::new(id, number, OrderState::Declined, failed_at, text)).await
    }
}

impl TellShipmentHandler for Notifier {
    async fn tell_shipment(
        &self,
        shipped: OrderShipped,
        context: Context<(), EventHeaders>,
    ) -> Result<(), HandlerError> {
        let OrderShipped { order_id: id, number, shipped_at, expected_on, .. } = shipped;
        let text = match expected_on {
            Some(day) => format!("your parcel should arrive on {day}"),
            None => "your parcel is on its way".to_owned(),
        };
        self.tell(&context.headers, OrderChanged::new(id, number, OrderState::Shipped, shipped_at, text)).await
    }
}
