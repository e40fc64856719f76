//! The schemas of schemas, known by their URI, so that a reference to one needs no network.
//!
//! In: a URI. Out: what that draft asks of a schema, as JSON, in one file for each draft and without annotations.

/// A URI and the schema that it names.
pub(super) type WellKnown = (&'static str, &'static str);

/// A URI without fragment, and the schema.
const TABLE: [WellKnown; 5] = [
    ("http://json-schema.org/draft-04/schema", include_str!("well_known/draft-04.json")),
    ("http://json-schema.org/draft-06/schema", include_str!("well_known/draft-06.json")),
    ("http://json-schema.org/draft-07/schema", include_str!("well_known/draft-07.json")),
    ("https://json-schema.org/draft/2019-09/schema", include_str!("well_known/2019-09.json")),
    ("https://json-schema.org/draft/2020-12/schema", include_str!("well_known/2020-12.json")),
];

/// The URI as the table has it, and the schema.
pub(super) fn get(uri: &str) -> Option<WellKnown> {
    TABLE.iter().find(|(known, _)| *known == uri).copied()
}
