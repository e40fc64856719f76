//! `tidings.toml`: what an organisation has decided about its documents.
//!
//! In: the text of a `tidings.toml`. Out: a [`Config`], which sets severities, silences findings at places that are known
//! and excused, and adds the organisation's own rules to ours; waivers and the choices of other rooms are handed on to
//! them. A fault in the file is a diagnostic with line and column like any other.

mod apply;
mod custom;
mod file;

pub use file::{Compatibility, ConfigFile, Date, Generate, Level, Library, Side, Waiver};

use crate::reference::closest;
use crate::source::{Diagnostic, Diagnostics, Rule, Severity, SourceId, Sources, Span};
use custom::CustomRule;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name of the file.
pub const FILE_NAME: &str = "tidings.toml";

const MANUAL: &str = "https://toml.io/en/v1.0.0";

/// What can be wrong with a `tidings.toml`.
pub static RULES: &[&Rule] = &[&CONFIGURATION, &UNKNOWN_RULE];

/// Not TOML, or not what `tidings.toml` may say.
pub static CONFIGURATION: Rule = Rule {
    id: "config-invalid",
    severity: Severity::Error,
    sentence: "The file `tidings.toml` is TOML and has the keys and values of its schema.",
    link: MANUAL,
};

/// The id of no rule.
pub static UNKNOWN_RULE: Rule = Rule {
    id: "config-unknown-rule",
    severity: Severity::Error,
    sentence: "Settings in `tidings.toml` name rules that exist.",
    link: MANUAL,
};

/// What an organisation has decided; the default decides nothing.
#[derive(Debug, Default)]
pub struct Config {
    severities: BTreeMap<String, Level>,
    ignored: Vec<Ignored>,
    rules: Vec<CustomRule>,
    exclude: Vec<glob::Pattern>,
    /// The folder of the file: paths in it are meant from there.
    folder: PathBuf,
    allow_roots: Vec<PathBuf>,
    compatibility: Compatibility,
    generate: Generate,
}

/// What the other rooms know, for settings to name.
#[derive(Debug)]
pub struct Known {
    /// Ids of the rules for documents.
    pub rules: Vec<&'static str>,
    /// Ids of the rules for changes.
    pub changes: Vec<&'static str>,
    /// Which directions of compatibility may be asked for.
    pub modes: Vec<&'static str>,
    /// By whose rules changes may be judged.
    pub profiles: Vec<&'static str>,
}

/// Findings that are known and excused.
#[derive(Debug)]
struct Ignored {
    rule: Option<String>,
    path: glob::Pattern,
    file: Option<glob::Pattern>,
}

