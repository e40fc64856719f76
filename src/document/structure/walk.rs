//! The one walk that compares a tree with the tables.

use super::format::Format;
use super::shape::{
    BindingShape, Bounds, ByPresence, ByValue, Edition, Field, FormattedSchema, Keys, ListShape, MapShape, ObjectShape,
    Others, Shape, Unique,
};
use super::{
    BINDING_VERSION, COMPONENT_NAME, DUPLICATE_ITEM, EMPTY_LIST, IGNORED_BESIDE_REFERENCE, INVALID_FORMAT,
    INVALID_VALUE, MAXIMUM_FAULTS, MISPLACED_REFERENCE, MISSING_FIELD, TOO_MANY_FAULTS, UNEXPECTED_FIELD,
    UNKNOWN_FIELD, UNSUPPORTED_SCHEMA_FORMAT, WRONG_KIND, WRONG_TYPE, table,
};
use crate::document::{Dialect, SchemaFormat, SchemaUse, Version};
use crate::reference::{
    self as references, CIRCULAR_REFERENCE, FORBIDDEN_REFERENCE, Files, REMOTE_REFERENCE, UNREADABLE_FILE,
    UNRESOLVED_REFERENCE, Unresolved, closest,
};
use crate::source::{Diagnostic, Diagnostics, Related, Rule, Severity, SourceId, Span};
use crate::syntax::{Kind, Node, NodeId, to_json};
use std::collections::{HashMap, HashSet};

/// Text from the input that is longer is cut in messages.
const SHOWN_CHARACTERS: usize = 80;

/// References of a circle that are named in the message.
const SHOWN_REFERENCES: usize = 4;

/// Names that are listed in a message.
const SHOWN_NAMES: usize = 16;

/// Compares the document `root` with the tables of its version. Gives the schemas in languages of their own.
pub(super) fn walk(files: &Files, root: Node<'_>, version: Version, diagnostics: &mut Diagnostics) -> Vec<SchemaUse> {
    let mut walk = Walk {
        files,
        version,
        todo: vec![Task { node: root, shape: table::ASYNCAPI, advice: false, via: None }],
        advice: false,
        via: None,
        came: HashMap::new(),
        root: root.source(),
        visited: HashSet::new(),
        followed: HashSet::new(),
        ended: HashSet::new(),
        errors: 0,
        warnings: 0,
        foreign: Vec::new(),
        diagnostics,
    };
    while let Some(Task { node, shape, advice, via }) = walk.todo.pop() {
        if walk.errors >= MAXIMUM_FAULTS {
            let message = format!("the document has {MAXIMUM_FAULTS} faults; the rest of it was not checked");
            walk.diagnostics.push(Diagnostic::new(&TOO_MANY_FAULTS, Span::beginning(root.source()), message));
            break;
        }
        walk.advice = advice;
        walk.via = via;
        walk.value(node, shape);
    }
    walk.foreign
}

/// What a fault is about.
#[derive(Clone, Copy)]
enum At<'t> {
    /// A value.
    Value(Node<'t>),
    /// A key of an object.
    Key(Node<'t>, &'t str, Span),
}

/// A value with what it should be.
struct Task<'t> {
    node: Node<'t>,
    shape: Shape,
    /// Are faults in it warnings?
    advice: bool,
    /// The reference that led to it, or to what it is a part of.
    via: Option<Node<'t>>,
}

struct Walk<'t, 'd> {
    files: &'t Files,
    version: Version,
    todo: Vec<Task<'t>>,
    /// Of the value at hand: are faults in it warnings?
    advice: bool,
    /// Of the value at hand: the reference that led to it.
    via: Option<Node<'t>>,
    /// References with the reference that led to them.
    came: HashMap<NodeId, Option<Node<'t>>>,
    /// The file of the document itself.
    root: SourceId,
    /// Objects with the shapes that they were compared with.
    visited: HashSet<(NodeId, *const ObjectShape, bool)>,
    /// References with the shapes of what they lead to.
    followed: HashSet<(NodeId, *const Shape, bool)>,
    /// References whose chain is known to end, or was diagnosed.
    ended: HashSet<NodeId>,
    errors: usize,
    warnings: usize,
    /// Schemas in a language that has its own specification.
    foreign: Vec<SchemaUse>,
    diagnostics: &'d mut Diagnostics,
}

