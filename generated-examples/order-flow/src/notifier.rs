//! The notifier: tells customers how their orders end.
//!
//! In: answers on payments, and `OrderShipped`. Out: a word to the customer, and the end of the order in the journal.

use tidings_runtime::{Context, HandlerError, Service, Transport};

use crate::journal::{End, Journal, Who};
use crate::orders::{
    self, EventHeaders, OrderShipped, PaymentFailed, PaymentProcessed, TellOutcomeHandler, TellShipmentHandler,
};
use crate::shop;

#[derive(Clone)]
struct Notifier {
    journal: Journal,
}

/// The service on a connection of its own.
pub fn service<T: Transport>(transport: T, journal: &Journal) -> Service<T> {
    let notifier = Notifier { journal: journal.clone() };
    shop::service(transport).consumer(orders::tell_outcome(notifier.clone())).consumer(orders::tell_shipment(notifier))
}

impl Notifier {
    fn tell(&self, number: u64, end: End, text: &str) {
        self.journal.say(Who::Notifier, Some(number), "told the customer", text);
        self.journal.ended(number, end);
    }
}

impl TellOutcomeHandler for Notifier {
    /// A customer who paid is told when the parcel leaves.
    async fn tell_outcome_payment_processed(
        &self,
        _: PaymentProcessed,
        _: Context<(), EventHeaders>,
    ) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn tell_outcome_payment_failed(
        &self,
        failed: PaymentFailed,
        _: Context<(), EventHeaders>,
    ) -> Result<(), HandlerError> {
        let text = match failed.reason {
            orders::FailureReason::Declined => "your payment was declined",
            orders::FailureReason::Expired => "your card has expired",
            orders::FailureReason::InsufficientFunds => "your account does not cover the order",
        };
        self.tell(failed.number, End::Declined, text);
        Ok(())
    }
}

impl TellShipmentHandler for Notifier {
    async fn tell_shipment(&self, shipped: OrderShipped, _: Context<(), EventHeaders>) -> Result<(), HandlerError> {
        let text = match shipped.expected_on {
            Some(day) => format!("your parcel should arrive on {day}"),
            None => "your parcel is on its way".to_owned(),
        };
        self.tell(shipped.number, End::Shipped, &text);
        Ok(())
    }
}
