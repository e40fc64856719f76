//! Operations on HTTP channels as routes: verified, decoded, handled, answered.
//!
//! In: the consumer that generated code makes of a handler. Out: an [`axum::Router`] with one `POST` route at the channel's
//! address. The signature is checked over the body as it came, before anything else looks at it. The sender is the one who
//! tries again, so a failure is answered and not retried here.

use super::cloud_events::{self, CloudEvents};
use super::signature::{ID_HEADER, SignatureError, Verifier};
use crate::codegen::routing::{Dispatch, Failure, Received};
use crate::consume::{Consumer, Idempotent, Reason, Undecodable, catch_panic};
use crate::http::Refusal;
use crate::message::Message;
use crate::observe::processing;
use crate::payload::{DecodeError, Fault};
use crate::security::Guard;
use crate::store::idempotency::Claim;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The largest body that is read, unless another is set.
const BODY_LIMIT: usize = 1024 * 1024;
/// How long a body may take to arrive, unless another time is set.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

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
    body_timeout: Duration,
    content_types: Vec<String>,
    idempotency: Option<Idempotent>,
    cloud_events: Option<CloudEvents>,
    guard: Guard,
}

impl<D: Dispatch> Receiver<D> {
    /// Receives what this consumer handles. Signatures are not asked for until [`verify`](Self::verify) says so.
    pub fn new(consumer: Consumer<D>) -> Self {
        Self {
            consumer,
            verifier: None,
            body_limit: BODY_LIMIT,
            body_timeout: BODY_TIMEOUT,
            content_types: Vec::new(),
            idempotency: None,
            cloud_events: None,
            guard: Guard::new(),
        }
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

    /// How long a body may take to arrive; 30 s unless set.
    pub fn body_timeout(mut self, limit: Duration) -> Self {
        self.body_timeout = limit;
        self
    }

    /// Refuses bodies of other media types than those named so; without any, every media type is taken. JSON in another
    /// character set than UTF-8 is refused in any case.
    pub fn content_type(mut self, media_type: impl Into<String>) -> Self {
        self.content_types.push(media_type.into().to_ascii_lowercase());
        self
    }

    /// Handles each message once, by its id: what was handled is answered 204 again without the handler. Messages without
    /// an id are handled each time. The ids of one operation are apart from those of others. A store is enough; how long
    /// it holds the message of a process that died, and which header is the id, is said by an [`Idempotent`].
    pub fn idempotent(mut self, idempotent: impl Into<Idempotent>) -> Self {
        self.idempotency = Some(idempotent.into());
        self
    }

    /// Takes CloudEvents, and nothing else.
    pub fn cloud_events(mut self, events: CloudEvents) -> Self {
        self.cloud_events = Some(events);
        self
    }

    /// Who may call, where the document's security schemes ask for credentials. Without it, nobody may.
    pub fn guard(mut self, guard: Guard) -> Self {
        self.guard = guard;
        self
    }

    /// A router with the route of the operation; merge it with others.
    ///
    /// Answers: 204 handled, now or before; 400 not what the document says (the problem lists `errors`, each with `pointer`,
    /// `keyword`, `expected` and `found`), or signature headers malformed or out of time; 401 no signature matches, or a credential is missing or wrong; 403 the token lacks a scope; 404 not the channel's address; 408 too slow; 409 being handled at this moment; 413 too
    /// large; 415 another media type or character set; 422 the handler said that trying again will not help; 503 it failed
    /// otherwise.
    pub fn into_router(self) -> Router {
        let path = crate::http::route(self.consumer.operation.channel().template().as_str());
        let mut route = post(receive::<D>);
        if self.cloud_events.is_some() {
            route = route.options(handshake::<D>);
        }
        let (guard, operation) = (self.guard.clone(), self.consumer.operation);
        let router = Router::new().route(&path, route).with_state(Arc::new(self));
        guard.protect(router, operation)
    }

    /// Reads the body, for no longer and no more than is allowed.
    async fn body(&self, headers: &HeaderMap, body: Body) -> Result<bytes::Bytes, Refusal> {
        let too_large = || Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > self.body_limit) {
            return Err(too_large());
        }
        match tokio::time::timeout(self.body_timeout, Limited::new(body, self.body_limit).collect()).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => Err(Refusal::new(StatusCode::BAD_REQUEST, "the body did not arrive whole")),
            Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive")),
        }
    }

    fn check_content_type(&self, content_type: &str) -> Result<(), Refusal> {
        let refused = |text| Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        let lower = content_type.to_ascii_lowercase();
        let (media, parameters) = lower.split_once(';').unwrap_or((&lower, ""));
        let media = media.trim();
        let events = self.cloud_events.is_some() && media.starts_with("application/cloudevents");
        if !self.content_types.is_empty() && !events && !self.content_types.iter().any(|known| known == media) {
            return refused(format!("the body must be {}", self.content_types.join(" or ")));
        }
        let charset = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("charset="));
        let charset = charset.map(|text| text.trim_matches('"'));
        if media.ends_with("json") && charset.is_some_and(|set| !matches!(set, "utf-8" | "utf8" | "us-ascii")) {
            return refused("JSON is UTF-8".to_owned());
        }
        Ok(())
    }

    async fn answer(self: &Arc<Self>, path: &str, headers: &HeaderMap, body: Body) -> Result<(), Refusal> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let content_type = header(CONTENT_TYPE.as_str());
        self.check_content_type(content_type.unwrap_or_default())?;
        let body = self.body(headers, body).await?;
        if let Some(verifier) = &self.verifier {
            verifier.verify_headers(header, &body).map_err(|error| {
                let status = match error {
                    SignatureError::Mismatch => StatusCode::UNAUTHORIZED,
                    _ => StatusCode::BAD_REQUEST,
                };
                Refusal::new(status, error)
            })?;
        }
        let id_header = self.verifier.as_ref().map_or(Some(ID_HEADER), |verifier| verifier.scheme().id_header());
        let mut message = Message::new(body);
        message.id = id_header.and_then(header).map(str::to_owned);
        message.content_type = content_type.map(str::to_owned);
        for (name, value) in headers {
            message.headers.append(name.as_str().to_owned(), bytes::Bytes::copy_from_slice(value.as_bytes()));
        }
        if self.cloud_events.is_some() {
            cloud_events::unwrap(&mut message)?;
        }
        let operation = self.consumer.operation;
        let template = operation.channel().template();
        // An address without a leading slash is meant from the root, too.
        let address = [path, path.trim_start_matches('/')].into_iter().find(|address| template.matches(address));
        let address =
            address.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "this is not the channel's address"))?;
        let received = Received::new(operation, Arc::new(message), address.into(), 1);
        // A sender that hangs up does not end what was begun.
        let receiver = Arc::clone(self);
        let handling = tokio::spawn(async move { receiver.once(received).await });
        handling.await.unwrap_or_else(|_| Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "try again later")))
    }

    /// Handles a message unless that was done before.
    async fn once(&self, received: Received) -> Result<(), Refusal> {
        let scope = self.consumer.operation.key();
        let once = self.idempotency.as_ref().and_then(|idempotent| idempotent.once(scope, received.message(), None));
        let Some(once) = once else { return self.handle(&received).await };
        let unavailable = |error| {
            tracing::warn!(operation = scope, %error, "the store of idempotency keys failed");
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "try again later")
        };
        match once.claim().await.map_err(unavailable)? {
            Claim::Done => return Ok(()),
            Claim::Busy => return Err(Refusal::new(StatusCode::CONFLICT, "the message is being handled")),
            Claim::New => (),
        }
        let handled = once.during(self.handle(&received)).await;
        match handled {
            Ok(()) => once.commit().await.map_err(unavailable)?,
            Err(_) => once.release().await,
        }
        handled
    }

    async fn handle(&self, received: &Received) -> Result<(), Refusal> {
        let operation = self.consumer.operation.key();
        let handling = catch_panic(async { self.consumer.dispatch.dispatch(received).await });
        let limited = async {
            match self.consumer.policy.timeout {
                None => Some(handling.await),
                Some(limit) => tokio::time::timeout(limit, handling).await.ok(),
            }
        };
        let seen = processing("http", operation, received);
        let handled = match &seen {
            None => limited.await,
            Some(seen) => seen.run(limited).await,
        };
        let failed = |reason: Reason, error: &dyn std::fmt::Display| {
            if let Some(seen) = &seen {
                seen.failed(reason.as_str(), error);
            }
        };
        let Some(handled) = handled else {
            failed(Reason::Timeout, &"the handler took too long");
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the handler took too long"));
        };
        match handled {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Failure::Undecodable(fault))) => {
                failed(Reason::Undecodable, &fault);
                Err(refused(&fault))
            }
            // What went wrong inside is for the log, not for the sender.
            Ok(Err(Failure::Handler(error))) => {
                let reason = if error.is_permanent() { Reason::Permanent } else { Reason::RetriesExhausted };
                failed(reason, &error);
                tracing::warn!(operation, id = received.message().id.as_deref(), %error, "handling failed");
                Err(match error.is_permanent() {
                    true => Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "the message was refused"),
                    false => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "try again later"),
                })
            }
            Err(panic) => {
                failed(Reason::Panic, &panic);
                tracing::warn!(operation, panic, "the handler panicked");
                Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "try again later"))
            }
        }
    }
}

