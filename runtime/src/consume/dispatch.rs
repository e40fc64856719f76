//! The step between a received message and its handler, and layers around it.
//!
//! In: [`Received`]. Out: done, or a [`Failure`]. Everything is generic, so a layer costs a call and no box.

use super::{Failure, Received};

/// Decodes a message and calls its handler; generated code implements it, layers wrap it.
pub trait Dispatch: Send + Sync + 'static {
    /// Handles one message. Called again with the same message and a higher attempt when it fails.
    fn dispatch(&self, received: &Received) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Wraps a dispatch in another one.
pub trait Layer<D> {
    /// The wrapped dispatch.
    type Dispatch: Dispatch;

    /// Wraps `inner`.
    fn layer(self, inner: D) -> Self::Dispatch;
}
