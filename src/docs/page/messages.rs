//! Messages: payload, headers, examples and samples.

use super::{Builder, anchor, described};
use crate::docs::plan;
use crate::docs::tree;
use crate::docs::view::{Body, Example, ExamplePart, Message, Step, Target};
use crate::document::{Message as MessageModel, MessageId, SchemaUse};
use crate::schema::SchemaId;
use crate::syntax::{Node, NodeId, to_json};
use serde_json::{Value, json};
use std::collections::HashMap;

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
/// Alternatives of a payload beyond these have no sample of their own beside the message; each has one in its row.
const MOST_SAMPLES: usize = 6;
/// Longer samples are not shown, in bytes of HTML.
const LONGEST_SAMPLE: usize = 30_000;

/// What a message is called for people.
pub(super) fn display(message: &MessageModel) -> String {
    let names = [&message.title, &message.name];
    let named = names.into_iter().flatten().find(|name| !name.trim().is_empty());
    named.unwrap_or(&message.key).clone()
}

impl<'f> Builder<'f> {
    pub(super) fn all_messages(&mut self) -> Vec<Message> {
        let document = self.document;
        let ids = document.messages().map(|(id, _)| Some(id)).chain(std::iter::repeat(None));
        let models: Vec<(Option<MessageId>, &MessageModel)> = ids.zip(self.all_models()).collect();
        let mut messages = Vec::new();
        for ((id, message), target) in models.into_iter().zip(self.messages.clone()) {
            self.walker.mark(message.node);
            let node = self.walker.files.node(message.node);
            let correlation = self.walker.get(node, "correlationId");
            let mut extras = self.extras(node, &MESSAGE);
            if let Some(correlation) = correlation {
                extras.more.extend(self.walker.entries(correlation, &["location", "description"]));
            }
            let payload = self.part(message.payload.as_ref(), &target.id, "payload");
            let (examples, plan) = self.examples(message, payload.as_ref());
            messages.push(Message {
                key: message.key.clone(),
                display: display(message),
                name: message.name.clone(),
                title: message.title.clone(),
                summary: message.summary.clone(),
                description_html: described(node, 3),
                content_type: message.content_type.clone(),
                operations: self.carriers(id),
                used: id.is_some(),
                payload,
                headers: self.part(message.headers.as_ref(), &target.id, "headers"),
                correlation_location: message.correlation_location.clone(),
                correlation_html: correlation.and_then(|correlation| described(correlation, 4)),
                more_samples: plan.is_some(),
                plan,
                examples,
                bindings: self.bindings(message.bindings),
                extras,
                id: target.id,
            });
        }
        messages
    }

    /// The operations that carry a message.
    fn carriers(&self, id: Option<MessageId>) -> Vec<Target> {
        let Some(id) = id else { return Vec::new() };
        let carries = self.document.operations.iter().zip(&self.operations).filter(|(operation, _)| {
            operation.messages.contains(&id)
                || operation.reply.as_ref().is_some_and(|reply| reply.messages.contains(&id))
        });
        carries.map(|(_, target)| target.clone()).collect()
    }

    fn part(&mut self, used: Option<&SchemaUse>, message: &str, name: &str) -> Option<Body> {
        used.map(|used| self.body(used, anchor::within(message, name), name, false))
    }

    /// The author's examples, and samples where no example shows a payload that fits; and how to make more of those.
    fn examples(&mut self, message: &MessageModel, payload: Option<&Body>) -> (Vec<Example>, Option<Value>) {
        let mut examples: Vec<Example> =
            message.examples.iter().enumerate().map(|(at, id)| self.example(message, at, *id)).collect();
        let fits = |example: &Example| {
            example.parts.iter().any(|part| part.label == "Payload")
                && example.parts.iter().all(|part| part.faults.is_empty())
        };
        let samples = self.samples(message);
        let plan = self.plan(message, &samples);
        if !examples.iter().any(fits) {
            let order = payload.map(reading_order).unwrap_or_default();
            examples.extend(samples.into_iter().filter_map(|(name, value)| {
                let code_html = tree::json_code(&value, &order);
                let part = ExamplePart { label: "Payload", faults: Vec::new(), code_html };
                let is_short = part.code_html.len() <= LONGEST_SAMPLE;
                is_short.then(|| Example { label: "Sample", name, summary: None, parts: vec![part] })
            }));
        }
        (examples, plan)
    }

    /// How to make more samples: of one that fits, or one of several that do.
    fn plan(&self, message: &MessageModel, samples: &[(String, Value)]) -> Option<Value> {
        // Without a judge nobody knows that a sample fits.
        self.judge?;
        let root = message.payload.as_ref().and_then(|used| self.roots.get(&used.node))?;
        match samples {
            [] => None,
            [(_, only)] => plan::plan(self.walker.files, &self.schemas, *root, only),
            several => Some(json!(["c", several.iter().map(|(_, value)| value).collect::<Vec<_>>()])),
        }
    }

