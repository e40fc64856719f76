//! The view -> files, through templates.

use super::search;
use super::view::{Frame, Index, IndexEntry, Page};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use tera::{Context, Tera};

/// The templates that come with the program.
const TEMPLATES: [(&str, &str); 5] = [
    ("page.html", include_str!("../../templates/docs/page.html")),
    ("index.html", include_str!("../../templates/docs/index.html")),
    ("parts.html", include_str!("../../templates/docs/parts.html")),
    (STYLE, include_str!("../../templates/docs/style.css")),
    (SCRIPT, include_str!("../../templates/docs/page.js")),
];
const STYLE: &str = "style.css";
const SCRIPT: &str = "page.js";
/// The index of the search.
const INDEX: &str = "search.js";

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
    /// Templates in place of ours, and besides them.
    pub templates: Vec<Template>,
}

/// A template is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl From<tera::Error> for Error {
    fn from(error: tera::Error) -> Self {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text.push_str("\n  caused by: ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Self(text)
    }
}

/// The files of a site, by their path within it.
///
/// # Errors
/// When a template that was given is wrong, or uses what a page does not have.
pub fn render(pages: &[Page], settings: &Settings) -> Result<Vec<(PathBuf, String)>, Error> {
    let (mut style, mut script) = ("", "");
    let mut templates: Vec<(&str, &str)> = Vec::new();
    let given = settings.templates.iter().map(|template| (template.name.as_str(), template.text.as_str()));
    for (name, text) in TEMPLATES.into_iter().chain(given) {
        if name == STYLE {
            style = text;
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
    let index = search::script(pages);
    let frame = frame(style, script, &index, settings.single_file);
    let mut files = Vec::new();
    for page in pages {
        let mut context = Context::from_serialize(page)?;
        context.insert("frame", &frame);
        context.insert("several", &(pages.len() > 1));
        files.push((PathBuf::from(&page.output), tera.render("page.html", &context)?));
    }
    if pages.len() > 1 {
        let mut context = Context::from_serialize(&Index { documents: pages.iter().map(entry).collect() })?;
        context.insert("frame", &frame);
        files.push((PathBuf::from("index.html"), tera.render("index.html", &context)?));
    }
    if !settings.single_file {
        files.push((PathBuf::from(STYLE), style.to_owned()));
        files.push((PathBuf::from(SCRIPT), script.to_owned()));
        files.push((PathBuf::from(INDEX), index));
    }
    Ok(files)
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
fn frame(style: &str, script: &str, index: &str, single_file: bool) -> Frame {
    // An element of raw text ends at the first `</`, whatever surrounds it.
    let inline_style = single_file.then(|| style.replace("</", "<\\/"));
    let inline_script = single_file.then(|| format!("{index}{script}").replace("</", "<\\/"));
    let allowed = |inline: &Option<String>| match inline {
        Some(text) => format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text))),
        None => "'self'".to_owned(),
    };
    Frame {
        content_security_policy: format!(
            "default-src 'none'; style-src {}; script-src {}; img-src 'self' data:; base-uri 'none'; form-action 'none'",
            allowed(&inline_style),
            allowed(&inline_script)
        ),
        style: inline_style,
        script: inline_script,
    }
}
