//! The signals that end a service.
//!
//! In: ctrl-c, on unix also SIGTERM. Out: a future that resolves at the first one. The second one ends the process at once.

use std::future::pending;

/// Resolves at ctrl-c (SIGINT), on unix also at SIGTERM; meant for [`Service::run_until`](super::Service::run_until).
///
/// A second signal while the service drains ends the process at once, with exit status 130, without running destructors:
/// whoever sends it has no patience left, and unsettled deliveries come again. Where the signals cannot be listened to
/// (a platform without them) the future never resolves.
pub async fn shutdown_signal() {
    let mut signals = Signals::listen();
    signals.next().await;
    tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("second signal: leaving at once");
        std::process::exit(130);
    });
}

#[cfg(unix)]
struct Signals([Option<tokio::signal::unix::Signal>; 2]);

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self([SignalKind::interrupt(), SignalKind::terminate()].map(|kind| {
            signal(kind).inspect_err(|error| tracing::warn!(%error, "a signal cannot be listened to")).ok()
        }))
    }

    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! {
            () = received(interrupt) => (),
            () = received(terminate) => (),
        }
    }
}

#[cfg(unix)]
async fn received(signal: &mut Option<tokio::signal::unix::Signal>) {
    let arrived = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if arrived.is_none() {
        pending::<()>().await;
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "ctrl-c cannot be listened to");
            pending::<()>().await;
        }
    }
}
