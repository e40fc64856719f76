//! Requests and replies over WebSockets: a client asks, a hub answers, and each reply goes over the connection that asked.

use super::*;

use std::time::Instant;

use tidings_runtime::HandlerError;
use tidings_runtime::consume::Running;
use tidings_runtime::message::{Place, Prepared, Publication};
use tidings_runtime::request::{Exchange, RequestError, Requester, respond};
use tidings_runtime::transport::Subscription as _;

const ID: Place = Place::Payload("/id");
/// The document says nothing, so that all travels in the envelope.
static UNSAID: Exchange = Exchange::new(None, None, &[]);
/// Replies have the channel of the requests, and their id in the payload.
static SAID: Exchange = Exchange::new(Some(&ASKED), None, &[ID]);
static ASKED: Channel = Channel::new("asked", Some("/asked"));
static ON_ASKED: Operation = Operation::new("onAsked", &ASKED, Action::Receive);
static ASK: Operation = Operation::new("ask", &ASKED, Action::Send);
static REQUEST: Publication = Publication::new(&ASK, "request", &[]);

fn ask(payload: impl Into<bytes::Bytes>) -> Prepared {
    Prepared::new(&REQUEST, "/asked".to_owned(), Message::new(payload))
}

/// Answers with the same text and a mark, after the pause that stands behind the last blank, in milliseconds.
async fn answering(hub: &Hub, exchange: &'static Exchange, id: Option<Place>) -> Running<Hub> {
    let replies = hub.clone();
    let consumer = consumer(&ON_ASKED, move |received: Received| {
        let replies = replies.clone();
        async move {
            let handling = async {
                let asked: serde_json::Value =
                    serde_json::from_slice(&received.message().payload).map_err(HandlerError::permanent)?;
                tokio::time::sleep(Duration::from_millis(asked["wait"].as_u64().unwrap_or(0))).await;
                let reply = serde_json::json!({ "answer": asked["question"] });
                Ok((Message::new(reply.to_string()), id))
            };
            respond(&replies, exchange, &received, id, handling).await
        }
    });
    Service::new(hub.clone()).consumer(consumer.concurrency(16)).start().await.unwrap()
}

fn question(number: u64, wait: u64) -> String {
    serde_json::json!({ "question": number, "wait": wait }).to_string()
}

fn answer(received: &Received) -> u64 {
    let reply: serde_json::Value = serde_json::from_slice(&received.message().payload).unwrap();
    reply["answer"].as_u64().unwrap()
}

#[tokio::test]
async fn concurrent_replies_are_matched_and_reach_nobody_else() {
    let envelopes = || Limits::new().envelope(true);
    // All in envelopes; and nothing but payloads, which have an id.
    for (limits, exchange, id) in [(envelopes(), &UNSAID, None), (Limits::new(), &SAID, Some(ID))] {
        let hub = Hub::new().limits(limits.clone());
        let url = serve(hub.router(&ON_ASKED));
        let running = answering(&hub, exchange, id).await;
        let client = || ws::connect(&url).limits(limits.clone()).open().unwrap();
        let bystander = client();
        let mut overheard = bystander.subscribe(Subscribe::new(&ASKED, "bystander")).await.unwrap();
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..2 {
            let requester = Requester::open(client(), exchange, None).await.unwrap().timeout(Duration::from_secs(60));
            for number in 0..16_u64 {
                let requester = requester.clone();
                asking.spawn(async move {
                    // What is asked first is answered last; both clients use the same ids.
                    let mut request = ask(question(number, (16 - number) * 10));
                    if let Some(place) = id {
                        request = request.map(|mut message| {
                            place.write(&mut message, &format!("q{number}"));
                            message
                        });
                    }
                    let reply = requester.request(request, id).await.unwrap();
                    assert_eq!(answer(&reply), number);
                    requester.ignored()
                });
            }
        }
        while let Some(asked) = asking.join_next().await {
            assert_eq!(asked.unwrap(), 0, "a reply came to a client that did not ask");
        }
        let late = tokio::time::timeout(Duration::from_millis(200), overheard.next()).await;
        assert!(late.is_err(), "a reply reached somebody else");
        running.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_late_reply_is_ignored_and_nobody_answers_past_the_deadline() {
    // Without headers nobody knows of the deadline: the reply comes, and is ignored.
    for (limits, exchange, id, ignored) in
        [(Limits::new().envelope(true), &UNSAID, None, 0), (Limits::new(), &SAID, Some(ID), 1)]
    {
        let hub = Hub::new().limits(limits.clone());
        let url = serve(hub.router(&ON_ASKED));
        let running = answering(&hub, exchange, id).await;
        let client = ws::connect(&url).limits(limits).open().unwrap();
        let requester = Requester::open(client, exchange, None).await.unwrap();
        let hasty = requester.clone().timeout(Duration::from_millis(300));
        let outcome = hasty.request(ask(question(1, 1_500)), id).await;
        assert!(matches!(outcome, Err(RequestError::Timeout(_))), "{outcome:?}");
        until("the request is done with", || running.summary().total().succeeded == 1).await;
        assert_eq!(answer(&requester.request(ask(question(2, 0)), id).await.unwrap()), 2);
        assert_eq!(requester.ignored(), ignored);
        running.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_reply_goes_to_whoever_asked_even_if_the_request_names_another() {
    let hub = Hub::new().limits(Limits::new().envelope(true));
    let url = serve(hub.router(&ON_ASKED));
    let running = answering(&hub, &UNSAID, None).await;
    let (mut victim, mut asking) = (stranger(&format!("{url}/asked")).await, stranger(&format!("{url}/asked")).await);
    for aim in ["ws-client:0", "ws-client:1", "/asked"] {
        let question = question(7, 0);
        let request = serde_json::json!({ "payload": question, "replyTo": aim, "correlationId": "x" });
        // The mark of an envelope comes first.
        let request = request.to_string().replacen('{', "{\"tidings-envelope\":1,", 1);
        asking.send(Frame::text(request)).await.unwrap();
        let reply = loop {
            match asking.next().await.unwrap().unwrap() {
                Frame::Text(text) => break text,
                _ => continue,
            }
        };
        assert!(reply.contains(r#"\"answer\":7"#) && reply.contains(r#""correlationId":"x""#), "{reply}");
    }
    let began = Instant::now();
    while let Ok(Some(frame)) = tokio::time::timeout(Duration::from_millis(200), victim.next()).await {
        assert!(!matches!(frame.unwrap(), Frame::Text(_)), "a reply reached somebody else");
        assert!(began.elapsed() < Duration::from_secs(20));
    }
    running.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_matched_is_refused_before_it_is_sent() {
    let hub = Hub::new();
    let url = serve(hub.router(&ON_ASKED));
    let client = ws::connect(&url).open().unwrap();
    let requester = Requester::open(client, &UNSAID, None).await.unwrap();
    let refused = requester.request(ask(question(1, 0)), None).await.unwrap_err().to_string();
    assert!(refused.contains("envelope(true)"), "{refused}");
    // A hub has many clients, and asks none of them.
    let refused = Requester::open(hub, &UNSAID, None).await.unwrap_err().to_string();
    assert!(refused.contains("give the channel of the reply an address"), "{refused}");
}
