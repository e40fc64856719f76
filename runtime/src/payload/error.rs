//! What is wrong with a payload: [`Fault`] for one value, [`DecodeError`] and [`EncodeError`] for the whole.
//!
//! Every text here is bounded: values from the payload appear as short excerpts.

use std::fmt;

/// One value that a schema refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub(crate) pointer: String,
    pub(crate) keyword: &'static str,
    pub(crate) message: String,
}

impl Fault {
    /// The refused value, as a JSON pointer (RFC 6901) into the payload; empty for the payload itself.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The JSON Schema keyword that refuses it, as in `minimum`.
    #[must_use]
    pub fn keyword(&self) -> &'static str {
        self.keyword
    }

    /// What was expected and what was found.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What was expected; `None` where the message says it otherwise.
    #[must_use]
    pub fn expected(&self) -> Option<&str> {
        self.parts().map(|(expected, _)| expected)
    }

    /// What was found instead.
    #[must_use]
    pub fn found(&self) -> Option<&str> {
        self.parts().map(|(_, found)| found)
    }

    /// The first comma with `found` parts them: what comes from a payload stands behind it.
    fn parts(&self) -> Option<(&str, &str)> {
        self.message.strip_prefix("expected ")?.split_once(", found ")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pointer, keyword, message } = self;
        write!(formatter, "{}: {keyword}: {message}", shown(pointer))
    }
}

/// Why bytes are no value of a payload type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes are not JSON, or an object in them names a key twice.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// What is wrong.
        message: String,
        /// The line, counted from 1; 0 when unknown.
        line: usize,
        /// The column in bytes, counted from 1; 0 when unknown or at the very start.
        column: usize,
    },
    /// The bytes are no value of the binary format that they are read by.
    #[error("byte {offset}: {message}")]
    Binary {
        /// What is wrong.
        message: String,
        /// How many bytes were read before that.
        offset: usize,
    },
    /// The schema refuses the value; at least one fault, at most a hundred.
    #[error("{}", listed(.0))]
    Invalid(Vec<Fault>),
    /// The schema accepts the value, and the Rust type made from it has no room for it.
    #[error("{}: {message}", shown(.pointer))]
    Unrepresentable {
        /// The value, as a JSON pointer (RFC 6901) into the payload.
        pointer: String,
        /// The Rust type and the value.
        message: String,
    },
}

impl DecodeError {
    pub(crate) fn binary(offset: usize, message: impl Into<String>) -> Self {
        Self::Binary { message: message.into(), offset }
    }
}

/// Why a value cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The schema refuses the value; at least one fault, at most a hundred.
    #[error("{}", listed(.0))]
    Invalid(Vec<Fault>),
    /// The value has no JSON form: a float that is no number, or a duplicate key.
    #[error("{message}")]
    Serialize {
        /// What cannot be written.
        message: String,
    },
}

/// Appends one segment to a JSON pointer, escaped as RFC 6901 section 3 says.
pub(crate) fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    for character in segment.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// A pointer for the eye: the empty one would vanish in a sentence.
fn shown(pointer: &str) -> &str {
    if pointer.is_empty() { "(root)" } else { pointer }
}

fn listed(faults: &[Fault]) -> String {
    let texts: Vec<String> = faults.iter().map(Fault::to_string).collect();
    texts.join("; ")
}
