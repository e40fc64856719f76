//! Chains of references: a `$ref` that leads to a `$ref`, and so on.
//!
//! In: the files of a run. Out: where every chain ends, each reference followed once, however many chains share it. So a
//! document in which thousands of references hang on one chain is read in time proportional to its length.

use super::files::Files;
use super::pointer::Unresolved;
use crate::syntax::{Node, NodeId};
use std::collections::{HashMap, HashSet};

/// Chains of so many references are long: it pays to know where all chains end.
pub(super) const LONG: usize = 8;

/// Where a chain ends.
#[derive(Debug, Clone, Copy)]
enum End {
    /// At something that is no reference, or at a reference that leads nowhere.
    At(NodeId),
    /// It comes back to itself.
    Circular,
}

/// The ends of the chains that begin at the references of a run.
#[derive(Debug, Default)]
pub(super) struct Chains(HashMap<NodeId, End>);

impl Chains {
    /// Follows every reference of every file.
    pub fn of(files: &Files) -> Self {
        let mut ends = HashMap::new();
        for start in files.trees().iter().filter(|node| reference(*node).is_some()) {
            let mut path = Vec::new();
            let mut seen = HashSet::new();
            let mut node = start;
            let end = loop {
                if let Some(end) = ends.get(&node.id()) {
                    break *end;
                }
                let Some(next) = reference(node) else { break End::At(node.id()) };
                if !seen.insert(node.id()) {
                    break End::Circular;
                }
                path.push(node.id());
                match files.resolve(next) {
                    Ok(next) => node = next,
                    Err(_) => break End::At(node.id()),
                }
            };
            ends.extend(path.into_iter().map(|id| (id, end)));
        }
        Self(ends)
    }

    /// Where the chain ends that begins at a reference; nothing for a node that is younger than this table.
    pub fn end<'t>(&self, files: &'t Files, start: Node<'t>) -> Option<Result<Node<'t>, Unresolved>> {
        Some(match self.0.get(&start.id())? {
            End::Circular => Err(Unresolved::Circular),
            End::At(last) => {
                let last = files.node(*last);
                reference(last).map_or(Ok(last), |reference| files.resolve(reference))
            }
        })
    }
}

/// The value of `$ref`, if the node is a reference.
pub(super) fn reference(node: Node<'_>) -> Option<Node<'_>> {
    node.get("$ref").filter(|reference| reference.as_str().is_some())
}
