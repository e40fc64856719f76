//! The YAML 1.2 core schema: which plain scalars are null, boolean or number (section 10.3.2).
//!
//! `yes`, `on`, `1_000` and dates are text. `.inf` and `.nan` have no JSON form and are text too.

use super::tree::{Kind, Number};

/// The value of a plain scalar.
pub(super) fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Boolean(true),
        "false" | "False" | "FALSE" => Kind::Boolean(false),
        _ => number(text).map_or_else(|| Kind::String(text.into()), Kind::Number),
    }
}

/// The value of a scalar with an explicit tag of the core schema, such as `!!str 12`; `None` for a tag of another kind
/// or text that does not fit it.
pub(super) fn tagged(suffix: &str, text: &str) -> Option<Kind> {
    match (suffix, plain(text)) {
        ("str", _) => Some(Kind::String(text.into())),
        ("null", kind @ Kind::Null) | ("bool", kind @ Kind::Boolean(_)) | ("int" | "float", kind @ Kind::Number(_)) => {
            Some(kind)
        }
        _ => None,
    }
}

/// A number of the core schema in JSON notation.
fn number(text: &str) -> Option<Number> {
    let (radix, digits) = match text.get(..2) {
        Some("0x") => (16, text.get(2..)?),
        Some("0o") => (8, text.get(2..)?),
        _ => return decimal(text).map(Number::new),
    };
    let value = digits.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| u128::from_str_radix(digits, radix))?;
    value.ok().map(|value| Number::new(value.to_string()))
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?` in JSON notation.
fn decimal(text: &str) -> Option<String> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        b'0'..=b'9' | b'.' => (false, text),
        _ => return None,
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (rest.get(..at)?, Some(rest.get(at + 1..)?)),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let some_digit = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    if !some_digit || !digits(whole) || !digits(fraction.unwrap_or("")) {
        return None;
    }
    let mut out = String::from(if negative { "-" } else { "" });
    let whole = whole.trim_start_matches('0');
    out.push_str(if whole.is_empty() { "0" } else { whole });
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(if fraction.is_empty() { "0" } else { fraction });
    }
    if let Some(exponent) = exponent {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if unsigned.is_empty() || !digits(unsigned) {
            return None;
        }
        out.push('e');
        out.push_str(exponent);
    }
    Some(out)
}
