//! A shop: an order placed over HTTP is reserved, paid, shipped, and its customer told by webhooks, by five services that
//! know each other only by the events of `specs/orders.yaml`.
//!
//! In: how many orders are placed, and over which broker. Out: a line for each event as it happens, a summary, and an exit status that says
//! whether every order reached its end.

mod customer;
mod inventory;
mod journal;
mod notifier;
mod order;
mod payment;
mod report;
mod shipping;
mod shop;
mod support;

mod orders {
    //! What tidings generated.
    tidings_runtime::include_api!("orders");
}

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::transport::nats::{self, Declare};
use uuid::Uuid;

use crate::report::Report;

/// What went wrong where nothing can be done about it.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// After how long NATS delivers again what it hears nothing of, after a crash for instance.
const ACKNOWLEDGE_WAIT: Duration = Duration::from_secs(2);

/// Sends orders through a shop of five services, and watches each of them reach its end
#[derive(Parser)]
#[command(
    version,
    after_help = "\
One service fails twice and is tried again, one message is unreadable and ends in the dead letters, every fourth payment
is declined. The customer's system is told of each change of an order by a signed webhook; the first one is not taken at
once, and a forged one is refused. Exit status: 0 when every order reached its end, 1 when one did not, 2 on bad usage."
)]
struct Arguments {
    /// How many orders are placed
    #[arg(long, value_name = "N", default_value_t = 5)]
    orders: u32,
    /// Uses this NATS server with JetStream, `nats://host:port`, instead of a broker in this process
    #[arg(long, value_name = "URL")]
    nats: Option<String>,
    /// Seconds that all of them may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    deadline: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(report) => {
            report.print();
            if report.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Opens the shop on the broker of the user's choice.
async fn run(Arguments { orders, nats, deadline }: Arguments) -> Result<Report, Error> {
    let deadline = Duration::from_secs(deadline.into());
    let Some(url) = nats else {
        let broker = Broker::new();
        return shop::run(async || Ok(broker.connect()), orders, deadline).await;
    };
    // Another run on the same server has another prefix, and sees nothing of this one.
    let server = nats::connect(url)
        .prefix(format!("order-flow-{}", Uuid::new_v4().simple()))
        .declare(Declare::Create)
        .acknowledge_wait(ACKNOWLEDGE_WAIT)
        .publish_within(deadline);
    shop::run(async || Ok(server.clone().jetstream().await?), orders, deadline).await
}
