//! CloudEvents of `cloud_events.yaml`: what travels, and what a handler sees of it, in both modes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use goldens::cloud_events::{
    self, AnnounceProducer, ArchiveProducer, Note, OnAnythingHandler, OnOrderHandler, OrderPaid, OrderPlaced,
    OrderPlacedHeaders,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tidings_runtime::consume::{Counts, DeadLetter, Running};
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::{Context, HandlerError, Message, Service, Transport};

/// Writes down what it was given: what, and attributes of the event.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note<P, H>(&self, what: &str, context: &Context<P, H>) -> Result<(), HandlerError> {
        let attributes =
            ["ce-source", "ce-type", "ce-id"].map(|name| context.message_headers().get_str(name).unwrap_or("-"));
        let media = context.message().content_type.as_deref().unwrap_or("-");
        self.0.lock().unwrap().push(format!("{what} {} {media}", attributes.join(" ")));
        Ok(())
    }
}

impl OnOrderHandler for Seen {
    async fn on_order_order_placed(
        &self,
        message: OrderPlaced,
        context: Context<(), OrderPlacedHeaders>,
    ) -> Result<(), HandlerError> {
        let subject = context.headers.ce_subject.clone().unwrap_or_default();
        self.note(&format!("placed {} {subject}", message.number), &context)
    }

    async fn on_order_order_paid(&self, message: OrderPaid, context: Context) -> Result<(), HandlerError> {
        self.note(&format!("paid {}", message.cents), &context)
    }
}

impl OnAnythingHandler for Seen {
    async fn on_anything_order_placed(
        &self,
        message: OrderPlaced,
        context: Context<(), OrderPlacedHeaders>,
    ) -> Result<(), HandlerError> {
        self.note(&format!("placed {}", message.number), &context)
    }

    async fn on_anything_note(&self, message: Note, context: Context) -> Result<(), HandlerError> {
        self.note(&format!("note {}", message.text), &context)
    }
}

async fn serve(broker: &Broker) -> (Seen, Running<Broker>) {
    let seen = Seen::default();
    let service = Service::new(broker.connect()).consumer(cloud_events::on_order(seen.clone()));
    (seen.clone(), service.consumer(cloud_events::on_anything(seen)).start().await.unwrap())
}

async fn finish(broker: &Broker, running: Running<Broker>) -> Counts {
    broker.settled().await;
    running.shutdown().await.unwrap().total()
}

