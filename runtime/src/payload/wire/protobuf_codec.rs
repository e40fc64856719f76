//! The wire format of Protobuf ("Encoding", protobuf.dev).
//!
//! Reading keeps the last of several values of a field that has one, takes packed and unpacked numbers alike, and passes
//! over fields that the message does not know. Writing is in the order of the fields, maps in the order of their keys.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::protobuf::{Field, Kind, Label, MapKey, Message, Scalar, Schema};
use super::{MAXIMUM_DEPTH, text};
use crate::payload::DecodeError;
use crate::payload::number::Number;
use crate::payload::object::Builder;
use crate::payload::value::Value;

/// Wire types.
const VARINT: u8 = 0;
const EIGHT_BYTES: u8 = 1;
const LENGTH: u8 = 2;
const GROUP: u8 = 3;
const END_GROUP: u8 = 4;
const FOUR_BYTES: u8 = 5;

/// Reads a message that takes all of the bytes; `frame` bytes stood before them.
pub(super) fn read<'b>(schema: &Schema, bytes: &'b [u8], frame: usize) -> Result<Value<'b>, DecodeError> {
    let reader = Reader { messages: schema.messages };
    let start = bytes.as_ptr() as usize;
    reader.message(0, bytes, 0).map_err(|Fault { rest, message }| {
        // Where the reading stopped, by how much of the bytes it was behind.
        let at = rest.map_or(0, |rest| (rest as usize).saturating_sub(start).min(bytes.len()));
        DecodeError::binary(frame + at, message)
    })
}

struct Fault {
    /// The address of what was not read.
    rest: Option<*const u8>,
    message: String,
}

impl From<&str> for Fault {
    fn from(message: &str) -> Self {
        Self { rest: None, message: message.to_owned() }
    }
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self { rest: None, message }
    }
}

/// A value as it stands on the wire.
#[derive(Clone, Copy)]
enum Raw<'b> {
    Varint(u64),
    Eight([u8; 8]),
    Four([u8; 4]),
    Bytes(&'b [u8]),
    Group,
}

/// What is left of a message.
struct Rest<'b>(&'b [u8]);

impl<'b> Rest<'b> {
    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault { rest: Some(self.0.as_ptr()), message: message.into() }
    }

    fn varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or_else(|| self.fault("the bytes end early"))?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.fault("a number is longer than 64 bits"))
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (chunk, rest) = self.0.split_first_chunk::<N>().ok_or_else(|| self.fault("the bytes end early"))?;
        self.0 = rest;
        Ok(*chunk)
    }

    fn block(&mut self) -> Result<&'b [u8], Fault> {
        let length = self.varint()?;
        let split = usize::try_from(length).ok().and_then(|length| self.0.split_at_checked(length));
        let (block, rest) = split.ok_or_else(|| self.fault("the bytes end early"))?;
        self.0 = rest;
        Ok(block)
    }

    /// The number of the next field, and its value; groups are passed over.
    fn field(&mut self, depth: usize) -> Result<(u32, Raw<'b>), Fault> {
        if depth > MAXIMUM_DEPTH {
            return Err(self.fault(format!("values are nested deeper than {MAXIMUM_DEPTH}")));
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).ok().filter(|number| *number > 0);
        let number = number.ok_or_else(|| self.fault("a field has an impossible number"))?;
        let raw = match (key & 7) as u8 {
            VARINT => Raw::Varint(self.varint()?),
            EIGHT_BYTES => Raw::Eight(self.chunk()?),
            LENGTH => Raw::Bytes(self.block()?),
            FOUR_BYTES => Raw::Four(self.chunk()?),
            GROUP => {
                self.group(number, depth + 1)?;
                Raw::Group
            }
            other => return Err(self.fault(format!("a field has the impossible wire type {other}"))),
        };
        Ok((number, raw))
    }

    fn group(&mut self, number: u32, depth: usize) -> Result<(), Fault> {
        let end = u64::from(number) << 3 | u64::from(END_GROUP);
        loop {
            let before = self.0;
            if self.varint()? == end {
                return Ok(());
            }
            self.0 = before;
            self.field(depth)?;
        }
    }
}

