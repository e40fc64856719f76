//! Credentials on routes: for each kind of scheme what is taken, and what is refused with which status.
#![cfg(all(feature = "webhook-server", feature = "webhook-client", feature = "memory"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use ring::{hmac, rand::SystemRandom};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tidings_runtime::codegen::routing::{Action, Channel, Dispatch, Failure, Operation, Received, consumer};
use tidings_runtime::message::{SecurityKind, SecurityScheme};
use tidings_runtime::security::{Guard, KeysError, Tokens};
use tidings_runtime::webhook::{Destinations, Receiver};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

static HOOKS: Channel = Channel::new("hooks", Some("/hooks"));

struct Taken;

impl Dispatch for Taken {
    async fn dispatch(&self, _: &Received) -> Result<(), Failure> {
        Ok(())
    }
}

/// Serves an operation that asks for these schemes; its address.
async fn serve(security: &'static [&'static [SecurityScheme]], guard: Option<Guard>) -> String {
    let operation = Box::leak(Box::new(Operation::new("onHook", &HOOKS, Action::Receive).with_security(security)));
    let receiver = Receiver::new(consumer(operation, Taken));
    let receiver = match guard {
        Some(guard) => receiver.guard(guard),
        None => receiver,
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, receiver.into_router()).await.unwrap() });
    address
}

