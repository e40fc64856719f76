//! The documentation site: whole, harmless, and the same every time.
#![allow(clippy::unwrap_used)]

use html5gum::{Token, Tokenizer};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tidings::docs::{self, Settings, Subject, Template};
use tidings::reference::{Files, Policy};
use tidings::source::{DiagnosticReport, Diagnostics, Severity};

/// A document with something in every place that takes text.
fn document() -> Value {
    serde_json::from_str(include_str!("docs/everything.json")).unwrap()
}

/// The files of the site of one text, and whether it had errors.
fn site(name: &str, text: String, settings: &Settings) -> (Vec<(PathBuf, String)>, bool) {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.add(name, None, text, &mut diagnostics);
    let document = tidings::read_with_errors(&mut files, source, &mut diagnostics);
    diagnostics.sort();
    let subject = Subject::new(&files, source, document.as_ref(), &diagnostics);
    let site = docs::render(docs::pages(&[subject]), settings);
    assert!(site.is_ok(), "{site:?}");
    (site.unwrap_or_default(), diagnostics.has_errors())
}

/// A file of a site.
fn page(files: &[(PathBuf, String)], name: &str) -> String {
    let found = files.iter().find(|(path, _)| path == Path::new(name));
    assert!(found.is_some(), "{name} is no file of the site");
    found.map(|(_, text)| text.clone()).unwrap_or_default()
}

fn html(document: &Value) -> String {
    let (files, _) = site("folder/orders.json", document.to_string(), &Settings::default());
    page(&files, "index.html")
}

/// What a browser sees.
#[derive(Default)]
struct Seen {
    tags: BTreeSet<String>,
    attributes: BTreeSet<(String, String)>,
    ids: Vec<String>,
    links: Vec<String>,
    /// The sources of scripts; empty for one in the page.
    scripts: Vec<String>,
    text: String,
}

fn see(html: &str) -> Seen {
    let mut seen = Seen::default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::StartTag(tag) => {
                let name = text(&tag.name);
                if name == "script" {
                    let source = tag.attributes.iter().find(|(key, _)| key.as_slice() == b"src");
                    seen.scripts.push(source.map(|(_, value)| text(value)).unwrap_or_default());
                }
                for (key, value) in &tag.attributes {
                    let (key, value) = (text(key), text(value));
                    match key.as_str() {
                        "id" => seen.ids.push(value),
                        "href" => seen.links.push(value),
                        _ => {}
                    }
                    seen.attributes.insert((name.clone(), key));
                }
                seen.tags.insert(name);
            }
            Token::String(string) => seen.text.push_str(&text(&string)),
            _ => {}
        }
    }
    seen
}

/// Calls a function with every text in a value, and sets it to what that returns.
fn each_text(value: &mut Value, key: &str, change: &mut impl FnMut(&str, &str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(changed) = change(key, text) {
                *text = changed;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|item| each_text(item, key, change)),
        Value::Object(members) => members.iter_mut().for_each(|(key, item)| each_text(item, key, change)),
        _ => {}
    }
}

#[test]
fn everything_a_document_says_is_on_its_page() {
    let seen = see(&html(&document()));
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = words(&seen.text);
    let mut missing = Vec::new();
    each_text(&mut document(), "", &mut |key, text| {
        let shown: Vec<String> = match key {
            "$ref" => vec![],
            // The marks of CommonMark are gone.
            "description" => text.split(['*', '#', '\n']).map(words).collect(),
            _ => vec![words(&text.replace('"', "\\\"").replace('\n', "\\n"))],
        };
        let links = |text: &String| seen.links.iter().any(|link| link == text);
        missing.extend(shown.into_iter().filter(|text| !page.contains(text.as_str()) && !links(text)));
        None
    });
    assert_eq!(missing, Vec::<String>::new());
    for fact in [
        "3 to 20 characters",
        "> 0",
        "multiple of 0.01",
        "unique items",
        "at least 1 item",
        "no additional properties",
        "deprecated",
        "required",
        "recursive",
        "array of object",
        "string (uuid)",
    ] {
        assert!(seen.text.contains(fact), "{fact}");
    }
}

