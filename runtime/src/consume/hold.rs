//! Keeping hold of a delivery while something takes its time, and surviving what handlers do.
//!
//! In: a future. Out: its result, a panic as text, or the end of its time. A held delivery gets its heartbeats.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use crate::transport::Acknowledger;

/// Runs `future` to its end and tells the transport every `heartbeat` that the delivery is still worked on.
pub(crate) async fn hold<F: Future>(
    future: F,
    acknowledger: &mut impl Acknowledger,
    heartbeat: Option<Duration>,
) -> F::Output {
    let Some(heartbeat) = heartbeat.filter(|interval| !interval.is_zero()) else {
        return future.await;
    };
    let mut future = pin!(future);
    loop {
        match within(heartbeat, future.as_mut()).await {
            Some(output) => return output,
            None => {
                if let Err(error) = acknowledger.progress().await {
                    tracing::warn!(%error, "the transport did not take a heartbeat");
                }
            }
        }
    }
}

/// Runs `future` for at most `limit`, from when it first has to wait: one that is ready at once needs no timer.
pub(crate) async fn within<F: Future>(limit: Duration, mut future: Pin<&mut F>) -> Option<F::Output> {
    match std::future::poll_fn(|task| Poll::Ready(future.as_mut().poll(task))).await {
        Poll::Ready(output) => Some(output),
        Poll::Pending => tokio::time::timeout(limit, future).await.ok(),
    }
}

/// Runs `future`, which comes from a user; a panic ends it and becomes its message.
pub(crate) async fn catch_panic<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    std::future::poll_fn(move |task| {
        // A future that panicked is not polled again, so nothing sees its broken state.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(task))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(payload) => Poll::Ready(Err(panic_text(payload.as_ref()))),
        }
    })
    .await
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("the handler panicked without a message").to_owned()
}
