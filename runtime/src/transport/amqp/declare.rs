//! Exchanges, queues and bindings: found, made, or left alone.
//!
//! In: what a channel needs. Out: that it is there, or an error with the command that makes it. What exists is never changed.
//! Whether a queue is bound cannot be looked up; only who makes the queue binds it.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ErrorKind, ExchangeKind};

use super::address::{Exchange, Needs, Queue};
use super::failure;
use crate::transport::{Declare, TransportError};

/// The code of what is missing.
const NOT_FOUND: u16 = 404;

/// How queues are made.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    pub(super) declare: Declare,
    /// One consumer of a queue receives at a time.
    pub(super) single_active: bool,
}

/// Finds or makes what a publication or a subscription needs.
///
/// # Errors
/// It is missing and may not be made, does not fit, or the server does not answer.
pub(super) async fn provide(connection: &Connection, manner: Manner, needs: &Needs) -> Result<(), TransportError> {
    if manner.declare == Declare::Never {
        return Ok(());
    }
    match needs {
        Needs::Exchange(wanted) => exchange(connection, manner, wanted).await,
        Needs::Queue(wanted) => queue(connection, manner, wanted).await,
    }
}

async fn exchange(connection: &Connection, manner: Manner, wanted: &Exchange) -> Result<(), TransportError> {
    if wanted.is_given() {
        return Ok(());
    }
    let Exchange { name, kind, durable, auto_delete } = wanted;
    let declare = async |passive| {
        let options = ExchangeDeclareOptions {
            passive,
            durable: *durable,
            auto_delete: *auto_delete,
            ..ExchangeDeclareOptions::default()
        };
        let channel = connection.create_channel().await?;
        channel.exchange_declare(name.as_str().into(), kind_of(kind), options, FieldTable::default()).await
    };
    let Err(error) = declare(true).await else { return Ok(()) };
    if code(&error) != Some(NOT_FOUND) {
        return Err(failure(&format!("RabbitMQ does not tell about the exchange `{name}`"), &error));
    }
    if manner.declare != Declare::Create {
        return Err(TransportError::permanent(format!(
            "RabbitMQ has no exchange `{name}`; create it (`rabbitmqadmin declare exchange name='{name}' type={kind} \
             durable={durable}`), or connect with `declare(Declare::Create)`"
        )));
    }
    declare(false).await.map_err(|error| failure(&format!("the exchange `{name}` could not be created"), &error))?;
    tracing::info!(exchange = name, "exchange created");
    Ok(())
}

async fn queue(connection: &Connection, manner: Manner, wanted: &Queue) -> Result<(), TransportError> {
    if let Some((bound, _)) = &wanted.bound {
        exchange(connection, manner, bound).await?;
    }
    let name = &wanted.name;
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let channel = open(connection).await?;
    let Err(error) = channel.queue_declare(name.as_str().into(), options, FieldTable::default()).await else {
        return match manner.declare {
            // Also after a start that was cut short between the two.
            Declare::Create => bind(&channel, wanted).await,
            _ => Ok(()),
        };
    };
    if code(&error) != Some(NOT_FOUND) {
        return Err(failure(&format!("RabbitMQ does not tell about the queue `{name}`"), &error));
    }
    if manner.declare != Declare::Create {
        return Err(TransportError::permanent(missing(wanted, manner)));
    }
    let channel = create(connection, manner, wanted).await?;
    tracing::info!(queue = name, "queue created");
    bind(&channel, wanted).await
}

async fn create(connection: &Connection, manner: Manner, wanted: &Queue) -> Result<Channel, TransportError> {
    let failed = |error| failure(&format!("the queue `{}` could not be created", wanted.name), &error);
    let options = QueueDeclareOptions {
        durable: wanted.durable,
        exclusive: wanted.exclusive,
        auto_delete: wanted.auto_delete,
        ..QueueDeclareOptions::default()
    };
    let mut arguments = FieldTable::default();
    if manner.single_active && wanted.of_group {
        arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
    }
    if wanted.is_quorum() {
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        // This side counts the attempts: RabbitMQ 4 drops what came 20 times, unless told otherwise.
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(i32::MAX));
    }
    let channel = open(connection).await?;
    let declared = channel.queue_declare(wanted.name.as_str().into(), options, arguments).await;
    declared.map(|_| channel).map_err(failed)
}