/// Posts with these header lines; the status and all that was answered.
async fn post(address: &str, path: &str, lines: &[String]) -> (u16, String) {
    let mut text = format!("POST {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 2\r\n");
    for line in lines {
        text.push_str(&format!("{line}\r\n"));
    }
    text.push_str("\r\n{}");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

async fn check(address: &str, cases: &[(&str, &str, &[&str], u16)]) {
    for (name, path, lines, expected) in cases {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let (status, answer) = post(address, path, &lines).await;
        assert_eq!(status, *expected, "{name}: {answer}");
        assert_eq!(answer.contains("application/problem+json"), *expected != 204, "{name}");
    }
}

#[tokio::test]
async fn keys_and_passwords() {
    static HEADER: &[&[SecurityScheme]] = &[&[SecurityScheme::new("partner", SecurityKind::HeaderKey("x-api-key"))]];
    let guard =
        Guard::new().key("partner", "one").key("partner", "two").key("other", "three").user("partner", "a", "b");
    assert!(!format!("{guard:?}").contains("one\""), "no secret is shown");
    check(
        &serve(HEADER, Some(guard)).await,
        &[
            ("right", "/hooks", &["X-API-Key: one"], 204),
            ("the next one", "/hooks", &["x-api-key: two"], 204),
            ("of another scheme", "/hooks", &["x-api-key: three"], 401),
            ("a password is no key", "/hooks", &["x-api-key: a:b"], 401),
            ("missing", "/hooks", &[], 401),
            ("empty", "/hooks", &["x-api-key:"], 401),
            ("a part", "/hooks", &["x-api-key: on"], 401),
            ("more", "/hooks", &["x-api-key: onee"], 401),
            ("twice", "/hooks", &["x-api-key: one", "x-api-key: one"], 401),
            ("elsewhere", "/hooks?x-api-key=one", &[], 401),
        ],
    )
    .await;

    static QUERY: &[&[SecurityScheme]] = &[&[SecurityScheme::new("partner", SecurityKind::QueryKey("api key"))]];
    check(
        &serve(QUERY, Some(Guard::new().key("partner", "o+ne"))).await,
        &[
            ("right", "/hooks?a=b&api+key=o%2Bne", &[], 204),
            ("not decoded", "/hooks?api+key=o+ne", &[], 401),
            ("twice", "/hooks?api+key=o%2Bne&api%20key=x", &[], 401),
            ("no text", "/hooks?api+key=%ff", &[], 401),
            ("missing", "/hooks", &[], 401),
        ],
    )
    .await;

    static COOKIE: &[&[SecurityScheme]] = &[&[SecurityScheme::new("session", SecurityKind::CookieKey("sid"))]];
    check(
        &serve(COOKIE, Some(Guard::new().key("session", "one"))).await,
        &[
            ("right", "/hooks", &["cookie: a=b; sid=one"], 204),
            ("quoted", "/hooks", &["cookie: sid=\"one\""], 204),
            ("wrong", "/hooks", &["cookie: sid=two"], 401),
            ("twice", "/hooks", &["cookie: sid=one; sid=one"], 401),
        ],
    )
    .await;

    static BASIC: &[&[SecurityScheme]] = &[&[SecurityScheme::new("ops", SecurityKind::Basic)]];
    let address = serve(BASIC, Some(Guard::new().user("ops", "ann", "pa:ss").key("ops", "ann:key"))).await;
    let basic = |text: &str| format!("authorization: Basic {}", STANDARD.encode(text));
    for (text, expected) in [("ann:pa:ss", 204), ("ann:pa", 401), ("bob:pa:ss", 401), ("ann:key", 401), ("", 401)] {
        assert_eq!(post(&address, "/hooks", &[basic(text)]).await.0, expected, "{text}");
    }
    assert!(post(&address, "/hooks", &[]).await.1.contains("www-authenticate: Basic"));
    assert_eq!(post(&address, "/hooks", &["authorization: Basic !!".to_owned()]).await.0, 401);

    static CERTIFICATE: &[&[SecurityScheme]] = &[&[SecurityScheme::new("mesh", SecurityKind::Certificate)]];
    let told = Guard::new().certificate_by_proxy("mesh", "x-client-subject", "CN=shop");
    check(
        &serve(CERTIFICATE, Some(told)).await,
        &[
            ("right", "/hooks", &["x-client-subject: CN=shop"], 204),
            ("another", "/hooks", &["x-client-subject: CN=shops"], 401),
            ("twice", "/hooks", &["x-client-subject: CN=shop", "x-client-subject: CN=shop"], 401),
        ],
    )
    .await;
    let untold = serve(CERTIFICATE, Some(Guard::new().key("mesh", "CN=shop"))).await;
    check(&untold, &[("not told so", "/hooks", &["x-client-subject: CN=shop"], 401)]).await;
}

#[tokio::test]
async fn lists_are_all_met_and_alternatives_one_of_each() {
    const A: SecurityScheme = SecurityScheme::new("a", SecurityKind::HeaderKey("a"));
    const B: SecurityScheme = SecurityScheme::new("b", SecurityKind::HeaderKey("b"));
    const C: SecurityScheme = SecurityScheme::new("c", SecurityKind::HeaderKey("c"));
    static BOTH: &[&[SecurityScheme]] = &[&[A, B], &[C]];
    let guard = Guard::new().key("a", "1").key("b", "2").key("c", "3");
    check(
        &serve(BOTH, Some(guard)).await,
        &[
            ("the first and the server's", "/hooks", &["a: 1", "c: 3"], 204),
            ("the second and the server's", "/hooks", &["b: 2", "c: 3"], 204),
            ("without the server's", "/hooks", &["a: 1", "b: 2"], 401),
            ("the server's alone", "/hooks", &["c: 3"], 401),
        ],
    )
    .await;
    check(&serve(BOTH, None).await, &[("without a guard nobody", "/hooks", &["a: 1", "c: 3"], 401)]).await;
    static OTHER: &[&[SecurityScheme]] = &[&[SecurityScheme::new("a", SecurityKind::Other)]];
    check(&serve(OTHER, Some(Guard::new().key("a", "1"))).await, &[("what HTTP cannot", "/hooks", &["a: 1"], 401)])
        .await;
    check(&serve(&[], None).await, &[("nothing is asked for", "/hooks", &[], 204)]).await;
}

fn part(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A token with this header and these claims, signed so.
fn token(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let content = format!("{}.{}", part(header), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(content.as_bytes()));
    format!("{content}.{signature}")
}

#[tokio::test]
async fn tokens() {
    static SCOPED: &[&[SecurityScheme]] =
        &[&[SecurityScheme::new("users", SecurityKind::Bearer).with_scopes(&["orders:write"])]];
    let random = SystemRandom::new();
    let ed = Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref()).unwrap();
    let generated = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let ec = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, generated.as_ref(), &random).unwrap();
    let point = ec.public_key().as_ref();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let keys = serde_json::json!({ "keys": [
        { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": encode(ed.public_key().as_ref()) },
        { "kty": "EC", "crv": "P-256", "kid": "ec", "alg": "ES256", "x": encode(&point[1..33]), "y": encode(&point[33..]) },
        { "kty": "oct", "kid": "shared", "alg": "HS256", "k": encode(b"a secret of enough bytes for this") },
    ]});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    std::fs::write(&file, keys.to_string()).unwrap();
    let tokens = Tokens::from_file(&file).unwrap().issuer("us").audience("hooks");
    let address = serve(SCOPED, Some(Guard::new().tokens("users", tokens.clone()).key("users", "opaque"))).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut claims = serde_json::json!({
            "iss": "us", "aud": ["hooks"], "sub": "ann", "exp": now + 60, "scope": "orders:read orders:write"
        });
        change(&mut claims);
        claims.to_string()
    };
    let by_ed = |bytes: &[u8]| ed.sign(bytes).as_ref().to_vec();
    let by_ec = |bytes: &[u8]| ec.sign(&random, bytes).unwrap().as_ref().to_vec();
    let by =
        |secret: &[u8], bytes: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), bytes).as_ref().to_vec();
    let shared = |bytes: &[u8]| by(b"a secret of enough bytes for this", bytes);
    let plain = claims(&|_| ());
    let (eddsa, es256) = (r#"{"alg":"EdDSA","kid":"ed"}"#, r#"{"alg":"ES256","kid":"ec"}"#);
    let with = |change: &dyn Fn(&mut serde_json::Value)| token(eddsa, &claims(change), by_ed);
    let confused = |bytes: &[u8]| by(point, bytes);
    let cases: Vec<(&str, String, u16)> = vec![
        ("ed25519", token(eddsa, &plain, by_ed), 204),
        ("p-256", token(es256, &plain, by_ec), 204),
        ("shared", token(r#"{"alg":"HS256","kid":"shared"}"#, &plain, shared), 204),
        ("without a key's name", token(r#"{"alg":"EdDSA"}"#, &plain, by_ed), 204),
        (
            "scopes in a list",
            with(&|claims| (claims["scope"], claims["scp"]) = (0.into(), vec!["orders:write"].into())),
            204,
        ),
        ("other scopes", with(&|claims| claims["scope"] = "orders:read orders:writer".into()), 403),
        ("no scope", with(&|claims| claims["scope"] = serde_json::Value::Null), 403),
        ("another issuer", with(&|claims| claims["iss"] = "them".into()), 401),
        ("another audience", with(&|claims| claims["aud"] = "mail".into()), 401),
        ("no audience", with(&|claims| _ = claims.as_object_mut().unwrap().remove("aud")), 401),
        ("too late", with(&|claims| claims["exp"] = (now - 61).into()), 401),
        ("late within the leeway", with(&|claims| claims["exp"] = (now - 30).into()), 204),
        ("without an end", with(&|claims| _ = claims.as_object_mut().unwrap().remove("exp")), 401),
        ("an end that is text", with(&|claims| claims["exp"] = "never".into()), 401),
        ("too early", with(&|claims| claims["nbf"] = (now + 90).into()), 401),
        ("a beginning that is text", with(&|claims| claims["nbf"] = "later".into()), 401),
        ("the name of another key", token(r#"{"alg":"EdDSA","kid":"ec"}"#, &plain, by_ed), 401),
        ("no such key", token(r#"{"alg":"EdDSA","kid":"gone"}"#, &plain, by_ed), 401),
        ("no algorithm", token(r#"{"alg":"none"}"#, &plain, |_| Vec::new()), 401),
        ("a public key as a secret", token(r#"{"alg":"HS256","kid":"ec"}"#, &plain, confused), 401),
        ("a public key as a secret, unnamed", token(r#"{"alg":"HS256"}"#, &plain, confused), 401),
        ("something critical", token(r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#, &plain, by_ed), 401),
        ("changed", token(eddsa, &plain, by_ed).replace(&part(&plain), &part(&plain.replace("ann", "bob"))), 401),
        ("cut", token(eddsa, &plain, by_ed)[..40].to_owned(), 401),
        ("an opaque token has no scopes", "opaque".to_owned(), 401),
        ("nothing", String::new(), 401),
    ];
    for (name, token, expected) in cases {
        let (status, answer) = post(&address, "/hooks", &[format!("authorization: bearer {token}")]).await;
        assert_eq!(status, expected, "{name}: {answer}");
    }
    assert!(post(&address, "/hooks", &[]).await.1.contains("www-authenticate: Bearer"));
    let good = format!("authorization: Bearer {}", token(eddsa, &plain, by_ed));
    tokens.replace_keys(&serde_json::json!({ "keys": [keys["keys"][1]] }).to_string()).unwrap();
    assert_eq!(post(&address, "/hooks", &[good]).await.0, 401, "its key was taken away");
    assert!(matches!(Tokens::new("{}"), Err(KeysError::Syntax(_))));
    assert!(matches!(Tokens::new(r#"{"keys":[]}"#), Err(KeysError::Empty)));

    static OPEN: &[&[SecurityScheme]] = &[&[SecurityScheme::new("users", SecurityKind::Bearer)]];
    let address = serve(OPEN, Some(Guard::new().key("users", "opaque"))).await;
    assert_eq!(post(&address, "/hooks", &["authorization: Bearer opaque".to_owned()]).await.0, 204);
    assert_eq!(post(&address, "/hooks", &["authorization: Basic opaque".to_owned()]).await.0, 401);
}

/// An issuer that publishes what is put here, and counts how often it is asked.
async fn issuer(published: Arc<Mutex<String>>, asked: Arc<AtomicUsize>) -> String {
    let route = axum::routing::get(move || {
        asked.fetch_add(1, Ordering::SeqCst);
        let keys = published.lock().unwrap().clone();
        async move { keys }
    });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/keys", route)).await.unwrap() });
    url
}

#[tokio::test]
async fn keys_follow_those_that_the_issuer_publishes() {
    static SCOPED: &[&[SecurityScheme]] = &[&[SecurityScheme::new("users", SecurityKind::Bearer)]];
    let set = |names: &[&str]| {
        let key = |name: &&str| serde_json::json!({ "kty": "oct", "kid": name, "alg": "HS256", "k": part(name) });
        serde_json::json!({ "keys": names.iter().map(key).collect::<Vec<_>>() }).to_string()
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let line = |name: &str| {
        let sign =
            |bytes: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, name.as_bytes()), bytes).as_ref().to_vec();
        let header = serde_json::json!({ "alg": "HS256", "kid": name }).to_string();
        let claims = serde_json::json!({ "sub": "ann", "exp": now + 3_600 }).to_string();
        format!("authorization: Bearer {}", token(&header, &claims, sign))
    };
    let (published, asked) = (Arc::new(Mutex::new(set(&["old"]))), Arc::new(AtomicUsize::new(0)));
    let url = issuer(published.clone(), asked.clone()).await;

    let refused = Tokens::from_url(&url, &Destinations::public()).await;
    assert!(matches!(refused, Err(KeysError::Fetch(_))), "a loopback address is no public one: {refused:?}");
    let missing = Tokens::from_url(&format!("{url}/none"), &Destinations::anywhere()).await;
    assert!(missing.unwrap_err().to_string().contains("404"));
    assert_eq!(asked.load(Ordering::SeqCst), 0);

    let tokens = Tokens::from_url(&url, &Destinations::anywhere()).await.unwrap();
    let address = serve(SCOPED, Some(Guard::new().tokens("users", tokens))).await;
    assert_eq!(post(&address, "/hooks", &[line("old")]).await.0, 204);
    *published.lock().unwrap() = set(&["new"]);
    assert_eq!(post(&address, "/hooks", &[line("new")]).await.0, 401, "the issuer was asked a moment ago");
    assert_eq!(asked.load(Ordering::SeqCst), 1);

    let later = async |seconds: u64| {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
    };
    later(31).await;
    assert_eq!(post(&address, "/hooks", &[line("old")]).await.0, 204, "known keys are not asked for");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    for name in ["new", "unheard of", "another"] {
        let expected = if name == "new" { 204 } else { 401 };
        assert_eq!(post(&address, "/hooks", &[line(name)]).await.0, expected, "{name}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "once, whatever tokens name");
    assert_eq!(post(&address, "/hooks", &[line("old")]).await.0, 401, "its key was withdrawn");

    *published.lock().unwrap() = "out of order".to_owned();
    later(3_601).await;
    assert_eq!(post(&address, "/hooks", &[line("new")]).await.0, 204, "keys stay in use until others are there");
    assert_eq!(asked.load(Ordering::SeqCst), 3, "an hour has passed");
}

/// The example of RFC 7515, appendix A.2: RSA, signed by somebody else, long ago.
#[tokio::test]
async fn a_token_of_the_standard() {
    const MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    static OPEN: &[&[SecurityScheme]] = &[&[SecurityScheme::new("users", SecurityKind::Bearer)]];
    let keys = serde_json::json!({ "keys": [{ "kty": "RSA", "n": MODULUS, "e": "AQAB" }] }).to_string();
    let old = Duration::from_secs(60 * 60 * 24 * 365 * 100);
    for (leeway, expected) in [(old, 204), (Duration::from_secs(60), 401)] {
        let tokens = Tokens::new(&keys).unwrap().leeway(leeway);
        let address = serve(OPEN, Some(Guard::new().tokens("users", tokens))).await;
        let (status, answer) = post(&address, "/hooks", &[format!("authorization: Bearer {TOKEN}")]).await;
        assert_eq!(status, expected, "{answer}");
    }
}

/// A route that would become a WebSocket.
async fn serve_websocket(guard: Guard) -> String {
    static FEED: Channel = Channel::new("feed", Some("/feed"));
    static SHOW_FEED: Operation = Operation::new("showFeed", &FEED, Action::Send)
        .with_security(&[&[SecurityScheme::new("customer", SecurityKind::Bearer), QUERY]]);
    const QUERY: SecurityScheme = SecurityScheme::new("browser", SecurityKind::QueryKey("token"));
    let upgrade = async |upgrade: axum::extract::ws::WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            let _ = socket.send("welcome".into()).await;
        })
    };
    let router = axum::Router::new().route("/feed", axum::routing::any(upgrade));
    let router = guard.protect(router, &SHOW_FEED);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// The status that a handshake is answered with, and what comes after it.
async fn handshake(address: &str, path: &str, header: &str) -> (u16, Vec<u8>) {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let text = format!(
        "GET {path} HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{header}\r\n"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_millis(500), stream.read_to_end(&mut answer)).await;
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
    let status = String::from_utf8_lossy(&answer[9..12]).parse().unwrap();
    (status, answer[end + 4..].to_vec())
}

#[tokio::test]
async fn a_missing_or_wrong_token_is_refused_at_the_upgrade_to_a_websocket() {
    let address = serve_websocket(Guard::new().key("customer", "one").key("browser", "two")).await;
    for (path, header, expected) in [
        ("/feed", "", 401),
        ("/feed", "authorization: Bearer two\r\n", 401),
        ("/feed?token=one", "", 401),
        ("/feed?token=", "", 401),
        ("/feed", "authorization: Bearer one\r\n", 101),
        // Browsers cannot set headers of a WebSocket.
        ("/feed?token=two", "", 101),
    ] {
        let (status, rest) = handshake(&address, path, header).await;
        assert_eq!(status, expected, "{path} {header}");
        let welcome = rest.windows(7).any(|part| part == b"welcome");
        assert_eq!(welcome, expected == 101, "nothing is said before the token is known");
    }
    // Nobody is known.
    let address = serve_websocket(Guard::new()).await;
    assert_eq!(handshake(&address, "/feed", "authorization: Bearer one\r\n").await.0, 401);
}
