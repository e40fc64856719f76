//! What every transport must do, alone and under a service.
//!
//! In: a [`Factory`] of transports. Out: passing tests, or the first promise that was broken. Every test uses channels of
//! its own, so that one broker can serve them all; a test skips what the transport's capabilities exclude.

// Each test binary uses its own part of this.
#![allow(dead_code, unused_imports, unused_macros)]

mod hostile;
mod requests;
mod service;
mod spans;
mod support;
mod traces;
mod transport;

pub use hostile::*;
pub use requests::*;
pub use service::*;
pub use spans::*;
pub use support::*;
pub use traces::*;
pub use transport::*;

/// One test for each function of the suite: `conformance!(tokio::test(start_paused = true), factory())`. Several
/// attributes go in brackets, `[#[tokio::test] #[ignore]]`; `only [..], factory(); name,` takes some of the functions.
macro_rules! conformance {
    (@one [$(#[$attribute:meta])+], $factory:expr, $name:ident) => {
        $(#[$attribute])+
        async fn $name() {
            conformance::$name(&$factory).await;
        }
    };
    (only $attributes:tt, $factory:expr; $($name:ident,)+) => {
        $(conformance!(@one $attributes, $factory, $name);)+
    };
    ([$($attributes:tt)+], $factory:expr) => {
        conformance!(only [$($attributes)+], $factory;
            publish_reaches_every_group_and_members_compete,
            members_share_the_work,
            message_travels_whole,
            payloads_of_any_size_travel,
            odd_headers_travel_or_are_refused,
            rejected_comes_again_after_the_delay,
            dropped_unsettled_comes_again,
            trap_12_room_is_respected,
            keyed_messages_wait_for_the_one_before,
            parameters_select_addresses,
            fails_twice_then_succeeds,
            poison_becomes_a_dead_letter_unchanged,
            permanent_is_not_retried,
            trap_4_undecodable_is_buried_at_once_and_the_consumer_goes_on,
            panic_is_caught_retried_and_buried,
            slow_handler_is_timed_out,
            trap_1_a_failure_releases_the_claim,
            trap_2_what_was_committed_is_not_handled_again,
            trap_2_what_dies_before_the_acknowledgement_has_no_second_effect,
            trap_3_an_unconfirmed_dead_letter_leaves_the_source,
            what_others_handle_is_waited_for,
            dead_letters_go_back_as_they_were,
            keyed_order_survives_retries,
            concurrency_bounds_what_is_in_flight,
            two_services_of_one_process_are_apart,
            trap_11_the_publishers_span_is_the_parent_of_the_consumers,
            trap_11_without_a_valid_header_a_new_trace_begins,
            a_trace_goes_through_where_nobody_listens,
            trap_10_shutdown_loses_nothing,
            trap_10_shutdown_gives_back_after_the_deadline,
            trap_13_concurrent_replies_are_matched,
            trap_13_a_late_reply_is_ignored,
            trap_13_nobody_answers_past_the_deadline,
        );
    };
    ($test:meta, $factory:expr) => {
        conformance!([#[$test]], $factory);
    };
}
