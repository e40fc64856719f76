//! The tables that the generator makes of a Protobuf schema.

/// A schema.
#[derive(Debug)]
pub struct Schema {
    /// Its messages; they refer to each other by position, and the first is the payload.
    pub messages: &'static [Message],
    /// How registries name the message within its file: a count and indexes, as zigzag varints. The first message of a
    /// file is a zero alone.
    pub index: &'static [u8],
}

impl Schema {
    /// What follows the index of the message.
    pub(super) fn strip_index<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        // The first message may also be written in full.
        const FIRST_IN_FULL: [u8; 2] = [2, 0];
        let short = bytes.strip_prefix(self.index);
        short.or_else(|| bytes.strip_prefix(&FIRST_IN_FULL).filter(|_| self.index == [0]))
    }
}

/// A message: the fields in the order of their numbers.
#[derive(Debug)]
pub struct Message {
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// Its number.
    pub number: u32,
    /// Its name in JSON.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// How many of it there are.
    pub label: Label,
}

/// How many values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// One; where it is absent, the default of its kind is meant, and it is not written.
    Implicit,
    /// One or none.
    Optional,
    /// One.
    Required,
    /// Any number; written one by one.
    Repeated,
    /// Any number; numbers are written as one block.
    Packed,
    /// Pairs of a key of this kind and a value of the kind of the field.
    Map(MapKey),
}

/// The kind of the keys of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapKey {
    /// Text.
    String,
    /// True or false.
    Bool,
    /// Numbers, as text in decimal.
    Number(Scalar),
}

/// What a field holds, and the value that it is read to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A number.
    Number(Scalar),
    /// A boolean.
    Bool,
    /// Text.
    String,
    /// Base64.
    Bytes,
    /// Text of a value: numbers with their names.
    Enumeration(&'static [(i32, &'static str)]),
    /// An object.
    Message(usize),
    /// `google.protobuf.Duration`, as an object like any other; in JSON it is text.
    Duration(usize),
    /// `google.protobuf.FieldMask`, as an object like any other; in JSON it is text.
    FieldMask(usize),
    /// `google.protobuf.Timestamp`, as text of RFC 3339 in UTC.
    Timestamp,
    /// A wrapper of `google.protobuf`, as what it wraps.
    Wrapper(&'static Kind),
    /// `google.protobuf.Struct`, as an object.
    Struct,
    /// `google.protobuf.ListValue`, as an array.
    List,
    /// `google.protobuf.Value`, as any value.
    Json,
}

impl Kind {
    /// The message of an object.
    #[cfg(feature = "protobuf")]
    pub(super) fn message(self) -> Option<usize> {
        match self {
            Self::Message(id) | Self::Duration(id) | Self::FieldMask(id) => Some(id),
            _ => None,
        }
    }
}

/// The kinds of numbers, by the way they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// 32 bits, signed, as a varint of 64.
    Int32,
    /// 64 bits, signed.
    Int64,
    /// 32 bits.
    Uint32,
    /// 64 bits.
    Uint64,
    /// 32 bits, zigzag.
    Sint32,
    /// 64 bits, zigzag.
    Sint64,
    /// 4 bytes.
    Fixed32,
    /// 8 bytes.
    Fixed64,
    /// 4 bytes, signed.
    Sfixed32,
    /// 8 bytes, signed.
    Sfixed64,
    /// 4 bytes, IEEE 754.
    Float,
    /// 8 bytes, IEEE 754.
    Double,
}
