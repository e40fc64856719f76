//! A sender that is killed again and again while it delivers to an endpoint that fails: nothing lost, handled once.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tidings_runtime::codegen::routing::{Action, Channel, Dispatch, Failure, Operation, Received, consumer};
use tidings_runtime::store::idempotency::Memory;
use tidings_runtime::webhook::outbox::{NewSubscription, Schedule};
use tidings_runtime::webhook::{Destinations, Outbox, Receiver, Verifier};
use tidings_runtime::{HandlerError, Message};

static HOOKS: Channel = Channel::new("hooks", Some("/hooks"));
static ON_HOOK: Operation = Operation::new("onHook", &HOOKS, Action::Receive);

/// Tells the test that it is the sender's process, and where its database is.
const DATABASE: &str = "TIDINGS_TEST_OUTBOX";
const EVENTS: &str = "TIDINGS_TEST_EVENTS";

/// Counts how often each message was handled, and how often it was posted; fails three times in ten.
#[derive(Clone, Default)]
struct Counter(Arc<Mutex<(HashMap<String, usize>, usize)>>);

impl Dispatch for Counter {
    async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
        let mut counts = self.0.lock().unwrap();
        counts.1 += 1;
        if counts.1 % 10 < 3 {
            return Err(HandlerError::transient("three in ten").into());
        }
        *counts.0.entry(received.message().id.clone().unwrap()).or_default() += 1;
        Ok(())
    }
}

async fn open(database: &str) -> Outbox {
    let outbox = Outbox::open(&format!("sqlite:{database}")).await.unwrap();
    outbox
        .destinations(Destinations::anywhere().timeout(Duration::from_secs(5)))
        .unwrap()
        .schedule(Schedule::new([Duration::from_millis(20); 60]).throttled(Duration::ZERO))
        .lease(Duration::from_secs(1))
}

/// The sender: stores every event, whether or not it was stored in an earlier life, and delivers until nothing waits.
async fn send(database: &str, events: usize) {
    let outbox = open(database).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = outbox.clone();
    let delivering = tokio::spawn(async move { worker.deliver_until(async { _ = stopped.await }).await });
    for number in 0..events {
        outbox.send("acme", "t", Message::new("{}").with_id(format!("e{number}"))).await.unwrap();
    }
    while outbox.deliver_due().await.unwrap().is_some() {}
    drop(stop);
    delivering.await.unwrap();
}

fn sender(test: &str, database: &Path, events: usize) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--include-ignored"]).env(DATABASE, database).env(EVENTS, events.to_string());
    command.stdout(Stdio::null()).spawn().unwrap()
}

async fn survive(test: &str, events: usize, kills: usize) {
    if let Some(database) = std::env::var_os(DATABASE) {
        let events = std::env::var(EVENTS).unwrap().parse().unwrap();
        return send(database.to_str().unwrap(), events).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("hooks.db");
    let outbox = open(database.to_str().unwrap()).await;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let new = NewSubscription { url, ..NewSubscription::default() };
    let (_, secret) = outbox.tenant("acme").subscribe_endpoint(new).await.unwrap();
    outbox.close().await;
    let counter = Counter::default();
    let receiver = Receiver::new(consumer(&ON_HOOK, counter.clone()))
        .verify(Verifier::new([secret]))
        .idempotent(Memory::new(Duration::from_secs(3_600)));
    tokio::spawn(async move { axum::serve(listener, receiver.into_router()).await.unwrap() });
    let handled = || counter.0.lock().unwrap().0.len();
    let begun = Instant::now();
    for kill in 1..=kills {
        let mut child = sender(test, &database, events);
        // Killed when it has come a part of the way.
        let enough = events * kill / (kills + 1);
        while handled() < enough && begun.elapsed() < Duration::from_secs(300) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(handled() < events, "the sender was killed while it had something to do");
    }
    let mut last = sender(test, &database, events);
    while handled() < events && begun.elapsed() < Duration::from_secs(600) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let status = tokio::task::spawn_blocking(move || last.wait().unwrap()).await.unwrap();
    assert!(status.success());
    let counts = counter.0.lock().unwrap();
    let lost: Vec<usize> = (0..events).filter(|number| !counts.0.contains_key(&format!("e{number}"))).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert_eq!(counts.0.len(), events, "one id for each event");
    assert!(counts.0.values().all(|count| *count == 1), "handled once");
    println!("outbox: {events} events, {} attempts, {kills} kills, {:?}", counts.1, begun.elapsed());
}

/// As many events as `TIDINGS_OUTBOX_EVENTS` says (500 unless set), and a kill for every 125, at most 20.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_is_killed_loses_nothing() {
    let events: usize = std::env::var("TIDINGS_OUTBOX_EVENTS").map_or(500, |count| count.parse().unwrap());
    survive("killed::a_sender_that_is_killed_loses_nothing", events, (events / 125).min(20)).await;
}
