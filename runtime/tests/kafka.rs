//! Kafka under the conformance suite, and what a cluster's life brings: crashes, restarts, rebalances, refusals.

#![cfg(feature = "kafka")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidings_runtime::consume::Received;
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::transport::kafka::{self, Kafka};
use tidings_runtime::transport::{
    Acknowledger, Declare, PublishError, Subscribe, SubscribeError, Subscription, Transport,
};
use tidings_runtime::{Backoff, HandlerError, Service};

#[cfg(test)]
#[path = "brokers/away.rs"]
mod away;
#[cfg(test)]
mod brokers;
#[macro_use]
#[cfg(test)]
mod conformance;
use brokers::kafka::KafkaServer;
use conformance::{Factory, address, channel, consumer, join, next, nothing, operation, publish, take, text, until};

/// `cargo xtask test --without kafka` leaves out what is in here.
#[cfg(test)]
mod needs_kafka {
    use super::*;
    use std::sync::OnceLock;

    /// One server for the tests that do not end it: it takes seconds to start.
    struct Cluster;

    fn shared() -> &'static KafkaServer {
        static SERVER: OnceLock<KafkaServer> = OnceLock::new();
        SERVER.get_or_init(KafkaServer::start)
    }

    impl Factory for Cluster {
        type Transport = Kafka;
        async fn transport(&self) -> Kafka {
            open(shared()).await
        }
    }

    async fn open(server: &KafkaServer) -> Kafka {
        kafka::connect(server.url()).declare(Declare::Create).open().await.unwrap()
    }

    mod suite {
        use super::*;

        conformance!([#[tokio::test] #[ignore = "cargo xtask test"]], Cluster);
    }

    /// The error, which comes soon.
    async fn soon<T, E>(attempt: impl Future<Output = Result<T, E>>) -> E {
        let result = tokio::time::timeout(Duration::from_secs(20), attempt).await.expect("no answer");
        result.err().expect("it worked")
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_wrong_password_is_refused_and_the_right_one_is_not() {
        let server = KafkaServer::start_with_password();
        let options = kafka::connect(server.url()).declare(Declare::Create);
        let error = soon(options.clone().user("tidings", "wrong").open()).await;
        assert!(!error.transient && error.to_string().contains("refused the credentials"), "{error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
        let transport = options.user("tidings", "s3cr3t").open().await.unwrap();
        publish(&transport, channel("password/{n}"), Message::new("x")).await;
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_server_of_the_document_is_reached_with_secrets_that_are_looked_up() {
        use tidings_runtime::Server;
        static SERVER: Server =
            Server::new("main", "kafka", "127.0.0.1:{port}", "", &[("port", None)]).with_security(&["plain"]);
        let server = KafkaServer::start_with_password();
        let port = server.port().to_string();
        let known = |password: &'static str| {
            move |name: &str| match name {
                "MAIN_USER" => Some("tidings".to_owned()),
                "MAIN_PASSWORD" => Some(password.to_owned()),
                _ => None,
            }
        };
        let error = soon(SERVER.kafka(&[("port", &port)], known("wrong")).unwrap().open()).await;
        assert!(error.to_string().contains("refused the credentials"), "{error}");
        SERVER.kafka(&[("port", &port)], known("s3cr3t")).unwrap().open().await.unwrap();
        let missing = SERVER.kafka(&[("port", &port)], |_| None).err().expect("it has a password");
        assert!(missing.to_string().contains("MAIN_USER and MAIN_PASSWORD"), "{missing}");
        static OTHER: Server = Server::new("other", "nats", "127.0.0.1", "", &[]);
        let refused = OTHER.kafka(&[], |_| None).err().expect("it is none of Kafka");
        assert!(refused.to_string().contains("`kafka` or `kafka-secure`"), "{refused}");
    }

    #[cfg(feature = "kafka-tls")]
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn tls_with_every_kind_of_password_and_an_expired_certificate() {
        let certificates = brokers::certificates::Certificates::new();
        let server = KafkaServer::start_with_tls(&certificates.root(), &certificates.sign("localhost", 2100));
        let url = server.url().replace("kafka://", "kafka-secure://");
        let trusting = kafka::connect(&url).tls_root(certificates.root()).declare(Declare::Create);
        let kinds: [fn(kafka::Connect, &'static str) -> kafka::Connect; 3] = [
            |connect, password| connect.user("tidings", password),
            |connect, password| connect.scram_sha_256("tidings", password),
            |connect, password| connect.scram_sha_512("tidings", password),
        ];
        for with in kinds {
            let transport = with(trusting.clone(), "s3cr3t").open().await.unwrap();
            publish(&transport, channel("tls/{n}"), Message::new("x")).await;
            let error = soon(with(trusting.clone(), "wrong-secret").open()).await;
            assert!(!error.transient && error.to_string().contains("refused the credentials"), "{error}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
        let stranger = brokers::certificates::Certificates::new();
        let unknown = soon(kafka::connect(&url).tls_root(stranger.root()).user("tidings", "s3cr3t").open()).await;
        assert!(!unknown.transient && unknown.to_string().contains("no TLS connection"), "{unknown}");
        assert!(unknown.to_string().contains("is not believed: certificate signature failure"), "{unknown}");
        drop(server);
        let late = KafkaServer::start_with_tls(&certificates.root(), &certificates.sign("expired", 2021));
        let url = late.url().replace("kafka://", "kafka-secure://");
        let late = soon(kafka::connect(url).tls_root(certificates.root()).user("tidings", "s3cr3t").open()).await;
        assert!(!late.transient && late.to_string().contains("no TLS connection"), "{late}");
        assert!(late.to_string().contains("is not believed: certificate has expired"), "{late}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_missing_topic_is_named_with_what_to_do() {
        let transport = kafka::connect(shared().url()).open().await.unwrap();
        let channel = channel("missing/{n}");
        let published = soon(transport.publish(Some(channel), address(channel), Message::new("x"))).await;
        let Err(subscribed) = transport.subscribe(Subscribe::new(channel, "one")).await else { panic!("it worked") };
        for text in [published.to_string(), subscribed.to_string()] {
            assert!(text.contains("kafka-topics.sh --create --topic missing."), "{text}");
        }
        assert!(matches!(published, PublishError::Transport(error) if !error.transient));
        assert!(matches!(subscribed, SubscribeError::Transport(error) if !error.transient));
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_cluster_that_is_down_is_a_transient_error() {
        let port = brokers::free_port();
        let options = kafka::connect(format!("kafka://127.0.0.1:{port}")).connect_within(Duration::from_secs(1));
        let error = soon(options.open()).await;
        assert!(error.transient && error.to_string().contains(&port.to_string()), "{error}");
        assert!(error.to_string().contains("is it running"), "{error}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn a_cluster_goes_and_comes_back() {
        if conformance::is_alone("needs_kafka::a_cluster_goes_and_comes_back") {
            let open = async |port| {
                let connecting = kafka::connect(format!("kafka://127.0.0.1:{port}")).declare(Declare::Create);
                connecting.publish_within(away::PATIENCE).connect_within(Duration::from_secs(60)).open().await
            };
            away::goes_and_comes_back(KafkaServer::start(), open).await;
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn settings_of_the_client_can_be_brought_along() {
        let mut own = rdkafka::ClientConfig::new();
        let empty = soon(kafka::with_config(own.clone()).open()).await;
        assert!(!empty.transient && empty.to_string().contains("`bootstrap.servers`"), "{empty}");
        own.set("bootstrap.servers", format!("127.0.0.1:{}", shared().port()));
        // What the promises stand on is not the program's to set.
        own.set("enable.auto.commit", "true").set("acks", "0").set("enable.idempotence", "false");
        let transport = kafka::with_config(own).declare(Declare::Create).open().await.unwrap();
        let channel = channel("brought/{n}");
        let mut member = join(&transport, channel, "one", 1).await;
        publish(&transport, channel, Message::new("x")).await;
        drop(next(&mut member).await);
        assert_eq!(text(&take(&mut member).await), "x");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_3_without_a_topic_for_dead_letters_the_message_stays() {
        let verify = kafka::connect(shared().url()).open().await.unwrap();
        conformance::dead_letters_without_a_place(open(shared()).await, verify).await;
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn lag_counts_what_the_group_has_not_settled() {
        let transport = open(shared()).await;
        let channel = channel("lag/{n}");
        let mut member = join(&transport, channel, "one", 1).await;
        let request = Subscribe::new(channel, format!("one-{}", channel.key()));
        for number in 0..5 {
            publish(&transport, channel, Message::new(number.to_string()).with_key(number.to_string())).await;
        }
        assert_eq!(transport.lag(&request).await.unwrap(), Some(5));
        for _ in 0..2 {
            take(&mut member).await;
        }
        drop(member);
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while transport.lag(&request).await.unwrap() != Some(3) {
            assert!(std::time::Instant::now() < deadline, "{:?}", transport.lag(&request).await);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Whoever writes to a topic writes what it likes: no record ends the consumer, and a dead letter has all that came.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn headers_of_other_producers_do_not_end_the_consumer() {
        use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
        use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
        let transport = open(shared()).await;
        let channel = channel("foreign/{n}");
        let letters = conformance::letters(channel);
        let mut buried = join(&transport, letters, "observer", 1).await;
        let handler = |_: Received| async { Err(HandlerError::permanent("never").into()) };
        let consumer = consumer(operation(channel), handler);
        let running = Service::new(transport.clone()).consumer(consumer).start().await.unwrap();
        let mut config = rdkafka::ClientConfig::new();
        config.set("bootstrap.servers", format!("127.0.0.1:{}", shared().port()));
        let producer: BaseProducer = config.create().unwrap();
        // Bytes; a header without a value, and one with an empty one.
        let headers = OwnedHeaders::new()
            .insert(Header { key: "a", value: Some(&[0_u8, 255][..]) })
            .insert(Header::<&[u8]> { key: "null", value: None })
            .insert(Header { key: "empty", value: Some(&[][..]) });
        let topic = address(channel).replace('/', ".");
        let record = BaseRecord::<[u8], [u8]>::to(&topic).payload(&[255, 0, 254]).headers(headers);
        producer.send(record).unwrap_or_else(|(error, _)| panic!("{error}"));
        producer.flush(Duration::from_secs(10)).unwrap();
        let letter = take(&mut buried).await;
        assert_eq!(&letter.payload[..], [255, 0, 254]);
        assert_eq!(letter.headers.get("a").unwrap().as_bytes(), [0, 255]);
        // A name that is no text.
        shared().write_raw(&topic, &[254, 0], &[b'n', 0xff], b"x");
        assert_eq!(&take(&mut buried).await.payload[..], [254, 0]);
        running.shutdown().await.unwrap();
        // As Kafka has it.
        let reader: rdkafka::consumer::BaseConsumer =
            config.set("group.id", "reader").set("auto.offset.reset", "earliest").create().unwrap();
        rdkafka::consumer::Consumer::subscribe(&reader, &[&address(letters).replace('/', ".")]).unwrap();
        let found = tokio::task::spawn_blocking(move || {
            let deadline = std::time::Instant::now() + Duration::from_secs(30);
            let polled = std::iter::repeat_with(|| reader.poll(Duration::from_millis(200)));
            let polled = polled.take_while(|_| std::time::Instant::now() < deadline);
            let record = polled.flatten().find_map(Result::ok).expect("a record").detach();
            let headers = record.headers().unwrap();
            let value =
                |name: &str| headers.iter().find(|header| header.key == name).unwrap().value.map(<[u8]>::to_vec);
            (value("null"), value("empty"))
        });
        assert_eq!(found.await.unwrap(), (None, Some(Vec::new())));
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn the_binding_decides_topic_and_partitions() {
        let plain = channel("bound{n}");
        let topic = format!("{}-topic", address(plain));
        let binding =
            format!(r#"{{"topic":"{topic}","partitions":3,"topicConfiguration":{{"cleanup.policy":["compact"]}}}}"#);
        let template = format!("{}/{{id}}", address(plain));
        let bindings: &'static [(&str, &str)] = Box::leak(Box::new([("kafka", &*Box::leak(binding.into_boxed_str()))]));
        let channel = Channel::new(plain.key(), Some(Box::leak(template.into_boxed_str()))).with_bindings(bindings);
        let channel: &'static Channel = Box::leak(Box::new(channel));
        let transport = open(shared()).await;
        let mut subscription = join(&transport, channel, "one", 8).await;
        let published = format!("{}/7", address(plain));
        transport.publish(Some(channel), &published, Message::new("x").with_key("k")).await.unwrap();
        let delivery = next(&mut subscription).await;
        assert_eq!(*delivery.address, *published);
        delivery.acknowledger.acknowledge().await.unwrap();
        // A record of another producer, which says nothing of its address, is the consumer's to refuse.
        shared().write_raw(&topic, b"foreign", b"n", b"x");
        let foreign = next(&mut subscription).await;
        assert_eq!((text(&foreign.message), &*foreign.address), ("foreign", topic.as_str()));
        foreign.acknowledger.acknowledge().await.unwrap();
        let described = shared().ask("org.apache.kafka.tools.TopicCommand", &["--describe", "--topic", &topic]);
        assert!(described.contains("PartitionCount: 3") && described.contains("cleanup.policy=compact"), "{described}");
    }

    /// Trap 5: what is done out of order does not move the group past what is not.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_5_an_offset_is_never_committed_past_an_unfinished_one() {
        let channel = channel("prefix/{n}");
        let transport = open(shared()).await;
        let mut member = join(&transport, channel, "one", 8).await;
        for number in 0..4 {
            publish(&transport, channel, Message::new(number.to_string()).with_key("k")).await;
        }
        let mut unfinished = None;
        for number in 0..4 {
            let delivery = next(&mut member).await;
            assert_eq!(text(&delivery.message), number.to_string());
            match number {
                1 => unfinished = Some(delivery),
                _ => delivery.acknowledger.acknowledge().await.unwrap(),
            }
        }
        // Longer than offsets take to be committed.
        tokio::time::sleep(Duration::from_millis(600)).await;
        drop(member);
        drop(unfinished);
        let mut next_member = join(&transport, channel, "one", 8).await;
        let mut again = Vec::new();
        for _ in 0..3 {
            again.push(text(&take(&mut next_member).await).to_owned());
        }
        assert_eq!(again, ["1", "2", "3"]);
        nothing(&mut next_member).await;
    }

    /// Trap 5: a partition goes to the next member only when what is in flight is settled.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn trap_5_a_revoked_partition_waits_for_what_is_in_flight() {
        let channel = channel("revoked/{n}");
        let transport = open(shared()).await;
        let mut first = join(&transport, channel, "one", 64).await;
        for number in 0..40 {
            publish(&transport, channel, Message::new("x").with_key(format!("key-{number}"))).await;
        }
        let mut held = Vec::new();
        for _ in 0..40 {
            held.push(next(&mut first).await);
        }
        let mut second = join(&transport, channel, "one", 64).await;
        // The group gives the second member its share, but not before the first one is done.
        let early = tokio::time::timeout(Duration::from_secs(3), second.next()).await;
        assert!(early.is_err(), "the second member got what the first one works on");
        for delivery in held {
            delivery.acknowledger.acknowledge().await.unwrap();
        }
        let late = tokio::time::timeout(Duration::from_secs(3), second.next()).await;
        assert!(late.is_err(), "what was settled was delivered again");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn nothing_is_lost_and_order_is_kept_when_the_broker_is_killed() {
        const MESSAGES: usize = 1_000;
        let mut server = KafkaServer::start();
        let options = kafka::connect(server.url()).declare(Declare::Create).publish_within(Duration::from_secs(60));
        let transport = options.open().await.unwrap();
        let channel = channel("killed/{n}");
        let handled = Arc::new(Mutex::new(HashMap::<Vec<u8>, Vec<usize>>::new()));
        let recorded = handled.clone();
        let consumer = consumer(operation(channel), move |received: Received| {
            let number: usize = text(received.message()).parse().unwrap();
            let recorded = recorded.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(2)).await;
                if number % 20 == 7 && received.attempt() == 1 {
                    return Err(HandlerError::transient("one in twenty").into());
                }
                let key = received.message().key.as_ref().unwrap().to_vec();
                let mut recorded = recorded.lock().unwrap();
                let numbers = recorded.entry(key).or_default();
                // A second delivery is allowed; the first ones count for the order.
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
                Ok(())
            }
        });
        let backoff = Backoff::exponential(Duration::from_millis(20));
        let running = Service::new(transport.clone()).retry(backoff).consumer(consumer).start().await.unwrap();
        let publishing = transport.clone();
        let publisher = tokio::spawn(async move {
            for number in 0..MESSAGES {
                let key = format!("key-{}", number / 3 % 25);
                publish(&publishing, channel, Message::new(number.to_string()).with_key(key)).await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_secs(2)).await;
            tokio::task::block_in_place(|| {
                server.kill();
                server.restart();
            });
        }
        publisher.await.unwrap();
        until("all handled", || handled.lock().unwrap().values().map(Vec::len).sum::<usize>() == MESSAGES).await;
        assert_eq!(running.shutdown().await.unwrap().total().dead_lettered, 0);
        assert!(handled.lock().unwrap().values().all(|numbers| numbers.is_sorted()));
        // By Kafka's own tools: an idempotent producer leaves every message once.
        let topic = address(channel).replace('/', ".");
        assert_eq!(server.count(&topic), MESSAGES as u64);
    }
}
