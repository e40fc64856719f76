//! The Rust IR: what is generated, before it is tokens.

use super::checks::identifier;
use super::formats::{Dates, Format};
use crate::schema::SchemaId;
use proc_macro2::TokenStream;

/// Index into [`Types::items`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ItemId(pub(super) usize);

/// A Rust type, as a field may have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// `()`, for what can only be null.
    Null,
    Boolean,
    /// `i64` and the like.
    Integer(&'static str),
    Float,
    Text,
    /// A text that has a format.
    Formatted(Format),
    /// Any JSON value.
    Json,
    Item(ItemId),
    List(Box<Self>),
    Map(Box<Self>),
    Tuple(Vec<Self>),
    /// `None` is null.
    Nullable(Box<Self>),
    Boxed(Box<Self>),
}

impl Type {
    /// The items that a value of this type holds within itself, not behind a pointer.
    pub(super) fn held(&self) -> Vec<ItemId> {
        match self {
            Self::Item(item) => vec![*item],
            Self::Tuple(types) => types.iter().flat_map(Self::held).collect(),
            Self::Nullable(inner) => inner.held(),
            _ => Vec::new(),
        }
    }
}

/// A named type.
#[derive(Debug)]
pub(super) struct Item {
    /// Its identifier.
    pub name: String,
    /// The schema that it is made from.
    pub schema: SchemaId,
    /// CommonMark, from the document.
    pub documentation: Option<String>,
    pub deprecated: bool,
    pub kind: ItemKind,
    /// It is the payload of a message with this content type.
    pub content_type: Option<String>,
    /// Its form in a language other than JSON Schema.
    pub wire: Option<Wire>,
    /// The name of its builder, if it has one.
    pub builder: Option<String>,
    /// A type of the user's own that stands in its place.
    pub external: Option<TokenStream>,
    /// Where it is defined in another module that is generated along with this one.
    pub elsewhere: Option<Elsewhere>,
    /// Further traits that the user wants to be derived.
    pub derives: Vec<TokenStream>,
    /// Attributes that the user wants it to have.
    pub attributes: TokenStream,
}

impl Item {
    /// The type, as it is written where it is used.
    pub(super) fn tokens(&self) -> TokenStream {
        match &self.external {
            Some(external) => external.clone(),
            None => {
                let name = identifier(&self.name);
                quote::quote!(#name)
            }
        }
    }

    /// The types of what it holds; members without a field of their own stand behind a map and are left out.
    pub(super) fn parts(&self) -> Vec<&Type> {
        match &self.kind {
            ItemKind::Struct { fields, .. } => fields.iter().map(|field| &field.of).collect(),
            ItemKind::Enumeration(_) => Vec::new(),
            ItemKind::Union(variants) => variants.iter().map(|variant| &variant.of).collect(),
            ItemKind::Choice(alternatives) => alternatives.iter().map(|alternative| &alternative.of).collect(),
            ItemKind::Newtype(of) => vec![of],
        }
    }

    /// The same, to be changed.
    pub(super) fn parts_mut(&mut self) -> Vec<&mut Type> {
        match &mut self.kind {
            ItemKind::Struct { fields, .. } => fields.iter_mut().map(|field| &mut field.of).collect(),
            ItemKind::Enumeration(_) => Vec::new(),
            ItemKind::Union(variants) => variants.iter_mut().map(|variant| &mut variant.of).collect(),
            ItemKind::Choice(alternatives) => alternatives.iter_mut().map(|alternative| &mut alternative.of).collect(),
            ItemKind::Newtype(of) => vec![of],
        }
    }
}

/// The definition of an item in another module.
#[derive(Debug)]
pub(super) struct Elsewhere {
    /// The path of that module.
    pub module: TokenStream,
    /// Its identifier there.
    pub name: String,
}

/// How a payload that has a binary form is written.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    /// The tables of its schema.
    pub tables: TokenStream,
    /// Its content type is not JSON.
    pub binary: bool,
}

#[derive(Debug)]
pub(super) enum ItemKind {
    Struct {
        fields: Vec<Field>,
        /// Where members without a field of their own are kept; `None` when there can be none.
        rest: Option<Rest>,
        /// The field that notes which members with a default were absent, where there are any.
        absent: Option<String>,
    },
    /// Strings: variant and text.
    Enumeration(Vec<(String, String)>),
    Union(Vec<Variant>),
    /// At most one of several members of the object that has it as a field.
    Choice(Vec<Alternative>),
    Newtype(Type),
}

#[derive(Debug)]
pub(super) struct Field {
    /// Identifier.
    pub name: String,
    /// Key in JSON.
    pub key: String,
    pub of: Type,
    pub presence: Presence,
    /// The schema of the member; that of the object for a choice of members.
    pub schema: SchemaId,
    pub documentation: Option<String>,
    pub deprecated: bool,
    /// Attributes that the user wants it to have.
    pub attributes: TokenStream,
}

impl Field {
    pub(super) fn is_required(&self) -> bool {
        matches!(self.presence, Presence::Required)
    }
}

/// What it means that a member is absent.
#[derive(Debug)]
pub(super) enum Presence {
    /// It never is.
    Required,
    /// `None`.
    Optional,
    /// The value that the schema gives as its default, as an expression.
    Defaulted(TokenStream),
    /// `None`; the field stands for several members, of which at most one is there.
    Choice,
}

/// One of the members that a choice stands for.
#[derive(Debug)]
pub(super) struct Alternative {
    pub name: String,
    /// Key in JSON.
    pub key: String,
    pub of: Type,
    pub documentation: Option<String>,
}

#[derive(Debug)]
pub(super) struct Rest {
    /// Identifier of the field.
    pub name: String,
    pub of: Type,
}

/// A variant holds a value of its type.
#[derive(Debug)]
pub(super) struct Variant {
    pub name: String,
    pub of: Type,
    pub when: When,
    pub documentation: Option<String>,
}

/// How a value is known to belong to a variant.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    /// It fits the schema.
    Fits(SchemaId),
    /// It is of the JSON type.
    Is(crate::schema::Type),
    /// It is the only member of an object, under the name of this property; the schema is that of the object.
    Under(SchemaId),
}

/// Every named type of a module.
#[derive(Debug, Default)]
pub(super) struct Types {
    pub items: Vec<Item>,
    /// The crate of dates and moments.
    pub dates: Dates,
}

impl Types {
    pub(super) fn get(&self, id: ItemId) -> Option<&Item> {
        self.items.get(id.0)
    }
}
