//! The trace that a message belongs to, as W3C Trace Context writes it: `traceparent` and `tracestate`.
//!
//! In: headers of a message. Out: [`TraceContext`], and headers again. A `traceparent` that is malformed, all zeros, or there
//! twice is none at all; a `tracestate` that is malformed or too long is left out, and its `traceparent` stays.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::message::Headers;

/// The header that names the trace and the span that a message was sent by.
pub const TRACEPARENT_HEADER: &str = "traceparent";
/// The header for what tracing systems add.
pub const TRACESTATE_HEADER: &str = "tracestate";

/// How long a `traceparent` of version 00 is.
const LENGTH: usize = 55;
/// How much of a `tracestate` is passed on.
const STATE_LIMIT: usize = 512;
const SAMPLED: u8 = 1;

/// A span of a trace, seen from outside (W3C Trace Context, level 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    flags: u8,
    state: Option<Arc<str>>,
}

impl TraceContext {
    /// The span `span` of the trace `trace`; `None` where one of them is 0, which means none.
    pub fn new(trace: u128, span: u64, sampled: bool) -> Option<Self> {
        let flags = if sampled { SAMPLED } else { 0 };
        (trace != 0 && span != 0).then_some(Self { trace, span, flags, state: None })
    }

    /// The first span of a new trace, with ids by chance.
    pub(super) fn root() -> Self {
        Self { trace: fastrand::u128(1..), span: fastrand::u64(1..), flags: SAMPLED, state: None }
    }

    /// A span within this one, with an id by chance.
    pub(super) fn child(&self) -> Self {
        Self { span: fastrand::u64(1..), ..self.clone() }
    }

    /// Reads a `traceparent`.
    pub fn parse(traceparent: &str) -> Option<Self> {
        let bytes = traceparent.as_bytes();
        let (fixed, rest) = bytes.split_at_checked(LENGTH)?;
        let [version, trace, span, flags] = parts(fixed)?;
        let version = hexadecimal(version)?;
        // Later versions may say more, behind a further dash.
        let fits = match version {
            0 => rest.is_empty(),
            0xff => false,
            _ => rest.first().is_none_or(|byte| *byte == b'-'),
        };
        let (first, second) = trace.split_at_checked(16)?;
        let trace = u128::from(hexadecimal(first)?) << 64 | u128::from(hexadecimal(second)?);
        let (span, flags) = (hexadecimal(span)?, u8::try_from(hexadecimal(flags)?).ok()? & SAMPLED);
        (fits && trace != 0 && span != 0).then_some(Self { trace, span, flags, state: None })
    }

    /// Adds what tracing systems say, as `tracestate` has it; what is malformed or longer than 512 bytes is left out.
    #[must_use]
    pub fn with_state(mut self, tracestate: &str) -> Self {
        let fits = (1..=STATE_LIMIT).contains(&tracestate.len()) && tracestate.split(',').all(is_member);
        self.state = fits.then(|| tracestate.into());
        self
    }

    /// The trace and the span that a message was sent by.
    pub fn of(headers: &Headers) -> Option<Self> {
        let mut parents = headers.get_all(TRACEPARENT_HEADER);
        let parent = Self::parse(parents.next()?.as_str()?)?;
        if parents.next().is_some() {
            return None;
        }
        let states: Option<Vec<&str>> = headers.get_all(TRACESTATE_HEADER).map(|state| state.as_str()).collect();
        Some(match states.filter(|states| !states.is_empty()) {
            None => parent,
            Some(states) => parent.with_state(&states.join(",")),
        })
    }

    /// Says in the headers of a message that this span sends it.
    pub fn write(&self, headers: &mut Headers) {
        headers.insert(TRACEPARENT_HEADER, Bytes::copy_from_slice(&self.text()));
        headers.remove(TRACESTATE_HEADER);
        if let Some(state) = &self.state {
            headers.append(TRACESTATE_HEADER, &**state);
        }
    }

    /// As in `traceparent`: ASCII.
    fn text(&self) -> [u8; LENGTH] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        let (trace, span) = (self.trace, u128::from(self.span));
        for (place, value) in [(3..35, trace), (36..52, span), (53..55, u128::from(self.flags))] {
            write_hexadecimal(text.get_mut(place).unwrap_or_default(), value);
        }
        text
    }

    /// The id of the trace.
    pub const fn trace_id(&self) -> u128 {
        self.trace
    }

    /// The id of the span.
    pub const fn span_id(&self) -> u64 {
        self.span
    }

    /// Whether whoever began the trace keeps it.
    pub const fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// What tracing systems add.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// As in `traceparent`.
impl fmt::Display for TraceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(std::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

/// Version, trace, span and flags, by their lengths and the dashes between them.
fn parts(bytes: &[u8]) -> Option<[&[u8]; 4]> {
    let mut parts = bytes.split(|byte| *byte == b'-');
    let all = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    (parts.next().is_none() && all.map(<[u8]>::len) == [2, 32, 16, 2]).then_some(all)
}

/// Digits `0` to `9` and `a` to `f`, of which there are at most 16.
fn hexadecimal(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(digit))
    })
}

/// Writes the last digits of a number, as many as there are places.
fn write_hexadecimal(places: &mut [u8], mut number: u128) {
    for place in places.iter_mut().rev() {
        let digit = (number & 0xf) as u8;
        *place = if digit < 10 { b'0' + digit } else { b'a' - 10 + digit };
        number >>= 4;
    }
}

/// Whether this is one `key=value` of a `tracestate`, or nothing but spaces.
fn is_member(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t']);
    let is_printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    text.is_empty()
        || text.split_once('=').is_some_and(|(key, value)| {
            let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte);
            !key.is_empty() && key.bytes().all(allowed) && is_printable(value) && !value.contains('=')
        })
}
