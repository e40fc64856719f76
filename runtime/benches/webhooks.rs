//! `cargo bench --package tidings-runtime --features webhook-store --bench webhooks`: deliveries a second to an endpoint on
//! loopback, beside a bare loop of the same HTTP client with the same concurrency; and what it costs to store them first.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tidings_runtime::webhook::outbox::NewSubscription;
use tidings_runtime::webhook::{Destinations, Outbox, Secret, Sender};
use tidings_runtime::{Message, Transport};

const DELIVERIES: usize = 2_000;
const CONCURRENCY: usize = 64;
const ROUNDS: usize = 5;
const BODY: usize = 1_024;

/// An endpoint that takes everything, and counts.
#[derive(Clone)]
struct Endpoint {
    url: String,
    taken: Arc<AtomicUsize>,
}

impl Endpoint {
    async fn serve() -> Self {
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&taken);
        let take = axum::routing::post(async move |_: axum::body::Bytes| {
            counted.fetch_add(1, Ordering::Relaxed);
            axum::http::StatusCode::NO_CONTENT
        });
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/hook", take)).await.unwrap() });
        Self { url, taken }
    }
}

fn body() -> Vec<u8> {
    format!("\"{}\"", "x".repeat(BODY - 2)).into_bytes()
}

fn message(number: usize) -> Message {
    Message::new(body()).with_id(format!("e{number}")).with_content_type("application/json")
}

/// Does something for every delivery, as many at once as are allowed; how long it took until the endpoint had them all.
async fn deliver<F: Future<Output = ()> + Send + 'static>(endpoint: &Endpoint, one: impl Fn(usize) -> F) -> Duration {
    endpoint.taken.store(0, Ordering::Relaxed);
    let begun = Instant::now();
    let mut under_way = tokio::task::JoinSet::new();
    for number in 0..DELIVERIES {
        if under_way.len() >= CONCURRENCY {
            under_way.join_next().await.unwrap().unwrap();
        }
        under_way.spawn(one(number));
    }
    while let Some(done) = under_way.join_next().await {
        done.unwrap();
    }
    while endpoint.taken.load(Ordering::Relaxed) < DELIVERIES {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    begun.elapsed()
}

async fn bare(endpoint: &Endpoint) -> Duration {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    deliver(endpoint, |_| {
        let request = client.post(&endpoint.url).header("content-type", "application/json").body(body());
        async move { assert!(request.send().await.unwrap().status().is_success()) }
    })
    .await
}

async fn signed(endpoint: &Endpoint) -> Duration {
    let sender = Sender::new(&endpoint.url).unwrap().destinations(Destinations::anywhere()).unwrap();
    let sender = sender.secret(Secret::generate().unwrap());
    deliver(endpoint, |number| {
        let sender = sender.clone();
        async move { drop(sender.publish(None, "/", message(number)).await.unwrap()) }
    })
    .await
}

async fn stored(endpoint: &Endpoint, database: &str) -> Duration {
    let outbox = Outbox::open(database).await.unwrap().destinations(Destinations::anywhere()).unwrap();
    let outbox = outbox.concurrency(CONCURRENCY);
    let new = NewSubscription { url: endpoint.url.clone(), ..NewSubscription::default() };
    outbox.tenant("acme").subscribe_endpoint(new).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = outbox.clone();
    let delivering = tokio::spawn(async move { worker.deliver_until(async { _ = stopped.await }).await });
    let took = deliver(endpoint, |number| {
        let outbox = outbox.clone();
        async move { drop(outbox.send("acme", "t", message(number)).await.unwrap()) }
    })
    .await;
    drop(stop);
    delivering.await.unwrap();
    outbox.close().await;
    took
}

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoint = Endpoint::serve().await;
    let names = ["a bare loop", "`Sender`, signed", "`Outbox` in memory", "`Outbox` in a file, synchronised"];
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("sqlite:{}", folder.path().join("hooks.db").display());
        let round = [
            bare(&endpoint).await,
            signed(&endpoint).await,
            stored(&endpoint, "sqlite::memory:").await,
            stored(&endpoint, &file).await,
        ];
        times.iter_mut().zip(round).for_each(|(times, time)| times.push(time));
    }
    let medians = times.map(|mut times| {
        times.sort();
        times.get(ROUNDS / 2).copied().unwrap_or_default().as_secs_f64()
    });
    let [first, ..] = medians;
    println!("{DELIVERIES} deliveries of {BODY} bytes, {CONCURRENCY} at once, the median of {ROUNDS} rounds:");
    for (name, median) in names.into_iter().zip(medians) {
        let (rate, ratio) = (DELIVERIES as f64 / median, first / median);
        println!("{name:34} {rate:8.0} a second, {ratio:.2} of the bare loop");
    }
}
