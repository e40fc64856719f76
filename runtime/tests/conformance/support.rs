//! Channels, handlers and waiting for tests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tidings_runtime::consume::{Consumer, DeadLetter, Dispatch, Failure, Received};
use tidings_runtime::message::{Action, Channel, Message, Operation, Prepared, Publication};
use tidings_runtime::transport::{Acknowledger, Delivery, PublishError, Receipt, Subscribe, Subscription, Transport};

/// Makes connections to one broker.
pub trait Factory {
    type Transport: Transport;
    fn transport(&self) -> impl Future<Output = Self::Transport>;
}

pub type AcknowledgerOf<T> = <<T as Transport>::Subscription as Subscription>::Acknowledger;

/// A channel that no other test uses; `{n}` in the address becomes its number.
pub fn channel(address: &str) -> &'static Channel {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
    let address: &'static str = Box::leak(address.replace("{n}", &number).into_boxed_str());
    let key: &'static str = Box::leak(format!("channel{number}").into_boxed_str());
    Box::leak(Box::new(Channel::new(key, Some(address))))
}

pub fn operation(channel: &'static Channel) -> &'static Operation {
    let key: &'static str = Box::leak(format!("on_{}", channel.key()).into_boxed_str());
    Box::leak(Box::new(Operation::new(key, channel, Action::Receive)))
}

/// The channel that the dead letters of `source` go to.
pub fn letters(source: &'static Channel) -> &'static Channel {
    let address: &'static str = Box::leak(DeadLetter::Derived.address(source).into_boxed_str());
    channel(address)
}

/// The address of a channel without parameters.
pub fn address(channel: &'static Channel) -> &'static str {
    channel.address().unwrap()
}

/// A function as dispatch.
pub struct Handle<F>(pub F);

impl<F, R> Dispatch for Handle<F>
where
    F: Fn(Received) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), Failure>> + Send,
{
    async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
        (self.0)(received.clone()).await
    }
}

pub fn consumer<F, R>(operation: &'static Operation, handler: F) -> Consumer<Handle<F>>
where
    F: Fn(Received) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), Failure>> + Send,
{
    tidings_runtime::codegen::routing::consumer(operation, Handle(handler))
}

/// Waits until `condition` holds; fails after a minute.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap_or_else(|_| panic!("never happened: {what}"));
}

pub async fn publish<T: Transport>(transport: &T, channel: &'static Channel, message: Message) {
    transport.publish(Some(channel), address(channel), message).await.unwrap();
}

pub async fn join<T: Transport>(
    transport: &T,
    channel: &'static Channel,
    group: &str,
    max_in_flight: usize,
) -> T::Subscription {
    let group = format!("{group}-{}", channel.key());
    transport.subscribe(Subscribe::new(channel, group).with_max_in_flight(max_in_flight)).await.unwrap()
}

/// The next delivery, which must come.
pub async fn next<S: Subscription>(subscription: &mut S) -> Delivery<S::Acknowledger> {
    let next = tokio::time::timeout(Duration::from_secs(30), subscription.next());
    next.await.expect("no delivery came").expect("the subscription is over").expect("receiving failed")
}

/// Nothing comes for a while.
pub async fn nothing<S: Subscription>(subscription: &mut S) {
    let next = tokio::time::timeout(Duration::from_millis(300), subscription.next()).await;
    assert!(next.is_err(), "a delivery came that must not");
}

/// The next message, acknowledged.
pub async fn take<S: Subscription>(subscription: &mut S) -> Message {
    let delivery = next(subscription).await;
    delivery.acknowledger.acknowledge().await.unwrap();
    Message::clone(&delivery.message)
}

pub fn text(message: &Message) -> &str {
    std::str::from_utf8(&message.payload).unwrap()
}

/// What a producer publishes to a channel.
pub fn sending(channel: &'static Channel) -> &'static Publication {
    let operation: &'static Operation = Box::leak(Box::new(Operation::new("send", channel, Action::Send)));
    Box::leak(Box::new(Publication::new(operation, "message", &[])))
}

/// Publishes as generated producers do.
pub async fn send<T: Transport>(
    transport: &T,
    publication: &'static Publication,
    message: Message,
) -> Result<Receipt, PublishError> {
    let to = address(publication.operation().channel()).to_owned();
    Prepared::new(publication, to, message).publish(transport).await
}

/// Names the test that this process runs alone.
const ALONE: &str = "TIDINGS_TEST_ALONE";

/// Whether this process runs that test and nothing else; otherwise such a process has run it, and passed.
pub fn is_alone(test: &str) -> bool {
    if std::env::var(ALONE).is_ok_and(|name| name == test) {
        return true;
    }
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--include-ignored", "--nocapture"]).env(ALONE, test);
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}
