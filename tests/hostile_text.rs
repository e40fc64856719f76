//! Text of a document never becomes code: every string and every key of a document is replaced, one after the other, by
//! text that would be code if anything let it out. What is generated is Rust, names nothing that the text names, and holds
//! no character that turns the direction of text.
//!
//! `cargo xtask nightly hostile` takes every text and more documents, and compiles what is made when all strings are
//! replaced at once; it says so by `TIDINGS_HOSTILE`, the folder for those modules.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use tidings::Role;
use tidings::reference::Files;
use tidings::rust::{self, Settings};
use tidings::source::Diagnostics;

/// No identifier that is made of a name is cased like this.
const MARK: &str = "zqxjEvil";

/// What strings are replaced by; each is followed by a number.
const TEXTS: [&str; 16] = [
    "\"; fn zqxjEvil() {} //",
    "*/ fn zqxjEvil() {} /*",
    "\n#[zqxjEvil]\npub fn ",
    "\"##; zqxjEvil!(); r##\"",
    "{zqxjEvil} {} {0} {{ }} {",
    "\u{202e} zqxjEvil \u{2066}\u{200f}\u{feff}",
    "\0zqxjEvil\u{7}\r\u{1b}[31m\u{85}\u{2028}",
    "')]; zqxjEvil!{}; [('",
    "```rust\nzqxjEvil!()\n```\n\n    zqxjEvil!()\n",
    "r#zqxjEvil",
    "\\\"zqxjEvil\\",
    "$zqxjEvil:tt $crate::zqxjEvil",
    "zqxjEvil",
    "é日本\u{301}zqxjEvil😀",
    "</script><!-- [`zqxjEvil`](zqxjEvil) <b onclick=zqxjEvil>",
    "<long>",
];

/// The number of a text, where all of them are in one.
const ALL: usize = TEXTS.len();

fn text(number: usize, place: usize) -> String {
    match TEXTS.get(number) {
        Some(&"<long>") => format!("{}{place}", format!("{MARK} ").repeat(2_000)),
        Some(text) => format!("{text}{place}"),
        None => format!("{}{place}", TEXTS[..15].concat()),
    }
}

/// A string or a key of a document: the pointer of its value, and whether it is the key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    pointer: String,
    is_key: bool,
}

fn token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Every place, what stands deeper first.
fn places(value: &Value, pointer: &str, found: &mut Vec<Place>) {
    match value {
        Value::String(_) => found.push(Place { pointer: pointer.to_owned(), is_key: false }),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{pointer}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                let pointer = format!("{pointer}/{}", token(key));
                places(member, &pointer, found);
                found.push(Place { pointer, is_key: true });
            }
        }
        _ => {}
    }
}

/// The document with a text at a place. References to what a key names, and lists that require it, follow.
fn replaced(document: &Value, place: &Place, by: &str) -> Value {
    let mut document = document.clone();
    if !place.is_key {
        *document.pointer_mut(&place.pointer).unwrap() = by.into();
        return document;
    }
    let (parent, key) = place.pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    let members = document.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    let member = members.remove(&key).unwrap();
    members.insert(by.to_owned(), member);
    let escaped: String = token(by).bytes().map(|byte| format!("%{byte:02X}")).collect();
    follow(&mut document, &format!("#{}", place.pointer), &format!("#{parent}/{escaped}"), &key, by);
    document
}

