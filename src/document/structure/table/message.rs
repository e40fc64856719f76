//! Messages, their traits and examples, and correlation ids.

use super::super::shape::{ByPresence, Field, ListShape, ObjectShape, Others, Shape, field, list};
use super::schema::{ANY_SCHEMA, FORMATTED_SCHEMA, SCHEMA};
use super::{
    DATA, DESCRIPTION, DOCUMENTATION_2, DOCUMENTATION_3, NAME, RUNTIME_EXPRESSION, SUMMARY, TAGS_2, TAGS_3, TEXT,
    TITLE, binding,
};
use crate::document::Version::{V2_0, V2_1, V2_4, V2_5, V2_6, V3_0};

/// 2.x: a message, a choice of messages, or a reference to either.
pub(super) static MESSAGE_OR_CHOICE: Shape = Shape::Referable(&Shape::ByPresence(&CHOICE_OR_MESSAGE));

/// 3.x: a message, or a reference to one.
pub(super) static MESSAGE: Shape = Shape::Referable(&Shape::Object(&MESSAGE_OBJECT));

static CHOICE_OR_MESSAGE: ByPresence =
    ByPresence { field: "oneOf", present: Shape::Object(&CHOICE), absent: Shape::Object(&MESSAGE_OBJECT) };

static CHOICE: ObjectShape = ObjectShape {
    name: "choice of messages",
    anchor: "operationObject",
    fields: &[field("oneOf", Shape::List(&MESSAGES)).required()],
    any_of: &[],
    others: Others::Refused,
};

static MESSAGES: ListShape = list(MESSAGE_OR_CHOICE);

const MESSAGE_ID: Field = field("messageId", TEXT).since(V2_4).until(V2_6);
static HEADERS_2: Field = field("headers", SCHEMA).until(V2_6);
static HEADERS_3: Field = field("headers", ANY_SCHEMA).since(V3_0);
static CORRELATION_ID_FIELD: Field = field("correlationId", CORRELATION_ID);
const SCHEMA_FORMAT: Field = field("schemaFormat", TEXT).until(V2_6);
const CONTENT_TYPE: Field = field("contentType", TEXT);
const DEPRECATED: Field = field("deprecated", Shape::Boolean);

static MESSAGE_OBJECT: ObjectShape = ObjectShape {
    name: "Message Object",
    anchor: "messageObject",
    fields: &[
        MESSAGE_ID,
        HEADERS_2,
        HEADERS_3,
        field("payload", FORMATTED_SCHEMA).until(V2_6),
        field("payload", ANY_SCHEMA).since(V3_0),
        CORRELATION_ID_FIELD,
        SCHEMA_FORMAT,
        CONTENT_TYPE,
        NAME,
        TITLE,
        SUMMARY,
        DESCRIPTION,
        TAGS_2,
        TAGS_3,
        DOCUMENTATION_2,
        DOCUMENTATION_3,
        DEPRECATED,
        binding::MESSAGE_2,
        binding::MESSAGE_3,
        field("examples", Shape::List(&EXAMPLES_2_0)).until(V2_0),
        field("examples", Shape::List(&EXAMPLES)).since(V2_1),
        field("traits", Shape::List(&TRAITS)),
    ],
    any_of: &[],
    others: Others::Extensions,
};

static TRAITS: ListShape = list(MESSAGE_TRAIT);

/// A message trait, or a reference to one.
pub(super) static MESSAGE_TRAIT: Shape = Shape::Referable(&Shape::Object(&MESSAGE_TRAIT_OBJECT));

static MESSAGE_TRAIT_OBJECT: ObjectShape = ObjectShape {
    name: "Message Trait Object",
    anchor: "messageTraitObject",
    fields: &[
        MESSAGE_ID,
        HEADERS_2,
        HEADERS_3,
        CORRELATION_ID_FIELD,
        SCHEMA_FORMAT,
        CONTENT_TYPE,
        NAME,
        TITLE,
        SUMMARY,
        DESCRIPTION,
        TAGS_2,
        TAGS_3,
        DOCUMENTATION_2,
        DOCUMENTATION_3,
        DEPRECATED,
        binding::MESSAGE_2,
        binding::MESSAGE_3,
        field("examples", Shape::List(&LOOSE_EXAMPLES)).until(V2_5),
        field("examples", Shape::List(&EXAMPLES)).since(V2_6),
    ],
    any_of: &[],
    others: Others::Extensions,
};

static EXAMPLES: ListShape = list(Shape::Object(&EXAMPLE));
static EXAMPLES_2_0: ListShape = list(Shape::Object(&EXAMPLE_2_0));
static LOOSE_EXAMPLES: ListShape = list(Shape::Map(&DATA));

static EXAMPLE: ObjectShape = ObjectShape {
    name: "Message Example Object",
    anchor: "messageExampleObject",
    fields: &[field("headers", Shape::Map(&DATA)), field("payload", Shape::Any), NAME, SUMMARY],
    any_of: &["payload", "headers"],
    others: Others::Refused,
};

static EXAMPLE_2_0: ObjectShape = ObjectShape {
    name: "message example",
    anchor: "messageObject",
    fields: &[field("headers", Shape::Map(&DATA)), field("payload", Shape::Any), NAME.since(V2_1), SUMMARY.since(V2_1)],
    any_of: &[],
    others: Others::Refused,
};

/// A correlation id, or a reference to one.
pub(super) static CORRELATION_ID: Shape = Shape::Referable(&Shape::Object(&CORRELATION_ID_OBJECT));

static CORRELATION_ID_OBJECT: ObjectShape = ObjectShape {
    name: "Correlation ID Object",
    anchor: "correlationIdObject",
    fields: &[DESCRIPTION, field("location", RUNTIME_EXPRESSION).required()],
    any_of: &[],
    others: Others::Extensions,
};
