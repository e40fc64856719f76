//! Each keyword: what it accepts, what it refuses and how it says so.

use tidings_runtime::codegen::{self, Check, Faults, Format, Literals, Number, Pattern, Types, Value};

/// The faults, and that the fast pass agrees with them.
fn faults(text: &str, check: Check) -> Vec<String> {
    let value = match codegen::parse(text.as_bytes()) {
        Ok(value) => value,
        Err(error) => return vec![format!("{text}: {error}")],
    };
    let mut faults = Faults::collect();
    check(&value, &mut faults);
    assert_eq!(faults.is_empty(), codegen::accepts(&value, check), "{text}");
    let list = faults.into_list();
    list.iter().map(ToString::to_string).collect()
}

fn accepted(check: Check, texts: &[&str]) {
    for text in texts {
        assert_eq!(faults(text, check), Vec::<String>::new(), "{text}");
    }
}

fn refused(check: Check, text: &str, expected: &[&str]) {
    assert_eq!(faults(text, check), expected, "{text}");
}

fn string(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::STRING);
}

fn integer(value: &Value<'_>, faults: &mut Faults) {
    faults.types(value, Types::INTEGER);
}

fn positive(value: &Value<'_>, faults: &mut Faults) {
    faults.minimum(value, Number::integer(1));
}

fn short(value: &Value<'_>, faults: &mut Faults) {
    faults.max_length(value, 2);
}

#[test]
fn types() {
    accepted(string, &["\"\""]);
    refused(string, "1", &["(root): type: expected string, found 1"]);
    accepted(integer, &["1", "1.0", "-0", "1e300", "18446744073709551616"]);
    refused(integer, "1.5", &["(root): type: expected integer, found 1.5"]);
    accepted(|v, f| f.types(v, Types::STRICT_INTEGER), &["1", "18446744073709551616"]);
    refused(|v, f| f.types(v, Types::STRICT_INTEGER), "1.0", &["(root): type: expected integer, found 1.0"]);
    accepted(|v, f| f.types(v, Types::NUMBER), &["1", "1.5"]);
    accepted(|v, f| f.types(v, Types::NULL | Types::BOOLEAN), &["null", "true"]);
    refused(
        |v, f| f.types(v, Types::NULL.or(Types::ARRAY)),
        r#"{"a":1}"#,
        &["(root): type: expected null or array, found an object of 1 property"],
    );
    accepted(|v, f| f.types(v, Types::ARRAY | Types::OBJECT), &["[]", "{}"]);
    refused(|v, f| f.types(v, Types::OBJECT), "[1,2]", &["(root): type: expected object, found an array of 2 items"]);
}

#[test]
fn limits() {
    accepted(positive, &["1", "1.0", "2", "\"0\"", "null"]);
    refused(positive, "0.5", &["(root): minimum: expected at least 1, found 0.5"]);
    accepted(|v, f| f.maximum(v, Number::float(0.1)), &["0.1", "0", "1e-1"]);
    refused(
        |v, f| f.maximum(v, Number::float(0.1)),
        "0.10000000000000002",
        &["(root): maximum: expected at most 0.1, found 0.10000000000000002"],
    );
    accepted(|v, f| f.exclusive_minimum(v, Number::integer(0)), &["0.1", "[]"]);
    refused(
        |v, f| f.exclusive_minimum(v, Number::integer(0)),
        "0.0",
        &["(root): exclusiveMinimum: expected more than 0, found 0.0"],
    );
    accepted(|v, f| f.exclusive_maximum(v, Number::integer(9_007_199_254_740_993)), &["9007199254740992.0"]);
    refused(
        |v, f| f.exclusive_maximum(v, Number::integer(10)),
        "10",
        &["(root): exclusiveMaximum: expected less than 10, found 10"],
    );
    accepted(|v, f| f.multiple_of(v, Number::float(0.0001)), &["0.0075", "0", "1", "{}"]);
    refused(
        |v, f| f.multiple_of(v, Number::float(0.0001)),
        "0.00751",
        &["(root): multipleOf: expected a multiple of 0.0001, found 0.00751"],
    );
}

#[test]
fn lengths_count_code_points() {
    accepted(short, &["\"\"", "\"é😀\"", "\"\\ud83d\\ude00a\"", "123"]);
    refused(short, "\"abc\"", &["(root): maxLength: expected at most 2 characters, found 3"]);
    accepted(|v, f| f.min_length(v, 2), &["\"é😀\"", "\"abcdefghij\"", "1"]);
    refused(|v, f| f.min_length(v, 2), "\"😀\"", &["(root): minLength: expected at least 2 characters, found 1"]);
}

