//! Values against schemas: does an example, a default, a sample fit?
//!
//! In: a schema in its language, and values of the same run's files. Out: every fault of a value, with its place inside the
//! value. `format` is asserted. What cannot be judged (a keyword that the IR does not know, a schema of great size) is an
//! error with the reason, never a verdict.

use super::inclusion::engine::Critic;
use super::inclusion::plain;
use super::inclusion::profile::Reading;
use super::{Reader, SchemaId, Schemas};
use crate::document::{SchemaFormat, SchemaUse};
use crate::reference::Files;
use crate::syntax::{Node, to_json};
use serde_json::Value;

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
    critic: Critic,
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
        Ok(Self { critic: Critic::new(&schema)?, weight: schema.to_string().len() })
    }

    /// Prepares a schema of a document's model, for values that are written as JSON has them.
    ///
    /// # Errors
    /// Says why no value can be judged by it.
    pub fn of(files: &Files, used: &SchemaUse) -> Result<Self, String> {
        if matches!(used.format, SchemaFormat::Avro | SchemaFormat::Protobuf) {
            return Err("its values are no JSON".to_owned());
        }
        let mut reader = Reader::new(files);
        let schema = reader.read(used.node, &used.format).ok_or("its language is not read")?;
        Self::new(files, &reader.finish(), schema)
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
        let instance: Value =
            serde_json::from_str(&to_json(value)).map_err(|error| format!("not a value of JSON: {error}"))?;
        let faults = self.critic.faults(&instance).into_iter();
        Ok(faults.map(|(pointer, message)| fault(value, &pointer, &message)).collect())
    }

    /// The same of a value that stands in no file: a sentence for each fault, with the JSON pointer of its place.
    pub fn sentences(&self, value: &Value) -> Vec<String> {
        let sentence = |(pointer, message): (String, String)| {
            if pointer.is_empty() { message } else { format!("{pointer}: {message}") }
        };
        self.critic.faults(value).into_iter().map(sentence).collect()
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
    let cut = message.char_indices().nth(SHOWN_CHARACTERS).and_then(|(end, _)| message.get(..end));
    Fault { node, message: cut.map_or_else(|| message.clone(), |cut| format!("{cut}…")) }
}
