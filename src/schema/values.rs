//! Values against schemas: does an example, a default, a sample fit?
//!
//! In: a schema in its language, and values of the same run's files. Out: every fault of a value, with its place inside the
//! value. `format` is asserted. What cannot be judged (a keyword that the IR does not know, a schema of great size) is an
//! error with the reason, never a verdict.

use super::inclusion::plain;
use super::inclusion::profile::Reading;
use super::{Reader, SchemaId, Schemas};
use crate::document::SchemaUse;
use crate::reference::Files;
use crate::syntax::{Node, to_json};
use jsonschema::{Draft, Validator};

/// Faults of one value that are told.
const MAXIMUM_FAULTS: usize = 8;
/// Longer messages are cut.
const SHOWN_CHARACTERS: usize = 160;

/// One thing that does not fit.
#[derive(Clone)]
pub struct Fault<'t> {
    /// The part of the value that does not fit.
    pub node: Node<'t>,
    /// What its schema asks for, such as `it is not of type "string"`.
    pub message: String,
}

/// A schema that values are held against.
#[derive(Debug)]
pub struct Judge {
    validator: Validator,
    weight: usize,
}

impl Judge {
    /// Prepares a schema.
    ///
    /// # Errors
    /// Says why no value can be judged by it.
    pub fn new(files: &Files, schemas: &Schemas, schema: SchemaId) -> Result<Self, String> {
        let schema =
            plain::choice(files, schemas, &[schema], Reading { formats_asserted: true, ..Reading::default() })?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .build(&schema)
            .map_err(|error| format!("not a schema: {}", error.masked()))?;
        Ok(Self { validator, weight: schema.to_string().len() })
    }

    /// Prepares one schema of a document.
    ///
    /// # Errors
    /// Says why no value can be judged by it.
    pub fn of(files: &Files, used: &SchemaUse) -> Result<Self, String> {
        let mut reader = Reader::new(files);
        let id = reader.read(used.node, &used.format).ok_or("its schema is in a language that is not read")?;
        Self::new(files, &reader.finish(), id)
    }

    /// Everything about a value of no file that does not fit, a sentence each, with the place inside the value.
    pub fn describe(&self, value: &serde_json::Value) -> Vec<String> {
        let errors = self.validator.iter_errors(value).take(MAXIMUM_FAULTS);
        let fault = |error: jsonschema::ValidationError<'_>| {
            let (path, text) = (error.instance_path().to_string(), shortened(&error.to_string()));
            if path.is_empty() { text } else { format!("{path}: {text}") }
        };
        errors.map(fault).collect()
    }

    /// The size of the schema with all that it refers to, in bytes.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Everything about a value that does not fit, in the order of the schema; nothing if the value is valid.
    ///
    /// # Errors
    /// Says why the value cannot be judged.
    pub fn faults<'t>(&self, value: Node<'t>) -> Result<Vec<Fault<'t>>, String> {
        let instance: serde_json::Value =
            serde_json::from_str(&to_json(value)).map_err(|error| format!("not a value of JSON: {error}"))?;
        let errors = self.validator.iter_errors(&instance).take(MAXIMUM_FAULTS);
        Ok(errors.map(|error| fault(value, error.instance_path().as_str(), &error.masked().to_string())).collect())
    }
}

/// A fault at a pointer inside a value.
fn fault<'t>(value: Node<'t>, pointer: &str, message: &str) -> Fault<'t> {
    let mut node = value;
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        let index = || key.parse().ok().and_then(|index| node.items().nth(index));
        match node.get(&key).or_else(index) {
            Some(next) => node = next,
            None => break,
        }
    }
    let message = message.strip_prefix("value ").map_or_else(|| message.to_owned(), |rest| format!("it {rest}"));
    Fault { node, message: shortened(&message) }
}

fn shortened(message: &str) -> String {
    let cut = message.char_indices().nth(SHOWN_CHARACTERS).and_then(|(end, _)| message.get(..end));
    cut.map_or_else(|| message.to_owned(), |cut| format!("{cut}…"))
}
