//! The side of routes: connections that clients open, and the transport that reaches all of them.
//!
//! In: requests to open connections, and publications. Out: 101, 400, 401, 403, 404, 426 or 503, messages to clients, and deliveries
//! of what they send. What always holds:
//! - nobody gets a connection who does not show what the security schemes and the binding ask for;
//! - memory is bounded: clients are counted, and each has a queue of its own; what a slow one has no room for is its own loss,
//!   or its end, as [`SlowClient`] says, and is counted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message as Frames, Utf8Bytes, WebSocket, WebSocketUpgrade, rejection};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use super::conversation::{AWAY, End, Frame, Outgoing, Piece, TOO_SLOW, Take, converse};
use super::{Limits, READ, Received, WebSocketAcknowledger, WebSocketSubscription, upgrade};
use crate::http::Refusal;
use crate::message::{Channel, Message, Operation};
use crate::security::Guard;
use crate::transport::{
    Capabilities, Delivery, PublishError, Receipt, Subscribe, SubscribeError, Transport, TransportError, envelope,
};

/// How many clients there may be at once.
const CLIENTS: usize = 10_000;
/// In front of the address of one client.
const CLIENT: &str = "ws-client:";
/// Nobody handles what is sent here.
const UNHEARD: End = End { code: 1008, reason: "nothing is received here" };

/// What becomes of a client that does not read as fast as messages are published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SlowClient {
    /// It is disconnected (1008).
    #[default]
    Disconnect,
    /// It misses messages.
    Skip,
}

/// Connections that clients open; clones share them.
///
/// Publishing to an address reaches all who are connected there. A message that a client sent has, whatever it says itself, a
/// [`reply_to`](Message::reply_to) that reaches this client alone; replies go there.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
    limits: Arc<Limits>,
    clients: usize,
    slow: SlowClient,
    guard: Guard,
    origins: Vec<String>,
}

#[derive(Default)]
struct Shared {
    clients: Mutex<HashMap<u64, Client>>,
    subscriptions: Mutex<Vec<(&'static Channel, mpsc::Sender<Received>)>>,
    next: AtomicU64,
    dropped: AtomicU64,
    closed: watch::Sender<bool>,
}

/// A connection as publications see it.
struct Client {
    address: String,
    queue: mpsc::Sender<Outgoing<Frames>>,
    /// Why it is to end.
    ending: watch::Sender<Option<End>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

impl Hub {
    /// Without clients, of which there may be 10,000, and with the [`Limits`] that are unless others are set.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shared: Arc::default(),
            limits: Arc::default(),
            clients: CLIENTS,
            slow: SlowClient::default(),
            guard: Guard::new(),
            origins: Vec::new(),
        }
    }

