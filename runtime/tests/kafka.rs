//! Kafka under the conformance suite, and what a cluster's life brings: crashes, restarts, rebalances, refusals.

#![cfg(feature = "kafka")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tidings_runtime::consume::Received;
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::transport::kafka::{self, Kafka};
use tidings_runtime::transport::{Acknowledger, Declare, PublishError, SubscribeError, Subscription, Transport};
use tidings_runtime::{Backoff, HandlerError, Service};

#[cfg(test)]
mod brokers;
#[macro_use]
#[cfg(test)]
mod conformance;
use brokers::kafka::KafkaServer;
use conformance::{Factory, address, channel, consumer, join, next, nothing, operation, publish, take, text, until};

/// `cargo xtask test --without kafka` leaves out what is in here.
#[cfg(test)]
mod needs_kafka {
    use super::*;
    use std::sync::OnceLock;

    /// One server for the tests that do not end it: it takes seconds to start.
    struct Cluster;

    fn shared() -> &'static KafkaServer {
        static SERVER: OnceLock<KafkaServer> = OnceLock::new();
        SERVER.get_or_init(KafkaServer::start)
    }

    impl Factory for Cluster {
        type Transport = Kafka;
        async fn transport(&self) -> Kafka {
            open(shared()).await
        }
    }

    async fn open(server: &KafkaServer) -> Kafka {
        kafka::connect(server.url()).declare(Declare::Create).open().await.unwrap()
    }

    mod suite {
        use super::*;

        conformance!([#[tokio::test] #[ignore = "cargo xtask test"]], Cluster);
    }
}
