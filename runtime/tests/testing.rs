//! A bench knows what went over it, in memory and on a real broker.

#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::time::{Duration, Instant};

use tidings_runtime::codegen::routing;
use tidings_runtime::consume::{Reason, Received};
use tidings_runtime::message::{Message, Operation};
use tidings_runtime::testing::Bench;
use tidings_runtime::transport::Transport;
use tidings_runtime::{Backoff, HandlerError, Json, Payload, Service};

#[cfg(all(test, feature = "nats"))]
mod brokers;
#[macro_use]
#[cfg(test)]
mod conformance;
use conformance::{address, channel, consumer, operation, send, sending};

/// The first message fails at every attempt, the second at none; each that succeeds is answered.
async fn story<T: Transport>(bench: Bench<T>, first_delay: Duration) {
    let (asked, answered) = (channel("asked/{n}"), channel("answered/{n}"));
    let (ask, answer) = (sending(asked), sending(answered));
    let bus = bench.bus();
    let handler = consumer(operation(asked), move |received: Received| {
        let bus = bus.clone();
        async move {
            if received.message().payload == "1" {
                return Err(HandlerError::transient("never").into());
            }
            let message = routing::envelope(&Json::from(true), "application/json").unwrap();
            send(&bus, answer, message).await.map_err(HandlerError::transient)?;
            Ok(())
        }
    });
    let retry = Backoff::exponential(first_delay).max_attempts(5);
    let running = Service::new(bench.bus()).retry(retry).consumer(handler).start().await.unwrap();
    for text in ["1", "2"] {
        send(&bench.bus(), ask, Message::new(text)).await.unwrap();
    }
    assert!(bench.settled().await);
    running.shutdown().await.unwrap();

    let published = bench.published();
    let by = |operation: &'static Operation| published.iter().filter(|one| one.operation == Some(operation)).count();
    assert_eq!((by(ask.operation()), by(answer.operation()), published.len()), (2, 1, 3));
    let answer = published.iter().find(|one| one.operation == Some(answer.operation())).unwrap();
    assert_eq!(answer.payload::<Json>().unwrap(), Json::from(true));
    assert_eq!(Json::from_slice(b"true").unwrap(), Json::from(true));
    let letters = bench.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!((&letters[0].message.payload[..], letters[0].operation), (&b"1"[..], None));
    let calls = bench.calls();
    let of = |text: &str| {
        let meant = calls.iter().filter(|call| call.received.message().payload == text);
        meant.map(|call| (call.received.attempt(), call.failure.clone())).collect::<Vec<_>>()
    };
    let failed = Some((Reason::RetriesExhausted, "never".to_owned()));
    assert_eq!(of("1"), (1..=5).map(|attempt| (attempt, failed.clone())).collect::<Vec<_>>());
    assert_eq!(of("2"), [(1, None)]);
}

#[tokio::test]
async fn five_attempts_take_no_time_where_the_clock_stands_still() {
    let begun = Instant::now();
    story(Bench::in_memory().paused(), Duration::from_secs(60)).await;
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn what_was_not_confirmed_was_not_published_and_is_not_waited_for() {
    let bench = Bench::in_memory();
    let channel = channel("refused/{n}");
    let handler = consumer(operation(channel), |_: Received| async { Ok(()) });
    let running = Service::new(bench.bus()).consumer(handler).start().await.unwrap();
    bench.bus().inner().fail_next_publishes(1);
    let refused = bench.bus().publish(Some(channel), address(channel), Message::new("x")).await;
    assert!(refused.is_err());
    assert!(bench.settled().await);
    assert!(bench.published().is_empty() && bench.calls().is_empty());
    running.shutdown().await.unwrap();
}

#[cfg(feature = "nats")]
#[cfg(test)]
mod needs_nats {
    use super::*;
    use tidings_runtime::transport::Declare;
    use tidings_runtime::transport::nats;

    #[tokio::test]
    #[ignore = "cargo xtask test"]
    async fn the_same_story_is_told_on_a_server() {
        let server = brokers::NatsServer::start();
        let transport = nats::connect(server.url()).declare(Declare::Create).jetstream().await.unwrap();
        story(Bench::on(transport), Duration::from_millis(20)).await;
    }
}
