//! The model -> the view of a page.
//!
//! In: a document with its files and diagnostics. Out: a [`Page`]. What the model has a field for is shown in its own
//! place; every other field of an object, extensions among them, is shown as it is written, and so is every component
//! that nothing refers to: a page holds all that its document says.

mod channels;
mod messages;
mod servers;

use super::anchor::{self, Anchors};
use super::sampling::Sampler;
use super::schema::{NamedSchemas, Unfolder};
use super::text::{breakable, markdown, safe_url, sentence};
use super::tree::{self, Walker};
use super::view::{
    Body, Change, Extras, Filter, Flow, Further, Link, Named, Operation, Page, Problem, Section, Tag, Target,
};
use super::{Judge, Searcher, Snippet, Subject, bindings, diagram};
use crate::document::{Dialect, Document, Message as MessageModel, SchemaFormat, SchemaUse};
use crate::schema::{Reader, SchemaId, Schemas};
use crate::source::{DiagnosticReport, Severity};
use crate::syntax::{Node, NodeId};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Fields of the root that have a place of their own.
const ROOT: [&str; 9] =
    ["asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components", "externalDocs"];
/// Fields of `info` that have a place of their own; `tags` of the root is the place of 2.x for the same.
const INFO: [&str; 8] =
    ["title", "version", "description", "termsOfService", "contact", "license", "tags", "externalDocs"];

/// What is needed to make the parts of a page.
struct Builder<'f> {
    walker: Walker<'f>,
    judge: Option<&'f Judge<'f>>,
    searcher: Option<&'f Searcher<'f>>,
    snippets: &'f [Snippet],
    document: &'f Document,
    root: Node<'f>,
    anchors: Anchors,
    schemas: Schemas,
    /// The schemas that were read, by the node at which each is used.
    roots: HashMap<NodeId, SchemaId>,
    named: NamedSchemas,
    /// The node of every schema that was read.
    read: HashSet<NodeId>,
    servers: Vec<Target>,
    channels: Vec<Target>,
    operations: Vec<Target>,
    messages: Vec<Target>,
    /// Security schemes of the components, by key.
    security: HashMap<String, Target>,
}

/// Makes the page of a document, which is written to `output`.
pub(super) fn page(subject: &Subject<'_>, output: String) -> Page {
    let files = subject.files;
    let source = files.sources().get(subject.source);
    let file = source.map(|source| file_name(source.name())).unwrap_or_default();
    let root = files.root(subject.source);
    let problems = subject
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| problem(DiagnosticReport::new(files.sources(), diagnostic)))
        .collect();
    let info = root.and_then(|root| root.get("info"));
    let text = |node: Option<Node<'_>>, key: &str| node.and_then(|node| node.get(key)).map(tree::value);
    let title = text(info, "title").filter(|title| !title.trim().is_empty()).unwrap_or_else(|| file.clone());
    let mut page = Page {
        output,
        title,
        version: text(info, "version").filter(|version| version != "\"\"").unwrap_or_default(),
        asyncapi: text(root, "asyncapi").unwrap_or_default(),
        application_id: text(root, "id"),
        default_content_type: text(root, "defaultContentType"),
        description_html: info.and_then(|info| info.get_str("description")).map(|text| markdown(text, 1)),
        resolved: root.and_then(|root| tree::resolved(files, root)),
        problems,
        file,
        ..Page::default()
    };
    page.markdown = page.output.replace(".html", ".md");
    let download = match page.output.as_str() {
        "index.html" => "asyncapi.json".to_owned(),
        other => other.replace(".html", ".asyncapi.json"),
    };
    page.download = page.resolved.as_ref().map(|_| download);
    match (subject.document, root) {
        (Some(document), Some(root)) => Builder::new(subject, document, root).fill(&mut page),
        (None, Some(root)) => {
            let mut walker = Walker::new(files);
            let id = anchor::join(["further", &page.file]);
            let more = walker.entries(root, &[]);
            page.further.push(Further { id, kind: String::new(), key: page.file.clone(), more });
        }
        _ => {}
    }
    if let Some(changes) = subject.changes {
        page.changes_page = Some(match page.output.as_str() {
            "index.html" => "changes.html".to_owned(),
            other => other.replace(".html", ".changes.html"),
        });
        page.changes_since = Some(changes.since.clone());
        page.changes = changes.list.iter().map(|change| shown_change(&page, change)).collect();
        page.changes.sort_by_key(|change| EFFECTS.iter().position(|(effect, ..)| *effect == change.effect));
        page.changes_summary = summary(&page.changes);
    }
    page.flow = page.operations.iter().map(flow).collect();
    page.diagram_html = diagram::draw(&page.title, &page.operations.iter().map(|one| (one, "")).collect::<Vec<_>>());
    page.filters = filters(&page);
    page.navigation = navigation(&page);
    page
}