#[test]
fn operations_say_in_a_sentence_who_sends() {
    let seen = see(&html(&document()));
    assert!(seen.text.contains("This application sends Order placed to orders.{region}.placed; you receive it."));
    assert!(seen.text.contains("It expects Receipt in reply on answers; you send it."));
    // In 2.x the operation is seen from the other side: `subscribe` means that the application sends.
    let old = json!({
        "asyncapi": "2.6.0", "info": {"title": "Orders", "version": "1.2.0"},
        "channels": {"orders.placed": {"subscribe": {"operationId": "place", "message": {"title": "Order placed", "payload": {"type": "string"}}}}}
    });
    assert!(see(&html(&old)).text.contains("This application sends Order placed to orders.placed; you receive it."));
}

#[test]
fn everything_has_an_anchor_and_every_link_one_to_lead_to() {
    let seen = see(&html(&document()));
    let ids: BTreeSet<&str> = seen.ids.iter().map(String::as_str).collect();
    assert_eq!(ids.len(), seen.ids.len(), "an id is given once");
    for id in [
        "server:production",
        "channel:placed",
        "channel:placed:parameters=region",
        "operation:place",
        "message:Order",
        "message:Order:payload:id",
        "message:Order:payload:region",
        "message:Order:payload:pay:oneOf=Card:number",
        "message:Order:payload:pay:oneOf=Cash:till",
        "message:Order:payload:lines:items=:sku",
        "message:Order:headers:trace",
        "message:answers:receipt",
        "schema:Order:id",
        "security:login",
        "message:Unused",
        "further:parameters:spare",
    ] {
        assert!(ids.contains(id), "{id} is none of {ids:#?}");
    }
    for link in seen.links.iter().filter_map(|link| link.strip_prefix('#')) {
        assert!(ids.contains(link), "#{link} leads nowhere");
    }
}

/// The same document with the keys of every object in the opposite order, as text.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .rev()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), reversed(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(reversed).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

#[test]
fn the_order_of_keys_changes_no_id() {
    let text = reversed(&document());
    assert_ne!(text, document().to_string());
    let (files, _) = site("folder/orders.json", text, &Settings::default());
    let ids = |html: &str| see(html).ids.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(ids(&page(&files, "index.html")), ids(&html(&document())));
}

#[test]
fn the_order_of_keys_changes_no_id_of_any_document() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["specs", "tests/goldens"].iter().flat_map(|folder| below(&root.join(folder)));
    let mut compared = 0;
    for path in folders.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let (files, wrong) = site("a.yaml", text, &Settings::default());
        let Some((_, resolved)) = files.iter().find(|(name, _)| name == Path::new("asyncapi.json") && !wrong) else {
            continue;
        };
        let value: Value = serde_json::from_str(resolved).unwrap();
        let ids = |text: String| {
            let (files, _) = site("a.json", text, &Settings::default());
            see(&page(&files, "index.html")).ids.into_iter().collect::<BTreeSet<_>>()
        };
        assert_eq!(ids(value.to_string()), ids(reversed(&value)), "{}", path.display());
        compared += 1;
    }
    assert!(compared > 10, "{compared} documents");
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    assert_eq!(html(&document()), html(&document()));
}

const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\" onmouseover=\"alert(1)\" x=\"",
    "'><img src=x onerror=alert(1)>",
    "[a](javascript:alert(1)) ![b](data:text/html,c) <javascript:alert(1)> <b onclick=alert(1)>d</b>",
    "javascript:alert(1)",
    "</style></title><svg onload=alert(1)>{{ 617 * 823 }}{% raw %}",
];

/// Checks that a page has no tag and no attribute but those of a harmless one, and no link that could run.
fn assert_harmless(html: &str, harmless: &Seen, what: &str) {
    let seen = see(html);
    // What CommonMark can make of any text.
    let commonmark = [
        "p",
        "em",
        "strong",
        "del",
        "code",
        "pre",
        "blockquote",
        "hr",
        "br",
        "ul",
        "ol",
        "li",
        "a",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ];
    for tag in &seen.tags {
        assert!(harmless.tags.contains(tag) || commonmark.contains(&tag.as_str()), "<{tag}> by {what}");
    }
    for attribute in &seen.attributes {
        let known = harmless.attributes.contains(attribute)
            || matches!(attribute.1.as_str(), "href" | "class" | "id" | "aria-label");
        assert!(known, "{attribute:?} by {what}");
        assert!(!attribute.1.starts_with("on") && attribute.1 != "style", "{attribute:?} by {what}");
    }
    for link in &seen.links {
        let safe = ["#", "https://", "http://", "mailto:", "style.css", "asyncapi.json", "index.md"]
            .iter()
            .any(|start| link.starts_with(start));
        assert!(safe, "{link} by {what}");
    }
    assert!(!seen.tags.contains("img") && !seen.tags.contains("iframe"), "{what}");
    assert_eq!(seen.scripts, harmless.scripts, "{what}");
    assert!(!html.contains("507791"), "a template ran in the text of {what}");
}

