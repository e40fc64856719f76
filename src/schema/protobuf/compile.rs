//! Text -> descriptors, and the message that is meant.

use super::{DEFINITION, IMPORT, MESSAGE, NOT_TEXT, SYNTAX};
use crate::reference::{Files, closest};
use crate::source::{Diagnostic, Rule};
use crate::syntax::{Node, NodeId, place_within};
use miette::Diagnostic as _;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use protox::prost_reflect::{DescriptorPool, FileDescriptor, Kind, MessageDescriptor};
use std::collections::HashMap;
use std::ops::Range;

/// The name of the text itself among the files that it imports.
const ROOT: &str = "payload.proto";
/// Longer texts are not compiled.
const MAXIMUM_BYTES: usize = 4 * 1024 * 1024;
/// Brackets within brackets deeper than this are not compiled.
const MAXIMUM_DEPTH: usize = 100;
/// The stack of the compiler, which calls itself for each of those.
const STACK_BYTES: usize = 32 * 1024 * 1024;
/// The comment that marks the message that is the payload where there are several, as other tools of AsyncAPI read it.
const ROOT_NODE: &str = "@RootNode";

/// The descriptors of a text.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// Of the text and of all that it imports.
    pub pool: DescriptorPool,
    /// The text.
    pub file: FileDescriptor,
    /// The message that is the payload.
    pub message: MessageDescriptor,
    /// The node that holds the text.
    pub text: NodeId,
    /// The nodes that hold it and what it imports, by the name of the file.
    pub sources: HashMap<String, NodeId>,
}

/// Compiles the text that a node holds or refers to. `file.proto#Name` says which message is meant.
///
/// # Errors
/// What is wrong, with its place.
pub fn compile(files: &Files, node: NodeId) -> Result<Compiled, Vec<Diagnostic>> {
    let (text_node, asked) = text(files, files.node(node));
    let at = |rule: &'static Rule, message: String| {
        vec![Diagnostic::new(rule, text_node.span(), message).at(text_node.pointer())]
    };
    let Some(text) = text_node.as_str() else {
        // What leads nowhere was said where references are followed.
        if text_node.get("$ref").is_some() {
            return Err(Vec::new());
        }
        return Err(at(&NOT_TEXT, format!("a Protobuf schema must be text, not {}", text_node.type_name())));
    };
    let sources = sources(files, text_node);
    for (name, id) in &sources {
        let Some(text) = files.node(*id).as_str() else { continue };
        if text.len() > MAXIMUM_BYTES || deepest(text) > MAXIMUM_DEPTH {
            let message = format!(
                "`{name}` is larger than {} MiB, or has brackets nested deeper than {MAXIMUM_DEPTH}",
                MAXIMUM_BYTES >> 20
            );
            return Err(at(&SYNTAX, message));
        }
    }
    let texts: HashMap<String, String> =
        sources.iter().filter_map(|(name, id)| Some((name.clone(), files.node(*id).as_str()?.to_owned()))).collect();
    let pool = on_own_stack(move || descriptors(texts));
    let pool = match pool {
        None => return Err(at(&SYNTAX, "the schema cannot be compiled".to_owned())),
        Some(Err(faults)) => {
            return Err(faults.into_iter().map(|fault| fault.diagnostic(files, text_node, &sources)).collect());
        }
        Some(Ok(pool)) => pool,
    };
    let Some(file) = pool.get_file_by_name(ROOT) else {
        return Err(at(&SYNTAX, "the schema cannot be compiled".to_owned()));
    };
    match choose(&file, asked.as_deref(), text) {
        Ok(message) => Ok(Compiled { file, message, text: text_node.id(), sources, pool }),
        Err((message, help)) => {
            let place = files.node(node);
            let mut diagnostic = Diagnostic::new(&MESSAGE, place.span(), message).at(place.pointer());
            diagnostic.help = help;
            Err(vec![diagnostic])
        }
    }
}

/// The node that holds the text, and the name behind `#` in the reference that led there.
fn text<'f>(files: &'f Files, node: Node<'f>) -> (Node<'f>, Option<String>) {
    let Ok(target) = files.follow(node) else { return (node, None) };
    let mut asked = None;
    let mut at = node;
    while at.id() != target.id() {
        let Some(reference) = at.get("$ref") else { break };
        let Ok(next) = files.resolve(reference) else { break };
        if files.is_text(next) {
            let fragment = reference.as_str().and_then(|text| text.split_once('#')).map(|(_, fragment)| fragment);
            asked = fragment.map(|name| name.trim_start_matches('/').to_owned()).filter(|name| !name.is_empty());
        }
        at = next;
    }
    (target, asked)
}

/// The text and all that it imports, as far as it was found.
fn sources(files: &Files, root: Node<'_>) -> HashMap<String, NodeId> {
    let mut found = HashMap::from([(ROOT.to_owned(), root.id())]);
    let mut todo = vec![root];
    while let Some(text) = todo.pop().and_then(Node::as_str) {
        for name in crate::reference::imports(text) {
            if let Some(node) = files.import(name)
                && found.insert(name.to_owned(), node.id()).is_none()
            {
                todo.push(node);
            }
        }
    }
    found
}

/// How deep brackets nest, wherever they stand.
fn deepest(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' | b'<' => depth += 1,
            b'}' | b']' | b')' | b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Runs the compiler where neither depth nor a fault of its own brings down the caller.
fn on_own_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).ok()?;
    thread.join().ok()
}

