//! The in-memory broker under the conformance suite, and what only it offers.

#![cfg(feature = "memory")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;

use tidings_runtime::Service;
use tidings_runtime::message::Message;
use tidings_runtime::request::{Exchange, Requester, respond};
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::transport::{PublishError, Subscription, Transport};

#[macro_use]
#[cfg(test)]
mod conformance;
use conformance::{Factory, address, ask, channel, consumer, join, next, operation, publish, take, text, until};

struct Memory(Broker);

impl Factory for Memory {
    type Transport = Broker;
    async fn transport(&self) -> Broker {
        self.0.connect()
    }
}

conformance!(tokio::test(start_paused = true), Memory(Broker::new()));

#[tokio::test(start_paused = true)]
async fn a_group_keeps_what_comes_while_it_has_no_member() {
    let broker = Broker::new();
    let channel = channel("durable/{n}");
    publish(&broker, channel, Message::new("before the group")).await;
    drop(join(&broker, channel, "one", 1).await);
    publish(&broker, channel, Message::new("after")).await;
    let mut member = join(&broker, channel, "one", 1).await;
    assert_eq!(text(&take(&mut member).await), "after");
    assert_eq!(broker.pending(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_group_refuses_and_no_group_gets_the_message() {
    let broker = Broker::new().with_queue_limit(2).with_log_limit(1);
    let channel = channel("full/{n}");
    let mut busy = join(&broker, channel, "busy", 1).await;
    let _idle = join(&broker, channel, "idle", 1).await;
    publish(&broker, channel, Message::new("1")).await;
    publish(&broker, channel, Message::new("2")).await;
    take(&mut busy).await;
    take(&mut busy).await;
    let refused = broker.publish(Some(channel), address(channel), Message::new("3")).await;
    assert!(matches!(refused, Err(PublishError::Transport(error)) if error.transient));
    conformance::nothing(&mut busy).await;
    let log = broker.published(address(channel));
    assert_eq!(log.iter().map(text).collect::<Vec<_>>(), ["2"]);
}

#[tokio::test(start_paused = true)]
async fn settled_waits_for_the_last_acknowledgement() {
    let broker = Broker::new();
    broker.settled().await;
    let channel = channel("settled/{n}");
    let mut member = join(&broker, channel, "one", 1).await;
    publish(&broker, channel, Message::new("x")).await;
    let delivery = next(&mut member).await;
    let early = tokio::time::timeout(Duration::from_secs(1), broker.settled()).await;
    assert!(early.is_err());
    let acknowledging = tidings_runtime::transport::Acknowledger::acknowledge(delivery.acknowledger);
    let (settled, ()) = tokio::join!(acknowledging, broker.settled());
    settled.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_closed_connection_refuses_and_leaves_the_others_open() {
    let broker = Broker::new();
    let other = broker.connect();
    let channel = channel("closed/{n}");
    let mut member = join(&broker, channel, "one", 1).await;
    broker.close(Duration::ZERO).await.unwrap();
    assert!(member.next().await.is_none());
    assert!(broker.publish(None, address(channel), Message::new("x")).await.is_err());
    publish(&other, channel, Message::new("x")).await;
    assert_eq!(other.published(address(channel)).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn trap_13_a_reply_is_confirmed_before_its_request_is_acknowledged() {
    static EXCHANGE: Exchange = Exchange::new(None, None, &[]);
    let broker = Broker::new();
    let channel = channel("answered/{n}");
    let replies = broker.clone();
    let consumer = consumer(operation(channel), move |received| {
        let replies = replies.clone();
        async move {
            let handling = async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok((Message::new("yes"), None))
            };
            respond(&replies, &EXCHANGE, &received, None, handling).await
        }
    });
    let running = Service::new(broker.clone()).consumer(consumer).start().await.unwrap();
    let requester = Requester::open(broker.clone(), &EXCHANGE, None).await.unwrap();
    let asking = tokio::spawn({
        let requester = requester.clone();
        async move { requester.request(ask(channel, "?"), None).await }
    });
    until("the request is there", || broker.pending() > 0).await;
    // The first reply is not confirmed: the request is handled again, and answered once.
    broker.fail_next_publishes(1);
    assert_eq!(text(asking.await.unwrap().unwrap().message()), "yes");
    broker.settled().await;
    let nowhere = Message::new("?").with_reply_to("$JS.API.>");
    for lost in [Message::new("?"), nowhere] {
        publish(&broker, channel, lost).await;
    }
    broker.settled().await;
    assert_eq!(requester.ignored(), 0);
    // Its inbox is gone with the requester, and replies to it go nowhere.
    drop(requester);
    let total = running.shutdown().await.unwrap().total();
    assert_eq!(
        (total.retried, total.dead_lettered),
        (1, 2),
        "a request that says not where its reply goes is a dead letter"
    );
}

/// Channels live as long as the program: who opens requesters for ever must not make them for ever.
#[tokio::test(start_paused = true)]
async fn the_inboxes_of_requesters_are_used_again() {
    static EXCHANGE: Exchange = Exchange::new(None, None, &[]);
    let broker = Broker::new();
    let open = async || Requester::open(broker.clone(), &EXCHANGE, None).await.unwrap();
    let (first, other) = (open().await, open().await);
    let [inbox, elsewhere] = [&first, &other].map(|requester| format!("{requester:?}"));
    assert_ne!(inbox, elsewhere);
    drop(first);
    // Replies that are late may still come.
    tokio::time::sleep(Duration::from_secs(50)).await;
    let mut open_inboxes = vec![open().await];
    assert_ne!(format!("{:?}", open_inboxes[0]), inbox);
    tokio::time::sleep(Duration::from_secs(20)).await;
    // Those of other tests rest in the same place.
    while !open_inboxes.iter().any(|requester| format!("{requester:?}") == inbox) {
        assert!(open_inboxes.len() < 1_000, "{inbox} is not used again");
        open_inboxes.push(open().await);
    }
}
