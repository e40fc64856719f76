//! The schema IR.

use crate::document::Dialect;
use crate::source::Span;
use crate::syntax::{NodeId, Number};
use std::collections::HashSet;

/// Index into [`Schemas`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaId(pub(super) usize);

#[cfg(any(feature = "avro", feature = "protobuf"))]
impl SchemaId {
    /// The id of no schema; it reads as one that accepts anything.
    pub(super) const NONE: Self = Self(usize::MAX);
}

/// The schemas of a run; it only ever grows.
#[derive(Debug, Default)]
pub struct Schemas {
    pub(super) list: Vec<Schema>,
    /// What stands in for an id that is none of ours: a schema that accepts anything.
    pub(super) anything: Schema,
}

impl Schemas {
    /// The schema of an id.
    pub fn get(&self, id: SchemaId) -> &Schema {
        self.list.get(id.0).unwrap_or(&self.anything)
    }

    /// Follows references to the schema that says something itself; a circle of references ends where it began.
    pub fn target(&self, id: SchemaId) -> SchemaId {
        let mut at = id;
        for _ in 0..self.list.len() {
            match self.get(at).reference {
                Some(next) if self.get(at).reference_stands_alone => at = next,
                _ => break,
            }
        }
        at
    }

    /// The schemas that apply to every value of a schema: itself, what it refers to, and its `allOf`.
    pub fn parts(&self, id: SchemaId) -> Vec<SchemaId> {
        let mut parts = Vec::new();
        let mut seen = HashSet::new();
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            if seen.insert(id) {
                parts.push(id);
                let schema = self.get(id);
                todo.extend(schema.all_of.iter().rev());
                todo.extend(schema.reference);
            }
        }
        parts
    }

    /// Adds a schema.
    #[cfg(any(feature = "avro", feature = "protobuf"))]
    pub(super) fn add(&mut self, schema: Schema) -> SchemaId {
        self.list.push(schema);
        SchemaId(self.list.len() - 1)
    }

    /// Says what a schema that was added before is.
    #[cfg(any(feature = "avro", feature = "protobuf"))]
    pub(super) fn set(&mut self, id: SchemaId, schema: Schema) {
        if let Some(place) = self.list.get_mut(id.0) {
            *place = schema;
        }
    }

    /// The place of a schema among all; `None` for an id that is none of ours.
    pub fn position(&self, id: SchemaId) -> Option<usize> {
        Some(id.0).filter(|index| *index < self.list.len())
    }

    /// Every schema with its id.
    pub fn iter(&self) -> impl Iterator<Item = (SchemaId, &Schema)> {
        self.list.iter().enumerate().map(|(index, schema)| (SchemaId(index), schema))
    }
}

/// A type of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// `null`
    Null,
    /// `true` and `false`
    Boolean,
    /// A number without fraction.
    Integer,
    /// Any number.
    Number,
    /// Text.
    String,
    /// A list.
    Array,
    /// An object.
    Object,
}

impl Type {
    /// Every type, with the word for it.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Null, "null"),
        (Self::Boolean, "boolean"),
        (Self::Integer, "integer"),
        (Self::Number, "number"),
        (Self::String, "string"),
        (Self::Array, "array"),
        (Self::Object, "object"),
    ];

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(found, _)| *found)
    }
}

/// A set of types. `number` includes `integer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeSet(u8);

impl TypeSet {
    /// All types.
    pub const ALL: Self = Self(0b111_1111);

    /// No type at all.
    pub const NONE: Self = Self(0);

    /// The set of one type.
    pub const fn of(one: Type) -> Self {
        match one {
            Type::Number => Self(1 << Type::Number as u8 | 1 << Type::Integer as u8),
            other => Self(1 << other as u8),
        }
    }

    /// What is in one set or the other.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Is the type in the set?
    pub const fn has(self, one: Type) -> bool {
        self.0 & (1 << one as u8) != 0
    }

    /// Is nothing in it?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The types in it, `integer` left out where `number` says it already.
    pub fn iter(self) -> impl Iterator<Item = Type> {
        let redundant = move |one: Type| one == Type::Integer && self.has(Type::Number);
        Type::ALL.into_iter().map(|(one, _)| one).filter(move |one| self.has(*one) && !redundant(*one))
    }
}

/// Lower and upper bound of a count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// At least.
    pub min: Option<u64>,
    /// At most.
    pub max: Option<u64>,
}

/// What a schema is in its own language, where that is not JSON Schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The word of that language: `record`, `fixed`, `long`, `message`, `sint32`, `oneof`, ..
    pub kind: String,
    /// The full name of a named type.
    pub name: Option<String>,
    /// Other names that the type or the field is read under.
    pub aliases: Vec<String>,
    /// What values stand for: `timestamp-millis`, `decimal(10, 2)`, ..
    pub logical: Option<String>,
    /// The number of a field of Protobuf.
    pub number: Option<u32>,
}

