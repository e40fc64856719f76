//! The side that opens connections, and opens them again.
//!
//! In: a URL, credentials, publications and subscriptions. Out: messages over one connection for each address. What always
//! holds: a connection that is lost is opened again, with a pause that grows; whoever publishes meanwhile waits for it, for a
//! limited time; memory is bounded, and no error holds a secret.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message as Frames, Utf8Bytes};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};

use super::conversation::{AWAY, End, Frame, Outgoing, Piece, Take, converse};
use super::upgrade::{self, Shown};
use super::{INBOX, Limits, READ, Received, WebSocketAcknowledger, WebSocketSubscription};
use crate::consume::Backoff;
use crate::message::{Channel, Message};
use crate::transport::{
    Capabilities, Delivery, PublishError, Receipt, Subscribe, SubscribeError, Transport, TransportError, envelope,
};

/// How long one try to connect may take.
const TRY: Duration = Duration::from_secs(10);
const PUBLISH_WITHIN: Duration = Duration::from_secs(10);
/// A connection that lasted so long was a good one: the next pause is short again.
const GOOD: Duration = Duration::from_secs(5);
/// How many addresses have a connection at most.
const CONNECTIONS: usize = 1_024;
/// What stays as it is in a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What to say first, for each address.
type Greeting = Arc<dyn Fn(&str) -> Vec<Message> + Send + Sync>;

/// Begins connections to the server at `url`: `ws://host:port/path`, or `wss://` for TLS; addresses of channels come behind it.
pub fn connect(url: impl Into<String>) -> Connect {
    let backoff = Backoff::exponential(Duration::from_millis(100)).max_delay(Duration::from_secs(10)).jitter(0.5);
    Connect(Settings {
        url: url.into(),
        headers: Vec::new(),
        query: Vec::new(),
        parameters: Vec::new(),
        roots: Vec::new(),
        certificate: None,
        limits: Limits::default(),
        backoff,
        publish_within: PUBLISH_WITHIN,
        greeting: None,
    })
}

/// Connections that are to be made.
#[derive(Clone)]
#[must_use = "nothing is connected until `open` is called"]
pub struct Connect(Settings);

#[derive(Clone)]
struct Settings {
    url: String,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    parameters: Vec<(String, String)>,
    roots: Vec<PathBuf>,
    certificate: Option<(PathBuf, PathBuf)>,
    limits: Limits,
    backoff: Backoff,
    publish_within: Duration,
    greeting: Option<Greeting>,
}

impl Connect {
    /// Adds a header to each request that opens a connection.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a query parameter to each request that opens a connection.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.query.push((name.into(), value.into()));
        self
    }

    /// Shows a user and a password (`authorization: Basic`).
    pub fn user(self, user: &str, password: &str) -> Self {
        self.header("authorization", format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
    }

    /// Shows a token (`authorization: Bearer`).
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Trusts the certificates of this PEM file instead of the system's; may be called several times.
    pub fn tls_root(mut self, file: impl Into<PathBuf>) -> Self {
        self.0.roots.push(file.into());
        self
    }

    /// Shows this certificate with its key, both PEM files (X.509).
    pub fn certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.0.certificate = Some((certificate.into(), key.into()));
        self
    }

    /// The value of an address parameter where channels that have it are subscribed to: a connection has one address.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.parameters.push((name.into(), value.into()));
        self
    }

    /// What a connection may take.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.0.limits = limits;
        self
    }

    /// How long to pause before a connection that was lost is opened again; from 100 ms to 10 s unless set. The number of
    /// attempts is not looked at.
    pub fn reconnect(mut self, backoff: Backoff) -> Self {
        self.0.backoff = backoff;
        self
    }

    /// For how long a publication waits for a connection; 10 s unless set.
    pub fn publish_within(mut self, limit: Duration) -> Self {
        self.0.publish_within = limit;
        self
    }

    /// What is said first on each connection to an address, also when it was lost and is opened again: so that a server that
    /// is told what to send, or from where to go on, is told again.
    pub fn greet(mut self, greeting: impl Fn(&str) -> Vec<Message> + Send + Sync + 'static) -> Self {
        self.0.greeting = Some(Arc::new(greeting));
        self
    }

    /// Reads what connections take; each is made when its address is first used.
    ///
    /// # Errors
    /// The URL, a header or a file is wrong.
    pub fn open(self) -> Result<WebSocket, TransportError> {
        let settings = self.0;
        if !["ws://", "wss://"].iter().any(|scheme| settings.url.starts_with(scheme)) {
            return Err(TransportError::permanent("the URL of a WebSocket begins with `ws://` or `wss://`"));
        }
        let tls = settings.url.starts_with("wss://");
        let connector = if tls { Connector::Rustls(Arc::new(trust(&settings)?)) } else { Connector::Plain };
        let opener = Opener { settings, connector };
        // What cannot be asked for is said now.
        opener.request("").map(drop)?;
        Ok(WebSocket(Arc::new(Shared {
            opener: Arc::new(opener),
            links: Mutex::default(),
            requesters: Mutex::default(),
            closed: watch::Sender::new(false),
        })))
    }
}

