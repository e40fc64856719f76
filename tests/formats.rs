//! Payload schemas in languages of their own: for each rule a document that passes and one that fails, and where.

#![allow(clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use tidings::document::SchemaFormat;
use tidings::reference::{Files, Policy};
use tidings::schema::formats;
use tidings::schema::inclusion::{self, Profile, Side, Verdict};
use tidings::source::{DiagnosticReport, Diagnostics, SourceId};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats")
}

/// `line:column code` of everything that is said of a document.
fn said(path: &Path) -> std::io::Result<Vec<String>> {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.open(path, &mut diagnostics)?;
    tidings::check(&files, source, &mut diagnostics);
    diagnostics.sort();
    let reports = diagnostics.iter().map(|diagnostic| DiagnosticReport::new(files.sources(), diagnostic));
    Ok(reports.map(|report| format!("{}:{} {}", report.line, report.column, report.code)).collect())
}

/// Where the document of each rule fails, and nowhere else.
const FAULTS: &[(&str, &str)] = &[
    ("avro-type", "17:32"),
    ("avro-undefined-name", "17:32"),
    ("avro-attribute", "17:28"),
    ("avro-name", "17:22"),
    ("avro-duplicate", "18:22"),
    ("avro-union", "17:51"),
    ("avro-default", "17:49"),
    ("avro-union-default", "17:61"),
    ("avro-logical-type", "17:60"),
    ("protobuf-not-text", "12:19"),
    ("protobuf-syntax", "16:13"),
    ("protobuf-definition", "15:15"),
    ("protobuf-import", "14:13"),
    ("protobuf-message", "13:13"),
];

#[test]
fn every_rule_has_a_document_that_passes_and_one_that_fails() -> std::io::Result<()> {
    let rules: Vec<&str> = formats::RULES.iter().copied().flatten().map(|rule| rule.id).collect();
    let known: Vec<&str> = FAULTS.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(rules, known);
    for (rule, place) in FAULTS {
        assert_eq!(said(&folder().join(rule).join("passes.yaml"))?, [""; 0], "{rule}");
        assert_eq!(said(&folder().join(rule).join("fails.yaml"))?, [format!("{place} {rule}")]);
    }
    Ok(())
}

#[test]
fn examples_fit_as_json_and_as_the_languages_write_it() -> std::io::Result<()> {
    assert_eq!(said(&folder().join("examples-pass.yaml"))?, [""; 0]);
    let places = ["19:30", "20:39", "21:13", "30:30", "31:30", "39:34", "40:35"];
    assert_eq!(said(&folder().join("examples-fail.yaml"))?, places.map(|place| format!("{place} message-example")));
    Ok(())
}

/// `backward, forward` for two schemas: `holds`, or the path and the fault.
fn compared(ending: &str, format: &SchemaFormat, old: &str, new: &str) -> std::io::Result<[String; 2]> {
    compared_by(Profile::Semantic, ending, format, old, new)
}

/// The same, as a profile has it.
fn compared_by(
    profile: Profile,
    ending: &str,
    format: &SchemaFormat,
    old: &str,
    new: &str,
) -> std::io::Result<[String; 2]> {
    let folder = tempfile::tempdir()?;
    let open = |name: &str, text: &str| {
        let path = folder.path().join(name).with_extension(ending);
        std::fs::write(&path, text)?;
        let mut files = Files::new(Policy::default());
        let source = files.open(&path, &mut Diagnostics::default())?;
        std::io::Result::Ok((files, source))
    };
    let (old, new) = (open("old", old)?, open("new", new)?);
    let side = |(files, source): &'_ (Files, SourceId)| files.root(*source).map(|root| root.id());
    let (Some(old_root), Some(new_root)) = (side(&old), side(&new)) else { return Ok(Default::default()) };
    let comparison = inclusion::compare_by(
        &Side::schema(&old.0, old_root, format.clone(), None),
        &Side::schema(&new.0, new_root, format.clone(), None),
        profile,
    );
    Ok([comparison.backward, comparison.forward].map(|verdict| match verdict {
        Verdict::Holds => "holds".to_owned(),
        Verdict::Fails { witness, .. } => witness["path"].as_str().unwrap_or("no path").to_owned(),
        Verdict::Unknown { reason } => format!("unknown: {reason}"),
    }))
}

