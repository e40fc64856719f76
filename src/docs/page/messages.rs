//! Messages: payload, headers, examples.

use super::{Builder, anchor, described};
use crate::docs::tree;
use crate::docs::view::{Example, ExamplePart, Message};
use crate::document::{Message as MessageModel, SchemaUse};
use crate::syntax::Node;

const MESSAGE: [&str; 12] = [
    "name",
    "title",
    "summary",
    "description",
    "contentType",
    "payload",
    "headers",
    "schemaFormat",
    "correlationId",
    "examples",
    "bindings",
    "traits",
];
/// The parts of an example, with their labels.
const PARTS: [(&str, &str); 2] = [("payload", "Payload"), ("headers", "Headers")];

/// What a message is called for people.
pub(super) fn display(message: &MessageModel) -> String {
    let names = [&message.title, &message.name];
    let named = names.into_iter().flatten().find(|name| !name.trim().is_empty());
    named.unwrap_or(&message.key).clone()
}

impl<'f> Builder<'f> {
    pub(super) fn all_messages(&mut self) -> Vec<Message> {
        let document = self.document;
        let mut messages = Vec::new();
        for ((id, message), target) in document.messages().zip(self.messages.clone()) {
            self.walker.mark(message.node);
            let node = self.walker.files.node(message.node);
            let carries = document.operations.iter().zip(&self.operations).filter(|(operation, _)| {
                operation.messages.contains(&id)
                    || operation.reply.as_ref().is_some_and(|reply| reply.messages.contains(&id))
            });
            let operations = carries.map(|(_, target)| target.clone()).collect();
            let correlation = self.walker.get(node, "correlationId");
            let mut extras = self.extras(node, &MESSAGE);
            if let Some(correlation) = correlation {
                extras.more.extend(self.walker.entries(correlation, &["location", "description"]));
            }
            messages.push(Message {
                key: message.key.clone(),
                display: display(message),
                name: message.name.clone(),
                title: message.title.clone(),
                summary: message.summary.clone(),
                description_html: described(node, 3),
                content_type: message.content_type.clone(),
                operations,
                payload: self.part(message.payload.as_ref(), &target.id, "payload"),
                headers: self.part(message.headers.as_ref(), &target.id, "headers"),
                correlation_location: message.correlation_location.clone(),
                correlation_html: correlation.and_then(|correlation| described(correlation, 4)),
                examples: message.examples.iter().enumerate().map(|(at, id)| self.example(at, *id)).collect(),
                bindings: self.bindings(message.bindings),
                extras,
                id: target.id,
            });
        }
        messages
    }

    fn part(&mut self, used: Option<&SchemaUse>, message: &str, name: &str) -> Option<crate::docs::view::Body> {
        used.map(|used| self.body(used, anchor::within(message, name), name, false))
    }

    /// An example with its parts; one of 2.0, which may have any shape, is shown whole.
    fn example(&mut self, index: usize, id: crate::syntax::NodeId) -> Example {
        let node = self.walker.files.node(id);
        let node = self.walker.follow(node).unwrap_or(node);
        let text = |key: &str| node.get_str(key).map(str::to_owned);
        let part = |label: &'static str, node: Node<'_>| ExamplePart { label, code_html: tree::code(node) };
        let mut parts: Vec<ExamplePart> =
            PARTS.iter().filter_map(|(key, label)| Some(part(label, node.get(key)?))).collect();
        let whole = parts.is_empty();
        if whole {
            parts.push(part("Payload", node));
        }
        Example {
            name: text("name").filter(|_| !whole).unwrap_or_else(|| (index + 1).to_string()),
            summary: text("summary").filter(|_| !whole),
            parts,
        }
    }
}
