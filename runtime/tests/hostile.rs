//! Values and schemas made to be slow, large or deep.

use tidings_runtime::codegen::{self, Faults, Literals, Number, Types, Value};
use tidings_runtime::{DecodeError, Payload, payload::Json};

/// `oneOf` of two shapes that both hold the union: each level doubles the work of a plain walk.
fn union(value: &Value<'_>, faults: &mut Faults) {
    fn left(value: &Value<'_>, faults: &mut Faults) {
        faults.types(value, Types::OBJECT);
        faults.properties(value, &[("next", union)], &[], None);
        faults.required(value, &["left"]);
    }
    fn right(value: &Value<'_>, faults: &mut Faults) {
        faults.types(value, Types::OBJECT);
        faults.properties(value, &[("next", union)], &[], None);
        faults.required(value, &["right"]);
    }
    faults.one_of(value, &[left, right]);
}

/// `allOf` of the schema with itself, below every member.
fn twice(value: &Value<'_>, faults: &mut Faults) {
    fn half(value: &Value<'_>, faults: &mut Faults) {
        faults.types(value, Types::OBJECT);
        faults.properties(value, &[("next", twice)], &[], None);
    }
    faults.all_of(value, &[half, half]);
}

/// Objects within objects, the innermost being `end`.
fn chain(depth: usize, members: &str, end: &str) -> String {
    let open = format!("{{{members}\"next\":");
    format!("{}{end}{}", open.repeat(depth), "}".repeat(depth))
}

#[test]
fn schemas_that_meet_themselves_again_stay_cheap() {
    let good = chain(120, "\"left\":1,", "{\"right\":1}");
    assert!(codegen::from_slice_by_tree::<Json>(good.as_bytes(), union).is_ok());
    let good = chain(120, "", "{}");
    assert!(codegen::from_slice_by_tree::<Json>(good.as_bytes(), twice).is_ok());

    for (text, check) in [(chain(120, "\"left\":1,", "0"), union as codegen::Check), (chain(120, "", "0"), twice)] {
        let error = codegen::from_slice_by_tree::<Json>(text.as_bytes(), check).unwrap_err();
        let DecodeError::Invalid(faults) = error else {
            panic!("the text is JSON");
        };
        assert!((1..=100).contains(&faults.len()));
    }
}

#[test]
fn faults_are_bounded_in_number_and_in_text() {
    fn integers(value: &Value<'_>, faults: &mut Faults) {
        faults.items(value, &[], Some(|v, f| f.types(v, Types::INTEGER)));
        faults.properties(value, &[], &[], Some(|v, f| f.types(v, Types::INTEGER)));
    }
    let many = format!("[{}0]", "\"x\",".repeat(10_000));
    let error = codegen::from_slice_by_tree::<Json>(many.as_bytes(), integers).unwrap_err();
    let DecodeError::Invalid(faults) = &error else {
        panic!("the text is JSON");
    };
    assert_eq!(faults.len(), 100);

    let long = format!("[\"{}\"]", "é".repeat(1_000_000));
    let error = codegen::from_slice_by_tree::<Json>(long.as_bytes(), integers).unwrap_err();
    assert!(error.to_string().len() < 200, "{error}");
    assert!(error.to_string().ends_with("é…"), "{error}");

    let names: Vec<String> = (0..100).map(|index| format!("\"{}{index}\":\"\"", "n".repeat(60_000))).collect();
    let wide = format!("{{{}}}", names.join(","));
    let error = codegen::from_slice_by_tree::<Json>(wide.as_bytes(), integers).unwrap_err();
    assert!(error.to_string().len() < 200_000);
}

#[test]
fn unique_items_of_many_are_not_compared_with_each_other() {
    let mut items: Vec<String> = (0..200_000).map(|index| format!("{{\"a\":{index}}}")).collect();
    let check: codegen::Check = |value, faults| faults.unique_items(value);
    let text = format!("[{}]", items.join(","));
    assert!(codegen::from_slice_by_tree::<Json>(text.as_bytes(), check).is_ok());
    items.push("{\"a\":5.0}".to_owned());
    let text = format!("[{}]", items.join(","));
    assert!(codegen::from_slice_by_tree::<Json>(text.as_bytes(), check).is_err());
}

#[test]
fn large_objects_are_compared_in_less_than_quadratic_time() {
    let members: Vec<String> = (0..100_000).map(|index| format!("\"{index}\":0")).collect();
    let forward = members.join(",");
    let backward: Vec<String> = members.into_iter().rev().collect();
    let text = format!("[{{{forward}}},{{{}}}]", backward.join(","));
    let check: codegen::Check = |value, faults| faults.unique_items(value);
    assert!(codegen::from_slice_by_tree::<Json>(text.as_bytes(), check).is_err());
}

#[test]
fn depth_is_bounded_in_both_directions() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    assert!(Json::from_slice(deep.as_bytes()).is_err());
    let mut value = Json::Null;
    for _ in 0..200 {
        value = Json::Array(vec![value]);
    }
    assert!(codegen::to_vec_by_tree(&value, codegen::anything).is_err());
}

#[test]
fn statics_are_shared_between_threads() {
    static LITERALS: Literals = Literals::new("[1,2]");
    fn check(value: &Value<'_>, faults: &mut Faults) {
        faults.enumeration(value, &LITERALS);
    }
    let value = Value::Number(Number::integer(2));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(codegen::accepts(&value, check)));
        }
    });
}
