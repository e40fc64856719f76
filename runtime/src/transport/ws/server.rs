//! A server of the document -> connections to it.
//!
//! In: the server, values of its variables, and a place where secrets are found. Out: what [`connect`] gives, with the
//! credentials that the document asks for.

use super::{Connect, connect};
use crate::message::{Credentials, Server};
use crate::transport::TransportError;

/// The protocols of the document that this transport speaks.
const PROTOCOLS: [&str; 2] = ["ws", "wss"];

impl Server {
    /// Begins connections to this server of WebSockets: its URL with these values for variables, behind which come the
    /// addresses of channels, and what [`credentials`](Self::credentials) finds, in the header `authorization`;
    /// [`environment`](crate::message::environment) looks in the environment.
    ///
    /// # Errors
    /// The server speaks something else, a value does not fit, or secrets are missing; the error names them.
    pub fn ws(
        &self,
        values: &[(&str, &str)],
        secrets: impl Fn(&str) -> Option<String>,
    ) -> Result<Connect, TransportError> {
        let url = self.url_of(&PROTOCOLS, values)?;
        let found = self.credentials(&secrets).map_err(TransportError::permanent)?;
        let connect = self.tls_root(&secrets).into_iter().fold(connect(url), Connect::tls_root);
        Ok(found.into_iter().fold(connect, |connect, credentials| match credentials {
            Credentials::Password { user, password, .. } => connect.user(&user, &password),
            Credentials::Token(token) => connect.token(&token),
            Credentials::Certificate { certificate, key } => connect.certificate(certificate, key),
        }))
    }
}
