//! The rules, as data: what changed, whom that hurts and how, and how to make it safe.
//!
//! Old and new describe the same application, and everybody else still works by the old document: producers, who write
//! what the application receives, and consumers, who read what it sends. Ids are in families: `DOC` the document, `SRV`
//! servers, `CHN` channels, `PAR` parameters, `OPR` operations, `MSG` message sets, `PAY` payloads, `HDR` headers, `FMT`
//! encodings, `RPL` replies and correlation, `SEC` security, `BND` bindings, `GEN` generated code.

use super::Effect;
use super::Judgement::{self, Always, Backward, Elsewhere, Forward, ForwardUnder, ForwardUnless, Under, Unless};
use super::Policy::{AssertFormats, OpenEnum, Strict, TolerantDispatch, WildcardSubscriptions};
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
    /// What happens to those whom it hurts: goes on after "they"; empty where nobody is hurt.
    pub harm: &'static str,
    /// How to make the change safe; empty where there is nothing to do.
    pub advice: &'static str,
    /// The part of the specification that it is about.
    pub link: &'static str,
}

impl Rule {
    /// Is it about generated code, rather than about what travels?
    pub fn is_source_level(&self) -> bool {
        self.id.starts_with("GEN-")
    }
}

/// The page of the specification, with a part of it.
macro_rules! specification {
    ($part:literal) => {
        concat!("https://www.asyncapi.com/docs/reference/specification/v3.1.0#", $part)
    };
}

const DOCUMENT: &str = specification!("asyncapiObject");
const INFO: &str = specification!("infoObject");
const SERVER: &str = specification!("serverObject");
const VARIABLE: &str = specification!("serverVariableObject");
const CHANNEL: &str = specification!("channelObject");
const PARAMETER: &str = specification!("parameterObject");
const OPERATION: &str = specification!("operationObject");
const TRAIT: &str = specification!("operationTraitObject");
const REPLY: &str = specification!("operationReplyObject");
const MESSAGE: &str = specification!("messageObject");
const SCHEMA: &str = specification!("schemaObject");
const FORMATS: &str = specification!("messageObjectSchemaFormatTable");
const CORRELATION: &str = specification!("correlationIdObject");
const SECURITY: &str = specification!("securitySchemeObject");
const BINDINGS: &str = "https://github.com/asyncapi/bindings";
const MANUAL: &str = specification!("schema");

