//! One connection of the client library, the same for both versions of the protocol.
//!
//! In: [`Options`]. Out: a [`Client`], which asks, and a [`Driver`], which must be polled and tells what happens. What always
//! holds: the library's own types and errors end here; after an error the driver may be polled again and connects anew,
//! except after [`Fault::Over`].

mod v4;
mod v5;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rumqttc_v5::mqttbytes::v5::PublishProperties;
use rustls::ClientConfig;

use super::Version;
use super::binding::{LastWill, Quality};
use crate::message::Message;
use crate::transport::TransportError;

/// How long one attempt to connect may take.
const ATTEMPT: Duration = Duration::from_secs(5);
/// How long a connection that is told to end may take to send what it has.
pub(super) const LEAVE: Duration = Duration::from_secs(5);
/// How many publications may be unconfirmed at once; the library looks at all of them often.
const UNCONFIRMED: u16 = 256;
/// The largest packet that the protocol knows.
const LARGEST: u32 = 268_435_455;

/// Options of the client library that the program brought along.
#[derive(Clone)]
pub(super) enum Base {
    V5(Box<rumqttc_v5::MqttOptions>),
    V4(Box<rumqttc_v4::MqttOptions>),
}

/// What a connection is made with.
#[derive(Clone)]
pub(super) struct Options {
    /// What the rest is written over; of the version below.
    pub(super) base: Option<Base>,
    pub(super) version: Version,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) client_id: String,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) credentials: Option<(String, String)>,
    pub(super) keep_alive: Duration,
    pub(super) will: Option<LastWill>,
    /// For how long the broker keeps the session of a connection that is gone, in seconds; 0 for not at all.
    pub(super) session_expiry: u32,
    /// How many messages may come that are not acknowledged.
    pub(super) receive_maximum: Option<u16>,
    /// In bytes; a packet that is larger is not accepted.
    pub(super) maximum_packet_size: Option<u32>,
}

/// Asks the driver for something.
#[derive(Clone)]
pub(super) enum Client {
    V5(rumqttc_v5::AsyncClient),
    V4(rumqttc_v4::AsyncClient),
}

/// Does what is asked, and tells what happens.
pub(super) enum Driver {
    V5(Box<rumqttc_v5::EventLoop>),
    V4(Box<rumqttc_v4::EventLoop>),
}

/// What happened.
pub(super) enum Event {
    Connected(Connected),
    Received(Box<Received>),
    /// An acknowledgement is on its way.
    Acknowledged,
    /// Nothing that matters.
    Other,
}

/// The broker took the connection.
pub(super) struct Connected {
    /// It has the session of an earlier one.
    pub(super) session_present: bool,
    pub(super) limits: Limits,
}

/// What the broker does not do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) shared_subscriptions: bool,
    pub(super) best_quality: Quality,
    /// In bytes.
    pub(super) maximum_packet_size: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { shared_subscriptions: true, best_quality: Quality::Two, maximum_packet_size: LARGEST }
    }
}

/// A message from the broker.
pub(super) struct Received {
    pub(super) topic: String,
    pub(super) message: Message,
    /// It was sent before, on an earlier connection of the same session.
    pub(super) again: bool,
    /// What acknowledges it; nothing where nothing is expected.
    pub(super) acknowledgement: Option<Acknowledgement>,
}

/// What acknowledges a message.
#[derive(Clone, Debug)]
pub(super) struct Acknowledgement {
    /// The number that the message has until it is acknowledged.
    pub(super) packet: u16,
    packets: Packets,
}

#[derive(Clone, Debug)]
enum Packets {
    V5(rumqttc_v5::ManualAck),
    V4(rumqttc_v4::ManualAck),
}

/// A message for the broker.
#[derive(Clone)]
pub(super) struct Publication {
    pub(super) topic: String,
    pub(super) payload: Bytes,
    pub(super) quality: Quality,
    pub(super) retain: bool,
    /// Of version 5.
    pub(super) properties: Option<PublishProperties>,
}

/// What the broker confirmed.
pub(super) struct Published {
    /// Whether somebody subscribes to it, where the broker says that.
    pub(super) taken: Option<bool>,
}

/// What is subscribed to.
#[derive(Clone)]
pub(super) struct Subscription {
    pub(super) filter: String,
    pub(super) quality: Quality,
    /// Whether what is retained counts, when the subscription is new.
    pub(super) retained: bool,
}

/// Why a connection ended.
pub(super) enum Fault {
    /// It may be made again.
    Lost(TransportError),
    /// Another connection has its session.
    TakenOver,
    /// As it was asked for.
    Over,
}

