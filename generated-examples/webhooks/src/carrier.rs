//! The carrier: scans come in over HTTP, and go out to customers as webhooks and in a feed.
//!
//! In: a port, a database, the keys of scanners and customers. Out: `/scans/{depot}` for scanners, `/feed` and
//! `/subscriptions` for customers, and a page at `/` that shows endpoints and deliveries. A scan is answered when the broker has it; a
//! webhook is in the database before the scan is acknowledged.

use crate::parcels::{
    DepotParameter, FollowScanHandler, ParcelMoved, ParcelMovedDepot, ParcelScanned, SHOW_FEED_OPERATION,
    ScansParameters, ShowFeedProducer, TellCustomerProducer, follow_scan, record_scan_route,
};
use crate::{Error, page};
use std::path::PathBuf;
use std::time::Duration;
use tidings_runtime::security::Guard;
use tidings_runtime::sse::EventLog;
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::webhook::outbox::{Schedule, Tenant, Tokens};
use tidings_runtime::webhook::{Destinations, Outbox};
use tidings_runtime::{Context, HandlerError, Message, Service, Transport, shutdown_signal};
use tokio::net::TcpListener;

/// The customer of this example.
const CUSTOMER: &str = "acme";
/// Shorter than one would have it, so that there is something to see.
const RETRIES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// Takes scans, and tells customers of them
#[derive(clap::Args)]
pub struct Arguments {
    /// The port; 0 for a free one, which is then said
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where webhooks are kept until they are delivered
    #[arg(long, value_name = "FILE", default_value = "parcels.db")]
    database: PathBuf,
    /// The token that the customer shows
    #[arg(long, value_name = "TOKEN", default_value = "a-token-of-acme")]
    token: String,
    /// The key that scanners show
    #[arg(long, value_name = "KEY", default_value = "a-key-of-a-scanner")]
    scanner_key: String,
}

/// Tells of each scan.
#[derive(Clone)]
struct Carrier {
    hooks: TellCustomerProducer<Tenant>,
    feed: ShowFeedProducer<EventLog>,
}

impl FollowScanHandler for Carrier {
    async fn follow_scan(
        &self,
        scan: ParcelScanned,
        context: Context<ScansParameters, ()>,
    ) -> Result<(), HandlerError> {
        let depot = match context.parameters.depot {
            DepotParameter::Harbour => ParcelMovedDepot::Harbour,
            DepotParameter::Hills => ParcelMovedDepot::Hills,
        };
        let ParcelScanned { parcel_id, step, scanned_at: at } = scan;
        let moved = ParcelMoved { parcel_id, step, depot, at };
        // A scan that is handled again is told with the same id, which the outbox knows.
        let id = context.id().map(str::to_owned);
        let identified = |mut envelope: Message| {
            envelope.id = id.clone();
            envelope
        };
        self.hooks.send_with(&moved, identified).await?;
        self.feed.send_with(&moved, identified).await?;
        Ok(())
    }
}

/// Runs until it is told to end.
pub async fn run(arguments: Arguments) -> Result<(), Error> {
    let outbox = Outbox::open(&format!("sqlite:{}", arguments.database.display())).await?;
    // Carrier and customer run on one machine here. Without this line, nothing but the public internet is posted to.
    let outbox = outbox.destinations(Destinations::anywhere())?.schedule(Schedule::new(RETRIES).throttled(RETRIES[0]));
    let feed = EventLog::new().guard(Guard::new().key("customer", &arguments.token));
    let broker = Broker::new();
    let carrier = Carrier {
        hooks: TellCustomerProducer::new(outbox.tenant(CUSTOMER)),
        feed: ShowFeedProducer::new(feed.clone()),
    };
    let following = Service::new(broker.connect()).consumer(follow_scan(carrier)).start().await?;
    let scans = record_scan_route(broker.connect()).guard(Guard::new().key("scanner", &arguments.scanner_key));
    let router = page::router()
        .merge(scans.into_router())
        .merge(feed.router(&SHOW_FEED_OPERATION))
        .merge(outbox.subscriptions(Tokens::new([(&arguments.token, CUSTOMER)])));
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    println!("the carrier is at http://{}/", listener.local_addr()?);
    let delivering = tokio::spawn({
        let outbox = outbox.clone();
        async move { outbox.deliver_until(shutdown_signal()).await }
    });
    let ended = async move {
        shutdown_signal().await;
        // Those who watch would keep the server from ending.
        let _ = feed.close(Duration::ZERO).await;
    };
    axum::serve(listener, router).with_graceful_shutdown(ended).await?;
    following.shutdown().await?;
    delivering.await?;
    outbox.close().await;
    Ok(())
}
