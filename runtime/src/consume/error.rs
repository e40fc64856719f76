//! Why a message was not handled.
//!
//! In: the errors of handlers and of decoding. Out: whether trying again can help. `?` in a handler makes any error a
//! transient one.

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
    Undecodable(String),
    /// The handler failed.
    Handler(HandlerError),
}

impl From<HandlerError> for Failure {
    fn from(error: HandlerError) -> Self {
        Self::Handler(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable(fault) => formatter.write_str(fault),
            Self::Handler(error) => error.fmt(formatter),
        }
    }
}
