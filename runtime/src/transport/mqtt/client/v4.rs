//! MQTT 3.1.1.

use std::sync::Arc;

use rumqttc_v4::mqttbytes::QoS;
use rumqttc_v4::mqttbytes::v4::{ConnectReturnCode, LastWill, Packet, Publish, SubscribeReasonCode};
use rumqttc_v4::{
    AckMode, AsyncClient, Broker, ConnectionError, EventLoop, MqttOptions, Outgoing, PublishOptions, StateError,
    TlsConfiguration, Transport,
};

use super::{
    Acknowledgement, Base, Client, Connected, Driver, Event, Fault, LARGEST, Limits, Options, Packets, Publication,
    Published, Received, Subscription, UNCONFIRMED, network, other_version, refused, secured, unsubscribed,
};
use crate::message::Message;
use crate::transport::TransportError;
use crate::transport::envelope;

pub(super) fn open(options: &Options) -> Result<(Client, Driver), TransportError> {
    let unfit =
        |error: &dyn std::fmt::Display| TransportError::permanent(format!("the settings for MQTT do not fit: {error}"));
    let mut own = match &options.base {
        Some(Base::V4(base)) => MqttOptions::clone(base),
        _ => MqttOptions::new(options.client_id.clone(), Broker::tcp(options.host.clone(), options.port)),
    };
    own.try_set_client_id(options.client_id.clone()).map_err(|error| unfit(&error))?;
    own.set_keep_alive(u16::try_from(options.keep_alive.as_secs()).unwrap_or(u16::MAX));
    own.set_ack_mode(AckMode::Manual);
    own.try_set_clean_session(options.session_expiry == 0).map_err(|error| unfit(&error))?;
    own.try_set_inflight(UNCONFIRMED).map_err(|error| unfit(&error))?;
    let bytes = usize::try_from(options.maximum_packet_size.unwrap_or(LARGEST)).unwrap_or(usize::MAX);
    own.set_max_packet_size(bytes, usize::try_from(LARGEST).unwrap_or(usize::MAX));
    if let Some((user, password)) = &options.credentials {
        own.set_credentials(user.clone(), password.clone());
    }
    if let Some(tls) = &options.tls {
        own.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(tls))));
    }
    if let Some(will) = &options.will {
        let text = will.message.clone().unwrap_or_default();
        own.set_last_will(LastWill::new(will.topic.clone(), text, will.quality().into(), will.retain == Some(true)));
    }
    let (client, mut driver) = AsyncClient::builder(own).unbounded().try_build().map_err(|error| unfit(&error))?;
    let mut socket = rumqttc_v4::NetworkOptions::new();
    socket.set_tcp_nodelay(true);
    driver.set_network_options(socket);
    Ok((Client::V4(client), Driver::V4(Box::new(driver))))
}

pub(super) async fn poll(driver: &mut EventLoop) -> Result<Event, Fault> {
    match driver.poll().await {
        Ok(rumqttc_v4::Event::Incoming(Packet::ConnAck(answer))) => {
            Ok(Event::Connected(Connected { session_present: answer.session_present, limits: Limits::default() }))
        }
        Ok(rumqttc_v4::Event::Incoming(Packet::Publish(publish))) => Ok(Event::Received(Box::new(received(publish)))),
        Ok(rumqttc_v4::Event::Outgoing(Outgoing::PubAck(_) | Outgoing::PubRec(_))) => Ok(Event::Acknowledged),
        Ok(_) => Ok(Event::Other),
        Err(error) => Err(fault(&error)),
    }
}

fn received(publish: Publish) -> Received {
    let packet = match publish.qos {
        QoS::AtMostOnce => None,
        QoS::AtLeastOnce => Some(rumqttc_v4::ManualAck::PubAck(rumqttc_v4::PubAck::new(publish.pkid))),
        QoS::ExactlyOnce => Some(rumqttc_v4::ManualAck::PubRec(rumqttc_v4::PubRec::new(publish.pkid))),
    };
    Received {
        topic: String::from_utf8_lossy(&publish.topic).into_owned(),
        again: publish.dup,
        acknowledgement: packet.map(|ack| Acknowledgement { packet: publish.pkid, packets: Packets::V4(ack) }),
        message: envelope::unwrap(&publish.payload).unwrap_or_else(|| Message::new(publish.payload)),
    }
}

pub(super) async fn publish(client: &AsyncClient, publication: Publication) -> Result<Published, TransportError> {
    let options = PublishOptions::new(publication.quality.into()).retain(publication.retain);
    let queued = client.publish_tracked(publication.topic, publication.payload, options).await;
    let outcome = queued.map_err(TransportError::permanent)?.wait_async().await;
    // The connection or its session was lost on the way; the broker itself has no word for a refusal.
    outcome.map(|_| Published { taken: None }).map_err(TransportError::transient)
}

pub(super) async fn subscribe(client: &AsyncClient, subscription: Subscription) -> Result<(), TransportError> {
    let Subscription { filter, quality, .. } = subscription;
    let queued = client.subscribe_tracked(filter.clone(), quality.into()).await;
    let answer = queued.map_err(TransportError::permanent)?.wait_async().await.map_err(TransportError::transient)?;
    match answer.return_codes.iter().all(|code| matches!(code, SubscribeReasonCode::Success(_))) {
        true => Ok(()),
        false => Err(unsubscribed(&filter, &answer.return_codes)),
    }
}

pub(super) async fn unsubscribe(client: &AsyncClient, filter: &str) -> Result<(), TransportError> {
    let queued = client.unsubscribe_tracked(filter).await.map_err(TransportError::permanent)?;
    queued.wait_async().await.map(drop).map_err(TransportError::transient)
}

fn fault(error: &ConnectionError) -> Fault {
    let error = match error {
        ConnectionError::RequestsDone | ConnectionError::DisconnectTimeout => return Fault::Over,
        ConnectionError::ConnectionRefused(code) => match code {
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized => refused(code),
            ConnectReturnCode::RefusedProtocolVersion => other_version(),
            ConnectReturnCode::BadClientId => {
                TransportError::permanent("the MQTT broker refused the client id; choose another one with `client_id`")
            }
            _ => TransportError::transient(format!("the MQTT broker is not ready: {code:?}")),
        },
        ConnectionError::Io(error)
        | ConnectionError::MqttState(
            StateError::Io(error) | StateError::Deserialization(rumqttc_v4::mqttbytes::Error::Io(error)),
        ) => network(error),
        ConnectionError::Tls(error) => secured(error),
        other => TransportError::transient(format!("no connection to MQTT: {other}")),
    };
    Fault::Lost(error)
}
