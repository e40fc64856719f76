//! Which documents the user means: files, folders, patterns, standard input.
//!
//! In: arguments. Out: files in the order of the arguments, those of a folder or a pattern in order of path, each once. In a
//! folder only what is an AsyncAPI document by its own word is taken; what is named is taken in any case.

use crate::configuration::Configuration;
use crate::input::STANDARD_INPUT;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use tidings::syntax::mentions_root_key;

/// Folders that hold the work of others.
const SKIPPED: [&str; 2] = ["node_modules", "target"];

/// The extensions of documents.
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// The documents that are meant.
#[derive(Default)]
pub struct Documents {
    /// Their paths.
    pub files: Vec<PathBuf>,
    /// The folders that were searched.
    pub folders: Vec<PathBuf>,
}

/// Finds the documents.
///
/// # Errors
/// An argument that no document fits, or a folder that cannot be read: for people.
pub fn find(arguments: &[PathBuf], configuration: &Configuration) -> Result<Documents, String> {
    let mut found = Documents::default();
    let mut seen = HashSet::new();
    for argument in arguments {
        let mut files = Vec::new();
        if argument.as_os_str() == STANDARD_INPUT {
            files.push(argument.clone());
        } else if argument.is_dir() {
            found.folders.push(argument.clone());
            search(argument, configuration, &mut files)?;
            if files.is_empty() {
                return Err(format!("there is no AsyncAPI document in {}", argument.display()));
            }
        } else if let Some(pattern) = pattern(argument) {
            expand(pattern, configuration, &mut files)?;
        } else {
            files.push(argument.clone());
        }
        found.files.extend(files.into_iter().filter(|file| seen.insert(file.clone())));
    }
    Ok(found)
}

/// The argument as a pattern: it has wildcards, and no file has that name.
fn pattern(argument: &Path) -> Option<&str> {
    argument.to_str().filter(|text| text.contains(['*', '?', '[']) && !argument.exists())
}

fn expand(pattern: &str, configuration: &Configuration, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let paths = glob::glob(pattern).map_err(|error| format!("`{pattern}` is not a pattern: {error}"))?;
    for path in paths {
        let path = path.map_err(|error| error.to_string())?;
        if path.is_file() && !excluded(&path, configuration) {
            files.push(path);
        }
    }
    if files.is_empty() { Err(format!("no file fits `{pattern}`")) } else { Ok(()) }
}

/// The documents below a folder, in order of path. Symbolic links to folders are not followed.
fn search(folder: &Path, configuration: &Configuration, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let failed = |path: &Path, error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let mut found = Vec::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
            let entry = entry.map_err(|error| failed(&folder, error))?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let kind = entry.file_type().map_err(|error| failed(&path, error))?;
            if kind.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&&*name) {
                todo.push(path);
            } else if !kind.is_dir() && is_document(&path) && !excluded(&path, configuration) {
                found.push(path);
            }
        }
    }
    found.sort();
    files.extend(found);
    Ok(())
}

/// Does the file have the extension of a document?
pub fn has_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
}

fn is_document(path: &Path) -> bool {
    has_extension(path)
        && path.is_file()
        && std::fs::read_to_string(path).is_ok_and(|text| mentions_root_key(&text, "asyncapi"))
}

/// A configuration at fault excludes nothing: that it is at fault is said when the document is opened.
fn excluded(path: &Path, configuration: &Configuration) -> bool {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    configuration.config().is_some_and(|config| config.excludes(&absolute))
}