/// The effects of changes, the worst first: for machines, for people, and as one or several of a list are spoken of.
const EFFECTS: [(&str, &str, &str, &str); 4] = [
    ("breaking", "Breaking", "change breaks somebody", "changes break somebody"),
    ("unknown", "Unclear", "may break somebody", "may break somebody"),
    ("safe", "Safe", "is safe", "are safe"),
    ("note", "Note", "is not on the wire", "are not on the wire"),
];

/// How many changes there are of each effect, in a sentence.
fn summary(changes: &[Change]) -> String {
    let counts = EFFECTS.iter().filter_map(|(effect, _, one, many)| {
        match changes.iter().filter(|change| change.effect == *effect).count() {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        }
    });
    let counts: Vec<String> = counts.collect();
    if counts.is_empty() { "nothing has changed on the wire.".to_owned() } else { counts.join(", ") + "." }
}

/// A change with a link to what it is about.
fn shown_change(page: &Page, change: &super::Change) -> Change {
    let target = |id: &str, title: &str| Target {
        title: title.to_owned(),
        title_html: breakable(title),
        id: id.to_owned(),
        page: String::new(),
        badge: String::new(),
    };
    let operation = page.operations.iter().find(|one| Some(&one.key) == change.operation.as_ref());
    let channel = page.channels.iter().find(|one| Some(&one.key) == change.channel.as_ref());
    Change {
        effect: change.effect,
        label: EFFECTS
            .iter()
            .find(|(effect, ..)| *effect == change.effect)
            .map_or(change.effect, |(_, label, ..)| *label),
        hurts: change.hurts.clone(),
        rule: change.rule.clone(),
        text: change.text.clone(),
        text_html: sentence(&change.text),
        target: operation
            .map(|one| target(&one.id, one.title.as_ref().unwrap_or(&one.key)))
            .or_else(|| channel.map(|one| target(&one.id, one.title.as_ref().unwrap_or(&one.key)))),
        old: change.old.clone(),
        new: change.new.clone(),
        witness_html: change.witness.as_ref().map(|witness| tree::json_code(witness, &HashMap::new())),
    }
}

fn flow(operation: &Operation) -> Flow {
    Flow {
        page: operation.page.clone(),
        id: operation.id.clone(),
        title: operation.title.as_ref().unwrap_or(&operation.key).clone(),
        action: operation.action,
        sentence: operation.sentence.clone(),
    }
}

fn problem(report: DiagnosticReport) -> Problem {
    Problem {
        code: report.code.to_owned(),
        message_html: sentence(&report.message),
        message: report.message,
        file: file_name(&report.file),
        line: report.line,
        column: report.column,
        path: report.path,
        help_html: report.help.as_deref().map(sentence),
        help: report.help,
    }
}

/// A path without its folder, which is nobody's business but the author's.
fn file_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

