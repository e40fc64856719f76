//! Rust IR -> tokens: structs, how they are made, and their builders.

use super::checks::identifier;
use super::documentation::{code, documentation};
use super::ir::{Field, ItemKind, Presence, Rest, Type};
use super::types::{Emitter, type_tokens};
use crate::names::Scope;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

/// Structs with more fields than this have a builder.
pub(super) const MOST_FIELDS_WITHOUT_BUILDER: usize = 5;

/// A field, with the tokens that it is written with.
struct Member<'a> {
    field: &'a Field,
    ident: Ident,
    /// What it has without being asked for: its default, or the one value of its type.
    given: Option<TokenStream>,
    /// The path of the function that gives its default, and its place among the members that have one.
    default: Option<(TokenStream, Literal)>,
}

impl Emitter<'_> {
    pub(super) fn structure(
        &self,
        fields: &[Field],
        rest: Option<&Rest>,
        absent: Option<&str>,
        check: &TokenStream,
    ) -> TokenStream {
        let name = &self.name;
        let head = self.head(&format!("An object of the document: `{}`.", self.item.name));
        let members = self.members(fields);
        let declared = members.iter().map(|Member { field, ident, .. }| {
            let documentation = documentation(field.documentation.as_deref(), &code(&field.key));
            let deprecated = field.deprecated.then(|| quote!(#[doc = ""] #[doc = " **Deprecated** by the document."]));
            let of = self.field_type(field);
            let attributes = &field.attributes;
            quote!(#documentation #deprecated #attributes pub #ident: #of)
        });
        let rest_ident = rest.map(|rest| identifier(&rest.name));
        let rest_declared = rest.zip(rest_ident.as_ref()).map(|(rest, ident)| {
            let of = type_tokens(&rest.of, self.types);
            quote! {
                /// Members that the document does not name; they survive decoding and encoding.
                pub #ident: std::collections::BTreeMap<String, #of>,
            }
        });
        let defaulted = members.iter().filter(|member| member.default.is_some()).count();
        let absent = absent.map(identifier);
        let absent_declared = absent.as_ref().map(|ident| {
            let words = match defaulted.div_ceil(64) {
                0 | 1 => TokenStream::new(),
                several => {
                    let several = Literal::usize_unsuffixed(several);
                    quote!(<#several>)
                }
            };
            quote! {
                /// Which members have their default because they were absent: they stay so when the value is written.
                pub #ident: rt::Absent #words,
            }
        });
        let listed = members.iter().map(|member| {
            let (ident, key) = (&member.ident, &member.field.key);
            match (&member.field.presence, &member.default) {
                (Presence::Required, _) => quote!(required #ident = #key),
                (Presence::Choice, _) => quote!(choice #ident),
                (_, Some((function, at))) => quote!(defaulted #ident = #key at #absent #at or #function),
                (_, None) => quote!(optional #ident = #key),
            }
        });
        let absent_listed = absent.as_ref().map(|ident| quote!(absent #ident,));
        let rest_listed = rest_ident.as_ref().map(|ident| quote!(rest #ident));
        let constructor = self.constructor(&members, rest_ident.as_ref(), absent.as_ref());
        let builder = self.builder(&members, rest.zip(rest_ident.as_ref()), absent.as_ref());
        let derive = self.derive();
        // `new` asks for nothing: that is the default, too.
        let plain = members.iter().all(|member| matches!(member.field.presence, Presence::Optional | Presence::Choice));
        let derive_default = plain.then(|| quote!(#[derive(Default)]));
        let asks = members.iter().any(|member| member.field.is_required() && member.given.is_none());
        let default = (!plain && !asks).then(|| {
            quote! {
                impl Default for #name {
                    fn default() -> Self {
                        Self::new()
                    }
                }
            }
        });
        quote! {
            #head
            #derive
            #derive_default
            pub struct #name {
                #(#declared,)*
                #rest_declared
                #absent_declared
            }

            #constructor
            #default
            #builder

            rt::codegen::implement_object!(#name, #check, { #absent_listed #(#listed,)* #rest_listed });
        }
    }

    fn members<'a>(&self, fields: &'a [Field]) -> Vec<Member<'a>> {
        let name = &self.name;
        let mut defaults = 0;
        fields
            .iter()
            .map(|field| {
                let default = matches!(field.presence, Presence::Defaulted(_)).then(|| {
                    let (function, at) = (default_function(field), Literal::usize_unsuffixed(defaults));
                    defaults += 1;
                    (quote!(#name::#function), at)
                });
                let given = match &field.presence {
                    Presence::Required => self.constant(&field.of),
                    Presence::Defaulted(_) => {
                        let function = default_function(field);
                        Some(quote!(Self::#function()))
                    }
                    Presence::Optional | Presence::Choice => Some(quote!(None)),
                };
                Member { field, ident: identifier(&field.name), given, default }
            })
            .collect()
    }

    fn field_type(&self, field: &Field) -> TokenStream {
        let of = type_tokens(&field.of, self.types);
        match field.presence {
            Presence::Required | Presence::Defaulted(_) => of,
            Presence::Optional | Presence::Choice => quote!(Option<#of>),
        }
    }

    /// `new`, which takes what is required and has more than one value; and the defaults of members.
    fn constructor(&self, members: &[Member<'_>], rest: Option<&Ident>, absent: Option<&Ident>) -> TokenStream {
        let name = &self.name;
        let asked: Vec<&Member<'_>> = members.iter().filter(|member| member.given.is_none()).collect();
        let parameters = asked.iter().map(|member| {
            let (ident, of) = (&member.ident, self.parameter(&member.field.of));
            quote!(#ident: #of)
        });
        let values = members.iter().map(|Member { field, ident, given, .. }| match (given, &field.of) {
            (Some(given), _) => quote!(#ident: #given),
            (None, Type::Text) => quote!(#ident: #ident.into()),
            (None, _) => quote!(#ident),
        });
        let rest = rest.map(|ident| quote!(#ident: std::collections::BTreeMap::new(),));
        let absent = absent.map(|ident| quote!(#ident: rt::Absent::default()));
        // Lints of taste do not apply, here as with enums: a document decides what there is and how it is called.
        let many = (asked.len() > 7).then(|| quote!(#[allow(clippy::too_many_arguments)]));
        let documentation = match (members.iter().any(|member| member.field.is_required()), absent.is_some()) {
            (true, false) => " What is required; everything else is absent.",
            (true, true) => " What is required; everything else has its default, or is absent.",
            (false, false) => " Nothing but absent members.",
            (false, true) => " Every member has its default, or is absent.",
        };
        let defaults = members.iter().filter_map(|Member { field, .. }| {
            let Presence::Defaulted(value) = &field.presence else { return None };
            let (function, of) = (default_function(field), type_tokens(&field.of, self.types));
            let about =
                super::documentation::documentation(None, &format!("What {} is where it is absent.", code(&field.key)));
            Some(quote! {
                #about
                #[must_use]
                pub fn #function() -> #of {
                    #value
                }
            })
        });
        quote! {
            impl #name {
                #[doc = #documentation]
                #many
                #[must_use]
                pub fn new(#(#parameters),*) -> Self {
                    Self { #(#values,)* #rest #absent }
                }

                #(#defaults)*
            }
        }
    }

    /// How a value of a type is handed over.
    fn parameter(&self, of: &Type) -> TokenStream {
        match of {
            Type::Text => quote!(impl Into<String>),
            of => type_tokens(of, self.types),
        }
    }

    fn builder(&self, members: &[Member<'_>], rest: Option<(&Rest, &Ident)>, absent: Option<&Ident>) -> TokenStream {
        let Some(builder) = &self.item.builder else { return TokenStream::new() };
        let (name, builder) = (&self.name, identifier(builder));
        // The method that ends it keeps its name.
        let mut scope = Scope::default();
        scope.claim("build");
        let entries: Vec<TokenStream> = members
            .iter()
            .map(|Member { field, ident, default, .. }| {
                let own = &field.name;
                let setter = if scope.holds(own) { format!("set_{own}") } else { own.clone() };
                let setter = identifier(&scope.claim(&setter));
                let note = documentation(field.documentation.as_deref(), &code(&field.key));
                let (given, of) = (self.parameter(&field.of), type_tokens(&field.of, self.types));
                let entry = quote!(#ident as #setter: #given => #of);
                let key = &field.key;
                match (&field.presence, default, self.constant(&field.of)) {
                    (Presence::Required, _, Some(only)) => quote!(#note defaulted #entry => (|| #only)),
                    (Presence::Required, _, None) => quote!(#note required #entry = #key),
                    (_, Some((function, _)), _) => quote!(#note defaulted #entry => (#function)),
                    (_, None, _) => quote!(#note optional #entry),
                }
            })
            .collect();
        let rest = rest.map(|(rest, ident)| {
            let setter = identifier(&scope.claim(&rest.name));
            let of = type_tokens(&rest.of, self.types);
            let of = quote!(std::collections::BTreeMap<String, #of>);
            quote! {
                /// Members that the document does not name.
                rest #ident as #setter: #of => #of
            }
        });
        quote! {
            rt::codegen::implement_builder!(#builder, #name, { #(#entries,)* #rest } #absent);
        }
    }

    /// The one value of a type that has no other, as the tag of a variant has.
    fn constant(&self, of: &Type) -> Option<TokenStream> {
        let Type::Item(item) = of else { return None };
        let item = self.types.get(*item).filter(|item| item.external.is_none())?;
        let ItemKind::Enumeration(variants) = &item.kind else { return None };
        let [(variant, _)] = variants.as_slice() else { return None };
        let (name, variant) = (identifier(&item.name), identifier(variant));
        Some(quote!(#name::#variant))
    }
}

/// The function that gives the default of a member.
pub(super) fn default_function(field: &Field) -> Ident {
    format_ident!("default_{}", field.name.trim_start_matches("r#"))
}
