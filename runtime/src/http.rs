//! What routes of all kinds share: their paths, and how they refuse.

mod problem;

pub(crate) use problem::Refusal;

/// The address as a path of axum: a segment with parameters matches anything, and is read by the address template. So does
/// one that axum takes for a parameter in the form of its older versions, which it refuses by a panic.
#[cfg(any(feature = "webhook-server", feature = "sse-server", feature = "ws-server"))]
pub(crate) fn route(template: &str) -> String {
    let mut path = String::new();
    for (number, segment) in template.trim_start_matches('/').split('/').enumerate() {
        path.push('/');
        if segment.contains(['{', '}']) || segment.starts_with([':', '*']) {
            path.push_str(&format!("{{p{number}}}"));
        } else {
            path.push_str(segment);
        }
    }
    path
}
