//! One document on its way to a module: read, shaped, written.
//!
//! In: a [`Document`]. Out, step by step: the schemas of its messages, the types made of them, and tokens. Between the
//! last two stands what several documents have in common.

use super::checks::{Checker, Formats};
use super::contents::Contents;
use super::customize::Fault;
use super::ir::ItemId;
use super::json_schema::json_schemas;
use super::operations::{MessageTypes, Operations};
use super::shape::{Choices, Shaped, Shaper, Shapes};
use super::snippets::Sketch;
use super::{CUSTOMIZATION, OPAQUE_PAYLOAD, Settings, bindings, report, report_defaults, types, wire};
use crate::document::{Document, MessageId, SchemaFormat};
use crate::reference::Files;
use crate::schema::{self, Reader, SchemaId, Schemas};
use crate::source::{Diagnostic, Diagnostics, Severity, Span};
use crate::syntax::NodeId;
use indexmap::IndexMap;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::BTreeMap;
use wire::Form;

/// The schemas of a document.
pub(super) struct Material<'a> {
    pub files: &'a Files,
    pub document: &'a Document,
    pub schemas: Schemas,
    messages: Vec<MessageSchemas>,
}

/// The schemas of a message.
struct MessageSchemas {
    id: MessageId,
    payload: Option<(SchemaId, Form)>,
    headers: Option<SchemaId>,
    key: Option<SchemaId>,
}

impl<'a> Material<'a> {
    /// Reads the schemas of all messages.
    pub(super) fn read(files: &'a Files, document: &'a Document, diagnostics: &mut Diagnostics) -> Self {
        let mut reader = Reader::new(files);
        let mut messages = Vec::new();
        for (id, message) in document.messages() {
            let payload = message.payload.as_ref().and_then(|payload| {
                let form = wire::form(files, payload, message.content_type.as_deref());
                let read = form.and_then(|form| {
                    let schema = reader.read(payload.node, &payload.format);
                    schema.map(|schema| (schema, form)).ok_or("schema is in a language that is not read")
                });
                read.inspect_err(|why| {
                    let node = files.node(payload.node);
                    let text = format!("the payload of `{}` stays bytes: its {why}", message.key);
                    diagnostics.push(Diagnostic::new(&OPAQUE_PAYLOAD, node.span(), text).at(node.pointer()));
                })
                .ok()
            });
            let headers = message.headers.as_ref().and_then(|headers| reader.read(headers.node, &headers.format));
            let key = bindings::key(files, message).and_then(|key| reader.read(key, &SchemaFormat::AsyncApi));
            messages.push(MessageSchemas { id, payload, headers, key });
        }
        Self { files, document, schemas: reader.finish(), messages }
    }
}

/// A document whose types have their names and shapes, and may still be changed.
pub(super) struct Draft<'m> {
    pub material: &'m Material<'m>,
    pub shapes: Shapes<'m>,
    messages: BTreeMap<MessageId, MessageTypes>,
}

/// What is written of a document.
pub(super) struct Written {
    pub tokens: TokenStream,
    pub sketches: Vec<Sketch>,
    pub contents: Contents,
}

impl<'m> Draft<'m> {
    /// Makes types of the schemas; what is wrong with the user's wishes is among the shapes.
    pub(super) fn new(material: &'m Material<'m>, settings: &Settings) -> Self {
        let Material { files, document, schemas, .. } = material;
        let choices = Choices { assume_objects: true, typed_formats: true };
        let mut shaper = Shaper::new(files, schemas, choices, &component_names(files, document), None);
        let mut messages = BTreeMap::new();
        for MessageSchemas { id, payload, headers, key } in &material.messages {
            let Some(message) = document.message(*id) else { continue };
            let payload = payload.as_ref().map(|(payload, form)| {
                let item = shaper.root(*payload, &message.key);
                let content_type = message.content_type.as_deref().unwrap_or(form.content_type);
                shaper.mark_payload(item, content_type, form.wire.clone());
                item
            });
            let headers = headers.map(|headers| shaper.root(headers, &format!("{} headers", message.key)));
            messages
                .insert(*id, MessageTypes { payload, headers, content_type: message.content_type.clone(), key: *key });
        }
        Self { material, shapes: shaper.shapes(&settings.customization), messages }
    }

