//! `tidings model` and `tidings render`: the model of a document, and a user's own templates over it.

use crate::{Outcome, input, terminal};
use clap::Args;
use std::path::{Path, PathBuf};
use tidings::output;
use tidings::render::{self, Model, Template};

/// Prints the model of a document as JSON: what templates of `tidings render` see
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings model asyncapi.yaml
  tidings model asyncapi.yaml | jq -r '.channels[].address'
  tidings config schema model                           # the JSON Schema of what is printed

Exit status: 0 done, 1 the document is invalid, 2 bad usage or a file that cannot be read.")]
pub struct ModelArguments {
    /// The document, YAML or JSON
    file: PathBuf,
    /// A folder that references may lead into, besides the document's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
}

/// Runs your own tera templates over the model of a document
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings render asyncapi.yaml --templates topics -o out    # topics/list.csv.tera makes out/list.csv

Every file NAME.tera below the folder of templates makes a file NAME; one whose name begins with `_` is a part of others.
`tidings model` shows what templates see.

Exit status: 0 done, 1 the document is invalid, 2 bad usage, a wrong template, or a file that cannot be read or written.")]
pub struct RenderArguments {
    /// The document, YAML or JSON
    file: PathBuf,
    /// The folder with the templates
    #[arg(long, value_name = "DIR")]
    templates: PathBuf,
    /// The folder that is written to
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// A folder that references may lead into, besides the document's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
}

/// Runs `tidings model`.
pub fn model(arguments: &ModelArguments) -> Outcome {
    let model = match read(&arguments.file, &arguments.allow_root) {
        Ok(model) => model,
        Err(outcome) => return outcome,
    };
    let text = serde_json::to_string_pretty(&model).unwrap_or_default() + "\n";
    if terminal::print(&text) { Outcome::Done } else { Outcome::Failed }
}

/// Runs `tidings render`.
pub fn run(arguments: &RenderArguments) -> Outcome {
    let model = match read(&arguments.file, &arguments.allow_root) {
        Ok(model) => model,
        Err(outcome) => return outcome,
    };
    make(arguments, &model).unwrap_or_else(|message| {
        terminal::say(&format!("error: {message}"));
        Outcome::Failed
    })
}

/// `Err` is for what is no fault of the document.
fn make(arguments: &RenderArguments, model: &Model) -> Result<Outcome, String> {
    let mut templates = Vec::new();
    collect(&arguments.templates, "", &mut templates)?;
    if templates.is_empty() {
        return Err(format!("{}: no file ends in `{}`", arguments.templates.display(), render::EXTENSION));
    }
    let files = render::render(model, &templates).map_err(|error| error.to_string())?;
    output::write(&arguments.output, &files).map_err(|(path, error)| format!("{}: {error}", path.display()))?;
    for (path, _) in &files {
        terminal::say(&format!("wrote {}", arguments.output.join(path).display()));
    }
    Ok(Outcome::Done)
}

/// The model of a valid document; what is wrong with it was said.
fn read(path: &Path, allowed_roots: &[PathBuf]) -> Result<Model, Outcome> {
    let mut input = input::open(path, allowed_roots).ok_or(Outcome::Failed)?;
    let document = tidings::read(&mut input.files, input.root, &mut input.diagnostics);
    input.diagnostics.sort();
    input::show(&input.diagnostics, input.files.sources());
    document.map(|document| render::model(&input.files, &document)).ok_or(Outcome::Wrong)
}

/// The templates below a folder, in order of path. Links are not followed into other folders.
fn collect(folder: &Path, below: &str, templates: &mut Vec<Template>) -> Result<(), String> {
    let failed = |path: &Path, error: std::io::Error| format!("--templates: {}: {error}", path.display());
    let entries = std::fs::read_dir(folder).map_err(|error| failed(folder, error))?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(|e| failed(folder, e))?;
    paths.sort();
    for path in paths {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = format!("{below}{name}");
        if path.is_dir() && !path.is_symlink() {
            collect(&path, &format!("{name}/"), templates)?;
        } else if name.ends_with(render::EXTENSION) {
            let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
            templates.push(Template { path: name, text });
        }
    }
    Ok(())
}
