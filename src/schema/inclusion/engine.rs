//! The one place that knows the crate `jsonschema`: validating values, and proving that a schema covers another.
//!
//! In: two plain schemas. Out: [`Engine::accepts`], by which every witness is judged, and [`Engine::prove`]. The algebra
//! behind the proofs is young and has no bound of its own on time, so it runs beside and is given up after a while; what
//! it does there can neither hang nor bring down the caller.

use jsonschema::canonical::{CanonicalSchema, CanonicalizationError, Containment, options};
use jsonschema::{Draft, Validator};
use serde_json::Value;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// How long a proof may take.
const PATIENCE: Duration = Duration::from_millis(700);
/// Deep schemas need a deep stack.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// One of the two schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Old,
    New,
}

/// What became of a proof.
#[derive(Debug)]
pub(super) enum Proof {
    /// Inclusion holds.
    Holds,
    /// There is no proof.
    Open {
        /// Why not.
        reason: String,
        /// A schema of the values in question, if there is one.
        leftover: Option<Value>,
    },
}

impl Proof {
    /// A schema of the values that might be witnesses.
    pub(super) fn leftover(&self) -> Option<&Value> {
        match self {
            Self::Open { leftover, .. } => leftover.as_ref(),
            Self::Holds => None,
        }
    }

    fn open(reason: impl Into<String>) -> Self {
        Self::Open { reason: reason.into(), leftover: None }
    }
}

/// Two schemas, ready to be asked.
pub(super) struct Engine {
    pub(super) old: Arc<Value>,
    pub(super) new: Arc<Value>,
    validators: [Validator; 2],
}

impl Engine {
    /// Compiles both schemas.
    ///
    /// # Errors
    /// Says why one of them is no schema.
    pub(super) fn new(old: Value, new: Value) -> Result<Self, String> {
        let validators = [compile(&old)?, compile(&new)?];
        Ok(Self { old: Arc::new(old), new: Arc::new(new), validators })
    }

    /// Does a schema accept a value?
    pub(super) fn accepts(&self, which: Which, value: &Value) -> bool {
        let [old, new] = &self.validators;
        match which {
            Which::Old => old.is_valid(value),
            Which::New => new.is_valid(value),
        }
    }

    /// Tries to prove backward and forward inclusion, those that are wanted.
    pub(super) fn prove(&self, wanted: [bool; 2]) -> [Proof; 2] {
        let nothing = |reason: &str| [Proof::open(reason), Proof::open(reason)];
        if wanted == [false, false] {
            return nothing("not asked for");
        }
        let (old, new) = (Arc::clone(&self.old), Arc::clone(&self.new));
        let (answer, answered) = sync_channel(1);
        let work = move || {
            let proofs = match (canonical(&old), canonical(&new)) {
                (Ok(old), Ok(new)) => {
                    let prove = |wanted, inner, outer| if wanted { covers(inner, outer) } else { Proof::open("") };
                    let [backward, forward] = wanted;
                    [prove(backward, &old, &new), prove(forward, &new, &old)]
                }
                (Err(error), _) | (_, Err(error)) => [Proof::open(reason(&error)), Proof::open(reason(&error))],
            };
            // Nobody may be listening any more.
            let _ = answer.send(proofs);
        };
        match std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work) {
            Err(_) => nothing("no thread could be started for the proof"),
            Ok(_) => match answered.recv_timeout(PATIENCE) {
                Ok(proofs) => proofs,
                Err(RecvTimeoutError::Timeout) => nothing("budget: no proof was found in time, nor a witness"),
                Err(RecvTimeoutError::Disconnected) => nothing("the proof ended in a fault of its own"),
            },
        }
    }
}

/// What a schema accepts; `None` where it is none.
pub(super) fn predicate(schema: &Value) -> Option<impl Fn(&Value) -> bool + use<>> {
    let validator = compile(schema).ok()?;
    Some(move |value: &Value| validator.is_valid(value))
}

fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(false)
        .build(schema)
        .map_err(|error| format!("not a schema: {error}"))
}

fn canonical(schema: &Value) -> Result<CanonicalSchema, CanonicalizationError> {
    options().with_draft(Draft::Draft202012).should_validate_formats(false).offline().canonicalize(schema)
}

fn covers(inner: &CanonicalSchema, outer: &CanonicalSchema) -> Proof {
    match outer.covers(inner) {
        Ok(Containment::Yes) => Proof::Holds,
        Ok(_) => Proof::Open {
            reason: "neither a proof nor a witness was found".to_owned(),
            leftover: inner.subtract(outer).ok().map(|difference| difference.to_json_schema()),
        },
        Err(error) => Proof::open(reason(&error)),
    }
}

fn reason(error: &CanonicalizationError) -> String {
    format!("no witness was found, and no proof is possible: {error}")
}
