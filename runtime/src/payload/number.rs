//! JSON numbers, compared and divided as mathematics has them: `1` is `1.0`, and no comparison rounds.
//!
//! In: what serde_json reads (an integer of 64 bits, or the nearest float). Out: exact answers. An integer written in
//! more digits than 64 bits hold is the nearest float, since that is all serde_json keeps of it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::ser::{Error as _, Serialize, Serializer};

/// 2^127, the first float above every `i128`.
const ABOVE_INTEGERS: f64 = 170_141_183_460_469_231_731_687_303_715_884_105_728.0;
/// 2^64 and -2^63: outside of these serde_json reads an integer as a float.
const ABOVE_READ_INTEGERS: f64 = 18_446_744_073_709_551_616.0;
const LEAST_READ_INTEGER: f64 = -9_223_372_036_854_775_808.0;

/// A JSON number.
///
/// Equality, order and hash follow the number's value, not how it is written. A float that is no number comes from no
/// JSON text; were one made by hand, it would equal itself and stand above all others.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// Written without fraction and exponent.
    Integer(i128),
    /// Anything else.
    Float(f64),
}

impl Number {
    /// An integer, for limits in generated code.
    #[must_use]
    pub const fn integer(value: i128) -> Self {
        Self::Integer(value)
    }

    /// A float, for limits in generated code.
    #[must_use]
    pub const fn float(value: f64) -> Self {
        Self::Float(value)
    }

    /// Whether the number has no fractional part: `1.0` has none (JSON Schema, draft-06 and later).
    #[must_use]
    pub fn is_integer(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(float) => float.is_finite() && float.fract() == 0.0,
        }
    }

    /// Whether the number was written as an integer (JSON Schema, draft-04: `1.0` is none).
    ///
    /// Integers beyond 64 bits arrive as floats; they count as written so, whatever their text was.
    #[must_use]
    pub fn is_strict_integer(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(float) => self.is_integer() && !(LEAST_READ_INTEGER..ABOVE_READ_INTEGERS).contains(&float),
        }
    }

    /// The number as an integer, when it is one and fits.
    #[must_use]
    pub fn to_integer(self) -> Option<i128> {
        match self {
            Self::Integer(integer) => Some(integer),
            Self::Float(float) => (self.is_integer() && (-ABOVE_INTEGERS..ABOVE_INTEGERS).contains(&float))
                // In range and without fraction: the cast is exact.
                .then_some(float as i128),
        }
    }

    /// The nearest float.
    #[must_use]
    pub fn to_float(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }

    /// Whether the number is a whole multiple of `divisor`, both taken by their shortest decimal text, so that 0.0075
    /// is a multiple of 0.0001. Nothing is a multiple of zero.
    #[must_use]
    pub fn multiple_of(self, divisor: Number) -> bool {
        let (Some(number), Some(divisor)) = (Decimal::of(self), Decimal::of(divisor)) else {
            return false;
        };
        if divisor.digits == 0 {
            return false;
        }
        if number.digits == 0 {
            return true;
        }
        let shift = number.exponent - divisor.exponent;
        if shift < 0 {
            // digits must be divisible by divisor * 10^-shift; a product beyond u128 exceeds the digits.
            return 10_u128
                .checked_pow(shift.unsigned_abs())
                .and_then(|power| power.checked_mul(divisor.digits))
                .is_some_and(|product| number.digits.is_multiple_of(product));
        }
        // What the digits leave of the divisor must divide 10^shift: twos and fives only, no more than shift of each.
        let mut left = divisor.digits / greatest_common_divisor(number.digits, divisor.digits);
        for prime in [2, 5] {
            let mut count = 0;
            while left.is_multiple_of(prime) && count < shift {
                left /= prime;
                count += 1;
            }
        }
        left == 1
    }
}

/// The absolute value of a number: `digits * 10^exponent`.
struct Decimal {
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// None for a float that is no number.
    fn of(number: Number) -> Option<Self> {
        let float = match number {
            Number::Integer(integer) => {
                return Some(Self { digits: integer.unsigned_abs(), exponent: 0 });
            }
            Number::Float(float) => float.is_finite().then_some(float.abs())?,
        };
        // `7.5e-3`: the shortest digits that read back as this float, at most 17 of them.
        let text = format!("{float:e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        Some(Self {
            digits: format!("{whole}{fraction}").parse().ok()?,
            exponent: exponent.parse::<i32>().ok()? - i32::try_from(fraction.len()).ok()?,
        })
    }
}

fn greatest_common_divisor(mut left: u128, mut right: u128) -> u128 {
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (*self, *other) {
            (Self::Integer(left), Self::Integer(right)) => left.cmp(&right),
            (Self::Float(left), Self::Float(right)) => {
                left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
            }
            (Self::Integer(left), Self::Float(right)) => compare(left, right),
            (Self::Float(left), Self::Integer(right)) => compare(right, left).reverse(),
        }
    }
}

fn compare(integer: i128, float: f64) -> Ordering {
    if float.is_nan() || float >= ABOVE_INTEGERS {
        return Ordering::Less;
    }
    if float < -ABOVE_INTEGERS {
        return Ordering::Greater;
    }
    // In range: truncating is exact, and what it cut off decides between equals.
    let whole = float.trunc();
    integer.cmp(&(whole as i128)).then_with(|| whole.total_cmp(&float))
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Equal numbers are either both integers that fit, or the same float.
        match self.to_integer() {
            Some(integer) => integer.hash(state),
            None if self.to_float().is_nan() => f64::NAN.to_bits().hash(state),
            None => self.to_float().to_bits().hash(state),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => write!(formatter, "{integer}"),
            // The debug form is the short one: `1e308`, not 309 digits.
            Self::Float(float) => write!(formatter, "{float:?}"),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Integer(integer) => {
                if let Ok(small) = i64::try_from(integer) {
                    serializer.serialize_i64(small)
                } else if let Ok(large) = u64::try_from(integer) {
                    serializer.serialize_u64(large)
                } else {
                    serializer.serialize_i128(integer)
                }
            }
            Self::Float(float) if float.is_finite() => serializer.serialize_f64(float),
            Self::Float(float) => Err(S::Error::custom(format_args!("{float} has no form in JSON"))),
        }
    }
}
