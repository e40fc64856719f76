//! The files of a run: read, parsed, and linked.

use super::identifiers::Identifiers;
use super::pointer::{self, Unresolved};
use crate::source::{Diagnostics, SourceId, Sources};
use crate::syntax::{self, Node, NodeId, Trees};
use percent_encoding::percent_decode_str;
use std::collections::{BTreeMap, HashSet};
use std::path::{Component, Path, PathBuf};

/// Files larger than this are refused.
const MAXIMUM_BYTES: u64 = 256 * 1024 * 1024;
/// More files than this are not read for one document.
const MAXIMUM_FILES: usize = 2_000;

/// What references may read.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Folders that references may lead into, besides the folder of the document itself.
    pub allowed_roots: Vec<PathBuf>,
}

/// What became of a file that something refers to.
#[derive(Debug, Clone)]
enum Loaded {
    Tree(NodeId),
    /// It is not well-formed, as was diagnosed.
    Faulty,
    Failed(String),
    Forbidden(String),
}

/// Every file of a run.
#[derive(Debug, Default)]
pub struct Files {
    sources: Sources,
    trees: Trees,
    /// By the path without `.` and `..`, so that two ways to name a file give one tree.
    loaded: BTreeMap<PathBuf, Loaded>,
    roots: BTreeMap<SourceId, NodeId>,
    identifiers: Identifiers,
    policy: Policy,
}

impl Files {
    /// No files yet.
    pub fn new(policy: Policy) -> Self {
        Self { policy, ..Self::default() }
    }

    /// Every text that was read.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Every tree.
    pub fn trees(&self) -> &Trees {
        &self.trees
    }

    /// Every tree, to add nodes to.
    pub fn trees_mut(&mut self) -> &mut Trees {
        &mut self.trees
    }

