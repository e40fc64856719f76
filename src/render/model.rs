//! The model as plain data: AsyncAPI 3 in meaning, whatever the document was written in.

use crate::document::{self, Document, SchemaFormat, SchemaUse};
use crate::reference::Files;
use crate::syntax::{Kind, Node, NodeId, to_json};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Larger schemas are cut: a schema unfolds to at most so many nodes.
const MAXIMUM_NODES: usize = 100_000;

/// A document.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Model {
    /// The version of AsyncAPI that the document was written in.
    pub asyncapi: String,
    /// Identifier of the application, a URI.
    pub id: Option<String>,
    /// Title of the application.
    pub title: String,
    /// Version of the application's interface.
    pub version: String,
    /// CommonMark.
    pub description: Option<String>,
    /// Servers in the order of the document.
    pub servers: Vec<Server>,
    /// Channels in the order of the document.
    pub channels: Vec<Channel>,
    /// Operations in the order of the document.
    pub operations: Vec<Operation>,
    /// Messages, each once; last those that nothing uses.
    pub messages: Vec<Message>,
    /// `components.schemas` in the order of the document.
    pub schemas: Vec<NamedSchema>,
}

/// Server Object.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Server {
    /// Key in the document.
    pub key: String,
    /// Host and port, with variables in braces.
    pub host: String,
    /// Path on the host.
    pub pathname: Option<String>,
    /// `kafka`, `mqtt`, ..
    pub protocol: String,
    /// Version of the protocol.
    pub protocol_version: Option<String>,
    /// CommonMark.
    pub description: Option<String>,
    /// The variables in braces.
    pub variables: Vec<Variable>,
    /// Bindings by protocol, as written.
    pub bindings: Value,
}

/// Server Variable Object.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Variable {
    /// Name, without braces.
    pub name: String,
    /// The value where none is given.
    pub default: Option<String>,
}

/// Channel Object.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Channel {
    /// Key in the document.
    pub key: String,
    /// The address with parameters in braces; `null` when it is known only at run time.
    pub address: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// For people.
    pub summary: Option<String>,
    /// CommonMark.
    pub description: Option<String>,
    /// Keys of the servers on which it is available; empty for all.
    pub servers: Vec<String>,
    /// Parameters of the address.
    pub parameters: Vec<Parameter>,
    /// Keys of the messages that may travel on it, as in `messages`.
    pub messages: Vec<String>,
    /// Bindings by protocol, as written.
    pub bindings: Value,
}

/// Parameter Object.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Parameter {
    /// Name, without braces.
    pub name: String,
    /// CommonMark.
    pub description: Option<String>,
    /// The only values allowed; empty for any.
    pub allowed: Vec<String>,
    /// The value where none is given.
    pub default: Option<String>,
    /// Runtime expression for where the value stands in the message.
    pub location: Option<String>,
}

/// Operation Object, traits applied.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Operation {
    /// Key in the document.
    pub key: String,
    /// What the described application does: `send` or `receive`.
    pub action: &'static str,
    /// Key of the channel.
    pub channel: String,
    /// Keys of the messages that it carries.
    pub messages: Vec<String>,
    /// For people.
    pub title: Option<String>,
    /// For people.
    pub summary: Option<String>,
    /// CommonMark.
    pub description: Option<String>,
    /// The reply that is awaited or given.
    pub reply: Option<Reply>,
    /// Bindings by protocol, as written.
    pub bindings: Value,
}

/// Operation Reply Object.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Reply {
    /// Key of the channel that replies travel on.
    pub channel: Option<String>,
    /// Runtime expression for the address of the reply.
    pub address_location: Option<String>,
    /// Keys of the messages that may come back.
    pub messages: Vec<String>,
}

/// Message Object, traits applied.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Message {
    /// Key; unique here, and the document's own where that is.
    pub key: String,
    /// Name for machines.
    pub name: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// For people.
    pub summary: Option<String>,
    /// CommonMark.
    pub description: Option<String>,
    /// Media type of the payload.
    pub content_type: Option<String>,
    /// Does a channel or a reply use it?
    pub used: bool,
    /// The payload.
    pub payload: Option<Payload>,
    /// The headers.
    pub headers: Option<Payload>,
    /// Runtime expression for the correlation id.
    pub correlation_location: Option<String>,
    /// Message Example Objects, as written.
    pub examples: Vec<Value>,
    /// Bindings by protocol, as written.
    pub bindings: Value,
}

