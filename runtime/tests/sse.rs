//! Server-sent events: cut connections, gaps, slow clients, and streams as others write them.
#![cfg(all(feature = "sse-server", feature = "sse-client"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;
use tidings_runtime::codegen::routing::{Action, Channel, Operation};
use tidings_runtime::message::{SecurityKind, SecurityScheme};
use tidings_runtime::security::Guard;
use tidings_runtime::sse::{Event, EventLog, EventSource, EventSourceError, SlowClient};
use tidings_runtime::webhook::Destinations;
use tidings_runtime::{Backoff, Json, Message, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

static PRICES: Channel = Channel::new("prices", Some("/prices/{symbol}"));
static SHOW_PRICES: Operation = Operation::new("showPrices", &PRICES, Action::Send);

fn source(url: &str) -> EventSource {
    let retry = Backoff::exponential(Duration::from_millis(1)).max_delay(Duration::from_millis(5));
    EventSource::within(url, &Destinations::anywhere()).unwrap().retry(retry)
}

async fn serve(log: &EventLog) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = log.router(&SHOW_PRICES);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Passes each connection on to `server`, and cuts it after so many bytes of the answer; the last one is not cut.
async fn cutter(server: String, cuts: Vec<usize>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut cuts = cuts.into_iter();
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut left = cuts.next().unwrap_or(usize::MAX);
            let server = server.clone();
            tokio::spawn(async move {
                let mut upstream = TcpStream::connect(&server).await.unwrap();
                let mut request = vec![0; 4096];
                let length = client.read(&mut request).await.unwrap();
                upstream.write_all(&request[..length]).await.unwrap();
                let mut piece = vec![0; 512];
                while left > 0 {
                    let length = upstream.read(&mut piece).await.unwrap().min(left);
                    if length == 0 || client.write_all(&piece[..length]).await.is_err() {
                        break;
                    }
                    left -= length;
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn a_client_that_is_cut_a_hundred_times_misses_nothing_and_gets_nothing_twice() {
    let log = EventLog::new().capacity(2_000).keep_alive(Duration::from_millis(20));
    let cuts = (0..100).map(|number| 200 + number * 13).collect();
    let url = format!("http://{}/prices/acme", cutter(serve(&log).await, cuts).await);
    let mut source = source(&url);
    // The first event says where the client stands; all that is cut after that is made up for.
    let publishing = tokio::spawn({
        let log = log.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(200)).await;
            for number in 0..1_000 {
                let message = Message::new(format!("{{\r\n\"n\":{number}}}")).with_content_type("application/json");
                log.publish(Some(&PRICES), "/prices/acme", message).await.unwrap();
                log.publish(Some(&PRICES), "/prices/other", Message::new("{}")).await.unwrap();
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    let mut numbers = Vec::new();
    while numbers.len() < 1_000 {
        let next = tokio::time::timeout(Duration::from_secs(20), source.next_payload::<Json>()).await;
        let next = next.unwrap_or_else(|_| panic!("nothing after {:?}", numbers.last()));
        numbers.push(next.unwrap().unwrap().1["n"].as_u64().unwrap());
    }
    publishing.await.unwrap();
    assert_eq!(numbers, (0..1_000).collect::<Vec<u64>>());
    log.close(Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn a_client_is_told_of_what_is_gone() {
    let log = EventLog::new().capacity(3);
    let url = format!("http://{}/prices/acme", serve(&log).await);
    let mut first = None;
    for number in 0..10 {
        let receipt = log.publish(Some(&PRICES), "/prices/acme", Message::new(number.to_string())).await.unwrap();
        first = first.or(receipt.position);
    }
    // From the start of the log, of another log, and from where nothing is missing.
    for id in [first.as_deref().unwrap(), "another-3"] {
        let mut source = source(&url).after(id);
        assert!(matches!(source.next().await, Err(EventSourceError::Gap)), "{id}");
        let numbers = [source.next().await, source.next().await, source.next().await];
        let numbers = numbers.map(|event| event.unwrap().unwrap().data);
        assert_eq!(numbers, ["7", "8", "9"], "{id}");
        assert!(source.last_event_id().ends_with("-10"));
    }
    let seven = first.unwrap().replace("-1", "-7");
    assert_eq!(source(&url).after(seven).next().await.unwrap().unwrap().data, "7");
    let refused = [&b"\xff"[..], b"a\rb"];
    for payload in refused {
        let message = Message::new(payload).with_content_type("text/plain");
        assert!(log.publish(Some(&PRICES), "/prices/acme", message).await.is_err());
    }
}

#[tokio::test]
async fn a_slow_client_is_disconnected_or_skips_and_costs_no_memory() {
    for policy in [SlowClient::Disconnect, SlowClient::Skip] {
        let log = EventLog::new().capacity(10).slow_client(policy);
        let mut slow = TcpStream::connect(serve(&log).await).await.unwrap();
        slow.write_all(b"GET /prices/acme HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut head = vec![0; 64];
        slow.read_exact(&mut head).await.unwrap();
        // More than the buffers of the connection hold.
        for _ in 0..400 {
            let big = Message::new(format!("\"{}\"", "x".repeat(50_000)));
            log.publish(Some(&PRICES), "/prices/acme", big).await.unwrap();
            tokio::task::yield_now().await;
        }
        log.close(Duration::ZERO).await.unwrap();
        let mut rest = Vec::new();
        tokio::time::timeout(Duration::from_secs(10), slow.read_to_end(&mut rest)).await.ok();
        assert!(rest.len() < 400 * 50_000);
        let told = String::from_utf8_lossy(&rest).contains("tidings.gap");
        assert_eq!(told, policy == SlowClient::Skip);
    }
}

/// Answers each connection with one of these, whole.
async fn answers(texts: Vec<String>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for text in texts {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            // One byte at a time: no cut may matter.
            for byte in text.as_bytes() {
                stream.write_all(&[*byte]).await.unwrap();
            }
        }
    });
    url
}

#[tokio::test]
async fn streams_are_read_as_the_standard_says() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n";
    let body = "\u{feff}: a comment\r\nretry: 1\r\nid: 1\r\ndata: a\r\ndata:  b\r\n\r\nevent: named\rdata:c\r\rid\ndata\n\nevent: no data\n\ndata: \u{1f600}\nunknown: x\nid: 2\0\n\ndata: half";
    let text = format!("{head}{body}");
    let unavailable = "HTTP/1.1 503 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
    let gone = "HTTP/1.1 204 No\r\nconnection: close\r\n\r\n".to_owned();
    let mut reading = source(&answers(vec![unavailable, text, gone]).await);
    let mut events = Vec::new();
    while let Some(event) = reading.next().await.unwrap() {
        events.push(event);
    }
    let event = |id: &str, name: &str, data: &str| Event { id: id.into(), name: name.into(), data: data.into() };
    let expected = [
        event("1", "message", "a\n b"),
        event("1", "named", "c"),
        event("", "message", ""),
        event("", "message", "\u{1f600}"),
    ];
    assert_eq!(events, expected);
    let forbidden = "HTTP/1.1 403 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
    assert!(matches!(source(&answers(vec![forbidden]).await).next().await, Err(EventSourceError::Refused(403))));
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n".to_owned();
    assert!(matches!(source(&answers(vec![page]).await).next().await, Err(EventSourceError::NoEvents)));
    let endless = format!("{head}data: {}", "x".repeat(5_000_000));
    assert!(matches!(source(&answers(vec![endless]).await).next().await, Err(EventSourceError::TooLarge)));
    assert!(EventSource::new("http://127.0.0.1/").is_err());
}

#[cfg(feature = "sse-store")]
#[tokio::test]
async fn a_log_that_is_kept_goes_on_where_its_program_ended() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("log.db").display());
    let text = |number: usize| Message::new(number.to_string());
    let log = EventLog::open(&url, "prices").await.unwrap().capacity(5);
    let address = serve(&log).await;
    let mut reading = source(&format!("http://{address}/prices/acme"));
    // The first connection is made, and says where it stands, before anything is published.
    let first = tokio::spawn(async move {
        let first = reading.next().await.unwrap().unwrap();
        (first, reading.last_event_id().to_owned())
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    log.publish(Some(&PRICES), "/prices/acme", text(1)).await.unwrap();
    let (event, last) = first.await.unwrap();
    assert_eq!(event.data, "1");
    for number in 2..=4 {
        log.publish(Some(&PRICES), "/prices/acme", text(number)).await.unwrap();
    }
    log.close(Duration::ZERO).await.unwrap();
    assert!(log.publish(Some(&PRICES), "/prices/acme", text(5)).await.is_err());
    drop(log);

    // The next run of the program: the client has missed nothing, and is told nothing twice.
    let log = EventLog::open(&url, "prices").await.unwrap().capacity(5);
    log.publish(Some(&PRICES), "/prices/acme", text(5)).await.unwrap();
    let address = serve(&log).await;
    let mut reading = source(&format!("http://{address}/prices/acme")).after(last);
    for number in 2..=5 {
        assert_eq!(reading.next().await.unwrap().unwrap().data, number.to_string());
    }
    // A second program that writes to the same log is refused rather than heard in another order.
    let second = EventLog::open(&url, "prices").await.unwrap();
    log.publish(Some(&PRICES), "/prices/acme", text(6)).await.unwrap();
    assert!(second.publish(Some(&PRICES), "/prices/acme", text(7)).await.is_err());
    // What the log has no room for is gone from the database, too.
    log.publish(Some(&PRICES), "/prices/acme", text(7)).await.unwrap();
    log.close(Duration::ZERO).await.unwrap();
    let log = EventLog::open(&url, "prices").await.unwrap();
    let address = serve(&log).await;
    let mut reading = source(&format!("http://{address}/prices/acme")).after("another-1");
    assert!(matches!(reading.next().await, Err(EventSourceError::Gap)));
    for number in 3..=7 {
        assert_eq!(reading.next().await.unwrap().unwrap().data, number.to_string());
    }
}

#[tokio::test]
async fn a_feed_asks_for_what_the_document_says() {
    static SECRET_PRICES: Operation = Operation::new("showPrices", &PRICES, Action::Send)
        .with_security(&[&[SecurityScheme::new("customer", SecurityKind::Bearer)]]);
    for (guard, token, expected) in [
        (Guard::new(), "t", 401),
        (Guard::new().key("customer", "t"), "u", 401),
        (Guard::new().key("customer", "t"), "t", 200),
    ] {
        let log = EventLog::new().guard(guard);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/prices/acme", listener.local_addr().unwrap());
        let router = log.router(&SECRET_PRICES);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let mut reading = source(&url).bearer(token).unwrap();
        let answer = tokio::time::timeout(Duration::from_millis(500), reading.next()).await;
        match answer {
            Ok(Err(EventSourceError::Refused(status))) => assert_eq!(status, expected),
            Err(_) => assert_eq!(expected, 200, "it waits for the first event"),
            other => panic!("{other:?}"),
        }
    }
}
