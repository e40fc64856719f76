//! Addresses of the document, and keys and channels of Redis.
//!
//! In: addresses and channels. Out: the stream of a channel, whose key is its address without the braces of parameters, and
//! the pattern by which a channel is subscribed to. What always holds: a message that comes from a stream which several
//! addresses share carries its own.

use crate::message::{AddressError, Channel};

/// The key of the stream that an address or a template has; behind `prefix`.
///
/// # Errors
/// There is none without a name.
pub(super) fn stream(prefix: &str, address: &str) -> Result<String, AddressError> {
    let name = address.replace(['{', '}'], "");
    if name.is_empty() {
        return Err(AddressError::Template {
            template: address.to_owned(),
            fault: "Redis has no stream without a name",
        });
    }
    Ok(format!("{prefix}{name}"))
}

/// The stream that a publication goes to, and whether the message must carry its address.
///
/// # Errors
/// The address is empty.
pub(super) fn route(
    prefix: &str,
    channel: Option<&'static Channel>,
    address: &str,
) -> Result<(String, bool), AddressError> {
    let channel = channel.filter(|channel| channel.template().matches(address));
    let template = channel.map_or(address, |channel| channel.template().as_str());
    Ok((stream(prefix, template)?, channel.is_some_and(|channel| channel.template().is_parametrised())))
}

/// The address that a message of the channel's stream has; `None` when it is none of the channel's.
pub(super) fn carried(channel: &'static Channel, carried: Option<String>) -> Option<String> {
    let template = channel.template();
    match carried {
        Some(address) => template.matches(&address).then_some(address),
        // Somebody else's message: without parameters there is but one address.
        None => (!template.is_parametrised()).then(|| template.as_str().to_owned()),
    }
}

/// The key of one of the streams that share what has keys; the only one has the plain name.
pub(super) fn shard(stream: &str, number: usize, shards: usize) -> String {
    if shards > 1 { format!("{stream}:{number}") } else { stream.to_owned() }
}

/// Which of `shards` streams a key belongs to: the same for everybody, for ever (FNV-1a of 64 bits).
pub(super) fn shard_of(key: &[u8], shards: usize) -> usize {
    let hash = key
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    usize::try_from(hash % shards.max(1) as u64).unwrap_or(0)
}

/// The pattern of a channel with parameters, each of which becomes `*`.
pub(super) fn pattern(prefix: &str, template: &str) -> String {
    let mut pattern = String::with_capacity(template.len());
    let mut inside = false;
    for character in prefix.chars().chain(template.chars()) {
        match character {
            '{' => {
                inside = true;
                pattern.push('*');
            }
            '}' => inside = false,
            _ if inside => (),
            '*' | '?' | '[' | ']' | '\\' => pattern.extend(['\\', character]),
            _ => pattern.push(character),
        }
    }
    pattern
}
