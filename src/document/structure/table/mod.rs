//! The specification as data: every object of 2.0 to 3.1 with its fields.
//!
//! One table serves all versions: a field names the versions that have it, so that a field which belongs to another
//! version can be told from one that belongs to none.

mod application;
mod binding;
mod kind;
mod message;
mod schema;
mod security;

pub(super) use application::{ASYNCAPI, LAYOUT};
pub(super) use kind::{component_kind, is_component_kind};
pub(super) use schema::schema_keywords;

use super::format::Format;
use super::shape::{Field, Keys, ListShape, MapShape, ObjectShape, Others, Shape, Unique, field, list};
use crate::document::Version::{V2_6, V3_0};

const TEXT: Shape = Shape::Text(Format::Plain);
const URI: Shape = Shape::Text(Format::Uri);
const RUNTIME_EXPRESSION: Shape = Shape::Text(Format::RuntimeExpression);

static TEXTS: ListShape = list(TEXT);
static UNIQUE_TEXTS: ListShape = list(TEXT).unique(Unique::Values);

/// Examples, headers and the like: an object of data.
static DATA: MapShape = map(Shape::Any);

const fn map(value: Shape) -> MapShape {
    MapShape { keys: Keys::Any, value }
}

const fn components(value: Shape) -> MapShape {
    MapShape { keys: Keys::ComponentName, value }
}

const NAME: Field = field("name", TEXT);
const TITLE: Field = field("title", TEXT);
const SUMMARY: Field = field("summary", TEXT);
const DESCRIPTION: Field = field("description", TEXT);
static TAGS_2: Field = field("tags", Shape::List(&PLAIN_TAGS)).until(V2_6);
static TAGS_3: Field = field("tags", Shape::List(&TAGS)).since(V3_0);
static DOCUMENTATION_2: Field = field("externalDocs", Shape::Object(&EXTERNAL_DOCUMENTATION)).until(V2_6);
static DOCUMENTATION_3: Field = field("externalDocs", EXTERNAL_DOCUMENTATION_3).since(V3_0);

static TAG: Shape = Shape::Referable(&Shape::Object(&TAG_OBJECT));
static EXTERNAL_DOCUMENTATION_3: Shape = Shape::Referable(&Shape::Object(&EXTERNAL_DOCUMENTATION));

/// 2.x: tags have unique names and are written in place.
static PLAIN_TAGS: ListShape = list(Shape::Object(&TAG_OBJECT)).unique(Unique::By("name"));
/// 3.x: tags may be references.
static TAGS: ListShape = list(TAG).unique(Unique::Values);

static TAG_OBJECT: ObjectShape = ObjectShape {
    name: "Tag Object",
    anchor: "tagObject",
    fields: &[NAME.required(), DESCRIPTION, DOCUMENTATION_2, DOCUMENTATION_3],
    any_of: &[],
    others: Others::Extensions,
};

static EXTERNAL_DOCUMENTATION: ObjectShape = ObjectShape {
    name: "External Documentation Object",
    anchor: "externalDocumentationObject",
    fields: &[DESCRIPTION, field("url", URI).required()],
    any_of: &[],
    others: Others::Extensions,
};