/// What a reader can choose by: what there is more than one of.
fn filters(page: &Page) -> Vec<Filter> {
    let of_parts = page.operations.iter().map(|one| &one.extras).chain(page.channels.iter().map(|one| &one.extras));
    let of_parts = of_parts.chain(page.messages.iter().map(|one| &one.extras));
    let of_parts = of_parts.chain(page.servers.iter().map(|one| &one.extras));
    let tags: BTreeSet<String> = of_parts.flat_map(|extras| &extras.tags).map(|tag| tag.name.clone()).collect();
    let protocols: BTreeSet<String> = page.servers.iter().map(|server| server.protocol.clone()).collect();
    let filters = [("tag", tags), ("protocol", protocols)];
    let several = filters.into_iter().filter(|(_, values)| values.len() > 1);
    several.map(|(kind, values)| Filter { kind, values: values.into_iter().collect() }).collect()
}

fn navigation(page: &Page) -> Vec<Section> {
    let target = |id: &str, title: &str, badge: &str| Target {
        title: title.to_owned(),
        title_html: breakable(title),
        id: id.to_owned(),
        page: String::new(),
        badge: badge.to_owned(),
    };
    let sections = [
        Section {
            title: "Servers",
            id: "servers",
            page: String::new(),
            entries: page
                .servers
                .iter()
                .map(|s| target(&s.id, s.title.as_ref().unwrap_or(&s.key), &s.protocol))
                .collect(),
        },
        Section {
            title: "Operations",
            id: "operations",
            page: String::new(),
            entries: page
                .operations
                .iter()
                .map(|o| target(&o.id, o.title.as_ref().unwrap_or(&o.key), o.action))
                .collect(),
        },
        Section {
            title: "Channels",
            id: "channels",
            page: String::new(),
            entries: page.channels.iter().map(|c| target(&c.id, c.title.as_ref().unwrap_or(&c.key), "")).collect(),
        },
        Section {
            title: "Messages",
            id: "messages",
            page: String::new(),
            entries: page.messages.iter().map(|m| target(&m.id, &m.display, "")).collect(),
        },
        Section {
            title: "Schemas",
            id: "schemas",
            page: String::new(),
            entries: page.schemas.iter().map(|s| target(&s.id, &s.key, "")).collect(),
        },
        Section {
            title: "Security",
            id: "security",
            page: String::new(),
            entries: page.security.iter().map(|s| target(&s.id, &s.key, "")).collect(),
        },
        Section {
            title: "Further",
            id: "further",
            page: String::new(),
            entries: page.further.iter().map(|f| target(&f.id, &f.key, "")).collect(),
        },
    ];
    sections.into_iter().filter(|section| !section.entries.is_empty()).collect()
}

impl<'f> Builder<'f> {
    fn new(subject: &Subject<'f>, document: &'f Document, root: Node<'f>) -> Self {
        let mut builder = Self {
            walker: Walker::new(subject.files),
            judge: subject.judge,
            searcher: subject.searcher,
            snippets: subject.snippets,
            document,
            root,
            anchors: Anchors::default(),
            schemas: Schemas::default(),
            roots: HashMap::new(),
            named: HashMap::new(),
            read: HashSet::new(),
            servers: Vec::new(),
            channels: Vec::new(),
            operations: Vec::new(),
            messages: Vec::new(),
            security: HashMap::new(),
        };
        builder.name();
        builder.read_schemas();
        builder
    }

    /// Gives everything its id before anything is shown, since parts link to each other.
    fn name(&mut self) {
        for section in [
            "content",
            "contents",
            "flow",
            "search",
            "operations",
            "channels",
            "messages",
            "schemas",
            "servers",
            "security",
            "further",
        ] {
            self.anchors.claim(section.to_owned());
        }
        let document = self.document;
        self.servers = document.servers.iter().map(|s| self.target("server", &[&s.key], &s.key, &s.protocol)).collect();
        self.channels = document
            .channels
            .iter()
            .map(|c| {
                let shown = c.address.as_ref().or(c.title.as_ref()).unwrap_or(&c.key);
                self.target("channel", &[&c.key], shown, "")
            })
            .collect();
        self.operations = document
            .operations
            .iter()
            .map(|o| {
                let shown = o.title.as_ref().unwrap_or(&o.key);
                self.target("operation", &[&o.key], shown, o.action.as_str())
            })
            .collect();
        self.messages = self.name_messages();
        for (key, node) in &document.schemas {
            let target = self.target("schema", &[key], key, "");
            self.named.insert(*node, target);
        }
        let components = self.root.get("components");
        let schemes = components.and_then(|components| components.get("securitySchemes"));
        for entry in schemes.into_iter().flat_map(|schemes| schemes.entries()) {
            let target = self.target("security", &[entry.key], entry.key, "");
            self.security.insert(entry.key.to_owned(), target);
        }
    }

