//! The transactional outbox: what is committed is published, in order by key, also by several relays, also when they are
//! killed.
#![cfg(all(feature = "outbox", feature = "memory"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(all(test, feature = "nats"))]
#[path = "../brokers/mod.rs"]
mod brokers;
#[cfg(all(test, unix))]
mod killed;
#[cfg(all(test, unix, feature = "nats"))]
#[path = "../brokers/postgres.rs"]
mod postgres;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidings_runtime::message::{Action, Channel, Operation, Prepared, Publication};
use tidings_runtime::store::outbox::{Batch, Database, Outbox};
use tidings_runtime::store::sqlx::{self, SqlitePool};
use tidings_runtime::transport::memory::{Broker, MemorySubscription};
use tidings_runtime::transport::{Capabilities, Subscribe, SubscribeError, TransportError};
use tidings_runtime::{Backoff, Message, PublishError, Receipt, Transport};

static ORDERS: Channel = Channel::new("orders", Some("orders"));
static SEND_ORDER: Operation = Operation::new("sendOrder", &ORDERS, Action::Send);
static ORDER: Publication = Publication::new(&SEND_ORDER, "order", &[("kafka", "{}")]);

fn order(payload: &str, key: &str) -> Prepared {
    Prepared::new(&ORDER, "orders".to_owned(), Message::new(payload.to_owned()).with_key(key.to_owned()))
}

/// A database with an outbox and a pool of the user's.
struct Setup {
    _folder: tempfile::TempDir,
    outbox: Outbox,
    pool: SqlitePool,
}

impl Setup {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("orders.db").display());
        let outbox = Outbox::open(&url).await.unwrap();
        let pool = SqlitePool::connect(&url).await.unwrap();
        sqlx::query("CREATE TABLE orders (id TEXT PRIMARY KEY)").execute(&pool).await.unwrap();
        Self { _folder: folder, outbox, pool }
    }

    /// Stores messages in a transaction each.
    async fn store(&self, messages: &[Prepared]) {
        for prepared in messages {
            let mut transaction = self.pool.begin().await.unwrap();
            self.outbox.store(&mut transaction, prepared).await.unwrap();
            transaction.commit().await.unwrap();
        }
    }

    async fn pending(&self) -> u64 {
        self.outbox.pending().await.unwrap().messages
    }
}

fn counts(batch: Batch) -> [usize; 4] {
    [batch.claimed, batch.published, batch.retried, batch.failed]
}

fn quick() -> Backoff {
    Backoff::exponential(Duration::from_millis(30)).max_delay(Duration::from_millis(30)).jitter(0.0)
}

/// The in-memory broker, but for what a test wants otherwise.
#[derive(Clone)]
struct Peculiar {
    broker: Broker,
    /// Publications that contain this are refused for good.
    poison: &'static str,
    /// Publications never end.
    hangs: Arc<AtomicBool>,
    /// Operations and bindings that were seen, and how many publications are under way.
    seen: Arc<Mutex<Vec<String>>>,
    under_way: Arc<AtomicUsize>,
}

impl Peculiar {
    fn new(broker: &Broker) -> Self {
        let (hangs, seen, under_way) = Default::default();
        Self { broker: broker.clone(), poison: "poison", hangs, seen, under_way }
    }
}

impl Transport for Peculiar {
    type Subscription = MemorySubscription;

    fn capabilities(&self) -> Capabilities {
        self.broker.capabilities()
    }

    async fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        assert_eq!(self.under_way.fetch_add(1, Ordering::SeqCst), 0, "one at a time within a key");
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        if String::from_utf8_lossy(&message.payload).contains(self.poison) {
            return Err(TransportError::permanent("too large").into());
        }
        self.broker.publish(channel, address, message).await
    }

    async fn send(
        &self,
        operation: &'static Operation,
        bindings: &'static [(&'static str, &'static str)],
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        self.seen.lock().unwrap().push(format!("{} {bindings:?}", operation.key()));
        self.publish(Some(operation.channel()), address, message).await
    }

    async fn subscribe(&self, request: Subscribe) -> Result<MemorySubscription, SubscribeError> {
        self.broker.subscribe(request).await
    }

    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        self.broker.close(deadline).await
    }
}

fn payloads(broker: &Broker) -> Vec<String> {
    broker.published("orders").iter().map(|message| String::from_utf8(message.payload.to_vec()).unwrap()).collect()
}

