//! MQTT bindings of the document: what operations, messages and servers say.
//!
//! In: the JSON text of a binding. Out: the parts that this transport follows. A field that is given by a schema instead of a
//! value, or that is none that can be read, counts as not set.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};

use crate::message::{Operation, Server};

const PROTOCOL: &str = "mqtt";

/// Of an operation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OperationBinding {
    #[serde(deserialize_with = "lenient")]
    qos: Option<u8>,
    #[serde(deserialize_with = "lenient")]
    retain: Option<bool>,
    /// Seconds.
    #[serde(deserialize_with = "lenient")]
    pub(super) message_expiry_interval: Option<u32>,
}

/// Of a message.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct MessageBinding {
    #[serde(deserialize_with = "lenient")]
    pub(super) payload_format_indicator: Option<u8>,
    #[serde(deserialize_with = "lenient")]
    pub(super) content_type: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) response_topic: Option<String>,
}

/// Of a server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ServerBinding {
    #[serde(deserialize_with = "lenient")]
    pub(super) client_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) clean_session: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    pub(super) last_will: Option<LastWill>,
    /// Seconds.
    #[serde(deserialize_with = "lenient")]
    pub(super) keep_alive: Option<u16>,
    /// Seconds.
    #[serde(deserialize_with = "lenient")]
    pub(super) session_expiry_interval: Option<u32>,
    /// Bytes.
    #[serde(deserialize_with = "lenient")]
    pub(super) maximum_packet_size: Option<u32>,
}

/// What the broker publishes when a connection breaks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LastWill {
    pub(super) topic: String,
    #[serde(deserialize_with = "lenient")]
    qos: Option<u8>,
    #[serde(deserialize_with = "lenient")]
    pub(super) message: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) retain: Option<bool>,
}

/// The quality of service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quality {
    /// A message arrives at most once.
    Zero,
    /// At least once.
    #[default]
    One,
    /// Once, between client and broker.
    Two,
}

impl Quality {
    pub(super) fn of(number: Option<u8>) -> Self {
        match number {
            Some(0) => Self::Zero,
            Some(2) => Self::Two,
            _ => Self::One,
        }
    }
}

impl OperationBinding {
    pub(super) fn of(operation: Option<&'static Operation>) -> Self {
        read(operation.and_then(|operation| operation.binding(PROTOCOL)))
    }

    /// At least once unless the document says otherwise.
    pub(super) fn quality(&self) -> Quality {
        Quality::of(self.qos)
    }

    pub(super) fn retain(&self) -> bool {
        self.retain == Some(true)
    }
}

impl MessageBinding {
    pub(super) fn of(bindings: &'static [(&'static str, &'static str)]) -> Self {
        read(bindings.iter().find(|(protocol, _)| *protocol == PROTOCOL).map(|(_, text)| *text))
    }
}

impl ServerBinding {
    pub(super) fn of(server: &Server) -> Self {
        read(server.binding(PROTOCOL))
    }
}

impl LastWill {
    pub(super) fn quality(&self) -> Quality {
        Quality::of(self.qos.or(Some(0)))
    }
}

fn read<T: DeserializeOwned + Default>(text: Option<&'static str>) -> T {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// The value, if it is one of this type.
fn lenient<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}
