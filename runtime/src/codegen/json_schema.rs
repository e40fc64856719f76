//! JSON Schemas of generated types, for `schemars`.
//!
//! In: a table of schemas as text, made by the generator. Out: what `JsonSchema` asks for, with references to the types
//! and schemas of the table as the schemars generator at hand has them.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

/// A row of the table: a type, or a schema that others refer to.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// What it is called.
    pub name: &'static str,
    /// JSON.
    pub text: &'static str,
    /// Which rows stand at which places of it, by JSON pointer.
    pub parts: &'static [(&'static str, usize)],
    /// The schema of a type, by its own implementation.
    pub of: Option<fn(&mut SchemaGenerator) -> Schema>,
}

/// The schema of a row; `module` is the path of the module that has the table.
pub fn json_schema(generator: &mut SchemaGenerator, module: &str, table: &'static [Definition], at: usize) -> Schema {
    let Some(row) = table.get(at) else { return Schema::from(true) };
    let mut schema: Value = serde_json::from_str(row.text).unwrap_or(Value::Bool(true));
    for (pointer, part) in row.parts {
        let part = reference(generator, module, table, *part);
        if let Some(place) = schema.pointer_mut(pointer) {
            *place = part;
        }
    }
    Schema::try_from(schema).unwrap_or_else(|_| Schema::from(true))
}

/// What stands where a row is referred to.
fn reference(generator: &mut SchemaGenerator, module: &str, table: &'static [Definition], at: usize) -> Value {
    let Some(row) = table.get(at) else { return Value::Bool(true) };
    if let Some(of) = row.of {
        return of(generator).to_value();
    }
    // Of a space and of colons a fragment of a URI has only the latter.
    let name = format!("{module}::{}", row.name).replace(' ', "_");
    if !generator.definitions().contains_key(&name) {
        // It may refer to itself.
        generator.definitions_mut().insert(name.clone(), Value::Bool(true));
        let schema = json_schema(generator, module, table, at).to_value();
        generator.definitions_mut().insert(name.clone(), schema);
    }
    let path = generator.settings().definitions_path.trim_start_matches('#').to_owned();
    json!({ "$ref": format!("#{path}/{name}") })
}
