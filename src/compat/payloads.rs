//! What one message carries: its encoding, payload, headers and correlation id.
//!
//! Inclusion says whether a schema hurts; the places where both differ say by which rule, and where to point.

use super::differ::{Differ, Spot};
use super::facets::{Difference, What, differences};
use super::rules::{self, Rule};
use super::{Api, Party};
use crate::document::{Action, Message, SchemaFormat, SchemaUse};
use crate::names;
use crate::schema::inclusion::{self, Comparison, Side, Verdict};
use crate::syntax::{Node, NodeId};
use std::collections::BTreeMap;
use std::rc::Rc;

/// At most so many differences are put into words.
const SHOWN_DIFFERENCES: usize = 4;

/// Families of schema languages: within one, schemas can be compared.
#[derive(Debug, PartialEq, Eq)]
enum Family<'a> {
    JsonSchema,
    Avro,
    Protobuf,
    Unread(&'a str),
}

impl<'a> Family<'a> {
    fn of(format: &'a SchemaFormat) -> Self {
        match format {
            SchemaFormat::AsyncApi | SchemaFormat::JsonSchema(_) | SchemaFormat::OpenApi(_) => Self::JsonSchema,
            SchemaFormat::Avro => Self::Avro,
            SchemaFormat::Protobuf => Self::Protobuf,
            SchemaFormat::Unsupported(name) => Self::Unread(name),
        }
    }

    fn name(&self) -> &'a str {
        match self {
            Self::JsonSchema => "JSON Schema",
            Self::Avro => "Avro",
            Self::Protobuf => "Protobuf",
            Self::Unread(name) => name,
        }
    }
}

/// Is a difference of this kind?
type Kind = fn(&What) -> bool;

/// The rules for differences of one kind alone; the first whose test holds for all of them.
const KINDS: [(Kind, &Rule); 4] = [
    (|what| *what == What::OptionalProperty, &rules::OPEN_OBJECT_NARROWED),
    (|what| matches!(what, What::Required { with_default: true }), &rules::REQUIRED_WITH_DEFAULT),
    (|what| *what == What::EnumGrew, &rules::ENUM_GREW),
    (|what| *what == What::NumericType, &rules::NUMBER_CHANGED),
];

/// What differences do to generated code.
const GENERATED: [(Kind, &Rule); 4] = [
    (|what| *what == What::NumericType, &rules::GENERATED_NUMBER),
    (
        |what| matches!(what, What::EnumGrew | What::EnumShrank | What::Alternatives | What::Discriminator),
        &rules::GENERATED_VARIANTS,
    ),
    (|what| matches!(what, What::Required { .. } | What::Released), &rules::GENERATED_OPTION),
    (|what| *what == What::Order, &rules::GENERATED_FIELDS),
];

/// Formats of numbers, by which their Rust type is chosen.
const NUMBER_FORMATS: [&str; 6] = ["int32", "int64", "uint32", "uint64", "float", "double"];

impl<'f> Differ<'f> {
    /// Compares one message; says whether it carries the same.
    pub(super) fn message(&mut self, action: Action, spot: &Spot<'_>, old: &Message, new: &Message) -> bool {
        let parties = [Party::of(action)];
        let at_message = spot.between(old.node, new.node);
        let before = self.changes.len();
        self.content_type(&parties, &at_message, old, new);
        let payload = self.payload(&parties, &at_message, old, new);
        self.headers_of(&parties, &at_message, old, new);
        self.correlation(&parties, &at_message, old, new);
        self.bindings(super::bindings::Level::Message, &parties, &at_message);
        self.examples(&parties, &at_message, old, new);
        payload && before == self.changes.len()
    }

