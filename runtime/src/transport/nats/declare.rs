//! Streams and durable consumers: found, checked, or created.
//!
//! In: a subject or filter, a group, and who declares. Out: the names to use, or an error that names what is missing and
//! the command that makes it. Nothing that exists is changed. What [`Declare::Create`] makes has the server's defaults: a
//! stream for each address template that no stream takes yet, named after its subject with `_` for `.`, and a durable
//! consumer for each group; with [`Declare::Never`] they must have those names.

use std::time::Duration;

use async_nats::jetstream::context::{CreateStreamErrorKind, GetStreamByNameErrorKind};
use async_nats::jetstream::stream::ConsumerErrorKind;
use async_nats::jetstream::{Context, consumer, stream};

use super::subject;
use crate::transport::{Declare, Start, Subscribe, TransportError};

/// A durable consumer.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) stream: String,
    pub(super) consumer: String,
    /// After how long the server delivers again what was not acknowledged.
    pub(super) acknowledge_wait: Duration,
    /// What the consumer had delivered already, when this was looked at.
    pub(super) state: Option<State>,
}

/// How far a durable consumer is.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// Everything up to this place in the stream was delivered at least once.
    pub(super) delivered: u64,
    /// Everything up to this place was acknowledged.
    pub(super) acknowledged: u64,
    /// How many deliveries are unsettled, of all members of the group.
    pub(super) unsettled: usize,
}

impl From<&consumer::Info> for State {
    fn from(info: &consumer::Info) -> Self {
        Self {
            delivered: info.delivered.stream_sequence,
            acknowledged: info.ack_floor.stream_sequence,
            unsettled: info.num_ack_pending,
        }
    }
}

/// The stream that takes `filter`.
pub(super) async fn stream(context: &Context, declare: Declare, filter: &str) -> Result<String, TransportError> {
    let derived = subject::name(filter);
    if declare == Declare::Never {
        return Ok(derived);
    }
    let missing = match context.stream_by_subject(filter).await {
        Ok(name) => return whole(context, name, filter).await,
        Err(error) => error,
    };
    match (missing.kind(), declare) {
        (GetStreamByNameErrorKind::NotFound, Declare::Create) => {
            let config =
                stream::Config { name: derived, subjects: vec![filter.to_owned()], ..stream::Config::default() };
            let name = config.name.clone();
            context.create_stream(config).await.map_err(|error| {
                let text = format!("the stream `{name}` for `{filter}` could not be created: {error}");
                match error.kind() {
                    CreateStreamErrorKind::JetStream(_) => TransportError::permanent(text),
                    _ => TransportError::transient(text),
                }
            })?;
            tracing::info!(stream = name, subject = filter, "stream created");
            Ok(name)
        }
        (GetStreamByNameErrorKind::NotFound, _) => Err(TransportError::permanent(format!(
            "no JetStream stream takes the subject `{filter}`; create one \
             (`nats stream add {derived} --subjects '{filter}' --defaults`), or connect with `declare(Declare::Create)`"
        ))),
        _ => Err(TransportError::transient(format!("JetStream did not answer: {missing}"))),
    }
}

/// A stream that takes only some of the subjects would silently lose the rest.
async fn whole(context: &Context, name: String, filter: &str) -> Result<String, TransportError> {
    let found = context.get_stream(&name).await.map_err(TransportError::transient)?;
    let subjects = &found.cached_info().config.subjects;
    if subjects.iter().any(|pattern| subject::covers(pattern, filter)) {
        return Ok(name);
    }
    Err(TransportError::permanent(format!(
        "the JetStream stream `{name}` takes only a part of `{filter}`: its subjects are {}",
        subjects.join(", ")
    )))
}

