//! `$id` and anchors: names that schemas give themselves, by which references reach them (JSON Schema Core, section 8.2).

use super::pointer;
use super::well_known::{self, WellKnown};
use crate::syntax::{Node, NodeId};
use iri_string::types::{UriAbsoluteStr, UriReferenceStr};
use std::collections::HashMap;

/// Members that hold data, not schemas: an `$id` in there names nothing.
const DATA: [&str; 5] = ["const", "enum", "default", "examples", "example"];
/// Members that hold schemas by name: their keys are no keywords.
const MAPS: [&str; 6] = ["properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies"];

/// The names of every file that was read.
#[derive(Debug, Default)]
pub(super) struct Identifiers {
    /// URI without fragment -> the schema that has it.
    resources: HashMap<String, NodeId>,
    /// URI and anchor -> the schema.
    anchors: HashMap<(String, String), NodeId>,
    /// Schemas with a base URI of their own.
    bases: HashMap<NodeId, String>,
    /// The dynamic anchors of each of those schemas; `$recursiveAnchor` is one without a name.
    dynamic: HashMap<NodeId, Vec<(String, NodeId)>>,
}

impl Identifiers {
    /// Takes up the names in a file. A file has a base URI that nothing else has, until it says otherwise.
    /// Returns the schemas among what it refers to that are known by their URI.
    pub(super) fn add(&mut self, root: Node<'_>, number: usize) -> Vec<WellKnown> {
        let schema = root.get_str("$schema").unwrap_or("");
        let modern = schema.contains("2019-09") || schema.contains("2020-12");
        let keyword = if schema.contains("draft-04") { "id" } else { "$id" };
        let base = format!("tidings://file-{number}/");
        self.bases.insert(root.id(), base.clone());
        self.resources.insert(base.clone(), root.id());
        let mut well_known = Vec::new();
        let mut todo = vec![(root, base, root.id(), false)];
        while let Some((node, mut base, mut resource, map)) = todo.pop() {
            let referred = node.get_str("$ref").and_then(|reference| well_known::get(pointer::split(reference).0));
            well_known.extend(referred);
            // Up to draft-07 a reference hides what stands beside it.
            let hidden = !modern && node.get_str("$ref").is_some();
            if !map && !hidden {
                if let Some(id) = node.get_str(keyword) {
                    let (uri, fragment) = id.split_once('#').unwrap_or((id, ""));
                    if let Some(resolved) = (!uri.is_empty()).then(|| resolve(&base, uri)).flatten() {
                        self.resources.insert(resolved.clone(), node.id());
                        self.bases.insert(node.id(), resolved.clone());
                        base = resolved;
                        resource = node.id();
                    }
                    if !fragment.is_empty() {
                        self.anchors.insert((base.clone(), fragment.to_owned()), node.id());
                    }
                }
                for anchor in ["$anchor", "$dynamicAnchor"].iter().filter_map(|key| node.get_str(key)) {
                    self.anchors.insert((base.clone(), anchor.to_owned()), node.id());
                }
                let recursive = node.get("$recursiveAnchor").and_then(Node::as_bool) == Some(true);
                let recursive = recursive && resource == node.id();
                if let Some(name) = node.get_str("$dynamicAnchor").or(recursive.then_some("")) {
                    self.dynamic.entry(resource).or_default().push((name.to_owned(), node.id()));
                }
            }
            for entry in node.entries() {
                if map || !DATA.contains(&entry.key) {
                    todo.push((entry.value, base.clone(), resource, !map && MAPS.contains(&entry.key)));
                }
            }
            todo.extend(node.items().map(|item| (item, base.clone(), resource, false)));
        }
        well_known
    }

    /// Is there a schema of this URI?
    pub(super) fn names(&self, uri: &str) -> bool {
        self.resources.contains_key(uri)
    }

    /// The dynamic anchors of the resource that a node stands in, by name.
    pub(super) fn dynamic_anchors(&self, node: Node<'_>) -> &[(String, NodeId)] {
        let mut at = Some(node).filter(|_| !self.dynamic.is_empty());
        while let Some(node) = at {
            if self.bases.contains_key(&node.id()) {
                return self.dynamic.get(&node.id()).map_or(&[], Vec::as_slice);
            }
            at = node.parent();
        }
        &[]
    }

    /// The schema that the URI of a reference names, seen from where the reference stands, and that schema's URI.
    pub(super) fn resource(&self, reference: Node<'_>, uri: &str) -> Option<(NodeId, String)> {
        let base = self.base(reference)?;
        let uri = if uri.is_empty() { base.to_owned() } else { resolve(base, uri)? };
        self.resources.get(&uri).map(|node| (*node, uri))
    }

    /// The schema with an anchor in a resource.
    pub(super) fn anchor(&self, uri: String, anchor: &str) -> Option<NodeId> {
        self.anchors.get(&(uri, anchor.to_owned())).copied()
    }

    /// The base URI at a node: that of the nearest schema around it that has one. The node under `$ref` itself is not asked.
    fn base(&self, reference: Node<'_>) -> Option<&str> {
        let mut node = reference.parent()?;
        loop {
            if let Some(base) = self.bases.get(&node.id()) {
                return Some(base);
            }
            node = node.parent()?;
        }
    }
}

/// A reference against a base (RFC 3986, section 5.2).
pub(super) fn resolve(base: &str, reference: &str) -> Option<String> {
    let base = UriAbsoluteStr::new(base).ok()?;
    let reference = UriReferenceStr::new(reference).ok()?;
    Some(reference.resolve_against(base).to_string())
}
