//! Street lights that measure how bright it is, and a control centre that turns them on, dims them and turns them off:
//! both sides of `specs/street-lights.yaml`.
//!
//! In: how many lights there are, and over which broker. Out: a line for each light with what it was told, and an exit
//! status that says whether that was right.

mod centre;
mod street;
/// What `cargo xtask fresh --write` generated.
#[rustfmt::skip]
#[path = "street_lights.rs"]
mod lights;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tidings_runtime::Transport;
use tidings_runtime::message::environment;
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::transport::{Declare, amqp, kafka, mqtt};
use uuid::Uuid;

use crate::lights::PRODUCTION_SERVER;
use crate::street::{Street, Told};

/// What went wrong where nothing can be done about it.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// Lets an evening pass over the lights of a city, and watches its control centre light them
#[derive(Parser)]
#[command(
    version,
    after_help = "\
Exit status: 0 when every light was told what it should be, in order; 1 when one was not; 2 on bad usage."
)]
struct Arguments {
    /// How many lights there are
    #[arg(long, value_name = "N", default_value_t = 6)]
    lights: u32,
    /// Uses this Kafka cluster, `kafka://host:port`, instead of a broker in this process
    #[arg(long, value_name = "URL")]
    kafka: Option<String>,
    /// Uses this MQTT broker, `mqtt://host:port`, instead
    #[arg(long, value_name = "URL", conflicts_with = "kafka")]
    mqtt: Option<String>,
    /// Uses this RabbitMQ, `amqp://host:port`, instead
    #[arg(long, value_name = "URL", conflicts_with_all = ["kafka", "mqtt"])]
    rabbitmq: Option<String>,
    /// Uses the server `production` of the document, with the secrets that the environment has (PRODUCTION_USER, ..)
    #[arg(long, conflicts_with_all = ["kafka", "mqtt", "rabbitmq"])]
    production: bool,
    /// Seconds that the evening may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    deadline: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs on the broker of the user's choice.
async fn run(arguments: Arguments) -> Result<bool, Error> {
    let (street, deadline) = (Street::new(arguments.lights), Duration::from_secs(arguments.deadline.into()));
    if let Some(url) = arguments.mqtt {
        return evening(async || Ok(gateway(&url).open().await?), &street, deadline).await;
    }
    if let Some(url) = arguments.rabbitmq {
        let connecting = amqp::connect(url).declare(Declare::Create);
        return evening(async || Ok(connecting.clone().open().await?), &street, deadline).await;
    }
    let cluster = match arguments.kafka {
        Some(url) => kafka::connect(url),
        None if arguments.production => PRODUCTION_SERVER.kafka(&[], environment)?,
        None => {
            let broker = Broker::new();
            return evening(async || Ok(broker.connect()), &street, deadline).await;
        }
    };
    let cluster = cluster.declare(Declare::Create);
    evening(async || Ok(cluster.clone().open().await?), &street, deadline).await
}

/// A connection to a broker of MQTT. Nobody comes back for its session, so it need not be kept for long.
fn gateway(url: &str) -> mqtt::Connect {
    let id = format!("street-lights-{}", Uuid::new_v4().simple());
    mqtt::connect(url).client_id(id).session_expiry(Duration::from_secs(60)).declare(Declare::Create)
}

/// An evening: whether every light was told what it should be.
async fn evening<T: Transport>(
    connect: impl AsyncFn() -> Result<T, Error>,
    street: &Street,
    deadline: Duration,
) -> Result<bool, Error> {
    let lights = street.service(connect().await?).start().await?;
    let centre = centre::service(connect().await?).start().await?;
    let measuring = connect().await?;
    let everything = async {
        street.measure(measuring.clone()).await?;
        street.all_told().await;
        Ok::<(), Error>(())
    };
    let in_time = tokio::time::timeout(deadline, everything).await;
    measuring.close(Duration::from_secs(5)).await?;
    centre.shutdown().await?;
    lights.shutdown().await?;
    if let Ok(outcome) = in_time {
        outcome?;
    }
    let report = street.report();
    for (number, told, right) in &report {
        let told: Vec<String> = told.iter().map(Told::to_string).collect();
        let verdict = if *right { "" } else { ", which is wrong" };
        println!("light {number}: {}{verdict}", told.join(", "));
    }
    let right = report.iter().filter(|(.., right)| *right).count();
    println!("{right} of {} lights were told what they should be", report.len());
    Ok(right == report.len())
}
