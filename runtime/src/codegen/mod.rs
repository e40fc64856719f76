//! What generated code calls, and nobody else: no part of the public interface but for its [`ABI`] number.
//!
//! In: checks and types that the generator wrote. Out: the bodies of their `Payload`, `Serialize` and `Deserialize`
//! implementations. A value is read by its plan, and where that gives up, checked as a tree before it becomes typed; it is
//! written where its plan accepts it or the check accepts what was written.

mod bridging;
#[cfg(feature = "schemars")]
mod json_schema;
mod macros;
#[cfg(feature = "consume")]
pub mod routing;
mod testing;

use std::cell::Cell;

use serde::{Deserialize as _, Deserializer, de::Error as _};

pub use crate::{
    __implement_builder as implement_builder, __implement_choice as implement_choice,
    __implement_json_schema as implement_json_schema, __implement_newtype as implement_newtype,
    __implement_object as implement_object, __implement_tagged as implement_tagged, __implement_text as implement_text,
    __implement_union as implement_union, __plan_as as plan_as, __plan_checked as plan_checked,
    __plan_newtype as plan_newtype, __plan_object as plan_object, __plan_tagged as plan_tagged,
    __plan_text as plan_text,
};
pub use bytes;
#[cfg(feature = "chrono")]
pub use chrono;
#[cfg(feature = "jiff")]
pub use jiff;
#[cfg(feature = "schemars")]
pub use json_schema::{Definition, json_schema};
#[cfg(feature = "schemars")]
pub use schemars;
pub use serde;
pub use serde_json;
#[cfg(feature = "time")]
pub use time;
#[cfg(feature = "uuid")]
pub use uuid;

pub use crate::payload::assertions::Types;
pub use crate::payload::choice::Choice;
pub use crate::payload::convert::{FromValue, Unrepresentable, object, text};
pub use crate::payload::encode::{Encode, Encoded};
pub use crate::payload::faults::{Check, Faults, accepts, anything, nothing};
pub use crate::payload::format::Format;
pub use crate::payload::literals::Literals;
pub use crate::payload::members::{Members, Name};
pub use crate::payload::number::Number;
pub use crate::payload::object::{Builder, Member, Object};
pub use crate::payload::pattern::Pattern;
pub use crate::payload::plan::{
    Choose, Plan, Planned, PlannedObject, accepts_others, between, boxed, checked, fill, keep, list, map, next_name,
    nullable, own, plain, read_tagged, read_text, text_of, unchecked, undecided,
};
pub use crate::payload::unevaluated::{Marks, Seen};
pub use crate::payload::value::{Value, parse};
pub use crate::payload::wire::{Codec, Wire, avro, protobuf};

use crate::payload::error::Fault;
use crate::payload::{DecodeError, EncodeError};

/// Grows with every change that code generated before would not survive.
pub const ABI: u32 = 5;

/// Fails to compile in code that was generated for another runtime.
///
/// ```
/// const _: () = ::tidings_runtime::codegen::assert_abi(5);
/// ```
/// ```compile_fail,E0080
/// const _: () = ::tidings_runtime::codegen::assert_abi(0);
/// ```
pub const fn assert_abi(made_for: u32) {
    assert!(
        made_for >= ABI,
        "this code was generated for an older tidings-runtime: generate it again with the tidings of this version"
    );
    assert!(
        made_for <= ABI,
        "this code was generated for a newer tidings-runtime: update tidings-runtime to the version of tidings"
    );
}

/// Reads a typed value that `check` accepts.
///
/// # Errors
/// The bytes are not JSON, the check refuses the value, or the type has no room for it.
pub fn from_slice<T: FromValue + Planned>(bytes: &[u8], check: Check) -> Result<T, DecodeError> {
    match planned(bytes) {
        Some(value) => Ok(value),
        None => from_slice_by_tree(bytes, check),
    }
}

/// The same by the slow pass alone, which names every fault.
///
/// # Errors
/// Those of [`from_slice`].
pub fn from_slice_by_tree<T: FromValue>(bytes: &[u8], check: Check) -> Result<T, DecodeError> {
    typed(parse(bytes)?, check, bytes.len())
}

