//! Messages that are ready to be published: addressed, encoded, and held against the document.
//!
//! In: what a generated producer prepared. Out: the same, for a transport or for a store that keeps it until it is published.
//! A prepared message fits its schema; what is changed of it afterwards is the caller's.

#[cfg(feature = "consume")]
use std::pin::pin;

#[cfg(feature = "consume")]
use tracing::Instrument;

use super::{Message, Operation};
#[cfg(feature = "consume")]
use crate::observe;

/// A message of a `send` operation, as generated code states it.
#[derive(Debug, PartialEq, Eq)]
pub struct Publication {
    operation: &'static Operation,
    message: &'static str,
    bindings: &'static [(&'static str, &'static str)],
    #[cfg(feature = "consume")]
    event: Option<super::CloudEvent>,
}

impl Publication {
    /// A message of an operation by its key in the document, with its bindings: protocol name and JSON text.
    pub const fn new(
        operation: &'static Operation,
        message: &'static str,
        bindings: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self {
            operation,
            message,
            bindings,
            #[cfg(feature = "consume")]
            event: None,
        }
    }

    /// It is a CloudEvent.
    #[cfg(feature = "consume")]
    #[must_use]
    pub const fn with_event(mut self, event: super::CloudEvent) -> Self {
        self.event = Some(event);
        self
    }

    /// The message with what makes it an event, where it is one.
    #[cfg(feature = "consume")]
    fn described(&self, mut message: Message) -> Message {
        if let Some(event) = &self.event {
            event.describe(&mut message);
        }
        message
    }

    /// The operation that publishes it.
    pub const fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// The key of the message in the document.
    pub const fn message(&self) -> &'static str {
        self.message
    }

    /// The bindings of the message: protocol name and JSON text.
    pub const fn bindings(&self) -> &'static [(&'static str, &'static str)] {
        self.bindings
    }
}

/// A message with the address that it goes to.
#[derive(Clone, Debug)]
pub struct Prepared {
    publication: Option<&'static Publication>,
    /// Empty for the only one that the channel has.
    address: String,
    message: Message,
}

impl Prepared {
    /// Made by generated code. An empty address stands for that of the channel.
    pub fn new(publication: &'static Publication, address: String, message: Message) -> Self {
        #[cfg(feature = "consume")]
        let message = publication.described(message);
        Self { publication: Some(publication), address, message }
    }

    /// A message that the document does not know.
    pub fn undescribed(address: impl Into<String>, message: Message) -> Self {
        Self { publication: None, address: address.into(), message }
    }

    /// What the document says of it.
    pub const fn publication(&self) -> Option<&'static Publication> {
        self.publication
    }

    /// The concrete address.
    pub fn address(&self) -> &str {
        addressed(self.publication, &self.address)
    }

    /// The message.
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// Changes the message: a partition key, an id or headers of its own.
    #[must_use]
    pub fn map(mut self, change: impl FnOnce(Message) -> Message) -> Self {
        self.message = change(self.message);
        self
    }

    /// Publishes it; a message without an id gets a random one, except where headers are dear.
    ///
    /// # Errors
    /// The transport did not confirm.
    #[cfg(feature = "consume")]
    pub async fn publish<T: crate::Transport>(self, transport: &T) -> Result<crate::Receipt, crate::PublishError> {
        let Self { publication, address, message } = self;
        publish(publication, transport, addressed(publication, &address), message).await
    }
}

/// The concrete address, where an empty one stands for the only one of the channel.
fn addressed<'a>(publication: Option<&'static Publication>, address: &'a str) -> &'a str {
    match publication {
        Some(publication) if address.is_empty() => publication.operation.channel().template().as_str(),
        _ => address,
    }
}

/// Publishes a message as the document says that it travels; one without an id gets a random one, except where headers are dear.
#[cfg(feature = "consume")]
pub(crate) async fn publish<T: crate::Transport>(
    publication: Option<&'static Publication>,
    transport: &T,
    address: &str,
    mut message: Message,
) -> Result<crate::Receipt, crate::PublishError> {
    let Some(Publication { operation, bindings, event, .. }) = publication else {
        message.id.get_or_insert_with(super::identity::random);
        return transport.publish(None, address, message).await;
    };
    let capabilities = transport.capabilities();
    if let Some(event) = event {
        message = event.write(message, capabilities.events);
    }
    let stated = message.stated_content_type.take();
    if !capabilities.dear_headers {
        if let Some(stated) = stated {
            message.content_type.get_or_insert_with(|| stated.to_owned());
        }
        message.id.get_or_insert_with(super::identity::random);
    }
    let system = transport.system();
    let begun = observe::Publication::begin();
    let span = observe::sending(system, capabilities.headers, operation, address, &mut message);
    // Pinned here, and so moved nowhere: the futures of some transports are large.
    let sent = pin!(transport.send(operation, bindings, address, message));
    let outcome = match span.is_disabled() {
        true => sent.await,
        false => sent.instrument(span.clone()).await,
    };
    begun.end(system, operation, outcome.is_ok());
    if let Err(error) = &outcome {
        observe::unsent(&span, error);
    }
    outcome
}
