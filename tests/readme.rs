//! The way of a newcomer, as the README tells it: its blocks are the files of a new package, which is built and run.

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output};

    const HEADING: &str = "## Your own document in 60 seconds";

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    /// The block of the section whose info string is this.
    fn block(info: &str) -> String {
        let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
        let (_, section) = readme.split_once(HEADING).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let (_, block) = section.split_once(&format!("\n```{info}\n")).unwrap_or_else(|| panic!("no block `{info}`"));
        block.split_once("\n```").unwrap().0.to_owned() + "\n"
    }

    /// A folder outside the workspace, gone when the test ends.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("tidings-readme-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn cargo(folder: &Path, arguments: &[&str]) -> Output {
        // What the workspace has compiled need not be compiled again.
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        Command::new(env!("CARGO"))
            .current_dir(folder)
            .env("CARGO_TARGET_DIR", target)
            .args(arguments)
            .output()
            .unwrap()
    }

    /// What a command wrote to standard output; it must succeed.
    fn output(folder: &Path, arguments: &[&str]) -> String {
        let output = cargo(folder, arguments);
        assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn a_new_package_runs_in_60_seconds() {
        let folder = Folder::new();
        output(&folder.0, &["new", "--quiet", "--vcs", "none", "hello"]);
        let package = folder.0.join("hello");
        let write = |name: &str, text: &str| std::fs::write(package.join(name), text).unwrap();
        let path = |part: &str| root().join(part).display().to_string();
        // `cargo add` as in the README, but from this checkout, in the versions that it has.
        std::fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
        output(&package, &["add", "--quiet", "--build", "tidings", "--path", &path("")]);
        output(&package, &["add", "--quiet", "tidings-runtime", "--path", &path("runtime")]);
        output(&package, &["add", "--quiet", "--offline", "tokio", "--features", "rt,macros"]);
        let document = block("yaml asyncapi.yaml");
        write("asyncapi.yaml", &document);
        write("build.rs", &block("rust build.rs"));
        write("src/main.rs", &block("rust src/main.rs"));
        assert_eq!(output(&package, &["run", "--quiet"]), block("text output"));

        // The same document with the fault that the README shows.
        let (before, after) = document.rsplit_once("greetings'").unwrap();
        let (before, between) = before.rsplit_once("greetings'").unwrap();
        write("asyncapi.yaml", &format!("{before}greeting'{between}greetings'{after}"));
        let refused = cargo(&package, &["run", "--quiet"]);
        let said = String::from_utf8(refused.stderr).unwrap();
        // Cargo sets what a build script says in from the margin.
        let said: String =
            said.lines().map(|line| line.strip_prefix("  ").unwrap_or(line).trim_end().to_owned() + "\n").collect();
        assert!(!refused.status.success() && said.contains(&block("text error")), "{said}");

        // Once it is mended, the build goes on: cargo knows that it depends on the document.
        write("asyncapi.yaml", &document);
        assert_eq!(output(&package, &["run", "--quiet"]), block("text output"));
    }
}
