//! What a `build.rs` calls: documents in, modules in `OUT_DIR` out.

use crate::reference::{Files, Policy};
use crate::rust::{self, Dates, Role, Settings};
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
}

impl Default for Build {
    fn default() -> Self {
        // A build script works in the folder of its package.
        let policy = Policy { allowed_roots: std::env::current_dir().into_iter().collect(), ..Policy::default() };
        Self { settings: Settings::default(), policy, folder: None, rerun: true }
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
        let mut written: Vec<(PathBuf, String)> = Vec::new();
        let mut reports = String::new();
        for path in documents {
            let path = path.as_ref();
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let name = PathBuf::from(format!("{stem}.rs"));
            if written.iter().any(|(known, _)| *known == name) {
                let message = format!("two documents would both be written to `{}`: rename one", name.display());
                return Err(Error::Usage(message));
            }
            match self.module(path)? {
                Ok(module) => written.push((name, module)),
                Err(report) => reports.push_str(&report),
            }
        }
        if !reports.is_empty() {
            return Err(Error::Invalid(reports));
        }
        output::write(&folder, &written).map_err(|(path, source)| Error::Io { path, source })
    }

    /// The module of one document, or the report on why there is none.
    fn module(&self, path: &Path) -> Result<Result<String, String>, Error> {
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
        let module = read(&mut files, source, &mut diagnostics)
            .and_then(|document| rust::generate(&files, &document, self.settings.clone(), &mut diagnostics));
        diagnostics.sort();
        if let Some(module) = module {
            if self.rerun {
                for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Warning) {
                    let place = files.sources().range(diagnostic.span).0;
                    let name = files.sources().name(diagnostic.span);
                    let message = diagnostic.message.replace(['\n', '\r'], " ");
                    println!(
                        "cargo::warning={name}:{}:{}: {message} [{}]",
                        place.line, place.column, diagnostic.rule.id
                    );
                }
            }
            return Ok(Ok(module));
        }
        Ok(Err(format!("{}{}\n", diagnostics.to_text(files.sources()), diagnostics.summary())))
    }
}