#[test]
fn hostile_text_in_any_field_is_text() {
    let harmless = see(&html(&document()));
    let mut count = 0;
    each_text(&mut document(), "", &mut |_, _| {
        count += 1;
        None
    });
    assert!(count > 100);
    // All in one text, and the one that is a URL where it stands alone.
    for hostile in [HOSTILE.join(" ").as_str(), "javascript:alert(1)"] {
        for target in 0..count {
            let mut document = document();
            let mut at = 0;
            each_text(&mut document, "", &mut |_, _| {
                at += 1;
                (at == target + 1).then(|| hostile.to_owned())
            });
            assert_harmless(&html(&document), &harmless, &format!("{hostile} in field {target}"));
        }
    }
}

#[test]
fn hostile_names_are_text() {
    fn rename(value: &Value, from: &str, to: &str) -> Value {
        match value {
            Value::Object(members) => members
                .iter()
                .map(|(key, value)| (if key == from { to.to_owned() } else { key.clone() }, rename(value, from, to)))
                .collect(),
            Value::Array(list) => list.iter().map(|item| rename(item, from, to)).collect(),
            other => other.clone(),
        }
    }
    let harmless = see(&html(&document()));
    for hostile in HOSTILE {
        for key in [
            "production",
            "placed",
            "region",
            "order",
            "place",
            "Order",
            "Base",
            "login",
            "id",
            "x-audience",
            "kafka",
            "trace",
            "spare",
            "^x-",
            "clientCredentials",
        ] {
            let page = html(&rename(&document(), key, hostile));
            assert_harmless(&page, &harmless, &format!("{hostile} for {key}"));
            let ids = see(&page).ids;
            assert!(ids.iter().all(|id| !id.contains([' ', '"', '<', '>'])), "{hostile} for {key}");
        }
    }
}

#[test]
fn an_invalid_document_has_a_page_that_says_so() {
    let mut document = document();
    document["operations"]["place"]["action"] = json!("shout");
    document["info"].as_object_mut().expect("an object").remove("version");
    let (files, wrong) = site("folder/orders.json", document.to_string(), &Settings::default());
    assert!(wrong);
    let seen = see(&page(&files, "index.html"));
    for expected in ["This document is not valid", "orders.json:1:", "/operations/place/action", "Order placed"] {
        assert!(seen.text.contains(expected), "{expected}");
    }
    assert!(!page(&files, "index.html").contains("folder/"), "a page names no folder");
    for text in [
        "",
        "asyncapi: 9.9.9\ninfo: {title: Later}\n",
        "asyncapi: [",
        "- 1\n- 2\n",
        "asyncapi: 3.0.0\nchannels: 7\noperations: [1]\ncomponents: x\n",
    ] {
        let (files, wrong) = site("broken.yaml", text.to_owned(), &Settings::default());
        assert!(wrong && see(&page(&files, "index.html")).text.contains("This document is not valid"), "{text}");
    }
}

#[test]
fn a_single_file_allows_its_own_style_alone() {
    let settings = Settings { single_file: true, ..Settings::default() };
    let (files, _) = site("orders.json", document().to_string(), &settings);
    assert!(
        !files
            .iter()
            .any(|(path, _)| path.extension().is_some_and(|extension| extension == "css" || extension == "js"))
    );
    let page = &page(&files, "index.html");
    assert!(page.contains("<style>") && !page.contains("style.css"));
    let policy = page.split("content=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a policy");
    assert!(policy.contains("style-src &#39;sha256-") && !policy.contains("self&#39;;"), "{policy}");
}