    /// The handle of a node.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        self.trees.node(id)
    }

    /// The root of a source, if it could be parsed.
    pub fn root(&self, source: SourceId) -> Option<Node<'_>> {
        self.roots.get(&source).map(|id| self.trees.node(*id))
    }

    /// The paths of all files that were read, in order of path.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let mut paths: Vec<&Path> = self.sources.iter().filter_map(|(_, source)| source.path()).collect();
        paths.sort_unstable();
        paths.into_iter()
    }

    /// Reads a document and every file that it refers to.
    ///
    /// # Errors
    /// When the document itself cannot be read: that is a fault of the call, not of the document.
    pub fn open(&mut self, path: &Path, diagnostics: &mut Diagnostics) -> std::io::Result<SourceId> {
        let text = read_text(path)?;
        Ok(self.add(&display_name(path), Some(path), text, diagnostics))
    }

    /// Adds a document from memory. Its relative references are looked up beside `path`, if there is one.
    pub fn add(&mut self, name: &str, path: Option<&Path>, text: String, diagnostics: &mut Diagnostics) -> SourceId {
        let source = self.parse(name, path, text, diagnostics);
        if let Some(path) = path {
            let folder = normalised(path).parent().map(Path::to_path_buf).unwrap_or_default();
            if let Some(root) = self.roots.get(&source) {
                self.loaded.insert(normalised(path), Loaded::Tree(*root));
            }
            self.load_referenced(source, &folder, diagnostics);
        }
        source
    }

    fn parse(&mut self, name: &str, path: Option<&Path>, text: String, diagnostics: &mut Diagnostics) -> SourceId {
        let id = self.sources.add(name, path.map(Path::to_path_buf), text);
        let Some(source) = self.sources.get(id) else { return id };
        if let Some(root) = syntax::read(source, id, &mut self.trees, diagnostics) {
            let number = self.roots.len();
            self.roots.insert(id, root);
            for (uri, schema) in self.identifiers.add(self.trees.node(root), number) {
                if !self.identifiers.names(uri) {
                    // It refers to itself alone.
                    self.parse(uri, None, schema.to_owned(), diagnostics);
                }
            }
        }
        id
    }

    /// Reads what `source` refers to, and what that refers to. `folder` is where the document lies.
    fn load_referenced(&mut self, source: SourceId, folder: &Path, diagnostics: &mut Diagnostics) {
        let mut todo = vec![source];
        while let Some(source) = todo.pop() {
            let Some(root) = self.root(source) else { continue };
            for (path, shown) in self.file_references(root) {
                if self.loaded.contains_key(&path) {
                    continue;
                }
                let loaded = if !self.allows(&path, folder) {
                    Loaded::Forbidden(shown)
                } else if self.loaded.len() >= MAXIMUM_FILES {
                    Loaded::Failed(format!("more than {MAXIMUM_FILES} files are referred to"))
                } else {
                    match read_text(&path) {
                        Ok(text) => {
                            let source = self.parse(&shown, Some(&path), text, diagnostics);
                            todo.push(source);
                            match self.roots.get(&source) {
                                Some(root) => Loaded::Tree(*root),
                                None => Loaded::Faulty,
                            }
                        }
                        // Not a fault yet: what looks like a reference may be data.
                        Err(error) => Loaded::Failed(format!("cannot read `{shown}`: {}", describe(&error))),
                    }
                };
                self.loaded.insert(path, loaded);
            }
        }
    }

    /// The files named by `$ref`s anywhere below a node: normalised path, name to show.
    fn file_references(&self, root: Node<'_>) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut todo = vec![root];
        while let Some(node) = todo.pop() {
            if !seen.insert(node.id()) {
                continue;
            }
            if let Some(reference) = node.get("$ref")
                && let Some(text) = reference.as_str()
                && let (file, _) = pointer::split(text)
                && !file.is_empty()
                && !pointer::is_remote(file)
                && self.identifiers.resource(reference, file).is_none()
                && let Some((path, shown)) = self.target_path(reference, file)
            {
                found.push((path, shown));
            }
            // Pushed in reverse, so that files are read in the order of the text.
            let children: Vec<Node<'_>> = node.entries().map(|entry| entry.value).chain(node.items()).collect();
            todo.extend(children.into_iter().rev());
        }
        found
    }

    /// The path that the file part of a reference names, and how to show it: relative to the name of the file it stands in.
    fn target_path(&self, reference: Node<'_>, file: &str) -> Option<(PathBuf, String)> {
        let from = self.sources.get(reference.source())?;
        let relative = percent_decode_str(file).decode_utf8_lossy().into_owned();
        let path = normalised(&from.path()?.parent()?.join(&relative));
        let shown = display_name(&normalised(&Path::new(from.name()).parent()?.join(&relative)));
        Some((path, shown))
    }

    /// May this file be read? Symbolic links are followed first, so that none leads out.
    fn allows(&self, path: &Path, folder: &Path) -> bool {
        let real = |path: &Path| {
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            path.canonicalize().ok()
        };
        let roots = std::iter::once(folder).chain(self.policy.allowed_roots.iter().map(PathBuf::as_path));
        match real(path) {
            Some(target) => roots.filter_map(real).any(|root| target.starts_with(root)),
            // It does not exist: say so only for a place that could have been read.
            None => roots.map(normalised).any(|root| path.starts_with(&root) && !path.starts_with("..")),
        }
    }

    /// The dynamic anchors of the schema resource that a node stands in: name and node. `$recursiveAnchor` is one
    /// without a name (JSON Schema Core, section 8.2.2).
    pub fn dynamic_anchors(&self, node: Node<'_>) -> &[(String, NodeId)] {
        self.identifiers.dynamic_anchors(node)
    }

    /// Where a reference leads, one step. `reference` is the string under `$ref`.
    ///
    /// # Errors
    /// [`Unresolved`] says why it leads nowhere.
    pub fn resolve<'t>(&'t self, reference: Node<'t>) -> Result<Node<'t>, Unresolved> {
        let missing = |message: &str| Unresolved::Missing { message: message.to_owned(), suggestion: None };
        let text = reference.as_str().ok_or_else(|| missing("a reference is text"))?;
        let (file, fragment) = pointer::split(text);
        // A name that a schema gave itself comes before a file of that name.
        let named = self.identifiers.resource(reference, file).map(|(node, uri)| {
            let anchored = self.identifiers.anchor(uri, fragment).map(|id| self.trees.node(id));
            anchored.map_or_else(|| pointer::walk(self.trees.node(node), fragment), Ok)
        });
        match named {
            Some(Ok(target)) => return Ok(target),
            // Documents point from within a named schema to the root of their file, too.
            Some(Err(unresolved)) if !file.is_empty() => return Err(unresolved),
            _ => {}
        }
        if pointer::is_remote(file) {
            return Err(Unresolved::Remote);
        }
        let root = if file.is_empty() {
            self.root(reference.source()).ok_or(Unresolved::Faulty)?
        } else {
            let (path, shown) =
                self.target_path(reference, file).ok_or_else(|| missing("the document has no folder"))?;
            match self.loaded.get(&path) {
                Some(Loaded::Tree(root)) => self.trees.node(*root),
                Some(Loaded::Faulty) => return Err(Unresolved::Faulty),
                Some(Loaded::Failed(message)) => return Err(Unresolved::Unreadable(message.clone())),
                Some(Loaded::Forbidden(shown)) => return Err(Unresolved::Forbidden(shown.clone())),
                None => return Err(Unresolved::Unreadable(format!("`{shown}` was not read"))),
            }
        };
        pointer::walk(root, fragment)
    }

    /// Follows `$ref`s from a node to the first node that is none; a node without `$ref` is its own answer.
    ///
    /// # Errors
    /// [`Unresolved`] says why the chain leads nowhere.
    pub fn follow<'t>(&'t self, node: Node<'t>) -> Result<Node<'t>, Unresolved> {
        let mut seen = HashSet::new();
        let mut node = node;
        while let Some(reference) = node.get("$ref").filter(|reference| reference.as_str().is_some()) {
            if !seen.insert(node.id()) {
                return Err(Unresolved::Circular);
            }
            node = self.resolve(reference)?;
        }
        Ok(node)
    }
}

/// Reads a whole file as UTF-8.
fn read_text(path: &Path) -> std::io::Result<String> {
    let file = std::fs::metadata(path)?;
    if !file.is_file() {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a file"));
    }
    if file.len() > MAXIMUM_BYTES {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is larger than 256 MiB"));
    }
    let bytes = std::fs::read(path)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        std::io::Error::new(std::io::ErrorKind::InvalidData, format!("it is not UTF-8 (byte {at})"))
    })
}

fn describe(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        _ => error.to_string(),
    }
}

/// A path without `.` and, where that is possible, without `..`.
fn normalised(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            _ => out.push(component),
        }
    }
    out
}

/// The name of a file in diagnostics, with `/` on every system.
fn display_name(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}
