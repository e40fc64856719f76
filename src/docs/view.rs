//! What templates see: a page as plain data.
//!
//! Users' own templates read these structures, so fields are added and not changed. A field whose name ends in `_html` is
//! HTML that was made safe, to be written with `| safe`; every other string is text of the document and is escaped by
//! the template. `id` is an anchor on the page, `href` a link that is safe to follow; both fit an attribute.

use serde::Serialize;

/// One document, or a part of one that is large.
#[derive(Debug, Default, Serialize)]
pub struct Page {
    /// The file of the document, without its folder.
    pub file: String,
    /// The file of the page, relative to the site.
    pub output: String,
    /// Title of the application, or the name of the file where it has none.
    pub title: String,
    /// What the page shows of the document; `None` where that is all.
    pub subtitle: Option<String>,
    /// Version of the application's interface; may be empty.
    pub version: String,
    /// The versions of the document that have a page, this one among them; empty if there is no other.
    pub versions: Vec<Version>,
    /// The file with the same page as text.
    pub markdown: String,
    /// The file with the whole document as JSON, references resolved.
    pub download: Option<String>,
    /// The text of that file.
    #[serde(skip)]
    pub resolved: Option<String>,
    /// The version of AsyncAPI, as written; may be empty.
    pub asyncapi: String,
    /// Identifier of the application, a URI.
    pub application_id: Option<String>,
    /// Media type of payloads that name none.
    pub default_content_type: Option<String>,
    /// CommonMark as HTML.
    pub description_html: Option<String>,
    /// Terms, contact, licence.
    pub links: Vec<Link>,
    /// Tags, external documentation and whatever else stands in `info`.
    pub extras: Extras,
    /// The errors of the document; empty for a valid one.
    pub problems: Vec<Problem>,
    /// Who sends what where: SVG, to be written with `| safe`.
    pub diagram_html: Option<String>,
    /// The same in words.
    pub flow: Vec<Flow>,
    /// The page of the changes since an earlier version, where there is one.
    pub changes_page: Option<String>,
    /// The earlier version.
    pub changes_since: Option<String>,
    /// What changed, the worst first.
    pub changes: Vec<Change>,
    /// How much changed, in a sentence; empty without an earlier version.
    pub changes_summary: String,
    /// The page that describes the document as a whole; empty for the page itself.
    pub home: String,
    /// The sections that the page has, in its order.
    pub navigation: Vec<Section>,
    /// What a reader can choose by.
    pub filters: Vec<Filter>,
    /// Operations in the order of the document.
    pub operations: Vec<Operation>,
    /// Channels in the order of the document.
    pub channels: Vec<Channel>,
    /// Messages in the order in which channels name them.
    pub messages: Vec<Message>,
    /// `components.schemas`; a schema that one refers to is a link.
    pub schemas: Vec<Named>,
    /// Servers in the order of the document.
    pub servers: Vec<Server>,
    /// `components.securitySchemes`.
    pub security: Vec<SecurityScheme>,
    /// Components that nothing refers to, and fields of the root that the specification does not know.
    pub further: Vec<Further>,
}

/// Something that a reader can choose by.
#[derive(Debug, Clone, Serialize)]
pub struct Filter {
    /// `tag` or `protocol`.
    pub kind: &'static str,
    /// Every value, in order; two or more.
    pub values: Vec<String>,
}

/// A change since an earlier version.
#[derive(Debug, Serialize)]
pub struct Change {
    /// `breaking`, `safe`, `note` or `unknown`.
    pub effect: &'static str,
    /// The same for people.
    pub label: &'static str,
    /// Whom it hurts.
    pub hurts: Vec<&'static str>,
    /// Id of the rule.
    pub rule: String,
    /// The change in one sentence.
    pub text: String,
    /// The same, as HTML.
    pub text_html: String,
    /// The operation or channel, if it is still there.
    pub target: Option<Target>,
    /// Where it was: `file:line`.
    pub old: Option<String>,
    /// Where it is: `file:line`.
    pub new: Option<String>,
    /// A message that proves it: JSON with marks.
    pub witness_html: Option<String>,
}