#[test]
fn sizes() {
    accepted(|v, f| f.min_items(v, 1), &["[0]", "{}"]);
    refused(|v, f| f.min_items(v, 1), "[]", &["(root): minItems: expected at least 1 item, found 0"]);
    accepted(|v, f| f.max_items(v, 1), &["[0]", "\"abc\""]);
    refused(|v, f| f.max_items(v, 1), "[0,0]", &["(root): maxItems: expected at most 1 item, found 2"]);
    accepted(|v, f| f.min_properties(v, 2), &[r#"{"a":1,"b":2}"#, "[]"]);
    refused(|v, f| f.min_properties(v, 2), "{}", &["(root): minProperties: expected at least 2 properties, found 0"]);
    accepted(|v, f| f.max_properties(v, 0), &["{}", "[1]"]);
    refused(
        |v, f| f.max_properties(v, 0),
        r#"{"a":1}"#,
        &["(root): maxProperties: expected at most 0 properties, found 1"],
    );
}

#[test]
fn patterns_are_those_of_ecma_and_not_anchored() {
    static PATTERN: Pattern = Pattern::new("^\\p{Lu}.\\d$");
    accepted(|v, f| f.pattern(v, &PATTERN), &["\"É😀1\"", "7"]);
    refused(
        |v, f| f.pattern(v, &PATTERN),
        "\"é😀1\"",
        &[r#"(root): pattern: expected a match of /^\p{Lu}.\d$/, found "é😀1""#],
    );
    static INNER: Pattern = Pattern::new("b");
    accepted(|v, f| f.pattern(v, &INNER), &["\"abc\""]);
    // An escape that the flag `u` forbids and that is written all the same.
    static LENIENT: Pattern = Pattern::new("^[a\\-z]+\\_$");
    accepted(|v, f| f.pattern(v, &LENIENT), &["\"a-z_\""]);
    refused(
        |v, f| f.pattern(v, &LENIENT),
        "\"b_\"",
        &[r#"(root): pattern: expected a match of /^[a\-z]+\_$/, found "b_""#],
    );
}

#[test]
fn a_pattern_that_is_none_is_said_to_be() {
    static BROKEN: Pattern = Pattern::new("(");
    let message = "the pattern /(/ cannot be compiled";
    refused(|v, f| f.pattern(v, &BROKEN), "\"a\"", &[&format!("(root): pattern: {message}")]);
    refused(
        |v, f| f.properties(v, &[], &[(&BROKEN, string)], None),
        r#"{"a":"b"}"#,
        &[&format!("(root): patternProperties: {message}")],
    );
}

#[test]
fn formats() {
    accepted(|v, f| f.format(v, Format::Date), &["\"2026-11-21\"", "1"]);
    refused(
        |v, f| f.format(v, Format::Date),
        "\"2026-02-29\"",
        &[r#"(root): format: expected date, found "2026-02-29""#],
    );
}

#[test]
fn unique_items() {
    accepted(
        |v, f| f.unique_items(v),
        &[
            "[]",
            "[1,true,0,false,null,\"1\",[1],[true]]",
            "[1,true,0,false,null,\"1\",[1],[true],{\"a\":1},{\"a\":2},[[1]],[2,1],[1,2]]",
            "\"aa\"",
        ],
    );
    refused(
        |v, f| f.unique_items(v),
        r#"[{"a":1,"b":2},{"b":2.0,"a":1}]"#,
        &["(root): uniqueItems: expected no two items alike, found item 1 among those before it"],
    );
    refused(
        |v, f| f.unique_items(v),
        r#"[0,1,2,3,4,5,6,7,8,9,[{"a":1,"b":-0.0}],[{"b":0,"a":1.0}]]"#,
        &["(root): uniqueItems: expected no two items alike, found item 11 among those before it"],
    );
}

#[test]
fn items_and_prefixes() {
    accepted(|v, f| f.items(v, &[string], Some(integer)), &["[]", "[\"a\",1,2]", "{}"]);
    refused(
        |v, f| f.items(v, &[string], Some(integer)),
        "[1,\"a\"]",
        &["/0: type: expected string, found 1", "/1: type: expected integer, found \"a\""],
    );
    accepted(|v, f| f.items(v, &[string], None), &["[\"a\",1,null]"]);
    refused(|v, f| f.items(v, &[], Some(codegen::nothing)), "[1]", &["/0: false: no value is allowed here"]);
}

#[test]
fn contains() {
    accepted(|v, f| f.contains(v, string, 1, None), &["[1,\"a\"]", "{}"]);
    refused(
        |v, f| f.contains(v, string, 1, None),
        "[1]",
        &["(root): contains: expected at least 1 matching item, found 0"],
    );
    refused(
        |v, f| f.contains(v, string, 2, None),
        "[1,\"a\"]",
        &["(root): minContains: expected at least 2 matching items, found 1"],
    );
    accepted(|v, f| f.contains(v, string, 0, Some(1)), &["[]", "[1,\"a\"]"]);
    refused(
        |v, f| f.contains(v, string, 0, Some(1)),
        "[\"a\",\"b\"]",
        &["(root): maxContains: expected at most 1 matching item, found 2"],
    );
    accepted(|v, f| f.contains(v, string, 0, None), &["[]"]);
}

#[test]
fn properties() {
    static X: Pattern = Pattern::new("^x");
    static END: Pattern = Pattern::new("y$");
    fn check(value: &Value<'_>, faults: &mut Faults) {
        faults.properties(
            value,
            &[("a", string), ("xy", integer)],
            &[(&X, positive), (&END, short)],
            Some(codegen::nothing),
        );
    }
    accepted(check, &["{}", "[]", r#"{"a":"","xy":1,"x":"","by":"ab"}"#]);
    refused(
        check,
        r#"{"a":1,"xy":0.5,"by":"abc","z":0}"#,
        &[
            "/a: type: expected string, found 1",
            "/xy: type: expected integer, found 0.5",
            "/xy: minimum: expected at least 1, found 0.5",
            "/by: maxLength: expected at most 2 characters, found 3",
            "/z: additionalProperties: no further property is allowed",
        ],
    );
    accepted(|v, f| f.properties(v, &[("a", string)], &[], None), &[r#"{"b":1}"#]);
    accepted(|v, f| f.properties(v, &[], &[], Some(codegen::anything)), &[r#"{"b":1}"#]);
}

#[test]
fn property_names() {
    accepted(|v, f| f.property_names(v, short), &[r#"{"ab":1}"#, "\"abc\""]);
    refused(
        |v, f| f.property_names(v, short),
        r#"{"abc":1}"#,
        &["/abc: maxLength: expected at most 2 characters, found 3"],
    );
}

#[test]
fn required_and_dependent() {
    accepted(|v, f| f.required(v, &["a", "b"]), &[r#"{"b":1,"a":null}"#, "[]"]);
    refused(
        |v, f| f.required(v, &["a", "b"]),
        r#"{"b":1}"#,
        &[r#"(root): required: expected the property "a", found none"#],
    );
    accepted(|v, f| f.dependent_required(v, "a", &["b"]), &["{}", r#"{"a":1,"b":1}"#, "1"]);
    refused(
        |v, f| f.dependent_required(v, "a", &["b"]),
        r#"{"a":1}"#,
        &[r#"(root): dependentRequired: expected the property "b", found none"#],
    );
    fn one_member(value: &Value<'_>, faults: &mut Faults) {
        faults.max_properties(value, 1);
    }
    accepted(|v, f| f.dependent_schema(v, "a", one_member), &[r#"{"a":1}"#, r#"{"b":1,"c":1}"#, "1"]);
    refused(
        |v, f| f.dependent_schema(v, "a", one_member),
        r#"{"a":1,"b":1}"#,
        &["(root): maxProperties: expected at most 1 property, found 2"],
    );
}

#[test]
fn enumerations_and_constants() {
    static LITERALS: Literals = Literals::new(r#"[1, {"a": [null]}, "x"]"#);
    fn one_of_them(value: &Value<'_>, faults: &mut Faults) {
        faults.enumeration(value, &LITERALS);
    }
    accepted(one_of_them, &["1.0", r#"{"a":[null]}"#, "\"x\""]);
    refused(one_of_them, "true", &[r#"(root): enum: expected one of 1, {"a":[null]}, "x", found true"#]);
    accepted(|v, f| f.strings(v, &["red", "blue"]), &["\"red\""]);
    refused(|v, f| f.strings(v, &["red", "blue"]), "1", &[r#"(root): enum: expected one of "red", "blue", found 1"#]);
    refused(
        |v, f| f.strings(v, &["1", "2", "3", "4", "5", "6", "7", "8", "9"]),
        "\"x\"",
        &[r#"(root): enum: expected one of "1", "2", "3", "4", "5", "6", "7", "8" or 1 more, found "x""#],
    );
    accepted(|v, f| f.constant(v, &LITERALS), &["1", "1e0"]);
    refused(|v, f| f.constant(v, &LITERALS), "\"x\"", &[r#"(root): const: expected 1, found "x""#]);
}

#[test]
fn all_of() {
    accepted(|v, f| f.all_of(v, &[integer, positive]), &["1"]);
    refused(
        |v, f| f.all_of(v, &[integer, positive]),
        "0.5",
        &["(root): type: expected integer, found 0.5", "(root): minimum: expected at least 1, found 0.5"],
    );
}

fn positive_integer(value: &Value<'_>, faults: &mut Faults) {
    integer(value, faults);
    positive(value, faults);
}

#[test]
fn any_of_explains_itself_by_the_closest_branch() {
    accepted(|v, f| f.any_of(v, &[string, positive_integer]), &["\"\"", "1"]);
    refused(
        |v, f| f.any_of(v, &[string, positive_integer]),
        "-1",
        &[
            "(root): anyOf: expected one of 2 branches to fit, found that -1 fits none",
            "(root): minimum: expected at least 1, found -1",
        ],
    );
    refused(
        |v, f| f.any_of(v, &[]),
        "1",
        &["(root): anyOf: expected one of 0 branches to fit, found that 1 fits none"],
    );
}

#[test]
fn one_of_takes_exactly_one() {
    accepted(|v, f| f.one_of(v, &[string, integer]), &["1", "\"\""]);
    refused(
        |v, f| f.one_of(v, &[integer, string, positive, codegen::anything]),
        "1",
        &["(root): oneOf: expected exactly one branch to fit, found that branches 0, 2, 3 do"],
    );

    static CAT: Literals = Literals::new(r#"["cat"]"#);
    static DOG: Literals = Literals::new(r#"["dog"]"#);
    fn cat(value: &Value<'_>, faults: &mut Faults) {
        faults.properties(value, &[("kind", |v, f| f.constant(v, &CAT))], &[], None);
    }
    fn dog(value: &Value<'_>, faults: &mut Faults) {
        faults.required(value, &["name", "age"]);
        faults.properties(value, &[("kind", |v, f| f.constant(v, &DOG))], &[], None);
    }
    refused(
        |v, f| f.one_of(v, &[cat, dog]),
        r#"{"kind":"dog"}"#,
        &[
            "(root): oneOf: expected one of 2 branches to fit, found that an object of 1 property fits none",
            r#"(root): required: expected the property "name", found none"#,
            r#"(root): required: expected the property "age", found none"#,
        ],
    );
}

#[test]
fn not() {
    accepted(|v, f| f.not(v, string), &["1"]);
    refused(
        |v, f| f.not(v, string),
        "\"a\"",
        &[r#"(root): not: expected a value that the schema below refuses, found "a""#],
    );
    accepted(|v, f| f.not(v, codegen::nothing), &["1"]);
}

#[test]
fn conditional() {
    fn check(value: &Value<'_>, faults: &mut Faults) {
        faults.conditional(value, string, Some(short), Some(integer));
    }
    accepted(check, &["\"a\"", "1"]);
    refused(check, "\"abc\"", &["(root): maxLength: expected at most 2 characters, found 3"]);
    refused(check, "null", &["(root): type: expected integer, found null"]);
    accepted(|v, f| f.conditional(v, string, None, None), &["1", "\"\""]);
    accepted(|v, f| f.conditional(v, string, None, Some(integer)), &["1", "\"abc\""]);
}

#[test]
fn a_tagged_union_checks_the_chosen_branch_alone() {
    fn cat(value: &Value<'_>, faults: &mut Faults) {
        faults.required(value, &["lives"]);
    }
    fn check(value: &Value<'_>, faults: &mut Faults) {
        faults.tagged(value, "kind", &[("cat", cat), ("dog", codegen::anything)]);
    }
    accepted(check, &[r#"{"kind":"dog"}"#, r#"{"lives":9,"kind":"cat"}"#]);
    refused(check, r#"{"kind":"cat"}"#, &[r#"(root): required: expected the property "lives", found none"#]);
    refused(check, r#"{"kind":"cow"}"#, &[r#"/kind: enum: expected one of "cat", "dog", found "cow""#]);
    refused(check, r#"{"kind":1}"#, &[r#"/kind: enum: expected one of "cat", "dog", found 1"#]);
    refused(check, "{}", &[r#"(root): required: property "kind": expected one of "cat", "dog", found none"#]);
    refused(check, "[]", &["(root): type: expected object, found an array of 0 items"]);
}

#[test]
fn refusals_and_descents_by_hand() {
    fn check(value: &Value<'_>, faults: &mut Faults) {
        if let Value::Array(items) = value {
            for (index, item) in items.iter().enumerate() {
                faults.item(index, item, check);
            }
        } else {
            faults.member("in", value, |_, faults| faults.refuse("custom", "no"));
        }
    }
    accepted(check, &["[]", "[[]]"]);
    refused(check, "[[],[1]]", &["/1/0/in: custom: no"]);
}
