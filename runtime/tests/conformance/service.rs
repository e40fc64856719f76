//! Promises that hold for a service on the transport.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidings_runtime::consume::{self, Failure, Idempotent, Received, Redrive};
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::store::idempotency::{Claim, Idempotency, Memory};
use tidings_runtime::transport::{
    Capabilities, PublishError, Receipt, Subscribe, SubscribeError, Transport, TransportError,
};
use tidings_runtime::{Backoff, HandlerError, Service};

use super::support::*;

/// Fast and the same every time.
fn backoff() -> Backoff {
    Backoff::exponential(Duration::from_millis(20)).jitter(0.0).max_attempts(3)
}

fn transient(text: &str) -> Result<(), Failure> {
    Err(HandlerError::transient(text.to_owned()).into())
}

pub async fn fails_twice_then_succeeds<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("twice/{n}");
    let operation = operation(channel);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let effects = Arc::new(AtomicUsize::new(0));
    let (seen_by, effects_by) = (seen.clone(), effects.clone());
    let consumer = consumer(operation, move |received: Received| {
        seen_by.lock().unwrap().push(received.attempt());
        let effects = effects_by.clone();
        async move {
            if received.attempt() < 3 {
                return transient("not yet");
            }
            effects.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    });
    let running = Service::new(transport.clone()).retry(backoff()).consumer(consumer).start().await.unwrap();
    publish(&transport, channel, Message::new("x").with_id("x")).await;
    until("the effect", || running.summary().total().succeeded == 1).await;
    let counts = running.shutdown().await.unwrap().operation(operation.key());
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
    assert_eq!(effects.load(Ordering::SeqCst), 1);
    assert_eq!((counts.succeeded, counts.retried, counts.dead_lettered, counts.unsettled), (1, 2, 0, 0));
}

pub async fn poison_becomes_a_dead_letter_unchanged<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("poison/{n}");
    let operation = operation(channel);
    let mut letters = join(&transport, letters(channel), "observer", 1).await;
    let consumer = consumer(operation, |_| async { transient("bad\nluck") });
    let running = Service::new(transport.clone()).retry(backoff()).consumer(consumer).start().await.unwrap();
    let message = Message::new(vec![0, 255, 10]).with_id("p").with_key("k").with_header("a", "1").with_header("a", "2");
    publish(&transport, channel, message.clone()).await;
    let letter = take(&mut letters).await;
    assert_eq!(letter.payload, message.payload);
    assert_eq!((&letter.id, &letter.key), (&message.id, &message.key));
    let kept: Vec<_> = letter.headers.iter().filter(|(name, _)| !name.starts_with("x-dlq-")).collect();
    assert_eq!(kept, message.headers.iter().collect::<Vec<_>>());
    for (name, value) in [
        (consume::REASON_HEADER, "retries-exhausted"),
        (consume::ERROR_HEADER, "bad luck"),
        (consume::ATTEMPTS_HEADER, "3"),
        (consume::SOURCE_HEADER, address(channel)),
        (consume::HANDLER_HEADER, operation.key()),
    ] {
        assert_eq!(letter.headers.get_str(name), Some(value), "{name}");
    }
    let failed_at = letter.headers.get_str(consume::FIRST_FAILED_AT_HEADER).unwrap();
    assert_eq!(
        (failed_at.len(), failed_at.ends_with('Z')),
        ("2026-01-01T00:00:00.000000000Z".len(), true),
        "{failed_at}"
    );
    until("settled", || running.summary().total().unsettled == 0).await;
    let counts = running.shutdown().await.unwrap().total();
    assert_eq!((counts.retried, counts.dead_lettered, counts.succeeded), (2, 1, 0));
}

