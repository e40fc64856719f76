//! Operations on HTTP channels as routes: verified, decoded, handled, answered.
//!
//! In: the consumer that generated code makes of a handler. Out: an [`axum::Router`] with one `POST` route at the channel's
//! address. The signature is checked over the body as it came, before anything else looks at it. The sender is the one who
//! tries again, so a failure is answered and not retried here.

use super::signature::{ID_HEADER, SIGNATURE_HEADER, Signed, TIMESTAMP_HEADER, Verifier};
use crate::codegen::routing::{Dispatch, Failure, Received};
use crate::consume::{Consumer, catch_panic};
use crate::message::Message;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::sync::Arc;

/// The largest body that is read, unless another is set.
const BODY_LIMIT: usize = 1024 * 1024;

/// Receives the messages of one operation over HTTP.
///
/// ```
/// # use tidings_runtime::codegen::routing::*;
/// # use tidings_runtime::webhook::*;
/// # static CHANNEL: Channel = Channel::new("hooks", Some("/hooks"));
/// # static OPERATION: Operation = Operation::new("onHook", &CHANNEL, Action::Receive);
/// # struct Nothing;
/// # impl Dispatch for Nothing {
/// #     async fn dispatch(&self, _: &Received) -> Result<(), Failure> { Ok(()) }
/// # }
/// # fn on_hook(_: ()) -> tidings_runtime::Consumer<Nothing> { consumer(&OPERATION, Nothing) }
/// # let handler = ();
/// # let secret = Secret::generate().unwrap();
/// let app: axum::Router = Receiver::new(on_hook(handler)).verify(Verifier::new([secret])).into_router();
/// ```
#[must_use = "a receiver does nothing until it is made a router"]
pub struct Receiver<D> {
    consumer: Consumer<D>,
    verifier: Option<Verifier>,
    body_limit: usize,
}

impl<D: Dispatch> Receiver<D> {
    /// Receives what this consumer handles. Signatures are not asked for until [`verify`](Self::verify) says so.
    pub fn new(consumer: Consumer<D>) -> Self {
        Self { consumer, verifier: None, body_limit: BODY_LIMIT }
    }

    /// Refuses what is not signed.
    pub fn verify(mut self, verifier: Verifier) -> Self {
        self.verifier = Some(verifier);
        self
    }

    /// The largest body that is read, in bytes; 1 MiB unless set.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// A router with the route of the operation; merge it with others.
    ///
    /// Answers: 204 handled; 400 not what the document says, or signature headers malformed or out of time; 401 no signature
    /// matches; 404 not the channel's address; 413 too large; 422 the handler said that trying again will not help; 503 it
    /// failed otherwise.
    pub fn into_router(self) -> Router {
        let path = route(self.consumer.operation.channel().template().as_str());
        Router::new().route(&path, post(receive::<D>)).with_state(Arc::new(self))
    }

    async fn answer(&self, path: &str, headers: &HeaderMap, body: Body) -> Result<(), Refusal> {
        let Ok(body) = axum::body::to_bytes(body, self.body_limit).await else {
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large, or did not arrive"));
        };
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(verifier) = &self.verifier {
            let signed = Signed {
                id: header(ID_HEADER),
                timestamp: header(TIMESTAMP_HEADER),
                signature: header(SIGNATURE_HEADER),
            };
            verifier.verify(signed, &body).map_err(|error| {
                let status = match error {
                    super::SignatureError::Mismatch => StatusCode::UNAUTHORIZED,
                    _ => StatusCode::BAD_REQUEST,
                };
                Refusal::new(status, error)
            })?;
        }
        let mut message = Message::new(body);
        message.id = header(ID_HEADER).map(str::to_owned);
        message.content_type = header(CONTENT_TYPE.as_str()).map(str::to_owned);
        for (name, value) in headers {
            message.headers.append(name.as_str().to_owned(), bytes::Bytes::copy_from_slice(value.as_bytes()));
        }
        let operation = self.consumer.operation;
        let template = operation.channel().template();
        // An address without a leading slash is meant from the root, too.
        let address = [path, path.trim_start_matches('/')].into_iter().find(|address| template.matches(address));
        let address =
            address.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "this is not the channel's address"))?;
        let received = Received::new(operation, message, address.to_owned(), 1);
        let handling = catch_panic(async { self.consumer.dispatch.dispatch(&received).await });
        let handled = match self.consumer.policy.timeout {
            None => handling.await,
            Some(limit) => tokio::time::timeout(limit, handling)
                .await
                .map_err(|_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the handler took too long"))?,
        };
        match handled {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Failure::Undecodable(fault))) => Err(Refusal::new(StatusCode::BAD_REQUEST, fault)),
            // What went wrong inside is for the log, not for the sender.
            Ok(Err(Failure::Handler(error))) => {
                tracing::warn!(operation = operation.key(), id = received.message().id.as_deref(), %error, "handling failed");
                Err(match error.is_permanent() {
                    true => Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "the message was refused"),
                    false => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "try again later"),
                })
            }
            Err(panic) => {
                tracing::warn!(operation = operation.key(), panic, "the handler panicked");
                Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "try again later"))
            }
        }
    }
}

async fn receive<D: Dispatch>(State(receiver): State<Arc<Receiver<D>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match receiver.answer(parts.uri.path(), &parts.headers, body).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// A problem as RFC 9457 has it.
struct Refusal {
    status: StatusCode,
    detail: String,
}

impl Refusal {
    fn new(status: StatusCode, detail: impl ToString) -> Self {
        Self { status, detail: detail.to_string() }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or_default();
        let problem = serde_json::json!({ "title": title, "status": self.status.as_u16(), "detail": self.detail });
        let mut response =
            (self.status, [(CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static("5"));
        }
        response
    }
}

/// The address as a path of axum: a segment with parameters matches anything, and is read by the address template.
fn route(template: &str) -> String {
    let mut path = String::new();
    for (number, segment) in template.trim_start_matches('/').split('/').enumerate() {
        path.push('/');
        if segment.contains(['{', '}']) {
            path.push_str(&format!("{{p{number}}}"));
        } else {
            path.push_str(segment);
        }
    }
    path
}