/// What TLS takes.
fn trust(settings: &Settings) -> Result<rustls::ClientConfig, TransportError> {
    let unreadable = |file: &PathBuf, error: &dyn std::fmt::Display| {
        TransportError::permanent(format!("{}: {error}", file.display()))
    };
    let mut roots = rustls::RootCertStore::empty();
    if settings.roots.is_empty() {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    for file in &settings.roots {
        let certificates = CertificateDer::pem_file_iter(file).map_err(|error| unreadable(file, &error))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unreadable(file, &error))?;
            roots.add(certificate).map_err(|error| unreadable(file, &error))?;
        }
    }
    // The one provider of cryptography, whichever else is compiled in.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(TransportError::permanent)?.with_root_certificates(roots);
    let Some((certificate, key)) = &settings.certificate else { return Ok(builder.with_no_client_auth()) };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(certificate, &error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
    builder.with_client_auth_cert(chain, secret).map_err(|error| unreadable(certificate, &error))
}

/// Opens connections.
struct Opener {
    settings: Settings,
    connector: Connector,
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Opener {
    fn request(
        &self,
        address: &str,
    ) -> Result<tokio_tungstenite::tungstenite::handshake::client::Request, TransportError> {
        let Settings { url, headers, query, .. } = &self.settings;
        let (place, own) = url.split_once('?').map_or((url.as_str(), None), |(place, query)| (place, Some(query)));
        let mut text = format!("{}/{}", place.trim_end_matches('/'), address.trim_start_matches('/'));
        let encode = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
        let pairs = query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        let query: Vec<String> = own.map(str::to_owned).into_iter().chain(pairs).collect();
        if !query.is_empty() {
            text = format!("{text}?{}", query.join("&"));
        }
        // The client's own words may hold what the query does.
        let unreadable = |_| TransportError::permanent(format!("no request can be made for the address `{address}`"));
        let mut request = text.into_client_request().map_err(unreadable)?;
        for (name, value) in headers {
            let unfit = || TransportError::permanent(format!("`{name}` cannot be a header with this value"));
            let value = HeaderValue::from_str(value).map_err(|_| unfit())?;
            request.headers_mut().append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?, value);
        }
        Ok(request)
    }

    /// Whether the server would refuse the request by the channel's binding.
    fn check(&self, channel: &'static Channel) -> Result<(), TransportError> {
        let Settings { url, headers, query, .. } = &self.settings;
        let mut asked = upgrade::query(url.split_once('?').map(|(_, query)| query));
        asked.extend(query.iter().cloned());
        let headers: Shown = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
        upgrade::check(channel, &asked, &headers)
            .map_err(|fault| TransportError::permanent(format!("the channel `{}`: {fault}", channel.key())))
    }

    async fn open(&self, address: &str) -> Result<Stream, TransportError> {
        let request = self.request(address)?;
        let place = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let limit = Some(self.settings.limits.message);
        let config = WebSocketConfig::default().max_message_size(limit).max_frame_size(limit);
        let config = config.read_buffer_size(READ).write_buffer_size(0);
        let opening = connect_async_tls_with_config(request, Some(config), true, Some(self.connector.clone()));
        match tokio::time::timeout(TRY, opening).await {
            Ok(Ok((stream, _))) => Ok(stream),
            Ok(Err(error)) => Err(refusal(&place, address, error)),
            Err(_) => Err(TransportError::transient(format!("no WebSocket to {place}: no answer"))),
        }
    }
}