    /// Why a value does not fit.
    fn faults(&self, used: Option<&SchemaUse>, value: &Value) -> Vec<String> {
        used.map(|used| self.sampler().faults(used, value)).unwrap_or_default()
    }

    /// An example with its parts; one of 2.0, which may have any shape, is shown whole.
    fn example(&mut self, message: &MessageModel, index: usize, id: NodeId) -> Example {
        let node = self.walker.files.node(id);
        let node = self.walker.follow(node).unwrap_or(node);
        let text = |key: &str| node.get_str(key).map(str::to_owned);
        let part = |label: &'static str, node: Node<'_>, used: Option<&SchemaUse>| ExamplePart {
            label,
            faults: serde_json::from_str(&to_json(node)).map(|value| self.faults(used, &value)).unwrap_or_default(),
            code_html: tree::code(node),
        };
        let known = [("payload", "Payload", &message.payload), ("headers", "Headers", &message.headers)];
        let mut parts: Vec<ExamplePart> =
            known.iter().filter_map(|(key, label, used)| Some(part(label, node.get(key)?, used.as_ref()))).collect();
        let whole = parts.is_empty();
        if whole {
            parts.push(part("Payload", node, message.payload.as_ref()));
        }
        Example {
            label: "Example",
            name: text("name").filter(|_| !whole).unwrap_or_else(|| (index + 1).to_string()),
            summary: text("summary").filter(|_| !whole),
            parts,
        }
    }

    /// A sample for each alternative of the payload, one where there are none. What somebody looked at and does not fit
    /// is not shown.
    fn samples(&self, message: &MessageModel) -> Vec<(String, Value)> {
        let Some(used) = &message.payload else { return Vec::new() };
        let Some(root) = self.roots.get(&used.node) else { return Vec::new() };
        let schema = self.schemas.get(self.schemas.target(*root));
        let branches = [&schema.one_of, &schema.any_of].into_iter().flatten().find(|branches| branches.len() > 1);
        // A schema that says more than its alternatives is sampled as a whole: a branch alone would be half of it.
        let alone = schema.properties.is_empty() && schema.all_of.is_empty() && schema.required.is_empty();
        let wanted: Vec<SchemaId> = match branches.filter(|_| alone) {
            Some(branches) => branches.iter().take(MOST_SAMPLES).copied().collect(),
            None => vec![*root],
        };
        let several = wanted.len() > 1;
        let sampler = self.sampler();
        let fits = |value: &Value| !value.is_null() && sampler.faults(used, value).is_empty();
        let named = |index, id| if several { self.branch_name(id, index) } else { String::new() };
        let made = wanted.into_iter().enumerate().map(|(index, id)| (named(index, id), sampler.plain(id)));
        let mut samples: Vec<(String, Value)> = made.filter(|(_, value)| fits(value)).collect();
        if samples.is_empty() {
            let found = sampler.fitting(*root, &used.format);
            samples.extend(found.map(|value| (String::new(), value)));
        }
        samples
    }

    fn branch_name(&self, id: SchemaId, index: usize) -> String {
        let schema = self.schemas.get(id);
        let named = schema.reference.and_then(|target| self.named.get(&self.schemas.get(target).node));
        let title = self.schemas.get(self.schemas.target(id)).title.clone();
        named.map(|target| target.title.clone()).or(title).unwrap_or_else(|| (index + 1).to_string())
    }

    /// A payload of a message in one line, for commands.
    pub(super) fn sample_line(&self, message: &MessageModel) -> String {
        let example = message.examples.first().and_then(|id| self.walker.files.node(*id).get("payload"));
        if let Some(example) = example {
            return example.as_str().map_or_else(|| to_json(example), str::to_owned);
        }
        let root = message.payload.as_ref().and_then(|used| self.roots.get(&used.node));
        let format = message.payload.as_ref().map(|used| &used.format);
        match root.zip(format).and_then(|(root, format)| self.sampler().fitting(*root, format)) {
            Some(Value::String(text)) => text,
            Some(value) => value.to_string(),
            None => "{}".to_owned(),
        }
    }
}

/// The place of each property in the order in which a schema is read.
fn reading_order(body: &Body) -> HashMap<String, usize> {
    let mut order = HashMap::new();
    for (index, step) in body.steps.iter().enumerate() {
        if let Step::Row(row) = step {
            order.entry(row.name.clone()).or_insert(index);
        }
    }
    order
}