#[test]
fn protobuf_is_compared_in_both_directions() -> std::io::Result<()> {
    // Old fields, new fields, backward, forward.
    let cases = [
        ("string id = 1;", "string id = 1;", "holds", "holds"),
        ("string id = 1;", "string id = 1; string note = 2;", "holds", "holds"),
        ("string id = 1; string note = 2;", "string id = 1;", "note", "holds"),
        ("string id = 1; string note = 2;", "string id = 1; reserved 2; reserved \"note\";", "holds", "holds"),
        ("string id = 1; string note = 2;", "string id = 1; reserved 2;", "note", "holds"),
        ("reserved 4 to 6;", "", "", "holds"),
        ("string id = 1;", "string number = 1;", "id", "number"),
        ("string id = 1;", "string number = 1 [json_name = \"id\"];", "holds", "holds"),
        ("string id = 1;", "bytes id = 1;", "id", "id"),
        ("int32 id = 1;", "uint32 id = 1;", "holds", "holds"),
        ("int32 id = 1;", "sint32 id = 1;", "id", "id"),
        ("int32 id = 1;", "int64 id = 1;", "id", "id"),
        ("string id = 1;", "repeated string id = 1;", "id", "id"),
        ("string id = 1;", "optional string id = 1;", "holds", "holds"),
        ("string id = 1;", "oneof key { string id = 1; }", "id", "id"),
        (
            "Inner a = 1; message Inner { string x = 1; }",
            "Other a = 1; message Other { string x = 1; }",
            "holds",
            "holds",
        ),
        ("Inner a = 1; message Inner { string x = 1; }", "Other a = 1; message Other { bool x = 1; }", "a.x", "a.x"),
        ("Message a = 1; string b = 2;", "Message a = 1; bytes b = 2;", "b", "b"),
        ("E e = 1; enum E { A = 0; B = 1; }", "E e = 1; enum E { A = 0; }", "e", "holds"),
        (
            "E e = 1; enum E { A = 0; B = 1; }",
            "E e = 1; enum E { A = 0; reserved 1; reserved \"B\"; }",
            "holds",
            "holds",
        ),
        ("E e = 1; enum E { A = 0; B = 1; }", "E e = 1; enum E { A = 0; C = 1; }", "e", "e"),
        ("map<string, int32> m = 1;", "map<string, bool> m = 1;", "m.value", "m.value"),
    ];
    for (old, new, backward, forward) in cases {
        let message = |fields: &str| format!("syntax = \"proto3\";\nmessage Message {{ {fields} }}\n");
        let found = compared("proto", &SchemaFormat::Protobuf, &message(old), &message(new))?;
        assert_eq!(found, [backward, forward], "{old} -> {new}");
    }
    let message = |fields: &str| format!("syntax = \"proto2\";\nmessage Message {{ {fields} }}\n");
    let (old, new) = (message("optional string id = 1;"), message("required string id = 1;"));
    assert_eq!(compared("proto", &SchemaFormat::Protobuf, &old, &new)?, ["id", "holds"]);
    let (old, new) = (message("optional int32 n = 1 [default = 1];"), message("optional int32 n = 1 [default = 2];"));
    assert_eq!(compared("proto", &SchemaFormat::Protobuf, &old, &new)?, ["n", "n"]);
    Ok(())
}

#[test]
fn avro_is_resolved_in_both_directions() -> std::io::Result<()> {
    let cases = [
        (r#""int""#, r#""long""#, "holds", ""),
        (r#"["null", "int"]"#, r#""int""#, "", "holds"),
        (
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}"#,
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 3}"#,
            "",
            "",
        ),
        (
            r#"{"type": "record", "name": "A", "fields": [{"name": "x", "type": "int"}]}"#,
            r#"{"type": "record", "name": "A", "fields": [{"name": "y", "aliases": ["x"], "type": "int"}]}"#,
            "holds",
            "x",
        ),
        (
            r#"{"type": "record", "name": "A", "fields": []}"#,
            r#"{"type": "record", "name": "A", "fields": [{"name": "x", "type": "int", "default": 0}]}"#,
            "holds",
            "holds",
        ),
        (
            r#"{"type": "enum", "name": "E", "symbols": ["A", "B"]}"#,
            r#"{"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}"#,
            "holds",
            "holds",
        ),
        (r#"{"type": "record", "name": "A", "fields": [{"name": "x", "type": "Elsewhere"}]}"#, r#""int""#, "", ""),
        (
            r#"{"type": "array", "items": "Elsewhere"}"#,
            r#"{"type": "array", "items": "int"}"#,
            "unknown: a type that is defined elsewhere",
            "unknown: a type that is defined elsewhere",
        ),
        (
            r#"{"type": "fixed", "name": "F"}"#,
            r#""int""#,
            "unknown: not an Avro schema: the fixed `F` has no `size`",
            "unknown: not an Avro schema: the fixed `F` has no `size`",
        ),
    ];
    for (old, new, backward, forward) in cases {
        assert_eq!(compared("avsc", &SchemaFormat::Avro, old, new)?, [backward, forward], "{old} -> {new}");
    }
    Ok(())
}

/// Old and new message -> does that break in bytes and JSON, and in bytes alone?
const BYTES_AND_NAMES: [(&str, &str, bool, bool); 4] = [
    ("string note = 1;", "string remark = 1;", true, false),
    ("int32 count = 1;", "int64 count = 1;", true, false),
    ("int32 count = 1;", "sint32 count = 1;", true, true),
    ("string note = 1; int32 count = 2;", "reserved 2; string note = 1;", true, false),
];

#[test]
fn protobuf_by_its_bytes_alone_does_not_ask_for_names() -> std::io::Result<()> {
    let text = |fields: &str| format!("syntax = \"proto3\"; message Order {{ {fields} }}");
    for (old, new, breaks_json, breaks_bytes) in BYTES_AND_NAMES {
        for (profile, breaks) in [(Profile::ProtoWireJson, breaks_json), (Profile::ProtoWire, breaks_bytes)] {
            let [backward, _] = compared_by(profile, "proto", &SchemaFormat::Protobuf, &text(old), &text(new))?;
            assert!(!backward.starts_with("unknown"), "{old} -> {new}, {profile:?}: {backward}");
            assert_eq!(backward != "holds", breaks, "{old} -> {new}, {profile:?}: {backward}");
        }
    }
    Ok(())
}
