//! Refusals as problems (RFC 9457): what every route of the runtime answers when it does not do what was asked.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The media type of a problem.
const PROBLEM: &str = "application/problem+json";
/// How many seconds a sender is asked to stay away, where trying again helps.
const PAUSE: HeaderValue = HeaderValue::from_static("5");

/// Why a request is refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    detail: String,
    errors: Vec<Value>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, detail: impl ToString) -> Self {
        Self { status, detail: detail.to_string(), errors: Vec::new() }
    }

    /// Adds what is wrong, one object for each fault, under `errors`.
    #[cfg(feature = "webhook-server")]
    pub(crate) fn with_errors(mut self, errors: Vec<Value>) -> Self {
        self.errors = errors;
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or_default();
        let mut problem = json!({ "title": title, "status": self.status.as_u16(), "detail": self.detail });
        if let Some(members) = problem.as_object_mut().filter(|_| !self.errors.is_empty()) {
            members.insert("errors".to_owned(), self.errors.into());
        }
        let mut response = (self.status, [(CONTENT_TYPE, PROBLEM)], problem.to_string()).into_response();
        if matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::CONFLICT) {
            response.headers_mut().insert(RETRY_AFTER, PAUSE);
        }
        response
    }
}
