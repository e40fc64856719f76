//! What a webhook receiver answers: hostile requests, other people's signatures, CloudEvents, repeated messages.
#![cfg(all(feature = "webhook-server", feature = "webhook-client", feature = "memory"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tidings_runtime::codegen::routing::{Action, Channel, Dispatch, Failure, Operation, Received, consumer};
use tidings_runtime::consume::Idempotent;
use tidings_runtime::store::idempotency::Memory;
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::webhook::{CloudEvents, Queue, Receiver, Scheme, Secret, Verifier};
use tidings_runtime::{HandlerError, Json, Message, Payload, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

static HOOKS: Channel = Channel::new("hooks", Some("/hooks"));
static ON_HOOK: Operation = Operation::new("onHook", &HOOKS, Action::Receive);
const SECRET: &[u8] = b"a secret that both sides know";

/// Takes any JSON, and keeps what it got.
#[derive(Clone, Default)]
struct Recorder {
    seen: Arc<Mutex<Vec<Message>>>,
    failures: Arc<AtomicUsize>,
}

impl Dispatch for Recorder {
    async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
        Json::from_slice(&received.message().payload).map_err(|error| Failure::Undecodable(error.into()))?;
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(HandlerError::transient("not yet").into());
        }
        self.seen.lock().unwrap().push(received.message().clone());
        Ok(())
    }
}

fn secret() -> Secret {
    Secret::raw(SECRET).unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

async fn serve<D: Dispatch>(receiver: Receiver<D>) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, receiver.into_router()).await.unwrap() });
    address
}

/// Writes a request in pieces with pauses in between; status and all that was answered.
async fn raw(address: &str, pieces: &[Vec<u8>], pause: Duration, hang_up: bool) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    for piece in pieces {
        if stream.write_all(piece).await.is_err() {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    if hang_up {
        let _ = stream.shutdown().await;
    }
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    (answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), answer)
}

/// A whole request at once.
async fn request(address: &str, method: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
    let mut head = format!("{method} /hooks HTTP/1.1\r\nhost: hooks.example\r\nconnection: close\r\n");
    head.push_str(&format!("content-length: {}\r\n", body.len()));
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    raw(address, &[[head.as_bytes(), body].concat()], Duration::ZERO, false).await
}

/// The headers of Standard Webhooks, then others.
fn signed<'h>(id: &'h str, at: &'h str, signature: &'h str, more: &[(&'h str, &'h str)]) -> Vec<(&'h str, &'h str)> {
    let own = [("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", signature)];
    own.into_iter().chain(more.iter().copied()).collect()
}

