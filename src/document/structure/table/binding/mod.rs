//! The bindings objects: one field for each protocol, and in it what that protocol adds to a server, a channel, an
//! operation or a message.
//!
//! A binding is versioned apart from AsyncAPI: [`BindingShape`] lists its editions. Version 3 of AsyncAPI names the
//! editions that it knows; version 2 leaves bindings open, so everything inside them is advice there.

mod amazon;
mod amqp;
mod googlepubsub;
mod http;
mod ibmmq;
mod kafka;
mod mqtt;
mod pulsar;
mod queues;
mod ros2;
mod solace;

use super::TEXT;
use crate::document::Version::{V2_0, V2_1, V2_2, V2_3, V2_6, V3_0, V3_1};
use crate::document::structure::shape::{Bounds, Field, ListShape, ObjectShape, Others, Shape, field, list};

/// The version of the binding itself.
const VERSION: Field = field("bindingVersion", TEXT);

/// Text, or several.
const TEXT_OR_TEXTS: Shape = Shape::ListOr(&TEXTS, &TEXT);
static TEXTS: ListShape = list(TEXT);

const INTEGER: Shape = Shape::Number(Bounds::Whole(i64::MIN, i64::MAX));
const COUNT: Shape = Shape::Number(Bounds::COUNT);

/// Whole numbers of a range.
const fn whole(minimum: i64, maximum: i64) -> Shape {
    Shape::Number(Bounds::Whole(minimum, maximum))
}

/// Objects of a binding: name, folder of its specification, what other keys are, and fields.
macro_rules! objects {
    ($($name:ident $title:literal $protocol:literal $others:ident [$($field:expr),* $(,)?];)*) => {$(
        static $name: ObjectShape = ObjectShape {
            name: $title,
            anchor: concat!("https://github.com/asyncapi/bindings/tree/master/", $protocol),
            fields: &[$($field),*],
            any_of: &[],
            others: Others::$others,
        };
    )*};
}
use objects;

/// Bindings: the shape of each edition, oldest first. Those in `in 3` are known to AsyncAPI 3.
macro_rules! bindings {
    ($($name:ident $title:literal in 2 [$($old:literal $old_shape:expr),*] in 3 [$($new:literal $new_shape:expr),*]
        in 2 [$($late:literal $late_shape:expr),*];)*) => {$(
        pub(super) static $name: Shape = {
            static BINDING: BindingShape = BindingShape {
                name: $title,
                editions: &[
                    $(Edition { version: $old, in_3: false, shape: $old_shape },)*
                    $(Edition { version: $new, in_3: true, shape: $new_shape },)*
                    $(Edition { version: $late, in_3: false, shape: $late_shape },)*
                ],
            };
            Shape::Binding(&BINDING)
        };
    )*};
}
use bindings;

/// A protocol that adds nothing at this place: the specification keeps the name for later, and the object empty.
static NONE: Shape = Shape::Advice(&Shape::Object(&RESERVED));

objects! {
    RESERVED "binding without fields of its own" "" Extensions [VERSION];
}

/// The bindings objects, field by field: protocol, first version, and what stands in each of the four places.
macro_rules! protocols {
    ($($key:literal $since:ident $server:expr, $channel:expr, $operation:expr, $message:expr;)*) => {
        const SERVER: &[Field] = &[$(field($key, $server).since($since)),*];
        const CHANNEL: &[Field] = &[$(field($key, $channel).since($since)),*];
        const OPERATION: &[Field] = &[$(field($key, $operation).since($since)),*];
        const MESSAGE: &[Field] = &[$(field($key, $message).since($since)),*];
    };
}

protocols! {
    "http" V2_0 NONE, NONE, http::OPERATION, http::MESSAGE;
    "ws" V2_0 NONE, http::WEBSOCKETS_CHANNEL, NONE, NONE;
    "kafka" V2_0 kafka::SERVER, kafka::CHANNEL, kafka::OPERATION, kafka::MESSAGE;
    "anypointmq" V2_2 NONE, queues::ANYPOINTMQ_CHANNEL, NONE, queues::ANYPOINTMQ_MESSAGE;
    "amqp" V2_0 NONE, amqp::CHANNEL, amqp::OPERATION, amqp::MESSAGE;
    "amqp1" V2_0 NONE, NONE, NONE, NONE;
    "mqtt" V2_0 mqtt::SERVER, NONE, mqtt::OPERATION, mqtt::MESSAGE;
    "mqtt5" V2_0 mqtt::SERVER_OF_5, NONE, NONE, NONE;
    "nats" V2_0 NONE, NONE, queues::NATS_OPERATION, NONE;
    "jms" V2_0 queues::JMS_SERVER, queues::JMS_CHANNEL, NONE, queues::JMS_MESSAGE;
    "sns" V2_0 NONE, amazon::SNS_CHANNEL, amazon::SNS_OPERATION, NONE;
    "sqs" V2_0 NONE, amazon::SQS_CHANNEL, amazon::SQS_OPERATION, NONE;
    "stomp" V2_0 NONE, NONE, NONE, NONE;
    "redis" V2_0 NONE, NONE, NONE, NONE;
    "mercure" V2_1 NONE, NONE, NONE, NONE;
    "ibmmq" V2_1 ibmmq::SERVER, ibmmq::CHANNEL, NONE, ibmmq::MESSAGE;
    "solace" V2_3 solace::SERVER, NONE, solace::OPERATION, NONE;
    "googlepubsub" V2_6 NONE, googlepubsub::CHANNEL, NONE, googlepubsub::MESSAGE;
    "pulsar" V2_6 pulsar::SERVER, pulsar::CHANNEL, NONE, NONE;
    "ros2" V3_1 ros2::SERVER, NONE, ros2::OPERATION, NONE;
}

/// In 2.x the official schemas leave unknown protocols open.
const fn object(name: &'static str, anchor: &'static str, fields: &'static [Field], others: Others) -> ObjectShape {
    ObjectShape { name, anchor, fields, any_of: &[], others }
}

/// The field `bindings` of a kind of object, in 2.x and in 3.x.
macro_rules! places {
    ($($in_2:ident $in_3:ident $fields:ident $name:literal $anchor:literal;)*) => {$(
        pub(in super::super) static $in_2: Field = {
            static OBJECT: ObjectShape = object($name, $anchor, $fields, Others::Tolerated);
            field("bindings", Shape::Referable(&Shape::Object(&OBJECT))).until(V2_6)
        };
        pub(in super::super) static $in_3: Field = {
            static OBJECT: ObjectShape = object($name, $anchor, $fields, Others::Extensions);
            field("bindings", Shape::Referable(&Shape::Object(&OBJECT))).since(V3_0)
        };
    )*};
}

places! {
    SERVER_2 SERVER_3 SERVER "Server Bindings Object" "serverBindingsObject";
    CHANNEL_2 CHANNEL_3 CHANNEL "Channel Bindings Object" "channelBindingsObject";
    OPERATION_2 OPERATION_3 OPERATION "Operation Bindings Object" "operationBindingsObject";
    MESSAGE_2 MESSAGE_3 MESSAGE "Message Bindings Object" "messageBindingsObject";
}
