//! What the user wants to be different about single types and members: their names, attributes, derives, or a type of the
//! user's own.
//!
//! In: the Rust IR and a [`Customization`]. Out: the same IR, changed; or what is wrong with a wish. A wish that is about
//! nothing in the document is wrong, too.
//!
//! A type is meant by the name of its component or message, by its name in Rust, or by the member that it stands in
//! (`Order.lines`); a member by its type and its key (`Order.lines`). `*` stands for any text.

use super::formats::Dates;
use super::ir::{Item, ItemId, ItemKind, Type, Types};
use super::naming::Names;
use crate::names::{Scope, type_name, value_name, variant_name};
use crate::reference::closest;
use quote::{ToTokens, quote};
use syn::parse::Parser;

/// Settings that are about single types and members. Each wish is a path and what is wanted of all that it matches.
#[derive(Debug, Clone, Default)]
pub struct Customization {
    /// The crate of dates and moments.
    pub dates: Dates,
    /// Types of the user's own (a path of Rust), in the place of generated ones.
    pub extern_types: Vec<(String, String)>,
    /// Other names for types, members and the variants of enums of texts; these paths have no `*`.
    pub renames: Vec<(String, String)>,
    /// Further traits to derive, separated by commas.
    pub derives: Vec<(String, String)>,
    /// Attributes for types, as they are written.
    pub type_attributes: Vec<(String, String)>,
    /// Attributes for the fields of structs, as they are written.
    pub field_attributes: Vec<(String, String)>,
}

/// What a path may mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Type(usize),
    /// A field or a variant of an item.
    Member(usize, usize),
}

/// What is wrong with a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub message: String,
    pub help: Option<String>,
    /// Its path leads to nothing here; it may be meant for another document.
    pub leads_nowhere: bool,
}

/// Fulfils the wishes; what is wrong with them is returned, sentence by sentence.
pub(super) fn customize(types: &mut Types, names: &Names, scope: &mut Scope, wishes: &Customization) -> Vec<Fault> {
    types.dates = wishes.dates;
    let places = places(types, names);
    let mut work = Work { types, scope, places, faults: Vec::new() };
    for (path, of) in &wishes.extern_types {
        work.extern_type(path, of);
    }
    for (path, derives) in &wishes.derives {
        work.derive(path, derives);
    }
    for (path, attribute) in &wishes.type_attributes {
        work.attribute(path, attribute, true);
    }
    for (path, attribute) in &wishes.field_attributes {
        work.attribute(path, attribute, false);
    }
    for (path, name) in &wishes.renames {
        work.rename(path, name);
    }
    work.faults
}

/// Every path with what it means.
fn places(types: &Types, names: &Names) -> Vec<(String, Place)> {
    let mut places = Vec::new();
    for (number, item) in types.items.iter().enumerate() {
        let written = names.written(item.schema).filter(|written| *written != item.name);
        let titles: Vec<&str> = std::iter::once(item.name.as_str()).chain(written).collect();
        for title in titles {
            places.push((title.to_owned(), Place::Type(number)));
            match &item.kind {
                ItemKind::Struct { fields, .. } => {
                    for (member, field) in fields.iter().enumerate() {
                        let path = format!("{title}.{}", field.key);
                        if let Some(ItemId(held)) = inline(&field.of, types, names) {
                            places.push((path.clone(), Place::Type(held)));
                        }
                        places.push((path, Place::Member(number, member)));
                    }
                }
                ItemKind::Enumeration(variants) => {
                    let variants = variants.iter().enumerate();
                    places.extend(
                        variants.map(|(place, (_, text))| (format!("{title}.{text}"), Place::Member(number, place))),
                    );
                }
                ItemKind::Union(_) | ItemKind::Choice(_) | ItemKind::Newtype(_) => {}
            }
        }
    }
    places
}

/// The type that a member alone has.
fn inline(of: &Type, types: &Types, names: &Names) -> Option<ItemId> {
    match of {
        Type::Item(item) => {
            let named = types.get(*item).is_some_and(|item| names.of(item.schema) == Some(&item.name));
            (!named).then_some(*item)
        }
        Type::List(of) | Type::Map(of) | Type::Nullable(of) | Type::Boxed(of) => inline(of, types, names),
        _ => None,
    }
}

struct Work<'t> {
    types: &'t mut Types,
    scope: &'t mut Scope,
    places: Vec<(String, Place)>,
    faults: Vec<Fault>,
}

