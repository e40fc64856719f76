//! Webhooks from an outbox: subscriptions, fan-out, the schedule on a clock of the test's own, and a sender that is killed.
#![cfg(all(feature = "webhook-store", feature = "memory"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod killed;
#[cfg(unix)]
mod needs_postgres;
#[cfg(unix)]
#[path = "../brokers/postgres.rs"]
mod postgres;
mod routes;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidings_runtime::store::sqlx;
use tidings_runtime::webhook::outbox::{DISABLED, NewSubscription, Replay, Schedule};
use tidings_runtime::webhook::{Destinations, Outbox, Secret, Signed, Verifier};
use tidings_runtime::{Message, Transport};

/// One request as an endpoint saw it.
#[derive(Clone, Debug)]
struct Seen {
    id: String,
    event: String,
    body: String,
    timestamp: String,
    signature: String,
}

/// An endpoint that answers as it is told, and then with 200.
#[derive(Clone, Default)]
struct Endpoint {
    seen: Arc<Mutex<Vec<Seen>>>,
    answers: Arc<Mutex<VecDeque<(u16, &'static str)>>>,
}

impl Endpoint {
    async fn serve(&self) -> String {
        let endpoint = self.clone();
        let answer = async move |headers: axum::http::HeaderMap, body: String| {
            let header = |name: &str| headers[name].to_str().unwrap().to_owned();
            endpoint.seen.lock().unwrap().push(Seen {
                id: header("webhook-id"),
                event: header("webhook-event"),
                body,
                timestamp: header("webhook-timestamp"),
                signature: header("webhook-signature"),
            });
            let (status, after) = endpoint.answers.lock().unwrap().pop_front().unwrap_or((200, ""));
            let mut response = axum::response::Response::new(axum::body::Body::from("x".repeat(30_000)));
            *response.status_mut() = status.try_into().unwrap();
            if !after.is_empty() {
                response.headers_mut().insert("retry-after", after.parse().unwrap());
            }
            response
        };
        let router = axum::Router::new().fallback(axum::routing::post(answer));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    fn ids(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.id).collect()
    }
}

/// A clock that stands still until the test moves it.
#[derive(Clone)]
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000)))
    }

    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// An outbox in memory, on the test's own clock, that may post to this machine.
async fn outbox(clock: &Clock) -> Outbox {
    let clock = clock.clone();
    let outbox = Outbox::open("sqlite::memory:").await.unwrap().destinations(Destinations::anywhere()).unwrap();
    outbox.schedule(Schedule::default().jitter(0.0)).clock(move || clock.now())
}

fn message(id: &str) -> Message {
    Message::new(format!("{{\"id\":\"{id}\"}}")).with_id(id).with_content_type("application/json")
}

fn to(url: &str) -> NewSubscription {
    NewSubscription { url: url.to_owned(), ..NewSubscription::default() }
}

/// Delivers and moves the clock until nothing waits; the times of the passes, in seconds from the first.
async fn run(outbox: &Outbox, clock: &Clock) -> Vec<i64> {
    let start = clock.now();
    let mut times = vec![0];
    while let Some(due) = outbox.deliver_due().await.unwrap() {
        clock.0.fetch_max(due, Ordering::SeqCst);
        times.push((clock.now() - start) / 1_000);
    }
    times
}

fn genuine(secret: &Secret, seen: &Seen) -> bool {
    let signed = Signed { id: Some(&seen.id), timestamp: Some(&seen.timestamp), signature: Some(&seen.signature) };
    let at = seen.timestamp.parse().unwrap();
    Verifier::new([secret.clone()]).verify_at(signed, seen.body.as_bytes(), at).is_ok()
}

#[tokio::test]
async fn events_fan_out_by_tenant_and_type_and_are_stored_before_send_returns() {
    let clock = Clock::new();
    let outbox = outbox(&clock).await;
    let endpoints: [Endpoint; 4] = Default::default();
    let acme = outbox.tenant("acme");
    let typed = |url: &str, types: &[&str]| NewSubscription {
        types: types.iter().map(|text| (*text).to_owned()).collect(),
        ..to(url)
    };
    acme.subscribe_endpoint(to(&endpoints[0].serve().await)).await.unwrap();
    let placed = typed(&endpoints[1].serve().await, &["order.placed", "order.paid"]);
    let (_, secret) = acme.subscribe_endpoint(placed).await.unwrap();
    acme.subscribe_endpoint(typed(&endpoints[2].serve().await, &["order.p", "%", "order_paid"])).await.unwrap();
    outbox.tenant("other").subscribe_endpoint(to(&endpoints[3].serve().await)).await.unwrap();
    outbox.send("acme", "order.placed", message("a")).await.unwrap();
    outbox.send("acme", "order.shipped", message("b")).await.unwrap();
    // The same id again stores nothing, whatever else is in it.
    outbox.send("acme", "order.placed", message("a")).await.unwrap();
    acme.publish(None, "order.paid", message("c")).await.unwrap();
    assert!(endpoints.iter().all(|endpoint| endpoint.ids().is_empty()), "nothing is posted before it is its turn");
    run(&outbox, &clock).await;
    let mut all = endpoints[0].ids();
    all.sort();
    assert_eq!(all, ["a", "b", "c"]);
    let mut some = endpoints[1].ids();
    some.sort();
    assert_eq!(some, ["a", "c"]);
    assert!(endpoints[1].seen().iter().all(|seen| genuine(&secret, seen)));
    assert!(endpoints[1].seen().iter().any(|seen| seen.event == "order.paid" && seen.body == "{\"id\":\"c\"}"));
    assert!(endpoints[2].ids().is_empty() && endpoints[3].ids().is_empty());
    for (id, event_type) in [("a.b", "t"), ("", "t"), ("a b", "t"), ("a", ""), ("a", "two words")] {
        assert!(outbox.send("acme", event_type, message(id)).await.is_err(), "{id} {event_type}");
    }
}

