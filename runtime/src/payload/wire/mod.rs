//! Payloads in Avro and Protobuf, binary or in the JSON of either, to and from the same values that JSON is read to.
//!
//! In: bytes and the tables that the generator made of a schema. Out: a [`Value`] that generated checks and types take,
//! or bytes. What a value looks like is told at each format: bytes are base64, timestamps are texts of RFC 3339. No
//! input makes a reader hang or take more memory than a small multiple of the input.

pub mod avro;
#[cfg(feature = "avro")]
mod avro_codec;
#[cfg(feature = "avro")]
mod avro_json;
#[cfg(any(feature = "avro", feature = "protobuf"))]
mod places;
pub mod protobuf;
#[cfg(feature = "protobuf")]
mod protobuf_codec;
#[cfg(feature = "protobuf")]
mod protobuf_json;
#[cfg_attr(not(any(feature = "avro", feature = "protobuf")), allow(dead_code))]
pub(super) mod text;

use super::value::{self, Value};
use super::{DecodeError, EncodeError};

/// The bytes that begin a message of a schema registry.
const REGISTERED: u8 = 0;
/// The bytes that begin the single-object encoding of Avro.
const SINGLE_OBJECT: [u8; 2] = [0xc3, 0x01];
/// What is nested deeper is not read, nor written.
#[cfg(any(feature = "avro", feature = "protobuf"))]
const MAXIMUM_DEPTH: usize = 120;

/// How the values of a payload become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// JSON text: for payloads in Avro by its JSON encoding, in Protobuf by its JSON mapping.
    Json,
    /// Binary, and nothing else: both sides know the schema.
    Binary,
    /// Avro's single-object encoding: two marking bytes, the fingerprint of the schema, binary.
    SingleObject,
    /// As schema registries frame it: a zero byte, the number of the schema in 4 bytes, binary (Protobuf: an index first).
    /// Reading takes any number; writing needs one.
    Registered(Option<u32>),
}

/// The schema of a payload that has a binary form.
#[derive(Debug, Clone, Copy)]
pub enum Wire {
    /// Avro.
    Avro(&'static avro::Schema),
    /// Protobuf.
    Protobuf(&'static protobuf::Schema),
}

impl Wire {
    /// Reads a value, without checking it.
    pub(crate) fn read<'b>(self, bytes: &'b [u8], codec: Codec) -> Result<Value<'b>, DecodeError> {
        if codec == Codec::Json {
            return self.read_json(value::parse(bytes)?);
        }
        let (frame, body) = self.unframe(bytes, codec)?;
        match self {
            #[cfg(feature = "avro")]
            Self::Avro(schema) => avro_codec::read(schema, body, frame),
            #[cfg(feature = "protobuf")]
            Self::Protobuf(schema) => protobuf_codec::read(schema, body, frame),
            #[allow(unreachable_patterns)]
            _ => {
                let _ = body;
                Err(DecodeError::binary(frame, self.switched_off()))
            }
        }
    }

    /// Writes a value that was checked.
    pub(crate) fn write(self, value: &Value<'_>, codec: Codec) -> Result<Vec<u8>, EncodeError> {
        let mut out = match (codec, self) {
            (Codec::Json, _) => {
                let value = self.write_json(value)?;
                return serde_json::to_vec(&value)
                    .map_err(|error| EncodeError::Serialize { message: error.to_string() });
            }
            (Codec::Binary, _) => Vec::new(),
            (Codec::SingleObject, Self::Avro(schema)) => {
                [SINGLE_OBJECT.as_slice(), &schema.fingerprint.to_le_bytes()].concat()
            }
            (Codec::Registered(Some(id)), Self::Avro(_)) => [[REGISTERED].as_slice(), &id.to_be_bytes()].concat(),
            (Codec::Registered(Some(id)), Self::Protobuf(schema)) => {
                [[REGISTERED].as_slice(), &id.to_be_bytes(), schema.index].concat()
            }
            (Codec::Registered(None), _) => {
                let message = "the number that the registry gave the schema is not known".to_owned();
                return Err(EncodeError::Serialize { message });
            }
            (Codec::SingleObject, Self::Protobuf(_)) => {
                let message = "Protobuf has no single-object encoding".to_owned();
                return Err(EncodeError::Serialize { message });
            }
        };
        match self {
            #[cfg(feature = "avro")]
            Self::Avro(schema) => avro_codec::write(schema, value, &mut out),
            #[cfg(feature = "protobuf")]
            Self::Protobuf(schema) => protobuf_codec::write(schema, value, &mut out),
            #[allow(unreachable_patterns)]
            _ => {
                let _ = (value, &mut out);
                Err(self.switched_off().to_owned())
            }
        }
        .map_err(|message| EncodeError::Serialize { message })?;
        Ok(out)
    }

