//! `tidings` turns an AsyncAPI document into working Rust: typed messages, producers, consumers, and more.
//!
//! For a `build.rs`, [`compile`] is all there is to know; [`Build`] has the settings. The rooms behind it are open to
//! tools: data flows one way, `source -> syntax -> reference -> document -> schema -> names -> rust`, and each room
//! imports only those before it.

#[cfg(feature = "compat")]
pub mod compat;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "docs")]
pub mod docs;
pub mod document;
pub mod lint;
pub mod names;
pub mod output;
pub mod reference;
#[cfg(feature = "docs")]
pub mod render;
pub mod rust;
pub mod schema;
pub mod source;
pub mod syntax;

mod build;

pub use build::{Build, Error, compile};
pub use rust::Role;

use document::structure::Checked;
use document::{Document, Version};
use reference::Files;
use source::{Diagnostics, Rule, SourceId};

/// Checks a document that was opened: its structure, its references, and the rules of the specification. `None` when its
/// version is not one that is read; otherwise what is wrong is among `diagnostics`.
pub fn check(files: &Files, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Version> {
    Some(check_all(files, source, diagnostics)?.version)
}

fn check_all(files: &Files, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Checked> {
    let root = files.root(source)?;
    if !files.trees().is_damaged() {
        return check_tree(files, root, diagnostics);
    }
    let mut found = Diagnostics::default();
    let checked = check_tree(files, root, &mut found);
    diagnostics.extend(document::without_consequences(files, found));
    checked
}

fn check_tree(files: &Files, root: syntax::Node<'_>, diagnostics: &mut Diagnostics) -> Option<Checked> {
    let checked = document::structure::check(files, root, diagnostics)?;
    // Names that seem to be missing may stand in what was left out.
    if !files.trees().is_incomplete() {
        schema::formats::check(files, &checked.schemas, diagnostics);
        lint::check(files, root, checked.version, diagnostics);
    }
    Some(checked)
}

/// Gives advice on a document that was checked: style and design, nothing that a specification asks for.
pub fn advise(files: &Files, source: SourceId, version: Version, diagnostics: &mut Diagnostics) {
    if let Some(root) = files.root(source) {
        lint::advise(files, root, version, diagnostics);
    }
}

/// Checks a document that was opened and makes its model. `None` when it has errors.
pub fn read(files: &mut Files, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Document> {
    let checked = check_all(files, source, diagnostics)?;
    if diagnostics.has_errors() {
        return None;
    }
    schema::formats::prepare(files, &checked.schemas);
    document::lower(files, source, checked.version)
}

/// Checks a document that was opened and makes its model even if it has errors, for a page that shows what is there.
/// `None` when its version is not one that is read.
pub fn read_with_errors(files: &mut Files, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Document> {
    let checked = check_all(files, source, diagnostics)?;
    schema::formats::prepare(files, &checked.schemas);
    document::lower(files, source, checked.version)
}

/// Every rule there is, by room.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    #[cfg(feature = "config")]
    let config = config::RULES;
    #[cfg(not(feature = "config"))]
    let config: &[&Rule] = &[];
    let check = [config, syntax::RULES, reference::RULES, document::structure::RULES, lint::RULES, lint::ADVICE];
    let rooms = check.into_iter().chain([schema::RULES, rust::RULES]);
    rooms.chain(schema::formats::RULES.iter().copied()).flatten().copied()
}