/// Why there is no connection.
fn refusal(place: &str, address: &str, error: Error) -> TransportError {
    let text = match &error {
        Error::Http(response) => {
            let status = response.status();
            let words = match status {
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => " refused the credentials",
                StatusCode::NOT_FOUND => " does not have that address",
                _ => " opens no WebSocket",
            };
            let body = response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            let body: String = body.chars().filter(|character| !character.is_control()).take(500).collect();
            format!("{place}{words} at `{address}`: {status} {body}")
        }
        _ => format!("no WebSocket to {place}: {error}"),
    };
    let permanent = match &error {
        Error::Http(response) => {
            response.status().is_client_error()
                && !matches!(response.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
        }
        Error::Tls(_) | Error::Url(_) | Error::HttpFormat(_) => true,
        _ => text.contains("certificate"),
    };
    if permanent { TransportError::permanent(text) } else { TransportError::transient(text) }
}

/// Connections to one server; clones share them.
#[derive(Clone)]
pub struct WebSocket(Arc<Shared>);

struct Shared {
    opener: Arc<Opener>,
    links: Mutex<HashMap<String, Link>>,
    /// Requesters, who receive what comes over any connection; locked after `links`.
    requesters: Mutex<Vec<mpsc::Sender<Received>>>,
    closed: watch::Sender<bool>,
}

/// The connection of one address.
struct Link {
    outgoing: mpsc::Sender<Outgoing<Frames>>,
    listening: Listening,
    ending: watch::Sender<Option<End>>,
    task: JoinHandle<()>,
}

/// Who receives what comes.
type Listening = Arc<Mutex<Vec<mpsc::Sender<Received>>>>;

impl Shared {
    fn links(&self) -> MutexGuard<'_, HashMap<String, Link>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are still there.
    fn requesters(&self) -> MutexGuard<'_, Vec<mpsc::Sender<Received>>> {
        let mut requesters = self.requesters.lock().unwrap_or_else(PoisonError::into_inner);
        requesters.retain(|sender| !sender.is_closed());
        requesters
    }

    fn refuse_if_closed(&self) -> Result<(), TransportError> {
        if *self.closed.borrow() { Err(TransportError::permanent("the connection is closed")) } else { Ok(()) }
    }

    /// Uses the connection of an address, opened first if there is none.
    async fn with<O>(&self, address: &str, get: impl Fn(&Link) -> O) -> Result<O, TransportError> {
        self.refuse_if_closed()?;
        if let Some(link) = self.links().get(address) {
            return Ok(get(link));
        }
        let stream = self.opener.open(address).await?;
        let mut links = self.links();
        self.refuse_if_closed()?;
        // Somebody else may have been faster.
        if let Some(link) = links.get(address) {
            return Ok(get(link));
        }
        if links.len() >= CONNECTIONS {
            return Err(TransportError::permanent(format!(
                "there are {CONNECTIONS} connections already, one for each address"
            )));
        }
        let (outgoing, queue) = mpsc::channel(self.opener.settings.limits.queue);
        let listening = Listening::new(Mutex::new(self.requesters().clone()));
        let ending = watch::Sender::new(None);
        let run = run(
            Arc::clone(&self.opener),
            address.to_owned(),
            stream,
            queue,
            Arc::clone(&listening),
            ending.subscribe(),
        );
        let link = Link { outgoing, listening, ending, task: tokio::spawn(run) };
        let got = get(&link);
        links.insert(address.to_owned(), link);
        Ok(got)
    }

    async fn tell(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
        is_letter: bool,
    ) -> Result<Receipt, PublishError> {
        if let Some(channel) = channel.filter(|channel| channel.template().matches(address)) {
            self.opener.check(channel)?;
        }
        // A connection is not opened for what the server does not expect.
        if is_letter && channel.is_none() && !self.links().contains_key(address) {
            super::warn_of_letter(address);
            return Ok(Receipt::new());
        }
        let settings = &self.opener.settings;
        let frame = Frames::of(envelope::bare(message, settings.limits.envelope || is_letter)?);
        let deadline = Instant::now() + settings.publish_within;
        let late = |_| TransportError::transient("the message was not written to the WebSocket in time");
        let outgoing = loop {
            let failed = match tokio::time::timeout_at(deadline, self.with(address, |link| link.outgoing.clone())).await
            {
                Ok(Ok(outgoing)) => break outgoing,
                Ok(Err(error)) if !error.transient => return Err(error.into()),
                Ok(Err(error)) => error,
                Err(elapsed) => return Err(late(elapsed).into()),
            };
            let pause = settings.backoff.delay(1);
            if Instant::now() + pause >= deadline {
                return Err(failed.into());
            }
            tokio::time::sleep(pause).await;
        };
        let (told, written) = oneshot::channel();
        let sending = async { outgoing.send((frame, Some(told))).await.is_ok() && written.await.is_ok() };
        match tokio::time::timeout_at(deadline, sending).await.map_err(late)? {
            true => Ok(Receipt::new()),
            false => Err(TransportError::transient("the WebSocket was lost before the message was written").into()),
        }
    }
}

