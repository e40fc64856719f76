//! Which traits a type can derive, beside `Debug`, `Clone` and `PartialEq`: those that everything it holds has.
//!
//! In: the Rust IR. Out: a set for each item. Floats are not `Eq`, any JSON has no order, and what stands behind a pointer
//! cannot be `Copy`. Items that hold each other are assumed to have a trait until one of them is found not to.

use super::formats::Dates;
use super::ir::{Item, ItemKind, Type, Types};
use proc_macro2::TokenStream;
use quote::quote;

/// A set of traits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traits(u8);

impl Traits {
    const NONE: Self = Self(0);
    const COPY: Self = Self(1);
    const EQ: Self = Self(1 << 1);
    const PARTIAL_ORD: Self = Self(1 << 2);
    const ORD: Self = Self(1 << 3);
    const HASH: Self = Self(1 << 4);

    const VALUE: Self = Self::COPY.or(Self::OWNED);
    const OWNED: Self = Self::EQ.or(Self::PARTIAL_ORD).or(Self::ORD).or(Self::HASH);

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The names to derive, in the order of the standard library.
    pub(super) fn names(self) -> Vec<&'static str> {
        let known = [
            (Self::COPY, "Copy"),
            (Self::VALUE, "PartialEq"),
            (Self::EQ, "Eq"),
            (Self::PARTIAL_ORD, "PartialOrd"),
            (Self::ORD, "Ord"),
            (Self::HASH, "Hash"),
        ];
        let has = |one: Self, name: &str| name == "PartialEq" || self.and(one) == one;
        known.into_iter().filter(|(one, name)| has(*one, name)).map(|(_, name)| name).collect()
    }

    /// The `derive` of an item.
    pub(super) fn tokens(self) -> TokenStream {
        let names = self.names();
        let names = names.iter().map(|name| proc_macro2::Ident::new(name, proc_macro2::Span::call_site()));
        quote!(#[derive(Debug, Clone, #(#names),*)])
    }
}

/// The traits of every item, by its number.
pub(super) fn traits(types: &Types) -> Vec<Traits> {
    let mut known = vec![Traits::VALUE; types.items.len()];
    loop {
        let found: Vec<Traits> = types.items.iter().map(|item| of_item(item, &known, types.dates)).collect();
        if found == known {
            return known;
        }
        known = found;
    }
}

fn of_item(item: &Item, known: &[Traits], dates: Dates) -> Traits {
    if item.external.is_some() {
        return Traits::NONE;
    }
    let parts = item.parts().into_iter().map(|part| of_type(part, known, dates));
    let rest = match &item.kind {
        ItemKind::Struct { rest: Some(rest), .. } => of_type(&rest.of, known, dates).without(Traits::COPY),
        _ => Traits::VALUE,
    };
    parts.fold(rest, Traits::and)
}

fn of_type(of: &Type, known: &[Traits], dates: Dates) -> Traits {
    match of {
        Type::Null | Type::Boolean | Type::Integer(_) => Traits::VALUE,
        Type::Formatted(format) if format.is_copied(dates) => Traits::VALUE,
        Type::Float => Traits::COPY.or(Traits::PARTIAL_ORD),
        Type::Text | Type::Formatted(_) => Traits::OWNED,
        Type::Json => Traits::EQ.or(Traits::HASH),
        Type::Item(item) => known.get(item.0).copied().unwrap_or(Traits::VALUE),
        Type::List(of) | Type::Map(of) | Type::Boxed(of) => of_type(of, known, dates).without(Traits::COPY),
        Type::Tuple(of) => of.iter().map(|of| of_type(of, known, dates)).fold(Traits::VALUE, Traits::and),
        Type::Nullable(of) => of_type(of, known, dates),
    }
}
