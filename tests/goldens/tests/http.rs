//! What is generated for HTTP: security schemes on routes, and the bridge of `x-tidings`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::http::{HeaderMap, StatusCode};
use goldens::bridge::{OrdersParameters, OrdersRegion};
use goldens::bridge::{follow_order_call, move_orders_poller, place_order_route, tell_rates_poller};
use goldens::{security, security_of_2_6};
use std::sync::{Arc, Mutex};
use tidings_runtime::bridge::PollError;
use tidings_runtime::security::Guard;
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::transport::{Acknowledger, Subscribe, Subscription};
use tidings_runtime::webhook::{Destinations, Receiver};
use tidings_runtime::{Context, HandlerError, Message, Service, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// The status, and all that was answered.
async fn post(address: &str, path: &str, headers: &[&str], body: &str) -> (u16, String) {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let text = format!(
        "POST {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{lines}\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

struct Taken;

impl security::OnHookHandler for Taken {
    async fn on_hook(&self, _: security::Hook, _: Context<(), ()>) -> Result<(), HandlerError> {
        Ok(())
    }
}

impl security_of_2_6::OnHookHandler for Taken {
    async fn on_hook(&self, _: security_of_2_6::Hook, _: Context<(), ()>) -> Result<(), HandlerError> {
        Ok(())
    }
}

impl security_of_2_6::OnOpenHandler for Taken {
    async fn on_open(&self, _: security_of_2_6::Open, _: Context<(), ()>) -> Result<(), HandlerError> {
        Ok(())
    }
}

#[tokio::test]
async fn callers_show_a_scheme_of_the_operation_and_one_of_its_server() {
    let guard = Guard::new()
        .key("partner", "p")
        .key("session", "s")
        .key("httpApiKey", "q")
        .key("kerberos", "k")
        .user("http basic", "ann", "pass")
        .key("token", "t")
        .certificate_by_proxy("mesh", "x-client-subject", "CN=shop");
    let address = serve(Receiver::new(security::on_hook(Taken)).guard(guard).into_router()).await;
    let (token, mesh) = ("authorization: Bearer t", "x-client-subject: CN=shop");
    for (path, headers, expected) in [
        ("/hooks", &["x-api-key: p", token][..], 204),
        ("/hooks", &["x-api-key: p", mesh], 204),
        ("/hooks", &["cookie: sid=s", token], 204),
        ("/hooks?api%20key=q", &[token], 204),
        ("/hooks", &["authorization: Basic YW5uOnBhc3M=", mesh], 204),
        ("/hooks", &["x-api-key: p"], 401),
        ("/hooks", &[token], 401),
        ("/hooks", &[token, mesh], 401),
        ("/hooks", &["x-api-key: k", token], 401),
        ("/hooks", &[], 401),
    ] {
        let (status, answer) = post(&address, path, headers, "\"a\"").await;
        assert_eq!(status, expected, "{path} {headers:?}: {answer}");
    }
    // Nobody is let in by a program that forgot to say who is known.
    let address = serve(Receiver::new(security::on_hook(Taken)).into_router()).await;
    assert_eq!(post(&address, "/hooks", &["x-api-key: p", token], "\"a\"").await.0, 401);
}

#[tokio::test]
async fn requirements_of_2_6_are_alternatives_of_which_each_may_ask_for_several_schemes() {
    let guard = Guard::new().key("partner", "p").certificate_by_proxy("mesh", "x-client-subject", "CN=shop");
    let hook = Receiver::new(security_of_2_6::on_hook(Taken)).guard(guard.clone()).into_router();
    let open = Receiver::new(security_of_2_6::on_open(Taken)).guard(guard).into_router();
    let address = serve(hook.merge(open)).await;
    let (partner, mesh) = ("x-api-key: p", "x-client-subject: CN=shop");
    for (path, headers, expected) in [
        // The server's: login and partner, or partner and mesh. The operation's: login, or nothing.
        ("/open", &[partner, mesh][..], 204),
        ("/open", &[partner], 401),
        ("/open", &[mesh], 401),
        // The operation's: login, which nobody can show here.
        ("/hooks", &[partner, mesh], 401),
    ] {
        let (status, answer) = post(&address, path, headers, "\"a\"").await;
        assert_eq!(status, expected, "{path} {headers:?}: {answer}");
    }
}

#[tokio::test]
async fn a_route_publishes_what_is_posted_with_address_headers_and_id() {
    let broker = Broker::new();
    let mut orders = broker.subscribe(Subscribe::new(&goldens::bridge::ORDERS_CHANNEL, "test")).await.unwrap();
    let route = place_order_route(broker.clone()).guard(Guard::new().key("partner", "p"));
    let address = serve(route.into_router()).await;
    let partner = "x-api-key: p";
    let refused = [
        ("/orders/eu", &[][..], "{\"id\":\"7\"}", 401),
        ("/orders/mars", &[partner], "{\"id\":\"7\"}", 400),
        ("/orders/eu", &[partner], "{}", 400),
        ("/orders/eu", &[partner], "{", 400),
        ("/orders", &[partner], "{\"id\":\"7\"}", 404),
    ];
    for (path, headers, body, expected) in refused {
        let (status, answer) = post(&address, path, headers, body).await;
        assert_eq!(status, expected, "{path} {body}: {answer}");
    }
    let (_, answer) = post(&address, "/orders/eu", &[partner], "{}").await;
    for expected in ["\"message\":\"placed\"", "\"message\":\"withdrawn\"", "\"keyword\":\"required\"", "\"errors\":["]
    {
        assert!(answer.contains(expected), "{expected} is not in {answer}");
    }
    let placed =
        post(&address, "/orders/eu", &[partner, "idempotency-key: o-7", "source: shop"], "{\"id\":\"7\"}").await;
    assert_eq!(placed.0, 204, "{}", placed.1);
    assert_eq!(post(&address, "/orders/us", &[partner], "{\"order\":\"7\"}").await.0, 204);
    let first = orders.next().await.unwrap().unwrap();
    assert_eq!((&*first.address, first.message.id.as_deref()), ("orders.eu", Some("o-7")));
    assert_eq!(first.message.headers.get_str("source"), Some("shop"));
    assert_eq!(&first.message.payload[..], b"{\"id\":\"7\"}");
    first.acknowledger.acknowledge().await.unwrap();
    let second = orders.next().await.unwrap().unwrap();
    assert_eq!((&*second.address, &second.message.payload[..]), ("orders.us", &b"{\"order\":\"7\"}"[..]));
    assert!(second.message.id.is_some(), "an event has an id though its caller gave none");
}

#[tokio::test]
async fn a_call_posts_what_fits_to_where_the_document_says() {
    // The document names a host of the internet: this is the resolver that leads it to the test.
    struct Here;
    impl tidings_runtime::webhook::Resolver for Here {
        fn resolve(
            &self,
            _: String,
        ) -> std::pin::Pin<Box<dyn Future<Output = std::io::Result<Vec<std::net::IpAddr>>> + Send>> {
            Box::pin(async { Ok(vec![[127, 0, 0, 1].into()]) })
        }
    }
    // Its port is not free for a test, and its certificate not the test's: the request fails, and is tried again.
    let broker = Broker::new();
    let mut dead = broker.subscribe(Subscribe::new(&DEAD, "test")).await.unwrap();
    let destinations = Destinations::anywhere().resolver(Here);
    let retry = tidings_runtime::Backoff::exponential(std::time::Duration::from_millis(1)).max_attempts(2);
    let call = follow_order_call(&destinations).unwrap().retry(retry).dead_letter("dead");
    let service = Service::new(broker.clone()).consumer(call).start().await.unwrap();
    let channel = Some(&goldens::bridge::ORDERS_CHANNEL);
    for (id, body) in [("fits", "{\"id\":\"7\"}"), ("does-not", "{}")] {
        broker.publish(channel, "orders.eu", Message::new(body).with_id(id)).await.unwrap();
    }
    let mut reasons = std::collections::BTreeMap::new();
    for _ in 0..2 {
        let letter = dead.next().await.unwrap().unwrap();
        let reason = letter.message.headers.get_str(tidings_runtime::consume::REASON_HEADER).unwrap().to_owned();
        reasons.insert(letter.message.id.clone().unwrap(), reason);
        letter.acknowledger.acknowledge().await.unwrap();
    }
    assert_eq!(reasons["does-not"], "undecodable");
    assert_ne!(reasons["fits"], "undecodable");
    service.shutdown().await.unwrap();
    assert!(follow_order_call(&Destinations::public().https_only()).is_ok());
}

static DEAD: tidings_runtime::Channel = tidings_runtime::Channel::new("dead", Some("dead"));

#[tokio::test]
async fn a_poller_is_made_for_the_resource_and_the_address_of_the_document() {
    let destinations = Destinations::public();
    assert!(tell_rates_poller(Broker::new(), &destinations).is_ok());
    let parameters = OrdersParameters { region: OrdersRegion::Eu };
    assert!(move_orders_poller(Broker::new(), &destinations, &parameters).is_ok());

    // The same pollers with a resource of the test's own: what is not what the document says is not published.
    let answers: Arc<Mutex<Vec<&str>>> =
        Arc::new(Mutex::new(vec!["{\"EUR\":1.1}", "{\"EUR\":\"much\"}", "{\"EUR\":1.2}"]));
    let resource = axum::routing::get(async move |_: HeaderMap| {
        let mut left = answers.lock().unwrap();
        let body = if left.len() > 1 { left.remove(0) } else { left[0] };
        (StatusCode::OK, [("etag", format!("\"{}\"", body.len()))], body)
    });
    let url = format!("http://{}/", serve(axum::Router::new().route("/", resource)).await);
    let broker = Broker::new();
    let channel = &goldens::bridge::RATES_CHANNEL;
    let poller =
        tidings_runtime::bridge::Poller::new(&url, &Destinations::anywhere(), broker, channel, "rates").unwrap();
    const FORMS: &[tidings_runtime::bridge::Form] = &[tidings_runtime::bridge::form::<goldens::bridge::Rates>("rates")];
    let mut poller = poller.checked(FORMS);
    assert!(poller.poll().await.unwrap());
    assert!(matches!(poller.poll().await, Err(PollError::Undecodable(_))));
    assert!(!poller.poll().await.unwrap(), "its tag is that of the first");
}
