//! The bridge to REST: nothing answered 2xx is lost, every event reaches its target or the dead letters, every change is
//! an event.
#![cfg(all(feature = "bridge", feature = "memory", feature = "nats"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod brokers;

use axum::http::{HeaderMap, StatusCode};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidings_runtime::bridge::{Call, Poller, publish};
use tidings_runtime::codegen::routing::{Action, Channel, Dispatch, Failure, Operation, Received, consumer};
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::transport::{Acknowledger, Subscribe, Subscription};
use tidings_runtime::webhook::Destinations;
use tidings_runtime::{Backoff, Json, Message, Service, Transport};

static ORDERS: Channel = Channel::new("orders", Some("orders"));
static ON_ORDER: Operation = Operation::new("onOrder", &ORDERS, Action::Receive);
static DEAD: Channel = Channel::new("dead", Some("orders.dead-letter"));

struct Nothing;

impl Dispatch for Nothing {
    async fn dispatch(&self, _: &Received) -> Result<(), Failure> {
        Ok(())
    }
}

/// An HTTP client, with the provider of cryptography that every client of the process must share.
fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

#[tokio::test]
async fn a_request_is_an_event_or_refused() {
    let broker = Broker::new();
    let mut events = broker.subscribe(Subscribe::new(&ORDERS, "test")).await.unwrap();
    let url = serve(publish::<Json, _, _>(consumer(&ON_ORDER, Nothing), broker.clone()).into_router()).await;
    let post = async |body: &'static str| {
        let request = http().post(format!("{url}/orders")).header("webhook-id", "e1");
        request.body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(post("{\"a\":1}").await, 204);
    let delivery = events.next().await.unwrap().unwrap();
    assert_eq!((delivery.message.id.as_deref(), &delivery.message.payload[..]), (Some("e1"), &b"{\"a\":1}"[..]));
    assert_eq!(post("{\"a\":").await, 400);
    broker.close(Duration::ZERO).await.unwrap();
    assert_eq!(post("{}").await, 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_reaches_its_target_or_the_dead_letters() {
    const EVENTS: usize = 300;
    let broker = Broker::new();
    let mut dead = broker.subscribe(Subscribe::new(&DEAD, "test").with_max_in_flight(EVENTS)).await.unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let tries: Arc<Mutex<HashMap<String, Vec<u16>>>> = Arc::default();
    let seen = Arc::clone(&tries);
    let target = axum::routing::post(async move |headers: HeaderMap, body: String| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let status = match number % 10 {
            _ if body == "13" => StatusCode::BAD_REQUEST,
            0 => StatusCode::INTERNAL_SERVER_ERROR,
            3 => StatusCode::TOO_MANY_REQUESTS,
            6 => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        };
        let key = headers["idempotency-key"].to_str().unwrap();
        assert_eq!(key, format!("e{body}"), "the same key at each try");
        seen.lock().unwrap().entry(key.to_owned()).or_default().push(status.as_u16());
        status
    });
    let url = serve(axum::Router::new().route("/", target)).await;
    let call = Call::within(&url, &Destinations::anywhere()).unwrap();
    let retry = Backoff::exponential(Duration::from_millis(1)).max_attempts(3);
    let service = Service::new(broker.clone()).consumer(consumer(&ON_ORDER, Nothing).layer(call).retry(retry));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(service.run_until(async { _ = stopped.await }));
    tokio::time::sleep(Duration::from_millis(100)).await;
    for number in 0..EVENTS {
        let message = Message::new(number.to_string()).with_id(format!("e{number}"));
        broker.publish(Some(&ORDERS), "orders", message).await.unwrap();
    }
    let mut buried = BTreeSet::new();
    let delivered = || {
        let tries = tries.lock().unwrap();
        tries
            .iter()
            .filter(|(_, statuses)| statuses.contains(&200))
            .map(|(key, _)| key.clone())
            .collect::<BTreeSet<_>>()
    };
    while delivered().len() + buried.len() < EVENTS {
        if let Ok(Some(Ok(letter))) = tokio::time::timeout(Duration::from_millis(50), dead.next()).await {
            buried.insert(letter.message.id.clone().unwrap());
            letter.acknowledger.acknowledge().await.unwrap();
        }
    }
    drop(stop);
    serving.await.unwrap().unwrap();
    assert!(delivered().is_disjoint(&buried));
    assert!(buried.contains("e13"), "what the target refuses for good");
    let tries = tries.lock().unwrap();
    assert_eq!(tries["e13"], [400], "is not tried again");
    assert!(tries.values().any(|statuses| statuses.len() > 1), "some were tried again");
}

#[tokio::test]
async fn every_change_of_a_resource_is_one_event() {
    let broker = Broker::new();
    let mut events = broker.subscribe(Subscribe::new(&ORDERS, "test").with_max_in_flight(1_000)).await.unwrap();
    let version = Arc::new(AtomicUsize::new(0));
    let full = Arc::new(AtomicUsize::new(0));
    let (shown, answered) = (Arc::clone(&version), Arc::clone(&full));
    let resource = axum::routing::get(async move |headers: HeaderMap| {
        let tag = format!("\"{}\"", shown.load(Ordering::SeqCst));
        if headers.get("if-none-match").is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
            return (StatusCode::NOT_MODIFIED, [("etag", tag)], String::new());
        }
        answered.fetch_add(1, Ordering::SeqCst);
        (StatusCode::OK, [("etag", tag.clone())], tag)
    });
    let untagged = axum::routing::get(async || "always the same");
    let url = serve(axum::Router::new().route("/", resource).route("/plain", untagged)).await;
    let poller = |path: &str| {
        Poller::new(&format!("{url}{path}"), &Destinations::anywhere(), broker.clone(), &ORDERS, "orders").unwrap()
    };
    let mut polling = poller("/");
    for change in 1..=100 {
        version.store(change, Ordering::SeqCst);
        assert!(polling.poll().await.unwrap());
        assert!(!polling.poll().await.unwrap());
    }
    assert_eq!(full.load(Ordering::SeqCst), 100, "what did not change is not sent again");
    let mut ids = BTreeSet::new();
    for change in 1..=100 {
        let delivery = events.next().await.unwrap().unwrap();
        assert_eq!(delivery.message.payload, format!("\"{change}\""));
        ids.insert(delivery.message.id.clone().unwrap());
        delivery.acknowledger.acknowledge().await.unwrap();
    }
    assert_eq!(ids.len(), 100);
    let mut later = poller("/").resume(polling.seen().unwrap());
    assert!(!later.poll().await.unwrap(), "the next run goes on");
    let mut plain = poller("/plain");
    assert!(plain.poll().await.unwrap());
    assert!(!plain.poll().await.unwrap(), "known by its content");
    assert!(poller("/missing").poll().await.is_err());
    broker.close(Duration::ZERO).await.unwrap();
    version.store(101, Ordering::SeqCst);
    assert!(polling.poll().await.is_err(), "no broker");
    assert_eq!(polling.seen(), Some("\"100\""), "what was not published was not seen");
    assert!(Poller::new("http://127.0.0.1/", &Destinations::public(), broker, &ORDERS, "orders").is_err());
}

