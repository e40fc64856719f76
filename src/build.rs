//! What a `build.rs` calls: documents in, modules in `OUT_DIR` out.

use crate::document::Document;
use crate::reference::{Files, Policy};
use crate::rust::{self, Dates, Part, Role, Settings, Together};
use crate::source::{Diagnostics, Severity};
use crate::{output, read};
use std::fmt;
use std::path::{Path, PathBuf};

/// Why nothing was generated. Cargo prints the `Debug` form of an error of a build script, so that is the whole report.
pub enum Error {
    /// A document is invalid, or something in it cannot be generated: the diagnostics, rendered.
    Invalid(String),
    /// A file could not be read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The call itself is at fault.
    Usage(String),
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(report) => formatter.write_str(report),
            Self::Io { path, source } => write!(formatter, "{}: {source}", path.display()),
            Self::Usage(message) => formatter.write_str(message),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Cargo puts `Error: ` in front; the report begins on a line of its own.
        write!(formatter, "tidings\n\n{self}")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Generates the module of a document into `OUT_DIR`, named after the file: `orders.yaml` becomes `orders.rs`, for
/// `tidings_runtime::include_api!("orders")`. The document is found as the build script sees it: relative to the package.
///
/// # Errors
/// When the document is invalid or cannot be read; then nothing is written.
pub fn compile(document: impl AsRef<Path>) -> Result<(), Error> {
    Build::new().compile(&[document])
}

/// [`compile`] with settings.
#[derive(Debug, Clone)]
pub struct Build {
    settings: Settings,
    policy: Policy,
    folder: Option<PathBuf>,
    rerun: bool,
    /// Where the types stand that several documents have in common.
    shared: Option<String>,
}

impl Default for Build {
    fn default() -> Self {
        // A build script works in the folder of its package.
        let policy = Policy { allowed_roots: std::env::current_dir().into_iter().collect(), ..Policy::default() };
        Self { settings: Settings::default(), policy, folder: None, rerun: true, shared: None }
    }
}

impl Build {
    /// The settings of [`compile`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Which side of the document is generated; the application's unless said otherwise.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.settings.role = role;
        self
    }

    /// Types of messages only: no channels, producers and consumers.
    #[must_use]
    pub fn types_only(mut self, only: bool) -> Self {
        self.settings.types_only = only;
        self
    }

    /// Types implement `schemars::JsonSchema`: their schema is what the document says of them. The feature `schemars` of
    /// `tidings-runtime` has to be on.
    #[must_use]
    pub fn json_schema(mut self, wanted: bool) -> Self {
        self.settings.json_schema = wanted;
        self
    }

    /// A module `testing` beside the rest, for tests of what is generated: a transport that remembers what went over it, with
    /// the document's types. It needs the feature `testing` of `tidings-runtime`, which belongs among the
    /// dev-dependencies; without that feature it is empty.
    #[must_use]
    pub fn testing(mut self, wanted: bool) -> Self {
        self.settings.testing = wanted;
        self
    }

    /// The crate whose types dates and moments have; `chrono` unless said otherwise. The feature of that name of
    /// `tidings-runtime` has to be on.
    #[must_use]
    pub fn dates(mut self, dates: Dates) -> Self {
        self.settings.customization.dates = dates;
        self
    }

    /// Puts a type of your own, by its path, in the place of a generated one. It needs `Debug`, `Clone`, `PartialEq`, and
    /// what `tidings_runtime::external_type!` gives it; a type that tidings generated elsewhere has all of that.
    ///
    /// Here and below, a type is meant by the name of its component or message, by its name in Rust, or by the member that
    /// it stands in (`Order.lines`); a member by its type and its key. `*` stands for any text. A path that leads to
    /// nothing is an error.
    #[must_use]
    pub fn extern_type(mut self, path: impl Into<String>, rust_path: impl Into<String>) -> Self {
        self.settings.customization.extern_types.push((path.into(), rust_path.into()));
        self
    }

    /// Another name for a type, a member, or a variant of an enum of texts; the path has no `*`.
    #[must_use]
    pub fn rename(mut self, path: impl Into<String>, name: impl Into<String>) -> Self {
        self.settings.customization.renames.push((path.into(), name.into()));
        self
    }

    /// Further traits for types to derive, separated by commas. What is derived anyway is left out.
    #[must_use]
    pub fn derive(mut self, path: impl Into<String>, traits: impl Into<String>) -> Self {
        self.settings.customization.derives.push((path.into(), traits.into()));
        self
    }

    /// An attribute for types, as it is written: `#[non_exhaustive]`.
    #[must_use]
    pub fn type_attribute(mut self, path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.settings.customization.type_attributes.push((path.into(), attribute.into()));
        self
    }

    /// An attribute for the fields of structs, as it is written. Generated code does not derive serde's traits, so
    /// attributes of serde mean nothing.
    #[must_use]
    pub fn field_attribute(mut self, path: impl Into<String>, attribute: impl Into<String>) -> Self {
        self.settings.customization.field_attributes.push((path.into(), attribute.into()));
        self
    }

    /// Lets references of documents lead into a further folder, besides the document's own and that of the package.
    #[must_use]
    pub fn allow_root(mut self, folder: impl Into<PathBuf>) -> Self {
        self.policy.allowed_roots.push(folder.into());
        self
    }

    /// Where modules are written; `OUT_DIR` unless said otherwise.
    #[must_use]
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Whether to tell Cargo which files a rebuild depends on; on unless said otherwise.
    #[must_use]
    pub fn emit_rerun(mut self, emit: bool) -> Self {
        self.rerun = emit;
        self
    }

