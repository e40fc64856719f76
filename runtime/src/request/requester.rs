//! The side that asks: an inbox, and the requests that wait.
//!
//! In: prepared requests, and what arrives in the inbox. Out: replies. The inbox is read by a task of its own, which ends with
//! the requester; it is opened again when it is lost.

use super::inbox::{self, Name};
use super::{DEADLINE_HEADER, Exchange, NO_RESPONDER_HEADER};
use crate::clock;
use crate::consume::{Backoff, Received};
use crate::message::{Action, Channel, Message, Operation, Place, Prepared, cloud_events, identity};
use crate::transport::{
    Acknowledger as _, PublishError, ReceiveError, Subscribe, SubscribeError, Subscription as _, Transport,
};
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

const TIMEOUT: Duration = Duration::from_secs(30);
/// How many replies may be read from the broker before they are told apart.
const ROOM: usize = 256;
/// The parameter of an inbox whose addresses tell requests apart.
pub(crate) const REQUEST: &str = "{request}";

/// Why there is no reply.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request was not published.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// No reply came in time. The request may have been handled; a reply that comes later is ignored.
    #[error("no reply came within {0:?}")]
    Timeout(Duration),
    /// The broker says that nobody receives such requests.
    #[error("nobody receives requests at `{0}`")]
    NoResponder(String),
    /// A reply came that is not what the document says.
    #[error("the reply cannot be decoded: {0}")]
    Undecodable(String),
    /// A request with this correlation id waits already.
    #[error("a request with the correlation id `{0}` waits for its reply already")]
    Duplicate(String),
}

/// What asks by a message that the document does not know.
static UNDESCRIBED: Operation = Operation::new("request", &UNDESCRIBED_CHANNEL, Action::Send);
static UNDESCRIBED_CHANNEL: Channel = Channel::new("requests", None);

type Answer = Result<Arc<Message>, RequestError>;

/// Publishes requests on a transport and gives each its reply; clones share the inbox.
pub struct Requester<T> {
    transport: T,
    timeout: Duration,
    exchange: &'static Exchange,
    /// Where replies go; [`REQUEST`] in it stands for the request's id.
    inbox: Arc<str>,
    waiting: Arc<Waiting>,
    /// Ends the reading with the last clone.
    _reading: Arc<Reading>,
}

impl<T: Clone> Clone for Requester<T> {
    fn clone(&self) -> Self {
        Self {
            transport: self.transport.clone(),
            timeout: self.timeout,
            exchange: self.exchange,
            inbox: Arc::clone(&self.inbox),
            waiting: Arc::clone(&self.waiting),
            _reading: Arc::clone(&self._reading),
        }
    }
}

impl<T> fmt::Debug for Requester<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Requester").field("inbox", &self.inbox).finish_non_exhaustive()
    }
}

struct Reading(AbortHandle);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The requests that wait, by correlation id.
#[derive(Default)]
struct Waiting {
    requests: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    ignored: AtomicU64,
}

impl Waiting {
    fn requests(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Answer>>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a reply to whom it belongs: by its correlation id where the document has it, where the protocol has it, or by
    /// the address that it came to.
    fn give(&self, message: Arc<Message>, address: &str, inbox: &str, places: &[Place]) {
        // In an event the document's places are those of its data.
        let event = (!places.is_empty()).then(|| cloud_events::read(&message).ok().flatten()).flatten();
        let by_place = places.iter().filter_map(|place| place.read(event.as_ref().unwrap_or(&message)));
        let mut requests = self.requests();
        let mut ids: Vec<String> = by_place.chain(message.correlation_id.clone()).collect();
        if let Some(end) = inbox.strip_suffix(REQUEST).and_then(|prefix| address.strip_prefix(prefix)) {
            ids.extend(requests.keys().find(|id| segment(id) == end).cloned());
        }
        let Some(waiting) = ids.iter().find_map(|id| requests.remove(id)) else {
            drop(requests);
            self.ignored.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(?ids, "a reply belongs to no request that waits: ignored");
            return;
        };
        drop(requests);
        let nobody = message.headers.get(NO_RESPONDER_HEADER).is_some();
        // Who asked may just have given up.
        let _ = waiting.send(if nobody { Err(RequestError::NoResponder(String::new())) } else { Ok(message) });
    }
}

/// A correlation id as a segment of an address.
fn segment(id: &str) -> String {
    id.replace(|character: char| !character.is_ascii_alphanumeric(), "-")
}

/// A request that waits; it no longer does when this is dropped.
struct Ticket<'w> {
    waiting: &'w Waiting,
    id: String,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.waiting.requests().remove(&self.id);
    }
}

