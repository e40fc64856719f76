//! The service on the in-memory broker: dead letters that fail, layers, groups, refusals, the calls of generated code.

#![cfg(feature = "memory")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidings_runtime::codegen::routing;
use tidings_runtime::consume::{
    self, Backoff, Context, DeadLetter, Dispatch, Failure, HandlerError, Layer, Received, Service, ServiceError,
};
use tidings_runtime::message::{Action, Channel, Message, Operation, Prepared, Publication};
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::transport::{PublishError, Transport};

#[cfg(test)]
mod conformance;
use conformance::{address, channel, consumer, operation, publish, until};

static ORDERS: Channel = Channel::new("orders", Some("orders/{orderId}/created"));
static PUBLISH_ORDER: Operation = Operation::new("publishOrder", &ORDERS, Action::Send);
static ORDER: Publication = Publication::new(&PUBLISH_ORDER, "order", &[]);
static ON_ORDER: Operation = Operation::new("onOrder", &ORDERS, Action::Receive);

#[tokio::test(start_paused = true)]
async fn an_unconfirmed_dead_letter_leaves_the_source_with_the_broker() {
    let broker = Broker::new();
    let channel = channel("unburied/{n}");
    let consumer = consumer(operation(channel), |_| async { Err(HandlerError::permanent("never").into()) });
    let running = Service::new(broker.clone()).consumer(consumer).start().await.unwrap();
    publish(&broker, channel, Message::new("x").with_id("x")).await;
    broker.fail_next_publishes(1);
    until("the first dead letter failed", || running.summary().total().retried == 1).await;
    assert_eq!((broker.pending(), running.summary().total().dead_lettered), (1, 0));
    broker.settled().await;
    let letters = broker.published(&DeadLetter::Derived.address(channel));
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].headers.get_str(consume::ATTEMPTS_HEADER), Some("2"));
    assert_eq!(running.shutdown().await.unwrap().total().dead_lettered, 1);
}

/// Counts what passes, and refuses what is marked.
struct Count(Arc<AtomicUsize>);

struct Counting<D>(Arc<AtomicUsize>, D);

impl<D: Dispatch> Layer<D> for Count {
    type Dispatch = Counting<D>;
    fn layer(self, inner: D) -> Counting<D> {
        Counting(self.0, inner)
    }
}

impl<D: Dispatch> Dispatch for Counting<D> {
    async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
        self.0.fetch_add(1, Ordering::SeqCst);
        self.1.dispatch(received).await
    }
}

#[tokio::test(start_paused = true)]
async fn generated_producers_and_consumers_meet() {
    let broker = Broker::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let layered = Arc::new(AtomicUsize::new(0));
    let recorded = seen.clone();
    let consumer = consumer(&ON_ORDER, move |received: Received| {
        let recorded = recorded.clone();
        async move {
            let [order] = routing::parameters(&received, ["orderId"])?;
            let context = Context::new(&received, order, ());
            assert!(context.id().is_some_and(|id| id.len() == 36));
            assert_eq!((context.attempt(), context.correlation_id()), (1, Some("c")));
            recorded.lock().unwrap().push((context.parameters.clone(), context.address().to_owned()));
            Ok(())
        }
    });
    let consumer = consumer.layer(Count(layered.clone()));
    let running = Service::new(broker.clone()).consumer(consumer).start().await.unwrap();
    let to = routing::address(&ORDERS, &[("orderId", "o-7")]).unwrap();
    let message = Message::new("{}").with_correlation_id("c");
    Prepared::new(&ORDER, to, message).publish(&broker).await.unwrap();
    broker.settled().await;
    running.shutdown().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [("o-7".to_owned(), "orders/o-7/created".to_owned())]);
    assert_eq!(layered.load(Ordering::SeqCst), 1);
    assert!(matches!(routing::address(&ORDERS, &[("orderId", "a/b")]), Err(PublishError::Address(_))));
}

#[tokio::test(start_paused = true)]
async fn two_services_see_each_message_once_for_each_group() {
    let broker = Broker::new();
    let channel = channel("two/{n}");
    let operation = operation(channel);
    let mut services = Vec::new();
    for group in ["a", "a", "b"] {
        let consumer = consumer(operation, |_| async { Ok(()) }).group(group);
        services.push(Service::new(broker.connect()).consumer(consumer).start().await.unwrap());
    }
    for number in 0..30 {
        publish(&broker, channel, Message::new(number.to_string())).await;
    }
    broker.settled().await;
    let mut succeeded = Vec::new();
    for service in services {
        succeeded.push(service.shutdown().await.unwrap().operation(operation.key()).succeeded);
    }
    assert_eq!((succeeded[0] + succeeded[1], succeeded[2]), (30, 30));
}

