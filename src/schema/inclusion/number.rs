//! Numbers of schemas, compared without loss.
//!
//! In: JSON numbers, each of which stands for the decimal that it is written as. Out: exact answers, whatever the sizes.

use serde_json::Value;
use std::cmp::Ordering;

/// Doubles below this one have a whole part that an `i128` holds.
const WIDEST: f64 = 1e38;

fn whole(number: &Value) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// Which of two numbers is larger? `None` where one is no number.
pub(super) fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        (Some(one), None) => against(one, other.as_f64()?),
        (None, Some(other)) => against(other, one.as_f64()?).map(Ordering::reverse),
        (None, None) => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

/// A whole number against a double.
fn against(whole: i128, other: f64) -> Option<Ordering> {
    if other.abs() >= WIDEST {
        return 0.0.partial_cmp(&other);
    }
    #[expect(clippy::cast_possible_truncation, reason = "it fits")]
    let order = whole.cmp(&(other.trunc() as i128));
    if order == Ordering::Equal { 0.0.partial_cmp(&other.fract()) } else { Some(order) }
}

/// Is it without a fraction?
pub(super) fn is_whole(number: &Value) -> bool {
    whole(number).is_some() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// A decimal: digits, and how many places they are shifted to the left.
struct Decimal {
    digits: u64,
    shift: i32,
}

impl Decimal {
    /// Without its sign; `None` where it has too many digits.
    fn of(number: &Value) -> Option<Self> {
        if let Some(whole) = whole(number) {
            return Some(Self { digits: u64::try_from(whole.unsigned_abs()).ok()?, shift: 0 }.plain());
        }
        // The shortest decimal that is read as this double.
        let text = format!("{:e}", number.as_f64()?.abs());
        let (mantissa, exponent) = text.split_once('e')?;
        let places = mantissa.split_once('.').map_or(0, |(_, places)| places.len());
        let digits = mantissa.replace('.', "").parse().ok()?;
        let shift = exponent.parse::<i32>().ok()?.checked_sub(i32::try_from(places).ok()?)?;
        Some(Self { digits, shift }.plain())
    }

    /// Without zeros at the end.
    fn plain(mut self) -> Self {
        while self.digits != 0 && self.digits.is_multiple_of(10) {
            self.digits /= 10;
            self.shift += 1;
        }
        self
    }
}

/// Is a number a multiple of a step? `None` where one is no number, or has too many digits.
pub(super) fn is_multiple(number: &Value, step: &Value) -> Option<bool> {
    let (number, step) = (Decimal::of(number)?, Decimal::of(step)?);
    if number.digits == 0 || step.digits == 0 {
        return Some(number.digits == 0);
    }
    let (digits, of) = (u128::from(number.digits), u128::from(step.digits));
    match number.shift.checked_sub(step.shift)? {
        // Moves the digits one place after the other; what is divided out stays small.
        more @ 0.. => {
            let rest = (0..more).try_fold(digits % of, |rest, _| rest.checked_mul(10).map(|rest| rest % of))?;
            Some(rest == 0)
        }
        less => {
            let step = (less..0).try_fold(of, |step, _| step.checked_mul(10).filter(|step| *step <= digits));
            Some(step.is_some_and(|step| digits % step == 0))
        }
    }
}
