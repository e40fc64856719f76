//! The tables that the generator makes of an Avro schema.

/// A schema.
#[derive(Debug)]
pub struct Schema {
    /// Its types; they refer to each other by position.
    pub types: &'static [Type],
    /// The position of the type of the payload.
    pub root: usize,
    /// CRC-64-AVRO of the Parsing Canonical Form.
    pub fingerprint: u64,
}

/// A type, and the value that it is read to.
#[derive(Debug)]
pub enum Type {
    /// Null.
    Null,
    /// A boolean.
    Boolean,
    /// A number of 32 bits.
    Int,
    /// A number of 64 bits.
    Long,
    /// A float of 32 bits.
    Float,
    /// A float of 64 bits.
    Double,
    /// Base64.
    Bytes,
    /// Text.
    String,
    /// So many bytes, as base64.
    Fixed(usize),
    /// 16 bytes, as a text with hyphens.
    FixedUuid,
    /// Text of a symbol.
    Enumeration(&'static [&'static str]),
    /// An array.
    Array(usize),
    /// An object.
    Map(usize),
    /// An object.
    Record(&'static [(&'static str, usize)]),
    /// Null, the value of the only branch beside null, or an object with the tag of the branch. An empty tag is that of
    /// null, or the word for a type without a name.
    Union(&'static [(&'static str, usize)]),
    /// Days since 1970, as a date of RFC 3339.
    Date,
    /// Parts of a second since 1970, so many to the second; as a timestamp of RFC 3339 in UTC. What is finer is cut off.
    Timestamp(u32),
    /// Digits, so many behind the point, in bytes, or in so many bytes; as text.
    Decimal {
        /// Digits behind the point.
        scale: u32,
        /// The size of a fixed; bytes have the size they need.
        size: Option<usize>,
    },
}

/// The place of the only branch of a union that is not null; its values stand without its name, but in JSON.
#[cfg(feature = "avro")]
pub(super) fn untagged(types: &[Type], branches: &[(&str, usize)]) -> Option<usize> {
    let mut others = branches.iter().enumerate().filter(|(_, (_, of))| !matches!(types.get(*of), Some(Type::Null)));
    let (at, _) = others.next()?;
    others.next().is_none().then_some(at)
}

/// The name of a branch: of a type without a name of its own it is known.
#[cfg(feature = "avro")]
pub(super) fn tag(types: &[Type], name: &'static str, of: usize) -> &'static str {
    match types.get(of) {
        _ if !name.is_empty() => name,
        Some(Type::Null) => "null",
        Some(Type::Boolean) => "boolean",
        Some(Type::Int | Type::Date) => "int",
        Some(Type::Long | Type::Timestamp(_)) => "long",
        Some(Type::Float) => "float",
        Some(Type::Double) => "double",
        Some(Type::Bytes | Type::Decimal { size: None, .. }) => "bytes",
        Some(Type::String) => "string",
        Some(Type::Array(_)) => "array",
        Some(Type::Map(_)) => "map",
        _ => name,
    }
}
