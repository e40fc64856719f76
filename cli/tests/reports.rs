//! What `tidings validate` writes for other tools, which documents it takes, and what `tidings.toml` changes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

const VALID: &str = "asyncapi: 3.1.0\ninfo:\n  title: Orders\n  version: 1.0.0\n";
const MISSPELT: &str = "asyncapi: 3.1.0\ninfo:\n  title: Orders\n  version: 1.0.0\n  licence: a\n";

fn tidings(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tidings")).args(arguments).current_dir(folder).output().unwrap()
}

fn validate(folder: &Path, arguments: &[&str]) -> Output {
    tidings(folder, &[&["validate"], arguments].concat())
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// The files of a JSON report.
fn files(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let report = report(&validate(folder, &[&["--format", "json"], arguments].concat()));
    report["documents"].as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap().to_owned()).collect()
}

/// The codes and severities of the first document of a JSON report.
fn findings(folder: &Path, arguments: &[&str]) -> Vec<(String, String)> {
    let report = report(&validate(folder, &[&["--format", "json"], arguments].concat()));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["documents"][0]["diagnostics"].as_array().unwrap();
    findings.iter().map(|one| (text(&one["code"]), text(&one["severity"]))).collect()
}

#[test]
fn sarif_names_rules_once_and_places_as_a_uri_with_a_region() {
    let folder = folder(&[("a b:c.yaml", MISSPELT), ("d.yaml", MISSPELT)]);
    let output = validate(folder.path(), &["--format", "sarif", "a b:c.yaml", "d.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let report = report(&output);
    let run = &report["runs"][0];
    assert_eq!(report["version"], "2.1.0");
    assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 1);
    assert_eq!(run["results"].as_array().unwrap().len(), 2);
    let result = &run["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&json!("unknown-field"), &json!("error")));
    let place = &result["locations"][0];
    assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], "a%20b%3Ac.yaml");
    let region = json!({ "startLine": 5, "startColumn": 3, "endLine": 5, "endColumn": 10 });
    assert_eq!(place["physicalLocation"]["region"], region);
    assert_eq!(place["logicalLocations"][0]["fullyQualifiedName"], "/info/licence");
}