    /// Reports what is wrong with wishes.
    pub(super) fn report(&self, faults: Vec<Fault>, diagnostics: &mut Diagnostics) {
        for Fault { message, help, .. } in faults {
            let mut diagnostic =
                Diagnostic::new(&CUSTOMIZATION, Span::beginning(self.material.document.source), message);
            diagnostic.help = help;
            diagnostics.push(diagnostic);
        }
    }

    /// The items of the module, how it is used, and what it holds; and `shared`, the definitions of some of its types
    /// that stand elsewhere, with checks in a module of the given name.
    pub(super) fn write(
        self,
        settings: &Settings,
        shared: Option<(&[ItemId], &str)>,
        diagnostics: &mut Diagnostics,
    ) -> (Written, TokenStream) {
        let Material { files, document, schemas, .. } = self.material;
        let Shaped { types, assumed, unapplied, scope } = self.shapes.finish();
        let described = |items: &[ItemId], module: &str| {
            let made = settings.json_schema.then(|| json_schemas(&types, items, module, files, schemas, &assumed));
            made.unwrap_or_default()
        };
        let elsewhere = shared.map(|(items, checks)| {
            let json_schemas = described(items, &checks.replace("checks", "json_schemas"));
            let mut checker = Checker::new(files, schemas, &assumed, Formats::Typed).called(checks);
            let tokens = types::shared_items(&types, items, &mut checker);
            let checks = checker.finish();
            quote!(#tokens #json_schemas #checks)
        });
        let mut checker = Checker::new(files, schemas, &assumed, Formats::Typed);
        let items = types::items(&types, &mut checker);
        let contents = Contents::new(&types, &self.messages, &checker);
        let (operations, sketches) = if settings.types_only {
            (TokenStream::new(), Vec::new())
        } else {
            let operations = Operations::new(files, document, &types, &self.messages, scope, settings.testing);
            operations.tokens(settings.role, &mut checker)
        };
        let checks = checker.finish();
        for id in &assumed {
            let schema = schemas.get(*id);
            let message = "this schema has `properties` but no `type`; it is taken to describe objects only";
            let diagnostic = Diagnostic::new(&schema::ASSUMED_OBJECT, schema.span, message).help("add `type: object`");
            diagnostics.push(diagnostic.at(files.node(schema.node).pointer()));
        }
        report_defaults(&unapplied, diagnostics);
        report(&checker, Severity::Warning, diagnostics);
        let own = types.items.iter().enumerate().filter(|(_, item)| item.elsewhere.is_none());
        let own: Vec<ItemId> = own.map(|(at, _)| ItemId(at)).collect();
        let json_schemas = described(&own, "json_schemas");
        let tokens = quote!(#items #operations #json_schemas #checks);
        (Written { tokens, sketches, contents }, elsewhere.unwrap_or_default())
    }
}

/// All of that for one document by itself.
pub(super) fn write_one(
    files: &Files,
    document: &Document,
    settings: &Settings,
    diagnostics: &mut Diagnostics,
) -> Written {
    let material = Material::read(files, document, diagnostics);
    let mut draft = Draft::new(&material, settings);
    let faults = std::mem::take(&mut draft.shapes.faults);
    draft.report(faults, diagnostics);
    draft.write(settings, None, diagnostics).0
}

/// The names of component schemas, by the node that says something: a component that is itself a reference names what
/// it leads to, unless that has a name of its own.
fn component_names(files: &Files, document: &Document) -> IndexMap<NodeId, String> {
    let mut names = IndexMap::new();
    let mut aliases = Vec::new();
    for (name, node) in &document.schemas {
        let node = files.node(*node);
        let Ok(target) = files.follow(node) else { continue };
        let schema = target.get("schemaFormat").and_then(|_| target.get("schema")).unwrap_or(target);
        if target.id() == node.id() {
            names.insert(schema.id(), name.clone());
        } else {
            aliases.push((schema.id(), name.clone()));
        }
    }
    for (node, name) in aliases {
        names.entry(node).or_insert(name);
    }
    names
}
