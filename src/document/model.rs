//! The normalised model: AsyncAPI 3 in meaning, whatever version the document was written in.
//!
//! Everything that something else refers to is stored once and referred to by id; schemas, bindings and examples are
//! nodes of the tree, read by the rooms that know what they mean.

use super::{SchemaFormat, Version};
use crate::source::{SourceId, Span};
use crate::syntax::NodeId;

/// A whole document.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file.
    pub source: SourceId,
    /// Its root node.
    pub root: NodeId,
    /// The version it was written in, remembered for messages to people; its meaning is in the model.
    pub version: Version,
    /// Identifier of the application, a URI.
    pub id: Option<String>,
    /// Title of the application.
    pub title: String,
    /// Version of the application's interface.
    pub api_version: String,
    /// CommonMark.
    pub description: Option<String>,
    /// Servers by key, in the order of the document.
    pub servers: Vec<Server>,
    /// Channels by key, in the order of the document.
    pub channels: Vec<Channel>,
    /// Operations by key, in the order of the document.
    pub operations: Vec<Operation>,
    /// Every message that a channel or a reply uses, once; messages that are nothing but components are left out.
    pub messages: Vec<Message>,
    /// The messages of the components that no channel and no reply uses.
    pub unused_messages: Vec<Message>,
    /// `components.schemas`: name and schema.
    pub schemas: Vec<(String, NodeId)>,
}

/// Index into [`Document::servers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId(pub(super) usize);

/// Index into [`Document::channels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub(super) usize);

/// Index into [`Document::messages`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub(super) usize);

/// Server Object.
#[derive(Debug, Clone)]
pub struct Server {
    /// Key under `servers`.
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
    /// The variables in braces in `host` and `pathname`.
    pub variables: Vec<Variable>,
    /// What opens a connection: any one of these lists, all of whose schemes are asked for; empty where nothing is.
    pub security: Vec<Vec<SecurityScheme>>,
    /// Where it is declared.
    pub node: NodeId,
}

/// Server Variable Object.
#[derive(Debug, Clone)]
pub struct Variable {
    /// The name in braces.
    pub name: String,
    /// The value where none is given.
    pub default: Option<String>,
    /// The only values allowed; empty for any.
    pub allowed: Vec<String>,
}

/// Security Scheme Object where it is asked for, as much of it as a connection or a caller needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityScheme {
    /// Its key in `components.securitySchemes`; one that stands elsewhere is named by its kind.
    pub key: String,
    /// `userPassword`, `scramSha256`, ..; for `http` with its scheme, in lower case: `http bearer`. Empty when it could not
    /// be read.
    pub kind: String,
    /// Where a key is shown: `header`, `query`, `cookie`, `user`, `password`.
    pub place: Option<String>,
    /// The name of the header, query parameter or cookie.
    pub name: Option<String>,
    /// The scopes that are needed.
    pub scopes: Vec<String>,
}

/// A place in a message, as a runtime expression names it: `$message.payload#/id`, `$message.header#/tenant`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Which part of the message.
    pub part: Part,
    /// JSON pointer within that part.
    pub pointer: String,
}

/// The parts of a message that a runtime expression can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The headers.
    Header,
    /// The payload.
    Payload,
}

impl Location {
    /// Reads a runtime expression; `None` when it is none.
    pub fn parse(expression: &str) -> Option<Self> {
        let (part, pointer) = expression.strip_prefix("$message.")?.split_once('#')?;
        let part = match part {
            "header" => Part::Header,
            "payload" => Part::Payload,
            _ => return None,
        };
        let well_formed = pointer.is_empty() || pointer.starts_with('/');
        well_formed.then(|| Self { part, pointer: pointer.to_owned() })
    }
}

/// How a message is a CloudEvent, as `x-tidings` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventMode {
    /// The payload is the data; attributes travel beside it.
    Binary,
    /// Attributes and data are one JSON object.
    Structured,
}

impl EventMode {
    /// Reads the name of a mode.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "binary" => Some(Self::Binary),
            "structured" => Some(Self::Structured),
            _ => None,
        }
    }
}

/// How HTTP carries the messages of an operation, as `x-tidings` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bridge {
    /// The path of a route whose requests are published.
    pub route: Option<String>,
    /// The URL that what is received is posted to.
    pub call: Option<String>,
    /// The URL of a resource whose changes are published.
    pub poll: Option<String>,
}

/// Channel Object.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Key under `channels`; in 2.x that is the address.
    pub key: String,
    /// The address with parameters in braces; `None` when it is known only at run time.
    pub address: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// For people.
    pub summary: Option<String>,
    /// CommonMark.
    pub description: Option<String>,
    /// The servers on which the channel is available; empty for all.
    pub servers: Vec<ServerId>,
    /// Parameters of the address, in the order of the address.
    pub parameters: Vec<Parameter>,
    /// Messages by key.
    pub messages: Vec<ChannelMessage>,
    /// Bindings by protocol.
    pub bindings: Option<NodeId>,
    /// Where it is declared.
    pub node: NodeId,
    /// The place of its key.
    pub key_span: Span,
}

