//! The connection that publishes: made again when it is lost, for as long as somebody holds it.
//!
//! In: options and publications. Out: what the broker confirmed. What always holds: a publication that is not confirmed is
//! repeated until its time is over, and then reported; it may arrive twice, and is never lost without a word.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::client::{self, Client, Driver, Event, Fault, Limits, Options, Publication, Published};
use crate::consume::Backoff;
use crate::transport::TransportError;

/// The connection; clones share it.
#[derive(Clone)]
pub(super) struct Publisher {
    pub(super) client: Client,
    link: watch::Receiver<Link>,
}

/// How the connection is.
#[derive(Clone, Debug)]
enum Link {
    /// Not made, or lost; what was said last, and whether it helps to wait.
    Down {
        reason: String,
        lasting: bool,
    },
    Up(Limits),
}

impl Link {
    fn down(error: &TransportError) -> Self {
        Self::Down { reason: error.to_string(), lasting: !error.transient }
    }
}

/// How long a connection must have lived to count as one that works.
const STABLE: Duration = Duration::from_secs(10);

/// How long to wait before something is tried again.
fn patience() -> Backoff {
    Backoff::exponential(Duration::from_millis(100)).max_delay(Duration::from_secs(2))
}

/// How many connections in a row may be made and lost at once before there is more to it.
const FLAPPING: u32 = 4;

/// The pauses before a connection is made again; they grow while none lives for long.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    failures: u32,
    since: Option<Instant>,
    short_lived: u32,
}

impl Pauses {
    /// The connection was made.
    pub(super) fn connected(&mut self) {
        self.since = Some(Instant::now());
    }

    /// The connection was lost, or could not be made: how long to wait.
    pub(super) fn lost(&mut self) -> Duration {
        match self.since.take().map(|since| since.elapsed()) {
            Some(lived) if lived >= STABLE => (self.failures, self.short_lived) = (0, 0),
            Some(_) => self.short_lived = self.short_lived.saturating_add(1),
            None => self.short_lived = 0,
        }
        self.failures = self.failures.saturating_add(1);
        patience().delay(self.failures)
    }

    /// Whether the broker takes one connection after the other and closes it at once, as it does when two have the same
    /// client id; not every broker says so.
    pub(super) fn is_flapping(&self) -> bool {
        self.short_lived >= FLAPPING
    }
}

impl Publisher {
    /// Connects; what the broker refuses is said at once, what may pass is tried again for `limit`.
    pub(super) async fn open(options: &Options, limit: Duration) -> Result<Self, TransportError> {
        let (client, driver) = client::open(options)?;
        let unknown = Link::Down { reason: "no answer".to_owned(), lasting: false };
        let (linked, link) = watch::channel(unknown);
        tokio::spawn(drive(driver, linked));
        let mut publisher = Self { client, link };
        let place = format!("{}:{}", options.host, options.port);
        let found = tokio::time::timeout(
            limit,
            publisher.link.wait_for(|link| matches!(link, Link::Up(_) | Link::Down { lasting: true, .. })),
        );
        let found = found.await.map(|link| link.map(|link| link.clone()));
        let last = match found {
            Ok(Ok(Link::Up(_))) => return Ok(publisher),
            Ok(Ok(last)) => last,
            // The driver is gone, or the time is over.
            _ => publisher.link.borrow().clone(),
        };
        publisher.client.disconnect();
        Err(match last {
            Link::Down { reason, lasting: true } => TransportError::permanent(format!("{place}: {reason}")),
            Link::Down { reason, .. } => {
                TransportError::transient(format!("{place}: {reason}; is the broker running, and is the port right?"))
            }
            Link::Up(_) => TransportError::transient(format!("{place}: the broker was slow")),
        })
    }

    pub(super) fn is_connected(&self) -> bool {
        matches!(*self.link.borrow(), Link::Up(_))
    }

