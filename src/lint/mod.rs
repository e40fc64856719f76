//! Rules beyond the shape of a document: names that must exist, texts that must fit each other.
//!
//! In: a document whose version is known; its structure may have faults, and what is missing or misshapen is passed over
//! here, since it was diagnosed there. Out: diagnostics of the rules in [`RULES`]. One function for each rule.

mod address;
mod messages;
mod references;
mod security;

use crate::document::Version;
use crate::reference::Files;
use crate::source::{Diagnostic, Diagnostics, Rule};
use crate::syntax::{Entry, Node};

/// Every rule of this room.
pub static RULES: &[&Rule] = &[
    &address::PARAMETERS,
    &address::UNMATCHED_PARAMETER,
    &address::QUERY_OR_FRAGMENT,
    &address::SERVER_VARIABLES,
    &address::UNMATCHED_VARIABLE,
    &messages::DUPLICATE_OPERATION_ID,
    &messages::DUPLICATE_MESSAGE_ID,
    &messages::HEADERS,
    &references::OPERATION_CHANNEL,
    &references::CHANNEL_SERVERS,
    &references::CHANNEL_SERVER_NAMES,
    &references::OPERATION_MESSAGES,
    &security::SECURITY_SCHEME,
    &security::SECURITY_SCOPES,
];

/// What every rule reads.
#[derive(Clone, Copy)]
struct Document<'t> {
    files: &'t Files,
    root: Node<'t>,
    version: Version,
}

/// Applies every rule to the document `root`.
pub fn check(files: &Files, root: Node<'_>, version: Version, diagnostics: &mut Diagnostics) {
    let document = Document { files, root, version };
    let rules: &[fn(Document<'_>, &mut Diagnostics)] = match version.major() {
        2 => &[
            address::channel_parameters,
            address::query_or_fragment,
            address::server_variables,
            messages::duplicate_operation_ids,
            messages::duplicate_message_ids,
            messages::headers,
            references::channel_server_names,
            security::requirements,
        ],
        _ => &[
            address::channel_parameters,
            address::query_or_fragment,
            address::server_variables,
            references::operation_channels,
            references::channel_servers,
            references::operation_messages,
        ],
    };
    for rule in rules {
        rule(document, diagnostics);
    }
}

impl<'t> Document<'t> {
    /// The members of an object at the root.
    fn members(self, key: &str) -> impl Iterator<Item = Entry<'t>> + use<'t> {
        let object = self.root.get(key);
        object.into_iter().flat_map(Node::entries)
    }

    /// The node itself, or what it refers to; nothing where that leads nowhere.
    fn resolved(self, node: Node<'t>) -> Option<Node<'t>> {
        self.files.follow(node).ok()
    }

    /// Every channel with its key, references followed.
    fn channels(self) -> impl Iterator<Item = (Entry<'t>, Node<'t>)> + use<'t> {
        self.members("channels").filter_map(move |entry| Some((entry, self.resolved(entry.value)?)))
    }

    /// 2.x: every operation of every channel.
    fn operations_2(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.channels()
            .flat_map(|(_, channel)| ["publish", "subscribe"].into_iter().filter_map(move |key| channel.get(key)))
    }

    /// 3.x: every operation, references followed.
    fn operations_3(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.members("operations").filter_map(move |entry| self.resolved(entry.value))
    }

    /// Where the `$ref` of a node leads in one step.
    fn target(self, node: Node<'t>) -> Option<Node<'t>> {
        self.files.resolve(node.get("$ref")?).ok()
    }

    /// Does a node stand directly in the object `key` of the root?
    fn is_in(self, node: Node<'t>, key: &str) -> bool {
        let parent = node.parent().map(Node::id);
        parent.is_some() && parent == self.root.get(key).map(Node::id)
    }
}

/// A diagnostic at a value.
fn at(rule: &'static Rule, node: Node<'_>, message: String) -> Diagnostic {
    Diagnostic::new(rule, node.span(), message).at(node.pointer())
}

/// A diagnostic at a key.
fn at_key(rule: &'static Rule, entry: Entry<'_>, message: String) -> Diagnostic {
    Diagnostic::new(rule, entry.key_span, message).at(entry.value.pointer())
}