    /// JSON as the language of the schema has it.
    fn read_json(self, value: Value<'_>) -> Result<Value<'_>, DecodeError> {
        match self {
            #[cfg(feature = "avro")]
            Self::Avro(schema) => avro_json::read(schema, value).map_err(DecodeError::Invalid),
            #[cfg(feature = "protobuf")]
            Self::Protobuf(schema) => protobuf_json::read(schema, value).map_err(DecodeError::Invalid),
            #[allow(unreachable_patterns)]
            _ => {
                let _ = value;
                Err(DecodeError::binary(0, self.switched_off()))
            }
        }
    }

    fn write_json<'v>(self, value: &Value<'v>) -> Result<Value<'v>, EncodeError> {
        match self {
            #[cfg(feature = "avro")]
            Self::Avro(schema) => avro_json::write(schema, value.clone()).map_err(EncodeError::Invalid),
            #[cfg(feature = "protobuf")]
            Self::Protobuf(schema) => Ok(protobuf_json::write(schema, value.clone())),
            #[allow(unreachable_patterns)]
            _ => {
                let _ = value;
                Err(EncodeError::Serialize { message: self.switched_off().to_owned() })
            }
        }
    }

    /// The length of the frame, and what is in it.
    fn unframe(self, bytes: &[u8], codec: Codec) -> Result<(usize, &[u8]), DecodeError> {
        let rest = match (codec, self) {
            (Codec::Json | Codec::Binary, _) => Some(bytes),
            (Codec::SingleObject, Self::Avro(schema)) => {
                let rest = bytes
                    .strip_prefix(&SINGLE_OBJECT)
                    .ok_or_else(|| DecodeError::binary(0, "not the two bytes that mark a single object of Avro"))?;
                let (fingerprint, rest) = rest
                    .split_first_chunk::<8>()
                    .ok_or_else(|| DecodeError::binary(2, "the fingerprint of the schema ends early"))?;
                if u64::from_le_bytes(*fingerprint) != schema.fingerprint {
                    return Err(DecodeError::binary(2, "the fingerprint is that of another schema"));
                }
                Some(rest)
            }
            (Codec::SingleObject, Self::Protobuf(_)) => None,
            (Codec::Registered(_), _) => {
                let rest = bytes.strip_prefix(&[REGISTERED]).and_then(|rest| rest.split_first_chunk::<4>());
                let (_, rest) =
                    rest.ok_or_else(|| DecodeError::binary(0, "not the zero and the number of a schema registry"))?;
                match self {
                    Self::Avro(_) => Some(rest),
                    Self::Protobuf(schema) => Some(schema.strip_index(rest).ok_or_else(|| {
                        DecodeError::binary(5, "the index of the message is that of another message")
                    })?),
                }
            }
        };
        let rest = rest.ok_or_else(|| DecodeError::binary(0, "Protobuf has no single-object encoding"))?;
        Ok((bytes.len() - rest.len(), rest))
    }

    #[allow(dead_code)]
    fn switched_off(self) -> &'static str {
        match self {
            Self::Avro(_) => "the feature `avro` of tidings-runtime is off",
            Self::Protobuf(_) => "the feature `protobuf` of tidings-runtime is off",
        }
    }
}