/// A schema where it is used.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Payload {
    /// `asyncapi`, `json-schema`, `openapi`, `avro`, `protobuf`, or what the document says.
    pub format: String,
    /// The schema, references resolved but for those to `schemas`: `{"$ref": "#/components/schemas/NAME"}`.
    pub schema: Value,
}

/// An entry of `components.schemas`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct NamedSchema {
    /// Key in the document.
    pub name: String,
    /// The schema, as in a payload.
    pub schema: Value,
}

/// The model of a document.
pub fn model(files: &Files, document: &Document) -> Model {
    let all: Vec<&document::Message> = document.messages.iter().chain(&document.unused_messages).collect();
    let lift = Lift::new(files, document, &all);
    let root = files.node(document.root);
    Model {
        asyncapi: root.get_str("asyncapi").unwrap_or_default().to_owned(),
        id: document.id.clone(),
        title: document.title.clone(),
        version: document.api_version.clone(),
        description: document.description.clone(),
        servers: document.servers.iter().map(|server| lift.server(server)).collect(),
        channels: document.channels.iter().map(|channel| lift.channel(channel)).collect(),
        operations: document.operations.iter().map(|operation| lift.operation(operation)).collect(),
        messages: all.iter().enumerate().map(|(index, message)| lift.message(index, message)).collect(),
        schemas: document
            .schemas
            .iter()
            .map(|(name, node)| NamedSchema { name: name.clone(), schema: lift.named_schema(*node) })
            .collect(),
    }
}

struct Lift<'a> {
    files: &'a Files,
    document: &'a Document,
    /// The names of component schemas, by what they lead to.
    components: HashMap<NodeId, &'a str>,
    /// The keys of messages, in their order, each once.
    keys: Vec<String>,
}

impl<'a> Lift<'a> {
    fn new(files: &'a Files, document: &'a Document, messages: &[&document::Message]) -> Self {
        let components = document.schemas.iter().map(|(name, node)| (*node, name.as_str())).collect();
        let mut taken = std::collections::HashSet::new();
        let keys = messages.iter().map(|message| {
            let numbered = (2u64..).map(|number| format!("{}-{number}", message.key));
            let free = std::iter::once(message.key.clone()).chain(numbered).find(|key| taken.insert(key.clone()));
            free.unwrap_or_default()
        });
        Self { files, document, components, keys: keys.collect() }
    }

    fn server(&self, server: &document::Server) -> Server {
        let bindings = self.files.node(server.node).get("bindings").map(|node| node.id());
        Server {
            key: server.key.clone(),
            host: server.host.clone(),
            pathname: server.pathname.clone(),
            protocol: server.protocol.clone(),
            protocol_version: server.protocol_version.clone(),
            description: server.description.clone(),
            variables: server
                .variables
                .iter()
                .map(|of| Variable { name: of.name.clone(), default: of.default.clone() })
                .collect(),
            bindings: self.bindings(bindings),
        }
    }

    fn channel(&self, channel: &document::Channel) -> Channel {
        let servers = channel.servers.iter().filter_map(|id| self.document.server(*id));
        let parameter = |parameter: &document::Parameter| Parameter {
            name: parameter.name.clone(),
            description: parameter.description.clone(),
            allowed: parameter.allowed.clone(),
            default: parameter.default.clone(),
            location: parameter.location.clone(),
        };
        Channel {
            key: channel.key.clone(),
            address: channel.address.clone(),
            title: channel.title.clone(),
            summary: channel.summary.clone(),
            description: channel.description.clone(),
            servers: servers.map(|server| server.key.clone()).collect(),
            parameters: channel.parameters.iter().map(parameter).collect(),
            messages: self.message_keys(channel.messages.iter().map(|entry| entry.message)),
            bindings: self.bindings(channel.bindings),
        }
    }