    /// A component is known by its key; any other message by where it stands, since two channels may both have a key
    /// `event`. Ids that are equal nonetheless are told apart in the order of their places, not in that of the document.
    fn name_messages(&mut self) -> Vec<Target> {
        let files = self.walker.files;
        let mut wanted: Vec<(usize, Vec<String>, String)> = Vec::new();
        for (index, message) in self.all_models().enumerate() {
            let node = files.node(message.node);
            let pointer = node.pointer();
            let channel = pointer.strip_prefix("/channels/").and_then(|rest| rest.split('/').next());
            let channel = channel.map(|key| key.replace("~1", "/").replace("~0", "~"));
            let names = match channel {
                Some(channel) if !message.is_component => vec![channel, message.key.clone()],
                _ => vec![message.key.clone()],
            };
            let file = files.sources().name(node.span());
            wanted.push((index, names, format!("{file}#{pointer}")));
        }
        wanted.sort_by(|a, b| a.2.cmp(&b.2));
        let mut targets: Vec<(usize, Target)> = Vec::new();
        for (index, names, _) in &wanted {
            let Some(message) = self.all_models().nth(*index) else { continue };
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let shown = messages::display(message);
            targets.push((*index, self.target("message", &names, &shown, "")));
        }
        targets.sort_by_key(|(index, _)| *index);
        targets.into_iter().map(|(_, target)| target).collect()
    }

    fn target(&mut self, kind: &str, names: &[&str], title: &str, badge: &str) -> Target {
        let wanted = anchor::join(std::iter::once(kind).chain(names.iter().copied()));
        Target {
            title: title.to_owned(),
            title_html: breakable(title),
            id: self.anchors.claim(wanted),
            page: String::new(),
            badge: badge.to_owned(),
        }
    }

    /// The messages that something uses, and then the rest.
    fn all_models(&self) -> impl Iterator<Item = &'f MessageModel> + use<'f> {
        self.document.messages.iter().chain(&self.document.unused_messages)
    }

    fn read_schemas(&mut self) {
        let files = self.walker.files;
        let mut reader = Reader::new(files);
        let of_messages = self.all_models().flat_map(|message| [&message.payload, &message.headers]).flatten();
        let parameters = self.document.channels.iter().filter_map(|channel| files.node(channel.node).get("parameters"));
        let of_parameters = parameters
            .flat_map(|parameters| parameters.entries())
            .filter_map(|entry| files.follow(entry.value).ok()?.get("schema"))
            .map(|schema| SchemaUse { node: schema.id(), format: SchemaFormat::AsyncApi });
        let of_components = self.document.schemas.iter().map(|(_, node)| component_schema(files.node(*node)));
        let uses: Vec<SchemaUse> = of_messages.cloned().chain(of_parameters).chain(of_components).collect();
        for used in uses {
            if let Some(id) = reader.read(used.node, &used.format) {
                self.roots.insert(used.node, id);
            }
        }
        self.schemas = reader.finish();
        self.read = self.schemas.iter().map(|(_, schema)| schema.node).collect();
        // A Multi Format Schema Object has its name, too, where a reference leads straight to the schema inside.
        for (_, node) in &self.document.schemas {
            let inside = component_schema(files.node(*node)).node;
            if let Some(target) = self.named.get(node).cloned() {
                self.named.entry(inside).or_insert(target);
            }
        }
    }

