//! The Schema Object: JSON Schema draft-07 with three fields of AsyncAPI, and the keywords of later drafts that hold
//! schemas, so that references inside them are followed. And the Schema Object of OpenAPI 3.0, which is closed.

use super::super::format::Format;
use super::super::shape::{
    Bounds, ByPresence, ByValue, Case, FormattedSchema, ListShape, MapShape, ObjectShape, Others, Shape, Unique, field,
    list,
};
use super::{DATA, DESCRIPTION, DOCUMENTATION_2, DOCUMENTATION_3, TEXT, TITLE, UNIQUE_TEXTS, URI, map};
use crate::document::Version::V2_0;

/// A schema: an object, a boolean, or a reference to one.
pub(super) static SCHEMA: Shape = Shape::Referable(&Shape::BooleanOr(&Shape::Object(&SCHEMA_OBJECT)));

/// A schema of objects; it may leave that unsaid.
pub(super) static OBJECT_SCHEMA: Shape = Shape::Referable(&Shape::ByValue(&OF_OBJECTS));

static OF_OBJECTS: ByValue = ByValue {
    name: "Schema Object",
    field: "type",
    cases: &[Case { value: "object", since: V2_0, shape: Shape::Object(&SCHEMA_OBJECT) }],
    otherwise: None,
    absent: Some(&Shape::Object(&SCHEMA_OBJECT)),
};

/// A schema in any format, with `schemaFormat` beside it.
pub(super) static FORMATTED_SCHEMA: Shape =
    Shape::FormattedSchema(&FormattedSchema { json_schema: SCHEMA, openapi: OPENAPI_SCHEMA });

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
    fields: &[field("schemaFormat", TEXT), field("schema", FORMATTED_SCHEMA).required()],
    any_of: &[],
    others: Others::Tolerated,
};

const COUNT: Shape = Shape::Number(Bounds::COUNT);
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
        // As text it makes the schema a reference, which is followed instead.
        field("$ref", TEXT),
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

/// The keywords of the Schema Object.
pub(in super::super) fn schema_keywords() -> impl Iterator<Item = &'static str> {
    SCHEMA_OBJECT.fields.iter().map(|field| field.key)
}

static OPENAPI_SCHEMA: Shape = Shape::Referable(&Shape::Object(&OPENAPI_SCHEMA_OBJECT));
static OPENAPI_SCHEMAS: MapShape = map(OPENAPI_SCHEMA);
static OPENAPI_SCHEMA_LIST: ListShape = list(OPENAPI_SCHEMA);
static OPENAPI_ENUMERATION: ListShape = list(Shape::Any).not_empty();
static OPENAPI_REQUIRED: ListShape = list(TEXT).not_empty().unique(Unique::Values);

static OPENAPI_SCHEMA_OBJECT: ObjectShape = ObjectShape {
    name: "OpenAPI Schema Object",
    anchor: "multiFormatSchemaObject",
    fields: &[
        TITLE,
        DESCRIPTION,
        field("default", Shape::Any),
        field("example", Shape::Any),
        field("nullable", Shape::Boolean),
        field("readOnly", Shape::Boolean),
        field("writeOnly", Shape::Boolean),
        field("deprecated", Shape::Boolean),
        field("type", Shape::OneOf(&["array", "boolean", "integer", "number", "object", "string"])),
        field("enum", Shape::List(&OPENAPI_ENUMERATION)),
        field("multipleOf", Shape::Number(Bounds::Positive)),
        field("maximum", NUMBER),
        field("exclusiveMaximum", Shape::Boolean),
        field("minimum", NUMBER),
        field("exclusiveMinimum", Shape::Boolean),
        field("maxLength", COUNT),
        field("minLength", COUNT),
        field("pattern", TEXT),
        field("format", TEXT),
        field("items", OPENAPI_SCHEMA),
        field("maxItems", COUNT),
        field("minItems", COUNT),
        field("uniqueItems", Shape::Boolean),
        field("required", Shape::List(&OPENAPI_REQUIRED)),
        field("properties", Shape::Map(&OPENAPI_SCHEMAS)),
        field("additionalProperties", Shape::BooleanOr(&OPENAPI_SCHEMA)),
        field("maxProperties", COUNT),
        field("minProperties", COUNT),
        field("allOf", Shape::List(&OPENAPI_SCHEMA_LIST)),
        field("anyOf", Shape::List(&OPENAPI_SCHEMA_LIST)),
        field("oneOf", Shape::List(&OPENAPI_SCHEMA_LIST)),
        field("not", OPENAPI_SCHEMA),
        field("discriminator", Shape::Object(&DISCRIMINATOR)),
        field("externalDocs", Shape::Object(&OPENAPI_EXTERNAL_DOCUMENTATION)),
        field("xml", Shape::Map(&DATA)),
    ],
    any_of: &[],
    others: Others::Extensions,
};

static DISCRIMINATOR: ObjectShape = ObjectShape {
    name: "OpenAPI Discriminator Object",
    anchor: "multiFormatSchemaObject",
    fields: &[field("propertyName", TEXT).required(), field("mapping", Shape::Map(&MAPPING))],
    any_of: &[],
    others: Others::Allowed,
};

static MAPPING: MapShape = map(TEXT);

static OPENAPI_EXTERNAL_DOCUMENTATION: ObjectShape = ObjectShape {
    name: "OpenAPI External Documentation Object",
    anchor: "multiFormatSchemaObject",
    fields: &[DESCRIPTION, field("url", Shape::Text(Format::UriReference)).required()],
    any_of: &[],
    others: Others::Extensions,
};
