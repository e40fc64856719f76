//! The Rust IR: what is generated, before it is tokens.

use crate::schema::SchemaId;

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
    DateTime,
    Date,
    Uuid,
    /// Base64 in JSON.
    Bytes,
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
}

/// How a payload that has a binary form is written.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    /// The tables of its schema.
    pub tables: proc_macro2::TokenStream,
    /// Its content type is not JSON.
    pub binary: bool,
}

#[derive(Debug)]
pub(super) enum ItemKind {
    Struct {
        fields: Vec<Field>,
        /// Where members without a field of their own are kept; `None` when there can be none.
        rest: Option<Rest>,
    },
    /// Strings: variant and text.
    Enumeration(Vec<(String, String)>),
    Union(Vec<Variant>),
    Newtype(Type),
}

#[derive(Debug)]
pub(super) struct Field {
    /// Identifier.
    pub name: String,
    /// Key in JSON.
    pub key: String,
    pub of: Type,
    pub required: bool,
    pub documentation: Option<String>,
    pub deprecated: bool,
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
}

impl Types {
    pub(super) fn get(&self, id: ItemId) -> Option<&Item> {
        self.items.get(id.0)
    }
}
