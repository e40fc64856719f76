//! A carrier that tells its customers where their parcels are, and a customer that is told: both sides of
//! `specs/webhooks.yaml`, each a process of its own.
//!
//! In: which side this process is. Out: a line for what happens, until it is told to end.

mod carrier;
mod customer;
mod page;
/// What `cargo xtask fresh --write` generated.
#[rustfmt::skip]
#[path = "webhooks.rs"]
mod parcels;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// What went wrong where nothing can be done about it.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// Tells of parcels by webhooks, or is told of them
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit status: 0 when it was told to end (ctrl-c), 1 when it cannot go on, 2 on bad usage."
)]
struct Arguments {
    #[command(subcommand)]
    side: Side,
}

#[derive(Subcommand)]
enum Side {
    Carrier(carrier::Arguments),
    Customer(customer::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().side {
        Side::Carrier(arguments) => carrier::run(arguments).await,
        Side::Customer(arguments) => customer::run(arguments).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