fn follow(value: &mut Value, from: &str, to: &str, key: &str, by: &str) {
    match value {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(from).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                *text = format!("{to}{rest}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| follow(item, from, to, key, by)),
        Value::Object(members) => {
            for (name, member) in members {
                if let ("required", Value::Array(names)) = (name.as_str(), &mut *member) {
                    names.iter_mut().filter(|name| *name == key).for_each(|name| *name = by.into());
                }
                follow(member, from, to, key, by);
            }
        }
        _ => {}
    }
}

/// The module of a document; `None` when it is refused.
fn module(document: &Value) -> Option<String> {
    let (mut files, mut diagnostics) = (Files::default(), Diagnostics::default());
    let source = files.add("hostile.json", None, document.to_string(), &mut diagnostics);
    let document = tidings::read(&mut files, source, &mut diagnostics)?;
    let module =
        rust::generate(&files, &document, Settings { role: Role::Both, ..Settings::default() }, &mut diagnostics);
    let fault = diagnostics.iter().find(|diagnostic| diagnostic.rule.id == "generator-fault");
    assert!(fault.is_none(), "{}", fault.unwrap().message);
    module
}

/// What is wrong with a module.
fn fault(module: &str) -> Option<String> {
    let turns = |character: char| {
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
            || (character.is_control() && character != '\n')
    };
    if let Some(character) = module.chars().find(|character| turns(*character)) {
        return Some(format!("it holds {character:?}"));
    }
    match syn::parse_file(module).map(|_| module.parse::<TokenStream>()) {
        Ok(Ok(tokens)) => named(tokens).then(|| format!("`{MARK}` is code")),
        Ok(Err(error)) => Some(error.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

/// Whether the mark, or what hostile text would call, is an identifier.
fn named(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => named(group.stream()),
        TokenTree::Ident(name) => {
            let name = name.to_string();
            name.trim_start_matches("r#") == MARK || name == "compile_error"
        }
        TokenTree::Literal(_) | TokenTree::Punct(_) => false,
    })
}

/// The documents of a folder that need no feature, as JSON.
fn documents(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let mut files = Files::default();
        let source = files.open(&path, &mut Diagnostics::default()).unwrap();
        let document = match serde_json::from_str(&tidings::syntax::to_json(files.root(source).unwrap())) {
            Ok(document) => document,
            // What replaces the texts keeps numbers as floats.
            Err(error) => {
                println!("left out: {}: {error}", path.display());
                continue;
            }
        };
        if module(&document).is_some() {
            found.push((path.file_stem().unwrap().to_str().unwrap().to_owned(), document));
        }
    }
    found
}

/// The document with as many places replaced as it bears at once: all of them, or else each half on its own.
fn modules_of_all(document: &Value, places: &[(usize, &Place)], number: usize, made: &mut Vec<String>) {
    let all = places
        .iter()
        .filter(|(_, place)| !place.is_key)
        .fold(document.clone(), |document, (index, place)| replaced(&document, place, &text(number, *index)));
    // Keys behind their values and what is deeper first: so each pointer still leads where it did.
    let all = places
        .iter()
        .filter(|(_, place)| place.is_key)
        .fold(all, |document, (index, place)| replaced(&document, place, &text(number, *index)));
    match module(&all) {
        Some(module) => made.push(module),
        None if places.len() > 1 => {
            let (one, other) = places.split_at(places.len() / 2);
            modules_of_all(document, one, number, made);
            modules_of_all(document, other, number, made);
        }
        None => {}
    }
}

/// What became of a document with texts replaced.
#[derive(Default)]
struct Outcome {
    replacements: usize,
    refused: usize,
    faults: Vec<String>,
    modules: Vec<String>,
}

/// Replaces one text after the other: by every text, or by one of them by turns beside all of them in one; then all texts of the
/// document at once, where `whole` is wanted.
fn replace(name: &str, document: &Value, every: bool, whole: bool) -> Outcome {
    let mut outcome = Outcome::default();
    let mut found = Vec::new();
    places(document, "", &mut found);
    let mut bears = vec![Vec::new(); ALL + 1];
    for (index, place) in found.iter().enumerate() {
        let turn = if whole { index % ALL } else { ALL };
        for number in (0..=ALL).filter(|number| every || [ALL, turn].contains(number)) {
            let Some(module) = module(&replaced(document, place, &text(number, index))) else {
                outcome.refused += 1;
                continue;
            };
            outcome.replacements += 1;
            bears[number].push((index, place));
            outcome.faults.extend(fault(&module).map(|fault| format!("{name}{place:?}, text {number}: {fault}")));
        }
    }
    for (number, places) in bears.iter().enumerate().filter(|_| whole) {
        modules_of_all(document, places, number, &mut outcome.modules);
    }
    outcome.faults.extend(outcome.modules.iter().filter_map(|module| fault(module)));
    outcome
}

#[test]
fn no_text_of_a_document_becomes_code() {
    let folder = std::env::var_os("TIDINGS_HOSTILE").map(PathBuf::from);
    let folders: &[&str] =
        if folder.is_some() { &["tests/hostile", "tests/goldens", "specs"] } else { &["tests/hostile"] };
    let documents: Vec<(&str, String, Value)> = folders
        .iter()
        .flat_map(|origin| documents(origin).into_iter().map(|(name, document)| (*origin, name, document)))
        .collect();
    let outcomes: Vec<OnceLock<Outcome>> = documents.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(((origin, name, document), outcome)) = documents.get(at).zip(outcomes.get(at)) else {
                        break;
                    };
                    if folder.is_some() {
                        eprintln!("> {origin}/{name}");
                    }
                    let every = folder.is_some() && *origin == "tests/hostile";
                    outcome.get_or_init(|| replace(name, document, every, folder.is_some()));
                }
            });
        }
    });
    let outcomes: Vec<Outcome> = outcomes.into_iter().map(|outcome| outcome.into_inner().unwrap()).collect();
    let sum = |count: fn(&Outcome) -> usize| outcomes.iter().map(count).sum::<usize>();
    let (replacements, refused) = (sum(|outcome| outcome.replacements), sum(|outcome| outcome.refused));
    let faults: Vec<&str> = outcomes.iter().flat_map(|outcome| &outcome.faults).map(String::as_str).collect();
    println!("hostile: {replacements} replacements, {refused} refused by checks, {} faults", faults.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(replacements > 100, "{replacements} replacements, {refused} refused");
    if let Some(folder) = folder {
        for (number, module) in outcomes.iter().flat_map(|outcome| &outcome.modules).enumerate() {
            std::fs::write(folder.join(format!("hostile_{number}.rs")), module).unwrap();
        }
    }
}
