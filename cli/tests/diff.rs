//! `tidings diff` and `tidings link` through the binary: past versions, folders, configuration, formats, exit status.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn document(action: &str, states: &str) -> String {
    format!(
        "asyncapi: 3.0.0
info: {{ title: Orders, version: 1.0.0 }}
channels:
  placed: {{ address: placed, messages: {{ Placed: {{ payload: {{ $ref: 'state.yaml' }} }} }} }}
  other: {{ address: other, messages: {{ Other: {{ payload: {{ enum: {states} }} }} }} }}
operations:
  onOther: {{ action: {action}, channel: {{ $ref: '#/channels/other' }} }}
  onPlaced: {{ action: {action}, channel: {{ $ref: '#/channels/placed' }} }}
"
    )
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn tidings(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_tidings")).current_dir(folder).args(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=n", "-c", "user.email=n@example.com"];
    let status = Command::new("git").current_dir(folder).args(identity).args(arguments).status().unwrap();
    assert!(status.success());
}

/// A repository whose referenced file has changed since the only commit.
fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "api/asyncapi.yaml", &document("receive", "[a, b]"));
    write(folder.path(), "api/state.yaml", "enum: [new, paid]\n");
    git(folder.path(), &["init", "-q", "."]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-q", "-m", "first"]);
    write(folder.path(), "api/state.yaml", "enum: [new]\n");
    folder
}

#[test]
fn a_past_version_has_the_files_of_its_time() {
    let folder = repository();
    let (status, out, _) = tidings(folder.path(), &["diff", "--against", "git:HEAD", "api/asyncapi.yaml"]);
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("HEAD:api/state.yaml:1 -> "), "{out}");
    assert!(out.contains("witness: \"paid\""), "{out}");
}

#[test]
fn a_revision_that_is_none_is_bad_usage() {
    let folder = repository();
    for against in ["git:nowhere", "git:--help", "HEAD"] {
        let (status, _, said) = tidings(folder.path(), &["diff", "--against", against, "api/asyncapi.yaml"]);
        assert_eq!(status, Some(2), "{against}: {said}");
    }
}

#[test]
fn a_waiver_of_the_configuration_holds_until_its_day() {
    let folder = repository();
    for (until, expected) in [("2099-01-01", Some(0)), ("2001-01-01", Some(1))] {
        let waiver = format!(
            "[[compatibility.waivers]]\nrule = \"PAY-01\"\nuntil = {until}\nreason = \"agreed with everybody\"\n"
        );
        write(folder.path(), "tidings.toml", &waiver);
        let (status, out, said) = tidings(folder.path(), &["diff", "--against", "git:HEAD", "api/asyncapi.yaml"]);
        assert_eq!(status, expected, "{out}{said}");
    }
}

