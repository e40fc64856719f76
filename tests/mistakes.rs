//! Mistakes that people make, each in a document that is right otherwise: exactly one thing is said of each, with a way out.
//! `TIDINGS_BLESS=1` writes anew what is said.
//!
//! `mistakes.txt` has a paragraph for each: the document (`base-2.yaml`, `base-3.yaml`) and what is wrong, the lines that
//! are replaced (`-`), what replaces them (`+`), and all that is said (`>`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use tidings::reference::{Files, Policy};
use tidings::source::Diagnostics;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes")
}

/// One paragraph.
struct Mistake<'p> {
    title: &'p str,
    lines: Vec<&'p str>,
}

impl Mistake<'_> {
    /// The lines that begin with a sign, without it.
    fn part(&self, sign: &str) -> String {
        let lines = self.lines.iter().filter_map(|line| line.strip_prefix(sign));
        lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
    }

    /// The document with the mistake in it.
    fn document(&self) -> String {
        let base = folder().join(format!("base-{}.yaml", &self.title[2..3]));
        let text = format!("\n{}", std::fs::read_to_string(base).unwrap());
        let from = format!("\n{}", self.part("-"));
        assert_eq!(text.matches(&from).count(), 1, "{}: what is replaced stands in the document once", self.title);
        text.replace(&from, &format!("\n{}", self.part("+")))[1..].to_owned()
    }
}

/// How much is said of a text, and what.
fn said(text: String) -> (Diagnostics, String) {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let path = folder().join("asyncapi.yaml");
    let source = files.add("asyncapi.yaml", Some(&path), text, &mut diagnostics);
    tidings::check(&files, source, &mut diagnostics);
    diagnostics.sort();
    let rendered = diagnostics.to_text(files.sources());
    (diagnostics, rendered)
}

#[test]
fn nothing_is_said_before_a_mistake_is_made() {
    for base in ["base-2.yaml", "base-3.yaml"] {
        let (_, rendered) = said(std::fs::read_to_string(folder().join(base)).unwrap());
        assert_eq!(rendered, "", "{base}");
    }
}

#[test]
fn one_thing_is_said_of_every_mistake() {
    let path = folder().join("mistakes.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut anew = String::new();
    for paragraph in text.trim().split("\n\n") {
        let mut lines = paragraph.lines();
        let mistake = Mistake { title: lines.next().unwrap(), lines: lines.collect() };
        let (diagnostics, rendered) = said(mistake.document());
        assert_eq!(diagnostics.iter().count(), 1, "{}\n{rendered}", mistake.title);
        anew.push_str(&format!("{}\n", mistake.title));
        for line in mistake.lines.iter().filter(|line| !line.starts_with('>')) {
            anew.push_str(&format!("{line}\n"));
        }
        // Without the lines that hold nothing.
        for line in rendered.lines().filter(|line| !matches!(line.trim(), "" | "|")) {
            anew.push_str(&format!("> {line}\n"));
        }
        anew.push('\n');
    }
    if std::env::var_os("TIDINGS_BLESS").is_some() {
        std::fs::write(&path, format!("{}\n", anew.trim_end())).unwrap();
    }
    for (said, expected) in anew.trim().split("\n\n").zip(text.trim().split("\n\n")) {
        assert_eq!(said, expected, "see `TIDINGS_BLESS=1 cargo test`");
    }
}
