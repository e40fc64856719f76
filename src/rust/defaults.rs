//! The `default` of a schema -> the value that a field has where its member is absent.
//!
//! In: types whose fields are optional. Out: the same, with fields that always have a value where the schema gives a
//! default that it accepts itself and that the type can be written as an expression of; and what was not applied, and why.

use super::checks::identifier;
use super::ir::{Field, ItemKind, Presence, Type, Types, When};
use crate::names::Scope;
use crate::reference::Files;
use crate::schema::{Schemas, accepts, type_of_value};
use crate::syntax::{Kind, Node};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// Values of more parts than this are not written as expressions.
const MOST_PARTS: usize = 200;

/// A default that means nothing to the generated code.
pub(super) struct Unapplied<'a> {
    /// The value.
    pub value: Node<'a>,
    /// Why, as the end of a sentence.
    pub why: &'static str,
}

/// Gives fields their defaults.
pub(super) fn apply<'a>(types: &mut Types, files: &'a Files, schemas: &Schemas) -> Vec<Unapplied<'a>> {
    let mut unapplied = Vec::new();
    let mut found = Vec::new();
    for (number, item) in types.items.iter().enumerate() {
        let ItemKind::Struct { fields, .. } = &item.kind else { continue };
        for (place, field) in fields.iter().enumerate() {
            let Some(value) = default(field, files, schemas) else { continue };
            let mut expressions = Expressions { types, files, schemas, left: MOST_PARTS };
            let refused = accepts(files, schemas, field.schema, value) == Some(false);
            match expressions.of(&field.of, value).filter(|_| !refused) {
                // What cannot be told about a value is not promised either.
                Some(expression) if accepts(files, schemas, field.schema, value) == Some(true) => {
                    found.push((number, place, expression));
                }
                _ if refused => unapplied.push(Unapplied { value, why: "its own schema refuses it" }),
                _ => unapplied.push(Unapplied { value, why: "its type has no constant for it" }),
            }
        }
    }
    for (number, place, expression) in found {
        let Some(item) = types.items.get_mut(number) else { continue };
        let ItemKind::Struct { fields, rest, absent } = &mut item.kind else { continue };
        if let Some(field) = fields.get_mut(place) {
            field.presence = Presence::Defaulted(expression);
        }
        if absent.is_none() {
            let mut scope = Scope::default();
            for name in fields.iter().map(|field| &field.name).chain(rest.as_ref().map(|rest| &rest.name)) {
                scope.claim(name);
            }
            *absent = Some(scope.claim("absent"));
        }
    }
    unapplied
}

/// The default of an optional member, as its schema or one that applies with it has it.
fn default<'a>(field: &Field, files: &'a Files, schemas: &Schemas) -> Option<Node<'a>> {
    let optional = matches!(field.presence, Presence::Optional);
    let parts = if optional { schemas.parts(field.schema) } else { Vec::new() };
    let node = parts.into_iter().find_map(|part| schemas.get(part).default)?;
    Some(files.node(node))
}

struct Expressions<'a> {
    types: &'a Types,
    files: &'a Files,
    schemas: &'a Schemas,
    left: usize,
}

