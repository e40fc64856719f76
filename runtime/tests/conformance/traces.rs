//! Promises about traces: they cross the transport.

use std::sync::{Arc, Mutex};

use tidings_runtime::Service;
use tidings_runtime::consume::Received;
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::observe::{self, TRACEPARENT_HEADER, TraceContext};
use tidings_runtime::transport::Transport;

use super::support::*;
use super::{Fields, Spans};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Trace and span, as the fields of a span have them.
fn ids(context: &TraceContext) -> (String, String) {
    (format!("{:032x}", context.trace_id()), format!("{:016x}", context.span_id()))
}

fn field<'f>(span: &'f Fields, name: &str) -> &'f str {
    span.get(name).map_or("", String::as_str)
}

pub async fn trap_11_the_publishers_span_is_the_parent_of_the_consumers<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !transport.capabilities().headers {
        return;
    }
    let spans = Spans::listen();
    let (first, second) = (channel("traced/{n}"), channel("further/{n}"));
    let handled = Arc::new(Mutex::new(None));
    let (handled_by, publishing) = (handled.clone(), transport.clone());
    let forward = consumer(operation(first), move |_: Received| {
        let (handled, transport) = (handled_by.clone(), publishing.clone());
        async move {
            *handled.lock().unwrap() = observe::current();
            let sent = send(&transport, sending(second), Message::new("2"));
            sent.await.unwrap();
            Ok(())
        }
    });
    let end = consumer(operation(second), |_: Received| async { Ok(()) });
    let running = Service::new(transport.clone()).consumer(forward).consumer(end).start().await.unwrap();
    let message = Message::new("one").with_id("id-1");
    send(&transport, sending(first), message).await.unwrap();
    until("both messages", || running.summary().total().succeeded == 2).await;
    running.shutdown().await.unwrap();

    let one = |name: &str, at: &'static Channel| {
        let mut found = spans.of(name, address(at));
        assert_eq!(found.len(), 1, "{name} {}", address(at));
        found.remove(0)
    };
    let chain = [one("send", first), one("process", first), one("send", second), one("process", second)];
    for (parent, child) in chain.iter().zip(&chain[1..]) {
        assert_eq!(field(child, "trace_id"), field(parent, "trace_id"));
        assert_eq!(field(child, "parent_span_id"), field(parent, "span_id"));
    }
    let [sent, processed, ..] = &chain;
    assert_eq!((field(sent, "parent_span_id"), field(sent, "trace_id").len()), ("", 32));
    let handled = handled.lock().unwrap().clone().expect("the handler belongs to a trace");
    assert_eq!(ids(&handled), (field(processed, "trace_id").to_owned(), field(processed, "span_id").to_owned()));
    for (span, kind, doing) in [(sent, "producer", "send"), (processed, "consumer", "process")] {
        assert_eq!(field(span, "messaging.system"), transport.system());
        assert_eq!(field(span, "messaging.operation.type"), doing);
        assert_eq!(field(span, "messaging.message.id"), "id-1");
        assert_eq!(field(span, "messaging.message.body.size"), "3");
        assert_eq!(field(span, "otel.kind"), kind);
        assert_eq!(field(span, "otel.name"), format!("{doing} {}", address(first)));
    }
    assert_ne!(transport.system(), "other");
}

pub async fn trap_11_without_a_valid_header_a_new_trace_begins<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !transport.capabilities().headers {
        return;
    }
    let spans = Spans::listen();
    let channel = channel("untraced/{n}");
    let consumer = consumer(operation(channel), |_: Received| async { Ok(()) });
    let running = Service::new(transport.clone()).consumer(consumer).start().await.unwrap();
    let zeros = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
    let headers = [None, Some("garbage"), Some(zeros), Some(TRACE)];
    for header in headers {
        let mut message = Message::new("x");
        message.headers.extend(header.map(|header| (TRACEPARENT_HEADER, header)));
        publish(&transport, channel, message).await;
    }
    until("all messages", || running.summary().total().succeeded == 4).await;
    running.shutdown().await.unwrap();
    let processed = spans.of("process", address(channel));
    let mut traces: Vec<&str> = processed.iter().map(|span| field(span, "trace_id")).collect();
    assert!(traces.contains(&"4bf92f3577b34da6a3ce929d0e0e4736"), "{traces:?}");
    let parents: Vec<&str> =
        processed.iter().filter_map(|span| span.get("parent_span_id")).map(String::as_str).collect();
    assert_eq!(parents, ["00f067aa0ba902b7"]);
    traces.sort_unstable();
    traces.dedup();
    assert_eq!(traces.len(), headers.len(), "{traces:?}");
}

pub async fn a_trace_goes_through_where_nobody_listens<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !transport.capabilities().headers {
        return;
    }
    let (first, second) = (channel("passed/{n}"), channel("passed/on/{n}"));
    let mut end = join(&transport, second, "end", 1).await;
    let publishing = transport.clone();
    let forward = consumer(operation(first), move |_: Received| {
        let transport = publishing.clone();
        async move {
            let sent = send(&transport, sending(second), Message::new("2"));
            sent.await.unwrap();
            Ok(())
        }
    });
    let running = Service::new(transport.clone()).consumer(forward).start().await.unwrap();
    publish(
        &transport,
        first,
        Message::new("1").with_header(TRACEPARENT_HEADER, TRACE).with_header("tracestate", "a=b"),
    )
    .await;
    let arrived = take(&mut end).await;
    assert_eq!(arrived.headers.get_str(TRACEPARENT_HEADER), Some(TRACE));
    assert_eq!(arrived.headers.get_str("tracestate"), Some("a=b"));
    running.shutdown().await.unwrap();
}
