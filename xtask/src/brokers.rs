//! Real brokers for tests, from the packages of a Debian-like distribution, without root and without installing.
//!
//! In: the table of brokers, and which of them to leave out. Out: for each of the others the environment variable that
//! tells tests where its program is. A variable that is set already is left as it is; what was fetched once is kept below
//! the build folder.

use crate::target;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A broker that tests start.
pub struct Broker {
    /// What `--without` calls it; the tests that need it are in modules named `needs_` and this.
    pub name: &'static str,
    /// The variable that holds the path of its program.
    variable: &'static str,
    /// The packages to unpack.
    packages: &'static [&'static str],
    /// The program within them.
    program: &'static str,
}

/// Every broker; one line makes another one available to tests.
#[rustfmt::skip]
pub const BROKERS: &[Broker] = &[
    Broker { name: "nats", variable: "TIDINGS_NATS_SERVER", packages: &["nats-server"], program: "usr/sbin/nats-server" },
];

impl Broker {
    /// The variable for tests and its value; fetches the broker if it is not there.
    ///
    /// # Errors
    /// It cannot be fetched; the message says why and how to go on without it.
    pub fn provide(&self) -> Result<(&'static str, PathBuf), String> {
        if let Some(program) = std::env::var_os(self.variable) {
            return Ok((self.variable, program.into()));
        }
        let folder = target().join("brokers").join(self.name);
        let program = folder.join(self.program);
        if !program.is_file() {
            self.fetch(&folder).map_err(|fault| self.remedy(&fault))?;
        }
        // Tests run in folders of their own.
        let program =
            program.canonicalize().map_err(|error| self.remedy(&format!("{}: {error}", program.display())))?;
        Ok((self.variable, program))
    }

    /// Downloads the packages and unpacks them into `folder`, which appears only when it is whole.
    fn fetch(&self, folder: &Path) -> Result<(), String> {
        let packages = self.packages.join(", ");
        eprintln!("> fetching {packages} from the distribution into {}, without installing", folder.display());
        let partial = folder.with_extension("partial");
        let _ = std::fs::remove_dir_all(&partial);
        let archives = partial.join("archives");
        std::fs::create_dir_all(&archives).map_err(|error| format!("{}: {error}", archives.display()))?;
        download(self.packages, &archives, &[]).or_else(|_| {
            // The machine's package lists are missing or old: fetch them, too, into the build folder.
            let lists = package_lists()?;
            download(self.packages, &archives, &lists)
        })?;
        let listing = std::fs::read_dir(&archives).map_err(|error| format!("{}: {error}", archives.display()))?;
        for archive in listing.flatten() {
            run(Command::new("dpkg").arg("-x").arg(archive.path()).arg(&partial))?;
        }
        if !partial.join(self.program).is_file() {
            return Err(format!("the packages {packages} hold no {}", self.program));
        }
        let _ = std::fs::remove_dir_all(folder);
        std::fs::rename(&partial, folder).map_err(|error| format!("{}: {error}", folder.display()))
    }

    fn remedy(&self, fault: &str) -> String {
        let Self { name, variable, .. } = self;
        format!(
            "the broker `{name}` could not be fetched: {fault}\nSet {variable} to the path of its program, or leave its \
             tests out with `--without {name}`."
        )
    }
}

/// Downloads packages into a folder.
fn download(packages: &[&str], folder: &Path, options: &[String]) -> Result<(), String> {
    run(Command::new("apt-get").args(options).arg("download").args(packages).current_dir(folder))
}

/// Fetches the distribution's package lists, without touching the machine's; the options that make apt-get use them.
fn package_lists() -> Result<Vec<String>, String> {
    let folder = target().join("brokers").join("apt");
    let (lists, cache) = (folder.join("lists"), folder.join("cache"));
    for folder in [lists.join("partial"), cache.join("archives").join("partial")] {
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let absolute = |path: &Path| std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()));
    let options: Vec<String> = [("Dir::State::Lists", absolute(&lists)?), ("Dir::Cache", absolute(&cache)?)]
        .into_iter()
        .flat_map(|(name, path)| ["-o".to_owned(), format!("{name}={}", path.display())])
        .collect();
    eprintln!("> fetching the distribution's package lists into {}", folder.display());
    run(Command::new("apt-get").args(&options).args(["--quiet", "update"]))?;
    Ok(options)
}

/// Runs a command silently; its own words become the error.
fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("`{name}` cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{name}` ended with {}: {}", output.status, words.trim()))
}
