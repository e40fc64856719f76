//! Subscriptions over HTTP: what tenants do with their endpoints, each with a token of their own.
//!
//! In: requests with `authorization: Bearer ..`. Out: JSON, or a problem. A tenant sees nothing of others: what belongs to
//! another is answered like what does not exist.

use super::tenant::{NewSubscription, Replay, Subscription, Tenant};
use super::{Outbox, OutboxError};
use crate::http::Refusal;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

const BODY_LIMIT: usize = 64 * 1024;
const PAGE: u32 = 100;

/// Which token belongs to which tenant. Only digests are kept, so that neither memory nor time tells a token.
#[derive(Clone, Debug, Default)]
pub struct Tokens(HashMap<Vec<u8>, String>);

impl Tokens {
    /// Tokens with their tenants.
    pub fn new<T: AsRef<str>, N: Into<String>>(tokens: impl IntoIterator<Item = (T, N)>) -> Self {
        Self(tokens.into_iter().map(|(token, tenant)| (hashed(token.as_ref()), tenant.into())).collect())
    }

    fn tenant(&self, token: &str) -> Option<&String> {
        self.0.get(&hashed(token))
    }
}

fn hashed(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

struct Routes {
    outbox: Outbox,
    tokens: Tokens,
}

impl Outbox {
    /// The routes `/subscriptions`, `/subscriptions/{id}` and below it `rotate-secret`, `test`, `replay`, `deliveries`, for
    /// tenants who show their token.
    pub fn subscriptions(&self, tokens: Tokens) -> Router {
        Router::new()
            .route("/subscriptions", get(list).post(create))
            .route("/subscriptions/{id}", get(read).patch(update).delete(remove))
            .route("/subscriptions/{id}/rotate-secret", post(rotate))
            .route("/subscriptions/{id}/test", post(test))
            .route("/subscriptions/{id}/replay", post(replay))
            .route("/subscriptions/{id}/deliveries", get(deliveries))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .with_state(Arc::new(Routes { outbox: self.clone(), tokens }))
    }
}

impl FromRequestParts<Arc<Routes>> for Tenant {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, routes: &Arc<Routes>) -> Result<Self, Response> {
        let value = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        match token.and_then(|token| routes.tokens.tenant(token)) {
            Some(name) => Ok(routes.outbox.tenant(name)),
            None => {
                let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "a valid bearer token is needed");
                let mut response = refusal.into_response();
                let challenge = axum::http::HeaderValue::from_static("Bearer");
                response.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, challenge);
                Err(response)
            }
        }
    }
}

impl IntoResponse for OutboxError {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Destination(_) | Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(_) | Self::Client(_) => {
                tracing::warn!(error = %self, "a request about subscriptions failed");
                return Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "try again later").into_response();
            }
        };
        Refusal::new(status, self).into_response()
    }
}

/// Why a request was not done.
enum Failed {
    Refused(Refusal),
    Outbox(OutboxError),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<OutboxError> for Failed {
    fn from(error: OutboxError) -> Self {
        Self::Outbox(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::Outbox(error) => error.into_response(),
        }
    }
}

type Answer = Result<Response, Failed>;

fn answer(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn shown(subscription: &Subscription) -> Value {
    let Subscription { id, url, types, ordered, enabled, created_at } = subscription;
    json!({ "id": id, "url": url, "types": types, "ordered": ordered, "enabled": enabled, "createdAt": created_at })
}

/// The members of a JSON object, each of which must be known.
struct Members(Map<String, Value>);

impl Members {
    fn read(body: &[u8], known: &[&str]) -> Result<Self, Refusal> {
        let bad = |text: String| Refusal::new(StatusCode::BAD_REQUEST, text);
        let body = if body.is_empty() { b"{}" } else { body };
        let value: Value = crate::payload::Payload::from_slice(body).map_err(|error| bad(error.to_string()))?;
        let Value::Object(members) = value else { return Err(bad("expected an object".to_owned())) };
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(bad(format!("unknown member `{name}`"))),
            None => Ok(Self(members)),
        }
    }

    fn take<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Refusal> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let text = format!("/{name}: not of the right type");
        serde_json::from_value(value).map(Some).map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, text))
    }
}

