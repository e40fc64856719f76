//! A generated type accepts exactly what a validator accepts, and writes what it read.

#[cfg(test)]
mod values;

#[cfg(test)]
mod tests {
    use super::values::Values;
    use differential::{CASES, Verdict, judge};
    use jsonschema::Validator;
    use serde_json::{Value, json};
    use std::path::Path;
    use tidings::reference::{Files, Policy};
    use tidings::source::Diagnostics;

    /// Values for each schema.
    const COUNT: usize = 3_000;

    /// So many of them at least are accepted, and so many refused; or they say little.
    const FEWEST: usize = 20;

    /// Cases that accept everything, nothing, or hardly anything that is random.
    const ONE_SIDED: [&str; 6] =
        ["anything", "empty", "nothing", "not_anything", "all_of_contradiction", "conditional_alone"];

    /// How often a type accepted and refused.
    #[derive(Default)]
    struct Tally {
        accepted: usize,
        refused: usize,
        no_room: usize,
    }

    /// Compares a type with a validator on many values.
    fn compare(
        name: &str,
        root: &Value,
        schema: &Value,
        validator: &Validator,
        judge: fn(&[u8]) -> Verdict,
    ) -> Result<Tally, String> {
        let mut values = Values::new(root, schema, 7);
        let mut tally = Tally::default();
        for _ in 0..COUNT {
            let value = values.next(schema);
            let text = value.to_string();
            let valid = validator.is_valid(&value);
            match judge(text.as_bytes()) {
                Verdict::NoRoom if valid => tally.no_room += 1,
                Verdict::Refused(_) if !valid => tally.refused += 1,
                Verdict::Accepted(written) if valid => {
                    tally.accepted += 1;
                    let written = written.map_err(|error| format!("{name}: {text} is not written: {error}"))?;
                    let written: Value = serde_json::from_slice(&written).unwrap();
                    if !same(&written, &value) {
                        return Err(format!("{name}: {text} became {written}"));
                    }
                }
                verdict => return Err(format!("{name}: {text} is valid: {valid}, but {verdict:?}")),
            }
        }
        Ok(tally)
    }

    /// Are these the same value? `1.0` is `1`, and an instant may be written in several ways.
    fn same(written: &Value, read: &Value) -> bool {
        match (written, read) {
            (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
            (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
            (Value::Object(a), Value::Object(b)) => {
                a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
            }
            _ => written == read,
        }
    }

    #[test]
    fn types_of_schemas_accept_what_a_validator_accepts() {
        let mut faults = Vec::new();
        for case in CASES {
            let schema: Value = serde_json::from_str(case.schema).unwrap();
            let draft = jsonschema::Draft::Draft7.detect(&schema);
            let options = jsonschema::options().with_draft(draft).should_validate_formats(false);
            let validator = options.build(&schema).unwrap_or_else(|error| panic!("{}: {error}", case.name));
            match compare(case.name, &schema, &schema, &validator, case.judge) {
                Err(fault) => faults.push(fault),
                Ok(tally) => {
                    let Tally { accepted, refused, no_room } = tally;
                    let few = !ONE_SIDED.contains(&case.name) && accepted.min(refused) < FEWEST;
                    if few || no_room > COUNT / 4 {
                        faults
                            .push(format!("{}: {accepted} accepted, {refused} refused, {no_room} no room", case.name));
                    }
                }
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
    }

    /// A document of the goldens, as JSON.
    fn golden(name: &str) -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../goldens").join(name).with_extension("yaml");
        let mut files = Files::new(Policy::default());
        let source = files.open(&path, &mut Diagnostics::default()).unwrap();
        serde_json::from_str(&tidings::syntax::to_json(files.root(source).unwrap())).unwrap()
    }

    /// Compares the type of a golden with the payload that stands at a pointer of its document.
    fn compare_golden(document: &str, pointer: &str, judge: fn(&[u8]) -> Verdict) {
        let document_name = document;
        let document = golden(document);
        let target = document.pointer(pointer).unwrap();
        // The validator needs the components, and knows no other place of a document.
        let schema = json!({ "allOf": [target], "components": document.get("components") });
        let mut options = jsonschema::options().with_draft(jsonschema::Draft::Draft7).should_validate_formats(true);
        // Only formats with a Rust type are checked.
        for annotation in ["email", "time", "duration", "uri", "hostname", "ipv4", "ipv6"] {
            options = options.with_format(annotation, |_| true);
        }
        let validator = options.build(&schema).unwrap();
        let tally = compare(&format!("{document_name}{pointer}"), &document, target, &validator, judge).unwrap();
        assert!(tally.accepted.min(tally.refused) >= FEWEST, "{document_name}{pointer}: {}", tally.accepted);
    }

    macro_rules! goldens {
        ($($module:ident::$of:ident at $pointer:literal;)*) => {
            #[test]
            fn types_of_documents_accept_what_a_validator_accepts() {
                $(compare_golden(stringify!($module), $pointer, judge::<goldens::$module::$of>);)*
            }
        };
    }

    goldens! {
        arrays_and_maps::Stock at "/channels/stock/messages/stock/payload";
        tagged_union::Payment at "/components/schemas/Payment";
        untagged_union::Reading at "/channels/readings/messages/reading/payload";
        optional_and_nullable::State at "/channels/states/messages/state/payload";
        recursion::Tree at "/components/schemas/Tree";
        recursion::Expression at "/components/schemas/Expression";
        recursion::Husband at "/components/schemas/Husband";
        string_enum_with_odd_names::Mark at "/channels/marks/messages/mark/payload";
        keywords_as_names::Match at "/channels/async/messages/match/payload";
        colliding_names::AB at "/components/schemas/a-b";
        prelude_names::Option_ at "/components/schemas/Option";
        prelude_names::Payload at "/components/schemas/Payload";
        all_of_merged::Dog at "/components/schemas/Dog";
        all_of_merged::Cat at "/channels/animals/messages/cat/payload";
        additional_properties::Open at "/channels/things/messages/open/payload";
        additional_properties::Closed at "/channels/things/messages/closed/payload";
        additional_properties::Typed at "/channels/things/messages/typed/payload";
        additional_properties::Patterned at "/channels/things/messages/patterned/payload";
        additional_properties::Pinned at "/channels/things/messages/pinned/payload";
        tuples::Point at "/channels/points/messages/point/payload";
        tuples::Line at "/channels/points/messages/line/payload";
        lowered_from_2_6::UserSignedUp at "/components/messages/UserSignedUp/payload";
    }
}
