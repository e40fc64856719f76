//! The same pages as CommonMark, for those who read text: people at a terminal, and programs.
//!
//! In: a page. Out: text in which what the document says is neither HTML nor a link that could run: descriptions come
//! from HTML that was made safe, everything else is escaped.

use super::diagram;
use super::view::{Body, Entry, Extras, Link, Page, Parameter, Row, Security, Step, Target};
use std::collections::HashSet;
use std::fmt::Write;

/// Longer code is left to the page, in bytes.
const LONGEST_CODE: usize = 3_000;

/// The page of a document.
pub(super) fn page(page: &Page) -> String {
    let mut out = Writer::default();
    let title = page.subtitle.as_ref().unwrap_or(&page.title);
    out.line(&format!("# {} {}", inline(title), inline(&page.version)));
    let facts = [
        (!page.asyncapi.is_empty()).then(|| format!("AsyncAPI {}", inline(&page.asyncapi))),
        page.application_id.as_deref().map(code),
        page.default_content_type.as_deref().map(code),
    ];
    out.list_line("", &facts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    for link in &page.links {
        out.list_line(&link.label, &out_link(link));
    }
    for problem in &page.problems {
        let place = format!("{}:{}:{}", problem.file, problem.line, problem.column);
        out.list_line("Error", &format!("{} ({})", inline(&problem.message), inline(&place)));
    }
    out.prose(page.description_html.as_deref());
    out.extras(&page.extras);
    if let Some(drawing) = diagram::mermaid(&page.title, &page.operations) {
        out.fenced("mermaid", &drawing);
    }
    out.heading(2, "Servers", page.servers.len());
    for one in &page.servers {
        out.title(3, one.title.as_ref(), &one.key);
        out.list_line("Address", &code(&text_of(&one.address_html)));
        let version = one.protocol_version.as_deref().unwrap_or("");
        out.list_line("Protocol", &inline(format!("{} {version}", one.protocol).trim()));
        out.prose(one.description_html.as_deref());
        out.parameters("Variable", &one.variables);
        out.security(&one.security);
        out.entries("Bindings", &one.bindings);
        out.extras(&one.extras);
    }
    out.heading(2, "Operations", page.operations.len());
    let mut shown: HashSet<&str> = HashSet::new();
    for one in &page.operations {
        out.title(3, one.title.as_ref(), &one.key);
        out.line(&inline(&one.sentence));
        out.summary(one.summary.as_deref());
        out.prose(one.description_html.as_deref());
        if let Some(reply) = &one.reply {
            out.line(&inline(&reply.sentence));
            out.list_line("Address of the reply", &reply.address_location.as_deref().map(code).unwrap_or_default());
            out.prose(reply.description_html.as_deref());
            out.entries("Reply", &reply.more);
        }
        out.security(&one.security);
        out.entries("Bindings", &one.bindings);
        out.extras(&one.extras);
        if let Some(command) = &one.command {
            out.fenced("sh", command);
        }
        // The code of one operation is like that of another: the reader's own is shown once for each direction.
        let reader = one.snippets.first().filter(|snippet| snippet.text.len() <= LONGEST_CODE);
        if let Some(snippet) = reader.filter(|_| shown.insert(one.action)) {
            out.list_line("Code", &inline(&snippet.title));
            out.fenced("rust", &snippet.text);
        }
    }
    out.heading(2, "Channels", page.channels.len());
    for one in &page.channels {
        out.title(3, one.title.as_ref(), &one.key);
        out.list_line("Address", &one.address.as_deref().map_or_else(|| "known at run time".to_owned(), code));
        out.summary(one.summary.as_deref());
        out.prose(one.description_html.as_deref());
        out.targets("Operations", &one.operations);
        out.targets("Messages", &one.messages);
        out.targets("Servers", &one.servers);
        out.parameters("Parameter", &one.parameters);
        out.entries("Bindings", &one.bindings);
        out.extras(&one.extras);
    }
    out.heading(2, "Messages", page.messages.len());
    for one in &page.messages {
        out.title(3, Some(&one.display), &one.key);
        out.list_line("Content type", &one.content_type.as_deref().map(code).unwrap_or_default());
        out.summary(one.summary.as_deref());
        out.prose(one.description_html.as_deref());
        out.list_line("Correlation id", &one.correlation_location.as_deref().map(code).unwrap_or_default());
        out.prose(one.correlation_html.as_deref());
        out.body(one.payload.as_ref());
        out.body(one.headers.as_ref());
        for example in &one.examples {
            for part in &example.parts {
                out.list_line(&format!("{} {}", example.label, part.label.to_lowercase()), &inline(&example.name));
                for fault in &part.faults {
                    out.list_line("Does not fit", &inline(fault));
                }
                out.fenced("json", &text_of(&part.code_html));
            }
        }
        out.entries("Bindings", &one.bindings);
        out.extras(&one.extras);
    }
    // What a message has unfolded is not said again.
    let unfolded = unfolded(page);
    let schemas: Vec<_> = page.schemas.iter().filter(|one| !unfolded.contains(one.id.as_str())).collect();
    out.heading(2, "Schemas", schemas.len());
    for one in schemas {
        out.title(3, None, &one.key);
        out.body(Some(&one.body));
    }
    out.heading(2, "Security", page.security.len());
    for one in &page.security {
        out.title(3, None, &one.key);
        out.list_line("Type", &inline(&one.kind));
        out.prose(one.description_html.as_deref());
        out.entries("Fields", &one.more);
    }
    out.heading(2, "Further", page.further.len());
    for one in &page.further {
        out.title(3, None, &one.key);
        out.entries(&one.kind, &one.more);
    }
    out.text
}

/// The schemas with a name that messages of the page show whole.
fn unfolded(page: &Page) -> HashSet<&str> {
    let bodies = page.messages.iter().flat_map(|one| [&one.payload, &one.headers]).flatten();
    let rows = bodies.flat_map(|body| &body.steps).filter_map(|step| match step {
        Step::Row(row) if row.recursion.is_none() && !row.cut => row.reference.as_ref(),
        _ => None,
    });
    rows.map(|target| target.id.as_str()).collect()
}

#[derive(Default)]
struct Writer {
    text: String,
}

impl Writer {
    fn line(&mut self, line: &str) {
        let line = line.trim_end();
        if !line.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(self.text, "{}{line}", if self.text.is_empty() { "" } else { "\n" });
        }
    }

    fn heading(&mut self, level: usize, title: &str, count: usize) {
        if count > 0 {
            self.line(&format!("{} {title}", "#".repeat(level)));
        }
    }

    fn title(&mut self, level: usize, title: Option<&String>, key: &str) {
        let shown = title.map_or(key, String::as_str);
        let key = if shown == key { String::new() } else { format!(" ({})", inline(key)) };
        self.line(&format!("{} {}{key}", "#".repeat(level), inline(shown)));
    }

    fn list_line(&mut self, label: &str, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.line(&if label.is_empty() { text.to_owned() } else { format!("{}: {text}", inline(label)) });
        }
    }

    fn summary(&mut self, text: Option<&str>) {
        self.line(&inline(text.unwrap_or_default()));
    }

    fn prose(&mut self, html: Option<&str>) {
        self.line(&prose(html.unwrap_or_default()));
    }

    fn fenced(&mut self, language: &str, text: &str) {
        self.line(&fence(language, text));
    }

    fn targets(&mut self, label: &str, targets: &[Target]) {
        let titles: Vec<String> = targets.iter().map(|target| inline(&target.title)).collect();
        self.list_line(label, &titles.join(", "));
    }

    fn security(&mut self, list: &[Security]) {
        if list.len() > 1 {
            self.line("Any one of these is enough to be let in:");
        }
        for one in list {
            let scopes: Vec<String> = one.scopes.iter().map(|scope| code(scope)).collect();
            let kind = if one.kind == one.name { String::new() } else { inline(&one.kind) };
            self.list_line("Security", &format!("{} {kind} {}", inline(&one.name), scopes.join(" ")));
            self.entries("", &one.more);
        }
    }

    fn extras(&mut self, extras: &Extras) {
        for tag in &extras.tags {
            let about = tag.description_html.as_deref().map(prose).unwrap_or_default();
            let docs = tag.external_docs.as_ref().map(out_link).unwrap_or_default();
            self.list_line("Tag", &format!("{} {about} {docs}", inline(&tag.name)));
            self.entries("", &tag.more);
        }
        if let Some(link) = &extras.external_docs {
            self.list_line("See", &out_link(link));
        }
        self.entries("", &extras.more);
    }

    fn entries(&mut self, label: &str, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let mut text = if label.is_empty() { String::new() } else { format!("{label}:\n\n") };
        for entry in entries {
            let value = entry.value.as_deref().map(|value| format!(": {}", inline(value))).unwrap_or_default();
            let meaning = entry.meaning.map(|meaning| format!(" — {meaning}")).unwrap_or_default();
            let _ = writeln!(text, "{}- {}{value}{meaning}", "  ".repeat(entry.depth), inline(&entry.key));
        }
        self.line(&text);
    }

    fn parameters(&mut self, label: &str, list: &[Parameter]) {
        for one in list {
            let mut text = code(&one.name);
            let mut say = |label: &str, values: &[String]| {
                if !values.is_empty() {
                    let values: Vec<String> = values.iter().map(|value| code(value)).collect();
                    let _ = write!(text, "; {label} {}", values.join(", "));
                }
            };
            say("allowed", &one.allowed);
            say("default", one.default.as_slice());
            say("found at", one.location.as_slice());
            say("examples", &one.examples);
            self.list_line(label, &text);
            self.prose(one.description_html.as_deref());
            self.body(one.schema.as_ref());
            self.entries("", &one.more);
        }
    }

    fn body(&mut self, body: Option<&Body>) {
        let Some(body) = body else { return };
        let mut text = String::new();
        if let Some(source) = &body.source_html {
            self.list_line("Schema", &inline(body.format.as_ref().unwrap_or(&body.language)));
            if body.steps.is_empty() {
                return self.fenced("", &text_of(source));
            }
        }
        for step in &body.steps {
            if let Step::Row(row) = step {
                let _ = writeln!(text, "{}- {}", "  ".repeat(row.depth), row_line(row));
            }
        }
        self.line(&text);
    }
}

