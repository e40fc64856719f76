//! 3.0 and 3.1.

use super::{Lowering, traits};
use crate::document::model::{Action, Channel, ChannelId, ChannelMessage, MessageId, Operation, Reply, ServerId};
use crate::syntax::NodeId;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let root = lowering.document.root;
    let mut server_nodes = Vec::new();
    for (key, _, node) in lowering.members(root, "servers") {
        let server = lowering.server(key, node);
        lowering.document.servers.push(server);
        server_nodes.push(node);
    }
    let mut channel_nodes = Vec::new();
    for (key, key_span, node) in lowering.members(root, "channels") {
        let address = lowering.text(node, "address");
        let declared: Vec<(String, NodeId)> =
            lowering.members(node, "parameters").into_iter().map(|(name, _, node)| (name, node)).collect();
        let mut messages = Vec::new();
        for (key, _, message) in lowering.members(node, "messages") {
            if let Some(message) = lowering.message(message, &key) {
                messages.push(ChannelMessage { key, message });
            }
        }
        let servers = lowering
            .targets(node, "servers")
            .filter_map(|target| server_nodes.iter().position(|server| *server == target).map(ServerId))
            .collect();
        let channel = Channel {
            parameters: lowering.parameters(address.as_deref(), &declared),
            title: lowering.text(node, "title"),
            summary: lowering.text(node, "summary"),
            description: lowering.text(node, "description"),
            bindings: lowering.object(node, "bindings"),
            key,
            address,
            servers,
            messages,
            node,
            key_span,
        };
        lowering.document.channels.push(channel);
        channel_nodes.push(node);
    }
    for (key, _, target) in lowering.members(root, "operations") {
        let node = traits::apply(lowering.files, target, lowering.document.version);
        let channel_of = |id: NodeId, lowering: &Lowering<'_>| {
            let target = lowering.object(id, "channel")?;
            channel_nodes.iter().position(|channel| *channel == target).map(ChannelId)
        };
        let action = match lowering.text(node, "action").as_deref() {
            Some("send") => Action::Send,
            _ => Action::Receive,
        };
        let Some(channel) = channel_of(node, lowering) else { continue };
        let messages = lowering.carried(node, Some(channel));
        let reply = lowering.object(node, "reply").map(|reply| {
            let channel = channel_of(reply, lowering);
            Reply {
                channel,
                address_location: lowering
                    .object(reply, "address")
                    .and_then(|address| lowering.text(address, "location")),
                messages: lowering.carried(reply, channel),
            }
        });
        let operation = Operation {
            title: lowering.text(node, "title"),
            summary: lowering.text(node, "summary"),
            description: lowering.text(node, "description"),
            about: lowering.about(target, node),
            partition_key: lowering.partition_key(node),
            cloud_events: lowering.cloud_events(node),
            bridge: lowering.bridge(node),
            security: lowering.security(node),
            bindings: lowering.object(node, "bindings"),
            key,
            action,
            channel,
            messages,
            reply,
            node,
        };
        lowering.document.operations.push(operation);
    }
}

impl Lowering<'_> {
    /// The nodes that a list of references leads to.
    fn targets(&self, node: NodeId, key: &str) -> impl Iterator<Item = NodeId> {
        self.node(node).get(key).into_iter().flat_map(|list| list.items()).filter_map(|item| self.target(item.id()))
    }

    /// The messages that an operation or a reply names; all of its channel when it names none at all.
    fn carried(&mut self, node: NodeId, channel: Option<ChannelId>) -> Vec<MessageId> {
        let Some(list) = self.node(node).get("messages") else {
            let channel = channel.and_then(|id| self.document.channel(id));
            return channel.map(|channel| channel.messages.iter().map(|m| m.message).collect()).unwrap_or_default();
        };
        let named: Vec<(NodeId, String)> = list
            .items()
            .map(|item| {
                let last = item.get_str("$ref").and_then(|text| text.rsplit('/').next()).unwrap_or("message");
                (item.id(), last.to_owned())
            })
            .collect();
        named.into_iter().filter_map(|(item, key)| self.message(item, &key)).collect()
    }
}
