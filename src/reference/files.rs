//! The files of a run: read, parsed, and linked.

use super::chains::{self, Chains};
use super::fetch::Fetch;
use super::identifiers::{self, Identifiers};
use super::pointer::{self, Gap, Unresolved};
use super::suggest;
use crate::source::{Diagnostics, SourceId, Sources, Span};
use crate::syntax::{self, Kind, Node, NodeId, Trees};
use percent_encoding::percent_decode_str;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Files larger than this are refused.
const MAXIMUM_BYTES: u64 = 256 * 1024 * 1024;
/// More files than this are not read for one document.
const MAXIMUM_FILES: usize = 2_000;

/// Files with these endings are text in a language of their own: one string, not a tree.
const TEXTS: [&str; 8] = ["proto", "avdl", "graphql", "graphqls", "xsd", "thrift", "md", "txt"];
/// Imports of Protobuf that every compiler brings along.
const BUILT_IN: &str = "google/protobuf/";

/// What references may read.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Folders that references may lead into, besides the folder of the document itself.
    pub allowed_roots: Vec<PathBuf>,
    /// Fetches what `http` and `https` references name; without it they are left alone.
    pub fetcher: Option<Arc<dyn Fetch>>,
}

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Location {
    /// A path without `.` and `..`, so that two ways to name a file give one tree.
    Path(PathBuf),
    /// A URL without fragment.
    Url(String),
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
    loaded: BTreeMap<Location, Loaded>,
    /// Where the files that were fetched came from.
    urls: BTreeMap<SourceId, String>,
    roots: BTreeMap<SourceId, NodeId>,
    identifiers: Identifiers,
    /// Roots that are one text.
    texts: BTreeSet<NodeId>,
    /// Texts of Protobuf, by the name that others import them by.
    imports: BTreeMap<String, NodeId>,
    /// Nodes made of texts that are no trees, by the text and a key.
    derived: BTreeMap<(NodeId, String), Vec<NodeId>>,
    /// Long chains of references, once one was met.
    chains: OnceLock<Chains>,
    /// Anchors by file and name, once a reference named one.
    anchors: OnceLock<HashMap<(SourceId, Box<str>), NodeId>>,
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
                self.loaded.insert(Location::Path(normalised(path)), Loaded::Tree(*root));
            }
            self.load_referenced(source, &folder, diagnostics);
        }
        source
    }

    fn parse(&mut self, name: &str, path: Option<&Path>, text: String, diagnostics: &mut Diagnostics) -> SourceId {
        self.chains.take();
        self.anchors.take();
        let id = self.sources.add(name, path.map(Path::to_path_buf), text);
        let Some(source) = self.sources.get(id) else { return id };
        let ending = path.unwrap_or(Path::new(name)).extension().and_then(|ending| ending.to_str());
        if ending.is_some_and(|ending| TEXTS.iter().any(|text| ending.eq_ignore_ascii_case(text))) {
            let span = Span::new(id, 0, source.text().len());
            let root = self.trees.add(Kind::String(source.text().into()), span);
            self.roots.insert(id, root);
            self.texts.insert(root);
            return id;
        }
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
            let references = self.file_references(root);
            let imports = self.imported_files(root, folder);
            let named = imports.iter().map(|(_, path, shown)| (Location::Path(path.clone()), shown.clone()));
            for (location, shown) in references.into_iter().chain(named).collect::<Vec<_>>() {
                if self.loaded.contains_key(&location) {
                    continue;
                }
                let loaded = if self.loaded.len() >= MAXIMUM_FILES {
                    Loaded::Failed(format!("more than {MAXIMUM_FILES} files are referred to"))
                } else {
                    let read = match &location {
                        Location::Path(path) => self.read_path(path, &shown, folder, diagnostics),
                        Location::Url(url) => self.read_url(url, diagnostics),
                    };
                    match read {
                        Ok(source) => {
                            todo.push(source);
                            self.roots.get(&source).map_or(Loaded::Faulty, |root| Loaded::Tree(*root))
                        }
                        Err(loaded) => loaded,
                    }
                };
                self.loaded.insert(location, loaded);
            }
            for (name, path, _) in imports {
                if let Some(Loaded::Tree(root)) = self.loaded.get(&Location::Path(path)) {
                    self.imports.entry(name).or_insert(*root);
                }
            }
        }
    }

    fn read_path(
        &mut self,
        path: &Path,
        shown: &str,
        folder: &Path,
        diagnostics: &mut Diagnostics,
    ) -> Result<SourceId, Loaded> {
        if !self.allows(path, folder) {
            return Err(Loaded::Forbidden(shown.to_owned()));
        }
        match read_text(path) {
            Ok(text) => Ok(self.parse(shown, Some(path), text, diagnostics)),
            // Not a fault yet: what looks like a reference may be data.
            Err(error) => Err(Loaded::Failed(format!("cannot read `{shown}`: {}", describe(&error)))),
        }
    }

    fn read_url(&mut self, url: &str, diagnostics: &mut Diagnostics) -> Result<SourceId, Loaded> {
        // Without a fetcher no such location is ever looked for.
        let fetched = self.policy.fetcher.as_ref().map(|fetcher| fetcher.fetch(url));
        match fetched.unwrap_or_else(|| Err("nothing is fetched".to_owned())) {
            Ok(fetched) => {
                let source = self.parse(url, None, fetched.text, diagnostics);
                self.urls.insert(source, fetched.url);
                Ok(source)
            }
            Err(message) => Err(Loaded::Failed(format!("cannot fetch `{url}`: {message}"))),
        }
    }

    /// The files that the texts of Protobuf below a node import: the name they are imported by, their path, and how to
    /// show it. An import is looked for beside the file, then in the folders above it, up to that of the document.
    fn imported_files(&self, root: Node<'_>, folder: &Path) -> Vec<(String, PathBuf, String)> {
        let mut texts = Vec::new();
        if self.texts.contains(&root.id()) {
            texts.extend(root.as_str());
        } else {
            let mut todo = vec![root];
            let mut seen = HashSet::new();
            while let Some(node) = todo.pop() {
                if !seen.insert(node.id()) {
                    continue;
                }
                if node.get_str("schemaFormat").is_some_and(|format| format.contains("protobuf")) {
                    texts.extend(["schema", "payload"].iter().filter_map(|key| node.get_str(key)));
                }
                todo.extend(node.entries().map(|entry| entry.value).chain(node.items()));
            }
        }
        let Some(from) = self.sources.get(root.source()) else { return Vec::new() };
        let Some(beside) = from.path().and_then(Path::parent).map(normalised) else { return Vec::new() };
        let shown_beside = Path::new(from.name()).parent().unwrap_or(Path::new(""));
        let folders: Vec<(&Path, &Path)> = beside
            .ancestors()
            .zip(shown_beside.ancestors())
            .take_while(|(above, _)| above.starts_with(folder))
            .collect();
        let mut found = Vec::new();
        for name in texts.into_iter().flat_map(imports).filter(|name| !name.starts_with(BUILT_IN)) {
            let path = |folder: &Path| normalised(&folder.join(name));
            let there = folders.iter().find(|(above, _)| path(above).is_file()).or_else(|| folders.first());
            if let Some((above, shown)) = there {
                found.push((name.to_owned(), path(above), display_name(&path(shown))));
            }
        }
        found
    }

    /// The text of Protobuf that others import by a name.
    pub fn import(&self, name: &str) -> Option<Node<'_>> {
        self.imports.get(name).map(|root| self.trees.node(*root))
    }

    /// Is the node a whole file in a language that is no tree?
    pub fn is_text(&self, node: Node<'_>) -> bool {
        self.texts.contains(&node.id())
    }

    /// Adds text nodes that were made of a text which is no tree, such as the values of an enum of Protobuf.
    pub fn derive(&mut self, text: NodeId, key: &str, items: Vec<(String, Span)>) {
        let trees = &mut self.trees;
        let nodes = items.into_iter().map(|(item, span)| trees.add(Kind::String(item.into()), span)).collect();
        self.derived.entry((text, key.to_owned())).or_insert(nodes);
    }

    /// The nodes that were added for a text under a key; none where none were.
    pub fn derived(&self, text: NodeId, key: &str) -> &[NodeId] {
        self.derived.get(&(text, key.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The files named by `$ref`s anywhere below a node, with the name to show.
    fn file_references(&self, root: Node<'_>) -> Vec<(Location, String)> {
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
                && self.identifiers.resource(reference, file).is_none()
                && let Some(target) = self.target(reference, file)
            {
                found.push(target);
            }
            // Pushed in reverse, so that files are read in the order of the text.
            let children: Vec<Node<'_>> = node.entries().map(|entry| entry.value).chain(node.items()).collect();
            todo.extend(children.into_iter().rev());
        }
        found
    }

    /// The file that the file part of a reference names, and how to show it; nothing for one that cannot be read.
    fn target(&self, reference: Node<'_>, file: &str) -> Option<(Location, String)> {
        let base = self.urls.get(&reference.source());
        if base.is_none() && !pointer::is_remote(file) {
            return self.target_path(reference, file).map(|(path, shown)| (Location::Path(path), shown));
        }
        // From what was fetched nothing leads to a file of this machine.
        let url = base.map_or_else(|| Some(file.to_owned()), |base| identifiers::resolve(base, file))?;
        (self.policy.fetcher.is_some() && pointer::is_web(&url)).then(|| (Location::Url(url.clone()), url))
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
        let missing = |message: &str| Unresolved::Missing { message: message.to_owned(), suggestion: None, gap: None };
        let text = reference.as_str().ok_or_else(|| missing("a reference is text"))?;
        let (file, fragment) = pointer::split(text);
        // A name that a schema gave itself comes before a file of that name.
        let named = self.identifiers.resource(reference, file).map(|(node, uri)| {
            let anchored = self.identifiers.anchor(uri, fragment).map(|id| self.trees.node(id));
            let node = self.trees.node(node);
            anchored.map_or_else(|| pointer::walk(node, fragment, |name| pointer::anchor(node, name)), Ok)
        });
        match named {
            Some(Ok(target)) => return Ok(target),
            // Documents point from within a named schema to the root of their file, too.
            Some(Err(unresolved)) if !file.is_empty() => return Err(unresolved),
            _ => {}
        }
        let root = if file.is_empty() {
            self.root(reference.source()).ok_or(Unresolved::Faulty)?
        } else {
            let (location, shown) = self.target(reference, file).ok_or_else(|| match pointer::is_remote(file) {
                true => Unresolved::Remote,
                false => missing("the document has no folder"),
            })?;
            match self.loaded.get(&location) {
                Some(Loaded::Tree(root)) => self.trees.node(*root),
                Some(Loaded::Faulty) => return Err(Unresolved::Faulty),
                Some(Loaded::Failed(message)) => return Err(Unresolved::Unreadable(message.clone())),
                Some(Loaded::Forbidden(shown)) => return Err(Unresolved::Forbidden(shown.clone())),
                None => return Err(Unresolved::Unreadable(format!("`{shown}` was not read"))),
            }
        };
        // What a fragment means in a text is for those to say who read its language.
        if self.texts.contains(&root.id()) {
            return Ok(root);
        }
        pointer::walk(root, fragment, |name| {
            let anchors = self.anchors.get_or_init(|| self.all_anchors());
            anchors.get(&(root.source(), name.into())).map(|id| self.trees.node(*id))
        })
    }

    /// Every anchor of every file; of two with one name in a file, the first.
    fn all_anchors(&self) -> HashMap<(SourceId, Box<str>), NodeId> {
        let mut all = HashMap::new();
        for node in self.trees.iter().filter(|node| node.is_object()) {
            for name in pointer::anchors(node) {
                all.entry((node.source(), name.into())).or_insert(node.id());
            }
        }
        all
    }

    /// The reference that was probably meant by one whose way ends in a gap, and the value that it passes there.
    pub fn closest(&self, gap: &Gap) -> Option<(String, NodeId)> {
        gap.closest(self.trees.node(gap.place))
    }

    /// Follows `$ref`s from a node to the first node that is none; a node without `$ref` is its own answer.
    ///
    /// # Errors
    /// [`Unresolved`] says why the chain leads nowhere.
    pub fn follow<'t>(&'t self, node: Node<'t>) -> Result<Node<'t>, Unresolved> {
        let mut node = node;
        for _ in 0..chains::LONG {
            let Some(reference) = chains::reference(node) else { return Ok(node) };
            node = self.resolve(reference)?;
        }
        // Where a chain is this long, others are likely to share its end.
        let mut seen = HashSet::new();
        while let Some(reference) = chains::reference(node) {
            if let Some(end) = self.chains.get_or_init(|| Chains::of(self)).end(self, node) {
                return end;
            }
            if !seen.insert(node.id()) {
                return Err(Unresolved::Circular);
            }
            node = self.resolve(reference)?;
        }
        Ok(node)
    }

    /// Where in its own file the last name of a reference that leads nowhere stands: among the components, the channels,
    /// .., or as the address of a channel.
    pub fn elsewhere(&self, reference: Node<'_>) -> Option<String> {
        let text = reference.as_str()?;
        suggest::elsewhere(self.root(reference.source())?, text).filter(|found| found != text)
    }
}

/// The names in the `import` statements of a text of Protobuf.
pub(crate) fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start().strip_prefix("import")?.trim_start();
        let rest = rest.strip_prefix("public").or_else(|| rest.strip_prefix("weak")).unwrap_or(rest).trim_start();
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        rest.get(1..)?.split(quote).next()
    })
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
    if let Some(text) = utf16(&bytes) {
        return text
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not well-formed UTF-16"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        std::io::Error::new(std::io::ErrorKind::InvalidData, format!("it is not UTF-8 (byte {at})"))
    })
}

/// The text of bytes that begin like UTF-16, which YAML allows, too (YAML 1.2.2, section 5.2); `Some(None)` if it is not
/// well-formed.
fn utf16(bytes: &[u8]) -> Option<Option<String>> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        // Without a mark: the first character is one of ASCII.
        [first, 0, ..] if *first != 0 => u16::from_le_bytes,
        [0, second, ..] if *second != 0 => u16::from_be_bytes,
        _ => return None,
    };
    let pairs = bytes.chunks(2).map(|pair| Some(unit(pair.try_into().ok()?)));
    let units = pairs.collect::<Option<Vec<u16>>>();
    let text = units.and_then(|units| String::from_utf16(&units).ok());
    Some(text.map(|text| text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text)))
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
