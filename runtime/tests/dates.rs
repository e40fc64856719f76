//! Dates and moments of `time` and `jiff`: texts of RFC 3339 in, the same texts out.
#![cfg(any(feature = "jiff", feature = "time"))]
#![allow(clippy::unwrap_used)]

use std::fmt::Debug;
use tidings_runtime::codegen::{Encode, Encoded, FromValue, Value};
#[cfg(feature = "jiff")]
use tidings_runtime::jiff;
#[cfg(feature = "time")]
use tidings_runtime::time;

/// What a text is read to and written as; `None` where it is refused.
fn through<T: FromValue + Encode + Debug>(text: &str) -> Option<String> {
    let value = T::from_value(Value::from(serde_json::Value::from(text))).ok()?;
    let written = serde_json::to_value(Encoded(&value)).unwrap();
    assert_eq!(value.view().map(serde_json::Value::from), Some(written.clone()));
    Some(written.as_str().unwrap().to_owned())
}

fn moments<T: FromValue + Encode + Debug>() {
    for text in [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.250+01:00",
        "1969-12-31T23:59:59.123456-05:30",
        "0000-02-29T00:00:00.000000001Z",
        "9998-12-30T23:59:59+00:59",
    ] {
        assert_eq!(through::<T>(text).as_deref(), Some(text));
    }
    assert_eq!(through::<T>("2026-01-31t12:00:00.2500z").as_deref(), Some("2026-01-31T12:00:00.250Z"));
    for text in ["2026-02-30T00:00:00Z", "2026-01-31T12:00:00", "2026-01-31", "1998-12-31T23:59:60Z", ""] {
        assert_eq!(through::<T>(text), None, "{text}");
    }
}

fn days<T: FromValue + Encode + Debug>() {
    for text in ["2026-01-31", "0000-02-29", "9999-12-31"] {
        assert_eq!(through::<T>(text).as_deref(), Some(text));
    }
    for text in ["2026-02-29", "2026-1-31", "2026-01-31T12:00:00Z", ""] {
        assert_eq!(through::<T>(text), None, "{text}");
    }
}

#[cfg(feature = "time")]
#[test]
fn time_keeps_the_offset() {
    moments::<time::OffsetDateTime>();
    days::<time::Date>();
}

#[cfg(feature = "jiff")]
#[test]
fn jiff_keeps_the_offset() {
    moments::<jiff::Zoned>();
    days::<jiff::civil::Date>();
}
