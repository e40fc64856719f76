//! MQTT, all versions of the protocol.

use super::super::TEXT;
use super::super::schema::SCHEMA;
use super::{COUNT, INTEGER, VERSION, bindings, objects, whole};
use crate::document::structure::format::Format;
use crate::document::structure::shape::{BindingShape, Edition, Field, ObjectShape, Others, Shape, field};

/// The largest number of four bytes.
const MAXIMUM: i64 = 4_294_967_295;

const CLIENT: Field = field("clientId", TEXT);
const CLEAN_SESSION: Field = field("cleanSession", Shape::Boolean);
const LAST_WILL: Field = field("lastWill", Shape::Object(&LAST_WILL_OBJECT));
const KEEP_ALIVE: Field = field("keepAlive", INTEGER);
const SESSION_EXPIRY: Field = field("sessionExpiryInterval", Shape::ScalarOr(&COUNT, &SCHEMA));
const RETAIN: Field = field("retain", Shape::Boolean);
const QUALITY: Shape = whole(0, 2);

static PACKET_SIZE: Shape = whole(1, MAXIMUM);
static SECONDS: Shape = whole(0, MAXIMUM);

objects! {
    SERVER_1 "MQTT Server Binding Object" "mqtt" Extensions [CLIENT, CLEAN_SESSION, LAST_WILL, KEEP_ALIVE, VERSION];
    SERVER_2 "MQTT Server Binding Object" "mqtt" Extensions [
        CLIENT,
        CLEAN_SESSION,
        LAST_WILL,
        KEEP_ALIVE,
        SESSION_EXPIRY,
        field("maximumPacketSize", Shape::ScalarOr(&PACKET_SIZE, &SCHEMA)),
        VERSION,
    ];
    SERVER_5 "MQTT 5 Server Binding Object" "mqtt5" Extensions [SESSION_EXPIRY, VERSION];
    LAST_WILL_OBJECT "last will of the MQTT Server Binding Object" "mqtt" Tolerated [
        field("topic", TEXT), field("qos", QUALITY), field("message", TEXT), RETAIN,
    ];
    OPERATION_1 "MQTT Operation Binding Object" "mqtt" Extensions [field("qos", QUALITY), RETAIN, VERSION];
    OPERATION_2 "MQTT Operation Binding Object" "mqtt" Extensions [
        field("qos", QUALITY), RETAIN, field("messageExpiryInterval", Shape::ScalarOr(&SECONDS, &SCHEMA)), VERSION,
    ];
    MESSAGE_1 "MQTT Message Binding Object" "mqtt" Extensions [VERSION];
    MESSAGE_2 "MQTT Message Binding Object" "mqtt" Extensions [
        field("payloadFormatIndicator", whole(0, 1)),
        field("correlationData", SCHEMA),
        field("contentType", TEXT),
        field("responseTopic", Shape::ScalarOr(&RESPONSE_TOPIC, &SCHEMA)),
        VERSION,
    ];
}

/// No official JSON Schema holds this one to anything.
pub(super) static SERVER_OF_5: Shape = Shape::Advice(&Shape::Object(&SERVER_5));

static RESPONSE_TOPIC: Shape = Shape::Text(Format::Address);

bindings! {
    SERVER "MQTT server binding" in 2 ["0.1.0" Shape::Object(&SERVER_1)] in 3 ["0.2.0" Shape::Object(&SERVER_2)] in 2 [];
    OPERATION "MQTT operation binding" in 2 ["0.1.0" Shape::Object(&OPERATION_1)]
        in 3 ["0.2.0" Shape::Object(&OPERATION_2)] in 2 [];
    MESSAGE "MQTT message binding" in 2 ["0.1.0" Shape::Object(&MESSAGE_1)]
        in 3 ["0.2.0" Shape::Object(&MESSAGE_2)] in 2 [];
}