    fn content_type(&mut self, parties: &[Party], spot: &Spot<'_>, old: &Message, new: &Message) {
        let (was, is) = (media_type(old), media_type(new));
        if was == is {
            return;
        }
        let relies = |api: Api<'f>, message: &Message| api.files.node(message.node).get("contentType").is_none();
        if relies(self.old, old) && relies(self.new, new) {
            let place = |api: Api<'f>| {
                let root = api.document.root;
                Some(api.files.node(root).get("defaultContentType").map_or(root, |node| node.id()))
            };
            let spot = spot.between(place(self.old), place(self.new));
            let text = format!("the default content type changed from `{was}` to `{is}`");
            self.report(&rules::DEFAULT_CONTENT_TYPE, parties, &spot, text, None);
        } else {
            let text = format!("the content type of `{}` changed from `{was}` to `{is}`", spot.message.unwrap_or(""));
            self.report(&rules::CONTENT_TYPE_CHANGED, parties, spot, text, None);
        }
    }

    /// Compares payloads; says whether they are the same.
    fn payload(&mut self, parties: &[Party], spot: &Spot<'_>, old: &Message, new: &Message) -> bool {
        let key = spot.message.unwrap_or("").to_owned();
        let (was, is) = (old.payload.as_ref(), new.payload.as_ref());
        let spot = &self.schema_spot(spot, was, is);
        let comparison = self.payloads(was, is);
        let (was, is) = match (was, is) {
            (Some(was), Some(is)) => (was, is),
            (None, None) => return true,
            (none, _) => {
                let rule = if none.is_none() { &rules::PAYLOAD_DECLARED } else { &rules::PAYLOAD_DROPPED };
                if differs(&comparison) {
                    let text = if none.is_none() { "is declared now" } else { "is no longer declared" };
                    self.report(rule, parties, spot, format!("the payload of `{key}` {text}"), Some(&comparison));
                }
                return !differs(&comparison);
            }
        };
        let rule = match (Family::of(&was.format), Family::of(&is.format)) {
            (was, is) if was != is => {
                let text = format!("the payload of `{key}` is described in {}, no longer in {}", is.name(), was.name());
                self.report(&rules::LANGUAGE_CHANGED, parties, spot, text, None);
                return false;
            }
            (Family::Avro, _) => &rules::AVRO_CHANGED,
            (Family::Protobuf, _) => &rules::PROTOBUF_CHANGED,
            (Family::Unread(_), _) => &rules::LANGUAGE_UNREAD,
            (Family::JsonSchema, _) => {
                let found = differences((self.old, was.node), (self.new, is.node));
                self.json_payload(parties, spot, &key, (was, is), (old, new), &found, &comparison);
                return found.is_empty() && !differs(&comparison);
            }
        };
        if differs(&comparison) && !self.unchanged(was, is) {
            self.report(rule, parties, spot, format!("the payload of `{key}` changed"), Some(&comparison));
            self.retained(parties, spot, &key, &comparison);
        }
        !differs(&comparison) || self.unchanged(was, is)
    }

    /// Do both say the same in the same words? Then nothing changed, even where the language is not compared.
    fn unchanged(&self, was: &SchemaUse, is: &SchemaUse) -> bool {
        let reference =
            |api: Api<'f>, schema: &SchemaUse| api.files.node(schema.node).get_str("$ref").map(str::to_owned);
        was.format == is.format
            && reference(self.old, was) == reference(self.new, is)
            && inclusion::identical((self.old.files, was.node), (self.new.files, is.node))
    }

    #[expect(clippy::too_many_arguments, reason = "two versions of everything")]
    fn json_payload(
        &mut self,
        parties: &[Party],
        spot: &Spot<'_>,
        key: &str,
        (was, is): (&SchemaUse, &SchemaUse),
        messages: (&Message, &Message),
        found: &[Difference],
        comparison: &Comparison,
    ) {
        let what = format!("the payload of `{key}`");
        let all = |kind: &dyn Fn(&What) -> bool| !found.is_empty() && found.iter().all(|one| kind(&one.what));
        let meaning: Vec<&Difference> = found.iter().filter(|one| one.what != What::Order).collect();
        let discriminator = meaning.iter().find(|one| one.what == What::Discriminator);
        if let (Some((from, to)), true) = (renamed(messages), all(&|what| is_name(what, messages))) {
            let text = format!("{what}: the name `{from}`, by which it is told apart, is `{to}` now");
            self.report(&rules::MESSAGE_NAME_CHANGED, parties, &at(spot, found), text, None);
        } else if let Some(one) = discriminator {
            let spot = spot.between(one.old, one.new);
            self.report(&rules::DISCRIMINATOR_CHANGED, parties, &spot, described(&what, found), Some(comparison));
        } else if differs(comparison) {
            let rule = KINDS.iter().find(|(kind, _)| all(&|what| kind(what) || *what == What::Order));
            let translated = was.format != is.format;
            let rule = match rule {
                _ if translated => &rules::LANGUAGE_TRANSLATED,
                Some((_, rule)) => rule,
                None => &rules::PAYLOAD_CHANGED,
            };
            self.report(rule, parties, &at(spot, found), described(&what, found), Some(comparison));
            self.retained(parties, &at(spot, found), key, comparison);
        } else if !meaning.is_empty() && meaning.iter().all(|one| one.what == What::Format) {
            self.report(&rules::FORMAT_CHANGED, parties, &at(spot, found), described(&what, found), None);
        }
        self.generated(parties, spot, &what, (was.node, is.node), found);
    }

    /// What the differences do to generated code.
    fn generated(
        &mut self,
        parties: &[Party],
        spot: &Spot<'_>,
        what: &str,
        (_, is): (NodeId, NodeId),
        found: &[Difference],
    ) {
        let width = |api: Api<'f>, node: NodeId| {
            api.files.node(node).as_str().is_some_and(|format| NUMBER_FORMATS.contains(&format))
        };
        for (kind, rule) in GENERATED {
            let number = std::ptr::eq(rule, &rules::GENERATED_NUMBER);
            let of_kind =
                |one: &&Difference| kind(&one.what) || (number && one.what == What::Format && width(self.new, one.new));
            if let Some(one) = found.iter().find(of_kind) {
                self.report(rule, parties, &spot.between(one.old, one.new), format!("{what}: {}", one.text), None);
            }
        }
        if found.iter().any(|one| matches!(one.what, What::OptionalProperty | What::Property))
            && let Some(name) = collision(self.new, is)
        {
            let text = format!("{what}: two properties want the name `{name}`");
            self.report(&rules::GENERATED_FIELDS, parties, spot, text, None);
        }
    }

    /// What is kept in a durable channel is read by the new schema.
    fn retained(&mut self, parties: &[Party], spot: &Spot<'_>, key: &str, comparison: &Comparison) {
        if spot.durable && parties == [Party::Consumers] && comparison.backward != Verdict::Holds {
            let text = format!("the payload of `{key}`: what the channel still holds may not fit");
            self.report(&rules::RETAINED_DATA, parties, spot, text, Some(comparison));
        }
    }

    fn headers_of(&mut self, parties: &[Party], spot: &Spot<'_>, old: &Message, new: &Message) {
        let comparison = self.headers(old.headers.as_ref(), new.headers.as_ref());
        if !differs(&comparison) {
            return;
        }
        let what = format!("the headers of `{}`", spot.message.unwrap_or(""));
        let spot = &self.schema_spot(spot, old.headers.as_ref(), new.headers.as_ref());
        let found = match (&old.headers, &new.headers) {
            (Some(was), Some(is)) => differences((self.old, was.node), (self.new, is.node)),
            _ => Vec::new(),
        };
        let all = |kind: &dyn Fn(&What) -> bool| !found.is_empty() && found.iter().all(|one| kind(&one.what));
        let required = |what: &What| matches!(what, What::Required { .. } | What::Released);
        if let Some((was, is)) = self.respelt(old, new) {
            let text = format!("{what}: `{was}` is spelt `{is}`");
            self.report(&rules::HEADER_CASE, parties, &at(spot, &found), text, Some(&comparison));
        } else if let (Some((from, to)), true) = (renamed((old, new)), all(&|what| is_name(what, (old, new)))) {
            let text = format!("{what}: the name `{from}`, by which the message is told apart, is `{to}` now");
            self.report(&rules::MESSAGE_NAME_CHANGED, parties, &at(spot, &found), text, None);
        } else {
            // A new header that is required is declared at the same time.
            let of_required = |what: &What| required(what) || matches!(what, What::Property | What::OptionalProperty);
            let about_required = found.iter().any(|one| required(&one.what)) && all(&of_required);
            let rule = if about_required { &rules::HEADER_REQUIRED } else { &rules::HEADERS_CHANGED };
            self.report(rule, parties, &at(spot, &found), described(&what, &found), Some(&comparison));
        }
    }

    /// A header whose name differs in nothing but case, if that is all that differs.
    fn respelt(&self, old: &Message, new: &Message) -> Option<(String, String)> {
        let names = |api: Api<'f>, schema: Option<&SchemaUse>| -> Option<Vec<String>> {
            let schema = api.files.follow(api.files.node(schema?.node)).ok()?;
            let properties = api.member(schema.id(), "properties")?;
            Some(properties.entries().map(|entry| entry.key.to_owned()).collect())
        };
        let (was, is) = (names(self.old, old.headers.as_ref())?, names(self.new, new.headers.as_ref())?);
        let gone: Vec<&String> = was.iter().filter(|name| !is.contains(name)).collect();
        let fresh: Vec<&String> = is.iter().filter(|name| !was.contains(name)).collect();
        let same = |one: &String, other: &String| one.eq_ignore_ascii_case(other);
        let all = !gone.is_empty()
            && gone.len() == fresh.len()
            && gone.iter().all(|one| fresh.iter().any(|other| same(one, other)));
        let first = *gone.first()?;
        let partner = *fresh.iter().find(|other| same(first, other))?;
        all.then(|| (first.clone(), partner.clone()))
    }

    fn correlation(&mut self, parties: &[Party], spot: &Spot<'_>, old: &Message, new: &Message) {
        let key = spot.message.unwrap_or("");
        match (&old.correlation_location, &new.correlation_location) {
            (None, Some(location)) => {
                let text = format!("`{key}` has a correlation id at `{location}`");
                self.report(&rules::CORRELATION_ADDED, parties, spot, text, None);
            }
            (Some(location), None) => {
                let text = format!("`{key}` no longer has a correlation id, which was at `{location}`");
                self.report(&rules::CORRELATION_REMOVED, parties, spot, text, None);
            }
            (Some(was), Some(is)) if was != is => {
                let text = format!("the correlation id of `{key}` moved from `{was}` to `{is}`");
                self.report(&rules::CORRELATION_MOVED, parties, spot, text, None);
            }
            (Some(was), Some(is)) if leads(self.old, old, was) && !leads(self.new, new, is) => {
                let text = format!("the correlation id of `{key}` is at `{is}`, which is no longer described");
                self.report(&rules::CORRELATION_DANGLES, parties, spot, text, None);
            }
            _ => {}
        }
    }

    /// Examples that were valid and are no longer.
    fn examples(&mut self, parties: &[Party], spot: &Spot<'_>, old: &Message, new: &Message) {
        let (Some(was), Some(is)) = (&old.payload, &new.payload) else { return };
        if new.examples.is_empty() || !differs(&self.payloads(Some(was), Some(is))) {
            return;
        }
        let side = |api: Api<'f>, schema: &SchemaUse| Side::choice(api.files, vec![schema.clone()]);
        let (old_side, new_side) = (side(self.old, was), side(self.new, is));
        for example in &new.examples {
            let Some(payload) = self.new.member(*example, "payload") else { continue };
            let Ok(value) = serde_json::from_str(&crate::syntax::to_json(payload)) else { continue };
            let accepts = |side: &Side<'f>| inclusion::accepts(side, &value);
            if accepts(&old_side) == Some(true) && accepts(&new_side) == Some(false) {
                let text = format!("an example of `{}` is no longer valid", spot.message.unwrap_or(""));
                self.report(&rules::EXAMPLE_INVALID, parties, &spot.between(None, payload.id()), text, None);
            }
        }
    }

    /// Points at the schemas where both are declared.
    fn schema_spot<'s>(&self, spot: &Spot<'s>, old: Option<&SchemaUse>, new: Option<&SchemaUse>) -> Spot<'s> {
        spot.between(old.map(|one| one.node).or(spot.old), new.map(|one| one.node).or(spot.new))
    }

    /// Compares two payloads.
    fn payloads(&mut self, old: Option<&SchemaUse>, new: Option<&SchemaUse>) -> Rc<Comparison> {
        self.compared(old, new, |side| side)
    }

    /// Compares two schemas of headers, which are objects.
    fn headers(&mut self, old: Option<&SchemaUse>, new: Option<&SchemaUse>) -> Rc<Comparison> {
        self.compared(old, new, Side::of_objects)
    }

    /// Compares two schemas, each pair once: headers and payloads never share a node.
    fn compared(
        &mut self,
        old: Option<&SchemaUse>,
        new: Option<&SchemaUse>,
        narrow: fn(Side<'f>) -> Side<'f>,
    ) -> Rc<Comparison> {
        let key = (old.map(|one| one.node), new.map(|one| one.node));
        if let Some(known) = self.compared.get(&key) {
            return Rc::clone(known);
        }
        let side =
            |api: Api<'f>, one: Option<&SchemaUse>| narrow(Side::choice(api.files, one.into_iter().cloned().collect()));
        let comparison = inclusion::compare_by(&side(self.old, old), &side(self.new, new), self.settings.profile);
        let comparison = Rc::new(comparison);
        self.compared.insert(key, Rc::clone(&comparison));
        comparison
    }
}

