//! Texts that stand for bytes, moments and decimals.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 of RFC 4648 section 4, padded.
pub(in crate::payload) fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0_u32, |word, at| word << 8 | chunk.get(at).map_or(0, |byte| u32::from(*byte)));
        for at in 0..4 {
            let sextet = (word >> (18 - 6 * at)) as usize & 63;
            let letter = ALPHABET.get(sextet).map_or('=', |letter| char::from(*letter));
            out.push(if at > chunk.len() { '=' } else { letter });
        }
    }
    out
}

/// The bytes of base64, padded or not; `None` for anything else.
pub(in crate::payload) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    let mut out = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for chunk in digits.chunks(4) {
        let mut word = 0_u32;
        for at in 0..4 {
            let sextet = match chunk.get(at) {
                None => 0,
                Some(b'-') => 62,
                Some(b'_') => 63,
                Some(digit) => ALPHABET.iter().position(|letter| letter == digit)?,
            };
            word = word << 6 | u32::try_from(sextet).ok()?;
        }
        let bytes = word.to_be_bytes();
        // One digit alone holds no byte.
        let count = if chunk.len() == 1 { return None } else { chunk.len() - 1 };
        out.extend(bytes.iter().skip(1).take(count));
    }
    Some(out)
}

/// Days since 1970-01-01 -> year, month, day of the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let year_of_era = year.rem_euclid(400);
    let month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Days since 1970 as `2026-01-31`; `None` outside the years 0 to 9999.
pub(super) fn to_date(since_1970: i64) -> Option<String> {
    let (year, month, day) = civil(since_1970);
    (0..=9999).contains(&year).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn number(text: &str, range: std::ops::Range<usize>) -> Option<i64> {
    text.get(range)?.parse().ok()
}

/// `2026-01-31` as days since 1970.
pub(super) fn from_date(text: &str) -> Option<i64> {
    crate::payload::format::date(text).then_some(())?;
    Some(days(number(text, 0..4)?, number(text, 5..7)?, number(text, 8..10)?))
}

/// Seconds and nanoseconds since 1970 as `2026-01-31T12:00:00.5Z`; `None` outside the years 0 to 9999.
pub(super) fn to_timestamp(seconds: i64, nanoseconds: u32) -> Option<String> {
    let date = to_date(seconds.div_euclid(86_400))?;
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}{}Z", fraction(nanoseconds.into())))
}

/// A timestamp of RFC 3339, with any offset, as seconds and nanoseconds since 1970; finer parts are cut off.
pub(super) fn from_timestamp(text: &str) -> Option<(i64, u32)> {
    crate::payload::format::date_time(text).then_some(())?;
    let midnight = from_date(text.get(..10)?)? * 86_400;
    let seconds = number(text, 11..13)? * 3_600 + number(text, 14..16)? * 60 + number(text, 17..19)?;
    let rest = text.get(19..)?;
    let digits: String = rest.strip_prefix('.').unwrap_or("").chars().take_while(char::is_ascii_digit).collect();
    let offset = rest.get(if digits.is_empty() { 0 } else { digits.len() + 1 }..)?;
    let nanoseconds: String = digits.chars().chain(std::iter::repeat('0')).take(9).collect();
    let sign = match offset.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => 0,
    };
    let behind_utc = if sign == 0 { 0 } else { number(offset, 1..3)? * 3_600 + number(offset, 4..6)? * 60 };
    Some((midnight + seconds - sign * behind_utc, nanoseconds.parse().ok()?))
}

/// Parts of a second since 1970, so many to the second, as a timestamp; `None` outside the years 0 to 9999.
pub(super) fn to_moment(parts: i64, per_second: u32) -> Option<String> {
    let (whole, scale) = (i64::from(per_second), 1_000_000_000 / per_second);
    let nanoseconds = u32::try_from(parts.rem_euclid(whole)).unwrap_or_default() * scale;
    to_timestamp(parts.div_euclid(whole), nanoseconds)
}

/// A timestamp as parts of a second since 1970; `None` for none, and for one that has more than 64 bits.
pub(super) fn from_moment(text: &str, per_second: u32) -> Option<i64> {
    let (seconds, nanoseconds) = from_timestamp(text)?;
    let fraction = i64::from(nanoseconds / (1_000_000_000 / per_second));
    seconds.checked_mul(i64::from(per_second))?.checked_add(fraction)
}

/// The longest span of Protobuf, in seconds: about 10,000 years.
const LONGEST_SPAN: i64 = 315_576_000_000;

/// `-1.5s` as seconds and nanoseconds, both with the sign; `None` for anything else.
pub(super) fn from_span(text: &str) -> Option<(i64, i64)> {
    let number = text.strip_suffix('s')?;
    let (sign, digits) = number.strip_prefix('-').map_or((1, number), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let valid = are_digits(whole) && are_digits(fraction) && fraction.len() <= 9;
    let seconds = valid.then(|| whole.parse::<i64>().ok()).flatten().filter(|seconds| *seconds <= LONGEST_SPAN)?;
    let nanoseconds: i64 = format!("{fraction:0<9}").parse().ok()?;
    Some((sign * seconds, sign * nanoseconds))
}

/// Seconds and nanoseconds as `-1.500s`.
pub(super) fn to_span(seconds: i64, nanoseconds: i64) -> String {
    let sign = if seconds < 0 || nanoseconds < 0 { "-" } else { "" };
    let (seconds, nanoseconds) = (seconds.unsigned_abs(), nanoseconds.unsigned_abs());
    format!("{sign}{seconds}{}s", fraction(nanoseconds))
}

/// Nanoseconds behind a point, in thousandths as far as they go; nothing for none.
fn fraction(nanoseconds: u64) -> String {
    match nanoseconds {
        0 => String::new(),
        _ if nanoseconds.is_multiple_of(1_000_000) => format!(".{:03}", nanoseconds / 1_000_000),
        _ if nanoseconds.is_multiple_of(1_000) => format!(".{:06}", nanoseconds / 1_000),
        _ => format!(".{nanoseconds:09}"),
    }
}

/// A number of so many digits behind the point, as text.
pub(super) fn to_decimal(unscaled: i128, scale: u32) -> String {
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    let sign = if unscaled < 0 { "-" } else { "" };
    let point = if scale == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

/// The text of a decimal as a number of so many digits behind the point; `None` where it has more of them.
pub(super) fn from_decimal(text: &str, scale: u32) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let missing = (scale as usize).checked_sub(fraction.len())?;
    let valid = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|digit| digit.is_ascii_digit());
    let unscaled = format!("{whole}{fraction}{}", "0".repeat(missing));
    let unscaled: i128 = valid.then(|| unscaled.parse().ok()).flatten()?;
    Some(if negative { -unscaled } else { unscaled })
}
