//! `tidings diff`: whom does the next version of a document hurt?

use crate::configuration::{Choice, Configuration};
use crate::input::{self, Input, Opener};
use crate::{Outcome, documents, history, terminal};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tidings::compat::{self, Api, Mode, Policy, Profile, Report, Settings, Waiver};
use tidings::config::{Compatibility, Date};
use tidings::document::Document;
use tidings::reference::Files;
use tidings::source::{github, sarif};

/// Says what a new version of a document breaks for those who work by the old one
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings diff released.yaml asyncapi.yaml
  tidings diff --format json v1.yaml v2.yaml next.yaml
  tidings diff --against git:origin/main asyncapi.yaml
  tidings diff --mode full-transitive --profile open-world v1.yaml v2.yaml next.yaml
  tidings diff --fail-on unknown --format markdown released/ documents/

With --mode backward, forward or full only the last OLD counts; with -transitive, and with auto, every OLD does.
Two folders are compared document by document, by the name of the file.

Exit status: 0 nothing breaks, 1 something breaks or a document is invalid, 2 a file that cannot be read or bad usage.")]
pub struct Arguments {
    /// The earlier versions, the oldest first, and last the new one
    #[arg(required = true, value_names = ["OLD", "NEW"])]
    files: Vec<PathBuf>,
    /// Compares with the same file at a revision, as `git:origin/main`
    #[arg(long, value_name = "git:REV")]
    against: Option<String>,
    /// Whether old values must be new ones (backward), new ones old ones (forward), or what each operation says (auto)
    #[arg(long, value_parser = PossibleValuesParser::new(Mode::ALL.map(|(name, _)| name)))]
    mode: Option<String>,
    /// What is taken for granted about schemas
    #[arg(long, value_parser = PossibleValuesParser::new(Profile::ALL.map(|(_, name)| name)))]
    profile: Option<String>,
    /// Something that is known and the document does not say; may be given several times
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Policy::ALL.map(|(_, name)| name)))]
    policy: Vec<String>,
    /// How the changes are shown, on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// What makes the exit status 1
    #[arg(long, value_enum, default_value_t = FailOn::Breaking)]
    fail_on: FailOn,
    /// A folder that references may lead into, besides the document's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
    #[command(flatten)]
    config: Choice,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
    Sarif,
    Github,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// A change that breaks somebody
    Breaking,
    /// Also one that could not be decided
    Unknown,
    /// Nothing
    Never,
}

/// The versions of one document: the oldest first, the new one last; with what stays if a side is missing.
type Versions = Vec<PathBuf>;

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    // Past versions are laid out in a folder that goes away with this.
    let mut past = None;
    let mut paths = arguments.files.clone();
    if let Some(revision) = &arguments.against {
        let [new] = paths.as_slice() else {
            terminal::say("error: --against takes one document, which is the new one");
            return Outcome::Failed;
        };
        match history::checkout(revision, new) {
            Ok(checkout) => {
                paths.insert(0, checkout.document.clone());
                past = Some(checkout);
            }
            Err(message) => {
                terminal::say(&format!("error: --against {revision}: {message}"));
                return Outcome::Failed;
            }
        }
    }
    if paths.len() < 2 {
        terminal::say("error: at least two documents are compared: OLD and NEW, or NEW with --against");
        return Outcome::Failed;
    }
    let mut roots = arguments.allow_root.clone();
    roots.extend(past.iter().map(|checkout| checkout.root().to_path_buf()));
    let opener = Opener::new(&roots, Configuration::new(&arguments.config), None);
    let sets = match document_sets(&paths, &opener.configuration) {
        Ok(sets) => sets,
        Err(message) => {
            terminal::say(&format!("error: {message}"));
            return Outcome::Failed;
        }
    };
    let mut report: Option<Report> = None;
    for versions in sets {
        match compare(&versions, arguments, &opener) {
            Ok(one) => match &mut report {
                Some(report) => report.merge(one),
                None => report = Some(one),
            },
            Err(outcome) => return outcome,
        }
    }
    let Some(mut report) = report else { return Outcome::Failed };
    if let Some(checkout) = &past {
        report.changes.iter_mut().filter_map(|change| change.old.as_mut()).for_each(|place| {
            place.file = checkout.shown(&place.file);
        });
    }
    show(&report, arguments)
}

