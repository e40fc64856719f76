//! The document itself: information, servers, channels, operations, components.

use super::super::shape::{Field, Keys, ListShape, MapShape, ObjectShape, Others, Shape, Unique, field, list};
use super::message::{CORRELATION_ID, MESSAGE, MESSAGE_OR_CHOICE, MESSAGE_TRAIT};
use super::schema::{ANY_SCHEMA, SCHEMA};
use super::security::{REQUIREMENTS_2, REQUIREMENTS_3, SECURITY_SCHEME};
use super::{
    DESCRIPTION, DOCUMENTATION_2, DOCUMENTATION_3, EXTERNAL_DOCUMENTATION_3, Format, NAME, RUNTIME_EXPRESSION, SUMMARY,
    TAG, TAGS_2, TAGS_3, TEXT, TEXTS, TITLE, UNIQUE_TEXTS, URI, binding, components, map,
};
use crate::document::Version::{V2_2, V2_3, V2_4, V2_5, V2_6, V3_0};

/// Where the layouts of versions 2 and 3 differ: the paths of objects (`*` for every key) with their fields.
pub(in super::super) static LAYOUT: &[(&[&str], &ObjectShape)] = &[
    (&[], &ASYNCAPI_OBJECT),
    (&["info"], &INFO),
    (&["servers", "*"], &SERVER_OBJECT),
    (&["channels", "*"], &CHANNEL_ITEM_OBJECT),
    (&["channels", "*", "parameters", "*"], &PARAMETER_OBJECT),
    (&["components"], &COMPONENTS),
];

/// The whole document.
pub(in super::super) static ASYNCAPI: Shape = Shape::Object(&ASYNCAPI_OBJECT);

static ASYNCAPI_OBJECT: ObjectShape = ObjectShape {
    name: "AsyncAPI Object",
    anchor: "A2SObject",
    fields: &[
        // Its value is looked at before the version, and so this table, is known.
        field("asyncapi", TEXT).required(),
        field("id", URI),
        field("info", Shape::Object(&INFO)).required(),
        field("servers", Shape::Map(&SERVERS_2_0)).until(V2_2),
        field("servers", Shape::Map(&SERVERS)).since(V2_3),
        field("defaultContentType", TEXT),
        field("channels", Shape::Map(&CHANNELS_2)).required().until(V2_6),
        field("channels", Shape::Map(&CHANNELS_3)).since(V3_0),
        field("operations", Shape::Map(&OPERATIONS)).since(V3_0),
        field("components", Shape::Object(&COMPONENTS)),
        TAGS_2,
        DOCUMENTATION_2,
    ],
    any_of: &[],
    others: Others::Extensions,
};

static INFO: ObjectShape = ObjectShape {
    name: "Info Object",
    anchor: "infoObject",
    fields: &[
        TITLE.required(),
        field("version", TEXT).required(),
        DESCRIPTION,
        field("termsOfService", URI),
        field("contact", Shape::Object(&CONTACT)),
        field("license", Shape::Object(&LICENSE)),
        TAGS_3,
        DOCUMENTATION_3,
    ],
    any_of: &[],
    others: Others::Extensions,
};

static CONTACT: ObjectShape = ObjectShape {
    name: "Contact Object",
    anchor: "contactObject",
    fields: &[NAME, field("url", URI), field("email", Shape::Text(Format::Email))],
    any_of: &[],
    others: Others::Extensions,
};

static LICENSE: ObjectShape = ObjectShape {
    name: "License Object",
    anchor: "licenseObject",
    fields: &[NAME.required(), field("url", URI)],
    any_of: &[],
    others: Others::Extensions,
};

static SERVERS_2_0: MapShape = MapShape { keys: Keys::ServerName, value: Shape::Object(&SERVER_OBJECT) };
static SERVERS: MapShape = MapShape { keys: Keys::ServerName, value: SERVER };
static SERVER: Shape = Shape::Referable(&Shape::Object(&SERVER_OBJECT));
static SECURITY_2: Field = field("security", Shape::List(&REQUIREMENTS_2)).until(V2_6);
static SECURITY_3: Field = field("security", Shape::List(&REQUIREMENTS_3)).since(V3_0);

static SERVER_OBJECT: ObjectShape = ObjectShape {
    name: "Server Object",
    anchor: "serverObject",
    fields: &[
        field("url", TEXT).required().until(V2_6),
        field("host", TEXT).required().since(V3_0),
        field("pathname", TEXT).since(V3_0),
        field("protocol", TEXT).required(),
        field("protocolVersion", TEXT),
        TITLE.since(V3_0),
        SUMMARY.since(V3_0),
        DESCRIPTION,
        field("variables", Shape::Map(&VARIABLES_2_0)).until(V2_3),
        field("variables", Shape::Map(&VARIABLES)).since(V2_4),
        SECURITY_2,
        SECURITY_3,
        TAGS_2.since(V2_5),
        TAGS_3,
        DOCUMENTATION_3,
        binding::SERVER_2,
        binding::SERVER_3,
    ],
    any_of: &[],
    others: Others::Extensions,
};

