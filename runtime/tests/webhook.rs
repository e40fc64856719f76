//! Webhooks: the vectors of Standard Webhooks, what a receiver refuses, and a sender that tries again.
#![cfg(all(feature = "webhook-server", feature = "webhook-client", feature = "memory"))]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tidings_runtime::codegen::routing::{Action, Channel, Dispatch, Failure, Operation, Received, consumer};
use tidings_runtime::webhook::{
    Destinations, PublicKey, Receiver, Secret, Sender, SignatureError, Signed, SigningKey, Verifier,
};
use tidings_runtime::{Backoff, HandlerError, Message, Transport};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
const AT: u64 = 1_649_367_553;
const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

static HOOKS: Channel = Channel::new("hooks", Some("/hooks/{tenant}"));
static ON_HOOK: Operation = Operation::new("onHook", &HOOKS, Action::Receive);

fn secret(text: &str) -> Secret {
    Secret::parse(text).unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn the_published_vector_holds() {
    assert_eq!(secret(SECRET).sign(ID, AT, BODY), SIGNATURE);
    assert_eq!(secret(SECRET).reveal(), SECRET);
    assert!(!format!("{:?}", secret(SECRET)).contains("C2FV"));
    assert!(Secret::parse("whsec_").is_err());
    assert!(Secret::parse("whsec_!").is_err());
    assert_ne!(Secret::generate().unwrap().reveal(), Secret::generate().unwrap().reveal());
}

#[test]
fn only_genuine_messages_pass() {
    let verifier = Verifier::new([secret("whsec_b2xkIG9sZCBvbGQgb2xkIG9sZA=="), secret(SECRET)]);
    let timestamp = AT.to_string();
    let genuine = Signed { id: Some(ID), timestamp: Some(&timestamp), signature: Some(SIGNATURE) };
    let several = format!("v1a,abc v1,AAAA {SIGNATURE} v2,x");
    let dotted = secret(SECRET).sign("a.b", AT, BODY);
    let unversioned = SIGNATURE.trim_start_matches("v1,");
    let upper = SIGNATURE.replace("v1", "V1");
    type Case<'c> = (&'c str, Signed<'c>, &'c [u8], u64, Result<(), SignatureError>);
    let cases: [Case<'_>; 16] = [
        ("right", genuine, BODY, AT, Ok(())),
        ("one of several", Signed { signature: Some(&several), ..genuine }, BODY, AT, Ok(())),
        ("late but in time", genuine, BODY, AT + 300, Ok(())),
        ("stale", genuine, BODY, AT + 301, Err(SignatureError::Stale)),
        ("early but in time", genuine, BODY, AT - 300, Ok(())),
        ("future", genuine, BODY, AT - 301, Err(SignatureError::Future)),
        ("changed body", genuine, b"{}", AT, Err(SignatureError::Mismatch)),
        ("changed id", Signed { id: Some("msg_other"), ..genuine }, BODY, AT, Err(SignatureError::Mismatch)),
        ("changed time", Signed { timestamp: Some("1649367554"), ..genuine }, BODY, AT, Err(SignatureError::Mismatch)),
        ("no id", Signed { id: None, ..genuine }, BODY, AT, Err(SignatureError::Missing("webhook-id"))),
        ("empty id", Signed { id: Some(""), ..genuine }, BODY, AT, Err(SignatureError::Missing("webhook-id"))),
        (
            "empty signature",
            Signed { signature: Some(""), ..genuine },
            BODY,
            AT,
            Err(SignatureError::Missing("webhook-signature")),
        ),
        ("unversioned", Signed { signature: Some(unversioned), ..genuine }, BODY, AT, Err(SignatureError::Mismatch)),
        ("other version", Signed { signature: Some(&upper), ..genuine }, BODY, AT, Err(SignatureError::Mismatch)),
        ("signed time", Signed { timestamp: Some("+1649367553"), ..genuine }, BODY, AT, Err(SignatureError::Timestamp)),
        (
            "full stop in the id",
            Signed { id: Some("a.b"), signature: Some(&dotted), ..genuine },
            BODY,
            AT,
            Err(SignatureError::Id),
        ),
    ];
    for (name, signed, body, at, expected) in cases {
        assert_eq!(verifier.verify_at(signed, body, at), expected, "{name}");
    }
    let key = SigningKey::generate().unwrap();
    assert_eq!(SigningKey::parse(&key.reveal()).unwrap().public_key(), key.public_key());
    let public = PublicKey::parse(&key.public_key().reveal()).unwrap();
    let both = format!("v1,AAAA {}", key.sign(ID, AT, BODY));
    let signed = Signed { signature: Some(&both), ..genuine };
    assert_eq!(Verifier::new([]).public_key(public.clone()).verify_at(signed, BODY, AT), Ok(()));
    assert_eq!(
        Verifier::new([]).public_key(public.clone()).verify_at(signed, b"{}", AT),
        Err(SignatureError::Mismatch)
    );
    let other = SigningKey::generate().unwrap().sign(ID, AT, BODY);
    let signed = Signed { signature: Some(&other), ..genuine };
    assert_eq!(Verifier::new([]).public_key(public).verify_at(signed, BODY, AT), Err(SignatureError::Mismatch));
    assert!(SigningKey::parse("whsk_AAAA").is_err());
    assert!(PublicKey::parse("whpk_AAAA").is_err());
    assert_eq!(Verifier::new([]).verify_at(genuine, BODY, AT), Err(SignatureError::Mismatch));
}