/// What one failure with `fail` leads to: the reason of the dead letter and how often the handler ran.
async fn buried<F: Factory>(factory: &F, fail: fn() -> Result<(), Failure>) -> (String, usize) {
    let transport = factory.transport().await;
    let channel = channel("buried/{n}");
    let mut letters = join(&transport, letters(channel), "observer", 1).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let consumer = consumer(operation(channel), move |received: Received| {
        let bad = text(received.message()) == "bad";
        if bad {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        async move { if bad { fail() } else { Ok(()) } }
    });
    let service = Service::new(transport.clone()).retry(backoff()).concurrency(1);
    let running = service.timeout(Duration::from_secs(5)).consumer(consumer).start().await.unwrap();
    publish(&transport, channel, Message::new("bad")).await;
    publish(&transport, channel, Message::new("good")).await;
    let letter = take(&mut letters).await;
    until("the consumer goes on", || running.summary().total().succeeded == 1).await;
    let counts = running.shutdown().await.unwrap().total();
    assert_eq!((counts.dead_lettered, counts.unsettled), (1, 0));
    (letter.headers.get_str(consume::REASON_HEADER).unwrap().to_owned(), calls.load(Ordering::SeqCst))
}

pub async fn permanent_is_not_retried<F: Factory>(factory: &F) {
    let outcome = buried(factory, || Err(HandlerError::permanent("never").into())).await;
    assert_eq!(outcome, ("permanent".to_owned(), 1));
}

pub async fn trap_4_undecodable_is_buried_at_once_and_the_consumer_goes_on<F: Factory>(factory: &F) {
    let outcome = buried(factory, || Err(Failure::Undecodable("/id: missing".to_owned().into()))).await;
    assert_eq!(outcome, ("undecodable".to_owned(), 1));
}

pub async fn panic_is_caught_retried_and_buried<F: Factory>(factory: &F) {
    assert_eq!(buried(factory, || panic!("on purpose")).await, ("panic".to_owned(), 3));
}

pub async fn slow_handler_is_timed_out<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("slow/{n}");
    let mut letters = join(&transport, letters(channel), "observer", 1).await;
    let consumer = consumer(operation(channel), |_| async {
        std::future::pending::<()>().await;
        Ok(())
    });
    let service = Service::new(transport.clone()).retry(backoff()).timeout(Duration::from_millis(50));
    let running = service.consumer(consumer).start().await.unwrap();
    publish(&transport, channel, Message::new("x")).await;
    let letter = take(&mut letters).await;
    assert_eq!(letter.headers.get_str(consume::REASON_HEADER), Some("timeout"));
    drop(running);
}

/// Trap 1: a claim that is kept after a failure makes the redelivery a duplicate, and the message is lost.
pub async fn trap_1_a_failure_releases_the_claim<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("released/{n}");
    let (runs, effects) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (runs_by, effects_by) = (runs.clone(), effects.clone());
    let consumer = consumer(operation(channel), move |received: Received| {
        runs_by.fetch_add(1, Ordering::SeqCst);
        let effects = effects_by.clone();
        async move {
            match received.attempt() {
                1 => transient("the first time"),
                2 => panic!("the second time"),
                _ => {
                    effects.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                }
            }
        }
    });
    let service = Service::new(transport.clone()).retry(backoff()).consumer(consumer);
    let running = service.idempotent(Memory::new(Duration::from_secs(3_600))).start().await.unwrap();
    publish(&transport, channel, Message::new("x").with_id("x")).await;
    until("the effect", || running.summary().total().succeeded == 1).await;
    let counts = running.shutdown().await.unwrap().total();
    assert_eq!((runs.load(Ordering::SeqCst), effects.load(Ordering::SeqCst)), (3, 1));
    assert_eq!((counts.duplicates, counts.dead_lettered), (0, 0));
}