/// Resident memory of this process in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_requests_are_refused_each_with_the_right_status() {
    let recorder = Recorder::default();
    let receiver = Receiver::new(consumer(&ON_HOOK, recorder.clone()))
        .verify(Verifier::new([secret()]))
        .body_limit(100_000)
        .body_timeout(Duration::from_millis(300))
        .content_type("application/json")
        .idempotent(Memory::new(Duration::from_secs(60)));
    let address = serve(receiver).await;
    let json = [("content-type", "application/json")];
    let at = now();
    let genuine = secret().sign("m1", at, b"{}");
    assert_eq!(request(&address, "POST", &signed("m1", &at.to_string(), &genuine, &json), b"{}").await.0, 204);
    let mut before = 0;
    let mut sent = 0;
    for round in 0..25 {
        if round == 2 {
            before = resident();
        }
        let id = format!("r{round}");
        let time = at.to_string();
        let sign = |body: &[u8], at: u64| secret().sign(&id, at, body);
        let [stale, future] = [at - 1_000, at + 1_000].map(|time| time.to_string());
        let good = sign(b"{}", at);
        let post = async |headers: Vec<(&str, &str)>, body: &[u8]| request(&address, "POST", &headers, body).await.0;
        let huge = vec![b' '; 1_000_000];
        let deep = [vec![b'['; 40_000], vec![b']'; 40_000]].concat();
        let latin = [("content-type", "application/json; charset=iso-8859-1")];
        let text = [("content-type", "text/plain")];
        let unsigned: Vec<(&str, &str)> = vec![("content-type", "application/json")];
        let body_of = |size: usize| format!("\"{}\"", "x".repeat(size)).into_bytes();
        let statuses = [
            (post(unsigned.clone(), b"{}").await, 400, "unsigned"),
            (post(signed(&id, &time, "v1,AAAA", &json), b"{}").await, 401, "wrong"),
            (post(signed(&id, &time, &good, &json), b"{} ").await, 401, "another body"),
            (post(signed("other", &time, &good, &json), b"{}").await, 401, "another id"),
            (post(signed(&id, &stale, &sign(b"{}", at - 1_000), &json), b"{}").await, 400, "stale"),
            (post(signed(&id, &future, &sign(b"{}", at + 1_000), &json), b"{}").await, 400, "future"),
            (post(signed(&id, "now", &good, &json), b"{}").await, 400, "no time"),
            (post(signed("m1", &time, &genuine, &json), b"{}").await, 204, "replayed: answered, not handled"),
            (post(signed(&id, &time, &good, &text), b"{}").await, 415, "another type"),
            (post(signed(&id, &time, &good, &latin), b"{}").await, 415, "another charset"),
            (post(signed(&id, &time, &good, &[]), b"{}").await, 415, "no type"),
            (post(signed(&id, &time, &good, &json), &huge).await, 413, "huge"),
            (post(signed(&id, &time, &sign(b"{", at), &json), b"{").await, 400, "no JSON"),
            (post(signed(&id, &time, &sign(b"\"\xff\"", at), &json), b"\"\xff\"").await, 400, "no UTF-8"),
            (post(signed(&id, &time, &sign(&deep, at), &json), &deep).await, 400, "deep"),
            (post(signed(&id, &time, &"v1,AAAA ".repeat(100), &json), &body_of(50_000)).await, 401, "many signatures"),
            (request(&address, "DELETE", &signed(&id, &time, &good, &json), b"{}").await.0, 405, "another method"),
        ];
        for (status, expected, name) in statuses {
            assert_eq!(status, expected, "{name}");
            sent += 1;
        }
        let head = format!(
            "POST /hooks HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\nwebhook-id: {id}\r\nwebhook-timestamp: {time}\r\nwebhook-signature: {good}\r\n"
        );
        let start = |more: &str| format!("{head}{more}\r\n").into_bytes();
        let truncated = raw(&address, &[start("content-length: 50\r\n"), b"{".to_vec()], Duration::ZERO, true).await.0;
        assert!([0, 400].contains(&truncated), "truncated: {truncated}");
        let slow = [vec![start("transfer-encoding: chunked\r\n")], vec![b"1\r\n{\r\n".to_vec(); 6]].concat();
        assert_eq!(raw(&address, &slow, Duration::from_millis(60), false).await.0, 408, "chunked slowly");
        let chunk = [b"fffff\r\n".to_vec(), vec![b' '; 0xfffff], b"\r\n0\r\n\r\n".to_vec()].concat();
        let chunked = raw(&address, &[start("transfer-encoding: chunked\r\n"), chunk], Duration::ZERO, false).await.0;
        assert!([0, 413].contains(&chunked), "huge and chunked: {chunked}");
        sent += 3;
    }
    assert_eq!(sent, 500);
    assert_eq!(recorder.seen.lock().unwrap().len(), 1, "only the genuine message was handled, once");
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 * 1024, "memory grew by {grown} KiB over 460 requests");
}

#[tokio::test]
async fn a_message_is_handled_once_and_again_only_after_a_failure() {
    let recorder = Recorder::default();
    recorder.failures.store(1, Ordering::SeqCst);
    let receiver = Receiver::new(consumer(&ON_HOOK, recorder.clone())).idempotent(Memory::new(Duration::from_secs(60)));
    let address = serve(receiver).await;
    let mut statuses = Vec::new();
    for id in ["a", "a", "a", "b", "a"] {
        statuses.push(request(&address, "POST", &[("webhook-id", id)], b"{}").await.0);
    }
    assert_eq!(statuses, [503, 204, 204, 204, 204]);
    let ids: Vec<Option<String>> = recorder.seen.lock().unwrap().iter().map(|message| message.id.clone()).collect();
    assert_eq!(ids, [Some("a".to_owned()), Some("b".to_owned())]);
    let (_, answer) = request(&address, "POST", &[("webhook-id", "c")], b"{\"a\":1,\"a\":2}").await;
    assert!(answer.contains("application/problem+json") && answer.contains("\"status\":400"), "{answer}");
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hmac(content: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET);
    hexadecimal(ring::hmac::sign(&key, content).as_ref())
}

