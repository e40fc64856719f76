//! Faults while messages flow: the broker is killed and started again twice, a process of the consumer group is killed, one
//! handler call in twenty fails, some messages are poison. Nothing is lost, messages of a key are handled in order, what was
//! committed is not handled again, and poison arrives with the dead letters as it was.
//!
//! In: how many messages, from `TIDINGS_FAULT_MESSAGES`; 2,000 unless set. What the broker holds in the end is read by
//! clients that are not this crate's.

#![cfg(all(
    feature = "amqp",
    feature = "kafka",
    feature = "mqtt",
    feature = "nats",
    feature = "redis",
    feature = "sql-store"
))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(test)]
#[path = "../brokers/mod.rs"]
mod brokers;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod member;
#[cfg(test)]
mod scenario;
#[cfg(test)]
mod witness;

use brokers::NatsServer;
use brokers::kafka::KafkaServer;
use brokers::mosquitto::Mosquitto;
use brokers::rabbitmq::{Management, RabbitmqServer};
use brokers::redis::RedisServer;
use scenario::{Durable, survive};
use std::process::Child;
use std::time::Duration;
use tidings_runtime::transport::Declare;
use tidings_runtime::transport::amqp::{self, Amqp};
use tidings_runtime::transport::kafka::{self, Kafka};
use tidings_runtime::transport::mqtt::{self, Mqtt};
use tidings_runtime::transport::nats::{self, Nats};
use tidings_runtime::transport::redis::{self, Redis};

impl Durable for KafkaServer {
    type Transport = Kafka;
    const MEMBERS: usize = 2;

    async fn open(url: &str) -> Kafka {
        let connecting = kafka::connect(url).declare(Declare::Create).connect_within(Duration::from_secs(60));
        // The client repeats a publication itself, so that the cluster can tell it from a second one.
        let connecting = connecting.publish_within(Duration::from_secs(120)).option("session.timeout.ms", "6000");
        connecting.open().await.unwrap()
    }

    fn url(&self) -> String {
        KafkaServer::url(self)
    }

    fn kill_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    fn held(&self, address: &str) -> u64 {
        self.count(&address.replace('/', "."))
    }

    fn payloads(&self, address: &str) -> Vec<Vec<u8>> {
        let count = self.held(address).to_string();
        let topic = address.replace('/', ".");
        let arguments = ["--topic", &topic, "--from-beginning", "--max-messages", &count];
        let printed = self.ask_bytes("org.apache.kafka.tools.consumer.ConsoleConsumer", &arguments);
        printed.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    }
}

impl Durable for NatsServer {
    type Transport = Nats;
    // JetStream shares messages among members whatever their keys are: order by key is that of one member at a time.
    const MEMBERS: usize = 1;

    async fn open(url: &str) -> Nats {
        let connecting = nats::connect(url).declare(Declare::Create).acknowledge_wait(Duration::from_secs(4));
        connecting.jetstream().await.unwrap()
    }

    fn url(&self) -> String {
        NatsServer::url(self)
    }

    fn kill_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    fn held(&self, address: &str) -> u64 {
        witness::held(self.port(), &address.replace('/', "_"))
    }

    fn payloads(&self, address: &str) -> Vec<Vec<u8>> {
        witness::payloads(self.port(), &address.replace('/', "_"))
    }
}

/// A broker of MQTT, and another client that subscribes to everything from the beginning: a topic keeps nothing.
pub struct Watched {
    broker: Mosquitto,
    witness: Child,
    seen: tempfile::NamedTempFile,
}

impl Watched {
    fn start() -> Self {
        let broker = Mosquitto::start();
        let seen = tempfile::NamedTempFile::new().unwrap();
        let client = |more: &[&str]| {
            let mut client = broker.client("mosquitto_sub");
            client.args(["-c", "-i", "witness", "-q", "1", "-t", "faults/#", "-F", "%t %x"]).args(more);
            client
        };
        // With a session, which does not miss what comes while the broker is away.
        assert!(client(&["-E"]).status().unwrap().success());
        let witness = client(&[]).stdout(seen.reopen().unwrap()).spawn().unwrap();
        Self { broker, witness, seen }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.witness.kill();
        let _ = self.witness.wait();
    }
}

impl Durable for Watched {
    type Transport = Mqtt;
    // Members of a group share its messages whatever their keys are: order by key is that of one member at a time.
    const MEMBERS: usize = 1;
    // A publication that is not confirmed is repeated, and the broker cannot tell.
    const STORES_ONCE: bool = false;

