//! `tidings docs`: a site that says what a document means to whoever talks to its application.

use crate::input::Input;
use crate::{Outcome, input, terminal};
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tidings::docs::{self, Settings, Snippet, Subject, Template};
use tidings::document::{Action, Document, SchemaUse};
use tidings::reference::Files;
use tidings::schema::inclusion::{self, Side};
use tidings::{Role, names, output, rust};

/// Makes documentation of documents: pages that read without script and load nothing from outside
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings docs asyncapi.yaml -o site                    # site/index.html and its style sheet
  tidings docs asyncapi.yaml -o site --single-file      # site/index.html alone
  tidings docs services/*/asyncapi.yaml -o site         # one page each, and an index
  tidings docs asyncapi.yaml -o site --templates theme  # theme/page.html, parts.html, style.css replace ours

An invalid document still gives a page, which says what is wrong.

Exit status: 0 done, 1 a document is invalid, 2 bad usage or a file that cannot be read or written.")]
pub struct Arguments {
    /// The documents, YAML or JSON
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The folder that is written to
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Puts the style sheet into each page
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
    make(arguments).unwrap_or_else(|message| {
        terminal::say(&format!("error: {message}"));
        Outcome::Failed
    })
}

/// `Err` is for what is no fault of a document.
fn make(arguments: &Arguments) -> Result<Outcome, String> {
    let mut read = Vec::new();
    for path in &arguments.files {
        let Some(mut input) = input::open(path, &arguments.allow_root) else { return Ok(Outcome::Failed) };
        let document = tidings::read_with_errors(&mut input.files, input.root, &mut input.diagnostics);
        input.diagnostics.sort();
        input::show(&input.diagnostics, input.files.sources());
        read.push((input, document));
    }
    let code: Vec<Vec<Snippet>> = read.iter().map(|(input, document)| snippets(input, document.as_ref())).collect();
    let judges: Vec<_> = read.iter().map(|(input, _)| judge(&input.files)).collect();
    let subjects: Vec<Subject<'_>> = read
        .iter()
        .zip(&judges)
        .zip(&code)
        .map(|(((input, document), judge), snippets)| Subject {
            judge: Some(judge),
            snippets,
            ..Subject::new(&input.files, input.root, document.as_ref(), &input.diagnostics)
        })
        .collect();
    let templates = arguments.templates.as_deref().map(templates).transpose()?.unwrap_or_default();
    let settings = Settings { single_file: arguments.single_file, templates };
    let files = docs::render(docs::pages(&subjects), &settings).map_err(|error| error.to_string())?;
    output::write(&arguments.output, &files).map_err(|(path, error)| format!("{}: {error}", path.display()))?;
    for (path, _) in &files {
        terminal::say(&format!("wrote {}", arguments.output.join(path).display()));
    }
    let wrong = read.iter().any(|(input, _)| input.diagnostics.has_errors());
    Ok(if wrong { Outcome::Wrong } else { Outcome::Done })
}

/// How the generated code of a valid document is used, named as in the crate that `generate` makes of it.
fn snippets(input: &Input, document: Option<&Document>) -> Vec<Snippet> {
    let Some(document) = document.filter(|_| !input.diagnostics.has_errors()) else { return Vec::new() };
    let module = names::value_name(&document.title);
    let snippets = rust::snippets(&input.files, document, Role::Both, &module);
    let title = |action: Action| match action {
        Action::Send => "Rust that sends",
        Action::Receive => "Rust that receives",
    };
    let shown = |snippet: rust::Snippet| Snippet {
        title: title(snippet.action).to_owned(),
        operation: snippet.operation,
        text: snippet.text,
    };
    snippets.into_iter().map(shown).collect()
}

/// Looks at examples and samples by the schema that they are for.
fn judge(files: &Files) -> impl Fn(&SchemaUse, &Value) -> Option<Vec<String>> {
    move |used, value| {
        let side = Side::schema(files, used.node, used.format.clone(), None);
        inclusion::faults(&side, value)
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
