//! The side that answers: the reply of a handler goes to whoever asked, before the request is acknowledged.
//!
//! In: a received request and a handler at work on it. Out: done, when the transport confirmed the reply. The address of a
//! reply was written by whoever asked: it may be any inbox, and none that the broker itself listens on.

use super::{DEADLINE_HEADER, Exchange};
use crate::clock;
use crate::consume::{Failure, HandlerError, Received};
use crate::message::{CloudEvent, Message, Place, identity};
use crate::transport::{PublishError, Transport};
use std::time::Duration;

/// The longest address that a request may give, in bytes.
const LONGEST: usize = 512;

/// What a handler answers.
#[derive(Clone, Debug)]
pub struct Answer {
    message: Message,
    correlation: Option<Place>,
    event: Option<CloudEvent>,
}

/// A message, and where the document has the correlation id in it.
impl From<(Message, Option<Place>)> for Answer {
    fn from((message, correlation): (Message, Option<Place>)) -> Self {
        Self { message, correlation, event: None }
    }
}

impl Answer {
    /// Makes it a CloudEvent, where the document says so.
    #[must_use]
    pub const fn with_event(mut self, event: Option<CloudEvent>) -> Self {
        self.event = event;
        self
    }

    /// The message as it travels.
    fn written<T: Transport>(self, transport: &T, correlation_id: Option<String>) -> Message {
        let Self { mut message, correlation, event } = self;
        if let Some(id) = correlation_id {
            correlation.map(|place| place.write(&mut message, &id));
            message.correlation_id = Some(id);
        }
        if let Some(event) = event {
            event.describe(&mut message);
            message = event.write(message, transport.capabilities().events);
        }
        if let Some(stated) = message.stated_content_type.take() {
            message.content_type.get_or_insert_with(|| stated.to_owned());
        }
        message.id.get_or_insert_with(identity::random);
        message
    }
}

/// Publishes what `handling` makes of a request; `correlation` is where the document has the correlation id in the request.
///
/// Past the request's deadline nobody waits any longer: it counts as done, and nothing is published.
///
/// # Errors
/// Those of the handler; the request says not where its reply goes (permanent); the reply was not confirmed (transient).
pub async fn respond<T: Transport, A: Into<Answer>>(
    transport: &T,
    exchange: &'static Exchange,
    received: &Received,
    correlation: Option<Place>,
    handling: impl Future<Output = Result<A, Failure>> + Send,
) -> Result<(), Failure> {
    let request = received.message();
    let operation = received.operation().key();
    let given = exchange.address.and_then(|place| place.read(request)).or_else(|| request.reply_to.clone());
    let by_connection = request.reply_to.clone().filter(|_| transport.capabilities().reply_by_connection);
    let (channel, address) = match (exchange.fixed().filter(|_| by_connection.is_none()), by_connection.or(given)) {
        (Some(channel), _) => (Some(channel), channel.template().as_str().to_owned()),
        (None, Some(given)) => {
            let address = check(given).map_err(HandlerError::permanent)?;
            (exchange.channel.filter(|channel| channel.template().matches(&address)), address)
        }
        (None, None) => {
            let fault = "the request says not where its reply goes";
            return Err(HandlerError::permanent(fault).into());
        }
    };
    let answer = match left(request) {
        None => handling.await?,
        Some(left) => match tokio::time::timeout(left, handling).await {
            Ok(answer) => answer?,
            Err(_) => {
                tracing::warn!(operation, "nobody waits for the reply any longer: the request is given up");
                return Ok(());
            }
        },
    };
    let id = correlation.and_then(|place| place.read(request)).or_else(|| request.correlation_id.clone());
    let reply = answer.into().written(transport, id);
    match transport.reply(channel, &address, reply).await {
        Ok(_) => Ok(()),
        // An address that one requester gave and that nobody reads any longer is no fault of the request.
        Err(PublishError::Transport(error)) if !error.transient && channel.is_none() => {
            tracing::warn!(operation, address, %error, "the reply goes nowhere: whoever asked is gone");
            Ok(())
        }
        Err(error) => Err(HandlerError::transient(error).into()),
    }
}

/// How long somebody waits for the reply; `None`: the request does not say.
fn left(request: &Message) -> Option<Duration> {
    let deadline: i64 = request.headers.get_str(DEADLINE_HEADER)?.parse().ok()?;
    let left = deadline.saturating_sub(clock::now()).max(0);
    Some(Duration::from_millis(left.unsigned_abs()))
}

/// An address that was given by a request.
fn check(address: String) -> Result<String, String> {
    let forbidden = |character: char| {
        matches!(character, '*' | '>' | '#' | '{' | '}') || character.is_whitespace() || character.is_control()
    };
    match address.len() > LONGEST || address.starts_with('$') || address.contains(forbidden) {
        true => Err("the request wants its reply at an address that replies cannot go to".to_owned()),
        false => Ok(address),
    }
}
