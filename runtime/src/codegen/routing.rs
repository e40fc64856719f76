//! How generated producers and consumers reach the rest of the runtime.
//!
//! In: the static operation that the generator wrote, and a message or a dispatch. Out: a publication, or a
//! [`Consumer`]. Every published message has an id, except where headers are dear. Headers that the document describes travel as text: a string as it is,
//! anything else as JSON.

use super::{Check, Encoded, FromValue, Value};
use crate::message::{CloudEvent, IDEMPOTENCY_KEY, cloud_events};
use crate::payload::{DecodeError, EncodeError, Payload};
use bytes::Bytes;
use std::borrow::Cow;

pub use crate::consume::{Consumer, Context, Dispatch, Failure, HandlerError, Received, Undecodable};
pub use crate::message::{
    Action, AddressError, AddressTemplate, Channel, Headers, Message, Operation, Place, Prepared,
};
use crate::request::{Answer, RequestError, Requester};
pub use crate::transport::{PublishError, Receipt, Transport};
pub use crate::{
    __implement_call as implement_call, __implement_parameter as implement_parameter,
    __implement_poller as implement_poller, __implement_route as implement_route,
    __implement_testing as implement_testing,
};

/// Wraps the dispatch that the generator wrote for a `receive` operation.
pub fn consumer<D: Dispatch>(operation: &'static Operation, dispatch: D) -> Consumer<D> {
    Consumer::new(operation, dispatch)
}

/// The address of `channel` with `parameters` filled in; a channel without an address is addressed by its key. Empty, which no
/// address is, for the only one that the channel has: [`Prepared`] knows it, without a copy.
///
/// # Errors
/// [`PublishError::Address`] when a value is missing or would change the shape of the address.
pub fn address(channel: &'static Channel, parameters: &[(&str, &str)]) -> Result<String, PublishError> {
    if parameters.is_empty() && channel.only_address().is_some() {
        return Ok(String::new());
    }
    Ok(channel.template().expand(parameters)?)
}

/// The struct of a channel's address parameters.
pub trait Parameters: Sized {
    /// Reads them from the address of a received message.
    ///
    /// # Errors
    /// [`Failure::Undecodable`] when the address does not have the shape of the channel's address.
    fn received(received: &Received) -> Result<Self, Failure>;
}

/// The address parameters of a received message, in the order of `names`.
///
/// # Errors
/// [`Failure::Undecodable`] when the address does not have the shape of the channel's address.
pub fn parameters<const N: usize>(received: &Received, names: [&str; N]) -> Result<[String; N], Failure> {
    let template = received.operation().channel().template();
    let values = template.extract(received.address()).ok_or_else(|| {
        Undecodable::from(format!("the address `{}` does not match `{}`", received.address(), template.as_str()))
    })?;
    let value = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    // Every name is one of the template's, which `extract` has filled.
    Ok(names.map(|name| value(name).unwrap_or_default()))
}

/// One address parameter of a received message, for which the document lists the values.
///
/// # Errors
/// [`Failure::Undecodable`] when it is none of them.
pub fn parameter<P: std::str::FromStr<Err = AddressError>>(text: &str) -> Result<P, Failure> {
    text.parse().map_err(|error: AddressError| Undecodable::from(error.to_string()).into())
}

/// The payload of a received message.
///
/// # Errors
/// It does not fit its schema.
pub fn payload<P: Payload>(received: &Received) -> Result<P, DecodeError> {
    P::from_slice(&received.message().payload)
}

/// What was received, as the CloudEvent that it is: its attributes are headers `ce-*`, its data the payload. What is no event is
/// left as it is, unless all messages of the operation are events.
///
/// # Errors
/// [`Failure::Undecodable`] when it is an event that breaks the specification, or none.
pub fn event(received: &Received, all: bool) -> Result<Received, Failure> {
    match cloud_events::read(received.message()) {
        Ok(Some(event)) => Ok(received.with_message(event)),
        Ok(None) if all => Err(Undecodable::from("no CloudEvent: it has no attributes".to_owned()).into()),
        Ok(None) => Ok(received.clone()),
        Err(fault) => Err(Undecodable::from(format!("no CloudEvent: {fault}")).into()),
    }
}