/// Another implementation of the standard, from the registry: what one signs the other believes, and nothing else.
#[test]
fn an_independent_implementation_agrees() {
    // It knows the time by itself, and takes what is signed now.
    let other = standardwebhooks::Webhook::new(SECRET).unwrap();
    let at = now();
    for body in [&b"{}"[..], BODY, b"", "{\"\u{e9}\":1}".as_bytes()] {
        let ours = secret(SECRET).sign(ID, at, body);
        let theirs = other.sign(ID, at.try_into().unwrap(), body).unwrap();
        assert_eq!(ours, theirs);
        let timestamp = at.to_string();
        let signed = Signed { id: Some(ID), timestamp: Some(&timestamp), signature: Some(&theirs) };
        assert_eq!(Verifier::new([secret(SECRET)]).verify(signed, body), Ok(()));
        let believes = |signature: &str, body: &[u8]| {
            let mut headers = axum::http::HeaderMap::new();
            for (name, value) in
                [("webhook-id", ID), ("webhook-timestamp", &timestamp), ("webhook-signature", signature)]
            {
                headers.insert(name, value.parse().unwrap());
            }
            other.verify(body, &headers).is_ok()
        };
        assert!(believes(&ours, body));
        assert!(!believes(&ours, b"another body"));
        assert!(!believes(&Secret::generate().unwrap().sign(ID, at, body), body));
    }
}

/// Address, id and payload of a message.
type Seen = (String, Option<String>, Vec<u8>);

/// Keeps what it got, after failing a number of times.
#[derive(Clone, Default)]
struct Recorder {
    failures: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Dispatch for Recorder {
    async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
        let message = received.message();
        if message.payload.starts_with(b"bad") {
            return Err(Failure::Undecodable("/: type: expected object".to_owned().into()));
        }
        if message.payload.starts_with(b"panic") {
            panic!("a handler's own fault");
        }
        if message.payload.starts_with(b"never") {
            return Err(HandlerError::permanent("no").into());
        }
        self.seen.lock().unwrap().push((received.address().to_owned(), message.id.clone(), message.payload.to_vec()));
        if self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(HandlerError::transient("not yet").into());
        }
        Ok(())
    }
}

/// A sender that may reach this machine.
fn local(url: &str) -> Sender {
    Sender::new(url).unwrap().destinations(Destinations::anywhere()).unwrap()
}

/// Serves a receiver on a free loopback port; its URL.
async fn serve(recorder: Recorder, verifier: Option<Verifier>) -> String {
    let mut receiver = Receiver::new(consumer(&ON_HOOK, recorder)).body_limit(1_000);
    if let Some(verifier) = verifier {
        receiver = receiver.verify(verifier);
    }
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, receiver.into_router()).await.unwrap() });
    url
}