impl Config {
    /// Reads the text of a source that lies in `folder`. `known` is what settings may name. What is
    /// wrong is among `diagnostics`; `None` when that is an error.
    pub fn read(
        sources: &Sources,
        source: SourceId,
        folder: &Path,
        known: Known,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let text = sources.get(source)?.text();
        let file: ConfigFile = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                let message = error.message().trim().replace('\n', ", ");
                let help = meant(&message);
                let mut fault = Diagnostic::new(&CONFIGURATION, Span::new(source, span.start, span.end), message);
                fault.help = help;
                diagnostics.push(fault);
                return None;
            }
        };
        let mut reading = Reading { source, diagnostics, failed: false };
        let Known { rules: mut ids, changes, modes, profiles } = known;
        let rules: Vec<CustomRule> =
            file.rules.iter().filter_map(|rule| custom::compile(rule, &mut ids, &mut reading)).collect();
        ids.extend(rules.iter().map(|rule| rule.rule.id));
        let mut severities = BTreeMap::new();
        for (id, level) in &file.severity {
            reading.known(id, &ids);
            severities.insert(id.get_ref().clone(), *level);
        }
        let mut ignored = Vec::new();
        for entry in &file.ignore {
            if let Some(rule) = &entry.rule {
                reading.known(rule, &ids);
            }
            let file = entry.file.as_ref().map(|file| reading.glob(file));
            if let (Some(path), false) = (reading.glob(&entry.path), matches!(file, Some(None))) {
                let rule = entry.rule.as_ref().map(|rule| rule.get_ref().clone());
                ignored.push(Ignored { rule, path, file: file.flatten() });
            }
        }
        let exclude = file.files.exclude.iter().filter_map(|pattern| reading.glob(pattern)).collect();
        for waiver in &file.compatibility.waivers {
            reading.known(&waiver.rule, &changes);
            if waiver.reason.get_ref().trim().is_empty() {
                reading.fault(waiver.reason.span(), "a waiver needs a reason".to_owned(), None);
            }
        }
        let choices = [("mode", &file.compatibility.mode, modes), ("profile", &file.compatibility.profile, profiles)];
        for (what, chosen, names) in choices {
            if let Some(name) = chosen.as_ref().filter(|name| !names.contains(&name.get_ref().as_str())) {
                let message = format!("there is no {what} `{}`", name.get_ref());
                reading.fault(name.span(), message, Some(format!("known are {}", names.join(", "))));
            }
        }
        if reading.failed {
            return None;
        }
        let allow_roots = file.files.allow_roots.iter().map(|root| folder.join(root)).collect();
        let ConfigFile { compatibility, generate, .. } = file;
        let folder = folder.to_path_buf();
        Some(Self { severities, ignored, rules, exclude, folder, allow_roots, compatibility, generate })
    }

    /// Folders that references may lead into, besides those allowed elsewhere.
    pub fn allow_roots(&self) -> &[PathBuf] {
        &self.allow_roots
    }

    /// Does it give a rule a severity?
    pub fn sets(&self, rule: &Rule) -> bool {
        self.severities.contains_key(rule.id)
    }

    /// Is this file left out when a folder or a pattern is searched for documents?
    pub fn excludes(&self, path: &Path) -> bool {
        let relative = path.strip_prefix(&self.folder).unwrap_or(path);
        self.exclude.iter().any(|pattern| pattern.matches_path_with(relative, LITERAL_SEPARATORS))
    }

    /// How Rust is generated.
    pub fn generate(&self) -> &Generate {
        &self.generate
    }

    /// What is decided about changes between versions of a document.
    pub fn compatibility(&self) -> &Compatibility {
        &self.compatibility
    }
}

/// The word that was meant where serde found none of those it knows: it names all of them, after the one it met.
fn meant(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (met, known) = (quoted.next()?, quoted.collect::<Vec<_>>());
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let close = closest(met, known).filter(|_| unknown)?;
    Some(format!("did you mean `{close}`?"))
}

/// `*` and `?` do not reach over a `/`; `**` does.
const LITERAL_SEPARATORS: glob::MatchOptions =
    glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// The file that holds for whoever works in a folder: the nearest one in it or above. `folder` is absolute.
pub fn find(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
}

/// What reading shares.
struct Reading<'d> {
    source: SourceId,
    diagnostics: &'d mut Diagnostics,
    failed: bool,
}

impl Reading<'_> {
    fn report(&mut self, rule: &'static Rule, span: std::ops::Range<usize>, message: String, help: Option<String>) {
        let mut diagnostic = Diagnostic::new(rule, Span::new(self.source, span.start, span.end), message);
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
        self.failed = true;
    }

    fn fault(&mut self, span: std::ops::Range<usize>, message: String, help: Option<String>) {
        self.report(&CONFIGURATION, span, message, help);
    }

    /// Diagnoses the id of no rule.
    fn known(&mut self, id: &toml::Spanned<String>, ids: &[&str]) {
        let name = id.get_ref();
        if !ids.contains(&name.as_str()) {
            let help = closest(name, ids.iter().copied()).map(|close| format!("did you mean `{close}`?"));
            let help = help.unwrap_or_else(|| "`tidings explain --list` names all rules".to_owned());
            self.report(&UNKNOWN_RULE, id.span(), format!("there is no rule `{name}`"), Some(help));
        }
    }

    fn glob(&mut self, pattern: &toml::Spanned<String>) -> Option<glob::Pattern> {
        glob::Pattern::new(pattern.get_ref())
            .map_err(|error| self.fault(pattern.span(), format!("this is not a path pattern: {}", error.msg), None))
            .ok()
    }
}
