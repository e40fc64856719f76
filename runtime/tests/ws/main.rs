//! WebSockets: the conformance suite over a relay, who may connect, what connections may take, and what faults bring: servers
//! that are killed, clients that do not read, sides that fall silent.

#![cfg(all(feature = "ws-client", feature = "ws-server"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use futures_util::{SinkExt as _, StreamExt as _};
use tidings_runtime::consume::{Failure, Received};
use tidings_runtime::message::{Action, Channel, Message, Operation, SecurityKind, SecurityScheme};
use tidings_runtime::security::Guard;
use tidings_runtime::transport::ws::{self, Hub, Limits, SlowClient, WebSocket};
use tidings_runtime::transport::{PublishError, Subscribe, SubscribeError, Transport, TransportError};
use tidings_runtime::{Backoff, Service};
use tokio_tungstenite::tungstenite::Message as Frame;

#[cfg(test)]
#[path = "../brokers/certificates.rs"]
#[allow(dead_code)]
mod certificates;
#[macro_use]
#[cfg(test)]
#[path = "../conformance/mod.rs"]
mod conformance;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod replies;
use certificates::Certificates;
use conformance::{Factory, consumer, next, nothing, take, text, until};

/// A relay of its own, and clients of it.
struct Relayed(String);

impl Relayed {
    fn start() -> Self {
        Self(serve(relay::router()))
    }
}

impl Factory for Relayed {
    type Transport = WebSocket;
    async fn transport(&self) -> WebSocket {
        ws::connect(&self.0).limits(Limits::new().envelope(true)).open().unwrap()
    }
}

mod relayed {
    use super::*;