/// An operation in a few words.
#[derive(Debug, Clone, Serialize)]
pub struct Flow {
    /// The file of the page that has it; empty for the page itself.
    pub page: String,
    /// Anchor.
    pub id: String,
    /// Title or key.
    pub title: String,
    /// `send` or `receive`.
    pub action: &'static str,
    /// Who sends what where.
    pub sentence: String,
}

/// A part of the table of contents.
#[derive(Debug, Clone, Serialize)]
pub struct Section {
    /// Heading.
    pub title: &'static str,
    /// Anchor of the section.
    pub id: &'static str,
    /// The file of the page that has it; empty for the page itself.
    pub page: String,
    /// What the section holds.
    pub entries: Vec<Target>,
}

/// Something on the page that a link leads to.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// Text of the link.
    pub title: String,
    /// The same, breakable.
    pub title_html: String,
    /// Anchor.
    pub id: String,
    /// The file of the page that has the anchor; empty for the page itself.
    pub page: String,
    /// `send`, `receive`, a protocol, ..; empty if there is nothing to say.
    pub badge: String,
}

/// A link out of the page.
#[derive(Debug, Serialize)]
pub struct Link {
    /// What it is: `Licence`, `Contact`, ..
    pub label: String,
    /// Text, such as the name of the licence; may be empty.
    pub text: String,
    /// The URL as written; may be empty.
    pub url: String,
    /// The URL, if it may be followed.
    pub href: Option<String>,
}

/// What most objects may have.
#[derive(Debug, Default, Serialize)]
pub struct Extras {
    /// Tags.
    pub tags: Vec<Tag>,
    /// External documentation.
    pub external_docs: Option<Link>,
    /// Extensions, and every field that is not shown elsewhere.
    pub more: Vec<Entry>,
}

/// Tag Object.
#[derive(Debug, Serialize)]
pub struct Tag {
    /// Name.
    pub name: String,
    /// CommonMark as HTML.
    pub description_html: Option<String>,
    /// External documentation.
    pub external_docs: Option<Link>,
    /// Extensions.
    pub more: Vec<Entry>,
}

/// A line of a tree of keys and values.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// How deep it stands, from 0.
    pub depth: usize,
    /// Its key; a number from 1 for the item of a list.
    pub key: String,
    /// Its value; `None` where deeper lines follow.
    pub value: Option<String>,
    /// The value, if it is a URL that may be followed.
    pub href: Option<String>,
    /// What the key means, where it is a binding's.
    pub meaning: Option<&'static str>,
}

/// An error in the document.
#[derive(Debug, Serialize)]
pub struct Problem {
    /// Id of the rule.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// The same, as HTML.
    pub message_html: String,
    /// The file at fault, without its folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// JSON pointer of the element at fault.
    pub path: String,
    /// A way out.
    pub help: Option<String>,
    /// The same, as HTML.
    pub help_html: Option<String>,
}

/// Server Object.
#[derive(Debug, Serialize)]
pub struct Server {
    /// Anchor.
    pub id: String,
    /// Key in the document.
    pub key: String,
    /// For people.
    pub title: Option<String>,
    /// For people.
    pub summary: Option<String>,
    /// Protocol, host and path, breakable.
    pub address_html: String,
    /// `kafka`, `mqtt`, ..
    pub protocol: String,
    /// Version of the protocol.
    pub protocol_version: Option<String>,
    /// CommonMark as HTML.
    pub description_html: Option<String>,
    /// Variables of the address.
    pub variables: Vec<Parameter>,
    /// What it asks of whoever connects; any one of them is enough.
    pub security: Vec<Security>,
    /// One tree for each protocol.
    pub bindings: Vec<Entry>,
    /// The rest.
    pub extras: Extras,
}

/// A security scheme where it is asked for.
#[derive(Debug, Serialize)]
pub struct Security {
    /// Its name or, if it has none, its type.
    pub name: String,
    /// Its anchor, if it is a component.
    pub id: Option<String>,
    /// The file of the page that has the anchor; empty for the page itself.
    pub page: String,
    /// `scramSha256`, `oauth2`, ..; may be empty.
    pub kind: String,
    /// Scopes.
    pub scopes: Vec<String>,
    /// The scheme's own fields, if it is no component.
    pub more: Vec<Entry>,
}

