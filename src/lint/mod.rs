//! Rules beyond the shape of a document: names that must exist, texts that must fit each other.
//!
//! In: a document whose version is known; its structure may have faults, and what is missing or misshapen is passed over
//! here, since it was diagnosed there. Out: diagnostics of the rules in [`RULES`]. One function for each rule.

mod address;
mod components;
mod examples;
mod extension;
mod messages;
mod official;
mod references;
mod schemas;
mod security;
mod style;
mod tags;

use crate::document::{SchemaFormat, SchemaUse, Version};
use crate::reference::{Files, closest};
use crate::schema::{Reader, SchemaId, Schemas};
use crate::source::{Diagnostic, Diagnostics, Rule};
use crate::syntax::{Entry, Node, NodeId};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};

pub use official::OFFICIAL;

/// Every rule of this room.
pub static RULES: &[&Rule] = &[
    &address::PARAMETERS,
    &address::UNMATCHED_PARAMETER,
    &address::QUERY_OR_FRAGMENT,
    &address::SERVER_VARIABLES,
    &address::UNMATCHED_VARIABLE,
    &address::POSSIBLE_VALUE,
    &messages::DUPLICATE_OPERATION_ID,
    &messages::DUPLICATE_MESSAGE_ID,
    &messages::HEADERS,
    &messages::MEDIA_TYPE,
    &address::HOST,
    &examples::MESSAGE_EXAMPLE,
    &examples::SCHEMA_DEFAULT,
    &examples::SCHEMA_EXAMPLE,
    &examples::UNCHECKED,
    &extension::EXTENSION,
    &schemas::REQUIRED_PROPERTY,
    &schemas::DISCRIMINATOR,
    &schemas::UNKNOWN_KEYWORD,
    &tags::DUPLICATE_TAG,
    &references::OPERATION_CHANNEL,
    &references::CHANNEL_SERVERS,
    &references::CHANNEL_SERVER_NAMES,
    &references::OPERATION_MESSAGES,
    &references::REPLY_ADDRESS,
    &security::SECURITY_SCHEME,
    &security::SECURITY_SCOPES,
];

/// Rules of style and design: [`advise`] applies them, [`check`] does not.
pub static ADVICE: &[&Rule] = style::RULES;

/// Gives advice on the document `root`: what good documents have, though no specification asks for it.
pub fn advise(files: &Files, root: Node<'_>, version: Version, diagnostics: &mut Diagnostics) {
    style::advise(Document { files, root, version, schemas: &Read::default() }, diagnostics);
}

/// What every rule reads.
#[derive(Clone, Copy)]
struct Document<'t> {
    files: &'t Files,
    root: Node<'t>,
    version: Version,
    schemas: &'t Read,
}

/// The payload schemas of a document, read once for all rules; nothing where none is about them.
#[derive(Default)]
struct Read {
    schemas: Schemas,
    /// By the place where a schema is used. Those in a language that is not read are left out.
    #[cfg_attr(not(feature = "compat"), expect(dead_code, reason = "only examples are looked up by place"))]
    ids: HashMap<NodeId, SchemaId>,
    /// How many names were looked for among others that resemble them.
    guesses: Cell<usize>,
}

/// Beyond so many names nobody reads what was probably meant, and the search would be felt.
const MOST_GUESSES: usize = 100;

impl Read {
    fn of(document: Document<'_>) -> Self {
        let mut reader = Reader::new(document.files);
        let read = |used: SchemaUse| Some((used.node, reader.read(used.node, &used.format)?));
        let ids = document.schemas().into_iter().filter_map(read).collect();
        Self { schemas: reader.finish(), ids, guesses: Cell::new(0) }
    }
}

