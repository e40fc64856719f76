//! The model -> Rust: types that accept exactly what their schemas accept, producers, handler traits and consumers.
//!
//! In: a [`Document`], or one bare schema. Out: the formatted text of one module, which names `tidings_runtime` alone.
//! Text of the document gets into it only as an escaped literal, a doc attribute or a sanitised identifier. Same input,
//! same bytes.

mod bindings;
mod bridge;
mod checks;
mod circles;
mod contents;
mod customize;
mod defaults;
mod derives;
mod documentation;
mod draft;
mod formats;
mod ir;
mod json_schema;
mod marks;
mod naming;
mod operations;
mod package;
mod plans;
mod producers;
mod recursion;
mod requests;
mod security;
mod shape;
mod snippets;
mod structs;
mod testing;
mod together;
mod types;
mod wire;

pub use contents::Contents;
pub use customize::Customization;
pub use formats::Dates;
pub use snippets::Snippet;
pub use together::{Part, Together, generate_together};

pub use package::{CrateSettings, RuntimeSource, crate_files, module_files};

use crate::document::{Action, Dialect, Document, SchemaFormat};
use crate::reference::Files;
use crate::schema::{self, Reader};
use crate::source::{Diagnostic, Diagnostics, Rule, Severity, SourceId, Span};
use checks::{Checker, Formats};
use defaults::Unapplied;
use draft::Written;
use indexmap::IndexMap;
use ir::ItemId;
use json_schema::json_schemas;
use proc_macro2::TokenStream;
use quote::quote;
use shape::{Choices, Shaped, Shaper};

/// The ABI number of the runtime that generated code is made for.
pub const ABI: u32 = 5;

/// What can be said when Rust is made of a document.
pub static RULES: &[&Rule] = &[&CUSTOMIZATION, &OPAQUE_PAYLOAD, &UNAPPLIED_DEFAULT];

/// A payload in a format that is not read.
pub static OPAQUE_PAYLOAD: Rule = Rule {
    id: "opaque-payload",
    severity: Severity::Info,
    sentence: "Generated code decodes the payload of every message; one in another format than JSON stays bytes.",
    link: "https://www.asyncapi.com/docs/reference/specification/v3.1.0#messageObject",
};

/// A setting of the generator that cannot be followed.
pub static CUSTOMIZATION: Rule = Rule {
    id: "customization",
    severity: Severity::Error,
    sentence: "Settings about single types and members name some that the document has, in Rust that can be read.",
    link: "https://docs.rs/tidings",
};

/// A default that generated code does not apply.
pub static UNAPPLIED_DEFAULT: Rule = Rule {
    id: "unapplied-default",
    severity: Severity::Info,
    sentence: "The `default` of a property is a value of its schema; then generated code applies it where the property is absent.",
    link: "https://json-schema.org/draft-07/json-schema-validation#rfc.section.10.2",
};

/// Which side of the document is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// The document's own: it publishes what the document says it sends.
    #[default]
    Application,
    /// The other side: it consumes what the document says it sends.
    Counterpart,
    /// Both, in one module.
    Both,
}

impl Role {
    /// What is generated for an operation: a producer for `Send`, a consumer for `Receive`.
    fn actions(self, action: Action) -> Vec<Action> {
        match self {
            Self::Application => vec![action],
            Self::Counterpart => vec![action.reversed()],
            Self::Both => vec![Action::Send, Action::Receive],
        }
    }
}

/// What is generated of a document.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Which side.
    pub role: Role,
    /// Types of messages only: no channels, producers and consumers.
    pub types_only: bool,
    /// Types give their JSON Schema, by the trait of schemars.
    pub json_schema: bool,
    /// A module `testing`, too.
    pub testing: bool,
    /// What is different about single types and members.
    pub customization: Customization,
}

/// Generates the module of a document. `None` when something in it cannot be generated; `diagnostics` says what.
pub fn generate(
    files: &Files,
    document: &Document,
    settings: Settings,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let mut parts = [Part { files, document, diagnostics }];
    generate_together(&mut parts, &settings, None).modules.pop().flatten()
}

/// How the code that [`generate`] makes is used, for each operation; `module` is the path at which it stands. Empty when
/// nothing can be generated.
pub fn snippets(files: &Files, document: &Document, role: Role, module: &str) -> Vec<Snippet> {
    let settings = Settings { role, ..Settings::default() };
    let mut diagnostics = Diagnostics::default();
    // The module itself is not asked for, so nothing spends time on its layout.
    let Written { mut sketches, .. } = draft::write_one(files, document, &settings, &mut diagnostics);
    if diagnostics.has_errors() {
        sketches.clear();
    }
    sketches.iter().filter_map(|sketch| sketch.beside(module)).collect()
}

/// What the code that [`generate`] makes holds.
pub fn contents(files: &Files, document: &Document) -> Contents {
    let settings = Settings { role: Role::Both, types_only: true, ..Settings::default() };
    draft::write_one(files, document, &settings, &mut Diagnostics::default()).contents
}

/// How the type of a bare schema is generated.
#[derive(Debug, Clone, Copy)]
pub struct SchemaSettings {
    /// Its draft, where it has no `$schema`.
    pub dialect: Dialect,
    /// Formats are asserted; otherwise they are annotations.
    pub assert_formats: bool,
    /// Types give their JSON Schema, by the trait of schemars.
    pub json_schema: bool,
}

