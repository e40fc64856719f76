//! The one walk that compares a tree with the tables.

mod newer;
mod references;

use super::format::Format;
use super::shape::{
    BindingShape, Bounds, ByPresence, ByValue, Edition, FormattedSchema, Keys, ListShape, MapShape, ObjectShape,
    Others, Shape, Unique,
};
use super::words::{called, pointer_to, quoted, shortened, when, whole_numbers, with_article};
use super::{
    BINDING_VERSION, COMPONENT_NAME, DUPLICATE_ITEM, EMPTY_LIST, INVALID_FORMAT, INVALID_VALUE, MAXIMUM_FAULTS,
    MISPLACED_REFERENCE, MISSING_FIELD, SERVER_NAME, TOO_MANY_FAULTS, UNEXPECTED_FIELD, UNKNOWN_FIELD,
    UNSUPPORTED_SCHEMA_FORMAT, WRONG_TYPE, hints, table,
};
use crate::document::{Dialect, SchemaFormat, SchemaUse, Version};
use crate::reference::{self as rules_of_references, Files, closest};
use crate::source::{Diagnostic, Diagnostics, Related, Rule, Severity, Span};
use crate::syntax::{Entry, Node, NodeId, to_json};
use newer::Newer;
use references::Dangling;
use std::collections::{HashMap, HashSet};

/// References on the way to a fault in another file that are named.
const SHOWN_REFERENCES: usize = 4;