#[tokio::test]
async fn the_schedule_is_kept_with_one_id_and_ends_with_success_or_failure() {
    let clock = Clock::new();
    let outbox = outbox(&clock).await;
    let endpoint = Endpoint::default();
    let (subscription, _) = outbox.tenant("acme").subscribe_endpoint(to(&endpoint.serve().await)).await.unwrap();
    // Every attempt fails: the whole schedule, then nothing.
    *endpoint.answers.lock().unwrap() = [(500, ""); 8].into();
    outbox.send("acme", "t", message("a")).await.unwrap();
    let passes = run(&outbox, &clock).await;
    assert_eq!(passes, [0, 5, 305, 2_105, 9_305, 27_305, 63_305, 99_305]);
    assert_eq!(endpoint.ids(), ["a"; 8]);
    let times: std::collections::BTreeSet<String> = endpoint.seen().into_iter().map(|seen| seen.timestamp).collect();
    assert_eq!(times.len(), 8, "each attempt is signed with its own time");
    // What the receiver asks for counts between the delay and twice that; who is overrun gets a minute at least.
    let cases: [((u16, &str), i64); 7] = [
        ((500, "7"), 7),
        ((500, "1"), 5),
        ((500, "3600"), 10),
        ((500, "-1"), 5),
        ((429, ""), 60),
        ((503, "90"), 90),
        ((302, ""), 5),
    ];
    for (number, (answer, delay)) in cases.into_iter().enumerate() {
        endpoint.answers.lock().unwrap().push_back(answer);
        outbox.send("acme", "t", message(&format!("b{number}"))).await.unwrap();
        assert_eq!(run(&outbox, &clock).await, [0, delay], "{answer:?}");
    }
    let jittered = Schedule::default();
    for _ in 0..1_000 {
        let delay = jittered.delay(1, false, None).unwrap();
        assert!((4.0..=6.0).contains(&delay.as_secs_f64()), "{delay:?}");
    }
    assert_eq!(jittered.delay(8, false, None), None);
    assert_eq!(jittered.delay(0, false, None), None);
    assert!(outbox.tenant("acme").subscription(&subscription.id).await.unwrap().enabled);
}

#[tokio::test]
async fn an_endpoint_is_disabled_after_days_of_failure_or_at_once_when_it_is_gone() {
    let clock = Clock::new();
    let outbox = outbox(&clock).await.disable_after(Duration::from_secs(86_400));
    let [failing, gone, watching] = <[Endpoint; 3]>::default();
    let acme = outbox.tenant("acme");
    let (first, _) = acme.subscribe_endpoint(to(&failing.serve().await)).await.unwrap();
    let about = NewSubscription { types: vec![DISABLED.to_owned()], ..to(&watching.serve().await) };
    acme.subscribe_endpoint(about).await.unwrap();
    *failing.answers.lock().unwrap() = vec![(500, ""); 100].into();
    outbox.send("acme", "t", message("a")).await.unwrap();
    run(&outbox, &clock).await;
    assert!(!acme.subscription(&first.id).await.unwrap().enabled);
    assert!(failing.ids().len() < 9, "{:?}", failing.ids());
    let told = watching.seen();
    assert_eq!(told.len(), 1);
    assert!(told[0].event == DISABLED && told[0].body.contains(&first.id), "{told:?}");
    let posted = failing.ids().len();
    outbox.send("acme", "t", message("b")).await.unwrap();
    run(&outbox, &clock).await;
    assert_eq!(failing.ids().len(), posted, "nothing is posted to what is disabled");
    // Enabled again, it gets what it missed.
    failing.answers.lock().unwrap().clear();
    acme.update(&first.id, |subscription| subscription.enabled = true).await.unwrap();
    assert_eq!(acme.replay(&first.id, &Replay::One("b".to_owned())).await.unwrap(), 1);
    run(&outbox, &clock).await;
    assert_eq!(failing.ids()[posted..], ["b"]);
    let (second, _) = acme.subscribe_endpoint(to(&gone.serve().await)).await.unwrap();
    gone.answers.lock().unwrap().push_back((410, ""));
    outbox.send("acme", "t", message("c")).await.unwrap();
    run(&outbox, &clock).await;
    assert_eq!(gone.ids(), ["c"]);
    assert!(!acme.subscription(&second.id).await.unwrap().enabled);
}