/// A parameter of the query that is a number or an id.
fn parameter<'u>(uri: &'u Uri, name: &str) -> Option<&'u str> {
    let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

fn limit(uri: &Uri) -> u32 {
    parameter(uri, "limit").and_then(|text| text.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE)
}

async fn list(tenant: Tenant, uri: Uri) -> Answer {
    let after = parameter(&uri, "after").unwrap_or_default();
    let found = tenant.subscriptions(after, limit(&uri)).await?;
    Ok(answer(StatusCode::OK, &json!({ "subscriptions": found.iter().map(shown).collect::<Vec<_>>() })))
}

async fn create(tenant: Tenant, body: Bytes) -> Answer {
    let mut members = Members::read(&body, &["url", "types", "ordered"])?;
    let new = NewSubscription {
        url: members.take("url")?.unwrap_or_default(),
        types: members.take("types")?.unwrap_or_default(),
        ordered: members.take("ordered")?.unwrap_or_default(),
    };
    let (subscription, secret) = tenant.subscribe_endpoint(new).await?;
    let mut value = shown(&subscription);
    if let Value::Object(members) = &mut value {
        members.insert("secret".to_owned(), secret.reveal().into());
    }
    Ok(answer(StatusCode::CREATED, &value))
}

async fn read(tenant: Tenant, Path(id): Path<String>) -> Answer {
    Ok(answer(StatusCode::OK, &shown(&tenant.subscription(&id).await?)))
}

async fn update(tenant: Tenant, Path(id): Path<String>, body: Bytes) -> Answer {
    let mut members = Members::read(&body, &["url", "types", "ordered", "enabled"])?;
    let url = members.take("url")?;
    let types = members.take("types")?;
    let ordered = members.take("ordered")?;
    let enabled = members.take("enabled")?;
    let change = |subscription: &mut Subscription| {
        subscription.url = url.unwrap_or_else(|| subscription.url.clone());
        subscription.types = types.unwrap_or_else(|| subscription.types.clone());
        subscription.ordered = ordered.unwrap_or(subscription.ordered);
        subscription.enabled = enabled.unwrap_or(subscription.enabled);
    };
    Ok(answer(StatusCode::OK, &shown(&tenant.update(&id, change).await?)))
}

async fn remove(tenant: Tenant, Path(id): Path<String>) -> Answer {
    tenant.unsubscribe(&id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn rotate(tenant: Tenant, Path(id): Path<String>) -> Answer {
    let secret = tenant.rotate_secret(&id).await?;
    Ok(answer(StatusCode::OK, &json!({ "secret": secret.reveal() })))
}

async fn test(tenant: Tenant, Path(id): Path<String>) -> Answer {
    let event = tenant.test(&id).await?;
    Ok(answer(StatusCode::ACCEPTED, &json!({ "event": event })))
}

async fn replay(tenant: Tenant, Path(id): Path<String>, body: Bytes) -> Answer {
    let mut members = Members::read(&body, &["event", "since"])?;
    let which = match (members.take("event")?, members.take("since")?) {
        (Some(event), None) => Replay::One(event),
        (None, Some(since)) => Replay::Since(since),
        _ => return Err(Refusal::new(StatusCode::BAD_REQUEST, "give either `event` or `since`").into()),
    };
    let count = tenant.replay(&id, &which).await?;
    Ok(answer(StatusCode::ACCEPTED, &json!({ "deliveries": count })))
}

async fn deliveries(tenant: Tenant, Path(id): Path<String>, uri: Uri) -> Answer {
    let attempts = tenant.attempts(&id, limit(&uri)).await?;
    let shown = attempts.iter().map(|attempt| {
        json!({
            "event": attempt.event, "attempt": attempt.number, "at": attempt.at,
            "milliseconds": attempt.milliseconds, "status": attempt.status, "response": attempt.note,
        })
    });
    Ok(answer(StatusCode::OK, &json!({ "deliveries": shown.collect::<Vec<_>>() })))
}
