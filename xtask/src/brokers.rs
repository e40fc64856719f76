//! Real brokers, a database and a browser for tests, without root and without installing: from the packages of a
//! Debian-like distribution, or through Maven or npm.
//!
//! In: the table of brokers, and which of them to leave out. Out: for each of the others the environment variable that
//! tells tests where it is. A variable that is set already is left as it is; what was fetched once is kept below the build
//! folder.

use crate::target;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A broker that tests start.
pub struct Broker {
    /// What `--without` calls it; the tests that need it are in modules named `needs_` and this.
    pub name: &'static str,
    /// The variable that holds the path of what tests start.
    variable: &'static str,
    source: Source,
    /// Where it is if the machine has it.
    installed: Option<&'static str>,
    /// What tests start, within the folder that was fetched.
    program: &'static str,
}

/// Where a broker comes from.
enum Source {
    /// Packages of the distribution, which are unpacked.
    Packages(&'static [&'static str]),
    /// A package of the distribution, unpacked with all that it needs and this machine lacks, and started by a script that
    /// says where that is: the path of the program in it.
    WithNeeds(&'static str, &'static str),
    /// Coordinates `group:artifact:version`, which Maven copies with all they need.
    Maven(&'static [&'static str]),
    /// A package `name@version`, which npm fetches.
    Npm(&'static str),
    /// Packages `name==version`, which pip fetches, without what they depend on.
    Pip(&'static [&'static str]),
    /// The same, with what it depends on.
    PipWithNeeds(&'static str),
}

/// Every broker; one line makes another one available to tests.
#[rustfmt::skip]
pub const BROKERS: &[Broker] = &[
    // A browser, and what judges whether its pages can be read by everybody: two lines, since each comes from elsewhere.
    Broker { name: "axe", variable: "TIDINGS_AXE", source: Source::Npm("axe-core@4.14.1"), installed: None, program: "package/axe.min.js" },
    Broker { name: "chromium", variable: "TIDINGS_CHROMIUM", source: Source::WithNeeds("chromium", "usr/lib/chromium/chromium"), installed: Some("/usr/bin/chromium"), program: "start" },
    Broker { name: "cloudevents", variable: "TIDINGS_CLOUDEVENTS", source: Source::Pip(&["cloudevents==2.2.0", "python-dateutil==2.9.0.post0", "six==1.17.0"]), installed: None, program: "cloudevents" },
    Broker { name: "kafka", variable: "TIDINGS_KAFKA", source: Source::Maven(&["org.apache.kafka:kafka_2.13:3.9.1", "org.apache.kafka:kafka-tools:3.9.1"]), installed: None, program: "jars" },
    Broker { name: "mosquitto", variable: "TIDINGS_MOSQUITTO", source: Source::Packages(&["mosquitto", "mosquitto-clients", "libmosquitto1", "libcjson1", "libdlt2", "libwrap0"]), installed: None, program: "usr/sbin/mosquitto" },
    Broker { name: "nats", variable: "TIDINGS_NATS_SERVER", source: Source::Packages(&["nats-server"]), installed: None, program: "usr/sbin/nats-server" },
    Broker { name: "rabbitmq", variable: "TIDINGS_RABBITMQ", source: Source::Packages(RABBITMQ), installed: None, program: "usr" },
    Broker { name: "redis", variable: "TIDINGS_REDIS_SERVER", source: Source::Packages(&["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1"]), installed: None, program: "usr/bin/redis-server" },
    Broker { name: "standardwebhooks", variable: "TIDINGS_STANDARDWEBHOOKS", source: Source::Pip(&["standardwebhooks==1.0.0"]), installed: None, program: "standardwebhooks" },
    Broker { name: "postgres", variable: "TIDINGS_POSTGRES", source: Source::Packages(&["libpq5", "postgresql-15"]), installed: Some("/usr/lib/postgresql/15/bin"), program: "usr/lib/postgresql/15/bin" },
];

