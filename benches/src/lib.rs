//! Five payloads, the types that tidings makes of their schemas, and types of the same shape written by hand.

/// The types that are measured.
pub mod generated {
    tidings_runtime::include_api!("payloads");
}
pub mod hand;

/// The document whose schemas they are.
pub const DOCUMENT: &str = include_str!("../payloads.yaml");

/// The payloads, by the names of their schemas.
pub const PAYLOADS: [(&str, &str); 5] = [
    ("IssueEvent", include_str!("../payloads/issue_event.json")),
    ("Order", include_str!("../payloads/order.json")),
    ("Measurements", include_str!("../payloads/measurements.json")),
    ("Statement", include_str!("../payloads/statement.json")),
    ("Shipment", include_str!("../payloads/shipment.json")),
];

/// The payload of a schema; empty where there is none.
#[must_use]
pub fn payload(name: &str) -> &'static str {
    PAYLOADS.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
}
