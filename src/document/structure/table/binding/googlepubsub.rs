//! Google Cloud Pub/Sub.

use super::super::{DATA, TEXT};
use super::{TEXTS, VERSION, bindings, objects};
use crate::document::structure::shape::{BindingShape, Edition, Field, ObjectShape, Others, Shape, field};

const LABELS: Field = field("labels", Shape::Map(&DATA));
const RETENTION: Field = field("messageRetentionDuration", TEXT);
const STORAGE: Field = field("messageStoragePolicy", Shape::Object(&STORAGE_POLICY));
const SETTINGS: Field = field("schemaSettings", Shape::Object(&SCHEMA_SETTINGS)).required();
const ATTRIBUTES: Field = field("attributes", Shape::Map(&DATA));
const ORDERING_KEY: Field = field("orderingKey", TEXT);
const NAME: Field = field("name", TEXT).required();

objects! {
    CHANNEL_1 "Google Cloud Pub/Sub Channel Binding Object" "googlepubsub" Extensions [
        LABELS, RETENTION, STORAGE, SETTINGS, field("topic", TEXT).required(), VERSION,
    ];
    CHANNEL_2 "Google Cloud Pub/Sub Channel Binding Object" "googlepubsub" Extensions [
        LABELS, RETENTION, STORAGE, SETTINGS, VERSION,
    ];
    STORAGE_POLICY "Google Cloud Pub/Sub Message Storage Policy" "googlepubsub" Refused [
        field("allowedPersistenceRegions", Shape::List(&TEXTS)),
    ];
    SCHEMA_SETTINGS "Google Cloud Pub/Sub Schema Settings" "googlepubsub" Tolerated [
        field("encoding", TEXT).required(), field("firstRevisionId", TEXT), field("lastRevisionId", TEXT), NAME,
    ];
    MESSAGE_1 "Google Cloud Pub/Sub Message Binding Object" "googlepubsub" Extensions [
        ATTRIBUTES, ORDERING_KEY, field("schema", Shape::Object(&SCHEMA_DEFINITION_1)), VERSION,
    ];
    MESSAGE_2 "Google Cloud Pub/Sub Message Binding Object" "googlepubsub" Extensions [
        ATTRIBUTES, ORDERING_KEY, field("schema", Shape::Object(&SCHEMA_DEFINITION_2)), VERSION,
    ];
    SCHEMA_DEFINITION_1 "Google Cloud Pub/Sub Schema Definition" "googlepubsub" Tolerated [
        NAME, field("type", TEXT).required(),
    ];
    SCHEMA_DEFINITION_2 "Google Cloud Pub/Sub Schema Definition" "googlepubsub" Tolerated [NAME];
}

bindings! {
    CHANNEL "Google Cloud Pub/Sub channel binding" in 2 ["0.1.0" Shape::Object(&CHANNEL_1)]
        in 3 ["0.2.0" Shape::Object(&CHANNEL_2)] in 2 [];
    MESSAGE "Google Cloud Pub/Sub message binding" in 2 ["0.1.0" Shape::Object(&MESSAGE_1)]
        in 3 ["0.2.0" Shape::Object(&MESSAGE_2)] in 2 [];
}
