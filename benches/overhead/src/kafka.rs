//! Kafka: messages are published with confirmation, a window of them at once, and received by a consumer group, by hand and
//! by generated code.

use crate::counting::{self, Counter};
use crate::orders::{self, Order, SendOrderProducer};
use crate::{ORDER, Outcome, WINDOW, hand};
use futures_util::{StreamExt, TryStreamExt, stream};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::util::Timeout;
use std::error::Error;
use std::time::Duration;
use tidings_runtime::transport::{Declare, Transport, kafka};
use tidings_runtime::{Payload, Service};

/// How many partitions topics have that nobody says otherwise of.
const PARTITIONS: i32 = 4;
/// How long a publication may take.
const WITHIN: Duration = Duration::from_secs(30);

/// By hand, with what is needed to lose nothing: idempotent publications, offsets stored after the work.
pub async fn hand(server: &str, run: &str, messages: usize) -> Outcome {
    let address = server.trim_start_matches("kafka://");
    let topic = format!("{run}.hand");
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", address);
    let admin: AdminClient<_> = config.create()?;
    admin.create_topics(&[NewTopic::new(&topic, PARTITIONS, TopicReplication::Fixed(1))], &AdminOptions::new()).await?;
    drop(admin);
    // Without waiting for more to send at once, as the transport does, whose callers wait for each confirmation.
    let producer: FutureProducer = config.clone().set("enable.idempotence", "true").set("linger.ms", "0").create()?;
    let consumer: StreamConsumer = config
        .set("group.id", &topic)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.offset.store", "false")
        .set("auto.commit.interval.ms", "200")
        .create()?;
    consumer.subscribe(&[&topic])?;
    let counter = Counter::default();
    let counting = counter.clone();
    let task = tokio::spawn(async move {
        while let Ok(message) = consumer.recv().await {
            let read = serde_json::from_slice::<hand::Order>(message.payload().unwrap_or_default());
            if read.is_ok_and(|order| std::hint::black_box(order).is_an_order())
                && consumer.store_offset_from_message(&message).is_ok()
            {
                counting.add();
            }
        }
    });
    let order: hand::Order = serde_json::from_str(ORDER)?;
    counting::begin();
    let publish = async |_| {
        let payload = serde_json::to_vec(&order)?;
        let record = FutureRecord::<[u8], [u8]>::to(&topic).payload(&payload);
        producer.send(record, Timeout::After(WITHIN)).await.map_err(|(error, _)| error)?;
        Ok::<_, Box<dyn Error>>(())
    };
    stream::iter(0..messages).map(publish).buffer_unordered(WINDOW).try_collect::<()>().await?;
    counter.reaches(messages).await;
    counting::end();
    task.abort();
    Ok(())
}

/// By generated code.
pub async fn generated(server: &str, run: &str, messages: usize) -> Outcome {
    let transport = kafka::connect(server).declare(Declare::Create).open().await?;
    let counter = Counter::default();
    let running =
        Service::new(transport.clone()).consumer(orders::on_order(counter.clone()).group(run)).start().await?;
    let producer = SendOrderProducer::new(transport.clone());
    let order = Order::from_slice(ORDER.as_bytes())?;
    counting::begin();
    let publish = async |_| producer.send(&order).await.map(drop);
    stream::iter(0..messages).map(publish).buffer_unordered(WINDOW).try_collect::<()>().await?;
    counter.reaches(messages).await;
    counting::end();
    running.shutdown().await?;
    transport.close(WITHIN).await?;
    Ok(())
}
