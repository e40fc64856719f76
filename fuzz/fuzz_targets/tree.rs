//! Text -> tree: every node lies within the text, and the tree can be written as JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings::source::{Diagnostics, Sources};
use tidings::syntax::{self, Trees, to_json};

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    let id = sources.add("fuzz.yaml", None, text.to_owned());
    let source = sources.get(id).expect("it was added");
    let mut trees = Trees::default();
    let mut diagnostics = Diagnostics::default();
    let root = syntax::read(source, id, &mut trees, &mut diagnostics);
    assert!(root.is_some() || diagnostics.has_errors(), "a text without a tree has an error");
    if let Some(root) = root {
        let span = trees.node(root).span();
        assert!(source.text().get(span.start as usize..span.end as usize).is_some(), "spans lie within the text");
        // Aliases multiply what is written.
        if trees.len() < 10_000 && !text.contains('*') {
            to_json(trees.node(root));
        }
    }
    diagnostics.sort();
    diagnostics.to_text(&sources);
});
