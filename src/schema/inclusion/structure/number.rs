//! Numbers of schemas, compared without loss.

use serde_json::Value;
use std::cmp::Ordering;

/// Integers up to this one are doubles without loss.
const EXACT: i128 = 1 << 53;

fn whole(number: &Value) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// Which of two is larger? `None` where that cannot be told without loss.
pub(super) fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        (left, right) => {
            let is_exact = |whole: Option<i128>| whole.is_none_or(|whole| whole.abs() <= EXACT);
            let (one, other) = (one.as_f64()?, other.as_f64()?);
            (is_exact(left) && is_exact(right)).then(|| one.partial_cmp(&other)).flatten()
        }
    }
}

/// Is every multiple of one a multiple of the other? `false` where that cannot be told.
pub(super) fn divides(divisor: &Value, number: &Value) -> bool {
    match (whole(divisor), whole(number)) {
        (Some(divisor), Some(number)) => number.checked_rem(divisor) == Some(0),
        _ => divisor == number,
    }
}
