//! Tags of 3.x, where they may be references. (In 2.x the structure of a document forbids two of one name.)

use super::{Document, at};
use crate::source::{Diagnostics, Rule, Severity};
use crate::syntax::Node;
use std::collections::{HashMap, HashSet};

/// Two tags of one name.
pub static DUPLICATE_TAG: Rule = Rule {
    id: "duplicate-tag",
    severity: Severity::Warning,
    sentence: "The tags of an object have different names.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#tagsObject",
};

/// `duplicate-tag`
pub(super) fn duplicates(document: Document<'_>, diagnostics: &mut Diagnostics) {
    let servers = document.members("servers").filter_map(|entry| document.resolved(entry.value));
    let channels = document.channels().map(|(_, channel)| channel);
    let tagged = document.root.get("info").into_iter().chain(servers).chain(channels);
    let mut seen = HashSet::new();
    for node in tagged.chain(document.operations_3()).chain(document.messages()) {
        let Some(tags) = node.get("tags").filter(|tags| seen.insert(tags.id())) else { continue };
        let mut first: HashMap<&str, Node<'_>> = HashMap::new();
        for tag in tags.items() {
            let name = document.resolved(tag).and_then(|tag| tag.get_str("name"));
            let Some(name) = name else { continue };
            if let Some(first) = first.get(name) {
                let diagnostic = at(&DUPLICATE_TAG, tag, format!("the tag `{name}` stands twice in this list"));
                diagnostics.push(diagnostic.related(first.span(), "first here").help("remove one of the two"));
            } else {
                first.insert(name, tag);
            }
        }
    }
}
