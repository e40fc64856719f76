//! The rules, as data: what changed, and whom that hurts.
//!
//! Old and new describe the same application, and everybody else still works by the old document: producers, who write
//! what the application receives, and consumers, who read what it sends.

use super::Effect;
use super::Judgement::{self, Always, Backward, Forward};
use Effect::{Breaking, Note, Safe, Unknown};

/// One kind of change. [`RULES`] has them all.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable id.
    pub id: &'static str,
    /// The effect on a producer that stays as it is.
    pub producers: Judgement,
    /// The effect on a consumer that stays as it is.
    pub consumers: Judgement,
    /// What changed.
    pub sentence: &'static str,
    /// The part of the specification that it is about.
    pub link: &'static str,
}

const SERVER: &str = "https://www.asyncapi.com/docs/reference/specification/v3.1.0#serverObject";
const CHANNEL: &str = "https://www.asyncapi.com/docs/reference/specification/v3.1.0#channelObject";
const OPERATION: &str = "https://www.asyncapi.com/docs/reference/specification/v3.1.0#operationObject";
const MESSAGE: &str = "https://www.asyncapi.com/docs/reference/specification/v3.1.0#messageObject";
const INFO: &str = "https://www.asyncapi.com/docs/reference/specification/v3.1.0#infoObject";
const SCHEMA_FORMATS: &str =
    "https://www.asyncapi.com/docs/reference/specification/v3.1.0#messageObjectSchemaFormatTable";

/// Defines the rules and the table of all of them.
macro_rules! rules {
    ($($name:ident = $id:literal, $producers:expr, $consumers:expr, $link:expr, $sentence:literal;)*) => {
        $(
            #[doc = $sentence]
            pub static $name: Rule = Rule {
                id: $id,
                producers: $producers,
                consumers: $consumers,
                sentence: $sentence,
                link: $link,
            };
        )*

        /// Every rule, by id.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    CHANNEL_ADDED = "CHN-01", Always(Safe), Always(Safe), CHANNEL, "A channel was added.";
    CHANNEL_REMOVED = "CHN-02", Always(Breaking), Always(Breaking), CHANNEL, "A channel was removed.";
    ADDRESS_CHANGED = "CHN-03", Always(Breaking), Always(Breaking), CHANNEL, "The address of a channel changed.";
    CHANNEL_RENAMED = "CHN-04", Always(Note), Always(Note), CHANNEL, "The key of a channel changed, its address did not.";
    ADDRESS_UNKNOWN = "CHN-05", Always(Unknown), Always(Unknown), CHANNEL, "The address of a channel is known in one document only.";
    VERSION_KEPT = "DOC-03", Always(Note), Always(Note), INFO, "Something breaks, and `info.version` is the same.";
    CONTENT_TYPE_CHANGED = "FMT-01", Always(Breaking), Always(Breaking), MESSAGE, "The content type of a message changed.";
    LANGUAGE_CHANGED = "FMT-03", Always(Breaking), Always(Breaking), SCHEMA_FORMATS, "The payload is described in a schema language of another family.";
    LANGUAGE_UNREAD = "FMT-06", Always(Unknown), Always(Unknown), SCHEMA_FORMATS, "A schema in a language that is not compared changed.";
    HEADERS_CHANGED = "HDR-01", Backward, Forward, MESSAGE, "The headers of a message changed.";
    MESSAGE_ADDED_TO_RECEIVE = "MSG-01", Always(Safe), Always(Safe), MESSAGE, "An operation receives one message more.";
    MESSAGE_ADDED_TO_SEND = "MSG-02", Always(Safe), Always(Breaking), MESSAGE, "An operation sends one message more, which old consumers do not know.";
    MESSAGE_REMOVED_FROM_RECEIVE = "MSG-03", Always(Breaking), Always(Safe), MESSAGE, "An operation no longer receives a message.";
    MESSAGE_REMOVED_FROM_SEND = "MSG-04", Always(Safe), Always(Note), MESSAGE, "An operation no longer sends a message.";
    MESSAGES_REPLACED = "MSG-05", Backward, Forward, MESSAGE, "Messages of an operation were replaced by others, and are compared as a whole.";
    MESSAGE_RENAMED = "MSG-07", Always(Note), Always(Note), MESSAGE, "The key of a message changed, its content did not.";
    RECEIVE_ADDED = "OPR-01", Always(Safe), Always(Safe), OPERATION, "A `receive` operation was added.";
    SEND_ADDED = "OPR-02", Always(Safe), Forward, OPERATION, "A `send` operation was added.";
    RECEIVE_REMOVED = "OPR-03", Always(Breaking), Always(Safe), OPERATION, "A `receive` operation was removed: nobody reads any more.";
    SEND_REMOVED = "OPR-04", Always(Safe), Always(Breaking), OPERATION, "A `send` operation was removed: nobody writes any more.";
    ACTION_FLIPPED = "OPR-05", Always(Breaking), Always(Breaking), OPERATION, "The action of an operation was turned round.";
    OPERATION_MOVED = "OPR-06", Always(Breaking), Always(Breaking), OPERATION, "An operation moved to another channel.";
    OPERATION_RENAMED = "OPR-07", Always(Note), Always(Note), OPERATION, "The key of an operation changed.";
    PAYLOAD_CHANGED = "PAY-01", Backward, Forward, MESSAGE, "The payload of a message changed.";
    PAYLOAD_DECLARED = "PAY-02", Backward, Forward, MESSAGE, "A payload is declared where none was.";
    PAYLOAD_DROPPED = "PAY-03", Backward, Forward, MESSAGE, "A payload is no longer declared.";
    SERVER_ADDED = "SRV-01", Always(Safe), Always(Safe), SERVER, "A server was added.";
    SERVER_REMOVED = "SRV-02", Always(Breaking), Always(Breaking), SERVER, "A server was removed.";
    SERVER_MOVED = "SRV-03", Always(Breaking), Always(Breaking), SERVER, "The host or path of a server changed.";
    PROTOCOL_CHANGED = "SRV-04", Always(Breaking), Always(Breaking), SERVER, "The protocol of a server changed.";
}
