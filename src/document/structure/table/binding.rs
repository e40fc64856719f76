//! The bindings objects: one field for each protocol. What a binding holds is not described yet; its shape goes where
//! [`CONTENT`] stands, one for each place and protocol.

use super::super::shape::{Field, ObjectShape, Others, Shape, field};
use crate::document::Version::{V2_1, V2_2, V2_3, V2_6, V3_0, V3_1};

const CONTENT: Shape = Shape::Any;

const PROTOCOLS: &[Field] = &[
    field("http", CONTENT),
    field("ws", CONTENT),
    field("kafka", CONTENT),
    field("amqp", CONTENT),
    field("amqp1", CONTENT),
    field("mqtt", CONTENT),
    field("mqtt5", CONTENT),
    field("nats", CONTENT),
    field("jms", CONTENT),
    field("sns", CONTENT),
    field("sqs", CONTENT),
    field("stomp", CONTENT),
    field("redis", CONTENT),
    field("mercure", CONTENT).since(V2_1),
    field("ibmmq", CONTENT).since(V2_1),
    field("anypointmq", CONTENT).since(V2_2),
    field("solace", CONTENT).since(V2_3),
    field("googlepubsub", CONTENT).since(V2_6),
    field("pulsar", CONTENT).since(V2_6),
    field("ros2", CONTENT).since(V3_1),
];

/// In 2.x the official schemas leave unknown protocols open.
const fn object(name: &'static str, anchor: &'static str, others: Others) -> ObjectShape {
    ObjectShape { name, anchor, fields: PROTOCOLS, any_of: &[], others }
}

/// The field `bindings` of a kind of object, in 2.x and in 3.x.
macro_rules! bindings {
    ($($in_2:ident $in_3:ident $name:literal $anchor:literal;)*) => {$(
        pub(super) static $in_2: Field = {
            static OBJECT: ObjectShape = object($name, $anchor, Others::Tolerated);
            field("bindings", Shape::Referable(&Shape::Object(&OBJECT))).until(V2_6)
        };
        pub(super) static $in_3: Field = {
            static OBJECT: ObjectShape = object($name, $anchor, Others::Extensions);
            field("bindings", Shape::Referable(&Shape::Object(&OBJECT))).since(V3_0)
        };
    )*};
}

bindings! {
    SERVER_2 SERVER_3 "Server Bindings Object" "serverBindingsObject";
    CHANNEL_2 CHANNEL_3 "Channel Bindings Object" "channelBindingsObject";
    OPERATION_2 OPERATION_3 "Operation Bindings Object" "operationBindingsObject";
    MESSAGE_2 MESSAGE_3 "Message Bindings Object" "messageBindingsObject";
}