/// Another framework, to compare with; no test needs it.
pub const FASTSTREAM: Broker = Broker {
    name: "faststream",
    variable: "TIDINGS_FASTSTREAM",
    source: Source::PipWithNeeds("faststream[nats]==0.7.8"),
    installed: None,
    program: "",
};

/// RabbitMQ, and the Erlang that it runs on.
const RABBITMQ: &[&str] = &[
    "rabbitmq-server",
    "erlang-asn1",
    "erlang-base",
    "erlang-crypto",
    "erlang-eldap",
    "erlang-ftp",
    "erlang-inets",
    "erlang-mnesia",
    "erlang-os-mon",
    "erlang-parsetools",
    "erlang-public-key",
    "erlang-runtime-tools",
    "erlang-snmp",
    "erlang-ssl",
    "erlang-syntax-tools",
    "erlang-tftp",
    "erlang-tools",
    "erlang-xmerl",
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
        if let Some(installed) = self.installed.map(PathBuf::from).filter(|path| path.exists()) {
            return Ok((self.variable, installed));
        }
        let folder = target().join("brokers").join(self.name);
        let program = folder.join(self.program);
        if !program.exists() {
            self.fetch(&folder).map_err(|fault| self.remedy(&fault))?;
        }
        // Tests run in folders of their own.
        let program =
            program.canonicalize().map_err(|error| self.remedy(&format!("{}: {error}", program.display())))?;
        Ok((self.variable, program))
    }

    /// Fetches into `folder`, which appears only when it is whole.
    fn fetch(&self, folder: &Path) -> Result<(), String> {
        let partial = folder.with_extension("partial");
        let _ = std::fs::remove_dir_all(&partial);
        match &self.source {
            Source::Packages(packages) => unpack(packages, &partial, download)?,
            Source::WithNeeds(package, program) => {
                unpack(&[package], &partial, download_with_needs)?;
                start_script(&partial.join(self.program), program)?;
            }
            Source::Maven(artifacts) => copy(artifacts, &partial, self.program)?,
            Source::Npm(package) => pack(package, &partial)?,
            Source::Pip(packages) => install(packages, &partial, &["--no-deps"])?,
            Source::PipWithNeeds(package) => install(&[package], &partial, &[])?,
        }
        if !partial.join(self.program).exists() {
            return Err(format!("what was fetched holds no {}", self.program));
        }
        let _ = std::fs::remove_dir_all(folder);
        std::fs::rename(&partial, folder).map_err(|error| format!("{}: {error}", folder.display()))
    }

    fn remedy(&self, fault: &str) -> String {
        let Self { name, variable, program, .. } = self;
        format!(
            "the broker `{name}` could not be fetched: {fault}\nSet {variable} to the path of its `{program}`, or leave its \
             tests out with `--without {name}`."
        )
    }
}

/// Downloads packages into a folder, with options for apt-get.
type Download = fn(&[&str], &Path, &[String]) -> Result<(), String>;

/// Downloads packages and unpacks them into a folder.
fn unpack(packages: &[&str], folder: &Path, download: Download) -> Result<(), String> {
    eprintln!("> fetching {} from the distribution into {}, without installing", packages.join(", "), folder.display());
    let archives = folder.join("archives");
    create(&archives)?;
    download(packages, &archives, &[]).or_else(|_| {
        // The machine's package lists are missing or old: fetch them, too, into the build folder.
        let lists = package_lists()?;
        download(packages, &archives, &lists)
    })?;
    let listing = std::fs::read_dir(&archives).map_err(|error| format!("{}: {error}", archives.display()))?;
    for archive in listing.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "deb")) {
        run(Command::new("dpkg").arg("-x").arg(archive.path()).arg(folder))?;
    }
    Ok(())
}

