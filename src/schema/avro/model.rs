//! What an Avro schema says.

use crate::source::Span;
use crate::syntax::NodeId;

/// Index into [`Types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub(super) usize);

impl TypeId {
    /// Its position among the types.
    pub fn position(self) -> usize {
        self.0
    }
}

/// Every type of a schema.
#[derive(Debug, Default)]
pub struct Types {
    pub(super) list: Vec<Type>,
}

impl Types {
    /// The type of an id; `None` for an id of other types.
    pub fn get(&self, id: TypeId) -> Option<&Type> {
        self.list.get(id.0)
    }

    /// What it is; [`Kind::Unknown`] for an id of other types.
    pub fn kind(&self, id: TypeId) -> &Kind {
        self.get(id).map_or(&Kind::Unknown, |one| &one.kind)
    }

    /// Every type with its id, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &Type)> {
        self.list.iter().enumerate().map(|(index, one)| (TypeId(index), one))
    }

    /// The key of a union's branch in the JSON encoding: the full name of a named type, the word for any other.
    pub fn tag(&self, id: TypeId) -> String {
        match self.kind(id) {
            Kind::Primitive(primitive) => primitive.as_str().to_owned(),
            Kind::Record(Record { names, .. })
            | Kind::Enumeration(Enumeration { names, .. })
            | Kind::Fixed(Fixed { names, .. }) => names.full.clone(),
            Kind::Array(_) => "array".to_owned(),
            Kind::Map(_) => "map".to_owned(),
            Kind::Union(_) | Kind::Unknown => String::new(),
        }
    }
}

/// A type at the place of its definition.
#[derive(Debug, Clone)]
pub struct Type {
    /// Where it is written.
    pub node: NodeId,
    /// The place to point at.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// What its values stand for.
    pub logical: Option<Logical>,
}

/// The kinds of types.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `int`, `string`, ..
    Primitive(Primitive),
    /// `record`, or `error`.
    Record(Record),
    /// `enum`
    Enumeration(Enumeration),
    /// `fixed`
    Fixed(Fixed),
    /// `array`, of what.
    Array(TypeId),
    /// `map` from text to what.
    Map(TypeId),
    /// One of these.
    Union(Vec<TypeId>),
    /// Faulty, as was diagnosed.
    Unknown,
}

/// The types without a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Primitive {
    /// No value.
    Null,
    /// True or false.
    Boolean,
    /// 32 bits, signed.
    Int,
    /// 64 bits, signed.
    Long,
    /// 32 bits, IEEE 754.
    Float,
    /// 64 bits, IEEE 754.
    Double,
    /// Bytes.
    Bytes,
    /// Unicode text.
    String,
}

impl Primitive {
    /// Every primitive type, with the word for it.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Null, "null"),
        (Self::Boolean, "boolean"),
        (Self::Int, "int"),
        (Self::Long, "long"),
        (Self::Float, "float"),
        (Self::Double, "double"),
        (Self::Bytes, "bytes"),
        (Self::String, "string"),
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, word)| word)
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(found, _)| *found)
    }
}

/// The name of a type, with its namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// `namespace.name`, or the name alone where there is no namespace.
    pub full: String,
    /// Other full names that it is read under.
    pub aliases: Vec<String>,
    /// `doc`
    pub documentation: Option<String>,
}

impl Names {
    /// The name without its namespace.
    pub fn short(&self) -> &str {
        unqualified(&self.full)
    }
}

/// A name without its namespace.
pub(super) fn unqualified(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, name)| name)
}

/// `record`
#[derive(Debug, Clone)]
pub struct Record {
    /// How it is called.
    pub names: Names,
    /// In the order in which they are written.
    pub fields: Vec<Field>,
}

/// A field of a record.
#[derive(Debug, Clone)]
pub struct Field {
    /// How it is called.
    pub name: String,
    /// Other names that it is read under.
    pub aliases: Vec<String>,
    /// `doc`
    pub documentation: Option<String>,
    /// What it holds.
    pub of: TypeId,
    /// The value for a reader whose writer does not know the field.
    pub default: Option<NodeId>,
    /// Where it is written.
    pub node: NodeId,
}

/// `enum`
#[derive(Debug, Clone)]
pub struct Enumeration {
    /// How it is called.
    pub names: Names,
    /// In the order in which they are numbered: text, and where it is written.
    pub symbols: Vec<(String, NodeId)>,
    /// The symbol that a reader takes one it does not know for.
    pub default: Option<String>,
}

/// `fixed`
#[derive(Debug, Clone)]
pub struct Fixed {
    /// How it is called.
    pub names: Names,
    /// Bytes.
    pub size: u64,
}

/// What values stand for, where they annotate a type that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logical {
    /// `decimal`: digits in all, and behind the point.
    Decimal {
        /// Digits in all.
        precision: u64,
        /// Digits behind the point.
        scale: u64,
    },
    /// `uuid`, and all that has no parameters.
    Plain(&'static str),
}

impl Logical {
    /// The word under `logicalType`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decimal { .. } => "decimal",
            Self::Plain(word) => word,
        }
    }
}