/// What was read of a field so far.
enum Found<'b> {
    One(Value<'b>),
    Many(Vec<Value<'b>>),
    Map(BTreeMap<String, Value<'b>>),
    /// The parts of a message, which are merged by being read as one.
    Parts(Vec<&'b [u8]>),
}

#[derive(Clone, Copy)]
struct Reader {
    messages: &'static [Message],
}

impl Reader {
    fn message<'b>(self, id: usize, bytes: &'b [u8], depth: usize) -> Result<Value<'b>, Fault> {
        self.merged(id, &[bytes], depth)
    }

    /// A message that came in one or several parts.
    fn merged<'b>(self, id: usize, parts: &[&'b [u8]], depth: usize) -> Result<Value<'b>, Fault> {
        let fields = self.messages.get(id).ok_or("the schema has no such message")?.fields;
        let mut found: Vec<Option<Found<'b>>> = fields.iter().map(|_| None).collect();
        for part in parts {
            let mut rest = Rest(part);
            while !rest.0.is_empty() {
                let before = rest.0.as_ptr();
                let (number, raw) = rest.field(depth)?;
                let at = fields.binary_search_by_key(&number, |field| field.number).ok();
                if let Some((field, place)) = at.and_then(|at| Some((fields.get(at)?, found.get_mut(at)?))) {
                    self.take(field, raw, place, depth)
                        .map_err(|fault| Fault { rest: fault.rest.or(Some(before)), ..fault })?;
                }
            }
        }
        let mut object = Builder::default();
        for (field, found) in fields.iter().zip(found) {
            if let Some(value) = self.finished(field, found, depth)? {
                object.push(Cow::Borrowed(field.name), value);
            }
        }
        Ok(Value::Object(object.finish()))
    }

    /// Takes one occurrence of a field.
    fn take<'b>(self, field: &Field, raw: Raw<'b>, place: &mut Option<Found<'b>>, depth: usize) -> Result<(), Fault> {
        match field.label {
            Label::Map(key) => {
                let Raw::Bytes(entry) = raw else { return Err(mismatch(field)) };
                let (key, value) = self.entry(field, key, entry, depth)?;
                match place {
                    Some(Found::Map(map)) => {
                        map.insert(key, value);
                    }
                    other => *other = Some(Found::Map(BTreeMap::from([(key, value)]))),
                }
            }
            Label::Repeated | Label::Packed => {
                let mut items = match place.take() {
                    Some(Found::Many(items)) => items,
                    _ => Vec::new(),
                };
                match (raw, packed(field.kind)) {
                    (Raw::Bytes(block), Some(wire)) => {
                        let mut rest = Rest(block);
                        while !rest.0.is_empty() {
                            let raw = match wire {
                                VARINT => Raw::Varint(rest.varint()?),
                                EIGHT_BYTES => Raw::Eight(rest.chunk()?),
                                _ => Raw::Four(rest.chunk()?),
                            };
                            items.push(self.value(field, field.kind, raw, depth)?);
                        }
                    }
                    _ => items.push(self.value(field, field.kind, raw, depth)?),
                }
                *place = Some(Found::Many(items));
            }
            Label::Implicit | Label::Optional | Label::Required => match (field.kind, raw, &mut *place) {
                (kind, Raw::Bytes(part), Some(Found::Parts(parts))) if kind.message().is_some() => parts.push(part),
                (kind, Raw::Bytes(part), _) if kind.message().is_some() => *place = Some(Found::Parts(vec![part])),
                _ => *place = Some(Found::One(self.value(field, field.kind, raw, depth)?)),
            },
        }
        Ok(())
    }

    /// The value of a field after all of the message was read.
    fn finished<'b>(self, field: &Field, found: Option<Found<'b>>, depth: usize) -> Result<Option<Value<'b>>, Fault> {
        Ok(match found {
            Some(Found::One(value)) => Some(value),
            Some(Found::Many(items)) => Some(Value::Array(items)),
            Some(Found::Map(map)) => {
                let mut object = Builder::default();
                for (key, value) in map {
                    object.push(Cow::Owned(key), value);
                }
                Some(Value::Object(object.finish()))
            }
            Some(Found::Parts(parts)) => match field.kind.message() {
                Some(id) => Some(self.merged(id, &parts, depth + 1)?),
                None => None,
            },
            None => match field.label {
                Label::Repeated | Label::Packed => Some(Value::Array(Vec::new())),
                Label::Map(_) => Some(Value::Object(Builder::default().finish())),
                Label::Implicit => Some(absent(field.kind)),
                Label::Optional => None,
                Label::Required => return Err(format!("the required field `{}` is absent", field.name).into()),
            },
        })
    }

    fn entry<'b>(
        self,
        field: &Field,
        key_kind: MapKey,
        entry: &'b [u8],
        depth: usize,
    ) -> Result<(String, Value<'b>), Fault> {
        let (mut key, mut value) = (None, None);
        let mut rest = Rest(entry);
        while !rest.0.is_empty() {
            match rest.field(depth)? {
                (1, raw) => {
                    let kind = match key_kind {
                        MapKey::String => Kind::String,
                        MapKey::Bool => Kind::Bool,
                        MapKey::Number(scalar) => Kind::Number(scalar),
                    };
                    key = Some(match self.value(field, kind, raw, depth)? {
                        Value::String(text) => text.into_owned(),
                        Value::Bool(value) => value.to_string(),
                        Value::Number(number) => number.to_string(),
                        _ => return Err(mismatch(field)),
                    });
                }
                (2, raw) => value = Some(self.value(field, field.kind, raw, depth)?),
                _ => {}
            }
        }
        let default_key = || match key_kind {
            MapKey::String => String::new(),
            MapKey::Bool => "false".to_owned(),
            MapKey::Number(_) => "0".to_owned(),
        };
        let value = match (value, field.kind) {
            (Some(value), _) => value,
            (None, Kind::Message(id) | Kind::Duration(id) | Kind::FieldMask(id)) => self.message(id, &[], depth + 1)?,
            (None, kind) => absent(kind),
        };
        Ok((key.unwrap_or_else(default_key), value))
    }

    fn value<'b>(self, field: &Field, kind: Kind, raw: Raw<'b>, depth: usize) -> Result<Value<'b>, Fault> {
        let owned = |text: String| Value::String(Cow::Owned(text));
        Ok(match (kind, raw) {
            (Kind::Number(scalar), raw) => Value::Number(number(scalar, raw).ok_or_else(|| mismatch(field))?),
            (Kind::Bool, Raw::Varint(value)) => Value::Bool(value != 0),
            (Kind::String, Raw::Bytes(bytes)) => {
                let text = std::str::from_utf8(bytes).map_err(|_| format!("`{}` is not UTF-8", field.name))?;
                Value::String(Cow::Borrowed(text))
            }
            (Kind::Bytes, Raw::Bytes(bytes)) => owned(text::to_base64(bytes)),
            (Kind::Enumeration(values), Raw::Varint(value)) => {
                let number = value as i32;
                let found = values.iter().find(|(known, _)| *known == number);
                let (_, name) = found.ok_or_else(|| format!("the enum of `{}` has no value {number}", field.name))?;
                Value::String(Cow::Borrowed(name))
            }
            (Kind::Message(id) | Kind::Duration(id) | Kind::FieldMask(id), Raw::Bytes(bytes)) => {
                self.message(id, bytes, depth + 1)?
            }
            (Kind::Timestamp, Raw::Bytes(bytes)) => {
                let (mut seconds, mut nanoseconds) = (0_i64, 0_u32);
                let mut rest = Rest(bytes);
                while !rest.0.is_empty() {
                    match rest.field(depth)? {
                        (1, Raw::Varint(value)) => seconds = value as i64,
                        (2, Raw::Varint(value)) => {
                            let valid = u32::try_from(value).ok().filter(|value| *value < 1_000_000_000);
                            nanoseconds = valid.ok_or("a timestamp has a second or more in its nanoseconds")?;
                        }
                        _ => {}
                    }
                }
                let text = text::to_timestamp(seconds, nanoseconds);
                owned(text.ok_or_else(|| format!("the moment {seconds} is beyond the year 9999"))?)
            }
            (Kind::Wrapper(inner), Raw::Bytes(bytes)) => {
                let mut value = absent(*inner);
                let mut rest = Rest(bytes);
                while !rest.0.is_empty() {
                    if let (1, raw) = rest.field(depth)? {
                        value = self.value(field, *inner, raw, depth)?;
                    }
                }
                value
            }
            (Kind::Struct, Raw::Bytes(bytes)) => json_object(bytes, depth + 1)?,
            (Kind::List, Raw::Bytes(bytes)) => json_list(bytes, depth + 1)?,
            (Kind::Json, Raw::Bytes(bytes)) => json(bytes, depth + 1)?,
            _ => return Err(mismatch(field)),
        })
    }
}