/// Security Scheme Object.
#[derive(Debug, Serialize)]
pub struct SecurityScheme {
    /// Anchor.
    pub id: String,
    /// Key in the document.
    pub key: String,
    /// `scramSha256`, `oauth2`, ..
    pub kind: String,
    /// CommonMark as HTML.
    pub description_html: Option<String>,
    /// Flows, names, URLs.
    pub more: Vec<Entry>,
}

/// Channel Object.
#[derive(Debug, Serialize)]
pub struct Channel {
    /// Anchor.
    pub id: String,
    /// Key in the document.
    pub key: String,
    /// For people.
    pub title: Option<String>,
    /// The address; `None` when it is known only at run time.
    pub address: Option<String>,
    /// The same, breakable.
    pub address_html: Option<String>,
    /// For people.
    pub summary: Option<String>,
    /// CommonMark as HTML.
    pub description_html: Option<String>,
    /// Parameters of the address.
    pub parameters: Vec<Parameter>,
    /// The servers on which it is available; empty for all.
    pub servers: Vec<Target>,
    /// The protocols of those, each once.
    pub protocols: Vec<String>,
    /// The messages that may travel on it.
    pub messages: Vec<Target>,
    /// The operations on it.
    pub operations: Vec<Target>,
    /// The same address in other documents.
    pub elsewhere: Vec<Elsewhere>,
    /// One tree for each protocol.
    pub bindings: Vec<Entry>,
    /// The rest.
    pub extras: Extras,
}

/// A parameter of an address, or a variable of a server.
#[derive(Debug, Serialize)]
pub struct Parameter {
    /// Anchor.
    pub id: String,
    /// Name, without braces.
    pub name: String,
    /// CommonMark as HTML.
    pub description_html: Option<String>,
    /// The only values allowed; empty for any.
    pub allowed: Vec<String>,
    /// The value where none is given.
    pub default: Option<String>,
    /// Where the value stands in the message: a runtime expression.
    pub location: Option<String>,
    /// Examples.
    pub examples: Vec<String>,
    /// Schema (2.x).
    pub schema: Option<Body>,
    /// The rest.
    pub more: Vec<Entry>,
}

/// Operation Object, traits applied.
#[derive(Debug, Serialize)]
pub struct Operation {
    /// Anchor.
    pub id: String,
    /// The file of the page that has it; empty where there is one page.
    pub page: String,
    /// Key in the document.
    pub key: String,
    /// For people.
    pub title: Option<String>,
    /// `send` or `receive`: what the described application does.
    pub action: &'static str,
    /// What the application does and what that means for the reader, in one sentence.
    pub sentence: String,
    /// What stands in it before and behind the channel.
    pub sentence_parts: [String; 2],
    /// The channel.
    pub channel: Option<Target>,
    /// The protocols that it is spoken in, each once.
    pub protocols: Vec<String>,
    /// For people.
    pub summary: Option<String>,
    /// CommonMark as HTML.
    pub description_html: Option<String>,
    /// The messages that it carries.
    pub messages: Vec<Target>,
    /// The reply that is awaited or given.
    pub reply: Option<Reply>,
    /// What it asks of whoever takes part.
    pub security: Vec<Security>,
    /// A command for a shell that takes part, where there is a tool for the protocol.
    pub command: Option<String>,
    /// Code that takes part.
    pub snippets: Vec<Snippet>,
    /// One tree for each protocol.
    pub bindings: Vec<Entry>,
    /// The rest.
    pub extras: Extras,
}

/// Code for an operation.
#[derive(Debug, Serialize)]
pub struct Snippet {
    /// What it is: `Rust, sending`.
    pub title: String,
    /// The code.
    pub text: String,
}

/// Operation Reply Object.
#[derive(Debug, Serialize)]
pub struct Reply {
    /// Who answers whom, in one sentence.
    pub sentence: String,
    /// The channel that replies travel on.
    pub channel: Option<Target>,
    /// Runtime expression for the address.
    pub address_location: Option<String>,
    /// CommonMark as HTML, about the address.
    pub description_html: Option<String>,
    /// The messages that may come back.
    pub messages: Vec<Target>,
    /// The rest.
    pub more: Vec<Entry>,
}

