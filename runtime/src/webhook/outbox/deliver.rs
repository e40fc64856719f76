//! Delivering: claims what is due, makes one attempt each, writes down what came of it.

use super::{DISABLED, Outbox, OutboxError};
use crate::clock::milliseconds;
use crate::message::Message;
use crate::store::deliveries::{Attempt, Delivery, Next};
use crate::webhook::signature::{ID_HEADER, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What is kept of an answer, in bytes.
const ANSWER: usize = 20_000;
/// How long a worker sleeps at most: another process may have stored something.
const POLL: Duration = Duration::from_secs(1);
/// Answers by which a receiver says that it is overrun.
const THROTTLING: [StatusCode; 4] = [
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// What came of one request.
struct Answer {
    status: Option<StatusCode>,
    retry_after: Option<Duration>,
    /// It took too long.
    slow: bool,
    note: String,
}

impl Outbox {
    /// Delivers until `shutdown` resolves; then ends what was begun. Several workers may run at once, in one process or
    /// many.
    pub async fn deliver_until(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let room = Arc::new(Semaphore::new(self.shared.concurrency));
        let mut attempts = JoinSet::new();
        loop {
            let begun = async {
                // The semaphore is never closed, so there is always a permit in the end.
                let Ok(first) = Arc::clone(&room).acquire_owned().await else { return Vec::new() };
                let mut permits = vec![first];
                while let Ok(permit) = Arc::clone(&room).try_acquire_owned() {
                    permits.push(permit);
                }
                permits
            };
            let permits = tokio::select! {
                biased;
                () = shutdown.as_mut() => break,
                permits = begun => permits,
            };
            while attempts.try_join_next().is_some() {}
            // Not cancelled by the shutdown: what was claimed is attempted.
            let pause = match self.claim(permits.len()).await {
                Ok(deliveries) if !deliveries.is_empty() => {
                    for (delivery, permit) in deliveries.into_iter().zip(permits) {
                        let outbox = self.clone();
                        attempts.spawn(async move {
                            outbox.attempt(delivery).await;
                            drop(permit);
                        });
                    }
                    continue;
                }
                Ok(_) => self.pause().await,
                Err(error) => {
                    tracing::warn!(%error, "webhooks are not delivered");
                    POLL
                }
            };
            drop(permits);
            tokio::select! {
                biased;
                () = shutdown.as_mut() => break,
                () = self.shared.stored.notified() => (),
                () = tokio::time::sleep(pause) => (),
                // An endpoint that wants order may have its next delivery due now.
                Some(_) = attempts.join_next() => (),
            }
        }
        while attempts.join_next().await.is_some() {}
    }

    /// Delivers what is due now, once each; when the next delivery is due after that, in milliseconds since 1970.
    ///
    /// # Errors
    /// The database failed.
    pub async fn deliver_due(&self) -> Result<Option<i64>, OutboxError> {
        let mut attempts = JoinSet::new();
        for delivery in self.claim(self.shared.concurrency).await? {
            let outbox = self.clone();
            attempts.spawn(async move { outbox.attempt(delivery).await });
        }
        while attempts.join_next().await.is_some() {}
        Ok(self.shared.store.next_due().await?)
    }

    async fn claim(&self, limit: usize) -> Result<Vec<Delivery>, OutboxError> {
        let now = (self.shared.clock)();
        let until = now.saturating_add(milliseconds(self.shared.lease));
        Ok(self.shared.store.claim(now, until, limit.try_into().unwrap_or(i64::MAX)).await?)
    }

    async fn pause(&self) -> Duration {
        let Ok(Some(due)) = self.shared.store.next_due().await else { return POLL };
        let wait = due.saturating_sub((self.shared.clock)()).max(1);
        Duration::from_millis(wait.unsigned_abs()).min(POLL)
    }

    async fn attempt(&self, delivery: Delivery) {
        let shared = &self.shared;
        let begun = Instant::now();
        let answer = self.request(&delivery).await;
        let at = (shared.clock)();
        let number = delivery.attempts.saturating_add(1);
        let attempt = Attempt {
            event: delivery.event.clone(),
            number,
            at,
            milliseconds: milliseconds(begun.elapsed()),
            status: answer.status.map_or(0, |status| status.as_u16().into()),
            note: answer.note,
        };
        let throttled = answer.slow || answer.status.is_some_and(|status| THROTTLING.contains(&status));
        let gone = answer.status == Some(StatusCode::GONE);
        let next = match answer.status {
            Some(status) if status.is_success() => Next::Delivered,
            _ if gone => Next::Failed,
            _ => {
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                let delay = shared.schedule.delay(number, throttled, answer.retry_after);
                delay.map_or(Next::Failed, |delay| Next::Again { due_at: at.saturating_add(milliseconds(delay)) })
            }
        };
        let mut settled = shared.store.settle(&delivery, &attempt, next).await.map(|_| ());
        if !matches!(next, Next::Delivered) {
            let limit = if gone { at } else { at.saturating_sub(milliseconds(shared.disable_after)) };
            settled = match settled {
                Ok(()) => self.disable(&delivery, limit).await,
                failed => failed,
            };
        }
        if let Err(error) = settled {
            // The lease ends, and the attempt is made again.
            tracing::warn!(%error, event = delivery.event, "the outcome of an attempt was not stored");
        }
    }

    /// Disables the endpoint if it failed for too long, and tells its tenant by an event.
    async fn disable(&self, delivery: &Delivery, failing_since: i64) -> Result<(), sqlx::Error> {
        let endpoint = &delivery.endpoint;
        if !self.shared.store.disable(&endpoint.id, failing_since).await? {
            return Ok(());
        }
        tracing::warn!(endpoint = endpoint.id, tenant = endpoint.tenant, "the endpoint failed for too long: disabled");
        let payload = serde_json::json!({ "subscription": endpoint.id, "url": endpoint.url }).to_string();
        let message = Message::new(payload).with_content_type("application/json");
        match self.send(&endpoint.tenant, DISABLED, message).await {
            Err(OutboxError::Store(error)) => Err(sqlx::Error::Io(std::io::Error::other(error))),
            _ => Ok(()),
        }
    }

    async fn request(&self, delivery: &Delivery) -> Answer {
        let refused = |note: String| Answer { status: None, retry_after: None, slow: false, note };
        let endpoint = &delivery.endpoint;
        let Ok(url) = Url::parse(&endpoint.url) else { return refused("not a URL".to_owned()) };
        if let Err(error) = self.shared.destinations.check_url(&url) {
            return refused(error.to_string());
        }
        let now = (self.shared.clock)();
        let timestamp = now.unsigned_abs() / 1_000;
        let old = Some(&endpoint.old_secret).filter(|_| endpoint.old_secret_until > now);
        let message = &delivery.message;
        let signatures: Vec<String> = [Some(&endpoint.secret), old]
            .into_iter()
            .flatten()
            .filter_map(|text| Some(Secret::parse(text).ok()?.sign(&delivery.event, timestamp, &message.payload)))
            .collect();
        let mut request = self.shared.client.post(url);
        for (name, value) in message.headers.iter() {
            request = request.header(name, value.as_bytes());
        }
        request = request.header(ID_HEADER, &delivery.event).header(TIMESTAMP_HEADER, timestamp.to_string());
        request = request.header(SIGNATURE_HEADER, signatures.join(" "));
        request = request.header("webhook-event", &delivery.event_type);
        if let Some(content_type) = &message.content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let request = request.header(CONTENT_LENGTH, message.payload.len());
        match request.body(message.payload.clone()).send().await {
            Ok(response) => read(response).await,
            Err(error) => Answer { slow: error.is_timeout(), ..refused(super::super::sender::describe(&error)) },
        }
    }
}

/// Reads as much of an answer as is kept.
async fn read(mut response: Response) -> Answer {
    let status = response.status();
    let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= ANSWER {
            body.truncate(ANSWER);
            break;
        }
    }
    // PostgreSQL's texts hold no NUL.
    let note = String::from_utf8_lossy(&body).replace('\0', "\u{fffd}");
    Answer { status: Some(status), retry_after: after.map(Duration::from_secs), slow: false, note }
}
