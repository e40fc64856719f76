//! CloudEvents as they travel, read by an implementation by others: the Python one, from its registry.
#![cfg(feature = "memory")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

/// `cargo xtask test --without cloudevents` leaves out what is in here.
mod needs_cloudevents {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use std::io::{BufRead, BufReader, Write};
    use std::path::PathBuf;
    use std::process::{Command, Stdio};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;
    use tidings_runtime::message::{Action, Channel, CloudEvent, EventHeaders, Operation, Prepared, Publication};
    use tidings_runtime::transport::memory::{Broker, MemorySubscription};
    use tidings_runtime::transport::{Capabilities, Subscribe, SubscribeError, TransportError};
    use tidings_runtime::{Message, PublishError, Receipt, Transport};

    static ORDERS: Channel = Channel::new("orders", Some("orders"));
    static ANNOUNCE: Operation = Operation::new("announce", &ORDERS, Action::Send);
    static BINARY: Publication = Publication::new(&ANNOUNCE, "order", &[])
        .with_event(CloudEvent::binary("urn:example:orders", "com.example.order"));
    static STRUCTURED: Publication = Publication::new(&ANNOUNCE, "order", &[])
        .with_event(CloudEvent::structured("urn:example:orders", "com.example.order"));

    /// What the transports of these protocols say of themselves.
    const BINDINGS: [(&str, EventHeaders); 3] = [
        ("http", EventHeaders::HTTP),
        (
            "kafka",
            EventHeaders {
                prefix: "ce_",
                content_type: Some("content-type"),
                structured_type: Some("content-type"),
                encoded: false,
            },
        ),
        ("amqp", EventHeaders { prefix: "cloudEvents:", content_type: None, structured_type: None, encoded: false }),
    ];

    /// Keeps what is published.
    #[derive(Clone)]
    struct Capture(EventHeaders, Arc<Mutex<Vec<Message>>>);

    impl Transport for Capture {
        type Subscription = MemorySubscription;

        fn capabilities(&self) -> Capabilities {
            Capabilities { headers: true, events: Some(self.0), ..Capabilities::default() }
        }

        async fn publish(
            &self,
            _: Option<&'static Channel>,
            _: &str,
            message: Message,
        ) -> Result<Receipt, PublishError> {
            self.1.lock().unwrap().push(message);
            Ok(Receipt::new())
        }

        async fn subscribe(&self, request: Subscribe) -> Result<MemorySubscription, SubscribeError> {
            Broker::new().subscribe(request).await
        }

        async fn close(&self, _: Duration) -> Result<(), TransportError> {
            Ok(())
        }
    }

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn others_read_what_is_sent_in_both_modes_of_each_protocol() {
        let package = std::env::var_os("TIDINGS_CLOUDEVENTS").expect("`cargo xtask test` sets TIDINGS_CLOUDEVENTS");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/events/peer.py");
        let mut command = Command::new("python3");
        command.arg(script).env("PYTHONPATH", PathBuf::from(package).parent().unwrap());
        let mut peer = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut answers = BufReader::new(peer.stdout.take().unwrap()).lines();
        let mut input = peer.stdin.take().unwrap();
        let payloads: [(&str, &[u8], &str); 3] = [
            (
                "application/json",
                r#"{"text":"Zürich","n":12345678901234567}"#.as_bytes(),
                r#"{"text":"Zürich","n":12345678901234567}"#,
            ),
            ("text/plain", b"no JSON", r#""no JSON""#),
            ("application/octet-stream", &[0, 0xff], r#"{"base64":"AP8="}"#),
        ];
        for (binding, headers) in BINDINGS {
            for publication in [&BINARY, &STRUCTURED] {
                for (media, payload, expected) in payloads {
                    let message = Message::new(payload.to_vec())
                        .with_id("e 1")
                        .with_content_type(media)
                        .with_header("ce-subject", "Grüße 100 %")
                        .with_header("other", "header");
                    let capture = Capture(headers, Arc::default());
                    Prepared::new(publication, "orders".to_owned(), message).publish(&capture).await.unwrap();
                    let travelled = capture.1.lock().unwrap().remove(0);
                    let headers: serde_json::Map<_, _> = travelled
                        .headers
                        .iter()
                        .map(|(name, value)| (name.to_owned(), value.as_str().unwrap().into()))
                        .collect();
                    let line = serde_json::json!({
                        "binding": binding,
                        "headers": headers,
                        "media": travelled.content_type,
                        "payload": BASE64_STANDARD.encode(&travelled.payload),
                    });
                    writeln!(input, "{line}").unwrap();
                    let answer: serde_json::Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
                    let attributes =
                        serde_json::json!(["e 1", "urn:example:orders", "com.example.order", "Grüße 100 %", media]);
                    assert_eq!(answer[0], attributes, "{binding}");
                    let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
                    assert_eq!(answer[1], expected, "{binding} {media} {line}");
                }
            }
        }
        drop(input);
        assert!(peer.wait().unwrap().success());
    }
}