fn mismatch(field: &Field) -> Fault {
    format!("the field `{}` is written as another type", field.name).into()
}

/// The value that stands for one that is not written.
pub(super) fn absent(kind: Kind) -> Value<'static> {
    match kind {
        Kind::Number(Scalar::Float | Scalar::Double) => Value::Number(Number::Float(0.0)),
        Kind::Number(_) => Value::Number(Number::Integer(0)),
        Kind::Bool => Value::Bool(false),
        Kind::String | Kind::Bytes => Value::String(Cow::Borrowed("")),
        Kind::Enumeration(values) => {
            let zero = values.iter().find(|(number, _)| *number == 0).or_else(|| values.first());
            Value::String(Cow::Borrowed(zero.map_or("", |(_, name)| name)))
        }
        Kind::Timestamp => Value::String(Cow::Borrowed("1970-01-01T00:00:00Z")),
        Kind::Wrapper(inner) => absent(*inner),
        Kind::Message(_) | Kind::Duration(_) | Kind::FieldMask(_) | Kind::Struct => {
            Value::Object(Builder::default().finish())
        }
        Kind::List => Value::Array(Vec::new()),
        Kind::Json => Value::Null,
    }
}

fn number(scalar: Scalar, raw: Raw<'_>) -> Option<Number> {
    let zigzag = |value: u64| (value >> 1) as i64 ^ -((value & 1) as i64);
    let integer = |value: i128| Some(Number::Integer(value));
    let float = |value: f64| value.is_finite().then_some(Number::Float(value));
    match (scalar, raw) {
        (Scalar::Int32, Raw::Varint(value)) => integer((value as i32).into()),
        (Scalar::Int64, Raw::Varint(value)) => integer((value as i64).into()),
        (Scalar::Uint32, Raw::Varint(value)) => integer((value as u32).into()),
        (Scalar::Uint64, Raw::Varint(value)) => integer(value.into()),
        (Scalar::Sint32, Raw::Varint(value)) => integer((zigzag(value) as i32).into()),
        (Scalar::Sint64, Raw::Varint(value)) => integer(zigzag(value).into()),
        (Scalar::Fixed32, Raw::Four(bytes)) => integer(u32::from_le_bytes(bytes).into()),
        (Scalar::Sfixed32, Raw::Four(bytes)) => integer(i32::from_le_bytes(bytes).into()),
        (Scalar::Fixed64, Raw::Eight(bytes)) => integer(u64::from_le_bytes(bytes).into()),
        (Scalar::Sfixed64, Raw::Eight(bytes)) => integer(i64::from_le_bytes(bytes).into()),
        (Scalar::Float, Raw::Four(bytes)) => float(f32::from_le_bytes(bytes).into()),
        (Scalar::Double, Raw::Eight(bytes)) => float(f64::from_le_bytes(bytes)),
        _ => None,
    }
}

