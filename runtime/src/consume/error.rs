//! Why a message was not handled.
//!
//! In: the errors of handlers and of decoding. Out: whether trying again can help. `?` in a handler makes any error a
//! transient one.

use crate::payload::DecodeError;
use std::error::Error;
use std::fmt;

type Source = Box<dyn Error + Send + Sync>;

/// What a handler returns when it failed. `?` turns any error into a transient one.
///
/// It does not implement [`Error`] itself, so that every error can become one.
pub struct HandlerError {
    permanent: bool,
    source: Source,
}

impl HandlerError {
    /// Trying again may help: the message is retried with backoff, then dead-lettered.
    pub fn transient(error: impl Into<Source>) -> Self {
        Self { permanent: false, source: error.into() }
    }

    /// Trying again will not help: the message is dead-lettered at once.
    pub fn permanent(error: impl Into<Source>) -> Self {
        Self { permanent: true, source: error.into() }
    }

    /// Whether the message goes to the dead letters at once.
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }

    /// The error that the handler gave.
    pub fn source(&self) -> &(dyn Error + Send + Sync + 'static) {
        self.source.as_ref()
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self::transient(error)
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.permanent { "permanent" } else { "transient" };
        write!(formatter, "{kind}: {:?}", self.source)
    }
}

/// The error and its causes, joined by `: `.
impl fmt::Display for HandlerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.source)?;
        let mut cause = self.source.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Why a dispatch failed.
#[derive(Debug)]
pub enum Failure {
    /// The message is not what the document says; no handler saw it.
    Undecodable(Undecodable),
    /// The handler failed.
    Handler(HandlerError),
}

/// How a message is not what the document says: a text for people, and what was refused for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable {
    text: String,
    refusals: Vec<(Option<&'static str>, DecodeError)>,
}

impl Undecodable {
    /// What fits none of several messages, by their keys in the document; or one part of a message, by its name.
    pub fn by_key(refusals: impl IntoIterator<Item = (&'static str, DecodeError)>) -> Self {
        let refusals: Vec<_> = refusals.into_iter().map(|(key, error)| (Some(key), error)).collect();
        let texts = refusals.iter().map(|(key, error)| format!("{}: {error}", key.unwrap_or_default()));
        Self { text: texts.collect::<Vec<_>>().join("; "), refusals }
    }

    /// Both: what fits neither of two.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.text = format!("{}; {}", self.text, other.text);
        self.refusals.extend(other.refusals);
        self
    }

    /// What was refused: the key of the message or the name of its part where it was told, and why.
    pub fn refusals(&self) -> impl Iterator<Item = (Option<&'static str>, &DecodeError)> {
        self.refusals.iter().map(|(key, error)| (*key, error))
    }
}

impl fmt::Display for Undecodable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// What no decoding found out.
impl From<String> for Undecodable {
    fn from(text: String) -> Self {
        Self { text, refusals: Vec::new() }
    }
}

impl From<DecodeError> for Undecodable {
    fn from(error: DecodeError) -> Self {
        Self { text: error.to_string(), refusals: vec![(None, error)] }
    }
}

impl From<Undecodable> for Failure {
    fn from(undecodable: Undecodable) -> Self {
        Self::Undecodable(undecodable)
    }
}

impl From<HandlerError> for Failure {
    fn from(error: HandlerError) -> Self {
        Self::Handler(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable(fault) => fault.fmt(formatter),
            Self::Handler(error) => error.fmt(formatter),
        }
    }
}
