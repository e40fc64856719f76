//! Types made of bare schemas, and what each says of a value.

use tidings_runtime::schemars::{JsonSchema, SchemaGenerator};
use tidings_runtime::{DecodeError, EncodeError, Json, Payload};

/// What a generated type says of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is accepted, and written again like this.
    Accepted(Result<Vec<u8>, EncodeError>),
    /// The schema refuses it.
    Refused(String),
    /// The schema accepts it, and the Rust type has no room for it.
    NoRoom,
}

/// A schema and the type made of it.
#[derive(Debug)]
pub struct Case {
    /// What it shows.
    pub name: &'static str,
    /// The schema, as JSON.
    pub schema: &'static str,
    /// Whether formats are asserted; otherwise they are annotations.
    pub asserted: bool,
    /// Reads a value.
    pub judge: fn(&[u8]) -> Verdict,
    /// The schema that the type gives of itself.
    pub described: fn() -> Json,
}

/// Reads a value by the type `P`, and writes it again.
pub fn judge<P: Payload>(json: &[u8]) -> Verdict {
    match P::from_slice(json) {
        Ok(value) => Verdict::Accepted(value.to_vec()),
        Err(DecodeError::Unrepresentable { .. }) => Verdict::NoRoom,
        Err(error) => Verdict::Refused(error.to_string()),
    }
}

/// The schema that a type gives of itself.
pub fn described<T: JsonSchema>() -> Json {
    SchemaGenerator::default().into_root_schema_for::<T>().to_value()
}

include!(concat!(env!("OUT_DIR"), "/cases.rs"));
