//! Schema IR -> check functions: one function for each schema that says something, one statement for each keyword.
//!
//! The functions are as exact as the schema: what a type holds too much of, they refuse. They stand in a module of their
//! own, named after the types, and call each other where schemas refer to each other, so recursion needs no care here.

use super::circles::Circles;
use super::formats::Format;
use super::ir::{Variant, When};
use crate::names::{self, Scope};
use crate::reference::Files;
use crate::schema::{Schema, SchemaId, Schemas, Type, TypeSet};
use crate::source::Span;
use crate::syntax::{Node, NodeId, Number, to_json};
use proc_macro2::{Ident, Span as TokenSpan, TokenStream};
use quote::quote;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// Which formats are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Formats {
    /// None: they are annotations.
    Annotate,
    /// Those that have a Rust type.
    Typed,
    /// All that are known.
    All,
}

/// What is generated for a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Function {
    /// What checks a value.
    Check(SchemaId),
    /// What marks the parts of a value that the schema looks at, for the keywords that are about the others.
    Marks(SchemaId),
}

/// What the functions of the module of checks name besides each other.
const RESERVED: [&str; 4] = ["rt", "value", "faults", "seen"];

/// Makes check functions of schemas.
pub(super) struct Checker<'a> {
    pub(super) files: &'a Files,
    pub(super) schemas: &'a Schemas,
    assumed: &'a BTreeSet<SchemaId>,
    formats: Formats,
    /// The name of the module of checks.
    module: Ident,
    names: HashMap<Function, Ident>,
    scope: Scope,
    todo: VecDeque<Function>,
    functions: BTreeMap<Function, TokenStream>,
    order: Vec<Function>,
    /// Schemas that apply themselves to the value they are given.
    pub(super) circles: Circles,
    /// How many functions keep themselves from being asked twice about one value.
    guards: usize,
    /// What could not be turned into code: what, and where it is written.
    pub(super) unsupported: Vec<(String, Span)>,
    /// Patterns that are no regular expressions.
    pub(super) invalid_patterns: Vec<(String, Span)>,
}