/// Trap 2: a process that dies between its success and the acknowledgement gets the message again. Here it comes a second
/// time because it is published a second time.
pub async fn trap_2_what_was_committed_is_not_handled_again<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("again/{n}");
    let store = Memory::new(Duration::from_secs(3_600));
    let runs = Arc::new(Mutex::new(Vec::new()));
    let runs_by = runs.clone();
    let consumer = consumer(operation(channel), move |received: Received| {
        runs_by.lock().unwrap().push(text(received.message()).to_owned());
        async { Ok(()) }
    });
    let idempotent = Idempotent::new(store.clone()).key_header("order");
    let service = Service::new(transport.clone()).retry(backoff()).concurrency(1);
    let running = service.consumer(consumer.idempotent(idempotent)).start().await.unwrap();
    // The same by the declared header; by the source and id of the event; not the same, though the payload is.
    let event = |payload: &'static str, source: &'static str| {
        Message::new(payload).with_header("ce_id", "1").with_header("ce_source", source)
    };
    let messages = [
        Message::new("a").with_header("order", "7"),
        Message::new("b").with_header("order", "7"),
        event("c", "/one"),
        event("d", "/one"),
        event("e", "/two"),
        Message::new("f"),
        Message::new("f"),
    ];
    for (number, message) in messages.into_iter().enumerate() {
        publish(&transport, channel, message.with_key("k").with_id(format!("{}-{number}", channel.key()))).await;
    }
    until("all settled", || running.summary().total().succeeded + running.summary().total().duplicates == 7).await;
    let counts = running.shutdown().await.unwrap().total();
    assert_eq!(*runs.lock().unwrap(), ["a", "c", "e", "f", "f"]);
    assert_eq!((counts.succeeded, counts.duplicates), (5, 2));
}

/// What another process has claimed is waited for, which is no attempt.
pub async fn what_others_handle_is_waited_for<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("busy/{n}");
    let operation = operation(channel);
    let store = Memory::new(Duration::from_secs(3_600));
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let attempts_by = attempts.clone();
    let consumer = consumer(operation, move |received: Received| {
        attempts_by.lock().unwrap().push(received.attempt());
        async { Ok(()) }
    });
    // A process that died while it had the message.
    let (scope, key, lease) = (operation.key(), "id:x", Duration::from_millis(600));
    assert_eq!(store.claim(scope, key, lease).await.unwrap(), Claim::New);
    let service = Service::new(transport.clone()).retry(backoff()).idempotent(store.clone()).consumer(consumer);
    let running = service.start().await.unwrap();
    publish(&transport, channel, Message::new("x").with_id("x")).await;
    until("handled after the lease", || running.summary().total().succeeded == 1).await;
    assert_eq!(store.claim(scope, key, lease).await.unwrap(), Claim::Done);
    assert_eq!(running.shutdown().await.unwrap().total().retried, 0);
    assert_eq!(*attempts.lock().unwrap(), [1]);
}

/// A transport that publishes no dead letters.
#[derive(Clone)]
struct Refusing<T>(T, Arc<AtomicUsize>);

impl<T: Transport> Transport for Refusing<T> {
    type Subscription = T::Subscription;

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

    async fn republish(
        &self,
        _: Option<&'static Channel>,
        _: &str,
        _: Message,
        _: &str,
    ) -> Result<Receipt, PublishError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Err(TransportError::transient("no dead letter is taken").into())
    }

    async fn subscribe(&self, request: Subscribe) -> Result<T::Subscription, SubscribeError> {
        self.0.subscribe(request).await
    }

    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        self.0.close(deadline).await
    }
}

/// Trap 3: while no dead letter is confirmed, the source stays with the broker.
pub async fn trap_3_an_unconfirmed_dead_letter_leaves_the_source<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !transport.capabilities().durable {
        return;
    }
    let channel = channel("unburied/{n}");
    let operation = operation(channel);
    let refused = Arc::new(AtomicUsize::new(0));
    let refusing = Refusing(transport, refused.clone());
    let consumer = consumer(operation, |_| async { Err(HandlerError::permanent("never").into()) });
    let running = Service::new(refusing).retry(backoff()).consumer(consumer).start().await.unwrap();
    let other = factory.transport().await;
    publish(&other, channel, Message::new("x").with_id("x")).await;
    until("refused twice", || refused.load(Ordering::SeqCst) >= 2).await;
    assert_eq!(running.shutdown().await.unwrap().total().dead_lettered, 0);
    let mut member = other.subscribe(Subscribe::new(channel, operation.group())).await.unwrap();
    assert_eq!(take(&mut member).await.id.as_deref(), Some("x"));
}

