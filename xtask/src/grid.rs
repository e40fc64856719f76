//! `cargo xtask grid`: which transport is tested for what, and why not where it is not.
//!
//! In: the tests of the runtime, and the sentences below. Out: three tables in Markdown. What always holds: every cell is a
//! test that exists, or a sentence; a property of the suite that a transport does not run, or a trap that it has no test of, and
//! nobody says why, is an error.

use crate::{Outcome, root};

/// A transport, and where its tests are.
struct Transport {
    name: &'static str,
    /// The test file of the runtime.
    file: &'static str,
    /// The module that runs the suite; empty where the file itself does.
    module: &'static str,
    /// What the suite does not show of it, and why.
    without: &'static [(&'static str, &'static str)],
    /// The cells of the grid, by [`ASPECTS`].
    aspects: [Cell; 5],
}

impl Transport {
    /// Whether the tests of its file that are not of the suite are about it: not those of core NATS, which shares a file.
    fn has_own_tests(&self) -> bool {
        self.module != "core"
    }
}

/// A cell of the grid.
enum Cell {
    /// A test in the transport's file.
    Test(&'static str),
    /// A test of the suite.
    Suite(&'static str),
    /// Why there is none.
    None(&'static str),
}

use Cell::{None as Reason, Suite, Test};

const ASPECTS: [&str; 5] = ["TLS", "password or token", "wildcard", "declare", "redrive"];
const WILDCARD: Cell = Suite("parameters_select_addresses");
const REDRIVE: Cell = Suite("dead_letters_go_back_as_they_were");
const NO_NETWORK: Cell = Reason("it is in this process: nothing travels, nobody else connects");

/// Where order by key is not the broker's, but the consumer's.
const LANES: (&str, &str) = (
    "keyed_messages_wait_for_the_one_before",
    "the broker does not hold messages back by key; the consumer does (`keyed_order_survives_retries`)",
);
const BY_CONNECTION: &str = "a reply goes over the connection that asked, which a relay does not keep apart; \
    shown over a hub (`concurrent_replies_are_matched_and_reach_nobody_else`, \
    `a_late_reply_is_ignored_and_nobody_answers_past_the_deadline`)";
/// Where the delay of a retry is not the broker's.
const DELAYED: (&str, &str) = (
    "rejected_comes_again_after_the_delay",
    "the broker keeps no delay; the consumer holds the delivery meanwhile (`fails_twice_then_succeeds`)",
);
const EVERYBODY: &str = "there are no groups: everybody who listens gets everything";
const AT_MOST_ONCE: &str = "it delivers at most once: nothing comes again, and nothing is kept";
const NO_HEADERS: &str = "without headers there are no keys, ids or reasons; the envelope carries them (the row above)";

/// What went wrong elsewhere and must not here: tests are named `trap_` and the number.
struct Trap {
    number: u8,
    sentence: &'static str,
    /// The words in the names of the transports that it is about, and why it is about no other; all, where there are none.
    about: (&'static [&'static str], &'static str),
}

const EVERYWHERE: (&[&str], &str) = (&[], "");

/// 9, 13 and 14 are about other things than receiving from brokers.
static TRAPS: [Trap; 11] = [
    Trap {
        number: 1,
        sentence: "a failure keeps the claim, and the redelivery counts as a duplicate",
        about: EVERYWHERE,
    },
    Trap { number: 2, sentence: "a process dies between its success and the acknowledgement", about: EVERYWHERE },
    Trap { number: 3, sentence: "a message is acknowledged whose dead letter nobody has", about: EVERYWHERE },
    Trap { number: 4, sentence: "what cannot be decoded stops the consumer, or is retried", about: EVERYWHERE },
    Trap {
        number: 5,
        sentence: "an offset is committed past an unfinished one",
        about: (&["Kafka"], "it has no offsets that are committed"),
    },
    Trap {
        number: 6,
        sentence: "the broker counts from 0, and attempts from 1",
        about: (&["RabbitMQ"], "no broker's limit of deliveries counts here"),
    },
    Trap {
        number: 7,
        sentence: "a delay beyond the broker's wait delivers twice",
        about: (&["JetStream"], "the broker does not wait for an acknowledgement by the clock of a message"),
    },
    Trap {
        number: 8,
        sentence: "what a process held that died never comes again",
        about: (
            &["MQTT", "Redis streams"],
            "a session is MQTT's, and claiming what others hold Redis'; elsewhere trap 2 shows it",
        ),
    },
    Trap { number: 10, sentence: "a signal loses what is in flight, or is ignored", about: EVERYWHERE },
    Trap { number: 11, sentence: "a trace ends at the broker, or a malformed header is believed", about: EVERYWHERE },
    Trap { number: 12, sentence: "a slow consumer is given more than it can hold", about: EVERYWHERE },
];

static TRANSPORTS: [Transport; 12] = [
    Transport {
        name: "memory",
        file: "memory.rs",
        module: "",
        without: &[],
        aspects: [NO_NETWORK, NO_NETWORK, WILDCARD, Reason("a group exists from its first subscription on"), REDRIVE],
    },
    Transport {
        name: "NATS JetStream",
        file: "nats.rs",
        module: "jetstream",
        without: &[LANES],
        aspects: [
            Test("tls_is_demanded_and_its_root_is_trusted"),
            Test("credentials_are_needed_and_never_shown"),
            WILDCARD,
            Test("a_missing_stream_or_consumer_is_named_with_its_remedy"),
            REDRIVE,
        ],
    },
    Transport {
        name: "NATS core",
        file: "nats.rs",
        module: "core",
        without: &[
            ("publish_reaches_every_group_and_members_compete", "shown by `each_group_sees_a_message_once`"),
            ("members_share_the_work", "the server picks members at random: shown by `each_group_sees_a_message_once`"),
            ("rejected_comes_again_after_the_delay", AT_MOST_ONCE),
            ("dropped_unsettled_comes_again", AT_MOST_ONCE),
            ("trap_12_room_is_respected", "there is nothing to settle; what is too much is dropped, with a warning"),
            LANES,
            ("trap_1_a_failure_releases_the_claim", AT_MOST_ONCE),
            ("trap_2_what_was_committed_is_not_handled_again", AT_MOST_ONCE),
            ("trap_2_what_dies_before_the_acknowledgement_has_no_second_effect", AT_MOST_ONCE),
            ("trap_3_an_unconfirmed_dead_letter_leaves_the_source", AT_MOST_ONCE),
            ("what_others_handle_is_waited_for", AT_MOST_ONCE),
            ("dead_letters_go_back_as_they_were", AT_MOST_ONCE),
            ("trap_10_shutdown_loses_nothing", AT_MOST_ONCE),
            ("trap_10_shutdown_gives_back_after_the_deadline", AT_MOST_ONCE),
        ],
        aspects: [
            Test("tls_is_demanded_and_its_root_is_trusted"),
            Test("credentials_are_needed_and_never_shown"),
            WILDCARD,
            Reason("there is nothing to declare: a subject is there when somebody subscribes"),
            Reason("it keeps no messages, so no dead letters either"),
        ],
    },
    Transport {
        name: "Kafka",
        file: "kafka.rs",
        module: "suite",
        without: &[LANES],
        aspects: [
            Test("tls_with_every_kind_of_password_and_an_expired_certificate"),
            Test("a_wrong_password_is_refused_and_the_right_one_is_not"),
            WILDCARD,
            Test("a_missing_topic_is_named_with_what_to_do"),
            REDRIVE,
        ],
    },
    Transport {
        name: "RabbitMQ",
        file: "amqp.rs",
        module: "suite",
        without: &[LANES],
        aspects: [
            Test("tls_is_demanded_and_a_certificate_says_who_it_is"),
            Test("a_wrong_password_is_refused_and_the_right_one_is_not"),
            WILDCARD,
            Test("what_is_missing_is_named_with_what_to_do"),
            REDRIVE,
        ],
    },
    Transport {
        name: "Redis streams",
        file: "redis.rs",
        module: "streams",
        without: &[DELAYED, LANES],
        aspects: REDIS,
    },
    Transport {
        name: "Redis streams, ordered by key",
        file: "redis.rs",
        module: "in_order",
        without: &[DELAYED, LANES],
        aspects: REDIS,
    },
    Transport {
        name: "Redis publish/subscribe",
        file: "redis.rs",
        module: "published",
        without: &[
            ("publish_reaches_every_group_and_members_compete", EVERYBODY),
            ("members_share_the_work", EVERYBODY),
            ("rejected_comes_again_after_the_delay", AT_MOST_ONCE),
            ("dropped_unsettled_comes_again", AT_MOST_ONCE),
            (
                "trap_12_room_is_respected",
                "there is nothing to settle; what is too much is dropped, with a warning \
                 (`published_messages_reach_all_who_listen_and_nobody_later`)",
            ),
            LANES,
            ("trap_1_a_failure_releases_the_claim", AT_MOST_ONCE),
            ("trap_2_what_was_committed_is_not_handled_again", AT_MOST_ONCE),
            ("trap_2_what_dies_before_the_acknowledgement_has_no_second_effect", AT_MOST_ONCE),
            ("trap_3_an_unconfirmed_dead_letter_leaves_the_source", AT_MOST_ONCE),
            ("what_others_handle_is_waited_for", AT_MOST_ONCE),
            ("dead_letters_go_back_as_they_were", AT_MOST_ONCE),
            ("trap_10_shutdown_loses_nothing", AT_MOST_ONCE),
            ("trap_10_shutdown_gives_back_after_the_deadline", AT_MOST_ONCE),
        ],
        aspects: [
            Test("tls_is_demanded_and_both_sides_show_certificates"),
            Test("a_wrong_password_is_refused_and_the_right_one_is_not"),
            WILDCARD,
            Reason("there is nothing to declare: a channel is there when somebody listens"),
            Reason("it keeps no messages, so no dead letters either"),
        ],
    },
    Transport {
        name: "WebSocket",
        file: "ws/main.rs",
        module: "relayed",
        without: &[
            ("publish_reaches_every_group_and_members_compete", EVERYBODY),
            ("members_share_the_work", EVERYBODY),
            ("rejected_comes_again_after_the_delay", AT_MOST_ONCE),
            ("dropped_unsettled_comes_again", AT_MOST_ONCE),
            (
                "trap_12_room_is_respected",
                "there is nothing to settle; a side that does not read is ended or misses messages \
                 (`a_slow_client_is_ended_or_misses_messages_and_others_do_not_notice`)",
            ),
            LANES,
            ("parameters_select_addresses", "a connection has one address"),
            ("trap_1_a_failure_releases_the_claim", AT_MOST_ONCE),
            ("trap_2_what_was_committed_is_not_handled_again", AT_MOST_ONCE),
            ("trap_2_what_dies_before_the_acknowledgement_has_no_second_effect", AT_MOST_ONCE),
            ("trap_3_an_unconfirmed_dead_letter_leaves_the_source", AT_MOST_ONCE),
            ("what_others_handle_is_waited_for", AT_MOST_ONCE),
            ("dead_letters_go_back_as_they_were", AT_MOST_ONCE),
            ("trap_10_shutdown_loses_nothing", AT_MOST_ONCE),
            ("trap_10_shutdown_gives_back_after_the_deadline", AT_MOST_ONCE),
            ("trap_13_concurrent_replies_are_matched", BY_CONNECTION),
            ("trap_13_a_late_reply_is_ignored", BY_CONNECTION),
            ("trap_13_nobody_answers_past_the_deadline", BY_CONNECTION),
        ],
        aspects: [
            Test("tls_is_trusted_by_its_root_alone"),
            Test("who_shows_no_token_or_a_wrong_one_is_refused_at_the_upgrade"),
            Reason("a connection has one address, and routes take those of their channel"),
            Reason("there is nothing to declare: routes are in the program"),
            Reason("it keeps no messages, so no dead letters either"),
        ],
    },
    Transport { name: "MQTT 5", file: "mqtt.rs", module: "version_5", without: &[LANES], aspects: MQTT },
    Transport {
        name: "MQTT 3.1.1 with envelopes",
        file: "mqtt.rs",
        module: "version_3_1_1_with_envelopes",
        without: &[LANES],
        aspects: MQTT,
    },
    Transport {
        name: "MQTT 3.1.1",
        file: "mqtt.rs",
        module: "version_3_1_1",
        without: &[
            ("publish_reaches_every_group_and_members_compete", "the protocol has no shared subscriptions"),
            ("members_share_the_work", "the protocol has no shared subscriptions"),
            ("message_travels_whole", NO_HEADERS),
            ("odd_headers_travel_or_are_refused", NO_HEADERS),
            ("dropped_unsettled_comes_again", NO_HEADERS),
            LANES,
            ("poison_becomes_a_dead_letter_unchanged", NO_HEADERS),
            ("trap_2_what_was_committed_is_not_handled_again", NO_HEADERS),
            ("trap_2_what_dies_before_the_acknowledgement_has_no_second_effect", NO_HEADERS),
            ("trap_3_an_unconfirmed_dead_letter_leaves_the_source", NO_HEADERS),
            ("what_others_handle_is_waited_for", NO_HEADERS),
            ("dead_letters_go_back_as_they_were", NO_HEADERS),
            ("keyed_order_survives_retries", NO_HEADERS),
            ("trap_11_the_publishers_span_is_the_parent_of_the_consumers", NO_HEADERS),
            ("trap_11_without_a_valid_header_a_new_trace_begins", NO_HEADERS),
            ("a_trace_goes_through_where_nobody_listens", NO_HEADERS),
            ("trap_13_concurrent_replies_are_matched", NO_HEADERS),
            ("trap_13_a_late_reply_is_ignored", NO_HEADERS),
            ("trap_13_nobody_answers_past_the_deadline", NO_HEADERS),
        ],
        aspects: [
            Test("certificates_are_checked_on_both_sides"),
            Test("a_wrong_password_is_refused_and_the_right_one_is_not"),
            WILDCARD,
            Reason("topics are there when somebody publishes"),
            Reason(NO_HEADERS),
        ],
    },
];

const REDIS: [Cell; 5] = [
    Test("tls_is_demanded_and_both_sides_show_certificates"),
    Test("a_wrong_password_is_refused_and_the_right_one_is_not"),
    WILDCARD,
    Test("what_is_missing_is_named_with_what_to_do"),
    REDRIVE,
];

const MQTT: [Cell; 5] = [
    Test("certificates_are_checked_on_both_sides"),
    Test("a_wrong_password_is_refused_and_the_right_one_is_not"),
    WILDCARD,
    Test("letters_are_kept_for_a_redrive_where_that_is_declared"),
    REDRIVE,
];

/// Runs the task.
pub fn run() -> Outcome {
    let read = |file: &str| {
        let path = root().join("runtime/tests").join(file);
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let properties = names(&read("conformance/mod.rs")?, "([$($attributes:tt)+], $factory:expr)");
    if properties.is_empty() {
        return Err("the suite has no list of its tests any more".to_owned());
    }
    let mut faults = Vec::new();
    let mut columns = Vec::new();
    let mut traps = Vec::new();
    for transport in &TRANSPORTS {
        let text = read(transport.file)?;
        let module = text.split_once(&format!("mod {} {{", transport.module)).map_or(text.as_str(), |(_, rest)| rest);
        let listed = names(module, "conformance!(only");
        let whole = module
            .find("conformance!(")
            .is_some_and(|at| !module.get(at..).unwrap_or_default().starts_with("conformance!(only"));
        let column: Vec<String> = properties
            .iter()
            .map(|property| {
                let reason = transport.without.iter().find(|(name, _)| name == property).map(|(_, reason)| *reason);
                match reason {
                    Some(reason) => reason.to_owned(),
                    None if whole || listed.contains(property) => "yes".to_owned(),
                    None => {
                        faults.push(format!("{} does not run `{property}`, and nobody says why", transport.name));
                        "?".to_owned()
                    }
                }
            })
            .collect();
        traps.push(of_traps(transport, &text, properties.iter().zip(&column), &mut faults));
        columns.push(column);
        for cell in &transport.aspects {
            match cell {
                Test(name) if !text.contains(&format!("fn {name}(")) => {
                    faults.push(format!("{}: {} has no test `{name}`", transport.name, transport.file));
                }
                Suite(name) if !properties.iter().any(|property| property == name) => {
                    faults.push(format!("{}: the suite has no test `{name}`", transport.name));
                }
                _ => (),
            }
        }
    }
    let heads: Vec<&str> = TRANSPORTS.iter().map(|transport| transport.name).collect();
    println!("| property | {} |\n|{}", heads.join(" | "), " --- |".repeat(heads.len() + 1));
    for (number, property) in properties.iter().enumerate() {
        let cells: Vec<&str> = columns.iter().filter_map(|column| column.get(number)).map(String::as_str).collect();
        println!("| `{property}` | {} |", cells.join(" | "));
    }
    println!("\n| trap | {} |\n|{}", heads.join(" | "), " --- |".repeat(heads.len() + 1));
    for (number, trap) in TRAPS.iter().enumerate() {
        let cells: Vec<&str> = traps.iter().filter_map(|column| column.get(number)).map(String::as_str).collect();
        println!("| {}: {} | {} |", trap.number, trap.sentence, cells.join(" | "));
    }
    println!("\n| protocol | {} |\n|{}", ASPECTS.join(" | "), " --- |".repeat(ASPECTS.len() + 1));
    for transport in &TRANSPORTS {
        let cells: Vec<String> = transport.aspects.iter().map(shown).collect();
        println!("| {} | {} |", transport.name, cells.join(" | "));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// The cell of each trap for one transport: its tests in the suite, as far as it runs them, and in its own file; or why there
/// is none.
fn of_traps<'p>(
    transport: &Transport,
    text: &str,
    properties: impl Iterator<Item = (&'p String, &'p String)> + Clone,
    faults: &mut Vec<String>,
) -> Vec<String> {
    let cell = |trap: &Trap| {
        let mark = format!("trap_{}_", trap.number);
        let in_suite = properties.clone().filter(|(name, cell)| name.starts_with(&mark) && *cell == "yes");
        let own = text.lines().filter_map(|line| line.trim().strip_prefix("async fn ")?.split('(').next());
        // A file may be about several transports: its module alone is this one's where it names another.
        let own = own.filter(|name| name.starts_with(&mark) && transport.has_own_tests());
        let tests: Vec<String> =
            in_suite.map(|(name, _)| name.as_str()).chain(own).map(|name| format!("`{name}`")).collect();
        if !tests.is_empty() {
            return Ok(tests.join(", "));
        }
        let (about, reason) = trap.about;
        if !about.is_empty() && !about.iter().any(|word| transport.name.contains(word)) {
            return Ok(reason.to_owned());
        }
        let left_out = transport.without.iter().find(|(name, _)| name.starts_with(&mark));
        left_out.map(|(_, reason)| (*reason).to_owned()).ok_or_else(|| {
            format!("{} has no test of trap {} ({}), and nobody says why", transport.name, trap.number, trap.sentence)
        })
    };
    TRAPS
        .iter()
        .map(|trap| {
            cell(trap).unwrap_or_else(|fault| {
                faults.push(fault);
                "?".to_owned()
            })
        })
        .collect()
}

fn shown(cell: &Cell) -> String {
    match cell {
        Test(name) | Suite(name) => format!("`{name}`"),
        Reason(sentence) => (*sentence).to_owned(),
    }
}

/// The names in the list that follows `mark`: lines of one identifier each, up to the end of the macro's call.
fn names(text: &str, mark: &str) -> Vec<String> {
    let Some((_, behind)) = text.split_once(mark) else { return Vec::new() };
    let lines = behind.lines().skip(1).map(str::trim).take_while(|line| *line != ");");
    let lines = lines.filter_map(|line| line.strip_suffix(','));
    let plain = |name: &&str| name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    lines.filter(plain).map(str::to_owned).collect()
}
