//! Applications that are killed again and again while they store and relay: what is on the broker in the end is what was
//! committed, in order by key.
//!
//! In: how many transactions, from `TIDINGS_TRANSACTIONS`; 500 unless set. A kill for every 125, at most 20.

use super::{Channel, ORDER, Transport, order};
use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tidings_runtime::store::outbox::Outbox;
use tidings_runtime::store::sqlx::{self, Row as _};
use tidings_runtime::transport::memory::{Broker, MemorySubscription};
use tidings_runtime::transport::{Capabilities, Subscribe, SubscribeError, TransportError};
use tidings_runtime::{Message, PublishError, Receipt};

const KEYS: usize = 20;
/// Each stores every second number, and has a relay for the messages of both.
const APPLICATIONS: usize = 2;
const APPLICATION: &str = "TIDINGS_TEST_APPLICATION";
const DATABASE: &str = "TIDINGS_TEST_DATABASE";
const BUS: &str = "TIDINGS_TEST_BUS";
const COUNT: &str = "TIDINGS_TRANSACTIONS";

/// A broker that several processes publish to.
pub trait Bus {
    type Transport: Transport;
    fn open(url: &str) -> impl Future<Output = Self::Transport> + Send;
    /// What it holds in the end, in order.
    fn held(url: &str) -> impl Future<Output = Vec<usize>>;
}

/// A file that publications are appended to.
#[derive(Clone)]
struct Log(String);

impl Transport for Log {
    type Subscription = MemorySubscription;

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn publish(&self, _: Option<&'static Channel>, _: &str, message: Message) -> Result<Receipt, PublishError> {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(&self.0).unwrap();
        file.write_all(&[&message.payload[..], b"\n"].concat()).unwrap();
        Ok(Receipt::new())
    }

    async fn subscribe(&self, request: Subscribe) -> Result<MemorySubscription, SubscribeError> {
        Broker::new().subscribe(request).await
    }

    async fn close(&self, _: Duration) -> Result<(), TransportError> {
        Ok(())
    }
}

impl Bus for Log {
    type Transport = Self;

    async fn open(url: &str) -> Self {
        Self(url.to_owned())
    }

    async fn held(url: &str) -> Vec<usize> {
        std::fs::read_to_string(url).unwrap().lines().map(|line| line.parse().unwrap()).collect()
    }
}

/// Stores what is not stored yet of one application's share, each in a transaction with its work; a fifth is rolled back.
macro_rules! work {
    ($pool:ty, $begin:literal, $database:expr, $outbox:expr, $which:expr, $count:expr) => {{
        let pool = <$pool>::connect($database).await.unwrap();
        let done = sqlx::query("SELECT COALESCE(MAX(number), -1) FROM work WHERE application = $1").bind($which as i64);
        let done: i64 = done.fetch_one(&pool).await.unwrap().get(0);
        for number in (done + 1).unsigned_abs() as usize..$count {
            if number % APPLICATIONS != $which {
                continue;
            }
            let mut transaction = pool.begin_with($begin).await.unwrap();
            let sql = "INSERT INTO work (number, application) VALUES ($1, $2)";
            let query = sqlx::query(sql).bind(number as i64).bind($which as i64);
            query.execute(&mut *transaction).await.unwrap();
            let prepared = order(&number.to_string(), &format!("k{}", number % KEYS));
            $outbox.store(&mut transaction, &prepared).await.unwrap();
            match number % 5 == 3 {
                true => transaction.rollback().await.unwrap(),
                false => transaction.commit().await.unwrap(),
            }
        }
    }};
}

async fn application<B: Bus>(which: usize, database: &str, url: &str, count: usize) {
    let outbox = Outbox::open(database).await.unwrap();
    let relay = outbox.relay(B::open(url).await).publications(&[&ORDER]).batch(32).poll(Duration::from_millis(10));
    let relay = relay.lease(Duration::from_secs(2));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let relaying = tokio::spawn(async move { relay.run_until(async { _ = stopped.await }).await });
    match database.starts_with("sqlite") {
        true => work!(sqlx::SqlitePool, "BEGIN IMMEDIATE", database, outbox, which, count),
        false => work!(sqlx::PgPool, "BEGIN", database, outbox, which, count),
    }
    while outbox.pending().await.unwrap().messages > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(stop);
    relaying.await.unwrap();
}