/// A connection, not made yet.
///
/// # Errors
/// The options do not fit together.
pub(super) fn open(options: &Options) -> Result<(Client, Driver), TransportError> {
    match options.version {
        Version::V5 => v5::open(options),
        Version::V3_1_1 => v4::open(options),
    }
}

impl Client {
    /// Publishes and waits for the confirmation.
    pub(super) async fn publish(&self, publication: Publication) -> Result<Published, TransportError> {
        match self {
            Self::V5(client) => v5::publish(client, publication).await,
            Self::V4(client) => v4::publish(client, publication).await,
        }
    }

    /// Subscribes and waits for the confirmation.
    pub(super) async fn subscribe(&self, subscription: Subscription) -> Result<(), TransportError> {
        match self {
            Self::V5(client) => v5::subscribe(client, subscription).await,
            Self::V4(client) => v4::subscribe(client, subscription).await,
        }
    }

    /// Acknowledges a message that came on the connection as it is now. What does not get through comes again; the driver
    /// tells of what does. Whether the driver was asked at all.
    pub(super) fn acknowledge(&self, acknowledgement: &Acknowledgement) -> bool {
        let sent = match (self, acknowledgement.packets.clone()) {
            (Self::V5(client), Packets::V5(packet)) => client.try_manual_ack(packet).map_err(|error| error.to_string()),
            (Self::V4(client), Packets::V4(packet)) => client.try_manual_ack(packet).map_err(|error| error.to_string()),
            _ => Err("it is of another connection".to_owned()),
        };
        if let Err(error) = &sent {
            tracing::debug!(error, "an acknowledgement was not sent to MQTT");
        }
        sent.is_ok()
    }

    /// Waits until the broker has answered, and so has read all that was sent before: it is asked to end a subscription that
    /// there is not.
    pub(super) async fn round_trip(&self) -> Result<(), TransportError> {
        const NOTHING: &str = "tidings/nothing";
        match self {
            Self::V5(client) => v5::unsubscribe(client, NOTHING).await,
            Self::V4(client) => v4::unsubscribe(client, NOTHING).await,
        }
    }

    /// Ends the connection when publications were confirmed; the driver says when. Acknowledgements are not waited for.
    pub(super) fn disconnect(&self) {
        // A driver that is gone has no connection.
        let _ = match self {
            Self::V5(client) => client.try_disconnect_with_timeout(LEAVE).is_ok(),
            Self::V4(client) => client.try_disconnect_with_timeout(LEAVE).is_ok(),
        };
    }
}

impl Driver {
    /// Goes on until something happens. Cancel safe: what is cancelled while it connects begins to connect again.
    pub(super) async fn poll(&mut self) -> Result<Event, Fault> {
        match self {
            Self::V5(driver) => v5::poll(driver).await,
            Self::V4(driver) => v4::poll(driver).await,
        }
    }
}

/// The broker does not want this client.
fn refused(code: &dyn std::fmt::Debug) -> TransportError {
    TransportError::permanent(format!("the MQTT broker refused the credentials ({code:?}); check user and password"))
}

/// The broker does not speak the version.
fn other_version() -> TransportError {
    TransportError::permanent(
        "the MQTT broker does not speak this version of MQTT; choose the other one with `version`",
    )
}

/// A subscription that the broker refused.
fn unsubscribed(filter: &str, codes: &dyn std::fmt::Debug) -> TransportError {
    TransportError::permanent(format!("the MQTT broker refused the subscription to `{filter}`: {codes:?}"))
}

/// A failure below the protocol.
fn network(error: &io::Error) -> TransportError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(error) => tls(error),
        None => TransportError::transient(format!("no connection to MQTT: {error}")),
    }
}

/// A failure of TLS; who is refused once is refused again.
fn tls(error: &rustls::Error) -> TransportError {
    let text = format!("no TLS connection to MQTT: {error}; check the certificates and `tls_root`");
    match error {
        rustls::Error::InvalidCertificate(_)
        | rustls::Error::AlertReceived(_)
        | rustls::Error::NoCertificatesPresented => TransportError::permanent(text),
        _ => TransportError::transient(text),
    }
}

fn secured(error: &rumqttc_v5::TlsError) -> TransportError {
    match error {
        rumqttc_v5::TlsError::Io(error) => network(error),
        rumqttc_v5::TlsError::TLS(error) => tls(error),
        other => TransportError::permanent(format!("no TLS connection to MQTT: {other}")),
    }
}
