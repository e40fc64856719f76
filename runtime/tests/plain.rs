//! A service on a transport that can do little: the runtime itself keeps order by key, delays, attempts and heartbeats.
//! The conformance suite runs here a second time, against those.

#![cfg(feature = "memory")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tidings_runtime::consume::{self, DeadLetter, Received};
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::transport::memory::{Broker, MemoryAcknowledger, MemorySubscription};
use tidings_runtime::transport::{
    Acknowledger, Capabilities, Delivery, PublishError, Receipt, ReceiveError, SettleError, Subscribe, SubscribeError,
    Subscription, Transport, TransportError,
};
use tidings_runtime::{Backoff, HandlerError, Service};

#[macro_use]
#[cfg(test)]
mod conformance;
use conformance::{Factory, address, channel, consumer, operation, publish, until};

/// The in-memory broker without its talents. Keys are hidden from it, so that it does not keep their order.
#[derive(Clone, Default)]
struct Plain {
    broker: Broker,
    heartbeats: Arc<AtomicUsize>,
    rejections: Arc<AtomicUsize>,
    subscriptions: Arc<AtomicUsize>,
}

struct PlainSubscription(MemorySubscription, Plain);

struct PlainAcknowledger(MemoryAcknowledger, Plain);

const HIDDEN_KEY: &str = "hidden-key";

impl Transport for Plain {
    type Subscription = PlainSubscription;

    fn system(&self) -> &'static str {
        "plain"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            acknowledge: true,
            headers: true,
            durable: true,
            shared_groups: true,
            heartbeat: Some(Duration::from_secs(1)),
            ..Capabilities::default()
        }
    }

    async fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        mut message: Message,
    ) -> Result<Receipt, PublishError> {
        if let Some(key) = message.key.take() {
            message.headers.append(HIDDEN_KEY, key);
        }
        self.broker.publish(channel, address, message).await
    }

    async fn subscribe(&self, request: Subscribe) -> Result<PlainSubscription, SubscribeError> {
        self.subscriptions.fetch_add(1, Ordering::SeqCst);
        Ok(PlainSubscription(self.broker.subscribe(request).await?, self.clone()))
    }

    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        self.broker.close(deadline).await
    }
}

impl Subscription for PlainSubscription {
    type Acknowledger = PlainAcknowledger;

    async fn next(&mut self) -> Option<Result<Delivery<PlainAcknowledger>, ReceiveError>> {
        let Ok(delivery) = self.0.next().await? else {
            return None;
        };
        let mut message = Message::clone(&delivery.message);
        let key = message.headers.get(HIDDEN_KEY).cloned();
        message.headers.remove(HIDDEN_KEY);
        message.key = key.map(|key| key.as_bytes().to_vec().into());
        let acknowledger = PlainAcknowledger(delivery.acknowledger, self.1.clone());
        Some(Ok(Delivery::new(message, delivery.address, acknowledger)))
    }
}

impl Acknowledger for PlainAcknowledger {
    async fn acknowledge(self) -> Result<(), SettleError> {
        self.0.acknowledge().await
    }

    async fn reject(self, _redeliver_after: Duration) -> Result<(), SettleError> {
        self.1.rejections.fetch_add(1, Ordering::SeqCst);
        self.0.reject(Duration::ZERO).await
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        self.1.heartbeats.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl Factory for Plain {
    type Transport = Plain;
    async fn transport(&self) -> Plain {
        Plain { broker: self.broker.connect(), ..self.clone() }
    }
}

conformance!(tokio::test(start_paused = true), Plain::default());

fn failing(error: &str) -> Result<(), consume::Failure> {
    Err(HandlerError::transient(error.to_owned()).into())
}

#[tokio::test(start_paused = true)]
async fn a_held_delivery_gets_heartbeats_and_is_not_rejected() {
    let transport = Plain::default();
    let channel = channel("held/{n}");
    let consumer = consumer(operation(channel), |received: Received| async move {
        tokio::time::sleep(Duration::from_millis(3_500)).await;
        if received.attempt() == 1 { failing("once") } else { Ok(()) }
    });
    let retry = Backoff::exponential(Duration::from_millis(2_500)).jitter(0.0);
    let running = Service::new(transport.clone()).retry(retry).consumer(consumer).start().await.unwrap();
    publish(&transport, channel, Message::new("x")).await;
    until("handled", || running.summary().total().succeeded == 1).await;
    running.shutdown().await.unwrap();
    // 3 while handling, 2 while waiting, 3 while handling again.
    assert_eq!(transport.heartbeats.load(Ordering::SeqCst), 8);
    assert_eq!(transport.rejections.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_retry_is_given_back_at_shutdown_with_those_behind_it_in_order() {
    let transport = Plain::default();
    let channel = channel("given-back/{n}");
    let consumer = consumer(operation(channel), |_| async { failing("always") });
    let consumer =
        consumer.group(format!("one-{}", channel.key())).retry(Backoff::exponential(Duration::from_secs(30)));
    let service = Service::new(Plain { broker: transport.broker.connect(), ..transport.clone() });
    let running = service.consumer(consumer).start().await.unwrap();
    for number in 1..=3 {
        publish(&transport, channel, Message::new(number.to_string()).with_key("k")).await;
    }
    until("all held", || running.summary().total().consumed == 3).await;
    let counts = running.shutdown().await.unwrap().total();
    assert_eq!((counts.succeeded, counts.dead_lettered, counts.unsettled), (0, 0, 3));
    let mut left = conformance::join(&transport, channel, "one", 1).await;
    for number in 1..=3 {
        assert_eq!(conformance::text(&conformance::take(&mut left).await), number.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn the_source_is_held_until_its_dead_letter_is_confirmed() {
    let transport = Plain::default();
    let channel = channel("unburied/{n}");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let consumer = consumer(operation(channel), move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err(HandlerError::permanent("never").into()) }
    });
    let running = Service::new(transport.clone()).consumer(consumer).start().await.unwrap();
    publish(&transport, channel, Message::new("x")).await;
    transport.broker.fail_next_publishes(4);
    until("buried", || running.summary().total().dead_lettered == 1).await;
    transport.broker.settled().await;
    let letters = transport.broker.published(&DeadLetter::Derived.address(channel));
    assert_eq!((letters.len(), calls.load(Ordering::SeqCst)), (1, 1));
    assert_eq!(letters[0].headers.get_str(consume::ATTEMPTS_HEADER), Some("1"));
    running.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lost_subscription_is_made_again_without_a_busy_loop() {
    let transport = Plain::default();
    let channel = channel("lost/{n}");
    let consumer = consumer(operation(channel), |_| async { Ok(()) });
    let running = Service::new(transport.clone()).consumer(consumer).start().await.unwrap();
    for _ in 0..10 {
        transport.broker.interrupt();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    publish(&transport, channel, Message::new("x")).await;
    until("handled", || running.summary().total().succeeded == 1).await;
    let subscriptions = transport.subscriptions.load(Ordering::SeqCst);
    assert!((2..=11).contains(&subscriptions), "{subscriptions} subscriptions");
    assert_eq!(transport.broker.published(address(channel)).len(), 1);
    running.shutdown().await.unwrap();
}
