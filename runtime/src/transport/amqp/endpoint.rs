//! Where RabbitMQ is, how to get in, and what it says when it refuses.
//!
//! In: a URL and secrets. Out: connections of the client, or an error that says what to do. What always holds: no error
//! holds a secret.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use lapin::tcp::{AMQPUriTcpExt, RustlsConnector, RustlsConnectorConfig};
use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo, SASLMechanism};
use lapin::{Connection, ConnectionProperties, ErrorKind};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::failure;
use crate::transport::TransportError;

/// How long one try to connect to one host may take.
const TRY: Duration = Duration::from_secs(4);
/// The user that RabbitMQ knows unless told otherwise, and lets in from the same machine alone.
const GUEST: &str = "guest";

/// How this side says who it is.
#[derive(Clone)]
pub(super) enum Identity {
    /// User and password (SASL PLAIN).
    Password(String, String),
    /// Whoever the certificate names (SASL EXTERNAL).
    Certificate,
}

/// What a URL says.
#[derive(Clone)]
pub(super) struct Place {
    tls: bool,
    /// Tried one after another.
    hosts: Vec<(String, u16)>,
    virtual_host: String,
    identity: Option<Identity>,
}

impl Place {
    /// Reads `amqp://user:password@host:port,host:port/virtual-host`.
    pub(super) fn parse(url: &str) -> Result<Self, TransportError> {
        let unfit = |fault: &str| TransportError::permanent(format!("the URL of RabbitMQ cannot be read: {fault}"));
        let (scheme, rest) = url.split_once("://").unwrap_or(("amqp", url));
        let (tls, default_port) = match scheme {
            "amqp" => (false, 5672),
            "amqps" => (true, 5671),
            _ => return Err(unfit("it begins with neither `amqp://` nor `amqps://`")),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, places) =
            authority.rsplit_once('@').map_or((None, authority), |(user, places)| (Some(user), places));
        let identity = user.map(|text| {
            let (user, password) = text.split_once(':').unwrap_or((text, ""));
            Identity::Password(decoded(user), decoded(password))
        });
        let host = |place: &str| {
            let (host, port) = match place.rsplit_once(':') {
                Some((host, port)) if !port.ends_with(']') => {
                    (host, port.parse().map_err(|_| unfit(&format!("`{port}` is no port")))?)
                }
                _ => (place, default_port),
            };
            let host = host.trim_start_matches('[').trim_end_matches(']');
            if host.is_empty() { Err(unfit("it names no host")) } else { Ok((host.to_owned(), port)) }
        };
        let hosts = places.split(',').map(|place| host(place.trim())).collect::<Result<_, _>>()?;
        let virtual_host = match path.split(['?', '#']).next().unwrap_or_default() {
            // The root is what everybody means who writes nothing behind the slash.
            "" => "/".to_owned(),
            path => decoded(path),
        };
        Ok(Self { tls, hosts, virtual_host, identity })
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// PEM files.
#[derive(Clone, Default)]
pub(super) struct Files {
    pub(super) roots: Vec<PathBuf>,
    /// A certificate and its key.
    pub(super) certificate: Option<(PathBuf, PathBuf)>,
}

/// Makes a connection in the program's own way.
pub(super) type Make =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Arc<Connection>, lapin::Error>> + Send>> + Send + Sync>;

/// Where connections come from.
pub(super) enum Source {
    Endpoint(Endpoint),
    Own(Make),
}

impl Source {
    /// Whether the connections are the program's, which goes on with them.
    pub(super) fn is_lent(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// Connects.
    ///
    /// # Errors
    /// Nobody answers (transient), or somebody refuses (permanent).
    pub(super) async fn connect(&self) -> Result<Arc<Connection>, TransportError> {
        match self {
            Self::Endpoint(endpoint) => endpoint.connect().await.map(Arc::new),
            Self::Own(make) => {
                let made = tokio::time::timeout(TRY, make()).await;
                let made = made.map_err(|_| TransportError::transient("RabbitMQ did not answer in time"))?;
                let connection = made.map_err(|error| failure("no connection to RabbitMQ", &error))?;
                let lost = "the connection to RabbitMQ that was brought along is lost";
                if connection.status().connected() { Ok(connection) } else { Err(TransportError::transient(lost)) }
            }
        }
    }
}

/// All that a connection takes.
pub(super) struct Endpoint {
    place: Place,
    identity: Identity,
    name: String,
    connector: Option<RustlsConnector>,
}

impl Endpoint {
    /// # Errors
    /// A file cannot be read.
    pub(super) fn new(
        place: Place,
        identity: Option<Identity>,
        name: String,
        files: &Files,
    ) -> Result<Self, TransportError> {
        let tls = place.tls || !files.roots.is_empty() || files.certificate.is_some();
        let connector = tls.then(|| connector(files)).transpose()?;
        let by_certificate = || files.certificate.is_some().then_some(Identity::Certificate);
        let identity = identity.or_else(|| place.identity.clone()).or_else(by_certificate);
        let identity = identity.unwrap_or_else(|| Identity::Password(GUEST.to_owned(), GUEST.to_owned()));
        Ok(Self { place, identity, name, connector })
    }

    /// Connects to the first host that answers.
    ///
    /// # Errors
    /// None does (transient), or one refuses (permanent).
    pub(super) async fn connect(&self) -> Result<Connection, TransportError> {
        let mut last = None;
        for (host, port) in &self.place.hosts {
            match self.connect_to(host, *port).await {
                Ok(connection) => return Ok(connection),
                Err(error) if !error.transient => return Err(error),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| TransportError::permanent("the URL of RabbitMQ names no host")))
    }

    async fn connect_to(&self, host: &str, port: u16) -> Result<Connection, TransportError> {
        let (username, password, mechanism) = match &self.identity {
            Identity::Password(user, password) => (user.clone(), password.clone(), SASLMechanism::Plain),
            Identity::Certificate => (String::new(), String::new(), SASLMechanism::External),
        };
        let uri = AMQPUri {
            // TLS is begun below, by a connector of our own.
            scheme: AMQPScheme::AMQP,
            authority: AMQPAuthority { userinfo: AMQPUserInfo { username, password }, host: host.to_owned(), port },
            vhost: self.place.virtual_host.clone(),
            query: AMQPQueryString { auth_mechanism: Some(mechanism), ..AMQPQueryString::default() },
        };
        let properties = ConnectionProperties::default().with_connection_name(self.name.as_str().into());
        let runtime = lapin::runtime::default_runtime().map_err(TransportError::permanent)?;
        let connector = self.connector.clone();
        let connecting = Connection::connector(
            uri,
            runtime,
            async move |uri: AMQPUri, runtime| {
                let stream = uri.connect_async(&runtime).await?;
                Ok(match &connector {
                    Some(connector) => stream.into_rustls(connector, &uri.authority.host).await?,
                    None => stream,
                })
            },
            properties,
        );
        match tokio::time::timeout(TRY, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(self.refusal(host, port, &error)),
            Err(_) => Err(unreachable(host, port, "no answer")),
        }
    }

    fn refusal(&self, host: &str, port: u16, error: &lapin::Error) -> TransportError {
        match error.kind() {
            ErrorKind::ProtocolError(fault) => match fault.get_id() {
                403 => TransportError::permanent(format!(
                    "RabbitMQ at {host}:{port} refused the credentials; check user, password or certificate, and that the \
                     user may use the virtual host `{}` (`guest` may connect from the same machine only)",
                    self.place.virtual_host
                )),
                530 => TransportError::permanent(format!(
                    "RabbitMQ at {host}:{port} does not let this user into the virtual host `{}`; does it exist \
                     (`rabbitmqctl list_vhosts`), and may the user use it?",
                    self.place.virtual_host
                )),
                _ => unreachable(host, port, &error.to_string()),
            },
            ErrorKind::IOError(fault) if fault.kind() == io::ErrorKind::InvalidData => {
                TransportError::permanent(format!(
                    "no TLS connection to RabbitMQ at {host}:{port}: {fault}; check the certificates and `tls_root`"
                ))
            }
            _ => unreachable(host, port, &error.to_string()),
        }
    }
}

fn unreachable(host: &str, port: u16, fault: &str) -> TransportError {
    let text = format!("no connection to RabbitMQ at {host}:{port}: {fault}; is it running, and is the port right?");
    TransportError::transient(text)
}

fn connector(files: &Files) -> Result<RustlsConnector, TransportError> {
    let unfit = |error: io::Error| TransportError::permanent(format!("TLS for RabbitMQ: {error}"));
    // TLS panics where two providers of cryptography are compiled in and none is chosen; a choice that was made stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = match files.roots.as_slice() {
        [] => RustlsConnectorConfig::new_with_native_certs().map_err(unfit)?,
        _ => RustlsConnectorConfig::default(),
    };
    for file in &files.roots {
        config.add_parsable_certificates(certificates(file)?);
    }
    match &files.certificate {
        None => config.connector_with_no_client_auth(),
        Some((certificate, key)) => {
            let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
            config.connector_with_single_cert(certificates(certificate)?, private)
        }
    }
    .map_err(unfit)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    read.map_err(|error| unreadable(file, &error))
}

fn unreadable(file: &Path, error: &dyn std::fmt::Display) -> TransportError {
    TransportError::permanent(format!("{} cannot be read: {error}", file.display()))
}