#[tokio::test]
async fn an_ordered_endpoint_gets_one_event_after_the_other() {
    let clock = Clock::new();
    let outbox = outbox(&clock).await;
    let [ordered, free] = <[Endpoint; 2]>::default();
    let new = NewSubscription { ordered: true, ..to(&ordered.serve().await) };
    outbox.tenant("acme").subscribe_endpoint(new).await.unwrap();
    outbox.tenant("acme").subscribe_endpoint(to(&free.serve().await)).await.unwrap();
    for endpoint in [&ordered, &free] {
        *endpoint.answers.lock().unwrap() = [(500, ""), (500, "")].into();
    }
    for id in ["a", "b", "c"] {
        outbox.send("acme", "t", message(id)).await.unwrap();
    }
    run(&outbox, &clock).await;
    assert_eq!(ordered.ids(), ["a", "a", "a", "b", "c"]);
    assert_eq!(free.ids().len(), 5);
    assert_eq!(free.ids().iter().collect::<std::collections::BTreeSet<_>>().len(), 3);
}

#[tokio::test]
async fn two_workers_make_no_attempt_twice_and_old_events_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("hooks.db").display());
    let open = async || Outbox::open(&url).await.unwrap().destinations(Destinations::anywhere()).unwrap();
    let [one, two] = [open().await, open().await];
    let endpoint = Endpoint::default();
    one.tenant("acme").subscribe_endpoint(to(&endpoint.serve().await)).await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let workers: Vec<_> = [one.clone(), two.clone()]
        .into_iter()
        .map(|outbox| {
            let mut stopped = stopped.clone();
            tokio::spawn(async move {
                outbox.deliver_until(async move { _ = stopped.wait_for(|stop| *stop).await }).await;
            })
        })
        .collect();
    for number in 0..200 {
        one.send("acme", "t", message(&format!("e{number}"))).await.unwrap();
    }
    let done = async || {
        while endpoint.ids().len() < 200 {
            tokio::time::sleep(Duration::from_millis(10)).await
        }
    };
    tokio::time::timeout(Duration::from_secs(30), done()).await.unwrap();
    stop.send_replace(true);
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(endpoint.ids().iter().collect::<std::collections::BTreeSet<_>>().len(), 200);
    assert_eq!(endpoint.ids().len(), 200);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(two.prune(Duration::ZERO).await.unwrap(), 200);
    assert_eq!(two.prune(Duration::ZERO).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_sent_within_a_transaction_is_there_if_that_is_committed_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    let (clock, endpoint) = (Clock::new(), Endpoint::default());
    let of_outbox = clock.clone();
    let outbox = Outbox::open(&url).await.unwrap().destinations(Destinations::anywhere()).unwrap();
    let outbox = outbox.schedule(Schedule::default().jitter(0.0)).clock(move || of_outbox.now());
    outbox.tenant("acme").subscribe_endpoint(to(&endpoint.serve().await)).await.unwrap();
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::query("CREATE TABLE orders (id TEXT PRIMARY KEY)").execute(&pool).await.unwrap();
    for (id, is_committed) in [("kept", true), ("undone", false), ("last", true)] {
        let mut transaction = pool.begin().await.unwrap();
        sqlx::query("INSERT INTO orders VALUES (?)").bind(id).execute(&mut *transaction).await.unwrap();
        let sent = outbox.send_within(&mut transaction, "acme", "order.placed", message(id)).await.unwrap();
        assert_eq!(sent, id);
        // An event that cannot be sent leaves the transaction as it was.
        outbox.send_within(&mut transaction, "acme", "order.placed", message("a.b")).await.unwrap_err();
        match is_committed {
            true => transaction.commit().await.unwrap(),
            false => transaction.rollback().await.unwrap(),
        }
        run(&outbox, &clock).await;
    }
    assert_eq!(endpoint.ids(), ["kept", "last"]);
    let orders: Vec<String> = sqlx::query_scalar("SELECT id FROM orders ORDER BY id").fetch_all(&pool).await.unwrap();
    assert_eq!(orders, ["kept", "last"]);
    // A transaction that is dropped is one that was rolled back; its id is free again.
    let mut transaction = pool.begin().await.unwrap();
    outbox.send_within(&mut transaction, "acme", "order.placed", message("again")).await.unwrap();
    drop(transaction);
    outbox.send("acme", "order.placed", message("again")).await.unwrap();
    run(&outbox, &clock).await;
    assert_eq!(endpoint.ids(), ["kept", "last", "again"]);
}
