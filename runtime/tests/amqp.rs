//! RabbitMQ under the conformance suite, and what a broker's life brings: crashes, refusals, what the bindings decide.

#![cfg(feature = "amqp")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tidings_runtime::consume::Received;
use tidings_runtime::message::{Action, Channel, Message, Operation};
use tidings_runtime::transport::amqp::{self, Amqp};
use tidings_runtime::transport::{Acknowledger, Declare, PublishError, Subscribe, SubscribeError, Transport};
use tidings_runtime::{Backoff, HandlerError, Service};

#[cfg(test)]
#[path = "brokers/away.rs"]
mod away;
#[cfg(test)]
mod brokers;
#[macro_use]
#[cfg(test)]
mod conformance;
use brokers::certificates::{Certificates, Signed};
use brokers::rabbitmq::RabbitmqServer;
use conformance::{Factory, address, channel, consumer, join, next, nothing, operation, publish, take, text, until};

/// `cargo xtask test --without rabbitmq` leaves out what is in here.
#[cfg(test)]
mod needs_rabbitmq {
    use super::*;
    use std::sync::OnceLock;

    /// One node for the tests that do not end it: it takes seconds to start.
    struct Node;

    fn shared() -> &'static RabbitmqServer {
        static SERVER: OnceLock<RabbitmqServer> = OnceLock::new();
        SERVER.get_or_init(RabbitmqServer::start)
    }

    impl Factory for Node {
        type Transport = Amqp;
        async fn transport(&self) -> Amqp {
            open(shared()).await
        }
    }

    async fn open(server: &RabbitmqServer) -> Amqp {
        amqp::connect(server.url()).declare(Declare::Create).open().await.unwrap()
    }

    mod suite {
        use super::*;

        conformance!([#[tokio::test] #[ignore = "cargo xtask test"]], Node);
    }

    /// The error, which comes soon.
    async fn soon<T, E>(attempt: impl Future<Output = Result<T, E>>) -> E {
        let result = tokio::time::timeout(Duration::from_secs(20), attempt).await.expect("no answer");
        result.err().expect("it worked")
    }

    /// A channel with this binding; `NAME` in the binding becomes the first return value, which no other test has.
    fn bound(address: &str, binding: &str) -> (String, &'static Channel) {
        let plain = channel(address);
        let name = format!("bound-{}", plain.key());
        let binding: &'static str = Box::leak(binding.replace("NAME", &name).into_boxed_str());
        let bindings: &'static [(&str, &str)] = Box::leak(Box::new([("amqp", binding)]));
        (name, Box::leak(Box::new(Channel::new(plain.key(), plain.address()).with_bindings(bindings))))
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_wrong_password_is_refused_and_the_right_one_is_not() {
        let options = amqp::connect(shared().url()).declare(Declare::Create);
        let error = soon(options.clone().user("guest", "wrong-secret").open()).await;
        assert!(!error.transient && error.to_string().contains("refused the credentials"), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        let transport = options.user("guest", "guest").open().await.unwrap();
        publish(&transport, channel("password/{n}"), Message::new("x")).await;
        let elsewhere = soon(amqp::connect(format!("{}/nowhere", shared().url())).open()).await;
        assert!(!elsewhere.transient && elsewhere.to_string().contains("virtual host `nowhere`"), "{elsewhere}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_server_of_the_document_is_reached_with_secrets_that_are_looked_up() {
        use tidings_runtime::Server;
        static SERVER: Server =
            Server::new("main", "amqp", "127.0.0.1:{port}", "/", &[("port", None)]).with_security(&["userPassword"]);
        let port = shared().port().to_string();
        let known = |password: &'static str| {
            move |name: &str| match name {
                "MAIN_USER" => Some("guest".to_owned()),
                "MAIN_PASSWORD" => Some(password.to_owned()),
                _ => None,
            }
        };
        let error = soon(SERVER.amqp(&[("port", &port)], known("wrong")).unwrap().open()).await;
        assert!(error.to_string().contains("refused the credentials"), "{error}");
        SERVER.amqp(&[("port", &port)], known("guest")).unwrap().open().await.unwrap();
        let missing = SERVER.amqp(&[("port", &port)], |_| None).err().expect("it has a password");
        assert!(missing.to_string().contains("MAIN_USER and MAIN_PASSWORD"), "{missing}");
        static OTHER: Server = Server::new("other", "nats", "127.0.0.1", "", &[]);
        let refused = OTHER.amqp(&[], |_| None).err().expect("it speaks something else");
        assert!(refused.to_string().contains("`amqp` or `amqps`"), "{refused}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn tls_is_demanded_and_a_certificate_says_who_it_is() {
        let certificates = Certificates::new();
        let (server, client) = (certificates.sign("localhost", 2100), certificates.sign("ann", 2100));
        let expired = certificates.sign("expired", 2021);
        let (port, expired_port) = (brokers::free_port(), brokers::free_port());
        let file = |path: &std::path::Path| path.display().to_string();
        let configuration = |port: u16, shown: &Signed, more: &str| {
            format!(
                "listeners.ssl.1 = 127.0.0.1:{port}\nssl_options.cacertfile = {}\nssl_options.certfile = {}\n\
                 ssl_options.keyfile = {}\nssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = false\n{more}",
                file(&certificates.root()),
                file(&shown.certificate),
                file(&shown.key)
            )
        };
        let external = "auth_mechanisms.1 = PLAIN\nauth_mechanisms.2 = EXTERNAL\nssl_cert_login_from = common_name\n";
        let node =
            RabbitmqServer::start_with(&["rabbitmq_auth_mechanism_ssl"], &configuration(port, &server, external));
        node.control(&["add_user", "ann", "unused"]);
        node.control(&["set_permissions", "ann", ".*", ".*", ".*"]);
        let url = format!("amqps://127.0.0.1:{port}");
        let trusting = amqp::connect(&url).tls_root(certificates.root()).declare(Declare::Create);
        let transport = trusting.clone().open().await.unwrap();
        let channel = channel("tls/{n}");
        let mut member = join(&transport, channel, "one", 1).await;
        // By the certificate alone.
        let ann = trusting.clone().certificate(&client.certificate, &client.key).open().await.unwrap();
        publish(&ann, channel, Message::new("secret")).await;
        assert_eq!(text(&take(&mut member).await), "secret");
        assert!(node.control(&["list_connections", "user"]).contains("ann"));
        // Whoever does not know the authority does not connect, nor does a stranger's certificate open.
        let unknown = soon(amqp::connect(&url).tls_root(Certificates::new().root()).open()).await;
        assert!(!unknown.transient && unknown.to_string().contains("no TLS connection"), "{unknown}");
        let stranger = certificates.sign("stranger", 2100);
        let refused = soon(trusting.clone().certificate(&stranger.certificate, &stranger.key).open()).await;
        assert!(!refused.transient && refused.to_string().contains("refused the credentials"), "{refused}");
        let missing = soon(trusting.tls_root(certificates.folder().join("nothing.pem")).open()).await;
        assert!(!missing.transient && missing.to_string().contains("nothing.pem"), "{missing}");
        drop(node);
        let _late = RabbitmqServer::start_with(&[], &configuration(expired_port, &expired, ""));
        let late = amqp::connect(format!("amqps://127.0.0.1:{expired_port}")).tls_root(certificates.root());
        let late = soon(late.open()).await;
        assert!(!late.transient && late.to_string().to_lowercase().contains("expired"), "{late}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn what_is_missing_is_named_with_what_to_do() {
        let verify = amqp::connect(shared().url()).open().await.unwrap();
        let plain = channel("missing/{n}");
        let Err(SubscribeError::Transport(subscribed)) = verify.subscribe(Subscribe::new(plain, "one")).await else {
            panic!("it worked")
        };
        let queue = format!("one.{}", address(plain).replace('/', "."));
        assert!(!subscribed.transient, "{subscribed}");
        for text in [
            format!("rabbitmqadmin declare queue name='{queue}'"),
            format!("declare binding source='amq.topic' destination='{queue}'"),
        ] {
            assert!(subscribed.to_string().contains(&text), "{subscribed}");
        }
        let (name, exchange) = bound("missing/{n}", r#"{"exchange":{"name":"NAME","type":"fanout"}}"#);
        let PublishError::Transport(published) =
            soon(verify.publish(Some(exchange), address(exchange), Message::new("x"))).await
        else {
            panic!("another error")
        };
        let remedy = format!("rabbitmqadmin declare exchange name='{name}' type=fanout");
        assert!(!published.transient && published.to_string().contains(&remedy), "{published}");
        // A dead letter that nobody would keep is not published.
        let letter = soon(verify.publish(None, "missing/dead-letter", Message::new("x"))).await;
        assert!(letter.to_string().contains("no queue `missing.dead-letter`"), "{letter}");
        // Whoever may not look must know the names.
        let creator = open(shared()).await;
        drop(join(&creator, plain, "one", 1).await);
        let never = amqp::connect(shared().url()).declare(Declare::Never).open().await.unwrap();
        publish(&never, plain, Message::new("found")).await;
        assert_eq!(text(&take(&mut join(&never, plain, "one", 1).await).await), "found");
        let mut verified = join(&verify, plain, "one", 1).await;
        publish(&verify, plain, Message::new("found again")).await;
        assert_eq!(text(&take(&mut verified).await), "found again");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_broker_that_is_down_is_a_transient_error() {
        let port = brokers::free_port();
        let options = amqp::connect(format!("amqp://127.0.0.1:{port}")).connect_within(Duration::from_secs(1));
        let error = soon(options.open()).await;
        assert!(error.transient && error.to_string().contains(&port.to_string()), "{error}");
        assert!(error.to_string().contains("is it running"), "{error}");
        for url in ["http://127.0.0.1", "amqp://", "amqp://host:port"] {
            assert!(!soon(amqp::connect(url).open()).await.transient, "{url}");
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn the_bindings_decide_exchange_and_properties() {
        let (name, bound) = bound(
            "bound/{n}/{city}",
            r#"{"is":"routingKey","exchange":{"name":"NAME","type":"topic","durable":true}}"#,
        );
        static BINDINGS: &[(&str, &str)] =
            &[("amqp", r#"{"priority":7,"expiration":60000,"timestamp":true,"mandatory":true,"deliveryMode":1}"#)];
        let send = Operation::new("send", bound, Action::Send).with_bindings(BINDINGS);
        let send: &'static Operation = Box::leak(Box::new(send));
        let message: &'static [(&str, &str)] =
            &[("amqp", r#"{"contentEncoding":"gzip","messageType":"light.measured"}"#)];
        let transport = open(shared()).await;
        let published = bound.template().expand(&[("city", "oslo")]).unwrap();
        let nobody = transport.send(send, message, &published, Message::new("x")).await.unwrap_err();
        assert!(nobody.to_string().contains("no queue takes the routing key"), "{nobody}");
        let mut member = join(&transport, bound, "one", 8).await;
        transport.send(send, message, &published, Message::new("x").with_id("1")).await.unwrap();
        let delivery = next(&mut member).await;
        assert_eq!(*delivery.address, *published);
        for (header, value) in [
            (amqp::PRIORITY_HEADER, "7"),
            (amqp::CONTENT_ENCODING_HEADER, "gzip"),
            (amqp::MESSAGE_TYPE_HEADER, "light.measured"),
        ] {
            assert_eq!(delivery.message.headers.get_str(header), Some(value), "{header}");
        }
        assert!(delivery.message.headers.get_str(amqp::TIMESTAMP_HEADER).is_some());
        delivery.acknowledger.acknowledge().await.unwrap();
        let exchanges = shared().control(&["list_exchanges", "name", "type", "durable"]);
        assert!(exchanges.contains(&format!("{name}\ttopic\ttrue")), "{exchanges}");
        let queues = shared().control(&["list_queues", "name", "type"]);
        assert!(queues.contains(&format!("one-{}.{name}.", bound.key())) && queues.contains("\tquorum"), "{queues}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_channel_that_is_a_queue_carries_its_addresses() {
        let (name, bound) = bound("tasks/{n}", r#"{"is":"queue","queue":{"name":"NAME","durable":true}}"#);
        let template: &'static str = Box::leak(format!("{}/{{city}}", address(bound)).into_boxed_str());
        let binding: &'static str = bound.binding("amqp").unwrap();
        let bindings: &'static [(&str, &str)] = Box::leak(Box::new([("amqp", binding)]));
        let channel: &'static Channel =
            Box::leak(Box::new(Channel::new(bound.key(), Some(template)).with_bindings(bindings)));
        let transport = open(shared()).await;
        let published = format!("{}/oslo", address(bound));
        transport.publish(Some(channel), &published, Message::new("x")).await.unwrap();
        // What RabbitMQ tells of a queue is seconds old.
        until("it waits for whoever comes", || shared().count(&name) == 1).await;
        let mut member = join(&transport, channel, "one", 1).await;
        let delivery = next(&mut member).await;
        assert_eq!(*delivery.address, *published);
        delivery.acknowledger.acknowledge().await.unwrap();
        // Another producer says nothing of the address: the consumer refuses it, the transport does not drop it.
        publish_raw(&transport, "", &name, lapin::BasicProperties::default(), b"foreign").await;
        let foreign = next(&mut member).await;
        assert_eq!((text(&foreign.message), &*foreign.address), ("foreign", name.as_str()));
        foreign.acknowledger.acknowledge().await.unwrap();
    }

    /// Publishes as a client does that knows nothing of this crate.
    async fn publish_raw(
        transport: &Amqp,
        exchange: &str,
        key: &str,
        properties: lapin::BasicProperties,
        payload: &[u8],
    ) {
        let channel = transport.connection().await.unwrap().create_channel().await.unwrap();
        let options = lapin::options::BasicPublishOptions::default();
        let published = channel.basic_publish(exchange.into(), key.into(), options, payload, properties).await.unwrap();
        published.await.unwrap();
        channel.close(200, "done".into()).await.unwrap();
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn the_kind_of_exchange_decides_who_gets_what() {
        let transport = open(shared()).await;
        let (_, direct) = bound("direct/{n}/{city}", r#"{"exchange":{"name":"NAME","type":"direct"}}"#);
        let Err(refused) = transport.subscribe(Subscribe::new(direct, "one")).await else { panic!("it worked") };
        assert!(matches!(&refused, SubscribeError::Unsupported(text) if text.contains("direct")), "{refused}");
        for kind in ["direct", "fanout", "headers", "default"] {
            let binding =
                format!(r#"{{"is":"routingKey","exchange":{{"name":"NAME","type":"{kind}","autoDelete":true}}}}"#);
            let (name, channel) = bound("kind/{n}", &binding);
            let mut member = join(&transport, channel, "one", 1).await;
            publish(&transport, channel, Message::new(kind)).await;
            let delivery = next(&mut member).await;
            assert_eq!((text(&delivery.message), &*delivery.address), (kind, address(channel)));
            delivery.acknowledger.acknowledge().await.unwrap();
            if kind == "fanout" {
                // Others leave the routing key empty there.
                publish_raw(&transport, &name, "", lapin::BasicProperties::default(), b"foreign").await;
                let foreign = next(&mut member).await;
                assert_eq!((text(&foreign.message), &*foreign.address), ("foreign", address(channel)));
                foreign.acknowledger.acknowledge().await.unwrap();
            }
        }
    }

    /// Trap 6: quorum queues count from 0, and a limit of n yields n + 1 deliveries; attempts count from 1 whoever counts.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_6_the_attempts_of_the_handler_are_those_of_max_attempts() {
        let transport = open(shared()).await;
        for key in [None, Some("k")] {
            let channel = channel("attempts/{n}");
            let operation = operation(channel);
            // A group whose member died with the message in its hands: that was the first attempt.
            let mut died = transport.subscribe(Subscribe::new(channel, operation.group())).await.unwrap();
            let mut message = Message::new("x").with_id("x");
            message.key = key.map(Into::into);
            publish(&transport, channel, message).await;
            let first = next(&mut died).await;
            assert_eq!(first.attempt, 1);
            drop((first, died));
            let attempts = Arc::new(Mutex::new(Vec::new()));
            let seen = attempts.clone();
            let consumer = consumer(operation, move |received: Received| {
                seen.lock().unwrap().push(received.attempt());
                async { Err(HandlerError::transient("never").into()) }
            });
            let retry = Backoff::exponential(Duration::from_millis(20)).max_attempts(4);
            let running = Service::new(transport.clone()).retry(retry).consumer(consumer).start().await.unwrap();
            until("buried", || running.summary().total().dead_lettered == 1).await;
            assert_eq!(*attempts.lock().unwrap(), [2, 3, 4], "key {key:?}");
            drop(running);
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn one_member_at_a_time_receives_and_the_next_goes_on_in_order() {
        let options = amqp::connect(shared().url()).declare(Declare::Create).single_active_consumer();
        let transport = options.open().await.unwrap();
        let channel = channel("single/{n}");
        let mut first = join(&transport, channel, "one", 4).await;
        let mut second = join(&transport, channel, "one", 4).await;
        for number in 0..8 {
            publish(&transport, channel, Message::new(number.to_string()).with_key("k")).await;
        }
        let mut held = Vec::new();
        for number in 0..4 {
            let delivery = next(&mut first).await;
            assert_eq!(text(&delivery.message), number.to_string());
            held.push(delivery);
        }
        nothing(&mut second).await;
        held.remove(0).acknowledger.acknowledge().await.unwrap();
        // The last first, as a service that stops gives back.
        while held.pop().is_some() {}
        drop(first);
        for number in 1..8 {
            assert_eq!(text(&take(&mut second).await), number.to_string());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn a_broker_goes_and_comes_back() {
        if conformance::is_alone("needs_rabbitmq::a_broker_goes_and_comes_back") {
            let open = async |port| {
                let connecting = amqp::connect(format!("amqp://127.0.0.1:{port}")).declare(Declare::Create);
                connecting.publish_within(away::PATIENCE).connect_within(Duration::from_secs(60)).open().await
            };
            away::goes_and_comes_back(RabbitmqServer::start(), open).await;
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn connections_can_be_brought_along_and_stay_the_programs() {
        let own = lapin::Connection::connect(&shared().url(), lapin::ConnectionProperties::default()).await.unwrap();
        let own = Arc::new(own);
        let lent = own.clone();
        let connecting = amqp::with_connections(move || std::future::ready(Ok(lent.clone())));
        let transport = connecting.declare(Declare::Create).open().await.unwrap();
        let channel = channel("brought/{n}");
        let mut member = join(&transport, channel, "one", 1).await;
        publish(&transport, channel, Message::new("x")).await;
        assert_eq!(text(&take(&mut member).await), "x");
        transport.close(Duration::from_secs(5)).await.unwrap();
        assert!(transport.publish(Some(channel), address(channel), Message::new("y")).await.is_err());
        own.create_channel().await.unwrap();
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_3_without_a_queue_for_dead_letters_the_message_stays() {
        let verify = amqp::connect(shared().url()).open().await.unwrap();
        conformance::dead_letters_without_a_place(open(shared()).await, verify).await;
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn lag_counts_what_waits_for_the_group() {
        let transport = open(shared()).await;
        let channel = channel("lag/{n}");
        let request = Subscribe::new(channel, format!("one-{}", channel.key()));
        drop(join(&transport, channel, "one", 1).await);
        for number in 0..5 {
            publish(&transport, channel, Message::new(number.to_string())).await;
        }
        let deadline = Instant::now() + Duration::from_secs(20);
        while transport.lag(&request).await.unwrap() != Some(5) {
            assert!(Instant::now() < deadline, "{:?}", transport.lag(&request).await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What a header of AMQP may be, other than text, is the same in a dead letter; and routing keys in the header `CC`, which
    /// led the message here, do not lead its dead letter here again.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn headers_of_other_producers_outlive_death_and_lead_nowhere() {
        use lapin::types::{AMQPValue, FieldTable};
        let transport = open(shared()).await;
        let channel = channel("foreign/{n}");
        let letters = conformance::letters(channel);
        let mut buried = join(&transport, letters, "observer", 1).await;
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        // Once through a queue in which it waits, then buried.
        let handler = move |_: Received| {
            counted.fetch_add(1, Ordering::SeqCst);
            async { Err(HandlerError::transient("never").into()) }
        };
        let retry = Backoff::exponential(Duration::from_millis(20)).max_attempts(2);
        let service = Service::new(transport.clone()).retry(retry).consumer(consumer(operation(channel), handler));
        let running = service.start().await.unwrap();
        let key = address(channel).replace('/', ".");
        let mut headers = FieldTable::default();
        let mut inner = FieldTable::default();
        inner.insert("deep".into(), AMQPValue::Boolean(true));
        let values = [
            ("number", AMQPValue::LongLongInt(-7)),
            ("flag", AMQPValue::Boolean(true)),
            ("table", AMQPValue::FieldTable(inner)),
            ("none", AMQPValue::Void),
            ("single", AMQPValue::FieldArray(vec![AMQPValue::LongInt(1)].into())),
            ("list", AMQPValue::FieldArray(vec![AMQPValue::LongInt(1), AMQPValue::Boolean(false)].into())),
            ("bytes", AMQPValue::LongString(vec![0, 255].into())),
        ];
        for (name, value) in &values {
            headers.insert((*name).into(), value.clone());
        }
        headers.insert("CC".into(), AMQPValue::FieldArray(vec![AMQPValue::LongString(key.as_str().into())].into()));
        let properties = lapin::BasicProperties::default().with_headers(headers);
        publish_raw(&transport, "amq.topic", "nowhere", properties, &[255, 0]).await;
        let queue = address(letters).replace('/', ".");
        let letter = take(&mut buried).await;
        assert_eq!(&letter.payload[..], [255, 0]);
        assert_eq!(letter.headers.get_str("number"), Some("-7"));
        nothing(&mut buried).await;
        assert_eq!(runs.load(Ordering::SeqCst), 2);
        // As RabbitMQ has it: the letter is kept in a queue of its own as well.
        let reader = transport.connection().await.unwrap().create_channel().await.unwrap();
        let got = reader.basic_get(queue.as_str().into(), lapin::options::BasicGetOptions::default()).await.unwrap();
        let got = got.expect("a letter");
        let kept = got.properties.headers().clone().unwrap();
        for (name, value) in &values {
            assert_eq!(kept.inner().get(*name), Some(value), "{name}");
        }
        assert!(kept.inner().get("CC").is_none());
        let refused =
            transport.publish(Some(channel), address(channel), Message::new("x").with_header("CC", "a")).await;
        assert!(matches!(refused, Err(PublishError::Encode(_))), "{refused:?}");
        running.shutdown().await.unwrap();
    }
}
