//! OpenTelemetry's view of spans, through the layer of `tracing-opentelemetry`.
//!
//! In: spans and contexts. Out: the same in each other's terms. Without that layer in the subscriber, no span has ids.

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::TraceContext;

/// Makes a span, which has not begun for OpenTelemetry, the child of one elsewhere.
pub(super) fn adopt(span: &Span, parent: &TraceContext) {
    let flags = if parent.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    let state = parent.state().and_then(|state| state.parse::<TraceState>().ok()).unwrap_or_default();
    let (trace, own) = (TraceId::from(parent.trace_id()), SpanId::from(parent.span_id()));
    let context = SpanContext::new(trace, own, flags, true, state);
    if let Err(error) = span.set_parent(opentelemetry::Context::new().with_remote_span_context(context)) {
        tracing::debug!(%error, "OpenTelemetry did not take the parent of a span");
    }
}

/// The ids that OpenTelemetry gave a span.
pub(super) fn context(span: &Span) -> Option<TraceContext> {
    let context = span.context();
    let span = context.span();
    let known = span.span_context();
    let trace = u128::from_be_bytes(known.trace_id().to_bytes());
    let own = u64::from_be_bytes(known.span_id().to_bytes());
    Some(TraceContext::new(trace, own, known.is_sampled())?.with_state(&known.trace_state().header()))
}
