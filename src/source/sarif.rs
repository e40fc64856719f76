//! Findings as SARIF 2.1.0, which code scanning services and editors read.

use super::finding::{Finding, Region};
use super::{Position, Severity};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// What stays as it is in the path of a URI (RFC 3986, section 3.3); a colon does not, since the first segment of a
/// relative reference has none.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@')
    .remove(b'+')
    .remove(b',')
    .remove(b'=');

/// The report on one run, indented. Rules are listed in the order in which they are first broken.
pub fn sarif(findings: &[Finding]) -> String {
    let mut rules: Vec<&Finding> = Vec::new();
    let mut results = Vec::new();
    for finding in findings {
        let index = rules.iter().position(|known| known.rule == finding.rule).unwrap_or_else(|| {
            rules.push(finding);
            rules.len() - 1
        });
        results.push(result(finding, index));
    }
    let driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "rules": rules.into_iter().map(rule).collect::<Vec<_>>(),
    });
    let report = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    });
    format!("{report:#}\n")
}

/// The words of SARIF, section 3.27.10.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Hint => "note",
    }
}

/// An object of the members that there are.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let members = members.into_iter().filter_map(|(key, value)| value.map(|value| (key.to_owned(), value)));
    Value::Object(members.collect())
}

fn text(text: &str) -> Value {
    json!({ "text": text })
}

fn rule(finding: &Finding) -> Value {
    object([
        ("id", Some(finding.rule.into())),
        ("shortDescription", Some(text(finding.sentence))),
        ("helpUri", (!finding.link.is_empty()).then(|| finding.link.into())),
    ])
}

fn result(finding: &Finding, rule: usize) -> Value {
    let message = match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    let place = finding.region.as_ref().map(|region| json!([location(region, &finding.pointer, None)]));
    let related = finding.related.iter().map(|(region, message)| location(region, "", Some(message.as_str())));
    object([
        ("ruleId", Some(finding.rule.into())),
        ("ruleIndex", Some(rule.into())),
        ("level", Some(level(finding.severity).into())),
        ("message", Some(text(&message))),
        ("locations", place),
        ("relatedLocations", (!finding.related.is_empty()).then(|| related.collect())),
        ("properties", (!finding.properties.is_empty()).then(|| finding.properties.clone().into())),
    ])
}

fn location(region: &Region, pointer: &str, message: Option<&str>) -> Value {
    let Position { line, column } = region.start;
    let lines = object([
        ("startLine", Some(line.into())),
        ("startColumn", Some(column.into())),
        ("endLine", region.end.map(|end| end.line.into())),
        ("endColumn", region.end.map(|end| end.column.into())),
    ]);
    object([
        ("physicalLocation", Some(json!({ "artifactLocation": { "uri": uri(&region.file) }, "region": lines }))),
        ("logicalLocations", (!pointer.is_empty()).then(|| json!([{ "fullyQualifiedName": pointer }]))),
        ("message", message.map(text)),
    ])
}

/// A file as a URI reference: relative names stay relative, and what was fetched is named by its URL.
fn uri(file: &str) -> String {
    if file.starts_with("https://") || file.starts_with("http://") {
        return file.to_owned();
    }
    let path = utf8_percent_encode(file, PATH).to_string();
    if file.starts_with('/') { format!("file://{path}") } else { path }
}
