//! The Components Object: what stands there counts only where it is referred to.

use super::{Document, at_key};
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::{Node, NodeId};
use std::collections::HashSet;

/// A component that nothing refers to.
pub static UNUSED: Rule = Rule {
    id: "unused-component",
    severity: Severity::Info,
    sentence: "Something refers to every component: alone it has no effect.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#componentsObject",
};

/// `unused-component`
pub(super) fn unused(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let Some(components) = document.root.get("components") else { return };
    let used = referred(document);
    for kind in components.entries() {
        for entry in kind.value.entries().filter(|_| !kind.key.starts_with("x-")) {
            if !used.contains(&entry.value.id()) && !is_named(document, kind.key, entry.key) {
                let message = format!("nothing refers to `{}` of `components.{}`", entry.key, kind.key);
                diagnostics.push(at_key(&UNUSED, entry, message).help("refer to it or remove it"));
            }
        }
    }
}

/// Everything that a `$ref` of any file leads to, with all that this is a part of.
fn referred(document: Document<'_>) -> HashSet<NodeId> {
    let mut used = HashSet::new();
    let mut seen = HashSet::new();
    let mut todo: Vec<Node<'_>> =
        document.files.sources().iter().filter_map(|(source, _)| document.files.root(source)).collect();
    while let Some(node) = todo.pop() {
        if !seen.insert(node.id()) {
            continue;
        }
        let mut target = document.target(node);
        while let Some(part) = target.filter(|part| used.insert(part.id())) {
            target = part.parent();
        }
        todo.extend(node.entries().map(|entry| entry.value).chain(node.items()));
    }
    used
}

/// In 2.x security schemes are used by name.
fn is_named(document: Document<'_>, kind: &str, name: &str) -> bool {
    if document.version.major() == 3 || kind != "securitySchemes" {
        return false;
    }
    let servers = document.members("servers").filter_map(|entry| document.resolved(entry.value));
    let traits = document.root.get("components").and_then(|components| components.get("operationTraits"));
    let traits = traits.into_iter().flat_map(Node::entries).map(|entry| entry.value);
    let secured = servers.chain(document.operations_2()).chain(traits).filter_map(|node| node.get("security"));
    secured.flat_map(Node::items).flat_map(Node::entries).any(|entry| entry.key == name)
}
