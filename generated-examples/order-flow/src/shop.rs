//! The shop as a whole: opens, lets a customer order, waits until everything has reached its end, closes.
//!
//! In: a way to connect to the broker, whichever it is. Out: a [`Report`]. Ends by itself, also when something is lost.

use std::time::Duration;

use tidings_runtime::{Backoff, Message, Service, Transport};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::customer::Customer;
use crate::journal::Journal;
use crate::orders::{DEAD_LETTERS_CHANNEL, ORDERS_CREATED_CHANNEL, OrdersCreatedParameters, Region};
use crate::report::Report;
use crate::{Error, inventory, notifier, order, payment, shipping, support};

/// No JSON: nobody can handle it.
pub const POISON: &[u8] = b"\x00 this is no order \xff";

/// Opens the shop for some orders. Each service has a connection of its own.
pub async fn run<T: Transport>(connect: impl Fn() -> T, orders: u32, deadline: Duration) -> Result<Report, Error> {
    let journal = Journal::new();
    let services = [
        inventory::service(connect(), &journal),
        payment::service(connect(), &journal),
        shipping::service(connect(), &journal),
        notifier::service(connect(), &journal),
        support::service(connect(), &journal),
    ];
    let mut running = Vec::new();
    for service in services {
        running.push(service.start().await?);
    }

    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let front_door = listener.local_addr()?;
    let (close, closing) = oneshot::channel::<()>();
    let router = order::router(connect(), &journal);
    let served = tokio::spawn(async move {
        // Whoever holds the other end closes the shop, also by going away.
        let closed = async { drop(closing.await) };
        axum::serve(listener, router).with_graceful_shutdown(closed).await
    });

    let everything = async {
        publish_poison(&connect()).await?;
        let mut customer = Customer::connect(front_door, &journal).await?;
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

    drop(close);
    served.await??;
    let mut retried = 0;
    for service in running {
        retried += service.shutdown().await?.total().retried;
    }
    Ok(Report { orders, deadline, in_time, retried, tally: journal.tally() })
}

/// What all services have in common.
pub fn service<T: Transport>(transport: T) -> Service<T> {
    Service::new(transport)
        .retry(Backoff::exponential(Duration::from_millis(50)))
        .dead_letter(DEAD_LETTERS_CHANNEL.template().as_str())
        .drain_within(Duration::from_secs(5))
}

/// A message that only something broken would publish.
async fn publish_poison(transport: &impl Transport) -> Result<(), Error> {
    let address = poisoned_address()?;
    transport.publish(Some(&ORDERS_CREATED_CHANNEL), &address, Message::new(POISON)).await?;
    Ok(())
}

/// Where the poison is published.
pub fn poisoned_address() -> Result<String, Error> {
    Ok(OrdersCreatedParameters { region: Region::Eu.to_string() }.address()?)
}
