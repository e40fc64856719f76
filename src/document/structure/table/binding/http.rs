//! HTTP and WebSockets.

use super::super::TEXT;
use super::super::schema::OBJECT_SCHEMA;
use super::{VERSION, bindings, objects};
use crate::document::Version::V2_0;
use crate::document::structure::shape::{
    BindingShape, Bounds, ByValue, Case, Edition, Field, ObjectShape, Others, Shape, field,
};

const METHOD: Field =
    field("method", Shape::OneOf(&["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"]));
/// Parameters and headers are properties of one object, whose schema says so itself.
const QUERY: Field = field("query", OBJECT_SCHEMA);
const HEADERS: Field = field("headers", OBJECT_SCHEMA);

static OPERATION_1: ByValue = ByValue {
    name: "HTTP Operation Binding Object",
    field: "type",
    cases: &[
        Case { value: "request", since: V2_0, shape: Shape::Object(&REQUEST) },
        Case { value: "response", since: V2_0, shape: Shape::Object(&RESPONSE) },
    ],
    otherwise: None,
    absent: None,
};

objects! {
    REQUEST "HTTP Operation Binding Object" "http" Extensions [field("type", TEXT), METHOD.required(), QUERY, VERSION];
    RESPONSE "HTTP Operation Binding Object" "http" Extensions [field("type", TEXT), QUERY, VERSION];
    OPERATION_2 "HTTP Operation Binding Object" "http" Extensions [METHOD, QUERY, VERSION];
    MESSAGE_1 "HTTP Message Binding Object" "http" Extensions [HEADERS, VERSION];
    MESSAGE_3 "HTTP Message Binding Object" "http" Extensions [
        HEADERS, field("statusCode", Shape::Number(Bounds::Any)), VERSION,
    ];
    CHANNEL "WebSockets Channel Binding Object" "websockets" Extensions [
        field("method", Shape::OneOf(&["GET", "POST"])), QUERY, HEADERS, VERSION,
    ];
}

bindings! {
    OPERATION "HTTP operation binding" in 2 ["0.1.0" Shape::ByValue(&OPERATION_1)]
        in 3 ["0.2.0" Shape::Object(&OPERATION_2), "0.3.0" Shape::Object(&OPERATION_2)] in 2 [];
    MESSAGE "HTTP message binding" in 2 ["0.1.0" Shape::Object(&MESSAGE_1)] in 3 ["0.2.0" Shape::Object(&MESSAGE_1), "0.3.0" Shape::Object(&MESSAGE_3)] in 2 [];
    WEBSOCKETS_CHANNEL "WebSockets channel binding" in 2 [] in 3 ["0.1.0" Shape::Object(&CHANNEL)] in 2 [];
}
