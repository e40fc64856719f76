//! MQTT under the conformance suite, in both versions, and what a broker's life brings: restarts, refusals, sessions that
//! outlive their connections, and topics that keep nothing.

#![cfg(feature = "mqtt")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidings_runtime::consume::Received;
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::transport::mqtt::{self, Connect, Mqtt, Version};
use tidings_runtime::transport::{Acknowledger, Declare, PublishError, Subscribe, Subscription, Transport};
use tidings_runtime::{Backoff, HandlerError, Service};

#[cfg(test)]
#[path = "brokers/away.rs"]
mod away;
#[cfg(test)]
mod brokers;
#[macro_use]
#[cfg(test)]
mod conformance;
use brokers::mosquitto::Mosquitto;
use conformance::{Factory, address, channel, consumer, join, next, nothing, operation, publish, take, text, until};

/// `cargo xtask test --without mosquitto` leaves out what is in here.
#[cfg(test)]
mod needs_mosquitto {
    use super::*;

    /// A broker of its own, and how connections to it are made.
    struct Server(Mosquitto, fn(Connect) -> Connect);

    impl Factory for Server {
        type Transport = Mqtt;
        async fn transport(&self) -> Mqtt {
            (self.1)(mqtt::connect(self.0.url())).open().await.unwrap()
        }
    }

    fn fresh(settings: fn(Connect) -> Connect) -> Server {
        Server(Mosquitto::start(), settings)
    }

    mod version_5 {
        use super::*;

        conformance!([#[tokio::test] #[ignore = "cargo xtask test"]], fresh(|connect| connect));
    }

    mod version_3_1_1_with_envelopes {
        use super::*;

        conformance!([#[tokio::test] #[ignore = "cargo xtask test"]], fresh(|connect| {
            connect.version(Version::V3_1_1).envelope(true).shared_subscriptions(true)
        }));
    }

    mod version_3_1_1 {
        use super::*;

        // Without headers there are no keys, no ids, and nothing to tell messages by.
        conformance!(only [#[tokio::test] #[ignore = "cargo xtask test"]], fresh(|connect| connect.version(Version::V3_1_1));
            rejected_comes_again_after_the_delay,
            trap_12_room_is_respected,
            payloads_of_any_size_travel,
            parameters_select_addresses,
            fails_twice_then_succeeds,
            permanent_is_not_retried,
            trap_4_undecodable_is_buried_at_once_and_the_consumer_goes_on,
            panic_is_caught_retried_and_buried,
            slow_handler_is_timed_out,
            trap_1_a_failure_releases_the_claim,
            concurrency_bounds_what_is_in_flight,
            two_services_of_one_process_are_apart,
            trap_10_shutdown_loses_nothing,
            trap_10_shutdown_gives_back_after_the_deadline,
        );
    }

    /// The error, which comes soon.
    async fn soon<T, E>(attempt: impl Future<Output = Result<T, E>>) -> E {
        let result = tokio::time::timeout(Duration::from_secs(20), attempt).await.expect("no answer");
        result.err().expect("it worked")
    }

    async fn open(server: &Mosquitto) -> Mqtt {
        mqtt::connect(server.url()).open().await.unwrap()
    }

    /// What another client than this crate's receives on `filter` from now on: a line for each message.
    struct Witness(std::process::Child, std::path::PathBuf);

    impl Witness {
        async fn new(server: &Mosquitto, filter: &str, format: &str) -> Self {
            let output = tempfile::NamedTempFile::new().unwrap().into_temp_path().keep().unwrap();
            let mut command = server.client("mosquitto_sub");
            command.args(["-V", "5", "-q", "2", "-t", filter, "-F", format]);
            let child = command.stdout(std::fs::File::create(&output).unwrap()).spawn().unwrap();
            let subscribed = || server.log().contains(&format!("{filter} (QoS 2)"));
            until("the witness listens", subscribed).await;
            Self(child, output)
        }

        async fn lines(&self, count: usize) -> Vec<String> {
            let read = || std::fs::read_to_string(&self.1).unwrap();
            until("the witness has seen it", || read().lines().count() >= count).await;
            read().lines().map(str::to_owned).collect()
        }
    }

    impl Drop for Witness {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
            let _ = std::fs::remove_file(&self.1);
        }
    }

