//! Every message example that fits its schema is read, and written as the same value.
//!
//! In: documents of the corpus, their types, and which examples the check of examples faults. Out: one crate that reads
//! and writes each other example by the type of its message, and what differs. Numbers are the same by value; a UUID may
//! be written in letters of another case, and a moment with another fraction of zeros, but never in another offset.

use crate::{Outcome, crates, target};
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tidings::document::{Document, SchemaFormat};
use tidings::reference::Files;
use tidings::rust::{self, Contents, Settings};
use tidings::source::Diagnostics;

/// An example of a message.
struct Example {
    /// The document and the message.
    of: String,
    value: String,
}

/// Gathers documents and their examples.
#[derive(Default)]
pub struct Examples {
    modules: Vec<(PathBuf, String)>,
    list: Vec<Example>,
    /// The body of the program: one call for each example.
    calls: String,
    unfit: usize,
}

impl Examples {
    /// Adds the examples of a document. `diagnostics` is what its check said.
    pub fn add(
        &mut self,
        file: &str,
        files: &Files,
        document: &Document,
        contents: &Contents,
        diagnostics: &Diagnostics,
    ) {
        let faulty = |value: tidings::syntax::Node<'_>| {
            let (span, pointer) = (value.span(), value.pointer());
            diagnostics.iter().any(|diagnostic| {
                diagnostic.rule.id == "message-example"
                    && diagnostic.span.source == span.source
                    && (diagnostic.pointer == pointer || diagnostic.pointer.starts_with(&format!("{pointer}/")))
            })
        };
        let name = format!("document_{}", self.modules.len());
        let before = self.list.len();
        for (id, message) in document.messages() {
            let Some(of) = contents.payloads.get(&id) else { continue };
            let of_json = |format: &SchemaFormat| !matches!(format, SchemaFormat::Avro | SchemaFormat::Protobuf);
            if !message.payload.as_ref().is_some_and(|payload| of_json(&payload.format)) {
                continue;
            }
            for value in message.examples.iter().filter_map(|example| files.node(*example).get("payload")) {
                if faulty(value) {
                    self.unfit += 1;
                    continue;
                }
                let json = tidings::syntax::to_json(value);
                let number = self.list.len();
                let _ = writeln!(self.calls, "    show::<corpus_examples::{name}::{of}>({number}, {json:?});");
                self.list.push(Example { of: format!("{file}, message `{}`", message.key), value: json });
            }
        }
        let settings = Settings { types_only: true, ..Settings::default() };
        if self.list.len() > before
            && let Some(module) = rust::generate(files, document, settings, &mut Diagnostics::default())
        {
            self.modules.push((PathBuf::from(format!("src/{name}.rs")), module));
        }
    }

    /// Reads and writes them all.
    pub fn run(self) -> Outcome {
        let folder = target().join("corpus-examples");
        let _ = std::fs::remove_dir_all(folder.join("src"));
        let names =
            (0..self.modules.len()).map(|number| format!("#[allow(missing_docs)]\npub mod document_{number};\n"));
        let mut files = self.modules.clone();
        files.push((PathBuf::from("src/lib.rs"), format!("//! Types of a corpus.\n{}", names.collect::<String>())));
        files.push((PathBuf::from("src/main.rs"), format!("{PROGRAM}\nfn main() {{\n{}}}\n", self.calls)));
        crates::write(&folder, files)?;
        crates::cargo_in(&folder, &["build", "--quiet"])?;
        let program = crates::built(Path::new("debug/corpus-examples"));
        let output = std::process::Command::new(&program).output();
        let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
        let words = String::from_utf8_lossy(&output.stdout);
        let mut answers = words.lines().filter_map(|line| line.split_once('\t'));
        let mut faults = Vec::new();
        for example in &self.list {
            let Some((verdict, written)) = answers.next() else {
                return Err(format!("the program that reads examples ended with {}", output.status));
            };
            let same = || {
                let read = |text: &str| serde_json::from_str::<Value>(text).ok();
                read(written).zip(read(&example.value)).is_some_and(|(written, read)| is_same(&written, &read))
            };
            if verdict != "written" || !same() {
                faults.push(format!("{}: {}\n  {verdict}: {written}", example.of, example.value));
            }
        }
        println!(
            "{} examples of messages in {} documents fit their schema; {} are read and written as the same value; {} others do not fit",
            self.list.len(),
            self.modules.len(),
            self.list.len() - faults.len(),
            self.unfit
        );
        if faults.is_empty() { Ok(()) } else { Err(format!("examples that are not kept:\n{}", faults.join("\n"))) }
    }
}

/// What reads and writes an example.
const PROGRAM: &str = "//! Reads and writes examples.

fn show<P: tidings_runtime::Payload>(_: usize, json: &str) {
    let line = match P::from_slice(json.as_bytes()) {
        Err(error) => format!(\"refused\\t{error}\"),
        Ok(value) => match value.to_vec() {
            Err(error) => format!(\"not written\\t{error}\"),
            Ok(bytes) => format!(\"written\\t{}\", String::from_utf8_lossy(&bytes)),
        },
    };
    println!(\"{}\", line.replace('\\n', \" \"));
}
";

/// Is what was written the value that was read?
fn is_same(written: &Value, read: &Value) -> bool {
    match (written, read) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::String(a), Value::String(b)) => a == b || plain(a) == plain(b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_same(a, b)))
        }
        _ => written == read,
    }
}

/// One of the ways in which a UUID or a moment can be written; none for other texts.
fn plain(text: &str) -> Option<String> {
    let is_uuid = text.len() == 36 && text.bytes().filter(|byte| *byte == b'-').count() == 4;
    if is_uuid {
        return Some(text.to_lowercase());
    }
    let (day, clock) = text.split_once(['T', 't'])?;
    let end = clock.find(|character: char| !character.is_ascii_digit() && !":.".contains(character))?;
    let (time, offset) = clock.split_at_checked(end)?;
    let time = if time.contains('.') { time.trim_end_matches('0').trim_end_matches('.') } else { time };
    let offset = if offset.eq_ignore_ascii_case("z") { "+00:00" } else { offset };
    Some(format!("{day}T{time}{offset}"))
}
