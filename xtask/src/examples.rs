//! The documents by which tests know the rules, as the examples of `tidings explain`.
//!
//! In: `tests/rules/ID/{pass,fail}.yaml` and `tests/compat/ID/{old,new}.yaml`. Out: one JSON file, which the binary holds.

use crate::root;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Where the examples go.
const FILE: &str = "cli/src/explain/examples.json";

/// The folders, and the parts that an example has.
const FOLDERS: [(&str, [&str; 2]); 2] = [("tests/rules", ["pass", "fail"]), ("tests/compat", ["old", "new"])];

/// A longer document explains nothing.
const MAXIMUM_LINES: usize = 60;

/// The file and its text.
pub fn gather() -> Result<(PathBuf, String), String> {
    let mut examples = Map::new();
    for (folder, parts) in FOLDERS {
        for (id, folder) in folders(&root().join(folder))? {
            let mut example = Map::new();
            for part in parts {
                let path = folder.join(part).with_extension("yaml");
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                if !text.is_empty() && text.lines().count() <= MAXIMUM_LINES {
                    example.insert(part.to_owned(), text.into());
                }
            }
            // Half an example misleads.
            if example.len() == parts.len() {
                examples.insert(id, Value::Object(example));
            }
        }
    }
    Ok((PathBuf::from(FILE), format!("{:#}\n", Value::Object(examples))))
}

/// The folders directly in a folder, with their names.
fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir() {
            found.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
    }
    Ok(found)
}
