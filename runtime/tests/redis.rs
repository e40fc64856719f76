//! Redis under the conformance suite, with streams, with streams in order by key, and with publish/subscribe; and what a
//! server's life brings: crashes, refusals, what is missing, members that die.

#![cfg(feature = "redis")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tidings_runtime::consume::Received;
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::transport::redis::{self, Redis, Trim};
use tidings_runtime::transport::{
    Acknowledger, Declare, PublishError, Start, Subscribe, SubscribeError, Subscription, Transport,
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
use brokers::certificates::{Certificates, Signed};
use brokers::redis::RedisServer;
use conformance::{Factory, address, channel, consumer, join, next, nothing, operation, publish, take, text, until};

/// `cargo xtask test --without redis` leaves out what is in here.
#[cfg(test)]
mod needs_redis {
    use super::*;
    use std::sync::OnceLock;

    /// One server for the tests that do not end it.
    fn shared() -> &'static RedisServer {
        static SERVER: OnceLock<RedisServer> = OnceLock::new();
        SERVER.get_or_init(RedisServer::start)
    }

    struct Streams;

    impl Factory for Streams {
        type Transport = Redis;
        async fn transport(&self) -> Redis {
            redis::connect(shared().url()).declare(Declare::Create).streams().await.unwrap()
        }
    }

    mod streams {
        use super::*;

        conformance!([#[tokio::test] #[ignore = "cargo xtask test"]], Streams);
    }

    /// Keys shared out to streams, each read by one member at a time.
    struct InOrder;

    impl Factory for InOrder {
        type Transport = Redis;
        async fn transport(&self) -> Redis {
            let options = redis::connect(shared().url()).declare(Declare::Create).prefix("ordered:");
            options.ordered_by_key(4).claim_after(Duration::from_secs(4)).streams().await.unwrap()
        }
    }

    mod in_order {
        use super::*;

        conformance!([#[tokio::test] #[ignore = "cargo xtask test"]], InOrder);
    }

    struct Published;

    impl Factory for Published {
        type Transport = Redis;
        async fn transport(&self) -> Redis {
            redis::connect(shared().url()).envelope(true).pubsub().await.unwrap()
        }
    }

    mod published {
        use super::*;

        conformance!(only [#[tokio::test] #[ignore = "cargo xtask test"]], Published;
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
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn what_replies_are_read_from_leaves_nothing_behind() {
        let transport = Streams.transport().await;
        let inbox: &'static str = Box::leak(transport.inbox("mine").into_boxed_str());
        let replies: &'static Channel = Box::leak(Box::new(Channel::new("replies", Some(inbox))));
        let request = || Subscribe::new(replies, "mine").with_max_in_flight(8);
        let mut reading = transport.subscribe_replies(request()).await.unwrap();
        // By an independent client: it ends by itself, and is empty once it was read.
        let left: i64 = shared().ask(&["PTTL", inbox]).trim().parse().unwrap();
        assert!((1..=60_000).contains(&left), "{left}");
        transport.reply(None, inbox, Message::new("1").with_header("a", "b")).await.unwrap();
        let reply = take(&mut reading).await;
        assert_eq!((text(&reply), reply.headers.get_str("a")), ("1", Some("b")));
        until("the inbox is empty", || shared().ask(&["XLEN", inbox]).trim() == "0").await;
        // One that was lost is made again by its reader, not by a reply.
        shared().ask(&["DEL", inbox]);
        let gone = transport.reply(None, inbox, Message::new("2")).await.unwrap_err();
        assert!(matches!(&gone, PublishError::Transport(error) if !error.transient), "{gone}");
        drop(reading);
        let reading = transport.subscribe_replies(request()).await.unwrap();
        assert_eq!(shared().ask(&["EXISTS", inbox]).trim(), "1");
        drop(reading);
        until("the inbox is gone", || shared().ask(&["EXISTS", inbox]).trim() == "0").await;
        // Replies on a channel of the document: every requester reads all of them, without a group.
        let channel = channel("replied/{n}");
        publish(&transport, channel, Message::new("before")).await;
        let request = || Subscribe::new(channel, "any").with_max_in_flight(8);
        let mut first = transport.subscribe_replies(request()).await.unwrap();
        let mut second = transport.subscribe_replies(request()).await.unwrap();
        let at = address(channel);
        transport.reply(Some(channel), at, Message::new("after")).await.unwrap();
        assert_eq!(text(&take(&mut first).await), "after");
        assert_eq!(text(&take(&mut second).await), "after");
        assert_eq!(shared().ask(&["XINFO", "GROUPS", at]).trim(), "");
        transport.close(Duration::from_secs(20)).await.unwrap();
        assert_eq!(shared().ask(&["XLEN", at]).trim(), "2");
    }

    /// The error, which comes soon.
    async fn soon<T, E>(attempt: impl Future<Output = Result<T, E>>) -> E {
        let result = tokio::time::timeout(Duration::from_secs(20), attempt).await.expect("no answer");
        result.err().expect("it worked")
    }

    /// Trap 8: what a member held that died is claimed by the others, counted, and its name forgotten; what a living one
    /// holds for long is not.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn trap_8_what_a_dead_member_held_is_claimed_and_what_a_living_one_holds_is_not() {
        let wait = Duration::from_millis(900);
        let options = redis::connect(shared().url()).declare(Declare::Create).claim_after(wait);
        let transport = options.streams().await.unwrap();
        let channel = channel("dead/{n}");
        let (stream, group) = (address(channel), format!("one-{}", channel.key()));
        let mut member = join(&transport, channel, "one", 8).await;
        // A program of another make takes two messages, the first of them twice, and is never seen again.
        let read = ["XREADGROUP", "GROUP", &group, "dead", "COUNT", "2", "STREAMS", stream];
        drop(member);
        let idle = |group: &str| shared().ask(&["XINFO", "CONSUMERS", stream, group]);
        until("the first member has left", || idle(&group).is_empty()).await;
        publish(&transport, channel, Message::new("1").with_id("1")).await;
        publish(&transport, channel, Message::new("2").with_id("2")).await;
        shared().ask(&[&read[..], &[">"]].concat());
        shared().ask(&[&read[..5], &["1"], &read[6..], &["0"]].concat());
        let died = Instant::now();
        member = join(&transport, channel, "one", 8).await;
        publish(&transport, channel, Message::new("3")).await;
        assert_eq!(text(&take(&mut member).await), "3");
        let (first, second) = (next(&mut member).await, next(&mut member).await);
        assert!(died.elapsed() >= wait - Duration::from_millis(100), "claimed after {:?}", died.elapsed());
        assert_eq!((text(&first.message), first.attempt), ("1", 3));
        assert_eq!((text(&second.message), second.attempt), ("2", 2));
        until("the dead one is forgotten", || !idle(&group).contains("dead")).await;
        second.acknowledger.acknowledge().await.unwrap();
        // Held for much longer than the dead are waited for.
        let mut other = join(&transport, channel, "one", 8).await;
        let late = tokio::time::timeout(wait * 3, other.next()).await;
        assert!(late.is_err(), "a living member's message was claimed");
        first.acknowledger.acknowledge().await.unwrap();
        let pending = shared().ask(&["XPENDING", stream, &group]);
        assert!(pending.starts_with('0'), "{pending}");
    }

    /// A member that dies without a word: its runtime ends.
    fn dies(ordered: usize, channel: &'static Channel, held: usize) {
        let url = shared().url();
        let dead = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let holding = runtime.block_on(async {
                let options = redis::connect(url).declare(Declare::Create).claim_after(Duration::from_secs(2));
                let transport = options.ordered_by_key(ordered).streams().await.unwrap();
                let mut member = join(&transport, channel, "one", held).await;
                for number in 0..20 {
                    publish(&transport, channel, Message::new(number.to_string()).with_key("k")).await;
                }
                let mut holding = Vec::new();
                for _ in 0..held {
                    holding.push(next(&mut member).await);
                }
                (holding, member)
            });
            runtime.shutdown_timeout(Duration::ZERO);
            drop(holding);
        });
        dead.join().unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn the_order_of_a_key_outlives_the_member_that_had_it() {
        for ordered in [1, 3] {
            let channel = channel("heir/{n}");
            tokio::task::block_in_place(|| dies(ordered, channel, 7));
            let options = redis::connect(shared().url()).declare(Declare::Create).claim_after(Duration::from_secs(2));
            let transport = options.ordered_by_key(ordered).streams().await.unwrap();
            let mut heir = join(&transport, channel, "one", 4).await;
            for number in 0..20 {
                let delivery = next(&mut heir).await;
                assert_eq!(text(&delivery.message), number.to_string());
                assert_eq!(delivery.attempt, if number < 7 { 2 } else { 1 }, "{number}");
                delivery.acknowledger.acknowledge().await.unwrap();
            }
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn each_stream_is_read_by_one_member_at_a_time_and_all_have_work() {
        let transport = InOrder.transport().await;
        let channel = channel("shares/{n}");
        let mut first = join(&transport, channel, "one", 100).await;
        let mut second = join(&transport, channel, "one", 100).await;
        let began = Instant::now();
        let (mut ours, mut theirs) = (0, 0);
        while ours == 0 || theirs == 0 {
            assert!(began.elapsed() < Duration::from_secs(20), "{ours} and {theirs}");
            for number in 0..20 {
                publish(&transport, channel, Message::new("x").with_key(format!("key-{number}"))).await;
            }
            (ours, theirs) = (0, 0);
            for _ in 0..20 {
                let delivery = tokio::select! {
                    delivery = next(&mut first) => { ours += 1; delivery }
                    delivery = next(&mut second) => { theirs += 1; delivery }
                };
                delivery.acknowledger.acknowledge().await.unwrap();
            }
        }
        // By an independent client: four streams, and the lease of each has one owner, two owners in all.
        let streams = shared().ask(&["--scan", "--pattern", &format!("ordered:{}:*", address(channel))]);
        assert_eq!(streams.lines().count(), 4, "{streams}");
        let leases = shared().ask(&["--scan", "--pattern", &format!("tidings:lease:ordered:{}:*", address(channel))]);
        let owners: std::collections::BTreeSet<String> =
            leases.lines().map(|key| shared().ask(&["GET", key])).collect();
        assert_eq!(owners.len(), 2, "{leases}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_wrong_password_is_refused_and_the_right_one_is_not() {
        let server = RedisServer::start_with(|port| {
            ["--port", &port.to_string(), "--requirepass", "s3cr3t"].map(str::to_owned).to_vec()
        });
        let options = redis::connect(server.url()).declare(Declare::Create);
        for wrong in
            [options.clone(), options.clone().password("wrong-secret"), options.clone().user("ann", "wrong-secret")]
        {
            let error = soon(wrong.streams()).await;
            assert!(!error.transient && error.to_string().contains("refused the credentials"), "{error}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
        let transport = options.password("s3cr3t").streams().await.unwrap();
        publish(&transport, channel("password/{n}"), Message::new("x")).await;
        // In the URL.
        redis::connect(server.url().replace("//", "//:s3cr3t@")).pubsub().await.unwrap();
        let unreadable = soon(redis::connect("http://:secret@host").streams()).await;
        assert!(!unreadable.transient && !unreadable.to_string().contains("secret"), "{unreadable}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_server_of_the_document_is_reached_with_secrets_that_are_looked_up() {
        use tidings_runtime::Server;
        let server = RedisServer::start_with(|port| {
            ["--port", &port.to_string(), "--requirepass", "s3cr3t"].map(str::to_owned).to_vec()
        });
        static SERVER: Server =
            Server::new("main", "redis", "127.0.0.1:{port}", "/1", &[("port", None)]).with_security(&["apiKey"]);
        let port = server.port().to_string();
        let known = |name: &str| (name == "MAIN_TOKEN").then(|| "s3cr3t".to_owned());
        let transport =
            SERVER.redis(&[("port", &port)], known).unwrap().declare(Declare::Create).streams().await.unwrap();
        let channel = channel("document/{n}");
        publish(&transport, channel, Message::new("x")).await;
        // In the database that the path names.
        let length = |database: &str| {
            server.ask(&["--no-auth-warning", "-a", "s3cr3t", "-n", database, "XLEN", address(channel)])
        };
        assert_eq!((length("0"), length("1")), ("0".to_owned(), "1".to_owned()));
        let missing = SERVER.redis(&[("port", &port)], |_| None).err().expect("it has a password");
        assert!(missing.to_string().contains("MAIN_TOKEN"), "{missing}");
        static OTHER: Server = Server::new("other", "nats", "127.0.0.1", "", &[]);
        let refused = OTHER.redis(&[], |_| None).err().expect("it speaks something else");
        assert!(refused.to_string().contains("`redis` or `rediss`"), "{refused}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn tls_is_demanded_and_both_sides_show_certificates() {
        let certificates = Certificates::new();
        let client = certificates.sign("ann", 2100);
        let start = |shown: &Signed| {
            let root = certificates.root();
            RedisServer::start_with(|port| {
                let port = port.to_string();
                let path = |path: &std::path::Path| path.display().to_string();
                let arguments: [(&str, String); 6] = [
                    ("--port", "0".to_owned()),
                    ("--tls-port", port),
                    ("--tls-cert-file", path(&shown.certificate)),
                    ("--tls-key-file", path(&shown.key)),
                    ("--tls-ca-cert-file", path(&root)),
                    ("--tls-auth-clients", "yes".to_owned()),
                ];
                arguments.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
            })
        };
        let server = start(&certificates.sign("localhost", 2100));
        let url = server.url().replace("redis://", "rediss://");
        let known = redis::connect(&url).tls_root(certificates.root()).certificate(&client.certificate, &client.key);
        let transport = known.declare(Declare::Create).streams().await.unwrap();
        let channel = channel("tls/{n}");
        let mut member = join(&transport, channel, "one", 1).await;
        publish(&transport, channel, Message::new("secret")).await;
        assert_eq!(text(&take(&mut member).await), "secret");
        // A file of a root demands TLS whatever the URL says.
        let plain = redis::connect(server.url()).tls_root(certificates.root());
        plain.certificate(&client.certificate, &client.key).streams().await.unwrap();
        let unknown = soon(redis::connect(&url).tls_root(Certificates::new().root()).streams()).await;
        assert!(!unknown.transient && unknown.to_string().contains("no TLS connection"), "{unknown}");
        let nobody = redis::connect(&url).tls_root(certificates.root()).connect_within(Duration::from_secs(1));
        assert!(nobody.streams().await.is_err());
        let missing = soon(redis::connect(&url).tls_root(certificates.folder().join("nothing.pem")).streams()).await;
        assert!(!missing.transient && missing.to_string().contains("nothing.pem"), "{missing}");
        let expired = start(&certificates.sign("expired", 2021));
        let late = redis::connect(expired.url()).tls_root(certificates.root());
        let late = soon(late.certificate(&client.certificate, &client.key).streams()).await;
        assert!(!late.transient && late.to_string().to_lowercase().contains("expired"), "{late}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn what_is_missing_is_named_with_what_to_do() {
        let verify = redis::connect(shared().url()).streams().await.unwrap();
        let plain = channel("missing/{n}");
        let refused = async |what: &str| {
            let Err(SubscribeError::Transport(error)) = verify.subscribe(Subscribe::new(plain, "one")).await else {
                panic!("it worked")
            };
            assert!(!error.transient && error.to_string().contains(what), "{error}");
            let remedy = format!("redis-cli XGROUP CREATE '{}' 'one' '$' MKSTREAM", address(plain));
            assert!(error.to_string().contains(&remedy), "{error}");
        };
        refused("no stream").await;
        let PublishError::Transport(published) =
            soon(verify.publish(Some(plain), address(plain), Message::new("x"))).await
        else {
            panic!("another error")
        };
        assert!(!published.transient && published.to_string().contains("MKSTREAM"), "{published}");
        shared().ask(&["XGROUP", "CREATE", address(plain), "other", "$", "MKSTREAM"]);
        refused("no group `one`").await;
        shared().ask(&["XGROUP", "CREATE", address(plain), "one", "$"]);
        let mut member = verify.subscribe(Subscribe::new(plain, "one")).await.unwrap();
        publish(&verify, plain, Message::new("found")).await;
        assert_eq!(text(&take(&mut member).await), "found");
        // Whoever may not look must know the names.
        let never = redis::connect(shared().url()).declare(Declare::Never).streams().await.unwrap();
        publish(&never, plain, Message::new("found again")).await;
        assert_eq!(text(&take(&mut member).await), "found again");
        // What else has the name.
        let other = channel("text/{n}");
        shared().ask(&["SET", address(other), "text"]);
        let creator = Streams.transport().await;
        let PublishError::Transport(wrong) =
            soon(creator.publish(Some(other), address(other), Message::new("x"))).await
        else {
            panic!("another error")
        };
        assert!(!wrong.transient && wrong.to_string().contains("WRONGTYPE"), "{wrong}");
        // A group that is removed is made again, and the consumer goes on.
        let channel = channel("removed/{n}");
        let on = operation(channel);
        let consumer = consumer(on, |_: Received| async { Ok(()) });
        let running = Service::new(creator.clone()).consumer(consumer).start().await.unwrap();
        publish(&creator, channel, Message::new("before")).await;
        until("handled", || running.summary().total().succeeded == 1).await;
        shared().ask(&["XGROUP", "DESTROY", address(channel), on.group()]);
        until("made again", || shared().ask(&["XINFO", "GROUPS", address(channel)]).contains(on.group())).await;
        publish(&creator, channel, Message::new("after")).await;
        until("handled again", || running.summary().total().succeeded == 2).await;
        running.shutdown().await.unwrap();
        assert!(creator.publish(None, address(channel), Message::new("closed")).await.is_err());
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn entries_are_fields_that_others_read_and_write() {
        let channel = channel("fields/{n}");
        let transport = Streams.transport().await;
        let mut member = join(&transport, channel, "one", 8).await;
        let message = Message::new("one").with_id("id-1").with_key("k").with_header("payload", "a header");
        publish(&transport, channel, message.clone()).await;
        let printed = shared().ask(&["XRANGE", address(channel), "-", "+"]);
        let lines: Vec<&str> = printed.lines().skip(1).collect();
        assert_eq!(lines, ["payload", "one", "Tidings-Id", "id-1", "Tidings-Key", "k", "payload", "a header"]);
        assert_eq!(take(&mut member).await, message);
        shared().ask(&["XADD", address(channel), "*", "kind", "k", "payload", "two"]);
        let second = next(&mut member).await;
        assert_eq!((text(&second.message), second.message.headers.get_str("kind")), ("two", Some("k")));
        let position = second.position.unwrap();
        assert!(position.starts_with(&format!("{}@", address(channel))), "{position}");
        // Another convention.
        let options = redis::connect(shared().url()).declare(Declare::Create).payload_field("data");
        let other = options.streams().await.unwrap();
        let from_start = Subscribe::new(channel, "two").starting(Start::Earliest).with_max_in_flight(8);
        let mut other = other.subscribe(from_start).await.unwrap();
        shared().ask(&["XADD", address(channel), "*", "data", "three"]);
        let mut last = String::new();
        for _ in 0..3 {
            last = text(&next(&mut other).await.message).to_owned();
        }
        assert_eq!(last, "three");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn streams_keep_what_they_are_told_to() {
        let options = redis::connect(shared().url()).declare(Declare::Create);
        let newest = options.clone().trim(Trim::Newest(100)).streams().await.unwrap();
        let trimmed = channel("trimmed/{n}");
        let mut member = join(&newest, trimmed, "one", 1).await;
        let held = next_of(&newest, trimmed, &mut member).await;
        for number in 0..1_000 {
            publish(&newest, trimmed, Message::new(number.to_string())).await;
        }
        let length: u64 = shared().ask(&["XLEN", address(trimmed)]).parse().unwrap();
        assert!((100..400).contains(&length), "{length}");
        // What is given back and no more there is not waited for: the next ones are.
        drop(held);
        assert_ne!(text(&next(&mut member).await.message), "held");
        let younger = options.trim(Trim::Younger(Duration::from_secs(3_600))).streams().await.unwrap();
        let kept = channel("kept/{n}");
        for number in 0..300 {
            publish(&younger, kept, Message::new(number.to_string())).await;
        }
        assert_eq!(shared().ask(&["XLEN", address(kept)]), "300");
    }

    async fn next_of<S: Subscription>(
        transport: &Redis,
        channel: &'static Channel,
        member: &mut S,
    ) -> tidings_runtime::transport::Delivery<S::Acknowledger> {
        publish(transport, channel, Message::new("held")).await;
        next(member).await
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn published_messages_reach_all_who_listen_and_nobody_later() {
        let transport = redis::connect(shared().url()).prefix("p:").pubsub().await.unwrap();
        let channel = channel("listen/{n}");
        let (mut one, mut two) = (join(&transport, channel, "one", 1).await, join(&transport, channel, "one", 1).await);
        publish(&transport, channel, Message::new("plain").with_id("lost")).await;
        for member in [&mut one, &mut two] {
            let delivery = next(member).await;
            assert_eq!((text(&delivery.message), &delivery.message.id), ("plain", &None));
        }
        let refused = soon(transport.publish(None, address(channel), Message::new("x").with_header("a", "1"))).await;
        assert!(refused.to_string().contains("envelope(true)"), "{refused}");
        nothing(&mut join(&transport, channel, "late", 1).await).await;
        // By and for another client.
        shared().ask(&["PUBLISH", &format!("p:{}", address(channel)), "theirs"]);
        assert_eq!(text(&take(&mut one).await), "theirs");
        // A slow one has bounded memory: what it has no room for is dropped.
        for number in 0..6_000 {
            publish(&transport, channel, Message::new(number.to_string())).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mut kept = 0;
        while tokio::time::timeout(Duration::from_millis(300), two.next()).await.is_ok() {
            kept += 1;
        }
        assert!((4_096..5_000).contains(&kept), "{kept}");
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_server_that_is_down_is_a_transient_error() {
        let port = brokers::free_port();
        let options = redis::connect(format!("redis://127.0.0.1:{port}")).connect_within(Duration::from_secs(1));
        let error = soon(options.streams()).await;
        assert!(error.transient && error.to_string().contains(&port.to_string()), "{error}");
        for url in ["http://127.0.0.1", "redis://host:port", "redis://127.0.0.1/none"] {
            assert!(!soon(redis::connect(url).streams()).await.transient, "{url}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn a_broker_goes_and_comes_back() {
        if conformance::is_alone("needs_redis::a_broker_goes_and_comes_back") {
            let open = async |port| {
                let connecting = redis::connect(format!("redis://127.0.0.1:{port}")).declare(Declare::Create);
                connecting.publish_within(away::PATIENCE).connect_within(Duration::from_secs(60)).streams().await
            };
            away::goes_and_comes_back(RedisServer::start(), open).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "cargo xtask test"]
    async fn who_listens_listens_again_when_the_server_is_back() {
        let mut server = RedisServer::start();
        let transport = redis::connect(server.url()).pubsub().await.unwrap();
        let channel = channel("listening/{n}");
        let consumer = consumer(operation(channel), |_: Received| async { Ok(()) });
        let running = Service::new(transport.clone()).consumer(consumer).start().await.unwrap();
        tokio::task::block_in_place(|| {
            server.kill();
            server.restart();
        });
        let deadline = Instant::now() + Duration::from_secs(20);
        while running.summary().total().succeeded == 0 {
            assert!(Instant::now() < deadline, "never listened again");
            let _ = transport.publish(Some(channel), address(channel), Message::new("x")).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        running.shutdown().await.unwrap();
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_client_can_be_brought_along_and_lag_is_counted() {
        let own = ::redis::Client::open(shared().url()).unwrap();
        let transport = redis::with_client(own).declare(Declare::Create).ordered_by_key(2).streams().await.unwrap();
        let channel = channel("brought/{n}");
        let request = Subscribe::new(channel, format!("one-{}", channel.key()));
        assert!(transport.lag(&request).await.is_err());
        let mut member = join(&transport, channel, "one", 1).await;
        for number in 0..5 {
            publish(&transport, channel, Message::new("x").with_key(number.to_string())).await;
        }
        let held = next(&mut member).await;
        assert_eq!(transport.lag(&request).await.unwrap(), Some(5));
        held.acknowledger.acknowledge().await.unwrap();
        assert_eq!(transport.lag(&request).await.unwrap(), Some(4));
        transport.ping().await.unwrap();
        transport.close(Duration::from_secs(5)).await.unwrap();
        assert!(transport.ping().await.is_err());
    }

    /// A retry is held by this process: the server's count and the handler's agree.
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn attempts_go_on_where_another_member_ended() {
        let transport = Streams.transport().await;
        let channel = channel("attempts/{n}");
        let operation = operation(channel);
        let mut died = transport.subscribe(Subscribe::new(channel, operation.group())).await.unwrap();
        publish(&transport, channel, Message::new("x").with_id("x")).await;
        assert_eq!(next(&mut died).await.attempt, 1);
        drop(died);
        let attempts = Arc::new(std::sync::Mutex::new(Vec::new()));
        let seen = attempts.clone();
        let consumer = consumer(operation, move |received: Received| {
            seen.lock().unwrap().push(received.attempt());
            async { Err(HandlerError::transient("never").into()) }
        });
        let retry = Backoff::exponential(Duration::from_millis(20)).max_attempts(4);
        let running = Service::new(transport.clone()).retry(retry).consumer(consumer).start().await.unwrap();
        until("buried", || running.summary().total().dead_lettered == 1).await;
        assert_eq!(*attempts.lock().unwrap(), [2, 3, 4]);
        drop(running);
    }

    /// Twenty claims of one key at once.
    #[cfg(feature = "redis-store")]
    async fn contend(
        keys: &tidings_runtime::store::idempotency::Redis,
        scope: &'static str,
    ) -> Vec<Result<tidings_runtime::store::idempotency::Claim, tidings_runtime::transport::TransportError>> {
        use tidings_runtime::store::idempotency::Idempotency;
        let mut claiming = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let keys = keys.clone();
            claiming.spawn(async move { keys.claim(scope, "contended", Duration::from_secs(60)).await });
        }
        claiming.join_all().await
    }

    /// A claim belongs to one process; nobody renews or releases another's, and what is done stays done.
    #[cfg(feature = "redis-store")]
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn keys_are_claimed_once_and_only_their_owner_lets_them_go() {
        use tidings_runtime::store::idempotency::{Claim, Idempotency, Redis as Keys};
        let (hour, moment) = (Duration::from_secs(3_600), Duration::from_millis(300));
        let open = async || Keys::open(redis::connect(shared().url()), hour).await.unwrap();
        let (ours, theirs) = (open().await, open().await);
        let scope = channel("once/{n}").key();
        let claims = contend(&ours, scope).await;
        assert_eq!(claims.into_iter().filter(|claim| *claim.as_ref().unwrap() == Claim::New).count(), 1);
        // One that ran out is another's, who is not disturbed by whoever had it before.
        assert_eq!(ours.claim(scope, "key", moment).await.unwrap(), Claim::New);
        assert_eq!(theirs.claim(scope, "key", hour).await.unwrap(), Claim::Busy);
        tokio::time::sleep(moment * 2).await;
        assert_eq!(theirs.claim(scope, "key", hour).await.unwrap(), Claim::New);
        assert!(ours.renew(scope, "key", moment).await.is_err());
        ours.release(scope, "key").await.unwrap();
        assert_eq!(open().await.claim(scope, "key", hour).await.unwrap(), Claim::Busy);
        theirs.release(scope, "key").await.unwrap();
        // Renewed, it outlives its lease; done, it is remembered by all.
        assert_eq!(ours.claim(scope, "key", moment).await.unwrap(), Claim::New);
        ours.renew(scope, "key", hour).await.unwrap();
        tokio::time::sleep(moment * 2).await;
        assert_eq!(theirs.claim(scope, "key", hour).await.unwrap(), Claim::Busy);
        ours.commit(scope, "key").await.unwrap();
        ours.release(scope, "key").await.unwrap();
        assert_eq!(theirs.claim(scope, "key", hour).await.unwrap(), Claim::Done);
        // Two scopes never share a key.
        let (one, other) = (format!("{scope}:a"), format!("{scope}:a:b"));
        assert_eq!(ours.claim(&one, "b:c", hour).await.unwrap(), Claim::New);
        assert_eq!(ours.claim(&other, "c", hour).await.unwrap(), Claim::New);
        let lives = shared().ask(&["PTTL", &format!("tidings:once:{}:{scope}:key", scope.len())]);
        assert!((3_500_000..=3_600_000).contains(&lives.parse::<u64>().unwrap()), "{lives}");
    }

    #[cfg(feature = "redis-store")]
    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn a_service_handles_each_message_once_with_keys_in_redis() {
        use tidings_runtime::store::idempotency::Redis as Keys;
        let transport = Streams.transport().await;
        let channel = channel("idempotent/{n}");
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = runs.clone();
        let consumer = consumer(operation(channel), move |_: Received| {
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            async move { if first { Err(HandlerError::transient("the first time").into()) } else { Ok(()) } }
        });
        let keys = Keys::open(redis::connect(shared().url()), Duration::from_secs(60)).await.unwrap();
        let retry = Backoff::exponential(Duration::from_millis(20));
        let service = Service::new(transport.clone()).retry(retry).idempotent(keys).consumer(consumer);
        let running = service.start().await.unwrap();
        for _ in 0..3 {
            publish(&transport, channel, Message::new("x").with_id("x")).await;
        }
        until("all settled", || running.summary().total().succeeded + running.summary().total().duplicates == 3).await;
        let counts = running.shutdown().await.unwrap().total();
        assert_eq!((runs.load(Ordering::SeqCst), counts.succeeded, counts.duplicates), (2, 1, 2));
    }
}