/// The wire type of the items of a packed list; `None` for kinds that are not packed.
fn packed(kind: Kind) -> Option<u8> {
    match kind {
        Kind::Number(scalar) => Some(wire_type(scalar)),
        Kind::Bool | Kind::Enumeration(_) => Some(VARINT),
        _ => None,
    }
}

fn wire_type(scalar: Scalar) -> u8 {
    match scalar {
        Scalar::Fixed32 | Scalar::Sfixed32 | Scalar::Float => FOUR_BYTES,
        Scalar::Fixed64 | Scalar::Sfixed64 | Scalar::Double => EIGHT_BYTES,
        _ => VARINT,
    }
}

/// `google.protobuf.Struct`
fn json_object(bytes: &[u8], depth: usize) -> Result<Value<'_>, Fault> {
    let mut members: BTreeMap<String, Value<'_>> = BTreeMap::new();
    let mut rest = Rest(bytes);
    while !rest.0.is_empty() {
        let (1, Raw::Bytes(entry)) = rest.field(depth)? else { continue };
        let (mut key, mut value) = (String::new(), Value::Null);
        let mut entry = Rest(entry);
        while !entry.0.is_empty() {
            match entry.field(depth)? {
                (1, Raw::Bytes(bytes)) => {
                    key = std::str::from_utf8(bytes).map_err(|_| "a key is not UTF-8")?.to_owned();
                }
                (2, Raw::Bytes(bytes)) => value = json(bytes, depth + 1)?,
                _ => {}
            }
        }
        members.insert(key, value);
    }
    let mut object = Builder::default();
    for (key, value) in members {
        object.push(Cow::Owned(key), value);
    }
    Ok(Value::Object(object.finish()))
}

