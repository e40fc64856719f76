//! A server of the document -> a connection to it.
//!
//! In: the server, values of its variables, and a place where secrets are found. Out: what [`connect`] gives, with the
//! credentials that the document asks for.

use super::{Connect, connect};
use crate::message::{Credentials, Server};
use crate::transport::TransportError;

/// The protocols of the document that this transport speaks.
const PROTOCOLS: [&str; 2] = ["amqp", "amqps"];

impl Server {
    /// Begins a connection to this RabbitMQ: its URL with these values for variables, whose path is the virtual host, and
    /// what [`credentials`](Self::credentials) finds; [`environment`](crate::message::environment) looks in the environment.
    ///
    /// # Errors
    /// The server does not speak AMQP 0-9-1, a value does not fit, or secrets are missing; the error names them.
    pub fn amqp(
        &self,
        values: &[(&str, &str)],
        secrets: impl Fn(&str) -> Option<String>,
    ) -> Result<Connect, TransportError> {
        let url = self.url_of(&PROTOCOLS, values)?;
        let found = self.credentials(&secrets).map_err(TransportError::permanent)?;
        let connect = self.tls_root(&secrets).into_iter().fold(connect(url), Connect::tls_root);
        Ok(found.into_iter().fold(connect, |connect, credentials| match credentials {
            Credentials::Password { user, password, .. } => connect.user(user, password),
            // RabbitMQ takes an OAuth 2 token for the password, whoever the user is.
            Credentials::Token(token) => connect.user("", token),
            Credentials::Certificate { certificate, key } => connect.certificate(certificate, key),
        }))
    }
}
