//! The shop as a whole: opens, lets a customer order, waits until everything has reached its end, closes.
//!
//! In: a way to connect to the broker, whichever it is. Out: a [`Report`]. Ends by itself, also when something is lost.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use chrono::Utc;
use tidings_runtime::webhook::{Destinations, Secret, Sender};
use tidings_runtime::{Backoff, Message, Service, Transport};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::customer::{self, Customer};
use crate::journal::Journal;
use crate::orders::{
    DEAD_LETTERS_CHANNEL, EventHeaders, OrderChanged, OrderState, SHIPMENTS_CHANNEL, TellCustomerProducer,
};
use crate::report::Report;
use crate::{Error, inventory, notifier, order, payment, shipping, support};

/// No JSON: nobody can handle it.
pub const POISON: &[u8] = b"\x00 this is no order \xff";
/// How long is waited after a first failure.
const FIRST_DELAY: Duration = Duration::from_millis(50);

/// Opens the shop for some orders. Each service has a connection of its own.
pub async fn run<T: Transport>(
    connect: impl AsyncFn() -> Result<T, Error>,
    orders: u32,
    deadline: Duration,
) -> Result<Report, Error> {
    let journal = Journal::new();
    let secret = new_secret()?;
    let system = Serving::open(customer::system(secret.clone(), &journal)).await?;
    let hooks = system.hooks()?.secret(secret);
    let services = [
        inventory::service(connect().await?, &journal),
        payment::service(connect().await?, &journal),
        shipping::service(connect().await?, &journal),
        notifier::service(connect().await?, hooks, &journal),
        support::service(connect().await?, &journal),
    ];
    let mut running = Vec::new();
    for service in services {
        running.push(service.start().await?);
    }
    let front_door = Serving::open(order::router(connect().await?, &journal)).await?;

    let everything = async {
        publish_poison(&connect().await?).await?;
        send_forgery(&system).await?;
        let mut customer = Customer::connect(front_door.address, &journal).await?;
        customer.order_nothing().await?;
        for number in 1..=orders {
            customer.order(number).await?;
        }
        journal.everything_ended(orders).await;
        Ok::<(), Error>(())
    };
    let in_time = match tokio::time::timeout(deadline, everything).await {
        Ok(outcome) => outcome.map(|()| true)?,
        Err(_) => false,
    };

    front_door.close().await?;
    let mut retried = 0;
    for service in running {
        retried += service.shutdown().await?.total().retried;
    }
    system.close().await?;
    Ok(Report { orders, deadline, in_time, retried, tally: journal.tally() })
}

/// An HTTP server on a free port of this machine.
struct Serving {
    address: SocketAddr,
    close: oneshot::Sender<()>,
    served: JoinHandle<io::Result<()>>,
}

impl Serving {
    async fn open(router: Router) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (close, closing) = oneshot::channel::<()>();
        // Whoever holds the other end closes the server, also by going away.
        let closed = async { drop(closing.await) };
        let served = tokio::spawn(axum::serve(listener, router).with_graceful_shutdown(closed).into_future());
        Ok(Self { address, close, served })
    }

    /// Posts webhooks to this server.
    fn hooks(&self) -> Result<Sender, Error> {
        let sender = Sender::new(&format!("http://{}", self.address))?.destinations(Destinations::anywhere())?;
        Ok(sender.retry(Backoff::exponential(FIRST_DELAY)))
    }

    /// Answers what was asked, and ends.
    async fn close(self) -> Result<(), Error> {
        drop(self.close);
        Ok(self.served.await??)
    }
}

/// What all services have in common.
pub fn service<T: Transport>(transport: T) -> Service<T> {
    Service::new(transport)
        .retry(Backoff::exponential(FIRST_DELAY))
        .dead_letter(DEAD_LETTERS_CHANNEL.template().as_str())
        .drain_within(Duration::from_secs(5))
}

/// A message that only something broken would publish.
async fn publish_poison(transport: &impl Transport) -> Result<(), Error> {
    transport.publish(Some(&SHIPMENTS_CHANNEL), poisoned_address(), Message::new(POISON)).await?;
    Ok(())
}

/// Where the poison is published.
pub fn poisoned_address() -> &'static str {
    SHIPMENTS_CHANNEL.template().as_str()
}

/// A secret for webhooks that nobody else knows.
fn new_secret() -> Result<Secret, Error> {
    Secret::generate().ok_or_else(|| "the system has no randomness for a secret".into())
}

/// A webhook of somebody who does not know the secret, about an order that does not exist.
async fn send_forgery(system: &Serving) -> Result<(), Error> {
    let forger = system.hooks()?.retry(Backoff::default().max_attempts(1)).secret(new_secret()?);
    let now = Utc::now().fixed_offset();
    let forged = OrderChanged::new(Uuid::new_v4(), 999_999_999, OrderState::Shipped, now, "confirm your card at once");
    let headers = EventHeaders::new(Uuid::new_v4().simple().to_string(), 1);
    match TellCustomerProducer::new(forger).send(&headers, &forged).await {
        Ok(_) => Err("the customer's system believed a forged webhook".into()),
        // How it was refused is in the journal.
        Err(_) => Ok(()),
    }
}