/// Generates the type of one bare schema, under the given name. `None` when it cannot be generated exactly; `diagnostics`
/// says why.
pub fn schema_types(
    files: &Files,
    source: SourceId,
    name: &str,
    settings: SchemaSettings,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    let SchemaSettings { dialect, assert_formats, json_schema } = settings;
    let root = files.root(source)?.id();
    let mut reader = Reader::new(files);
    let id = reader.read(root, &SchemaFormat::JsonSchema(dialect))?;
    let schemas = reader.finish();
    let choices = Choices { assume_objects: false, typed_formats: assert_formats };
    // The name asked for is taken first, whatever else the schema brings along.
    let names = IndexMap::from([(root, name.to_owned())]);
    let mut shaper = Shaper::new(files, &schemas, choices, &names, Some((id, name)));
    let item = shaper.root(id, name);
    shaper.mark_payload(item, "application/json", None);
    let Shaped { types, assumed, unapplied, .. } = shaper.shapes(&Customization::default()).finish();
    report_defaults(&unapplied, diagnostics);
    let formats = if assert_formats { Formats::All } else { Formats::Annotate };
    let mut checker = Checker::new(files, &schemas, &assumed, formats);
    let items = types::items(&types, &mut checker);
    let checks = checker.finish();
    let own: Vec<ItemId> = (0..types.items.len()).map(ItemId).collect();
    let described = json_schema.then(|| json_schemas(&types, &own, "json_schemas", files, &schemas, &assumed));
    report(&checker, Severity::Error, diagnostics);
    finish(&file_name(files, source), source, &quote!(#items #described #checks), diagnostics)
}

/// Says what the checks leave out: of a document's type that is worth a warning, of a bare schema's it is the whole point.
fn report(checker: &Checker<'_>, severity: Severity, diagnostics: &mut Diagnostics) {
    for (what, span) in &checker.unsupported {
        let mut diagnostic =
            Diagnostic::new(&schema::UNSUPPORTED_KEYWORD, *span, format!("{what} is not checked by generated code"));
        diagnostic.severity = severity;
        diagnostics.push(diagnostic);
    }
    for (pattern, span) in &checker.invalid_patterns {
        let message = format!("`{pattern}` is no regular expression of ECMA 262");
        diagnostics.push(Diagnostic::new(&schema::INVALID_PATTERN, *span, message));
    }
}

/// Says which defaults mean nothing to the generated code.
fn report_defaults(unapplied: &[Unapplied<'_>], diagnostics: &mut Diagnostics) {
    for Unapplied { value, why } in unapplied {
        let message =
            format!("this default is not applied, since {why}: where the member is absent, its field is `None`");
        diagnostics.push(Diagnostic::new(&UNAPPLIED_DEFAULT, value.span(), message).at(value.pointer()));
    }
}

/// The name of a file, without the folder that it lies in.
fn file_name(files: &Files, source: SourceId) -> String {
    let name = files.sources().get(source).map_or("", |source| source.name());
    name.rsplit('/').next().unwrap_or(name).to_owned()
}

/// The text of the module, unless there are errors; `origin` is what it is made from.
fn finish(origin: &str, source: SourceId, body: &TokenStream, diagnostics: &mut Diagnostics) -> Option<String> {
    if diagnostics.has_errors() {
        return None;
    }
    let abi = proc_macro2::Literal::u32_unsuffixed(ABI);
    let tokens = quote! {
        use ::tidings_runtime as rt;

        const _: () = rt::codegen::assert_abi(#abi);

        #body
    };
    match syn::parse2(tokens) {
        Ok(mut file) => {
            tolerate_unused(&mut file);
            let origin = documentation::plain(origin);
            let version = env!("CARGO_PKG_VERSION");
            let module = spaced(&prettyplease::unparse(&file));
            Some(format!("// @generated by tidings {version} from {origin}. Do not edit.\n\n{module}"))
        }
        Err(error) => {
            let message =
                format!("the generated code is not Rust ({error}): this is a fault of tidings, please report it");
            diagnostics.push(Diagnostic::new(&GENERATOR_FAULT, Span::beginning(source), message));
            None
        }
    }
}

/// A document says more than one program uses. The attribute stands on each item, since an included file can have none
/// of its own.
fn tolerate_unused(file: &mut syn::File) {
    for item in &mut file.items {
        let attributes = match item {
            syn::Item::Enum(item) => &mut item.attrs,
            syn::Item::Fn(item) => &mut item.attrs,
            syn::Item::Impl(item) if item.trait_.is_none() => &mut item.attrs,
            syn::Item::Static(item) => &mut item.attrs,
            syn::Item::Struct(item) => &mut item.attrs,
            syn::Item::Trait(item) => &mut item.attrs,
            _ => continue,
        };
        attributes.push(syn::parse_quote!(#[allow(dead_code)]));
    }
}

/// Puts an empty line between items, which the formatter does not.
fn spaced(module: &str) -> String {
    const BEGINNINGS: [&str; 10] = ["pub ", "pub(", "///", "#[", "impl", "fn ", "mod ", "const ", "struct ", "rt::"];
    let mut out = String::with_capacity(module.len() + module.len() / 16);
    let mut behind_item = false;
    for line in module.lines() {
        let indentation = line.len() - line.trim_start().len();
        let content = line.trim_start();
        // Items stand at the margin, those of the module of checks and of an `impl` one step in.
        let outside = indentation <= 4;
        if outside && behind_item && BEGINNINGS.iter().any(|start| content.starts_with(start)) {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
        let closes = content == "}" || content.ends_with(';');
        behind_item = outside && closes && !content.starts_with("//");
    }
    out
}

/// Never meant to be seen.
static GENERATOR_FAULT: Rule = Rule {
    id: "generator-fault",
    severity: Severity::Error,
    sentence: "Generated code is Rust.",
    link: "https://doc.rust-lang.org/reference/",
};

/// Is a payload of this content type JSON? So it is where none is given.
fn is_json(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else { return true };
    let media_type = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    media_type == "application/json"
        || media_type == "text/json"
        || media_type.ends_with("+json")
        || media_type == "*/*"
}
