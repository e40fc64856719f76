//! A checked tree -> the model. What is common to all versions is here; `v2` and `v3` know how each lays things out.
//!
//! A reference that was not followed (it leads over the network) leaves a gap, which has been diagnosed; nothing here
//! makes diagnostics of its own.

mod security;
mod traits;
mod v2;
mod v3;

use super::model::{Bridge, Document, EventMode, Location, Message, MessageId, Parameter, SchemaUse, Server, Variable};
use super::{SchemaFormat, Version, extension};
use crate::reference::Files;
use crate::source::SourceId;
use crate::syntax::{Node, NodeId};
use std::collections::HashMap;

/// Lowers a document that has been checked. `None` when its root is no object.
pub(super) fn lower(files: &mut Files, source: SourceId, version: Version) -> Option<Document> {
    let root = files.root(source)?;
    let info = root.get("info");
    let document = Document {
        source,
        root: root.id(),
        version,
        id: text(root, "id"),
        title: info.and_then(|info| text(info, "title")).unwrap_or_default(),
        api_version: info.and_then(|info| text(info, "version")).unwrap_or_default(),
        description: info.and_then(|info| text(info, "description")),
        servers: Vec::new(),
        channels: Vec::new(),
        operations: Vec::new(),
        messages: Vec::new(),
        unused_messages: Vec::new(),
        schemas: root
            .get("components")
            .and_then(|components| components.get("schemas"))
            .map(|schemas| schemas.entries().map(|entry| (entry.key.to_owned(), entry.value.id())).collect())
            .unwrap_or_default(),
    };
    let component_messages = root
        .get("components")
        .and_then(|components| components.get("messages"))
        .map(|messages| messages.entries().map(|entry| (entry.value.id(), entry.key.to_owned())).collect())
        .unwrap_or_default();
    let default_content_type = text(root, "defaultContentType");
    let mut lowering =
        Lowering { files, document, component_messages, message_ids: HashMap::new(), default_content_type };
    match version.major() {
        2 => v2::lower(&mut lowering),
        _ => v3::lower(&mut lowering),
    }
    lowering.lower_unused_messages();
    Some(lowering.document)
}

struct Lowering<'f> {
    files: &'f mut Files,
    document: Document,
    component_messages: HashMap<NodeId, String>,
    message_ids: HashMap<NodeId, MessageId>,
    default_content_type: Option<String>,
}

