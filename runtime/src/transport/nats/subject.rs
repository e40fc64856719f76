//! Addresses of the document and subjects of NATS.
//!
//! In: addresses and templates, whose segments `.` or `/` separates. Out: subjects, whose tokens `.` separates; a token
//! that holds a parameter becomes the wildcard `*` in a filter. Empty segments (a leading `/`) have no token. A prefix, which
//! may be empty, comes first. What always holds: a subject made of an address of a channel gives back that address, byte for byte, through the channel's template.

use std::sync::Arc;

use async_nats::Subject;

use crate::message::{AddressError, AddressTemplate, Channel};
use crate::transport::wire::{has_literals, segments};

/// In front of the subjects that replies go to.
pub(super) const INBOX: &str = "_INBOX.";

/// How a channel's addresses read as subjects.
#[derive(Debug)]
pub(super) struct Mapping {
    channel: &'static Channel,
    /// The channel's template with the separators of NATS.
    template: String,
    /// The one address of a channel without parameters.
    only: Option<Arc<str>>,
    /// The subjects to subscribe to.
    pub(super) filter: String,
}

impl Mapping {
    /// The mapping of `channel`.
    ///
    /// # Errors
    /// The address has a segment that no subject can have.
    pub(super) fn new(prefix: &str, channel: &'static Channel) -> Result<Self, AddressError> {
        let tokens = prefixed(prefix, channel.template().as_str())?;
        let wild: Vec<&str> = tokens.iter().map(|token| if token.contains('{') { "*" } else { token }).collect();
        let only = (!channel.template().is_parametrised()).then(|| channel.template().as_str().into());
        Ok(Self { channel, template: tokens.join("."), only, filter: wild.join(".") })
    }

    /// The address that `subject` stands for; `None` when it is none of the channel's, which a filter of whole tokens
    /// lets through (`user-{id}` is filtered as `*`). Where a value is none that an address can have, it is the subject.
    pub(super) fn address(&self, subject: &str) -> Option<Arc<str>> {
        if let Some(only) = &self.only {
            return (subject == self.template).then(|| Arc::clone(only));
        }
        let values = AddressTemplate::new(&self.template).extract(subject);
        let address = values.and_then(|values| self.channel.template().expand(&values).ok().map(Arc::from));
        let is_covered = || has_literals(&segments(&self.template), &subject.split('.').collect::<Vec<_>>());
        address.or_else(|| is_covered().then(|| Arc::from(subject)))
    }
}

/// The subject of a concrete address.
///
/// # Errors
/// The address has a segment that no subject can have.
pub(super) fn of_address(prefix: &str, address: &str) -> Result<String, AddressError> {
    if prefix.is_empty() && is_subject(address) {
        return Ok(address.to_owned());
    }
    Ok(prefixed(prefix, address)?.join("."))
}

/// Whether an address is its own subject, at a glance: `false` for whatever is to be looked at more closely.
fn is_subject(address: &str) -> bool {
    let mut is_open = true;
    for byte in address.bytes() {
        let is_letter = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !is_letter && (is_open || byte != b'.') {
            return false;
        }
        is_open = !is_letter;
    }
    !is_open
}

/// The subject of a concrete address of a channel, without a copy where the channel has but one.
///
/// # Errors
/// The address has a segment that no subject can have.
pub(super) fn of_channel(
    prefix: &str,
    channel: Option<&'static Channel>,
    address: &str,
) -> Result<Subject, AddressError> {
    let only = channel.and_then(Channel::only_address).filter(|only| *only == address);
    match only.filter(|only| prefix.is_empty() && is_subject(only)) {
        Some(only) => Ok(Subject::from_static(only)),
        None => of_address(prefix, address).map(Subject::from),
    }
}

/// The tokens of a prefix as they stand in subjects; empty for none.
///
/// # Errors
/// The prefix has a segment that no subject can have, or a parameter.
pub(super) fn of_prefix(prefix: &str) -> Result<String, AddressError> {
    match prefix {
        "" => Ok(String::new()),
        _ if prefix.contains(['{', '}']) => {
            Err(AddressError::Template { template: prefix.to_owned(), fault: "a prefix has no parameters" })
        }
        _ => of_address("", prefix),
    }
}

/// The tokens of an address behind a prefix.
fn prefixed<'a>(prefix: &'a str, address: &'a str) -> Result<Vec<&'a str>, AddressError> {
    let mut tokens = tokens(address)?;
    // Where replies are expected is known by everybody's client library, which knows of no prefix.
    if !prefix.is_empty() && !address.starts_with(INBOX) {
        tokens.insert(0, prefix);
    }
    Ok(tokens)
}

/// A name for streams and consumers made of a subject or a group: what NATS refuses in names becomes `_`.
pub(super) fn name(text: &str) -> String {
    let allowed = |character: char| !matches!(character, '.' | '*' | '>' | '/' | '\\') && !character.is_whitespace();
    text.chars().map(|character| if allowed(character) { character } else { '_' }).collect()
}

/// Whether every subject that `filter` selects is one that `pattern` selects.
pub(super) fn covers(pattern: &str, filter: &str) -> bool {
    let mut wanted = filter.split('.');
    for token in pattern.split('.') {
        match (token, wanted.next()) {
            (">", Some(_)) => return true,
            ("*", Some(other)) if other != ">" => (),
            (same, Some(other)) if same == other => (),
            _ => return false,
        }
    }
    wanted.next().is_none()
}

/// The segments outside of `{parameters}`, without empty ones.
fn tokens(address: &str) -> Result<Vec<&str>, AddressError> {
    let refused = |fault| AddressError::Template { template: address.to_owned(), fault };
    let tokens = segments(address);
    let forbidden =
        |character: char| matches!(character, '*' | '>') || character.is_whitespace() || character.is_control();
    match tokens.first() {
        None => Err(refused("NATS has no subject without a token")),
        Some(first) if first.starts_with('$') => Err(refused("subjects that begin with `$` belong to the NATS server")),
        Some(_) if tokens.iter().any(|token| token.contains(forbidden)) => {
            Err(refused("NATS subjects hold no white space, no control character, no `*` and no `>`"))
        }
        Some(_) => Ok(tokens),
    }
}
