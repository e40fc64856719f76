//! Advice: what good documents have, though no specification asks for it. Off unless it is asked for.

use super::{Document, at, at_key};
use crate::document::Version;
use crate::document::extension;
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::{Entry, Node};

/// Rules of advice: name, id, anchor in the specification, sentence.
macro_rules! rules {
    ($($name:ident $id:literal $anchor:literal $sentence:literal;)*) => {
        $(static $name: Rule = Rule {
            id: $id,
            severity: Severity::Info,
            sentence: $sentence,
            link: concat!("https://www.asyncapi.com/docs/reference/specification/v3.1.0#", $anchor),
        };)*
        /// Every rule of advice.
        pub(super) static RULES: &[&Rule] = &[&super::components::UNUSED, $(&$name),*];
    };
}

rules! {
    LATEST_VERSION "latest-version" "A2SVersionString" "The document is written in the newest version of AsyncAPI.";
    ID "style-id" "A2SObject" "The document has an `id`.";
    DEFAULT_CONTENT_TYPE "style-default-content-type" "defaultContentTypeString" "The document has a `defaultContentType`.";
    INFO_DESCRIPTION "style-info-description" "infoObject" "The document is described.";
    CONTACT "style-contact" "infoObject" "The document names a contact.";
    CONTACT_PROPERTIES "style-contact-properties" "contactObject" "The contact has `name`, `url` and `email`.";
    LICENSE "style-license" "infoObject" "The document names its license.";
    LICENSE_URL "style-license-url" "licenseObject" "The license has a `url`.";
    SERVERS "style-servers" "serversObject" "The document has at least one server.";
    TAGS "style-tags" "tagsObject" "The document has tags.";
    EMPTY_NAME "style-empty-name" "parametersObject" "Names in braces are not empty.";
    TRAILING_SLASH "style-trailing-slash" "channelObject" "Addresses do not end in `/`.";
    OPERATION_ID "style-operation-id" "operationObject" "Operations have an `operationId`.";
    MESSAGE_ID "event-id" "messageObject" "Messages have a name for machines: `messageId` in 2.4 to 2.6, else `name` or a key of their own.";
    EVENT_VERSION "event-version" "messageObject" "The name or the headers of a message tell the version of its schema.";
    EVENT_EXAMPLE "event-example" "messageObject" "Messages with a payload have an example.";
    EVENT_KEY "event-key" "messageBindingsObject" "Messages of Kafka name their key: the order of events holds within one partition.";
}

/// Rules that a field is there: where the object lies, and which fields; none of an empty list is needed.
static PRESENT: &[(&Rule, &[&str], &[&str], u8)] = &[
    (&ID, &[], &["id"], 0),
    (&DEFAULT_CONTENT_TYPE, &[], &["defaultContentType"], 0),
    (&INFO_DESCRIPTION, &["info"], &["description"], 0),
    (&CONTACT, &["info"], &["contact"], 0),
    (&CONTACT_PROPERTIES, &["info", "contact"], &["name", "url", "email"], 0),
    (&LICENSE, &["info"], &["license"], 0),
    (&LICENSE_URL, &["info", "license"], &["url"], 0),
    (&SERVERS, &[], &["servers"], 0),
    (&TAGS, &[], &["tags"], 2),
    (&TAGS, &["info"], &["tags"], 3),
];

/// All rules of this module.
pub(super) fn advise(document: Document<'_>, diagnostics: &mut Diagnostics) {
    if document.version < Version::LATEST
        && let Some(version) = document.root.get("asyncapi")
    {
        let message = format!("version {} is the newest, not {}", Version::LATEST, document.version);
        diagnostics.push(at(&LATEST_VERSION, version, message));
    }
    for (rule, path, fields, major) in PRESENT.iter().copied() {
        let object = path.iter().try_fold(document.root, |node, key| node.get(key));
        let Some(object) = object.filter(|_| major == 0 || major == document.version.major()) else { continue };
        for field in fields
            .iter()
            .filter(|field| object.get(field).is_none_or(|value| value.entries().len() == 0 && value.is_object()))
        {
            let place = object.own_entry().map_or("the document".to_owned(), |entry| format!("`{}`", entry.key));
            let message = format!("{place} has no `{field}`");
            diagnostics.push(match object.own_entry() {
                Some(entry) => at_key(rule, entry, message),
                None => crate::source::Diagnostic::new(rule, crate::source::Span::beginning(object.source()), message),
            });
        }
    }
    super::components::unused(document, diagnostics);
    addresses(document, diagnostics);
    operations(document, diagnostics);
    for message in document.messages() {
        event(document, message, diagnostics);
    }
}

