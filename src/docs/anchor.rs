//! Ids of everything on a page that can be pointed at.
//!
//! In: names as the document has them. Out: ids made of names alone, never of positions, so that they stay when the
//! document is put in another order. Segments are joined by `:`, which no segment contains; an id is also a valid
//! fragment of a URL as it stands.

use std::collections::HashSet;
use std::fmt::Write;

/// Characters that stand for themselves, besides letters and digits of ASCII.
const PLAIN: [char; 4] = ['-', '_', '.', '/'];

/// One name as a segment of an id. Two names never give the same segment.
pub(super) fn segment(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '{' => out.push('('),
            '}' => out.push(')'),
            plain if plain.is_ascii_alphanumeric() || PLAIN.contains(&plain) => out.push(plain),
            other => {
                let mut bytes = [0; 4];
                for byte in other.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(out, "~{byte:02x}");
                }
            }
        }
    }
    out
}

/// An id of several names, the outermost first.
pub(super) fn join<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().map(segment).collect::<Vec<_>>().join(":")
}

/// The id of something within `outer`, by its name.
pub(super) fn within(outer: &str, name: &str) -> String {
    format!("{outer}:{}", segment(name))
}

/// The id of something within `outer` that has a role there and perhaps a name, such as a branch of `oneOf`.
pub(super) fn within_role(outer: &str, role: &str, name: &str) -> String {
    format!("{outer}:{role}={}", segment(name))
}

/// The ids of a page, each given out once.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    taken: HashSet<String>,
}

impl Anchors {
    /// The wanted id, or that with the lowest number behind it that is free.
    pub(super) fn claim(&mut self, wanted: String) -> String {
        let mut id = wanted.clone();
        let mut number = 2u64;
        while !self.taken.insert(id.clone()) {
            id = format!("{wanted}~~{number}");
            number += 1;
        }
        id
    }
}