impl<T: Transport> Requester<T> {
    /// Opens an inbox: at the address of the replies' channel, at `at`, or else at an address of its own. Replies that are
    /// sent from now on arrive.
    ///
    /// # Errors
    /// The transport cannot subscribe there.
    pub async fn open(transport: T, exchange: &'static Exchange, at: Option<&str>) -> Result<Self, SubscribeError> {
        let name = Name::take();
        let channel = match (at, exchange.fixed()) {
            (None, Some(channel)) => channel,
            (None, None) if !transport.capabilities().reply => {
                let wanted =
                    "an inbox for replies: give the channel of the reply an address, or open the requester at one";
                return Err(SubscribeError::Unsupported(wanted.to_owned()));
            }
            (at, _) => inbox::channel(at.map_or_else(|| transport.inbox(name.as_str()), str::to_owned)),
        };
        let inbox: Arc<str> = channel.template().as_str().into();
        let group = format!("replies-{}", identity::random());
        let request = Subscribe::new(channel, group).with_max_in_flight(ROOM);
        let subscription = transport.subscribe_replies(request.clone()).await?;
        let waiting = Arc::new(Waiting::default());
        let reading = read(transport.clone(), request, subscription, Arc::clone(&waiting), exchange.correlations);
        let reading = async move {
            // Free again when the reading is over.
            let _name = name;
            reading.await;
        };
        let reading = Arc::new(Reading(tokio::spawn(reading).abort_handle()));
        Ok(Self { transport, timeout: TIMEOUT, exchange, inbox, waiting, _reading: reading })
    }

    /// How long to wait for a reply; 30 s unless set.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// How many messages came to the inbox that no request waited for: replies that came too late, or twice, or belong to
    /// other requesters.
    pub fn ignored(&self) -> u64 {
        self.waiting.ignored.load(Ordering::Relaxed)
    }

    /// Publishes a request and waits for its reply. `correlation` is where the document has the correlation id in the
    /// request: what stands there already is taken, else a random one is written.
    ///
    /// # Errors
    /// See [`RequestError`].
    pub async fn request(&self, prepared: Prepared, correlation: Option<Place>) -> Result<Received, RequestError> {
        let address = prepared.address().to_owned();
        let operation = prepared.publication().map_or(&UNDESCRIBED, |publication| publication.operation());
        let message = prepared.message();
        let present = correlation.and_then(|place| place.read(message)).or_else(|| message.correlation_id.clone());
        let id = present.unwrap_or_else(identity::random);
        // Without headers, nothing but the payload tells replies apart.
        let carries = self.transport.capabilities().headers;
        if !carries && !self.inbox.ends_with(REQUEST) && self.exchange.correlations.is_empty() {
            let wanted = "replies cannot be told apart: the document has no correlation id in their payload, and this \
                          connection carries no headers (`envelope(true)` makes it)";
            return Err(PublishError::encode(wanted).into());
        }
        let (answer, answered) = oneshot::channel();
        match self.waiting.requests().entry(id.clone()) {
            std::collections::hash_map::Entry::Occupied(_) => return Err(RequestError::Duplicate(id)),
            std::collections::hash_map::Entry::Vacant(place) => place.insert(answer),
        };
        let ticket = Ticket { waiting: &self.waiting, id };
        let prepared = prepared.map(|message| self.addressed(message, &ticket.id, correlation));
        let exchange = async {
            prepared.publish(&self.transport).await?;
            // The sender is only dropped by the ticket.
            answered.await.unwrap_or(Err(RequestError::Timeout(self.timeout)))
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(Err(RequestError::NoResponder(_))) => Err(RequestError::NoResponder(address)),
            Ok(answer) => Ok(Received::new(operation, answer?, Arc::clone(&self.inbox), 1)),
            Err(_) => Err(RequestError::Timeout(self.timeout)),
        }
    }

    /// The request with all that leads the reply back.
    fn addressed(&self, mut message: Message, id: &str, correlation: Option<Place>) -> Message {
        if let Some(place) = correlation {
            place.write(&mut message, id);
        }
        let inbox = self.inbox.replace(REQUEST, &segment(id));
        if let Some(place) = self.exchange.address {
            place.write(&mut message, &inbox);
        }
        if self.transport.capabilities().headers {
            let deadline = clock::now().saturating_add(clock::milliseconds(self.timeout));
            message.headers.insert(DEADLINE_HEADER, deadline.to_string());
        }
        message.with_correlation_id(id).with_reply_to(inbox)
    }
}

/// Reads the inbox for ever.
async fn read<T: Transport>(
    transport: T,
    request: Subscribe,
    mut subscription: T::Subscription,
    waiting: Arc<Waiting>,
    places: &'static [Place],
) {
    let backoff = Backoff::exponential(Duration::from_millis(100)).max_delay(Duration::from_secs(5));
    let inbox = request.channel.template().as_str();
    let mut failures = 0_u32;
    loop {
        match subscription.next().await {
            Some(Ok(delivery)) => {
                failures = 0;
                waiting.give(delivery.message, &delivery.address, inbox, places);
                if let Err(error) = delivery.acknowledger.acknowledge().await {
                    tracing::debug!(%error, "a reply may come again");
                }
                continue;
            }
            Some(Err(ReceiveError::Transport(error))) => tracing::debug!(inbox, %error, "a reply was not received"),
            Some(Err(ReceiveError::Lost(_))) | None => loop {
                failures = failures.saturating_add(1);
                tokio::time::sleep(backoff.delay(failures)).await;
                match transport.subscribe_replies(request.clone()).await {
                    Ok(again) => {
                        subscription = again;
                        break;
                    }
                    Err(error) => tracing::warn!(inbox, %error, "the inbox of replies is lost; opening it again"),
                }
            },
        }
        failures = failures.saturating_add(1);
        tokio::time::sleep(backoff.delay(failures)).await;
    }
}