/// Applies every rule to the document `root`.
pub fn check(files: &Files, root: Node<'_>, version: Version, diagnostics: &mut Diagnostics) {
    let read = Read::of(Document { files, root, version, schemas: &Read::default() });
    let document = Document { files, root, version, schemas: &read };
    let rules: &[fn(Document<'_>, &mut Diagnostics)] = match version.major() {
        2 => &[
            address::channel_parameters,
            address::query_or_fragment,
            address::server_variables,
            address::possible_values,
            messages::duplicate_operation_ids,
            messages::duplicate_message_ids,
            messages::headers,
            messages::media_types,
            references::channel_server_names,
            security::requirements,
            schemas::check,
            extension::check,
            #[cfg(feature = "compat")]
            examples::of_messages,
            #[cfg(feature = "compat")]
            examples::of_schemas,
        ],
        _ => &[
            address::channel_parameters,
            address::query_or_fragment,
            address::server_variables,
            address::possible_values,
            references::operation_channels,
            references::channel_servers,
            references::operation_messages,
            references::reply_addresses,
            address::hosts,
            messages::headers,
            messages::media_types,
            security::scopes,
            tags::duplicates,
            schemas::check,
            extension::check,
            #[cfg(feature = "compat")]
            examples::of_messages,
            #[cfg(feature = "compat")]
            examples::of_schemas,
        ],
    };
    for rule in rules {
        rule(document, diagnostics);
    }
}

impl<'t> Document<'t> {
    /// The candidate that was probably meant by `name`.
    fn closest<'c>(self, name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        let guesses = &self.schemas.guesses;
        guesses.set(guesses.get() + 1);
        if guesses.get() > MOST_GUESSES { None } else { closest(name, candidates) }
    }

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

    /// 2.x: every operation of every channel, in the order of the fields of the Channel Item Object.
    fn operations_2(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.channels()
            .flat_map(|(_, channel)| ["subscribe", "publish"].into_iter().filter_map(move |key| channel.get(key)))
    }

    /// Every message that an operation, a channel or the components name, choices taken apart, references followed; each
    /// once.
    fn messages(self) -> Vec<Node<'t>> {
        let inside =
            |node: Node<'t>, key: &str| node.get(key).into_iter().flat_map(Node::entries).map(|entry| entry.value);
        let components = self.root.get("components");
        let mut todo: Vec<Node<'t>> = if self.version.major() == 2 {
            self.operations_2().filter_map(|operation| operation.get("message")).collect()
        } else {
            let kept = components.into_iter().flat_map(|components| inside(components, "channels"));
            let channels =
                self.channels().map(|(_, channel)| channel).chain(kept.filter_map(|node| self.resolved(node)));
            channels.flat_map(|channel| inside(channel, "messages")).collect()
        };
        todo.extend(components.into_iter().flat_map(|components| inside(components, "messages")));
        todo.reverse();
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        while let Some(node) = todo.pop() {
            let Some(message) = self.resolved(node).filter(|message| seen.insert(message.id())) else { continue };
            match message.get("oneOf").filter(|_| self.version.major() == 2) {
                Some(choice) => todo.extend(choice.items().collect::<Vec<_>>().into_iter().rev()),
                None => found.push(message),
            }
        }
        found
    }

    /// A message and its traits, references followed.
    fn with_traits(self, message: Node<'t>) -> Vec<Node<'t>> {
        let traits = message.get("traits").into_iter().flat_map(Node::items);
        std::iter::once(message).chain(traits.filter_map(|one| self.resolved(one))).collect()
    }

    /// The schema under a key of a message, taken out of a Multi Format Schema Object.
    fn schema_of(self, message: Node<'t>, key: &str) -> Option<SchemaUse> {
        let schema = message.get(key)?;
        let target = self.resolved(schema)?;
        if let Some(format) = target.get_str("schemaFormat").filter(|_| self.version.major() == 3) {
            return Some(SchemaUse { node: target.get("schema")?.id(), format: SchemaFormat::parse(format) });
        }
        let named = message.get_str("schemaFormat").filter(|_| self.version.major() == 2 && key == "payload");
        Some(SchemaUse { node: schema.id(), format: named.map_or(SchemaFormat::AsyncApi, SchemaFormat::parse) })
    }

    /// Every schema that stands in a message, under a parameter or in the components, with its language; not those inside
    /// of others.
    fn schemas(self) -> Vec<SchemaUse> {
        let messages = self.messages();
        let parts = messages.iter().flat_map(|message| self.with_traits(*message));
        let parts = parts.flat_map(|part| ["payload", "headers"].map(|key| self.schema_of(part, key)));
        let components = self.root.get("components").and_then(|components| components.get("schemas"));
        // References are followed by whoever reads the schemas, each once.
        let components = components.into_iter().flat_map(Node::entries).filter_map(|entry| {
            let format = entry.value.get_str("schemaFormat").filter(|_| self.version.major() == 3);
            Some(match format {
                Some(format) => {
                    SchemaUse { node: entry.value.get("schema")?.id(), format: SchemaFormat::parse(format) }
                }
                None => SchemaUse { node: entry.value.id(), format: SchemaFormat::AsyncApi },
            })
        });
        let parameters = self.channels().filter_map(|(_, channel)| channel.get("parameters")).flat_map(Node::entries);
        let parameters = parameters.filter_map(|entry| self.resolved(entry.value)?.get("schema"));
        let parameters = parameters.map(|schema| SchemaUse { node: schema.id(), format: SchemaFormat::AsyncApi });
        parts.flatten().chain(components).chain(parameters).collect()
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
    Diagnostic::new(rule, node.place(), message).at(node.pointer())
}

/// A diagnostic at a key.
fn at_key(rule: &'static Rule, entry: Entry<'_>, message: String) -> Diagnostic {
    Diagnostic::new(rule, entry.key_span, message).at(entry.value.pointer())
}
