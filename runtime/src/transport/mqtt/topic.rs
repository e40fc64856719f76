//! Addresses of the document and topics of MQTT.
//!
//! In: addresses and channels, whose levels `/` separates. Out: topics, which are the addresses as they are written, and
//! filters, in which a level that holds a parameter is `+`. What always holds: the topic of an address of a channel is one
//! of those that the channel's filter selects, and gives back that address.

use crate::message::{AddressError, Channel};
use crate::transport::wire::has_literals;

/// The longest topic, in bytes.
const LONGEST: usize = 65_535;

/// The topics of a channel.
#[derive(Debug)]
pub(super) struct Mapping {
    channel: &'static Channel,
    /// What selects them, without the group.
    pub(super) filter: String,
}

impl Mapping {
    /// The mapping of `channel`.
    ///
    /// # Errors
    /// The address is one that no topic can have.
    pub(super) fn new(channel: &'static Channel) -> Result<Self, AddressError> {
        let template = checked(channel.template().as_str())?;
        let wild = |level: &str| if level.contains('{') { "+".to_owned() } else { level.to_owned() };
        let levels: Vec<String> = template.split('/').map(wild).collect();
        Ok(Self { channel, filter: levels.join("/") })
    }

    /// Whether `topic` is one of the channel's: the filter selects whole levels, `user-{id}` as `+`.
    pub(super) fn covers(&self, topic: &str) -> bool {
        let template: Vec<&str> = self.channel.template().as_str().split('/').collect();
        has_literals(&template, &topic.split('/').collect::<Vec<_>>())
    }
}

/// The filter of a group: one member gets each message.
pub(super) fn shared(group: &str, filter: &str) -> String {
    let group: String =
        group.chars().map(|character| if "/+#\0".contains(character) { '_' } else { character }).collect();
    format!("$share/{group}/{filter}")
}

/// The topic of a concrete address.
///
/// # Errors
/// The address is one that no topic can have.
pub(super) fn of_address(address: &str) -> Result<&str, AddressError> {
    checked(address)
}

fn checked(address: &str) -> Result<&str, AddressError> {
    let faults = [
        (address.is_empty(), "MQTT has no topic without a name"),
        (address.contains(['+', '#']), "MQTT topics hold no `+` and no `#`"),
        (
            address.contains(char::is_control),
            "MQTT topics hold no control characters: brokers end the connection for them",
        ),
        (address.starts_with("$share/"), "what begins with `$share/` is no topic"),
        (address.len() > LONGEST, "MQTT topics have at most 65,535 bytes"),
    ];
    match faults.into_iter().find(|(holds, _)| *holds) {
        Some((_, fault)) => Err(AddressError::Template { template: address.to_owned(), fault }),
        None => Ok(address),
    }
}
