//! Findings as SARIF 2.1.0, which code scanning services and editors read.

use super::finding::{Finding, Region};
use super::{Position, Severity};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

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

fn rule(finding: &Finding) -> Value {
    let mut rule = json!({ "id": finding.rule, "shortDescription": { "text": finding.sentence } });
    if !finding.link.is_empty() {
        rule["helpUri"] = finding.link.into();
    }
    rule
}

fn result(finding: &Finding, rule: usize) -> Value {
    let text = match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": { "text": text },
    });
    if let Some(region) = &finding.region {
        let mut place = location(region);
        if !finding.pointer.is_empty() {
            place["logicalLocations"] = json!([{ "fullyQualifiedName": finding.pointer }]);
        }
        result["locations"] = json!([place]);
    }
    if !finding.related.is_empty() {
        let related = finding.related.iter().map(|(region, message)| {
            let mut place = location(region);
            place["message"] = json!({ "text": message });
            place
        });
        result["relatedLocations"] = related.collect();
    }
    if !finding.properties.is_empty() {
        result["properties"] = Value::Object(finding.properties.clone());
    }
    result
}

fn location(region: &Region) -> Value {
    let Position { line, column } = region.start;
    let mut lines = Map::from_iter([("startLine".to_owned(), line.into()), ("startColumn".to_owned(), column.into())]);
    if let Some(end) = region.end {
        lines.extend([("endLine".to_owned(), end.line.into()), ("endColumn".to_owned(), end.column.into())]);
    }
    json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&region.file) }, "region": lines } })
}

/// A file as a URI reference: relative names stay relative, and what was fetched is named by its URL.
fn uri(file: &str) -> String {
    if file.starts_with("https://") || file.starts_with("http://") {
        return file.to_owned();
    }
    let path = utf8_percent_encode(file, PATH).to_string();
    if file.starts_with('/') { format!("file://{path}") } else { path }
}
