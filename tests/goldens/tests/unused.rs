//! The same code in modules that nobody can reach and nobody uses, as in a program that needs only a part of its document:
//! it warns of nothing.
#![deny(warnings)]

#[rustfmt::skip]
#[path = "../additional_properties.rs"]
mod additional_properties;

#[rustfmt::skip]
#[path = "../address_parameters.rs"]
mod address_parameters;

#[rustfmt::skip]
#[path = "../all_of_merged.rs"]
mod all_of_merged;

#[rustfmt::skip]
#[path = "../amqp_bindings.rs"]
mod amqp_bindings;

#[rustfmt::skip]
#[path = "../arrays_and_maps.rs"]
mod arrays_and_maps;

#[rustfmt::skip]
#[path = "../avro_payload.rs"]
mod avro_payload;

#[rustfmt::skip]
#[path = "../bindings_and_keys.rs"]
mod bindings_and_keys;

#[rustfmt::skip]
#[path = "../bridge.rs"]
mod bridge;

#[rustfmt::skip]
#[path = "../builders.rs"]
mod builders;

#[rustfmt::skip]
#[path = "../cloud_events.rs"]
mod cloud_events;

#[rustfmt::skip]
#[path = "../colliding_names.rs"]
mod colliding_names;

#[rustfmt::skip]
#[path = "../defaults.rs"]
mod defaults;

#[rustfmt::skip]
#[path = "../derived_traits.rs"]
mod derived_traits;

#[rustfmt::skip]
#[path = "../formats.rs"]
mod formats;

#[rustfmt::skip]
#[path = "../headers.rs"]
mod headers;

#[rustfmt::skip]
#[path = "../hostile_text.rs"]
mod hostile_text;

#[rustfmt::skip]
#[path = "../json_of_other_languages.rs"]
mod json_of_other_languages;

#[rustfmt::skip]
#[path = "../json_schema.rs"]
mod json_schema;

#[rustfmt::skip]
#[path = "../keywords_as_names.rs"]
mod keywords_as_names;

#[rustfmt::skip]
#[path = "../large_integers.rs"]
mod large_integers;

#[rustfmt::skip]
#[path = "../limits_beyond_floats.rs"]
mod limits_beyond_floats;

#[rustfmt::skip]
#[path = "../lowered_from_2_6.rs"]
mod lowered_from_2_6;

#[rustfmt::skip]
#[path = "../mqtt_bindings.rs"]
mod mqtt_bindings;

#[rustfmt::skip]
#[path = "../no_protocol.rs"]
mod no_protocol;

#[rustfmt::skip]
#[path = "../optional_and_nullable.rs"]
mod optional_and_nullable;

#[rustfmt::skip]
#[path = "../prelude_names.rs"]
mod prelude_names;

#[rustfmt::skip]
#[path = "../protobuf_payload.rs"]
mod protobuf_payload;

#[rustfmt::skip]
#[path = "../recursion.rs"]
mod recursion;

#[rustfmt::skip]
#[path = "../replies_are_events.rs"]
mod replies_are_events;

#[rustfmt::skip]
#[path = "../request_reply.rs"]
mod request_reply;

#[rustfmt::skip]
#[path = "../security.rs"]
mod security;

#[rustfmt::skip]
#[path = "../security_of_2_6.rs"]
mod security_of_2_6;

#[rustfmt::skip]
#[path = "../self_applying.rs"]
mod self_applying;

#[rustfmt::skip]
#[path = "../several_messages.rs"]
mod several_messages;

#[rustfmt::skip]
#[path = "../several_protocols.rs"]
mod several_protocols;

#[rustfmt::skip]
#[path = "../string_enum_with_odd_names.rs"]
mod string_enum_with_odd_names;

#[rustfmt::skip]
#[path = "../tagged_union.rs"]
mod tagged_union;

#[rustfmt::skip]
#[path = "../testing_module.rs"]
mod testing_module;

#[rustfmt::skip]
#[path = "../traits_applied.rs"]
mod traits_applied;

#[rustfmt::skip]
#[path = "../tuples.rs"]
mod tuples;

#[rustfmt::skip]
#[path = "../untagged_union.rs"]
mod untagged_union;
