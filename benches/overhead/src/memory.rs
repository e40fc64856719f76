//! The broker in memory: what publishing costs, and what consuming adds.

use crate::counting::{self, Counter};
use crate::orders::{self, ON_ORDER_OPERATION, ORDERS_CHANNEL, Order, SendOrderProducer};
use crate::{ORDER, Outcome};
use std::time::Duration;
use tidings_runtime::store::idempotency::Memory;
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::transport::{Subscribe, Transport};
use tidings_runtime::{Backoff, Payload, Service};

/// A trace that comes with each message.
pub const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What is around the handler.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// Nothing that was asked for.
    Plain,
    /// Nothing, but messages carry a trace.
    Traced,
    /// Everything.
    Layers,
}

/// Publishes, to a group that nobody reads.
pub async fn publish(messages: usize, kind: Kind) -> Outcome {
    counting::begin();
    published(messages, kind).await?;
    counting::end();
    Ok(())
}

async fn published(messages: usize, kind: Kind) -> Result<Broker, Box<dyn std::error::Error>> {
    let broker = Broker::new().with_log_limit(0);
    drop(broker.subscribe(Subscribe::new(&ORDERS_CHANNEL, ON_ORDER_OPERATION.group())).await?);
    let producer = SendOrderProducer::new(broker.clone());
    let order = Order::from_slice(ORDER.as_bytes())?;
    for _ in 0..messages {
        match kind {
            Kind::Plain => producer.send(&order).await?,
            Kind::Traced | Kind::Layers => {
                producer.send_with(&order, |message| message.with_header("traceparent", TRACE)).await?
            }
        };
    }
    Ok(broker)
}

/// Publishes, then consumes.
pub async fn consume(messages: usize, kind: Kind) -> Outcome {
    let broker = published(messages, kind).await?;
    let counter = Counter::default();
    let mut service = Service::new(broker.connect());
    if kind == Kind::Layers {
        service = service
            .retry(Backoff::default().max_attempts(5))
            .dead_letter("shop.dead")
            .idempotent(Memory::new(Duration::from_secs(3_600)))
            .timeout(Duration::from_secs(30));
    }
    counting::begin();
    let running = service.consumer(orders::on_order(counter.clone())).start().await?;
    counter.reaches(messages).await;
    broker.settled().await;
    counting::end();
    running.shutdown().await?;
    Ok(())
}