impl<'t> Walk<'t, '_> {
    fn report(&mut self, rule: &'static Rule, at: At<'t>, message: String, help: Option<String>) {
        self.report_with(rule, at, message, help, None);
    }

    fn report_with(
        &mut self,
        rule: &'static Rule,
        at: At<'t>,
        message: String,
        help: Option<String>,
        related: Option<Related>,
    ) {
        // A reference that leads nowhere is wrong wherever it stands.
        let advice = self.advice && !references::RULES.contains(&rule);
        let severity = if advice { rule.severity.max(Severity::Warning) } else { rule.severity };
        let count = if severity == Severity::Error { &mut self.errors } else { &mut self.warnings };
        *count += 1;
        if *count > MAXIMUM_FAULTS {
            return;
        }
        let (span, pointer) = match at {
            At::Value(node) => (node.place(), node.pointer()),
            At::Key(node, key, span) => (span, pointer_to(node, key)),
        };
        let mut diagnostic = Diagnostic::new(rule, span, message).at(pointer);
        diagnostic.severity = severity;
        diagnostic.help = help;
        diagnostic.related.extend(related);
        if span.source != self.root {
            diagnostic.related.extend(self.chain());
        }
        self.diagnostics.push(diagnostic);
    }

    /// The references that led from the document to the value at hand, the last one first.
    fn chain(&self) -> impl Iterator<Item = Related> {
        let chain = std::iter::successors(self.via, |reference| self.came.get(&reference.id()).copied().flatten());
        let related = |reference: Node<'_>| Related { span: reference.span(), message: "referred to here".to_owned() };
        chain.take(SHOWN_REFERENCES).map(related)
    }

    fn value(&mut self, node: Node<'t>, shape: Shape) {
        let is_reference = reference(node).is_some();
        match shape {
            Shape::Any => {}
            Shape::Referable(inner) if is_reference => self.follow(node, inner),
            Shape::Referable(inner) => self.value(node, *inner),
            Shape::OnlyReference(inner) if is_reference => self.follow(node, inner),
            Shape::OnlyReference(_) => {
                let message = format!("{} must be a reference", called(node));
                let help = "write `$ref: '#/…'` with the place of the definition".to_owned();
                self.report(&MISPLACED_REFERENCE, At::Value(node), message, Some(help));
            }
            Shape::FormattedSchema(schema) => self.formatted_schema(node, schema),
            Shape::Object(object) => self.object(node, object),
            Shape::Map(map) => self.map(node, map),
            Shape::ByPresence(choice) => self.by_presence(node, choice),
            Shape::Binding(binding) => self.binding(node, binding),
            Shape::Advice(inner) => self.advise(node, *inner),
            Shape::ScalarOr(_, other) if node.is_object() || node.as_bool().is_some() => self.value(node, *other),
            Shape::ScalarOr(scalar, _) => self.value(node, *scalar),
            Shape::ByValue(choice) => self.by_value(node, choice),
            Shape::List(list) | Shape::ListOr(list, _) if node.is_array() => self.list(node, list),
            Shape::ListOr(_, other) => self.value(node, *other),
            Shape::BooleanOr(_) if node.as_bool().is_some() => {}
            Shape::BooleanOr(_) if !node.is_object() => self.wrong_type(node, "an object, true or false"),
            Shape::BooleanOr(other) => self.value(node, *other),
            _ if is_reference => self.misplaced(node),
            Shape::List(_) => self.wrong_type(node, "a list"),
            Shape::Text(format) => self.text(node, format),
            Shape::Sized { minimum, maximum } => self.sized(node, minimum, maximum),
            Shape::Scalar if node.is_array() || node.is_object() => self.wrong_type(node, "a single value"),
            Shape::Scalar => {}
            Shape::TextOrNull if node.is_null() || node.as_str().is_some() => {}
            Shape::TextOrNull => self.wrong_type(node, "text or null"),
            Shape::Boolean if node.as_bool().is_some() => {}
            Shape::Boolean => self.wrong_type(node, "true or false"),
            Shape::Number(bounds) => self.number(node, bounds),
            Shape::OneOf(words) => self.one_of(node, words.iter().copied()),
        }
    }

    fn wrong_type(&mut self, node: Node<'t>, expected: &str) {
        let message = format!("{} must be {expected}, not {}", called(node), with_article(node));
        let help = match node.kind() {
            Kind::Number(_) | Kind::Boolean(_) if expected.starts_with("text") => {
                Some(format!("put it in quotes: \"{}\"", to_json(node)))
            }
            Kind::Null => Some("give it a value or remove it".to_owned()),
            Kind::String(text) if expected == "a list" => Some(format!("write `[{}]`", shortened(text))),
            _ => None,
        };
        self.report(&WRONG_TYPE, At::Value(node), message, help);
    }

    fn misplaced(&mut self, node: Node<'t>) {
        let message = format!("{} cannot be a reference", called(node));
        let help = "write the value itself here, or refer to its parts where references are allowed".to_owned();
        self.report(&MISPLACED_REFERENCE, At::Value(node), message, Some(help));
    }

    fn text(&mut self, node: Node<'t>, format: Format) {
        let Some(text) = node.as_str() else { return self.wrong_type(node, "text") };
        if !format.accepts(text) {
            let (expected, example) = format.describe();
            let message = format!("{} must be {expected}, which `{}` is not", called(node), shortened(text));
            self.report(&INVALID_FORMAT, At::Value(node), message, Some(format!("for example {example}")));
        }
    }

    fn number(&mut self, node: Node<'t>, bounds: Bounds) {
        let Some(number) = node.as_number() else { return self.wrong_type(node, "a number") };
        let value = number.as_f64();
        let expected = match bounds {
            Bounds::Positive if value <= 0.0 => "greater than zero",
            Bounds::Whole(minimum, maximum)
                if value.fract() != 0.0 || value < minimum as f64 || value > maximum as f64 =>
            {
                &whole_numbers(minimum, maximum)
            }
            _ => return,
        };
        let message = format!("{} must be {expected}, which {number} is not", called(node));
        self.report(&INVALID_VALUE, At::Value(node), message, None);
    }

    fn sized(&mut self, node: Node<'t>, minimum: usize, maximum: usize) {
        let Some(text) = node.as_str() else { return self.wrong_type(node, "text") };
        let length = text.chars().count();
        if !(minimum..=maximum).contains(&length) {
            let message = format!("{} must have {minimum} to {maximum} characters, but it has {length}", called(node));
            self.report(&INVALID_VALUE, At::Value(node), message, None);
        }
    }

    fn one_of(&mut self, node: Node<'t>, words: impl Iterator<Item = &'static str> + Clone) {
        let Some(text) = node.as_str() else { return self.wrong_type(node, "text") };
        if words.clone().any(|word| word == text) {
            return;
        }
        let message = format!("`{}` is not a possible value of {}", shortened(text), called(node));
        let help = closest(text, words.clone()).map_or_else(
            || format!("possible values are {}", quoted(words)),
            |close| format!("did you mean `{close}`?"),
        );
        self.report(&INVALID_VALUE, At::Value(node), message, Some(help));
    }

    fn list(&mut self, node: Node<'t>, list: &'static ListShape) {
        if node.items().len() < list.minimum {
            let message = format!("{} must have at least one item", called(node));
            self.report(&EMPTY_LIST, At::Value(node), message, None);
        }
        let mut first: HashMap<String, Node<'t>> = HashMap::new();
        for item in node.items() {
            let (value, at) = match list.unique {
                Unique::No => break,
                Unique::Values => (Some(to_json(item)), item),
                Unique::By(key) => (item.get(key).map(to_json), item.get(key).unwrap_or(item)),
            };
            let Some(value) = value else { continue };
            match first.get(&value) {
                Some(first) => {
                    let message = format!("`{}` stands twice in {}", shortened(&value), called(node));
                    let related = Related { span: first.span(), message: "first here".to_owned() };
                    let help = "remove one of the two".to_owned();
                    self.report_with(&DUPLICATE_ITEM, At::Value(at), message, Some(help), Some(related));
                }
                None => {
                    first.insert(value, at);
                }
            }
        }
        self.push(node.items().map(|item| (item, list.item)));
    }

    /// Takes up values in the order of the text.
    fn push(&mut self, values: impl Iterator<Item = (Node<'t>, Shape)>) {
        let at = self.todo.len();
        let (advice, via) = (self.advice, self.via);
        self.todo.extend(values.map(|(node, shape)| Task { node, shape, advice, via }));
        if let Some(new) = self.todo.get_mut(at..) {
            new.reverse();
        }
    }

    fn map(&mut self, node: Node<'t>, map: &'static MapShape) {
        if !node.is_object() {
            return self.wrong_type(node, "an object");
        }
        if matches!(map.value, Shape::Any) {
            return;
        }
        if reference(node).is_some() {
            return self.misplaced(node);
        }
        for entry in node.entries() {
            let (rule, expected) = match map.keys {
                Keys::Address if !Format::Address.accepts(entry.key) => {
                    (&INVALID_FORMAT, "the address of a channel must be a URI template")
                }
                Keys::ComponentName if !is_component_name(entry.key) => {
                    (&COMPONENT_NAME, "the name of a component must consist of letters, digits, `.`, `-` and `_`")
                }
                _ => continue,
            };
            let message = format!("{expected}, not `{}`", shortened(entry.key));
            self.report(rule, At::Key(node, entry.key, entry.key_span), message, None);
        }
        self.push(node.entries().map(|entry| (entry.value, map.value)));
    }

    fn object(&mut self, node: Node<'t>, shape: &'static ObjectShape) {
        if !node.is_object() {
            return self.wrong_type(node, "an object");
        }
        if reference(node).is_some() {
            return self.misplaced(node);
        }
        if !self.visited.insert((node.id(), std::ptr::from_ref(shape), self.advice)) {
            return;
        }
        let version = self.version;
        let mut values = Vec::new();
        for entry in node.entries() {
            let field = shape.fields.iter().find(|field| field.key == entry.key && field.is_in(version));
            match field {
                Some(field) => values.push((entry.value, field.shape)),
                None => self.other_key(node, shape, entry.key, entry.key_span),
            }
        }
        let required = shape.fields.iter().filter(|field| field.required && field.is_in(version));
        for field in required.filter(|field| node.get(field.key).is_none()) {
            self.missing(node, shape, &format!("`{}`", field.key));
        }
        if !shape.any_of.is_empty() && shape.any_of.iter().all(|key| node.get(key).is_none()) {
            self.missing(node, shape, &format!("`{}`", shape.any_of.join("` or `")));
        }
        self.push(values.into_iter());
    }

    fn missing(&mut self, node: Node<'t>, shape: &ObjectShape, fields: &str) {
        let message = format!("{} has no {fields}, which the {} requires", called(node), shape.name);
        self.report(&MISSING_FIELD, At::Value(node), message, Some(format!("see {}", self.link(shape))));
    }

    fn link(&self, shape: &ObjectShape) -> String {
        if shape.anchor.starts_with("https://") {
            return shape.anchor.to_owned();
        }
        format!("https://www.asyncapi.com/docs/reference/specification/v{}#{}", self.version, shape.anchor)
    }

    /// A key that is no field in this version.
    fn other_key(&mut self, node: Node<'t>, shape: &'static ObjectShape, key: &'t str, span: Span) {
        let rule = match shape.others {
            // The walk is about to end: no more words.
            _ if self.errors >= MAXIMUM_FAULTS => return,
            Others::Allowed => return,
            Others::Extensions | Others::Tolerated if is_extension(key) => return,
            Others::Tolerated => &UNEXPECTED_FIELD,
            Others::Extensions | Others::Refused => &UNKNOWN_FIELD,
        };
        let shown = shortened(key);
        let available = || shape.fields.iter().filter(|field| field.is_in(self.version)).map(|field| field.key);
        let (message, help) = match shape.fields.iter().find(|field| field.key == key) {
            Some(field) => {
                (format!("`{shown}` is a field of the {} only {}", shape.name, when(field, self.version)), None)
            }
            None => {
                let absent = available().filter(|key| node.get(key).is_none());
                let help = closest(key, absent).map_or_else(
                    || format!("its fields are {}; see {}", quoted(available()), self.link(shape)),
                    |close| format!("did you mean `{close}`?"),
                );
                (format!("`{shown}` is not a field of the {}", shape.name), Some(help))
            }
        };
        self.report(rule, At::Key(node, key, span), message, help);
    }

    fn by_presence(&mut self, node: Node<'t>, choice: &'static ByPresence) {
        let shape = if node.get(choice.field).is_some() { choice.present } else { choice.absent };
        self.value(node, shape);
    }

    fn by_value(&mut self, node: Node<'t>, choice: &'static ByValue) {
        if !node.is_object() {
            return self.wrong_type(node, "an object");
        }
        if reference(node).is_some() {
            return self.misplaced(node);
        }
        let Some(deciding) = node.get(choice.field) else {
            if let Some(absent) = choice.absent {
                return self.value(node, *absent);
            }
            let message = format!("{} has no `{}`, which the {} requires", called(node), choice.field, choice.name);
            return self.report(&MISSING_FIELD, At::Value(node), message, None);
        };
        let version = self.version;
        let cases = choice.cases.iter().filter(move |case| case.since <= version);
        let chosen = cases.clone().find(|case| deciding.as_str() == Some(case.value)).map(|case| case.shape);
        match chosen.or(choice.otherwise) {
            Some(shape) => self.value(node, shape),
            None => self.one_of(deciding, cases.map(|case| case.value)),
        }
    }

    /// Compares a value with a shape, and has faults in it be warnings.
    fn advise(&mut self, node: Node<'t>, shape: Shape) {
        let before = std::mem::replace(&mut self.advice, true);
        self.value(node, shape);
        self.advice = before;
    }

    /// A binding in its edition; without one, in the newest that this version of AsyncAPI knows. Version 2 leaves
    /// bindings open.
    fn binding(&mut self, node: Node<'t>, binding: &'static BindingShape) {
        if self.version.major() == 2 && !self.advice {
            return self.advise(node, Shape::Binding(binding));
        }
        let is_3 = self.version.major() == 3;
        let known = binding.editions.iter().filter(move |edition| edition.in_3 || !is_3);
        let named = node.get("bindingVersion").and_then(|named| Some((named, named.as_str()?)));
        let edition = match named {
            Some((_, version)) if is_3 || version != "latest" => known.clone().find(|known| known.version == version),
            _ => known.clone().next_back(),
        };
        // Of older editions nothing is left but what the oldest one that is known has kept.
        let older = |oldest: &&Edition| named.is_some_and(|(_, version)| is_older(version, oldest.version));
        let edition = edition.or_else(|| known.clone().next().filter(|oldest| !is_3 && older(oldest)));
        match (edition, named) {
            (Some(edition), _) => self.value(node, edition.shape),
            (None, Some((named, version))) => {
                let message = format!(
                    "AsyncAPI {} knows no version `{}` of the {}",
                    self.version,
                    shortened(version),
                    binding.name
                );
                let help = format!("it knows {}", quoted(known.map(|known| known.version)));
                self.report(&BINDING_VERSION, At::Value(named), message, Some(help));
            }
            (None, None) => {}
        }
    }

    /// A schema in the format that the field beside it names; without one it is a Schema Object.
    fn formatted_schema(&mut self, node: Node<'t>, schema: &'static FormattedSchema) {
        let named = node.parent().and_then(|parent| parent.get("schemaFormat"));
        let format = named.and_then(Node::as_str).map_or(SchemaFormat::AsyncApi, SchemaFormat::parse);
        if matches!(format, SchemaFormat::Avro | SchemaFormat::Protobuf) {
            self.foreign.push(SchemaUse { node: node.id(), format: format.clone() });
        }
        let shape = match &format {
            // Before draft-06, keywords had other types.
            SchemaFormat::JsonSchema(Dialect::Draft4) => &Shape::Referable(&Shape::Any),
            SchemaFormat::AsyncApi | SchemaFormat::JsonSchema(_) => &schema.json_schema,
            SchemaFormat::OpenApi(version) if version == "3.0" => &schema.openapi,
            SchemaFormat::OpenApi(_) | SchemaFormat::Avro | SchemaFormat::Protobuf => &Shape::Referable(&Shape::Any),
            SchemaFormat::Unsupported(text) => {
                if let Some(named) = named {
                    let message =
                        format!("schemas of the format `{}` are not read: the payload is plain bytes", shortened(text));
                    self.report(&UNSUPPORTED_SCHEMA_FORMAT, At::Value(named), message, None);
                }
                &Shape::Referable(&Shape::Any)
            }
        };
        self.value(node, *shape);
    }

    /// Takes up what a reference leads to, which must have the shape.
    fn follow(&mut self, node: Node<'t>, shape: &'static Shape) {
        let Some(reference) = reference(node) else { return };
        if !self.followed.insert((node.id(), std::ptr::from_ref(shape), self.advice)) {
            return;
        }
        let mut beside = node.entries().filter(|entry| entry.key != "$ref" && !is_extension(entry.key));
        if let Some(first) = beside.next() {
            let keys = quoted(std::iter::once(first.key).chain(beside.map(|entry| entry.key)));
            let message = format!("what stands beside `$ref` is ignored: {keys}");
            self.report(&IGNORED_BESIDE_REFERENCE, At::Key(node, first.key, first.key_span), message, None);
        }
        match self.files.resolve(reference) {
            Ok(_) if !self.ends(node) => {}
            Ok(target) => match other_kind(target, shape, self.version) {
                Some(kind) => {
                    let text = shortened(reference.as_str().unwrap_or_default());
                    let message = format!("`{text}` leads to one of `components.{kind}`, which cannot stand here");
                    let expected = table::component_kind(shape, self.version).unwrap_or_default();
                    let help = format!("refer to one of `components.{expected}`");
                    // Schemas are open: anything may be taken for one.
                    let before = self.advice;
                    self.advice |= expected == "schemas";
                    self.report(&WRONG_KIND, At::Value(reference), message, Some(help));
                    self.advice = before;
                }
                None => {
                    self.came.entry(reference.id()).or_insert(self.via);
                    let shape = Shape::Referable(shape);
                    self.todo.push(Task { node: target, shape, advice: self.advice, via: Some(reference) });
                }
            },
            Err(unresolved) => self.unresolved(reference, unresolved),
        }
    }

    /// Does the chain of references that begins at `start` come to an end? If not, that is reported once.
    fn ends(&mut self, start: Node<'t>) -> bool {
        let mut chain = Vec::new();
        let mut seen = HashSet::new();
        let mut node = start;
        while let Some(reference) = reference(node).filter(|_| !self.ended.contains(&node.id())) {
            if !seen.insert(node.id()) {
                let places: Vec<String> =
                    chain.iter().copied().filter_map(Node::as_str).take(SHOWN_REFERENCES).map(shortened).collect();
                let message = format!("these references lead only to each other: `{}`", places.join("` -> `"));
                self.ended.extend(seen);
                self.report(&CIRCULAR_REFERENCE, At::Value(reference), message, None);
                return false;
            }
            chain.push(reference);
            match self.files.resolve(reference) {
                Ok(next) => node = next,
                Err(_) => break,
            }
        }
        self.ended.extend(seen);
        true
    }

    fn unresolved(&mut self, reference: Node<'t>, unresolved: Unresolved) {
        let text = shortened(reference.as_str().unwrap_or_default());
        let at = At::Value(reference);
        match unresolved {
            Unresolved::Missing { message, suggestion } => {
                let help = suggestion.map(|close| format!("did you mean `{close}`?"));
                self.report(&UNRESOLVED_REFERENCE, at, format!("`{text}` leads nowhere: {message}"), help);
            }
            Unresolved::Unreadable(message) => self.report(&UNREADABLE_FILE, at, message, None),
            Unresolved::Faulty => {}
            Unresolved::Forbidden(file) => {
                let message = format!("`{file}` lies outside the folders that may be read");
                let help = "move the file below the document, or allow its folder as a root".to_owned();
                self.report(&FORBIDDEN_REFERENCE, at, message, Some(help));
            }
            Unresolved::Remote => {
                let message = format!("`{text}` leads over the network and was not followed");
                self.report(&REMOTE_REFERENCE, at, message, None);
            }
            Unresolved::Circular => {
                self.report(&CIRCULAR_REFERENCE, at, format!("`{text}` leads back to itself"), None);
            }
        }
    }
}

