//! Bindings of the document -> constants of the generated module.
//!
//! In: Bindings Objects. Out: protocol and JSON text, which transports read; of the operation's also the consumer group.
//! What always holds: texts of the document are literals.

use super::operations::listed;
use crate::document::{Message, SchemaFormat};
use crate::reference::Files;
use crate::syntax::{Node, NodeId, to_json};
use proc_macro2::TokenStream;
use quote::quote;

/// Where bindings of operations name the group that shares the messages: protocol and field.
const GROUPS: [(&str, &str); 2] = [("kafka", "groupId"), ("nats", "queue")];

/// Protocols whose transports follow the bindings of messages.
const FOLLOWED: [&str; 2] = ["amqp", "mqtt"];

/// `.with_bindings(..)` for a constant; nothing where there are none.
pub(super) fn bindings(files: &Files, node: Option<NodeId>) -> TokenStream {
    listed("with_bindings", pairs(files, node, |_| true))
}

/// The bindings of a message that its transport follows: pairs of protocol and JSON text.
pub(super) fn of_message(files: &Files, node: Option<NodeId>) -> Vec<TokenStream> {
    pairs(files, node, |protocol| FOLLOWED.contains(&protocol)).collect()
}

fn pairs(files: &Files, node: Option<NodeId>, wanted: fn(&str) -> bool) -> impl Iterator<Item = TokenStream> {
    let entries = node.into_iter().flat_map(|node| files.node(node).entries());
    let entries = entries.filter(move |entry| !entry.key.starts_with("x-") && wanted(entry.key));
    entries.filter_map(|entry| {
        let (protocol, text) = (entry.key, to_json(files.follow(entry.value).ok()?));
        Some(quote!((#protocol, #text)))
    })
}

/// `.with_group(..)` where the bindings of an operation fix the group.
pub(super) fn group(files: &Files, node: Option<NodeId>) -> TokenStream {
    let bindings = node.map(|node| files.node(node));
    let named = GROUPS.into_iter().find_map(|(protocol, field)| fixed(files, bindings?.get(protocol)?.get(field)?));
    named.map_or_else(TokenStream::new, |name| quote!(.with_group(#name)))
}

/// The text that a binding gives: the text itself, or the only one that its schema allows or prefers.
fn fixed<'t>(files: &'t Files, node: Node<'t>) -> Option<&'t str> {
    let node = files.follow(node).ok()?;
    let only = || node.get("enum").filter(|list| list.items().len() == 1)?.items().next()?.as_str();
    node.as_str().or_else(|| node.get_str("const")).or_else(only).or_else(|| node.get_str("default"))
}

/// The schema of the partition key, where a message's Kafka binding has one in the language of its payload.
pub(super) fn key(files: &Files, message: &Message) -> Option<NodeId> {
    let json = message.payload.as_ref().is_some_and(|payload| payload.format == SchemaFormat::AsyncApi);
    let key = files.node(message.bindings?).get("kafka")?.get("key")?;
    json.then_some(key.id())
}
