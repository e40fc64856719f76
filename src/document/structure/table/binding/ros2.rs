//! ROS 2.

use super::super::TEXT;
use super::{INTEGER, VERSION, bindings, objects, whole};
use crate::document::structure::shape::{BindingShape, Edition, ObjectShape, Others, Shape, field};

const ROLES: Shape =
    Shape::OneOf(&["publisher", "action_client", "service_client", "subscriber", "action_server", "service_server"]);

objects! {
    SERVER_OBJECT "ROS 2 Server Binding Object" "ros2" Tolerated [
        field("rmwImplementation", TEXT), field("domainId", whole(0, 231)), VERSION,
    ];
    OPERATION_OBJECT "ROS 2 Operation Binding Object" "ros2" Extensions [
        field("role", ROLES).required(),
        field("node", TEXT).required(),
        field("qosPolicies", Shape::Object(&QUALITY)),
        VERSION,
    ];
    QUALITY "ROS 2 Quality of Service Policy Object" "ros2" Tolerated [
        // The official schema misspells the second word, and only that.
        field("reliability", Shape::OneOf(&["best_effort", "reliable", "realiable"])),
        field("history", Shape::OneOf(&["keep_last", "keep_all", "unknown"])),
        field("durability", Shape::OneOf(&["transient_local", "volatile"])),
        field("lifespan", INTEGER),
        field("deadline", INTEGER),
        field("liveliness", Shape::OneOf(&["automatic", "manual"])),
        field("leaseDuration", INTEGER),
    ];
}

bindings! {
    SERVER "ROS 2 server binding" in 2 [] in 3 ["0.1.0" Shape::Object(&SERVER_OBJECT)] in 2 [];
    OPERATION "ROS 2 operation binding" in 2 [] in 3 ["0.1.0" Shape::Object(&OPERATION_OBJECT)] in 2 [];
}