#[tokio::test]
async fn signatures_of_other_senders_are_checked() {
    let at = now().to_string();
    let old = (now() - 4_000).to_string();
    let github = format!("sha256={}", hmac(b"{}"));
    let stripe = |at: &str| format!("t={at},v0=00,v1={},v1=00", hmac(format!("{at}.{{}}").as_bytes()));
    let slack = |at: &str| format!("v0={}", hmac(format!("v0:{at}:{{}}").as_bytes()));
    let (stripe_now, stripe_old, slack_now, slack_old) = (stripe(&at), stripe(&old), slack(&at), slack(&old));
    type Case<'c> = (Scheme, Vec<(&'c str, &'c str)>, u16);
    let cases: Vec<Case<'_>> = vec![
        (Scheme::GitHub, vec![("x-hub-signature-256", &github), ("x-github-delivery", "d1")], 204),
        (Scheme::GitHub, vec![("x-hub-signature-256", "sha256=00")], 401),
        (Scheme::GitHub, vec![("x-hub-signature-256", "sha256=é")], 400),
        (Scheme::GitHub, vec![("x-hub-signature", "sha1=00")], 400),
        (Scheme::Stripe, vec![("stripe-signature", &stripe_now)], 204),
        (Scheme::Stripe, vec![("stripe-signature", &stripe_old)], 400),
        (Scheme::Stripe, vec![("stripe-signature", "t=x,v1=00")], 400),
        (Scheme::Stripe, vec![("stripe-signature", "v1=00")], 400),
        (Scheme::Slack, vec![("x-slack-signature", &slack_now), ("x-slack-request-timestamp", &at)], 204),
        (Scheme::Slack, vec![("x-slack-signature", &slack_old), ("x-slack-request-timestamp", &old)], 400),
        (Scheme::Slack, vec![("x-slack-signature", &slack_now), ("x-slack-request-timestamp", &old)], 400),
        (Scheme::Slack, vec![("x-slack-signature", &slack_now)], 400),
        (Scheme::Slack, vec![("x-slack-signature", "v0=0"), ("x-slack-request-timestamp", &at)], 401),
    ];
    for (scheme, headers, expected) in cases {
        let recorder = Recorder::default();
        let receiver = Receiver::new(consumer(&ON_HOOK, recorder.clone())).verify(Verifier::of(scheme, [secret()]));
        let address = serve(receiver).await;
        let (status, answer) = request(&address, "POST", &headers, b"{}").await;
        assert_eq!(status, expected, "{scheme:?} {headers:?} {answer}");
        let seen = recorder.seen.lock().unwrap();
        assert_eq!(seen.len(), usize::from(expected == 204));
        if scheme == Scheme::GitHub && expected == 204 {
            assert_eq!(seen[0].id.as_deref(), Some("d1"));
        }
    }
}

