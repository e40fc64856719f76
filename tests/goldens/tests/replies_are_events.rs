//! Replies of `replies_are_events.yaml`, both sides, on the in-memory broker.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use goldens::replies_are_events::{self, Answer, AskHandler, AskReply, AskRequester, Question, Refusal};
use serde_json::{Value, json};
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::{Context, HandlerError, Service};

struct Desk;

impl AskHandler for Desk {
    async fn ask(&self, message: Question, _context: Context) -> Result<AskReply, HandlerError> {
        Ok(match message.text.as_str() {
            "" => Refusal::new("nothing was asked").into(),
            text => Answer::new(text.to_uppercase()).into(),
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_the_event_that_the_document_says_and_finds_who_asked() {
    let broker = Broker::new();
    let service = Service::new(broker.connect()).consumer(replies_are_events::ask(Desk, broker.clone()));
    let running = service.start().await.unwrap();
    let requester = AskRequester::open(broker.clone()).await.unwrap();
    let AskReply::Answer(answer) = requester.request(&Question::new("why")).await.unwrap() else { panic!("refused") };
    let AskReply::Refusal(refusal) = requester.request(&Question::new("")).await.unwrap() else { panic!("answered") };
    assert_eq!((answer.answer.as_str(), refusal.reason.as_str()), ("WHY", "nothing was asked"));

    let [structured, binary] = &broker.published("answers")[..] else { panic!("two replies") };
    assert_eq!(structured.content_type.as_deref(), Some("application/cloudevents+json"));
    let event: Value = serde_json::from_slice(&structured.payload).unwrap();
    assert_eq!([&event["specversion"], &event["source"], &event["type"]], ["1.0", "urn:example:desk", "answer"]);
    assert_eq!(event["data"], json!({ "answer": "WHY", "id": answer.id }));
    assert!(answer.id.is_some());
    assert_eq!(binary.headers.get_str("ce-type"), Some("com.example.refusal"));
    assert_eq!(binary.headers.get_str("ce-source"), Some("urn:example:desk"));
    let data: Value = serde_json::from_slice(&binary.payload).unwrap();
    assert_eq!(data, json!({ "reason": "nothing was asked", "id": refusal.id }));
    assert_eq!(running.shutdown().await.unwrap().total().succeeded, 2);
}