    /// Writes the types that several of the documents have from one file once, in a module of their own, whose path is
    /// given as the modules of the documents see it. With `shared("super::common")` that is `common.rs`, and this holds all:
    ///
    /// ```ignore
    /// mod orders { tidings_runtime::include_api!("orders"); }
    /// mod shipping { tidings_runtime::include_api!("shipping"); }
    /// mod common { tidings_runtime::include_api!("common"); }
    /// ```
    ///
    /// In the modules of the documents these types have their names as before: `orders::Money` is `shipping::Money`. Payloads
    /// in Avro and Protobuf are not shared.
    #[must_use]
    pub fn shared(mut self, path: impl Into<String>) -> Self {
        self.shared = Some(path.into());
        self
    }

    /// Generates the modules of some documents, each named after its file.
    ///
    /// # Errors
    /// When one of them is invalid or cannot be read: all faults of all documents are reported, and nothing is written.
    pub fn compile<P: AsRef<Path>>(self, documents: &[P]) -> Result<(), Error> {
        let folder = match self.folder.clone().or_else(|| std::env::var_os("OUT_DIR").map(PathBuf::from)) {
            Some(folder) => folder,
            None => {
                return Err(Error::Usage(
                    "OUT_DIR is not set: call this from a build script, or set `out_dir`".to_owned(),
                ));
            }
        };
        let shared = self.shared.as_deref().map(shared_path).transpose()?;
        let mut names: Vec<PathBuf> = Vec::new();
        let stems = documents.iter().map(|path| path.as_ref().file_stem().unwrap_or_default().to_string_lossy());
        for stem in stems.map(|stem| stem.into_owned()).chain(shared.as_ref().map(|(_, stem)| stem.clone())) {
            let name = PathBuf::from(format!("{stem}.rs"));
            if names.contains(&name) {
                let message = format!("two modules would both be written to `{}`: rename one", name.display());
                return Err(Error::Usage(message));
            }
            names.push(name);
        }
        let mut opened: Vec<Opened> =
            documents.iter().map(|path| self.open(path.as_ref())).collect::<Result<_, _>>()?;
        let modules = generate(&mut opened, &self.settings, shared.as_ref().map(|(path, _)| path));
        let mut reports = String::new();
        for Opened { files, diagnostics, .. } in &mut opened {
            diagnostics.sort();
            if diagnostics.has_errors() {
                reports.push_str(&format!("{}{}\n", diagnostics.to_text(files.sources()), diagnostics.summary()));
            }
        }
        let Some(modules) = modules.filter(|_| reports.is_empty()) else { return Err(Error::Invalid(reports)) };
        if self.rerun {
            opened.iter().for_each(Opened::warn);
        }
        let written: Vec<(PathBuf, String)> = names.into_iter().zip(modules).collect();
        output::write(&folder, &written).map_err(|(path, source)| Error::Io { path, source })
    }

    /// Reads one document, as far as that is possible.
    fn open(&self, path: &Path) -> Result<Opened, Error> {
        let mut files = Files::new(self.policy.clone());
        let mut diagnostics = Diagnostics::default();
        let opened = files.open(path, &mut diagnostics);
        if self.rerun {
            // The document first: a rebuild is due even when it could not be read.
            println!("cargo::rerun-if-changed={}", path.display());
            for file in files.paths().filter(|file| *file != path) {
                println!("cargo::rerun-if-changed={}", file.display());
            }
        }
        let source = opened.map_err(|source| Error::Io { path: path.to_path_buf(), source })?;
        let document = read(&mut files, source, &mut diagnostics);
        Ok(Opened { files, document, diagnostics })
    }
}

/// One of the documents.
struct Opened {
    files: Files,
    /// `None` where it is invalid.
    document: Option<Document>,
    diagnostics: Diagnostics,
}

impl Opened {
    /// Says by way of Cargo what is to be considered.
    fn warn(&self) {
        let sources = self.files.sources();
        for diagnostic in self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning) {
            let place = sources.range(diagnostic.span).0;
            let (name, message) = (sources.name(diagnostic.span), diagnostic.message.replace(['\n', '\r'], " "));
            println!("cargo::warning={name}:{}:{}: {message} [{}]", place.line, place.column, diagnostic.rule.id);
        }
    }
}

/// The modules of those documents that are valid, and of what they share; `None` where one is missing.
fn generate(opened: &mut [Opened], settings: &Settings, shared: Option<&syn::Path>) -> Option<Vec<String>> {
    let all = opened.len();
    let valid = opened.iter_mut().filter_map(|Opened { files, document, diagnostics }| {
        Some(Part { files, document: document.as_ref()?, diagnostics })
    });
    let mut parts: Vec<Part<'_>> = valid.collect();
    let valid = parts.len();
    let Together { modules, shared: common } = rust::generate_together(&mut parts, settings, shared);
    let modules: Option<Vec<String>> = modules.into_iter().collect();
    let mut modules = modules.filter(|_| valid == all)?;
    if shared.is_some() {
        modules.push(common?);
    }
    Some(modules)
}

/// The path of a module, and the stem of its file.
fn shared_path(path: &str) -> Result<(syn::Path, String), Error> {
    let parsed = syn::parse_str::<syn::Path>(path).ok();
    let stem = parsed.as_ref().and_then(|path| path.segments.last()).map(|last| last.ident.to_string());
    match (parsed, stem) {
        (Some(path), Some(stem)) if !["crate", "self", "super"].contains(&stem.as_str()) => {
            Ok((path, stem.trim_start_matches("r#").to_owned()))
        }
        _ => Err(Error::Usage(format!("`{path}` is no path of a module, such as `super::common`"))),
    }
}
