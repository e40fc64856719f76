//! `tidings validate`: is a document what the specification of its version says?

use crate::configuration::{Choice, Configuration};
use crate::documents::{self, Documents};
use crate::input::{self, Input, Opener, STANDARD_INPUT};
use crate::watch::{self, Watched};
use crate::web::Web;
use crate::{Outcome, terminal};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::sync::Arc;
use tidings::reference::Fetch;
use tidings::source::{
    Diagnostic, Diagnostics, DocumentReport, Finding, Severity, ValidateReport, github, printable, sarif,
};

/// Checks documents against the AsyncAPI specification of their version
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings validate asyncapi.yaml
  tidings validate --deny-warnings services 'libs/**/asyncapi.yaml'   # a folder, a pattern
  tidings validate --format sarif asyncapi.yaml > report.sarif
  curl https://example.com/asyncapi.yaml | tidings validate -
  tidings validate --watch asyncapi.yaml                              # again after each change

Severities, exceptions and rules of your own stand in tidings.toml; `tidings explain ID` says more about a finding.

Exit status: 0 valid, 1 invalid, 2 a file that cannot be read or bad usage.")]
pub struct Arguments {
    /// The documents, YAML or JSON: files, folders, patterns, or `-` for standard input; files that they refer to are
    /// checked with them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How the findings are shown: text on standard error, or a report on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// A folder that references may lead into, besides the document's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
    #[command(flatten)]
    config: Choice,
    /// Gives advice on style and design as well; without, only the advice that tidings.toml gives a severity
    #[arg(long)]
    advice: bool,
    /// A warning, too, makes the exit status 1
    #[arg(long)]
    deny_warnings: bool,
    /// Fetches what `http` and `https` references name, from the public network
    #[arg(long)]
    online: bool,
    /// Checks again whenever a document, or a file that it refers to, changes
    #[arg(long)]
    watch: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
    Github,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    if !arguments.watch {
        return validate(arguments).0;
    }
    if arguments.files.iter().any(|file| file.as_os_str() == STANDARD_INPUT) {
        terminal::say("error: standard input cannot be watched");
        return Outcome::Failed;
    }
    let stopped = watch::run(|| {
        let (_, watched) = validate(arguments);
        if arguments.format == Format::Text {
            terminal::say("watching for changes");
        }
        watched
    });
    if let Err(error) = stopped {
        terminal::say(&format!("error: cannot watch: {error}"));
    }
    Outcome::Failed
}

/// Checks every document once; also gives what that depended on.
fn validate(arguments: &Arguments) -> (Outcome, Watched) {
    let fetcher = arguments.online.then(|| Arc::new(Web::new()) as Arc<dyn Fetch>);
    let opener = Opener::new(&arguments.allow_root, Configuration::new(&arguments.config), fetcher);
    let mut watched = Watched::default();
    let found = documents::find(&arguments.files, &opener.configuration);
    let Documents { files, folders } = match found {
        Ok(found) => found,
        Err(message) => {
            terminal::say(&format!("error: {message}"));
            watched.folders = arguments.files.iter().filter(|path| path.is_dir()).cloned().collect();
            return (Outcome::Failed, watched);
        }
    };
    let mut outcome = Outcome::Done;
    let mut shown = Shown::new(arguments.format);
    for path in &files {
        let Some(mut one) = opener.open(path) else {
            outcome = Outcome::Failed;
            continue;
        };
        check(&mut one, arguments.advice);
        let denied = arguments.deny_warnings && one.diagnostics.count(Severity::Warning) > 0;
        if denied || one.diagnostics.has_errors() {
            outcome = outcome.max(Outcome::Wrong);
        }
        shown.add(&one);
        watched.files.extend(one.files.paths().map(PathBuf::from));
    }
    watched.files.extend(files);
    watched.files.extend(opener.configuration.file());
    watched.folders = folders;
    let written = shown.finish();
    (if written { outcome } else { Outcome::Failed }, watched)
}

/// Applies our rules, then those of the configuration.
fn check(one: &mut Input, all_advice: bool) {
    if let Some(version) = tidings::check(&one.files, one.root, &mut one.diagnostics) {
        let mut advice = Diagnostics::default();
        tidings::advise(&one.files, one.root, version, &mut advice);
        let wanted = |diagnostic: &Diagnostic| all_advice || one.config.sets(diagnostic.rule);
        one.diagnostics.extend(advice.into_iter().filter(wanted));
    }
    one.config.check(&one.files, one.root, &mut one.diagnostics);
    one.diagnostics = one.config.applied(&one.files, std::mem::take(&mut one.diagnostics));
    one.diagnostics.sort();
}

/// What is shown, in the form that the user chose. Text is shown at once; reports are gathered.
enum Shown {
    Text,
    Json(Vec<DocumentReport>),
    Findings(Vec<Finding>, fn(&[Finding]) -> String),
}

impl Shown {
    fn new(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Json => Self::Json(Vec::new()),
            Format::Sarif => Self::Findings(Vec::new(), sarif),
            Format::Github => Self::Findings(Vec::new(), github),
        }
    }

    fn add(&mut self, one: &Input) {
        let sources = one.files.sources();
        match self {
            Self::Text => show(one),
            Self::Json(documents) => {
                documents.push(DocumentReport::new(sources, one.root, version(one), one.diagnostics.iter()));
            }
            Self::Findings(findings, _) => {
                findings.extend(one.diagnostics.iter().map(|diagnostic| Finding::of(sources, diagnostic)));
            }
        }
    }

    /// Writes a report; `false` when that fails, which was said.
    fn finish(self) -> bool {
        match self {
            Self::Text => true,
            Self::Findings(findings, render) => terminal::print(&render(&findings)),
            Self::Json(documents) => match serde_json::to_string_pretty(&ValidateReport { documents }) {
                Ok(text) => terminal::print(&(text + "\n")),
                Err(error) => {
                    terminal::say(&format!("error: cannot write the report: {error}"));
                    false
                }
            },
        }
    }
}

/// The field `asyncapi`, if it is text.
fn version(one: &Input) -> Option<String> {
    one.files.root(one.root)?.get_str("asyncapi").map(str::to_owned)
}

fn show(one: &Input) {
    let sources = one.files.sources();
    input::show(&one.diagnostics, sources);
    let name = printable(sources.get(one.root).map_or("", |source| source.name()));
    let said = match (one.diagnostics.has_errors(), version(one), one.diagnostics.summary()) {
        (true, _, summary) => format!("{name}: {summary}"),
        (false, version, summary) => {
            let version = version.unwrap_or_default();
            let summary = if summary.is_empty() { String::new() } else { format!(" ({summary})") };
            format!("{name}: valid AsyncAPI {version}{summary}")
        }
    };
    terminal::say(&said);
}