#[tokio::test]
async fn cloud_events_come_binary_or_structured_and_not_in_batches() {
    let recorder = Recorder::default();
    let events = CloudEvents::new().allow_origin("events.example").rate(120);
    let address = serve(Receiver::new(consumer(&ON_HOOK, recorder.clone())).cloud_events(events)).await;
    let binary = [("ce-specversion", "1.0"), ("ce-id", "e1"), ("ce-source", "/shop"), ("ce-type", "order.placed")];
    let subject = [binary.as_slice(), &[("ce-subject", "Z%C3%BCrich"), ("content-type", "application/json")]].concat();
    assert_eq!(request(&address, "POST", &subject, b"{\"n\":1}").await.0, 204);
    let structured = [("content-type", "application/cloudevents+json; charset=utf-8")];
    let whole = br#"{"specversion":"1.0","id":"e2","source":"/shop","type":"t","sequence":7,"data":{"n":2}}"#;
    assert_eq!(request(&address, "POST", &structured, whole).await.0, 204);
    let encoded = br#"{"specversion":"1.0","id":"e3","source":"/shop","type":"t","data_base64":"eyJuIjozfQ=="}"#;
    assert_eq!(request(&address, "POST", &structured, encoded).await.0, 204);
    {
        let seen = recorder.seen.lock().unwrap();
        let facts: Vec<(&str, &[u8])> =
            seen.iter().map(|message| (message.id.as_deref().unwrap(), message.payload.as_ref())).collect();
        assert_eq!(facts, [("e1", &b"{\"n\":1}"[..]), ("e2", b"{\"n\":2}"), ("e3", b"{\"n\":3}")]);
        assert_eq!(seen[0].headers.get_str("ce-subject"), Some("Zürich"));
        assert_eq!(seen[1].headers.get_str("ce-sequence"), Some("7"));
        assert_eq!(seen[1].content_type.as_deref(), Some("application/json"));
    }
    type Refused<'c> = (&'c [(&'c str, &'c str)], &'c [u8], u16);
    let refused: [Refused<'_>; 9] = [
        (&[("content-type", "application/cloudevents-batch+json")], b"[]", 415),
        (&[("content-type", "application/cloudevents+avro")], b"", 415),
        (&[("content-type", "application/json")], b"{}", 400),
        (&binary[..3], b"{}", 400),
        (&[("ce-specversion", "0.3"), ("ce-id", "e"), ("ce-source", "s"), ("ce-type", "t")], b"{}", 400),
        (&structured, b"[]", 400),
        (&structured, br#"{"specversion":"1.0","id":"e","source":"s"}"#, 400),
        (&structured, br#"{"specversion":"1.0","id":"e","source":"s","type":"t","data":1,"data_base64":"MQ=="}"#, 400),
        (&structured, br#"{"specversion":"1.0","id":"e","source":"s","type":{"a":1},"data":1}"#, 400),
    ];
    for (headers, body, status) in refused {
        let (answered, answer) = request(&address, "POST", headers, body).await;
        assert_eq!(answered, status, "{headers:?} {answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
    let handshake = [("webhook-request-origin", "events.example"), ("webhook-request-rate", "1000")];
    let (status, answer) = request(&address, "OPTIONS", &handshake, b"").await;
    assert_eq!(status, 200);
    assert!(answer.contains("webhook-allowed-origin: events.example\r\nwebhook-allowed-rate: 120"), "{answer}");
    assert_eq!(request(&address, "OPTIONS", &[("webhook-request-origin", "evil.example")], b"").await.0, 403);
    assert_eq!(request(&address, "OPTIONS", &[], b"").await.0, 400);
    assert_eq!(recorder.seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_queue_answers_once_the_broker_has_the_message_and_a_service_handles_it() {
    let broker = Broker::default();
    let recorder = Recorder::default();
    let service = Service::new(broker.clone()).consumer(consumer(&ON_HOOK, recorder.clone()));
    let running = service.start().await.unwrap();
    let queued = consumer(&ON_HOOK, Recorder::default()).layer(Queue::new(broker.clone()).checked::<Json>());
    let address = serve(Receiver::new(queued).verify(Verifier::new([secret()]))).await;
    let at = now();
    for (id, body, status) in [("q1", &b"{\"n\":1}"[..], 204), ("q2", b"{", 400), ("q3", b"3", 204)] {
        let signature = secret().sign(id, at, body);
        assert_eq!(request(&address, "POST", &signed(id, &at.to_string(), &signature, &[]), body).await.0, status);
    }
    let summary = running.shutdown().await.unwrap();
    assert_eq!(recorder.seen.lock().unwrap().len(), 2, "{summary:?}");
    let running = Service::new(broker).start().await.unwrap();
    running.shutdown().await.unwrap();
    // The broker is closed now: nothing is taken that is not kept.
    let signature = secret().sign("q4", at, b"4");
    assert_eq!(request(&address, "POST", &signed("q4", &at.to_string(), &signature, &[]), b"4").await.0, 503);
}

/// Takes longer than the lease of its message.
struct Slow(Arc<AtomicUsize>);

impl Dispatch for Slow {
    async fn dispatch(&self, _: &Received) -> Result<(), Failure> {
        self.0.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(900)).await;
        Ok(())
    }
}

#[tokio::test]
async fn a_message_stays_claimed_while_its_handler_runs() {
    let handled = Arc::new(AtomicUsize::new(0));
    let idempotent = Idempotent::new(Memory::new(Duration::from_secs(60))).lease(Duration::from_millis(150));
    let address = serve(Receiver::new(consumer(&ON_HOOK, Slow(Arc::clone(&handled)))).idempotent(idempotent)).await;
    let first = tokio::spawn({
        let address = address.clone();
        async move { request(&address, "POST", &[("webhook-id", "a")], b"{}").await.0 }
    });
    // Six leases long, the sender tries again.
    let mut statuses = Vec::new();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        statuses.push(request(&address, "POST", &[("webhook-id", "a")], b"{}").await.0);
    }
    assert_eq!(statuses, [409, 409, 409]);
    assert_eq!(first.await.unwrap(), 204);
    assert_eq!(request(&address, "POST", &[("webhook-id", "a")], b"{}").await.0, 204);
    assert_eq!(handled.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn addresses_that_look_like_patterns_of_the_router_are_addresses() {
    static ODD: Channel = Channel::new("odd", Some("/:a/*b"));
    static ON_ODD: Operation = Operation::new("onOdd", &ODD, Action::Receive);
    let recorder = Recorder::default();
    let address = serve(Receiver::new(consumer(&ON_ODD, recorder.clone()))).await;
    let text = "POST /:a/*b HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
    assert_eq!(raw(&address, &[text.as_bytes().to_vec()], Duration::ZERO, false).await.0, 204);
    let other = text.replace(":a", "x");
    assert_eq!(raw(&address, &[other.into_bytes()], Duration::ZERO, false).await.0, 404);
}
