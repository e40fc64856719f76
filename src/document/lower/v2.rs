//! 2.0 to 2.6: the key of a channel is its address, and operations stand inside it, seen from the other side.
//!
//! `publish` says what others may publish to the channel, so the application receives it; `subscribe` says what others
//! may subscribe to, so the application sends it.

use super::{Lowering, traits};
use crate::document::model::{Action, Channel, ChannelId, ChannelMessage, MessageId, Operation, ServerId};
use crate::syntax::{Node, NodeId};

const OPERATIONS: [(&str, Action); 2] = [("publish", Action::Receive), ("subscribe", Action::Send)];

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let root = lowering.document.root;
    for (key, _, node) in lowering.members(root, "servers") {
        let server = lowering.server(key, node);
        lowering.document.servers.push(server);
    }
    for (key, key_span, node) in lowering.members(root, "channels") {
        let declared: Vec<(String, NodeId)> =
            lowering.members(node, "parameters").into_iter().map(|(name, _, node)| (name, node)).collect();
        let names = lowering.texts(node, "servers");
        let servers = names
            .iter()
            .filter_map(|name| lowering.document.servers.iter().position(|server| server.key == *name).map(ServerId))
            .collect();
        let channel = Channel {
            address: Some(key.clone()),
            title: None,
            summary: None,
            description: lowering.text(node, "description"),
            parameters: lowering.parameters(Some(&key), &declared),
            bindings: lowering.object(node, "bindings"),
            key: key.clone(),
            servers,
            messages: Vec::new(),
            node,
            key_span,
        };
        let id = ChannelId(lowering.document.channels.len());
        lowering.document.channels.push(channel);
        for (field, action) in OPERATIONS {
            if let Some(target) = lowering.object(node, field) {
                lowering.operation(id, &key, action, target);
            }
        }
    }
}

impl Lowering<'_> {
    fn operation(&mut self, channel: ChannelId, address: &str, action: Action, target: NodeId) {
        let node = traits::apply(self.files, target, self.document.version);
        let key = self.text(node, "operationId").unwrap_or_else(|| format!("{} {address}", action.as_str()));
        let mut messages = Vec::new();
        for candidate in self.candidates(node) {
            let name = self.message_key(candidate, &key);
            let Some(message) = self.message(candidate, &name) else { continue };
            messages.push(message);
            self.add_to_channel(channel, message, name);
        }
        let operation = Operation {
            action,
            channel,
            messages,
            title: None,
            summary: self.text(node, "summary"),
            description: self.text(node, "description"),
            about: self.about(target, node),
            partition_key: self.partition_key(node),
            cloud_events: self.cloud_events(node),
            bridge: self.bridge(node),
            security: self.security(node),
            reply: None,
            bindings: self.object(node, "bindings"),
            node,
            key,
        };
        self.document.operations.push(operation);
    }

    /// `message`, or the alternatives under its `oneOf`.
    fn candidates(&self, operation: NodeId) -> Vec<NodeId> {
        let Some(message) = self.node(operation).get("message") else { return Vec::new() };
        let target = self.files.follow(message).unwrap_or(message);
        match target.get("oneOf").filter(|list| list.is_array()) {
            Some(list) => list.items().map(Node::id).collect(),
            None => vec![message.id()],
        }
    }

    /// What a message that is no component is called: its id, its name, or after its operation.
    fn message_key(&self, message: NodeId, operation: &str) -> String {
        let target = self.target(message).unwrap_or(message);
        self.component_messages
            .get(&target)
            .cloned()
            .or_else(|| self.text(target, "messageId"))
            .or_else(|| self.text(target, "name"))
            .unwrap_or_else(|| format!("{operation} message"))
    }

    fn add_to_channel(&mut self, channel: ChannelId, message: MessageId, key: String) {
        if let Some(channel) = self.document.channels.get_mut(channel.0)
            && !channel.messages.iter().any(|known| known.message == message)
        {
            channel.messages.push(ChannelMessage { key, message });
        }
    }
}
