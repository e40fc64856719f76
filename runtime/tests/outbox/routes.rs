//! Subscriptions over HTTP, and what one tenant may not do to another.

use super::{Clock, Endpoint, genuine, message, outbox, run};
use serde_json::{Value, json};
use tidings_runtime::webhook::outbox::Tokens;
use tidings_runtime::webhook::{Destinations, Secret};

struct Client {
    base: String,
    client: reqwest::Client,
}

impl Client {
    async fn call(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let method = method.parse().unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
    }
}

#[tokio::test]
async fn a_tenant_keeps_subscriptions_over_http_and_sees_nothing_of_others() {
    let clock = Clock::new();
    let outbox = outbox(&clock).await;
    let router = outbox.subscriptions(Tokens::new([("token-a", "acme"), ("token-b", "other")]));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let client = Client { base, client: reqwest::Client::builder().no_proxy().build().unwrap() };
    let endpoint = Endpoint::default();
    let url = endpoint.serve().await;

    let wanted = json!({ "url": url, "types": ["order.placed"] });
    for token in ["", "token", "token-A", "acme"] {
        assert_eq!(client.call(token, "POST", "/subscriptions", Some(wanted.clone())).await.0, 401, "{token}");
    }
    let (status, made) = client.call("token-a", "POST", "/subscriptions", Some(wanted)).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/subscriptions/{}", made["id"].as_str().unwrap());
    let old = Secret::parse(made["secret"].as_str().unwrap()).unwrap();
    let (status, read) = client.call("token-a", "GET", &path, None).await;
    assert_eq!((status, &read["url"], &read["secret"]), (200, &json!(url), &Value::Null));

    // Nothing of a tenant is another's.
    let calls = [
        ("GET", "", None),
        ("PATCH", "", Some(json!({ "enabled": false }))),
        ("DELETE", "", None),
        ("POST", "/rotate-secret", None),
        ("POST", "/test", None),
        ("POST", "/replay", Some(json!({ "since": 0 }))),
        ("GET", "/deliveries", None),
    ];
    for (method, below, body) in calls {
        let (status, answer) = client.call("token-b", method, &format!("{path}{below}"), body).await;
        assert_eq!(status, 404, "{method} {below} {answer}");
    }
    assert_eq!(client.call("token-b", "GET", "/subscriptions", None).await.1, json!({ "subscriptions": [] }));
    let (_, list) = client.call("token-a", "GET", "/subscriptions?limit=10", None).await;
    assert_eq!(list["subscriptions"].as_array().unwrap().len(), 1);
    let (_, rest) =
        client.call("token-a", "GET", &format!("/subscriptions?after={}", made["id"].as_str().unwrap()), None).await;
    assert_eq!(rest["subscriptions"].as_array().unwrap().len(), 0);

    outbox.send("acme", "order.placed", message("a")).await.unwrap();
    outbox.send("acme", "order.paid", message("b")).await.unwrap();
    run(&outbox, &clock).await;
    assert_eq!(endpoint.ids(), ["a"]);
    let (_, log) = client.call("token-a", "GET", &format!("{path}/deliveries"), None).await;
    assert_eq!(log["deliveries"][0]["event"], "a");
    assert_eq!(log["deliveries"][0]["status"], 200);
    assert_eq!(log["deliveries"][0]["response"].as_str().unwrap().len(), 20_000, "answers are cut");

    // A new secret signs at once, the old one beside it.
    let (status, rotated) = client.call("token-a", "POST", &format!("{path}/rotate-secret"), None).await;
    assert_eq!(status, 200);
    let new = Secret::parse(rotated["secret"].as_str().unwrap()).unwrap();
    assert_eq!(client.call("token-a", "POST", &format!("{path}/test"), None).await.0, 202);
    run(&outbox, &clock).await;
    let seen = endpoint.seen();
    assert_eq!(seen[1].event, "tidings.test");
    assert!(genuine(&old, &seen[1]) && genuine(&new, &seen[1]) && !genuine(&new, &seen[0]));
    clock.0.fetch_add(86_400_001, std::sync::atomic::Ordering::SeqCst);
    let change = json!({ "types": [] });
    assert_eq!(client.call("token-a", "PATCH", &path, Some(change)).await.1["types"], json!([]));
    let (status, replayed) =
        client.call("token-a", "POST", &format!("{path}/replay"), Some(json!({ "since": 0 }))).await;
    assert_eq!((status, replayed), (202, json!({ "deliveries": 2 })));
    run(&outbox, &clock).await;
    let mut again = endpoint.ids()[2..].to_vec();
    again.sort();
    assert_eq!(again, ["a", "b"], "the ids they had; tests are not replayed");
    assert!(!genuine(&old, &endpoint.seen()[2]));

    let refused = [
        ("POST", "/subscriptions".to_owned(), json!({ "url": "ftp://example.com" }), 422),
        ("POST", "/subscriptions".to_owned(), json!({ "url": "http://u:p@example.com" }), 422),
        ("POST", "/subscriptions".to_owned(), json!({ "url": url, "types": [""] }), 422),
        ("POST", "/subscriptions".to_owned(), json!({ "url": url, "types": "t" }), 400),
        ("POST", "/subscriptions".to_owned(), json!({ "url": url, "tenant": "other" }), 400),
        ("POST", "/subscriptions".to_owned(), json!([]), 400),
        ("POST", format!("{path}/replay"), json!({}), 400),
        ("POST", format!("{path}/replay"), json!({ "event": "unknown" }), 404),
        ("PATCH", path.clone(), json!({ "enabled": "no" }), 400),
    ];
    for (method, path, body, expected) in refused {
        let (status, answer) = client.call("token-a", method, &path, Some(body.clone())).await;
        assert_eq!(status, expected, "{path} {body} {answer}");
    }
    let huge = json!({ "url": "x".repeat(100_000) });
    assert_eq!(client.call("token-a", "POST", "/subscriptions", Some(huge)).await.0, 413);
    assert_eq!(client.call("token-a", "DELETE", &path, None).await.0, 204);
    assert_eq!(client.call("token-a", "DELETE", &path, None).await.0, 404);

    // What the guard refuses cannot be subscribed, nor be reached if the guard became stricter later.
    let strict = outbox.destinations(Destinations::public()).unwrap();
    let router = strict.subscriptions(Tokens::new([("token-a", "acme")]));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let strictly = Client { base: format!("http://{}", listener.local_addr().unwrap()), client: client.client.clone() };
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    for url in ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://2130706433/", &url] {
        let (status, _) = strictly.call("token-a", "POST", "/subscriptions", Some(json!({ "url": url }))).await;
        assert_eq!(status, 422, "{url}");
    }
}
