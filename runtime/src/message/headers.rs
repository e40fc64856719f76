//! Headers: an ordered list of names and values in which a name may occur more than once.
//!
//! In: names and values of any bytes. Out: the same bytes in the same order. Lookups ignore ASCII case, because some
//! protocols (HTTP) do not keep it; what is stored keeps it. An empty list owns no memory.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

/// The value of a header: bytes, which are text in most protocols. Clones share the bytes.
#[derive(Clone, Default)]
pub struct HeaderValue {
    bytes: Bytes,
    /// What the bytes were made of where a protocol has other values than bytes, so that a message that goes back there,
    /// such as a dead letter, has them as they were.
    #[cfg_attr(not(any(feature = "amqp", feature = "kafka")), expect(dead_code))]
    original: Option<Arc<dyn Any + Send + Sync>>,
}

impl HeaderValue {
    /// The value as it travels.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The value as text; `None` when it is not UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// The same bytes, made of `original`.
    #[cfg(any(feature = "amqp", feature = "kafka"))]
    pub(crate) fn made_of(self, original: impl Any + Send + Sync) -> Self {
        Self { original: Some(Arc::new(original)), ..self }
    }

    /// What the bytes were made of, if it was one of these.
    #[cfg(any(feature = "amqp", feature = "kafka"))]
    pub(crate) fn original<O: Any>(&self) -> Option<&O> {
        self.original.as_deref().and_then(|original| original.downcast_ref())
    }
}

/// By the bytes alone.
impl PartialEq for HeaderValue {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for HeaderValue {}

impl fmt::Debug for HeaderValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.bytes, formatter)
    }
}

impl From<&str> for HeaderValue {
    fn from(text: &str) -> Self {
        Bytes::copy_from_slice(text.as_bytes()).into()
    }
}

impl From<String> for HeaderValue {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<Vec<u8>> for HeaderValue {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<Bytes> for HeaderValue {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, original: None }
    }
}

/// The headers of a message, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Cow<'static, str>, HeaderValue)>);

impl Headers {
    /// No headers; does not allocate.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// No headers, and room for so many.
    #[cfg(feature = "nats")]
    pub(crate) fn with_capacity(values: usize) -> Self {
        Self(Vec::with_capacity(values))
    }

    /// The first value under `name`.
    pub fn get(&self, name: &str) -> Option<&HeaderValue> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value under `name`, as text; `None` also when it is not UTF-8.
    pub fn get_str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(HeaderValue::as_str)
    }

    /// Every value under `name`, in order.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a HeaderValue> {
        self.0.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Sets `name` to exactly this value: values that stood under it are gone.
    pub fn insert(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<HeaderValue>) {
        let name = name.into();
        self.remove(&name);
        self.append(name, value);
    }

    /// Adds a value; values that stand under `name` stay.
    pub fn append(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<HeaderValue>) {
        self.0.push((name.into(), value.into()));
    }

    /// Removes every value under `name`.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// The same, with names that a transport may keep without a copy.
    #[cfg(feature = "nats")]
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Cow<'static, str>, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Brings the names into order; values of one name stay in theirs.
    #[cfg(feature = "nats")]
    pub(crate) fn sort(&mut self) {
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<Cow<'static, str>>, V: Into<HeaderValue>> Extend<(N, V)> for Headers {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, entries: I) {
        entries.into_iter().for_each(|(name, value)| self.append(name, value));
    }
}

impl<N: Into<Cow<'static, str>>, V: Into<HeaderValue>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        Self(entries.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
