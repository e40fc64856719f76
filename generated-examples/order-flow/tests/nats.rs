//! The program on a real broker, which is killed, and which two runs share.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

#[cfg(test)]
#[path = "../../../runtime/tests/brokers/mod.rs"]
mod brokers;
#[cfg(test)]
mod program;
use brokers::NatsServer;
use program::{count, run};

/// A program that is killed when this is dropped, should it still run.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `cargo xtask test --without nats` leaves out what is in here.
#[cfg(test)]
mod needs_nats {
    use super::*;

    #[test]
    #[ignore = "cargo xtask test"]
    fn every_order_reaches_its_end_though_the_server_is_killed() -> Result<(), Box<dyn Error>> {
        let mut server = NatsServer::start();
        let mut program = Guard(
            Command::new(env!("CARGO_BIN_EXE_order-flow"))
                .args(["--orders", "400", "--deadline", "240", "--nats", &server.url()])
                .stdout(Stdio::piped())
                .spawn()?,
        );
        let output = program.0.stdout.take().ok_or("no standard output")?;
        let mut text = String::new();
        for line in BufReader::new(output).lines() {
            let line = line?;
            // Earlier orders are on their way, later ones are still to be placed.
            if line.contains("#150  OrderCreated") {
                server.kill();
                std::thread::sleep(Duration::from_millis(500));
                server.restart();
                text.push_str("the server was killed and started again\n");
            }
            text.push_str(&line);
            text.push('\n');
        }
        let status = program.0.wait()?.code();
        let (before, after) = text.split_once("the server was killed").ok_or("the server was not killed")?;
        assert!(count(before, "orders placed").is_none() && after.contains("#400  OrderCreated"), "{text}");
        assert_eq!(status, Some(0), "{text}");
        assert_eq!(count(&text, "orders placed"), Some(400));
        assert_eq!(count(&text, "shipped"), Some(300));
        assert_eq!(count(&text, "declined"), Some(100));
        assert_eq!(count(&text, "dead-lettered"), Some(1));
        assert_eq!(count(&text, "webhooks taken"), Some(300 * 4 + 100 * 3));
        Ok(())
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn two_runs_on_one_server_see_nothing_of_each_other() -> Result<(), Box<dyn Error>> {
        let server = NatsServer::start();
        let url = server.url();
        let order = &|orders: &str| run(&["--orders", orders, "--nats", &url]).map_err(|error| error.to_string());
        let ran = std::thread::scope(|scope| {
            let runs = ["12", "8"].map(|orders| scope.spawn(move || (orders, order(orders))));
            runs.map(|run| run.join())
        });
        for run in ran {
            let (orders, ended) = run.map_err(|_| "a run panicked")?;
            let (status, text) = ended?;
            assert_eq!(status, Some(0), "{text}");
            assert_eq!(count(&text, "orders placed"), orders.parse().ok(), "{text}");
            assert_eq!(count(&text, "dead-lettered"), Some(1), "{text}");
        }
        Ok(())
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn a_server_that_is_not_there_is_an_error() -> Result<(), Box<dyn Error>> {
        let port = brokers::free_port();
        let (status, text) = run(&["--orders", "1", "--nats", &format!("nats://127.0.0.1:{port}")])?;
        assert_eq!((status, text.as_str()), (Some(1), ""));
        Ok(())
    }
}