/// Writes a script that starts a program with the libraries and fonts that were unpacked beside it.
fn start_script(script: &Path, program: &str) -> Result<(), String> {
    let text = format!(
        r#"#!/bin/sh
root=$(dirname "$(readlink -f "$0")")
for libraries in "$root"/usr/lib/*-linux-gnu* "$root"/usr/lib/*-linux-gnu*/* "$root"/lib/*-linux-gnu*; do
  LD_LIBRARY_PATH="$libraries:$LD_LIBRARY_PATH"
done
export LD_LIBRARY_PATH
cat > "$root/fonts.conf" <<END
<fontconfig><dir>$root/usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>$root/fonts</cachedir></fontconfig>
END
export FONTCONFIG_FILE="$root/fonts.conf"
exec "$root/{program}" "$@"
"#
    );
    let failed = |error: std::io::Error| format!("{}: {error}", script.display());
    std::fs::write(script, text).map_err(failed)?;
    run(Command::new("chmod").arg("+x").arg(script))
}

/// Lets Maven copy artifacts, and all that they need to run, into `name` in a folder.
fn copy(artifacts: &[&str], folder: &Path, name: &str) -> Result<(), String> {
    eprintln!("> fetching {} through Maven into {}", artifacts.join(", "), folder.display());
    create(folder)?;
    let mut dependencies = String::new();
    for artifact in artifacts {
        let mut parts = artifact.split(':');
        let (group, artifact, version) = (parts.next(), parts.next(), parts.next());
        dependencies.push_str(&format!(
            "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>",
            group.unwrap_or_default(),
            artifact.unwrap_or_default(),
            version.unwrap_or_default()
        ));
    }
    let project = folder.join("pom.xml");
    let text = format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
         <groupId>tidings</groupId><artifactId>broker</artifactId><version>1</version>\
         <dependencies>{dependencies}</dependencies></project>"
    );
    std::fs::write(&project, text).map_err(|error| format!("{}: {error}", project.display()))?;
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--quiet", "dependency:copy-dependencies", "-DincludeScope=runtime"]);
    run(maven.arg(format!("-DoutputDirectory={name}")).current_dir(folder))
}

/// Lets pip unpack packages into a folder.
fn install(packages: &[&str], folder: &Path, options: &[&str]) -> Result<(), String> {
    eprintln!("> fetching {} through pip into {}", packages.join(", "), folder.display());
    create(folder)?;
    let install = ["-m", "pip", "install", "--quiet", "--no-compile", "--target", "."];
    run(Command::new("python3").args(install).args(options).args(packages).current_dir(folder))
}

/// Fetches a package of npm and unpacks it into a folder.
fn pack(package: &str, folder: &Path) -> Result<(), String> {
    eprintln!("> fetching {package} through npm into {}", folder.display());
    create(folder)?;
    run(Command::new("npm").args(["pack", "--silent", package]).current_dir(folder))?;
    let listing = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for archive in listing.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "tgz")) {
        run(Command::new("tar").arg("-xzf").arg(archive.path()).current_dir(folder))?;
    }
    Ok(())
}

fn create(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Downloads packages into a folder.
fn download(packages: &[&str], folder: &Path, options: &[String]) -> Result<(), String> {
    run(Command::new("apt-get").args(options).arg("download").args(packages).current_dir(folder))
}

/// Downloads packages and those that they need and this machine lacks.
fn download_with_needs(packages: &[&str], folder: &Path, options: &[String]) -> Result<(), String> {
    create(&folder.join("partial"))?;
    let mut apt = Command::new("apt-get");
    apt.args(options).arg("-o").arg(format!("Dir::Cache::archives={}", folder.display()));
    apt.args(["-o", "Debug::NoLocking=1", "--no-install-recommends", "--download-only", "--assume-yes", "install"]);
    run(apt.args(packages))
}

/// Fetches the distribution's package lists, without touching the machine's; the options that make apt-get use them.
fn package_lists() -> Result<Vec<String>, String> {
    let folder = target().join("brokers").join("apt");
    let (lists, cache) = (folder.join("lists"), folder.join("cache"));
    for folder in [lists.join("partial"), cache.join("archives").join("partial")] {
        create(&folder)?;
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
    // Maven says what is wrong on its standard output.
    let words = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    Err(format!("`{name}` ended with {}: {}", output.status, words.join("\n").trim()))
}
