//! The view -> files, through templates.

use super::view::{Frame, Index, IndexEntry, Page};
use super::{catalogue, markdown, search, split};
use crate::render::with_causes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use tera::{Context, Tera};

/// The templates that come with the program.
const TEMPLATES: [(&str, &str); 10] = [
    ("page.html", include_str!("../../templates/docs/page.html")),
    ("index.html", include_str!("../../templates/docs/index.html")),
    ("changes.html", include_str!("../../templates/docs/changes.html")),
    ("parts.html", include_str!("../../templates/docs/parts.html")),
    // These are for users to fill.
    ("logo.html", ""),
    ("footer.html", ""),
    (THEME, ""),
    (STYLE, include_str!("../../templates/docs/style.css")),
    (LIVE, include_str!("../../templates/docs/live.js")),
    (SCRIPT, include_str!("../../templates/docs/page.js")),
];
const STYLE: &str = "style.css";
/// What is added to the style sheet.
const THEME: &str = "theme.css";
/// The script of a site that is served while its documents are written.
const LIVE: &str = "live.js";
const SCRIPT: &str = "page.js";
/// The index of the search.
const INDEX: &str = "search.js";
/// How further samples are made; loaded when somebody asks for one.
const SAMPLES: &str = "samples.js";

/// A template by name.
#[derive(Debug, Clone)]
pub struct Template {
    /// `page.html`, ..: that of a template of ours replaces it, any other can be used by those.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// How a site is made.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Pages hold their style sheet and script, so that each is complete as one file.
    pub single_file: bool,
    /// The site is served while its documents are written: pages load themselves anew when they change.
    pub live: bool,
    /// Templates in place of ours, and besides them.
    pub templates: Vec<Template>,
}

/// A template is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl From<tera::Error> for Error {
    fn from(error: tera::Error) -> Self {
        Self(with_causes(&error))
    }
}

/// The files of a site, by their path within it.
///
/// # Errors
/// When a template that was given is wrong, or uses what a page does not have.
pub fn render(mut pages: Vec<Page>, settings: &Settings) -> Result<Vec<(PathBuf, String)>, Error> {
    let (mut style, mut theme, mut script, mut live) = ("", "", "", "");
    let mut templates: Vec<(&str, &str)> = Vec::new();
    let given = settings.templates.iter().map(|template| (template.name.as_str(), template.text.as_str()));
    for (name, text) in TEMPLATES.into_iter().chain(given) {
        if name == STYLE {
            style = text;
        } else if name == THEME {
            theme = text;
        } else if name == LIVE {
            live = text;
        } else if name == SCRIPT {
            script = text;
        } else if let Some(known) = templates.iter_mut().find(|(known, _)| *known == name) {
            known.1 = text;
        } else {
            templates.push((name, text));
        }
    }
    let mut tera = Tera::new();
    // Whatever a template is called, what it writes is HTML.
    tera.autoescape_on([""]);
    tera.add_raw_templates(templates)?;
    let (channels, schemas) = (catalogue::shared(&pages), catalogue::shared_schemas(&pages));
    let entries: Vec<IndexEntry> = pages.iter().map(entry).collect();
    let several = entries.len() > 1;
    let mut files = Vec::new();
    for page in &mut pages {
        if let (Some(name), Some(text)) = (&page.download, page.resolved.take()) {
            files.push((PathBuf::from(name), text));
        }
    }
    let pages: Vec<Page> = match settings.single_file {
        true => pages,
        false => pages.into_iter().flat_map(split::split).collect(),
    };
    let style = format!("{style}{theme}");
    let (index, plans) = (search::index(&pages), search::plans(&pages));
    let mut frame = frame(&style, script, settings);
    if settings.single_file {
        frame.data = Some(search::embedded(&json!({"index": index, "samples": plans})));
    }
    for page in &pages {
        let mut context = Context::from_serialize(page)?;
        context.insert("frame", &frame);
        context.insert("several", &several);
        files.push((PathBuf::from(&page.output), tera.render("page.html", &context)?));
        if let Some(changes) = &page.changes_page {
            files.push((PathBuf::from(changes), tera.render("changes.html", &context)?));
        }
    }
    if several {
        let orphans = channels.iter().filter(|one| one.senders.is_empty() || one.receivers.is_empty()).count();
        let index = Index { documents: entries, channels, orphans, schemas };
        let mut context = Context::from_serialize(&index)?;
        context.insert("frame", &frame);
        files.push((PathBuf::from("index.html"), tera.render("index.html", &context)?));
    }
    if settings.live {
        files.push((PathBuf::from(LIVE), live.to_owned()));
    }
    files.extend(texts(&pages));
    if !settings.single_file {
        files.push((PathBuf::from(STYLE), style));
        files.push((PathBuf::from(SCRIPT), script.to_owned()));
        files.push((PathBuf::from(INDEX), format!("window.tidingsIndex={};\n", search::embedded(&index))));
        files.push((PathBuf::from(SAMPLES), format!("window.tidingsSamples={};\n", search::embedded(&plans))));
    }
    Ok(files)
}

/// The pages as text, and the two files by which programs find them.
fn texts(pages: &[Page]) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut list = "# Documents of event-driven applications\n\n".to_owned();
    let mut full = String::new();
    for page in pages {
        let name = page.output.replace(".html", ".md");
        let text = markdown::page(page);
        let title = page.subtitle.as_ref().unwrap_or(&page.title);
        let counts = format!(
            "{} operations, {} channels, {} messages",
            page.operations.len(),
            page.channels.len(),
            page.messages.len()
        );
        list.push_str(&format!("- [{}]({name}): {counts}\n", markdown::inline(title)));
        full.push_str(&text);
        full.push('\n');
        files.push((PathBuf::from(name), text));
    }
    files.push((PathBuf::from("llms.txt"), list));
    files.push((PathBuf::from("llms-full.txt"), full));
    files
}

fn entry(page: &Page) -> IndexEntry {
    let mut protocols: Vec<String> = page.servers.iter().map(|server| server.protocol.clone()).collect();
    protocols.sort();
    protocols.dedup();
    IndexEntry {
        href: page.output.clone(),
        file: page.file.clone(),
        title: page.title.clone(),
        version: page.version.clone(),
        protocols,
        operations: page.operations.len(),
        messages: page.messages.len(),
        problems: page.problems.len(),
    }
}

/// What surrounds every page. Nothing is loaded and nothing runs but our own style sheet and script.
fn frame(style: &str, script: &str, settings: &Settings) -> Frame {
    let single_file = settings.single_file;
    // An element of raw text ends at the first `</`, whatever surrounds it.
    let inline_style = single_file.then(|| style.replace("</", "<\\/"));
    let inline_script = single_file.then(|| script.replace("</", "<\\/"));
    let allowed = |inline: &Option<String>| match inline {
        Some(text) => format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text))),
        None => "'self'".to_owned(),
    };
    // A page that is served asks its server for news, by a script of its own.
    let live = if settings.live { (" 'self'", " connect-src 'self';") } else { ("", "") };
    Frame {
        live: settings.live,
        content_security_policy: format!(
            "default-src 'none';{} style-src {}; script-src {}{}; img-src 'self' data:; base-uri 'none'; form-action 'none'",
            live.1,
            allowed(&inline_style),
            allowed(&inline_script),
            live.0
        ),
        style: inline_style,
        script: inline_script,
        data: None,
    }
}
