//! A transport around another one, which puts on record what goes over it.
//!
//! In: calls of a transport. Out: the same calls of the inner one, and entries of the record. A publication is on record when
//! it was confirmed, a message is settled when the inner transport took its acknowledgement.

use std::sync::Arc;
use std::time::Duration;

use super::record::Shared;
use crate::consume::{Reason, Received};
use crate::message::{Channel, Message, Operation};
use crate::transport::{
    Acknowledger, Capabilities, Delivery, PublishError, Receipt, ReceiveError, SettleError, Subscribe, SubscribeError,
    Subscription, Transport, TransportError,
};

/// A transport that remembers; clones share what they remember.
#[derive(Clone, Debug)]
pub struct Bus<T> {
    inner: T,
    pub(super) record: Shared,
}

impl<T: Transport> Bus<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, record: Shared::default() }
    }

    /// The transport below.
    pub fn inner(&self) -> &T {
        &self.inner
    }

    /// Publishes by `publish`, and puts it on record.
    async fn recorded(
        &self,
        operation: Option<&'static Operation>,
        address: &str,
        message: Message,
        publish: impl Future<Output = Result<Receipt, PublishError>>,
    ) -> Result<Receipt, PublishError> {
        self.record.expect(address);
        let outcome = publish.await;
        match &outcome {
            Ok(_) => self.record.publication(operation, address, message),
            Err(_) => self.record.expect_no_more(address),
        }
        outcome
    }
}

impl<T: Transport> Transport for Bus<T> {
    type Subscription = BusSubscription<T::Subscription>;

    fn system(&self) -> &'static str {
        self.inner.system()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn publish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        self.recorded(None, address, message.clone(), self.inner.publish(channel, address, message)).await
    }

    async fn send(
        &self,
        operation: &'static Operation,
        bindings: &'static [(&'static str, &'static str)],
        address: &str,
        message: Message,
    ) -> Result<Receipt, PublishError> {
        let sending = self.inner.send(operation, bindings, address, message.clone());
        self.recorded(Some(operation), address, message, sending).await
    }

    async fn republish(
        &self,
        channel: Option<&'static Channel>,
        address: &str,
        message: Message,
        letter: &str,
    ) -> Result<Receipt, PublishError> {
        let publishing = self.inner.republish(channel, address, message.clone(), letter);
        self.recorded(None, address, message, publishing).await
    }

    async fn subscribe(&self, request: Subscribe) -> Result<Self::Subscription, SubscribeError> {
        let (name, channel) = (request.group.clone(), request.channel);
        let inner = self.inner.subscribe(request).await?;
        let group = self.record.join(&name, channel);
        Ok(BusSubscription { inner, group, record: Arc::clone(&self.record) })
    }

    async fn ping(&self) -> Result<(), TransportError> {
        self.inner.ping().await
    }

    async fn lag(&self, request: &Subscribe) -> Result<Option<u64>, TransportError> {
        self.inner.lag(request).await
    }

    fn attempted(&self, received: &Received, failure: Option<(Reason, &str)>) {
        self.record.call(received, failure);
    }

    async fn close(&self, deadline: Duration) -> Result<(), TransportError> {
        self.inner.close(deadline).await
    }
}

/// A subscription whose deliveries are put on record.
#[derive(Debug)]
pub struct BusSubscription<S> {
    inner: S,
    group: usize,
    record: Shared,
}

impl<S: Subscription> Subscription for BusSubscription<S> {
    type Acknowledger = BusAcknowledger<S::Acknowledger>;

    async fn next(&mut self) -> Option<Result<Delivery<Self::Acknowledger>, ReceiveError>> {
        let delivery = match self.inner.next().await? {
            Ok(delivery) => delivery,
            Err(error) => return Some(Err(error)),
        };
        let Delivery { message, address, attempt, position, acknowledger: inner } = delivery;
        let acknowledger = BusAcknowledger { inner, group: self.group, record: Arc::clone(&self.record) };
        Some(Ok(Delivery { message, address, attempt, position, acknowledger }))
    }
}

/// Settles a delivery, and puts that on record.
#[derive(Debug)]
pub struct BusAcknowledger<A> {
    inner: A,
    group: usize,
    record: Shared,
}

impl<A: Acknowledger> Acknowledger for BusAcknowledger<A> {
    async fn acknowledge(self) -> Result<(), SettleError> {
        self.inner.acknowledge().await?;
        self.record.acknowledged(self.group);
        Ok(())
    }

    async fn reject(self, redeliver_after: Duration) -> Result<(), SettleError> {
        self.inner.reject(redeliver_after).await
    }

    async fn progress(&mut self) -> Result<(), SettleError> {
        self.inner.progress().await
    }
}
