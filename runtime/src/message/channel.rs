//! Channels and operations as generated code states them: constants, so that a message refers to them for free.
//!
//! In: the keys and addresses of the document. Out: `'static` descriptors. Nothing is checked here; the generator did.

use super::{AddressTemplate, SecurityScheme};

/// A channel of the document.
#[derive(Debug, PartialEq, Eq)]
pub struct Channel {
    key: &'static str,
    address: Option<&'static str>,
    is_parametrised: bool,
    bindings: &'static [(&'static str, &'static str)],
}

impl Channel {
    /// A channel by its key in the document and its address, which may hold `{parameters}`; `None` where the document
    /// leaves the address unknown.
    pub const fn new(key: &'static str, address: Option<&'static str>) -> Self {
        let mut channel = Self { key, address, is_parametrised: false, bindings: &[] };
        channel.is_parametrised = channel.template().is_parametrised();
        channel
    }

    /// Adds the channel's bindings: protocol name and JSON text.
    #[must_use]
    pub const fn with_bindings(mut self, bindings: &'static [(&'static str, &'static str)]) -> Self {
        self.bindings = bindings;
        self
    }

    /// The key of the channel in the document.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The address as the document writes it.
    pub const fn address(&self) -> Option<&'static str> {
        self.address
    }

    /// The template of the channel's address; where the document gives none, the key stands for it.
    pub const fn template(&self) -> AddressTemplate<'static> {
        AddressTemplate::new(match self.address {
            Some(address) => address,
            None => self.key,
        })
    }

    /// The one address of the channel; `None` where that has parameters.
    pub const fn only_address(&self) -> Option<&'static str> {
        if self.is_parametrised { None } else { Some(self.template().as_str()) }
    }

    /// The JSON text of the channel's bindings for `protocol`.
    pub fn binding(&self, protocol: &str) -> Option<&'static str> {
        find(self.bindings, protocol)
    }
}

/// Which way an operation goes, seen from the code at hand (so a counterpart's `Send` is the document's `receive`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// This code publishes.
    Send,
    /// This code consumes.
    Receive,
}

/// An operation of the document.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    key: &'static str,
    channel: &'static Channel,
    action: Action,
    bindings: &'static [(&'static str, &'static str)],
    group: Option<&'static str>,
    security: &'static [&'static [SecurityScheme]],
}

impl Operation {
    /// An operation by its key in the document.
    pub const fn new(key: &'static str, channel: &'static Channel, action: Action) -> Self {
        Self { key, channel, action, bindings: &[], group: None, security: &[] }
    }

    /// Adds the operation's bindings: protocol name and JSON text.
    #[must_use]
    pub const fn with_bindings(mut self, bindings: &'static [(&'static str, &'static str)]) -> Self {
        self.bindings = bindings;
        self
    }

    /// Adds the consumer group that the document names.
    #[must_use]
    pub const fn with_group(mut self, group: &'static str) -> Self {
        self.group = Some(group);
        self
    }

    /// Sets what callers must show: of every list one scheme. The operation has a list, and so has its server.
    #[must_use]
    pub const fn with_security(mut self, security: &'static [&'static [SecurityScheme]]) -> Self {
        self.security = security;
        self
    }

    /// What callers must show: of every list one scheme.
    pub const fn security(&self) -> &'static [&'static [SecurityScheme]] {
        self.security
    }

    /// The key of the operation in the document.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The channel that the operation works on.
    pub const fn channel(&self) -> &'static Channel {
        self.channel
    }

    /// Whether this code publishes or consumes.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// The JSON text of the operation's bindings for `protocol`.
    pub fn binding(&self, protocol: &str) -> Option<&'static str> {
        find(self.bindings, protocol)
    }

    /// The consumer group: the one that the document names, else the key.
    pub fn group(&self) -> &'static str {
        self.group.unwrap_or(self.key)
    }
}

/// The JSON text for `protocol`.
pub(super) fn find(bindings: &[(&'static str, &'static str)], protocol: &str) -> Option<&'static str> {
    bindings.iter().find(|(known, _)| *known == protocol).map(|(_, json)| *json)
}
