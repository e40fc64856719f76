//! Promises of the transport alone.

use std::collections::BTreeSet;
use std::time::Duration;

use tidings_runtime::message::Message;
use tidings_runtime::transport::{Acknowledger, Subscription, Transport};
use tokio::time::Instant;

use super::support::*;

pub async fn publish_reaches_every_group_and_members_compete<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !transport.capabilities().shared_groups {
        return;
    }
    let channel = channel("groups/{n}");
    let mut first = join(&transport, channel, "one", 64).await;
    let mut second = join(&transport, channel, "one", 64).await;
    let mut other = join(&transport, channel, "two", 64).await;
    for number in 0..40 {
        // Keys, for those whose members share keys rather than messages.
        let message = Message::new(number.to_string()).with_key(format!("key-{number}"));
        publish(&transport, channel, message).await;
    }
    let mut shared = Vec::new();
    while shared.len() < 40 {
        // Whichever member the transport gives a message to.
        let delivery = tokio::select! {
            delivery = next(&mut first) => delivery,
            delivery = next(&mut second) => delivery,
        };
        shared.push(text(&delivery.message).to_owned());
        delivery.acknowledger.acknowledge().await.unwrap();
    }
    nothing(&mut first).await;
    nothing(&mut second).await;
    let mut all = Vec::new();
    for _ in 0..40 {
        all.push(text(&take(&mut other).await).to_owned());
    }
    nothing(&mut other).await;
    let numbers = |texts: Vec<String>| texts.iter().map(|text| text.parse().unwrap()).collect::<BTreeSet<usize>>();
    assert_eq!(numbers(shared), (0..40).collect());
    assert_eq!(numbers(all), (0..40).collect());
}

pub async fn members_share_the_work<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !transport.capabilities().shared_groups {
        return;
    }
    let channel = channel("members/{n}");
    let mut first = join(&transport, channel, "one", 1).await;
    let mut second = join(&transport, channel, "one", 1).await;
    let mut number = 0;
    let mut got = [false; 2];
    let deadline = Instant::now() + Duration::from_secs(60);
    // A group may need time until the second member has its share.
    while got != [true; 2] {
        assert!(Instant::now() < deadline, "one member gets everything");
        publish(&transport, channel, Message::new("x").with_key(format!("key-{number}"))).await;
        number += 1;
        let (member, delivery) = tokio::select! {
            delivery = next(&mut first) => (0, delivery),
            delivery = next(&mut second) => (1, delivery),
        };
        got[member] = true;
        // A delivery from before the second member came is not worth waiting for.
        let _ = delivery.acknowledger.acknowledge().await;
    }
}

pub async fn message_travels_whole<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let channel = channel("whole/{n}");
    let mut subscription = join(&transport, channel, "one", 1).await;
    let mut message = Message::new(vec![0, 159, 255]).with_id("id-1").with_content_type("application/octet-stream");
    message = message.with_correlation_id("c-1").with_key("k");
    if transport.capabilities().headers {
        message = message.with_header("Trace", "a").with_header("trace", "b").with_header("other", "ü");
    }
    publish(&transport, channel, message.clone()).await;
    let delivery = next(&mut subscription).await;
    let mut arrived = Message::clone(&delivery.message);
    // The order of different names is not every protocol's to keep; the order within a name is.
    let (sent, came) = (std::mem::take(&mut message.headers), std::mem::take(&mut arrived.headers));
    assert_eq!(came.len(), sent.len());
    for (name, _) in sent.iter() {
        assert_eq!(came.get_all(name).collect::<Vec<_>>(), sent.get_all(name).collect::<Vec<_>>(), "{name}");
    }
    assert_eq!(arrived, message);
    assert_eq!(*delivery.address, *address(channel));
    assert_eq!(delivery.attempt, 1);
    delivery.acknowledger.acknowledge().await.unwrap();
    nothing(&mut subscription).await;
}