    /// Lets pages of this origin, such as `https://app.example.com`, connect from browsers; `*` is all. Without it, only pages
    /// of the host that is connected to may: a browser sends cookies along whosesoever page it shows. Others than browsers
    /// name no origin.
    #[must_use]
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// What a connection may take.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Arc::new(limits);
        self
    }

    /// How many clients there may be at once; others are answered 503.
    #[must_use]
    pub fn max_clients(mut self, clients: usize) -> Self {
        self.clients = clients;
        self
    }

    /// What becomes of clients that are too slow.
    #[must_use]
    pub fn slow_client(mut self, policy: SlowClient) -> Self {
        self.slow = policy;
        self
    }

    /// Who may connect, where the document's security schemes ask for credentials. Without it, nobody may.
    #[must_use]
    pub fn guard(mut self, guard: Guard) -> Self {
        self.guard = guard;
        self
    }

    /// The route of a channel, by one of its operations: what that asks for in credentials, all who connect must show.
    pub fn router(&self, operation: &'static Operation) -> Router {
        let path = crate::http::route(operation.channel().template().as_str());
        let state = Route { hub: self.clone(), channel: operation.channel() };
        let router = Router::new().route(&path, any(open)).with_state(state);
        self.guard.protect(router, operation)
    }

    /// Whether a page of this origin may connect to this host.
    fn admits(&self, origin: &str, host: Option<&str>) -> bool {
        let own = origin.split_once("://").map(|(_, place)| place);
        let listed = self.origins.iter().any(|known| known == "*" || known.eq_ignore_ascii_case(origin));
        listed || own.zip(host).is_some_and(|(own, host)| own.eq_ignore_ascii_case(host))
    }

    /// How many clients are connected.
    pub fn connected(&self) -> usize {
        self.clients().len()
    }

    /// How many messages were not queued for a client because it was too slow.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<u64, Client>> {
        self.shared.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn subscriptions(&self) -> MutexGuard<'_, Vec<(&'static Channel, mpsc::Sender<Received>)>> {
        self.shared.subscriptions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a message for a client.
    fn queue(&self, number: u64, client: &Client, frame: Frames) {
        if client.queue.try_send((frame, None)).is_ok() {
            return;
        }
        let dropped = self.shared.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        if dropped.is_power_of_two() {
            tracing::warn!(client = number, dropped, "a client of a WebSocket is too slow");
        }
        if self.slow == SlowClient::Disconnect {
            client.ending.send_replace(Some(TOO_SLOW));
        }
    }

    fn tell(&self, address: &str, message: Message, is_letter: bool) -> Result<Receipt, PublishError> {
        if *self.shared.closed.borrow() {
            return Err(TransportError::permanent("the connection is closed").into());
        }
        let frame = Frames::of(envelope::bare(message, self.limits.envelope || is_letter)?);
        let clients = self.clients();
        if let Some(number) = address.strip_prefix(CLIENT) {
            let found = number.parse().ok().and_then(|number| Some((number, clients.get(&number)?)));
            let (number, client) = found.ok_or_else(|| TransportError::permanent("the client has left"))?;
            self.queue(number, client, frame);
            return Ok(Receipt::new());
        }
        let path = address.trim_start_matches('/');
        let mut reached = false;
        for (number, client) in clients.iter().filter(|(_, client)| client.address.trim_start_matches('/') == path) {
            self.queue(*number, client, frame.clone());
            reached = true;
        }
        if is_letter && !reached {
            super::warn_of_letter(address);
        }
        Ok(Receipt::new())
    }

    /// Runs the connection of a client.
    async fn serve(self, socket: WebSocket, channel: &'static Channel, address: String) {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let (queue, mut outgoing) = mpsc::channel(self.limits.queue);
        let ending = watch::Sender::new(None);
        let seen = ending.subscribe();
        let client = Client { address: address.clone(), queue, ending };
        {
            let mut clients = self.clients();
            if *self.shared.closed.borrow() {
                client.ending.send_replace(Some(AWAY));
            }
            clients.insert(number, client);
        }
        let taker = Sender { hub: self.clone(), channel, address, reply_to: format!("{CLIENT}{number}") };
        let is_too_large = |error: &axum::Error| {
            // The library below is not axum's to show.
            error.to_string().contains("too long")
        };
        let end = converse(socket, &self.limits, &mut outgoing, seen, taker, is_too_large).await;
        self.clients().remove(&number);
        tracing::debug!(client = number, code = end.code, reason = end.reason, "a WebSocket ended");
    }
}

/// A client as its messages have it.
struct Sender {
    hub: Hub,
    channel: &'static Channel,
    address: String,
    reply_to: String,
}

impl Take for Sender {
    async fn take(&mut self, payload: Bytes) -> Result<(), End> {
        let listening: Vec<mpsc::Sender<Received>> = self
            .hub
            .subscriptions()
            .iter()
            .filter(|(known, _)| *known == self.channel)
            .map(|(_, listening)| listening.clone())
            .collect();
        let mut message = envelope::opened(payload);
        message.reply_to = Some(self.reply_to.clone());
        let message = Arc::new(message);
        let mut heard = false;
        for listening in listening {
            let delivery = Delivery::new(message.clone(), self.address.as_str(), WebSocketAcknowledger(()));
            heard |= listening.send(Ok(delivery)).await.is_ok();
        }
        if heard { Ok(()) } else { Err(UNHEARD) }
    }
}

