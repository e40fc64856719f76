//! Payload schemas in languages of their own: for each rule a document that passes and one that fails, and where.

use std::path::{Path, PathBuf};
use tidings::reference::{Files, Policy};
use tidings::schema::formats;
use tidings::source::{DiagnosticReport, Diagnostics};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats")
}

/// `line:column code` of everything that is said of a document.
fn said(path: &Path) -> std::io::Result<Vec<String>> {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.open(path, &mut diagnostics)?;
    tidings::check(&files, source, &mut diagnostics);
    diagnostics.sort();
    let reports = diagnostics.iter().map(|diagnostic| DiagnosticReport::new(files.sources(), diagnostic));
    Ok(reports.map(|report| format!("{}:{} {}", report.line, report.column, report.code)).collect())
}

/// Where the document of each rule fails, and nowhere else.
const FAULTS: &[(&str, &str)] = &[
    ("avro-type", "17:32"),
    ("avro-undefined-name", "17:32"),
    ("avro-attribute", "17:28"),
    ("avro-name", "17:22"),
    ("avro-duplicate", "18:22"),
    ("avro-union", "17:51"),
    ("avro-default", "17:49"),
    ("avro-union-default", "17:61"),
    ("avro-logical-type", "17:60"),
    ("protobuf-not-text", "12:19"),
    ("protobuf-syntax", "16:13"),
    ("protobuf-definition", "15:15"),
    ("protobuf-import", "14:13"),
    ("protobuf-message", "13:13"),
];

#[test]
fn every_rule_has_a_document_that_passes_and_one_that_fails() -> std::io::Result<()> {
    let rules: Vec<&str> = formats::RULES.iter().copied().flatten().map(|rule| rule.id).collect();
    let known: Vec<&str> = FAULTS.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(rules, known);
    for (rule, place) in FAULTS {
        assert_eq!(said(&folder().join(rule).join("passes.yaml"))?, [""; 0], "{rule}");
        assert_eq!(said(&folder().join(rule).join("fails.yaml"))?, [format!("{place} {rule}")]);
    }
    Ok(())
}
