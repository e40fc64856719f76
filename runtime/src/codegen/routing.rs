//! How generated producers and consumers reach the rest of the runtime.
//!
//! In: the static operation that the generator wrote, and a message or a dispatch. Out: a publication, or a
//! [`Consumer`]. Every published message has an id.

pub use crate::consume::{Consumer, Context, Dispatch, Failure, HandlerError, Received};
pub use crate::message::{Action, AddressError, AddressTemplate, Channel, Headers, Message, Operation};
pub use crate::transport::{PublishError, Receipt, Transport};

/// Wraps the dispatch that the generator wrote for a `receive` operation.
pub fn consumer<D: Dispatch>(operation: &'static Operation, dispatch: D) -> Consumer<D> {
    Consumer::new(operation, dispatch)
}

/// The address of `channel` with `parameters` filled in; a channel without an address is addressed by its key.
///
/// # Errors
/// [`PublishError::Address`] when a value is missing or would change the shape of the address.
pub fn address(channel: &'static Channel, parameters: &[(&str, &str)]) -> Result<String, PublishError> {
    Ok(channel.template().expand(parameters)?)
}

/// The address parameters of a received message, in the order of the channel's address.
///
/// # Errors
/// [`Failure::Undecodable`] when the address does not have the shape of the channel's address.
pub fn parameters(received: &Received) -> Result<Vec<(&str, &str)>, Failure> {
    let template = received.operation().channel().template();
    template.extract(received.address()).ok_or_else(|| {
        Failure::Undecodable(format!("the address `{}` does not match `{}`", received.address(), template.as_str()))
    })
}

/// Publishes `message` for a `send` operation; a message without an id gets a random one.
///
/// # Errors
/// Those of [`Transport::publish`].
pub async fn publish<T: Transport>(
    transport: &T,
    operation: &'static Operation,
    address: String,
    mut message: Message,
) -> Result<Receipt, PublishError> {
    message.id.get_or_insert_with(|| uuid::Uuid::new_v4().to_string());
    transport.publish(Some(operation.channel()), &address, message).await
}
