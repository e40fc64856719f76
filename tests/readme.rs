//! Packages that the manual tells of, in the README and the book: its blocks are their files, which are built and run.

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::process::{Command, Output};

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    /// A section of a page of the manual.
    struct Section(String);

    impl Section {
        fn new(page: &str, heading: &str) -> Self {
            let page = std::fs::read_to_string(root().join(page)).unwrap();
            let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
            Self(section.split("\n## ").next().unwrap().to_owned())
        }

        /// The block whose info string is this.
        fn block(&self, info: &str) -> String {
            let (_, block) =
                self.0.split_once(&format!("\n```{info}\n")).unwrap_or_else(|| panic!("no block `{info}`"));
            block.split_once("\n```").unwrap().0.to_owned() + "\n"
        }
    }

    /// A folder outside the workspace, gone when the test ends.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("tidings-{name}-{}", std::process::id()));
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

    /// A package of the files of a section, with those dependencies of its program that come from the registry.
    fn package(folder: &Folder, section: &Section, dependencies: &[&[&str]]) -> PathBuf {
        output(&folder.0, &["new", "--quiet", "--vcs", "none", "hello"]);
        let package = folder.0.join("hello");
        let path = |part: &str| root().join(part).display().to_string();
        // `cargo add` as the README has it, but from this checkout, in the versions that it has.
        std::fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
        output(&package, &["add", "--quiet", "--build", "tidings", "--path", &path("")]);
        output(&package, &["add", "--quiet", "tidings-runtime", "--path", &path("runtime")]);
        for dependency in dependencies {
            output(&package, &[&["add", "--quiet", "--offline"], *dependency].concat());
        }
        for (info, name) in [
            ("yaml asyncapi.yaml", "asyncapi.yaml"),
            ("rust build.rs", "build.rs"),
            ("rust src/main.rs", "src/main.rs"),
        ] {
            std::fs::write(package.join(name), section.block(info)).unwrap();
        }
        package
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn the_types_of_the_book_do_what_it_says() {
        let (folder, section) = (Folder::new("types"), Section::new("book/types.md", "One document, one program"));
        let package = package(&folder, &section, &[&["serde", "--features", "derive"]]);
        assert_eq!(output(&package, &["run", "--quiet"]), section.block("text output"));
    }

    #[test]
    #[ignore = "cargo xtask test"]
    fn a_new_package_runs_in_60_seconds() {
        let (folder, section) = (Folder::new("readme"), Section::new("README.md", "Your own document in 60 seconds"));
        let package = package(&folder, &section, &[&["tokio", "--features", "rt,macros"]]);
        let write = |name: &str, text: &str| std::fs::write(package.join(name), text).unwrap();
        let document = section.block("yaml asyncapi.yaml");
        assert_eq!(output(&package, &["run", "--quiet"]), section.block("text output"));

        // The same document with the fault that the README shows.
        let (before, after) = document.rsplit_once("greetings'").unwrap();
        let (before, between) = before.rsplit_once("greetings'").unwrap();
        write("asyncapi.yaml", &format!("{before}greeting'{between}greetings'{after}"));
        let refused = cargo(&package, &["run", "--quiet"]);
        let said = String::from_utf8(refused.stderr).unwrap();
        // Cargo sets what a build script says in from the margin.
        let said: String =
            said.lines().map(|line| line.strip_prefix("  ").unwrap_or(line).trim_end().to_owned() + "\n").collect();
        assert!(!refused.status.success() && said.contains(&section.block("text error")), "{said}");

        // Once it is mended, the build goes on: cargo knows that it depends on the document.
        write("asyncapi.yaml", &document);
        assert_eq!(output(&package, &["run", "--quiet"]), section.block("text output"));
    }
}
