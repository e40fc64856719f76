//! Spans of sending and of handling, and how one finds its parent across a broker.
//!
//! In: a message and where it goes or comes from. Out: a span, and the trace in the headers or around the handler. A message
//! that names its trace already keeps it.

use std::sync::Arc;

use tracing::field::{Empty, display};
use tracing::{Instrument, Span};

use super::{TRACEPARENT_HEADER, TraceContext};
use crate::consume::Received;
use crate::message::{Message, Operation};

tokio::task_local! {
    static CURRENT: Current;
}

/// The trace of the handler that runs.
#[derive(Clone)]
enum Current {
    /// Nobody listens: the trace is that of this message, and is read when it is asked for.
    Of(Arc<Message>),
    Span(TraceContext),
}

/// The span that the running handler belongs to; what it publishes continues its trace. `None` outside of handlers, and
/// where neither anybody listens nor the message belongs to a trace. With the feature `otel`, that of
/// [`Span::current`](tracing::Span::current) if it has one.
pub fn current() -> Option<TraceContext> {
    #[cfg(feature = "otel")]
    if let Some(context) = super::otel::context(&Span::current()) {
        return Some(context);
    }
    let current = CURRENT.try_with(|current| match current {
        Current::Of(message) => TraceContext::of(&message.headers),
        Current::Span(context) => Some(context.clone()),
    });
    current.ok().flatten()
}

/// One attempt at handling a message.
pub(crate) struct Processing {
    span: Span,
    current: Current,
}

impl Processing {
    /// Runs the attempt within its span.
    pub(crate) async fn run<F: Future>(&self, attempt: F) -> F::Output {
        let scoped = CURRENT.scope(self.current.clone(), attempt);
        match self.span.is_disabled() {
            true => scoped.await,
            false => scoped.instrument(self.span.clone()).await,
        }
    }

    /// The attempt failed.
    pub(crate) fn failed(&self, reason: &'static str, error: &dyn std::fmt::Display) {
        mark(&self.span, reason, error);
    }
}

/// The span of an attempt at handling `received`, for a consumer of `group`; `None` where it would be seen by nobody.
pub(crate) fn processing(system: &'static str, group: &str, received: &Received) -> Option<Processing> {
    let message = received.message();
    let template = received.operation().channel().template();
    let span = tracing::info_span!(
        target: "tidings",
        parent: None,
        "process",
        otel.name = %format_args!("process {template}"),
        otel.kind = "consumer",
        otel.status_code = Empty,
        messaging.system = system,
        messaging.destination.name = received.address(),
        messaging.destination.template = template.is_parametrised().then_some(template.as_str()),
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.consumer.group.name = group,
        messaging.message.id = message.id.as_deref(),
        messaging.message.conversation_id = message.correlation_id.as_deref(),
        messaging.message.body.size = message.payload.len(),
        tidings.operation = received.operation().key(),
        tidings.attempt = received.attempt(),
        trace_id = Empty,
        span_id = Empty,
        parent_span_id = Empty,
        error.type = Empty,
        error.message = Empty,
    );
    if span.is_disabled() {
        return (!message.headers.is_empty())
            .then(|| Processing { span, current: Current::Of(Arc::clone(received.shared())) });
    }
    let current = identified(&span, TraceContext::of(&message.headers));
    Some(Processing { span, current: Current::Span(current) })
}

/// The span of sending `message`, which says so in its headers where the transport has them.
pub(crate) fn sending(
    system: &'static str,
    has_headers: bool,
    operation: &'static Operation,
    address: &str,
    message: &mut Message,
) -> Span {
    let template = operation.channel().template();
    let span = tracing::info_span!(
        target: "tidings",
        "send",
        otel.name = %format_args!("send {template}"),
        otel.kind = "producer",
        otel.status_code = Empty,
        messaging.system = system,
        messaging.destination.name = address,
        messaging.destination.template = template.is_parametrised().then_some(template.as_str()),
        messaging.operation.name = "send",
        messaging.operation.type = "send",
        messaging.message.id = message.id.as_deref(),
        messaging.message.conversation_id = message.correlation_id.as_deref(),
        messaging.message.body.size = message.payload.len(),
        tidings.operation = operation.key(),
        trace_id = Empty,
        span_id = Empty,
        parent_span_id = Empty,
        error.type = Empty,
        error.message = Empty,
    );
    let context = if span.is_disabled() {
        // Nobody sees this span, so it is none: the trace goes through.
        message.headers.get(TRACEPARENT_HEADER).is_none().then(current).flatten()
    } else if let Some(stated) = TraceContext::of(&message.headers) {
        identified(&span, Some(stated));
        None
    } else {
        Some(identified(&span, current()))
    };
    if let Some(context) = context.filter(|_| has_headers) {
        context.write(&mut message.headers);
    }
    span
}

/// Sending failed.
pub(crate) fn unsent(span: &Span, error: &dyn std::fmt::Display) {
    mark(span, "unconfirmed", error);
}

fn mark(span: &Span, reason: &'static str, error: &dyn std::fmt::Display) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", reason);
    span.record("error.message", display(error));
}

/// Gives a span that somebody sees its place in a trace: that of its parent, or a new one.
fn identified(span: &Span, parent: Option<TraceContext>) -> TraceContext {
    let context = known(span, parent.as_ref())
        .unwrap_or_else(|| parent.as_ref().map_or_else(TraceContext::root, TraceContext::child));
    span.record("trace_id", display(format_args!("{:032x}", context.trace_id())));
    span.record("span_id", display(format_args!("{:016x}", context.span_id())));
    if let Some(parent) = parent {
        span.record("parent_span_id", display(format_args!("{:016x}", parent.span_id())));
    }
    context
}

/// The ids that OpenTelemetry gives the span.
#[cfg(feature = "otel")]
fn known(span: &Span, parent: Option<&TraceContext>) -> Option<TraceContext> {
    // A span of this process is the parent already.
    if let Some(parent) = parent.filter(|parent| super::otel::context(&Span::current()).as_ref() != Some(*parent)) {
        super::otel::adopt(span, parent);
    }
    super::otel::context(span)
}

#[cfg(not(feature = "otel"))]
fn known(_span: &Span, _parent: Option<&TraceContext>) -> Option<TraceContext> {
    None
}
