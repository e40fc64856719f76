//! NATS under the conformance suite, with JetStream and without, and what a broker's life brings: crashes, restarts,
//! refusals, and what is missing.

#![cfg(feature = "nats")]

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;

use tidings_runtime::consume::{Failure, Received};
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::request::{Exchange, RequestError, Requester};
use tidings_runtime::transport::nats::{self, Declare, Nats};
use tidings_runtime::transport::{
    Acknowledger, PublishError, Subscribe, SubscribeError, Subscription, Transport, TransportError,
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
use brokers::NatsServer;
use conformance::{
    Factory, address, ask, channel, consumer, join, next, nothing, operation, publish, take, text, until,
};

/// `cargo xtask test --without nats` leaves out what is in here.
#[cfg(test)]
mod needs_nats {
    use super::*;

    /// JetStream on a server of its own.
    struct JetStream(NatsServer);

    impl Factory for JetStream {
        type Transport = Nats;
        async fn transport(&self) -> Nats {
            nats::connect(self.0.url()).declare(Declare::Create).jetstream().await.unwrap()
        }
    }

    mod jetstream {
        use super::*;

        conformance!([#[tokio::test] #[ignore = "cargo xtask test"]], JetStream(NatsServer::start()));
    }

    /// Core NATS on a server of its own.
    struct Core(NatsServer);

    impl Factory for Core {
        type Transport = Nats;
        async fn transport(&self) -> Nats {
            nats::connect(self.0.url()).core().await.unwrap()
        }
    }

    mod core {
        use super::*;

        conformance!(only [#[tokio::test] #[ignore = "cargo xtask test"]], Core(NatsServer::start_with(&[]));
            message_travels_whole,
            payloads_of_any_size_travel,
            odd_headers_travel_or_are_refused,
            parameters_select_addresses,
            fails_twice_then_succeeds,
            poison_becomes_a_dead_letter_unchanged,
            permanent_is_not_retried,
            trap_4_undecodable_is_buried_at_once_and_the_consumer_goes_on,
            panic_is_caught_retried_and_buried,
            slow_handler_is_timed_out,
            keyed_order_survives_retries,
            concurrency_bounds_what_is_in_flight,
            two_services_of_one_process_are_apart,
            trap_11_the_publishers_span_is_the_parent_of_the_consumers,
            trap_11_without_a_valid_header_a_new_trace_begins,
            a_trace_goes_through_where_nobody_listens,
            trap_13_concurrent_replies_are_matched,
            trap_13_a_late_reply_is_ignored,
            trap_13_nobody_answers_past_the_deadline,
        );

        #[tokio::test]
        #[ignore = "cargo xtask test"]
        async fn each_group_sees_a_message_once() {
            let factory = Core(NatsServer::start_with(&[]));
            let transport = factory.transport().await;
            let channel = channel("groups/{n}");
            let mut members = Vec::new();
            for group in ["one", "one", "two"] {
                members.push(join(&transport, channel, group, 1).await);
            }
            for number in 0..20 {
                publish(&transport, channel, Message::new(number.to_string())).await;
            }
            let mut counts = Vec::new();
            for member in &mut members {
                let mut count = 0;
                while tokio::time::timeout(Duration::from_millis(300), member.next()).await.is_ok() {
                    count += 1;
                }
                counts.push(count);
            }
            assert_eq!((counts[0] + counts[1], counts[2]), (20, 20));
        }
    }

    /// As a third party's service answers, which knows of NATS alone.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_13_no_responder_is_a_fast_error() {
        static EXCHANGE: Exchange = Exchange::new(None, None, &[]);
        let server = NatsServer::start_with(&[]);
        let nats = nats::connect(server.url()).prefix("here").core().await.unwrap();
        let channel = channel("nobody/{n}");
        let requester = Requester::open(nats.clone(), &EXCHANGE, None).await.unwrap();
        let asked = Instant::now();
        let outcome = requester.request(ask(channel, "?"), None).await;
        assert!(matches!(&outcome, Err(RequestError::NoResponder(at)) if at == address(channel)), "{outcome:?}");
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
        let client = nats.client().clone();
        let mut service = client.subscribe(format!("here.{}", address(channel).replace('/', "."))).await.unwrap();
        client.flush().await.unwrap();
        let answering = async {
            let request = service.next().await.unwrap();
            client.publish(request.reply.unwrap(), "yes".into()).await.unwrap();
        };
        let (reply, ()) = tokio::join!(requester.request(ask(channel, "?"), None), answering);
        assert_eq!(text(reply.unwrap().message()), "yes");
    }

    /// The error, which comes soon.
    async fn soon<T, E>(attempt: impl Future<Output = Result<T, E>>) -> E {
        let result = tokio::time::timeout(Duration::from_secs(8), attempt).await.expect("no answer");
        result.err().expect("it worked")
    }

    fn of_publish(error: PublishError) -> TransportError {
        match error {
            PublishError::Transport(error) => error,
            other => panic!("{other}"),
        }
    }

    fn of_subscribe(error: SubscribeError) -> TransportError {
        match error {
            SubscribeError::Transport(error) => error,
            other => panic!("{other}"),
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn nothing_is_lost_and_order_is_kept_when_the_server_is_killed() {
        const MESSAGES: usize = 400;
        let mut server = NatsServer::start();
        let options = nats::connect(server.url()).declare(Declare::Create).acknowledge_wait(Duration::from_secs(2));
        let options = options.publish_within(Duration::from_secs(30));
        let transport = options.clone().jetstream().await.unwrap();
        let channel = channel("killed/{n}");
        let handled = Arc::new(Mutex::new(HashMap::<Vec<u8>, Vec<usize>>::new()));
        let (recorded, failures) = (handled.clone(), Arc::new(AtomicUsize::new(0)));
        let failed = failures.clone();
        let consumer = consumer(operation(channel), move |received: Received| {
            let number: usize = text(received.message()).parse().unwrap();
            let fails = number % 20 == 7 && received.attempt() == 1;
            failed.fetch_add(usize::from(fails), Ordering::SeqCst);
            let recorded = recorded.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(5)).await;
                if fails {
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
        let retry = Backoff::exponential(Duration::from_millis(20)).max_attempts(10);
        let running = Service::new(transport).retry(retry).concurrency(8).consumer(consumer).start().await.unwrap();
        let published = Arc::new(AtomicUsize::new(0));
        let counted = published.clone();
        let publishing = tokio::spawn(async move {
            let producer = options.jetstream().await.unwrap();
            let mut positions = BTreeSet::new();
            for number in 0..MESSAGES {
                let message = Message::new(number.to_string()).with_key(format!("key-{}", (number / 3) % 11));
                let receipt = producer.publish(Some(channel), address(channel), message).await.unwrap();
                positions.insert(receipt.position.unwrap());
                counted.fetch_add(1, Ordering::SeqCst);
            }
            positions
        });
        for at in [100, 250] {
            until("messages flow", || published.load(Ordering::SeqCst) >= at).await;
            server.kill();
            tokio::time::sleep(Duration::from_millis(700)).await;
            server.restart();
        }
        let positions = publishing.await.unwrap();
        assert_eq!(positions.len(), MESSAGES, "each was stored");
        let last = format!("{}:{MESSAGES}", positions.first().unwrap().split_once(':').unwrap().0);
        assert!(positions.contains(&last), "none was stored twice");
        let count = || handled.lock().unwrap().values().map(Vec::len).sum::<usize>();
        until("all handled", || count() == MESSAGES).await;
        let counts = running.shutdown().await.unwrap().total();
        assert_eq!(counts.dead_lettered, 0);
        assert!(failures.load(Ordering::SeqCst) >= MESSAGES / 20);
        for (key, numbers) in handled.lock().unwrap().iter() {
            assert!(numbers.is_sorted(), "{}: {numbers:?}", String::from_utf8_lossy(key));
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn what_a_dead_process_held_comes_before_what_is_new_of_its_key() {
        let server = NatsServer::start();
        let options = nats::connect(server.url()).declare(Declare::Create).acknowledge_wait(Duration::from_secs(1));
        let channel = channel("dead/{n}");
        let first = options.clone();
        // Its tasks end with its runtime, as with a process.
        let dead = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let held = runtime.block_on(async {
                let transport = first.jetstream().await.unwrap();
                let mut member = join(&transport, channel, "one", 1).await;
                publish(&transport, channel, Message::new("1").with_key("k")).await;
                let delivery = next(&mut member).await;
                (member, delivery)
            });
            runtime.shutdown_background();
            held
        });
        let held = dead.join().unwrap();
        let transport = options.jetstream().await.unwrap();
        publish(&transport, channel, Message::new("2").with_key("k")).await;
        publish(&transport, channel, Message::new("3")).await;
        let mut member = join(&transport, channel, "one", 1).await;
        // Without a key there is no order.
        assert_eq!(text(&take(&mut member).await), "3");
        let again = next(&mut member).await;
        assert_eq!((text(&again.message), again.attempt), ("1", 2));
        again.acknowledger.acknowledge().await.unwrap();
        let new = next(&mut member).await;
        assert_eq!((text(&new.message), new.attempt), ("2", 1));
        new.acknowledger.acknowledge().await.unwrap();
        nothing(&mut member).await;
        drop(held);
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn what_is_given_back_comes_again_in_order() {
        let factory = JetStream(NatsServer::start());
        let transport = factory.transport().await;
        let channel = channel("returned/{n}");
        let mut member = join(&transport, channel, "one", 3).await;
        for number in 1..=3 {
            publish(&transport, channel, Message::new(number.to_string())).await;
        }
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(next(&mut member).await.acknowledger);
        }
        drop(member);
        for acknowledger in held.into_iter().rev() {
            acknowledger.reject(Duration::ZERO).await.unwrap();
        }
        // Closing gives back what is still gathered.
        transport.close(Duration::from_secs(5)).await.unwrap();
        let mut again = join(&factory.transport().await, channel, "one", 1).await;
        for number in 1..=3 {
            assert_eq!(text(&take(&mut again).await), number.to_string());
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_7_what_is_held_for_longer_than_the_ack_wait_is_not_delivered_twice() {
        let server = NatsServer::start();
        let options = nats::connect(server.url()).declare(Declare::Create).acknowledge_wait(Duration::from_secs(1));
        let transport = options.jetstream().await.unwrap();
        let channel = channel("long/{n}");
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let consumer = consumer(operation(channel), move |_: Received| {
            counted.fetch_add(1, Ordering::SeqCst);
            async {
                tokio::time::sleep(Duration::from_millis(2_500)).await;
                Ok::<(), Failure>(())
            }
        });
        let running = Service::new(transport.clone()).consumer(consumer).start().await.unwrap();
        // The second waits behind the first for longer than the server does.
        for number in ["1", "2"] {
            publish(&transport, channel, Message::new(number).with_key("k")).await;
        }
        until("both handled", || running.summary().total().succeeded == 2).await;
        let counts = running.shutdown().await.unwrap().total();
        assert_eq!((counts.consumed, calls.load(Ordering::SeqCst)), (2, 2));
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_group_keeps_what_comes_while_it_has_no_member() {
        let factory = JetStream(NatsServer::start());
        let transport = factory.transport().await;
        let channel = channel("durable/{n}");
        publish(&transport, channel, Message::new("before the group")).await;
        drop(join(&transport, channel, "one", 1).await);
        publish(&transport, channel, Message::new("after")).await;
        let mut member = join(&transport, channel, "one", 1).await;
        assert_eq!(text(&take(&mut member).await), "after");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn the_same_id_is_stored_once_for_each_address() {
        let factory = JetStream(NatsServer::start());
        let transport = factory.transport().await;
        let channel = Channel::new("deduplicated", Some("deduplicated/{part}"));
        let channel: &'static Channel = Box::leak(Box::new(channel));
        let mut positions = Vec::new();
        for address in ["deduplicated/a", "deduplicated/a", "deduplicated/b"] {
            let receipt = transport.publish(Some(channel), address, Message::new("x").with_id("same")).await.unwrap();
            positions.push(receipt.position.unwrap());
        }
        // Two operations that bury the same message at one address leave a dead letter each.
        for handler in ["ship", "bill", "bill"] {
            let letter = Message::new("x").with_id("same").with_header("x-dlq-handler", handler);
            let receipt = transport.publish(Some(channel), "deduplicated/a", letter).await.unwrap();
            positions.push(receipt.position.unwrap());
        }
        let stored = |sequence: u32| format!("deduplicated__:{sequence}");
        assert_eq!(positions, [1, 1, 2, 3, 4, 4].map(stored));
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn addresses_come_back_as_the_document_writes_them() {
        let factory = JetStream(NatsServer::start());
        let transport = factory.transport().await;
        let cases = [
            ("/slash/{city}/lit", "/slash/oslo/lit", "slash/oslo/lit/x"),
            ("dot.{user.id}.x", "dot.7.x", "dot.7.y"),
            ("mixed.a/{x}:{y}", "mixed.a/1:2", "mixed.a/12"),
            ("part/user-{id}", "part/user-7", "part/group-7"),
        ];
        for (template, fits, other) in cases {
            let channel: &'static Channel = Box::leak(Box::new(Channel::new(template, Some(template))));
            let mut member = join(&transport, channel, "one", 4).await;
            for address in [other, fits] {
                transport.publish(None, address, Message::new(address)).await.unwrap();
            }
            let delivery = next(&mut member).await;
            assert_eq!((&*delivery.address, text(&delivery.message)), (fits, fits));
            delivery.acknowledger.acknowledge().await.unwrap();
            nothing(&mut member).await;
        }
        // Whatever others publish: the consumer refuses it, the transport does not drop it.
        let channel: &'static Channel = Box::leak(Box::new(Channel::new("foreign", Some("foreign/{id}/made"))));
        let mut member = join(&transport, channel, "one", 1).await;
        transport.client().publish("foreign.100%.made", "x".into()).await.unwrap();
        let delivery = next(&mut member).await;
        assert_eq!((text(&delivery.message), &*delivery.address), ("x", "foreign.100%.made"));
        delivery.acknowledger.acknowledge().await.unwrap();
        for address in ["a b", "", "$JS.API.INFO", "a/*"] {
            assert!(matches!(transport.publish(None, address, Message::new("x")).await, Err(PublishError::Address(_))));
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn those_with_another_prefix_see_nothing() {
        let server = NatsServer::start();
        let channel = channel("shared/{n}");
        let mut members = Vec::new();
        for prefix in ["", "one", "one.more"] {
            let connection = nats::connect(server.url()).declare(Declare::Create).prefix(prefix);
            let transport = connection.jetstream().await.unwrap();
            let member = join(&transport, channel, "group", 4).await;
            members.push((prefix, transport, member));
        }
        for (prefix, transport, _) in &members {
            publish(transport, channel, Message::new(*prefix)).await;
        }
        for (prefix, _, member) in &mut members {
            let delivery = next(member).await;
            assert_eq!((text(&delivery.message), &*delivery.address), (*prefix, address(channel)));
            delivery.acknowledger.acknowledge().await.unwrap();
            nothing(member).await;
        }
        for prefix in ["a b", "*", "$JS", "{n}"] {
            let refused = nats::connect(server.url()).prefix(prefix).jetstream().await.err().unwrap();
            assert!(!refused.transient && refused.to_string().contains("prefix"), "{refused}");
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn fields_may_hold_anything_and_headers_what_nats_carries() {
        let factory = JetStream(NatsServer::start());
        let transport = factory.transport().await;
        let channel = channel("fields/{n}");
        let mut member = join(&transport, channel, "one", 1).await;
        let message =
            Message::new("x").with_key(vec![0, 10, 255, b'%', b' ']).with_id(" a\r\nb ").with_reply_to("ü/%41");
        publish(&transport, channel, message.clone()).await;
        assert_eq!(take(&mut member).await, message);
        for (name, value) in [("a", &b"line\nbreak"[..]), ("a", &[255]), ("a:b", b"x"), ("a b", b"x"), ("", b"x")] {
            let message = Message::new("x").with_header(name, value.to_vec());
            let refused = transport.publish(Some(channel), address(channel), message).await;
            assert!(matches!(refused, Err(PublishError::Encode(_))), "{name:?} {value:?}");
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_server_of_the_document_is_reached_with_secrets_that_are_looked_up() {
        use tidings_runtime::Server;
        const VARIABLES: &[(&str, Option<&str>)] = &[("port", None)];
        static USER: Server =
            Server::new("main", "nats", "127.0.0.1:{port}", "", VARIABLES).with_security(&["userPassword"]);
        static TOKEN: Server =
            Server::new("main", "nats", "127.0.0.1:{port}", "", VARIABLES).with_security(&["http bearer"]);
        let known = |name: &str| match name {
            "MAIN_USER" => Some("ann".to_owned()),
            "MAIN_PASSWORD" | "MAIN_TOKEN" => Some("right-secret".to_owned()),
            _ => None,
        };
        let by_user = NatsServer::start_with(&["--user", "ann", "--pass", "right-secret"]);
        let by_token = NatsServer::start_with(&["--auth", "right-secret"]);
        for (server, broker) in [(&USER, &by_user), (&TOKEN, &by_token)] {
            let port = broker.port().to_string();
            server.nats(&[("port", &port)], known).unwrap().core().await.unwrap();
            let missing = server.nats(&[("port", &port)], |_| None).err().expect("it asks for secrets");
            assert!(!missing.transient && missing.to_string().contains("MAIN_"), "{missing}");
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn credentials_are_needed_and_never_shown() {
        let server = NatsServer::start_with(&["-js", "--user", "ann", "--pass", "right-secret"]);
        let wrong = soon(nats::connect(server.url()).user("ann", "wrong-secret").jetstream()).await;
        assert!(!wrong.transient);
        assert!(wrong.to_string().contains("refused the credentials"), "{wrong}");
        assert!(!format!("{wrong} {wrong:?}").contains("secret"), "{wrong:?}");
        nats::connect(server.url()).user("ann", "right-secret").name("test").jetstream().await.unwrap();
        let url = |password: &str| format!("nats://ann:{password}@127.0.0.1:{}", server.port());
        nats::connect(url("right%2Dsecret")).core().await.unwrap();
        let wrong = soon(nats::connect(url("wrong-secret")).core()).await;
        assert!(!wrong.transient && !format!("{wrong} {wrong:?}").contains("secret"), "{wrong:?}");
        let server = NatsServer::start_with(&["--auth", "t0ken"]);
        nats::connect(server.url()).token("t0ken").core().await.unwrap();
        assert!(!soon(nats::connect(server.url()).core()).await.transient);
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn tls_is_demanded_and_its_root_is_trusted() {
        let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        std::fs::write(&certificate, certified.cert.pem()).unwrap();
        std::fs::write(&key, certified.key_pair.serialize_pem()).unwrap();
        let (certificate_text, key_text) = (certificate.to_str().unwrap(), key.to_str().unwrap());
        let tls = ["--tls", "--tlscert", certificate_text, "--tlskey", key_text, "-js"];
        let server = NatsServer::start_with(&tls);
        let trusting = nats::connect(server.url()).tls_root(&certificate).declare(Declare::Create);
        let transport = trusting.jetstream().await.unwrap();
        let channel = channel("tls/{n}");
        let mut member = join(&transport, channel, "one", 1).await;
        publish(&transport, channel, Message::new("secret")).await;
        assert_eq!(text(&take(&mut member).await), "secret");
        // Whoever does not know the certificate does not connect, and nobody goes on without TLS.
        soon(nats::connect(server.url()).core()).await;
        let plain = NatsServer::start();
        soon(nats::connect(plain.url()).tls_root(&certificate).core()).await;
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_server_that_is_not_there_is_a_transient_error() {
        let absent = nats::connect(format!("nats://127.0.0.1:{}", brokers::free_port()));
        let down = soon(absent.connect_within(Duration::from_secs(1)).jetstream()).await;
        assert!(down.transient && down.to_string().contains("no connection to NATS at 127.0.0.1:"), "{down}");
        assert!(down.to_string().contains("is the server running"), "{down}");
        let unreadable = soon(nats::connect("nats://[").core()).await;
        assert!(!unreadable.transient, "{unreadable}");
        let server = NatsServer::start_with(&[]);
        let without = soon(nats::connect(server.url()).jetstream()).await;
        assert!(!without.transient && without.to_string().contains("offers no JetStream"), "{without}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_missing_stream_or_consumer_is_named_with_its_remedy() {
        let factory = JetStream(NatsServer::start());
        let verify = nats::connect(factory.0.url()).jetstream().await.unwrap();
        let channel: &'static Channel = Box::leak(Box::new(Channel::new("missing", Some("missing/{id}/made"))));
        let request = || Subscribe::new(channel, "billing");
        // Somebody who subscribes to the subject is no stream.
        let _witness = verify.client().subscribe("missing.>").await.unwrap();
        let missing = [
            of_publish(soon(verify.publish(Some(channel), "missing/7/made", Message::new("x"))).await),
            of_subscribe(soon(verify.subscribe(request())).await),
        ];
        for error in missing {
            let remedy = "nats stream add missing___made --subjects 'missing.*.made'";
            assert!(!error.transient && error.to_string().contains(remedy), "{error}");
        }
        let creator = factory.transport().await;
        creator.publish(Some(channel), "missing/7/made", Message::new("x")).await.unwrap();
        let error = of_subscribe(soon(verify.subscribe(request())).await);
        assert!(!error.transient && error.to_string().contains("no durable consumer `billing`"), "{error}");
        drop(creator.subscribe(request()).await.unwrap());
        verify.subscribe(request()).await.unwrap();
        // A stream that takes only a part, and a group that has another filter.
        let wider: &'static Channel = Box::leak(Box::new(Channel::new("wider", Some("missing/{id}/{what}"))));
        let error = of_subscribe(soon(creator.subscribe(Subscribe::new(wider, "billing"))).await);
        assert!(!error.transient && error.to_string().contains("only a part of `missing.*.*`"), "{error}");
        let narrower: &'static Channel = Box::leak(Box::new(Channel::new("narrower", Some("missing/7/made"))));
        let error = of_subscribe(soon(creator.subscribe(Subscribe::new(narrower, "billing"))).await);
        assert!(!error.transient && error.to_string().contains("use another group"), "{error}");
        // Whoever may not look must know the names.
        let never = nats::connect(factory.0.url()).declare(Declare::Never).jetstream().await.unwrap();
        never.publish(Some(channel), "missing/8/made", Message::new("8")).await.unwrap();
        assert_eq!(text(&take(&mut never.subscribe(request()).await.unwrap()).await), "8");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn a_server_goes_and_comes_back() {
        if conformance::is_alone("needs_nats::a_server_goes_and_comes_back") {
            let open = async |port| {
                let connecting = nats::connect(format!("nats://127.0.0.1:{port}")).declare(Declare::Create);
                connecting.publish_within(away::PATIENCE).connect_within(Duration::from_secs(60)).jetstream().await
            };
            away::goes_and_comes_back(NatsServer::start(), open).await;
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_3_without_a_stream_for_dead_letters_the_message_stays() {
        let factory = JetStream(NatsServer::start());
        let verify = nats::connect(factory.0.url()).jetstream().await.unwrap();
        conformance::dead_letters_without_a_place(factory.transport().await, verify).await;
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn lag_counts_what_the_group_has_not_settled() {
        let factory = JetStream(NatsServer::start());
        let transport = factory.transport().await;
        let channel = channel("lag/{n}");
        let request = Subscribe::new(channel, format!("one-{}", channel.key()));
        let mut member = join(&transport, channel, "one", 2).await;
        for number in 0..5 {
            publish(&transport, channel, Message::new(number.to_string())).await;
        }
        let held = next(&mut member).await;
        assert_eq!(transport.lag(&request).await.unwrap(), Some(5));
        held.acknowledger.acknowledge().await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while transport.lag(&request).await.unwrap() != Some(4) {
            assert!(Instant::now() < deadline, "{:?}", transport.lag(&request).await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_client_can_be_brought_along_and_stays_the_programs() {
        let mut server = NatsServer::start();
        let own = async_nats::connect(server.url()).await.unwrap();
        let transport = nats::with_client(own.clone()).declare(Declare::Create).jetstream().await.unwrap();
        let channel = channel("brought/{n}");
        let mut member = join(&transport, channel, "one", 1).await;
        publish(&transport, channel, Message::new("1")).await;
        assert_eq!(text(&take(&mut member).await), "1");
        // A connection that was lost is noticed without the client's events.
        server.kill();
        server.restart();
        publish(&transport, channel, Message::new("2")).await;
        assert_eq!(text(&take(&mut member).await), "2");
        transport.close(Duration::from_secs(5)).await.unwrap();
        assert!(transport.publish(Some(channel), address(channel), Message::new("3")).await.is_err());
        let mut plain = own.subscribe("own").await.unwrap();
        own.publish("own", "goes on".into()).await.unwrap();
        own.flush().await.unwrap();
        let came = futures_util::StreamExt::next(&mut plain).await.unwrap();
        assert_eq!(came.payload, "goes on");
    }

    /// Trap 7: a delay beyond the server's wait is no reason for it to deliver twice.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_7_a_retry_later_than_the_ack_wait_is_one_attempt() {
        let server = NatsServer::start();
        let options = nats::connect(server.url()).declare(Declare::Create).acknowledge_wait(Duration::from_secs(1));
        let transport = options.jetstream().await.unwrap();
        for key in [None, Some("k")] {
            let channel = channel("late/{n}");
            let attempts = Arc::new(Mutex::new(Vec::new()));
            let seen = attempts.clone();
            let consumer = consumer(operation(channel), move |received: Received| {
                seen.lock().unwrap().push(received.attempt());
                let first = received.attempt() == 1;
                async move { if first { Err(HandlerError::transient("once").into()) } else { Ok(()) } }
            });
            let retry = Backoff::exponential(Duration::from_millis(3_500)).jitter(0.0).max_attempts(3);
            let running = Service::new(transport.clone()).retry(retry).consumer(consumer).start().await.unwrap();
            let mut message = Message::new("x");
            message.key = key.map(Into::into);
            publish(&transport, channel, message).await;
            until("handled", || running.summary().total().succeeded == 1).await;
            assert_eq!(*attempts.lock().unwrap(), [1, 2], "key {key:?}");
            drop(running);
        }
    }

    /// Trap 7: a server that stops delivering before the attempts are over would lose the message.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_7_a_limit_of_deliveries_is_refused() {
        use async_nats::jetstream::consumer::{AckPolicy, pull};
        let factory = JetStream(NatsServer::start());
        let transport = factory.transport().await;
        let channel = channel("limited/{n}");
        publish(&transport, channel, Message::new("x")).await;
        let context = async_nats::jetstream::new(transport.client().clone());
        let subject = address(channel).replace('/', ".");
        let config = pull::Config {
            durable_name: Some("limited".to_owned()),
            ack_policy: AckPolicy::Explicit,
            max_deliver: 3,
            filter_subject: subject.clone(),
            ..pull::Config::default()
        };
        context.create_consumer_on_stream(config, subject.replace('.', "_")).await.unwrap();
        let error = of_subscribe(soon(transport.subscribe(Subscribe::new(channel, "limited"))).await);
        assert!(!error.transient && error.to_string().contains("number of deliveries must be unlimited"), "{error}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn an_expired_certificate_and_an_unknown_authority_are_named() {
        let certificates = brokers::certificates::Certificates::new();
        let stranger = brokers::certificates::Certificates::new();
        let (valid, expired) = (certificates.sign("localhost", 2100), certificates.sign("expired", 2021));
        for (shown, root, said) in
            [(&expired, certificates.root(), "expired"), (&valid, stranger.root(), "invalid peer certificate")]
        {
            let (certificate, key) = (shown.certificate.to_str().unwrap(), shown.key.to_str().unwrap());
            let server = NatsServer::start_with(&["--tls", "--tlscert", certificate, "--tlskey", key, "-js"]);
            let error = soon(nats::connect(server.url()).tls_root(root).jetstream()).await;
            assert!(!error.transient && error.to_string().contains("no TLS connection"), "{error}");
            assert!(error.to_string().contains(said) && error.to_string().contains("`tls_root`"), "{error}");
        }
    }
}
