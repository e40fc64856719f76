//! Two validators that nobody in this project wrote, asked together.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;
use tidings::document::Dialect;

/// What both call the schema; nothing is fetched.
const NAME: &str = "urn:tidings:schema";

/// A schema, read by both.
pub struct Oracle {
    one: jsonschema::Validator,
    other: Schemas,
    index: SchemaIndex,
}

impl Oracle {
    /// Reads a schema by a draft.
    ///
    /// # Errors
    /// Says which validator refuses the schema, and why.
    pub fn new(schema: &Value, dialect: Dialect) -> Result<Self, String> {
        let (draft, other_draft) = match dialect {
            Dialect::Draft4 => (jsonschema::Draft::Draft4, boon::Draft::V4),
            Dialect::Draft6 => (jsonschema::Draft::Draft6, boon::Draft::V6),
            Dialect::Draft7 => (jsonschema::Draft::Draft7, boon::Draft::V7),
            Dialect::Draft2019 => (jsonschema::Draft::Draft201909, boon::Draft::V2019_09),
            Dialect::Draft2020 => (jsonschema::Draft::Draft202012, boon::Draft::V2020_12),
        };
        let built = jsonschema::options().with_draft(draft).should_validate_formats(false).build(schema);
        let one = built.map_err(|error| format!("jsonschema: {schema}: {error}"))?;
        let (mut other, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(other_draft);
        let refused = |error: boon::CompileError| format!("boon: {schema}: {error}");
        compiler.add_resource(NAME, schema.clone()).map_err(refused)?;
        let index = compiler.compile(NAME, &mut other).map_err(refused)?;
        Ok(Self { one, other, index })
    }

    /// Is a value one of the schema? `None` where the two disagree.
    pub fn accepts(&self, value: &Value) -> Option<bool> {
        let (one, other) = (self.one.is_valid(value), self.other.validate(value, self.index).is_ok());
        (one == other).then_some(one)
    }
}