#[test]
fn templates_can_be_replaced_one_by_one() {
    let template = |name: &str, text: &str| Template { name: name.to_owned(), text: text.to_owned() };
    let templates = vec![
        template("page.html", "{{ title }}|{{ operations[0].sentence }}|{% include \"own.txt\" %}"),
        template("own.txt", "{{ info_free or servers[0].extras.more | length }}<{{ title }}>"),
        template("style.css", "body { color: {{ red }} }"),
    ];
    let mut document = document();
    document["info"]["title"] = json!("<i>");
    let settings = Settings { templates, ..Settings::default() };
    let (files, _) = site("orders.json", document.to_string(), &settings);
    assert!(
        page(&files, "index.html").starts_with("&lt;i&gt;|This application sends"),
        "{}",
        page(&files, "index.html")
    );
    assert!(
        page(&files, "index.html").ends_with("<&lt;i&gt;>"),
        "what is not called .html is escaped, too: {}",
        page(&files, "index.html")
    );
    assert_eq!(page(&files, "style.css"), "body { color: {{ red }} }");
    let additions = vec![
        template("theme.css", ":root { --link: teal }"),
        template("logo.html", "<b class=\"ours\">We</b>"),
        template("footer.html", "<footer>Ours, {{ version }}</footer>"),
    ];
    let (files, _) =
        site("orders.json", document.to_string(), &Settings { templates: additions, ..Settings::default() });
    let themed = page(&files, "index.html");
    assert!(themed.contains("<b class=\"ours\">We</b>") && themed.contains("<footer>Ours, 1.2.0</footer>"), "{themed}");
    assert!(
        page(&files, "style.css").ends_with(":root { --link: teal }") && page(&files, "style.css").contains("--page")
    );
    let broken = Settings { templates: vec![template("page.html", "{% if %}")], ..Settings::default() };
    assert!(docs::render(Vec::new(), &broken).is_err());
}

#[test]
fn the_manual_names_every_variable_of_the_style_sheet() {
    let (files, _) = site("orders.json", document().to_string(), &Settings::default());
    let style = page(&files, "style.css");
    let manual = include_str!("../book/site.md");
    let root = style.split('}').next().unwrap_or_default();
    let variables: Vec<&str> = root.split("--").skip(1).filter_map(|rest| rest.split(':').next()).collect();
    let missing: Vec<&&str> = variables.iter().filter(|name| !manual.contains(&format!("`--{name}`"))).collect();
    assert!(variables.len() > 10 && missing.is_empty(), "{missing:?}");
}

#[test]
fn a_schema_without_end_is_cut() {
    // Each level refers twice to the next: unfolded, that is 2^40 rows.
    let mut schemas = serde_json::Map::new();
    for level in 0..40 {
        let next = json!({"$ref": format!("#/components/schemas/L{}", level + 1)});
        schemas.insert(format!("L{level}"), json!({"type": "object", "properties": {"a": next, "b": next}}));
    }
    schemas.insert("L40".to_owned(), json!({"type": "string"}));
    let document = json!({
        "asyncapi": "3.0.0", "info": {"title": "Deep", "version": "1"},
        "channels": {"c": {"address": "c", "messages": {"m": {"payload": {"$ref": "#/components/schemas/L0"}}}}},
        "components": {"schemas": schemas}
    });
    let page = html(&document);
    assert!(page.len() < 2_000_000 && page.contains("not unfolded further"));
}

#[test]
fn a_large_document_has_a_page_for_each_channel() {
    let channel = |number: usize| {
        let message = json!({"title": format!("Message {number}"), "payload": {"$ref": "#/components/schemas/S"}});
        json!({"address": format!("a.{number}"), "messages": {"m": message}})
    };
    let channels: serde_json::Map<_, _> = (0..70).map(|number| (format!("c{number}"), channel(number))).collect();
    let operation = |number: usize| json!({"action": "send", "channel": {"$ref": format!("#/channels/c{number}")}});
    let operations: serde_json::Map<_, _> = (0..70).map(|number| (format!("o{number}"), operation(number))).collect();
    let document = json!({
        "asyncapi": "3.0.0", "info": {"title": "Large", "version": "1"}, "channels": channels, "operations": operations,
        "components": {"schemas": {"S": {"type": "object", "properties": {"p": {"type": "string"}}}}}
    });
    let (files, _) = site("large.json", document.to_string(), &Settings::default());
    let (whole, _) = site("large.json", document.to_string(), &Settings { single_file: true, ..Settings::default() });
    let pages: Vec<_> = files.iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "html")).collect();
    assert_eq!(pages.len(), 72, "the document, its channels, its schemas");
    let ids: BTreeSet<(String, String)> = pages
        .iter()
        .flat_map(|(path, html)| see(html).ids.into_iter().map(|id| (path.display().to_string(), id)))
        .collect();
    let plain: BTreeSet<&String> = ids.iter().map(|(_, id)| id).collect();
    for id in see(&page(&whole, "index.html")).ids.iter().filter(|id| id.contains(':')) {
        assert!(plain.contains(id), "{id} is on no page");
    }
    for (path, html) in pages {
        for link in see(html).links.iter().filter(|link| link.contains('#')) {
            let (file, id) = link.split_once('#').unwrap_or_default();
            let file = if file.is_empty() { path.display().to_string() } else { file.to_owned() };
            assert!(ids.contains(&(file, id.to_owned())), "{link} on {} leads nowhere", path.display());
        }
    }
}