    fn fill(mut self, page: &mut Page) {
        let root = self.root;
        if let Some(info) = root.get("info") {
            page.links = self.info_links(info);
            page.extras = self.extras(info, &INFO);
            for (key, elsewhere) in [("contact", ["name", "url", "email"].as_slice()), ("license", &["name", "url"])] {
                if let Some(node) = self.walker.get(info, key) {
                    page.extras.more.extend(self.walker.entries(node, elsewhere));
                }
            }
        }
        // 2.x has these beside `info`.
        let beside = self.extras(root, &ROOT);
        page.extras.tags.extend(beside.tags);
        page.extras.more.extend(beside.more);
        page.extras.external_docs = page.extras.external_docs.take().or(beside.external_docs);
        page.servers = self.all_servers();
        page.channels = self.all_channels();
        page.operations = self.all_operations();
        page.messages = self.all_messages();
        page.security = self.all_security();
        page.schemas = self.all_schemas();
        page.further = self.all_further();
    }

    /// Terms, contact and licence.
    fn info_links(&mut self, info: Node<'f>) -> Vec<Link> {
        let mut links = Vec::new();
        let text = |node: Node<'_>, key: &str| node.get(key).map(tree::value).unwrap_or_default();
        if info.get("termsOfService").is_some() {
            links.push(link("Terms of service", String::new(), text(info, "termsOfService")));
        }
        if let Some(contact) = self.walker.get(info, "contact") {
            let (name, url, email) = (text(contact, "name"), text(contact, "url"), text(contact, "email"));
            if !name.is_empty() || !url.is_empty() {
                links.push(link("Contact", name, url));
            }
            if !email.is_empty() {
                let href = safe_url(&format!("mailto:{email}"));
                links.push(Link { label: "Email".to_owned(), text: email, url: String::new(), href });
            }
        }
        if let Some(license) = self.walker.get(info, "license") {
            links.push(link("Licence", text(license, "name"), text(license, "url")));
        }
        links
    }

    /// Tags, external documentation, and every field that is not among `elsewhere`.
    fn extras(&mut self, node: Node<'f>, elsewhere: &[&str]) -> Extras {
        let external_docs = self.external_docs(node);
        let list = self.walker.get(node, "tags");
        let mut tags = Vec::new();
        for tag in list.into_iter().flat_map(|list| list.items()) {
            let Some(tag) = self.walker.follow(tag) else { continue };
            tags.push(Tag {
                name: tag.get("name").map(tree::value).unwrap_or_default(),
                description_html: described(tag, 4),
                external_docs: self.external_docs(tag),
                more: self.walker.entries(tag, &["name", "description", "externalDocs"]),
            });
        }
        let elsewhere: Vec<&str> = elsewhere.iter().copied().chain(["tags", "externalDocs", "traits"]).collect();
        Extras { tags, external_docs, more: self.walker.entries(node, &elsewhere) }
    }

    fn external_docs(&mut self, node: Node<'f>) -> Option<Link> {
        let docs = self.walker.get(node, "externalDocs")?;
        let text = |key: &str| docs.get(key).map(tree::value).unwrap_or_default();
        Some(link("External documentation", text("description"), text("url")))
    }

