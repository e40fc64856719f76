//! Past versions of a document, out of git.
//!
//! In: a revision and a file of a work tree. Out: a folder in which the document stands as it was, together with all
//! other files of its repository that a document can refer to; it is removed in the end. The work tree is not touched:
//! git's own program says what stood in each file.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// Files that a document can refer to.
const EXTENSIONS: [&str; 6] = ["yaml", "yml", "json", "avsc", "proto", "xsd"];
/// A revision with more such files is not laid out.
const MAXIMUM_FILES: usize = 20_000;

/// A document as it was.
pub struct Checkout {
    folder: TempDir,
    revision: String,
    /// The document.
    pub document: PathBuf,
}

impl Checkout {
    /// The folder that stands for the repository.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// How a file is called towards the user: as git calls it.
    pub fn shown(&self, file: &str) -> String {
        let root = self.folder.path().canonicalize().unwrap_or_else(|_| self.folder.path().to_path_buf());
        let inside =
            [root.as_path(), self.folder.path()].into_iter().find_map(|root| Path::new(file).strip_prefix(root).ok());
        inside.map_or_else(|| file.to_owned(), |inside| format!("{}:{}", self.revision, inside.display()))
    }
}

/// Lays out a file of the work tree as it was at a revision, which is written `git:REV`.
///
/// # Errors
/// Says why that is not possible: no such revision, or no such file in it.
pub fn checkout(against: &str, file: &Path) -> Result<Checkout, String> {
    let revision = against.strip_prefix("git:").ok_or("say `git:` and a revision, as `git:origin/main`")?;
    if revision.is_empty() || revision.starts_with('-') {
        return Err(format!("`{revision}` is no revision"));
    }
    let file = file.canonicalize().map_err(|error| format!("{}: {error}", file.display()))?;
    let folder = file.parent().ok_or("the document has no folder")?;
    let top = PathBuf::from(text(git(folder, ["rev-parse", "--show-toplevel"])?)?);
    let top = top.canonicalize().map_err(|error| format!("{}: {error}", top.display()))?;
    let commit = text(
        git(folder, ["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
            .map_err(|_| format!("there is no revision `{revision}`"))?,
    )?;
    let inside = file.strip_prefix(&top).map_err(|_| "the document is not in the repository")?.to_path_buf();
    let listed = git(&top, ["ls-tree", "-r", "-z", "--name-only", &commit])?;
    let listed = String::from_utf8(listed).map_err(|_| "a name of a file is not UTF-8")?;
    let wanted = |name: &&str| {
        let extension = Path::new(name).extension().and_then(OsStr::to_str).unwrap_or("").to_ascii_lowercase();
        EXTENSIONS.contains(&extension.as_str()) || Path::new(name) == inside
    };
    let names: Vec<&str> = listed.split('\0').filter(|name| !name.is_empty()).filter(wanted).collect();
    if !names.iter().any(|name| Path::new(name) == inside) {
        return Err(format!("{} is not there", inside.display()));
    }
    if names.len() > MAXIMUM_FILES {
        return Err(format!("the revision has {} files that could be referred to", names.len()));
    }
    let target = TempDir::new().map_err(|error| format!("no folder for the past: {error}"))?;
    for name in names {
        // A name that climbs out of the folder is not written.
        let plain = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        let path = target.path().join(name);
        if let (true, Some(parent)) = (plain, path.parent()) {
            let content = git(&top, ["cat-file", "blob", &format!("{commit}:{name}")]);
            // What is no file (a submodule) is left out.
            let Ok(content) = content else { continue };
            let written = std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&path, content));
            written.map_err(|error| format!("{name}: {error}"))?;
        }
    }
    let document = target.path().join(inside);
    Ok(Checkout { folder: target, revision: revision.to_owned(), document })
}

/// What git prints.
fn git<const N: usize>(folder: &Path, arguments: [&str; N]) -> Result<Vec<u8>, String> {
    let output = Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .output()
        .map_err(|error| format!("git could not be started: {error}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

fn text(output: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(output).map_err(|_| "git says something that is not UTF-8".to_owned())?;
    Ok(text.trim_end().to_owned())
}
