//! The binary encoding of Avro ("Binary Encoding", Avro 1.12).

use std::borrow::Cow;

use super::avro::{Schema, Type, untagged};
use super::{MAXIMUM_DEPTH, text};
use crate::payload::DecodeError;
use crate::payload::number::Number;
use crate::payload::object::Builder;
use crate::payload::value::Value;

/// Values that take no bytes may be this many.
const EMPTY_VALUES: usize = 1_000_000;

/// Reads a value that takes all of the bytes; `frame` bytes stood before them.
pub(super) fn read<'b>(schema: &Schema, bytes: &'b [u8], frame: usize) -> Result<Value<'b>, DecodeError> {
    let mut reader = Reader { types: schema.types, rest: bytes, left: bytes.len().saturating_add(EMPTY_VALUES) };
    let value = reader.value(schema.root, 0);
    let at = frame + (bytes.len() - reader.rest.len());
    match value {
        Ok(value) if reader.rest.is_empty() => Ok(value),
        Ok(_) => Err(DecodeError::binary(at, "more bytes follow the value")),
        Err(message) => Err(DecodeError::binary(at, message)),
    }
}

struct Reader<'b> {
    types: &'static [Type],
    rest: &'b [u8],
    /// How many more values may be read.
    left: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("the bytes end early")?;
        self.rest = rest;
        Ok(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| "the bytes end early".to_owned())
    }

    /// A zigzag varint.
    fn long(&mut self) -> Result<i64, String> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.chunk()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
            }
        }
        Err("a number is longer than 64 bits".to_owned())
    }

    fn length(&mut self) -> Result<usize, String> {
        usize::try_from(self.long()?).map_err(|_| "a length is negative".to_owned())
    }

    fn text(&mut self) -> Result<Cow<'b, str>, String> {
        let length = self.length()?;
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| "a text is not UTF-8")?;
        Ok(Cow::Borrowed(text))
    }

    /// The items of all blocks of an array or a map.
    fn blocks(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), String>) -> Result<(), String> {
        loop {
            let count = match self.long()? {
                0 => return Ok(()),
                negative if negative < 0 => {
                    self.length()?;
                    negative.unsigned_abs()
                }
                count => count.unsigned_abs(),
            };
            for _ in 0..count {
                item(self)?;
            }
        }
    }

    fn value(&mut self, id: usize, depth: usize) -> Result<Value<'b>, String> {
        self.left = self.left.checked_sub(1).ok_or("more values than bytes")?;
        if depth > MAXIMUM_DEPTH {
            return Err(format!("values are nested deeper than {MAXIMUM_DEPTH}"));
        }
        let integer = |value: i64| Value::Number(Number::Integer(i128::from(value)));
        let owned = |text: String| Value::String(Cow::Owned(text));
        Ok(match self.types.get(id).ok_or("the schema has no such type")? {
            Type::Null => Value::Null,
            Type::Boolean => match self.chunk()? {
                [0] => Value::Bool(false),
                [1] => Value::Bool(true),
                [other] => return Err(format!("{other} is no boolean")),
            },
            Type::Int => {
                let value = self.long()?;
                i32::try_from(value).map_err(|_| format!("{value} has more than 32 bits"))?;
                integer(value)
            }
            Type::Long => integer(self.long()?),
            Type::Float => float(f64::from(f32::from_le_bytes(self.chunk()?)))?,
            Type::Double => float(f64::from_le_bytes(self.chunk()?))?,
            Type::Bytes => {
                let length = self.length()?;
                owned(text::to_base64(self.take(length)?))
            }
            Type::String => Value::String(self.text()?),
            Type::Fixed(size) => owned(text::to_base64(self.take(*size)?)),
            Type::FixedUuid => owned(uuid(self.chunk()?)),
            Type::Enumeration(symbols) => {
                let index = self.length()?;
                let symbol = symbols.get(index).ok_or_else(|| format!("the enum has no symbol {index}"))?;
                Value::String(Cow::Borrowed(symbol))
            }
            Type::Array(items) => {
                let mut array = Vec::new();
                self.blocks(|reader| {
                    array.push(reader.value(*items, depth + 1)?);
                    Ok(())
                })?;
                Value::Array(array)
            }
            Type::Map(values) => {
                let mut object = Builder::default();
                self.blocks(|reader| {
                    let key = reader.text()?;
                    if object.holds(&key) {
                        return Err("a map has a key twice".to_owned());
                    }
                    let value = reader.value(*values, depth + 1)?;
                    object.push(key, value);
                    Ok(())
                })?;
                Value::Object(object.finish())
            }
            Type::Record(fields) => {
                let mut object = Builder::default();
                for (name, of) in *fields {
                    let value = self.value(*of, depth + 1)?;
                    object.push(Cow::Borrowed(name), value);
                }
                Value::Object(object.finish())
            }
            Type::Union(branches) => {
                let index = self.length()?;
                let (tag, of) = branches.get(index).ok_or_else(|| format!("the union has no branch {index}"))?;
                let value = self.value(*of, depth + 1)?;
                if value == Value::Null || untagged(self.types, branches).is_some() {
                    value
                } else {
                    let mut object = Builder::default();
                    object.push(Cow::Borrowed(tag), value);
                    Value::Object(object.finish())
                }
            }
            Type::Date => {
                let days = self.long()?;
                owned(text::to_date(days).ok_or_else(|| format!("day {days} is beyond the year 9999"))?)
            }
            Type::Timestamp(per_second) => {
                let parts = self.long()?;
                let moment = text::to_moment(parts, *per_second);
                owned(moment.ok_or_else(|| format!("the moment {parts} is beyond the year 9999"))?)
            }
            Type::Decimal { scale, size } => {
                let length = size.map_or_else(|| self.length(), Ok)?;
                owned(text::to_decimal(from_twos_complement(self.take(length)?)?, *scale))
            }
        })
    }
}