/// What the compiler says.
struct Fault {
    rule: &'static Rule,
    file: Option<String>,
    at: Option<Range<usize>>,
    others: Vec<(Range<usize>, String)>,
    message: String,
    help: Option<String>,
}

impl Fault {
    fn of(error: &dyn miette::Diagnostic, rule: &'static Rule, file: Option<&str>) -> Self {
        let labels = error.labels().into_iter().flatten().map(|label| {
            let range = label.offset()..label.offset() + label.len();
            (range, label.label().unwrap_or_default().to_owned())
        });
        // Of two equal definitions the last is at fault.
        let mut places: Vec<(Range<usize>, String)> = labels.collect();
        let at = places.pop();
        Self {
            rule,
            file: file.map(str::to_owned),
            at: at.map(|(range, _)| range),
            others: places,
            message: error.to_string(),
            help: error.help().map(|help| help.to_string()),
        }
    }

    fn diagnostic(self, files: &Files, root: Node<'_>, sources: &HashMap<String, NodeId>) -> Diagnostic {
        let node = self.file.and_then(|file| sources.get(&file)).map_or(root, |id| files.node(*id));
        let place = |range: Range<usize>| place_within(files.sources(), node, range);
        let span = self.at.map_or(node.span(), place);
        let mut diagnostic = Diagnostic::new(self.rule, span, self.message).at(node.pointer());
        diagnostic.help = self.help;
        for (range, label) in self.others {
            diagnostic = diagnostic.related(place(range), label);
        }
        diagnostic
    }
}

/// Compiles the text that goes by the name of [`ROOT`].
fn descriptors(texts: HashMap<String, String>) -> Result<DescriptorPool, Vec<Fault>> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Texts(texts));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_source_info(true).include_imports(true);
    match compiler.open_file(ROOT) {
        Ok(compiler) => Ok(compiler.descriptor_pool()),
        Err(error) => {
            let rule = if error.is_parse() {
                &SYNTAX
            } else if error.is_file_not_found() {
                &IMPORT
            } else {
                &DEFINITION
            };
            let first = Fault::of(&error, rule, error.file());
            let further = error.related().into_iter().flatten();
            let further: Vec<Fault> = further.map(|other| Fault::of(other, rule, error.file())).collect();
            Err(std::iter::once(first).chain(further).collect())
        }
    }
}

/// Texts that were read already.
struct Texts(HashMap<String, String>);

impl FileResolver for Texts {
    fn resolve_path(&self, path: &std::path::Path) -> Option<String> {
        path.to_str().map(str::to_owned)
    }

    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match self.0.get(name) {
            Some(text) => File::from_source(name, text),
            None => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// The message that is the payload, or why that is not clear.
fn choose(
    file: &FileDescriptor,
    asked: Option<&str>,
    text: &str,
) -> Result<MessageDescriptor, (String, Option<String>)> {
    let messages: Vec<MessageDescriptor> = file.messages().collect();
    let names = || messages.iter().map(|message| format!("`{}`", message.name())).collect::<Vec<_>>().join(", ");
    if let Some(asked) = asked {
        let pool = file.parent_pool();
        let qualified = format!("{}.{asked}", file.package_name());
        let found =
            [qualified.trim_start_matches('.'), asked].into_iter().find_map(|name| pool.get_message_by_name(name));
        return found.ok_or_else(|| {
            let known: Vec<String> = messages.iter().map(|message| message.name().to_owned()).collect();
            let close = closest(asked, known.iter().map(String::as_str));
            let help = close.map_or_else(|| format!("it has {}", names()), |close| format!("did you mean `{close}`?"));
            (format!("the Protobuf schema has no message `{asked}`"), Some(help))
        });
    }
    if let [only] = messages.as_slice() {
        return Ok(only.clone());
    }
    if messages.is_empty() {
        return Err(("the Protobuf schema has no message".to_owned(), None));
    }
    if text.contains(ROOT_NODE) {
        let mut marked =
            messages.iter().filter(|message| comment(message).is_some_and(|text| text.contains(ROOT_NODE)));
        if let (Some(one), None) = (marked.next(), marked.next()) {
            return Ok(one.clone());
        }
    }
    let held: Vec<String> = messages.iter().flat_map(held).collect();
    let mut free = messages.iter().filter(|message| !held.iter().any(|name| name == message.full_name()));
    match (free.next(), free.next()) {
        (Some(one), None) => Ok(one.clone()),
        _ => Err((
            format!("it is not clear which message is the payload: {}", names()),
            Some("refer to it by `file.proto#Name`, or write `@RootNode` in the comment above it".to_owned()),
        )),
    }
}

/// The comment above a message.
fn comment(message: &MessageDescriptor) -> Option<String> {
    let file = message.parent_file();
    let info = file.file_descriptor_proto().source_code_info.as_ref()?;
    info.location.iter().find(|location| location.path == message.path())?.leading_comments.clone()
}

/// The messages that a message, or one within it, has a field of: other than itself.
fn held(message: &MessageDescriptor) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![message.clone()];
    while let Some(one) = todo.pop() {
        let of = one.fields().filter_map(|field| match field.kind() {
            Kind::Message(held) => Some(held.full_name().to_owned()),
            _ => None,
        });
        found.extend(of.filter(|name| name != message.full_name()));
        todo.extend(one.child_messages());
    }
    found
}
