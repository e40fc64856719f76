//! Kafka.

use super::super::TEXT;
use super::super::schema::SCHEMA;
use super::{COUNT, VERSION, bindings, objects, whole};
use crate::document::structure::shape::{
    BindingShape, Edition, Field, ListShape, ObjectShape, Others, Shape, field, list,
};

const REGISTRY_URL: Field = field("schemaRegistryUrl", TEXT);
const REGISTRY_VENDOR: Field = field("schemaRegistryVendor", TEXT);
const TOPIC: Field = field("topic", TEXT);
const PARTITIONS: Field = field("partitions", whole(1, i64::MAX));
const REPLICAS: Field = field("replicas", whole(1, i64::MAX));
const KEY: Field = field("key", SCHEMA);
const FORMATTED_KEY: Field = field("key", Shape::Referable(&Shape::Any));
const ID_LOCATION: Field = field("schemaIdLocation", Shape::OneOf(&["header", "payload"]));
const ID_ENCODING: Field = field("schemaIdPayloadEncoding", TEXT);
const LOOKUP: Field = field("schemaLookupStrategy", TEXT);

const CLEANUP: Field = field("cleanup.policy", Shape::List(&POLICIES));
static POLICIES: ListShape = list(Shape::OneOf(&["compact", "delete"]));
const RETENTION_TIME: Field = field("retention.ms", whole(-1, i64::MAX));
const RETENTION_BYTES: Field = field("retention.bytes", whole(-1, i64::MAX));
const DELETE_RETENTION: Field = field("delete.retention.ms", COUNT);
const MESSAGE_BYTES: Field = field("max.message.bytes", COUNT);

objects! {
    SERVER_OBJECT "Kafka Server Binding Object" "kafka" Extensions [REGISTRY_URL, REGISTRY_VENDOR, VERSION];
    CHANNEL_OBJECT_3 "Kafka Channel Binding Object" "kafka" Extensions [TOPIC, PARTITIONS, REPLICAS, VERSION];
    CHANNEL_OBJECT_4 "Kafka Channel Binding Object" "kafka" Extensions [
        TOPIC, PARTITIONS, REPLICAS, field("topicConfiguration", Shape::Object(&CONFIGURATION_4)), VERSION,
    ];
    CHANNEL_OBJECT_5 "Kafka Channel Binding Object" "kafka" Extensions [
        TOPIC, PARTITIONS, REPLICAS, field("topicConfiguration", Shape::Object(&CONFIGURATION_5)), VERSION,
    ];
    CONFIGURATION_4 "Kafka Topic Configuration Object" "kafka" Refused [
        CLEANUP, RETENTION_TIME, RETENTION_BYTES, DELETE_RETENTION, MESSAGE_BYTES,
    ];
    // Brokers have more settings than the binding names.
    CONFIGURATION_5 "Kafka Topic Configuration Object" "kafka" Allowed [
        CLEANUP,
        RETENTION_TIME,
        RETENTION_BYTES,
        DELETE_RETENTION,
        MESSAGE_BYTES,
        field("confluent.key.schema.validation", Shape::Boolean),
        field("confluent.key.subject.name.strategy", TEXT),
        field("confluent.value.schema.validation", Shape::Boolean),
        field("confluent.value.subject.name.strategy", TEXT),
    ];
    OPERATION_OBJECT "Kafka Operation Binding Object" "kafka" Extensions [
        field("groupId", SCHEMA), field("clientId", SCHEMA), VERSION,
    ];
    MESSAGE_OBJECT_1 "Kafka Message Binding Object" "kafka" Extensions [KEY, VERSION];
    MESSAGE_OBJECT "Kafka Message Binding Object" "kafka" Extensions [KEY, ID_LOCATION, ID_ENCODING, LOOKUP, VERSION];
    // This edition and 0.4.0 take keys in Avro, too.
    MESSAGE_OBJECT_2 "Kafka Message Binding Object" "kafka" Extensions [FORMATTED_KEY, VERSION];
    MESSAGE_OBJECT_4 "Kafka Message Binding Object" "kafka" Extensions [
        FORMATTED_KEY, ID_LOCATION, ID_ENCODING, LOOKUP, VERSION,
    ];
}

bindings! {
    SERVER "Kafka server binding" in 2 []
        in 3 ["0.3.0" Shape::Object(&SERVER_OBJECT), "0.4.0" Shape::Object(&SERVER_OBJECT), "0.5.0" Shape::Object(&SERVER_OBJECT)] in 2 [];
    CHANNEL "Kafka channel binding" in 2 []
        in 3 ["0.3.0" Shape::Object(&CHANNEL_OBJECT_3), "0.4.0" Shape::Object(&CHANNEL_OBJECT_4), "0.5.0" Shape::Object(&CHANNEL_OBJECT_5)] in 2 [];
    OPERATION "Kafka operation binding" in 2 ["0.1.0" Shape::Object(&OPERATION_OBJECT), "0.2.0" Shape::Object(&OPERATION_OBJECT)]
        in 3 ["0.3.0" Shape::Object(&OPERATION_OBJECT), "0.4.0" Shape::Object(&OPERATION_OBJECT), "0.5.0" Shape::Object(&OPERATION_OBJECT)] in 2 [];
    MESSAGE "Kafka message binding" in 2 ["0.1.0" Shape::Object(&MESSAGE_OBJECT_1), "0.2.0" Shape::Object(&MESSAGE_OBJECT_2)]
        in 3 ["0.3.0" Shape::Object(&MESSAGE_OBJECT), "0.4.0" Shape::Object(&MESSAGE_OBJECT_4), "0.5.0" Shape::Object(&MESSAGE_OBJECT)] in 2 [];
}
