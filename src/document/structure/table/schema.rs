//! The Schema Object: JSON Schema draft-07 with three fields of AsyncAPI, and the keywords of later drafts that hold
//! schemas, so that references inside them are followed.

use super::super::format::Format;
use super::super::shape::{Bounds, ByPresence, ListShape, MapShape, ObjectShape, Others, Shape, Unique, field, list};
use super::{DESCRIPTION, DOCUMENTATION_2, DOCUMENTATION_3, TEXT, TITLE, UNIQUE_TEXTS, URI, map};

/// A schema: an object, a boolean, or a reference to one.
pub(super) static SCHEMA: Shape = Shape::Referable(&Shape::BooleanOr(&Shape::Object(&SCHEMA_OBJECT)));

/// 3.x: a schema, or a Multi Format Schema Object.
pub(super) static ANY_SCHEMA: Shape = Shape::Referable(&Shape::ByPresence(&MULTI_FORMAT_OR_SCHEMA));

static MULTI_FORMAT_OR_SCHEMA: ByPresence = ByPresence {
    field: "schema",
    present: Shape::Object(&MULTI_FORMAT_SCHEMA),
    absent: Shape::BooleanOr(&Shape::Object(&SCHEMA_OBJECT)),
};

static MULTI_FORMAT_SCHEMA: ObjectShape = ObjectShape {
    name: "Multi Format Schema Object",
    anchor: "multiFormatSchemaObject",
    fields: &[field("schemaFormat", TEXT), field("schema", Shape::FormattedSchema(&SCHEMA)).required()],
    any_of: &[],
    others: Others::Tolerated,
};

const COUNT: Shape = Shape::Number(Bounds::Count);
const NUMBER: Shape = Shape::Number(Bounds::Any);

static SCHEMAS: MapShape = map(SCHEMA);
static SCHEMA_LIST: ListShape = list(SCHEMA).not_empty();
static TYPE_LIST: ListShape = list(TYPE).not_empty().unique(Unique::Values);
static VALUES: ListShape = list(Shape::Any);
static ENUMERATION: ListShape = list(Shape::Any).not_empty().unique(Unique::Values);
static DEPENDENCIES: MapShape = map(Shape::ListOr(&UNIQUE_TEXTS, &SCHEMA));
static DEPENDENT_REQUIRED: MapShape = map(Shape::List(&UNIQUE_TEXTS));

const TYPE: Shape = Shape::OneOf(&["array", "boolean", "integer", "null", "number", "object", "string"]);

static SCHEMA_OBJECT: ObjectShape = ObjectShape {
    name: "Schema Object",
    anchor: "schemaObject",
    fields: &[
        field("$id", Shape::Text(Format::UriReference)),
        field("$schema", URI),
        field("$comment", TEXT),
        TITLE,
        DESCRIPTION,
        field("default", Shape::Any),
        field("readOnly", Shape::Boolean),
        field("writeOnly", Shape::Boolean),
        field("deprecated", Shape::Boolean),
        field("examples", Shape::List(&VALUES)),
        field("type", Shape::ListOr(&TYPE_LIST, &TYPE)),
        field("enum", Shape::List(&ENUMERATION)),
        field("const", Shape::Any),
        field("multipleOf", Shape::Number(Bounds::Positive)),
        field("maximum", NUMBER),
        field("exclusiveMaximum", NUMBER),
        field("minimum", NUMBER),
        field("exclusiveMinimum", NUMBER),
        field("maxLength", COUNT),
        field("minLength", COUNT),
        field("pattern", TEXT),
        field("format", TEXT),
        field("contentEncoding", TEXT),
        field("contentMediaType", TEXT),
        field("items", Shape::ListOr(&SCHEMA_LIST, &SCHEMA)),
        field("additionalItems", SCHEMA),
        field("prefixItems", Shape::List(&SCHEMA_LIST)),
        field("contains", SCHEMA),
        field("maxItems", COUNT),
        field("minItems", COUNT),
        field("uniqueItems", Shape::Boolean),
        field("unevaluatedItems", SCHEMA),
        field("required", Shape::List(&UNIQUE_TEXTS)),
        field("properties", Shape::Map(&SCHEMAS)),
        field("patternProperties", Shape::Map(&SCHEMAS)),
        field("additionalProperties", SCHEMA),
        field("unevaluatedProperties", SCHEMA),
        field("propertyNames", SCHEMA),
        field("maxProperties", COUNT),
        field("minProperties", COUNT),
        field("dependencies", Shape::Map(&DEPENDENCIES)),
        field("dependentSchemas", Shape::Map(&SCHEMAS)),
        field("dependentRequired", Shape::Map(&DEPENDENT_REQUIRED)),
        field("definitions", Shape::Map(&SCHEMAS)),
        field("$defs", Shape::Map(&SCHEMAS)),
        field("allOf", Shape::List(&SCHEMA_LIST)),
        field("anyOf", Shape::List(&SCHEMA_LIST)),
        field("oneOf", Shape::List(&SCHEMA_LIST)),
        field("not", SCHEMA),
        field("if", SCHEMA),
        field("then", SCHEMA),
        field("else", SCHEMA),
        field("discriminator", TEXT),
        DOCUMENTATION_2,
        DOCUMENTATION_3,
    ],
    any_of: &[],
    others: Others::Allowed,
};
