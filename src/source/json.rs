//! The JSON report of `tidings validate`: its shape is a contract, to which fields may be added.

use super::{Diagnostic, Severity, SourceId, Sources};
use serde::Serialize;

/// The whole report.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct ValidateReport {
    /// One for each document that was asked about, in that order.
    pub documents: Vec<DocumentReport>,
}

/// What is said about one document.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct DocumentReport {
    /// The file, as the user named it.
    pub file: String,
    /// Its `asyncapi` field, if there is one.
    pub asyncapi: Option<String>,
    /// No diagnostic is an error.
    pub valid: bool,
    /// Ordered by file and place.
    pub diagnostics: Vec<DiagnosticReport>,
}

/// One diagnostic; lines and columns count from 1.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticReport {
    /// Id of the rule.
    pub code: &'static str,
    /// `error`, `warning`, `info` or `hint`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// JSON pointer of the element at fault within `file`.
    pub path: String,
    /// The file at fault: the document, or one that it refers to.
    pub file: String,
    /// First line.
    pub line: usize,
    /// First column, in characters.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// Column behind the last character.
    pub end_column: usize,
    /// A way out, if we know one.
    pub help: Option<String>,
}

impl DocumentReport {
    /// The report on the document `root`.
    pub fn new<'d>(
        sources: &Sources,
        root: SourceId,
        asyncapi: Option<String>,
        diagnostics: impl IntoIterator<Item = &'d Diagnostic>,
    ) -> Self {
        let mut valid = true;
        let diagnostics = diagnostics
            .into_iter()
            .map(|diagnostic| {
                valid &= diagnostic.severity != Severity::Error;
                DiagnosticReport::new(sources, diagnostic)
            })
            .collect();
        let file = sources.get(root).map(|source| source.name().to_owned()).unwrap_or_default();
        Self { file, asyncapi, valid, diagnostics }
    }
}

impl DiagnosticReport {
    /// One diagnostic with its place spelled out.
    pub fn new(sources: &Sources, diagnostic: &Diagnostic) -> Self {
        let (start, end) = sources.range(diagnostic.span);
        Self {
            code: diagnostic.rule.id,
            severity: diagnostic.severity.as_str(),
            message: diagnostic.message.clone(),
            path: diagnostic.pointer.clone(),
            file: sources.name(diagnostic.span).to_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            help: diagnostic.help.clone(),
        }
    }
}