    conformance!(only [#[tokio::test]], Relayed::start();
        message_travels_whole,
        payloads_of_any_size_travel,
        odd_headers_travel_or_are_refused,
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
    );
}

/// Serves a router on a free port; its URL.
fn serve(router: Router) -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

static ROOM: Channel = Channel::new("room", Some("/rooms/{room}"));
static IN_ROOM: Operation = Operation::new("inRoom", &ROOM, Action::Receive);

/// A client of another make.
async fn stranger(
    url: &str,
) -> tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>> {
    tokio_tungstenite::connect_async(url).await.unwrap().0
}

/// The code with which the other side ends the connection; what comes before is left out.
async fn end<S: futures_util::Stream<Item = Result<Frame, tokio_tungstenite::tungstenite::Error>> + Unpin>(
    stream: &mut S,
) -> Option<u16> {
    let reading = async {
        while let Some(Ok(frame)) = stream.next().await {
            if let Frame::Close(close) = frame {
                return close.map(|close| close.code.into());
            }
        }
        None
    };
    tokio::time::timeout(Duration::from_secs(20), reading).await.expect("the connection goes on")
}

/// The error, which comes soon.
async fn soon<T, E>(attempt: impl Future<Output = Result<T, E>>) -> E {
    let result = tokio::time::timeout(Duration::from_secs(20), attempt).await.expect("no answer");
    result.err().expect("it worked")
}

/// Why a subscription to `/rooms/one` is not made.
async fn refused(connect: ws::Connect) -> TransportError {
    let client = connect.parameter("room", "one").open().unwrap();
    match soon(client.subscribe(Subscribe::new(&ROOM, "one"))).await {
        SubscribeError::Transport(error) => error,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn messages_go_both_ways_and_are_told_apart_by_what_they_are() {
    let hub = Hub::new();
    let url = serve(hub.router(&IN_ROOM));
    static ON_MOVE: Operation = Operation::new("onMove", &ROOM, Action::Receive);
    static ON_CHAT: Operation = Operation::new("onChat", &ROOM, Action::Receive);
    // What handles one kind of message, known by its first word, and answers whoever sent it.
    let answering = hub.clone();
    let handler = move |operation, kind: &'static str| {
        let hub = answering.clone();
        consumer(operation, move |received: Received| {
            let hub = hub.clone();
            async move {
                let message = text(received.message()).to_owned();
                if !message.starts_with(kind) {
                    return Err(Failure::Undecodable(format!("no {kind}").into()));
                }
                let reply_to = received.message().reply_to.as_deref().unwrap();
                hub.publish(None, reply_to, Message::new(format!("{kind} taken at {}", received.address())))
                    .await
                    .unwrap();
                hub.publish(Some(&ROOM), "/rooms/one", Message::new(message)).await.unwrap();
                Ok(())
            }
        })
    };
    let both = handler(&ON_MOVE, "move").or(handler(&ON_CHAT, "chat"));
    let running = Service::new(hub.clone()).consumer(both).start().await.unwrap();
    let client = ws::connect(&url).parameter("room", "one").open().unwrap();
    let (mut ours, mut theirs) =
        (client.subscribe(Subscribe::new(&ROOM, "one")).await.unwrap(), stranger(&format!("{url}/rooms/one")).await);
    let mut elsewhere = stranger(&format!("{url}/rooms/two")).await;
    until("all are there", || hub.connected() == 3).await;
    client.publish(Some(&ROOM), "/rooms/one", Message::new("move e2e4")).await.unwrap();
    // One connection: what was published came the way that the answers go.
    assert_eq!(text(&take(&mut ours).await), "move taken at /rooms/one");
    assert_eq!(text(&take(&mut ours).await), "move e2e4");
    theirs.send(Frame::binary(&b"chat hello"[..])).await.unwrap();
    // The answer is for the stranger alone, the message for the room.
    assert_eq!(text(&take(&mut ours).await), "chat hello");
    let mut texts = Vec::new();
    while texts.len() < 3 {
        if let Frame::Text(text) = theirs.next().await.unwrap().unwrap() {
            texts.push(text.to_string());
        }
    }
    assert_eq!(texts, ["move e2e4", "chat taken at /rooms/one", "chat hello"]);
    // What is neither is buried, which has no place here, and nothing is held up.
    for _ in 0..40 {
        client.publish(Some(&ROOM), "/rooms/one", Message::new("nonsense")).await.unwrap();
    }
    until("buried", || running.summary().total().dead_lettered == 40).await;
    let none = tokio::time::timeout(Duration::from_millis(100), async {
        while let Some(Ok(frame)) = elsewhere.next().await {
            assert!(!frame.is_text(), "another room's message came");
        }
    });
    assert!(none.await.is_err());
    // The end of a service is the end of its connections.
    running.shutdown().await.unwrap();
    assert_eq!(end(&mut theirs).await, Some(1001));
    assert_eq!(hub.connected(), 0);
    let gone = refused(ws::connect(&url)).await;
    assert!(gone.transient && gone.to_string().contains("503"), "{gone}");
    assert!(hub.publish(None, "/rooms/one", Message::new("late")).await.is_err());
}

#[tokio::test]
async fn who_shows_no_token_or_a_wrong_one_is_refused_at_the_upgrade() {
    static TOKEN: SecurityScheme = SecurityScheme::new("token", SecurityKind::Bearer);
    static GUARDED: Operation = Operation::new("guarded", &ROOM, Action::Receive).with_security(&[&[TOKEN]]);
    let hub = Hub::new().guard(Guard::new().key("token", "a long s3cr3t"));
    let url = serve(hub.router(&GUARDED));
    for wrong in
        [ws::connect(&url), ws::connect(&url).token("wrong-s3cr3t"), ws::connect(&url).user("a long s3cr3t", "")]
    {
        let error = refused(wrong).await;
        assert!(!error.transient && error.to_string().contains("refused the credentials"), "{error}");
        assert!(error.to_string().contains("401") && !format!("{error:?}").contains("s3cr3t"), "{error:?}");
    }
    assert_eq!(hub.connected(), 0);
    let client = ws::connect(&url).token("a long s3cr3t").parameter("room", "one").open().unwrap();
    let mut member = client.subscribe(Subscribe::new(&ROOM, "one")).await.unwrap();
    hub.publish(Some(&ROOM), "/rooms/one", Message::new("x")).await.unwrap();
    assert_eq!(text(&take(&mut member).await), "x");
    // Nobody may where nobody is known.
    let closed = serve(Hub::new().router(&GUARDED));
    assert!(refused(ws::connect(closed).token("a long s3cr3t")).await.to_string().contains("401"));
    // A server of the document, with secrets that are looked up.
    use tidings_runtime::Server;
    static SERVER: Server =
        Server::new("main", "ws", "127.0.0.1:{port}", "/", &[("port", None)]).with_security(&["http bearer"]);
    let port = url.rsplit(':').next().unwrap();
    let known = |name: &str| (name == "MAIN_TOKEN").then(|| "a long s3cr3t".to_owned());
    let connect = SERVER.ws(&[("port", port)], known).unwrap().parameter("room", "two").open().unwrap();
    connect.subscribe(Subscribe::new(&ROOM, "one")).await.unwrap();
    let missing = SERVER.ws(&[("port", port)], |_| None).err().expect("it has a token");
    assert!(missing.to_string().contains("MAIN_TOKEN"), "{missing}");
}

#[tokio::test]
async fn the_request_is_held_against_the_binding_on_both_sides() {
    static BINDING: &[(&str, &str)] = &[(
        "ws",
        r#"{"method":"GET","query":{"type":"object","required":["ref"],"additionalProperties":false,
            "properties":{"ref":{"type":"string","minLength":2,"maxLength":4},"depth":{"type":"integer","minimum":1,"maximum":9},
            "side":{"enum":["buy","sell"]},"version":{"const":2},"symbol":{"pattern":"^[A-Z]+$"},"live":{"type":["boolean","null"]}}},
            "headers":{"type":"object","required":["X-Client"],"properties":{"X-Client":{"type":"string","minLength":1}}}}"#,
    )];
    static PRICES: Channel = Channel::new("prices", Some("/prices")).with_bindings(BINDING);
    static ON_PRICE: Operation = Operation::new("onPrice", &PRICES, Action::Receive);
    let url = serve(Hub::new().router(&ON_PRICE));
    let cases = [
        ("ref=ab", None),
        ("ref=ab&depth=9&side=buy&version=2&symbol=XY&live=", None),
        ("", Some("`ref` is missing")),
        ("ref=a", Some("`ref` is shorter than 2")),
        ("ref=%c3%a4%c3%b6%c3%bc%c3%9f", None),
        ("ref=abcde", Some("`ref` is longer than 4")),
        ("ref=ab&depth=x", Some("`depth` is not of type \"integer\"")),
        ("ref=ab&depth=10", Some("`depth` is more than 9")),
        ("ref=ab&depth=0", Some("`depth` is less than 1")),
        ("ref=ab&side=hold", Some("`side` must be one of [\"buy\",\"sell\"]")),
        ("ref=ab&version=3", Some("`version` must be 2")),
        ("ref=ab&symbol=xy", Some("`symbol` does not match \"^[A-Z]+$\"")),
        ("ref=ab&live=maybe", Some("`live` is not of type [\"boolean\",\"null\"]")),
        ("ref=ab&other=1", Some("`other` is not described")),
    ];
    for (query, fault) in cases {
        // This crate's client says so itself, with the same words.
        let client = ws::connect(format!("{url}?{query}")).header("x-client", "test").open().unwrap();
        let subscribed = client.subscribe(Subscribe::new(&PRICES, "one")).await;
        // Another one is told by the server.
        let mut request =
            tokio_tungstenite::tungstenite::ClientRequestBuilder::new(format!("{url}/prices?{query}").parse().unwrap());
        request = request.with_header("x-client", "test");
        let answer = tokio_tungstenite::connect_async(request).await;
        match (fault, subscribed, answer) {
            (None, Ok(_), Ok(_)) => (),
            (Some(fault), Err(error), Err(tokio_tungstenite::tungstenite::Error::Http(response))) => {
                assert!(error.to_string().contains(fault), "{query}: {error}");
                let body = String::from_utf8(response.body().clone().unwrap()).unwrap();
                let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
                assert_eq!(response.status().as_u16(), 400, "{query}");
                assert!(problem["detail"].as_str().unwrap().contains(fault), "{query}: {body}");
            }
            (_, subscribed, answer) => panic!("{query}: {:?} {:?}", subscribed.err(), answer.err()),
        }
    }
    let silent = ws::connect(&url).query("ref", "ab").open().unwrap();
    let error = soon(silent.publish(Some(&PRICES), "/prices", Message::new("x"))).await;
    assert!(error.to_string().contains("the header `X-Client` is missing"), "{error}");
    // What is no WebSocket, and no address of the channel.
    let plain = raw(&url, "GET /prices HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await;
    assert!(plain.starts_with("HTTP/1.1 426") && plain.contains("upgrade: websocket"), "{plain}");
    assert!(refused(ws::connect(&url)).await.to_string().contains("404"));
    let parametrised = ws::connect(&url).open().unwrap().subscribe(Subscribe::new(&ROOM, "one")).await;
    assert!(matches!(parametrised, Err(SubscribeError::Address(_))));
}

#[tokio::test]
async fn pages_of_other_origins_may_not_connect() {
    let connects = async |hub: Hub, origin: &str| {
        let url = serve(hub.router(&IN_ROOM));
        let origin = origin.replace("OWN", &url.replace("ws://", "http://"));
        let request = format!("{url}/rooms/one").parse().unwrap();
        let request = tokio_tungstenite::tungstenite::ClientRequestBuilder::new(request).with_header("origin", origin);
        match tokio_tungstenite::connect_async(request).await {
            Ok(_) => true,
            Err(error) if error.to_string().contains("403") => false,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(!connects(Hub::new(), "https://evil.example").await);
    assert!(!connects(Hub::new(), "null").await);
    assert!(!connects(Hub::new().origin("https://app.example"), "https://app.example.evil").await);
    assert!(connects(Hub::new().origin("https://app.example"), "https://app.example").await);
    assert!(connects(Hub::new().origin("*"), "https://evil.example").await);
    assert!(connects(Hub::new(), "OWN").await);
}

/// Sends bytes and reads until the other side ends or a second is over.
async fn raw(url: &str, request: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(url.trim_start_matches("ws://")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn messages_that_are_too_large_or_too_many_end_the_connection() {
    let hub = Hub::new().limits(Limits::new().message(1_000).rate(5, Duration::from_secs(3_600)));
    let url = format!("{}/rooms/one", serve(hub.router(&IN_ROOM)));
    let mut member = hub.subscribe(Subscribe::new(&ROOM, "one")).await.unwrap();
    let mut large = stranger(&url).await;
    large.send(Frame::text("x".repeat(1_000))).await.unwrap();
    assert_eq!(take(&mut member).await.payload.len(), 1_000);
    large.send(Frame::text("x".repeat(1_001))).await.unwrap();
    assert_eq!(end(&mut large).await, Some(1009));
    let mut many = stranger(&url).await;
    for _ in 0..6 {
        many.send(Frame::text("x")).await.unwrap();
    }
    assert_eq!(end(&mut many).await, Some(1008));
    for _ in 0..5 {
        take(&mut member).await;
    }
    nothing(&mut member).await;
    // The same limits hold for who connects.
    let client =
        ws::connect(url.trim_end_matches("/rooms/one")).limits(Limits::new().message(1_000)).parameter("room", "one");
    let client = client.open().unwrap();
    let mut ours = client.subscribe(Subscribe::new(&ROOM, "one")).await.unwrap();
    until("connected", || hub.connected() == 1).await;
    hub.publish(Some(&ROOM), "/rooms/one", Message::new("y".repeat(1_001))).await.unwrap();
    until("it left", || hub.connected() == 0).await;
    // It comes back.
    until("connected again", || hub.connected() == 1).await;
    hub.publish(Some(&ROOM), "/rooms/one", Message::new("small")).await.unwrap();
    assert_eq!(text(&take(&mut ours).await), "small");
    // Nothing is received where nobody listens.
    drop(member);
    let mut unheard = stranger(&url).await;
    unheard.send(Frame::text("x")).await.unwrap();
    assert_eq!(end(&mut unheard).await, Some(1008));
    // No more than there is room for.
    let full = Hub::new().max_clients(1);
    let url = format!("{}/rooms/one", serve(full.router(&IN_ROOM)));
    let _first = stranger(&url).await;
    until("connected", || full.connected() == 1).await;
    assert!(tokio_tungstenite::connect_async(&url).await.is_err());
}

#[tokio::test]
async fn a_side_that_gives_no_sign_of_life_is_left() {
    let limits = Limits::new().dead_after(Duration::from_millis(600));
    let hub = Hub::new().limits(limits.clone());
    let url = serve(hub.router(&IN_ROOM));
    // One that answers pings stays, one that reads nothing at all does not.
    let mut alive = stranger(&format!("{url}/rooms/one")).await;
    let mut dead = stranger(&format!("{url}/rooms/one")).await;
    until("both are there", || hub.connected() == 2).await;
    let reading = tokio::spawn(async move {
        let mut pings = 0;
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(Duration::from_secs(2), alive.next()).await {
            pings += usize::from(frame.is_ping());
            if pings == 8 {
                break;
            }
        }
        (pings, alive)
    });
    until("the dead one is left", || hub.connected() == 1).await;
    let (pings, _alive) = reading.await.unwrap();
    assert_eq!(pings, 8);
    assert_eq!(hub.connected(), 1);
    // It is told why, unless it answers something first.
    assert!(matches!(end(&mut dead).await, None | Some(1011)));
    // A server that answers the upgrade and falls silent.
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            held.push(tokio_tungstenite::accept_async(stream).await);
        }
    });
    let client = ws::connect(url).limits(limits).parameter("room", "one").open().unwrap();
    let _member = client.subscribe(Subscribe::new(&ROOM, "one")).await.unwrap();
    until("it tries again", || connections.load(Ordering::SeqCst) >= 3).await;
}

#[tokio::test]
async fn a_slow_client_is_ended_or_misses_messages_and_others_do_not_notice() {
    for policy in [SlowClient::Disconnect, SlowClient::Skip] {
        let limits = Limits::new().queue(16).write_within(Duration::from_secs(60));
        let hub = Hub::new().limits(limits).slow_client(policy);
        let url = serve(hub.router(&IN_ROOM));
        let client = ws::connect(&url).limits(Limits::new().queue(1)).parameter("room", "one").open().unwrap();
        let mut quick = client.subscribe(Subscribe::new(&ROOM, "one")).await.unwrap();
        let _slow = stranger(&format!("{url}/rooms/one")).await;
        until("both are there", || hub.connected() == 2).await;
        let payload = "x".repeat(100_000);
        let mut published = 0_u64;
        while hub.dropped() < 3 && hub.connected() == 2 {
            hub.publish(Some(&ROOM), "/rooms/one", Message::new(format!("{published} {payload}"))).await.unwrap();
            let came = take(&mut quick).await;
            assert_eq!(text(&came).split(' ').next(), Some(published.to_string().as_str()));
            published += 1;
            assert!(published < 5_000, "nothing is ever too much");
        }
        match policy {
            SlowClient::Disconnect => until("the slow one is ended", || hub.connected() == 1).await,
            SlowClient::Skip => assert_eq!(hub.connected(), 2),
        }
        hub.publish(Some(&ROOM), "/rooms/one", Message::new("last")).await.unwrap();
        assert_eq!(text(&take(&mut quick).await), "last");
        assert!(hub.dropped() > 0);
    }
}

#[tokio::test]
async fn what_is_queued_is_written_before_the_end() {
    let hub = Hub::new();
    let url = serve(hub.router(&IN_ROOM));
    let mut client = stranger(&format!("{url}/rooms/one")).await;
    until("connected", || hub.connected() == 1).await;
    for number in 0..100 {
        hub.publish(Some(&ROOM), "/rooms/one", Message::new(number.to_string())).await.unwrap();
    }
    let closing = hub.clone();
    let closing = tokio::spawn(async move { closing.close(Duration::from_secs(10)).await });
    let (mut texts, mut code) = (Vec::new(), None);
    while let Some(Ok(frame)) = client.next().await {
        match frame {
            Frame::Text(text) => texts.push(text.to_string()),
            Frame::Close(close) => code = close.map(|close| u16::from(close.code)),
            _ => (),
        }
    }
    assert_eq!(texts, (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(code, Some(1001));
    closing.await.unwrap().unwrap();
    // The other way round.
    let hub = Hub::new();
    let url = serve(hub.router(&IN_ROOM));
    let mut member = hub.subscribe(Subscribe::new(&ROOM, "one")).await.unwrap();
    let client = ws::connect(url).open().unwrap();
    let mut publishing = tokio::task::JoinSet::new();
    for number in 0..100 {
        let client = client.clone();
        publishing
            .spawn(async move { client.publish(Some(&ROOM), "/rooms/one", Message::new(number.to_string())).await });
    }
    while let Some(published) = publishing.join_next().await {
        published.unwrap().unwrap();
    }
    client.close(Duration::from_secs(10)).await.unwrap();
    let mut came = BTreeSet::new();
    for _ in 0..100 {
        came.insert(text(&next(&mut member).await.message).parse::<usize>().unwrap());
    }
    assert_eq!(came, (0..100).collect());
    assert!(soon(client.publish(Some(&ROOM), "/rooms/one", Message::new("late"))).await.to_string().contains("closed"));
}

#[tokio::test]
async fn tls_is_trusted_by_its_root_alone() {
    let certificates = Certificates::new();
    let hub = Hub::new();
    let start = |signed: &certificates::Signed| relay::serve_tls(hub.router(&IN_ROOM), signed, &certificates.root());
    let url = start(&certificates.sign("localhost", 2100));
    let client = certificates.sign("ann", 2100);
    let known = ws::connect(&url).tls_root(certificates.root());
    let shown = known.clone().certificate(&client.certificate, &client.key).parameter("room", "one").open().unwrap();
    let mut member = shown.subscribe(Subscribe::new(&ROOM, "one")).await.unwrap();
    hub.publish(Some(&ROOM), "/rooms/one", Message::new("secret")).await.unwrap();
    assert_eq!(text(&take(&mut member).await), "secret");
    assert!(refused(ws::connect(&url).tls_root(Certificates::new().root())).await.to_string().contains("certificate"));
    let expired = refused(ws::connect(start(&certificates.sign("expired", 2021))).tls_root(certificates.root())).await;
    assert!(!expired.transient && expired.to_string().to_lowercase().contains("expired"), "{expired}");
    let missing = ws::connect(&url).tls_root(certificates.folder().join("nothing.pem")).open().err().unwrap();
    assert!(!missing.transient && missing.to_string().contains("nothing.pem"), "{missing}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for_and_not_hammered() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("ws://127.0.0.1:{port}");
    let down = refused(ws::connect(&url)).await;
    assert!(down.transient && down.to_string().contains(&port.to_string()), "{down}");
    let client = ws::connect(&url).publish_within(Duration::from_millis(500)).open().unwrap();
    let PublishError::Transport(late) = soon(client.publish(Some(&ROOM), "/rooms/one", Message::new("x"))).await else {
        panic!("another error")
    };
    assert!(late.transient, "{late}");
    for url in ["http://127.0.0.1", "ws://", "nowhere"] {
        assert!(ws::connect(url).open().is_err_and(|error| !error.transient), "{url}");
    }
    // One that ends every connection at once.
    let knocks = Arc::new(AtomicUsize::new(0));
    let counted = knocks.clone();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(tokio_tungstenite::accept_async(stream).await);
        }
    });
    let client = ws::connect(&url).parameter("room", "one").open().unwrap();
    let _member = client.subscribe(Subscribe::new(&ROOM, "one")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let knocks = knocks.load(Ordering::SeqCst);
    assert!((2..=20).contains(&knocks), "{knocks} connections");
}
