//! Rust IR -> tokens: the types, how they come out of JSON and how they go back. Structs have a file of their own.

use super::checks::{Checker, identifier, type_set};
use super::derives::{Traits, traits};
use super::documentation::{code, documentation};
use super::ir::{Alternative, Elsewhere, Item, ItemId, ItemKind, Type, Types, Variant, When, Wire};
use super::plans::Planner;
use crate::schema::TypeSet;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// Every item of a module, in the order in which they were made; those that are defined elsewhere under their names here.
pub(super) fn items(types: &Types, checker: &mut Checker<'_>) -> TokenStream {
    let emitters = emitters(types);
    emitters.map(|emitter| emitter.imported().unwrap_or_else(|| emitter.item(checker))).collect()
}

/// The definitions of some items, which stand together in a module of their own.
pub(super) fn shared_items(types: &Types, items: &[ItemId], checker: &mut Checker<'_>) -> TokenStream {
    let wanted = emitters(types).enumerate().filter(|(at, _)| items.contains(&ItemId(*at)));
    wanted.map(|(_, emitter)| emitter.item(checker)).collect()
}

fn emitters(types: &Types) -> impl Iterator<Item = Emitter<'_>> {
    let pairs = types.items.iter().zip(traits(types));
    pairs.map(|(item, traits)| Emitter { types, item, traits, name: identifier(&item.name) })
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
        Type::Formatted(format) => format.tokens(types.dates),
        Type::Json => quote!(rt::Json),
        Type::Item(item) => types.get(*item).map_or_else(|| quote!(rt::Json), Item::tokens),
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

pub(super) struct Emitter<'a> {
    pub(super) types: &'a Types,
    pub(super) item: &'a Item,
    pub(super) traits: Traits,
    pub(super) name: Ident,
}

impl Emitter<'_> {
    /// The name of an item that is defined elsewhere.
    fn imported(&self) -> Option<TokenStream> {
        let Elsewhere { module, name: defined } = self.item.elsewhere.as_ref()?;
        let (defined, name) = (identifier(defined), &self.name);
        let renamed = (defined != *name).then(|| quote!(as #name));
        Some(quote! {
            #[allow(unused_imports)]
            pub use #module::#defined #renamed;
        })
    }

    fn item(&self, checker: &mut Checker<'_>) -> TokenStream {
        if self.item.external.is_some() {
            return TokenStream::new();
        }
        if let ItemKind::Choice(alternatives) = &self.item.kind {
            return self.choice(alternatives);
        }
        let check = checker.outside(self.item.schema, &self.item.name);
        let definition = match &self.item.kind {
            ItemKind::Struct { fields, rest, absent } => {
                self.structure(fields, rest.as_ref(), absent.as_deref(), &check)
            }
            ItemKind::Choice(_) => TokenStream::new(),
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

    pub(super) fn head(&self, otherwise: &str) -> TokenStream {
        let documentation = documentation(self.item.documentation.as_deref(), otherwise);
        // Uses of a deprecated type within the generated code itself would warn, so it is said in words.
        let deprecated = self.item.deprecated.then(|| quote!(#[doc = ""] #[doc = " **Deprecated** by the document."]));
        quote!(#documentation #deprecated)
    }

    fn enumeration(&self, variants: &[(String, String)], check: &TokenStream) -> TokenStream {
        let name = &self.name;
        let head = self.head(&format!("One of the texts of `{}`.", self.item.name));
        let idents: Vec<Ident> = variants.iter().map(|(ident, _)| identifier(ident)).collect();
        let texts: Vec<&str> = variants.iter().map(|(_, text)| text.as_str()).collect();
        let notes = texts.iter().map(|text| documentation(None, &code(text)));
        let derive = self.derive();
        quote! {
            #head
            #derive
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
        let derive = self.derive();
        let head = quote! {
            #head
            #derive
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

    /// What is derived, and what else the user wants to stand there.
    pub(super) fn derive(&self) -> TokenStream {
        let (own, attributes) = (self.traits.tokens(), &self.item.attributes);
        let known = self.traits.names();
        let known = |wanted: &TokenStream| {
            let wanted = wanted.to_string();
            known.contains(&wanted.as_str()) || ["Debug", "Clone"].contains(&wanted.as_str())
        };
        let further: Vec<&TokenStream> = self.item.derives.iter().filter(|wanted| !known(wanted)).collect();
        let further = (!further.is_empty()).then(|| quote!(#[derive(#(#further),*)]));
        quote!(#own #further #attributes)
    }

    /// One field of a struct that stands for several members.
    fn choice(&self, alternatives: &[Alternative]) -> TokenStream {
        let name = &self.name;
        let head = self.head("At most one of several members.");
        let derive = self.derive();
        let variants = alternatives.iter().map(|alternative| {
            let note = documentation(alternative.documentation.as_deref(), &code(&alternative.key));
            let (ident, of) = (identifier(&alternative.name), type_tokens(&alternative.of, self.types));
            quote!(#note #ident(#of))
        });
        let listed = alternatives.iter().map(|alternative| {
            let (ident, key) = (identifier(&alternative.name), &alternative.key);
            quote!(#ident = #key)
        });
        quote! {
            #head
            #derive
            #[allow(clippy::enum_variant_names, clippy::large_enum_variant)]
            pub enum #name {
                #(#variants,)*
            }

            rt::codegen::implement_choice!(#name, { #(#listed,)* });
        }
    }

    fn newtype(&self, of: &Type, check: &TokenStream) -> TokenStream {
        let name = &self.name;
        let of = type_tokens(of, self.types);
        let head = self.head(&format!("A value of the document: `{}`.", self.item.name));
        let derive = self.derive();
        quote! {
            #head
            #derive
            pub struct #name(pub #of);

            rt::codegen::implement_newtype!(#name, #check, #of);
        }
    }
}
