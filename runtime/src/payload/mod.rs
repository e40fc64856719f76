//! Payloads: bytes in, values that satisfy their schema out, and back.
//!
//! A [`Payload`] type accepts exactly what its schema accepts, in both directions; what it refuses it refuses with a
//! list of [`Fault`]s, each of which points at one value. Nothing here keeps state between calls.

use bytes::Bytes;

mod absent;
pub(crate) mod applicators;
pub(crate) mod assertions;
pub(crate) mod choice;
pub(crate) mod convert;
#[cfg(any(feature = "jiff", feature = "time"))]
mod dates;
pub(crate) mod encode;
pub(crate) mod error;
mod external;
pub(crate) mod faults;
pub(crate) mod format;
pub(crate) mod formatted;
mod incomplete;
pub(crate) mod literals;
pub(crate) mod members;
pub(crate) mod number;
pub(crate) mod object;
pub(crate) mod pattern;
pub(crate) mod plan;
mod steps;
pub(crate) mod unevaluated;
pub(crate) mod value;
pub(crate) mod wire;

pub use absent::Absent;
pub use error::{DecodeError, EncodeError, Fault};
pub use incomplete::Incomplete;
pub use wire::Codec;

/// What a message carries: a type that reads and writes itself in the message's own content type.
pub trait Payload: Sized {
    /// The media type of the bytes, as in `application/json`.
    const CONTENT_TYPE: &'static str;

    /// Reads a payload; accepts exactly what the schema accepts.
    ///
    /// # Errors
    /// [`DecodeError`] says what is wrong with the bytes, or lists every value that the schema refuses.
    fn from_slice(bytes: &[u8]) -> Result<Self, DecodeError>;

    /// Writes a payload; refuses what the schema refuses.
    ///
    /// # Errors
    /// [`EncodeError`] lists every value that the schema refuses, or says what cannot be written at all.
    fn to_vec(&self) -> Result<Vec<u8>, EncodeError>;

    /// Reads a payload that was written by a codec other than that of its content type.
    ///
    /// # Errors
    /// Those of [`Payload::from_slice`]; and the payload has no such codec.
    fn from_slice_as(bytes: &[u8], codec: Codec) -> Result<Self, DecodeError> {
        match codec {
            Codec::Json => Self::from_slice(bytes),
            other => Err(DecodeError::binary(0, format!("the payload has no codec {other:?}"))),
        }
    }

    /// Writes a payload by a codec other than that of its content type.
    ///
    /// # Errors
    /// Those of [`Payload::to_vec`]; and the payload has no such codec.
    fn to_vec_as(&self, codec: Codec) -> Result<Vec<u8>, EncodeError> {
        match codec {
            Codec::Json => self.to_vec(),
            other => Err(EncodeError::Serialize { message: format!("the payload has no codec {other:?}") }),
        }
    }
}

/// Any JSON: the payload of a message without a schema. Duplicate keys are refused, as everywhere.
pub type Json = serde_json::Value;

impl Payload for Json {
    const CONTENT_TYPE: &'static str = "application/json";

    fn from_slice(bytes: &[u8]) -> Result<Self, DecodeError> {
        value::parse(bytes).map(Json::from)
    }

    fn to_vec(&self) -> Result<Vec<u8>, EncodeError> {
        serde_json::to_vec(self).map_err(|error| EncodeError::Serialize { message: error.to_string() })
    }
}

/// Bytes as they came: the payload of a message whose format tidings does not read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Raw(pub Bytes);

impl Payload for Raw {
    const CONTENT_TYPE: &'static str = "application/octet-stream";

    fn from_slice(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self(Bytes::copy_from_slice(bytes)))
    }

    fn to_vec(&self) -> Result<Vec<u8>, EncodeError> {
        Ok(self.0.to_vec())
    }
}