/// `style-empty-name`, `style-trailing-slash`
fn addresses(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let channels = document.channels().filter_map(|(entry, channel)| {
        if document.version.major() == 2 {
            Some((entry, entry.key))
        } else {
            Some((channel.entry("address")?, channel.get_str("address")?))
        }
    });
    let servers = document.members("servers").filter_map(|entry| document.resolved(entry.value));
    let servers = servers.flat_map(|server| {
        ["url", "pathname"].into_iter().filter_map(move |key| Some((server.entry(key)?, server.get_str(key)?)))
    });
    let places: Vec<(Entry<'_>, &str)> = channels.chain(servers).collect();
    for (entry, address) in places {
        if address.contains("{}") {
            diagnostics.push(at_key(&EMPTY_NAME, entry, format!("`{address}` has braces without a name")));
        }
        if address.len() > 1 && address.ends_with('/') {
            diagnostics.push(at_key(&TRAILING_SLASH, entry, format!("`{address}` ends in `/`")));
        }
    }
}

/// `style-operation-id`
fn operations(document: Document<'_>, diagnostics: &mut Diagnostics) {
    if document.version.major() == 3 {
        return;
    }
    for operation in document.operations_2().filter(|operation| operation.get("operationId").is_none()) {
        if let Some(entry) = operation.own_entry() {
            let message = format!("the operation `{}` has no `operationId`", entry.key);
            diagnostics.push(at_key(&OPERATION_ID, entry, message));
        }
    }
}

/// `event-id`, `event-version`, `event-example`, `event-key`
fn event(document: Document<'_>, message: Node<'_>, diagnostics: &mut Diagnostics) {
    let Some(entry) = message.own_entry() else { return };
    let is_2 = document.version.major() == 2;
    if is_2 && message.get("messageId").or(message.get("name")).is_none() {
        diagnostics.push(at_key(&MESSAGE_ID, entry, "this message has neither `messageId` nor `name`".to_owned()));
    }
    let headers = message.get("headers").and_then(|headers| document.resolved(headers));
    let headers = headers.and_then(|headers| headers.get("properties")).into_iter().flat_map(Node::entries);
    let told = headers.map(|header| header.key).chain(message.get_str("name")).chain(message.get_str("messageId"));
    let mut told = told.chain((!is_2).then_some(entry.key));
    let tells_version = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.contains("version") || text.rsplit(['.', '-', '_', '/']).next().is_some_and(is_version)
    };
    if !told.any(tells_version) {
        let diagnostic = at_key(&EVENT_VERSION, entry, "nothing tells the version of this message".to_owned());
        diagnostics.push(diagnostic.help("give it a header for the version, or a name that ends in `.v1`"));
    }
    if message.get("payload").is_some() && message.get("examples").is_none() {
        diagnostics.push(at_key(&EVENT_EXAMPLE, entry, "this message has no example".to_owned()));
    }
    let kafka = message.get("bindings").and_then(|bindings| document.resolved(bindings)?.get("kafka"));
    let keyed = message.get(extension::NAME).is_some_and(|ours| ours.get(extension::PARTITION_KEY).is_some());
    if let Some(kafka) = kafka.filter(|kafka| kafka.get("key").is_none() && !keyed) {
        diagnostics.push(at(&EVENT_KEY, kafka, "this message of Kafka names no `key`".to_owned()));
    }
}

/// `v1`, `v12`, ..
fn is_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
