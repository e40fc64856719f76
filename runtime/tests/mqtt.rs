//! MQTT under the conformance suite, in both versions, and what a broker's life brings: restarts, refusals, sessions that
//! outlive their connections, and topics that keep nothing.

#![cfg(feature = "mqtt")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidings_runtime::consume::Received;
use tidings_runtime::message::{Channel, Message};
use tidings_runtime::transport::mqtt::{self, Connect, Mqtt, Version};
use tidings_runtime::transport::{Acknowledger, Declare, PublishError, Subscribe, Subscription, Transport};
use tidings_runtime::{Backoff, HandlerError, Service};

#[cfg(test)]
mod brokers;
#[macro_use]
#[cfg(test)]
mod conformance;
use brokers::mosquitto::Mosquitto;
use conformance::{Factory, address, channel, consumer, join, next, nothing, operation, publish, take, text, until};

/// `cargo xtask test --without mosquitto` leaves out what is in here.
#[cfg(test)]
mod needs_mosquitto {
    use super::*;

    /// A broker of its own, and how connections to it are made.
    struct Server(Mosquitto, fn(Connect) -> Connect);

    impl Factory for Server {
        type Transport = Mqtt;
        async fn transport(&self) -> Mqtt {
            (self.1)(mqtt::connect(self.0.url())).open().await.unwrap()
        }
    }

    fn fresh(settings: fn(Connect) -> Connect) -> Server {
        Server(Mosquitto::start(), settings)
    }

    mod version_5 {
        use super::*;

        conformance!([#[tokio::test] #[ignore = "cargo xtask test"]], fresh(|connect| connect));
    }

    mod version_3_1_1_with_envelopes {
        use super::*;

        conformance!([#[tokio::test] #[ignore = "cargo xtask test"]], fresh(|connect| {
            connect.version(Version::V3_1_1).envelope(true).shared_subscriptions(true)
        }));
    }

    mod version_3_1_1 {
        use super::*;

        // Without headers there are no keys, no ids, and nothing to tell messages by.
        conformance!(only [#[tokio::test] #[ignore = "cargo xtask test"]], fresh(|connect| connect.version(Version::V3_1_1));
            rejected_comes_again_after_the_delay,
            room_is_respected,
            parameters_select_addresses,
            fails_twice_then_succeeds,
            permanent_is_not_retried,
            undecodable_is_buried_at_once_and_the_consumer_goes_on,
            panic_is_caught_retried_and_buried,
            slow_handler_is_timed_out,
            a_failure_releases_the_claim,
            concurrency_bounds_what_is_in_flight,
            shutdown_loses_nothing,
            shutdown_gives_back_after_the_deadline,
        );
    }
}
