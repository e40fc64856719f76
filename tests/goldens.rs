//! Small documents beside the code that is generated of them. The crate `goldens` compiles that code and tests what it
//! does; here it is compared with what the generator writes today. `TIDINGS_BLESS=1` writes it anew.
//!
//! A document may begin with a line of options, as the command line has them: `# --role both --types-only`.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};
    use tidings::reference::{Files, Policy};
    use tidings::rust::{self, Settings};
    use tidings::source::Diagnostics;
    use tidings::{Build, Role};

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens")
    }

    /// The documents, by name.
    fn documents() -> BTreeSet<PathBuf> {
        let entries = std::fs::read_dir(folder()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect()
    }

    fn settings(text: &str) -> Settings {
        let mut settings = Settings::default();
        let options = text.lines().next().and_then(|line| line.strip_prefix("# --")).unwrap_or_default();
        for option in options.split("--").map(str::trim).filter(|option| !option.is_empty()) {
            match option {
                "role both" => settings.role = Role::Both,
                "role counterpart" => settings.role = Role::Counterpart,
                "types-only" => settings.types_only = true,
                "testing" => settings.testing = true,
                "json-schema" => settings.json_schema = true,
                other => panic!("--{other} is no option of a golden"),
            }
        }
        settings
    }

    /// How the code of a document is used, as a file of modules.
    fn usage(path: &Path, text: &str) -> String {
        let mut files = Files::new(Policy { allowed_roots: vec![folder()], ..Policy::default() });
        let mut diagnostics = Diagnostics::default();
        let source = files.open(path, &mut diagnostics).unwrap();
        let document = tidings::read(&mut files, source, &mut diagnostics).unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let snippets = rust::snippets(&files, &document, settings(text).role, &format!("goldens::{stem}"));
        let mut out = String::new();
        for (number, snippet) in snippets.iter().enumerate().filter(|_| !settings(text).types_only) {
            out.push_str(&format!("mod snippet_{number} {{\n{}}}\n\n", snippet.text));
        }
        out
    }

    fn generate(path: &Path, text: &str) -> String {
        let mut files = Files::new(Policy { allowed_roots: vec![folder()], ..Policy::default() });
        let mut diagnostics = Diagnostics::default();
        let source = files.open(path, &mut diagnostics).unwrap();
        let module = tidings::read(&mut files, source, &mut diagnostics)
            .and_then(|document| rust::generate(&files, &document, settings(text), &mut diagnostics));
        module.unwrap_or_else(|| panic!("{}", diagnostics.to_text(files.sources())))
    }

    /// Compares goldens with what is generated today, or writes them anew.
    fn hold(goldens: impl IntoIterator<Item = (PathBuf, String)>) {
        let bless = std::env::var_os("TIDINGS_BLESS").is_some();
        let mut stale = Vec::new();
        for (golden, text) in goldens {
            if std::fs::read_to_string(&golden).ok().as_deref() == Some(text.as_str()) {
                continue;
            }
            if bless {
                std::fs::write(&golden, text).unwrap();
            } else {
                stale.push(golden);
            }
        }
        assert!(stale.is_empty(), "not what is generated today, see `TIDINGS_BLESS=1 cargo test`: {stale:#?}");
    }

    #[test]
    fn documents_generate_the_code_beside_them() {
        let mut goldens = Vec::new();
        for path in documents() {
            let text = std::fs::read_to_string(&path).unwrap();
            let module = generate(&path, &text);
            assert_eq!(module, generate(&path, &text), "{}: not the same twice", path.display());
            let snippets = folder().join("snippets").join(path.with_extension("rs").file_name().unwrap());
            goldens.extend([(path.with_extension("rs"), module), (snippets, usage(&path, &text))]);
        }
        hold(goldens);
    }

    #[test]
    fn documents_of_one_build_share_the_types_of_common_files() {
        let folder = folder().join("together");
        let out = tempfile::tempdir().unwrap();
        let documents = ["orders_1", "orders_2", "shipping"];
        let build = Build::new()
            .role(Role::Both)
            .emit_rerun(false)
            .out_dir(out.path())
            .shared("super::common")
            .json_schema(true);
        build.compile(&documents.map(|name| folder.join(name).with_extension("yaml"))).unwrap();
        hold(documents.into_iter().chain(["common"]).map(|name| {
            let name = PathBuf::from(name).with_extension("rs");
            (folder.join(&name), std::fs::read_to_string(out.path().join(&name)).unwrap())
        }));
    }

    #[test]
    fn every_golden_is_compiled() {
        let names: BTreeSet<String> =
            documents().iter().map(|path| format!("{};", path.file_stem().unwrap().to_str().unwrap())).collect();
        for (file, start) in [("src/lib.rs", "pub mod "), ("tests/unused.rs", "mod "), ("tests/snippets.rs", "mod ")] {
            let text = std::fs::read_to_string(folder().join(file)).unwrap();
            let several = (file == "src/lib.rs").then_some("together;");
            let compiled = text.lines().filter_map(|line| line.strip_prefix(start));
            let compiled: BTreeSet<&str> = compiled.filter(|name| Some(*name) != several).collect();
            assert_eq!(compiled, names.iter().map(String::as_str).collect(), "{file} of the crate `goldens`");
        }
        let orphans: Vec<PathBuf> = std::fs::read_dir(folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .filter(|path| !path.with_extension("yaml").exists())
            .collect();
        assert!(orphans.is_empty(), "code without a document: {orphans:?}");
    }
}
