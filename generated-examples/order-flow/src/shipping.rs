//! The shipping service: sends what is paid, puts back what is not.
//!
//! In: `PaymentProcessed` and `PaymentFailed`. Out: `OrderShipped`.

use chrono::{Days, Utc};
use tidings_runtime::{Context, HandlerError, Service, Transport};

use crate::journal::{Journal, Who};
use crate::orders::{
    self, AnnounceShipmentProducer, Carrier, EventHeaders, OrderShipped, PaymentFailed, PaymentProcessed,
    ShipOrderHandler,
};
use crate::shop;

struct Shipping<T> {
    journal: Journal,
    shipped: AnnounceShipmentProducer<T>,
}

/// The service on a connection of its own.
pub fn service<T: Transport>(transport: T, journal: &Journal) -> Service<T> {
    let shipped = AnnounceShipmentProducer::new(transport.clone());
    let shipping = Shipping { journal: journal.clone(), shipped };
    shop::service(transport).consumer(orders::ship_order(shipping))
}

impl<T: Transport> ShipOrderHandler for Shipping<T> {
    async fn ship_order_payment_processed(
        &self,
        paid: PaymentProcessed,
        context: Context<(), EventHeaders>,
    ) -> Result<(), HandlerError> {
        let (id, number) = (paid.order_id, paid.number);
        let now = Utc::now().fixed_offset();
        let tracking_number = format!("SP{number:010}");
        let mut shipped = OrderShipped::new(id, number, Carrier::SwiftParcel, tracking_number, now);
        shipped.expected_on = now.date_naive().checked_add_days(Days::new(2));

        let detail = format!("{} by {}", shipped.tracking_number, shipped.carrier);
        self.journal.say(Who::Shipping, Some(number), "OrderShipped", detail);
        self.shipped.send_with(&context.headers, &shipped, |message| message.with_key(id.to_string())).await?;
        Ok(())
    }

    async fn ship_order_payment_failed(
        &self,
        failed: PaymentFailed,
        _: Context<(), EventHeaders>,
    ) -> Result<(), HandlerError> {
        self.journal.say(Who::Shipping, Some(failed.number), "put back", "the items return to their shelf");
        Ok(())
    }
}
