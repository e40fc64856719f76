//! `cargo xtask corpus DIR`: real documents generate code that compiles, unedited and without a warning, the same code
//! each time, whose types keep the examples of their messages and say what their schemas say.
//!
//! In: a folder with a `manifest.json` that says which documents are valid. Out: one crate below the build folder, with a
//! module for each document and each role, built with warnings as errors; another one that reads examples; and the share
//! of members that are bare JSON values although their schema restricts them.

mod examples;

use crate::{Outcome, crates, root, target};
use clap::Args;
use examples::Examples;
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use tidings::Role;
use tidings::document::Document;
use tidings::reference::{Files, Policy};
use tidings::rust::{self, Settings};
use tidings::source::Diagnostics;

/// Compiles what is generated of every valid document of a corpus
#[derive(Args)]
pub struct Arguments {
    /// A folder with documents and their manifest.json
    corpus: PathBuf,
    /// Only documents whose path or kind contains this text
    #[arg(long)]
    only: Option<String>,
    /// Lists the members that are bare JSON values
    #[arg(long)]
    report: bool,
}

/// Of the members whose schema restricts their value, so many in a hundred may be bare JSON values.
const MOST_BARE: usize = 3;

/// Runs the task.
pub fn run(arguments: &Arguments) -> Outcome {
    let manifest = std::fs::read_to_string(arguments.corpus.join("manifest.json"))
        .map_err(|error| format!("{}/manifest.json: {error}", arguments.corpus.display()))?;
    let records: Value = serde_json::from_str(&manifest).map_err(|error| format!("manifest.json: {error}"))?;
    let text = |record: &Value, key: &str| record.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let valid = |record: &&Value| record.pointer("/official/valid").and_then(Value::as_bool) == Some(true);
    let wanted = |record: &&Value| {
        let only = arguments.only.as_deref().unwrap_or("");
        text(record, "file").contains(only) || text(record, "kind").contains(only)
    };
    let crate_folder = target().join("corpus");
    let source_folder = crate_folder.join("src");
    let _ = std::fs::remove_dir_all(&source_folder);
    let mut files = Vec::new();
    let mut library = String::new();
    let known = known_refusals()?;
    let (mut refused, mut unknown) = (0, Vec::new());
    let (mut restricted, mut bare) = (0, Vec::new());
    let mut examples = Examples::default();
    for record in records.as_array().into_iter().flatten().filter(valid).filter(wanted) {
        let file = text(record, "file");
        match read(&arguments.corpus, &file) {
            Ok((opened, document, said)) => {
                for (role, word) in [(Role::Application, "application"), (Role::Counterpart, "counterpart")] {
                    let settings = Settings { role, ..Settings::default() };
                    let generate = || rust::generate(&opened, &document, settings.clone(), &mut Diagnostics::default());
                    let module = generate().ok_or_else(|| format!("{file} is not generated"))?;
                    if generate().as_ref() != Some(&module) {
                        return Err(format!("{file}: not the same code twice"));
                    }
                    let name = format!("{word}_{}", files.len());
                    let _ = writeln!(library, "/// {file}\npub mod {name};");
                    files.push((PathBuf::from(format!("src/{name}.rs")), module));
                }
                let contents = rust::contents(&opened, &document);
                restricted += contents.restricted;
                for (of, member, schema) in &contents.bare {
                    let schema = tidings::syntax::to_json(opened.node(*schema));
                    bare.push(format!("{file}\t{of}\t{member}\t{}", schema.chars().take(200).collect::<String>()));
                }
                examples.add(&file, &opened, &document, &contents, &said);
            }
            Err(_) if known.contains(&file) => refused += 2,
            Err(report) => unknown.push(format!("{file}\n{report}")),
        }
    }
    if files.is_empty() {
        return Err("no document of the corpus was generated".to_owned());
    }
    let count = files.len();
    library.insert_str(0, "//! Code generated of a corpus.\n#![deny(missing_docs)]\n");
    files.push((PathBuf::from("src/lib.rs"), library));
    crates::check(&crate_folder, files)?;
    println!(
        "{count} modules of valid documents, each made twice alike, compile without a warning; {refused} were refused, as conformance/refused.txt says"
    );
    println!(
        "{} of {restricted} members that a schema restricts are bare JSON values: {:.1} %",
        bare.len(),
        100.0 * bare.len() as f64 / restricted.max(1) as f64
    );
    bare.iter().filter(|_| arguments.report).for_each(|line| println!("{line}"));
    examples.run()?;
    if bare.len() * 100 > restricted * MOST_BARE {
        return Err(format!("more than {MOST_BARE} % of the members are bare JSON values; `--report` lists them"));
    }
    if unknown.is_empty() { Ok(()) } else { Err(format!("valid documents were refused:\n{}", unknown.join("\n"))) }
}

/// The documents that are refused with a reason on record.
fn known_refusals() -> Result<Vec<String>, String> {
    let path = root().join("conformance/refused.txt");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let named = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    Ok(named.map(|(file, _)| file.to_owned()).collect())
}

/// A document that was read, and what its check said.
fn read(corpus: &Path, file: &str) -> Result<(Files, Document, Diagnostics), String> {
    // Documents of one repository refer to files beside their own folder.
    let mut files = Files::new(Policy { allowed_roots: vec![corpus.to_path_buf()], ..Policy::default() });
    let mut diagnostics = Diagnostics::default();
    let source = files.open(&corpus.join(file), &mut diagnostics).map_err(|error| error.to_string())?;
    match tidings::read(&mut files, source, &mut diagnostics) {
        Some(document) => Ok((files, document, diagnostics)),
        None => Err(diagnostics.to_text(files.sources())),
    }
}