/// Defines the rules and the table of all of them.
macro_rules! rules {
    ($($name:ident $id:literal ($producers:expr, $consumers:expr) $link:ident
        $sentence:literal $harm:literal $advice:literal;)*) => {
        $(
            #[doc = $sentence]
            pub static $name: Rule = Rule {
                id: $id,
                producers: $producers,
                consumers: $consumers,
                sentence: $sentence,
                harm: $harm,
                advice: $advice,
                link: $link,
            };
        )*

        /// Every rule, by id.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    BINDING_UNKNOWN "BND-00" (Always(Unknown), Always(Unknown)) BINDINGS
        "A binding of a protocol without a table here, or the version of a binding, changed."
        "may depend on a part that is not understood here"
        "Compare both bindings by hand, then waive the finding with the reason.";
    AMQP_IDENTITY "BND-A1" (Always(Breaking), Always(Breaking)) BINDINGS
        "The exchange or queue of an AMQP channel changed."
        "declare or bind an exchange or queue that differs, which the broker refuses, or that nobody uses"
        "Add a channel for the new exchange or queue, and bridge both until everybody has moved.";
    KAFKA_TOPIC "BND-K1" (Always(Breaking), Always(Breaking)) BINDINGS
        "The Kafka topic of a channel changed."
        "use the old topic"
        "Add a channel for the new topic, and write to both until everybody has moved.";
    KAFKA_PARTITIONS "BND-K2" (Always(Note), Under(Strict)) BINDINGS
        "The number of partitions changed while messages have a key."
        "may see messages of one key out of order while it moves between partitions"
        "Drain the topic first, or copy it to a new one.";
    KAFKA_KEY "BND-K3" (Backward, Forward) BINDINGS
        "The key of Kafka messages changed."
        "use keys that the other side does not take"
        "Widen what is received first; narrow what is sent first.";
    KAFKA_RETENTION "BND-K4" (Always(Note), Under(Strict)) BINDINGS
        "Messages are kept for a shorter time, or by another policy."
        "may find that messages are gone when they come late"
        "Tell slow consumers, or keep the retention.";
    KAFKA_CLIENT "BND-K5" (Backward, Forward) BINDINGS
        "The schema of the consumer group or client id changed."
        "use a group or client id that is not allowed any more"
        "Allow the old ids too.";
    KAFKA_REGISTRY "BND-K6" (Always(Breaking), Always(Breaking)) BINDINGS
        "The way in which the schema of a Kafka message is found changed."
        "look for the schema id in the old place"
        "Send the new form on a topic of its own.";
    BINDING_CHANGED "BND-M1" (Always(Breaking), Always(Breaking)) BINDINGS
        "A field of a binding that both sides must agree on changed."
        "use the old value, which leads elsewhere or is refused"
        "Offer the new value on a channel of its own until everybody has moved.";
    BINDING_SCHEMA "BND-M2" (Backward, Forward) BINDINGS
        "A schema in a binding changed."
        "use values that the other side does not take"
        "Widen what is received first; narrow what is sent first.";
    BINDING_TUNED "BND-M3" (Always(Note), Always(Note)) BINDINGS
        "A field of a binding that tunes one side changed." "" "";
    CHANNEL_ADDED "CHN-01" (Always(Safe), Always(Safe)) CHANNEL
        "A channel was added." "" "";
    CHANNEL_REMOVED "CHN-02" (Always(Breaking), Always(Breaking)) CHANNEL
        "A channel was removed."
        "use an address that is gone"
        "Keep the channel, described as deprecated, until nobody uses it.";
    ADDRESS_CHANGED "CHN-03" (Always(Breaking), Always(Breaking)) CHANNEL
        "The address of a channel changed."
        "use the old address"
        "Add a channel with the new address, and serve both until everybody has moved.";
    CHANNEL_RENAMED "CHN-04" (Always(Note), Always(Note)) CHANNEL
        "The key of a channel changed, its address did not." "" "";
    ADDRESS_UNKNOWN "CHN-05" (Always(Unknown), Always(Unknown)) CHANNEL
        "The address of a channel is known in one document only."
        "may use another address than the application"
        "State the address in both documents.";
    ADDRESS_SHARED "CHN-06" (Under(Strict), Always(Breaking)) CHANNEL
        "Two channels now share one address."
        "meet messages of another channel at their address"
        "Give each channel an address of its own, or make one channel with the messages of both.";
    VERSION_OF_SPECIFICATION "DOC-01" (Always(Note), Always(Note)) DOCUMENT
        "The document is written in another version of AsyncAPI." "" "";
    DEFAULT_CONTENT_TYPE "DOC-02" (Always(Breaking), Always(Breaking)) DOCUMENT
        "The default content type changed, and messages rely on it."
        "write and read the old encoding"
        "State the old content type at the messages that have it.";
    VERSION_KEPT "DOC-03" (Always(Note), Always(Note)) INFO
        "Something breaks, and `info.version` does not say so." ""
        "Raise the major version (before 1.0.0: the minor one).";
    CONTENT_TYPE_CHANGED "FMT-01" (Always(Breaking), Always(Breaking)) MESSAGE
        "The content type of a message changed."
        "write and read the old encoding"
        "Add a message with the new content type beside the old one.";
    LANGUAGE_TRANSLATED "FMT-02" (Backward, Forward) FORMATS
        "The payload is described in another language of the same family, and means something else."
        "have values that the new description leaves out"
        "Translate the schema so that it accepts the same values.";
    LANGUAGE_CHANGED "FMT-03" (Always(Breaking), Always(Breaking)) FORMATS
        "The payload is described in a schema language of another family."
        "write and read the old encoding"
        "Add a message in the new language beside the old one.";
    AVRO_CHANGED "FMT-04" (Backward, Forward) FORMATS
        "An Avro payload changed."
        "have data that the other side's schema does not resolve"
        "Give new fields a default, and keep old names as aliases.";
    PROTOBUF_CHANGED "FMT-05" (Backward, Forward) FORMATS
        "A Protobuf payload changed."
        "have data that the other side reads as something else"
        "Keep numbers, types and names; reserve those that go.";
    LANGUAGE_UNREAD "FMT-06" (Always(Unknown), Always(Unknown)) FORMATS
        "A schema in a language that is not compared changed."
        "may have data that the new schema leaves out"
        "Compare both schemas by the tools of their language, then waive the finding with the reason.";
    GENERATED_CHANNEL "GEN-01" (Always(Breaking), Always(Breaking)) MANUAL
        "The Rust identifier of a channel or parameter changes."
        "name an item that is gone, once they generate anew"
        "Keep the key, or change the code with the document.";
    GENERATED_OPERATION "GEN-02" (Always(Breaking), Always(Breaking)) MANUAL
        "The Rust identifier of an operation changes."
        "name an item that is gone, once they generate anew"
        "Keep the key, or change the code with the document.";
    GENERATED_MESSAGE "GEN-03" (Always(Breaking), Always(Breaking)) MANUAL
        "The Rust type of a message has another name."
        "name a type that is gone, once they generate anew"
        "Keep the key, or change the code with the document.";
    GENERATED_NUMBER "GEN-04" (Always(Breaking), Always(Breaking)) MANUAL
        "A number has another Rust type."
        "have the old type in their code"
        "Convert where the field is used.";
    GENERATED_VARIANTS "GEN-05" (Always(Breaking), Always(Breaking)) MANUAL
        "A Rust enum has other variants."
        "match on the old variants"
        "Match with a wildcard arm.";
    GENERATED_OPTION "GEN-06" (Always(Breaking), Always(Breaking)) MANUAL
        "A Rust field becomes optional, or is no longer."
        "build or read the field without or with `Option`"
        "Change the code with the document.";
    GENERATED_FIELDS "GEN-07" (Always(Breaking), Always(Breaking)) MANUAL
        "The fields of a Rust struct come in another order, or two of them want one name."
        "name a field that is called otherwise, or rely on the order"
        "Keep the order, and names that differ by more than case.";
    HEADERS_CHANGED "HDR-01" (Backward, Forward) MESSAGE
        "The headers of a message changed."
        "have headers that the other side does not take"
        "Make new headers optional; keep those that are read.";
    HEADER_REQUIRED "HDR-02" (Backward, Forward) MESSAGE
        "A header is required that was not, or is no longer."
        "leave out a header, or miss one"
        "Make a new header optional until everybody sends it; keep sending one that was required.";
    HEADER_CASE "HDR-03" (Under(Strict), Under(Strict)) MESSAGE
        "The name of a header differs in nothing but case."
        "may not find the header where the protocol tells cases apart"
        "Keep the name as it was.";
    MESSAGE_ADDED_TO_RECEIVE "MSG-01" (Always(Safe), Always(Safe)) MESSAGE
        "An operation receives one message more." "" "";
    MESSAGE_ADDED_TO_SEND "MSG-02" (Always(Safe), Unless(TolerantDispatch)) MESSAGE
        "An operation sends one message more."
        "meet a message that they do not know"
        "Send the new message on a channel of its own, or once every consumer skips what it does not know.";
    MESSAGE_REMOVED_FROM_RECEIVE "MSG-03" (Always(Breaking), Always(Safe)) MESSAGE
        "An operation no longer receives a message."
        "send a message that nobody takes"
        "Go on receiving it until nobody sends it.";
    MESSAGE_REMOVED_FROM_SEND "MSG-04" (Always(Safe), Under(Strict)) MESSAGE
        "An operation no longer sends a message."
        "wait for a message that never comes"
        "Announce it, and ask who waits for the message.";
    MESSAGES_REPLACED "MSG-05" (Backward, Forward) MESSAGE
        "Messages of an operation were replaced by others, and are compared as a whole."
        "have messages that none of the other side's fits"
        "Keep the old message beside the new ones.";
    MESSAGES_OVERLAP "MSG-06" (Backward, Forward) MESSAGE
        "Two messages of an operation overlap that did not."
        "have messages that fit two descriptions, and cannot be told apart"
        "Give each message a property or header with a constant of its own.";
    MESSAGE_RENAMED "MSG-07" (Always(Note), Always(Note)) MESSAGE
        "The key of a message changed, its content did not." "" "";
    MESSAGE_NAME_CHANGED "MSG-08" (Always(Breaking), Always(Breaking)) MESSAGE
        "The name of a message changed, and travels with it."
        "tell messages apart by the old name"
        "Keep the name, or add a message with the new one.";
    MESSAGE_LIST_CHANGED "MSG-09" (Backward, Forward) OPERATION
        "An operation lists its messages where it had all of its channel, or the reverse."
        "have messages that the other side does not carry"
        "List the messages that were carried before.";
    DISCRIMINATOR_CHANGED "MSG-10" (Backward, Forward) SCHEMA
        "The discriminator of a payload changed."
        "tell alternatives apart by the old property"
        "Keep the old property, with the same values.";
    EXAMPLE_INVALID "MSG-11" (Always(Note), Always(Note)) MESSAGE
        "An example is no longer valid under the schema." ""
        "Change the example with the schema.";
    RECEIVE_ADDED "OPR-01" (Always(Safe), Always(Safe)) OPERATION
        "A `receive` operation was added." "" "";
    SEND_ADDED "OPR-02" (Always(Safe), Forward) OPERATION
        "A `send` operation was added."
        "meet a message that they do not know on a channel that they read"
        "Send the new messages on a channel of their own.";
    RECEIVE_REMOVED "OPR-03" (Always(Breaking), Always(Safe)) OPERATION
        "A `receive` operation was removed."
        "write messages that nobody reads"
        "Go on receiving until nobody sends.";
    SEND_REMOVED "OPR-04" (Always(Safe), Always(Breaking)) OPERATION
        "A `send` operation was removed."
        "wait for messages that nobody writes"
        "Go on sending until nobody waits.";
    ACTION_FLIPPED "OPR-05" (Always(Breaking), Always(Breaking)) OPERATION
        "The action of an operation was turned round."
        "stand on the same side as the application now"
        "Add an operation with the other action, and keep this one.";
    OPERATION_MOVED "OPR-06" (Always(Breaking), Always(Breaking)) OPERATION
        "An operation moved to another channel."
        "use the old channel"
        "Keep the operation on the old channel too, until everybody has moved.";
    OPERATION_RENAMED "OPR-07" (Always(Note), Always(Note)) OPERATION
        "The key of an operation changed." "" "";
    TRAIT_CHANGED "OPR-08" (Elsewhere, Elsewhere) TRAIT
        "A trait changed: traits are applied first, and what they lead to is reported by the rules for that." "" "";
    PARAMETER_ADDED "PAR-01" (Always(Breaking), Always(Breaking)) PARAMETER
        "An address has a parameter more."
        "use the old address, which lacks a part"
        "Add a channel with the new address, and serve both until everybody has moved.";
    PARAMETER_REMOVED "PAR-02" (Always(Breaking), Always(Breaking)) PARAMETER
        "An address has a parameter less."
        "use the old address, which has a part too many"
        "Add a channel with the new address, and serve both until everybody has moved.";
    PARAMETER_RENAMED "PAR-03" (Always(Note), Always(Note)) PARAMETER
        "A parameter has another name at the same place." "" "";
    PARAMETER_VALUE_REMOVED "PAR-04" (Always(Breaking), Always(Safe)) PARAMETER
        "A parameter no longer takes a value."
        "write to an address that is not read any more"
        "Keep the value until nobody uses it.";
    PARAMETER_VALUE_ADDED "PAR-05" (Always(Safe), Unless(WildcardSubscriptions)) PARAMETER
        "A parameter takes a value more."
        "subscribe to the listed values only, and miss messages at the new address"
        "Have consumers subscribe by wildcard, or to the new value first.";
    PARAMETER_CLOSED "PAR-06" (Backward, ForwardUnder(Strict)) PARAMETER
        "A list of values was given to a free parameter, or taken from it."
        "use an address with a value that is not on the other side's list"
        "List every value that is in use.";
    PARAMETER_DEFAULT "PAR-07" (Under(Strict), Under(Strict)) PARAMETER
        "The default of a parameter changed."
        "use the address of the old default"
        "Keep the default.";
    PARAMETER_LOCATION "PAR-08" (Always(Breaking), Always(Breaking)) PARAMETER
        "The place in the message that a parameter is taken from changed."
        "take the parameter from the old place"
        "Keep the old place filled with the same value.";
    PAYLOAD_CHANGED "PAY-01" (Backward, Forward) SCHEMA
        "The payload of a message changed."
        "have values that the other side does not take"
        "Widen what is received first; narrow what is sent first.";
    PAYLOAD_DECLARED "PAY-02" (Backward, Forward) SCHEMA
        "A payload is declared where none was."
        "may send anything, and some of it is refused now"
        "Declare what is sent in fact, and waive the finding with that as the reason.";
    PAYLOAD_DROPPED "PAY-03" (Backward, Forward) SCHEMA
        "A payload is no longer declared."
        "may get anything"
        "Keep the schema.";
    RETAINED_DATA "PAY-04" (Always(Safe), Backward) SCHEMA
        "What was written before stays in a durable channel, and new readers cannot read it."
        "meet old messages in the log once they work by the new document"
        "Keep the new schema open for old messages, or use a new channel; the policy `drained` says that none are left.";
    OPEN_OBJECT_NARROWED "PAY-05" (Backward, Forward) SCHEMA
        "An open object has an optional property more, whose name could hold anything before."
        "may have had that name with another type"
        "If nobody used the name, the profiles `open-world` and `confluent-lenient` say so.";
    REQUIRED_WITH_DEFAULT "PAY-06" (Backward, Forward) SCHEMA
        "A property with a default is required that was not."
        "leave out the property"
        "Leave the property optional: a default does not make what is missing valid.";
    ENUM_GREW "PAY-07" (Backward, ForwardUnless(OpenEnum)) SCHEMA
        "An enumeration has values more."
        "meet a value that they do not know"
        "Send the new value once every consumer takes values that it does not know.";
    FORMAT_CHANGED "PAY-08" (Under(AssertFormats), Under(AssertFormats)) SCHEMA
        "Nothing but `format`, `contentEncoding` or `contentMediaType` changed."
        "have values in the old format, where formats are checked"
        "Keep the format.";
    NUMBER_CHANGED "PAY-09" (Backward, Forward) SCHEMA
        "A number became an integer, or the reverse."
        "have numbers that the other side does not take"
        "Widen what is received first; narrow what is sent first.";
    REPLY_ADDED "RPL-01" (Always(Safe), Always(Breaking)) REPLY
        "A request is to be answered now."
        "never reply"
        "Treat a reply that is missing as no fault until everybody replies.";
    REPLY_REMOVED "RPL-02" (Always(Breaking), Always(Safe)) REPLY
        "A request is no longer answered."
        "wait for a reply that never comes"
        "Go on replying until nobody waits.";
    REPLY_MOVED "RPL-03" (Always(Breaking), Always(Breaking)) REPLY
        "Replies travel elsewhere."
        "send or await the reply at the old address"
        "Serve both addresses until everybody has moved.";
    REPLY_MESSAGES "RPL-04" (Elsewhere, Elsewhere) REPLY
        "Messages of a reply changed: they travel against the request, and are reported by the rules for messages." "" "";
    CORRELATION_ADDED "RPL-05" (Under(Strict), Always(Safe)) CORRELATION
        "A correlation id was added."
        "do not set it"
        "Do without the id until everybody sets it.";
    CORRELATION_REMOVED "RPL-06" (Always(Safe), Always(Breaking)) CORRELATION
        "A correlation id was removed."
        "match messages by it"
        "Go on setting the id.";
    CORRELATION_MOVED "RPL-07" (Always(Breaking), Always(Breaking)) CORRELATION
        "The correlation id stands elsewhere."
        "look for it in the old place, or put it there"
        "Set it in both places until everybody has moved.";
    CORRELATION_DANGLES "RPL-08" (Always(Breaking), Always(Breaking)) CORRELATION
        "The place of the correlation id is no longer described by the headers or the payload."
        "look for it, or put it, where nothing is declared any more"
        "Keep the property that the location leads to.";
    SECURITY_ADDED "SEC-01" (Always(Breaking), Always(Breaking)) SECURITY
        "Credentials are asked for where none were."
        "come without credentials"
        "Accept both until everybody has credentials.";
    SECURITY_ALTERNATIVE_REMOVED "SEC-02" (Always(Breaking), Always(Breaking)) SECURITY
        "A way to prove who one is was removed."
        "use credentials of the kind that is gone"
        "Keep the alternative until nobody uses it.";
    SECURITY_ALTERNATIVE_ADDED "SEC-03" (Always(Safe), Always(Safe)) SECURITY
        "There is another way to prove who one is, or it is not asked any more." "" "";
    SECURITY_SCOPES "SEC-04" (Backward, Backward) SECURITY
        "The scopes that are asked for changed."
        "have credentials without the new scope"
        "Ask for the scope once everybody has it.";
    SECURITY_SCHEME_CHANGED "SEC-05" (Always(Breaking), Always(Breaking)) SECURITY
        "A security scheme is of another kind, or is used at another place."
        "send credentials of the old kind, or at the old place"
        "Add the new scheme as an alternative.";
    SERVER_ADDED "SRV-01" (Always(Safe), Always(Safe)) SERVER
        "A server was added." "" "";
    SERVER_REMOVED "SRV-02" (Always(Breaking), Always(Breaking)) SERVER
        "A server that a channel used was removed."
        "connect to a server that is gone"
        "Keep the server until nobody connects to it.";
    SERVER_MOVED "SRV-03" (Always(Breaking), Always(Breaking)) SERVER
        "The host or path of a server changed."
        "connect to the old host"
        "Add the new host as a server of its own, and keep both until everybody has moved.";
    PROTOCOL_CHANGED "SRV-04" (Always(Breaking), Always(Breaking)) SERVER
        "The protocol of a server changed."
        "speak the old protocol"
        "Add a server for the new protocol.";
    PROTOCOL_VERSION_CHANGED "SRV-05" (Always(Note), Always(Note)) SERVER
        "The version of a server's protocol changed." "" "";
    VARIABLE_NARROWED "SRV-06" (Always(Breaking), Always(Breaking)) VARIABLE
        "A server variable lost a value, or has another default."
        "connect by a value that is gone"
        "Keep the value until nobody uses it.";
    VARIABLE_WIDENED "SRV-07" (Always(Safe), Always(Safe)) VARIABLE
        "A server variable takes a value more." "" "";
    CHANNEL_LEFT_SERVER "SRV-08" (Always(Breaking), Always(Breaking)) CHANNEL
        "A channel is no longer available on a server."
        "use the channel on that server"
        "Keep the channel there until nobody uses it.";
}