#[tokio::test(start_paused = true)]
async fn events_travel_in_the_mode_that_the_document_names() {
    let broker = Broker::new();
    let (seen, running) = serve(&broker).await;
    let producer = AnnounceProducer::new(broker.clone());
    let headers = OrderPlacedHeaders { ce_subject: Some("Grüße 100 %".to_owned()), ..OrderPlacedHeaders::new() };
    let placed = OrderPlaced::new(7_u64);
    producer.send_order_placed_with(&headers, &placed, |message| message.with_id("e 1")).await.unwrap();
    producer.send_order_paid_with(&OrderPaid::new(5_u64), |message| message.with_id("e2")).await.unwrap();
    let own = |message: Message| message.with_id("e3").with_header("ce-source", "/mine").with_header("other", "kept");
    ArchiveProducer::new(broker.clone()).send_with(&OrderPlacedHeaders::new(), &placed, own).await.unwrap();
    let total = finish(&broker, running).await;
    assert_eq!((total.succeeded, total.dead_lettered), (3, 0));

    let [binary, structured, archived] = &broker.published("orders")[..] else { panic!("three messages") };
    let attribute = |name| binary.headers.get_str(name).unwrap();
    assert_eq!(binary.payload, r#"{"number":7}"#);
    assert_eq!(attribute("ce-subject"), "Gr%C3%BC%C3%9Fe%20100%20%25");
    let attributes = ["ce-specversion", "ce-id", "ce-source", "ce-type"].map(attribute);
    assert_eq!(attributes, ["1.0", "e%201", "urn:example:orders", "com.example.order.placed"]);
    assert!(attribute("ce-time").ends_with('Z'));
    assert_eq!(structured.content_type.as_deref(), Some("application/cloudevents+json"));
    let event: Value = serde_json::from_slice(&structured.payload).unwrap();
    assert_eq!(event["data"], json!({ "cents": 5 }));
    let attributes =
        ["specversion", "id", "source", "type", "datacontenttype"].map(|name| event[name].as_str().unwrap());
    assert_eq!(attributes, ["1.0", "e2", "urn:example:orders", "orderPaid", "application/json"]);
    let event: Value = serde_json::from_slice(&archived.payload).unwrap();
    assert_eq!((event["source"].as_str(), archived.headers.get_str("other")), (Some("/mine"), Some("kept")));

    assert_eq!(
        *seen.0.lock().unwrap(),
        [
            "placed 7 Grüße 100 % urn:example:orders com.example.order.placed e 1 application/json",
            "paid 5 urn:example:orders orderPaid e2 application/json",
            "placed 7  /mine com.example.order.placed e3 application/json",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn events_of_every_protocol_are_read_and_what_is_none_is_a_dead_letter() {
    let broker = Broker::new();
    let (seen, running) = serve(&broker).await;
    let order = || Message::new(r#"{"number":1}"#).with_content_type("application/json");
    for prefix in ["ce-", "CE-", "ce_", "cloudEvents:", "cloudEvents_", ""] {
        let attributes = [("specversion", "1.0"), ("id", "i"), ("source", "/s"), ("type", "t")];
        let event = attributes
            .into_iter()
            .fold(order(), |message, (name, value)| message.with_header(format!("{prefix}{name}"), value));
        broker.publish(None, "orders", event).await.unwrap();
    }
    let structured = r#"{"specversion":"1.0","id":"i","source":"/s","type":"t","data_base64":"eyJudW1iZXIiOjF9"}"#;
    let structured = Message::new(structured).with_content_type("Application/CloudEvents+JSON; charset=utf-8");
    broker.publish(None, "orders", structured).await.unwrap();
    broker.settled().await;
    assert_eq!(*seen.0.lock().unwrap(), ["placed 1  /s t i application/json"; 7]);

    // Not all messages of the other channel are events.
    broker.publish(None, "plain", Message::new(r#"{"text":"x"}"#)).await.unwrap();
    broker.settled().await;
    assert_eq!(seen.0.lock().unwrap().pop().unwrap(), "note x - - - -");
    let no_source = order().with_header("ce-specversion", "1.0").with_header("ce-id", "i").with_header("ce-type", "t");
    let other_version = no_source.clone().with_header("ce-source", "/s");
    let mut other_version = other_version;
    other_version.headers.insert("ce-specversion", "0.3");
    let batch = Message::new("[]").with_content_type("application/cloudevents-batch+json");
    let list = Message::new("[]").with_content_type("application/cloudevents+json");
    let faults = [
        (order(), "no CloudEvent: it has no attributes"),
        (no_source, "no CloudEvent: the attribute `source` is missing"),
        (other_version, "no CloudEvent: only CloudEvents 1.0 are read"),
        (batch, "no CloudEvent: batches of CloudEvents are not taken: send each event by itself"),
        (list, "no CloudEvent: expected an object"),
    ];
    for (message, _) in &faults {
        broker.publish(None, "orders", message.clone()).await.unwrap();
    }
    assert_eq!(finish(&broker, running).await.dead_lettered, 5);
    let letters = broker.published(&DeadLetter::Derived.address(&cloud_events::ORDERS_CHANNEL));
    let errors: Vec<&str> = letters.iter().map(|letter| letter.headers.get_str("x-dlq-error").unwrap()).collect();
    assert_eq!(errors, faults.map(|(_, error)| error));
}