#[tokio::test]
async fn a_sender_tries_again_with_one_id_until_the_receiver_takes_it() {
    let recorder = Recorder::default();
    recorder.failures.store(2, Ordering::SeqCst);
    // The receiver knows the new secret only, the sender signs with both.
    let url = serve(recorder.clone(), Some(Verifier::new([secret(SECRET)]))).await;
    let sender = local(&url)
        .secret(secret("whsec_b2xkIG9sZCBvbGQgb2xkIG9sZA=="))
        .secret(secret(SECRET))
        .retry(Backoff::exponential(Duration::from_millis(1)).jitter(0.0).max_attempts(5));
    let message = Message::new(&b"{}"[..]).with_id("order-7").with_content_type("application/json");
    sender.publish(Some(&HOOKS), "/hooks/acme", message).await.unwrap();
    let seen = recorder.seen.lock().unwrap().clone();
    let expected = ("/hooks/acme".to_owned(), Some("order-7".to_owned()), b"{}".to_vec());
    assert_eq!(seen, vec![expected.clone(), expected.clone(), expected]);
}

#[tokio::test]
async fn a_sender_gives_up_and_says_why() {
    let url = serve(Recorder::default(), Some(Verifier::new([secret(SECRET)]))).await;
    let sender = local(&url).retry(Backoff::exponential(Duration::from_millis(1)).max_attempts(2));
    let error = sender.publish(None, "/hooks/acme", Message::new(&b"{}"[..])).await.unwrap_err();
    assert!(error.to_string().contains("400"), "{error}");
    let nobody = local("http://127.0.0.1:1").retry(Backoff::exponential(Duration::from_millis(1)).max_attempts(2));
    assert!(nobody.publish(None, "/", Message::new(&b"{}"[..])).await.is_err());
    assert!(Sender::new("ftp://example.com").is_err());
    assert!(Sender::new("hooks").is_err());
}

#[tokio::test]
async fn a_receiver_answers_every_request() {
    let recorder = Recorder::default();
    let url = serve(recorder.clone(), Some(Verifier::new([secret(SECRET)]))).await;
    // Making a sender installs the crypto provider that the client of this test needs, too.
    local(&url);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |path: &str, body: &[u8], at: u64, id: &str, signature: Option<String>| {
        let request =
            client.post(format!("{url}{path}")).header("webhook-id", id).header("webhook-timestamp", at.to_string());
        let request = match signature {
            Some(signature) => request.header("webhook-signature", signature),
            None => request,
        };
        request.body(body.to_vec()).send().await.unwrap().status().as_u16()
    };
    let sign = |body: &[u8], at: u64| Some(secret(SECRET).sign("m1", at, body));
    let at = now();
    assert_eq!(post("/hooks/acme", b"ok", at, "m1", sign(b"ok", at)).await, 204);
    assert_eq!(post("/hooks/acme", b"no", at, "m1", sign(b"ok", at)).await, 401);
    assert_eq!(post("/hooks/acme", b"ok", at, "m2", sign(b"ok", at)).await, 401);
    assert_eq!(post("/hooks/acme", b"ok", at, "m1", None).await, 400);
    assert_eq!(post("/hooks/acme", b"ok", at - 1_000, "m1", sign(b"ok", at - 1_000)).await, 400);
    assert_eq!(post("/hooks/acme", b"ok", at + 1_000, "m1", sign(b"ok", at + 1_000)).await, 400);
    assert_eq!(post("/hooks/acme", b"bad", at, "m1", sign(b"bad", at)).await, 400);
    assert_eq!(post("/hooks/acme", b"never", at, "m1", sign(b"never", at)).await, 422);
    assert_eq!(post("/hooks/acme", b"panic", at, "m1", sign(b"panic", at)).await, 503);
    assert_eq!(post("/hooks/a%2Fb", b"ok", at, "m1", sign(b"ok", at)).await, 404);
    assert_eq!(post("/other", b"ok", at, "m1", sign(b"ok", at)).await, 404);
    let huge = vec![b'x'; 1_001];
    assert_eq!(post("/hooks/acme", &huge, at, "m1", sign(&huge, at)).await, 413);
    assert_eq!(client.get(format!("{url}/hooks/acme")).send().await.unwrap().status().as_u16(), 405);
    assert_eq!(recorder.seen.lock().unwrap().len(), 1);
}