impl Expressions<'_> {
    /// A value as an expression of a type; `None` where there is none.
    fn of(&mut self, of: &Type, value: Node<'_>) -> Option<TokenStream> {
        self.left = self.left.checked_sub(1)?;
        match of {
            Type::Null => value.is_null().then(|| quote!(())),
            Type::Boolean => value.as_bool().map(|value| quote!(#value)),
            Type::Integer(width) => integer(width, value),
            Type::Float => {
                let number = value.as_number()?.as_f64();
                number.is_finite().then(|| signed(number < 0.0, Literal::f64_unsuffixed(number.abs())))
            }
            Type::Text => value.as_str().map(|text| quote!(String::from(#text))),
            // Constants of other crates are made at run time, and may fail.
            Type::Formatted(_) => None,
            Type::Json => self.json(value),
            Type::Item(item) => {
                let item = self.types.get(*item).filter(|item| item.external.is_none())?;
                self.item(&item.name, &item.kind, value)
            }
            Type::List(of) => {
                let items = value.is_array().then(|| value.items())?;
                let items: Vec<TokenStream> = items.map(|item| self.of(of, item)).collect::<Option<_>>()?;
                Some(if items.is_empty() { quote!(Vec::new()) } else { quote!(Vec::from([#(#items),*])) })
            }
            Type::Map(of) => {
                let members = self.members(value, |all, value| all.of(of, value))?;
                Some(map(&quote!(std::collections::BTreeMap), &members))
            }
            Type::Tuple(types) => {
                let items = (value.is_array() && value.items().len() == types.len()).then(|| value.items())?;
                let items: Vec<TokenStream> =
                    types.iter().zip(items).map(|(of, item)| self.of(of, item)).collect::<Option<_>>()?;
                Some(quote!((#(#items,)*)))
            }
            Type::Nullable(_) if value.is_null() => Some(quote!(None)),
            Type::Nullable(of) => self.of(of, value).map(|inner| quote!(Some(#inner))),
            Type::Boxed(of) => self.of(of, value).map(|inner| quote!(Box::new(#inner))),
        }
    }

    fn item(&mut self, name: &str, kind: &ItemKind, value: Node<'_>) -> Option<TokenStream> {
        let name = identifier(name);
        match kind {
            ItemKind::Enumeration(variants) => {
                let text = value.as_str()?;
                let (variant, _) = variants.iter().find(|(_, known)| known == text)?;
                let variant = identifier(variant);
                Some(quote!(#name::#variant))
            }
            ItemKind::Newtype(of) => self.of(of, value).map(|inner| quote!(#name(#inner))),
            ItemKind::Union(variants) => {
                let chosen = variants.iter().find(|variant| match variant.when {
                    When::Fits(schema) => accepts(self.files, self.schemas, schema, value) == Some(true),
                    When::Is(one) => crate::schema::TypeSet::of(one).has(type_of_value(value)),
                    When::Under(_) => false,
                })?;
                let inner = self.of(&chosen.of, value)?;
                let variant = identifier(&chosen.name);
                Some(quote!(#name::#variant(#inner)))
            }
            ItemKind::Struct { fields, rest, absent: None } => self.structure(&name, fields, rest.as_ref(), value),
            ItemKind::Struct { .. } | ItemKind::Choice(_) => None,
        }
    }

    fn structure(
        &mut self,
        name: &proc_macro2::Ident,
        fields: &[Field],
        rest: Option<&super::ir::Rest>,
        value: Node<'_>,
    ) -> Option<TokenStream> {
        let mut parts = Vec::new();
        for field in fields {
            let ident = identifier(&field.name);
            let inner = match value.get(&field.key) {
                Some(member) => Some(self.of(&field.of, member)?),
                None => None,
            };
            parts.push(match (&field.presence, inner) {
                // It may be about to get a default of its own.
                (Presence::Optional, None) if default(field, self.files, self.schemas).is_none() => {
                    quote!(#ident: None)
                }
                (Presence::Optional, Some(inner)) => {
                    if default(field, self.files, self.schemas).is_some() {
                        return None;
                    }
                    quote!(#ident: Some(#inner))
                }
                (Presence::Required, Some(inner)) => quote!(#ident: #inner),
                _ => return None,
            });
        }
        let known = |key: &str| fields.iter().any(|field| field.key == key);
        let others: Vec<(String, Node<'_>)> = value
            .entries()
            .filter(|entry| !known(entry.key))
            .map(|entry| (entry.key.to_owned(), entry.value))
            .collect();
        match rest {
            Some(rest) => {
                let ident = identifier(&rest.name);
                let members: Vec<TokenStream> = others
                    .into_iter()
                    .map(|(key, value)| {
                        let value = self.of(&rest.of, value)?;
                        Some(quote!((String::from(#key), #value)))
                    })
                    .collect::<Option<_>>()?;
                let members = map(&quote!(std::collections::BTreeMap), &members);
                parts.push(quote!(#ident: #members));
            }
            None if !others.is_empty() => return None,
            None => {}
        }
        Some(quote!(#name { #(#parts),* }))
    }

    fn members(
        &mut self,
        value: Node<'_>,
        mut each: impl FnMut(&mut Self, Node<'_>) -> Option<TokenStream>,
    ) -> Option<Vec<TokenStream>> {
        let entries = value.is_object().then(|| value.entries())?;
        entries
            .map(|entry| {
                let (key, value) = (entry.key, each(self, entry.value)?);
                Some(quote!((String::from(#key), #value)))
            })
            .collect()
    }

    fn json(&mut self, value: Node<'_>) -> Option<TokenStream> {
        self.left = self.left.checked_sub(1)?;
        Some(match value.kind() {
            Kind::Null => quote!(rt::Json::Null),
            Kind::Boolean(value) => quote!(rt::Json::Bool(#value)),
            Kind::Number(number) => {
                let number = match (number.as_i64(), number.as_u64()) {
                    (Some(i64::MIN), _) => return None,
                    (Some(number), _) => signed(number < 0, Literal::i64_suffixed(number.abs())),
                    (None, Some(number)) => signed(false, Literal::u64_suffixed(number)),
                    (None, None) => {
                        let number = number.as_f64();
                        number.is_finite().then(|| signed(number < 0.0, Literal::f64_unsuffixed(number.abs())))?
                    }
                };
                quote!(rt::Json::from(#number))
            }
            Kind::String(text) => {
                let text: &str = text;
                quote!(rt::Json::String(String::from(#text)))
            }
            Kind::Array(_) => {
                let items: Vec<TokenStream> = value.items().map(|item| self.json(item)).collect::<Option<_>>()?;
                if items.is_empty() {
                    quote!(rt::Json::Array(Vec::new()))
                } else {
                    quote!(rt::Json::Array(Vec::from([#(#items),*])))
                }
            }
            Kind::Object(_) => {
                let members = self.members(value, Self::json)?;
                let members = map(&quote!(rt::codegen::serde_json::Map), &members);
                quote!(rt::Json::Object(#members))
            }
        })
    }
}

/// A map of these pairs.
fn map(of: &TokenStream, members: &[TokenStream]) -> TokenStream {
    if members.is_empty() { quote!(#of::new()) } else { quote!(#of::from_iter([#(#members),*])) }
}

/// A sign is a token of its own.
fn signed(negative: bool, literal: Literal) -> TokenStream {
    if negative { quote!(-#literal) } else { quote!(#literal) }
}

/// A whole number that the width has room for.
fn integer(width: &str, value: Node<'_>) -> Option<TokenStream> {
    let number: i128 = value.as_number()?.as_str().parse().ok()?;
    let (min, max) = range(width)?;
    let fits = (min..=max).contains(&number);
    fits.then(|| signed(number < 0, Literal::u128_unsuffixed(number.unsigned_abs())))
}

/// The least and the greatest number of each width, narrowest first, the unsigned ones first.
pub(super) const WIDTHS: [(&str, i128, i128); 8] = [
    ("u8", 0, u8::MAX as i128),
    ("u16", 0, u16::MAX as i128),
    ("u32", 0, u32::MAX as i128),
    ("u64", 0, u64::MAX as i128),
    ("i8", i8::MIN as i128, i8::MAX as i128),
    ("i16", i16::MIN as i128, i16::MAX as i128),
    ("i32", i32::MIN as i128, i32::MAX as i128),
    ("i64", i64::MIN as i128, i64::MAX as i128),
];

/// The least and the greatest number of a width.
pub(super) fn range(width: &str) -> Option<(i128, i128)> {
    WIDTHS.iter().find(|(name, ..)| *name == width).map(|(_, min, max)| (*min, *max))
}