    async fn open(url: &str) -> Mqtt {
        let connecting = mqtt::connect(url).connect_within(Duration::from_secs(60)).shared_subscriptions(false);
        connecting.publish_within(Duration::from_secs(120)).open().await.unwrap()
    }

    fn url(&self) -> String {
        self.broker.url()
    }

    // mosquitto writes its store at intervals and when it is stopped.
    fn kill_and_restart(&mut self) {
        self.broker.stop();
        self.broker.restart();
    }

    fn held(&self, address: &str) -> u64 {
        self.payloads(address).len() as u64
    }

    fn payloads(&self, address: &str) -> Vec<Vec<u8>> {
        let seen = std::fs::read_to_string(self.seen.path()).unwrap();
        let lines = seen.lines().filter_map(|line| line.split_once(' ')).filter(|(topic, _)| *topic == address);
        let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        lines.map(|(_, text)| text.as_bytes().chunks(2).map(octet).collect()).collect()
    }
}

/// RabbitMQ, with a queue that keeps all that is published, whoever consumes it.
struct Rabbitmq {
    server: RabbitmqServer,
    management: u16,
}

/// The queue that nobody consumes from.
const WITNESS: &str = "witness";

impl Rabbitmq {
    fn start() -> Self {
        let management = brokers::free_port();
        let configuration = format!("management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management}\n");
        let rabbitmq =
            Self { server: RabbitmqServer::start_with(&["rabbitmq_management"], &configuration), management };
        let management = rabbitmq.management();
        management.make_queue(WITNESS);
        management.bind("amq.topic", WITNESS, &scenario::ORDERS.address().unwrap().replace('/', "."));
        rabbitmq
    }

    fn management(&self) -> Management {
        Management(self.management)
    }
}

impl Durable for Rabbitmq {
    type Transport = Amqp;
    const MEMBERS: usize = 2;
    // What was published again, since its confirmation was lost, is there twice.
    const STORES_ONCE: bool = false;

    async fn open(url: &str) -> Amqp {
        let connecting = amqp::connect(url).declare(Declare::Create).connect_within(Duration::from_secs(60));
        connecting.publish_within(Duration::from_secs(120)).single_active_consumer().open().await.unwrap()
    }

    fn url(&self) -> String {
        self.server.url()
    }

    fn kill_and_restart(&mut self) {
        self.server.kill();
        self.server.restart();
    }

    fn held(&self, address: &str) -> u64 {
        self.payloads(address).len() as u64
    }

    fn payloads(&self, address: &str) -> Vec<Vec<u8>> {
        match address == scenario::ORDERS.address().unwrap() {
            true => self.management().drain(WITNESS),
            false => self.management().payloads(&address.replace('/', "."), 10_000),
        }
    }
}

/// Over how many streams the keys are shared out.
const STREAMS: usize = 8;

impl Durable for RedisServer {
    type Transport = Redis;
    const MEMBERS: usize = 2;
    // What was published again, since its confirmation was lost, is there twice.
    const STORES_ONCE: bool = false;

    async fn open(url: &str) -> Redis {
        let connecting = redis::connect(url).declare(Declare::Create).connect_within(Duration::from_secs(60));
        let connecting = connecting.publish_within(Duration::from_secs(120)).claim_after(Duration::from_secs(4));
        connecting.ordered_by_key(STREAMS).streams().await.unwrap()
    }

    fn url(&self) -> String {
        RedisServer::url(self)
    }

    fn kill_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    fn held(&self, address: &str) -> u64 {
        let length = |number: usize| self.ask(&["XLEN", &format!("{address}:{number}")]).parse::<u64>().unwrap();
        (0..STREAMS).map(length).sum()
    }

    fn payloads(&self, address: &str) -> Vec<Vec<u8>> {
        (0..STREAMS).flat_map(|number| RedisServer::payloads(self, &format!("{address}:{number}"))).collect()
    }
}

#[cfg(test)]
mod needs_redis {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn redis_survives() {
        survive("needs_redis::redis_survives", RedisServer::start).await;
    }
}

#[cfg(test)]
mod needs_rabbitmq {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn rabbitmq_survives() {
        survive("needs_rabbitmq::rabbitmq_survives", Rabbitmq::start).await;
    }
}

#[cfg(test)]
mod needs_kafka {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn kafka_survives() {
        survive("needs_kafka::kafka_survives", KafkaServer::start).await;
    }
}

#[cfg(test)]
mod needs_mosquitto {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn mqtt_survives() {
        survive("needs_mosquitto::mqtt_survives", Watched::start).await;
    }
}

#[cfg(test)]
mod needs_nats {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn jetstream_survives() {
        survive("needs_nats::jetstream_survives", NatsServer::start).await;
    }
}
