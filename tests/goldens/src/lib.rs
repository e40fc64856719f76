//! Code that is generated of small documents, each named after what it shows or the fault it once had. It compiles without
//! a warning, documented, as it is: `tests/goldens.rs` of the library writes it.
#![deny(warnings)]
#![deny(missing_docs)]

/// `additional_properties.yaml`
#[rustfmt::skip]
#[path = "../additional_properties.rs"]
pub mod additional_properties;

/// `address_parameters.yaml`
#[rustfmt::skip]
#[path = "../address_parameters.rs"]
pub mod address_parameters;

/// `all_of_merged.yaml`
#[rustfmt::skip]
#[path = "../all_of_merged.rs"]
pub mod all_of_merged;

/// `amqp_bindings.yaml`
#[rustfmt::skip]
#[path = "../amqp_bindings.rs"]
pub mod amqp_bindings;

/// `arrays_and_maps.yaml`
#[rustfmt::skip]
#[path = "../arrays_and_maps.rs"]
pub mod arrays_and_maps;

/// `avro_payload.yaml`
#[rustfmt::skip]
#[path = "../avro_payload.rs"]
pub mod avro_payload;

/// `bindings_and_keys.yaml`
#[rustfmt::skip]
#[path = "../bindings_and_keys.rs"]
pub mod bindings_and_keys;

/// `bridge.yaml`
#[rustfmt::skip]
#[path = "../bridge.rs"]
pub mod bridge;

/// `builders.yaml`
#[rustfmt::skip]
#[path = "../builders.rs"]
pub mod builders;

/// `cloud_events.yaml`
#[rustfmt::skip]
#[path = "../cloud_events.rs"]
pub mod cloud_events;

/// `colliding_names.yaml`
#[rustfmt::skip]
#[path = "../colliding_names.rs"]
pub mod colliding_names;

/// `defaults.yaml`
#[rustfmt::skip]
#[path = "../defaults.rs"]
pub mod defaults;

/// `derived_traits.yaml`
#[rustfmt::skip]
#[path = "../derived_traits.rs"]
pub mod derived_traits;

/// `formats.yaml`
#[rustfmt::skip]
#[path = "../formats.rs"]
pub mod formats;

/// `headers.yaml`
#[rustfmt::skip]
#[path = "../headers.rs"]
pub mod headers;

/// `hostile_text.yaml`
#[rustfmt::skip]
#[path = "../hostile_text.rs"]
pub mod hostile_text;

/// `json_of_other_languages.yaml`
#[rustfmt::skip]
#[path = "../json_of_other_languages.rs"]
pub mod json_of_other_languages;

/// `json_schema.yaml`
#[rustfmt::skip]
#[path = "../json_schema.rs"]
pub mod json_schema;

/// `keywords_as_names.yaml`
#[rustfmt::skip]
#[path = "../keywords_as_names.rs"]
pub mod keywords_as_names;

/// `large_integers.yaml`
#[rustfmt::skip]
#[path = "../large_integers.rs"]
pub mod large_integers;

/// `limits_beyond_floats.yaml`
#[rustfmt::skip]
#[path = "../limits_beyond_floats.rs"]
pub mod limits_beyond_floats;

/// `lowered_from_2_6.yaml`
#[rustfmt::skip]
#[path = "../lowered_from_2_6.rs"]
pub mod lowered_from_2_6;

/// `mqtt_bindings.yaml`
#[rustfmt::skip]
#[path = "../mqtt_bindings.rs"]
pub mod mqtt_bindings;

/// `no_protocol.yaml`
#[rustfmt::skip]
#[path = "../no_protocol.rs"]
pub mod no_protocol;

/// `optional_and_nullable.yaml`
#[rustfmt::skip]
#[path = "../optional_and_nullable.rs"]
pub mod optional_and_nullable;

/// `prelude_names.yaml`
#[rustfmt::skip]
#[path = "../prelude_names.rs"]
pub mod prelude_names;

/// `protobuf_payload.yaml`
#[rustfmt::skip]
#[path = "../protobuf_payload.rs"]
pub mod protobuf_payload;

/// `recursion.yaml`
#[rustfmt::skip]
#[path = "../recursion.rs"]
pub mod recursion;

/// `replies_are_events.yaml`
#[rustfmt::skip]
#[path = "../replies_are_events.rs"]
pub mod replies_are_events;

/// `request_reply.yaml`
#[rustfmt::skip]
#[path = "../request_reply.rs"]
pub mod request_reply;

/// `security.yaml`
#[rustfmt::skip]
#[path = "../security.rs"]
pub mod security;

/// `security_of_2_6.yaml`
#[rustfmt::skip]
#[path = "../security_of_2_6.rs"]
pub mod security_of_2_6;

/// `self_applying.yaml`
#[rustfmt::skip]
#[path = "../self_applying.rs"]
pub mod self_applying;

/// `several_messages.yaml`
#[rustfmt::skip]
#[path = "../several_messages.rs"]
pub mod several_messages;

/// `several_protocols.yaml`
#[rustfmt::skip]
#[path = "../several_protocols.rs"]
pub mod several_protocols;

/// `string_enum_with_odd_names.yaml`
#[rustfmt::skip]
#[path = "../string_enum_with_odd_names.rs"]
pub mod string_enum_with_odd_names;

/// `tagged_union.yaml`
#[rustfmt::skip]
#[path = "../tagged_union.rs"]
pub mod tagged_union;

/// `testing_module.yaml`
#[rustfmt::skip]
#[path = "../testing_module.rs"]
pub mod testing_module;

/// `together/`
#[path = "../together/mod.rs"]
pub mod together;

/// `traits_applied.yaml`
#[rustfmt::skip]
#[path = "../traits_applied.rs"]
pub mod traits_applied;

/// `tuples.yaml`
#[rustfmt::skip]
#[path = "../tuples.rs"]
pub mod tuples;

/// `untagged_union.yaml`
#[rustfmt::skip]
#[path = "../untagged_union.rs"]
pub mod untagged_union;
