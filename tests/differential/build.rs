//! Makes a type of each schema in `schemas.yaml`, and a table of them all. `cargo xtask nightly types` names another file.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use tidings::document::Dialect;
use tidings::reference::{Files, Policy};
use tidings::rust::{self, SchemaSettings};
use tidings::source::Diagnostics;
use tidings::syntax::to_json;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=TIDINGS_SCHEMAS");
    let named = std::env::var_os("TIDINGS_SCHEMAS").map(PathBuf::from);
    let schemas = named.clone().unwrap_or_else(|| PathBuf::from("schemas.yaml"));
    println!("cargo::rerun-if-changed={}", schemas.display());
    let folder = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.open(&schemas, &mut diagnostics)?;
    let root = files.root(source).ok_or_else(|| diagnostics.to_text(files.sources()))?;
    let (mut modules, mut table) = (String::new(), String::new());
    for entry in root.entries() {
        let (name, schema) = (entry.key, to_json(entry.value));
        let asserted = entry.value.get("x-assert-formats").is_some();
        let path = folder.join(name).with_extension("json");
        std::fs::write(&path, &schema)?;
        let module = module(&path, asserted).map_err(|error| format!("{name}: {schema}\n{error}"))?;
        std::fs::write(folder.join(name).with_extension("rs"), module)?;
        writeln!(modules, "mod {name} {{ include!(concat!(env!(\"OUT_DIR\"), \"/{name}.rs\")); }}")?;
        writeln!(
            table,
            "Case {{ name: {name:?}, schema: {schema:?}, asserted: {asserted}, judge: judge::<{name}::Root>, described: described::<{name}::Root> }},"
        )?;
    }
    std::fs::write(
        folder.join("cases.rs"),
        format!(
            "{modules}\n/// Every schema with its type.\npub static CASES: &[Case] = &[\n{table}];\n\
             /// Whether the schemas are made up.\npub const MADE_UP: bool = {};\n",
            named.is_some()
        ),
    )?;
    Ok(())
}

/// The Rust of one bare schema, under the name `Root`.
fn module(path: &std::path::Path, assert_formats: bool) -> Result<String, Box<dyn Error>> {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.open(path, &mut diagnostics)?;
    let settings = SchemaSettings { dialect: Dialect::Draft7, assert_formats, json_schema: true };
    rust::schema_types(&files, source, "Root", settings, &mut diagnostics)
        .ok_or_else(|| diagnostics.to_text(files.sources()).into())
}
