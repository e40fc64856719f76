//! Promises that hold whatever is published, and whenever a process dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tidings_runtime::consume::Received;
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::store::idempotency::Memory;
use tidings_runtime::transport::{
    Acknowledger, Capabilities, Delivery, PublishError, Receipt, ReceiveError, SettleError, Subscribe, SubscribeError,
    Subscription, Transport, TransportError,
};
use tidings_runtime::{Backoff, HandlerError, Service};
use tokio::time::Instant;

use super::support::*;

/// Nothing at all, and more than brokers keep in one piece, but less than any refuses.
pub async fn payloads_of_any_size_travel<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("size/{n}");
    let mut member = join(&transport, channel, "one", 1).await;
    for size in [0, 1, 700_000] {
        let payload: Vec<u8> = (0..size).map(|number| (number % 251) as u8).collect();
        publish(&transport, channel, Message::new(payload.clone())).await;
        assert!(take(&mut member).await.payload == payload, "{size} bytes");
    }
}

/// A header arrives as it was, or is refused before anything is sent; neither harms the connection.
pub async fn odd_headers_travel_or_are_refused<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("odd/{n}");
    let mut member = join(&transport, channel, "one", 1).await;
    let long: &'static str = Box::leak("n".repeat(300).into_boxed_str());
    let cases: [(&str, &[u8]); 14] = [
        ("", b"x"),
        ("a b", b"x"),
        ("a:b", b"x"),
        ("\u{fc}", b"x"),
        ("a\nb", b"x"),
        ("a\0b", b"x"),
        (long, b"x"),
        ("a", b"line\r\nbreak"),
        ("a", b"nul\0"),
        ("a", b"\x7f"),
        ("a", "a\u{85}b".as_bytes()),
        ("a", &[255, 254]),
        ("a", b""),
        ("a", "\u{fc}".as_bytes()),
    ];
    for (number, (name, value)) in cases.into_iter().enumerate() {
        let message = Message::new(number.to_string()).with_header(name, value.to_vec());
        match transport.publish(Some(channel), address(channel), message.clone()).await {
            Ok(_) => assert_eq!(take(&mut member).await.headers, message.headers, "{name:?} {value:?}"),
            Err(error) => assert!(matches!(error, PublishError::Encode(_)), "{name:?} {value:?}: {error}"),
        }
        let began = Instant::now();
        publish(&transport, channel, Message::new("plain")).await;
        assert_eq!(text(&take(&mut member).await), "plain");
        assert!(began.elapsed() < Duration::from_secs(3), "{name:?} {value:?} broke the connection");
    }
}

/// A transport that loses the first acknowledgement, as a process does that dies before it sends it.
#[derive(Clone)]
struct Dying<T>(T, Arc<AtomicBool>);

impl<T: Transport> Transport for Dying<T> {
    type Subscription = DyingSubscription<T::Subscription>;

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        self.0.publish(channel, address, message).await
    }

    async fn subscribe(&self, request: Subscribe) -> Result<Self::Subscription, SubscribeError> {
        Ok(DyingSubscription(self.0.subscribe(request).await?, self.1.clone()))
    }

    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        self.0.close(deadline).await
    }
}

struct DyingSubscription<S>(S, Arc<AtomicBool>);

impl<S: Subscription> Subscription for DyingSubscription<S> {
    type Acknowledger = DyingAcknowledger<S::Acknowledger>;

    async fn next(&mut self) -> Option<Result<Delivery<Self::Acknowledger>, ReceiveError>> {
        let delivery = match self.0.next().await? {
            Ok(delivery) => delivery,
            Err(error) => return Some(Err(error)),
        };
        let acknowledger = DyingAcknowledger(delivery.acknowledger, self.1.clone());
        let again = Delivery::new(delivery.message, delivery.address, acknowledger).with_attempt(delivery.attempt);
        Some(Ok(match delivery.position {
            Some(position) => again.with_position(position),
            None => again,
        }))
    }
}

struct DyingAcknowledger<A>(A, Arc<AtomicBool>);

