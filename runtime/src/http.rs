//! What routes of all kinds share: their paths, and how they refuse.

mod problem;

pub(crate) use problem::Refusal;

#[cfg(any(feature = "webhook-server", feature = "sse-server"))]
use axum::{Router, routing::MethodRouter};

/// A router with one route. Axum refuses by a panic what began a parameter in its older versions; an address may well have it.
#[cfg(any(feature = "webhook-server", feature = "sse-server"))]
pub(crate) fn router<S: Clone + Send + Sync + 'static>(path: &str, route: MethodRouter<S>) -> Router<S> {
    Router::new().without_v07_checks().route(path, route)
}

/// The address as a path of axum: a segment with parameters matches anything, and is read by the address template.
#[cfg(any(feature = "webhook-server", feature = "sse-server"))]
pub(crate) fn route(template: &str) -> String {
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
