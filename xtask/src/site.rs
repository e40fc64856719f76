//! `cargo xtask site DIR`: the pages of real documents hold what the documents say.
//!
//! In: a folder with a `manifest.json` that says which documents are valid. Out: which leaf strings of each are not on its
//! page. A leaf is on a page when all of its words are there, in text or in an attribute that a reader can follow.

use crate::Outcome;
use clap::Args;
use html5gum::{Token, Tokenizer};
use serde_json::Value;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use tidings::docs::{self, Settings, Subject};
use tidings::reference::{Files, Policy};
use tidings::source::Diagnostics;
use tidings::syntax::{Kind, Node};

/// The least share of leaf strings, in a hundred, that is on the page.
const LEAST_SHARE: f64 = 99.0;

/// Measures how much of every valid document of a corpus is on its page
#[derive(Args)]
pub struct Arguments {
    /// A folder with documents and their manifest.json
    corpus: PathBuf,
    /// Only documents whose path contains this text
    #[arg(long, default_value = "")]
    only: String,
}

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let manifest = arguments.corpus.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let records: Value = serde_json::from_str(&text).map_err(|error| format!("manifest.json: {error}"))?;
    let valid = |record: &&Value| record.pointer("/official/valid").and_then(Value::as_bool) == Some(true);
    let files =
        records.as_array().into_iter().flatten().filter(valid).filter_map(|record| record.get("file")?.as_str());
    let (mut documents, mut leaves, mut missing, mut short) = (0, 0, 0, 0);
    for file in files.filter(|file| file.contains(&arguments.only)) {
        let (count, lost) = measure(&arguments.corpus, file)?;
        documents += 1;
        leaves += count;
        missing += lost.len();
        if (lost.len() as f64) * 100.0 > (count as f64) * (100.0 - LEAST_SHARE) {
            short += 1;
        }
        for (pointer, text) in lost {
            println!("{file}\t{pointer}\t{}", text.chars().take(80).collect::<String>().replace(['\n', '\t'], " "));
        }
    }
    let share = 100.0 * (1.0 - missing as f64 / (leaves.max(1) as f64));
    println!("{documents} documents, {leaves} leaf strings, {missing} missing: {share:.3} % are on the pages");
    match short {
        0 => Ok(()),
        short => Err(format!("{short} documents have less than {LEAST_SHARE} % on their page")),
    }
}

/// How many leaf strings a document has, and those that its page lacks.
fn measure(corpus: &Path, file: &str) -> Result<(usize, Vec<(String, String)>), String> {
    let mut files = Files::new(Policy { allowed_roots: vec![corpus.to_path_buf()], ..Policy::default() });
    let mut diagnostics = Diagnostics::default();
    let source = files.open(&corpus.join(file), &mut diagnostics).map_err(|error| format!("{file}: {error}"))?;
    let document = tidings::read_with_errors(&mut files, source, &mut diagnostics);
    let subject = Subject::new(&files, source, document.as_ref(), &diagnostics);
    let site =
        docs::render(docs::pages(&[subject]), &Settings::default()).map_err(|error| format!("{file}: {error}"))?;
    let pages = site.iter().filter(|(path, _)| path.extension().is_some_and(|extension| extension == "html"));
    let seen: HashSet<String> = pages.flat_map(|(_, html)| words_of_page(html)).collect();
    let mut leaves = Vec::new();
    if let Some(root) = files.root(source) {
        collect(root, &mut leaves);
    }
    let count = leaves.len();
    leaves.retain(|(_, text)| !words(text).all(|word| seen.contains(&word)));
    Ok((count, leaves))
}

/// The words that a reader meets on a page.
fn words_of_page(html: &str) -> Vec<String> {
    let mut text = String::new();
    for Ok(token) in Tokenizer::new(html) {
        match token {
            // What stands between two tags may be one word that can be broken: `<wbr>` is no gap.
            Token::String(string) => text.push_str(&String::from_utf8_lossy(&string)),
            Token::StartTag(tag) => {
                if tag.name.as_slice() != b"wbr" && tag.name.as_slice() != b"var" && tag.name.as_slice() != b"span" {
                    text.push(' ');
                }
                // The language of a block of code is no text of it, and yet is kept.
                let is_read = |key: &[u8], value: &[u8]| key == b"href" || value.starts_with(b"language-");
                for (_, value) in tag.attributes.iter().filter(|(key, value)| is_read(key, value)) {
                    text.push_str(&format!(" {} ", String::from_utf8_lossy(value)));
                }
            }
            Token::EndTag(tag) if tag.name.as_slice() != b"var" => text.push(' '),
            _ => {}
        }
    }
    words(&text).collect()
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned)
}

/// Every leaf string below a node, with its pointer; where a reference leads is no text for readers.
fn collect(node: Node<'_>, leaves: &mut Vec<(String, String)>) {
    match node.kind() {
        Kind::String(text) => leaves.push((node.pointer(), text.to_string())),
        _ => {
            let members = node.entries().filter(|entry| entry.key != "$ref").map(|entry| entry.value);
            members.chain(node.items()).for_each(|child| collect(child, leaves));
        }
    }
}
