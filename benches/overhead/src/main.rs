//! One kind of work on a number of messages, to be counted from outside: `cargo xtask overhead` runs this under callgrind,
//! with no message and with many, and takes the difference.
//!
//! In: the work, the number of messages, where a server is needed its URL. Out: on standard output, how often memory was
//! allocated, the seconds that it took, and the seconds of processor time. Work by hand and generated work do the same: one order of 201 bytes, written, sent, received, read, counted.

mod counting;
mod hand;
#[cfg(feature = "kafka")]
mod kafka;
mod memory;
#[cfg(feature = "nats")]
mod nats;

mod orders {
    //! What is measured.
    tidings_runtime::include_api!("orders");
}

use clap::{Parser, ValueEnum};
use std::error::Error;
use tidings_runtime::Payload;

/// The order, as it travels.
const ORDER: &str = include_str!("../order.json");

/// How many messages may be under way between a producer and its consumer.
#[cfg(any(feature = "kafka", feature = "nats"))]
const WINDOW: usize = 100;

/// Does one kind of work on a number of messages.
#[derive(Parser)]
struct Arguments {
    work: Work,
    messages: usize,
    /// The server, where the work needs one
    #[arg(long, default_value = "")]
    server: String,
    /// What tells this run's topics from those of others
    #[arg(long, default_value = "")]
    run: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Work {
    /// Reads the order
    Decode,
    /// Publishes to the broker in memory
    MemoryPublish,
    /// Publishes to the broker in memory, with a trace
    MemoryPublishTraced,
    /// Publishes to the broker in memory, and consumes
    MemoryConsume,
    /// The same with retries, dead letters, idempotency keys, a time limit and traces
    MemoryLayers,
    /// The same, published with a trace, without the layers
    MemoryTraced,
    /// NATS by hand: publishes and receives
    #[cfg(feature = "nats")]
    NatsHand,
    /// NATS by generated code
    #[cfg(feature = "nats")]
    NatsGenerated,
    /// NATS by hand, with `traceparent`
    #[cfg(feature = "nats")]
    NatsHandTraced,
    /// NATS by generated code, with `traceparent`
    #[cfg(feature = "nats")]
    NatsGeneratedTraced,
    /// Kafka by hand: publishes, then receives
    #[cfg(feature = "kafka")]
    KafkaHand,
    /// Kafka by generated code
    #[cfg(feature = "kafka")]
    KafkaGenerated,
}

/// A count, or why there is none.
type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let Arguments { work, messages, server, run } = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _ = (&server, &run);
    runtime.block_on(async {
        match work {
            Work::Decode => decode(messages),
            Work::MemoryPublish => memory::publish(messages, memory::Kind::Plain).await,
            Work::MemoryPublishTraced => memory::publish(messages, memory::Kind::Traced).await,
            Work::MemoryConsume => memory::consume(messages, memory::Kind::Plain).await,
            Work::MemoryTraced => memory::consume(messages, memory::Kind::Traced).await,
            Work::MemoryLayers => memory::consume(messages, memory::Kind::Layers).await,
            #[cfg(feature = "nats")]
            Work::NatsHand => nats::hand(&server, messages, false).await,
            #[cfg(feature = "nats")]
            Work::NatsHandTraced => nats::hand(&server, messages, true).await,
            #[cfg(feature = "nats")]
            Work::NatsGenerated => nats::generated(&server, messages, false).await,
            #[cfg(feature = "nats")]
            Work::NatsGeneratedTraced => nats::generated(&server, messages, true).await,
            #[cfg(feature = "kafka")]
            Work::KafkaHand => kafka::hand(&server, &run, messages).await,
            #[cfg(feature = "kafka")]
            Work::KafkaGenerated => kafka::generated(&server, &run, messages).await,
        }
    })
}

fn decode(messages: usize) -> Outcome {
    let bytes = ORDER.as_bytes();
    counting::begin();
    for _ in 0..messages {
        std::hint::black_box(orders::Order::from_slice(std::hint::black_box(bytes))?);
    }
    counting::end();
    Ok(())
}
