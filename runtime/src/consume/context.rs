//! What a handler knows of its message beside the payload.
//!
//! In: a delivery, and the parameters and headers that generated code decoded. Out: [`Context`], by value. Clones share
//! the message.

use std::sync::Arc;

use bytes::Bytes;

use crate::message::{Headers, Message, Operation};

/// A message as a dispatch sees it; clones share it.
#[derive(Clone, Debug)]
pub struct Received {
    message: Arc<Message>,
    address: Arc<str>,
    operation: &'static Operation,
    attempt: u32,
}

impl Received {
    pub(crate) fn new(operation: &'static Operation, message: Arc<Message>, address: Arc<str>, attempt: u32) -> Self {
        Self { message, address, operation, attempt }
    }

    /// The same delivery with another reading of its message.
    pub(crate) fn with_message(&self, message: Message) -> Self {
        Self::new(self.operation(), Arc::new(message), self.address().into(), self.attempt)
    }

    pub(crate) fn set_attempt(&mut self, attempt: u32) {
        self.attempt = attempt;
    }

    /// The message.
    pub fn message(&self) -> &Message {
        &self.message
    }

    pub(crate) fn shared(&self) -> &Arc<Message> {
        &self.message
    }

    /// The concrete address it was published to.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The operation that handles it.
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Which attempt this is; 1 is the first.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// What a handler is given beside the payload: the typed address parameters `P` and headers `H`, and the rest as it came.
#[derive(Clone, Debug)]
pub struct Context<P = (), H = ()> {
    /// The parameters of the address.
    pub parameters: P,
    /// The headers that the document describes.
    pub headers: H,
    received: Received,
}

impl<P, H> Context<P, H> {
    /// Made by generated code.
    pub fn new(received: &Received, parameters: P, headers: H) -> Self {
        Self { parameters, headers, received: received.clone() }
    }

    /// The concrete address that the message was published to.
    pub fn address(&self) -> &str {
        self.received.address()
    }

    /// The id of the message: the same on every attempt.
    pub fn id(&self) -> Option<&str> {
        self.message().id.as_deref()
    }

    /// The partition key.
    pub fn key(&self) -> Option<&Bytes> {
        self.message().key.as_ref()
    }

    /// Which attempt this is; 1 is the first.
    pub fn attempt(&self) -> u32 {
        self.received.attempt()
    }

    /// What ties a reply to its request.
    pub fn correlation_id(&self) -> Option<&str> {
        self.message().correlation_id.as_deref()
    }

    /// The address that a reply goes to.
    pub fn reply_to(&self) -> Option<&str> {
        self.message().reply_to.as_deref()
    }

    /// All headers, also those that the document does not describe.
    pub fn message_headers(&self) -> &Headers {
        &self.message().headers
    }

    /// The message as it came.
    pub fn message(&self) -> &Message {
        self.received.message()
    }
}