fn differs(comparison: &Comparison) -> bool {
    comparison.backward != Verdict::Holds || comparison.forward != Verdict::Holds
}

/// The place of the first difference; a shared schema is one place, however many messages use it.
fn at<'a>(spot: &Spot<'a>, found: &[Difference]) -> Spot<'a> {
    let first = found.iter().find(|one| one.what != What::Order);
    first.map_or_else(|| spot.clone(), |one| spot.between(one.old, one.new))
}

/// The differences in words, cut where there are many.
fn described(what: &str, found: &[Difference]) -> String {
    let said: Vec<&str> = found
        .iter()
        .filter(|one| one.what != What::Order)
        .map(|one| one.text.as_str())
        .take(SHOWN_DIFFERENCES)
        .collect();
    let more = found.len().saturating_sub(SHOWN_DIFFERENCES);
    match (said.is_empty(), more) {
        (true, _) => format!("{what} changed"),
        (false, 0) => format!("{what} changed: {}", said.join("; ")),
        (false, more) => format!("{what} changed: {}; and {more} more", said.join("; ")),
    }
}

/// The names of a message, if they differ.
fn renamed<'m>((old, new): (&'m Message, &'m Message)) -> Option<(&'m str, &'m str)> {
    let names = old.name.as_deref().zip(new.name.as_deref());
    names.filter(|(was, is)| was != is)
}