pub async fn dead_letters_go_back_as_they_were<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("redriven/{n}");
    let operation = operation(channel);
    let mended = Arc::new(AtomicUsize::new(0));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (mended_by, seen_by) = (mended.clone(), seen.clone());
    let consumer = consumer(operation, move |received: Received| {
        let refused = mended_by.load(Ordering::SeqCst) == 0 || text(received.message()) == "hopeless";
        if !refused {
            seen_by.lock().unwrap().push(received.message().clone());
        }
        async move { if refused { Err(HandlerError::permanent("not yet").into()) } else { Ok(()) } }
    });
    let store = Memory::new(Duration::from_secs(3_600));
    let service = Service::new(transport.clone()).retry(backoff()).idempotent(store).consumer(consumer);
    let running = service.start().await.unwrap();
    let sent: Vec<Message> = ["one", "two", "hopeless"]
        .map(|text| {
            Message::new(text).with_id(text).with_key("k").with_header("a", "1").with_content_type("text/plain")
        })
        .to_vec();
    let other = factory.transport().await;
    let redrive = Redrive::new(other.clone(), channel, letters(channel)).group(format!("re-{}", channel.key()));
    let redrive = redrive.idle(Duration::from_secs(2));
    // Where the broker has no log, the group must be there before the letters are.
    redrive.clone().limit(0).run().await.unwrap();
    for message in &sent {
        publish(&transport, channel, message.clone()).await;
    }
    until("all are dead letters", || running.summary().total().dead_lettered == 3).await;
    mended.store(1, Ordering::SeqCst);
    let redriven = redrive.clone().limit(1).run().await.unwrap();
    assert_eq!((redriven.moved, redriven.left), (1, 0));
    until("the first is back", || running.summary().total().succeeded == 1).await;
    // What fails again becomes a letter that waits for the next run.
    let redriven = redrive.clone().run().await.unwrap();
    assert_eq!((redriven.moved, redriven.left), (2, 1));
    until("all are back", || running.summary().total().succeeded == 2).await;
    until("what is hopeless is buried again", || running.summary().total().dead_lettered == 4).await;
    assert_eq!(*seen.lock().unwrap(), sent[..2]);
    running.shutdown().await.unwrap();
}

pub async fn keyed_order_survives_retries<F: Factory>(factory: &F) {
    const MESSAGES: usize = 1_000;
    const KEYS: usize = 20;
    let transport = factory.transport().await;
    let channel = channel("order/{n}");
    let handled = Arc::new(Mutex::new(HashMap::<Vec<u8>, Vec<usize>>::new()));
    let recorded = handled.clone();
    let consumer = consumer(operation(channel), move |received: Received| {
        let recorded = recorded.clone();
        async move {
            let number: usize = text(received.message()).parse().unwrap();
            tokio::time::sleep(Duration::from_millis((number % 3) as u64)).await;
            if number % 10 == 3 && received.attempt() == 1 {
                return transient("the first time");
            }
            let key = received.message().key.as_ref().unwrap().to_vec();
            recorded.lock().unwrap().entry(key).or_default().push(number);
            Ok(())
        }
    });
    let service = Service::new(transport.clone()).retry(backoff()).concurrency(8);
    let running = service.consumer(consumer).start().await.unwrap();
    for number in 0..MESSAGES {
        // Not in step with the failures: each key has some.
        let key = format!("key-{}", (number / 3) % KEYS);
        publish(&transport, channel, Message::new(number.to_string()).with_key(key)).await;
    }
    until("all handled", || running.summary().total().succeeded == MESSAGES as u64).await;
    let counts = running.shutdown().await.unwrap().total();
    assert_eq!((counts.retried, counts.dead_lettered), (MESSAGES as u64 / 10, 0));
    let handled = handled.lock().unwrap();
    assert_eq!(handled.len(), KEYS);
    assert_eq!(handled.values().map(Vec::len).sum::<usize>(), MESSAGES);
    for (key, numbers) in handled.iter() {
        assert!(numbers.is_sorted(), "{}: {numbers:?}", String::from_utf8_lossy(key));
    }
}

