//! A broker that is away for a while: what a service does meanwhile, what that costs, and that it goes on.
//!
//! In: a broker with a life of its own, and how connections to it are made. Out: passing tests. They run in a process of
//! their own, so that what it spends can be measured.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tidings_runtime::Service;
use tidings_runtime::consume::Received;
use tidings_runtime::message::Message;
use tidings_runtime::transport::{PublishError, Transport, TransportError};

use crate::brokers::NatsServer;
use crate::brokers::kafka::KafkaServer;
use crate::brokers::mosquitto::Mosquitto;
use crate::brokers::rabbitmq::RabbitmqServer;
use crate::brokers::redis::RedisServer;
use crate::conformance::{address, channel, consumer, operation, publish, until};

/// For how long those who publish in these tests wait for a broker.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A broker that can be ended and begun again.
pub trait Life: Send + 'static {
    /// How long it takes until it remembers what it was told.
    const REMEMBERS: Duration = Duration::ZERO;
    /// Whether it knows its groups when it comes back, so that what is published before their members are back waits for them.
    const KNOWS_GROUPS: bool = true;
    fn port(&self) -> u16;
    fn end(&mut self);
    fn begin(&mut self);
}

impl Life for NatsServer {
    fn port(&self) -> u16 {
        NatsServer::port(self)
    }
    fn end(&mut self) {
        self.kill();
    }
    fn begin(&mut self) {
        self.restart();
    }
}

impl Life for KafkaServer {
    fn port(&self) -> u16 {
        KafkaServer::port(self)
    }
    fn end(&mut self) {
        self.kill();
    }
    fn begin(&mut self) {
        self.restart();
    }
}

impl Life for RabbitmqServer {
    // It writes down which replicated queues it has only now and then.
    const REMEMBERS: Duration = Duration::from_secs(8);
    fn port(&self) -> u16 {
        RabbitmqServer::port(self)
    }
    fn end(&mut self) {
        self.kill();
    }
    fn begin(&mut self) {
        self.restart();
    }
}

impl Life for RedisServer {
    fn port(&self) -> u16 {
        RedisServer::port(self)
    }
    fn end(&mut self) {
        self.kill();
    }
    fn begin(&mut self) {
        self.restart();
    }
}

impl Life for Mosquitto {
    // It keeps sessions and forgets their shared subscriptions until the members subscribe again.
    const KNOWS_GROUPS: bool = false;
    fn port(&self) -> u16 {
        Mosquitto::port(self)
    }
    fn end(&mut self) {
        self.stop();
    }
    fn begin(&mut self) {
        self.restart();
    }
}

/// How long the processors have worked for this process.
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the name, which is in brackets and may hold anything.
    let fields: Vec<&str> = text.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// Stands where the broker was: counts who knocks, and lets nobody in.
struct Door {
    knocks: Arc<AtomicUsize>,
    watching: tokio::task::JoinHandle<()>,
}

impl Door {
    fn new(port: u16) -> Self {
        let door = TcpListener::bind(("127.0.0.1", port)).unwrap();
        door.set_nonblocking(true).unwrap();
        let knocks = Arc::<AtomicUsize>::default();
        let counted = knocks.clone();
        let watching = tokio::spawn(async move {
            loop {
                match door.accept() {
                    Ok(_) => drop(counted.fetch_add(1, Ordering::SeqCst)),
                    Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        });
        Self { knocks, watching }
    }

    async fn open(self) {
        self.watching.abort();
        let _ = self.watching.await;
    }
}

/// The broker goes and comes back: nobody hammers at its door, whoever publishes is told in time or is patient enough, health
/// says how it is, and both sides go on. `open` connects with a [`PATIENCE`] of 5 s for those who publish.
pub async fn goes_and_comes_back<L: Life, T: Transport>(
    mut broker: L,
    open: impl AsyncFn(u16) -> Result<T, TransportError>,
) {
    let transport = open(broker.port()).await.unwrap();
    let channel = channel("away/{n}");
    let service =
        Service::new(transport.clone()).consumer(consumer(operation(channel), |_: Received| async { Ok(()) }));
    let health = service.health().with_lag();
    assert!(!health.check().await.is_ready(), "it is ready before it started");
    let running = service.start().await.unwrap();
    publish(&transport, channel, Message::new("x")).await;
    until("it is handled", || running.summary().total().succeeded == 1).await;
    let well = health.check().await;
    assert!(well.is_ready() && well.consumers.len() == 1, "{well}");
    tokio::time::sleep(L::REMEMBERS).await;
    tokio::task::block_in_place(|| broker.end());

    let door = Door::new(broker.port());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = spent();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let spent = spent() - before;
    let knocks = door.knocks.load(Ordering::SeqCst);
    assert!(spent < Duration::from_millis(800), "{spent:?} of a processor in 4 s");
    assert!((1..=80).contains(&knocks), "{knocks} connections in 5 s");
    let sick = health.check().await;
    assert!(!sick.is_ready() && sick.connection.as_ref().is_err_and(|error| error.transient), "{sick}");
    let began = Instant::now();
    let error = transport.publish(Some(channel), address(channel), Message::new("y")).await.unwrap_err();
    assert!(matches!(&error, PublishError::Transport(error) if error.transient), "{error}");
    assert!(began.elapsed() < 2 * PATIENCE, "{error} after {:?}", began.elapsed());
    door.open().await;

    tokio::task::block_in_place(|| broker.begin());
    let began = Instant::now();
    let published = transport.publish(Some(channel), address(channel), Message::new("z")).await;
    assert!(published.is_ok() && began.elapsed() < PATIENCE, "{published:?} after {:?}", began.elapsed());
    if L::KNOWS_GROUPS {
        until("it is handled", || running.summary().total().succeeded >= 2).await;
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while !health.check().await.is_ready() {
        assert!(Instant::now() < deadline, "{}", health.check().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let handled = running.summary().total().succeeded;
    publish(&transport, channel, Message::new("when all is well")).await;
    until("what is published when all is well is handled", || running.summary().total().succeeded > handled).await;
    running.shutdown().await.unwrap();
    assert!(!health.check().await.is_ready(), "it is ready when it is over");
    assert!(transport.publish(Some(channel), address(channel), Message::new("closed")).await.is_err());

    // Whoever starts before the broker does waits for it.
    tokio::task::block_in_place(|| broker.end());
    let port = broker.port();
    let (opened, broker) = tokio::join!(open(port), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        tokio::task::spawn_blocking(move || {
            broker.begin();
            broker
        })
        .await
        .unwrap()
    });
    publish(&opened.unwrap(), channel, Message::new("early")).await;
    drop(broker);
}