#[tokio::test]
async fn what_is_committed_is_published_and_what_is_rolled_back_is_not() {
    let setup = Setup::new().await;
    for (id, committed) in [("one", true), ("two", false), ("three", true)] {
        let mut transaction = setup.pool.begin().await.unwrap();
        sqlx::query("INSERT INTO orders (id) VALUES (?)").bind(id).execute(&mut *transaction).await.unwrap();
        setup.outbox.store(&mut transaction, &order(id, "k")).await.unwrap();
        match committed {
            true => transaction.commit().await.unwrap(),
            false => transaction.rollback().await.unwrap(),
        }
    }
    let broker = Broker::new();
    let transport = Peculiar::new(&broker);
    let relay = setup.outbox.relay(transport.clone()).publications(&[&ORDER]);
    assert_eq!(setup.pending().await, 2);
    assert_eq!(counts(relay.run_once().await.unwrap()), [2, 2, 0, 0]);
    assert_eq!(payloads(&broker), ["one", "three"]);
    assert_eq!(*transport.seen.lock().unwrap(), [r#"sendOrder [("kafka", "{}")]"#; 2], "as the document binds it");
    assert_eq!(setup.pending().await, 0);
    assert_eq!(counts(relay.run_once().await.unwrap()), [0; 4]);
    setup.outbox.close().await;
    relay.run_once().await.unwrap_err();
}

#[tokio::test]
async fn a_message_arrives_as_it_was_stored() {
    let setup = Setup::new().await;
    let mut message = Message::new(vec![0, 0xff, b'{'])
        .with_key(vec![0xfe, 0])
        .with_header("text", "väl\0ue")
        .with_header("bytes", vec![0xff, 1])
        .with_header("text", "again")
        .with_content_type("application/octet-stream")
        .with_reply_to("replies")
        .with_correlation_id("c");
    let mut transaction = setup.pool.begin().await.unwrap();
    let id = setup.outbox.store(&mut transaction, &Prepared::undescribed("a b", message.clone())).await.unwrap();
    transaction.commit().await.unwrap();
    let broker = Broker::new();
    broker.fail_next_publishes(1);
    let relay = setup.outbox.relay(broker.clone()).retry(quick());
    assert_eq!(counts(relay.run_once().await.unwrap()), [1, 0, 1, 0]);
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(counts(relay.run_once().await.unwrap()), [1, 1, 0, 0]);
    message.id = Some(id);
    assert_eq!(broker.published("a b"), [message], "with the id that it was given when it was stored");
}

#[tokio::test]
async fn a_failure_keeps_back_its_key_and_no_other() {
    let setup = Setup::new().await;
    setup.store(&[order("a1", "a"), order("a2", "a"), order("b1", "b"), order("a3", "a")]).await;
    let broker = Broker::new();
    broker.fail_next_publishes(1);
    let relay = setup.outbox.relay(broker.clone()).publications(&[&ORDER]).retry(quick()).concurrency(1);
    assert_eq!(counts(relay.run_once().await.unwrap()), [4, 1, 1, 0]);
    assert_eq!(payloads(&broker), ["b1"]);
    assert_eq!(counts(relay.run_once().await.unwrap()), [0; 4], "a2 and a3 wait for a1");
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(counts(relay.run_once().await.unwrap()), [3, 3, 0, 0]);
    assert_eq!(payloads(&broker), ["b1", "a1", "a2", "a3"]);
}

#[tokio::test]
async fn what_cannot_be_published_stands_aside_until_somebody_decides() {
    let setup = Setup::new().await;
    setup.store(&[order("poison 1", "a"), order("poison 2", "a"), order("good", "a")]).await;
    let broker = Broker::new();
    let relay = setup.outbox.relay(Peculiar::new(&broker)).publications(&[&ORDER]);
    assert_eq!(counts(relay.run_once().await.unwrap()), [3, 1, 0, 2]);
    assert_eq!((payloads(&broker), setup.pending().await), (vec!["good".to_owned()], 0));
    let failed = setup.outbox.failed(10).await.unwrap();
    let said: Vec<_> = failed.iter().map(|failed| (failed.address.as_str(), failed.error.as_str())).collect();
    assert_eq!(said, [("orders", "the message was not confirmed: too large"); 2]);
    assert!(setup.outbox.discard(failed[0].number).await.unwrap());
    assert!(!setup.outbox.retry(failed[0].number).await.unwrap());
    assert!(setup.outbox.retry(failed[1].number).await.unwrap());
    assert!(!setup.outbox.retry(failed[1].number).await.unwrap());
    assert_eq!(
        counts(setup.outbox.relay(broker.clone()).publications(&[&ORDER]).run_once().await.unwrap()),
        [1, 1, 0, 0]
    );
    assert_eq!(payloads(&broker), ["good", "poison 2"]);
}

#[tokio::test]
async fn a_transport_that_takes_nothing_makes_nothing_fail_for_good() {
    let setup = Setup::new().await;
    setup.store(&[order("a1", "a"), order("b1", "b")]).await;
    let broker = Broker::new();
    let connection = broker.connect();
    connection.close(Duration::ZERO).await.unwrap();
    let observed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&observed);
    let relay = setup.outbox.relay(connection).publications(&[&ORDER]).retry(quick());
    let relay = relay.observe(move |batch| seen.lock().unwrap().push(counts(*batch)));
    assert_eq!(counts(relay.run_once().await.unwrap()), [2, 0, 2, 0]);
    assert_eq!(*observed.lock().unwrap(), [[2, 0, 2, 0]]);
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(counts(setup.outbox.relay(broker).publications(&[&ORDER]).run_once().await.unwrap()), [2, 2, 0, 0]);
}

#[tokio::test]
async fn a_message_waits_for_a_relay_that_knows_its_operation_and_queue() {
    let setup = Setup::new().await;
    setup.store(&[order("a1", "a")]).await;
    let broker = Broker::new();
    assert_eq!(counts(setup.outbox.relay(broker.clone()).retry(quick()).run_once().await.unwrap()), [1, 0, 1, 0]);
    tokio::time::sleep(Duration::from_millis(40)).await;
    let other = setup.outbox.named("other");
    assert_eq!(counts(other.relay(broker.clone()).publications(&[&ORDER]).run_once().await.unwrap()), [0; 4]);
    assert_eq!(counts(setup.outbox.relay(broker).publications(&[&ORDER]).run_once().await.unwrap()), [1, 1, 0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_with_one_relay_until_its_lease_is_over() {
    let setup = Setup::new().await;
    setup.store(&[order("a1", "a"), order("a2", "a"), order("a3", "a")]).await;
    let broker = Broker::new();
    let hanging = Peculiar::new(&broker);
    hanging.hangs.store(true, Ordering::SeqCst);
    let dead = setup.outbox.relay(hanging.clone()).publications(&[&ORDER]).batch(1).lease(Duration::from_millis(300));
    // Dropped while it publishes, as a process dies.
    tokio::time::timeout(Duration::from_millis(50), dead.run_once()).await.unwrap_err();
    let relay = setup.outbox.relay(broker.clone()).publications(&[&ORDER]);
    assert_eq!(counts(relay.run_once().await.unwrap()), [0; 4], "a2 and a3 wait for a1");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(counts(relay.run_once().await.unwrap()), [3, 3, 0, 0]);
    assert_eq!(payloads(&broker), ["a1", "a2", "a3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_is_renewed_while_publishing_takes_longer() {
    let setup = Setup::new().await;
    setup.store(&[order("a1", "a")]).await;
    let broker = Broker::new();
    let slow = Peculiar::new(&broker);
    slow.hangs.store(true, Ordering::SeqCst);
    let relay = setup.outbox.relay(slow).publications(&[&ORDER]).lease(Duration::from_millis(200));
    let publishing = tokio::spawn(async move { relay.run_once().await });
    tokio::time::sleep(Duration::from_millis(700)).await;
    let other = setup.outbox.relay(broker).publications(&[&ORDER]);
    assert_eq!(counts(other.run_once().await.unwrap()), [0; 4], "it is still with the first");
    publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_share_the_work_in_order_and_end_when_told() {
    let setup = Setup::new().await;
    let messages: Vec<Prepared> =
        (0..300).map(|number| order(&number.to_string(), &format!("k{}", number % 7))).collect();
    let broker = Broker::new();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let relays: Vec<_> = [(); 2]
        .map(|()| {
            let relay =
                setup.outbox.relay(broker.clone()).publications(&[&ORDER]).batch(16).poll(Duration::from_secs(9));
            let mut stopped = stopped.clone();
            tokio::spawn(async move { relay.run_until(async move { _ = stopped.wait_for(|stop| *stop).await }).await })
        })
        .into();
    for message in messages.chunks(10) {
        setup.store(message).await;
        setup.outbox.committed();
    }
    while setup.pending().await > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        setup.outbox.committed();
    }
    stop.send_replace(true);
    for relay in relays {
        tokio::time::timeout(Duration::from_secs(2), relay).await.unwrap().unwrap();
    }
    let published: Vec<usize> = payloads(&broker).iter().map(|text| text.parse().unwrap()).collect();
    assert_eq!(published.len(), 300, "each once");
    for key in 0..7 {
        let of_key: Vec<usize> = published.iter().copied().filter(|number| number % 7 == key).collect();
        assert!(of_key.is_sorted(), "{of_key:?}");
    }
}

#[tokio::test]
async fn what_was_published_is_kept_for_a_while() {
    let setup = Setup::new().await;
    setup.store(&[order("a1", "a"), order("a2", "a")]).await;
    let kept = async || sqlx::query("SELECT 1 FROM tidings_message").fetch_all(&setup.pool).await.unwrap().len();
    let broker = Broker::new();
    let relay = setup.outbox.relay(broker.clone()).publications(&[&ORDER]).keep(Duration::from_millis(300));
    let relay = relay.poll(Duration::from_millis(10));
    assert_eq!(counts(relay.run_once().await.unwrap()), [2, 2, 0, 0]);
    assert_eq!((kept().await, setup.pending().await), (2, 0));
    relay.run_until(tokio::time::sleep(Duration::from_secs(1))).await;
    assert_eq!((kept().await, payloads(&broker).len()), (0, 2));
}

#[tokio::test]
async fn the_schema_can_be_made_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("x.db").display());
    let pool = SqlitePool::connect(&url).await.unwrap();
    for _ in 0..2 {
        for statement in Database::Sqlite.schema() {
            sqlx::query(&statement).execute(&pool).await.unwrap();
        }
    }
    assert_eq!(Outbox::open(&url).await.unwrap().pending().await.unwrap().messages, 0);
    assert!(Outbox::open("mysql://x").await.unwrap_err().to_string().contains("neither sqlite: nor postgres:"));
}