#[derive(Clone)]
struct Route {
    hub: Hub,
    channel: &'static Channel,
}

async fn open(
    State(Route { hub, channel }): State<Route>,
    asked: Result<WebSocketUpgrade, rejection::WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    // An address without a leading slash is meant from the root, too.
    let address = [path, path.trim_start_matches('/')].into_iter().find(|address| channel.template().matches(address));
    let Some(address) = address.map(str::to_owned) else {
        return Refusal::new(StatusCode::NOT_FOUND, "this is not the channel's address").into_response();
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(rejected) => {
            let mut response = Refusal::new(StatusCode::UPGRADE_REQUIRED, rejected).into_response();
            response.headers_mut().insert(header::UPGRADE, header::HeaderValue::from_static("websocket"));
            return response;
        }
    };
    let shown = |name: header::HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    if shown(header::ORIGIN).is_some_and(|origin| !hub.admits(origin, shown(header::HOST))) {
        return Refusal::new(StatusCode::FORBIDDEN, "pages of this origin may not connect").into_response();
    }
    let headers = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    if let Err(fault) = upgrade::check(channel, &upgrade::query(request.uri().query()), &headers.collect()) {
        return Refusal::new(StatusCode::BAD_REQUEST, fault).into_response();
    }
    if *hub.shared.closed.borrow() || hub.connected() >= hub.clients {
        return Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "there is no room for another client").into_response();
    }
    let limit = hub.limits.message;
    let asked = asked.max_message_size(limit).max_frame_size(limit).read_buffer_size(READ).write_buffer_size(0);
    asked.on_upgrade(move |socket| hub.serve(socket, channel, address))
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
        Self::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }))
    }

    fn read(self) -> Piece {
        match self {
            Self::Text(_) | Self::Binary(_) => Piece::Payload(self.into_data()),
            Self::Ping(_) | Self::Pong(_) => Piece::Sign,
            Self::Close(_) => Piece::Close,
        }
    }
}

impl Transport for Hub {
    type Subscription = WebSocketSubscription;

    fn capabilities(&self) -> Capabilities {
        Capabilities { headers: self.limits.envelope, reply_by_connection: true, ..Capabilities::default() }
    }

    fn system(&self) -> &'static str {
        "websocket"
    }

    /// Queues a message for everybody who is connected at the address; nobody may be.
    async fn publish(
        &self,
        _channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        self.tell(address, message, false)
    }

    async fn republish(
        &self,
        _channel: Option<&'static Channel>,
        address: &str,
        message: Message,
        _letter: &str,
    ) -> Result<Receipt, PublishError> {
        self.tell(address, message, true)
    }

    /// Receives what clients of the channel send; a client whose messages find no room waits.
    async fn subscribe(&self, request: Subscribe) -> Result<WebSocketSubscription, SubscribeError> {
        if *self.shared.closed.borrow() {
            return Err(TransportError::permanent("the connection is closed").into());
        }
        let (sender, received) = mpsc::channel(self.limits.queue);
        let mut subscriptions = self.subscriptions();
        subscriptions.retain(|(_, sender)| !sender.is_closed());
        subscriptions.push((request.channel, sender));
        Ok(WebSocketSubscription { received, closed: self.shared.closed.subscribe() })
    }

    /// Ends every connection (1001), after what was queued for it.
    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        self.shared.closed.send_replace(true);
        for client in self.clients().values() {
            client.ending.send_replace(Some(AWAY));
        }
        let ending = async {
            while self.connected() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let late = |_| TransportError::transient("clients of WebSockets were not left in time");
        tokio::time::timeout(deadline, ending).await.map_err(late)
    }
}