/// A message under its key in a channel.
#[derive(Debug, Clone)]
pub struct ChannelMessage {
    /// Key under `messages`.
    pub key: String,
    /// The message.
    pub message: MessageId,
}

/// Parameter Object.
#[derive(Debug, Clone, Default)]
pub struct Parameter {
    /// The name in braces.
    pub name: String,
    /// CommonMark.
    pub description: Option<String>,
    /// The only values allowed; empty for any.
    pub allowed: Vec<String>,
    /// The value where none is given.
    pub default: Option<String>,
    /// Runtime expression for where the value stands in the message.
    pub location: Option<String>,
    /// Its key in `components.parameters`, where it stands there.
    pub component: Option<String>,
}

/// What the application does with a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The application publishes.
    Send,
    /// The application consumes.
    Receive,
}

impl Action {
    /// `send` or `receive`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Receive => "receive",
        }
    }

    /// What the other side does.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Send => Self::Receive,
            Self::Receive => Self::Send,
        }
    }
}

/// Operation Object, traits applied.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Key under `operations`; in 2.x the `operationId`, or action and address where there is none.
    pub key: String,
    /// From the application's point of view.
    pub action: Action,
    /// The channel.
    pub channel: ChannelId,
    /// The messages that it carries: a subset of the channel's, all of them unless the document says otherwise.
    pub messages: Vec<MessageId>,
    /// For people.
    pub title: Option<String>,
    /// For people.
    pub summary: Option<String>,
    /// CommonMark.
    pub description: Option<String>,
    /// What it is for: its own description, summary or title, and only without any those of its traits.
    pub about: Option<String>,
    /// Where the partition key of its messages stands (`x-tidings`).
    pub partition_key: Option<Location>,
    /// That its messages are CloudEvents (`x-tidings`).
    pub cloud_events: Option<EventMode>,
    /// How HTTP carries its messages besides (`x-tidings`).
    pub bridge: Bridge,
    /// What is asked of callers besides what the server asks for, in the form of [`Server::security`].
    pub security: Vec<Vec<SecurityScheme>>,
    /// The reply that is awaited or given.
    pub reply: Option<Reply>,
    /// Bindings by protocol.
    pub bindings: Option<NodeId>,
    /// Where it is declared, traits applied.
    pub node: NodeId,
}

/// Operation Reply Object.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The channel that replies travel on.
    pub channel: Option<ChannelId>,
    /// Runtime expression for the address of the reply.
    pub address_location: Option<String>,
    /// The messages that may come back.
    pub messages: Vec<MessageId>,
}

/// Message Object, traits applied.
#[derive(Debug, Clone)]
pub struct Message {
    /// The key under which it is met first: in `components.messages` if it stands there, else in its channel.
    pub key: String,
    /// Does it stand in `components.messages`?
    pub is_component: bool,
    /// Name for machines.
    pub name: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// For people.
    pub summary: Option<String>,
    /// CommonMark.
    pub description: Option<String>,
    /// What it says: its own description, summary or title, and only without any those of its traits.
    pub about: Option<String>,
    /// Where its partition key stands (`x-tidings`).
    pub partition_key: Option<Location>,
    /// That it is a CloudEvent (`x-tidings`).
    pub cloud_events: Option<EventMode>,
    /// Media type of the payload: the message's own, or the document's default.
    pub content_type: Option<String>,
    /// Schema of the payload.
    pub payload: Option<SchemaUse>,
    /// Schema of the headers.
    pub headers: Option<SchemaUse>,
    /// Runtime expression for the correlation id.
    pub correlation_location: Option<String>,
    /// Message Example Objects.
    pub examples: Vec<NodeId>,
    /// Bindings by protocol.
    pub bindings: Option<NodeId>,
    /// Where it is declared, traits applied.
    pub node: NodeId,
}

/// A schema at the place where it is used.
#[derive(Debug, Clone)]
pub struct SchemaUse {
    /// The schema itself, possibly a `$ref`; never a Multi Format Schema Object.
    pub node: NodeId,
    /// The language it is written in.
    pub format: SchemaFormat,
}

impl Document {
    /// The channel of an id.
    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.get(id.0)
    }

    /// The message of an id.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(id.0)
    }

    /// The server of an id.
    pub fn server(&self, id: ServerId) -> Option<&Server> {
        self.servers.get(id.0)
    }

    /// Every message with its id.
    pub fn messages(&self) -> impl Iterator<Item = (MessageId, &Message)> {
        self.messages.iter().enumerate().map(|(index, message)| (MessageId(index), message))
    }

    /// Every channel with its id.
    pub fn channels(&self) -> impl Iterator<Item = (ChannelId, &Channel)> {
        self.channels.iter().enumerate().map(|(index, channel)| (ChannelId(index), channel))
    }
}
