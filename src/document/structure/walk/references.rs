//! References during the walk: where they lead, and what is wrong with those that lead nowhere.

use super::{At, Task, Walk, is_extension, reference};
use crate::document::structure::shape::Shape;
use crate::document::structure::words::{quoted, shortened};
use crate::document::structure::{IGNORED_BESIDE_REFERENCE, WRONG_KIND, table};
use crate::document::{Dialect, SchemaFormat, Version};
use crate::reference::{
    CIRCULAR_REFERENCE, FORBIDDEN_REFERENCE, REMOTE_REFERENCE, UNREADABLE_FILE, UNRESOLVED_REFERENCE, Unresolved,
};
use crate::source::Diagnostic;
use crate::syntax::{Node, NodeId};
use std::collections::HashSet;

/// References of a circle that are named in the message.
const SHOWN_REFERENCES: usize = 4;

/// Beyond so many faults nobody reads what was probably meant, and the search would be felt.
const MOST_GUESSES: usize = 100;

/// A reference that leads nowhere.
pub(super) struct Dangling {
    diagnostic: Diagnostic,
    /// The value that does not have what the reference names.
    place: Option<NodeId>,
    /// The value in there that was probably meant.
    meant: Option<NodeId>,
}

impl<'t> Walk<'t, '_> {
    /// Takes up what a reference leads to, which must have the shape.
    pub(super) fn follow(&mut self, node: Node<'t>, shape: &'static Shape) {
        let Some(reference) = reference(node) else { return };
        if !self.followed.insert((node.id(), std::ptr::from_ref(shape), self.advice)) {
            return;
        }
        let mut beside = node.entries().filter(|entry| entry.key != "$ref" && !is_extension(entry.key));
        if let Some(first) = beside.next().filter(|_| !siblings_count(node)) {
            let keys = quoted(std::iter::once(first.key).chain(beside.map(|entry| entry.key)));
            let message = format!("what stands beside `$ref` is ignored: {keys}");
            self.report(&IGNORED_BESIDE_REFERENCE, At::Key(node, first.key, first.key_span), message, None);
        }
        match self.files.resolve(reference) {
            Ok(_) if !self.ends(node) => {}
            Ok(target) => match other_kind(target, shape, self.version) {
                Some(kind) => {
                    let text = shortened(reference.as_str().unwrap_or_default());
                    let message = format!("`{text}` leads to {kind}, which cannot stand here");
                    let expected = table::component_kind(shape, self.version).unwrap_or_default();
                    let help = format!("refer to one of `components.{expected}`");
                    // Schemas are open: anything may be taken for one.
                    let before = self.advice;
                    self.advice |= expected == "schemas";
                    self.report(&WRONG_KIND, At::Value(reference), message, Some(help));
                    self.advice = before;
                }
                None => {
                    self.came.entry(reference.id()).or_insert(self.via);
                    let shape = Shape::Referable(shape);
                    self.todo.push(Task { node: target, shape, advice: self.advice, via: Some(reference) });
                }
            },
            Err(unresolved) => self.unresolved(reference, unresolved),
        }
    }

    /// Does the chain of references that begins at `start` come to an end? If not, that is reported once.
    fn ends(&mut self, start: Node<'t>) -> bool {
        let mut chain = Vec::new();
        let mut seen = HashSet::new();
        let mut node = start;
        while let Some(reference) = reference(node).filter(|_| !self.ended.contains(&node.id())) {
            if !seen.insert(node.id()) {
                let places: Vec<String> =
                    chain.iter().copied().filter_map(Node::as_str).take(SHOWN_REFERENCES).map(shortened).collect();
                let message = format!("these references lead only to each other: `{}`", places.join("` -> `"));
                self.ended.extend(seen);
                self.report(&CIRCULAR_REFERENCE, At::Value(reference), message, None);
                return false;
            }
            chain.push(reference);
            match self.files.resolve(reference) {
                Ok(next) => node = next,
                Err(_) => break,
            }
        }
        self.ended.extend(seen);
        true
    }

    pub(super) fn unresolved(&mut self, reference: Node<'t>, unresolved: Unresolved) {
        let text = shortened(reference.as_str().unwrap_or_default());
        let at = At::Value(reference);
        match unresolved {
            Unresolved::Missing { message, suggestion, gap } => {
                let close = gap.as_ref().filter(|_| self.may_guess()).and_then(|gap| self.files.closest(gap));
                let (place, meant) = (gap.map(|gap| gap.place), close.as_ref().map(|(_, meant)| *meant));
                let close = suggestion.or(close.map(|(close, _)| close)).or_else(|| self.elsewhere(reference));
                let known =
                    || quoted(place.into_iter().flat_map(|id| self.files.node(id).entries()).map(|entry| entry.key));
                let help = match close {
                    Some(close) => Some(format!("did you mean `{close}`?")),
                    None => Some(known()).filter(|known| !known.is_empty()).map(|known| format!("there are {known}")),
                };
                let message = format!("`{text}` leads nowhere: {message}");
                let diagnostic = self.diagnostic(&UNRESOLVED_REFERENCE, at, message, help);
                self.dangling.extend(diagnostic.map(|diagnostic| Dangling { diagnostic, place, meant }));
            }
            Unresolved::Unreadable(message) => {
                let help = self.elsewhere(reference).map(|close| format!("did you mean `{close}`?"));
                self.report(&UNREADABLE_FILE, at, message, help);
            }
            Unresolved::Faulty => {}
            Unresolved::Forbidden(file) => {
                let message = format!("`{file}` lies outside the folders that may be read");
                let help = match self.elsewhere(reference) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => "move the file below the document, or allow its folder as a root".to_owned(),
                };
                self.report(&FORBIDDEN_REFERENCE, at, message, Some(help));
            }
            Unresolved::Remote => {
                let message = format!("`{text}` leads over the network and was not followed");
                self.report(&REMOTE_REFERENCE, at, message, None);
            }
            Unresolved::Circular => {
                self.report(&CIRCULAR_REFERENCE, at, format!("`{text}` leads back to itself"), None);
            }
        }
    }

    /// Is it still worth while to search for what was meant?
    fn may_guess(&self) -> bool {
        self.errors < MOST_GUESSES
    }

    fn elsewhere(&self, reference: Node<'t>) -> Option<String> {
        self.may_guess().then(|| self.files.elsewhere(reference)).flatten()
    }

    /// Reports the references that lead nowhere, but for those which would lead somewhere if another fault were mended.
    pub(super) fn report_dangling(&mut self) {
        let at_fault = &self.at_fault;
        let causes =
            |dangling: &Dangling| dangling.place.into_iter().chain(dangling.meant).any(|id| at_fault.contains(&id));
        let dangling = std::mem::take(&mut self.dangling);
        self.diagnostics.extend(dangling.into_iter().filter(|one| !causes(one)).map(|one| one.diagnostic));
    }
}

