//! Brokers that a message is sent to, each by the client of its protocol.
//!
//! In: a URL, an operation and a message. Out: that the broker confirmed it, or why not and what to do. Secrets come from the
//! environment, and are in no message. Which clients there are, the features of this package say.

use std::time::Duration;
use tidings_runtime::message::{Message, Operation, Server, environment};
use tidings_runtime::transport::{Declare, Transport, TransportError};

/// How long a broker that does not answer is waited for.
const WITHIN: Duration = Duration::from_secs(5);

/// Where secrets are: `TIDINGS_USER`, `TIDINGS_PASSWORD`, ..
const KEY: &str = "tidings";

/// The security schemes that a connection may have, by the secret that shows that it is wanted.
const SECURITY: [(&str, &str); 3] =
    [("userPassword", "TIDINGS_USER"), ("http bearer", "TIDINGS_TOKEN"), ("X509", "TIDINGS_CERTIFICATE")];

/// The schemes of URLs, and the feature that has the client.
const SCHEMES: [(&str, &str); 12] = [
    ("nats", "nats"),
    ("tls", "nats"),
    ("mqtt", "mqtt"),
    ("mqtts", "mqtt"),
    ("secure-mqtt", "mqtt"),
    ("mqtt5", "mqtt"),
    ("amqp", "amqp"),
    ("amqps", "amqp"),
    ("kafka", "kafka"),
    ("kafka-secure", "kafka"),
    ("kafka+ssl", "kafka"),
    ("kafkas", "kafka"),
];

/// The feature for a URL; `None` when it leads to no broker.
pub fn client_of(url: &str) -> Option<&'static str> {
    let scheme = url.split_once("://")?.0;
    SCHEMES.iter().find(|(known, _)| scheme.eq_ignore_ascii_case(known)).map(|(_, feature)| *feature)
}

/// The schemes of URLs that this binary has a client for.
pub fn schemes() -> String {
    let has = |feature: &str| match feature {
        "nats" => cfg!(feature = "nats"),
        "mqtt" => cfg!(feature = "mqtt"),
        "amqp" => cfg!(feature = "amqp"),
        _ => cfg!(feature = "kafka"),
    };
    let known = SCHEMES.iter().filter(|(_, feature)| has(feature)).map(|(scheme, _)| format!("{scheme}://"));
    known.chain(["http://".to_owned(), "https://".to_owned()]).collect::<Vec<_>>().join(", ")
}

/// How a broker is to be treated.
pub struct Manner {
    /// Topics, queues and streams that are missing are made.
    pub create: bool,
    /// A message that nobody confirms is enough (core NATS).
    pub unconfirmed: bool,
}

/// What is published, for as long as the process lives.
pub struct Publication {
    /// The operation, with its channel.
    pub operation: &'static Operation,
    /// The message's bindings.
    pub bindings: &'static [(&'static str, &'static str)],
    /// Where it goes.
    pub address: String,
    /// What goes there.
    pub message: Message,
}

/// Why a message was not published.
pub enum Fault {
    /// This binary cannot do that.
    Usage(String),
    /// The broker, or the way there.
    Broker(String),
}

impl From<TransportError> for Fault {
    fn from(error: TransportError) -> Self {
        Self::Broker(error.to_string())
    }
}

/// Publishes to the broker at `url`, whose client is that of the feature; `version` is that of the protocol, if the document
/// names one. Where the message stands, if the broker says.
pub async fn publish(
    url: &str,
    feature: &str,
    version: Option<&str>,
    manner: &Manner,
    publication: Publication,
) -> Result<Option<String>, Fault> {
    let server = server(url, version);
    let declare = if manner.create { Declare::Create } else { Declare::Verify };
    match feature {
        #[cfg(feature = "nats")]
        "nats" => {
            let connect = server.nats(&[], environment)?.declare(declare).connect_within(WITHIN).publish_within(WITHIN);
            let nats = if manner.unconfirmed { connect.core().await } else { connect.jetstream().await };
            let said = |error: TransportError| match error.to_string() {
                text if text.contains("offers no JetStream") => {
                    Fault::Broker(format!("{text}; with `--unconfirmed` it goes out without a confirmation"))
                }
                text => Fault::Broker(text),
            };
            deliver(nats.map_err(said)?, publication).await
        }
        #[cfg(feature = "mqtt")]
        "mqtt" => {
            let connect = server.mqtt(&[], environment)?.declare(declare).connect_within(WITHIN).publish_within(WITHIN);
            deliver(connect.open().await?, publication).await
        }
        #[cfg(feature = "amqp")]
        "amqp" => {
            let connect = server.amqp(&[], environment)?.declare(declare).connect_within(WITHIN).publish_within(WITHIN);
            deliver(connect.open().await?, publication).await
        }
        #[cfg(feature = "kafka")]
        "kafka" => {
            let connect =
                server.kafka(&[], environment)?.declare(declare).connect_within(WITHIN).publish_within(WITHIN);
            deliver(connect.open().await?, publication).await
        }
        other => {
            let _ = (server, declare, publication);
            Err(Fault::Usage(format!(
                "this `tidings` was built without a client for {url}: install it with `--features {other}`; it knows {}",
                schemes()
            )))
        }
    }
}

#[cfg_attr(not(any(feature = "amqp", feature = "kafka", feature = "mqtt", feature = "nats")), expect(dead_code))]
async fn deliver<T: Transport>(transport: T, publication: Publication) -> Result<Option<String>, Fault> {
    let Publication { operation, bindings, address, message } = publication;
    let published = transport.send(operation, bindings, &address, message).await;
    let closed = transport.close(WITHIN).await;
    let receipt = published.map_err(|error| Fault::Broker(error.to_string()))?;
    closed?;
    Ok(receipt.position)
}

/// The URL as a server that asks for the credentials which the environment has.
fn server(url: &str, version: Option<&str>) -> Server {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let wanted = SECURITY.into_iter().filter(|(_, secret)| environment(secret).is_some()).map(|(kind, _)| kind);
    let wanted: Vec<&'static str> = wanted.collect();
    let server = Server::new(KEY, kept(&scheme.to_ascii_lowercase()), kept(host), kept(path), &[]);
    let server = server.with_security(Vec::leak(wanted));
    match version {
        Some(version) => server.with_protocol_version(kept(version)),
        None => server,
    }
}

/// A text for as long as the process lives, which is over when the message is sent.
pub fn kept(text: &str) -> &'static str {
    String::leak(text.to_owned())
}