    fn sampler(&self) -> Sampler<'_> {
        Sampler { files: self.walker.files, schemas: &self.schemas, judge: self.judge, searcher: self.searcher }
    }

    /// One tree for each protocol.
    fn bindings(&mut self, bindings: Option<NodeId>) -> Vec<super::view::Entry> {
        let Some(id) = bindings else { return Vec::new() };
        self.walker.mark(id);
        let node = self.walker.files.node(id);
        bindings::explain(self.walker.entries(node, &[]))
    }

    /// A schema where it is used.
    fn body(&mut self, used: &SchemaUse, id: String, name: &str, links_only: bool) -> Body {
        let node = self.walker.files.node(used.node);
        self.walker.follow(node);
        let steps = self.roots.get(&used.node).map(|root| {
            let (files, schemas) = (self.walker.files, &self.schemas);
            let sampler = Sampler { files, schemas, judge: self.judge, searcher: self.searcher };
            let sample = |id| sampler.fitting(id, &used.format);
            Unfolder::new(&mut self.walker, schemas, &self.named, links_only, &self.read, &sample)
                .unfold(*root, &id, name)
        });
        // Schemas of other languages are worth having as they are: registries and compilers ask for them.
        let is_json = !matches!(used.format, SchemaFormat::Avro | SchemaFormat::Protobuf);
        let source_html = match &steps {
            Some(_) if is_json => None,
            _ => Some(tree::code(self.walker.follow(node).unwrap_or(node))),
        };
        Body {
            id,
            language: language(&used.format),
            format: schema_format(node),
            steps: steps.unwrap_or_default(),
            source_html,
        }
    }

    fn all_schemas(&mut self) -> Vec<Named> {
        let document = self.document;
        let mut schemas = Vec::new();
        for (key, node) in &document.schemas {
            let Some(target) = self.named.get(node).cloned() else { continue };
            let used = component_schema(self.walker.files.node(*node));
            let body = self.body(&used, target.id.clone(), key, true);
            schemas.push(Named { id: target.id, key: key.clone(), body });
        }
        schemas
    }

    /// Components that nothing above has shown.
    fn all_further(&mut self) -> Vec<Further> {
        let mut further = Vec::new();
        let kinds = self.root.get("components").into_iter().flat_map(|components| components.entries());
        for kind in kinds.filter(|kind| kind.key != "schemas" && kind.key != "securitySchemes") {
            for entry in kind.value.entries() {
                if self.walker.is_shown(entry.value) {
                    continue;
                }
                let id = self.anchors.claim(anchor::join(["further", kind.key, entry.key]));
                let node = self.walker.files.follow(entry.value).unwrap_or(entry.value);
                let more = match node.is_object() {
                    true => self.walker.entries(node, &[]),
                    false => self.walker.entries(kind.value, &other_keys(kind.value, entry.key)),
                };
                if !more.is_empty() {
                    further.push(Further { id, kind: kind.key.to_owned(), key: entry.key.to_owned(), more });
                }
            }
        }
        further
    }
}

/// Every key of an object but one.
fn other_keys<'n>(node: Node<'n>, key: &str) -> Vec<&'n str> {
    node.entries().map(|entry| entry.key).filter(|other| *other != key).collect()
}

/// The schema of an entry of `components.schemas`, taken out of a Multi Format Schema Object.
fn component_schema(node: Node<'_>) -> SchemaUse {
    match (node.get_str("schemaFormat"), node.get("schema")) {
        (Some(format), Some(schema)) => SchemaUse { node: schema.id(), format: SchemaFormat::parse(format) },
        _ => SchemaUse { node: node.id(), format: SchemaFormat::AsyncApi },
    }
}

/// The `schemaFormat` of a schema: it stands around the schema, or beside the payload in 2.x.
fn schema_format(node: Node<'_>) -> Option<String> {
    let key = node.own_entry()?.key;
    matches!(key, "schema" | "payload").then(|| node.parent()?.get_str("schemaFormat").map(str::to_owned)).flatten()
}

fn link(label: &str, text: String, url: String) -> Link {
    Link { label: label.to_owned(), text, href: safe_url(&url), url }
}

/// The description of an object, below a heading of `level`.
fn described(node: Node<'_>, level: usize) -> Option<String> {
    node.get_str("description").filter(|text| !text.trim().is_empty()).map(|text| markdown(text, level))
}

/// The name of a schema language, for people.
fn language(format: &SchemaFormat) -> String {
    match format {
        SchemaFormat::AsyncApi => "AsyncAPI schema".to_owned(),
        SchemaFormat::JsonSchema(dialect) => format!(
            "JSON Schema {}",
            match dialect {
                Dialect::Draft4 => "draft-04",
                Dialect::Draft6 => "draft-06",
                Dialect::Draft7 => "draft-07",
                Dialect::Draft2019 => "2019-09",
                Dialect::Draft2020 => "2020-12",
            }
        ),
        SchemaFormat::OpenApi(version) => format!("OpenAPI {version} schema"),
        SchemaFormat::Avro => "Avro".to_owned(),
        SchemaFormat::Protobuf => "Protocol Buffers".to_owned(),
        SchemaFormat::Unsupported(name) => name.clone(),
    }
}