pub async fn rejected_comes_again_after_the_delay<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !transport.capabilities().native_delay {
        return;
    }
    let channel = channel("rejected/{n}");
    let mut subscription = join(&transport, channel, "one", 1).await;
    publish(&transport, channel, Message::new("x")).await;
    let delay = Duration::from_millis(700);
    for attempt in [1, 3, 5] {
        let delivery = next(&mut subscription).await;
        if transport.capabilities().delivery_count {
            assert_eq!(delivery.attempt, attempt);
        }
        let rejected = Instant::now();
        delivery.acknowledger.reject(delay).await.unwrap();
        nothing(&mut subscription).await;
        let again = subscription.next();
        let waited = async { (again.await, rejected.elapsed()) };
        let (again, elapsed) = tokio::time::timeout(Duration::from_secs(30), waited).await.expect("redelivered");
        assert!(elapsed >= delay, "redelivered after {elapsed:?}");
        let again = again.unwrap().unwrap();
        assert_eq!(text(&again.message), "x");
        if attempt == 5 {
            again.acknowledger.acknowledge().await.unwrap();
            return nothing(&mut subscription).await;
        }
        again.acknowledger.reject(Duration::ZERO).await.unwrap();
    }
}

pub async fn dropped_unsettled_comes_again<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !transport.capabilities().acknowledge {
        return;
    }
    let channel = channel("dropped/{n}");
    let mut subscription = join(&transport, channel, "one", 1).await;
    publish(&transport, channel, Message::new("x").with_id("x")).await;
    drop(next(&mut subscription).await);
    let again = next(&mut subscription).await;
    assert_eq!(again.message.id.as_deref(), Some("x"));
    if transport.capabilities().delivery_count {
        assert_eq!(again.attempt, 2);
    }
    again.acknowledger.acknowledge().await.unwrap();
    nothing(&mut subscription).await;
}

pub async fn trap_12_room_is_respected<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !transport.capabilities().acknowledge {
        return;
    }
    let channel = channel("room/{n}");
    let mut subscription = join(&transport, channel, "one", 2).await;
    for number in 0..3 {
        publish(&transport, channel, Message::new(number.to_string())).await;
    }
    let (first, second) = (next(&mut subscription).await, next(&mut subscription).await);
    nothing(&mut subscription).await;
    let mut came = vec![text(&first.message).to_owned(), text(&second.message).to_owned()];
    first.acknowledger.acknowledge().await.unwrap();
    came.push(text(&take(&mut subscription).await).to_owned());
    // Without a key there is no order.
    came.sort();
    assert_eq!(came, ["0", "1", "2"]);
    second.acknowledger.acknowledge().await.unwrap();
}

pub async fn keyed_messages_wait_for_the_one_before<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !(transport.capabilities().keyed_order && transport.capabilities().native_delay) {
        return;
    }
    let channel = channel("keyed/{n}");
    let mut subscription = join(&transport, channel, "one", 8).await;
    for (key, number) in [("a", "1"), ("a", "2"), ("b", "3")] {
        publish(&transport, channel, Message::new(number).with_key(key)).await;
    }
    let first = next(&mut subscription).await;
    assert_eq!(text(&first.message), "1");
    assert_eq!(text(&take(&mut subscription).await), "3");
    nothing(&mut subscription).await;
    // Also while the first waits for redelivery.
    first.acknowledger.reject(Duration::from_secs(1)).await.unwrap();
    nothing(&mut subscription).await;
    assert_eq!(text(&take(&mut subscription).await), "1");
    assert_eq!(text(&take(&mut subscription).await), "2");
}

pub async fn parameters_select_addresses<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    let plain = channel("parameters{n}");
    let address = address(plain);
    let template: &'static str = Box::leak(format!("{address}/{{orderId}}/created").into_boxed_str());
    let channel = Box::leak(Box::new(tidings_runtime::message::Channel::new(plain.key(), Some(template))));
    let mut subscription = join(&transport, channel, "one", 8).await;
    for suffix in ["7/created", "7/cancelled", "7/8/created", "created"] {
        let published = format!("{address}/{suffix}");
        transport.publish(Some(channel), &published, Message::new("x")).await.unwrap();
    }
    let delivery = next(&mut subscription).await;
    assert_eq!(channel.template().extract(&delivery.address), Some(vec![("orderId", "7")]));
    delivery.acknowledger.acknowledge().await.unwrap();
    nothing(&mut subscription).await;
}
