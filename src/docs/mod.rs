//! Documentation of a document: the model -> a view -> templates -> HTML.
//!
//! In: documents with what was found wrong with them. Out: the files of a site. Every page reads without script and
//! loads nothing from outside; the same input gives the same bytes; nothing that a document says becomes a tag, an
//! attribute or a link that could run. An invalid document gives a page, too, which says what is wrong.
//!
//! [`view`] is what templates see. Templates are named, and each can be replaced:
//!
//! | name | what |
//! | --- | --- |
//! | `page.html` | the page of one document; sees a [`view::Page`] and [`view::Frame`] |
//! | `index.html` | the list of several; sees [`view::Index`] and [`view::Frame`] |
//! | `changes.html` | the changes of a document since an earlier version; sees what `page.html` sees |
//! | `parts.html` | the components that all use |
//! | `logo.html` | stands above the contents of every page; empty |
//! | `footer.html` | stands below every page; empty |
//! | `style.css` | the style sheet, written as it is |
//! | `theme.css` | is added to the style sheet, to set its variables anew; empty |
//! | `page.js` | the script, written as it is |

mod anchor;
mod bindings;
mod catalogue;
mod command;
mod diagram;
mod markdown;
mod page;
mod plan;
mod render;
mod sampling;
mod schema;
mod search;
mod split;
mod text;
mod tree;
pub mod view;

pub use render::{Error, Settings, Template, render};

use crate::document::{Document, SchemaUse};
use crate::reference::Files;
use crate::source::{Diagnostics, SourceId};
use serde_json::Value;
use std::collections::HashSet;

/// Says why a value does not fit the schema at its place: one sentence for each fault, none if it fits, `None` where that
/// cannot be told.
pub type Judge<'s> = dyn Fn(&SchemaUse, &Value) -> Option<Vec<String>> + 's;

/// Searches for a value of a schema, where plain construction finds none; `None` where that finds none either.
pub type Searcher<'s> = dyn Fn(&SchemaUse) -> Option<Value> + 's;

/// Code for an operation, to be shown beside it.
#[derive(Debug, Clone)]
pub struct Snippet {
    /// Key of the operation.
    pub operation: String,
    /// What it is: `Rust, sending`.
    pub title: String,
    /// The code.
    pub text: String,
}

/// A change since an earlier version, as the reader of a page is told of it.
#[derive(Debug, Clone)]
pub struct Change {
    /// `breaking`, `safe`, `note` or `unknown`.
    pub effect: &'static str,
    /// Whom it hurts: `producers`, `consumers`.
    pub hurts: Vec<&'static str>,
    /// Id of the rule.
    pub rule: String,
    /// The change in one sentence.
    pub text: String,
    /// Key of the channel.
    pub channel: Option<String>,
    /// Key of the operation.
    pub operation: Option<String>,
    /// Where it was: `file:line`.
    pub old: Option<String>,
    /// Where it is: `file:line`.
    pub new: Option<String>,
    /// A value that is accepted on one side alone.
    pub witness: Option<Value>,
}

/// The changes since an earlier version.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The earlier version.
    pub since: String,
    /// What changed.
    pub list: Vec<Change>,
}

/// A document that a page is made of, with what others know of it.
#[derive(Clone, Copy)]
pub struct Subject<'s> {
    /// The files.
    pub files: &'s Files,
    /// The document's own.
    pub source: SourceId,
    /// Its model, as far as there is one.
    pub document: Option<&'s Document>,
    /// What was found.
    pub diagnostics: &'s Diagnostics,
    /// Who looks at examples and samples; nobody by default.
    pub judge: Option<&'s Judge<'s>>,
    /// Who searches for samples that plain construction does not find; nobody by default.
    pub searcher: Option<&'s Searcher<'s>>,
    /// Code for the operations.
    pub snippets: &'s [Snippet],
    /// What changed since an earlier version, if that was asked for.
    pub changes: Option<&'s Changes>,
}

impl<'s> Subject<'s> {
    /// A document with nobody to look at its examples, and no code.
    pub fn new(
        files: &'s Files,
        source: SourceId,
        document: Option<&'s Document>,
        diagnostics: &'s Diagnostics,
    ) -> Self {
        Self { files, source, document, diagnostics, judge: None, searcher: None, snippets: &[], changes: None }
    }
}

/// The pages of documents, in their order: one is `index.html`, several are named after their files. A large document has
/// a page for each of its channels, too.
pub fn pages(subjects: &[Subject<'_>]) -> Vec<view::Page> {
    let mut taken = HashSet::from(["index".to_owned()]);
    let output = |subject: &Subject<'_>| {
        if subjects.len() == 1 {
            return "index.html".to_owned();
        }
        let name = subject.files.sources().get(subject.source).map_or("", |source| source.name());
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let stem: String =
            stem.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
        let numbered = std::iter::once(stem.clone()).chain((2u64..).map(|number| format!("{stem}-{number}")));
        // Names that differ in case alone are one name to some file systems.
        let free = numbered.into_iter().find(|name| taken.insert(name.to_ascii_lowercase()));
        format!("{}.html", free.unwrap_or(stem))
    };
    let outputs: Vec<String> = subjects.iter().map(output).collect();
    let mut pages: Vec<view::Page> =
        subjects.iter().zip(outputs).map(|(subject, output)| page::page(subject, output)).collect();
    if pages.len() > 1 {
        catalogue::connect(&mut pages);
    }
    pages
}