/// Message Object, traits applied.
#[derive(Debug, Serialize)]
pub struct Message {
    /// Anchor.
    pub id: String,
    /// Key in the document.
    pub key: String,
    /// What to call it: title, name or key.
    pub display: String,
    /// Name for machines.
    pub name: Option<String>,
    /// For people.
    pub title: Option<String>,
    /// For people.
    pub summary: Option<String>,
    /// CommonMark as HTML.
    pub description_html: Option<String>,
    /// Media type of the payload.
    pub content_type: Option<String>,
    /// The operations that carry it; none for a component that nothing uses.
    pub operations: Vec<Target>,
    /// Does a channel or a reply use it?
    pub used: bool,
    /// Schema of the payload.
    pub payload: Option<Body>,
    /// Schema of the headers.
    pub headers: Option<Body>,
    /// Where the correlation id stands: a runtime expression.
    pub correlation_location: Option<String>,
    /// CommonMark as HTML, about the correlation id.
    pub correlation_html: Option<String>,
    /// The author's examples and, where none of them shows a payload that fits, samples made from the schema.
    pub examples: Vec<Example>,
    /// Can the page make further samples?
    pub more_samples: bool,
    /// How it does so.
    #[serde(skip)]
    pub plan: Option<serde_json::Value>,
    /// One tree for each protocol.
    pub bindings: Vec<Entry>,
    /// The rest.
    pub extras: Extras,
}

/// Message Example Object, or a sample in its place.
#[derive(Debug, Serialize)]
pub struct Example {
    /// `Example`, or `Sample` for what was made from the schema.
    pub label: &'static str,
    /// Name, or a number from 1; empty for the only sample.
    pub name: String,
    /// For people.
    pub summary: Option<String>,
    /// What is shown, each with its label: payload, headers.
    pub parts: Vec<ExamplePart>,
}

/// One value of an example.
#[derive(Debug, Serialize)]
pub struct ExamplePart {
    /// `Payload` or `Headers`.
    pub label: &'static str,
    /// Why the value does not fit its schema, in a sentence each; empty if it fits or nobody has looked.
    pub faults: Vec<String>,
    /// The value as JSON with marks for keys, strings and other scalars, or as plain text.
    pub code_html: String,
}

/// A schema with a name: an entry of `components.schemas`.
#[derive(Debug, Serialize)]
pub struct Named {
    /// Anchor.
    pub id: String,
    /// Key in the document.
    pub key: String,
    /// The schema.
    pub body: Body,
}

/// A schema where it is used.
#[derive(Debug, Serialize)]
pub struct Body {
    /// Anchor.
    pub id: String,
    /// The language it is written in, for people.
    pub language: String,
    /// `schemaFormat`, as written.
    pub format: Option<String>,
    /// The schema unfolded, in the order of reading; empty for a language that is shown as source.
    pub steps: Vec<Step>,
    /// The schema as it is written.
    pub source_html: Option<String>,
}

/// A step of reading a schema. Steps are a tree laid out flat, since templates cannot go as deep as schemas do: a `row`
/// with `nested` is followed by `enter`, the rows below it, and `leave`.
#[derive(Debug, Serialize)]
#[serde(tag = "step", rename_all = "lowercase")]
pub enum Step {
    /// A schema at its place: a property, an item, a branch.
    Row(Box<Row>),
    /// The rows that follow stand below the last one.
    Enter {
        /// Is it shown without being asked for?
        open: bool,
        /// What stands directly below: `3 properties`.
        label: String,
    },
    /// The end of what the last open `enter` began.
    Leave,
}