#[test]
fn folders_are_compared_document_by_document() {
    let folder = TempDir::new().unwrap();
    for (side, states) in [("old", "[new, paid]"), ("new", "[new]")] {
        write(folder.path(), &format!("{side}/a.yaml"), &document("receive", states));
        write(folder.path(), &format!("{side}/state.yaml"), "enum: [new]\n");
    }
    let (status, out, said) = tidings(folder.path(), &["diff", "--format", "json", "old", "new"]);
    assert_eq!(status, Some(1), "{said}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["verdict"], &report["changes"][0]["witness"]), (&"breaking".into(), &"paid".into()));
}

#[test]
fn other_tools_read_the_changes() {
    let folder = repository();
    let shown =
        |format| tidings(folder.path(), &["diff", "--format", format, "--against", "git:HEAD", "api/asyncapi.yaml"]).1;
    let sarif: serde_json::Value = serde_json::from_str(&shown("sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "PAY-01");
    assert!(shown("github").starts_with("::error file="));
    assert!(shown("markdown").contains("## Breaking"));
}

#[test]
fn applications_that_do_not_fit_are_linked_with_a_witness() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "sender.yaml", &document("send", "[a, b]"));
    write(folder.path(), "receiver.yaml", &document("receive", "[a]"));
    write(folder.path(), "state.yaml", "enum: [new]\n");
    let (status, out, said) = tidings(folder.path(), &["link", "sender.yaml", "receiver.yaml"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(out.contains("witness: \"b\"") && out.contains("1 fit, 1 do not"), "{out}");
}

#[test]
fn what_cannot_be_compared_is_said_with_its_name() {
    let folder = repository();
    let valid = document("receive", "[a]");
    for (name, text) in [
        ("valid.yaml", valid.as_str()),
        ("broken.yaml", "asyncapi: 3.0.0\ninfo: {}\n"),
        ("text.yaml", "{ : : }"),
        ("other.yaml", "openapi: 3.1.0\n"),
        ("state.yaml", "enum: [new]\n"),
        ("alone/valid.yaml", valid.as_str()),
        ("empty/none.txt", ""),
    ] {
        write(folder.path(), name, text);
    }
    // Arguments, exit status, and what the message names.
    let cases: [(&[&str], i32, &str); 14] = [
        (&["missing.yaml", "valid.yaml"], 2, "missing.yaml"),
        (&["valid.yaml", "missing.yaml"], 2, "missing.yaml"),
        (&["valid.yaml", "broken.yaml"], 1, "broken.yaml"),
        (&["broken.yaml", "valid.yaml"], 1, "broken.yaml"),
        (&["text.yaml", "valid.yaml"], 1, "text.yaml"),
        (&["other.yaml", "valid.yaml"], 1, "other.yaml"),
        (&["valid.yaml"], 2, "--against"),
        (&["alone", "valid.yaml"], 2, "valid.yaml is no folder"),
        (&["alone", "empty"], 2, "no AsyncAPI document"),
        (&["--mode", "sideways", "valid.yaml", "valid.yaml"], 2, "sideways"),
        (&["--profile", "none", "valid.yaml", "valid.yaml"], 2, "none"),
        (&["--against", "git:HEAD", "valid.yaml"], 2, "valid.yaml is not there"),
        (&["--against", "git:HEAD", "valid.yaml", "valid.yaml"], 2, "takes one document"),
        (&["--against", "git:nowhere", "api/asyncapi.yaml"], 2, "there is no revision `nowhere`"),
    ];
    for (arguments, expected, named) in cases {
        let (status, out, said) = tidings(folder.path(), &[&["diff"], arguments].concat());
        assert_eq!(status, Some(expected), "{arguments:?}: {out}{said}");
        assert!(said.contains(named), "{arguments:?}: {said}");
    }
    let (status, out, said) = tidings(folder.path(), &["diff", "valid.yaml", "valid.yaml"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(out.contains("compatible"), "{out}");
    let outside = TempDir::new().unwrap();
    write(outside.path(), "valid.yaml", &valid);
    let (status, _, said) = tidings(outside.path(), &["diff", "--against", "git:HEAD", "valid.yaml"]);
    assert!(status == Some(2) && said.contains("git"), "{said}");
}

#[test]
fn the_mode_says_which_old_versions_count() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "state.yaml", "enum: [new]\n");
    for (name, states) in [("1.yaml", "[a, b]"), ("2.yaml", "[a]"), ("3.yaml", "[a]")] {
        write(folder.path(), name, &document("receive", states));
    }
    for (mode, expected) in [
        ("full", 0),
        ("full-transitive", 1),
        ("backward", 0),
        ("backward-transitive", 1),
        ("forward-transitive", 0),
        ("auto", 1),
    ] {
        let (status, out, said) = tidings(folder.path(), &["diff", "--mode", mode, "1.yaml", "2.yaml", "3.yaml"]);
        assert_eq!(status, Some(expected), "{mode}: {out}{said}");
    }
}

#[test]
fn a_waiver_that_is_over_is_named() {
    let folder = repository();
    let waiver = "[[compatibility.waivers]]\nrule = \"PAY-01\"\nuntil = 2001-01-01\nreason = \"agreed\"\n";
    write(folder.path(), "tidings.toml", waiver);
    let (status, out, said) = tidings(folder.path(), &["diff", "--against", "git:HEAD", "api/asyncapi.yaml"]);
    assert_eq!(status, Some(1), "{out}{said}");
    assert!(format!("{out}{said}").contains("the waiver of PAY-01 ended on 2001-01-01"), "{out}{said}");
}
