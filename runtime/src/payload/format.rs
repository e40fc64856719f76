//! The formats of JSON Schema that are asserted, one strict function each.
//!
//! In: a string. Out: whether it has the format. None of them allocates or takes more than linear time.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A value of the keyword `format` (JSON Schema Validation, section 7.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `date-time`, RFC 3339
    DateTime,
    /// `date`, RFC 3339 full-date
    Date,
    /// `time`, RFC 3339 full-time: with an offset
    Time,
    /// `duration`, RFC 3339 appendix A
    Duration,
    /// `uuid`, RFC 4122, with hyphens
    Uuid,
    /// `email`, RFC 5321 mailbox
    Email,
    /// `hostname`, RFC 1123
    Hostname,
    /// `ipv4`, RFC 2673 dotted quad
    Ipv4,
    /// `ipv6`, RFC 4291, without zone
    Ipv6,
    /// `uri`, RFC 3986, with a scheme
    Uri,
    /// `uri-reference`, RFC 3986
    UriReference,
    /// `byte` of OpenAPI: base64, RFC 4648
    Byte,
    /// `decimal` of OpenAPI: digits, with a fraction or an exponent or without
    Decimal,
}

/// A format, its name in schemas, and whether a text has it.
type Row = (Format, &'static str, fn(&str) -> bool);

impl Format {
    const TABLE: [Row; 13] = [
        (Self::DateTime, "date-time", date_time),
        (Self::Date, "date", date),
        (Self::Time, "time", time),
        (Self::Duration, "duration", duration),
        (Self::Uuid, "uuid", uuid),
        (Self::Email, "email", email),
        (Self::Hostname, "hostname", hostname),
        (Self::Ipv4, "ipv4", ipv4),
        (Self::Ipv6, "ipv6", ipv6),
        (Self::Uri, "uri", uri),
        (Self::UriReference, "uri-reference", uri_reference),
        (Self::Byte, "byte", |text| super::wire::text::from_base64(text).is_some()),
        (Self::Decimal, "decimal", decimal),
    ];

    fn row(self) -> (&'static str, fn(&str) -> bool) {
        Self::TABLE
            .iter()
            .find(|(format, ..)| *format == self)
            .map_or(("unknown", |_| false), |(_, name, accepts)| (*name, *accepts))
    }

    /// The name a schema uses, as in `date-time`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Whether the text has this format.
    #[must_use]
    pub fn accepts(self, text: &str) -> bool {
        self.row().1(text)
    }
}

const MINUTES_A_DAY: i32 = 24 * 60;

/// A day that exists: year, month, day.
pub(crate) type Day = (i32, u32, u32);

/// A time of day: hour, minute, second (up to 60), nanosecond (nine digits of the fraction), and the offset eastward from
/// UTC, in minutes.
pub(crate) type Clock = (u32, u32, u32, u32, i32);

/// `2026-11-21T08:30:00.25+01:00`; `t` and `z` may be small, a space is no `T`.
pub(crate) fn moment(text: &str) -> Option<(Day, Clock)> {
    match text.as_bytes().split_at_checked(10)? {
        (date, [b'T' | b't', time @ ..]) => Some((day_of(date)?, clock_of(time)?)),
        _ => None,
    }
}

/// `2026-11-21`
pub(crate) fn day(text: &str) -> Option<Day> {
    day_of(text.as_bytes())
}

pub(crate) fn date_time(text: &str) -> bool {
    moment(text).is_some()
}

pub(crate) fn date(text: &str) -> bool {
    day(text).is_some()
}

/// `08:30:00.25+01:00`; a leap second only as the last of a day in UTC.
pub(crate) fn time(text: &str) -> bool {
    clock_of(text.as_bytes()).is_some()
}

fn day_of(text: &[u8]) -> Option<Day> {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = text else { return None };
    let year = two(a, b)? as i32 * 100 + two(c, d)? as i32;
    let (month, day) = (two(e, f)?, two(g, h)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day).then_some((year, month, day))
}

fn clock_of(text: &[u8]) -> Option<Clock> {
    let &[a, b, b':', c, d, b':', e, f, ref rest @ ..] = text else { return None };
    let (hour, minute, second) = (two(a, b)?, two(c, d)?, two(e, f)?);
    let (nanosecond, rest) = match rest {
        [b'.', rest @ ..] => {
            let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (digits, rest) = rest.split_at_checked(count).filter(|_| count > 0)?;
            let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(9);
            (padded.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')), rest)
        }
        rest => (0, rest),
    };
    let offset = match rest {
        [b'Z' | b'z'] => 0,
        &[sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let (hour, minute) = (two(a, b)?, two(c, d)?);
            let minutes = (hour < 24 && minute < 60).then_some((hour * 60 + minute) as i32)?;
            if sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let minutes = (hour * 60 + minute) as i32 - offset;
    let leap = second == 60 && minutes.rem_euclid(MINUTES_A_DAY) == MINUTES_A_DAY - 1;
    let exists = hour < 24 && minute < 60 && (second < 60 || leap);
    exists.then_some((hour, minute, second, nanosecond, offset))
}

/// The number that two digits write.
fn two(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// `P1Y2M3DT4H5M6S` and its parts without gaps, or `P3W`.
fn duration(text: &str) -> bool {
    let Some(text) = text.strip_prefix('P') else {
        return false;
    };
    let (days, clock) = match text.split_once('T') {
        Some((days, clock)) => (days, Some(clock)),
        None => (text, None),
    };
    match (days, clock) {
        ("", None) => false,
        ("", Some(clock)) => units_in_row(clock, "HMS"),
        (days, Some(clock)) => units_in_row(days, "YMD") && units_in_row(clock, "HMS"),
        (days, None) => units_in_row(days, "YMD") || units_in_row(days, "W"),
    }
}

/// Whether the text is numbers whose units are one piece of `order`: neither empty nor with a gap.
fn units_in_row(text: &str, order: &str) -> bool {
    let mut scan = Scan(text.as_bytes());
    let mut next: Option<usize> = None;
    while !scan.0.is_empty() {
        if scan.some_digits().is_none() {
            return false;
        }
        let unit = scan.next();
        let position = order.bytes().position(|known| Some(known) == unit);
        match (position, next) {
            (Some(position), Some(next)) if position != next => return false,
            (Some(position), _) => next = Some(position + 1),
            (None, _) => return false,
        }
    }
    next.is_some()
}

/// `12345678-1234-1234-1234-123456789abc`, of any version.
pub(crate) fn uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A dotted or quoted local part, and a host name or an address in brackets.
fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    // RFC 5321, section 4.5.3.1.
    if local.len() > 64 || domain.len() > 255 {
        return false;
    }
    let quoted = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let local = match quoted {
        Some(content) => quoted_content(content),
        None => local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte)),
    };
    let address = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    local
        && match address {
            Some(address) => match address.strip_prefix("IPv6:") {
                Some(address) => ipv6(address),
                None => ipv4(address),
            },
            None => hostname(domain),
        }
}

/// The inside of a quoted local part: printable, with `"` and `\` escaped.
fn quoted_content(content: &str) -> bool {
    let mut bytes = content.bytes();
    while let Some(byte) = bytes.next() {
        let printable = |byte: u8| (b' '..=b'~').contains(&byte);
        let fine = match byte {
            b'\\' => bytes.next().is_some_and(printable),
            b'"' => false,
            other => printable(other),
        };
        if !fine {
            return false;
        }
    }
    true
}

fn is_atom_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// Labels of letters, digits and inner hyphens.
fn hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// `192.0.2.1`, without leading zeros.
pub(crate) fn ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

/// `2001:db8::1`
pub(crate) fn ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// `-12.50`, `1e-3`
fn decimal(text: &str) -> bool {
    let mut scan = Scan(text.as_bytes());
    let parts = (|| {
        let _ = scan.one(b"+-");
        scan.some_digits()?;
        if scan.one(b".").is_some() {
            scan.some_digits()?;
        }
        if scan.one(b"eE").is_some() {
            let _ = scan.one(b"+-");
            scan.some_digits()?;
        }
        Some(())
    })();
    parts.is_some() && scan.0.is_empty()
}

/// A scheme, and what may follow it.
fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut scheme = scheme.bytes();
    scheme.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && scheme.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && hierarchy(rest)
}

/// A URI, or what may stand without a scheme: its first segment holds no colon.
fn uri_reference(text: &str) -> bool {
    let first = text.split(['/', '?', '#']).next().unwrap_or_default();
    uri(text) || (!first.contains(':') && hierarchy(text))
}

/// RFC 3986: `hier-part [ "?" query ] [ "#" fragment ]`
fn hierarchy(text: &str) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let (authority, path) = match text.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", text),
    };
    uri_text(fragment, b":@/?") && uri_text(query, b":@/?") && uri_text(path, b":@/") && uri_authority(authority)
}

