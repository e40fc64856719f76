//! A folder for each rule, with a document that passes and one that fails; and what all rules say of all these documents,
//! so that a false alarm shows. `TIDINGS_BLESS=1` writes that anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tidings::reference::{Files, Policy};
use tidings::source::{Diagnostics, Severity};

/// Rules that are not about a small document, each with the place where it is tested instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("assumed-object", "tests/goldens.rs: said by the generator"),
    ("customization", "tests/build_script.rs: wishes about nothing are told"),
    ("opaque-payload", "tests/goldens.rs: said by the generator"),
    ("too-large", "tests/structure.rs: alias-bomb, deep-nesting"),
    ("too-many-faults", "tests/structure.rs: a thousand faults"),
    ("unapplied-default", "tests/goldens: defaults.yaml: said by the generator"),
    ("unsupported-keyword", "tests/goldens.rs: said by the generator"),
];

/// Rules of schemas in other languages, and of the configuration, have tests of their own.
const OTHER_ROOMS: [&str; 3] = ["avro-", "config-", "protobuf-"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// `line:column severity code` of all that is said of a document, advice included.
fn said(path: &Path) -> Vec<(Severity, String, String)> {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.open(path, &mut diagnostics).unwrap();
    if let Some(version) = tidings::check(&files, source, &mut diagnostics) {
        tidings::advise(&files, source, version, &mut diagnostics);
    }
    diagnostics.sort();
    let line = |diagnostic: &tidings::source::Diagnostic| {
        let (start, _) = files.sources().range(diagnostic.span);
        let code = diagnostic.rule.id.to_owned();
        let line = format!("{}:{} {} {code}", start.line, start.column, diagnostic.severity);
        (diagnostic.severity, code, line)
    };
    diagnostics.iter().map(line).collect()
}

/// The folders by the id of their rule.
fn folders() -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let folders = entries.filter(|path| path.is_dir());
    folders.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

#[test]
fn every_rule_has_a_folder_or_a_reason_not_to() {
    let rules: BTreeSet<&str> = tidings::rules()
        .map(|rule| rule.id)
        .filter(|id| !OTHER_ROOMS.iter().any(|room| id.starts_with(room)))
        .collect();
    let folders = folders();
    let known: BTreeSet<&str> =
        folders.keys().map(String::as_str).chain(ELSEWHERE.iter().map(|(rule, _)| *rule)).collect();
    assert_eq!(rules.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "rules without a folder");
    assert_eq!(known.difference(&rules).collect::<Vec<_>>(), Vec::<&&str>::new(), "folders without a rule");
}

/// Advice and unused components aside, nothing but the rule itself is said of either document.
#[test]
fn rules_are_kept_by_one_document_and_broken_by_the_other() {
    for (rule, folder) in folders() {
        for (name, expected) in [("pass.yaml", false), ("fail.yaml", true)] {
            let said = said(&folder.join(name));
            assert_eq!(said.iter().any(|(_, code, _)| *code == rule), expected, "{rule}/{name}: {said:?}");
            let others: Vec<_> =
                said.iter().filter(|(severity, code, _)| *severity <= Severity::Warning && *code != rule).collect();
            assert!(others.is_empty(), "{rule}/{name}: {others:?}");
        }
    }
}

#[test]
fn what_all_rules_say_of_all_documents_is_known() {
    let mut text = String::new();
    for (rule, folder) in folders() {
        for name in ["pass.yaml", "fail.yaml"] {
            writeln!(text, "{rule}/{name}").unwrap();
            for (_, _, line) in said(&folder.join(name)) {
                writeln!(text, "  {line}").unwrap();
            }
        }
    }
    let path = folder().join("said.txt");
    if std::env::var_os("TIDINGS_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap_or_default(), "see `TIDINGS_BLESS=1 cargo test`");
}

#[test]
fn every_official_rule_has_rules_of_ours() {
    let ids: BTreeSet<&str> = tidings::rules().map(|rule| rule.id).collect();
    let official: BTreeSet<&str> = tidings::lint::OFFICIAL.iter().map(|(official, _)| *official).collect();
    assert_eq!((official.len(), tidings::lint::OFFICIAL.len()), (42, 42));
    for (official, ours) in tidings::lint::OFFICIAL {
        assert!(!ours.is_empty() || *official == "asyncapi-internal", "{official}");
        let here = |id: &&str| ids.contains(id) || OTHER_ROOMS.iter().any(|room| id.starts_with(room));
        assert!(ours.iter().all(here), "{official}: {ours:?}");
    }
}