/// A schema at its place.
#[derive(Debug, Default, Serialize)]
pub struct Row {
    /// Anchor.
    pub id: String,
    /// Depth, from 0.
    pub depth: usize,
    /// What it is there, unless it is a property: `one of`, `each item`, `names that match`, ..
    pub role: String,
    /// Name of the property or of the branch; may be empty.
    pub name: String,
    /// The same, breakable.
    pub name_html: String,
    /// What values look like: `string (uuid)`, `array of object`, ..
    pub types: String,
    /// The schema with a name that it refers to.
    pub reference: Option<Target>,
    /// The schema with a name that it comes from, where `allOf` brought it here.
    pub origin: Option<Target>,
    /// A value that fits, for a branch of a union: JSON with marks.
    pub sample_html: Option<String>,
    /// Must it be there?
    pub required: bool,
    /// `deprecated`
    pub deprecated: bool,
    /// The row that this one repeats: what follows is recursive.
    pub recursion: Option<Target>,
    /// Was there no more room to unfold it?
    pub cut: bool,
    /// Title.
    pub title: Option<String>,
    /// Descriptions of it and of what it is composed of, CommonMark as HTML.
    pub descriptions_html: Vec<String>,
    /// Constraints in words: `3 to 20 characters`.
    pub constraints: Vec<String>,
    /// Facts that are values: allowed values, default, pattern, examples.
    pub facts: Vec<Fact>,
    /// Other keywords and extensions.
    pub more: Vec<Entry>,
    /// Do rows follow below it?
    pub nested: bool,
}

/// A fact with its values.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// `allowed`, `default`, `matches`, ..
    pub label: String,
    /// Values, strings without quotes, anything else as JSON.
    pub values: Vec<String>,
}

/// Something that is shown as it is written.
#[derive(Debug, Serialize)]
pub struct Further {
    /// Anchor.
    pub id: String,
    /// The kind of component: `parameters`, ..; may be empty.
    pub kind: String,
    /// Key in the document.
    pub key: String,
    /// Its fields.
    pub more: Vec<Entry>,
}

/// What surrounds every page.
#[derive(Debug, Serialize)]
pub struct Frame {
    /// The policy that the page is under.
    pub content_security_policy: String,
    /// The style sheet, if it stands in the page; else it is the file `style.css`.
    pub style: Option<String>,
    /// Is the site served while its documents are written?
    pub live: bool,
    /// The script, if it stands in the page; else it is `page.js`.
    pub script: Option<String>,
    /// What the script knows of the pages, as JSON, if it stands in the page; else it is `search.js` and `samples.js`.
    pub data: Option<String>,
}

/// Several documents.
#[derive(Debug, Serialize)]
pub struct Index {
    /// Each of them.
    pub documents: Vec<IndexEntry>,
    /// Every address that one of them names, in order.
    pub channels: Vec<Shared>,
    /// How many of those are only sent to, or only received from.
    pub orphans: usize,
    /// Schemas with one name that several of them have, in order.
    pub schemas: Vec<SharedSchema>,
}

/// A schema with a name that several documents have.
#[derive(Debug, Serialize)]
pub struct SharedSchema {
    /// The name, breakable.
    pub name_html: String,
    /// Do all of them say the same?
    pub same: bool,
    /// Where it stands.
    pub places: Vec<Elsewhere>,
}

/// An address with those at both ends.
#[derive(Debug, Default, Serialize)]
pub struct Shared {
    /// The address, breakable.
    pub address_html: String,
    /// Who sends there.
    pub senders: Vec<Elsewhere>,
    /// Who receives from there.
    pub receivers: Vec<Elsewhere>,
}

/// An operation of another document, or a schema.
#[derive(Debug, Clone, Serialize)]
pub struct Elsewhere {
    /// Title of the application.
    pub title: String,
    /// Version of its interface.
    pub version: String,
    /// Title of the operation, or key of the schema.
    pub operation: String,
    /// `send` or `receive`; empty for a schema.
    pub action: &'static str,
    /// Its place.
    pub href: String,
}

/// A version of a document.
#[derive(Debug, Clone, Serialize)]
pub struct Version {
    /// As the document says.
    pub version: String,
    /// Its page.
    pub href: String,
}

/// A document in the list of several.
#[derive(Debug, Serialize)]
pub struct IndexEntry {
    /// Its page.
    pub href: String,
    /// Its file, without folder.
    pub file: String,
    /// Title of the application.
    pub title: String,
    /// Version of the application's interface.
    pub version: String,
    /// The protocols of its servers.
    pub protocols: Vec<String>,
    /// How many operations it has.
    pub operations: usize,
    /// How many messages it has.
    pub messages: usize,
    /// How many errors it has.
    pub problems: usize,
}
