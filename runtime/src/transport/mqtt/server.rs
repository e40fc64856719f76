//! A server of the document -> a connection to it.
//!
//! In: the server with its binding, values of its variables, and a place where secrets are found. Out: what [`connect`]
//! gives, with the credentials that the document asks for.

use std::time::Duration;

use super::binding::ServerBinding;
use super::{Connect, Version, connect};
use crate::message::{Credentials, Server};
use crate::transport::TransportError;

/// The protocols of the document that this transport speaks.
const PROTOCOLS: [&str; 4] = ["mqtt", "mqtts", "secure-mqtt", "mqtt5"];

/// How the document writes that a server speaks the old version.
const OLD_VERSIONS: [&str; 5] = ["3.1.1", "3.1", "3", "4", "v3.1.1"];

impl Server {
    /// Begins a connection to this MQTT broker: its URL with these values for variables, what its binding says (client id,
    /// session, last will, ..), the version that the document names, and what [`credentials`](Self::credentials) finds;
    /// [`environment`](crate::message::environment) looks in the environment.
    ///
    /// # Errors
    /// The server is none of MQTT, a value does not fit, or secrets are missing; the error names them.
    pub fn mqtt(
        &self,
        values: &[(&str, &str)],
        secrets: impl Fn(&str) -> Option<String>,
    ) -> Result<Connect, TransportError> {
        let url = self.url_of(&PROTOCOLS, values)?;
        let found = self.credentials(&secrets).map_err(TransportError::permanent)?;
        let mut connect = self.tls_root(&secrets).into_iter().fold(connect(url), Connect::tls_root);
        if self.protocol_version().is_some_and(|version| OLD_VERSIONS.contains(&version)) {
            connect = connect.version(Version::V3_1_1);
        }
        let binding = ServerBinding::of(self);
        if let Some(id) = binding.client_id.filter(|id| !id.is_empty()) {
            connect = connect.client_id(id);
        }
        let expiry = match binding.clean_session {
            Some(true) => Some(0),
            _ => binding.session_expiry_interval,
        };
        if let Some(seconds) = expiry {
            connect = connect.session_expiry(Duration::from_secs(seconds.into()));
        }
        if let Some(seconds) = binding.keep_alive {
            connect = connect.keep_alive(Duration::from_secs(seconds.into()));
        }
        if let Some(bytes) = binding.maximum_packet_size {
            connect = connect.maximum_packet_size(bytes);
        }
        connect.will = binding.last_will.filter(|will| !will.topic.is_empty());
        found.into_iter().try_fold(connect, |connect, credentials| match credentials {
            Credentials::Password { user, password, .. } => Ok(connect.user(user, password)),
            Credentials::Certificate { certificate, key } => Ok(connect.certificate(certificate, key)),
            Credentials::Token(_) => {
                let fault = format!("the server `{}` takes a token, which MQTT has no place for", self.key());
                Err(TransportError::permanent(fault))
            }
        })
    }
}