fn uri_authority(authority: &str) -> bool {
    let (user, address) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((literal, port)) if ipv6(literal) || future_address(literal) => ("", port),
            _ => return false,
        },
        None => address.split_at(address.find(':').unwrap_or(address.len())),
    };
    let port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    port && uri_text(user, b":") && uri_text(host, b"")
}

/// RFC 3986: `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`
fn future_address(literal: &str) -> bool {
    let Some((version, address)) = literal.strip_prefix(['v', 'V']).and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !address.is_empty()
        && !address.contains('%')
        && uri_text(address, b":")
}

/// Unreserved characters, sub-delimiters, percent escapes, and `more`.
fn uri_text(text: &str, more: &[u8]) -> bool {
    let mut scan = Scan(text.as_bytes());
    while let Some(byte) = scan.next() {
        let fine = match byte {
            b'%' => (0..2).all(|_| scan.next().is_some_and(|byte| byte.is_ascii_hexdigit())),
            _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte) || more.contains(&byte),
        };
        if !fine {
            return false;
        }
    }
    true
}

/// What is left of a text.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// The next byte, when it is one of these.
    fn one(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        allowed.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// Skips digits, at least one.
    fn some_digits(&mut self) -> Option<()> {
        self.one(b"0123456789")?;
        while self.one(b"0123456789").is_some() {}
        Some(())
    }
}
