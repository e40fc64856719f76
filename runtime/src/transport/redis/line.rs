//! Connections to Redis: one for commands, which connects again by itself, and further ones for what blocks.
//!
//! In: commands. Out: their answers, or an error that says what to do. What always holds: no error holds a secret.

use std::path::PathBuf;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection, PubSub};
use redis::{
    AsyncConnectionConfig, Client, ClientTlsConfig, Cmd, ConnectionAddr, ErrorKind, FromRedisValue, IntoConnectionInfo,
    RedisError, ScriptInvocation, ServerErrorKind, TlsCertificates,
};
use tokio::time::Instant;

use crate::consume::Backoff;
use crate::transport::TransportError;

/// How long one try to connect may take.
const TRY: Duration = Duration::from_secs(4);
/// How long the answer to a command that does not block may take.
const ANSWER: Duration = Duration::from_secs(5);

/// All that a connection takes.
#[derive(Clone)]
pub(super) struct Endpoint {
    /// The program's own client, which knows all that is below.
    pub(super) own: Option<Client>,
    pub(super) url: String,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) roots: Vec<PathBuf>,
    /// A certificate and its key, PEM files.
    pub(super) certificate: Option<(PathBuf, PathBuf)>,
}

impl Endpoint {
    /// # Errors
    /// The URL or a file cannot be read.
    fn client(self) -> Result<(Client, String), TransportError> {
        if let Some(client) = self.own {
            let place = client.get_connection_info().addr().to_string();
            return Ok((client, place));
        }
        // TLS panics where two providers of cryptography are compiled in and none is chosen; a choice that was made stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let unfit = |error: RedisError| {
            // The client's words may hold the URL.
            TransportError::permanent(format!("the URL of Redis cannot be read: {}", error.category()))
        };
        let wants_tls = !self.roots.is_empty() || self.certificate.is_some();
        let url = match self.url.strip_prefix("redis://") {
            Some(rest) if wants_tls => format!("rediss://{rest}"),
            _ => self.url,
        };
        let information = url.into_connection_info().map_err(unfit)?;
        let mut settings = information.redis_settings().clone();
        if let Some(user) = self.user.filter(|user| !user.is_empty()) {
            settings = settings.set_username(user);
        }
        if let Some(password) = self.password {
            settings = settings.set_password(password);
        }
        let information = information.set_redis_settings(settings);
        let place = information.addr().to_string();
        let read = |file: &PathBuf| {
            std::fs::read(file).map_err(|error| TransportError::permanent(format!("{}: {error}", file.display())))
        };
        let client = match information.addr() {
            ConnectionAddr::TcpTls { .. } => {
                let mut roots = Vec::new();
                for file in &self.roots {
                    roots.extend(read(file)?);
                    roots.push(b'\n');
                }
                let client_tls = match &self.certificate {
                    None => None,
                    Some((certificate, key)) => {
                        Some(ClientTlsConfig { client_cert: read(certificate)?, client_key: read(key)? })
                    }
                };
                let certificates = TlsCertificates { client_tls, root_cert: (!roots.is_empty()).then_some(roots) };
                Client::build_with_tls(information, certificates)
            }
            _ => Client::open(information),
        };
        let unusable = |error| TransportError::permanent(format!("TLS to Redis at {place}: {error}"));
        Ok((client.map_err(unusable)?, place))
    }
}

/// Connections to one server.
pub(super) struct Line {
    client: Client,
    /// Where the server is.
    place: String,
    commands: ConnectionManager,
}

