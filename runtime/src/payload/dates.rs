//! Dates and moments of the crates `time` and `jiff`, where they are chosen instead of `chrono`.
//!
//! In: texts of RFC 3339. Out: values that keep the offset, and of the fraction nine digits; and back. A leap second is
//! none of these types.

use std::borrow::Cow;

use serde::ser::{Error as _, Serializer};

use super::convert::{FromValue, Unrepresentable};
use super::encode::Encode;
use super::format;
use super::value::Value;

/// A moment, part by part.
struct Moment {
    year: i16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    nanosecond: u32,
    /// East of UTC, in seconds.
    offset: i32,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        format::date_time(text).then_some(())?;
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<u8>().ok();
        let rest = text.get(19..)?;
        let digits = rest.strip_prefix('.').unwrap_or("");
        let digits = digits.get(..digits.find(|one: char| !one.is_ascii_digit()).unwrap_or(0)).unwrap_or("");
        let padded = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
        let nanosecond = padded.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        let offset = match text.len().checked_sub(6).and_then(|at| text.get(at..)) {
            _ if text.ends_with(['Z', 'z']) => 0,
            Some(offset) => {
                let hours = offset.get(1..3)?.parse::<i32>().ok()?;
                let minutes = hours * 60 + offset.get(4..6)?.parse::<i32>().ok()?;
                if offset.starts_with('-') { -minutes * 60 } else { minutes * 60 }
            }
            None => return None,
        };
        Some(Self {
            year: text.get(..4)?.parse().ok()?,
            month: number(5, 7)?,
            day: number(8, 10)?,
            hour: number(11, 13)?,
            minute: number(14, 16)?,
            second: number(17, 19)?,
            nanosecond,
            offset,
        })
    }

    /// `None` where RFC 3339 has no text for it: outside the years 0 to 9999, or with seconds in the offset.
    fn text(&self) -> Option<String> {
        let Self { year, month, day, hour, minute, second, nanosecond, offset } = self;
        let fraction = match nanosecond {
            0 => String::new(),
            whole if whole.is_multiple_of(1_000_000) => format!(".{:03}", whole / 1_000_000),
            whole if whole.is_multiple_of(1_000) => format!(".{:06}", whole / 1_000),
            whole => format!(".{whole:09}"),
        };
        let zone = match offset {
            0 => "Z".to_owned(),
            seconds => {
                let minutes = seconds.abs() / 60;
                format!("{}{:02}:{:02}", if *seconds < 0 { '-' } else { '+' }, minutes / 60, minutes % 60)
            }
        };
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}");
        (offset % 60 == 0 && format::date_time(&text)).then_some(text)
    }
}

fn day(year: i16, month: u8, day: u8) -> Option<String> {
    let text = format!("{year:04}-{month:02}-{day:02}");
    format::date(&text).then_some(text)
}

/// How a type becomes text and back.
macro_rules! as_text {
    ($name:ty, $text:literal, $read:expr, $write:expr) => {
        impl FromValue for $name {
            fn from_value(value: Value<'_>) -> Result<Self, Unrepresentable> {
                let read: fn(&str) -> Option<Self> = $read;
                let made = if let Value::String(text) = &value { read(text) } else { None };
                made.ok_or_else(|| Unrepresentable::expected($text, &value))
            }
        }

        impl Encode for $name {
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let write: fn(&Self) -> Option<String> = $write;
                let text =
                    write(self).ok_or_else(|| S::Error::custom(format_args!("{self} has no form in RFC 3339")))?;
                serializer.serialize_str(&text)
            }

            fn view(&self) -> Option<Value<'_>> {
                let write: fn(&Self) -> Option<String> = $write;
                write(self).map(|text| Value::String(Cow::Owned(text)))
            }
        }
    };
}

#[cfg(feature = "time")]
as_text!(
    time::Date,
    "time::Date",
    |text| {
        let moment = Moment::parse(&format!("{text}T00:00:00Z"))?;
        let month = time::Month::try_from(moment.month).ok()?;
        Self::from_calendar_date(i32::from(moment.year), month, moment.day).ok()
    },
    |date| day(i16::try_from(date.year()).ok()?, date.month().into(), date.day())
);

#[cfg(feature = "time")]
as_text!(
    time::OffsetDateTime,
    "time::OffsetDateTime",
    |text| {
        let moment = Moment::parse(text)?;
        let month = time::Month::try_from(moment.month).ok()?;
        let date = time::Date::from_calendar_date(i32::from(moment.year), month, moment.day).ok()?;
        let time = time::Time::from_hms_nano(moment.hour, moment.minute, moment.second, moment.nanosecond).ok()?;
        let offset = time::UtcOffset::from_whole_seconds(moment.offset).ok()?;
        Some(date.with_time(time).assume_offset(offset))
    },
    |at| {
        let moment = Moment {
            year: i16::try_from(at.year()).ok()?,
            month: at.month().into(),
            day: at.day(),
            hour: at.hour(),
            minute: at.minute(),
            second: at.second(),
            nanosecond: at.nanosecond(),
            offset: at.offset().whole_seconds(),
        };
        moment.text()
    }
);

#[cfg(feature = "jiff")]
as_text!(
    jiff::civil::Date,
    "jiff::civil::Date",
    |text| {
        let moment = Moment::parse(&format!("{text}T00:00:00Z"))?;
        Self::new(moment.year, i8::try_from(moment.month).ok()?, i8::try_from(moment.day).ok()?).ok()
    },
    |date| day(date.year(), u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?)
);

#[cfg(feature = "jiff")]
as_text!(
    jiff::Zoned,
    "jiff::Zoned",
    |text| {
        let moment = Moment::parse(text)?;
        let small = |number: u8| i8::try_from(number).ok();
        let date = jiff::civil::Date::new(moment.year, small(moment.month)?, small(moment.day)?).ok()?;
        let nanosecond = i32::try_from(moment.nanosecond).ok()?;
        let (hour, minute, second) = (small(moment.hour)?, small(moment.minute)?, small(moment.second)?);
        let time = jiff::civil::Time::new(hour, minute, second, nanosecond).ok()?;
        let offset = jiff::tz::Offset::from_seconds(moment.offset).ok()?;
        let at = offset.to_timestamp(jiff::civil::DateTime::from_parts(date, time)).ok()?;
        Some(at.to_zoned(jiff::tz::TimeZone::fixed(offset)))
    },
    |at| {
        let small = |number: i8| u8::try_from(number).ok();
        let moment = Moment {
            year: at.year(),
            month: small(at.month())?,
            day: small(at.day())?,
            hour: small(at.hour())?,
            minute: small(at.minute())?,
            second: small(at.second())?,
            nanosecond: u32::try_from(at.subsec_nanosecond()).ok()?,
            offset: at.offset().seconds(),
        };
        moment.text()
    }
);
