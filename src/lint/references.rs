//! Where references and names of servers, channels and messages must lead.

use super::{Document, at, at_key};
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::{Node, NodeId};
use std::collections::{HashMap, HashSet};

/// The channel of an operation is not one of the document's channels.
pub static OPERATION_CHANNEL: Rule = Rule {
    id: "operation-channel",
    severity: Severity::Error,
    sentence: "The channel of an operation, and of its reply, is one of the channels at the root of the document.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#operationObject",
};

/// A server of a channel is not one of the document's servers.
pub static CHANNEL_SERVERS: Rule = Rule {
    id: "channel-servers",
    severity: Severity::Error,
    sentence: "The servers of a channel are servers at the root of the document.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#channelObject",
};

/// The name of a server that does not exist.
pub static CHANNEL_SERVER_NAMES: Rule = Rule {
    id: "channel-server-names",
    severity: Severity::Error,
    sentence: "The servers of a channel are names of servers at the root of the document.",
    link: "https://www.asyncapi.com/docs/reference/specification/v2.6.0#channelItemObject",
};

/// A message that the channel of the operation does not carry.
pub static OPERATION_MESSAGES: Rule = Rule {
    id: "operation-messages",
    severity: Severity::Error,
    sentence: "The messages of an operation, and of its reply, are messages of the channel that it names.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#operationObject",
};

/// Two addresses for one reply.
pub static REPLY_ADDRESS: Rule = Rule {
    id: "reply-address",
    severity: Severity::Warning,
    sentence: "Where a reply says by its `address` where it goes, its channel has no address of its own.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#operationReplyObject",
};

/// Operations and their replies.
fn operations_and_replies<'t>(document: Document<'t>) -> impl Iterator<Item = Node<'t>> {
    document.operations_3().flat_map(move |operation| {
        let reply = operation.get("reply").and_then(|reply| document.resolved(reply));
        std::iter::once(operation).chain(reply)
    })
}

/// `operation-channel`
pub(super) fn operation_channels(document: Document<'_>, diagnostics: &mut Diagnostics) {
    for channel in operations_and_replies(document).filter_map(|operation| operation.get("channel")) {
        let (Some(reference), Some(target)) = (channel.get("$ref"), document.target(channel)) else { continue };
        if !document.is_in(target, "channels") {
            let text = reference.as_str().unwrap_or_default();
            let message = format!("`{text}` is not one of the document's channels");
            let help = "name it under `channels` and refer to it there: `#/channels/…`";
            diagnostics.push(at(&OPERATION_CHANNEL, reference, message).help(help));
        }
    }
}

/// `reply-address`
pub(super) fn reply_addresses(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let mut seen = HashSet::new();
    let replies = document.operations_3().filter_map(|operation| document.resolved(operation.get("reply")?));
    for reply in replies.filter(|reply| seen.insert(reply.id())) {
        let (Some(entry), Some(channel)) = (reply.entry("address"), reply.get("channel")) else { continue };
        let own = document.resolved(channel).and_then(|channel| channel.get("address"));
        if let Some((own, text)) = own.and_then(|own| Some((own, own.as_str()?))) {
            let message = format!("this reply goes where its message says, and its channel has the address `{text}`");
            let diagnostic = at_key(&REPLY_ADDRESS, entry, message).related(own.span(), "the address of the channel");
            diagnostics.push(diagnostic.help("remove one of the two, or write `address: null` in the channel"));
        }
    }
}

/// `channel-servers`
pub(super) fn channel_servers(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let servers = document.channels().filter_map(|(_, channel)| channel.get("servers")).flat_map(Node::items);
    for server in servers {
        let (Some(reference), Some(target)) = (server.get("$ref"), document.target(server)) else { continue };
        if !document.is_in(target, "servers") {
            let text = reference.as_str().unwrap_or_default();
            let message = format!("`{text}` is not one of the document's servers");
            let help = "name it under `servers` and refer to it there: `#/servers/…`";
            diagnostics.push(at(&CHANNEL_SERVERS, reference, message).help(help));
        }
    }
}

/// `channel-server-names`
pub(super) fn channel_server_names(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let names = document.channels().filter_map(|(_, channel)| channel.get("servers")).flat_map(Node::items);
    for name in names {
        let Some(text) = name.as_str() else { continue };
        if document.root.get("servers").and_then(|servers| servers.get(text)).is_none() {
            let diagnostic = at(&CHANNEL_SERVER_NAMES, name, format!("there is no server `{text}` in this document"));
            let help = document
                .closest(text, document.members("servers").map(|entry| entry.key))
                .map_or_else(|| "describe it under `servers`".to_owned(), |close| format!("did you mean `{close}`?"));
            diagnostics.push(diagnostic.help(help));
        }
    }
}

/// `operation-messages`
pub(super) fn operation_messages(document: Document<'_>, diagnostics: &mut Diagnostics) {
    // Of each channel: what its own entries refer to. Naming that is forbidden too, but it is clear what was meant.
    let mut carried: HashMap<NodeId, HashMap<NodeId, &str>> = HashMap::new();
    for operation in operations_and_replies(document) {
        let (Some(place), Some(messages)) = (operation.get("channel"), operation.get("messages")) else { continue };
        // What is no reference was diagnosed as such.
        let Some(named) = place.get_str("$ref") else { continue };
        let Some(channel) = document.resolved(place) else { continue };
        let own = channel.get("messages");
        for message in messages.items() {
            let (Some(reference), Some(target)) = (message.get("$ref"), document.target(message)) else { continue };
            if own.is_some() && target.parent().map(Node::id) == own.map(Node::id) {
                continue;
            }
            let below = format!("{named}/messages");
            let carried = carried.entry(channel.id()).or_insert_with(|| {
                let entries = own.into_iter().flat_map(Node::entries);
                entries.filter_map(|entry| Some((document.resolved(entry.value)?.id(), entry.key))).collect()
            });
            let meant = document.resolved(target).and_then(|target| carried.get(&target.id()));
            let help = match meant {
                Some(key) => format!("write `{below}/{}`", key.replace('~', "~0").replace('/', "~1")),
                None => format!("refer to a message below `{below}`"),
            };
            let text = reference.as_str().unwrap_or_default();
            let said = format!("`{text}` does not lead to a message in the operation's channel");
            diagnostics.push(at(&OPERATION_MESSAGES, reference, said).help(help));
        }
    }
}
