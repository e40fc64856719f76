//! IBM MQ.

use super::super::TEXT;
use super::{COUNT, VERSION, bindings, objects, whole};
use crate::document::Version::V2_0;
use crate::document::structure::shape::{
    BindingShape, ByPresence, ByValue, Case, Edition, Field, ObjectShape, Others, Shape, field,
};

const OBJECT_NAME: Field = field("objectName", Shape::Sized { minimum: 0, maximum: 48 });
const DESTINATION: Field = field("destinationType", TEXT);
const LENGTH: Field = field("maxMsgLength", whole(0, 104_857_600));
const TYPE: Field = field("type", TEXT);
const DESCRIPTION: Field = field("description", TEXT);
const EXPIRY: Field = field("expiry", COUNT);
const HEADERS: Field = field("headers", TEXT);

static CHANNEL_BY_KIND: ByValue = ByValue {
    name: "IBM MQ Channel Binding Object",
    field: "destinationType",
    cases: &[
        Case { value: "topic", since: V2_0, shape: Shape::Object(&TOPIC_CHANNEL) },
        Case { value: "queue", since: V2_0, shape: Shape::Object(&QUEUE_CHANNEL) },
    ],
    otherwise: None,
    absent: Some(&CHANNEL_BY_CONTENT),
};
static CHANNEL_BY_CONTENT: Shape = Shape::ByPresence(&ByPresence {
    field: "queue",
    present: Shape::Object(&QUEUE_CHANNEL),
    absent: Shape::Object(&TOPIC_CHANNEL),
});

/// Only binary messages have headers of their own.
static MESSAGE_BY_KIND: ByValue = ByValue {
    name: "IBM MQ Message Binding Object",
    field: "type",
    cases: &[
        Case { value: "string", since: V2_0, shape: Shape::Object(&PLAIN_MESSAGE) },
        Case { value: "jms", since: V2_0, shape: Shape::Object(&PLAIN_MESSAGE) },
        Case { value: "binary", since: V2_0, shape: Shape::Object(&BINARY_MESSAGE) },
    ],
    otherwise: None,
    absent: Some(&Shape::Object(&BINARY_MESSAGE)),
};

objects! {
    SERVER_OBJECT "IBM MQ Server Binding Object" "ibmmq" Extensions [
        field("groupId", TEXT),
        field("ccdtQueueManagerName", TEXT),
        field("cipherSpec", TEXT),
        field("multiEndpointServer", Shape::Boolean),
        field("heartBeatInterval", whole(0, 999_999)),
        VERSION,
    ];
    TOPIC_CHANNEL "IBM MQ Channel Binding Object of a topic" "ibmmq" Extensions [
        DESTINATION, field("topic", Shape::Object(&TOPIC)), LENGTH, VERSION,
    ];
    QUEUE_CHANNEL "IBM MQ Channel Binding Object of a queue" "ibmmq" Extensions [
        DESTINATION, field("queue", Shape::Object(&QUEUE)).required(), LENGTH, VERSION,
    ];
    TOPIC "topic of the IBM MQ Channel Binding Object" "ibmmq" Tolerated [
        field("string", Shape::Sized { minimum: 0, maximum: 10_240 }),
        OBJECT_NAME,
        field("durablePermitted", Shape::Boolean),
        field("lastMsgRetained", Shape::Boolean),
    ];
    QUEUE "queue of the IBM MQ Channel Binding Object" "ibmmq" Tolerated [
        OBJECT_NAME.required(), field("isPartitioned", Shape::Boolean), field("exclusive", Shape::Boolean),
    ];
    PLAIN_MESSAGE "IBM MQ Message Binding Object" "ibmmq" Extensions [TYPE, DESCRIPTION, EXPIRY, VERSION];
    BINARY_MESSAGE "IBM MQ Message Binding Object" "ibmmq" Extensions [TYPE, HEADERS, DESCRIPTION, EXPIRY, VERSION];
}

bindings! {
    SERVER "IBM MQ server binding" in 2 [] in 3 ["0.1.0" Shape::Object(&SERVER_OBJECT)] in 2 [];
    CHANNEL "IBM MQ channel binding" in 2 [] in 3 ["0.1.0" Shape::ByValue(&CHANNEL_BY_KIND)] in 2 [];
    MESSAGE "IBM MQ message binding" in 2 [] in 3 ["0.1.0" Shape::ByValue(&MESSAGE_BY_KIND)] in 2 [];
}