static VARIABLES_2_0: MapShape = map(Shape::Object(&VARIABLE_OBJECT));
static VARIABLES: MapShape = map(VARIABLE);
static VARIABLE: Shape = Shape::Referable(&Shape::Object(&VARIABLE_OBJECT));

static VARIABLE_OBJECT: ObjectShape = ObjectShape {
    name: "Server Variable Object",
    anchor: "serverVariableObject",
    fields: &[
        field("enum", Shape::List(&UNIQUE_TEXTS)),
        field("default", TEXT),
        DESCRIPTION,
        field("examples", Shape::List(&TEXTS)),
    ],
    any_of: &[],
    others: Others::Extensions,
};

static CHANNELS_2: MapShape = MapShape { keys: Keys::Address, value: CHANNEL_ITEM };
static CHANNELS_3: MapShape = map(CHANNEL);
static CHANNEL_ITEM: Shape = Shape::Referable(&Shape::Object(&CHANNEL_ITEM_OBJECT));
static CHANNEL: Shape = Shape::Referable(&Shape::Object(&CHANNEL_OBJECT));

static CHANNEL_ITEM_OBJECT: ObjectShape = ObjectShape {
    name: "Channel Item Object",
    anchor: "channelItemObject",
    fields: &[
        DESCRIPTION,
        field("servers", Shape::List(&UNIQUE_TEXTS)).since(V2_2),
        field("publish", Shape::Object(&OPERATION_2)).until(V2_6),
        field("subscribe", Shape::Object(&OPERATION_2)).until(V2_6),
        field("parameters", Shape::Map(&PARAMETERS)),
        field("deprecated", Shape::Boolean),
        binding::CHANNEL_2,
        // Never in the range of a version that has this table: named so that the layouts can be told apart.
        binding::CHANNEL_3,
        field("address", TEXT).since(V3_0),
        field("messages", TEXT).since(V3_0),
    ],
    any_of: &[],
    others: Others::Extensions,
};

static OPERATION_2: ObjectShape = ObjectShape {
    name: "Operation Object",
    anchor: "operationObject",
    fields: &[
        field("operationId", TEXT),
        SUMMARY,
        DESCRIPTION,
        SECURITY_2.since(V2_4),
        TAGS_2,
        DOCUMENTATION_2,
        binding::OPERATION_2,
        field("traits", Shape::List(&OPERATION_TRAITS)),
        field("message", MESSAGE_OR_CHOICE),
        // Never in the range of a version that has this table: named so that it can be explained.
        field("action", TEXT).since(V3_0),
        field("channel", TEXT).since(V3_0),
        field("messages", TEXT).since(V3_0),
        field("reply", TEXT).since(V3_0),
        TITLE.since(V3_0),
    ],
    any_of: &[],
    others: Others::Extensions,
};

static CHANNEL_OBJECT: ObjectShape = ObjectShape {
    name: "Channel Object",
    anchor: "channelObject",
    fields: &[
        field("address", Shape::TextOrNull),
        field("messages", Shape::Map(&CHANNEL_MESSAGES)),
        TITLE,
        SUMMARY,
        DESCRIPTION,
        field("servers", Shape::List(&CHANNEL_SERVERS)),
        field("parameters", Shape::Map(&PARAMETERS)),
        TAGS_3,
        DOCUMENTATION_3,
        binding::CHANNEL_3,
        field("publish", TEXT).until(V2_6),
        field("subscribe", TEXT).until(V2_6),
    ],
    any_of: &[],
    others: Others::Extensions,
};

static CHANNEL_MESSAGES: MapShape = map(MESSAGE);
static CHANNEL_SERVERS: ListShape =
    list(Shape::OnlyReference(&Shape::Object(&SERVER_OBJECT))).unique(Unique::By("$ref"));

static PARAMETERS: MapShape = map(PARAMETER);
static PARAMETER: Shape = Shape::Referable(&Shape::Object(&PARAMETER_OBJECT));

static PARAMETER_OBJECT: ObjectShape = ObjectShape {
    name: "Parameter Object",
    anchor: "parameterObject",
    fields: &[
        DESCRIPTION,
        field("schema", SCHEMA).until(V2_6),
        field("enum", Shape::List(&TEXTS)).since(V3_0),
        field("default", TEXT).since(V3_0),
        field("examples", Shape::List(&TEXTS)).since(V3_0),
        field("location", RUNTIME_EXPRESSION),
    ],
    any_of: &[],
    others: Others::Extensions,
};

static OPERATIONS: MapShape = map(OPERATION);
static OPERATION: Shape = Shape::Referable(&Shape::Object(&OPERATION_OBJECT));
static ONE_CHANNEL: Shape = Shape::OnlyReference(&Shape::Object(&CHANNEL_OBJECT));