/// `google.protobuf.ListValue`
fn json_list(bytes: &[u8], depth: usize) -> Result<Value<'_>, Fault> {
    let mut items = Vec::new();
    let mut rest = Rest(bytes);
    while !rest.0.is_empty() {
        if let (1, Raw::Bytes(item)) = rest.field(depth)? {
            items.push(json(item, depth + 1)?);
        }
    }
    Ok(Value::Array(items))
}

/// `google.protobuf.Value`
fn json(bytes: &[u8], depth: usize) -> Result<Value<'_>, Fault> {
    let mut value = Value::Null;
    let mut rest = Rest(bytes);
    while !rest.0.is_empty() {
        value = match rest.field(depth)? {
            (2, raw) => Value::Number(number(Scalar::Double, raw).ok_or("a number is none")?),
            (3, Raw::Bytes(bytes)) => {
                Value::String(Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| "a text is not UTF-8")?))
            }
            (4, Raw::Varint(flag)) => Value::Bool(flag != 0),
            (5, Raw::Bytes(bytes)) => json_object(bytes, depth + 1)?,
            (6, Raw::Bytes(bytes)) => json_list(bytes, depth + 1)?,
            (1, _) => Value::Null,
            _ => value,
        };
    }
    Ok(value)
}

/// Appends a message.
pub(super) fn write(schema: &Schema, value: &Value<'_>, out: &mut Vec<u8>) -> Result<(), String> {
    message(schema.messages, 0, value, out, 0)
}

