//! What others say of a value: two validators that have nothing in common.

use serde_json::Value;

/// Whether a value is accepted.
pub type Accepts = Box<dyn Fn(&Value) -> bool>;

/// Formats that have a Rust type in documents.
const TYPED: [&str; 3] = ["date-time", "date", "uuid"];
/// Formats that are checked where formats are asserted.
const CHECKED: [&str; 10] =
    ["date-time", "date", "uuid", "time", "duration", "email", "ipv4", "ipv6", "uri", "hostname"];

/// `jsonschema`, with formats or without.
pub fn first(schema: &Value, asserted: bool) -> Accepts {
    let draft = jsonschema::Draft::Draft7.detect(schema);
    let options = jsonschema::options().with_draft(draft).should_validate_formats(asserted);
    let validator = options.build(schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
    Box::new(move |value| validator.is_valid(value))
}

/// `jsonschema`, with those formats alone that have a Rust type.
pub fn typed_formats(schema: &Value) -> Accepts {
    let mut options = jsonschema::options().with_draft(jsonschema::Draft::Draft7).should_validate_formats(true);
    for annotation in CHECKED.into_iter().filter(|format| !TYPED.contains(format)) {
        options = options.with_format(annotation, |_| true);
    }
    let validator = options.build(schema).unwrap_or_else(|error| panic!("{schema}: {error}"));
    Box::new(move |value| validator.is_valid(value))
}

/// `boon`, with formats or without.
///
/// # Errors
/// It does not read the schema: patterns that look ahead or behind are beyond it.
pub fn second(schema: &Value, asserted: bool) -> Result<Accepts, String> {
    const PLACE: &str = "file:///schema.json";
    let mut compiler = boon::Compiler::new();
    compiler.set_default_draft(boon::Draft::V7);
    if asserted {
        compiler.enable_format_assertions();
    } else {
        for name in CHECKED {
            compiler.register_format(boon::Format { name, func: |_| Ok(()) });
        }
    }
    let mut schemas = boon::Schemas::new();
    compiler.add_resource(PLACE, schema.clone()).map_err(|error| error.to_string())?;
    let place = compiler.compile(PLACE, &mut schemas).map_err(|error| format!("{error:#}"))?;
    Ok(Box::new(move |value| schemas.validate(value, place).is_ok()))
}
