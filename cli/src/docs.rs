//! `tidings docs`: a site that says what a document means to whoever talks to its application.

use crate::input::Input;
use crate::watch::Watched;
use crate::{Outcome, input, serve, terminal};
use clap::Args;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tidings::compat::{self, Api, Effect, Party};
use tidings::docs::{self, Changes, Settings, Snippet, Subject, Template};
use tidings::document::{Action, Document, SchemaUse};
use tidings::reference::Files;
use tidings::schema::inclusion::{self, Side};
use tidings::schema::values::Judge;
use tidings::syntax::NodeId;
use tidings::{Role, names, output, rust};

/// Makes documentation of documents: pages that read without script and load nothing from outside
#[derive(Args, Clone)]
#[command(after_help = "\
Examples:
  tidings docs asyncapi.yaml -o site                    # site/index.html and its style sheet
  tidings docs asyncapi.yaml -o site --single-file      # site/index.html alone
  tidings docs services/*/asyncapi.yaml -o site         # one page each, and an index
  tidings docs asyncapi.yaml -o site --against released.yaml    # and a page of what has changed
  tidings docs asyncapi.yaml --serve                    # shows it, and follows every change
  tidings docs asyncapi.yaml -o site --templates theme  # theme/theme.css, logo.html and footer.html add to ours,
                                                        # theme/page.html, parts.html, style.css take their place

An invalid document still gives a page, which says what is wrong.

Exit status: 0 done, 1 a document is invalid, 2 bad usage or a file that cannot be read or written.")]
pub struct Arguments {
    /// The documents, YAML or JSON
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The folder that is written to
    #[arg(short, long, value_name = "DIR", required_unless_present = "serve")]
    output: Option<PathBuf>,
    /// An earlier version of the document: adds a page of what has changed since, and whom that hurts
    #[arg(long, value_name = "OLD")]
    against: Option<PathBuf>,
    /// Serves the site on this machine, and makes it anew whenever a document changes
    #[arg(long)]
    serve: bool,
    /// The port to serve at; 0 for any that is free
    #[arg(long, default_value_t = 4380, requires = "serve")]
    port: u16,
    /// Puts style sheet and script into each page
    #[arg(long)]
    single_file: bool,
    /// A folder with templates that take the place of ours, by name
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// A folder that references may lead into, besides the document's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    if arguments.against.is_some() && arguments.files.len() != 1 {
        terminal::say("error: --against compares one document with an earlier version of it");
        return Outcome::Failed;
    }
    if arguments.serve {
        let arguments = arguments.clone();
        return serve::run(arguments.port, move || {
            let mut watched = Watched { files: arguments.files.clone(), folders: Vec::new() };
            watched.folders.extend(arguments.templates.clone());
            let made =
                make(&arguments, &mut watched.files).map_err(|message| terminal::say(&format!("error: {message}")));
            serve::Round { files: made.ok().map(|(files, _)| files), watched }
        });
    }
    make(arguments, &mut Vec::new()).map(|(_, outcome)| outcome).unwrap_or_else(|message| {
        terminal::say(&format!("error: {message}"));
        Outcome::Failed
    })
}

/// The files of the site, written if that was asked for; those that it was made of are added to `watched`. `Err` is for
/// what is no fault of a document.
fn make(arguments: &Arguments, watched: &mut Vec<PathBuf>) -> Result<(Vec<(PathBuf, String)>, Outcome), String> {
    let mut read = Vec::new();
    for path in &arguments.files {
        let mut input = input::open(path, &arguments.allow_root).ok_or("nothing was made")?;
        let document = tidings::read_with_errors(&mut input.files, input.root, &mut input.diagnostics);
        input.diagnostics.sort();
        input::show(&input.diagnostics, input.files.sources());
        watched.extend(input.files.paths().map(Path::to_path_buf));
        read.push((input, document));
    }
    let changes = match (&arguments.against, read.first()) {
        (Some(old), Some((input, Some(document)))) if !input.diagnostics.has_errors() => {
            Some(changes(old, &arguments.allow_root, Api { files: &input.files, document })?)
        }
        _ => None,
    };
    let code: Vec<Vec<Snippet>> = read.iter().map(|(input, document)| snippets(input, document.as_ref())).collect();
    let judges: Vec<_> = read.iter().map(|(input, _)| (judge(&input.files), searcher(&input.files))).collect();
    let subjects: Vec<Subject<'_>> = read
        .iter()
        .zip(&judges)
        .zip(&code)
        .map(|(((input, document), (judge, search)), snippets)| Subject {
            judge: Some(judge),
            searcher: Some(search),
            snippets,
            changes: changes.as_ref(),
            ..Subject::new(&input.files, input.root, document.as_ref(), &input.diagnostics)
        })
        .collect();
    let templates = arguments.templates.as_deref().map(templates).transpose()?.unwrap_or_default();
    let settings = Settings { single_file: arguments.single_file, live: arguments.serve, templates };
    let files = docs::render(docs::pages(&subjects), &settings).map_err(|error| error.to_string())?;
    if let Some(folder) = &arguments.output {
        output::write(folder, &files).map_err(|(path, error)| format!("{}: {error}", path.display()))?;
        for (path, _) in &files {
            terminal::say(&format!("wrote {}", folder.join(path).display()));
        }
    }
    let wrong = read.iter().any(|(input, _)| input.diagnostics.has_errors());
    Ok((files, if wrong { Outcome::Wrong } else { Outcome::Done }))
}

/// What changed since an earlier version.
fn changes(old: &Path, allowed_roots: &[PathBuf], new: Api<'_>) -> Result<Changes, String> {
    let refused = || format!("--against {}: it cannot be compared with", old.display());
    let mut input = input::open(old, allowed_roots).ok_or_else(refused)?;
    let document = tidings::read(&mut input.files, input.root, &mut input.diagnostics).ok_or_else(refused)?;
    let report = compat::diff(Api { files: &input.files, document: &document }, new);
    // A page names no folder, which is nobody's business but the author's.
    let place = |place: compat::Place| {
        let file = place.file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        format!("{file}:{}", place.line)
    };
    let effect = |effect: Effect| match effect {
        Effect::Safe => "safe",
        Effect::Note => "note",
        Effect::Unknown => "unknown",
        Effect::Breaking => "breaking",
    };
    let party = |party: &Party| match party {
        Party::Producers => "producers",
        Party::Consumers => "consumers",
    };
    let list = report.changes.into_iter().map(|change| docs::Change {
        effect: effect(change.effect),
        hurts: change.hurts.iter().map(party).collect(),
        rule: change.rule.to_string(),
        text: change.text,
        channel: change.channel,
        operation: change.operation,
        old: change.old.map(place),
        new: change.new.map(place),
        witness: change.witness,
    });
    Ok(Changes { since: document.api_version.clone(), list: list.collect() })
}

/// How the generated code of a valid document is used, named as in the crate that `generate` makes of it.
fn snippets(input: &Input, document: Option<&Document>) -> Vec<Snippet> {
    let Some(document) = document.filter(|_| !input.diagnostics.has_errors()) else { return Vec::new() };
    let module = names::value_name(&document.title);
    let snippets = rust::snippets(&input.files, document, Role::Both, &module);
    let actions: HashMap<&String, Action> = document.operations.iter().map(|one| (&one.key, one.action)).collect();
    let mut shown: Vec<(bool, Snippet)> = Vec::new();
    for rust::Snippet { operation, action, text } in snippets {
        // A reader is at the other end of what the application does.
        let is_readers = actions.get(&operation) != Some(&action);
        let title = match action {
            Action::Send => "Send it in Rust",
            Action::Receive => "Receive it in Rust",
        };
        let whose = if is_readers { "" } else { ", as the application does" };
        shown.push((!is_readers, Snippet { title: format!("{title}{whose}"), operation, text }));
    }
    shown.sort_by_key(|(last, _)| *last);
    shown.into_iter().map(|(_, snippet)| snippet).collect()
}

/// Looks at examples and samples by the schema that they are for; each schema is prepared once.
fn judge(files: &Files) -> impl Fn(&SchemaUse, &Value) -> Option<Vec<String>> {
    let prepared: RefCell<HashMap<NodeId, Option<Judge>>> = RefCell::default();
    move |used, value| {
        let mut prepared = prepared.borrow_mut();
        let judge = prepared.entry(used.node).or_insert_with(|| Judge::of(files, used).ok());
        judge.as_ref().map(|judge| judge.sentences(value))
    }
}

/// Searches for a value that a schema accepts.
fn searcher(files: &Files) -> impl Fn(&SchemaUse) -> Option<Value> {
    move |used| {
        let side = Side::schema(files, used.node, used.format.clone(), None);
        inclusion::samples(&side, 1, 0).ok()?.into_iter().next()
    }
}

/// The templates directly in a folder, in order of name.
fn templates(folder: &Path) -> Result<Vec<Template>, String> {
    let failed = |path: &Path, error: std::io::Error| format!("--templates: {}: {error}", path.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        let is_template =
            path.extension().is_some_and(|extension| ["html", "css", "js"].iter().any(|known| extension == *known));
        if let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|_| is_template) {
            let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
            found.push(Template { name: name.to_owned(), text });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}