/// Since draft 2019-09 of JSON Schema, what stands beside `$ref` counts, too.
fn siblings_count(node: Node<'_>) -> bool {
    let dialect = |node: Node<'_>| {
        let named = node.get_str("$schema").and_then(Dialect::parse);
        named.or_else(|| match SchemaFormat::parse(node.get_str("schemaFormat")?) {
            SchemaFormat::JsonSchema(dialect) => Some(dialect),
            SchemaFormat::OpenApi(version) if version == "3.1" => Some(Dialect::Draft2020),
            _ => None,
        })
    };
    let mut within = std::iter::successors(Some(node), |node| node.parent());
    within.find_map(dialect).is_some_and(|dialect| dialect >= Dialect::Draft2019)
}

/// What a node is, where that never has a shape: a whole document, or something of another kind.
fn other_kind(node: Node<'_>, shape: &'static Shape, version: Version) -> Option<String> {
    let expected = table::component_kind(shape, version)?;
    let is_document = |node: Node<'_>| node.parent().is_none() && node.get_str("asyncapi").is_some();
    if is_document(node) {
        return Some("a whole document".to_owned());
    }
    let kind = node.parent()?.own_entry()?;
    let holder = kind.value.parent()?;
    let in_components = holder.own_entry().is_some_and(|entry| entry.key == "components");
    let (at_root, prefix) = match in_components {
        true => (holder.parent()?.parent().is_none(), "components."),
        false => (is_document(holder), ""),
    };
    let is_other = at_root && expected != kind.key && table::is_component_kind(kind.key, version);
    is_other.then(|| format!("one of `{prefix}{}`", kind.key))
}
