//! Solace PubSub+.

use super::super::TEXT;
use super::{INTEGER, TEXTS, VERSION, bindings, objects, whole};
use crate::document::Version::{V2_0, V2_6};
use crate::document::structure::shape::{
    BindingShape, ByValue, Case, Edition, Field, ListShape, ObjectShape, Others, Shape, field, list,
};

const KIND: Field = field("destinationType", TEXT);
const DELIVERY_MODE: Field = field("deliveryMode", Shape::OneOf(&["direct", "persistent"]));
const SUBSCRIPTIONS: Field = field("topicSubscriptions", Shape::List(&TEXTS));
const VPN: Field = field("msgVpn", TEXT);
const NAME: Field = field("name", TEXT);
const ACCESS: Field = field("accessType", Shape::OneOf(&["exclusive", "nonexclusive"]));

/// The destinations of an operation, by the object of their queues.
macro_rules! destinations {
    ($($name:ident $queue:ident;)*) => {$(
        const $name: Field = {
            static BY_KIND: ByValue = ByValue {
                name: "destination of the Solace Operation Binding Object",
                field: "destinationType",
                cases: &[
                    Case { value: "queue", since: V2_0, shape: Shape::Object(&QUEUE) },
                    Case { value: "topic", since: V2_0, shape: Shape::Object(&TOPIC) },
                ],
                otherwise: None,
                absent: None,
            };
            objects! {
                QUEUE "queue destination of the Solace Operation Binding Object" "solace" Tolerated [
                    KIND, DELIVERY_MODE, field("queue", Shape::Object(&$queue)),
                ];
            }
            static DESTINATIONS: ListShape = list(Shape::ByValue(&BY_KIND));
            field("destinations", Shape::List(&DESTINATIONS))
        };
    )*};
}

destinations! {
    DESTINATIONS_2 QUEUE_2;
    DESTINATIONS_3 QUEUE_3;
}

objects! {
    TOPIC "topic destination of the Solace Operation Binding Object" "solace" Tolerated [
        KIND, DELIVERY_MODE, SUBSCRIPTIONS,
    ];
    QUEUE_2 "queue of the Solace Operation Binding Object" "solace" Tolerated [NAME, SUBSCRIPTIONS, ACCESS];
    QUEUE_3 "queue of the Solace Operation Binding Object" "solace" Tolerated [
        NAME, SUBSCRIPTIONS, ACCESS, field("maxTtl", TEXT), field("maxMsgSpoolUsage", TEXT),
    ];
    OPERATION_2 "Solace Operation Binding Object" "solace" Refused [DESTINATIONS_2, VERSION];
    OPERATION_3 "Solace Operation Binding Object" "solace" Refused [DESTINATIONS_3, VERSION];
    OPERATION_4 "Solace Operation Binding Object" "solace" Refused [
        DESTINATIONS_3,
        field("timeToLive", INTEGER),
        field("priority", whole(0, 255)),
        field("dmqEligible", Shape::Boolean),
        VERSION,
    ];
    // The official JSON Schema of this edition, which version 3 of AsyncAPI holds to, has a slip of the pen.
    SERVER_2 "Solace Server Binding Object" "solace" Extensions [field("msvVpn", TEXT), VPN.until(V2_6), VERSION];
    SERVER_3 "Solace Server Binding Object" "solace" Extensions [VPN, VERSION];
    SERVER_4 "Solace Server Binding Object" "solace" Extensions [
        VPN, field("clientName", Shape::Sized { minimum: 1, maximum: 160 }), VERSION,
    ];
}

bindings! {
    SERVER "Solace server binding" in 2 ["0.1.0" Shape::Object(&SERVER_3)]
        in 3 ["0.2.0" Shape::Object(&SERVER_2), "0.3.0" Shape::Object(&SERVER_3), "0.4.0" Shape::Object(&SERVER_4)]
        in 2 [];
    OPERATION "Solace operation binding" in 2 []
        in 3 [
            "0.2.0" Shape::Object(&OPERATION_2), "0.3.0" Shape::Object(&OPERATION_3), "0.4.0" Shape::Object(&OPERATION_4)
        ]
        in 2 [];
}