/// 400 with what is wrong, for people and for programs.
fn refused(undecodable: &Undecodable) -> Refusal {
    let mut errors = Vec::new();
    for (message, error) in undecodable.refusals() {
        let mut told = match error {
            DecodeError::Syntax { message, line, column } => {
                vec![json!({ "line": line, "column": column, "detail": message })]
            }
            DecodeError::Binary { message, offset } => vec![json!({ "offset": offset, "detail": message })],
            DecodeError::Invalid(faults) => faults.iter().map(fault).collect(),
            DecodeError::Unrepresentable { pointer, message } => vec![json!({ "pointer": pointer, "detail": message })],
        };
        for error in told.iter_mut().filter_map(Value::as_object_mut) {
            error.extend(message.map(|message| ("message".to_owned(), message.into())));
        }
        errors.append(&mut told);
    }
    Refusal::new(StatusCode::BAD_REQUEST, undecodable).with_errors(errors)
}

/// One value that the schema refuses, with a pointer in the form of RFC 6901.
fn fault(fault: &Fault) -> Value {
    json!({
        "pointer": fault.pointer(), "keyword": fault.keyword(), "detail": fault.message(),
        "expected": fault.expected(), "found": fault.found(),
    })
}

async fn receive<D: Dispatch>(State(receiver): State<Arc<Receiver<D>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match receiver.answer(parts.uri.path(), &parts.headers, body).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn handshake<D: Dispatch>(State(receiver): State<Arc<Receiver<D>>>, headers: HeaderMap) -> Response {
    match &receiver.cloud_events {
        Some(events) => events.handshake(&headers),
        None => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}