impl Line {
    /// Connects, trying for as long as `within`.
    ///
    /// # Errors
    /// The settings are wrong, the server refuses (permanent), or cannot be reached in time (transient).
    pub(super) async fn open(endpoint: Endpoint, within: Duration) -> Result<Self, TransportError> {
        let (client, place) = endpoint.client()?;
        let deadline = Instant::now() + within;
        while let Err(error) = greet(&client).await {
            let error = connecting(&place, &error);
            if !error.transient || Instant::now() >= deadline {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let settings = ConnectionManagerConfig::new()
            .set_min_delay(Duration::from_millis(100))
            .set_max_delay(Duration::from_secs(1))
            .set_connection_timeout(Some(TRY))
            .set_response_timeout(Some(ANSWER));
        let commands = ConnectionManager::new_with_config(client.clone(), settings).await;
        let commands = commands.map_err(|error| connecting(&place, &error))?;
        Ok(Self { client, place, commands })
    }

    /// The connection for commands.
    pub(super) fn commands(&self) -> ConnectionManager {
        self.commands.clone()
    }

    /// A connection of its own, on which an answer may take `blocking` longer.
    ///
    /// # Errors
    /// It cannot be made now.
    pub(super) async fn connect(&self, blocking: Duration) -> Result<MultiplexedConnection, TransportError> {
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(TRY))
            .set_response_timeout(Some(ANSWER + blocking));
        let connected = self.client.get_multiplexed_async_connection_with_config(&settings).await;
        connected.map_err(|error| connecting(&self.place, &error))
    }

    /// A connection that receives what is published.
    ///
    /// # Errors
    /// It cannot be made now.
    pub(super) async fn listen(&self) -> Result<PubSub, TransportError> {
        let late = |_| TransportError::transient(format!("no connection to Redis at {}: no answer", self.place));
        let connected = tokio::time::timeout(TRY, self.client.get_async_pubsub()).await.map_err(late)?;
        connected.map_err(|error| connecting(&self.place, &error))
    }

    /// Sends a command once.
    ///
    /// # Errors
    /// What the server answered, or that it did not.
    pub(super) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        command.query_async(&mut self.commands()).await
    }

    /// Runs a script once.
    ///
    /// # Errors
    /// What the server answered, or that it did not.
    pub(super) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, RedisError> {
        script.invoke_async(&mut self.commands()).await
    }

    /// Sends a command until the server answers or the time is over; an answer that was lost leads to a second execution.
    ///
    /// # Errors
    /// The last one.
    pub(super) async fn insist<T: FromRedisValue>(
        &self,
        what: &str,
        command: &Cmd,
        within: Duration,
    ) -> Result<T, TransportError> {
        let backoff = Backoff::exponential(Duration::from_millis(50)).max_delay(Duration::from_secs(1));
        let deadline = Instant::now() + within;
        let mut tries = 0_u32;
        loop {
            let error = match tokio::time::timeout_at(deadline, self.ask(command)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => failure(what, &error),
                Err(_) => return Err(TransportError::transient(format!("{what}: Redis did not answer in time"))),
            };
            tries = tries.saturating_add(1);
            let delay = backoff.delay(tries);
            if !error.transient || Instant::now() + delay >= deadline {
                return Err(error);
            }
            tracing::debug!(tries, ?delay, %error, "no answer; asking again");
            tokio::time::sleep(delay).await;
        }
    }
}

/// Connects and asks for a sign of life.
async fn greet(client: &Client) -> Result<(), RedisError> {
    let settings = AsyncConnectionConfig::new().set_connection_timeout(Some(TRY)).set_response_timeout(Some(ANSWER));
    let mut connection = client.get_multiplexed_async_connection_with_config(&settings).await?;
    Cmd::new().arg("PING").query_async::<()>(&mut connection).await
}

/// Why there is no connection.
fn connecting(place: &str, error: &RedisError) -> TransportError {
    let text = error.to_string();
    if error.kind() == ErrorKind::AuthenticationFailed || is_refusal(error) {
        return TransportError::permanent(format!("Redis at {place} refused the credentials: {text}"));
    }
    if text.to_ascii_lowercase().contains("certificate") {
        return TransportError::permanent(format!("no TLS connection to Redis at {place}: {text}"));
    }
    failure(&format!("no connection to Redis at {place}"), error)
}

/// Whether the server does not let this user in, or not do this.
fn is_refusal(error: &RedisError) -> bool {
    error.code().is_some_and(|code| matches!(code, "NOAUTH" | "WRONGPASS" | "NOPERM"))
}

/// An error of the client, without its types.
pub(super) fn failure(what: &str, error: &RedisError) -> TransportError {
    let text = format!("{what}: {error}");
    let passing = match error.kind() {
        ErrorKind::Server(kind) => matches!(
            kind,
            ServerErrorKind::BusyLoading
                | ServerErrorKind::TryAgain
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
        ),
        ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig => false,
        // Out of memory, and a disk that is full, may pass.
        ErrorKind::Extension => error.code().is_some_and(|code| matches!(code, "OOM" | "MISCONF" | "UNBLOCKED")),
        _ => true,
    };
    if passing { TransportError::transient(text) } else { TransportError::permanent(text) }
}
