//! `tidings schema sample`: values that an independent validator accepts, the same for the same seed.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::collections::HashSet;
use std::process::{Command, Output};

const SCHEMA: &str = r#"{
  "type": "object", "required": ["id", "at", "kind"], "additionalProperties": false,
  "properties": {
    "id": {"type": "string", "format": "uuid"}, "at": {"type": "string", "format": "date-time"}, "kind": {"enum": ["a", "b"]},
    "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"}, "n": {"type": "integer", "minimum": 3, "maximum": 9}
  }
}"#;

fn sample(schema: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schema.json"), schema).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command.args(["schema", "sample", "schema.json"]).args(arguments).current_dir(folder.path()).output().unwrap()
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8(output.stdout.clone()).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn samples_are_different_and_valid() {
    let output = sample(SCHEMA, &["--count", "8"]);
    assert_eq!(output.status.code(), Some(0));
    let lines = lines(&output);
    assert_eq!(lines.iter().collect::<HashSet<_>>().len(), 8);
    for line in lines {
        let value: Value = serde_json::from_str(&line).unwrap();
        let known = ["id", "at", "kind", "code", "n"];
        assert!(value.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{line}");
        assert!(["a", "b"].map(Value::from).contains(&value["kind"]), "{line}");
        assert!(value.get("n").is_none_or(|n| (3..=9).contains(&n.as_i64().unwrap())), "{line}");
        let code = value.get("code").map_or("AAA-0", |code| code.as_str().unwrap());
        let (letters, digits) = code.split_once('-').unwrap();
        assert!(letters.len() == 3 && letters.bytes().all(|byte| byte.is_ascii_uppercase()), "{line}");
        assert!(!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()), "{line}");
        assert_eq!(value["id"].as_str().unwrap().len(), 36, "{line}");
        assert!(value["at"].as_str().unwrap().ends_with('Z'), "{line}");
    }
}

#[test]
fn a_seed_decides() {
    let of = |seed: &str| sample(SCHEMA, &["--count", "5", "--seed", seed]).stdout;
    assert_eq!(of("7"), of("7"));
    assert_ne!(of("7"), of("8"));
}

#[test]
fn no_value_is_a_fault() {
    let output = sample("false", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
}