impl Lowering<'_> {
    fn node(&self, id: NodeId) -> Node<'_> {
        self.files.node(id)
    }

    /// The node that a node stands for.
    fn target(&self, id: NodeId) -> Option<NodeId> {
        self.files.follow(self.node(id)).ok().map(Node::id)
    }

    /// The members of an object: key, place of the key, and the value with references followed.
    fn members(&self, id: NodeId, key: &str) -> Vec<(String, crate::source::Span, NodeId)> {
        let Some(object) = self.node(id).get(key) else { return Vec::new() };
        let Ok(object) = self.files.follow(object) else { return Vec::new() };
        object
            .entries()
            .filter(|entry| !entry.key.starts_with("x-"))
            .filter_map(|entry| Some((entry.key.to_owned(), entry.key_span, self.files.follow(entry.value).ok()?.id())))
            .collect()
    }

    /// The object under a key, references followed.
    fn object(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.target(self.node(id).get(key)?.id())
    }

    fn text(&self, id: NodeId, key: &str) -> Option<String> {
        text(self.node(id), key)
    }

    fn server(&self, key: String, node: NodeId) -> Server {
        let url = self.text(node, "url").unwrap_or_default();
        let (host, path) = match self.text(node, "host") {
            Some(host) => (host, self.text(node, "pathname")),
            // 2.x: one `url`, perhaps with a scheme, which the protocol repeats.
            None => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                match rest.split_once('/') {
                    Some((host, path)) if !path.is_empty() => (host.to_owned(), Some(format!("/{path}"))),
                    Some((host, _)) => (host.to_owned(), None),
                    None => (rest.to_owned(), None),
                }
            }
        };
        Server {
            key,
            host,
            pathname: path,
            protocol: self.text(node, "protocol").unwrap_or_default(),
            protocol_version: self.text(node, "protocolVersion"),
            description: self.text(node, "description"),
            variables: self
                .members(node, "variables")
                .into_iter()
                .map(|(name, _, variable)| Variable {
                    name,
                    default: self.text(variable, "default"),
                    allowed: self.texts(variable, "enum"),
                })
                .collect(),
            security: self.security(node),
            node,
        }
    }

    /// Where the partition key stands, as `x-tidings` of this object says.
    fn partition_key(&self, node: NodeId) -> Option<Location> {
        let extension = self.files.follow(self.node(node).get(extension::NAME)?).ok()?;
        Location::parse(extension.get_str(extension::PARTITION_KEY)?)
    }

    /// Whether messages are CloudEvents, as `x-tidings` of this object says.
    fn cloud_events(&self, node: NodeId) -> Option<EventMode> {
        let extension = self.files.follow(self.node(node).get(extension::NAME)?).ok()?;
        EventMode::parse(extension.get_str(extension::CLOUD_EVENTS)?)
    }

    /// How HTTP carries the messages of an operation, as its `x-tidings` says; what cannot be read was diagnosed.
    fn bridge(&self, operation: NodeId) -> Bridge {
        let extension = self.node(operation).get(extension::NAME).and_then(|node| self.files.follow(node).ok());
        let value = |name: &str| {
            let text = extension?.get_str(name)?;
            extension::key(name).filter(|key| (key.accepts)(text)).map(|_| text.to_owned())
        };
        Bridge { route: value(extension::ROUTE), call: value(extension::CALL), poll: value(extension::POLL) }
    }

    /// What is said of an object: by itself, or else by its traits.
    fn about(&self, own: NodeId, merged: NodeId) -> Option<String> {
        let texts = |node| ["description", "summary", "title"].into_iter().find_map(|key| self.text(node, key));
        texts(own).or_else(|| texts(merged))
    }

    /// The parameters that an address names, in its order, with what is declared about them.
    fn parameters(&self, address: Option<&str>, declared: &[(String, NodeId)]) -> Vec<Parameter> {
        let declared_of = |name: &str| declared.iter().find(|(key, _)| key == name).map(|(_, node)| *node);
        let named = address.map(address_parameters).unwrap_or_default();
        let components = self.object(self.document.root, "components");
        let components = components.map(|node| self.members(node, "parameters")).unwrap_or_default();
        let component_of =
            |node: NodeId| components.iter().find(|(.., kept)| *kept == node).map(|(key, ..)| key.clone());
        named
            .into_iter()
            .map(|name| {
                let Some(node) = declared_of(&name) else { return Parameter { name, ..Parameter::default() } };
                // 2.x has a schema here, 3.x its own few fields.
                let values = self.object(node, "schema").unwrap_or(node);
                Parameter {
                    name,
                    description: self.text(node, "description"),
                    allowed: self.texts(values, "enum"),
                    default: self.text(values, "default"),
                    location: self.text(node, "location"),
                    component: component_of(node),
                }
            })
            .collect()
    }

    fn texts(&self, node: NodeId, key: &str) -> Vec<String> {
        let list = self.node(node).get(key);
        list.map(|list| list.items().filter_map(|item| item.as_str().map(str::to_owned)).collect()).unwrap_or_default()
    }

    /// The id of a message, which is lowered when it is met first. `key` names it if it is no component.
    fn message(&mut self, node: NodeId, key: &str) -> Option<MessageId> {
        let target = self.target(node)?;
        if let Some(known) = self.message_ids.get(&target) {
            return Some(*known);
        }
        let component = self.component_messages.get(&target).cloned();
        let merged = traits::apply(self.files, target, self.document.version);
        let message = Message {
            key: component.clone().unwrap_or_else(|| key.to_owned()),
            is_component: component.is_some(),
            name: self.text(merged, "name"),
            title: self.text(merged, "title"),
            summary: self.text(merged, "summary"),
            description: self.text(merged, "description"),
            about: self.about(target, merged),
            partition_key: self.partition_key(merged),
            cloud_events: self.cloud_events(merged),
            content_type: self.text(merged, "contentType").or_else(|| self.default_content_type.clone()),
            payload: self.payload(merged),
            headers: self.schema_use(merged, "headers"),
            correlation_location: self.object(merged, "correlationId").and_then(|id| self.text(id, "location")),
            examples: self
                .node(merged)
                .get("examples")
                .map(|list| list.items().map(Node::id).collect())
                .unwrap_or_default(),
            bindings: self.object(merged, "bindings"),
            node: merged,
        };
        let id = MessageId(self.document.messages.len());
        self.document.messages.push(message);
        self.message_ids.insert(target, id);
        Some(id)
    }

    /// The messages of the components that nothing has met, in the order of the document.
    fn lower_unused_messages(&mut self) {
        let used = self.document.messages.len();
        let components = self.object(self.document.root, "components");
        let components = components.map(|components| self.members(components, "messages")).unwrap_or_default();
        for (key, _, node) in components {
            self.message(node, &key);
        }
        self.document.unused_messages = self.document.messages.split_off(used);
    }

    /// The payload: in 2.x its language stands beside it, in 3.x around it.
    fn payload(&self, message: NodeId) -> Option<SchemaUse> {
        let mut payload = self.schema_use(message, "payload")?;
        if let Some(format) = self.text(message, "schemaFormat") {
            payload.format = SchemaFormat::parse(&format);
        }
        Some(payload)
    }

    /// The schema under a key, taken out of a Multi Format Schema Object.
    fn schema_use(&self, node: NodeId, key: &str) -> Option<SchemaUse> {
        let schema = self.node(node).get(key)?;
        let multi_format = self.files.follow(schema).ok().and_then(|target| {
            let format = target.get_str("schemaFormat")?;
            Some(SchemaUse { node: target.get("schema")?.id(), format: SchemaFormat::parse(format) })
        });
        Some(multi_format.unwrap_or(SchemaUse { node: schema.id(), format: SchemaFormat::AsyncApi }))
    }
}

fn text(node: Node<'_>, key: &str) -> Option<String> {
    node.get_str(key).map(str::to_owned)
}

/// The names in braces in an address, each once.
fn address_parameters(address: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = address;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        if !name.is_empty() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        rest = behind;
    }
    names
}
