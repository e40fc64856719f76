//! MQTT 5.

use std::pin::Pin;
use std::sync::Arc;

use rumqttc_v5::mqttbytes::QoS;
use rumqttc_v5::mqttbytes::v5::{
    ConnAck, ConnectReturnCode, DisconnectReasonCode, LastWill, Packet, PubAckReason, PubRecReason, Publish,
    RetainForwardRule, SubscribeReasonCode,
};
use rumqttc_v5::{
    AckMode, AsyncClient, Broker, ConnectionError, EventLoop, IncomingPacketSizeLimit, MqttOptions, NetworkOptions,
    Outgoing, PersistedAckMode, PersistedSession, PublishNoticeError, PublishOptions, PublishResult, SessionStore,
    SessionStoreError, SessionStoreKey, StateError, SubscribeFilterInput, TlsConfiguration, Transport,
};

use super::{
    ATTEMPT, Acknowledgement, Base, Client, Connected, Driver, Event, Fault, Limits, Options, Packets, Publication,
    Published, Quality, Received, Subscription, UNCONFIRMED, network, other_version, refused, secured, unsubscribed,
};
use crate::transport::TransportError;
use crate::transport::mqtt::wire;

impl From<Quality> for QoS {
    fn from(quality: Quality) -> Self {
        match quality {
            Quality::Zero => Self::AtMostOnce,
            Quality::One => Self::AtLeastOnce,
            Quality::Two => Self::ExactlyOnce,
        }
    }
}

/// What a store of sessions answers.
type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, SessionStoreError>> + Send + 'a>>;

/// A session that this side knows nothing of, although the broker may: what matters of it is the broker's.
#[derive(Debug)]
struct Unknown(PersistedSession);

impl SessionStore for Unknown {
    fn load<'a>(&'a self, _: &'a SessionStoreKey) -> StoreFuture<'a, Option<PersistedSession>> {
        Box::pin(async { Ok(Some(self.0.clone())) })
    }

    fn save<'a>(&'a self, _: &'a SessionStoreKey, _: &'a PersistedSession) -> StoreFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn clear<'a>(&'a self, _: &'a SessionStoreKey) -> StoreFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}

pub(super) fn open(options: &Options) -> Result<(Client, Driver), TransportError> {
    let mut own = match &options.base {
        Some(Base::V5(base)) => MqttOptions::clone(base),
        _ => MqttOptions::new(options.client_id.clone(), Broker::tcp(options.host.clone(), options.port)),
    };
    own.set_client_id(options.client_id.clone());
    let kept = options.session_expiry > 0;
    own.set_keep_alive(u16::try_from(options.keep_alive.as_secs()).unwrap_or(u16::MAX));
    own.set_connect_timeout(ATTEMPT).set_ack_mode(AckMode::Manual).set_clean_start(!kept);
    own.set_session_expiry_interval(kept.then_some(options.session_expiry));
    own.set_outgoing_inflight_upper_limit(UNCONFIRMED);
    own.set_receive_maximum(options.receive_maximum);
    own.set_incoming_packet_size_limit(match options.maximum_packet_size {
        Some(bytes) => IncomingPacketSizeLimit::Bytes(bytes.max(1)),
        None => IncomingPacketSizeLimit::Unlimited,
    });
    let mut socket = NetworkOptions::new();
    socket.set_tcp_nodelay(true);
    own.set_network_options(socket);
    if let Some((user, password)) = &options.credentials {
        own.set_credentials(user.clone(), password.clone());
    }
    if let Some(tls) = &options.tls {
        own.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(tls))));
    }
    if let Some(will) = &options.will {
        let text = will.message.clone().unwrap_or_default();
        let retain = will.retain == Some(true);
        own.set_last_will(LastWill::new(will.topic.clone(), text, will.quality().into(), retain, None));
    }
    if kept {
        own.set_session_store(Unknown(PersistedSession {
            format_version: 1,
            client_id: options.client_id.clone(),
            clean_start: false,
            session_expiry_interval: Some(options.session_expiry),
            outgoing_inflight_upper_limit: Some(UNCONFIRMED),
            ack_mode: PersistedAckMode::Manual,
            last_pkid: 0,
            last_puback: 0,
            replay: Vec::new(),
            incoming_qos2: Vec::new(),
        }));
    }
    let unfit = |error| TransportError::permanent(format!("the settings for MQTT do not fit: {error}"));
    let (client, driver) = AsyncClient::builder(own).unbounded().try_build().map_err(unfit)?;
    Ok((Client::V5(client), Driver::V5(Box::new(driver))))
}

pub(super) async fn poll(driver: &mut EventLoop) -> Result<Event, Fault> {
    match driver.poll().await {
        Ok(rumqttc_v5::Event::Incoming(Packet::ConnAck(answer))) => {
            // From here on, this side knows the session.
            driver.options.clear_session_store();
            Ok(Event::Connected(Connected { session_present: answer.session_present, limits: limits(&answer) }))
        }
        Ok(rumqttc_v5::Event::Incoming(Packet::Publish(publish))) => Ok(Event::Received(Box::new(received(publish)))),
        Ok(rumqttc_v5::Event::Outgoing(Outgoing::PubAck(_) | Outgoing::PubRec(_))) => Ok(Event::Acknowledged),
        Ok(_) => Ok(Event::Other),
        Err(error) => Err(fault(&error)),
    }
}