fn message(messages: &[Message], id: usize, value: &Value<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), String> {
    let (Some(message), Value::Object(object)) = (messages.get(id), value) else { return Err(unfit(value)) };
    if depth > MAXIMUM_DEPTH {
        return Err(format!("values are nested deeper than {MAXIMUM_DEPTH}"));
    }
    for field in message.fields {
        let Some(value) = object.get(field.name) else { continue };
        let one = |number: u32, kind: Kind, value: &Value<'_>, out: &mut Vec<u8>| {
            let wire = packed(kind).unwrap_or(LENGTH);
            varint(u64::from(number) << 3 | u64::from(wire), out);
            scalar(messages, kind, value, out, depth)
        };
        match (field.label, value) {
            (Label::Implicit, value) if *value == absent(field.kind) => {}
            (Label::Implicit | Label::Optional | Label::Required, value) => one(field.number, field.kind, value, out)?,
            (Label::Packed, Value::Array(items)) if items.is_empty() => {}
            (Label::Packed, Value::Array(items)) => {
                let mut block = Vec::new();
                items.iter().try_for_each(|item| scalar(messages, field.kind, item, &mut block, depth))?;
                varint(u64::from(field.number) << 3 | u64::from(LENGTH), out);
                bytes(&block, out);
            }
            (Label::Repeated, Value::Array(items)) => {
                items.iter().try_for_each(|item| one(field.number, field.kind, item, out))?;
            }
            (Label::Map(key_kind), Value::Object(map)) => {
                for (key, value) in map.sorted() {
                    let mut entry = Vec::new();
                    let (kind, key) = map_key(key_kind, key).ok_or_else(|| unfit(value))?;
                    one(1, kind, &key, &mut entry)?;
                    one(2, field.kind, value, &mut entry)?;
                    varint(u64::from(field.number) << 3 | u64::from(LENGTH), out);
                    bytes(&entry, out);
                }
            }
            _ => return Err(unfit(value)),
        }
    }
    Ok(())
}

fn unfit(value: &Value<'_>) -> String {
    format!("{} does not fit the schema of Protobuf", value.described())
}