/// Is the difference a constant that goes with the name of the message?
fn is_name(what: &What, messages: (&Message, &Message)) -> bool {
    let names = renamed(messages);
    matches!((what, names), (What::Constant { old, new }, Some((was, is))) if old == was && new == is)
}

/// Does the location of a correlation id (`$message.header#/id`) lead to something that is declared?
fn leads(api: Api<'_>, message: &Message, location: &str) -> bool {
    let Some((source, pointer)) = location.split_once('#') else { return true };
    let schema = if source.ends_with("header") { &message.headers } else { &message.payload };
    let Some(mut node) = schema.as_ref().map(|schema| api.files.node(schema.node)) else { return false };
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        match property(api, node, &token, 0) {
            Some(next) => node = next,
            None => return false,
        }
    }
    true
}

/// How deep `allOf` may lie in itself.
const MAXIMUM_DEPTH: usize = 16;

/// The schema of a property, which may stand in a part of `allOf`.
fn property<'f>(api: Api<'f>, node: Node<'f>, name: &str, depth: usize) -> Option<Node<'f>> {
    let node = api.files.follow(node).ok().filter(|_| depth < MAXIMUM_DEPTH)?;
    let own = node.get("properties").and_then(|properties| properties.get(name));
    own.or_else(|| node.get("allOf")?.items().find_map(|part| property(api, part, name, depth + 1)))
}

/// A name that two properties of a schema want in Rust.
fn collision(api: Api<'_>, schema: NodeId) -> Option<String> {
    let schema = api.files.follow(api.files.node(schema)).ok()?;
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    for entry in schema.get("properties").into_iter().flat_map(Node::entries) {
        *wanted.entry(names::value_name(entry.key)).or_default() += 1;
    }
    wanted.into_iter().find(|(_, count)| *count > 1).map(|(name, _)| name)
}

/// The media type of a payload, spelled alike: JSON unless something else is said.
pub(super) fn media_type(message: &Message) -> String {
    let text = message.content_type.as_deref().unwrap_or("application/json").to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("").to_owned();
    let mut parameters: Vec<&str> =
        parts.filter(|parameter| !parameter.is_empty() && *parameter != "charset=utf-8").collect();
    parameters.sort_unstable();
    parameters.into_iter().fold(essence, |text, parameter| text + "; " + parameter)
}