    /// Publishes until the broker confirms, or the time is over.
    pub(super) async fn publish(
        &self,
        publication: &Publication,
        limit: Duration,
    ) -> Result<Published, TransportError> {
        let deadline = Instant::now() + limit;
        let backoff = patience();
        let mut tries = 0_u32;
        loop {
            let limits = self.connected(deadline).await?;
            refuse_unfit(publication, limits)?;
            let publishing = tokio::time::timeout_at(deadline, self.client.publish(publication.clone()));
            let error = match publishing.await {
                Ok(Ok(published)) => return Ok(published),
                Ok(Err(error)) => error,
                Err(_) => return Err(TransportError::transient("the MQTT broker did not confirm in time")),
            };
            tries = tries.saturating_add(1);
            let delay = backoff.delay(tries);
            if !error.transient || Instant::now() + delay >= deadline {
                return Err(error);
            }
            tracing::debug!(topic = publication.topic, tries, ?delay, %error, "not confirmed; publishing again");
            tokio::time::sleep(delay).await;
        }
    }

    /// Asks the broker something, and waits for the answer.
    pub(super) async fn ping(&self) -> Result<(), TransportError> {
        if let Link::Down { reason, .. } = &*self.link.borrow() {
            return Err(disconnected(reason));
        }
        self.client.round_trip().await
    }

    /// Waits for the connection.
    async fn connected(&self, deadline: Instant) -> Result<Limits, TransportError> {
        let mut link = self.link.clone();
        let up = tokio::time::timeout_at(deadline, link.wait_for(|link| matches!(link, Link::Up(_)))).await;
        match up {
            Ok(Ok(up)) => match *up {
                Link::Up(limits) => Ok(limits),
                Link::Down { .. } => Err(disconnected("it was lost")),
            },
            Ok(Err(_)) => Err(TransportError::permanent("the connection is closed")),
            Err(_) => Err(match &*self.link.borrow() {
                Link::Down { reason, .. } => disconnected(reason),
                Link::Up(_) => disconnected("it was lost"),
            }),
        }
    }

    /// Ends the connection when everything was sent.
    pub(super) async fn close(&self) {
        self.client.disconnect();
        let mut link = self.link.clone();
        // Its sender goes with the driver.
        while link.changed().await.is_ok() {}
    }
}

fn disconnected(reason: &str) -> TransportError {
    TransportError::transient(format!("MQTT is not connected ({reason}); connecting goes on"))
}

/// What the broker said that it would not take.
fn refuse_unfit(publication: &Publication, limits: Limits) -> Result<(), TransportError> {
    if publication.quality > limits.best_quality {
        let fault =
            format!("the document asks for a QoS that the MQTT broker does not offer on `{}`", publication.topic);
        return Err(TransportError::permanent(fault));
    }
    let properties = publication.properties.iter().flat_map(|properties| &properties.user_properties);
    let size = publication.payload.len()
        + publication.topic.len()
        + properties.map(|(name, value)| name.len() + value.len() + 5).sum::<usize>();
    match u32::try_from(size) {
        Ok(size) if size <= limits.maximum_packet_size => Ok(()),
        _ => {
            let most = limits.maximum_packet_size;
            let fault = format!("the message has {size} bytes, and the MQTT broker takes at most {most}");
            Err(TransportError::permanent(fault))
        }
    }
}

/// Drives the connection until it is ended.
async fn drive(mut driver: Driver, linked: watch::Sender<Link>) {
    let mut pauses = Pauses::default();
    loop {
        match driver.poll().await {
            Ok(Event::Connected(connected)) => {
                pauses.connected();
                linked.send_replace(Link::Up(connected.limits));
            }
            Ok(_) => (),
            Err(Fault::Over) => return,
            Err(fault) => {
                let error = match fault {
                    Fault::Lost(error) => error,
                    _ => TransportError::transient("another connection has the client id of this one"),
                };
                let delay = pauses.lost();
                tracing::warn!(?delay, %error, "MQTT; connecting again");
                linked.send_replace(Link::down(&error));
                tokio::time::sleep(delay).await;
            }
        }
    }
}