#[test]
fn several_documents_share_an_index() {
    let mut files = Vec::new();
    for name in ["a/orders.yaml", "b/orders.yaml", "index.yaml"] {
        let mut one = Files::new(Policy::default());
        let mut diagnostics = Diagnostics::default();
        let source = one.add(name, None, document().to_string(), &mut diagnostics);
        let read = tidings::read_with_errors(&mut one, source, &mut diagnostics);
        files.push((one, source, read, diagnostics));
    }
    let subjects: Vec<Subject<'_>> = files
        .iter()
        .map(|(files, source, document, diagnostics)| Subject::new(files, *source, document.as_ref(), diagnostics))
        .collect();
    let site = docs::render(docs::pages(&subjects), &Settings::default()).expect("the templates are right");
    let names: Vec<String> = site.iter().map(|(path, _)| path.display().to_string()).collect();
    let pages: Vec<&str> = names.iter().map(String::as_str).filter(|name| name.ends_with(".html")).collect();
    assert_eq!(pages, ["orders.html", "orders-2.html", "index-2.html", "index.html"]);
    for rest in
        ["style.css", "page.js", "search.js", "orders.md", "orders-2.asyncapi.json", "llms.txt", "llms-full.txt"]
    {
        assert!(names.iter().any(|name| name == rest), "{rest} is none of {names:?}");
    }
    let index = see(&page(&site, "index.html"));
    assert!(pages[..3].iter().all(|name| index.links.iter().any(|link| link == name)), "{:?}", index.links);
    // The three send to the same address, and nobody receives from there.
    assert_eq!(index.text.matches("nobody here").count(), 1, "{}", index.text);
    assert!(index.text.contains("is sent and never received"), "{}", index.text);
    assert_eq!(index.text.matches("alike").count(), 3, "Base, Card and Order: {}", index.text);
    let orders = see(&page(&site, "orders.html"));
    assert!(orders.links.iter().any(|link| link == "orders-2.html#operation:place"), "{:?}", orders.links);
}

