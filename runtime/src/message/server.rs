//! Servers of a document: static descriptions, from which transports get their URL.
//!
//! In: what the document says, values for its variables, and a place where secrets are found. Out: a URL, and credentials.
//! A value cannot change the shape of the URL.

use super::channel::find;
use super::{AddressError, Credentials, secrets};

/// A Server Object; generated code has one for each server of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    key: &'static str,
    protocol: &'static str,
    host: &'static str,
    pathname: &'static str,
    variables: &'static [(&'static str, Option<&'static str>)],
    allowed: &'static [(&'static str, &'static [&'static str])],
    security: &'static [&'static str],
    protocol_version: Option<&'static str>,
    bindings: &'static [(&'static str, &'static str)],
}

impl Server {
    /// Made by generated code: `variables` are names with their default values.
    pub const fn new(
        key: &'static str,
        protocol: &'static str,
        host: &'static str,
        pathname: &'static str,
        variables: &'static [(&'static str, Option<&'static str>)],
    ) -> Self {
        Self {
            key,
            protocol,
            host,
            pathname,
            variables,
            allowed: &[],
            security: &[],
            protocol_version: None,
            bindings: &[],
        }
    }

    /// Adds the values that variables may have; a variable without an entry may have any.
    #[must_use]
    pub const fn with_allowed(mut self, allowed: &'static [(&'static str, &'static [&'static str])]) -> Self {
        self.allowed = allowed;
        self
    }

    /// Adds the types of the security schemes, any of which opens a connection: `userPassword`, `scramSha256`, ..
    #[must_use]
    pub const fn with_security(mut self, security: &'static [&'static str]) -> Self {
        self.security = security;
        self
    }

    /// Adds the version of the protocol.
    #[must_use]
    pub const fn with_protocol_version(mut self, version: &'static str) -> Self {
        self.protocol_version = Some(version);
        self
    }

    /// Adds the server's bindings: protocol name and JSON text.
    #[must_use]
    pub const fn with_bindings(mut self, bindings: &'static [(&'static str, &'static str)]) -> Self {
        self.bindings = bindings;
        self
    }

    /// The key in the document.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The protocol, such as `nats`.
    pub const fn protocol(&self) -> &'static str {
        self.protocol
    }

    /// The version of the protocol, as the document writes it.
    pub const fn protocol_version(&self) -> Option<&'static str> {
        self.protocol_version
    }

    /// The JSON text of the server's bindings for `protocol`.
    pub fn binding(&self, protocol: &str) -> Option<&'static str> {
        find(self.bindings, protocol)
    }

    /// The URL, `protocol://host/path`, with these values for variables and the document's defaults for the others.
    ///
    /// # Errors
    /// A variable has neither a value nor a default, a value is given for none or is not one that the document lists, or it holds a character that would
    /// change the shape of the URL: anything but letters, digits and `. - _ ~`.
    pub fn url(&self, values: &[(&str, &str)]) -> Result<String, AddressError> {
        if let Some((name, _)) = values.iter().find(|(name, _)| !self.variables.iter().any(|(known, _)| known == name))
        {
            return Err(AddressError::Unknown((*name).to_owned()));
        }
        let mut url = format!("{}://{}{}", self.protocol, self.host, self.pathname);
        for (name, default) in self.variables {
            let given = values.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
            let value = given.or(*default).ok_or_else(|| AddressError::Missing((*name).to_owned()))?;
            let plain = |character: &char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_' | '~');
            // The document's own default may be a whole authority, such as `example.com:4222`.
            if let Some(character) = given.and_then(|value| value.chars().find(|character| !plain(character))) {
                return Err(AddressError::Character { parameter: (*name).to_owned(), character });
            }
            if let Some((_, allowed)) = self.allowed.iter().find(|(known, _)| known == name)
                && !allowed.contains(&value)
            {
                return Err(AddressError::NotAllowed {
                    parameter: (*name).to_owned(),
                    value: value.to_owned(),
                    allowed,
                });
            }
            url = url.replace(&format!("{{{name}}}"), value);
        }
        Ok(url)
    }

    /// What opens a connection: of the security schemes in the document, all whose secrets `secrets` knows. The names that
    /// are looked up begin with the server's key in capitals: `PRODUCTION_USER` and `PRODUCTION_PASSWORD`,
    /// `PRODUCTION_TOKEN`, `PRODUCTION_CERTIFICATE` and `PRODUCTION_CERTIFICATE_KEY` (PEM files).
    ///
    /// # Errors
    /// The document asks for security, and nothing is known for any of its schemes: the names that are missing.
    pub fn credentials(&self, secrets: impl Fn(&str) -> Option<String>) -> Result<Vec<Credentials>, String> {
        secrets::find(self.key, self.security, secrets)
    }

    /// The PEM file of certificates to trust, where `secrets` names one: `PRODUCTION_TLS_ROOT`.
    pub fn tls_root(&self, secrets: impl Fn(&str) -> Option<String>) -> Option<std::path::PathBuf> {
        secrets(&secrets::name(self.key, "TLS_ROOT")).map(Into::into)
    }

    /// The URL, if the server speaks one of these protocols.
    #[cfg(any(
        feature = "amqp",
        feature = "kafka",
        feature = "mqtt",
        feature = "nats",
        feature = "redis",
        feature = "ws-client"
    ))]
    pub(crate) fn url_of(
        &self,
        protocols: &[&str],
        values: &[(&str, &str)],
    ) -> Result<String, crate::transport::TransportError> {
        use crate::transport::TransportError;
        if !protocols.contains(&self.protocol) {
            let (key, protocol, known) = (self.key, self.protocol, protocols.join("` or `"));
            let fault = format!("the server `{key}` speaks `{protocol}`, and this transport `{known}`");
            return Err(TransportError::permanent(fault));
        }
        let unfit = |error| TransportError::permanent(format!("the URL of the server `{}`: {error}", self.key));
        self.url(values).map_err(unfit)
    }
}
