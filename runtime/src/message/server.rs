//! Servers of a document: static descriptions, from which transports get their URL.
//!
//! In: what the document says, and values for its variables. Out: a URL. A value cannot change the shape of the URL.

use super::AddressError;

/// A Server Object; generated code has one for each server of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    key: &'static str,
    protocol: &'static str,
    host: &'static str,
    pathname: &'static str,
    variables: &'static [(&'static str, Option<&'static str>)],
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
        Self { key, protocol, host, pathname, variables }
    }

    /// The key in the document.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The protocol, such as `nats`.
    pub const fn protocol(&self) -> &'static str {
        self.protocol
    }

    /// The URL, `protocol://host/path`, with these values for variables and the document's defaults for the others.
    ///
    /// # Errors
    /// A variable has neither a value nor a default, a value is given for none, or a value holds a character that would
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
            url = url.replace(&format!("{{{name}}}"), value);
        }
        Ok(url)
    }
}