fn float(value: f64) -> Result<Value<'static>, String> {
    // What is no number has no form in the values that types are made from.
    if value.is_finite() { Ok(Value::Number(Number::Float(value))) } else { Err(format!("{value} is no number")) }
}

pub(super) fn uuid(bytes: [u8; 16]) -> String {
    let mut out = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

/// Big-endian, of any length; the value must have 128 bits.
pub(super) fn from_twos_complement(bytes: &[u8]) -> Result<i128, String> {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let filler = if negative { 0xff } else { 0 };
    let (head, tail) = bytes.split_at(bytes.len().saturating_sub(16));
    let mut wide = [filler; 16];
    for (place, byte) in wide.iter_mut().rev().zip(tail.iter().rev()) {
        *place = *byte;
    }
    let value = i128::from_be_bytes(wide);
    if head.iter().any(|byte| *byte != filler) || (value < 0) != negative {
        return Err("a decimal has more than 128 bits".to_owned());
    }
    Ok(value)
}

/// Appends a value.
pub(super) fn write(schema: &Schema, value: &Value<'_>, out: &mut Vec<u8>) -> Result<(), String> {
    Writer { types: schema.types, out }.value(schema.root, value, 0)
}

struct Writer<'o> {
    types: &'static [Type],
    out: &'o mut Vec<u8>,
}

