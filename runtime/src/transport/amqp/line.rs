//! A connection that is made again when it was lost.
//!
//! In: where connections come from. Out: the connection as it is now. What always holds: however many ask, one at a time connects, and after
//! a failure none does before a pause that grows.

use std::sync::Arc;
use std::time::Duration;

use lapin::Connection;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::endpoint::Source;
use crate::consume::Backoff;
use crate::transport::TransportError;

/// A connection from one source.
pub(super) struct Line {
    source: Arc<Source>,
    state: Mutex<State>,
    backoff: Backoff,
}

#[derive(Default)]
struct State {
    connection: Option<Arc<Connection>>,
    failures: u32,
    /// The last failure, and when the next try may be.
    failed: Option<(String, Instant)>,
}

impl Line {
    pub(super) fn new(source: Arc<Source>) -> Self {
        let backoff = Backoff::exponential(Duration::from_millis(100)).max_delay(Duration::from_secs(2));
        Self { source, state: Mutex::default(), backoff }
    }

    /// The connection, made if there is none.
    ///
    /// # Errors
    /// It cannot be made now.
    pub(super) async fn connection(&self) -> Result<Arc<Connection>, TransportError> {
        let mut state = self.state.lock().await;
        if let Some(connection) = state.connection.as_ref().filter(|connection| connection.status().connected()) {
            return Ok(Arc::clone(connection));
        }
        state.connection = None;
        if let Some((fault, _)) = state.failed.as_ref().filter(|(_, next)| *next > Instant::now()) {
            return Err(TransportError::transient(fault.clone()));
        }
        match self.source.connect().await {
            Ok(connection) => {
                *state = State { connection: Some(Arc::clone(&connection)), ..State::default() };
                Ok(connection)
            }
            Err(error) => {
                state.failures = state.failures.saturating_add(1);
                state.failed = Some((error.to_string(), Instant::now() + self.backoff.delay(state.failures)));
                Err(error)
            }
        }
    }

    /// Whether publications wait because the server is short of memory or disk.
    pub(super) async fn is_blocked(&self) -> bool {
        self.state.lock().await.connection.as_ref().is_some_and(|connection| connection.status().blocked())
    }

    /// Makes a new connection the next time: this one gives no sign of life.
    pub(super) async fn forget(&self) {
        self.state.lock().await.connection = None;
    }

    /// Closes the connection, if there is one.
    ///
    /// # Errors
    /// The server did not confirm.
    pub(super) async fn close(&self) -> Result<(), TransportError> {
        let connection = self.state.lock().await.connection.take();
        match connection.filter(|connection| connection.status().connected() && !self.source.is_lent()) {
            Some(connection) => connection.close(200, "closed".into()).await.map_err(TransportError::transient),
            None => Ok(()),
        }
    }
}
