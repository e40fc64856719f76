//! Trace contexts as W3C writes them, and traces that cross webhooks.

#![cfg(feature = "memory")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[macro_use]
#[cfg(all(test, feature = "webhook-client", feature = "webhook-server"))]
mod conformance;

use tidings_runtime::message::Headers;
use tidings_runtime::observe::{TRACEPARENT_HEADER, TRACESTATE_HEADER, TraceContext};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn a_traceparent_is_read_as_the_standard_has_it() {
    let read = TraceContext::parse(TRACE).unwrap();
    assert_eq!(read.trace_id(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    assert_eq!((read.span_id(), read.is_sampled()), (0x00f0_67aa_0ba9_02b7, true));
    assert_eq!(read.to_string(), TRACE);
    let accepted = [
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-will-be-like",
    ];
    for text in accepted {
        assert!(TraceContext::parse(text).is_some(), "{text}");
    }
    let refused = [
        "",
        "garbage",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        "00-4bf92f3577b34da6a3ce929d0e0e473\u{e9}00f067aa0ba902b7-01",
    ];
    for text in refused {
        assert_eq!(TraceContext::parse(text), None, "{text}");
    }
}

#[test]
fn headers_state_one_trace_or_none() {
    let read =
        |headers: &[(&'static str, &'static str)]| TraceContext::of(&headers.iter().copied().collect::<Headers>());
    assert_eq!(read(&[]), None);
    assert_eq!(read(&[(TRACEPARENT_HEADER, TRACE), ("Traceparent", TRACE)]), None);
    assert_eq!(read(&[(TRACESTATE_HEADER, "a=1")]), None);
    let states = [
        (&["a=1", "b=2"][..], Some("a=1,b=2")),
        (&["a=1,tenant@vendor=x y"], Some("a=1,tenant@vendor=x y")),
        (&["no value"], None),
        (&["A=1"], None),
        (&["a=1=2"], None),
        (&[""], None),
    ];
    for (stated, kept) in states {
        let mut headers: Headers = [(TRACEPARENT_HEADER, TRACE)].into_iter().collect();
        headers.extend(stated.iter().map(|state| (TRACESTATE_HEADER, *state)));
        let context = TraceContext::of(&headers).unwrap();
        assert_eq!(context.state(), kept, "{stated:?}");
        let mut written: Headers = [(TRACESTATE_HEADER, "of another")].into_iter().collect();
        context.write(&mut written);
        assert_eq!(written.get_str(TRACEPARENT_HEADER), Some(TRACE));
        assert_eq!(written.get_str(TRACESTATE_HEADER), kept);
    }
    let long = format!("a={}", "x".repeat(600));
    assert_eq!(TraceContext::parse(TRACE).unwrap().with_state(&long).state(), None);
    assert_eq!(TraceContext::new(0, 1, true), None);
    assert_eq!(TraceContext::new(1, 0, true), None);
}

/// A webhook is a message, too: its sender's span is the parent of its receiver's.
#[cfg(all(feature = "webhook-client", feature = "webhook-server"))]
#[cfg(test)]
mod webhooks {
    use super::conformance::{Fields, Handle, Spans};
    use super::*;
    use tidings_runtime::codegen::routing::{self, Action, Channel, Operation};
    use tidings_runtime::consume::Received;
    use tidings_runtime::message::{Message, Prepared, Publication};
    use tidings_runtime::webhook::{Destinations, Receiver, Secret, Sender, Verifier};

    static HOOKS: Channel = Channel::new("hooks", Some("/hooks"));
    static ON_HOOK: Operation = Operation::new("onHook", &HOOKS, Action::Receive);
    static SEND_HOOK: Operation = Operation::new("sendHook", &HOOKS, Action::Send);
    static HOOK: Publication = Publication::new(&SEND_HOOK, "hook", &[]);

    async fn posted(header: Option<&'static str>) -> (Fields, Fields) {
        let secret = Secret::raw(b"a secret that both sides know").unwrap();
        let receiver = Receiver::new(routing::consumer(&ON_HOOK, Handle(|_: Received| async { Ok(()) })))
            .verify(Verifier::new([secret.clone()]));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let spans = Spans::listen();
        let serving = tokio::spawn(async move { axum::serve(listener, receiver.into_router()).await.unwrap() });
        let sender = Sender::new(&url).unwrap().destinations(Destinations::anywhere()).unwrap().secret(secret);
        let mut message = Message::new("{}").with_content_type("application/json");
        message.headers.extend(header.map(|header| (TRACEPARENT_HEADER, header)));
        Prepared::new(&HOOK, "/hooks".to_owned(), message).publish(&sender).await.unwrap();
        serving.abort();
        let one = |name: &str| {
            let mut found = spans.of(name, "/hooks");
            assert_eq!(found.len(), 1, "{name}");
            found.remove(0)
        };
        (one("send"), one("process"))
    }

    #[tokio::test]
    async fn trap_11_the_senders_span_is_the_parent_of_the_receivers() {
        let (sent, processed) = posted(None).await;
        assert_eq!(processed.get("trace_id"), sent.get("trace_id"));
        assert_eq!(processed.get("parent_span_id"), sent.get("span_id"));
        assert_eq!(processed.get("messaging.system").map(String::as_str), Some("http"));
    }

    #[tokio::test]
    async fn trap_11_an_invalid_header_begins_a_new_trace() {
        let (sent, processed) = posted(Some("00-not-a-trace")).await;
        assert_eq!(processed.get("parent_span_id"), sent.get("span_id"), "the sender states its own");
    }
}
