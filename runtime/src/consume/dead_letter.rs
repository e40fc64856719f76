//! Dead letters: where a message goes that cannot be handled, and what is written on it.
//!
//! In: a received message and why it failed. Out: an address, and the same message with the `x-dlq-` headers added. Payload
//! and other headers stay as they came; `x-dlq-` headers of an earlier death are replaced.

use std::time::SystemTime;

use super::Received;
use crate::message::{Channel, Message};

/// Why the message is here: a [`Reason`].
pub const REASON_HEADER: &str = "x-dlq-reason";
/// The last error, as one line of at most 1 024 bytes.
pub const ERROR_HEADER: &str = "x-dlq-error";
/// How often the message was tried.
pub const ATTEMPTS_HEADER: &str = "x-dlq-attempts";
/// The address that the message came from.
pub const SOURCE_HEADER: &str = "x-dlq-source";
/// The key of the operation that failed.
pub const HANDLER_HEADER: &str = "x-dlq-handler";
/// When this consumer first saw the message fail: RFC 3339, UTC, milliseconds. After a restart that is the first failure
/// since.
pub const FIRST_FAILED_AT_HEADER: &str = "x-dlq-first-failed-at";

/// All of them.
const HEADERS: [&str; 6] =
    [REASON_HEADER, ERROR_HEADER, ATTEMPTS_HEADER, SOURCE_HEADER, HANDLER_HEADER, FIRST_FAILED_AT_HEADER];

const ERROR_LIMIT: usize = 1_024;

/// Where the messages go that cannot be handled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeadLetter {
    /// The channel's address with the segment `dead-letter` added, each parameter replaced by its name:
    /// `orders/{orderId}` becomes `orders/orderId/dead-letter`. The separator is the last one of `/ . :` that the address
    /// itself uses, else `.`; a channel without an address goes by its key.
    #[default]
    Derived,
    /// This address.
    Address(String),
}

impl From<&str> for DeadLetter {
    fn from(address: &str) -> Self {
        Self::Address(address.to_owned())
    }
}

impl From<String> for DeadLetter {
    fn from(address: String) -> Self {
        Self::Address(address)
    }
}

impl DeadLetter {
    /// The address for what `channel` cannot handle.
    pub fn address(&self, channel: &Channel) -> String {
        match self {
            Self::Address(address) => address.clone(),
            Self::Derived => {
                let template = channel.template();
                format!("{}{}dead-letter", template.as_str().replace(['{', '}'], ""), template.separator())
            }
        }
    }
}

/// Why a message became a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// It is not what the document says.
    Undecodable,
    /// The handler said that trying again does not help.
    Permanent,
    /// Every attempt failed, the last with an error.
    RetriesExhausted,
    /// Every attempt failed, the last with a panic.
    Panic,
    /// Every attempt failed, the last by taking too long.
    Timeout,
}

impl Reason {
    /// The value of [`REASON_HEADER`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Permanent => "permanent",
            Self::RetriesExhausted => "retries-exhausted",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
        }
    }
}

/// The dead letter of `received`.
pub(crate) fn letter(received: &Received, reason: Reason, error: &str, first_failed_at: SystemTime) -> Message {
    let mut message = received.message().clone();
    let headers: [(&'static str, String); 6] = [
        (REASON_HEADER, reason.as_str().to_owned()),
        (ERROR_HEADER, one_line(error)),
        (ATTEMPTS_HEADER, received.attempt().to_string()),
        (SOURCE_HEADER, received.address().to_owned()),
        (HANDLER_HEADER, received.operation().key().to_owned()),
        // In full, so that what fails within the same moment is told apart.
        (FIRST_FAILED_AT_HEADER, humantime::format_rfc3339_nanos(first_failed_at).to_string()),
    ];
    for (name, value) in headers {
        message.headers.insert(name, value);
    }
    message
}

/// The message as it was before it became a dead letter.
pub(crate) fn restored(mut letter: Message) -> Message {
    for name in HEADERS {
        letter.headers.remove(name);
    }
    letter
}

/// What tells one death of a message from its others.
pub(crate) fn death(letter: &Message) -> String {
    let said = [HANDLER_HEADER, FIRST_FAILED_AT_HEADER].map(|name| letter.headers.get_str(name).unwrap_or_default());
    said.join(" ")
}

/// Header values of some protocols end at a line break.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars().map(|character| if character.is_control() { ' ' } else { character }) {
        if line.len() + character.len_utf8() > ERROR_LIMIT {
            break;
        }
        line.push(character);
    }
    line
}
