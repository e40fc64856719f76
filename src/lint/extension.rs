//! `x-tidings`: its keys, where they may stand, and their values.
//!
//! In: messages and operations, and the traits of both. Out: diagnostics of `tidings-extension`, by the table of
//! [`extension::KEYS`].

use super::{Document, at, at_key};
use crate::document::Action;
use crate::document::extension::{self, Key};
use crate::reference::closest;
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::{Entry, Node};
use std::collections::BTreeSet;

/// A key that is not in the table, or a value that says nothing.
pub static EXTENSION: Rule = Rule {
    id: "tidings-extension",
    severity: Severity::Warning,
    sentence: "`x-tidings` holds the keys of its table, each at the objects that it is for, with a value that can be read.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#specificationExtensions",
};

/// The parts of a message, as runtime expressions begin and as fields of the message are named.
const PARTS: [(&str, &str); 2] = [("$message.header#", "headers"), ("$message.payload#", "payload")];

/// `tidings-extension`
pub(super) fn check(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let components = document.root.get("components");
    let traits =
        |kind: &str| components.and_then(|components| components.get(kind)).into_iter().flat_map(Node::entries);
    let of_traits = |kind| traits(kind).filter_map(|entry| document.resolved(entry.value)).collect::<Vec<_>>();
    for message in document.messages() {
        for entry in keys(document, message) {
            one(entry, "message", None, diagnostics);
            described(message, entry, diagnostics);
        }
    }
    for (node, action, address) in operations(document) {
        for entry in keys(document, node) {
            one(entry, "operation", action, diagnostics);
            routed(entry, address, diagnostics);
        }
    }
    let traits = [("message", of_traits("messageTraits")), ("operation", of_traits("operationTraits"))];
    for (place, nodes) in traits {
        for entry in nodes.into_iter().flat_map(|node| keys(document, node)) {
            one(entry, place, None, diagnostics);
        }
    }
}

/// Every operation, what it does where that is known, and the address of its channel.
fn operations<'t>(document: Document<'t>) -> Vec<(Node<'t>, Option<Action>, Option<&'t str>)> {
    if document.version.major() == 2 {
        let of_channel = |(entry, channel): (Entry<'t>, Node<'t>)| {
            let known = [("publish", Action::Receive), ("subscribe", Action::Send)];
            known.into_iter().filter_map(move |(key, action)| Some((channel.get(key)?, Some(action), Some(entry.key))))
        };
        return document.channels().flat_map(of_channel).collect();
    }
    let described = |node: Node<'t>| {
        let actions = [Action::Receive, Action::Send];
        let action = actions.into_iter().find(|action| node.get_str("action") == Some(action.as_str()));
        let channel = node.get("channel").and_then(|channel| document.resolved(channel));
        (node, action, channel.and_then(|channel| channel.get_str("address")))
    };
    document.operations_3().map(described).collect()
}

/// The keys of the extension on an object; those that are extensions themselves are somebody else's.
fn keys<'t>(document: Document<'t>, node: Node<'t>) -> Vec<Entry<'t>> {
    let extension = node.get(extension::NAME).and_then(|node| document.resolved(node));
    extension.into_iter().flat_map(Node::entries).filter(|entry| !entry.key.starts_with("x-")).collect()
}

fn one(entry: Entry<'_>, place: &str, action: Option<Action>, diagnostics: &mut Diagnostics) {
    let fits = |key: &&Key| key.places.contains(&place);
    let Some(key) = extension::KEYS.iter().filter(fits).find(|key| key.name == entry.key) else {
        let names: Vec<&str> = extension::KEYS.iter().filter(fits).map(|key| key.name).collect();
        let message = format!("`{}` of the {place} has no key `{}`", extension::NAME, entry.key);
        let help = closest(entry.key, names.iter().copied())
            .map_or_else(|| format!("its keys are: {}", names.join(", ")), |close| format!("did you mean `{close}`?"));
        diagnostics.push(at_key(&EXTENSION, entry, message).help(help));
        return;
    };
    if !entry.value.as_str().is_some_and(key.accepts) {
        diagnostics.push(at(&EXTENSION, entry.value, format!("`{}` must be {}", key.name, key.value)));
    }
    if let (Some(wanted), Some(action)) = (key.action, action)
        && wanted != action
    {
        let text = format!("`{}` stands on operations that {}, and this one does not", key.name, wanted.as_str());
        diagnostics.push(at_key(&EXTENSION, entry, text));
    }
}

/// A route has the parameters of the address that its messages go to: none can be made up, and none goes nowhere.
fn routed(entry: Entry<'_>, address: Option<&str>, diagnostics: &mut Diagnostics) {
    let (extension::ROUTE, Some(route), Some(address)) = (entry.key, entry.value.as_str(), address) else { return };
    let names = |text: &str| -> BTreeSet<String> {
        let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        names.map(|(name, _)| name.to_owned()).collect()
    };
    if names(route) != names(address) {
        let text = format!("the route must have the parameters of the address `{address}`");
        diagnostics.push(at(&EXTENSION, entry.value, text));
    }
}

/// A key cannot come from a part of the message that the document does not describe.
fn described(message: Node<'_>, entry: Entry<'_>, diagnostics: &mut Diagnostics) {
    // What a trait describes is there, too.
    if entry.key != extension::PARTITION_KEY || message.get("traits").is_some() {
        return;
    }
    let expression = entry.value.as_str().unwrap_or_default();
    let missing = PARTS.iter().find(|(part, field)| expression.starts_with(part) && message.get(field).is_none());
    if let Some((_, field)) = missing {
        let text = format!("the partition key stands in the {field}, which this message does not describe");
        diagnostics.push(at(&EXTENSION, entry.value, text));
    }
}