/// Compares the document `root` with the tables of its version. Gives the schemas in languages of their own.
pub(super) fn walk(files: &Files, root: Node<'_>, version: Version, diagnostics: &mut Diagnostics) -> Vec<SchemaUse> {
    let mut walk = Walk {
        files,
        version,
        todo: vec![Task { node: root, shape: table::ASYNCAPI, advice: false, via: None }],
        advice: false,
        via: None,
        came: HashMap::new(),
        document: root,
        visited: HashSet::new(),
        followed: HashSet::new(),
        ended: HashSet::new(),
        errors: 0,
        warnings: 0,
        foreign: Vec::new(),
        at_fault: HashSet::new(),
        dangling: Vec::new(),
        newer: Vec::new(),
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
    walk.report_dangling();
    walk.report_newer();
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
    document: Node<'t>,
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
    /// Values of a wrong type and values of keys that are no fields: what cannot be found below them is a consequence.
    at_fault: HashSet<NodeId>,
    /// References that lead nowhere.
    dangling: Vec<Dangling>,
    /// Fields that only later versions have.
    newer: Vec<Newer>,
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
        if let Some(mut diagnostic) = self.diagnostic(rule, at, message, help) {
            diagnostic.related.splice(0..0, related);
            self.diagnostics.push(diagnostic);
        }
    }

    /// A diagnostic of the value at hand; nothing where there are too many already.
    fn diagnostic(
        &mut self,
        rule: &'static Rule,
        at: At<'t>,
        message: String,
        help: Option<String>,
    ) -> Option<Diagnostic> {
        // A reference that leads nowhere is wrong wherever it stands.
        let advice = self.advice && !rules_of_references::RULES.contains(&rule);
        let severity = if advice { rule.severity.max(Severity::Warning) } else { rule.severity };
        let count = if severity == Severity::Error { &mut self.errors } else { &mut self.warnings };
        *count += 1;
        if *count > MAXIMUM_FAULTS {
            return None;
        }
        let (span, pointer) = match at {
            At::Value(node) => (node.place(), node.pointer()),
            At::Key(node, key, span) => (span, pointer_to(node, key)),
        };
        let mut diagnostic = Diagnostic::new(rule, span, message).at(pointer);
        diagnostic.severity = severity;
        diagnostic.help = help;
        if span.source != self.document.source() {
            diagnostic.related.extend(self.chain());
        }
        Some(diagnostic)
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
                let named =
                    node.as_str().and_then(|name| hints::reference_to(self.document, name, &shape, self.version));
                let help = named.unwrap_or_else(|| "write `$ref: '#/…'` with the place of the definition".to_owned());
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
            Shape::BooleanOr(_) if !node.is_object() => self.wrong_type(node, "an object, true or false", shape),
            Shape::BooleanOr(other) => self.value(node, *other),
            _ if is_reference => self.misplaced(node, shape),
            Shape::List(_) => self.wrong_type(node, "a list", shape),
            Shape::Text(format) => self.text(node, format),
            Shape::Sized { minimum, maximum } => self.sized(node, minimum, maximum),
            Shape::Scalar if node.is_array() || node.is_object() => self.wrong_type(node, "a single value", shape),
            Shape::Scalar => {}
            Shape::TextOrNull if node.is_null() || node.as_str().is_some() => {}
            Shape::TextOrNull => self.wrong_type(node, "text or null", shape),
            Shape::Boolean if node.as_bool().is_some() => {}
            Shape::Boolean => self.wrong_type(node, "true or false", shape),
            Shape::Number(bounds) => self.number(node, bounds),
            Shape::OneOf(words) => self.one_of(node, words.iter().copied()),
        }
    }

    fn wrong_type(&mut self, node: Node<'t>, expected: &str, shape: Shape) {
        let message = format!("{} must be {expected}, not {}", called(node), with_article(node));
        let help = hints::for_type(self.document, node, &shape, self.version);
        self.report(&WRONG_TYPE, At::Value(node), message, help);
        self.blame(node);
    }

    /// Remembers that a value is at fault itself.
    fn blame(&mut self, node: Node<'t>) {
        if !self.advice {
            self.at_fault.insert(node.id());
        }
    }

    fn misplaced(&mut self, node: Node<'t>, shape: Shape) {
        // Where a reference is no more than unforeseen, it has to lead somewhere all the same.
        if self.advice
            && let Some(reference) = reference(node)
            && let Err(unresolved) = self.files.resolve(reference)
        {
            return self.unresolved(reference, unresolved);
        }
        let message = format!("{} cannot be a reference", called(node));
        let name = node.get_str("$ref").and_then(|text| text.strip_prefix("#/")?.rsplit('/').next());
        let help = match (shape, name) {
            (Shape::Text(_), Some(name)) => format!("here is text: write `{}`", shortened(name)),
            (Shape::Text(_) | Shape::TextOrNull | Shape::Sized { .. }, _) => {
                "no file is included here: write the text itself".to_owned()
            }
            (Shape::List(_), _) => "write a list: each item of it may be a reference".to_owned(),
            (Shape::Map(_), _) => "write an object: each value in it may be a reference".to_owned(),
            _ => "write the value itself here, or refer to its parts where references are allowed".to_owned(),
        };
        self.report(&MISPLACED_REFERENCE, At::Value(node), message, Some(help));
        self.blame(node);
    }

    fn text(&mut self, node: Node<'t>, format: Format) {
        let Some(text) = node.as_str() else { return self.wrong_type(node, "text", Shape::Text(format)) };
        if !format.accepts(text) {
            let (expected, example) = format.describe();
            let message = format!("{} must be {expected}, which `{}` is not", called(node), shortened(text));
            self.report(&INVALID_FORMAT, At::Value(node), message, Some(format!("for example {example}")));
        }
    }

    fn number(&mut self, node: Node<'t>, bounds: Bounds) {
        let Some(number) = node.as_number() else { return self.wrong_type(node, "a number", Shape::Number(bounds)) };
        let value = number.as_f64();
        let expected = match bounds {
            Bounds::Positive if value <= 0.0 => "greater than zero",
            // Beyond all floats there are whole numbers only; and where nothing else is said, they have no end.
            Bounds::Whole(minimum, maximum)
                if (value.is_finite() && value.fract() != 0.0)
                    || value < minimum as f64
                    || (maximum != i64::MAX && value > maximum as f64) =>
            {
                &whole_numbers(minimum, maximum)
            }
            _ => return,
        };
        let message = format!("{} must be {expected}, which {number} is not", called(node));
        self.report(&INVALID_VALUE, At::Value(node), message, None);
    }

    fn sized(&mut self, node: Node<'t>, minimum: usize, maximum: usize) {
        let Some(text) = node.as_str() else {
            return self.wrong_type(node, "text", Shape::Sized { minimum, maximum });
        };
        let length = text.chars().count();
        if !(minimum..=maximum).contains(&length) {
            let message = format!("{} must have {minimum} to {maximum} characters, but it has {length}", called(node));
            self.report(&INVALID_VALUE, At::Value(node), message, None);
        }
    }

    fn one_of(&mut self, node: Node<'t>, words: impl Iterator<Item = &'static str> + Clone) {
        let Some(text) = node.as_str() else { return self.wrong_type(node, "text", Shape::OneOf(&[])) };
        if words.clone().any(|word| word == text) {
            return;
        }
        let message = format!("`{}` is not a possible value of {}", shortened(text), called(node));
        let key = node.own_entry().map_or("", |entry| entry.key);
        let help = match (hints::word(key, text), closest(text, words.clone())) {
            (Some(advice), _) => advice.to_owned(),
            (None, Some(close)) => format!("did you mean `{close}`?"),
            (None, None) => format!("possible values are {}", quoted(words)),
        };
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
            return self.wrong_type(node, "an object", Shape::Map(map));
        }
        if matches!(map.value, Shape::Any) {
            return;
        }
        if reference(node).is_some() {
            return self.misplaced(node, Shape::Map(map));
        }
        for entry in node.entries() {
            let (rule, expected, help) = match map.keys {
                Keys::Address if !Format::Address.accepts(entry.key) => {
                    let (_, example) = Format::Address.describe();
                    (
                        &INVALID_FORMAT,
                        "the address of a channel must be a URI template",
                        format!("for example {example}"),
                    )
                }
                Keys::ComponentName if !is_component_name(entry.key) => {
                    let name = shortened(entry.key).replace(|character| !is_component_character(character), "_");
                    let expected = "the name of a component must consist of letters, digits, `.`, `-` and `_`";
                    (&COMPONENT_NAME, expected, format!("for example `{name}`"))
                }
                Keys::ServerName if !entry.key.chars().all(is_server_character) || entry.key.is_empty() => {
                    let name = shortened(entry.key).replace(|character| !is_server_character(character), "-");
                    let name = if name.is_empty() { "production".to_owned() } else { name };
                    let expected = "the name of a server consists of letters, digits, `-` and `_`";
                    (&SERVER_NAME, expected, format!("for example `{name}`"))
                }
                _ => continue,
            };
            let message = format!("{expected}, not `{}`", shortened(entry.key));
            self.report(rule, At::Key(node, entry.key, entry.key_span), message, Some(help));
        }
        self.push(node.entries().map(|entry| (entry.value, map.value)));
    }

    fn object(&mut self, node: Node<'t>, shape: &'static ObjectShape) {
        if !node.is_object() {
            return self.wrong_type(node, "an object", Shape::Object(shape));
        }
        if reference(node).is_some() {
            return self.misplaced(node, Shape::Object(shape));
        }
        if !self.visited.insert((node.id(), std::ptr::from_ref(shape), self.advice)) {
            return;
        }
        let version = self.version;
        let mut values = Vec::new();
        let mut others = Vec::new();
        for entry in node.entries() {
            let field = shape.fields.iter().find(|field| field.key == entry.key && field.is_in(version));
            match field {
                Some(field) => values.push((entry.value, field.shape)),
                None => {
                    let rule = rule_of_key(shape.others, entry.key);
                    // What another version has, and is let pass in this one, means there what it means here.
                    if rule == Some(&UNEXPECTED_FIELD)
                        && let Some(field) = shape.fields.iter().find(|field| field.key == entry.key)
                    {
                        values.push((entry.value, field.shape));
                    }
                    others.extend(rule.map(|rule| (rule, entry)));
                }
            }
        }
        let required = shape.fields.iter().filter(|field| field.required && field.is_in(version));
        let mut missing: Vec<String> =
            required.map(|field| field.key).filter(|key| node.get(key).is_none()).map(str::to_owned).collect();
        if !shape.any_of.is_empty() && shape.any_of.iter().all(|key| node.get(key).is_none()) {
            missing.push(shape.any_of.join("` or `"));
        }
        // One key that is no field, and one field that is not there: that is one mistake.
        if let ([(rule, entry)], [field]) = (others.as_slice(), missing.as_slice())
            && *rule == &UNKNOWN_FIELD
        {
            self.other_key(node, shape, *entry, rule, Some(field));
            missing.clear();
        } else {
            for (rule, entry) in others {
                // The walk is about to end: no more words.
                if self.errors >= MAXIMUM_FAULTS {
                    break;
                }
                let meant = self.other_key(node, shape, entry, rule, None);
                missing.retain(|field| meant != Some(field));
            }
        }
        for field in missing {
            let message = format!("{} has no `{field}`, which the {} requires", called(node), shape.name);
            self.report(&MISSING_FIELD, At::Value(node), message, Some(format!("see {}", self.link(shape))));
        }
        self.push(values.into_iter());
    }

    fn link(&self, shape: &ObjectShape) -> String {
        if shape.anchor.starts_with("https://") {
            return shape.anchor.to_owned();
        }
        format!("https://www.asyncapi.com/docs/reference/specification/v{}#{}", self.version, shape.anchor)
    }

    /// A key that is no field in this version; `missing` is a field that the object needs and does not have. Gives the
    /// field that was meant.
    fn other_key(
        &mut self,
        node: Node<'t>,
        shape: &'static ObjectShape,
        entry: Entry<'t>,
        rule: &'static Rule,
        missing: Option<&str>,
    ) -> Option<&'static str> {
        let shown = shortened(entry.key);
        let available = || shape.fields.iter().filter(|field| field.is_in(self.version)).map(|field| field.key);
        let successor = hints::successor(shape, entry.key);
        let close = closest(entry.key, available().filter(|key| node.get(key).is_none()));
        let elsewhere = shape.fields.iter().find(|field| field.key == entry.key);
        let mut message = match elsewhere {
            Some(field) => format!("`{shown}` is a field of the {} only {}", shape.name, when(field, self.version)),
            None => format!("`{shown}` is not a field of the {}", shape.name),
        };
        if let Some(missing) = missing {
            message.push_str(&format!(", and the required `{missing}` is missing"));
        }
        let help = match (elsewhere, successor, close) {
            (Some(_), Some(successor), _) => Some(successor.advice.to_owned()),
            (Some(_), None, _) => None,
            (None, _, Some(close)) => Some(format!("did you mean `{close}`?")),
            (None, _, None) => Some(format!("its fields are {}; see {}", quoted(available()), self.link(shape))),
        };
        let at = At::Key(node, entry.key, entry.key_span);
        // Of version 3 nothing is written into a document of version 2: that is another layout.
        let later = elsewhere.map(|field| field.since);
        let later = later.filter(|since| *since > self.version && since.major() == self.version.major());
        match later {
            Some(since) if rule == &UNKNOWN_FIELD && missing.is_none() => self.newer(at, since, message, help),
            _ => self.report(rule, at, message, help),
        }
        if rule == &UNKNOWN_FIELD {
            self.blame(entry.value);
        }
        if elsewhere.is_some() { successor.and_then(|successor| successor.field) } else { close }
    }

    fn by_presence(&mut self, node: Node<'t>, choice: &'static ByPresence) {
        let shape = if node.get(choice.field).is_some() { choice.present } else { choice.absent };
        self.value(node, shape);
    }

    fn by_value(&mut self, node: Node<'t>, choice: &'static ByValue) {
        if !node.is_object() {
            return self.wrong_type(node, "an object", Shape::ByValue(choice));
        }
        if reference(node).is_some() {
            return self.misplaced(node, Shape::ByValue(choice));
        }
        let version = self.version;
        let cases = choice.cases.iter().filter(move |case| case.since <= version);
        let Some(deciding) = node.get(choice.field) else {
            if let Some(absent) = choice.absent {
                return self.value(node, *absent);
            }
            let message = format!("{} has no `{}`, which the {} requires", called(node), choice.field, choice.name);
            // In version 2 some are named where version 3 has them in place.
            let mut names = node.entries().map(|entry| entry.key);
            let only = names.next().filter(|_| names.next().is_none());
            let shape = Shape::ByValue(choice);
            let named = only.and_then(|name| hints::reference_to(self.document, name, &shape, self.version));
            let help = named.unwrap_or_else(|| format!("possible values are {}", quoted(cases.map(|case| case.value))));
            return self.report(&MISSING_FIELD, At::Value(node), message, Some(help));
        };
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
    /// bindings open: there only the document itself can say which edition it keeps to.
    fn binding(&mut self, node: Node<'t>, binding: &'static BindingShape) {
        let is_3 = self.version.major() == 3;
        // Every edition of every binding has it, as text.
        if let Some(named) = node.get("bindingVersion").filter(|named| named.is_object() || named.is_array()) {
            return self.wrong_type(named, "text", Shape::Text(Format::Plain));
        }
        let known = binding.editions.iter().filter(move |edition| edition.in_3 || !is_3);
        let named = node.get("bindingVersion").and_then(|named| Some((named, named.as_str()?)));
        let is_certain = is_3 || named.is_some_and(|(_, version)| known.clone().any(|known| known.version == version));
        if !is_certain && !self.advice {
            return self.advise(node, Shape::Binding(binding));
        }
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
                    let help = format!("formats that are read begin with {}", quoted(SchemaFormat::READ.into_iter()));
                    self.report(&UNSUPPORTED_SCHEMA_FORMAT, At::Value(named), message, Some(help));
                }
                &Shape::Referable(&Shape::Any)
            }
        };
        self.value(node, *shape);
    }
}

