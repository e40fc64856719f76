//! Findings as workflow commands of GitHub Actions, which shows them beside the lines of a pull request.

use super::Severity;
use super::finding::Finding;

/// One line for each finding.
pub fn github(findings: &[Finding]) -> String {
    findings.iter().map(line).collect()
}

/// `::error file=..,line=..,title=..::message`
fn line(finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info | Severity::Hint => "notice",
    };
    let mut properties = Vec::new();
    if let Some(region) = &finding.region {
        properties.push(("file", region.file.clone()));
        properties.push(("line", region.start.line.to_string()));
        if let Some(end) = region.end {
            properties.push(("endLine", end.line.to_string()));
            // Columns are refused for places of several lines.
            if end.line == region.start.line {
                properties.push(("col", region.start.column.to_string()));
                properties.push(("endColumn", end.column.to_string()));
            }
        }
    }
    properties.push(("title", finding.rule.to_owned()));
    let properties: Vec<String> =
        properties.into_iter().map(|(name, value)| format!("{name}={}", property(&value))).collect();
    let help = finding.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("::{command} {}::{}\n", properties.join(","), message(&format!("{}{help}", finding.message)))
}

/// No text ends the line, or it could begin a command of its own.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
