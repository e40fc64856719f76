//! Numbers are compared and divided exactly.

use std::cmp::Ordering;
use std::collections::HashSet;

use proptest::prelude::*;
use tidings_runtime::codegen::{Number, Value, parse};

const TWO_TO_53: i128 = 1 << 53;

fn float(value: f64) -> Number {
    Number::float(value)
}

fn integer(value: i128) -> Number {
    Number::integer(value)
}

#[test]
fn order_is_that_of_mathematics() {
    let ascending = [
        float(-1e300),
        float(-170_141_183_460_469_231_731_687_303_715_884_105_728.0),
        integer(i128::MIN + 1),
        integer(-1),
        float(-0.5),
        integer(0),
        float(5e-324),
        float(0.5),
        float(1.0),
        integer(TWO_TO_53),
        integer(TWO_TO_53 + 1),
        float(9_007_199_254_740_994.0),
        integer(i128::MAX),
        float(170_141_183_460_469_231_731_687_303_715_884_105_728.0),
        float(1e308),
    ];
    for (left_index, left) in ascending.iter().enumerate() {
        for (right_index, right) in ascending.iter().enumerate() {
            assert_eq!(left.cmp(right), left_index.cmp(&right_index), "{left} {right}");
        }
    }
    assert_eq!(integer(i128::MIN), float(-170_141_183_460_469_231_731_687_303_715_884_105_728.0));
    assert_eq!(integer(0), float(-0.0));
    assert_eq!(integer(0).cmp(&float(f64::NAN)), Ordering::Less);
}

#[test]
fn integers_are_told_by_value_or_by_writing() {
    for (number, is_integer, is_strict) in [
        (integer(1), true, true),
        (float(1.0), true, false),
        (float(-0.0), true, false),
        (float(1.5), false, false),
        (float(1e300), true, true),
        (float(f64::INFINITY), false, false),
        (float(f64::NAN), false, false),
    ] {
        assert_eq!(number.is_integer(), is_integer, "{number}");
        assert_eq!(number.is_strict_integer(), is_strict, "{number}");
    }
}

#[test]
fn multiples_go_by_the_decimal_text() {
    for (number, divisor, expected) in [
        (float(0.0075), float(0.0001), true),
        (float(0.00751), float(0.0001), false),
        (float(0.3), float(0.1), true),
        (float(19.99), float(0.01), true),
        (float(4.5), float(1.5), true),
        (integer(35), float(1.5), false),
        (integer(12_391_239_123), float(1e-8), true),
        (float(1e308), float(0.123456789), false),
        (float(1e308), float(0.5), true),
        (float(1e308), integer(3), false),
        (float(1e-300), float(1e300), false),
        (float(5e-324), float(5e-324), true),
        (integer(i128::MAX), integer(i128::MAX), true),
        (integer(i128::MIN), integer(2), true),
        (integer(-9), integer(3), true),
        (integer(9), integer(-3), true),
        (integer(1000), float(1e3), true),
        (integer(0), float(0.7), true),
        (float(0.0), integer(7), true),
        (integer(7), integer(0), false),
        (integer(0), integer(0), false),
        (float(f64::NAN), integer(1), false),
    ] {
        assert_eq!(number.multiple_of(divisor), expected, "{number} of {divisor}");
    }
}

fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(|value| integer(value.into())),
        (-20_i64..20).prop_map(|value| integer(value.into())),
        any::<i64>().prop_map(|value| float(value as f64)),
        (-40_i32..40).prop_map(|value| float(f64::from(value) / 2.0)),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(float),
    ]
}

proptest! {
    #[test]
    fn order_is_total_and_agrees_with_hash(a in any_number(), b in any_number(), c in any_number()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
        let distinct: HashSet<Value<'_>> = [a, b].into_iter().map(Value::Number).collect();
        prop_assert_eq!(distinct.len() == 1, a == b);
    }

    #[test]
    fn scaled_integers_divide_as_integers_do(number in 0_u32..1_000_000, divisor in 1_u32..1_000, places in 0_u32..8) {
        let scaled = |value: u32| -> Result<Number, TestCaseError> {
            let text = format!("{value}e-{places}");
            Ok(float(text.parse().map_err(|_| TestCaseError::fail("no float"))?))
        };
        prop_assert_eq!(scaled(number)?.multiple_of(scaled(divisor)?), number % divisor == 0);
    }

    #[test]
    fn numbers_come_back_from_their_text(number in any_number()) {
        let text = serde_json::to_vec(&number).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let value = parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(value, Value::Number(number));
    }

    #[test]
    fn any_bytes_are_diagnosed(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        // serde_json's own tree forgets duplicate keys; all else it must agree with.
        let ours = parse(&bytes).map(serde_json::Value::from);
        match (ours, serde_json::from_slice::<serde_json::Value>(&bytes)) {
            (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, theirs),
            (Err(error), Ok(_)) => prop_assert!(error.to_string().contains("duplicate key")),
            (ours, Err(_)) => prop_assert!(ours.is_err()),
        }
    }
}