    fn operation(&self, operation: &document::Operation) -> Operation {
        let channel_key = |id| self.document.channel(id).map(|channel| channel.key.clone());
        Operation {
            key: operation.key.clone(),
            action: operation.action.as_str(),
            channel: channel_key(operation.channel).unwrap_or_default(),
            messages: self.message_keys(operation.messages.iter().copied()),
            title: operation.title.clone(),
            summary: operation.summary.clone(),
            description: operation.description.clone(),
            reply: operation.reply.as_ref().map(|reply| Reply {
                channel: reply.channel.and_then(channel_key),
                address_location: reply.address_location.clone(),
                messages: self.message_keys(reply.messages.iter().copied()),
            }),
            bindings: self.bindings(operation.bindings),
        }
    }

    fn message(&self, index: usize, message: &document::Message) -> Message {
        Message {
            key: self.keys.get(index).cloned().unwrap_or_default(),
            name: message.name.clone(),
            title: message.title.clone(),
            summary: message.summary.clone(),
            description: message.description.clone(),
            content_type: message.content_type.clone(),
            used: index < self.document.messages.len(),
            payload: message.payload.as_ref().map(|used| self.payload(used)),
            headers: message.headers.as_ref().map(|used| self.payload(used)),
            correlation_location: message.correlation_location.clone(),
            examples: message.examples.iter().map(|id| self.written(self.files.node(*id))).collect(),
            bindings: self.bindings(message.bindings),
        }
    }

    fn message_keys(&self, ids: impl Iterator<Item = document::MessageId>) -> Vec<String> {
        let position = |id| self.document.messages().position(|(known, _)| known == id);
        ids.filter_map(|id| self.keys.get(position(id)?).cloned()).collect()
    }

    fn bindings(&self, node: Option<NodeId>) -> Value {
        node.map_or_else(|| json!({}), |id| self.written(self.files.node(id)))
    }

    fn payload(&self, used: &SchemaUse) -> Payload {
        let format = match &used.format {
            SchemaFormat::AsyncApi => "asyncapi",
            SchemaFormat::JsonSchema(_) => "json-schema",
            SchemaFormat::OpenApi(_) => "openapi",
            SchemaFormat::Avro => "avro",
            SchemaFormat::Protobuf => "protobuf",
            SchemaFormat::Unsupported(name) => name,
        };
        Payload { format: format.to_owned(), schema: self.written(self.files.node(used.node)) }
    }

    /// The schema of a component, which is not a reference to itself.
    fn named_schema(&self, id: NodeId) -> Value {
        let node = self.files.node(id);
        let inside = node.get_str("schemaFormat").and_then(|_| node.get("schema")).unwrap_or(node);
        self.written(inside)
    }

    /// A node as JSON, references resolved but for those to components.
    fn written(&self, node: Node<'_>) -> Value {
        self.resolve(node, &mut Vec::new(), &mut 0)
    }

    fn resolve(&self, node: Node<'_>, stack: &mut Vec<NodeId>, made: &mut usize) -> Value {
        *made += 1;
        let target = self.files.follow(node).unwrap_or(node);
        if target.id() != node.id()
            && let Some(name) = self.components.get(&target.id())
        {
            let escaped = name.replace('~', "~0").replace('/', "~1");
            return json!({ "$ref": format!("#/components/schemas/{escaped}") });
        }
        if stack.contains(&target.id()) || *made > MAXIMUM_NODES {
            return serde_json::from_str(&to_json(node)).ok().filter(|_| target.id() != node.id()).unwrap_or_default();
        }
        stack.push(target.id());
        let value = match target.kind() {
            Kind::Object(_) => {
                let members =
                    target.entries().map(|entry| (entry.key.to_owned(), self.resolve(entry.value, stack, made)));
                Value::Object(members.collect::<Map<_, _>>())
            }
            Kind::Array(_) => Value::Array(target.items().map(|item| self.resolve(item, stack, made)).collect()),
            _ => serde_json::from_str(&to_json(target)).unwrap_or_default(),
        };
        stack.pop();
        value
    }
}