impl Work<'_> {
    /// What a path means, of types or of members; that it means nothing is a fault.
    fn find(&mut self, path: &str, wanted: fn(&Place) -> bool) -> Vec<Place> {
        let mut found: Vec<Place> = Vec::new();
        for (known, place) in &self.places {
            if wanted(place) && matches(path, known) && !found.contains(place) {
                found.push(*place);
            }
        }
        if found.is_empty() {
            let known = self.places.iter().filter(|(_, place)| wanted(place)).map(|(known, _)| known.as_str());
            let help = closest(path, known).map(|close| format!("did you mean `{close}`?"));
            let message = format!("the document has nothing at `{path}`");
            self.faults.push(Fault { message, help, leads_nowhere: true });
        }
        found
    }

    fn types(&mut self, path: &str) -> Vec<usize> {
        let places = self.find(path, |place| matches!(place, Place::Type(_)));
        places
            .into_iter()
            .filter_map(|place| match place {
                Place::Type(number) => Some(number),
                Place::Member(..) => None,
            })
            .collect()
    }

    fn fault(&mut self, message: String) {
        self.faults.push(Fault { message, help: None, leads_nowhere: false });
    }

    fn extern_type(&mut self, path: &str, of: &str) {
        let Ok(tokens) = syn::parse_str::<syn::Path>(of) else {
            return self.fault(format!("`{of}` is no path of Rust"));
        };
        for number in self.types(path) {
            if let Some(item) = self.types.items.get_mut(number) {
                item.external = Some(tokens.to_token_stream());
            }
        }
    }

    fn derive(&mut self, path: &str, derives: &str) {
        let parser = syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated;
        let Ok(paths) = parser.parse_str(derives) else {
            return self.fault(format!("`{derives}` is no list of traits"));
        };
        for number in self.types(path) {
            if let Some(item) = self.types.items.get_mut(number) {
                item.derives.extend(paths.iter().map(ToTokens::to_token_stream));
            }
        }
    }

    fn attribute(&mut self, path: &str, attribute: &str, of_type: bool) {
        let Ok(attributes) = syn::Attribute::parse_outer.parse_str(attribute) else {
            return self.fault(format!("`{attribute}` is no attribute of Rust"));
        };
        let tokens = quote!(#(#attributes)*);
        let wanted = if of_type {
            |place: &Place| matches!(place, Place::Type(_))
        } else {
            |place: &Place| matches!(place, Place::Member(..))
        };
        for place in self.find(path, wanted) {
            let (Place::Type(number) | Place::Member(number, _)) = place;
            let Some(item) = self.types.items.get_mut(number) else { continue };
            match (place, &mut item.kind) {
                (Place::Type(_), _) => item.attributes.extend(tokens.clone()),
                (Place::Member(_, member), ItemKind::Struct { fields, .. }) => {
                    if let Some(field) = fields.get_mut(member) {
                        field.attributes.extend(tokens.clone());
                    }
                }
                (Place::Member(..), _) => {}
            }
        }
    }

    fn rename(&mut self, path: &str, name: &str) {
        let exact: Vec<Place> = {
            let known = self.places.iter().filter(|(known, _)| known == path).map(|(_, place)| *place);
            // `Order.lines` is the member; its type has a name of its own to be meant by.
            let mut known: Vec<Place> = known.collect();
            if known.iter().any(|place| matches!(place, Place::Member(..))) {
                known.retain(|place| matches!(place, Place::Member(..)));
            }
            known
        };
        let Some(place) = exact.first().copied() else {
            self.find(path, |_| true);
            if path.contains('*') {
                self.fault(format!("`{path}`: a name is given to one type or member, without `*`"));
            }
            return;
        };
        let taken = |fault: &mut Self| fault.fault(format!("`{path}` cannot be called `{name}`: the name is taken"));
        match place {
            Place::Type(_) if type_name(name) != name => {
                self.fault(format!("`{name}` is no name for a type; try `{}`", type_name(name)));
            }
            Place::Type(_) if self.scope.holds(name) => taken(self),
            Place::Type(number) => {
                let name = self.scope.claim(name);
                if let Some(item) = self.types.items.get_mut(number) {
                    self.scope.release(&item.name);
                    item.name = name;
                }
            }
            Place::Member(number, member) => {
                let Some(Item { kind, .. }) = self.types.items.get_mut(number) else { return };
                let (others, known): (Vec<&str>, fn(&str) -> String) = match kind {
                    ItemKind::Struct { fields, rest, .. } => {
                        let others = fields.iter().map(|field| field.name.as_str());
                        (others.chain(rest.as_ref().map(|rest| rest.name.as_str())).collect(), value_name)
                    }
                    ItemKind::Enumeration(variants) => {
                        (variants.iter().map(|(variant, _)| variant.as_str()).collect(), variant_name)
                    }
                    _ => return,
                };
                if known(name) != name {
                    let better = known(name);
                    return self.fault(format!("`{name}` is no name for `{path}`; try `{better}`"));
                }
                if others.contains(&name) {
                    return taken(self);
                }
                match kind {
                    ItemKind::Struct { fields, .. } => {
                        if let Some(field) = fields.get_mut(member) {
                            name.clone_into(&mut field.name);
                        }
                    }
                    ItemKind::Enumeration(variants) => {
                        if let Some((variant, _)) = variants.get_mut(member) {
                            name.clone_into(variant);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Does a path with `*` match a text?
fn matches(path: &str, text: &str) -> bool {
    let Some((first, rest)) = path.split_once('*') else { return path == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or("");
    for piece in pieces {
        match left.split_once(piece) {
            Some((_, behind)) => left = behind,
            None => return false,
        }
    }
    left.ends_with(last)
}
