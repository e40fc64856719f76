//! The one place that knows the crate `jsonschema`: validating values, and proving that a schema covers another.
//!
//! In: two plain schemas. Out: [`Engine::confirms`], by which every witness is judged, and [`Prover::included`], which has
//! no bound on time: whoever calls has one.

use jsonschema::canonical::{CanonicalSchema, CanonicalizationError, Containment, options};
use jsonschema::{Draft, Validator};
use serde_json::Value;
use std::cell::OnceCell;

/// More faults of one value are not told.
const MOST_FAULTS: usize = 8;

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
    /// Built when they are needed: most questions are answered without.
    validators: OnceCell<Result<[Validator; 2], String>>,
}

impl Engine {
    pub(super) fn new(old: Value, new: Value) -> Self {
        Self { old, new, validators: OnceCell::new() }
    }

    /// Does the one schema accept a value, and the other refuse it?
    ///
    /// # Errors
    /// Says why one of them is no schema.
    pub(super) fn confirms(&self, accepts: Which, value: &Value) -> Result<bool, String> {
        let built = self.validators.get_or_init(|| Ok([compile(&self.old, false)?, compile(&self.new, false)?]));
        let [old, new] = built.as_ref().map_err(String::clone)?;
        let (accepts, refuses) = if accepts == Which::Old { (old, new) } else { (new, old) };
        Ok(accepts.is_valid(value) && !refuses.is_valid(value))
    }
}

/// Two schemas in canonical form.
pub(super) struct Prover {
    old: CanonicalSchema,
    new: CanonicalSchema,
}

impl Prover {
    /// Brings both schemas into the form in which inclusion can be proved.
    ///
    /// # Errors
    /// Says why that is not possible.
    pub(super) fn new(old: &Value, new: &Value) -> Result<Self, String> {
        let canonical = |schema| canonical(schema).map_err(|error| reason(&error));
        Ok(Self { old: canonical(old)?, new: canonical(new)? })
    }

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

/// A schema that says why it refuses a value. `format` is asserted.
#[derive(Debug)]
pub(in crate::schema) struct Critic {
    validator: Validator,
}

impl Critic {
    /// Compiles a plain schema.
    ///
    /// # Errors
    /// Says why it is no schema.
    pub(in crate::schema) fn new(schema: &Value) -> Result<Self, String> {
        Ok(Self { validator: compile(schema, true)? })
    }

    /// What is wrong with a value: a JSON pointer into it, and a sentence that calls the part there `value`.
    pub(in crate::schema) fn faults(&self, value: &Value) -> Vec<(String, String)> {
        let errors = self.validator.iter_errors(value).take(MOST_FAULTS);
        errors.map(|error| (error.instance_path().to_string(), error.masked().to_string())).collect()
    }
}

/// What a schema accepts; `None` where it is none.
pub(super) fn predicate(schema: &Value) -> Option<impl Fn(&Value) -> bool + use<>> {
    let validator = compile(schema, false).ok()?;
    Some(move |value: &Value| validator.is_valid(value))
}

/// The same, formats included.
///
/// # Errors
/// Says why it is no schema.
pub(super) fn predicate_with_formats(schema: &Value) -> Result<impl Fn(&Value) -> bool + use<>, String> {
    let validator = compile(schema, true)?;
    Ok(move |value: &Value| validator.is_valid(value))
}

fn compile(schema: &Value, formats_asserted: bool) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(formats_asserted)
        .build(schema)
        .map_err(|error| format!("not a schema: {}", error.masked()))
}

fn canonical(schema: &Value) -> Result<CanonicalSchema, CanonicalizationError> {
    options().with_draft(Draft::Draft202012).should_validate_formats(false).offline().canonicalize(schema)
}

fn reason(error: &CanonicalizationError) -> String {
    format!("no witness was found, and no proof is possible: {error}")
}
