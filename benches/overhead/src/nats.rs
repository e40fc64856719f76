//! Core NATS: one connection that publishes, one that receives, by hand and by generated code.

use crate::counting::{self, Counter};
use crate::memory::TRACE;
use crate::orders::{self, Order, SendOrderProducer};
use crate::{ORDER, Outcome, WINDOW, hand};
use futures_util::StreamExt;
use tidings_runtime::transport::nats;
use tidings_runtime::{Payload, Service};

const SUBJECT: &str = "shop.orders";

/// By hand.
pub async fn hand(server: &str, messages: usize, traced: bool) -> Outcome {
    let (publishing, receiving) = (async_nats::connect(server).await?, async_nats::connect(server).await?);
    let counter = Counter::default();
    let mut subscriber = receiving.queue_subscribe(SUBJECT, "onOrder".to_owned()).await?;
    receiving.flush().await?;
    let counting = counter.clone();
    let task = tokio::spawn(async move {
        while let Some(message) = subscriber.next().await {
            if traced {
                std::hint::black_box(message.headers.as_ref().and_then(|headers| headers.get("traceparent")));
            }
            if let Ok(order) = serde_json::from_slice::<hand::Order>(&message.payload) {
                std::hint::black_box(&order);
                counting.add();
            }
        }
    });
    let order: hand::Order = serde_json::from_str(ORDER)?;
    counting::begin();
    for sent in 0..messages {
        let payload = serde_json::to_vec(&order)?.into();
        if traced {
            let mut headers = async_nats::HeaderMap::new();
            headers.insert("traceparent", TRACE);
            publishing.publish_with_headers(SUBJECT, headers, payload).await?;
        } else {
            publishing.publish(SUBJECT, payload).await?;
        }
        if (sent + 1) % WINDOW == 0 {
            counter.reaches(sent + 1).await;
        }
    }
    counter.reaches(messages).await;
    counting::end();
    task.abort();
    Ok(())
}

/// By generated code.
pub async fn generated(server: &str, messages: usize, traced: bool) -> Outcome {
    let (publishing, receiving) = (nats::connect(server).core().await?, nats::connect(server).core().await?);
    let counter = Counter::default();
    let running = Service::new(receiving).consumer(orders::on_order(counter.clone())).start().await?;
    let producer = SendOrderProducer::new(publishing);
    let order = Order::from_slice(ORDER.as_bytes())?;
    counting::begin();
    for sent in 0..messages {
        if traced {
            producer.send_with(&order, |message| message.with_header("traceparent", TRACE)).await?;
        } else {
            producer.send(&order).await?;
        }
        if (sent + 1) % WINDOW == 0 {
            counter.reaches(sent + 1).await;
        }
    }
    counter.reaches(messages).await;
    counting::end();
    running.shutdown().await?;
    Ok(())
}