fn map_key(kind: MapKey, key: &str) -> Option<(Kind, Value<'_>)> {
    Some(match kind {
        MapKey::String => (Kind::String, Value::String(Cow::Borrowed(key))),
        MapKey::Bool => (Kind::Bool, Value::Bool(key.parse().ok()?)),
        MapKey::Number(scalar) => (Kind::Number(scalar), Value::Number(Number::Integer(key.parse().ok()?))),
    })
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn bytes(content: &[u8], out: &mut Vec<u8>) {
    varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

/// A value of one kind, without its key.
fn scalar(messages: &[Message], kind: Kind, value: &Value<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), String> {
    match (kind, value) {
        (Kind::Number(scalar), Value::Number(number)) => {
            number_bytes(scalar, *number, out).ok_or_else(|| unfit(value))?;
        }
        (Kind::Bool, Value::Bool(flag)) => out.push(u8::from(*flag)),
        (Kind::String, Value::String(text)) => bytes(text.as_bytes(), out),
        (Kind::Bytes, Value::String(text)) => bytes(&text::from_base64(text).ok_or_else(|| unfit(value))?, out),
        (Kind::Enumeration(values), Value::String(text)) => {
            let found = values.iter().find(|(_, name)| name == text);
            let (number, _) = found.ok_or_else(|| unfit(value))?;
            varint(i64::from(*number) as u64, out);
        }
        (Kind::Message(id) | Kind::Duration(id) | Kind::FieldMask(id), value) => {
            let mut inner = Vec::new();
            message(messages, id, value, &mut inner, depth + 1)?;
            bytes(&inner, out);
        }
        (Kind::Timestamp, Value::String(text)) => {
            let (seconds, nanoseconds) = text::from_timestamp(text).ok_or_else(|| unfit(value))?;
            let mut inner = Vec::new();
            for (key, number) in [(1 << 3, seconds as u64), (2 << 3, u64::from(nanoseconds))] {
                if number != 0 {
                    varint(key, &mut inner);
                    varint(number, &mut inner);
                }
            }
            bytes(&inner, out);
        }
        (Kind::Wrapper(of), value) => {
            let mut inner = Vec::new();
            if *value != absent(*of) {
                varint(1 << 3 | u64::from(packed(*of).unwrap_or(LENGTH)), &mut inner);
                scalar(messages, *of, value, &mut inner, depth)?;
            }
            bytes(&inner, out);
        }
        (Kind::Struct, Value::Object(_)) => bytes(&json_bytes(value, depth)?, out),
        (Kind::List, Value::Array(_)) => bytes(&json_bytes(value, depth)?, out),
        (Kind::Json, value) => bytes(&json_value(value, depth)?, out),
        _ => return Err(unfit(value)),
    }
    Ok(())
}

fn number_bytes(scalar: Scalar, number: Number, out: &mut Vec<u8>) -> Option<()> {
    let integer = number.to_integer();
    let zigzag = |value: i64| (value << 1 ^ value >> 63) as u64;
    match scalar {
        Scalar::Int32 => varint(i64::from(i32::try_from(integer?).ok()?) as u64, out),
        Scalar::Int64 => varint(i64::try_from(integer?).ok()? as u64, out),
        Scalar::Uint32 => varint(u32::try_from(integer?).ok()?.into(), out),
        Scalar::Uint64 => varint(u64::try_from(integer?).ok()?, out),
        Scalar::Sint32 => varint(zigzag(i32::try_from(integer?).ok()?.into()), out),
        Scalar::Sint64 => varint(zigzag(i64::try_from(integer?).ok()?), out),
        Scalar::Fixed32 => out.extend(u32::try_from(integer?).ok()?.to_le_bytes()),
        Scalar::Sfixed32 => out.extend(i32::try_from(integer?).ok()?.to_le_bytes()),
        Scalar::Fixed64 => out.extend(u64::try_from(integer?).ok()?.to_le_bytes()),
        Scalar::Sfixed64 => out.extend(i64::try_from(integer?).ok()?.to_le_bytes()),
        Scalar::Float => {
            let narrow = number.to_float() as f32;
            narrow.is_finite().then(|| out.extend(narrow.to_le_bytes()))?;
        }
        Scalar::Double => out.extend(number.to_float().to_le_bytes()),
    }
    Some(())
}

/// The content of a `Struct` or a `ListValue`.
fn json_bytes(value: &Value<'_>, depth: usize) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    match value {
        Value::Object(object) => {
            for (key, value) in object.sorted() {
                let mut entry = vec![1 << 3 | LENGTH];
                bytes(key.as_bytes(), &mut entry);
                entry.push(2 << 3 | LENGTH);
                bytes(&json_value(value, depth + 1)?, &mut entry);
                out.push(1 << 3 | LENGTH);
                bytes(&entry, &mut out);
            }
        }
        Value::Array(items) => {
            for item in items {
                out.push(1 << 3 | LENGTH);
                bytes(&json_value(item, depth + 1)?, &mut out);
            }
        }
        other => return Err(unfit(other)),
    }
    Ok(out)
}

/// The content of a `google.protobuf.Value`.
fn json_value(value: &Value<'_>, depth: usize) -> Result<Vec<u8>, String> {
    if depth > MAXIMUM_DEPTH {
        return Err(format!("values are nested deeper than {MAXIMUM_DEPTH}"));
    }
    let mut out = Vec::new();
    match value {
        Value::Null => out.extend([1 << 3, 0]),
        Value::Bool(flag) => out.extend([4 << 3, u8::from(*flag)]),
        Value::Number(number) => {
            out.push(2 << 3 | EIGHT_BYTES);
            out.extend(number.to_float().to_le_bytes());
        }
        Value::String(text) => {
            out.push(3 << 3 | LENGTH);
            bytes(text.as_bytes(), &mut out);
        }
        Value::Object(_) => {
            out.push(5 << 3 | LENGTH);
            bytes(&json_bytes(value, depth)?, &mut out);
        }
        Value::Array(_) => {
            out.push(6 << 3 | LENGTH);
            bytes(&json_bytes(value, depth)?, &mut out);
        }
    }
    Ok(out)
}
