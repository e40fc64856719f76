//! `tidings generate` as its users call it: exit statuses, what is written, and what is left alone.

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    const GOOD: &str = "\
asyncapi: 3.1.0
info: { title: Order Notes!, version: 1.2.3 }
channels:
  notes:
    address: notes
    messages:
      note: { payload: { type: string } }
operations:
  sendNote: { action: send, channel: { $ref: '#/channels/notes' } }
";

    /// A folder of its own for each test, with the given files in it.
    fn folder(test: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generate").join(test);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    /// The exit status, and what was said on standard error.
    fn generate(folder: &Path, arguments: &str) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .current_dir(folder)
            .arg("generate")
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Every file below a folder with its text, sorted.
    fn tree(folder: &Path) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let mut todo = vec![folder.to_path_buf()];
        while let Some(next) = todo.pop() {
            let Ok(entries) = std::fs::read_dir(&next) else { continue };
            for path in entries.map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    todo.push(path);
                } else {
                    let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                    files.push((name, std::fs::read_to_string(&path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }

    fn names(folder: &Path) -> Vec<String> {
        tree(folder).into_iter().map(|(name, _)| name).collect()
    }

    fn manifest(folder: &Path) -> String {
        std::fs::read_to_string(folder.join("out/Cargo.toml")).unwrap()
    }

    #[test]
    fn settings_of_tidings_toml_hold_unless_the_command_line_says_otherwise() {
        let document = GOOD.replace(
            "{ type: string }",
            "{ type: object, properties: { at: { type: string, format: date-time }, of: { type: string } } }",
        );
        let toml = "[generate]\nrole = \"both\"\ndates = \"jiff\"\n\n[generate.rename]\nNote = \"Memo\"\n\"Note.of\" = \"about\"\n";
        let folder = folder("settings", &[("api.yaml", &document), ("tidings.toml", toml)]);
        let module = |options: &str| {
            let (status, said) = generate(&folder, &format!("api.yaml -o out --module {options}"));
            assert_eq!(status, 0, "{said}");
            std::fs::read_to_string(folder.join("out/api.rs")).unwrap()
        };
        let has = |module: &str| {
            ["jiff::", "SendNoteHandler", "SendNoteProducer", "struct Memo", "about:"].map(|word| module.contains(word))
        };
        assert_eq!(has(&module("")), [true; 5]);
        assert_eq!(has(&module("--dates chrono --role application")), [false, false, true, true, true]);
        assert_eq!(has(&module("--rename Note=Slip")), [true, true, true, false, true]);
        assert_eq!(has(&module("--no-config")), [false, false, true, false, false]);
        let (status, said) = generate(&folder, "api.yaml -o crate --runtime 1.0");
        assert_eq!(status, 0, "{said}");
        let manifest = std::fs::read_to_string(folder.join("crate/Cargo.toml")).unwrap();
        assert!(manifest.contains("features = [\"jiff\"]"), "{manifest}");
    }

    #[test]
    fn settings_that_nobody_knows_are_told() {
        let folder = folder("misspelt", &[("api.yaml", GOOD)]);
        for (toml, said) in [
            ("[generate]\nrenames = {}\n", "did you mean `rename`?"),
            ("[generate]\nrole = \"counterprat\"\n", "did you mean `counterpart`?"),
            ("[genrate]\n", "did you mean `generate`?"),
            ("[generate.rename]\nNotes = \"Memo\"\n", "error[customization]"),
        ] {
            std::fs::write(folder.join("tidings.toml"), toml).unwrap();
            let (status, text) = generate(&folder, "api.yaml -o out");
            assert!(status != 0 && text.contains(said), "{text}");
            assert!(!folder.join("out").exists());
        }
    }

    #[test]
    fn a_crate_is_named_after_the_title() {
        let folder = folder("title", &[("api.yaml", GOOD)]);
        let (status, said) = generate(&folder, "api.yaml -o out");
        assert_eq!(status, 0, "{said}");
        assert_eq!(names(&folder.join("out")), ["Cargo.toml", "src/lib.rs"]);
        let manifest = manifest(&folder);
        assert!(manifest.contains("name = \"order-notes\"\nversion = \"1.2.3\""), "{manifest}");
        assert!(manifest.contains(&format!("tidings-runtime = \"{}\"", env!("CARGO_PKG_VERSION"))), "{manifest}");
        let before = tree(&folder);
        assert_eq!(generate(&folder, "api.yaml -o out").0, 0);
        assert_eq!(tree(&folder), before, "the same document gives the same bytes");
    }

    #[test]
    fn a_crate_may_have_a_name_that_cargo_takes() {
        let folder = folder("name", &[("api.yaml", GOOD)]);
        assert_eq!(generate(&folder, "api.yaml -o out --crate my_notes-2").0, 0);
        assert!(manifest(&folder).contains("name = \"my_notes-2\""));
        for bad in ["2nd", "a.b", "\"]", "größe", "fn", "test"] {
            let before = tree(&folder);
            let (status, said) = generate(&folder, &format!("api.yaml -o out --crate {bad}"));
            assert_eq!(status, 2, "{bad}: {said}");
            assert!(said.contains("try `order-notes`"), "{said}");
            assert_eq!(tree(&folder), before);
        }
    }

    #[test]
    fn a_title_that_is_no_name_for_a_crate_makes_one() {
        for (title, name) in
            [("Self", "self-api"), ("fn", "fn-api"), ("Test", "test-api"), ("2nd", "value-2nd"), ("?!", "question-not")]
        {
            let folder = folder("odd_title", &[("api.yaml", &GOOD.replace("Order Notes!", &format!("'{title}'")))]);
            assert_eq!(generate(&folder, "api.yaml -o out").0, 0);
            let manifest = manifest(&folder);
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{manifest}");
        }
    }

    #[test]
    fn a_module_is_named_after_the_file() {
        let folder = folder("module", &[("my-api.v2.yaml", GOOD), ("type.yaml", GOOD)]);
        assert_eq!(generate(&folder, "my-api.v2.yaml -o src --module").0, 0);
        assert_eq!(generate(&folder, "type.yaml -o src --module").0, 0);
        assert_eq!(names(&folder.join("src")), ["my_api_v2.rs", "type.rs"]);
        assert_eq!(generate(&folder, "type.yaml -o src --module --crate x").0, 2);
        assert_eq!(generate(&folder, "type.yaml -o src --module --runtime 1.0.0").0, 2);
    }

    #[test]
    fn the_role_decides_what_is_generated() {
        let folder = folder("role", &[("api.yaml", GOOD)]);
        let table = [
            ("", [true, false]),
            ("--role application", [true, false]),
            ("--role counterpart", [false, true]),
            ("--role both", [true, true]),
            ("--types-only", [false, false]),
        ];
        for (arguments, wanted) in table {
            let (status, said) = generate(&folder, &format!("api.yaml -o src --module {arguments}"));
            assert_eq!(status, 0, "{said}");
            let module = std::fs::read_to_string(folder.join("src/api.rs")).unwrap();
            let has = ["SendNoteProducer", "SendNoteHandler"].map(|name| module.contains(name));
            assert_eq!(has, wanted, "{arguments}");
        }
        assert_eq!(generate(&folder, "api.yaml -o src --module --role boss").0, 2);
    }

    #[test]
    fn a_broken_document_is_pointed_at_and_nothing_is_touched() {
        let table = [
            ("indentation", GOOD.replace("    address", "     address"), "broken.yaml:6:5"),
            ("reference", GOOD.replace("/notes' }", "/nope' }"), "broken.yaml:9:46"),
            ("key", GOOD.replace("action:", "acton:"), "broken.yaml:9:15"),
            ("pattern", GOOD.replace("type: string", "pattern: '['"), "broken.yaml:7:24"),
        ];
        let folder = folder("broken", &[("broken.yaml", GOOD)]);
        assert_eq!(generate(&folder, "broken.yaml -o out").0, 0);
        for (what, text, place) in table {
            std::fs::write(folder.join("broken.yaml"), text).unwrap();
            let before = tree(&folder);
            for arguments in ["-o out", "-o out --check", "-o new --module"] {
                let (status, said) = generate(&folder, &format!("broken.yaml {arguments}"));
                assert_eq!(status, 1, "{what}: {said}");
                assert!(said.contains(place), "{what}: {said}");
                assert!(said.contains("nothing was generated"), "{what}: {said}");
            }
            assert_eq!(tree(&folder), before, "{what}");
            assert!(!folder.join("new").exists());
        }
    }

    #[test]
    fn check_says_what_is_stale_and_writes_nothing() {
        let folder = folder("check", &[("api.yaml", GOOD)]);
        let (status, said) = generate(&folder, "api.yaml -o out --check");
        assert_eq!((status, said.matches("stale: ").count()), (1, 2), "{said}");
        assert!(!folder.join("out").exists());
        assert_eq!(generate(&folder, "api.yaml -o out").0, 0);
        assert_eq!(generate(&folder, "api.yaml -o out --check"), (0, String::new()));
        std::fs::write(folder.join("api.yaml"), GOOD.replace("type: string", "type: integer")).unwrap();
        let before = tree(&folder);
        let (status, said) = generate(&folder, "api.yaml -o out --check");
        assert_eq!((status, said.contains("stale: out/src/lib.rs"), said.contains("Cargo.toml")), (1, true, false));
        assert_eq!(tree(&folder), before);
    }

    #[test]
    fn a_relative_runtime_is_meant_from_here_and_written_as_seen_from_the_crate() {
        let folder = folder("runtime", &[("api.yaml", GOOD), ("lib/runtime/Cargo.toml", ""), ("lib/old/x", "")]);
        let table = [
            ("-o out --runtime path=lib/runtime", "out", "../lib/runtime"),
            ("-o lib/new/deep --runtime path=lib/runtime", "lib/new/deep", "../../runtime"),
            ("-o lib/old --runtime path=./lib/old/../runtime", "lib/old", "../runtime"),
            ("-o . --runtime path=lib/runtime", ".", "lib/runtime"),
            ("-o not/../out2 --runtime path=lib/runtime", "out2", "../lib/runtime"),
        ];
        for (arguments, output, wanted) in table {
            let (status, said) = generate(&folder, &format!("api.yaml {arguments}"));
            assert_eq!(status, 0, "{said}");
            let manifest = std::fs::read_to_string(folder.join(output).join("Cargo.toml")).unwrap();
            assert!(manifest.contains(&format!("tidings-runtime = {{ path = \"{wanted}\" }}")), "{manifest}");
            assert!(folder.join(output).join(wanted).join("Cargo.toml").exists(), "{arguments}");
        }
        assert_eq!(generate(&folder, "api.yaml -o out --runtime git=https://example.com/t.git").0, 0);
        assert!(manifest(&folder).contains("tidings-runtime = { git = \"https://example.com/t.git\" }"));
        let (status, said) = generate(&folder, "api.yaml -o out --runtime path=nowhere");
        assert_eq!((status, said.contains("nowhere")), (2, true), "{said}");
    }

    #[test]
    fn what_cannot_be_read_or_written_is_no_fault_of_the_document() {
        let folder = folder("unwritable", &[("api.yaml", GOOD), ("file", "")]);
        let (status, said) = generate(&folder, "api.yaml -o file");
        assert_eq!((status, said.contains("file")), (2, true), "{said}");
        assert_eq!(generate(&folder, "api.yaml -o file/below --module").0, 2);
        let (status, said) = generate(&folder, "absent.yaml -o out");
        assert_eq!((status, said.contains("absent.yaml")), (2, true), "{said}");
        assert_eq!(generate(&folder, "api.yaml").0, 2);
        assert_eq!(names(&folder), ["api.yaml", "file"]);
    }
}
