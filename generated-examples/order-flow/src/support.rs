//! The people who look at what no service could handle.
//!
//! In: dead letters, bytes as they came. Out: a line, and the letter in the journal.

use bytes::Bytes;
use tidings_runtime::{Context, HandlerError, Raw, Service, Transport};

use crate::journal::{Journal, Who};
use crate::orders::{self, DeadLetterHeaders, DeadLetterReason, InspectDeadLetterHandler};

/// A dead letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The payload of the message that could not be handled.
    pub payload: Bytes,
    /// Why not.
    pub reason: DeadLetterReason,
    /// The address that it came from.
    pub source: String,
}

struct Support {
    journal: Journal,
}

/// The service on a connection of its own. What it cannot handle itself goes elsewhere.
pub fn service<T: Transport>(transport: T, journal: &Journal) -> Service<T> {
    Service::new(transport).consumer(orders::inspect_dead_letter(Support { journal: journal.clone() }))
}

impl InspectDeadLetterHandler for Support {
    async fn inspect_dead_letter(
        &self,
        Raw(payload): Raw,
        context: Context<(), DeadLetterHeaders>,
    ) -> Result<(), HandlerError> {
        let DeadLetterHeaders { x_dlq_reason: reason, x_dlq_source: source, .. } = context.headers;
        let detail = format!("{} bytes from {source}, {reason}", payload.len());
        self.journal.say(Who::Support, None, "dead letter", detail);
        self.journal.letter(Letter { payload, reason, source });
        Ok(())
    }
}
