//! Protocols whose bindings are small: Anypoint MQ, JMS and NATS.

use super::super::TEXT;
use super::super::schema::SCHEMA;
use super::{VERSION, bindings, objects};
use crate::document::structure::shape::{
    BindingShape, Edition, Field, ListShape, ObjectShape, Others, Shape, field, list,
};

const DESTINATION: Field = field("destination", TEXT);
const HEADERS: Field = field("headers", SCHEMA);

static JMS_PROPERTIES: ListShape = list(Shape::Object(&JMS_PROPERTY));

objects! {
    ANYPOINTMQ_CHANNEL_OBJECT "Anypoint MQ Channel Binding Object" "anypointmq" Extensions [
        DESTINATION, field("destinationType", Shape::OneOf(&["exchange", "queue", "fifo-queue"])), VERSION,
    ];
    ANYPOINTMQ_MESSAGE_OBJECT "Anypoint MQ Message Binding Object" "anypointmq" Extensions [HEADERS, VERSION];
    JMS_SERVER_OBJECT "JMS Server Binding Object" "jms" Extensions [
        field("jmsConnectionFactory", TEXT).required(),
        field("properties", Shape::List(&JMS_PROPERTIES)),
        field("clientID", TEXT),
        VERSION,
    ];
    JMS_PROPERTY "property of the JMS Server Binding Object" "jms" Tolerated [
        field("name", TEXT).required(), field("value", Shape::Scalar).required(),
    ];
    JMS_CHANNEL_OBJECT "JMS Channel Binding Object" "jms" Extensions [
        DESTINATION, field("destinationType", Shape::OneOf(&["queue", "fifo-queue"])), VERSION,
    ];
    JMS_MESSAGE_OBJECT "JMS Message Binding Object" "jms" Extensions [HEADERS, VERSION];
    NATS_OPERATION_OBJECT "NATS Operation Binding Object" "nats" Extensions [
        field("queue", Shape::Sized { minimum: 0, maximum: 255 }), VERSION,
    ];
}

bindings! {
    ANYPOINTMQ_CHANNEL "Anypoint MQ channel binding" in 2 []
        in 3 ["0.0.1" Shape::Object(&ANYPOINTMQ_CHANNEL_OBJECT)] in 2 [];
    ANYPOINTMQ_MESSAGE "Anypoint MQ message binding" in 2 []
        in 3 ["0.0.1" Shape::Object(&ANYPOINTMQ_MESSAGE_OBJECT)] in 2 [];
    JMS_SERVER "JMS server binding" in 2 [] in 3 ["0.0.1" Shape::Object(&JMS_SERVER_OBJECT)] in 2 [];
    JMS_CHANNEL "JMS channel binding" in 2 [] in 3 ["0.0.1" Shape::Object(&JMS_CHANNEL_OBJECT)] in 2 [];
    JMS_MESSAGE "JMS message binding" in 2 [] in 3 ["0.0.1" Shape::Object(&JMS_MESSAGE_OBJECT)] in 2 [];
    NATS_OPERATION "NATS operation binding" in 2 [] in 3 ["0.1.0" Shape::Object(&NATS_OPERATION_OBJECT)] in 2 [];
}