/// Keeps the connection of an address until it is to end.
async fn run(
    opener: Arc<Opener>,
    address: String,
    first: Stream,
    mut outgoing: mpsc::Receiver<Outgoing<Frames>>,
    listening: Listening,
    mut ending: watch::Receiver<Option<End>>,
) {
    let Settings { limits, backoff, greeting, .. } = &opener.settings;
    let mut stream = Some(first);
    let mut failures = 0_u32;
    let mut end = None;
    loop {
        let opened = match stream.take() {
            Some(stream) => Ok(stream),
            None => opener.open(&address).await,
        };
        match opened {
            Ok(stream) => {
                let began = Instant::now();
                let frames = greeting.iter().flat_map(|greeting| greeting(&address));
                let frames =
                    frames.filter_map(|message| Some(Frames::of(envelope::bare(message, limits.envelope).ok()?)));
                let greeted = Greeted { stream, first: frames.collect() };
                end = Some(hold(greeted, limits, &mut outgoing, ending.clone(), &listening, &address).await);
                if began.elapsed() >= GOOD {
                    failures = 0;
                }
            }
            Err(error) => tracing::debug!(address, %error, "a WebSocket was not opened"),
        }
        if ending.borrow().is_some() {
            return;
        }
        let delay = match failures {
            0 => backoff.delay(1) / 2,
            failures => backoff.delay(failures),
        };
        failures = failures.saturating_add(1);
        tracing::warn!(address, ?delay, ?end, failures, "a WebSocket is lost; it is opened again");
        tokio::select! {
            () = tokio::time::sleep(delay) => (),
            _ = ending.wait_for(Option::is_some) => return,
        }
    }
}

/// A connection, and what is said first on it.
struct Greeted {
    stream: Stream,
    first: Vec<Frames>,
}

/// Runs one connection.
async fn hold(
    greeted: Greeted,
    limits: &Limits,
    outgoing: &mut mpsc::Receiver<Outgoing<Frames>>,
    ending: watch::Receiver<Option<End>>,
    listening: &Listening,
    address: &str,
) -> End {
    let Greeted { mut stream, first } = greeted;
    for frame in first {
        let sending = futures_util::SinkExt::send(&mut stream, frame);
        if !matches!(tokio::time::timeout(limits.write_within, sending).await, Ok(Ok(()))) {
            return super::conversation::LOST;
        }
    }
    let taker = Everybody { listening, address };
    converse(stream, limits, outgoing, ending, taker, |error: &Error| matches!(error, Error::Capacity(_))).await
}

/// Hands what comes to all who receive.
struct Everybody<'c> {
    listening: &'c Listening,
    address: &'c str,
}