/// The value of `$ref`, if the node is a reference.
fn reference(node: Node<'_>) -> Option<Node<'_>> {
    node.get("$ref").filter(|reference| reference.as_str().is_some())
}

/// The key of the Components Object under which a node stands, where things of that kind never have a shape.
fn other_kind<'t>(node: Node<'t>, shape: &'static Shape, version: Version) -> Option<&'t str> {
    let kind = node.parent()?.own_entry()?;
    let components = kind.value.parent()?;
    let at_root = components.own_entry()?.key == "components" && components.parent()?.parent().is_none();
    let expected = table::component_kind(shape, version).filter(|_| at_root)?;
    (expected != kind.key && table::is_component_kind(kind.key, version)).then_some(kind.key)
}

/// `x-` and at least one character of `[A-Za-z0-9._-]`.
fn is_extension(key: &str) -> bool {
    key.strip_prefix("x-").is_some_and(|name| !name.is_empty() && is_component_name(name))
}

/// Are all characters letters, digits, `.`, `-` or `_`?
fn is_component_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

/// Is `version` older than `other`? Both are numbers with points between.
fn is_older(version: &str, other: &str) -> bool {
    let numbers = |text: &str| text.split('.').map(str::parse::<u32>).collect::<Result<Vec<_>, _>>();
    matches!((numbers(version), numbers(other)), (Ok(version), Ok(other)) if version < other)
}

/// What messages call a range of whole numbers.
fn whole_numbers(minimum: i64, maximum: i64) -> String {
    match (minimum, maximum) {
        (i64::MIN, i64::MAX) => "a whole number".to_owned(),
        (minimum, i64::MAX) => format!("a whole number from {minimum}"),
        (minimum, maximum) => format!("a whole number from {minimum} to {maximum}"),
    }
}

/// The pointer of a key, which need not have a value of its own.
fn pointer_to(node: Node<'_>, key: &str) -> String {
    format!("{}/{}", node.pointer(), key.replace('~', "~0").replace('/', "~1"))
}

/// What messages call a value: by its key, or by its place in a list.
fn called(node: Node<'_>) -> String {
    let name = |node: Node<'_>| node.own_entry().map(|entry| shortened(entry.key));
    match (name(node), node.own_index()) {
        (Some(name), _) => format!("`{name}`"),
        (None, Some(index)) => match node.parent().and_then(name) {
            Some(list) => format!("item {} of `{list}`", index + 1),
            None => format!("item {}", index + 1),
        },
        (None, None) => "the document".to_owned(),
    }
}

/// `a list`, `an object`, `text`, ..
pub(super) fn with_article(node: Node<'_>) -> &'static str {
    match node.kind() {
        Kind::Null => "null",
        Kind::Boolean(true) => "true",
        Kind::Boolean(false) => "false",
        Kind::Number(_) => "a number",
        Kind::String(_) => "text",
        Kind::Array(_) => "a list",
        Kind::Object(_) => "an object",
    }
}

/// In which versions a field is known, as seen from one that lacks it.
fn when(field: &Field, version: Version) -> String {
    if version < field.since {
        format!("since version {}", field.since)
    } else {
        format!("until version {}", field.until)
    }
}

/// `a`, `b`, `c`; each once, and only the first of very many.
fn quoted<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut seen = HashSet::new();
    let mut words = words.filter(|word| seen.insert(*word)).map(|word| format!("`{}`", shortened(word)));
    let mut shown: Vec<String> = words.by_ref().take(SHOWN_NAMES).collect();
    shown.extend(words.next().map(|_| "…".to_owned()));
    shown.join(", ")
}

/// The beginning of a text that may be of any length.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
