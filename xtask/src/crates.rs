//! Crates that hold nothing but generated code.
//!
//! In: a folder and source files. Out: the folder as a crate that depends on the runtime alone, compiled with warnings as
//! errors.

use crate::{Outcome, cargo, root, target};
use std::path::{Path, PathBuf};

/// Writes a crate, its manifest included.
pub fn write(folder: &Path, mut files: Vec<(PathBuf, String)>) -> Outcome {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("generated");
    let runtime = root().join("runtime").display().to_string();
    let manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         serde_json = \"1\"\ntidings-runtime = {{ path = {runtime:?} }}\n"
    );
    files.push((PathBuf::from("Cargo.toml"), manifest));
    tidings::output::write(folder, &files).map_err(|(path, error)| format!("{}: {error}", path.display()))?;
    // The versions that the workspace has fetched already.
    let _ = std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"));
    Ok(())
}

/// What such a crate is built to.
pub fn built(path: &Path) -> PathBuf {
    target().join("generated-build").join(path)
}

/// Runs Cargo in such a crate.
pub fn cargo_in(folder: &Path, arguments: &[&str]) -> Outcome {
    let mut command = cargo();
    command.current_dir(folder).env("CARGO_TARGET_DIR", built(Path::new("")));
    crate::run(command.env("RUSTFLAGS", "-D warnings").args(arguments))
}

/// Writes a crate and compiles it.
pub fn check(folder: &Path, files: Vec<(PathBuf, String)>) -> Outcome {
    write(folder, files)?;
    cargo_in(folder, &["check", "--quiet"])
}
