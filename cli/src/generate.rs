//! `tidings generate`: Rust of a document, as a crate of its own or as a module.

use crate::configuration::{Choice, Configuration};
use crate::input::{self, Opener};
use crate::{Outcome, terminal};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tidings::config;
use tidings::rust::{self, CrateSettings, Customization, Dates, RuntimeSource, Settings};
use tidings::{Role, output};

/// Generates Rust from a document: typed messages, producers, handlers
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings generate asyncapi.yaml -o orders-api              # a crate named after the document's title
  tidings generate asyncapi.yaml -o src --module            # src/asyncapi.rs
  tidings generate asyncapi.yaml -o client --role counterpart
  tidings generate asyncapi.yaml -o src --module --check    # is src/asyncapi.rs up to date?

Exit status: 0 done, 1 the document is invalid or the code is stale, 2 bad usage or a file that cannot be read or written.")]
pub struct Arguments {
    /// The document, YAML or JSON
    file: PathBuf,
    /// The folder that is written to
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Which side of the document is generated; the application's unless tidings.toml says otherwise
    #[arg(long, value_enum)]
    role: Option<Side>,
    /// The name of the crate, instead of one made of the document's title
    #[arg(long = "crate", value_name = "NAME", conflicts_with = "module")]
    package: Option<String>,
    /// Writes one module, named after the document's file, instead of a crate
    #[arg(long)]
    module: bool,
    /// Generates the types of messages only
    #[arg(long)]
    types_only: bool,
    /// Adds a module `testing`, for tests with the runtime's feature of that name
    #[arg(long, conflicts_with = "types_only")]
    testing: bool,
    /// Writes nothing, and fails when what is there is not what would be written
    #[arg(long)]
    check: bool,
    /// Where the crate takes tidings-runtime from: VERSION, path=DIR or git=URL
    #[arg(long, value_name = "SOURCE", default_value = env!("CARGO_PKG_VERSION"), conflicts_with = "module")]
    runtime: String,
    /// The crate whose types dates and moments have; chrono unless tidings.toml says otherwise
    #[arg(long, value_enum)]
    dates: Option<Library>,
    /// Types implement `schemars::JsonSchema`, with what the document says of them
    #[arg(long)]
    json_schema: bool,
    /// A type of your own in the place of a generated one: Money=crate::Money
    #[arg(long, value_name = "PATH=TYPE", value_parser = wish)]
    extern_type: Vec<(String, String)>,
    /// Another name for a type, a member or a variant: Order.lines=items
    #[arg(long, value_name = "PATH=NAME", value_parser = wish)]
    rename: Vec<(String, String)>,
    /// Further traits to derive: *=my_crate::Audited
    #[arg(long, value_name = "PATH=TRAITS", value_parser = wish)]
    derive: Vec<(String, String)>,
    /// An attribute for types: `Order=#[non_exhaustive]`
    #[arg(long, value_name = "PATH=ATTRIBUTE", value_parser = wish)]
    type_attribute: Vec<(String, String)>,
    /// An attribute for fields: Order.*=#[allow(missing_docs)]
    #[arg(long, value_name = "PATH=ATTRIBUTE", value_parser = wish)]
    field_attribute: Vec<(String, String)>,
    /// A folder that references may lead into, besides the document's own and the current one
    #[arg(long, value_name = "DIR")]
    allow_root: Vec<PathBuf>,
    #[command(flatten)]
    config: Choice,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Side {
    /// The document's own: publishes what the document sends
    Application,
    /// The other side: consumes what the document sends
    Counterpart,
    /// Both in one
    Both,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Library {
    Chrono,
    Time,
    Jiff,
}

/// A path, and what is wanted there.
fn wish(text: &str) -> Result<(String, String), String> {
    let (path, wanted) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((path.to_owned(), wanted.to_owned()))
}

impl Arguments {
    /// What the user chose, and what the configuration says where they chose nothing.
    fn settings(&self, decided: &config::Generate) -> Settings {
        let role = self.role.map(|side| match side {
            Side::Application => Role::Application,
            Side::Counterpart => Role::Counterpart,
            Side::Both => Role::Both,
        });
        let decided_role = || match decided.role? {
            config::Side::Application => Some(Role::Application),
            config::Side::Counterpart => Some(Role::Counterpart),
            config::Side::Both => Some(Role::Both),
        };
        let dates = self.dates.map(|library| match library {
            Library::Chrono => Dates::Chrono,
            Library::Time => Dates::Time,
            Library::Jiff => Dates::Jiff,
        });
        let decided_dates = || match decided.dates? {
            config::Library::Chrono => Some(Dates::Chrono),
            config::Library::Time => Some(Dates::Time),
            config::Library::Jiff => Some(Dates::Jiff),
        };
        Settings {
            role: role.or_else(decided_role).unwrap_or_default(),
            types_only: self.types_only || decided.types_only.unwrap_or_default(),
            json_schema: self.json_schema || decided.json_schema.unwrap_or_default(),
            testing: self.testing || decided.testing.unwrap_or_default(),
            customization: Customization {
                dates: dates.or_else(decided_dates).unwrap_or_default(),
                extern_types: wishes(&self.extern_type, &decided.extern_type),
                renames: wishes(&self.rename, &decided.rename),
                derives: wishes(&self.derive, &decided.derive),
                type_attributes: wishes(&self.type_attribute, &decided.type_attribute),
                field_attributes: wishes(&self.field_attribute, &decided.field_attribute),
            },
        }
    }
}

/// What is decided, unless the user wants something else of the same path; then what else the user wants.
fn wishes(chosen: &[(String, String)], decided: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let kept = decided.iter().filter(|(path, _)| !chosen.iter().any(|(other, _)| other == *path));
    kept.map(|(path, wanted)| (path.clone(), wanted.clone())).chain(chosen.iter().cloned()).collect()
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    generate(arguments).unwrap_or_else(|message| {
        terminal::say(&format!("error: {message}"));
        Outcome::Failed
    })
}

/// `Err` is for what is no fault of the document.
fn generate(arguments: &Arguments) -> Result<Outcome, String> {
    let opener = Opener::new(&arguments.allow_root, Configuration::new(&arguments.config), None);
    let Some(mut input) = opener.open(&arguments.file) else { return Ok(Outcome::Failed) };
    let settings = arguments.settings(input.config.generate());
    let dates = Some(settings.customization.dates.name()).filter(|name| *name != Dates::default().name());
    let features = dates.into_iter().chain(settings.json_schema.then_some("schemars"));
    let features: Vec<String> = features.map(str::to_owned).collect();
    let document = tidings::read(&mut input.files, input.root, &mut input.diagnostics);
    let module =
        document.as_ref().and_then(|document| rust::generate(&input.files, document, settings, &mut input.diagnostics));
    input.diagnostics.sort();
    input::show(&input.diagnostics, input.files.sources());
    let (Some(document), Some(module)) = (document, module) else {
        terminal::say(&format!("{}: {}; nothing was generated", arguments.file.display(), input.diagnostics.summary()));
        return Ok(Outcome::Wrong);
    };
    let files = if arguments.module {
        let stem = arguments.file.file_stem().unwrap_or_default().to_string_lossy();
        rust::module_files(&stem, &module)
    } else {
        let runtime = runtime_source(&arguments.runtime, &arguments.output)?;
        let mut settings = CrateSettings::new(&document, arguments.package.as_deref(), runtime)?;
        settings.features = features;
        rust::crate_files(&settings, &module)
    };
    let failed = |(path, error): (PathBuf, std::io::Error)| format!("{}: {error}", path.display());
    if arguments.check {
        let stale = output::stale(&arguments.output, &files).map_err(failed)?;
        for path in &stale {
            terminal::say(&format!("stale: {}", arguments.output.join(path).display()));
        }
        return Ok(if stale.is_empty() { Outcome::Done } else { Outcome::Wrong });
    }
    output::write(&arguments.output, &files).map_err(failed)?;
    for (path, _) in &files {
        terminal::say(&format!("wrote {}", arguments.output.join(path).display()));
    }
    Ok(Outcome::Done)
}

/// Reads `VERSION`, `path=DIR` or `git=URL`. A relative folder is meant from here, and written as seen from the crate.
fn runtime_source(text: &str, output: &Path) -> Result<RuntimeSource, String> {
    if let Some(url) = text.strip_prefix("git=") {
        return Ok(RuntimeSource::Git(url.to_owned()));
    }
    let Some(folder) = text.strip_prefix("path=") else {
        return Ok(RuntimeSource::Version(text.to_owned()));
    };
    if Path::new(folder).is_absolute() {
        return Ok(RuntimeSource::Path(folder.to_owned()));
    }
    let failed = |path: &Path, error: std::io::Error| format!("--runtime: {}: {error}", path.display());
    let target = Path::new(folder).canonicalize().map_err(|error| failed(Path::new(folder), error))?;
    let from = std::path::absolute(output).map_err(|error| failed(output, error))?;
    // The crate's folder may not exist yet; the part of it that does may be a link.
    let existing = from.ancestors().find(|folder| folder.exists()).unwrap_or(&from);
    let rest = from.strip_prefix(existing).unwrap_or(Path::new(""));
    let mut from_real = existing.canonicalize().map_err(|error| failed(existing, error))?;
    for component in rest.components() {
        if component == std::path::Component::ParentDir {
            from_real.pop();
        } else {
            from_real.push(component);
        }
    }
    let common = from_real.components().zip(target.components()).take_while(|(a, b)| a == b).count();
    let up = from_real.components().skip(common).map(|_| Path::new(".."));
    let down = target.components().skip(common).map(|component| Path::new(component.as_os_str()).to_path_buf());
    let relative: PathBuf = up.map(Path::to_path_buf).chain(down).collect();
    Ok(RuntimeSource::Path(relative.display().to_string().replace('\\', "/")))
}
