//! `cargo xtask same DIR`: no document of a corpus differs from itself.
//!
//! In: a folder with documents. Out: a count, or the changes that were reported where there are none. The new side is the
//! same document, read again.

use crate::Outcome;
use clap::Args;
use std::path::{Path, PathBuf};
use tidings::compat::{self, Api};
use tidings::document::Document;
use tidings::reference::{Files, Policy};
use tidings::source::Diagnostics;

/// Compares every document of a corpus with itself: no change may be reported
#[derive(Args)]
pub struct Arguments {
    /// A folder with documents
    corpus: PathBuf,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let mut paths = Vec::new();
    search(&arguments.corpus, &mut paths).map_err(|error| format!("{}: {error}", arguments.corpus.display()))?;
    paths.sort_unstable();
    let (mut count, mut differ) = (0, Vec::new());
    for path in &paths {
        // What is invalid has no model, and what is no document neither.
        let (Some((old_files, old)), Some((new_files, new))) =
            (read(&arguments.corpus, path), read(&arguments.corpus, path))
        else {
            continue;
        };
        count += 1;
        let report = compat::diff(Api { files: &old_files, document: &old }, Api { files: &new_files, document: &new });
        if !report.changes.is_empty() || report.bump != compat::Bump::None {
            differ.push(format!("{}\n{}", path.display(), compat::text(&report)));
        }
    }
    match (count, differ.is_empty()) {
        (0, _) => Err("no valid document was found".to_owned()),
        (_, true) => {
            println!("{count} documents are the same as themselves");
            Ok(())
        }
        _ => Err(format!("documents differ from themselves:\n{}", differ.join("\n"))),
    }
}

/// All YAML and JSON files of a folder.
pub fn search(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("");
        if path.is_dir() {
            search(&path, found)?;
        } else if ["yaml", "yml", "json"].contains(&extension) {
            found.push(path);
        }
    }
    Ok(())
}

fn read(corpus: &Path, path: &Path) -> Option<(Files, Document)> {
    let mut files = Files::new(Policy { allowed_roots: vec![corpus.to_path_buf()], ..Policy::default() });
    let mut diagnostics = Diagnostics::default();
    let source = files.open(path, &mut diagnostics).ok()?;
    let document = tidings::read(&mut files, source, &mut diagnostics)?;
    Some((files, document))
}
