//! Schema IR -> functions that mark which members and items of a value a schema looks at, for `unevaluatedProperties`
//! and `unevaluatedItems` (JSON Schema Core, section 11).
//!
//! One statement for each keyword that looks at parts, or that applies another schema to the value itself.

use super::checks::{Checker, Function, identifier};
use crate::document::Dialect;
use crate::schema::{Schema, SchemaId};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::BTreeSet;

impl Checker<'_> {
    /// The statements of the check itself.
    pub(super) fn unevaluated(&mut self, id: SchemaId, name: &str, out: &mut TokenStream) {
        let schema = self.schemas.get(id);
        let keywords = [
            ("unevaluated_properties", "unevaluated property", schema.unevaluated_properties),
            ("unevaluated_items", "unevaluated item", schema.unevaluated_items),
        ];
        for (method, words, keyword) in keywords {
            if let Some(keyword) = keyword {
                let marks = self.named(Function::Marks(id), &format!("{name} seen"));
                let check = self.inside(keyword, &format!("{name} {words}"));
                let method = identifier(method);
                out.extend(quote!(faults.#method(value, #marks, #check);));
            }
        }
    }

    /// The body of the function that marks what a schema looks at, but for those two keywords of its own.
    pub(super) fn marks_body(&mut self, id: SchemaId) -> TokenStream {
        let schema = self.schemas.get(id);
        let name = self.name_of(Function::Marks(id));
        let mut out = TokenStream::new();
        self.mark_parts(schema, &name, &mut out);
        for part in schema.reference.iter().chain(&schema.all_of) {
            out.extend(self.marks_of(*part, &name));
        }
        for branch in [&schema.any_of, &schema.one_of].into_iter().flatten().flatten() {
            let marks = self.marks_of(*branch, &name);
            if !marks.is_empty() {
                let check = self.inside(*branch, &format!("{name} option"));
                out.extend(quote!(if faults.fits(value, #check) { #marks }));
            }
        }
        if let Some(condition) = schema.condition {
            let check = self.inside(condition, &format!("{name} condition"));
            let mut marks = |id: Option<SchemaId>| id.map(|id| self.marks_of(id, &name)).unwrap_or_default();
            let (holds, then, otherwise) = (marks(Some(condition)), marks(schema.then), marks(schema.otherwise));
            out.extend(quote!(if faults.fits(value, #check) { #holds #then } else { #otherwise }));
        }
        for (key, dependent) in &schema.dependent_schemas {
            let marks = self.marks_of(*dependent, &name);
            if !marks.is_empty() {
                out.extend(quote!(if value.has_member(#key) { #marks }));
            }
        }
        self.in_circle(id, Some(true), out)
    }

    fn mark_parts(&mut self, schema: &Schema, name: &str, out: &mut TokenStream) {
        let keys: BTreeSet<&str> = schema.properties.iter().map(|(key, _)| key.as_str()).collect();
        let all = schema.additional_properties.is_some();
        if all || !keys.is_empty() || !schema.pattern_properties.is_empty() {
            let constants: Vec<_> =
                (1..=schema.pattern_properties.len()).map(|number| identifier(&format!("NAME_{number}"))).collect();
            let patterns = schema.pattern_properties.iter().map(|(pattern, _)| pattern);
            out.extend(quote! {
                #(static #constants: rt::codegen::Pattern = rt::codegen::Pattern::new(#patterns);)*
                seen.members(value, &[#(#keys),*], &[#(&#constants),*], #all);
            });
        }
        let all = schema.items.is_some();
        if all || !schema.prefix_items.is_empty() {
            let prefix = proc_macro2::Literal::usize_unsuffixed(schema.prefix_items.len());
            out.extend(quote!(seen.items(value, #prefix, #all);));
        }
        if let Some(contains) = schema.contains.filter(|_| schema.dialect >= Dialect::Draft2020) {
            let check = self.inside(contains, &format!("{name} contains"));
            out.extend(quote!(seen.matching(value, faults, #check);));
        }
    }

    /// What marks the parts that a schema looks at which applies to the same value; nothing where it looks at none.
    fn marks_of(&mut self, id: SchemaId, name: &str) -> TokenStream {
        let id = self.schemas.target(id);
        let schema = self.schemas.get(id);
        if schema.children().is_empty() {
            return TokenStream::new();
        }
        let marks = self.named(Function::Marks(id), name);
        let members = schema.unevaluated_properties.map(|_| quote!(seen.members(value, &[], &[], true);));
        let items = schema.unevaluated_items.map(|_| quote!(seen.items(value, 0, true);));
        quote!(#marks(value, faults, seen); #members #items)
    }
}
