//! Text -> everything that `tidings validate` does with it: all rules, the model, every report.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tidings::reference::{Files, Policy};
use tidings::source::{Diagnostics, DocumentReport, Finding, github, sarif};

fuzz_target!(|text: &str| {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let root = files.add("fuzz.yaml", None, text.to_owned(), &mut diagnostics);
    // The model is made of documents with errors, too, for the documentation.
    if let Some(document) = tidings::read_with_errors(&mut files, root, &mut diagnostics) {
        tidings::advise(&files, root, document.version, &mut diagnostics);
    }
    diagnostics.sort();
    let sources = files.sources();
    diagnostics.to_text(sources);
    DocumentReport::new(sources, root, None, diagnostics.iter());
    let findings: Vec<Finding> = diagnostics.iter().map(|diagnostic| Finding::of(sources, diagnostic)).collect();
    sarif(&findings);
    assert_eq!(github(&findings).lines().count(), findings.len(), "no text begins a line of its own");
});
