//! The parts of a reference, and the walk along a JSON pointer (RFC 6901).

use super::closest;
use crate::syntax::{Node, NodeId};
use percent_encoding::percent_decode_str;

/// Why a reference leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unresolved {
    /// The file was read, but has nothing at that place.
    Missing {
        /// What is not there.
        message: String,
        /// The reference that was probably meant, where that is plain.
        suggestion: Option<String>,
        /// Where the way of the reference ends.
        gap: Option<Box<Gap>>,
    },
    /// The file could not be read.
    Unreadable(String),
    /// The file was read and is not well-formed, which was diagnosed there.
    Faulty,
    /// The file lies outside the allowed roots.
    Forbidden(String),
    /// The reference leads over the network.
    Remote,
    /// The chain of references comes back to itself.
    Circular,
}

/// Where the way of a JSON pointer ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The value that does not have what is named next.
    pub place: NodeId,
    /// The way to that value, as a reference.
    walked: String,
    /// What is named next.
    key: String,
    /// The way from there, with its leading slash.
    rest: String,
}

impl Gap {
    /// The reference that was probably meant, and the value in `place` that it passes. It is searched for among all keys
    /// there, which is not cheap.
    pub(super) fn closest(&self, place: Node<'_>) -> Option<(String, NodeId)> {
        let (close, rest) = self.unescaped(place).or_else(|| {
            Some((closest(&self.key, place.entries().map(|entry| entry.key))?.to_owned(), self.rest.as_str()))
        })?;
        let escaped = close.replace('~', "~0").replace('/', "~1");
        Some((format!("{}/{escaped}{rest}", self.walked), place.get(&close)?.id()))
    }

    /// The key in `place` that the way spells with `/` where a pointer has `~1`, and the way from there.
    fn unescaped(&self, place: Node<'_>) -> Option<(String, &str)> {
        let ends = self.rest.match_indices('/').skip(1).map(|(end, _)| end).chain([self.rest.len()]);
        let split = ends.filter_map(|end| self.rest.split_at_checked(end));
        let mut ways = split.map(|(more, rest)| (format!("{}{}", self.key, more.replace("~1", "/")), rest));
        ways.find(|(key, _)| place.get(key).is_some())
    }
}

/// `file#fragment`, both percent-encoded; no `#` means the whole file.
pub(super) fn split(reference: &str) -> (&str, &str) {
    reference.split_once('#').unwrap_or((reference, ""))
}

/// Does the reference name a resource by an absolute URI?
pub(super) fn is_remote(file: &str) -> bool {
    let scheme = file.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    }) || file.starts_with("//")
}

/// Can the resource be fetched, if that is wanted?
pub(super) fn is_web(file: &str) -> bool {
    let begins = |scheme: &str| file.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    begins("http://") || begins("https://")
}

/// The node at a fragment below `root`: a JSON pointer, or the name of an anchor, which `anchor` knows.
pub(super) fn walk<'t>(
    root: Node<'t>,
    fragment: &str,
    anchor: impl FnOnce(&str) -> Option<Node<'t>>,
) -> Result<Node<'t>, Unresolved> {
    let decoded = percent_decode_str(fragment).decode_utf8_lossy();
    if decoded.is_empty() {
        return Ok(root);
    }
    let Some(pointer) = decoded.strip_prefix('/') else {
        return anchor(&decoded).ok_or_else(|| Unresolved::Missing {
            message: format!("there is no anchor `{decoded}` in this file"),
            suggestion: decoded.contains('/').then(|| format!("#/{decoded}")),
            gap: None,
        });
    };
    let mut node = root;
    let mut walked = String::from("#");
    for segment in pointer.split('/') {
        let key = segment.replace("~1", "/").replace("~0", "~");
        let next = match segment.parse::<usize>() {
            Ok(index) if node.is_array() => node.items().nth(index),
            _ => node.get(&key),
        };
        let Some(next) = next else {
            let message = format!("`{walked}` has no `{key}`");
            let rest = pointer_rest(pointer, &walked).to_owned();
            let gap = Some(Box::new(Gap { place: node.id(), walked, key, rest }));
            return Err(Unresolved::Missing { message, suggestion: None, gap });
        };
        walked.push('/');
        walked.push_str(segment);
        node = next;
    }
    Ok(node)
}

/// What follows the segment after `walked` in a pointer, with its leading slash.
fn pointer_rest<'p>(pointer: &'p str, walked: &str) -> &'p str {
    let rest = pointer.get(walked.len().saturating_sub(1)..).unwrap_or("");
    rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("")
}

/// The anchors that a node declares: `$anchor` since draft 2019-09, `$id: "#name"` before.
pub(super) fn anchors<'t>(node: Node<'t>) -> impl Iterator<Item = &'t str> {
    let by_id = ["$id", "id"].into_iter().filter_map(move |key| node.get_str(key)?.strip_prefix('#'));
    by_id.chain(["$anchor", "$dynamicAnchor"].into_iter().filter_map(move |key| node.get_str(key)))
}

/// The node below `root` that declares an anchor.
pub(super) fn anchor<'t>(root: Node<'t>, name: &str) -> Option<Node<'t>> {
    let mut todo = vec![root];
    while let Some(node) = todo.pop() {
        if anchors(node).any(|anchor| anchor == name) {
            return Some(node);
        }
        todo.extend(node.entries().map(|entry| entry.value));
        todo.extend(node.items());
    }
    None
}