fn start(test: &str, which: usize, database: &str, url: &str, count: usize) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--include-ignored"]).env(APPLICATION, which.to_string());
    command.env(DATABASE, database).env(BUS, url).env(COUNT, count.to_string());
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// Runs the scenario; `test` is the test that calls this, `begin` gives a database and a broker and what keeps them.
pub async fn survive<B: Bus, K>(test: &str, begin: impl AsyncFnOnce() -> (String, String, K)) {
    let count: usize = std::env::var(COUNT).map_or(500, |count| count.parse().unwrap());
    if let Ok(which) = std::env::var(APPLICATION) {
        let [database, url] = [DATABASE, BUS].map(|name| std::env::var(name).unwrap());
        return application::<B>(which.parse().unwrap(), &database, &url, count).await;
    }
    let begun = Instant::now();
    let (database, url, _kept) = begin().await;
    sqlx::any::install_default_drivers();
    // The outbox first: it sets the database up for several writers.
    let outbox = Outbox::open(&database).await.unwrap();
    let pool = sqlx::any::AnyPoolOptions::new().max_connections(1).connect(&database).await.unwrap();
    let sql = "CREATE TABLE work (number BIGINT PRIMARY KEY, application BIGINT NOT NULL)";
    sqlx::query(sql).execute(&pool).await.unwrap();
    let committed = async || -> usize {
        let row = sqlx::query("SELECT COUNT(*) FROM work").fetch_one(&pool).await.unwrap();
        row.get::<i64, _>(0).unsigned_abs() as usize
    };
    let expected: BTreeSet<usize> = (0..count).filter(|number| number % 5 != 3).collect();
    let mut applications: Vec<Child> =
        (0..APPLICATIONS).map(|which| start(test, which, &database, &url, count)).collect();
    let kills = (count / 125).min(20);
    for kill in 1..=kills {
        while committed().await < expected.len() * kill / (kills + 1) {
            assert!(begun.elapsed() < Duration::from_secs(570), "{} are committed", committed().await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let which = kill % APPLICATIONS;
        applications[which].kill().unwrap();
        applications[which].wait().unwrap();
        assert!(committed().await < expected.len(), "killed while there was something to do");
        applications[which] = start(test, which, &database, &url, count);
    }
    for mut child in applications {
        let status = tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
        assert!(status.success());
    }
    assert_eq!(committed().await, expected.len());
    assert_eq!(outbox.pending().await.unwrap().messages, 0);
    assert_eq!(outbox.failed(1).await.unwrap(), []);

    let held = B::held(&url).await;
    let mut last = HashMap::<usize, usize>::new();
    let mut seen = BTreeSet::new();
    for number in held.iter().copied() {
        if seen.insert(number) {
            let before = last.insert(number % KEYS, number);
            assert!(before.is_none_or(|before| before < number), "{number} after {before:?}");
        }
    }
    assert_eq!(seen, expected, "what was committed, and nothing else");
    println!(
        "transactions: {count} transactions, {} rolled back, {APPLICATIONS} relays, {kills} kills: 0 lost, in order by key, \
         {} published again, {:.0} s",
        count - expected.len(),
        held.len() - seen.len(),
        begun.elapsed().as_secs_f64()
    );
}

/// A database in a folder.
fn sqlite() -> (String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (format!("sqlite:{}?mode=rwc", folder.path().join("orders.db").display()), folder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_committed_outlives_kills() {
    survive::<Log, _>("killed::what_is_committed_outlives_kills", async || {
        let (database, folder) = sqlite();
        (database, folder.path().join("log").display().to_string(), folder)
    })
    .await;
}

#[cfg(feature = "nats")]
mod needs_nats {
    use super::super::ORDERS;
    use super::super::brokers::NatsServer;
    use super::*;
    use tidings_runtime::transport::nats::{self, Nats};
    use tidings_runtime::transport::{Acknowledger, Declare, Start, Subscription};

    impl Bus for NatsServer {
        type Transport = Nats;

        async fn open(url: &str) -> Nats {
            nats::connect(url).declare(Declare::Create).jetstream().await.unwrap()
        }

        async fn held(url: &str) -> Vec<usize> {
            let request = Subscribe::new(&ORDERS, "witness").starting(Start::Earliest).with_max_in_flight(64);
            let mut subscription = Self::open(url).await.subscribe(request).await.unwrap();
            let mut held = Vec::new();
            while let Ok(next) = tokio::time::timeout(Duration::from_secs(3), subscription.next()).await {
                let delivery = next.unwrap().unwrap();
                held.push(std::str::from_utf8(&delivery.message.payload).unwrap().parse().unwrap());
                delivery.acknowledger.acknowledge().await.unwrap();
            }
            held
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn what_is_committed_outlives_kills_on_jetstream() {
        survive::<NatsServer, _>("killed::needs_nats::what_is_committed_outlives_kills_on_jetstream", async || {
            let (database, folder) = sqlite();
            let server = NatsServer::start();
            (database, server.url(), (server, folder))
        })
        .await;
    }

    mod needs_postgres {
        use super::*;
        use crate::postgres::PostgresServer;

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "cargo xtask test"]
        async fn what_is_committed_in_postgres_outlives_kills() {
            let name = "killed::needs_nats::needs_postgres::what_is_committed_in_postgres_outlives_kills";
            survive::<NatsServer, _>(name, async || {
                let server = NatsServer::start();
                let postgres = PostgresServer::start().await;
                (postgres.url().to_owned(), server.url(), (server, postgres))
            })
            .await;
        }
    }
}
