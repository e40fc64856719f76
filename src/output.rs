//! Writing what was generated: whole files or nothing.
//!
//! In: paths below a folder, with their text. Out: files that are complete, and untouched where they were the same.

use std::io;
use std::path::{Path, PathBuf};

/// Writes files below a folder. Each is written beside its place and then moved there, so that nobody ever reads half a
/// file; one that is the same already keeps its time stamp.
///
/// # Errors
/// With the path at which writing failed.
pub fn write(folder: &Path, files: &[(PathBuf, String)]) -> Result<(), (PathBuf, io::Error)> {
    for (path, text) in files {
        let path = folder.join(path);
        write_one(&path, text).map_err(|error| (path, error))?;
    }
    Ok(())
}

/// The files below a folder that are missing or have another text.
///
/// # Errors
/// With the path at which reading failed, unless it is that the file does not exist.
pub fn stale(folder: &Path, files: &[(PathBuf, String)]) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut stale = Vec::new();
    for (path, text) in files {
        match std::fs::read(folder.join(path)) {
            Ok(bytes) if bytes == text.as_bytes() => {}
            Ok(_) => stale.push(path.clone()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => stale.push(path.clone()),
            Err(error) => return Err((folder.join(path), error)),
        }
    }
    Ok(stale)
}

fn write_one(path: &Path, text: &str) -> io::Result<()> {
    if std::fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes()) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let moved = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    if moved.is_err() {
        // The first error is the one to tell.
        let _ = std::fs::remove_file(&temporary);
    }
    moved
}
