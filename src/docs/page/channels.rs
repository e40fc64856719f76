//! Channels with their parameters, and operations on them.

use super::{Builder, anchor, described};
use crate::docs::command::{self, Call};
use crate::docs::text::breakable;
use crate::docs::tree;
use crate::docs::view::{Channel, Operation, Parameter, Reply, Snippet, Target};
use crate::document::{Action, ChannelId, MessageId, Operation as OperationModel, SchemaFormat, SchemaUse};
use crate::reference::Files;
use crate::syntax::{Node, NodeId};

const CHANNEL: [&str; 10] = [
    "address",
    "title",
    "summary",
    "description",
    "parameters",
    "servers",
    "messages",
    "publish",
    "subscribe",
    "bindings",
];
const OPERATION: [&str; 11] = [
    "operationId",
    "action",
    "channel",
    "title",
    "summary",
    "description",
    "security",
    "message",
    "messages",
    "reply",
    "bindings",
];
const PARAMETER: [&str; 6] = ["description", "enum", "default", "location", "examples", "schema"];

impl<'f> Builder<'f> {
    pub(super) fn all_channels(&mut self) -> Vec<Channel> {
        let document = self.document;
        let mut channels = Vec::new();
        for ((id, channel), target) in document.channels().zip(self.channels.clone()) {
            self.walker.mark(channel.node);
            let node = self.walker.files.node(channel.node);
            let on_it = document.operations.iter().zip(&self.operations).filter(|(operation, _)| {
                operation.channel == id || operation.reply.as_ref().is_some_and(|reply| reply.channel == Some(id))
            });
            channels.push(Channel {
                key: channel.key.clone(),
                title: channel.title.clone(),
                address: channel.address.clone(),
                address_html: channel.address.as_deref().map(breakable),
                summary: channel.summary.clone(),
                description_html: described(node, 3),
                operations: on_it.map(|(_, target)| target.clone()).collect(),
                elsewhere: Vec::new(),
                protocols: self.protocols(id),
                servers: document
                    .servers
                    .iter()
                    .zip(&self.servers)
                    .filter(|(server, _)| {
                        let named = channel.servers.iter().filter_map(|id| document.server(*id));
                        named.into_iter().any(|named| named.key == server.key)
                    })
                    .map(|(_, target)| target.clone())
                    .collect(),
                messages: channel.messages.iter().filter_map(|entry| self.message_target(entry.message)).collect(),
                parameters: self.parameters(node, "parameters", &target.id),
                bindings: self.bindings(channel.bindings),
                extras: self.extras(node, &CHANNEL),
                id: target.id,
            });
        }
        channels
    }

    /// The parameters of a channel, or the variables of a server.
    pub(super) fn parameters(&mut self, node: Node<'f>, key: &str, outer: &str) -> Vec<Parameter> {
        let declared = self.walker.get(node, key);
        let mut list = Vec::new();
        for entry in declared.into_iter().flat_map(|declared| declared.entries()) {
            let Some(node) = self.walker.follow(entry.value) else { continue };
            if !node.is_object() {
                continue;
            }
            let id = self.anchors.claim(anchor::within_role(outer, key, entry.key));
            let texts = |key: &str| node.get(key).into_iter().flat_map(|list| list.items()).map(tree::value).collect();
            let schema = node.get("schema").map(|schema| {
                let used = SchemaUse { node: schema.id(), format: SchemaFormat::AsyncApi };
                self.body(&used, anchor::within(&id, "schema"), entry.key, false)
            });
            list.push(Parameter {
                name: entry.key.to_owned(),
                description_html: described(node, 4),
                allowed: texts("enum"),
                default: node.get("default").map(tree::value),
                location: node.get("location").map(tree::value),
                examples: texts("examples"),
                schema,
                more: self.walker.entries(node, &PARAMETER),
                id,
            });
        }
        list
    }

    /// The protocols of the servers that a channel is on.
    fn protocols(&self, channel: ChannelId) -> Vec<String> {
        let document = self.document;
        let named = document.channel(channel).map(|channel| channel.servers.as_slice()).unwrap_or_default();
        let mut protocols: Vec<String> = match named {
            [] => document.servers.iter().map(|server| server.protocol.clone()).collect(),
            some => some.iter().filter_map(|id| document.server(*id)).map(|server| server.protocol.clone()).collect(),
        };
        protocols.sort();
        protocols.dedup();
        protocols
    }

    pub(super) fn message_target(&self, id: MessageId) -> Option<Target> {
        let mut named = self.document.messages().zip(&self.messages);
        named.find(|((known, _), _)| *known == id).map(|(_, target)| target.clone())
    }

    fn channel_target(&self, id: Option<ChannelId>) -> Option<Target> {
        let mut named = self.document.channels().zip(&self.channels);
        named.find(|((known, _), _)| Some(*known) == id).map(|(_, target)| target.clone())
    }

