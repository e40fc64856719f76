//! Rust IR and schema IR -> plans: how the values of a type are read straight from text (the runtime's fast pass).
//!
//! A plan says what a schema says, or leaves a value to the check of its schema. What it must never do is accept more: so
//! each arm below names the keywords that reading itself enforces, and a schema with any other is left to its check.

use super::checks::{Checker, count, identifier};
use super::defaults::range;
use super::ir::{Field, Item, ItemKind, Presence, Rest, Type, Types, Variant, When};
use super::structs::default_function;
use super::types::type_tokens;
use crate::schema::{self, Schema, SchemaId, TypeSet};
use crate::syntax::Number;
use proc_macro2::TokenStream;
use quote::quote;

/// Makes the plans of a module's types.
pub(super) struct Planner<'p, 'c> {
    pub types: &'p Types,
    pub checker: &'p mut Checker<'c>,
}

/// Containers within containers deeper than this are read as trees.
const DEEPEST: usize = 16;

impl Planner<'_, '_> {
    /// The `Planned` implementation of an item; `check` is that of its schema.
    pub(super) fn item(&mut self, item: &Item, check: &TokenStream) -> TokenStream {
        let name = identifier(&item.name);
        let made = match &item.kind {
            ItemKind::Struct { fields, rest, absent } => self.structure(item, fields, rest.as_ref(), absent.as_deref()),
            ItemKind::Enumeration(variants) => self.enumeration(item, variants),
            ItemKind::Union(variants) => self.union(item, variants, check),
            ItemKind::Choice(_) => None,
            ItemKind::Newtype(of) => {
                let plan = self.plan(of, item.schema, &item.name, 0);
                Some(quote!(rt::codegen::plan_newtype!(#name, #plan);))
            }
        };
        made.unwrap_or_else(|| quote!(rt::codegen::plan_checked!(#name, #check);))
    }

    /// Does a schema say nothing besides what `known` takes away?
    fn says_only(&self, id: SchemaId, known: impl FnOnce(&mut Schema)) -> bool {
        let mut schema = self.checker.schemas.get(id).clone();
        known(&mut schema);
        !self.checker.asserts(&schema)
    }

    /// An enum of texts: `type` and `enum`.
    fn enumeration(&self, item: &Item, variants: &[(String, String)]) -> Option<TokenStream> {
        let schema = self.checker.schemas.get(item.schema);
        let listed = schema.enumeration.as_ref().map_or(usize::from(schema.constant.is_some()), Vec::len);
        let both = schema.enumeration.is_some() && schema.constant.is_some();
        let text = schema.types.is_none_or(|types| types.has(schema::Type::String));
        let exact = self.says_only(item.schema, |schema| {
            schema.types = None;
            schema.enumeration = None;
            schema.constant = None;
        });
        (exact && text && !both && listed == variants.len()).then(|| {
            let name = identifier(&item.name);
            let pairs = variants.iter().map(|(variant, text)| {
                let variant = identifier(variant);
                quote!(#variant = #text)
            });
            quote!(rt::codegen::plan_text!(#name, { #(#pairs),* });)
        })
    }

    /// A struct: `type`, `properties`, `required`, `additionalProperties`, and `allOf` or a reference to more of that.
    fn structure(
        &mut self,
        item: &Item,
        fields: &[Field],
        rest: Option<&Rest>,
        absent: Option<&str>,
    ) -> Option<TokenStream> {
        let schemas = self.checker.schemas;
        let parts = schemas.parts(item.schema);
        let alone = parts.len() == 1;
        let open = |id: Option<SchemaId>| id.is_none_or(|id| schemas.get(id).boolean == Some(true));
        for part in &parts {
            let exact = self.says_only(*part, |schema| {
                if schema.types.is_some_and(|types| types.has(schema::Type::Object)) {
                    schema.types = None;
                }
                if alone || open(schema.additional_properties) {
                    schema.additional_properties = None;
                }
                schema.properties.clear();
                schema.required.clear();
                schema.all_of.clear();
                schema.reference = None;
            });
            if !exact || self.checker.circles.of(*part).is_some() {
                return None;
            }
        }
        let described: Vec<&(String, SchemaId)> =
            parts.iter().flat_map(|part| &schemas.get(*part).properties).collect();
        let required = parts.iter().flat_map(|part| &schemas.get(*part).required);
        let demanded = required.clone().all(|key| fields.iter().any(|field| field.is_required() && field.key == *key));
        // A member that is described twice has two schemas, and a plan is made of one.
        if !demanded || described.len() != fields.len() {
            return None;
        }
        let noted = absent.map(identifier);
        let mut defaulted = 0_usize;
        let mut listed = Vec::new();
        for field in fields {
            let (_, property) = described.iter().find(|(key, _)| *key == field.key)?;
            let plan = self.plan(&field.of, *property, &format!("{} {}", item.name, field.key), 0);
            let (ident, key) = (identifier(&field.name), &field.key);
            listed.push(match &field.presence {
                Presence::Required => quote!(required #ident = #key => #plan),
                Presence::Optional => quote!(optional #ident = #key => #plan),
                Presence::Defaulted(_) => {
                    let (name, function) = (identifier(&item.name), default_function(field));
                    let at = proc_macro2::Literal::usize_unsuffixed(defaulted);
                    defaulted += 1;
                    quote!(defaulted #ident = #key at #noted #at or #name::#function => #plan)
                }
                Presence::Choice => return None,
            });
        }
        let additional = schemas.get(item.schema).additional_properties.filter(|_| alone);
        let rest = match (rest, additional) {
            (None, _) => TokenStream::new(),
            (Some(rest), additional) => {
                let ident = identifier(&rest.name);
                let plan = match additional.filter(|id| !open(Some(*id))) {
                    Some(id) => self.plan(&rest.of, id, &format!("{} additional property", item.name), 0),
                    None => self.unchecked(&rest.of),
                };
                quote!(rest #ident => #plan)
            }
        };
        let name = identifier(&item.name);
        let noted = noted.map(|ident| quote!(; absent #ident));
        Some(quote!(rt::codegen::plan_object!(#name, { #(#listed),* } #rest #noted);))
    }

    /// A union of structs that one property tells apart: `oneOf` or `anyOf`, and `type`.
    fn union(&mut self, item: &Item, variants: &[Variant], check: &TokenStream) -> Option<TokenStream> {
        let schemas = self.checker.schemas;
        let schema = schemas.get(item.schema);
        let (property, tags) = self.checker.tags_of(variants)?;
        let exact = self.says_only(item.schema, |schema| {
            if schema.types.is_some_and(|types| types.has(schema::Type::Object)) {
                schema.types = None;
            }
            // Each branch asks for it, too.
            schema.required.retain(|key| *key != property);
            schema.one_of = None;
            schema.any_of = None;
        });
        // With both, a value has to fit a branch of each.
        if !exact || (schema.one_of.is_some() && schema.any_of.is_some()) {
            return None;
        }
        let mut listed = Vec::new();
        for (variant, tag) in variants.iter().zip(tags) {
            let (Type::Item(of), When::Fits(branch)) = (&variant.of, variant.when) else { return None };
            let held = self.types.get(*of).filter(|item| item.external.is_none())?;
            let ItemKind::Struct { fields, rest, absent } = &held.kind else { return None };
            let mut planned = || self.structure(held, fields, rest.as_ref(), absent.as_deref()).is_some();
            if held.schema != schemas.target(branch) || !planned() {
                return None;
            }
            let (ident, of) = (identifier(&variant.name), type_tokens(&variant.of, self.types));
            listed.push(quote!(#ident(#of) = #tag));
        }
        let name = identifier(&item.name);
        Some(quote!(rt::codegen::plan_tagged!(#name, #check, #property, { #(#listed),* });))
    }

    /// Any value that the type holds.
    fn unchecked(&self, of: &Type) -> TokenStream {
        let tokens = type_tokens(of, self.types);
        match of {
            // What these write is the value that they read.
            Type::Json | Type::Formatted(_) => quote!(rt::codegen::unchecked::<#tokens>()),
            _ => quote!(rt::codegen::checked::<#tokens>(rt::codegen::anything)),
        }
    }

    /// How a value of a type is read that stands for a schema.
    fn plan(&mut self, of: &Type, id: SchemaId, name: &str, depth: usize) -> TokenStream {
        let id = self.checker.schemas.target(id);
        let made = if depth < DEEPEST { self.direct(of, id, name, depth) } else { None };
        let made = made.or_else(|| self.scalar_or_null(of, id));
        made.unwrap_or_else(|| {
            if !self.checker.says_something(id) {
                return self.unchecked(of);
            }
            let check = self.checker.outside(id, name);
            let of = type_tokens(of, self.types);
            quote!(rt::codegen::checked::<#of>(#check))
        })
    }

    fn direct(&mut self, of: &Type, id: SchemaId, name: &str, depth: usize) -> Option<TokenStream> {
        let schema = self.checker.schemas.get(id);
        let only = |one| schema.types == Some(TypeSet::of(one));
        let tokens = type_tokens(of, self.types);
        match of {
            // `type` alone; bounds that are those of the width are kept by it.
            Type::Text | Type::Boolean | Type::Float | Type::Integer(_) => {
                let told = match of {
                    Type::Text => only(schema::Type::String),
                    Type::Boolean => only(schema::Type::Boolean),
                    Type::Float => only(schema::Type::Number),
                    _ => only(schema::Type::Integer),
                };
                let bounds = match of {
                    Type::Integer(width) => range(width),
                    _ => None,
                };
                let exact = self.says_only(id, |schema| {
                    schema.types = None;
                    if let Some((least, greatest)) = bounds {
                        schema.minimum = schema.minimum.take().filter(|limit| !is(limit, least));
                        schema.maximum = schema.maximum.take().filter(|limit| !is(limit, greatest));
                    }
                });
                (told && exact).then(|| quote!(rt::codegen::plain::<#tokens>()))
            }
            // `type: string` and `format`, which reading the type asserts.
            Type::Formatted(_) => {
                let exact = self.says_only(id, |schema| {
                    schema.types = None;
                    schema.format = None;
                });
                let text = schema.types.is_none_or(|types| types.has(schema::Type::String));
                (exact && text).then(|| self.unchecked(of))
            }
            Type::Item(item) => {
                let made_for = self.types.get(*item).is_some_and(|item| item.schema == id && item.external.is_none());
                made_for.then(|| quote!(rt::codegen::own::<#tokens>()))
            }
            Type::Boxed(inner) => {
                let plan = self.direct(inner, id, name, depth + 1)?;
                Some(quote!(rt::codegen::boxed(#plan)))
            }
            Type::Nullable(inner) => self.nullable(inner, id, name, depth),
            // `type: array`, `items`, `minItems`, `maxItems`
            Type::List(inner) => {
                let exact = self.says_only(id, |schema| {
                    if schema.types.is_some_and(|types| types.has(schema::Type::Array)) {
                        schema.types = None;
                    }
                    schema.items = None;
                    schema.items_count = schema::Bounds::default();
                });
                let bounds = schema.items_count;
                exact.then(|| {
                    let plan = match schema.items {
                        Some(items) => self.plan(inner, items, &format!("{name} item"), depth + 1),
                        None => self.unchecked(inner),
                    };
                    let (min, max) = (count(bounds.min.unwrap_or(0)), count(bounds.max.unwrap_or(u64::MAX)));
                    quote!(rt::codegen::list(#plan, #min, #max))
                })
            }
            // `type: object`, `additionalProperties`
            Type::Map(inner) => {
                let exact = self.says_only(id, |schema| {
                    if schema.types.is_some_and(|types| types.has(schema::Type::Object)) {
                        schema.types = None;
                    }
                    schema.additional_properties = None;
                });
                exact.then(|| {
                    let plan = match schema.additional_properties {
                        Some(additional) => {
                            self.plan(inner, additional, &format!("{name} additional property"), depth + 1)
                        }
                        None => self.unchecked(inner),
                    };
                    quote!(rt::codegen::map(#plan))
                })
            }
            Type::Null | Type::Json | Type::Tuple(_) => None,
        }
    }

    /// `null` beside other types, or as a branch of its own beside one other.
    fn nullable(&mut self, inner: &Type, id: SchemaId, name: &str, depth: usize) -> Option<TokenStream> {
        let schemas = self.checker.schemas;
        let schema = schemas.get(id);
        let null = TypeSet::of(schema::Type::Null);
        let holds_itself = matches!(inner, Type::Item(_) | Type::Boxed(_) | Type::List(_) | Type::Map(_));
        // Only keywords that say nothing of null.
        let null_by_type = schema.types.is_some_and(|types| types.has(schema::Type::Null))
            && self.says_only(id, |schema| {
                *schema = Schema {
                    enumeration: schema.enumeration.take(),
                    constant: schema.constant,
                    reference: schema.reference,
                    all_of: std::mem::take(&mut schema.all_of),
                    any_of: schema.any_of.take(),
                    one_of: schema.one_of.take(),
                    not: schema.not,
                    condition: schema.condition,
                    unsupported: std::mem::take(&mut schema.unsupported),
                    ..Schema::default()
                };
            });
        if holds_itself && null_by_type {
            let plan = self.direct(inner, id, name, depth + 1)?;
            return Some(quote!(rt::codegen::nullable(#plan)));
        }
        let branches = match (&schema.one_of, &schema.any_of) {
            (Some(branches), None) | (None, Some(branches)) => branches.clone(),
            _ => return None,
        };
        let is_null = |id: &SchemaId| schemas.get(schemas.target(*id)).types == Some(null);
        let (first, second) = match branches.as_slice() {
            [first, second] if is_null(second) => (*first, *second),
            [first, second] if is_null(first) => (*second, *first),
            _ => return None,
        };
        let never_null = schemas
            .parts(first)
            .iter()
            .any(|part| schemas.get(*part).types.is_some_and(|types| !types.has(schema::Type::Null)));
        let null_alone = self.says_only(schemas.target(second), |schema| schema.types = None);
        let exact = self.says_only(id, |schema| {
            schema.one_of = None;
            schema.any_of = None;
        });
        (never_null && null_alone && exact).then(|| {
            let plan = self.plan(inner, first, &format!("{name} option"), depth + 1);
            quote!(rt::codegen::nullable(#plan))
        })
    }

    /// A scalar with limits, or `null` where its types allow that: no limit says anything of null.
    fn scalar_or_null(&self, of: &Type, id: SchemaId) -> Option<TokenStream> {
        let types = self.checker.schemas.get(id).types?;
        let null = TypeSet::of(schema::Type::Null);
        match of {
            Type::Nullable(inner) if types.and(null) == null => {
                let plan = self.scalar(inner, id, types.without(null))?;
                Some(quote!(rt::codegen::nullable(#plan)))
            }
            of => self.scalar(of, id, types),
        }
    }

    /// A value of one JSON type, which is the only one of `types`.
    fn scalar(&self, of: &Type, id: SchemaId, types: TypeSet) -> Option<TokenStream> {
        let schema = self.checker.schemas.get(id);
        let tokens = type_tokens(of, self.types);
        let only = |one: schema::Type, known: fn(&mut Schema)| {
            let exact = self.says_only(id, |schema| {
                schema.types = None;
                known(schema);
            });
            exact && types == TypeSet::of(one)
        };
        match of {
            Type::Boolean => only(schema::Type::Boolean, |_| {}).then(|| quote!(rt::codegen::plain::<#tokens>())),
            // `format`, which reading the type asserts.
            Type::Formatted(_) => only(schema::Type::String, |schema| schema.format = None).then(|| self.unchecked(of)),
            // `minLength`, `maxLength`
            Type::Text => only(schema::Type::String, |schema| schema.length = schema::Bounds::default()).then(|| {
                if schema.length == schema::Bounds::default() {
                    return quote!(rt::codegen::plain::<#tokens>());
                }
                let (min, max) = (count(schema.length.min.unwrap_or(0)), count(schema.length.max.unwrap_or(u64::MAX)));
                quote!(rt::codegen::text_of(#min, #max))
            }),
            // `minimum`, `maximum`, or the exclusive ones.
            Type::Float | Type::Integer(_) => {
                let one = if *of == Type::Float { schema::Type::Number } else { schema::Type::Integer };
                let exact = only(one, |schema| {
                    schema.minimum = None;
                    schema.maximum = None;
                    schema.exclusive_minimum = None;
                    schema.exclusive_maximum = None;
                });
                let low = bound(&schema.minimum, &schema.exclusive_minimum)?;
                let high = bound(&schema.maximum, &schema.exclusive_maximum)?;
                let free = [&schema.minimum, &schema.maximum, &schema.exclusive_minimum, &schema.exclusive_maximum];
                exact.then(|| match free.iter().all(|limit| limit.is_none()) {
                    true => quote!(rt::codegen::plain::<#tokens>()),
                    false => quote!(rt::codegen::between::<#tokens>(#low, #high)),
                })
            }
            _ => None,
        }
    }
}

/// One bound of a number; `None` where there are two, or one beyond the integers that doubles hold.
fn bound(inclusive: &Option<Number>, exclusive: &Option<Number>) -> Option<TokenStream> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let (number, kind) = match (inclusive, exclusive) {
        (None, None) => return Some(quote!(::core::ops::Bound::Unbounded)),
        (Some(number), None) => (number.as_f64(), quote!(::core::ops::Bound::Included)),
        (None, Some(number)) => (number.as_f64(), quote!(::core::ops::Bound::Excluded)),
        (Some(_), Some(_)) => return None,
    };
    // A literal is finite.
    (number.abs() < EXACT).then(|| {
        let sign = (number < 0.0).then(|| quote!(-));
        let literal = proc_macro2::Literal::f64_unsuffixed(number.abs());
        quote!(#kind(#sign #literal))
    })
}

/// Is a limit this whole number, however it is written?
fn is(limit: &Number, whole: i128) -> bool {
    limit.as_str().parse() == Ok(whole) || (whole == 0 && limit.as_f64() == 0.0)
}
