//! AMQP 0-9-1.

use super::super::TEXT;
use super::{COUNT, INTEGER, TEXTS, VERSION, bindings, objects, whole};
use crate::document::Version::V2_0;
use crate::document::structure::shape::{
    BindingShape, ByPresence, ByValue, Case, Edition, Field, ObjectShape, Others, Shape, field,
};

const NAME: Field = field("name", Shape::Sized { minimum: 0, maximum: 255 });
const DURABLE: Field = field("durable", Shape::Boolean);
const AUTO_DELETE: Field = field("autoDelete", Shape::Boolean);
const VIRTUAL_HOST: Field = field("vhost", TEXT);
const IS: Field = field("is", TEXT);

/// What the channel is decides which of the two it describes. `routingKey` is the default; what is described tells, too.
static CHANNEL_BY_KIND: ByValue = ByValue {
    name: "AMQP Channel Binding Object",
    field: "is",
    cases: &[
        Case { value: "routingKey", since: V2_0, shape: Shape::Object(&ROUTING_KEY) },
        Case { value: "queue", since: V2_0, shape: Shape::Object(&QUEUE_CHANNEL) },
    ],
    otherwise: None,
    absent: Some(&CHANNEL_BY_CONTENT),
};
static CHANNEL_BY_CONTENT: Shape = Shape::ByPresence(&ByPresence {
    field: "queue",
    present: Shape::Object(&QUEUE_CHANNEL),
    absent: Shape::Object(&ROUTING_KEY),
});

const EXPIRATION: Field = field("expiration", COUNT);
const USER: Field = field("userId", TEXT);
const CARBON_COPY: Field = field("cc", Shape::List(&TEXTS));
const PRIORITY: Field = field("priority", INTEGER);
const DELIVERY_MODE: Field = field("deliveryMode", whole(1, 2));
const MANDATORY: Field = field("mandatory", Shape::Boolean);
const BLIND_COPY: Field = field("bcc", Shape::List(&TEXTS));
const TIMESTAMP: Field = field("timestamp", Shape::Boolean);
const ACKNOWLEDGE: Field = field("ack", Shape::Boolean);

objects! {
    ROUTING_KEY "AMQP Channel Binding Object of a routing key" "amqp" Extensions [
        IS, field("exchange", Shape::Object(&EXCHANGE)).required(), VERSION,
    ];
    QUEUE_CHANNEL "AMQP Channel Binding Object of a queue" "amqp" Extensions [
        IS, field("queue", Shape::Object(&QUEUE)).required(), VERSION,
    ];
    // The examples of these editions have both.
    CHANNEL_1 "AMQP Channel Binding Object" "amqp" Extensions [
        field("is", Shape::OneOf(&["queue", "routingKey"])),
        field("exchange", Shape::Object(&EXCHANGE)),
        field("queue", Shape::Object(&QUEUE)),
        VERSION,
    ];
    EXCHANGE "exchange of the AMQP Channel Binding Object" "amqp" Tolerated [
        NAME,
        field("type", Shape::OneOf(&["topic", "direct", "fanout", "default", "headers"])),
        DURABLE,
        AUTO_DELETE,
        VIRTUAL_HOST,
    ];
    QUEUE "queue of the AMQP Channel Binding Object" "amqp" Tolerated [
        NAME, DURABLE, field("exclusive", Shape::Boolean), AUTO_DELETE, VIRTUAL_HOST,
    ];
    OPERATION_2 "AMQP Operation Binding Object" "amqp" Extensions [
        EXPIRATION, USER, CARBON_COPY, PRIORITY, DELIVERY_MODE, MANDATORY, BLIND_COPY, field("replyTo", TEXT), TIMESTAMP,
        ACKNOWLEDGE, VERSION,
    ];
    OPERATION_3 "AMQP Operation Binding Object" "amqp" Extensions [
        EXPIRATION, USER, CARBON_COPY, PRIORITY, DELIVERY_MODE, MANDATORY, BLIND_COPY, TIMESTAMP, ACKNOWLEDGE, VERSION,
    ];
    MESSAGE_OBJECT "AMQP Message Binding Object" "amqp" Extensions [
        field("contentEncoding", TEXT), field("messageType", TEXT), VERSION,
    ];
}

bindings! {
    CHANNEL "AMQP channel binding" in 2 ["0.1.0" Shape::Object(&CHANNEL_1), "0.2.0" Shape::Object(&CHANNEL_1)]
        in 3 ["0.3.0" Shape::ByValue(&CHANNEL_BY_KIND)] in 2 [];
    OPERATION "AMQP operation binding" in 2 ["0.1.0" Shape::Object(&OPERATION_2), "0.2.0" Shape::Object(&OPERATION_2)]
        in 3 ["0.3.0" Shape::Object(&OPERATION_3)] in 2 [];
    MESSAGE "AMQP message binding" in 2 ["0.1.0" Shape::Object(&MESSAGE_OBJECT), "0.2.0" Shape::Object(&MESSAGE_OBJECT)]
        in 3 ["0.3.0" Shape::Object(&MESSAGE_OBJECT)] in 2 [];
}