async fn bind(channel: &Channel, wanted: &Queue) -> Result<(), TransportError> {
    let Some((exchange, key)) = &wanted.bound else { return Ok(()) };
    let (queue, from) = (wanted.name.as_str(), exchange.name.as_str());
    let bound = channel.queue_bind(
        queue.into(),
        from.into(),
        key.as_str().into(),
        QueueBindOptions::default(),
        FieldTable::default(),
    );
    let failed = |error| failure(&format!("the queue `{queue}` could not be bound to the exchange `{from}`"), &error);
    bound.await.map_err(failed)
}

/// The queue in which a message waits for `longest` milliseconds at most until it goes back to `queue`.
///
/// # Errors
/// It cannot be made.
pub(super) async fn waiting_room(
    connection: &Connection,
    queue: &str,
    longest: u128,
) -> Result<String, TransportError> {
    let name = format!("{queue}.retry.{longest}");
    let mut arguments = FieldTable::default();
    for (name, value) in [
        ("x-queue-type", "quorum"),
        ("x-dead-letter-exchange", ""),
        ("x-dead-letter-routing-key", queue),
        // Nothing is lost on the way back.
        ("x-dead-letter-strategy", "at-least-once"),
        ("x-overflow", "reject-publish"),
    ] {
        arguments.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let declared = open(connection).await?.queue_declare(name.as_str().into(), options, arguments).await;
    declared.map_err(|error| failure(&format!("the queue `{name}` could not be created"), &error))?;
    Ok(name)
}

/// Asks the server for something that it always has.
///
/// # Errors
/// It does not answer.
pub(super) async fn ping(connection: &Connection) -> Result<(), TransportError> {
    let channel = open(connection).await?;
    channel.close(200, "asked".into()).await.map_err(|error| failure("RabbitMQ closes no channel", &error))
}

/// How many messages of a queue wait for a member; those in flight are not counted.
///
/// # Errors
/// There is no such queue, or the server does not answer.
pub(super) async fn count(connection: &Connection, queue: &str) -> Result<u64, TransportError> {
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let channel = open(connection).await?;
    let found = channel.queue_declare(queue.into(), options, FieldTable::default()).await;
    let found = found.map_err(|error| failure(&format!("RabbitMQ does not tell about the queue `{queue}`"), &error))?;
    // Nothing depends on the channel any more.
    let _ = channel.close(200, "asked".into()).await;
    Ok(found.message_count().into())
}

async fn open(connection: &Connection) -> Result<Channel, TransportError> {
    connection.create_channel().await.map_err(|error| failure("RabbitMQ opens no channel", &error))
}

/// What the server gave as reason.
pub(super) fn code(error: &lapin::Error) -> Option<u16> {
    match error.kind() {
        ErrorKind::ProtocolError(fault) => Some(fault.get_id()),
        _ => None,
    }
}

fn kind_of(name: &str) -> ExchangeKind {
    match name {
        "direct" => ExchangeKind::Direct,
        "fanout" => ExchangeKind::Fanout,
        "headers" => ExchangeKind::Headers,
        "topic" => ExchangeKind::Topic,
        other => ExchangeKind::Custom(other.to_owned()),
    }
}

fn missing(wanted: &Queue, manner: Manner) -> String {
    let Queue { name, durable, auto_delete, .. } = wanted;
    let mut arguments = Vec::new();
    if wanted.is_quorum() {
        arguments.push(r#""x-queue-type":"quorum","x-delivery-limit":2147483647"#);
    }
    if manner.single_active && wanted.of_group {
        arguments.push(r#""x-single-active-consumer":true"#);
    }
    let arguments = arguments.join(",");
    let binding = wanted.bound.as_ref().map_or_else(String::new, |(exchange, key)| {
        let exchange = &exchange.name;
        format!("`, `rabbitmqadmin declare binding source='{exchange}' destination='{name}' routing_key='{key}'")
    });
    format!(
        "RabbitMQ has no queue `{name}`; create it (`rabbitmqadmin declare queue name='{name}' durable={durable} \
         auto_delete={auto_delete} arguments='{{{arguments}}}'{binding}`), or connect with `declare(Declare::Create)`"
    )
}
