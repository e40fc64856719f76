//! `tidings validate`: exit status, what goes to which stream, and the shape of the JSON report.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn documents() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/documents")
}

/// Runs `tidings validate` in the folder of the documents.
fn validate(arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_tidings")).arg("validate").args(arguments).current_dir(documents()).output()
}

fn status(arguments: &[&str]) -> Option<i32> {
    validate(arguments).ok()?.status.code()
}

#[test]
fn the_exit_status_is_zero_one_or_two() {
    assert_eq!(status(&["valid/minimal-3.1.0.yaml"]), Some(0));
    assert_eq!(status(&["faults/unknown-key.yaml"]), Some(1));
    assert_eq!(status(&["valid/minimal-3.1.0.yaml", "faults/unknown-key.yaml"]), Some(1));
    assert_eq!(status(&["none.yaml"]), Some(2));
    assert_eq!(status(&["faults/unknown-key.yaml", "none.yaml"]), Some(2));
    assert_eq!(status(&[]), Some(2));
    assert_eq!(status(&["--format", "xml", "valid/minimal-3.1.0.yaml"]), Some(2));
}

#[test]
fn warnings_are_wrong_only_if_denied() {
    assert_eq!(status(&["faults/beside-reference.yaml"]), Some(0));
    assert_eq!(status(&["--deny-warnings", "faults/beside-reference.yaml"]), Some(1));
    assert_eq!(status(&["--deny-warnings", "valid/minimal-3.1.0.yaml"]), Some(0));
}

#[test]
fn text_goes_to_standard_error_without_colour_when_that_is_no_terminal() {
    let output = validate(&["faults/unknown-key.yaml"]).unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.stdout.is_empty());
    assert!(text.starts_with("error[unknown-field]: `adress` is not a field of the Channel Object\n"), "{text}");
    assert!(text.contains("--> faults/unknown-key.yaml:7:5"), "{text}");
    assert!(text.contains("help: did you mean `address`?"), "{text}");
    assert!(text.ends_with("faults/unknown-key.yaml: 1 error\n"), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn the_report_names_files_as_the_user_did_and_in_that_order() {
    let output =
        validate(&["--format", "json", "./faults/unknown-key.yaml", "valid/../valid/minimal-2.6.0.yaml"]).unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let documents = report["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[0]["file"], "./faults/unknown-key.yaml");
    assert_eq!(documents[0]["asyncapi"], "3.0.0");
    assert_eq!(documents[0]["valid"], false);
    let diagnostic = &documents[0]["diagnostics"][0];
    let expected = serde_json::json!({
        "code": "unknown-field",
        "severity": "error",
        "message": "`adress` is not a field of the Channel Object",
        "path": "/channels/orders/adress",
        "file": "./faults/unknown-key.yaml",
        "line": 7, "column": 5, "endLine": 7, "endColumn": 11,
        "help": "did you mean `address`?",
    });
    assert_eq!(*diagnostic, expected);
    assert_eq!(documents[1]["file"], "valid/../valid/minimal-2.6.0.yaml");
    assert_eq!(documents[1]["valid"], true);
    assert_eq!(documents[1]["diagnostics"], serde_json::json!([]));
}

#[test]
fn the_report_covers_what_can_be_read_when_something_cannot() {
    let output = validate(&["--format", "json", "none.yaml", "valid/minimal-3.0.0.yaml"]).unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(report["documents"].as_array().unwrap().len(), 1);
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot read none.yaml"));
}

/// The current folder and the roots that the user allows may be read, besides the document's own.
#[test]
fn references_may_lead_into_the_current_folder_and_allowed_roots() {
    let folder = std::env::temp_dir().join(format!("tidings-roots-{}", std::process::id()));
    let inner = folder.join("service");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(folder.join("common.yaml"), "Order: {}\n").unwrap();
    let document =
        "asyncapi: 3.0.0\ninfo: {title: a, version: a}\ncomponents: {schemas: {A: {$ref: ../common.yaml#/Order}}}\n";
    std::fs::write(inner.join("asyncapi.yaml"), document).unwrap();
    let run = |arguments: &[&str], current: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command.arg("validate").args(arguments).current_dir(current).status().unwrap().code()
    };
    let from_above = run(&["service/asyncapi.yaml"], &folder);
    let from_within = run(&["asyncapi.yaml"], &inner);
    let allowed = run(&["--allow-root", "..", "asyncapi.yaml"], &inner);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((from_above, from_within, allowed), (Some(0), Some(1), Some(0)));
}
