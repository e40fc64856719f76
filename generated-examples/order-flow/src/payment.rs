//! The payment service: collects the money of orders whose items are there.
//!
//! In: `InventoryReserved`. Out: `PaymentProcessed` or `PaymentFailed`. The provider of this shop declines every fourth
//! payment.

use std::fmt;

use chrono::Utc;
use tidings_runtime::{Context, HandlerError, Service, Transport};
use uuid::Uuid;

use crate::journal::{Journal, Who};
use crate::orders::{
    self, AnswerPaymentProducer, CollectPaymentHandler, Currency, EventHeaders, FailureReason, InventoryReserved,
    Money, PaymentFailed, PaymentMethod, PaymentProcessed,
};
use crate::shop;

/// One payment of so many is declined.
pub const DECLINED_EVERY: u32 = 4;

struct Payments<T> {
    journal: Journal,
    answered: AnswerPaymentProducer<T>,
}

/// The service on a connection of its own.
pub fn service<T: Transport>(transport: T, journal: &Journal) -> Service<T> {
    let answered = AnswerPaymentProducer::new(transport.clone());
    let payments = Payments { journal: journal.clone(), answered };
    shop::service(transport).consumer(orders::collect_payment(payments))
}

impl<T: Transport> CollectPaymentHandler for Payments<T> {
    async fn collect_payment(
        &self,
        reserved: InventoryReserved,
        context: Context<(), EventHeaders>,
    ) -> Result<(), HandlerError> {
        let InventoryReserved { order_id: id, number, total, payment, .. } = reserved;
        let now = Utc::now().fixed_offset();
        if number % DECLINED_EVERY == 0 {
            let failed = PaymentFailed::new(id, number, FailureReason::Declined, now);
            self.journal.say(Who::Payment, Some(number), "PaymentFailed", failed.reason);
            self.answered
                .send_payment_failed_with(&context.headers, &failed, |message| message.with_key(id.to_string()))
                .await?;
        } else {
            self.journal.say(Who::Payment, Some(number), "PaymentProcessed", format!("{total} {payment}"));
            let processed = PaymentProcessed::new(id, number, Uuid::new_v4(), total, now);
            self.answered
                .send_payment_processed_with(&context.headers, &processed, |message| message.with_key(id.to_string()))
                .await?;
        }
        Ok(())
    }
}

impl fmt::Display for PaymentMethod {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Card(card) => write!(formatter, "by the card that ends in {}", card.last_four),
            Self::Invoice(invoice) => write!(formatter, "by invoice, due in {} days", invoice.due_days),
            Self::Voucher(voucher) => write!(formatter, "with the voucher {}", voucher.code),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { amount, currency } = self;
        match currency {
            Currency::Eur | Currency::Usd => write!(formatter, "{}.{:02} {currency}", amount / 100, amount % 100),
            Currency::Jpy => write!(formatter, "{amount} {currency}"),
        }
    }
}