/// `cargo xtask test --without nats` leaves out what is in here.
mod needs_nats {
    use super::brokers::NatsServer;
    use super::*;
    use tidings_runtime::transport::nats::{self, Declare};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn what_was_answered_well_is_on_the_broker_once_though_that_restarts() {
        const POSTS: usize = 1_000;
        let mut server = NatsServer::start();
        // Shorter than the second of the broker's absences, so that some posts cannot be confirmed.
        let connecting = nats::connect(server.url()).publish_within(Duration::from_millis(800));
        let transport = connecting.declare(Declare::Create).jetstream().await.unwrap();
        let mut events =
            transport.subscribe(Subscribe::new(&ORDERS, "test").with_max_in_flight(2 * POSTS)).await.unwrap();
        let receiver = publish::<Json, _, _>(consumer(&ON_ORDER, Nothing), transport.clone());
        let url = serve(receiver.into_router()).await;
        let client = http();
        let next = Arc::new(AtomicUsize::new(0));
        let answers: Arc<Mutex<HashMap<String, u16>>> = Arc::default();
        let posting: Vec<_> = (0..8)
            .map(|_| {
                let (client, url, next, answers) =
                    (client.clone(), url.clone(), Arc::clone(&next), Arc::clone(&answers));
                tokio::spawn(async move {
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number >= POSTS {
                            return;
                        }
                        let id = format!("e{number}");
                        let request = client.post(format!("{url}/orders")).header("webhook-id", &id).body("{}");
                        let status = request.send().await.unwrap().status().as_u16();
                        answers.lock().unwrap().insert(id, status);
                    }
                })
            })
            .collect();
        for (share, absence) in [(300, 300), (600, 2_500)] {
            while next.load(Ordering::SeqCst) < share {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            tokio::task::block_in_place(|| {
                server.kill();
                std::thread::sleep(Duration::from_millis(absence));
                server.restart();
            });
        }
        for posting in posting {
            posting.await.unwrap();
        }
        let mut counts: HashMap<String, usize> = HashMap::new();
        let answers = answers.lock().unwrap().clone();
        let taken: Vec<&String> = answers.iter().filter(|(_, status)| **status == 204).map(|(id, _)| id).collect();
        // The old subscription ends with the broker; a new one of the same group goes on.
        loop {
            match tokio::time::timeout(Duration::from_secs(5), events.next()).await {
                Ok(Some(Ok(delivery))) => {
                    *counts.entry(delivery.message.id.clone().unwrap()).or_default() += 1;
                    delivery.acknowledger.acknowledge().await.unwrap();
                }
                Ok(Some(Err(_)) | None) => {
                    events = transport
                        .subscribe(Subscribe::new(&ORDERS, "test").with_max_in_flight(2 * POSTS))
                        .await
                        .unwrap();
                }
                Err(_) => break,
            }
        }
        assert_eq!(answers.len(), POSTS);
        assert!(answers.values().all(|status| matches!(status, 204 | 503)), "{answers:?}");
        let lost: Vec<_> = taken.iter().filter(|id| counts.get(**id) != Some(&1)).collect();
        assert!(lost.is_empty(), "not once on the broker: {lost:?}");
        assert!(taken.len() < POSTS, "the broker was away for longer than a post waits");
        println!("{POSTS} posts: {} taken, {} answered 503", taken.len(), POSTS - taken.len());
    }
}
