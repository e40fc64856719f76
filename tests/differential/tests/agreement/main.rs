//! A generated type accepts exactly what two validators accept, and writes what it read. Where the two disagree, the case
//! is named.

#[cfg(test)]
mod validators;
#[cfg(test)]
mod values;

#[cfg(test)]
mod tests {
    use super::validators::{self, Accepts};
    use super::values::Values;
    use differential::{CASES, MADE_UP, Verdict, judge};
    use serde_json::{Value, json};
    use std::path::Path;
    use tidings::reference::{Files, Policy};
    use tidings::source::Diagnostics;

    /// Values for each schema; `TIDINGS_VALUES` sets another number.
    const COUNT: usize = 3_000;

    /// So many of them at least are accepted, and so many refused; or they say little.
    const FEWEST: usize = 20;

    /// Cases that accept everything, nothing, or hardly anything that is random.
    const ONE_SIDED: [&str; 6] =
        ["anything", "empty", "nothing", "not_anything", "all_of_contradiction", "conditional_alone"];

    /// Cases that the second validator does not read, or of which the two say different things; with the reason.
    const DISPUTED: [(&str, &str); 6] = [
        ("enum_of_large_integers", "the second compares as floats, so it takes 2^64 for the integer before it"),
        ("limits_beyond_floats", "the second compares as floats, so it errs above 2^53"),
        ("multiple_of", "the second divides as floats, so it errs above 2^53"),
        ("pattern_look_ahead", "the second has no patterns that look ahead"),
        ("draft_4_integer", "in draft-04, whether `1.0` is an integer is left to how a language has numbers"),
        (
            "schema_of_schemas",
            "the second asserts `uri-reference` by RFC 3986, where the first has formats switched off",
        ),
    ];

    /// How often a type accepted and refused.
    #[derive(Default)]
    struct Tally {
        accepted: usize,
        refused: usize,
        no_room: usize,
        /// Values that the two validators disagree about: how many, and one.
        disputed: (usize, Option<Value>),
    }

    fn count() -> usize {
        std::env::var("TIDINGS_VALUES").ok().and_then(|count| count.parse().ok()).unwrap_or(COUNT)
    }

    /// Compares a type with validators on many values.
    fn compare(
        name: &str,
        root: &Value,
        schema: &Value,
        [first, second]: [&Accepts; 2],
        judge: fn(&[u8]) -> Verdict,
    ) -> Result<Tally, String> {
        let mut values = Values::new(root, schema, 7);
        let mut tally = Tally::default();
        for _ in 0..count() {
            let value = values.next(schema);
            let text = value.to_string();
            let valid = first(&value);
            if valid != second(&value) {
                tally.disputed.0 += 1;
                tally.disputed.1.get_or_insert(value);
                continue;
            }
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
            (Value::String(a), Value::String(b)) => a == b || normal(a) == normal(b),
            _ => written == read,
        }
    }

    /// One of the ways in which a UUID or a moment can be written.
    fn normal(text: &str) -> String {
        let upper = text.to_uppercase();
        let zone = upper.strip_suffix("+00:00").map(|moment| format!("{moment}Z")).unwrap_or(upper);
        let fraction = zone.split_once('.').and_then(|(seconds, rest)| {
            let end = rest.find(|character: char| !character.is_ascii_digit())?;
            let (digits, zone) = rest.split_at(end);
            let digits = digits.trim_end_matches('0');
            Some(if digits.is_empty() { format!("{seconds}{zone}") } else { format!("{seconds}.{digits}{zone}") })
        });
        fraction.unwrap_or(zone)
    }

    #[test]
    fn types_of_schemas_accept_what_a_validator_accepts() {
        let (mut faults, mut total, mut disputes) = (Vec::new(), Tally::default(), Vec::new());
        for case in CASES {
            let schema: Value = serde_json::from_str(case.schema).unwrap();
            let first = validators::first(&schema, case.asserted);
            let second = validators::second(&schema, case.asserted);
            if let Err(error) = &second {
                let error = error.lines().next().unwrap_or_default();
                disputes.push((case.name, format!("the second validator does not read {schema}: {error}")));
            }
            let second = second.as_ref().unwrap_or(&first);
            match compare(case.name, &schema, &schema, [&first, second], case.judge) {
                Err(fault) => faults.push(fault + "\n" + case.schema),
                Ok(tally) => {
                    let Tally { accepted, refused, no_room, disputed: (disputed, example) } = tally;
                    let few = !ONE_SIDED.contains(&case.name) && accepted.min(refused) < FEWEST;
                    if !MADE_UP && (few || no_room > COUNT / 4) {
                        faults
                            .push(format!("{}: {accepted} accepted, {refused} refused, {no_room} no room", case.name));
                    }
                    if let Some(example) = example {
                        let verdict = if first(&example) { "accepts" } else { "refuses" };
                        disputes.push((case.name, format!("the first validator {verdict} {example} by {schema}")));
                    }
                    total.accepted += accepted;
                    total.refused += refused;
                    total.no_room += no_room;
                    total.disputed.0 += disputed;
                }
            }
        }
        let Tally { accepted, refused, no_room, disputed: (disputed, _) } = total;
        println!(
            "agreement: {} schemas, {} contradictions; {accepted} values accepted and written again, {refused} refused, \
             {no_room} without room in Rust, {disputed} of {} schemas disputed between the validators",
            CASES.len(),
            faults.len(),
            disputes.len()
        );
        for (name, dispute) in disputes {
            println!("disputed: {name}: {dispute}");
            if !MADE_UP && !DISPUTED.iter().any(|(known, _)| *known == name) {
                faults.push(format!("{name}: {dispute}"));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    }

    #[test]
    fn the_schema_of_a_type_is_that_which_it_was_made_of() {
        let mut faults = Vec::new();
        for case in CASES.iter().filter(|case| case.name != "draft_4_integer") {
            let schema: Value = serde_json::from_str(case.schema).unwrap();
            let described = (case.described)();
            let wanted = validators::first(&schema, case.asserted);
            let given = validators::first(&described, case.asserted);
            let mut values = Values::new(&schema, &schema, 11);
            let strange = (0..count() / 3).map(|_| values.next(&schema)).find(|value| wanted(value) != given(value));
            if let Some(value) = strange {
                let valid = wanted(&value);
                faults.push(format!("{}: {value} is valid: {valid}\n{}\n{described}", case.name, case.schema));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n\n"));
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
        let accepts = validators::typed_formats(&schema);
        let name = format!("{document_name}{pointer}");
        let tally = compare(&name, &document, target, [&accepts, &accepts], judge).unwrap();
        assert!(tally.accepted.min(tally.refused) >= FEWEST, "{name}: {}", tally.accepted);
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