/// The value of `$ref`, if the node is a reference.
fn reference(node: Node<'_>) -> Option<Node<'_>> {
    node.get("$ref").filter(|reference| reference.as_str().is_some())
}

/// The rule that a key which is no field breaks, if any.
fn rule_of_key(others: Others, key: &str) -> Option<&'static Rule> {
    match others {
        Others::Allowed => None,
        Others::Extensions | Others::Tolerated if is_extension(key) => None,
        Others::Tolerated => Some(&UNEXPECTED_FIELD),
        Others::Extensions | Others::Refused => Some(&UNKNOWN_FIELD),
    }
}

/// `x-` and at least one character of `[A-Za-z0-9._-]`.
fn is_extension(key: &str) -> bool {
    key.strip_prefix("x-").is_some_and(|name| !name.is_empty() && is_component_name(name))
}

/// Are all characters letters, digits, `.`, `-` or `_`?
fn is_component_name(name: &str) -> bool {
    name.chars().all(is_component_character)
}

fn is_component_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || ".-_".contains(character)
}

/// Servers Object: `^[A-Za-z0-9_\-]+$`.
fn is_server_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_".contains(character)
}

/// Is `version` older than `other`? Both are numbers with points between.
fn is_older(version: &str, other: &str) -> bool {
    let numbers = |text: &str| text.split('.').map(str::parse::<u32>).collect::<Result<Vec<_>, _>>();
    matches!((numbers(version), numbers(other)), (Ok(version), Ok(other)) if version < other)
}
