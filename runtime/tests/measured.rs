//! What others see of a service: numbers in the facade of the crate `metrics`, spans and numbers in OpenTelemetry.

#![cfg(feature = "memory")]
#![cfg(any(feature = "metrics", feature = "otel"))]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use tidings_runtime::consume::Received;
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::{Backoff, HandlerError, Service};

#[macro_use]
#[cfg(test)]
mod conformance;
use conformance::{address, channel, consumer, operation, send, sending};

/// One message that succeeds, one that fails at two attempts and is buried, one that is not confirmed.
async fn service_of(channel: &'static Channel) {
    // Who listens must be there first, and OpenTelemetry has one provider for the whole process.
    #[cfg(feature = "otel")]
    let _ = otel::exporter();
    let broker = Broker::new();
    let sent = sending(channel);
    let handler = consumer(operation(channel), |received: Received| async move {
        match received.message().payload == "bad" {
            true => Err(HandlerError::transient("never").into()),
            false => Ok(()),
        }
    });
    let retry = Backoff::exponential(Duration::from_millis(1)).max_attempts(2);
    let running = Service::new(broker.connect()).retry(retry).consumer(handler).start().await.unwrap();
    for text in ["good", "bad"] {
        send(&broker, sent, Message::new(text)).await.unwrap();
    }
    broker.settled().await;
    broker.fail_next_publishes(1);
    assert!(send(&broker, sent, Message::new("lost")).await.is_err());
    running.shutdown().await.unwrap();
}

#[cfg(feature = "metrics")]
#[cfg(test)]
mod facade {
    use super::*;
    use metrics_util::debugging::{DebugValue, DebuggingRecorder};
    use std::collections::BTreeMap;

    /// A number with its labels.
    type Labelled = (BTreeMap<String, String>, DebugValue);

    #[tokio::test]
    async fn every_event_is_counted_with_its_operation() {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let _listening = metrics::set_default_local_recorder(&recorder);
        let channel = channel("counted/{n}");
        service_of(channel).await;
        let mut seen: BTreeMap<String, Vec<Labelled>> = BTreeMap::new();
        for (key, _, _, value) in snapshotter.snapshot().into_vec() {
            let labels = key.key().labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
            seen.entry(key.key().name().to_owned()).or_default().push((labels, value));
        }
        let counted = |name: &str, failed: Option<&str>| {
            let all = seen.get(name).unwrap_or_else(|| panic!("{name} is not measured: {seen:?}"));
            let found = all.iter().find(|(labels, _)| labels.get("error.type").map(String::as_str) == failed);
            let (labels, value) = found.unwrap_or_else(|| panic!("{name} {failed:?}: {all:?}"));
            assert_eq!(labels.get("messaging.system").map(String::as_str), Some("memory"), "{name}");
            assert_eq!(labels.get("messaging.destination.name").map(String::as_str), Some(address(channel)), "{name}");
            match value {
                DebugValue::Counter(count) => *count,
                DebugValue::Gauge(value) => value.into_inner() as u64,
                DebugValue::Histogram(values) => values.len() as u64,
            }
        };
        let expected = [
            ("messaging.client.sent.messages", None, 2),
            ("messaging.client.sent.messages", Some("unconfirmed"), 1),
            ("messaging.client.operation.duration", None, 2),
            // The failed one is delivered again.
            ("messaging.client.consumed.messages", None, 3),
            ("tidings.messages.succeeded", None, 1),
            ("tidings.messages.retried", None, 1),
            ("tidings.messages.dead_lettered", None, 1),
            ("tidings.messages.duplicate", None, 0),
            ("tidings.handlers.panicked", None, 0),
            ("tidings.messages.in_flight", None, 0),
            ("messaging.process.duration", None, 1),
            ("messaging.process.duration", Some("retries-exhausted"), 2),
        ];
        for (name, failed, count) in expected {
            assert_eq!(counted(name, failed), count, "{name} {failed:?}");
        }
        // Asked for when the service began to wait, at which moment no more than both messages were there.
        assert!(counted("tidings.messages.lag", None) <= 2);
    }
}

#[cfg(feature = "otel")]
#[cfg(test)]
mod otel {
    use super::*;
    use opentelemetry_sdk::metrics::in_memory_exporter::InMemoryMetricExporter;
    use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
    use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
    use std::sync::OnceLock;
    use tracing_subscriber::layer::SubscriberExt as _;

    fn attribute<'s>(span: &'s SpanData, name: &str) -> Option<std::borrow::Cow<'s, str>> {
        span.attributes.iter().find(|known| known.key.as_str() == name).map(|found| found.value.as_str())
    }

    #[tokio::test]
    async fn trap_11_spans_of_opentelemetry_have_their_parents_across_the_broker() {
        use opentelemetry::trace::{SpanKind, Status, TracerProvider as _};
        let spans = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let _listening = conformance::hear(tracing_subscriber::registry().with(layer));
        let channel = channel("exported/{n}");
        service_of(channel).await;
        let all = spans.get_finished_spans().unwrap();
        let of = |kind: SpanKind| all.iter().filter(|span| span.span_kind == kind).collect::<Vec<_>>();
        let (sent, processed) = (of(SpanKind::Producer), of(SpanKind::Consumer));
        assert_eq!((sent.len(), processed.len()), (3, 3), "{all:#?}");
        for span in &processed {
            let parent = sent.iter().find(|sent| sent.span_context.span_id() == span.parent_span_id);
            let parent = parent.unwrap_or_else(|| panic!("no parent: {span:?}"));
            assert_eq!(span.span_context.trace_id(), parent.span_context.trace_id());
            assert_eq!(span.name, format!("process {}", address(channel)));
            assert_eq!(attribute(span, "messaging.system").as_deref(), Some("memory"));
            assert_eq!(attribute(span, "messaging.operation.type").as_deref(), Some("process"));
        }
        let failed =
            |spans: &[&SpanData]| spans.iter().filter(|span| matches!(span.status, Status::Error { .. })).count();
        assert_eq!((failed(&sent), failed(&processed)), (1, 2));
    }

    /// Where the numbers of this process go.
    pub fn exporter() -> &'static (InMemoryMetricExporter, SdkMeterProvider) {
        static EXPORTER: OnceLock<(InMemoryMetricExporter, SdkMeterProvider)> = OnceLock::new();
        EXPORTER.get_or_init(|| {
            let exporter = InMemoryMetricExporter::default();
            let reader = PeriodicReader::builder(exporter.clone()).build();
            let provider = SdkMeterProvider::builder().with_reader(reader).build();
            opentelemetry::global::set_meter_provider(provider.clone());
            (exporter, provider)
        })
    }

    #[tokio::test]
    async fn numbers_reach_the_provider() {
        let (exporter, provider) = exporter();
        service_of(channel("metered/{n}")).await;
        provider.force_flush().unwrap();
        let exported = format!("{:?}", exporter.get_finished_metrics().unwrap());
        for name in ["messaging.client.sent.messages", "messaging.process.duration", "tidings.messages.dead_lettered"] {
            assert!(exported.contains(name), "{name}: {exported}");
        }
    }
}