impl<'a> Checker<'a> {
    /// The name of the first property of a schema.
    pub(super) fn only_property(&self, id: SchemaId) -> Option<&'a str> {
        self.schemas.get(id).properties.first().map(|(name, _)| name.as_str())
    }

    pub(super) fn new(
        files: &'a Files,
        schemas: &'a Schemas,
        assumed: &'a BTreeSet<SchemaId>,
        formats: Formats,
    ) -> Self {
        let mut scope = Scope::default();
        for name in RESERVED {
            scope.claim(name);
        }
        Self {
            files,
            schemas,
            assumed,
            formats,
            module: identifier("checks"),
            names: HashMap::new(),
            scope,
            todo: VecDeque::new(),
            functions: BTreeMap::new(),
            order: Vec::new(),
            circles: Circles::new(schemas),
            guards: 0,
            unsupported: Vec::new(),
            invalid_patterns: Vec::new(),
        }
    }

    /// The same, with another name for the module of checks.
    pub(super) fn called(mut self, module: &str) -> Self {
        self.module = identifier(module);
        self
    }

    /// The check of a schema as seen from the generated module; `name` is what its function is called.
    pub(super) fn outside(&mut self, id: SchemaId, name: &str) -> TokenStream {
        let module = self.module.clone();
        match self.function(id, name) {
            Some(function) => quote!(#module::#function),
            None => quote!(rt::codegen::anything),
        }
    }

    /// The module of all functions that were asked for; nothing if there are none.
    pub(super) fn finish(&mut self) -> TokenStream {
        while let Some(function) = self.todo.pop_front() {
            let body = match function {
                Function::Check(id) => self.body(id),
                Function::Marks(id) => self.marks_body(id),
            };
            self.functions.insert(function, body);
        }
        if self.order.is_empty() {
            return TokenStream::new();
        }
        let functions = self.order.iter().filter_map(|function| {
            let (name, body) = (self.names.get(function)?, self.functions.get(function)?);
            let arguments = quote!(value: &rt::codegen::Value<'_>, faults: &mut rt::codegen::Faults);
            Some(match function {
                // Nothing is asked of a value.
                Function::Check(_) if body.is_empty() => {
                    quote!(pub(super) fn #name(_: &rt::codegen::Value<'_>, _: &mut rt::codegen::Faults) {})
                }
                Function::Check(_) => quote!(pub(super) fn #name(#arguments) { #body }),
                Function::Marks(_) => quote! {
                    #[allow(unused_variables)]
                    fn #name(#arguments, seen: &mut rt::codegen::Seen) { #body }
                },
            })
        });
        let module = &self.module;
        quote! {
            /// What the schemas of the document ask for, keyword by keyword.
            mod #module {
                use super::rt;
                #(#functions)*
            }
        }
    }

    /// The function of a schema, to be called within the module of checks; `None` when there is nothing to check.
    fn function(&mut self, id: SchemaId, name: &str) -> Option<Ident> {
        let id = self.schemas.target(id);
        self.says_something(id).then(|| self.named(Function::Check(id), name))
    }

    /// The identifier of a function, which is made if it is not known.
    pub(super) fn named(&mut self, function: Function, name: &str) -> Ident {
        if let Some(known) = self.names.get(&function) {
            return known.clone();
        }
        let name = identifier(&self.scope.claim(&names::value_name(name)));
        self.names.insert(function, name.clone());
        self.order.push(function);
        self.todo.push_back(function);
        name
    }

    pub(super) fn inside(&mut self, id: SchemaId, name: &str) -> TokenStream {
        let schema = self.schemas.get(self.schemas.target(id));
        if schema.boolean == Some(false) {
            return quote!(rt::codegen::nothing);
        }
        match self.function(id, name) {
            Some(function) => quote!(#function),
            None => quote!(rt::codegen::anything),
        }
    }

    fn all_inside(&mut self, ids: &[SchemaId], name: &str) -> Vec<TokenStream> {
        ids.iter().zip(1..).map(|(id, number)| self.inside(*id, &format!("{name} {number}"))).collect()
    }

    /// Has the schema a keyword that restricts anything, or one that has to be reported?
    pub(super) fn says_something(&self, id: SchemaId) -> bool {
        self.assumed.contains(&id) || self.asserts(self.schemas.get(id))
    }

    /// The same, of its keywords alone.
    pub(super) fn asserts(&self, schema: &Schema) -> bool {
        let asserts = schema.boolean == Some(false)
            || schema.types.is_some()
            || schema.enumeration.is_some()
            || schema.constant.is_some()
            || self.format(schema).is_some()
            || schema.pattern.is_some()
            || schema.unique_items
            || !schema.required.is_empty()
            || !schema.dependent_required.is_empty()
            || !schema.unsupported.is_empty();
        let numbers = [
            &schema.multiple_of,
            &schema.minimum,
            &schema.maximum,
            &schema.exclusive_minimum,
            &schema.exclusive_maximum,
        ];
        let bounds = [schema.length, schema.items_count, schema.properties_count];
        asserts
            || numbers.iter().any(|number| number.is_some())
            || bounds.iter().any(|bounds| bounds.min.is_some() || bounds.max.is_some())
            || !schema.children().is_empty()
    }

    /// The property that tells the variants of a union apart, and its value in each.
    pub(super) fn tags_of(&self, variants: &[Variant]) -> Option<(String, Vec<String>)> {
        let branches = variants.iter().map(|variant| match variant.when {
            When::Fits(branch) => Some(branch),
            When::Is(_) | When::Under(_) => None,
        });
        tags(self.files, self.schemas, &branches.collect::<Option<Vec<SchemaId>>>()?)
    }

    fn format(&self, schema: &Schema) -> Option<&'static str> {
        let format = schema.format.as_deref()?;
        match self.formats {
            Formats::Annotate => None,
            Formats::Typed => Format::constant(format, false),
            Formats::All => Format::constant(format, true),
        }
    }

    pub(super) fn name_of(&self, function: Function) -> String {
        let name = self.names.get(&function).map(|name| name.to_string()).unwrap_or_default();
        name.trim_start_matches("r#").to_owned()
    }

    fn body(&mut self, id: SchemaId) -> TokenStream {
        let schema = self.schemas.get(id);
        let name = self.name_of(Function::Check(id));
        self.unsupported.extend(schema.unsupported.iter().cloned());
        let mut out = TokenStream::new();
        if schema.boolean == Some(false) {
            return quote!(rt::codegen::nothing(value, faults););
        }
        let circle = self.circles.of(id);
        if circle.is_some_and(|circle| circle.again.is_none()) {
            let what = "a schema that applies itself to its own value in a way that has no meaning";
            self.unsupported.push((what.to_owned(), schema.span));
            return out;
        }
        if let Some(reference) = schema.reference {
            let check = self.inside(reference, &format!("{name} reference"));
            out.extend(quote!(faults.all_of(value, &[#check]);));
        }
        let types = schema.types.or_else(|| self.assumed.contains(&id).then(|| TypeSet::of(Type::Object)));
        if let Some(types) = types {
            let types = type_set(types, schema.dialect == crate::document::Dialect::Draft4);
            out.extend(quote!(faults.types(value, #types);));
        }
        self.values(schema, &mut out);
        self.scalars(schema, &mut out);
        self.arrays(schema, &name, &mut out);
        self.objects(schema, &name, &mut out);
        self.combinations(schema, &name, &mut out);
        self.unevaluated(id, &name, &mut out);
        self.in_circle(id, circle.and_then(|circle| circle.again), out)
    }

    /// The body of a function of a schema that may apply itself to its own value; `again` is what it says when it is asked
    /// about a value that it is being asked about.
    pub(super) fn in_circle(&mut self, id: SchemaId, again: Option<bool>, body: TokenStream) -> TokenStream {
        let (Some(again), Some(_)) = (again, self.circles.of(id)) else { return body };
        self.guards += 1;
        let number = proc_macro2::Literal::usize_unsuffixed(self.guards);
        quote! {
            if faults.opens(value, #number, #again) {
                #body
                faults.closes();
            }
        }
    }

    fn values(&self, schema: &Schema, out: &mut TokenStream) {
        let nodes = |ids: &[NodeId]| ids.iter().map(|id| self.files.node(*id)).collect::<Vec<Node<'_>>>();
        if let Some(values) = &schema.enumeration {
            let values = nodes(values);
            let texts: Vec<&str> = values.iter().filter_map(|value| value.as_str()).collect();
            if texts.len() == values.len() {
                out.extend(quote!(faults.strings(value, &[#(#texts),*]);));
            } else {
                let json = literals(&values);
                out.extend(quote! {
                    static VALUES: rt::codegen::Literals = rt::codegen::Literals::new(#json);
                    faults.enumeration(value, &VALUES);
                });
            }
        }
        if let Some(constant) = schema.constant {
            let json = literals(&[self.files.node(constant)]);
            out.extend(quote! {
                static CONSTANT: rt::codegen::Literals = rt::codegen::Literals::new(#json);
                faults.constant(value, &CONSTANT);
            });
        }
    }

    fn scalars(&mut self, schema: &Schema, out: &mut TokenStream) {
        let numbers = [
            ("minimum", &schema.minimum),
            ("maximum", &schema.maximum),
            ("exclusive_minimum", &schema.exclusive_minimum),
            ("exclusive_maximum", &schema.exclusive_maximum),
            ("multiple_of", &schema.multiple_of),
        ];
        for (method, limit) in numbers {
            if let Some(limit) = limit {
                let (method, limit) = (identifier(method), number(limit));
                out.extend(quote!(faults.#method(value, #limit);));
            }
        }
        let counts = [
            ("min_length", schema.length.min),
            ("max_length", schema.length.max),
            ("min_items", schema.items_count.min),
            ("max_items", schema.items_count.max),
            ("min_properties", schema.properties_count.min),
            ("max_properties", schema.properties_count.max),
        ];
        for (method, limit) in counts {
            if let Some(limit) = limit {
                let (method, limit) = (identifier(method), count(limit));
                out.extend(quote!(faults.#method(value, #limit);));
            }
        }
        if let Some(pattern) = &schema.pattern {
            self.test_pattern(pattern, schema.span);
            out.extend(quote! {
                static PATTERN: rt::codegen::Pattern = rt::codegen::Pattern::new(#pattern);
                faults.pattern(value, &PATTERN);
            });
        }
        if let Some(format) = self.format(schema) {
            let format = identifier(format);
            out.extend(quote!(faults.format(value, rt::codegen::Format::#format);));
        }
    }

    /// The runtime tries a pattern in Unicode mode first, then without; so does this.
    fn test_pattern(&mut self, pattern: &str, span: Span) {
        let compiles = |flags: &str| regress::Regex::with_flags(pattern, flags).is_ok();
        if !compiles("u") && !compiles("") {
            self.invalid_patterns.push((pattern.to_owned(), span));
        }
    }

    fn arrays(&mut self, schema: &Schema, name: &str, out: &mut TokenStream) {
        if schema.unique_items {
            out.extend(quote!(faults.unique_items(value);));
        }
        if !schema.prefix_items.is_empty() || schema.items.is_some() {
            let prefix = self.all_inside(&schema.prefix_items, &format!("{name} item"));
            let rest = match schema.items {
                Some(items) => {
                    let check = self.inside(items, &format!("{name} item"));
                    quote!(Some(#check))
                }
                None => quote!(None),
            };
            out.extend(quote!(faults.items(value, &[#(#prefix),*], #rest);));
        }
        if let Some(contains) = schema.contains {
            let check = self.inside(contains, &format!("{name} contains"));
            let min = count(schema.contains_count.min.unwrap_or(1));
            let max = match schema.contains_count.max {
                Some(max) => {
                    let max = count(max);
                    quote!(Some(#max))
                }
                None => quote!(None),
            };
            out.extend(quote!(faults.contains(value, #check, #min, #max);));
        }
    }

    fn objects(&mut self, schema: &Schema, name: &str, out: &mut TokenStream) {
        if !schema.required.is_empty() {
            let required = &schema.required;
            out.extend(quote!(faults.required(value, &[#(#required),*]);));
        }
        let described = !schema.properties.is_empty()
            || !schema.pattern_properties.is_empty()
            || schema.additional_properties.is_some();
        if described {
            // Sorted, so that the runtime can search.
            let properties: BTreeMap<&str, SchemaId> =
                schema.properties.iter().map(|(key, id)| (key.as_str(), *id)).collect();
            let known: Vec<TokenStream> = properties
                .into_iter()
                .map(|(key, id)| {
                    let check = self.inside(id, &format!("{name} {key}"));
                    quote!((#key, #check))
                })
                .collect();
            let mut statics = Vec::new();
            let mut patterns = Vec::new();
            for ((pattern, id), number) in schema.pattern_properties.iter().zip(1..) {
                self.test_pattern(pattern, schema.span);
                let constant = identifier(&format!("NAME_{number}"));
                statics.push(quote!(static #constant: rt::codegen::Pattern = rt::codegen::Pattern::new(#pattern);));
                let check = self.inside(*id, &format!("{name} pattern {number}"));
                patterns.push(quote!((&#constant, #check)));
            }
            let additional = match schema.additional_properties {
                Some(id) => {
                    let check = self.inside(id, &format!("{name} additional property"));
                    quote!(Some(#check))
                }
                None => quote!(None),
            };
            out.extend(quote! {
                #(#statics)*
                faults.properties(value, &[#(#known),*], &[#(#patterns),*], #additional);
            });
        }
        if let Some(names) = schema.property_names {
            let check = self.inside(names, &format!("{name} property name"));
            out.extend(quote!(faults.property_names(value, #check);));
        }
        for (key, names) in &schema.dependent_required {
            out.extend(quote!(faults.dependent_required(value, #key, &[#(#names),*]);));
        }
        for (key, id) in &schema.dependent_schemas {
            let check = self.inside(*id, &format!("{name} with {key}"));
            out.extend(quote!(faults.dependent_schema(value, #key, #check);));
        }
    }

    fn combinations(&mut self, schema: &Schema, name: &str, out: &mut TokenStream) {
        if !schema.all_of.is_empty() {
            let checks = self.all_inside(&schema.all_of, &format!("{name} part"));
            out.extend(quote!(faults.all_of(value, &[#(#checks),*]);));
        }
        for (method, branches) in [("any_of", &schema.any_of), ("one_of", &schema.one_of)] {
            let Some(branches) = branches else { continue };
            let checks = self.all_inside(branches, &format!("{name} option"));
            if let Some((property, tags)) = tags(self.files, self.schemas, branches) {
                out.extend(quote!(faults.tagged(value, #property, &[#((#tags, #checks)),*]);));
            } else {
                let method = identifier(method);
                out.extend(quote!(faults.#method(value, &[#(#checks),*]);));
            }
        }
        if let Some(not) = schema.not {
            let check = self.inside(not, &format!("{name} not"));
            out.extend(quote!(faults.not(value, #check);));
        }
        if let Some(condition) = schema.condition {
            let condition = self.inside(condition, &format!("{name} condition"));
            let mut branch = |id: Option<SchemaId>, word: &str| match id {
                Some(id) => {
                    let check = self.inside(id, &format!("{name} {word}"));
                    quote!(Some(#check))
                }
                None => quote!(None),
            };
            let (then, otherwise) = (branch(schema.then, "then"), branch(schema.otherwise, "otherwise"));
            out.extend(quote!(faults.conditional(value, #condition, #then, #otherwise);));
        }
    }
}

/// Values as a list of JSON. A number beyond all floats is left out: none that is read is equal to it.
fn literals(values: &[Node<'_>]) -> String {
    let texts = values.iter().map(|value| to_json(*value));
    let readable = |text: &String| serde_json::from_str::<serde_json::Value>(text).is_ok();
    format!("[{}]", texts.filter(readable).collect::<Vec<_>>().join(","))
}

/// The property that tells all branches apart, and its value in each: every branch is an object that requires it,
/// and no two give it the same value. Then at most one branch can fit, and which one is known beforehand.
fn tags(files: &Files, schemas: &Schemas, branches: &[SchemaId]) -> Option<(String, Vec<String>)> {
    let first = schemas.get(schemas.target(*branches.first()?));
    first.required.iter().find_map(|property| {
        let mut tags: Vec<String> = Vec::new();
        for branch in branches {
            let schema = schemas.get(schemas.target(*branch));
            let object = schema.types == Some(TypeSet::of(Type::Object)) && schema.required.contains(property);
            let (_, member) = schema.properties.iter().find(|(key, _)| object && key == property)?;
            let member = schemas.get(schemas.target(*member));
            let value = match (member.constant, member.enumeration.as_deref()) {
                (Some(constant), _) => constant,
                (None, Some([only])) => *only,
                _ => return None,
            };
            let tag = files.node(value).as_str()?.to_owned();
            if tags.contains(&tag) {
                return None;
            }
            tags.push(tag);
        }
        (tags.len() > 1).then(|| (property.clone(), tags))
    })
}

/// An identifier; `r#` in front makes it a raw one.
pub(super) fn identifier(text: &str) -> Ident {
    match text.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, TokenSpan::call_site()),
        None => Ident::new(text, TokenSpan::call_site()),
    }
}

/// A set of types as the runtime names it; `strict` where `1.0` is no integer.
pub(super) fn type_set(types: TypeSet, strict: bool) -> TokenStream {
    let mut words = types.iter().map(|one| {
        let word = match one {
            Type::Null => "NULL",
            Type::Boolean => "BOOLEAN",
            Type::Integer if strict => "STRICT_INTEGER",
            Type::Integer => "INTEGER",
            Type::Number => "NUMBER",
            Type::String => "STRING",
            Type::Array => "ARRAY",
            Type::Object => "OBJECT",
        };
        let word = identifier(word);
        quote!(rt::codegen::Types::#word)
    });
    let first = words.next().unwrap_or_else(|| quote!(rt::codegen::Types::NONE));
    words.fold(first, |set, word| quote!(#set.or(#word)))
}

/// Integers exactly, anything else as the nearest double.
fn number(number: &Number) -> TokenStream {
    // A sign is a token of its own.
    let sign = number.as_str().starts_with('-').then(|| quote!(-));
    match number.as_str().parse::<i128>() {
        Ok(integer) => {
            let literal = proc_macro2::Literal::u128_unsuffixed(integer.unsigned_abs());
            quote!(rt::codegen::Number::integer(#sign #literal))
        }
        Err(_) if number.as_f64().is_infinite() => {
            quote!(rt::codegen::Number::float(#sign ::core::primitive::f64::INFINITY))
        }
        Err(_) => {
            let literal = proc_macro2::Literal::f64_unsuffixed(number.as_f64().abs());
            quote!(rt::codegen::Number::float(#sign #literal))
        }
    }
}

/// A length or a count; one that no machine of 32 bits can have is as good as any other such.
pub(super) fn count(limit: u64) -> TokenStream {
    if limit > u64::from(u32::MAX) {
        return quote!(usize::MAX);
    }
    let literal = proc_macro2::Literal::u64_unsuffixed(limit);
    quote!(#literal)
}