impl<A: Acknowledger> Acknowledger for DyingAcknowledger<A> {
    async fn acknowledge(self) -> Result<(), SettleError> {
        match self.1.swap(true, Ordering::SeqCst) {
            true => self.0.acknowledge().await,
            false => Ok(()),
        }
    }

    async fn reject(self, redeliver_after: Duration) -> Result<(), SettleError> {
        self.0.reject(redeliver_after).await
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        self.0.progress().await
    }
}

/// Trap 2: the handler succeeded, and its process died before the broker knew.
pub async fn trap_2_what_dies_before_the_acknowledgement_has_no_second_effect<F: Factory>(factory: &F) {
    let transport = Dying(factory.transport().await, Arc::default());
    let channel = channel("died/{n}");
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let consumer = consumer(operation(channel), move |_: Received| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }
    });
    let service = Service::new(transport.clone()).idempotent(Memory::new(Duration::from_secs(3_600)));
    let running = service.consumer(consumer).start().await.unwrap();
    publish(&transport, channel, Message::new("x").with_id("x")).await;
    until("it came again", || running.summary().total().duplicates == 1).await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    running.shutdown().await.unwrap();
}

/// Two services of one process, each on a connection of its own: one that fails and stops does not disturb the other.
pub async fn two_services_of_one_process_are_apart<F: Factory>(factory: &F) {
    let channel = channel("apart/{n}");
    let mut services = Vec::new();
    for group in ["first", "second"] {
        let consumer = consumer(operation(channel), move |_: Received| async move {
            if group == "first" { Err(HandlerError::permanent("never").into()) } else { Ok(()) }
        });
        let consumer = consumer.group(format!("{group}-{}", channel.key()));
        let service = Service::new(factory.transport().await).retry(Backoff::default()).consumer(consumer);
        let health = service.health();
        services.push((service.start().await.unwrap(), health));
    }
    let (second, second_health) = services.remove(1);
    let (first, first_health) = services.remove(0);
    let transport = factory.transport().await;
    publish(&transport, channel, Message::new("1")).await;
    until("the second handled it", || second.summary().total().succeeded == 1).await;
    first.shutdown().await.unwrap();
    assert!(!first_health.check().await.is_ready());
    assert!(second_health.check().await.is_ready());
    publish(&transport, channel, Message::new("2")).await;
    until("the second goes on", || second.summary().total().succeeded == 2).await;
    second.shutdown().await.unwrap();
}

/// Trap 3: without a place for dead letters the message stays with the broker, and what else there is goes on. `creator` may
/// make places, `verifier` may not.
pub async fn dead_letters_without_a_place<T: Transport>(creator: T, verifier: T) {
    let channel = channel("nowhere/{n}");
    let operation = operation(channel);
    drop(creator.subscribe(Subscribe::new(channel, operation.group())).await.unwrap());
    publish(&creator, channel, Message::new("bad").with_id(format!("{}-bad", channel.key()))).await;
    publish(&creator, channel, Message::new("good").with_id(format!("{}-good", channel.key()))).await;
    let consumer = consumer(operation, |received: Received| {
        let bad = text(received.message()) == "bad";
        async move { if bad { Err(HandlerError::permanent("never").into()) } else { Ok(()) } }
    });
    let retry = Backoff::exponential(Duration::from_millis(100)).max_delay(Duration::from_millis(500));
    let running = Service::new(verifier).retry(retry).consumer(consumer).start().await.unwrap();
    until("the letter was refused again", || running.summary().total().retried >= 2).await;
    until("the other one was handled", || running.summary().total().succeeded == 1).await;
    assert_eq!(running.summary().total().dead_lettered, 0);
    // Whoever runs the broker makes the place.
    creator.publish(None, address(letters(channel)), Message::new("made")).await.unwrap();
    until("the letter was taken", || running.summary().total().dead_lettered == 1).await;
    until("and the message settled", || running.summary().total().unsettled == 0).await;
    running.shutdown().await.unwrap();
}