/// One schema, keyword by keyword; a keyword that is absent is `None` or empty.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Where it is written.
    pub node: NodeId,
    /// The place to point at.
    pub span: Span,
    /// The draft that its keywords are read by.
    pub dialect: Dialect,
    /// `true` accepts everything, `false` nothing.
    pub boolean: Option<bool>,
    /// `$ref`; `$dynamicRef` or `$recursiveRef` where there is none.
    pub reference: Option<SchemaId>,
    /// `$ref` hides its siblings (up to draft-07), or there are none.
    pub reference_stands_alone: bool,
    /// What it is in its own language; `None` for JSON Schema.
    pub origin: Option<Box<Origin>>,
    /// Something that is not read: a reference that leads nowhere or over the network.
    pub unsupported: Vec<(String, Span)>,

    /// `title`
    pub title: Option<String>,
    /// `description`, CommonMark.
    pub description: Option<String>,
    /// `deprecated`
    pub deprecated: bool,
    /// `default`
    pub default: Option<NodeId>,

    /// `type`
    pub types: Option<TypeSet>,
    /// `enum`
    pub enumeration: Option<Vec<NodeId>>,
    /// `const`
    pub constant: Option<NodeId>,
    /// `format`
    pub format: Option<String>,

    /// `multipleOf`
    pub multiple_of: Option<Number>,
    /// `minimum`
    pub minimum: Option<Number>,
    /// `maximum`
    pub maximum: Option<Number>,
    /// `exclusiveMinimum`
    pub exclusive_minimum: Option<Number>,
    /// `exclusiveMaximum`
    pub exclusive_maximum: Option<Number>,

    /// `minLength`, `maxLength`, in code points.
    pub length: Bounds,
    /// `pattern`, ECMA 262.
    pub pattern: Option<String>,

    /// `prefixItems`, or `items` as a list.
    pub prefix_items: Vec<SchemaId>,
    /// What the items behind the prefix must be: `items`, or `additionalItems`.
    pub items: Option<SchemaId>,
    /// `contains`
    pub contains: Option<SchemaId>,
    /// `minContains`, `maxContains`
    pub contains_count: Bounds,
    /// `minItems`, `maxItems`
    pub items_count: Bounds,
    /// `uniqueItems`
    pub unique_items: bool,
    /// `unevaluatedItems`
    pub unevaluated_items: Option<SchemaId>,

    /// `properties`
    pub properties: Vec<(String, SchemaId)>,
    /// `patternProperties`
    pub pattern_properties: Vec<(String, SchemaId)>,
    /// `additionalProperties`
    pub additional_properties: Option<SchemaId>,
    /// `unevaluatedProperties`
    pub unevaluated_properties: Option<SchemaId>,
    /// `propertyNames`
    pub property_names: Option<SchemaId>,
    /// `required`
    pub required: Vec<String>,
    /// `minProperties`, `maxProperties`
    pub properties_count: Bounds,
    /// `dependentRequired`, and `dependencies` with lists.
    pub dependent_required: Vec<(String, Vec<String>)>,
    /// `dependentSchemas`, and `dependencies` with schemas.
    pub dependent_schemas: Vec<(String, SchemaId)>,

    /// `allOf`, and a `$dynamicRef` or `$recursiveRef` beside a `$ref`.
    pub all_of: Vec<SchemaId>,
    /// `anyOf`
    pub any_of: Option<Vec<SchemaId>>,
    /// `oneOf`
    pub one_of: Option<Vec<SchemaId>>,
    /// `not`
    pub not: Option<SchemaId>,
    /// `if`
    pub condition: Option<SchemaId>,
    /// `then`, where there is an `if`.
    pub then: Option<SchemaId>,
    /// `else`, where there is an `if`.
    pub otherwise: Option<SchemaId>,
    /// The property that tells the branches of a union apart (AsyncAPI, OpenAPI).
    pub discriminator: Option<String>,
}

impl Schema {
    /// A schema without any keyword.
    pub(super) fn empty(node: NodeId, span: Span, dialect: Dialect) -> Self {
        Self {
            node,
            span,
            dialect,
            boolean: None,
            reference: None,
            reference_stands_alone: false,
            origin: None,
            unsupported: Vec::new(),
            title: None,
            description: None,
            deprecated: false,
            default: None,
            types: None,
            enumeration: None,
            constant: None,
            format: None,
            multiple_of: None,
            minimum: None,
            maximum: None,
            exclusive_minimum: None,
            exclusive_maximum: None,
            length: Bounds::default(),
            pattern: None,
            prefix_items: Vec::new(),
            items: None,
            contains: None,
            contains_count: Bounds::default(),
            items_count: Bounds::default(),
            unique_items: false,
            unevaluated_items: None,
            properties: Vec::new(),
            pattern_properties: Vec::new(),
            additional_properties: None,
            unevaluated_properties: None,
            property_names: None,
            required: Vec::new(),
            properties_count: Bounds::default(),
            dependent_required: Vec::new(),
            dependent_schemas: Vec::new(),
            all_of: Vec::new(),
            any_of: None,
            one_of: None,
            not: None,
            condition: None,
            then: None,
            otherwise: None,
            discriminator: None,
        }
    }

    /// Every schema that this one applies to the same value.
    pub fn in_place(&self) -> impl Iterator<Item = SchemaId> {
        let single = [self.reference, self.not, self.condition, self.then, self.otherwise];
        let listed = [Some(&self.all_of), self.any_of.as_ref(), self.one_of.as_ref()];
        let listed = listed.into_iter().flatten().flatten().copied();
        single.into_iter().flatten().chain(self.dependent_schemas.iter().map(|(_, id)| *id)).chain(listed)
    }

    /// Every schema that this one applies to the same value or to a part of it.
    pub fn children(&self) -> Vec<SchemaId> {
        let single = [
            self.reference,
            self.items,
            self.contains,
            self.unevaluated_items,
            self.additional_properties,
            self.unevaluated_properties,
            self.property_names,
            self.not,
            self.condition,
            self.then,
            self.otherwise,
        ];
        let named = [&self.properties, &self.pattern_properties, &self.dependent_schemas];
        let listed = [Some(&self.prefix_items), Some(&self.all_of), self.any_of.as_ref(), self.one_of.as_ref()];
        single
            .into_iter()
            .flatten()
            .chain(named.into_iter().flatten().map(|(_, id)| *id))
            .chain(listed.into_iter().flatten().flatten().copied())
            .collect()
    }
}

impl Default for Schema {
    fn default() -> Self {
        Self::empty(NodeId::NOWHERE, Span::NOWHERE, Dialect::Draft7)
    }
}