#[test]
fn an_annotation_is_one_line_whatever_the_document_says() {
    let folder =
        folder(&[("a,b.yaml", "asyncapi: 3.1.0\ninfo:\n  title: a\n  version: a\n  \"a%\\n::error::b\": 1\n")]);
    let output = validate(folder.path(), &["--format", "github", "a,b.yaml"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    let begin =
        "::error file=a%2Cb.yaml,line=5,endLine=5,col=3,endColumn=19,title=unknown-field::`a%25%0A::error::b` is not";
    assert!(text.starts_with(begin), "{text}");
}

#[test]
fn folders_are_searched_for_what_calls_itself_a_document() {
    let folder = folder(&[
        ("b/asyncapi.yaml", VALID),
        ("b/broken.yml", "asyncapi: 3.1.0\ninfo: {\n"),
        ("a.json", "{\n  \"info\": {\"title\": \"a\", \"version\": \"a\"},\n  \"asyncapi\": \"3.1.0\"}"),
        ("b/parts.yaml", "Order:\n  asyncapi: no\n"),
        ("b/data.json", "{\"a\": {\"asyncapi\": 1}}"),
        ("b/readme.md", "asyncapi: 3.1.0\n"),
        (".hidden/asyncapi.yaml", VALID),
        ("node_modules/asyncapi.yaml", VALID),
    ]);
    assert_eq!(files(folder.path(), &["."]), ["./a.json", "./b/asyncapi.yaml", "./b/broken.yml"]);
    // What is named twice is checked once; a pattern that the shell left alone is expanded.
    assert_eq!(files(folder.path(), &["b/asyncapi.yaml", "b/*.yaml"]), ["b/asyncapi.yaml", "b/parts.yaml"]);
    assert_eq!(files(folder.path(), &["**/asyncapi.yaml"]).len(), 3);
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for nothing in ["empty", "*.yaml"] {
        assert_eq!(validate(folder.path(), &[nothing]).status.code(), Some(2));
    }
}

#[test]
fn standard_input_is_a_document_of_the_current_folder() {
    let folder = folder(&[("common.yaml", "Order: {type: strin}\n")]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["validate", "--format", "json", "-"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text =
        format!("{VALID}channels: {{a: {{messages: {{m: {{payload: {{$ref: common.yaml#/Order}}}}}}}}}}\nadress: 1\n");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let report = report(&child.wait_with_output().unwrap());
    let files: Vec<&Value> =
        report["documents"][0]["diagnostics"].as_array().unwrap().iter().map(|one| &one["file"]).collect();
    assert_eq!(files, ["-", "common.yaml"]);
    assert_eq!(report["documents"][0]["file"], "-");
}

#[test]
fn the_nearest_configuration_of_the_user_sets_severities_and_excuses_places() {
    let toml = "[severity]\nunknown-field = \"warning\"\n";
    let folder = folder(&[
        ("tidings.toml", toml),
        ("service/asyncapi.yaml", MISSPELT),
        ("other/asyncapi.yaml", MISSPELT),
        ("other/tidings.toml", "[[ignore]]\nrule = \"unknown-field\"\npath = \"/info/*\"\nreason = \"old\"\n"),
        ("off.toml", "[severity]\nunknown-field = \"off\"\n"),
    ]);
    let one = |code: &str, severity: &str| vec![(code.to_owned(), severity.to_owned())];
    assert_eq!(findings(folder.path(), &["service/asyncapi.yaml"]), one("unknown-field", "warning"));
    // Whoever works in a folder decides, not whoever wrote the document.
    assert_eq!(findings(folder.path(), &["other/asyncapi.yaml"]), one("unknown-field", "warning"));
    assert_eq!(findings(&folder.path().join("other"), &["asyncapi.yaml"]), []);
    assert_eq!(findings(folder.path(), &["--no-config", "other/asyncapi.yaml"]), one("unknown-field", "error"));
    assert_eq!(findings(folder.path(), &["--config", "off.toml", "service/asyncapi.yaml"]), []);
    assert_eq!(validate(folder.path(), &["service"]).status.code(), Some(0));
    assert_eq!(validate(folder.path(), &["--deny-warnings", "service"]).status.code(), Some(1));
    assert_eq!(validate(folder.path(), &["--config", "none.toml", "service"]).status.code(), Some(2));
}

#[test]
fn a_configuration_excludes_files_and_allows_roots() {
    let toml = "[files]\nexclude = [\"old/**\"]\nallow-roots = [\"common\"]\n";
    let document = format!("{VALID}channels: {{a: {{messages: {{m: {{payload: {{$ref: ../common/a.yaml}}}}}}}}}}\n");
    let folder = folder(&[
        ("tidings.toml", toml),
        ("new/asyncapi.yaml", &document),
        ("old/asyncapi.yaml", MISSPELT),
        ("common/a.yaml", "type: string\n"),
    ]);
    assert_eq!(files(folder.path(), &["."]), ["./new/asyncapi.yaml"]);
    let inner = folder.path().join("new");
    assert_eq!(validate(&inner, &["asyncapi.yaml"]).status.code(), Some(0));
    assert_eq!(validate(&inner, &["--no-config", "asyncapi.yaml"]).status.code(), Some(1));
}

#[test]
fn an_organisation_adds_rules_of_its_own() {
    let toml = r#"
[[rules]]
id = "acme-owner"
path = "/channels/*"
required = ["x-owner"]
severity = "error"
message = "every channel has an owner"
link = "https://acme.example.com/rules"

[[rules]]
id = "acme-names"
path = "/channels/*"
key-pattern = "^[a-z-]+$"

[[rules]]
id = "acme-address"
path = "/channels/*/address"
pattern = "^acme/"
severity = "info"
"#;
    let document = format!(
        "{VALID}channels:\n  orders:\n    $ref: '#/components/channels/orders'\n  Payments:\n    address: acme/payments\n    \
         x-owner: a\ncomponents:\n  channels:\n    orders:\n      address: orders\n"
    );
    let folder = folder(&[("tidings.toml", toml), ("a.yaml", &document)]);
    let found = findings(folder.path(), &["a.yaml"]);
    let found: Vec<(&str, &str)> = found.iter().map(|(code, severity)| (code.as_str(), severity.as_str())).collect();
    assert_eq!(found, [("acme-owner", "error"), ("acme-names", "warning")]);
    let text = said(&validate(folder.path(), &["a.yaml"]));
    assert!(text.contains("every channel has an owner: `x-owner` is missing here\n --> a.yaml:6:3"), "{text}");
}

#[test]
fn faults_of_a_configuration_have_a_place_and_a_way_out() {
    let cases = [
        ("[severity\n", "config-invalid", "tidings.toml:1:10"),
        ("[severity]\nunknown-feild = \"off\"\n", "config-unknown-rule", "tidings.toml:2:1"),
        ("[severity]\nunknown-field = \"loud\"\n", "config-invalid", "tidings.toml:2:17"),
        ("[files]\nexclud = []\n", "config-invalid", "tidings.toml:2:1"),
        ("[[rules]]\nid = \"syntax\"\npath = \"/\"\nrequired = [\"a\"]\n", "config-invalid", "tidings.toml:2:6"),
        ("[[rules]]\nid = \"a\"\npath = \"/\"\n", "config-invalid", "tidings.toml:2:6"),
        ("[[rules]]\nid = \"a\"\npath = \"/\"\npattern = \"(\"\n", "config-invalid", "tidings.toml:4:11"),
        ("[[ignore]]\npath = \"/a/***\"\n", "config-invalid", "tidings.toml:2:8"),
        ("[compatibility]\nmode = \"sideways\"\n", "config-invalid", "tidings.toml:2:8"),
        ("[compatibility]\nprofile = \"none\"\n", "config-invalid", "tidings.toml:2:11"),
        ("[[compatibility.waivers]]\nrule = \"XYZ\"\nreason = \"a\"\n", "config-unknown-rule", "tidings.toml:2:8"),
        ("[[compatibility.waivers]]\nrule = \"CHN-01\"\nreason = \"\"\n", "config-invalid", "tidings.toml:3:10"),
        (
            "[[compatibility.waivers]]\nrule = \"CHN-01\"\nreason = \"a\"\nuntil = \"soon\"\n",
            "config-invalid",
            "tidings.toml:4:9",
        ),
    ];
    for (toml, code, place) in cases {
        let folder = folder(&[("tidings.toml", toml), ("a.yaml", VALID)]);
        let output = validate(folder.path(), &["a.yaml"]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{toml}");
        assert!(
            text.starts_with(&format!("error[{code}]")) && text.contains(&format!("--> {place}")),
            "{toml}\n{text}"
        );
    }
    let folder = folder(&[("tidings.toml", "[severity]\nunknown-feild = \"off\"\n"), ("a.yaml", VALID)]);
    assert!(said(&validate(folder.path(), &["a.yaml"])).contains("did you mean `unknown-field`?"));
}

#[test]
fn one_bad_line_does_not_hide_the_rest_and_is_named_once() {
    let channels = "channels:\n  orders:\n    adress: orders\n";
    let cases: [(&str, String, &[&str]); 7] = [
        ("a missing colon", format!("{VALID}  description \"a\"\n{channels}"), &["5 syntax", "8 unknown-field"]),
        (
            "an unclosed quote",
            format!("asyncapi: 3.1.0\ninfo:\n  title: \"Orders\n  version: '1'\n{channels}"),
            &["3 syntax", "7 unknown-field"],
        ),
        ("a second colon", format!("{VALID}  description: a: b\n{channels}"), &["5 syntax", "8 unknown-field"]),
        (
            "bad indentation",
            format!("{VALID}{channels}   title: a\n    sumary: a\n"),
            &["7 unknown-field", "8 syntax", "9 unknown-field"],
        ),
        ("a tab", format!("{VALID}channels:\n\torders:\n\t\tadress: a\n"), &["6 syntax", "7 unknown-field"]),
        ("an unclosed list", format!("{VALID}  tags: [a, b\n{channels}"), &["6 syntax", "8 unknown-field"]),
        (
            "a missing comma",
            "{\n\"asyncapi\": \"3.1.0\",\n\"info\": {\"title\": \"a\"\n\"version\": \"a\"},\n\"chanels\": {}\n}\n"
                .to_owned(),
            &["4 syntax", "5 unknown-field"],
        ),
    ];
    for (name, text, expected) in cases {
        let folder = folder(&[("a.yaml", &text)]);
        let report = report(&validate(folder.path(), &["--format", "json", "a.yaml"]));
        let found = report["documents"][0]["diagnostics"].as_array().unwrap();
        let found: Vec<String> =
            found.iter().map(|one| format!("{} {}", one["line"], one["code"].as_str().unwrap())).collect();
        assert_eq!(found, expected, "{name}\n{text}");
    }
}

#[test]
fn nothing_is_fetched_unless_asked_for_and_never_from_this_machine() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let document = format!(
        "{VALID}channels: {{a: {{messages: {{m: {{payload: {{$ref: 'http://127.0.0.1:{port}/a.yaml'}}}}}}}}}}\n"
    );
    let folder = folder(&[("a.yaml", &document)]);
    assert_eq!(findings(folder.path(), &["a.yaml"]), [("remote-reference".to_owned(), "warning".to_owned())]);
    let output = validate(folder.path(), &["--online", "a.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("is not on the public network"), "{}", said(&output));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody connected");
}

#[test]
fn watching_checks_again_after_a_change_of_any_file() {
    let document = format!("{VALID}channels: {{a: {{messages: {{m: {{payload: {{$ref: parts/a.yaml}}}}}}}}}}\n");
    let folder = folder(&[("asyncapi.yaml", &document), ("parts/a.yaml", "type: string\n")]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(["validate", "--watch", "asyncapi.yaml"])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, lines) = channel();
    let output = BufReader::new(child.stderr.take().unwrap());
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let wait_for = |wanted: &str| {
        let mut seen = Vec::new();
        while let Ok(line) = lines.recv_timeout(Duration::from_secs(20)) {
            if line.contains(wanted) {
                return true;
            }
            seen.push(line);
        }
        eprintln!("{seen:?}");
        false
    };
    let first = wait_for("asyncapi.yaml: valid") && wait_for("watching");
    std::fs::write(folder.path().join("parts/a.yaml"), "type: strin\n").unwrap();
    let second = wait_for("asyncapi.yaml: 1 error") && wait_for("watching");
    std::fs::write(folder.path().join("parts/a.yaml"), "type: string\n").unwrap();
    let third = wait_for("asyncapi.yaml: valid");
    let _ = child.kill();
    let _ = child.wait();
    assert!(first && second && third, "{first} {second} {third}");
    assert_eq!(tidings(folder.path(), &["validate", "--watch", "-"]).status.code(), Some(2));
}

#[test]
fn every_rule_of_every_room_is_explained() {
    let folder = folder(&[]);
    let list = String::from_utf8(tidings(folder.path(), &["explain", "--list"]).stdout).unwrap();
    let ids: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for id in ["syntax", "unresolved-reference", "unknown-field", "channel-parameters", "CHN-02", "config-invalid"] {
        assert!(ids.contains(&id), "{id}");
    }
    for id in &ids {
        let output = tidings(folder.path(), &["explain", id]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.starts_with(id) && text.contains("https://"), "{id}: {text}");
    }
    let text = String::from_utf8(tidings(folder.path(), &["explain", "duplicate-key"]).stdout).unwrap();
    assert!(text.contains("This passes:\n\n    asyncapi: 3.1.0\n") && text.contains("This does not:"), "{text}");
    let unknown = tidings(folder.path(), &["explain", "unknown-feild"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(said(&unknown).contains("did you mean `unknown-field`?"));
}

#[test]
fn reports_and_configurations_fit_their_schemas() {
    let folder = folder(&[("a.yaml", MISSPELT), ("b.yaml", VALID)]);
    for (subject, instance) in [
        ("validate", report(&validate(folder.path(), &["--format", "json", "a.yaml"]))),
        ("diff", report(&tidings(folder.path(), &["diff", "--format", "json", "b.yaml", "b.yaml"]))),
    ] {
        let schema = report(&tidings(folder.path(), &["config", "schema", subject]));
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(validator.is_valid(&instance), "{subject}: {instance:#}");
        assert!(!validator.is_valid(&json!({})), "{subject}");
    }
    let schema = report(&tidings(folder.path(), &["config", "schema"]));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let waiver = json!({ "rule": "CHN-01", "reason": "agreed", "until": "2027-03-31" });
    assert!(
        validator.is_valid(&json!({ "severity": { "syntax": "error" }, "compatibility": { "waivers": [waiver] } }))
    );
    assert!(!validator.is_valid(&json!({ "severity": { "syntax": "loud" } })));
    assert!(!validator.is_valid(&json!({ "severities": {} })));
}