fn show(report: &Report, arguments: &Arguments) -> Outcome {
    let text = match arguments.format {
        Format::Text => compat::text(report),
        Format::Markdown => compat::markdown(report),
        Format::Sarif => sarif(&compat::findings(report)),
        Format::Github => github(&compat::findings(report)),
        Format::Json => serde_json::to_string_pretty(report).unwrap_or_default() + "\n",
    };
    if !terminal::print(&text) {
        return Outcome::Failed;
    }
    let worst = match arguments.fail_on {
        FailOn::Never => None,
        FailOn::Breaking => Some(compat::Outcome::Breaking),
        FailOn::Unknown => Some(compat::Outcome::Unknown),
    };
    match worst {
        Some(worst) if report.verdict >= worst => Outcome::Wrong,
        _ => {
            if report.verdict == compat::Outcome::Unknown {
                terminal::say("warning: not every change could be decided");
            }
            Outcome::Done
        }
    }
}

fn compare(versions: &Versions, arguments: &Arguments, opener: &Opener) -> Result<Report, Outcome> {
    // What is decided about changes stands where the new document is.
    let config = opener.configuration.config().ok_or(Outcome::Failed)?;
    let (mode, settings) = settings(arguments, config.compatibility());
    let read = versions.iter().map(|path| read(path, opener)).collect::<Result<Vec<_>, _>>()?;
    let mut apis: Vec<Api<'_>> = read.iter().map(|(files, document)| Api { files, document }).collect();
    let new = apis.pop().ok_or(Outcome::Failed)?;
    compat::diff_all(&apis, new, mode, &settings).ok_or(Outcome::Failed)
}

/// What the user chose, and what the configuration says where they chose nothing.
fn settings(arguments: &Arguments, decided: &Compatibility) -> (Mode, Settings) {
    let mode = arguments.mode.as_ref().or(decided.mode.as_ref().map(|name| name.get_ref()));
    let profile = arguments.profile.as_ref().or(decided.profile.as_ref().map(|name| name.get_ref()));
    let day = |date: &Date| format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
    let waivers = decided.waivers.iter().map(|waiver| Waiver {
        rule: waiver.rule.get_ref().clone(),
        channel: waiver.channel.clone(),
        path: waiver.path.clone(),
        until: waiver.until.as_ref().map(day),
        reason: waiver.reason.get_ref().clone(),
    });
    let settings = Settings {
        profile: profile.and_then(|name| Profile::parse(name)).unwrap_or_default(),
        policies: arguments.policy.iter().filter_map(|name| Policy::parse(name)).collect(),
        waivers: waivers.collect(),
        today: Some(Timestamp::now().to_zoned(TimeZone::UTC).date().to_string()),
        ..Settings::default()
    };
    (mode.and_then(|name| Mode::parse(name)).unwrap_or_default(), settings)
}

/// The documents to compare: the paths themselves, or what stands in folders under the same name.
fn document_sets(paths: &[PathBuf], configuration: &Configuration) -> Result<Vec<Versions>, String> {
    if !paths.iter().any(|path| path.is_dir()) {
        return Ok(vec![paths.to_vec()]);
    }
    if let Some(file) = paths.iter().find(|path| !path.is_dir()) {
        return Err(format!("{} is no folder: folders are compared with folders", file.display()));
    }
    let mut sets: BTreeMap<PathBuf, Versions> = BTreeMap::new();
    for folder in paths {
        for file in documents::find(std::slice::from_ref(folder), configuration)?.files {
            let name = file.strip_prefix(folder).unwrap_or(&file).to_path_buf();
            sets.entry(name).or_default().push(file);
        }
    }
    let mut alone = Vec::new();
    sets.retain(|name, versions| {
        let complete = versions.len() == paths.len();
        alone.extend((!complete).then(|| name.display().to_string()));
        complete
    });
    for name in &alone {
        terminal::say(&format!("warning: {name} is not in every folder, and was not compared"));
    }
    if sets.is_empty() { Err("no document is in every folder".to_owned()) } else { Ok(sets.into_values().collect()) }
}

/// Reads and checks a document; what is wrong with it was said.
pub fn read(path: &Path, opener: &Opener) -> Result<(Files, Document), Outcome> {
    let mut input: Input = opener.open(path).ok_or(Outcome::Failed)?;
    let document = tidings::read(&mut input.files, input.root, &mut input.diagnostics);
    match document {
        Some(document) => Ok((input.files, document)),
        None => {
            input.diagnostics.sort();
            input::show(&input.diagnostics, input.files.sources());
            Err(Outcome::Wrong)
        }
    }
}