/// A link out of the page, if it may be followed.
fn out_link(link: &Link) -> String {
    let text = if link.text.is_empty() { &link.url } else { &link.text };
    match &link.href {
        // What would end the link has no place in a URL as it stands.
        Some(href) => format!("[{}](<{}>)", inline(text), href.replace('<', "%3C").replace('>', "%3E")),
        None => format!("{} {}", inline(&link.text), inline(&link.url)),
    }
}

/// A row of a schema in one line.
fn row_line(row: &Row) -> String {
    let mut facts: Vec<String> = Vec::new();
    facts.extend((!row.types.is_empty()).then(|| inline(&row.types)));
    facts.extend(row.reference.as_ref().map(|target| format!("see {}", inline(&target.title))));
    facts.extend(row.origin.as_ref().map(|target| format!("from {}", inline(&target.title))));
    facts.extend(row.required.then(|| "required".to_owned()));
    facts.extend(row.deprecated.then(|| "deprecated".to_owned()));
    facts.extend(row.recursion.as_ref().map(|target| format!("recursive: see {}", inline(&target.title))));
    facts.extend(row.constraints.iter().map(|text| inline(text)));
    for fact in &row.facts {
        let values: Vec<String> = fact.values.iter().map(|value| code(value)).collect();
        facts.push(format!("{} {}", inline(&fact.label), values.join(", ")));
    }
    let name = [row.role.as_str(), row.name.as_str()].into_iter().filter(|text| !text.is_empty());
    let name: Vec<String> = name.map(inline).collect();
    let title = row.title.as_deref().filter(|title| *title != row.name).map(inline);
    let about = title.into_iter().chain(row.descriptions_html.iter().map(|html| prose(html).replace('\n', " ")));
    let about: Vec<String> = about.filter(|text| !text.is_empty()).collect();
    let more =
        row.more.iter().map(|entry| format!("{} {}", inline(&entry.key), inline(entry.value.as_deref().unwrap_or(""))));
    let rest: Vec<String> = about.into_iter().chain(more).collect();
    let rest = if rest.is_empty() { String::new() } else { format!(": {}", rest.join(" ")) };
    format!("{} ({}){rest}", name.join(" "), facts.join("; "))
}

