//! Publishing with confirmation.
//!
//! In: messages with their exchange and routing key. Out: that the broker holds them, or why not. What always holds: a channel
//! has one publication on its way, so that what the broker returns is what was published; at most [`CHANNELS`] are open.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection};
use tokio::sync::Semaphore;

use super::failure;
use super::line::Line;
use crate::transport::TransportError;

/// How many publications are on their way at once.
const CHANNELS: usize = 64;

/// Channels that publish, over one connection at a time.
pub(super) struct Publishing {
    pub(super) line: Line,
    idle: Mutex<Vec<Publisher>>,
    room: Semaphore,
}

/// A channel whose publications are confirmed, and the connection that keeps it.
struct Publisher {
    channel: Channel,
    connection: Arc<Connection>,
}

/// A message that is ready to go.
#[derive(Clone)]
pub(super) struct Publication {
    pub(super) exchange: String,
    pub(super) key: String,
    /// Whether it is a fault that no queue takes it.
    pub(super) mandatory: bool,
    pub(super) payload: Bytes,
    pub(super) properties: BasicProperties,
}

/// Why a publication is not confirmed.
pub(super) enum Fault {
    /// No queue takes it; what the broker says.
    Returned(String),
    /// The exchange is not there (any more).
    Missing(TransportError),
    Other(TransportError),
}

impl From<TransportError> for Fault {
    fn from(error: TransportError) -> Self {
        Self::Other(error)
    }
}

impl Publishing {
    pub(super) fn new(line: Line) -> Self {
        Self { line, idle: Mutex::default(), room: Semaphore::new(CHANNELS) }
    }

    /// Publishes once.
    ///
    /// # Errors
    /// It is not confirmed.
    pub(super) async fn publish(&self, publication: &Publication) -> Result<(), Fault> {
        let _room = self.room.acquire().await.map_err(TransportError::permanent)?;
        // Cancelled half way, the channel is dropped with what is on its way.
        let publisher = self.publisher().await?;
        let Publication { exchange, key, mandatory, payload, properties } = publication;
        let options = BasicPublishOptions { mandatory: *mandatory, ..BasicPublishOptions::default() };
        let sent = publisher.channel.basic_publish(
            exchange.as_str().into(),
            key.as_str().into(),
            options,
            payload,
            properties.clone(),
        );
        let confirmed = async { sent.await?.await }.await.map_err(|error| {
            let fault = failure("RabbitMQ did not take the message", &error);
            if super::declare::code(&error) == Some(404) { Fault::Missing(fault) } else { Fault::Other(fault) }
        })?;
        self.idle().push(publisher);
        match confirmed {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned)) => {
                Err(Fault::Returned(format!("{} {}", returned.reply_code, returned.reply_text)))
            }
            Confirmation::Nack(None) | Confirmation::NotRequested => {
                Err(TransportError::transient("RabbitMQ refused the message: a queue is full, or lost its leader")
                    .into())
            }
        }
    }

    async fn publisher(&self) -> Result<Publisher, TransportError> {
        let connection = self.line.connection().await?;
        let idle = {
            let mut idle = self.idle();
            idle.retain(|publisher| publisher.is_usable(&connection));
            idle.pop()
        };
        if let Some(publisher) = idle {
            return Ok(publisher);
        }
        let failed = |error| failure("RabbitMQ opens no channel", &error);
        let channel = connection.create_channel().await.map_err(failed)?;
        channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(failed)?;
        Ok(Publisher { channel, connection })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Publisher>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Publisher {
    fn is_usable(&self, connection: &Arc<Connection>) -> bool {
        Arc::ptr_eq(&self.connection, connection) && self.channel.status().connected()
    }
}
