//! Apache Pulsar.

use super::super::TEXT;
use super::{COUNT, INTEGER, TEXTS, VERSION, bindings, objects};
use crate::document::structure::shape::{BindingShape, Edition, ObjectShape, Others, Shape, field};

objects! {
    SERVER_OBJECT "Pulsar Server Binding Object" "pulsar" Extensions [field("tenant", TEXT), VERSION];
    CHANNEL_OBJECT "Pulsar Channel Binding Object" "pulsar" Extensions [
        field("namespace", TEXT).required(),
        field("persistence", Shape::OneOf(&["persistent", "non-persistent"])).required(),
        field("compaction", COUNT),
        field("geo-replication", Shape::List(&TEXTS)),
        field("retention", Shape::Object(&RETENTION)),
        field("ttl", INTEGER),
        field("deduplication", Shape::Boolean),
        VERSION,
    ];
    RETENTION "Pulsar Retention Definition Object" "pulsar" Refused [field("time", COUNT), field("size", COUNT)];
}

bindings! {
    SERVER "Pulsar server binding" in 2 [] in 3 ["0.1.0" Shape::Object(&SERVER_OBJECT)] in 2 [];
    CHANNEL "Pulsar channel binding" in 2 [] in 3 ["0.1.0" Shape::Object(&CHANNEL_OBJECT)] in 2 [];
}