    pub(super) fn all_operations(&mut self) -> Vec<Operation> {
        let document = self.document;
        let mut operations = Vec::new();
        for (operation, target) in document.operations.iter().zip(self.operations.clone()) {
            self.walker.mark(operation.node);
            let node = self.walker.files.node(operation.node);
            let messages: Vec<Target> = operation.messages.iter().filter_map(|id| self.message_target(*id)).collect();
            let channel = self.channel_target(Some(operation.channel));
            let sentence = sentence(operation.action, &messages, channel.as_ref());
            let [before, _, after] = sentence.clone();
            operations.push(Operation {
                key: operation.key.clone(),
                title: operation.title.clone(),
                action: operation.action.as_str(),
                sentence: sentence.concat(),
                sentence_parts: [before, after],
                summary: operation.summary.clone(),
                description_html: described(node, 3),
                reply: self.reply(operation, node),
                security: self.security(node),
                command: self.command(operation),
                snippets: self.code(&operation.key),
                bindings: self.bindings(operation.bindings),
                extras: self.extras(node, &OPERATION),
                id: target.id,
                page: String::new(),
                protocols: self.protocols(operation.channel),
                channel,
                messages,
            });
        }
        operations
    }

    /// A command that takes part in an operation, by the first server that its channel is on.
    fn command(&self, operation: &OperationModel) -> Option<String> {
        let document = self.document;
        let channel = document.channel(operation.channel)?;
        let server = match channel.servers.first() {
            Some(id) => document.server(*id),
            None => document.servers.first(),
        }?;
        let message = operation.messages.first().and_then(|id| document.message(*id));
        // What is no text is nothing that a command line holds.
        let formats = message.and_then(|message| message.payload.as_ref()).map(|payload| &payload.format);
        let is_binary = matches!(formats, Some(SchemaFormat::Avro | SchemaFormat::Protobuf));
        if is_binary && operation.action == Action::Receive {
            return None;
        }
        let sample = message.map(|message| self.sample_line(message)).unwrap_or_else(|| "{}".to_owned());
        let default = |name: &str| server.variables.iter().find(|known| known.name == name)?.default.clone();
        let parameters = self.walker.files.node(channel.node).get("parameters");
        let parameter = |name: &str| likely_value(self.walker.files, parameters?.get(name)?);
        let pattern = channel.address.as_deref()?;
        command::command(&Call {
            protocol: &server.protocol,
            host: &command::filled(&server.host, default),
            path: &command::filled(server.pathname.as_deref().unwrap_or_default(), default),
            address: &command::filled(pattern, parameter),
            pattern,
            action: operation.action,
            sample: &sample,
            content_type: message.and_then(|message| message.content_type.as_deref()).unwrap_or("application/json"),
        })
    }

    fn code(&self, operation: &str) -> Vec<Snippet> {
        let own = self.snippets.iter().filter(|snippet| snippet.operation == operation);
        own.map(|snippet| Snippet { title: snippet.title.clone(), text: snippet.text.clone() }).collect()
    }

    fn reply(&mut self, operation: &OperationModel, node: Node<'f>) -> Option<Reply> {
        let reply = operation.reply.as_ref()?;
        let node = self.walker.get(node, "reply")?;
        let messages: Vec<Target> = reply.messages.iter().filter_map(|id| self.message_target(*id)).collect();
        let channel = self.channel_target(reply.channel);
        let address: Option<NodeId> = self.walker.get(node, "address").map(Node::id);
        let address = address.map(|id| self.walker.files.node(id));
        let what = titles(&messages, "a message");
        let place = channel.as_ref().map(|channel| format!(" on {}", channel.title)).unwrap_or_default();
        let mut more = self.walker.entries(node, &["channel", "messages", "address"]);
        if let Some(address) = address {
            more.extend(self.walker.entries(address, &["location", "description"]));
        }
        Some(Reply {
            sentence: match operation.action {
                Action::Send => format!("It expects {what} in reply{place}; you send it."),
                Action::Receive => format!("It answers with {what}{place}; you receive it."),
            },
            address_location: reply.address_location.clone(),
            description_html: address.and_then(|address| described(address, 4)),
            messages,
            channel,
            more,
        })
    }
}

/// A value that a parameter may have, as its author gives one.
fn likely_value(files: &Files, parameter: Node<'_>) -> Option<String> {
    let node = files.follow(parameter).ok()?;
    let first = |key: &str| node.get(key).and_then(|list| list.items().next());
    node.get("default").or_else(|| first("examples")).or_else(|| first("enum")).map(tree::value)
}

/// Who sends what to whom: what stands before the place, the place, and the rest.
fn sentence(action: Action, messages: &[Target], channel: Option<&Target>) -> [String; 3] {
    let what = titles(messages, "messages");
    let place = channel.map(|channel| channel.title.clone()).unwrap_or_default();
    let it = if messages.len() == 1 { "it" } else { "them" };
    match action {
        Action::Send => [format!("This application sends {what} to "), place, format!("; you receive {it}.")],
        Action::Receive => [format!("This application receives {what} from "), place, format!("; you send {it}.")],
    }
}

/// `A`, `A or B`, `A, B or C`; from the fifth on they are counted, and so are those of one name.
fn titles(messages: &[Target], otherwise: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for message in messages {
        if !names.contains(&message.title.as_str()) {
            names.push(&message.title);
        }
    }
    match names.as_slice() {
        [] => otherwise.to_owned(),
        [one] if messages.len() > 1 => format!("{one} in {} forms", messages.len()),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= 4 => format!("{} or {last}", first.join(", ")),
        [first, second, rest @ ..] => format!("{first}, {second} or one of {} other messages", rest.len()),
    }
}
