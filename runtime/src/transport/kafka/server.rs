//! A server of the document -> a connection to it.
//!
//! In: the server, values of its variables, and a place where secrets are found. Out: what [`connect`] gives, with the
//! credentials that the document asks for.

use super::{Connect, connect};
use crate::message::{Credentials, Server};
use crate::transport::TransportError;

/// The protocols of the document that this transport speaks.
const PROTOCOLS: [&str; 2] = ["kafka", "kafka-secure"];

impl Server {
    /// Begins a connection to this Kafka cluster: its URL with these values for variables, and what
    /// [`credentials`](Self::credentials) finds; [`environment`](crate::message::environment) looks in the environment.
    ///
    /// # Errors
    /// The server is none of Kafka, a value does not fit, or secrets are missing; the error names them.
    pub fn kafka(
        &self,
        values: &[(&str, &str)],
        secrets: impl Fn(&str) -> Option<String>,
    ) -> Result<Connect, TransportError> {
        let url = self.url_of(&PROTOCOLS, values)?;
        let found = self.credentials(&secrets).map_err(TransportError::permanent)?;
        let connect = self.tls_root(&secrets).into_iter().fold(connect(url), Connect::tls_root);
        found.into_iter().try_fold(connect, |connect, credentials| match credentials {
            Credentials::Password { scheme: "scramSha256", user, password } => {
                Ok(connect.scram_sha_256(user, password))
            }
            Credentials::Password { scheme: "scramSha512", user, password } => {
                Ok(connect.scram_sha_512(user, password))
            }
            Credentials::Password { user, password, .. } => Ok(connect.user(user, password)),
            Credentials::Certificate { certificate, key } => Ok(connect.certificate(certificate, key)),
            Credentials::Token(_) => {
                let fault = format!("the server `{}` takes a token, which Kafka does not", self.key());
                Err(TransportError::permanent(fault))
            }
        })
    }
}
