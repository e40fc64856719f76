//! How generated code is used, as the documentation shows it, compiles as it is: `tests/goldens.rs` of the library writes it.
#![allow(dead_code, missing_docs, unused_imports)]

#[rustfmt::skip]
#[path = "../snippets/additional_properties.rs"]
mod additional_properties;

#[rustfmt::skip]
#[path = "../snippets/address_parameters.rs"]
mod address_parameters;

#[rustfmt::skip]
#[path = "../snippets/all_of_merged.rs"]
mod all_of_merged;

#[rustfmt::skip]
#[path = "../snippets/amqp_bindings.rs"]
mod amqp_bindings;

#[rustfmt::skip]
#[path = "../snippets/arrays_and_maps.rs"]
mod arrays_and_maps;

#[rustfmt::skip]
#[path = "../snippets/avro_payload.rs"]
mod avro_payload;

#[rustfmt::skip]
#[path = "../snippets/bindings_and_keys.rs"]
mod bindings_and_keys;

#[rustfmt::skip]
#[path = "../snippets/bridge.rs"]
mod bridge;

#[rustfmt::skip]
#[path = "../snippets/builders.rs"]
mod builders;

#[rustfmt::skip]
#[path = "../snippets/cloud_events.rs"]
mod cloud_events;

#[rustfmt::skip]
#[path = "../snippets/colliding_names.rs"]
mod colliding_names;

#[rustfmt::skip]
#[path = "../snippets/defaults.rs"]
mod defaults;

#[rustfmt::skip]
#[path = "../snippets/derived_traits.rs"]
mod derived_traits;

#[rustfmt::skip]
#[path = "../snippets/formats.rs"]
mod formats;

#[rustfmt::skip]
#[path = "../snippets/headers.rs"]
mod headers;

#[rustfmt::skip]
#[path = "../snippets/hostile_text.rs"]
mod hostile_text;

#[rustfmt::skip]
#[path = "../snippets/json_of_other_languages.rs"]
mod json_of_other_languages;

#[rustfmt::skip]
#[path = "../snippets/json_schema.rs"]
mod json_schema;

#[rustfmt::skip]
#[path = "../snippets/keywords_as_names.rs"]
mod keywords_as_names;

#[rustfmt::skip]
#[path = "../snippets/large_integers.rs"]
mod large_integers;

#[rustfmt::skip]
#[path = "../snippets/limits_beyond_floats.rs"]
mod limits_beyond_floats;

#[rustfmt::skip]
#[path = "../snippets/lowered_from_2_6.rs"]
mod lowered_from_2_6;

#[rustfmt::skip]
#[path = "../snippets/mqtt_bindings.rs"]
mod mqtt_bindings;

#[rustfmt::skip]
#[path = "../snippets/no_protocol.rs"]
mod no_protocol;

#[rustfmt::skip]
#[path = "../snippets/optional_and_nullable.rs"]
mod optional_and_nullable;

#[rustfmt::skip]
#[path = "../snippets/prelude_names.rs"]
mod prelude_names;

#[rustfmt::skip]
#[path = "../snippets/protobuf_payload.rs"]
mod protobuf_payload;

#[rustfmt::skip]
#[path = "../snippets/recursion.rs"]
mod recursion;

#[rustfmt::skip]
#[path = "../snippets/replies_are_events.rs"]
mod replies_are_events;

#[rustfmt::skip]
#[path = "../snippets/request_reply.rs"]
mod request_reply;

#[rustfmt::skip]
#[path = "../snippets/security.rs"]
mod security;

#[rustfmt::skip]
#[path = "../snippets/security_of_2_6.rs"]
mod security_of_2_6;

#[rustfmt::skip]
#[path = "../snippets/self_applying.rs"]
mod self_applying;

#[rustfmt::skip]
#[path = "../snippets/several_messages.rs"]
mod several_messages;

#[rustfmt::skip]
#[path = "../snippets/several_protocols.rs"]
mod several_protocols;

#[rustfmt::skip]
#[path = "../snippets/string_enum_with_odd_names.rs"]
mod string_enum_with_odd_names;

#[rustfmt::skip]
#[path = "../snippets/tagged_union.rs"]
mod tagged_union;

#[rustfmt::skip]
#[path = "../snippets/testing_module.rs"]
mod testing_module;

#[rustfmt::skip]
#[path = "../snippets/traits_applied.rs"]
mod traits_applied;

#[rustfmt::skip]
#[path = "../snippets/tuples.rs"]
mod tuples;

#[rustfmt::skip]
#[path = "../snippets/untagged_union.rs"]
mod untagged_union;