pub async fn concurrency_bounds_what_is_in_flight<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("bounded/{n}");
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now_in, most_in) = (now.clone(), most.clone());
    // However slow publishing is, none is done before there may be too many.
    let (open, opened) = tokio::sync::watch::channel(false);
    let consumer = consumer(operation(channel), move |_| {
        let (now, mut opened) = (now_in.clone(), opened.clone());
        most_in.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        async move {
            opened.wait_for(|opened| *opened).await.unwrap();
            tokio::time::sleep(Duration::from_millis(10)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        }
    });
    let running = Service::new(transport.clone()).consumer(consumer.concurrency(4)).start().await.unwrap();
    for number in 0..40 {
        publish(&transport, channel, Message::new(number.to_string())).await;
    }
    until("four are in flight", || now.load(Ordering::SeqCst) == 4).await;
    open.send_replace(true);
    until("all handled", || running.summary().total().succeeded == 40).await;
    assert!(running.shutdown().await.is_ok());
    assert_eq!(most.load(Ordering::SeqCst), 4);
}

/// Publishes 64 messages to a consumer that holds them all, then shuts down; returns the counts and the messages that the
/// group still gets afterwards.
async fn shut_down_with_64_in_flight<F: Factory>(factory: &F, handling: Duration) -> (consume::Counts, usize) {
    let transport = factory.transport().await;
    let channel = channel("shutdown/{n}");
    let started = Arc::new(AtomicUsize::new(0));
    let counted = started.clone();
    // However long publishing takes, none is done before the end begins.
    let (end, ending) = tokio::sync::watch::channel(false);
    let handler = move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        let mut ending = ending.clone();
        async move {
            ending.wait_for(|begun| *begun).await.unwrap();
            tokio::time::sleep(handling).await;
            Ok(())
        }
    };
    // As `join` names the group, so that it can be looked at afterwards.
    let consumer = consumer(operation(channel), handler).group(format!("one-{}", channel.key())).concurrency(64);
    let service = Service::new(transport).consumer(consumer).drain_within(Duration::from_secs(2));
    let running = service.start().await.unwrap();
    let other = factory.transport().await;
    for number in 0..100 {
        publish(&other, channel, Message::new(number.to_string())).await;
    }
    until("64 in flight", || started.load(Ordering::SeqCst) == 64).await;
    end.send_replace(true);
    let counts = running.shutdown().await.unwrap().total();
    let mut left = join(&other, channel, "one", 100).await;
    let mut remaining = 0;
    while let Ok(Some(delivery)) =
        tokio::time::timeout(Duration::from_secs(2), tidings_runtime::transport::Subscription::next(&mut left)).await
    {
        tidings_runtime::transport::Acknowledger::acknowledge(delivery.unwrap().acknowledger).await.unwrap();
        remaining += 1;
    }
    (counts, remaining)
}

pub async fn trap_10_shutdown_loses_nothing<F: Factory>(factory: &F) {
    let (counts, remaining) = shut_down_with_64_in_flight(factory, Duration::from_millis(500)).await;
    assert_eq!((counts.succeeded, counts.unsettled, remaining), (64, 0, 36));
}

pub async fn trap_10_shutdown_gives_back_after_the_deadline<F: Factory>(factory: &F) {
    let (counts, remaining) = shut_down_with_64_in_flight(factory, Duration::from_secs(3_600)).await;
    assert_eq!((counts.succeeded, counts.unsettled, remaining), (0, 64, 100));
}