    /// Runs `work` in a process that then dies: its connections break without a word. What it returns stays unsettled.
    fn in_a_process_that_dies<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
        let dying = std::thread::spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let left = runtime.block_on(work);
            runtime.shutdown_background();
            left
        });
        dying.join().unwrap()
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_8_what_is_not_acknowledged_comes_again_after_a_crash_before_what_is_new() {
        for version in [Version::V5, Version::V3_1_1] {
            let server = Mosquitto::start();
            let connecting = mqtt::connect(server.url()).version(version).client_id("shop");
            let channel = channel("crash/{n}");
            let dying = connecting.clone();
            let held = in_a_process_that_dies(async move {
                let transport = dying.open().await.unwrap();
                let mut member = join(&transport, channel, "one", 8).await;
                for number in 1..=3 {
                    publish(&transport, channel, Message::new(number.to_string())).await;
                }
                let (first, second) = (next(&mut member).await, next(&mut member).await);
                second.acknowledger.acknowledge().await.unwrap();
                // The broker has the acknowledgement when it answers what was sent after it.
                tokio::time::sleep(Duration::from_millis(200)).await;
                (member, first, transport)
            });
            let other = mqtt::connect(server.url()).version(version).open().await.unwrap();
            publish(&other, channel, Message::new("4")).await;
            let transport = connecting.open().await.unwrap();
            let mut member = join(&transport, channel, "one", 8).await;
            let mut came = Vec::new();
            for _ in 0..3 {
                came.push(text(&take(&mut member).await).to_owned());
            }
            assert_eq!(came, ["1", "3", "4"], "{version:?}");
            nothing(&mut member).await;
            std::mem::forget(held);
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_8_a_reconnection_delivers_nothing_twice_that_this_process_still_has() {
        for version in [Version::V5, Version::V3_1_1] {
            let mut server = Mosquitto::start();
            let alone = mqtt::connect(server.url()).version(version).shared_subscriptions(false);
            let transport = alone.clone().open().await.unwrap();
            let channel = channel("again/{n}");
            let mut member = join(&transport, channel, "one", 8).await;
            for number in 1..=3 {
                publish(&transport, channel, Message::new(number.to_string())).await;
            }
            let (first, second) = (next(&mut member).await, next(&mut member).await);
            let third = next(&mut member).await;
            third.acknowledger.acknowledge().await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
            server.stop();
            until("it is noticed", || !transport.is_connected()).await;
            // Done while there is no connection: acknowledged when there is one.
            first.acknowledger.acknowledge().await.unwrap();
            server.restart();
            publish(&transport, channel, Message::new("4")).await;
            assert_eq!(text(&take(&mut member).await), "4", "{version:?}");
            nothing(&mut member).await;
            second.acknowledger.acknowledge().await.unwrap();
            transport.close(Duration::from_secs(5)).await.unwrap();
            let transport = alone.open().await.unwrap();
            let mut member = join(&transport, channel, "one", 8).await;
            nothing(&mut member).await;
        }
    }

    /// Trap 3: as long as the dead letter is not confirmed, the message is not acknowledged.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_3_a_message_is_kept_while_nobody_takes_its_dead_letter() {
        let server = Mosquitto::start();
        let transport = open(&server).await;
        let channel = channel("unburied/{n}");
        let handler = |_: Received| async { Err(HandlerError::permanent("never").into()) };
        let retry = Backoff::exponential(Duration::from_millis(50)).max_attempts(2);
        let service = Service::new(transport.clone()).retry(retry).consumer(consumer(operation(channel), handler));
        let running = service.start().await.unwrap();
        publish(&transport, channel, Message::new("x").with_id("x")).await;
        until("the letter was refused", || running.summary().total().retried >= 2).await;
        assert_eq!(running.summary().total().dead_lettered, 0);
        let letters = format!("{}/dead-letter", address(channel));
        let witness = Witness::new(&server, &letters, "%p").await;
        until("the letter was taken", || running.summary().total().dead_lettered == 1).await;
        assert_eq!(witness.lines(1).await, ["x"]);
        running.shutdown().await.unwrap();
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn letters_are_kept_for_a_redrive_where_that_is_declared() {
        for version in [Version::V5, Version::V3_1_1] {
            let server = Mosquitto::start();
            let connecting = mqtt::connect(server.url()).version(version).declare(Declare::Create);
            let transport = connecting.clone().open().await.unwrap();
            let channel = channel("kept/{n}");
            let mended = Arc::new(AtomicUsize::new(0));
            let mended_by = mended.clone();
            let handler = move |_: Received| {
                let mended = mended_by.load(Ordering::SeqCst) == 1;
                async move { if mended { Ok(()) } else { Err(HandlerError::permanent("not yet").into()) } }
            };
            let service = Service::new(transport.clone()).consumer(consumer(operation(channel), handler));
            let running = service.start().await.unwrap();
            for number in 0..20 {
                publish(&transport, channel, Message::new(number.to_string())).await;
            }
            until("all are buried", || running.summary().total().dead_lettered == 20).await;
            mended.store(1, Ordering::SeqCst);
            let letters: &'static str = Box::leak(format!("{}/dead-letter", address(channel)).into_boxed_str());
            let letters = Box::leak(Box::new(Channel::new("letters", Some(letters))));
            let redrive = tidings_runtime::consume::Redrive::new(connecting.open().await.unwrap(), channel, letters);
            let redriven = redrive.idle(Duration::from_secs(1)).run().await.unwrap();
            assert_eq!((redriven.moved, redriven.left), (20, 0), "{version:?}");
            until("all are back", || running.summary().total().succeeded == 20).await;
            running.shutdown().await.unwrap();
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn processes_with_client_ids_of_their_own_share_a_group() {
        let server = Mosquitto::start();
        let channel = channel("shared/{n}");
        let mut members = Vec::new();
        for id in ["shop-1", "shop-2"] {
            let transport = mqtt::connect(server.url()).client_id(id).open().await.unwrap();
            let member = join(&transport, channel, "one", 64).await;
            members.push((transport, member));
        }
        for number in 0..40 {
            publish(&members[0].0, channel, Message::new(number.to_string())).await;
        }
        let mut counts = Vec::new();
        for (_, member) in &mut members {
            let mut count = 0;
            while let Ok(delivery) = tokio::time::timeout(Duration::from_millis(500), member.next()).await {
                delivery.unwrap().unwrap().acknowledger.acknowledge().await.unwrap();
                count += 1;
            }
            counts.push(count);
        }
        assert_eq!(counts.iter().sum::<usize>(), 40);
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_session_that_is_taken_over_is_an_error_that_says_so() {
        let server = Mosquitto::start();
        let channel = channel("taken/{n}");
        let (first, second) = (open(&server).await, open(&server).await);
        let mut member = join(&first, channel, "one", 1).await;
        let _other = join(&second, channel, "one", 1).await;
        let lost = tokio::time::timeout(Duration::from_secs(10), member.next()).await.unwrap().unwrap();
        let error = lost.expect_err("it goes on").to_string();
        assert!(error.contains("taken over") && error.contains("`client_id`"), "{error}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn bindings_decide_quality_retention_and_properties() {
        use tidings_runtime::message::{Action, Operation};
        let server = Mosquitto::start();
        let plain = channel("bound/{n}");
        let sending: &'static Operation =
            Box::leak(Box::new(Operation::new("send", plain, Action::Send).with_bindings(&[(
                "mqtt",
                r#"{"qos":2,"retain":true,"messageExpiryInterval":60,"bindingVersion":"0.2.0"}"#,
            )])));
        let bindings =
            &[("mqtt", r#"{"contentType":"text/plain","payloadFormatIndicator":1,"responseTopic":"answers"}"#)];
        let transport = open(&server).await;
        let witness = Witness::new(&server, address(plain), "%q %r %C %R %F %E %p").await;
        let message = Message::new("x").with_content_type("application/json").with_id("x");
        transport.send(sending, bindings, address(plain), message).await.unwrap();
        let lines = witness.lines(1).await;
        let fields: Vec<&str> = lines[0].split(' ').collect();
        assert_eq!(fields[..5], ["2", "0", "text/plain", "answers", "1"], "{lines:?}");
        // Retained: who comes later sees it as well.
        let late = Witness::new(&server, &format!("{}/#", address(plain)), "%q %r %p").await;
        assert_eq!(late.lines(1).await, ["2 1 x"]);
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn what_3_1_1_has_no_place_for_is_refused_or_wrapped() {
        let server = Mosquitto::start();
        let old = mqtt::connect(server.url()).version(Version::V3_1_1);
        let (plain, wrapping) = (old.clone().open().await.unwrap(), old.envelope(true).open().await.unwrap());
        let new = open(&server).await;
        let channel = channel("wrapped/{n}");
        assert!(!plain.capabilities().headers && wrapping.capabilities().headers && new.capabilities().headers);
        let refused = plain.publish(Some(channel), address(channel), Message::new("x").with_header("a", "1")).await;
        assert!(matches!(&refused, Err(PublishError::Encode(error)) if error.to_string().contains("`envelope(true)`")));
        let mut member = join(&new, channel, "one", 8).await;
        let whole = Message::new(vec![0, 255]).with_key(vec![255, 37]).with_header("a", "1").with_content_type("x/y");
        publish(&wrapping, channel, whole.clone()).await;
        assert_eq!(take(&mut member).await, whole);
        // What looks like an envelope and is none arrives as it is.
        let lookalike = Message::new(r#"{"tidings-envelope":1,"payload":"x"}"#);
        for transport in [&plain, &wrapping, &new] {
            publish(transport, channel, lookalike.clone()).await;
            assert_eq!(take(&mut member).await, lookalike);
        }
        let message = Message::new(r#"{"tidings-envelope":1,"#);
        server
            .client("mosquitto_pub")
            .args(["-t", address(channel), "-q", "1", "-m", text(&message)])
            .output()
            .unwrap();
        assert_eq!(take(&mut member).await, message);
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn addresses_are_topics_and_levels_with_parameters_are_wild() {
        let server = Mosquitto::start();
        let transport = open(&server).await;
        let cases = [
            ("/slash/{city}/lit", "/slash/oslo/lit", "/slash/oslo/lit/x"),
            ("v1.0/{id}", "v1.0/7", "v2.0/7"),
            ("part/user-{id}", "part/user-7", "part/group-7"),
            // Whatever a device calls itself: the consumer may refuse it, the transport does not drop it.
            ("host/{name}/up", "host/10.0.0.1/up", "host/10.0.0.1/down"),
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
        for address in ["", "a/+", "#", "a/\0", "$share/g/a"] {
            assert!(matches!(transport.publish(None, address, Message::new("x")).await, Err(PublishError::Address(_))));
        }
    }

    /// Trap 12: what a slow consumer has not taken stays with the broker.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_12_a_slow_member_holds_no_more_than_it_has_room_for() {
        let server = Mosquitto::start();
        let transport = open(&server).await;
        let channel = channel("slow/{n}");
        let mut slow = join(&transport, channel, "one", 4).await;
        for number in 0..200 {
            publish(&transport, channel, Message::new(number.to_string())).await;
        }
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(next(&mut slow).await);
        }
        nothing(&mut slow).await;
        let mut client = server.client("mosquitto_sub");
        let counted = client.args(["-t", "$SYS/broker/publish/messages/sent", "-C", "1"]).output().unwrap();
        assert!(String::from_utf8(counted.stdout).unwrap().trim().parse::<usize>().unwrap() < 50);
        let mut number = 0;
        for delivery in held {
            assert_eq!(text(&delivery.message), number.to_string());
            delivery.acknowledger.acknowledge().await.unwrap();
            number += 1;
        }
        while number < 200 {
            assert_eq!(text(&take(&mut slow).await), number.to_string());
            number += 1;
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn acknowledgements_may_leave_in_the_order_of_arrival() {
        let server = Mosquitto::start();
        let connecting = mqtt::connect(server.url()).acknowledge_in_order(true);
        let transport = connecting.clone().open().await.unwrap();
        let channel = channel("ordered/{n}");
        let mut member = join(&transport, channel, "one", 2).await;
        for number in 0..3 {
            publish(&transport, channel, Message::new(number.to_string())).await;
        }
        let (first, second) = (next(&mut member).await, next(&mut member).await);
        second.acknowledger.acknowledge().await.unwrap();
        // The broker has no room for the third before it has both.
        nothing(&mut member).await;
        first.acknowledger.acknowledge().await.unwrap();
        assert_eq!(text(&take(&mut member).await), "2");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_wrong_password_is_refused_and_the_right_one_is_not() {
        let server = Mosquitto::start_with_password();
        for version in [Version::V5, Version::V3_1_1] {
            let options = mqtt::connect(server.url()).version(version);
            let error = soon(options.clone().user("tidings", "wrong").open()).await;
            assert!(!error.transient && error.to_string().contains("refused the credentials"), "{error}");
            assert!(!error.to_string().contains("wrong"), "{error}");
            let transport = options.user("tidings", "s3cr3t").open().await.unwrap();
            publish(&transport, channel("password/{n}"), Message::new("x")).await;
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_server_of_the_document_is_reached_with_what_its_binding_says() {
        use tidings_runtime::Server;
        const BINDING: &str = r#"{"clientId":"from-the-document","cleanSession":false,"keepAlive":20,
            "lastWill":{"topic":"gone","qos":1,"message":"bye","retain":true},"sessionExpiryInterval":60}"#;
        static SERVER: Server = Server::new("main", "mqtt", "127.0.0.1:{port}", "", &[("port", None)])
            .with_security(&["userPassword"])
            .with_protocol_version("3.1.1")
            .with_bindings(&[("mqtt", BINDING)]);
        let server = Mosquitto::start_with_password();
        let port = server.port().to_string();
        let known = |name: &str| match name {
            "MAIN_USER" => Some("tidings".to_owned()),
            "MAIN_PASSWORD" => Some("s3cr3t".to_owned()),
            _ => None,
        };
        in_a_process_that_dies(async move {
            let transport = SERVER.mqtt(&[("port", &port)], known).unwrap().open().await.unwrap();
            assert!(transport.client_v3_1_1().is_some());
        });
        assert!(server.log().contains("as from-the-document (p2, c1, k20, u'tidings')"), "{}", server.log());
        let mut client = server.client("mosquitto_sub");
        let will =
            client.args(["-u", "tidings", "-P", "s3cr3t", "-t", "gone", "-C", "1", "-W", "10"]).output().unwrap();
        assert_eq!(String::from_utf8(will.stdout).unwrap(), "bye\n");
        let missing = SERVER.mqtt(&[("port", "1")], |_| None).err().expect("it has a password");
        assert!(missing.to_string().contains("MAIN_USER and MAIN_PASSWORD"), "{missing}");
        static OTHER: Server = Server::new("other", "nats", "127.0.0.1", "", &[]);
        let refused = OTHER.mqtt(&[], |_| None).err().expect("it is none of MQTT");
        assert!(refused.to_string().contains("`mqtt` or `mqtts`"), "{refused}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_broker_that_is_down_is_a_transient_error_and_one_that_comes_later_is_reached() {
        let port = brokers::free_port();
        let options = mqtt::connect(format!("mqtt://127.0.0.1:{port}")).connect_within(Duration::from_secs(1));
        let error = soon(options.open()).await;
        assert!(error.transient && error.to_string().contains(&port.to_string()), "{error}");
        assert!(error.to_string().contains("is the broker running"), "{error}");
        let mut server = Mosquitto::start();
        let transport = mqtt::connect(server.url()).publish_within(Duration::from_secs(1)).open().await.unwrap();
        let channel = channel("down/{n}");
        server.stop();
        until("it is noticed", || !transport.is_connected()).await;
        let error = soon(transport.publish(Some(channel), address(channel), Message::new("x"))).await;
        assert!(matches!(&error, PublishError::Transport(error) if error.transient), "{error}");
        let error = transport.subscribe(Subscribe::new(channel, "one"));
        let (error, ()) = tokio::join!(error, async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            server.restart();
        });
        assert!(error.is_ok(), "{:?}", error.err());
        until("it is reached", || transport.is_connected()).await;
        publish(&transport, channel, Message::new("x")).await;
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn options_of_the_client_can_be_brought_along() {
        let server = Mosquitto::start_with_password();
        let mut new = rumqttc_v5::MqttOptions::new("own-5", rumqttc_v5::Broker::tcp("127.0.0.1", server.port()));
        new.set_credentials("tidings", "s3cr3t").set_keep_alive(17);
        let mut old = rumqttc_v4::MqttOptions::new("own-4", rumqttc_v4::Broker::tcp("127.0.0.1", server.port()));
        old.set_credentials("tidings", "s3cr3t").set_keep_alive(18);
        for connecting in [mqtt::with_options(new), mqtt::with_options_v3_1_1(old)] {
            let transport = connecting.open().await.unwrap();
            let channel = channel("brought/{n}");
            let mut member = join(&transport, channel, "one", 1).await;
            publish(&transport, channel, Message::new("x")).await;
            drop(next(&mut member).await);
            assert_eq!(text(&take(&mut member).await), "x");
            transport.close(Duration::from_secs(5)).await.unwrap();
        }
        for said in ["as own-5 (p5", "as own-4 (p2", "as own-5-one", "as own-4-one", "k17", "k18"] {
            assert!(server.log().contains(said), "{said}: {}", server.log());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn a_broker_goes_and_comes_back() {
        if conformance::is_alone("needs_mosquitto::a_broker_goes_and_comes_back") {
            let open = async |port| {
                let connecting = mqtt::connect(format!("mqtt://127.0.0.1:{port}")).publish_within(away::PATIENCE);
                connecting.connect_within(Duration::from_secs(60)).open().await
            };
            away::goes_and_comes_back(Mosquitto::start(), open).await;
        }
    }

    /// A certificate for 127.0.0.1 that an authority signed, valid until `year`, with its key.
    fn signed(authority: &rcgen::CertifiedKey, year: i32) -> (String, String) {
        let mut parameters = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &authority.cert, &authority.key_pair).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn certificates_are_checked_on_both_sides() {
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).unwrap();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "authority");
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key_pair = rcgen::KeyPair::generate().unwrap();
        let authority = rcgen::CertifiedKey { cert: parameters.self_signed(&key_pair).unwrap(), key_pair };
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let root = write("root.pem", &authority.cert.pem());
        let pair = |name: &str, year: i32| {
            let (certificate, key) = signed(&authority, year);
            (write(&format!("{name}.pem"), &certificate), write(&format!("{name}.key"), &key))
        };
        let (valid, expired, own) = (pair("valid", 2099), pair("expired", 2021), pair("own", 2099));
        let settings = |(certificate, key): &(std::path::PathBuf, std::path::PathBuf)| {
            format!(
                "cafile {}\ncertfile {}\nkeyfile {}\nrequire_certificate true\nuse_identity_as_username true\n",
                root.display(),
                certificate.display(),
                key.display()
            )
        };
        let server = Mosquitto::start_with(&settings(&valid));
        let url = format!("mqtts://127.0.0.1:{}", server.port());
        for version in [Version::V5, Version::V3_1_1] {
            let trusting = mqtt::connect(&url).version(version).tls_root(&root);
            let transport = trusting.clone().certificate(&own.0, &own.1).open().await.unwrap();
            let channel = channel("tls/{n}");
            let mut member = join(&transport, channel, "one", 1).await;
            publish(&transport, channel, Message::new("x")).await;
            assert_eq!(text(&take(&mut member).await), "x");
            let error = soon(trusting.open()).await;
            assert!(!error.transient && error.to_string().contains("TLS"), "without a certificate: {error}");
            let error = soon(mqtt::connect(&url).version(version).certificate(&own.0, &own.1).open()).await;
            assert!(!error.transient && error.to_string().contains("`tls_root`"), "without trust: {error}");
        }
        let server = Mosquitto::start_with(&settings(&expired));
        let connecting = mqtt::connect(format!("mqtts://127.0.0.1:{}", server.port())).tls_root(&root);
        let error = soon(connecting.certificate(&own.0, &own.1).open()).await;
        assert!(!error.transient && error.to_string().contains("expired"), "{error}");
        let missing = soon(mqtt::connect(&url).tls_root(folder.path().join("none.pem")).open()).await;
        assert!(!missing.transient && missing.to_string().contains("none.pem"), "{missing}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn nothing_is_lost_and_order_is_kept_when_the_broker_is_restarted() {
        const MESSAGES: usize = 1_000;
        let mut server = Mosquitto::start();
        let connecting =
            mqtt::connect(server.url()).publish_within(Duration::from_secs(60)).shared_subscriptions(false);
        let transport = connecting.open().await.unwrap();
        let channel = channel("restarted/{n}");
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
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
        });
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            tokio::task::block_in_place(|| {
                server.stop();
                server.restart();
            });
        }
        publisher.await.unwrap();
        until("all handled", || handled.lock().unwrap().values().map(Vec::len).sum::<usize>() == MESSAGES).await;
        assert_eq!(running.shutdown().await.unwrap().total().dead_lettered, 0);
        assert!(handled.lock().unwrap().values().all(|numbers| numbers.is_sorted()));
    }
}