/// Every YAML and JSON file below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let text = path
            .extension()
            .and_then(|extension| extension.to_str())
            .is_some_and(|e| ["yaml", "yml", "json"].contains(&e));
        if path.is_dir() {
            found.extend(below(&path));
        } else if text {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_document_of_the_project_has_a_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths: Vec<PathBuf> =
        ["specs", "tests/documents"].iter().flat_map(|folder| below(&root.join(folder))).collect();
    assert!(!paths.is_empty());
    let mut broken = 0;
    for path in paths {
        let mut files = Files::new(Policy::default());
        let mut diagnostics = Diagnostics::default();
        let Ok(source) = files.open(&path, &mut diagnostics) else { continue };
        let document = tidings::read_with_errors(&mut files, source, &mut diagnostics);
        let subject = Subject::new(&files, source, document.as_ref(), &diagnostics);
        let made = || {
            let site = docs::render(docs::pages(&[subject]), &Settings::default());
            site.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let site = made();
        assert!(site == made(), "{}: not the same twice", path.display());
        let seen = see(&page(&site, "index.html"));
        let ids: BTreeSet<&String> = seen.ids.iter().collect();
        assert_eq!(ids.len(), seen.ids.len(), "{}: an id is given once", path.display());
        for link in seen.links.iter().filter_map(|link| link.strip_prefix('#')) {
            assert!(ids.contains(&link.to_owned()), "{}: #{link} leads nowhere", path.display());
        }
        let faults: Vec<_> = diagnostics.iter().filter(|one| one.severity == Severity::Error).collect();
        assert_eq!(seen.text.contains("This document is not valid"), !faults.is_empty(), "{}", path.display());
        for fault in &faults {
            let report = DiagnosticReport::new(files.sources(), fault);
            let place = format!(":{}:{}", report.line, report.column);
            assert!(seen.text.contains(&place) && seen.text.contains(&report.path), "{}: {place}", path.display());
        }
        broken += usize::from(!faults.is_empty());
    }
    assert!(broken > 30, "{broken} documents with faults");
}

#[test]
fn a_sample_of_what_holds_itself_is_short() {
    let document = json!({
        "asyncapi": "3.0.0", "info": {"title": "Deep", "version": "1"},
        "channels": {"c": {"address": "c", "messages": {"m": {"payload": {"$ref": "#/components/schemas/Node"}}}}},
        "components": {"schemas": {"Node": {"type": "object", "properties": {
            "name": {"type": "string"}, "parent": {"$ref": "#/components/schemas/Node"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
            "either": {"oneOf": [{"$ref": "#/components/schemas/Node"}, {"type": "integer"}]}
        }}}}
    });
    let (files, _) = site("deep.json", document.to_string(), &Settings::default());
    let markdown = page(&files, "index.md");
    let sample = markdown.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert!(sample.contains("\"name\"") && sample.lines().count() < 10, "{sample}");
}

#[test]
fn one_document_in_two_versions_reads_the_same() {
    let info = json!({"title": "Orders", "version": "1"});
    let (order, note) = (
        json!({"name": "Order", "payload": {"type": "string"}}),
        json!({"name": "Note", "payload": {"type": "integer"}}),
    );
    let old = json!({
        "asyncapi": "2.6.0", "info": info,
        "channels": {"orders": {
            "publish": {"operationId": "take", "summary": "Takes it", "message": {"oneOf": [order, note]}},
            "subscribe": {"operationId": "place", "message": order}
        }}
    });
    let operation = |action: &str, messages: &[&str]| {
        let messages: Vec<Value> =
            messages.iter().map(|key| json!({"$ref": format!("#/channels/orders/messages/{key}")})).collect();
        json!({"action": action, "channel": {"$ref": "#/channels/orders"}, "messages": messages})
    };
    let mut take = operation("receive", &["Order", "Note"]);
    take["summary"] = json!("Takes it");
    let new = json!({
        "asyncapi": "3.1.0", "info": info,
        "channels": {"orders": {"address": "orders", "messages": {"Order": order, "Note": note}}},
        "operations": {"take": take, "place": operation("send", &["Order"])}
    });
    let sentences = |document: &Value| {
        let (files, wrong) = site("a.json", document.to_string(), &Settings::default());
        assert!(!wrong);
        let markdown = page(&files, "index.md");
        let operations = markdown.split("## Operations").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
        let mut parts: Vec<String> = operations.split("### ").map(|part| part.trim().to_owned()).collect();
        parts.sort();
        parts
    };
    assert!(sentences(&new).concat().contains("This application receives Order or Note from orders; you send them."));
    assert_eq!(sentences(&old), sentences(&new));
}

#[test]
fn nothing_overlaps_in_a_drawing() {
    let channels: serde_json::Map<_, _> = (0..50)
        .map(|number| (format!("c{number}"), json!({"address": format!("a/very/long/address/of/channel/{number}")})))
        .collect();
    let operation = |number: usize| json!({"action": if number.is_multiple_of(3) { "send" } else { "receive" }, "channel": {"$ref": format!("#/channels/c{number}")}});
    let operations: serde_json::Map<_, _> = (0..50).map(|number| (format!("o{number}"), operation(number))).collect();
    for count in [3, 50] {
        let operations: serde_json::Map<_, _> = operations.clone().into_iter().take(count).collect();
        let document = json!({
            "asyncapi": "3.0.0", "info": {"title": "A title of an application that is long", "version": "1"},
            "channels": channels, "operations": operations
        });
        let page = html(&document);
        let mut boxes: Vec<[usize; 4]> = Vec::new();
        for Ok(token) in Tokenizer::new(&page) {
            if let Token::StartTag(tag) = token
                && tag.name.as_slice() == b"rect"
            {
                let of = |wanted: &[u8]| {
                    let found = tag.attributes.iter().find(|(key, _)| key.as_slice() == wanted);
                    found.and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok()).unwrap_or(0)
                };
                boxes.push([of(b"x"), of(b"y"), of(b"width"), of(b"height")]);
            }
        }
        assert_eq!(boxes.len(), count + 1, "a box for each channel, and the application");
        for (index, [x, y, width, height]) in boxes.iter().enumerate() {
            for [other_x, other_y, other_width, other_height] in boxes.iter().skip(index + 1) {
                let apart = x + width <= *other_x
                    || other_x + other_width <= *x
                    || y + height <= *other_y
                    || other_y + other_height <= *y;
                assert!(apart, "{boxes:?}");
            }
        }
    }
}

/// The text of a page of one document, tags left out.
fn text_of_page(name: &str, text: &str) -> (String, String) {
    let (site, wrong) = site(name, text.to_owned(), &Settings::default());
    assert!(!wrong, "{name} is valid");
    let file = |wanted: &str| site.iter().find(|(path, _)| path == Path::new(wanted)).map(|(_, text)| text.clone());
    let (html, markdown) = (file("index.html").unwrap_or_default(), file("index.md").unwrap_or_default());
    let mut words = String::new();
    for Ok(token) in Tokenizer::new(&html) {
        match token {
            Token::String(string) => words.push_str(&String::from_utf8_lossy(&string)),
            Token::StartTag(tag) if tag.name.as_slice() == b"wbr" => {}
            Token::StartTag(_) => words.push(' '),
            _ => {}
        }
    }
    (words.split_whitespace().collect::<Vec<_>>().join(" "), markdown)
}

#[test]
fn avro_and_protobuf_speak_their_own_words() {
    let message = |format: &str, payload: &str| {
        format!(
            "asyncapi: 3.0.0\ninfo: {{title: t, version: '1'}}\nchannels:\n  c:\n    address: a\n    messages:\n      m:\n        \
             payload:\n          schemaFormat: {format}\n          schema: {payload}\n"
        )
    };
    let avro = r#"{"type":"record","name":"Order","namespace":"shop","doc":"An order","aliases":["Purchase"],"fields":[
        {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"When"},
        {"name":"note","type":["null","string"],"default":null,"aliases":["remark"]},
        {"name":"tags","type":{"type":"map","values":"string"}},
        {"name":"digest","type":{"type":"fixed","name":"Md5","size":16}},
        {"name":"state","type":{"type":"enum","name":"State","symbols":["OPEN","DONE"],"default":"OPEN"}},
        {"name":"pay","type":["string",{"type":"record","name":"Card","fields":[{"name":"number","type":"string"}]}]}]}"#;
    let (words, markdown) = text_of_page("avro.yaml", &message("application/vnd.apache.avro+json;version=1.9.0", avro));
    for expected in [
        "record required",
        "full name shop.Order",
        "aliases shop.Purchase",
        "An order",
        "long (timestamp-millis)",
        "When",
        "null or string",
        "aliases remark",
        "map of string",
        "fixed",
        "size 16",
        "enum",
        "allowed OPEN DONE",
        "default OPEN",
        "string or record",
        "one of Card",
        "full name shop.Card",
        "as written",
        "Sample",
    ] {
        let expected = expected.trim_end_matches(" required");
        assert!(words.contains(expected), "{expected}: {words}");
    }
    assert!(!words.contains("no additional properties") && !words.contains("9223372036854775807"), "{words}");
    assert!(markdown.contains("long (timestamp-millis)"), "{markdown}");

    let proto = r#""syntax = \"proto3\";\npackage shop;\n// An order\nmessage Order {\n  // When\n  sint64 at_time = 3;\n  repeated string tags = 4;\n  map<string, int32> counts = 5;\n  oneof pay { string cash = 6; Card card = 7; }\n  State state = 8;\n}\nmessage Card { string number = 1; }\nenum State { OPEN = 0; DONE = 1; }\n""#;
    let (words, _) = text_of_page("proto.yaml", &message("application/vnd.google.protobuf;version=3", proto));
    for expected in [
        "full name shop.Order",
        "An order",
        "When",
        "sint64",
        "field number 3",
        "name in .proto at_time",
        "repeated string",
        "map of int32",
        "oneof pay",
        "field number 7",
        "full name shop.Card",
        "allowed OPEN DONE",
        "as written",
        "Sample",
    ] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    assert!(!words.contains("one of 1"), "{words}");
}
