//! The request that opens a connection, held against the `ws` binding of its channel.
//!
//! In: the binding, and the query and headers of a request. Out: what is wrong with it. Of the schemas, these keywords are
//! looked at: `required`, `properties`, `additionalProperties` where it is `false` (of the query alone: every request has
//! headers that no document names), and of a property `type`, `const`, `enum`, `minLength`, `maxLength`, `minimum`,
//! `maximum` and `pattern`. A binding that cannot be read asks for nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::message::Channel;

/// What a request shows: names and values, each name once.
pub(super) type Shown = BTreeMap<String, String>;

/// # Errors
/// What the binding asks for and the request does not show.
pub(super) fn check(channel: &Channel, query: &Shown, headers: &Shown) -> Result<(), String> {
    let binding = channel.binding("ws").and_then(|text| serde_json::from_str::<Value>(text).ok()).unwrap_or_default();
    let schema = |name| binding.get(name).unwrap_or(&Value::Null);
    let exact = |name: &str| name.to_owned();
    object("query parameter", schema("query"), query, exact)?;
    if let (Some(false), Some(known)) = (
        schema("query").get("additionalProperties").and_then(Value::as_bool),
        schema("query").get("properties").and_then(Value::as_object),
    ) && let Some(name) = query.keys().find(|name| !known.contains_key(*name))
    {
        return Err(format!("the query parameter `{name}` is not described"));
    }
    object("header", schema("headers"), headers, |name| name.to_ascii_lowercase())
}

/// Reads a query.
pub(super) fn query(text: Option<&str>) -> Shown {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn object(what: &str, schema: &Value, shown: &Shown, known_as: impl Fn(&str) -> String) -> Result<(), String> {
    for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !shown.contains_key(&known_as(name)) {
            return Err(format!("the {what} `{name}` is missing"));
        }
    }
    for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if let Some(text) = shown.get(&known_as(name)) {
            value(schema, text).map_err(|fault| format!("the {what} `{name}` {fault}"))?;
        }
    }
    Ok(())
}

/// A keyword: whether the text meets it, and what it says otherwise.
type Keyword = (&'static str, fn(&Value, &str) -> bool, &'static str);

const KEYWORDS: [Keyword; 8] = [
    ("type", |kind, text| is(kind, text), "is not of type"),
    ("const", |wanted, text| same(wanted, text), "must be"),
    (
        "enum",
        |wanted, text| wanted.as_array().is_none_or(|list| list.iter().any(|one| same(one, text))),
        "must be one of",
    ),
    (
        "minLength",
        |least, text| least.as_u64().is_none_or(|least| text.chars().count() as u64 >= least),
        "is shorter than",
    ),
    ("maxLength", |most, text| most.as_u64().is_none_or(|most| text.chars().count() as u64 <= most), "is longer than"),
    ("minimum", |least, text| compared(least, text, |least, value| value >= least), "is less than"),
    ("maximum", |most, text| compared(most, text, |most, value| value <= most), "is more than"),
    (
        "pattern",
        |pattern, text| {
            let pattern = pattern.as_str().and_then(|pattern| regress::Regex::new(pattern).ok());
            pattern.is_none_or(|pattern| pattern.find(text).is_some())
        },
        "does not match",
    ),
];

fn value(schema: &Value, text: &str) -> Result<(), String> {
    for (keyword, holds, fault) in KEYWORDS {
        if let Some(wanted) = schema.get(keyword).filter(|wanted| !holds(wanted, text)) {
            return Err(format!("{fault} {wanted}"));
        }
    }
    Ok(())
}

/// Whether a text is of a type, or of one of several.
fn is(kind: &Value, text: &str) -> bool {
    let one = |kind: &str| match kind {
        "integer" => text.parse::<i128>().is_ok(),
        "number" => text.parse::<f64>().is_ok_and(f64::is_finite),
        "boolean" => matches!(text, "true" | "false"),
        "null" => text.is_empty(),
        _ => true,
    };
    match kind {
        Value::String(kind) => one(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(one),
        _ => true,
    }
}

fn same(wanted: &Value, text: &str) -> bool {
    match wanted {
        Value::String(wanted) => wanted == text,
        other => serde_json::from_str::<Value>(text).is_ok_and(|value| value == *other),
    }
}

fn compared(bound: &Value, text: &str, holds: fn(f64, f64) -> bool) -> bool {
    match (bound.as_f64(), text.parse()) {
        (Some(bound), Ok(value)) => holds(bound, value),
        _ => true,
    }
}