/// Text as one line that means nothing to CommonMark or HTML.
pub(super) fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '`' | '[' | ']' | '*' | '|' | '\\' => out.extend(['\\', character]),
            other if other.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

/// Text as code in a line.
fn code(text: &str) -> String {
    let text: String = text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect();
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

/// HTML that was made safe, as CommonMark: its text means nothing to either.
fn prose(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    // Where the link that the current place stands in leads, and the code that it stands in.
    let (mut link, mut in_block): (Option<&str>, bool) = (None, false);
    let mut verbatim: Option<String> = None;
    for (index, part) in html.split('<').enumerate() {
        let (tag, text) = part.split_once('>').filter(|_| index > 0).unwrap_or(("", part));
        let name = tag.split_whitespace().next().unwrap_or(tag);
        match name {
            "pre" => (in_block, verbatim) = (true, Some(String::new())),
            "code" if !in_block => verbatim = Some(String::new()),
            "/pre" => {
                out.push_str(&format!("\n{}\n", fence("", &text_of(&verbatim.take().unwrap_or_default()))));
                in_block = false;
            }
            "/code" if !in_block => out.push_str(&code(&text_of(&verbatim.take().unwrap_or_default()))),
            "/a" => {
                if let Some(url) = link.take() {
                    out.push_str(&format!("](<{url}>)"));
                }
            }
            "a" => {
                link = tag.strip_prefix("a href=\"").and_then(|rest| rest.strip_suffix('"'));
                out.push_str(link.map_or("", |_| "["));
            }
            "li" => out.push_str("- "),
            "strong" | "/strong" => out.push_str("**"),
            "em" | "/em" => out.push('*'),
            "h2" | "h3" | "h4" | "h5" | "h6" => out.push_str("\n**"),
            "/h2" | "/h3" | "/h4" | "/h5" | "/h6" => out.push_str("**\n"),
            "/td" | "/th" => out.push_str(" | "),
            "/p" | "/ul" | "/ol" | "br" => out.push('\n'),
            _ => {}
        }
        match &mut verbatim {
            Some(verbatim) => verbatim.push_str(text),
            // What would mean something to HTML is escaped already.
            None => text.chars().for_each(|character| match character {
                '`' | '[' | ']' | '*' | '|' | '\\' => out.extend(['\\', character]),
                other => out.push(other),
            }),
        }
    }
    out.trim().to_owned()
}

/// Text as a block of code.
fn fence(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

/// The text of HTML of ours, as it was before it was escaped.
fn text_of(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for (index, part) in html.split('<').enumerate() {
        out.push_str(match part.split_once('>').filter(|_| index > 0) {
            Some((_, text)) => text,
            None => part,
        });
    }
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")]
        .iter()
        .fold(out, |text, (escaped, plain)| text.replace(escaped, plain))
}