fn limits(answer: &ConnAck) -> Limits {
    let mut limits = Limits::default();
    if let Some(properties) = &answer.properties {
        limits.shared_subscriptions = properties.shared_subscription_available != Some(0);
        limits.best_quality = properties.max_qos.map_or(limits.best_quality, |best| Quality::of(Some(best)));
        limits.maximum_packet_size = properties.max_packet_size.unwrap_or(limits.maximum_packet_size);
    }
    limits
}

fn received(publish: Publish) -> Received {
    let packet = match publish.qos {
        QoS::AtMostOnce => None,
        QoS::AtLeastOnce => Some(rumqttc_v5::ManualAck::PubAck(rumqttc_v5::PubAck::new(publish.pkid, None))),
        QoS::ExactlyOnce => Some(rumqttc_v5::ManualAck::PubRec(rumqttc_v5::PubRec::new(publish.pkid, None))),
    };
    Received {
        topic: String::from_utf8_lossy(&publish.topic).into_owned(),
        again: publish.dup,
        acknowledgement: packet.map(|ack| Acknowledgement { packet: publish.pkid, packets: Packets::V5(ack) }),
        message: wire::message(publish.payload, publish.properties),
    }
}

pub(super) async fn publish(client: &AsyncClient, publication: Publication) -> Result<Published, TransportError> {
    let options = PublishOptions::new(publication.quality.into()).retain(publication.retain);
    let options = options.properties(publication.properties.unwrap_or_default());
    let queued = client.publish_tracked(publication.topic, publication.payload, options).await;
    let outcome = queued.map_err(TransportError::permanent)?.wait_async().await;
    match outcome {
        Ok(PublishResult::Qos1(answer)) => match answer.reason {
            PubAckReason::Success => Ok(Published { taken: Some(true) }),
            PubAckReason::NoMatchingSubscribers => Ok(Published { taken: Some(false) }),
            reason @ (PubAckReason::QuotaExceeded
            | PubAckReason::UnspecifiedError
            | PubAckReason::ImplementationSpecificError) => Err(TransportError::transient(not_taken(&reason))),
            reason => Err(TransportError::permanent(not_taken(&reason))),
        },
        Ok(PublishResult::Qos2PubRecRejected(answer)) => Err(match answer.reason {
            PubRecReason::QuotaExceeded | PubRecReason::UnspecifiedError => {
                TransportError::transient(not_taken(&answer.reason))
            }
            reason => TransportError::permanent(not_taken(&reason)),
        }),
        Ok(PublishResult::Qos0Flushed | PublishResult::Qos2Completed(_)) => Ok(Published { taken: None }),
        Err(error @ PublishNoticeError::RetainNotSupported) => Err(TransportError::permanent(error)),
        // The connection or its session was lost on the way.
        Err(error) => Err(TransportError::transient(error)),
    }
}

fn not_taken(reason: &dyn std::fmt::Debug) -> String {
    format!("the MQTT broker did not take it: {reason:?}")
}

pub(super) async fn subscribe(client: &AsyncClient, subscription: Subscription) -> Result<(), TransportError> {
    let Subscription { filter, quality, retained } = subscription;
    let rule = if retained { RetainForwardRule::OnNewSubscribe } else { RetainForwardRule::Never };
    let input = SubscribeFilterInput::new(filter.clone(), quality.into()).retain_forward_rule(rule);
    let queued = client.subscribe_many_tracked([input]).await.map_err(TransportError::permanent)?;
    let answer = queued.wait_async().await.map_err(TransportError::transient)?;
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
        ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, reason_string }) => match reason_code {
            DisconnectReasonCode::SessionTakenOver => return Fault::TakenOver,
            DisconnectReasonCode::NotAuthorized => refused(reason_code),
            _ => {
                let said = reason_string.as_deref().unwrap_or_default();
                TransportError::transient(format!("the MQTT broker ended the connection: {reason_code:?} {said}"))
            }
        },
        ConnectionError::ConnectionRefused(code)
        | ConnectionError::MqttState(StateError::ConnFail { reason: code }) => declined(*code),
        ConnectionError::Io(error)
        | ConnectionError::MqttState(
            StateError::Io(error) | StateError::Deserialization(rumqttc_v5::mqttbytes::Error::Io(error)),
        ) => network(error),
        ConnectionError::Tls(error) => secured(error),
        other => TransportError::transient(format!("no connection to MQTT: {other}")),
    };
    Fault::Lost(error)
}

fn declined(code: ConnectReturnCode) -> TransportError {
    use ConnectReturnCode as Code;
    match code {
        Code::BadUserNamePassword | Code::NotAuthorized | Code::Banned | Code::BadAuthenticationMethod => {
            refused(&code)
        }
        Code::UnsupportedProtocolVersion | Code::RefusedProtocolVersion => other_version(),
        Code::ServiceUnavailable
        | Code::ServerUnavailable
        | Code::ServerBusy
        | Code::ConnectionRateExceeded
        | Code::QuotaExceeded
        | Code::UnspecifiedError => TransportError::transient(format!("the MQTT broker is not ready: {code:?}")),
        _ => TransportError::permanent(format!("the MQTT broker refused the connection: {code:?}")),
    }
}
