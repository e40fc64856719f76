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
        /// The reference that was probably meant.
        suggestion: Option<String>,
        /// The value that does not have it.
        place: Option<NodeId>,
        /// The value in there that was probably meant.
        meant: Option<NodeId>,
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

/// The node at a fragment below `root`: a JSON pointer, or the name of an `$anchor`.
pub(super) fn walk<'t>(root: Node<'t>, fragment: &str) -> Result<Node<'t>, Unresolved> {
    let decoded = percent_decode_str(fragment).decode_utf8_lossy();
    if decoded.is_empty() {
        return Ok(root);
    }
    let Some(pointer) = decoded.strip_prefix('/') else {
        return anchor(root, &decoded).ok_or_else(|| Unresolved::Missing {
            message: format!("there is no anchor `{decoded}` in this file"),
            suggestion: decoded.contains('/').then(|| format!("#/{decoded}")),
            place: None,
            meant: None,
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
            let close = closest(&key, node.entries().map(|entry| entry.key)).and_then(|close| node.entry(close));
            let rest = pointer_rest(pointer, &walked);
            return Err(Unresolved::Missing {
                message: format!("`{walked}` has no `{key}`"),
                suggestion: close
                    .map(|close| format!("{walked}/{}{rest}", close.key.replace('~', "~0").replace('/', "~1"))),
                place: Some(node.id()),
                meant: close.map(|close| close.value.id()),
            });
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

/// The node that declares an anchor: `$anchor` since draft 2019-09, `$id: "#name"` before.
fn anchor<'t>(root: Node<'t>, name: &str) -> Option<Node<'t>> {
    let mut todo = vec![root];
    while let Some(node) = todo.pop() {
        let by_id =
            ["$id", "id"].iter().filter_map(|key| node.get_str(key)).any(|id| id.strip_prefix('#') == Some(name));
        let by_anchor = ["$anchor", "$dynamicAnchor"].iter().any(|key| node.get_str(key) == Some(name));
        if by_id || by_anchor {
            return Some(node);
        }
        todo.extend(node.entries().map(|entry| entry.value));
        todo.extend(node.items());
    }
    None
}
