//! The words of diagnostics: what values, ranges and lists of names are called.

use super::shape::Field;
use crate::document::Version;
use crate::syntax::{Kind, Node};
use std::collections::HashSet;

/// Text from the input that is longer is cut in messages.
const SHOWN_CHARACTERS: usize = 80;

/// Names that are listed in a message.
const SHOWN_NAMES: usize = 16;

/// What messages call a range of whole numbers.
pub(super) fn whole_numbers(minimum: i64, maximum: i64) -> String {
    match (minimum, maximum) {
        (i64::MIN, i64::MAX) => "a whole number".to_owned(),
        (minimum, i64::MAX) => format!("a whole number from {minimum}"),
        (minimum, maximum) => format!("a whole number from {minimum} to {maximum}"),
    }
}

/// The pointer of a key, which need not have a value of its own.
pub(super) fn pointer_to(node: Node<'_>, key: &str) -> String {
    format!("{}/{}", node.pointer(), key.replace('~', "~0").replace('/', "~1"))
}

/// What messages call a value: by its key, or by its place in a list.
pub(super) fn called(node: Node<'_>) -> String {
    let name = |node: Node<'_>| node.own_entry().map(|entry| shortened(entry.key));
    match (name(node), node.own_index()) {
        (Some(name), _) => format!("`{name}`"),
        (None, Some(index)) => match node.parent().and_then(name) {
            Some(list) => format!("item {} of `{list}`", index + 1),
            None => format!("item {}", index + 1),
        },
        (None, None) => "the document".to_owned(),
    }
}

/// `a list`, `an object`, `text`, ..
pub(super) fn with_article(node: Node<'_>) -> &'static str {
    match node.kind() {
        Kind::Null => "null",
        Kind::Boolean(true) => "true",
        Kind::Boolean(false) => "false",
        Kind::Number(_) => "a number",
        Kind::String(_) => "text",
        Kind::Array(_) => "a list",
        Kind::Object(_) => "an object",
    }
}

/// In which versions a field is known, as seen from one that lacks it.
pub(super) fn when(field: &Field, version: Version) -> String {
    if version < field.since {
        format!("since version {}", field.since)
    } else {
        format!("until version {}", field.until)
    }
}

/// `a`, `b`, `c`; each once, and only the first of very many.
pub(super) fn quoted<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut seen = HashSet::new();
    let mut words = words.filter(|word| seen.insert(*word)).map(|word| format!("`{}`", shortened(word)));
    let mut shown: Vec<String> = words.by_ref().take(SHOWN_NAMES).collect();
    shown.extend(words.next().map(|_| "…".to_owned()));
    shown.join(", ")
}

/// The beginning of a text that may be of any length.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