static OPERATION_OBJECT: ObjectShape = ObjectShape {
    name: "Operation Object",
    anchor: "operationObject",
    fields: &[
        field("action", Shape::OneOf(&["send", "receive"])).required(),
        field("channel", ONE_CHANNEL).required(),
        TITLE,
        SUMMARY,
        DESCRIPTION,
        SECURITY_3,
        TAGS_3,
        DOCUMENTATION_3,
        binding::OPERATION_3,
        field("traits", Shape::List(&OPERATION_TRAITS)),
        field("messages", Shape::List(&MESSAGE_REFERENCES)),
        field("reply", REPLY),
        field("operationId", TEXT).until(V2_6),
        field("message", TEXT).until(V2_6),
    ],
    any_of: &[],
    others: Others::Extensions,
};

static MESSAGE_REFERENCES: ListShape = list(Shape::OnlyReference(&MESSAGE));

static OPERATION_TRAITS: ListShape = list(OPERATION_TRAIT);
static OPERATION_TRAIT: Shape = Shape::Referable(&Shape::Object(&OPERATION_TRAIT_OBJECT));

static OPERATION_TRAIT_OBJECT: ObjectShape = ObjectShape {
    name: "Operation Trait Object",
    anchor: "operationTraitObject",
    fields: &[
        field("operationId", TEXT).until(V2_6),
        TITLE.since(V3_0),
        SUMMARY,
        DESCRIPTION,
        SECURITY_2.since(V2_4),
        SECURITY_3,
        TAGS_2,
        TAGS_3,
        DOCUMENTATION_2,
        DOCUMENTATION_3,
        binding::OPERATION_2,
        binding::OPERATION_3,
    ],
    any_of: &[],
    others: Others::Extensions,
};

static REPLY: Shape = Shape::Referable(&Shape::Object(&REPLY_OBJECT));
static REPLY_ADDRESS: Shape = Shape::Referable(&Shape::Object(&REPLY_ADDRESS_OBJECT));

static REPLY_OBJECT: ObjectShape = ObjectShape {
    name: "Operation Reply Object",
    anchor: "operationReplyObject",
    fields: &[
        field("address", REPLY_ADDRESS),
        field("channel", ONE_CHANNEL),
        field("messages", Shape::List(&MESSAGE_REFERENCES)),
    ],
    any_of: &[],
    others: Others::Extensions,
};

static REPLY_ADDRESS_OBJECT: ObjectShape = ObjectShape {
    name: "Operation Reply Address Object",
    anchor: "operationReplyAddressObject",
    fields: &[DESCRIPTION, field("location", RUNTIME_EXPRESSION).required()],
    any_of: &[],
    others: Others::Extensions,
};

/// A map of the Components Object: its field in every version, named `$key`.
macro_rules! component {
    ($key:literal, $shape:expr) => {{
        static MAP: MapShape = components($shape);
        field($key, Shape::Map(&MAP))
    }};
}

pub(super) static COMPONENTS: ObjectShape = ObjectShape {
    name: "Components Object",
    anchor: "componentsObject",
    fields: &[
        component!("schemas", SCHEMA).until(V2_6),
        component!("schemas", ANY_SCHEMA).since(V3_0),
        component!("servers", SERVER).since(V2_3),
        component!("serverVariables", VARIABLE).since(V2_4),
        component!("channels", CHANNEL_ITEM).since(V2_3).until(V2_6),
        component!("channels", CHANNEL).since(V3_0),
        component!("operations", OPERATION).since(V3_0),
        component!("messages", MESSAGE_OR_CHOICE).until(V2_6),
        component!("messages", MESSAGE).since(V3_0),
        component!("securitySchemes", SECURITY_SCHEME),
        component!("parameters", PARAMETER),
        component!("correlationIds", CORRELATION_ID),
        component!("replies", REPLY).since(V3_0),
        component!("replyAddresses", REPLY_ADDRESS).since(V3_0),
        component!("externalDocs", EXTERNAL_DOCUMENTATION_3).since(V3_0),
        component!("tags", TAG).since(V3_0),
        component!("operationTraits", OPERATION_TRAIT),
        component!("messageTraits", MESSAGE_TRAIT),
        component!("serverBindings", binding::SERVER_2.shape).until(V2_6),
        component!("serverBindings", binding::SERVER_3.shape).since(V3_0),
        component!("channelBindings", binding::CHANNEL_2.shape).until(V2_6),
        component!("channelBindings", binding::CHANNEL_3.shape).since(V3_0),
        component!("operationBindings", binding::OPERATION_2.shape).until(V2_6),
        component!("operationBindings", binding::OPERATION_3.shape).since(V3_0),
        component!("messageBindings", binding::MESSAGE_2.shape).until(V2_6),
        component!("messageBindings", binding::MESSAGE_3.shape).since(V3_0),
    ],
    any_of: &[],
    others: Others::Extensions,
};