impl Take for Everybody<'_> {
    async fn take(&mut self, payload: Bytes) -> Result<(), End> {
        let everybody: Vec<mpsc::Sender<Received>> = {
            let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
            listening.retain(|sender| !sender.is_closed());
            listening.clone()
        };
        let message = Arc::new(envelope::opened(payload));
        for listening in everybody {
            // One that left meanwhile misses nothing.
            let delivery = Delivery::new(message.clone(), self.address, WebSocketAcknowledger(()));
            let _ = listening.send(Ok(delivery)).await;
        }
        Ok(())
    }
}

impl Frame for Frames {
    fn of(payload: Bytes) -> Self {
        match Utf8Bytes::try_from(payload.clone()) {
            Ok(text) => Self::Text(text),
            Err(_) => Self::Binary(payload),
        }
    }

    fn ping() -> Self {
        Self::Ping(Bytes::new())
    }

    fn close(code: u16, reason: &'static str) -> Self {
        Self::Close(Some(CloseFrame { code: code.into(), reason: Utf8Bytes::from_static(reason) }))
    }

    fn read(self) -> Piece {
        match self {
            Self::Text(_) | Self::Binary(_) => Piece::Payload(self.into_data()),
            Self::Ping(_) | Self::Pong(_) | Self::Frame(_) => Piece::Sign,
            Self::Close(_) => Piece::Close,
        }
    }
}

impl Transport for WebSocket {
    type Subscription = WebSocketSubscription;

    fn capabilities(&self) -> Capabilities {
        Capabilities { headers: self.0.opener.settings.limits.envelope, reply: true, ..Capabilities::default() }
    }

    fn system(&self) -> &'static str {
        "websocket"
    }

    /// Writes a message to the connection of the address, which is opened if there is none.
    async fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        self.0.tell(channel, address, message, false).await
    }

    async fn republish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
        _letter: &str,
    ) -> Result<Receipt, PublishError> {
        self.0.tell(channel, address, message, true).await
    }

    /// Receives what comes over the connection of the channel's address. While what came is not taken, nothing more is read.
    async fn subscribe(&self, request: Subscribe) -> Result<WebSocketSubscription, SubscribeError> {
        let settings = &self.0.opener.settings;
        self.0.opener.check(request.channel)?;
        let template = request.channel.template();
        let known: Vec<(&str, &str)> = settings
            .parameters
            .iter()
            .filter(|(name, _)| template.as_str().contains(&format!("{{{name}}}")))
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let address = template.expand(&known)?;
        let (sender, received) = mpsc::channel(settings.limits.queue);
        let listen = |link: &Link| {
            link.listening.lock().unwrap_or_else(PoisonError::into_inner).push(sender.clone());
        };
        self.0.with(&address, listen).await?;
        Ok(WebSocketSubscription { received, closed: self.0.closed.subscribe() })
    }

    fn inbox(&self, name: &str) -> String {
        format!("{INBOX}{name}")
    }

    /// Replies come over the connections that requests go over, whatever their addresses.
    async fn subscribe_replies(&self, request: Subscribe) -> Result<WebSocketSubscription, SubscribeError> {
        if !request.channel.template().as_str().starts_with(INBOX) {
            return self.subscribe(request).await;
        }
        self.0.refuse_if_closed()?;
        let (sender, received) = mpsc::channel(self.0.opener.settings.limits.queue);
        let links = self.0.links();
        self.0.requesters().push(sender.clone());
        for link in links.values() {
            link.listening.lock().unwrap_or_else(PoisonError::into_inner).push(sender.clone());
        }
        drop(links);
        Ok(WebSocketSubscription { received, closed: self.0.closed.subscribe() })
    }

    /// Writes what is queued, and ends every connection (1001).
    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        self.0.closed.send_replace(true);
        let links: Vec<Link> = self.0.links().drain().map(|(_, link)| link).collect();
        let ending = async {
            for link in &links {
                link.ending.send_replace(Some(AWAY));
            }
            for link in links {
                // A task that panicked has nothing to say.
                let _ = link.task.await;
            }
        };
        let late = |_| TransportError::transient("WebSockets were not left in time; what was not written may be lost");
        tokio::time::timeout(deadline, ending).await.map_err(late)
    }
}