/// Why none of the messages of an operation fits what was received.
#[derive(Debug, Default)]
pub struct Refused(Vec<(&'static str, DecodeError)>);

impl Refused {
    /// The message of this key does not fit.
    pub fn add(&mut self, key: &'static str, error: DecodeError) {
        self.0.push((key, error));
    }
}

impl From<Refused> for Failure {
    fn from(Refused(refused): Refused) -> Self {
        Undecodable::by_key(refused).into()
    }
}

/// The headers that the document describes: name, and whether its text is JSON.
///
/// # Errors
/// [`Failure::Undecodable`] when they do not fit their schema.
pub fn headers<H: FromValue>(received: &Received, described: &[(&str, bool)], check: Check) -> Result<H, Failure> {
    let mut members = serde_json::Map::new();
    for (name, json) in described {
        let Some(value) = received.message().headers.get(name) else { continue };
        let text = String::from_utf8_lossy(value.as_bytes());
        let parsed = json.then(|| serde_json::from_str(&text).ok()).flatten();
        members.insert((*name).to_owned(), parsed.unwrap_or_else(|| text.into_owned().into()));
    }
    let value = Value::from(serde_json::Value::Object(members));
    super::typed(value, check, 0).map_err(|error| Undecodable::by_key([("headers", error)]).into())
}

/// A message with this payload.
///
/// # Errors
/// [`PublishError`] when the payload does not fit its schema.
pub fn envelope<P: Payload>(payload: &P, content_type: &'static str) -> Result<Message, PublishError> {
    let bytes = payload.to_vec().map_err(PublishError::encode)?;
    Ok(Message { stated_content_type: Some(content_type), ..Message::new(bytes) })
}

/// Writes the headers that the document describes.
///
/// # Errors
/// [`PublishError`] when they do not fit their schema.
pub fn set_headers<H: super::Encode>(headers: &mut Headers, values: &H, check: Check) -> Result<(), PublishError> {
    let unwritten =
        |error: serde_json::Error| PublishError::encode(EncodeError::Serialize { message: error.to_string() });
    let value = serde_json::to_value(Encoded(values)).map_err(unwritten)?;
    if let Some(faults) = super::faults(&Value::from(value.clone()), check, 0) {
        return Err(PublishError::encode(EncodeError::Invalid(faults)));
    }
    let serde_json::Value::Object(members) = value else { return Ok(()) };
    for (name, value) in members {
        let text = match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        headers.insert(Cow::Owned(name), text);
    }
    Ok(())
}

/// The partition key: what stands at `pointer` in the payload or the headers of a message. A text is taken as it is,
/// anything else as JSON; null, or nothing at all, is no key.
///
/// # Errors
/// [`PublishError`] when the key does not fit its schema.
pub fn key<V: super::Encode>(part: &V, pointer: &str, check: Check) -> Result<Option<Bytes>, PublishError> {
    let unwritten =
        |error: serde_json::Error| PublishError::encode(EncodeError::Serialize { message: error.to_string() });
    let part = serde_json::to_value(Encoded(part)).map_err(unwritten)?;
    let Some(value) = part.pointer(pointer).filter(|value| !value.is_null()) else { return Ok(None) };
    if let Some(faults) = super::faults(&Value::from(value.clone()), check, 0) {
        return Err(PublishError::encode(EncodeError::Invalid(faults)));
    }
    Ok(Some(match value {
        serde_json::Value::String(text) => text.clone().into(),
        other => other.to_string().into(),
    }))
}

/// The replies of an operation.
pub trait Reply: Sized {
    /// The reply as a message, and where the document has the correlation id in it.
    ///
    /// # Errors
    /// It does not fit its schema.
    fn write(&self) -> Result<(Message, Option<Place>), PublishError>;

    /// That the reply is a CloudEvent, where the document says so.
    fn event(&self) -> Option<CloudEvent> {
        None
    }

    /// The reply in a received message.
    ///
    /// # Errors
    /// It is none of those that the document has.
    fn read(received: &Received) -> Result<Self, Failure>;
}

/// What a handler answered, as a message.
///
/// # Errors
/// Those of the handler; the reply does not fit its schema, which trying again does not help.
pub async fn answer<R: Reply>(
    handling: impl Future<Output = Result<R, HandlerError>> + Send,
) -> Result<Answer, Failure> {
    let reply = handling.await?;
    let written = reply.write().map_err(HandlerError::permanent)?;
    Ok(Answer::from(written).with_event(reply.event()))
}

/// Publishes a request and waits for its reply.
///
/// # Errors
/// Those of [`Requester::request`]; the reply is not what the document says.
pub async fn request<T: Transport, R: Reply>(
    requester: &Requester<T>,
    prepared: Prepared,
    correlation: Option<Place>,
) -> Result<R, RequestError> {
    let reply = requester.request(prepared, correlation).await?;
    R::read(&reply).map_err(|failure| RequestError::Undecodable(failure.to_string()))
}

/// The envelope of what was posted to a route, with the id that the caller gave, if it did.
#[must_use]
pub fn identified(mut envelope: Message, received: &Received) -> Message {
    let message = received.message();
    let key = message.headers.get_str(IDEMPOTENCY_KEY).map(str::to_owned);
    envelope.id = key.or_else(|| message.id.clone()).or(envelope.id);
    envelope
}

/// What a producer said, as a route answers it.
///
/// # Errors
/// There was no confirmation: trying again may help, unless it is the caller's address that is at fault.
pub fn published(outcome: Result<Receipt, PublishError>) -> Result<(), Failure> {
    match outcome {
        Ok(_) => Ok(()),
        Err(PublishError::Address(error)) => Err(Undecodable::from(error.to_string()).into()),
        Err(error) => Err(HandlerError::transient(error).into()),
    }
}
