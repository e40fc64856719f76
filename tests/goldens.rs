//! Small documents beside the code that is generated of them. The crate `goldens` compiles that code and tests what it
//! does; here it is compared with what the generator writes today. `TIDINGS_BLESS=1` writes it anew.
//!
//! A document may begin with a line of options, as the command line has them: `# --role both --types-only`.

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};
    use tidings::Role;
    use tidings::reference::{Files, Policy};
    use tidings::rust::{self, Settings};
    use tidings::source::Diagnostics;

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

    #[test]
    fn documents_generate_the_code_beside_them() {
        let bless = std::env::var_os("TIDINGS_BLESS").is_some();
        let mut stale = Vec::new();
        for path in documents() {
            let text = std::fs::read_to_string(&path).unwrap();
            let module = generate(&path, &text);
            assert_eq!(module, generate(&path, &text), "{}: not the same twice", path.display());
            let snippets = folder().join("snippets").join(path.with_extension("rs").file_name().unwrap());
            for (golden, text) in [(path.with_extension("rs"), module), (snippets, usage(&path, &text))] {
                if std::fs::read_to_string(&golden).ok().as_deref() == Some(text.as_str()) {
                    continue;
                }
                if bless {
                    std::fs::write(&golden, text).unwrap();
                } else {
                    stale.push(golden);
                }
            }
        }
        assert!(stale.is_empty(), "not what is generated today, see `TIDINGS_BLESS=1 cargo test`: {stale:#?}");
    }

    #[test]
    fn every_golden_is_compiled() {
        let names: BTreeSet<String> =
            documents().iter().map(|path| format!("{};", path.file_stem().unwrap().to_str().unwrap())).collect();
        for (file, start) in [("src/lib.rs", "pub mod "), ("tests/unused.rs", "mod "), ("tests/snippets.rs", "mod ")] {
            let text = std::fs::read_to_string(folder().join(file)).unwrap();
            let compiled: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix(start)).collect();
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