/// The durable consumer of the group on `stream`.
pub(super) async fn consumer(
    context: &Context,
    declare: Declare,
    stream: String,
    request: &Subscribe,
    filter: &str,
    acknowledge_wait: Duration,
) -> Result<Place, TransportError> {
    let name = subject::name(&request.group);
    let (deliver_policy, deliver) = match request.start {
        Start::New => (consumer::DeliverPolicy::New, "new"),
        Start::Earliest => (consumer::DeliverPolicy::All, "all"),
    };
    if declare == Declare::Never {
        return Ok(Place { stream, consumer: name, acknowledge_wait, state: None });
    }
    let found = match context.get_consumer_from_stream::<consumer::pull::Config, _, _>(&name, &stream).await {
        Ok(found) => found,
        Err(error) => match (error.kind(), declare) {
            (ConsumerErrorKind::InvalidConsumerType, _) => {
                return Err(unfit(&name, &stream, "it pushes, and must be a pull consumer"));
            }
            (kind, Declare::Create) if is_missing(&kind) => {
                let config = consumer::pull::Config {
                    durable_name: Some(name.clone()),
                    deliver_policy,
                    ack_policy: consumer::AckPolicy::Explicit,
                    ack_wait: acknowledge_wait,
                    max_deliver: -1,
                    max_ack_pending: -1,
                    filter_subject: filter.to_owned(),
                    ..consumer::pull::Config::default()
                };
                let created = context.create_consumer_on_stream(config, &stream).await;
                created.map_err(|error| {
                    let text =
                        format!("the durable consumer `{name}` on stream `{stream}` could not be created: {error}");
                    match error.kind() {
                        ConsumerErrorKind::JetStream(_) => TransportError::permanent(text),
                        _ => TransportError::transient(text),
                    }
                })?
            }
            (kind, _) if is_missing(&kind) => {
                return Err(TransportError::permanent(format!(
                    "the JetStream stream `{stream}` has no durable consumer `{name}`; create it \
                     (`nats consumer add {stream} {name} --pull --filter '{filter}' --deliver {deliver} --ack explicit \
                     --max-deliver=-1 --max-pending=-1 --defaults`), or connect with `declare(Declare::Create)`"
                )));
            }
            _ => return Err(TransportError::transient(format!("JetStream did not answer: {error}"))),
        },
    };
    let info = found.cached_info();
    let config = &info.config;
    let fits = [
        (config.filter_subject == filter, "its filter subject is another one; use another group"),
        (config.ack_policy == consumer::AckPolicy::Explicit, "its acknowledgement policy must be `explicit`"),
        (config.max_deliver <= 0, "its number of deliveries must be unlimited, since this side counts the attempts"),
    ];
    if let Some((_, fault)) = fits.iter().find(|(holds, _)| !holds) {
        return Err(unfit(&name, &stream, fault));
    }
    let (acknowledge_wait, state) = (config.ack_wait, Some(State::from(info)));
    Ok(Place { stream, consumer: name, acknowledge_wait, state })
}

/// How far the consumer is now.
pub(super) async fn state(context: &Context, place: &Place) -> Result<State, TransportError> {
    let found = context.get_consumer_from_stream::<consumer::pull::Config, _, _>(&place.consumer, &place.stream).await;
    Ok(State::from(found.map_err(TransportError::transient)?.cached_info()))
}

/// How many messages the group has not acknowledged.
pub(super) async fn lag(context: &Context, filter: &str, group: &str) -> Result<u64, TransportError> {
    let stream = context.stream_by_subject(filter).await.map_err(TransportError::transient)?;
    let name = subject::name(group);
    let found = context.get_consumer_from_stream::<consumer::pull::Config, _, _>(&name, &stream).await;
    let found = found.map_err(TransportError::transient)?;
    let info = found.cached_info();
    Ok(info.num_pending + info.num_ack_pending as u64)
}

fn is_missing(kind: &ConsumerErrorKind) -> bool {
    use async_nats::jetstream::ErrorCode;
    matches!(kind, ConsumerErrorKind::JetStream(error) if error.error_code() == ErrorCode::CONSUMER_NOT_FOUND)
}

fn unfit(consumer: &str, stream: &str, fault: &str) -> TransportError {
    TransportError::permanent(format!("the durable consumer `{consumer}` on stream `{stream}` does not fit: {fault}"))
}
