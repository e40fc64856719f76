//! Rust IR -> tokens: the types, how they come out of JSON and how they go back.

use super::checks::{Checker, identifier, type_set};
use super::documentation::{code, documentation};
use super::ir::{Field, Item, ItemKind, Rest, Type, Types, Variant, When, Wire};
use super::plans::Planner;
use crate::schema::TypeSet;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// Every item of a module, in the order in which they were made.
pub(super) fn items(types: &Types, checker: &mut Checker<'_>) -> TokenStream {
    types.items.iter().map(|item| Emitter { types, item, name: identifier(&item.name) }.item(checker)).collect()
}

/// A type as it is written in a field.
pub(super) fn type_tokens(of: &Type, types: &Types) -> TokenStream {
    let inner = |of: &Type| type_tokens(of, types);
    match of {
        Type::Null => quote!(()),
        Type::Boolean => quote!(bool),
        Type::Integer(width) => {
            let width = identifier(width);
            quote!(#width)
        }
        Type::Float => quote!(f64),
        Type::Text => quote!(String),
        Type::DateTime => quote!(rt::codegen::chrono::DateTime<rt::codegen::chrono::FixedOffset>),
        Type::Date => quote!(rt::codegen::chrono::NaiveDate),
        Type::Uuid => quote!(rt::codegen::uuid::Uuid),
        Type::Bytes => quote!(rt::codegen::bytes::Bytes),
        Type::Json => quote!(rt::Json),
        Type::Item(item) => match types.get(*item) {
            Some(item) => {
                let name = identifier(&item.name);
                quote!(#name)
            }
            None => quote!(rt::Json),
        },
        Type::List(of) => {
            let of = inner(of);
            quote!(Vec<#of>)
        }
        Type::Map(of) => {
            let of = inner(of);
            quote!(std::collections::BTreeMap<String, #of>)
        }
        Type::Tuple(of) => {
            let of = of.iter().map(inner);
            quote!((#(#of,)*))
        }
        Type::Nullable(of) => {
            let of = inner(of);
            quote!(Option<#of>)
        }
        Type::Boxed(of) => {
            let of = inner(of);
            quote!(Box<#of>)
        }
    }
}

/// A payload that has a binary form beside JSON.
fn wire_payload(name: &Ident, content_type: &str, wire: &Wire, check: &TokenStream) -> TokenStream {
    let codec = if wire.binary { quote!(Binary) } else { quote!(Json) };
    let tables = &wire.tables;
    quote! {
        const _: () = {
            const WIRE: rt::codegen::Wire = #tables;

            impl rt::Payload for #name {
                const CONTENT_TYPE: &'static str = #content_type;

                fn from_slice(bytes: &[u8]) -> Result<Self, rt::DecodeError> {
                    Self::from_slice_as(bytes, rt::codegen::Codec::#codec)
                }

                fn to_vec(&self) -> Result<Vec<u8>, rt::EncodeError> {
                    self.to_vec_as(rt::codegen::Codec::#codec)
                }

                fn from_slice_as(bytes: &[u8], codec: rt::codegen::Codec) -> Result<Self, rt::DecodeError> {
                    rt::codegen::from_wire(bytes, codec, WIRE, #check)
                }

                fn to_vec_as(&self, codec: rt::codegen::Codec) -> Result<Vec<u8>, rt::EncodeError> {
                    rt::codegen::to_wire(self, codec, WIRE, #check)
                }
            }
        };
    }
}

struct Emitter<'a> {
    types: &'a Types,
    item: &'a Item,
    name: Ident,
}

impl Emitter<'_> {
    fn item(&self, checker: &mut Checker<'_>) -> TokenStream {
        let check = checker.outside(self.item.schema, &self.item.name);
        let definition = match &self.item.kind {
            ItemKind::Struct { fields, rest } => self.structure(fields, rest.as_ref(), &check),
            ItemKind::Enumeration(variants) => self.enumeration(variants, &check),
            ItemKind::Union(variants) => self.union(variants, &check, checker),
            ItemKind::Newtype(of) => self.newtype(of, &check),
        };
        let plan = Planner { types: self.types, checker }.item(self.item, &check);
        let name = &self.name;
        let payload = self.item.content_type.as_deref().map(|content_type| match &self.item.wire {
            None => quote! {
                impl rt::Payload for #name {
                    const CONTENT_TYPE: &'static str = #content_type;

                    fn from_slice(bytes: &[u8]) -> Result<Self, rt::DecodeError> {
                        rt::codegen::from_slice(bytes, #check)
                    }

                    fn to_vec(&self) -> Result<Vec<u8>, rt::EncodeError> {
                        rt::codegen::to_vec(self, #check)
                    }
                }
            },
            Some(wire) => wire_payload(name, content_type, wire, &check),
        });
        quote! {
            #definition
            #plan
            #payload
        }
    }

    fn head(&self, otherwise: &str) -> TokenStream {
        let documentation = documentation(self.item.documentation.as_deref(), otherwise);
        // Uses of a deprecated type within the generated code itself would warn, so it is said in words.
        let deprecated = self.item.deprecated.then(|| quote!(#[doc = ""] #[doc = " **Deprecated** by the document."]));
        quote!(#documentation #deprecated)
    }

    fn structure(&self, fields: &[Field], rest: Option<&Rest>, check: &TokenStream) -> TokenStream {
        let name = &self.name;
        let head = self.head(&format!("An object of the document: `{}`.", self.item.name));
        let idents: Vec<Ident> = fields.iter().map(|field| identifier(&field.name)).collect();
        let declared = fields.iter().zip(&idents).map(|(field, ident)| {
            let documentation = documentation(field.documentation.as_deref(), &code(&field.key));
            let deprecated = field.deprecated.then(|| quote!(#[doc = ""] #[doc = " **Deprecated** by the document."]));
            let of = self.field_type(field);
            quote!(#documentation #deprecated pub #ident: #of)
        });
        let rest_ident = rest.map(|rest| identifier(&rest.name));
        let rest_declared = rest.zip(rest_ident.as_ref()).map(|(rest, ident)| {
            let of = type_tokens(&rest.of, self.types);
            quote! {
                /// Members that the document does not name; they survive decoding and encoding.
                pub #ident: std::collections::BTreeMap<String, #of>
            }
        });
        let listed = fields.iter().zip(&idents).map(|(field, ident)| {
            let key = &field.key;
            let presence = identifier(if field.required { "required" } else { "optional" });
            quote!(#presence #ident = #key)
        });
        let rest_listed = rest_ident.as_ref().map(|ident| quote!(rest #ident));
        let constructor = self.constructor(fields, &idents, rest_ident.as_ref());
        let default = fields.iter().all(|field| !field.required).then(|| quote!(Default,));
        quote! {
            #head
            #[derive(Debug, Clone, #default PartialEq)]
            pub struct #name {
                #(#declared,)*
                #rest_declared
            }

            #constructor

            rt::codegen::implement_object!(#name, #check, { #(#listed,)* #rest_listed });
        }
    }

    fn field_type(&self, field: &Field) -> TokenStream {
        let of = type_tokens(&field.of, self.types);
        if field.required { of } else { quote!(Option<#of>) }
    }

    /// `new`, which takes what is required and has more than one value.
    fn constructor(&self, fields: &[Field], idents: &[Ident], rest: Option<&Ident>) -> TokenStream {
        let name = &self.name;
        let asked = |field: &Field| field.required && self.constant(&field.of).is_none();
        let required: Vec<(&Field, &Ident)> = fields.iter().zip(idents).filter(|(field, _)| asked(field)).collect();
        let parameters = required.iter().map(|(field, ident)| match &field.of {
            Type::Text => quote!(#ident: impl Into<String>),
            of => {
                let of = type_tokens(of, self.types);
                quote!(#ident: #of)
            }
        });
        let values = fields.iter().zip(idents).map(|(field, ident)| match (&field.of, field.required) {
            (_, false) => quote!(#ident: None),
            (Type::Text, true) => quote!(#ident: #ident.into()),
            (of, true) => match self.constant(of) {
                Some(only) => quote!(#ident: #only),
                None => quote!(#ident),
            },
        });
        let rest = rest.map(|ident| quote!(#ident: std::collections::BTreeMap::new()));
        // Lints of taste do not apply, here as with enums: a document decides what there is and how it is called.
        let many = (required.len() > 7).then(|| quote!(#[allow(clippy::too_many_arguments)]));
        let documentation = if fields.iter().any(|field| field.required) {
            " What is required; everything else is absent."
        } else {
            " Nothing but absent members."
        };
        quote! {
            impl #name {
                #[doc = #documentation]
                #many
                #[must_use]
                pub fn new(#(#parameters),*) -> Self {
                    Self { #(#values,)* #rest }
                }
            }
        }
    }

    /// The one value of a type that has no other, as the tag of a variant has.
    fn constant(&self, of: &Type) -> Option<TokenStream> {
        let Type::Item(item) = of else { return None };
        let item = self.types.get(*item)?;
        let ItemKind::Enumeration(variants) = &item.kind else { return None };
        let [(variant, _)] = variants.as_slice() else { return None };
        let (name, variant) = (identifier(&item.name), identifier(variant));
        Some(quote!(#name::#variant))
    }

    fn enumeration(&self, variants: &[(String, String)], check: &TokenStream) -> TokenStream {
        let name = &self.name;
        let head = self.head(&format!("One of the texts of `{}`.", self.item.name));
        let idents: Vec<Ident> = variants.iter().map(|(ident, _)| identifier(ident)).collect();
        let texts: Vec<&str> = variants.iter().map(|(_, text)| text.as_str()).collect();
        let notes = texts.iter().map(|text| documentation(None, &code(text)));
        quote! {
            #head
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            #[allow(clippy::enum_variant_names)]
            pub enum #name {
                #(#notes #idents,)*
            }

            rt::codegen::implement_text!(#name, #check, { #(#idents = #texts,)* });
        }
    }

    fn union(&self, variants: &[Variant], check: &TokenStream, checker: &mut Checker<'_>) -> TokenStream {
        let name = &self.name;
        let text = &self.item.name;
        let head = self.head(&format!("One of the alternatives of `{text}`."));
        let idents: Vec<Ident> = variants.iter().map(|variant| identifier(&variant.name)).collect();
        let types: Vec<TokenStream> = variants.iter().map(|variant| type_tokens(&variant.of, self.types)).collect();
        let notes = variants
            .iter()
            .map(|variant| documentation(variant.documentation.as_deref(), &format!("`{}`", variant.name)));
        let names: Option<Vec<&str>> = variants
            .iter()
            .map(|variant| match variant.when {
                When::Under(branch) => checker.only_property(branch),
                _ => None,
            })
            .collect();
        let head = quote! {
            #head
            #[derive(Debug, Clone, PartialEq)]
            #[allow(clippy::enum_variant_names, clippy::large_enum_variant)]
            pub enum #name {
                #(#notes #idents(#types),)*
            }
        };
        if let Some(tags) = names {
            return quote! {
                #head

                rt::codegen::implement_tagged!(#name, #check, { #(#idents = #tags,)* });
            };
        }
        let (property, tags) = checker.tags_of(variants).unwrap_or_default();
        let conditions: Vec<TokenStream> = variants
            .iter()
            .enumerate()
            .map(|(index, variant)| match (variant.when, tags.get(index)) {
                (_, Some(tag)) => quote!(|value, faults| faults.tag(value, #property, #tag)),
                (When::Fits(schema) | When::Under(schema), None) => {
                    checker.outside(schema, &format!("{text} {}", variant.name))
                }
                (When::Is(lane), None) => {
                    let types = type_set(TypeSet::of(lane), false);
                    quote!(|value, faults| faults.types(value, #types))
                }
            })
            .collect();
        quote! {
            #head

            rt::codegen::implement_union!(#name, #check, { #(#idents = #conditions,)* });
        }
    }

    fn newtype(&self, of: &Type, check: &TokenStream) -> TokenStream {
        let name = &self.name;
        let of = type_tokens(of, self.types);
        let head = self.head(&format!("A value of the document: `{}`.", self.item.name));
        quote! {
            #head
            #[derive(Debug, Clone, PartialEq)]
            pub struct #name(pub #of);

            rt::codegen::implement_newtype!(#name, #check, #of);
        }
    }
}
