//! The one place that knows the crate `jsonschema`: validating values, and proving that a schema covers another.
//!
//! In: two plain schemas. Out: [`Engine::accepts`], by which every witness is judged, and [`Prover::included`]. Neither
//! has a bound on time: whoever calls has one.

use jsonschema::canonical::{CanonicalSchema, CanonicalizationError, Containment, options};
use jsonschema::{Draft, Validator};
use serde_json::Value;

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

/// Two schemas, ready to be asked.
pub(super) struct Engine {
    pub(super) old: Value,
    pub(super) new: Value,
    validators: [Validator; 2],
}

impl Engine {
    /// Compiles both schemas.
    ///
    /// # Errors
    /// Says why one of them is no schema.
    pub(super) fn new(old: Value, new: Value) -> Result<Self, String> {
        let validators = [compile(&old)?, compile(&new)?];
        Ok(Self { old, new, validators })
    }

    /// Does a schema accept a value?
    pub(super) fn accepts(&self, which: Which, value: &Value) -> bool {
        let [old, new] = &self.validators;
        match which {
            Which::Old => old.is_valid(value),
            Which::New => new.is_valid(value),
        }
    }

    /// Brings both schemas into the form in which inclusion can be proved.
    ///
    /// # Errors
    /// Says why that is not possible.
    pub(super) fn prover(&self) -> Result<Prover, String> {
        let canonical = |schema| canonical(schema).map_err(|error| reason(&error));
        Ok(Prover { old: canonical(&self.old)?, new: canonical(&self.new)? })
    }
}

/// Two schemas in canonical form.
pub(super) struct Prover {
    old: CanonicalSchema,
    new: CanonicalSchema,
}

impl Prover {
    /// Is every value of this schema a value of the other?
    pub(super) fn included(&self, inner: Which) -> Proof {
        let (inner, outer) = match inner {
            Which::Old => (&self.old, &self.new),
            Which::New => (&self.new, &self.old),
        };
        match outer.covers(inner) {
            Ok(Containment::Yes) => Proof::Holds,
            Ok(_) => Proof::Open {
                reason: "neither a proof nor a witness was found".to_owned(),
                leftover: inner.subtract(outer).ok().map(|difference| difference.to_json_schema()),
            },
            Err(error) => Proof::Open { reason: reason(&error), leftover: None },
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

fn reason(error: &CanonicalizationError) -> String {
    format!("no witness was found, and no proof is possible: {error}")
}