#[tokio::test(start_paused = true)]
async fn a_consumer_of_its_own_dead_letters_does_not_start() {
    let consumer = consumer(&ON_ORDER, |_| async { Ok(()) }).dead_letter("orders/dead/created");
    let refused = Service::new(Broker::new()).consumer(consumer).start().await;
    assert!(matches!(refused, Err(ServiceError::DeadLetterLoop { operation: "onOrder", .. })));
}

#[tokio::test(start_paused = true)]
async fn a_closed_transport_is_told_at_the_start() {
    let broker = Broker::new();
    broker.close(Duration::ZERO).await.unwrap();
    let consumer = consumer(&ON_ORDER, |_| async { Ok(()) });
    let refused = Service::new(broker).consumer(consumer).run_until(std::future::pending()).await;
    assert!(matches!(refused, Err(ServiceError::Subscribe { operation: "onOrder", .. })));
}

#[tokio::test(start_paused = true)]
async fn run_until_ends_with_the_summary() {
    let broker = Broker::new();
    let channel = channel("until/{n}");
    let consumer = consumer(operation(channel), |_| async { Ok(()) });
    let service = Service::new(broker.connect()).consumer(consumer);
    let publishing = async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        publish(&broker, channel, Message::new("x")).await;
        broker.settled().await;
    };
    let summary = service.run_until(publishing).await.unwrap();
    assert_eq!((summary.total().consumed, summary.total().succeeded), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_do_not_change_the_outcome() {
    let broker = Broker::new();
    let channel = channel("threads/{n}");
    let consumer = consumer(operation(channel), |received: Received| async move {
        tokio::task::yield_now().await;
        if received.attempt() == 1 && received.message().payload.ends_with(b"7") {
            return Err(HandlerError::transient("once".to_owned()).into());
        }
        Ok(())
    });
    let retry = Backoff::exponential(Duration::from_millis(1));
    let running = Service::new(broker.connect()).retry(retry).consumer(consumer).start().await.unwrap();
    for number in 0..2_000 {
        publish(&broker, channel, Message::new(number.to_string()).with_key((number % 7).to_string())).await;
    }
    tokio::time::timeout(Duration::from_secs(60), broker.settled()).await.unwrap();
    let counts = running.shutdown().await.unwrap().total();
    assert_eq!((counts.succeeded, counts.retried, counts.unsettled), (2_000, 200, 0));
    assert_eq!(broker.published(address(channel)).len(), 2_000);
}

#[test]
fn backoff_doubles_is_cut_and_never_overflows() {
    let backoff = Backoff::exponential(Duration::from_millis(200)).jitter(0.0);
    let delays: Vec<_> = (1..=5).map(|attempt| backoff.next_delay(attempt).map(|delay| delay.as_millis())).collect();
    assert_eq!(delays, [Some(200), Some(400), Some(800), Some(1_600), None]);
    let endless = backoff.max_attempts(u32::MAX);
    assert_eq!(endless.next_delay(1_000_000), Some(Duration::from_secs(30)));
    let extreme = Backoff::exponential(Duration::MAX).max_delay(Duration::MAX).jitter(f64::INFINITY);
    assert!((1..5).all(|attempt| extreme.next_delay(attempt).is_some()));
    assert_eq!(Backoff::default().max_attempts(0).next_delay(1), None);
    let spread = Backoff::exponential(Duration::from_secs(1)).jitter(0.2);
    for _ in 0..1_000 {
        let delay = spread.next_delay(1).unwrap().as_secs_f64();
        assert!((0.8..=1.2).contains(&delay), "{delay}");
    }
}

#[test]
fn dead_letter_addresses_follow_the_channel() {
    for (address, expected) in [
        (Some("orders/{orderId}/created"), "orders/orderId/created/dead-letter"),
        (Some("orders.created"), "orders.created.dead-letter"),
        (Some("urn:orders:{id}"), "urn:orders:id:dead-letter"),
        (Some("orders"), "orders.dead-letter"),
        (Some("{anything}"), "anything.dead-letter"),
        (None, "key.dead-letter"),
    ] {
        let channel = Channel::new("key", address);
        let derived = DeadLetter::Derived.address(&channel);
        assert_eq!(derived, expected);
        assert!(!channel.template().matches(&derived));
    }
}

#[test]
fn any_error_becomes_a_transient_handler_error() {
    fn handler(text: &str) -> Result<i32, HandlerError> {
        Ok(text.parse::<i32>()?)
    }
    let error = handler("x").unwrap_err();
    assert!(!error.is_permanent());
    assert_eq!(error.to_string(), "invalid digit found in string");
    assert!(HandlerError::permanent("no").is_permanent());
}