impl Writer<'_> {
    fn long(&mut self, value: i64) {
        let mut rest = (value << 1 ^ value >> 63) as u64;
        while rest > 0x7f {
            self.out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.out.push(rest as u8);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.long(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        self.out.extend_from_slice(bytes);
    }

    fn value(&mut self, id: usize, value: &Value<'_>, depth: usize) -> Result<(), String> {
        if depth > MAXIMUM_DEPTH {
            return Err(format!("values are nested deeper than {MAXIMUM_DEPTH}"));
        }
        let unfit = || format!("{} does not fit the schema of Avro", value.described());
        let integer = || match value {
            Value::Number(number) => number.to_integer().and_then(|integer| i64::try_from(integer).ok()),
            _ => None,
        };
        let string = || match value {
            Value::String(text) => Ok(text.as_ref()),
            _ => Err(unfit()),
        };
        match self.types.get(id).ok_or_else(unfit)? {
            Type::Null if *value == Value::Null => {}
            Type::Null => return Err(unfit()),
            Type::Boolean => match value {
                Value::Bool(value) => self.out.push(u8::from(*value)),
                _ => return Err(unfit()),
            },
            Type::Int => {
                let value = integer().filter(|value| i32::try_from(*value).is_ok()).ok_or_else(unfit)?;
                self.long(value);
            }
            Type::Long => self.long(integer().ok_or_else(unfit)?),
            Type::Float | Type::Double => {
                let Value::Number(number) = value else { return Err(unfit()) };
                let float = number.to_float();
                if matches!(self.types.get(id), Some(Type::Double)) {
                    self.out.extend_from_slice(&float.to_le_bytes());
                } else {
                    let narrow = float as f32;
                    if !narrow.is_finite() {
                        return Err(unfit());
                    }
                    self.out.extend_from_slice(&narrow.to_le_bytes());
                }
            }
            Type::Bytes => self.bytes(&text::from_base64(string()?).ok_or_else(unfit)?),
            Type::String => self.bytes(string()?.as_bytes()),
            Type::Fixed(size) => {
                let bytes = text::from_base64(string()?).filter(|bytes| bytes.len() == *size).ok_or_else(unfit)?;
                self.out.extend_from_slice(&bytes);
            }
            Type::FixedUuid => {
                let digits = string()?.replace('-', "");
                let number = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32);
                self.out.extend_from_slice(&number.ok_or_else(unfit)?.to_be_bytes());
            }
            Type::Enumeration(symbols) => {
                let text = string()?;
                let index = symbols.iter().position(|symbol| *symbol == text).ok_or_else(unfit)?;
                self.long(i64::try_from(index).map_err(|_| unfit())?);
            }
            Type::Array(items) => {
                let Value::Array(array) = value else { return Err(unfit()) };
                self.block(array.len());
                array.iter().try_for_each(|item| self.value(*items, item, depth + 1))?;
                self.long(0);
            }
            Type::Map(values) => {
                let Value::Object(object) = value else { return Err(unfit()) };
                self.block(object.len());
                for (key, value) in object.iter() {
                    self.bytes(key.as_bytes());
                    self.value(*values, value, depth + 1)?;
                }
                self.long(0);
            }
            Type::Record(fields) => {
                let Value::Object(object) = value else { return Err(unfit()) };
                for (name, of) in *fields {
                    self.value(*of, object.get(name).unwrap_or(&Value::Null), depth + 1)?;
                }
            }
            Type::Union(branches) => {
                let (index, inner) = branch(self.types, branches, value).ok_or_else(unfit)?;
                let (_, of) = branches.get(index).ok_or_else(unfit)?;
                self.long(i64::try_from(index).map_err(|_| unfit())?);
                self.value(*of, inner, depth + 1)?;
            }
            Type::Date => {
                let days = text::from_date(string()?).ok_or_else(unfit)?;
                self.long(days);
            }
            Type::Timestamp(per_second) => {
                let parts = text::from_moment(string()?, *per_second);
                self.long(parts.ok_or_else(unfit)?);
            }
            Type::Decimal { scale, size } => {
                let bytes = text::from_decimal(string()?, *scale).and_then(|unscaled| decimal_bytes(unscaled, *size));
                let bytes = bytes.ok_or_else(unfit)?;
                match size {
                    None => self.bytes(&bytes),
                    Some(_) => self.out.extend_from_slice(&bytes),
                }
            }
        }
        Ok(())
    }

    /// The beginning of a block of items, which none is not.
    fn block(&mut self, count: usize) {
        if count > 0 {
            self.long(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}

/// The branch of a value, and the value within its tag.
fn branch<'v, 'a>(types: &[Type], branches: &[(&str, usize)], value: &'v Value<'a>) -> Option<(usize, &'v Value<'a>)> {
    if *value == Value::Null {
        let null = |(_, of): &(&str, usize)| matches!(types.get(*of), Some(Type::Null));
        return branches.iter().position(null).map(|index| (index, value));
    }
    if let Some(only) = untagged(types, branches) {
        return Some((only, value));
    }
    let Value::Object(object) = value else { return None };
    let (tag, inner) = object.iter().next().filter(|_| object.len() == 1)?;
    branches.iter().position(|(known, _)| *known == tag).map(|index| (index, inner))
}

/// The bytes of a decimal: so many, or as few as hold it. `None` where it takes more.
pub(super) fn decimal_bytes(unscaled: i128, size: Option<usize>) -> Option<Vec<u8>> {
    let wide = unscaled.to_be_bytes();
    let short = shortest(&wide);
    let missing = size.map_or(Some(0), |size| size.checked_sub(short.len()))?;
    let filler = if unscaled < 0 { 0xff } else { 0 };
    Some([vec![filler; missing].as_slice(), short].concat())
}

/// A number without the leading bytes that only repeat its sign.
fn shortest(mut wide: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = wide
        && let Some(second) = rest.first()
        && matches!((first, second & 0x80), (0, 0) | (0xff, 0x80))
    {
        wide = rest;
    }
    wide
}