/// The fast pass; `None` where it does not decide.
fn planned<T: Planned>(bytes: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = T::read(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}

/// Writes a typed value as JSON that `check` accepts.
///
/// # Errors
/// The value has no JSON form, or the check refuses it.
pub fn to_vec<T: serde::Serialize + Encode + Planned>(value: &T, check: Check) -> Result<Vec<u8>, EncodeError> {
    if value.accepts() {
        let bytes = written(value)?;
        if !is_deep(&bytes) {
            return Ok(bytes);
        }
    }
    to_vec_by_tree(value, check)
}

/// Is this JSON text nested deeper than reading allows?
fn is_deep(json: &[u8]) -> bool {
    const DEEPEST: usize = 127;
    let opens = |byte: &u8| matches!(byte, b'[' | b'{');
    // What is opened is closed, too.
    if json.len() <= 2 * DEEPEST {
        return false;
    }
    if json.iter().filter(|byte| opens(byte)).count() <= DEEPEST {
        return false;
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            byte if opens(byte) => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

/// Writes into a buffer that the thread keeps: what is returned is allocated once, and has the size that it needs, so that
/// `Bytes` takes it as it is.
fn written<T: Encode>(value: &T) -> Result<Vec<u8>, EncodeError> {
    /// The largest buffer that is kept, in bytes.
    const KEPT: usize = 1 << 16;
    thread_local! {
        static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    // A thread that ends has none any more, and writing a value may write another one meanwhile: then it is a new one.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    let outcome = value.write(&mut buffer);
    let bytes = outcome.map(|()| buffer.as_slice().to_owned());
    if buffer.capacity() <= KEPT {
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
    }
    bytes.map_err(|error| EncodeError::Serialize { message: error.to_string() })
}

/// The same by the slow pass alone, which names every fault.
///
/// # Errors
/// Those of [`to_vec`].
pub fn to_vec_by_tree<T: serde::Serialize>(value: &T, check: Check) -> Result<Vec<u8>, EncodeError> {
    let unwritten = |message: String| EncodeError::Serialize { message };
    let bytes = serde_json::to_vec(value).map_err(|error| unwritten(error.to_string()))?;
    let written = parse(&bytes).map_err(|error| unwritten(error.to_string()))?;
    match faults(&written, check, bytes.len()) {
        None => Ok(bytes),
        Some(faults) => Err(EncodeError::Invalid(faults)),
    }
}

/// Reads a typed value that `check` accepts, in a form that `wire` has.
///
/// # Errors
/// The bytes have another form, the check refuses the value, or the type has no room for it.
pub fn from_wire<T: FromValue>(bytes: &[u8], codec: Codec, wire: Wire, check: Check) -> Result<T, DecodeError> {
    let value = wire.read(bytes, codec)?;
    typed(value, check, bytes.len())
}

/// Writes a typed value that `check` accepts, in a form that `wire` has.
///
/// # Errors
/// The value has no such form, or the check refuses it.
pub fn to_wire<T: serde::Serialize + Encode + Planned>(
    value: &T,
    codec: Codec,
    wire: Wire,
    check: Check,
) -> Result<Vec<u8>, EncodeError> {
    let json = to_vec(value, check)?;
    let value = parse(&json).map_err(|error| EncodeError::Serialize { message: error.to_string() })?;
    wire.write(&value, codec)
}

/// A type of the user's own, made of a value by serde.
///
/// # Errors
/// It refuses the value.
pub fn from_external<T: serde::de::DeserializeOwned>(value: Value<'_>) -> Result<T, Unrepresentable> {
    serde_json::from_value(value.into()).map_err(|error| Unrepresentable::new(error.to_string()))
}

/// The body of a generated `Deserialize`: as strict as [`from_slice`].
///
/// # Errors
/// Those of [`from_slice`], as one message of the deserializer.
pub fn deserialize<'de, T: FromValue, D: Deserializer<'de>>(deserializer: D, check: Check) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    typed(value, check, 0).map_err(D::Error::custom)
}

fn typed<T: FromValue>(value: Value<'_>, check: Check, size: usize) -> Result<T, DecodeError> {
    match faults(&value, check, size) {
        None => Ok(T::from_value(value)?),
        Some(faults) => Err(DecodeError::Invalid(faults)),
    }
}

/// A fast pass that decides, and only on failure one that collects.
fn faults(value: &Value<'_>, check: Check, size: usize) -> Option<Vec<Fault>> {
    if Faults::probe().for_size(size).fits(value, check) {
        return None;
    }
    let mut faults = Faults::collect().for_size(size);
    check(value, &mut faults);
    Some(faults.into_list())
}
