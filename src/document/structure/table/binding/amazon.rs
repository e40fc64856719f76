//! Amazon SNS and SQS.

use super::super::{DATA, TEXT, map};
use super::{INTEGER, TEXT_OR_TEXTS, VERSION, bindings, objects, whole};
use crate::document::structure::shape::{
    BindingShape, ByPresence, Edition, Field, ListShape, MapShape, ObjectShape, Others, Shape, field, list,
};

const TAGS: Field = field("tags", Shape::Map(&DATA));
const EFFECT: Field = field("effect", Shape::OneOf(&["Allow", "Deny"])).required();
const ACTION: Field = field("action", TEXT_OR_TEXTS).required();
const REDRIVE: Field = field("redrivePolicy", Shape::Object(&REDRIVE_POLICY));
const DELIVERY: Field = field("deliveryPolicy", Shape::Object(&DELIVERY_POLICY));
const RECEIVES: Field = field("maxReceiveCount", INTEGER);

/// Who is meant: anybody by name, or an account or a service.
static PRINCIPAL: Shape = Shape::ScalarOr(
    &TEXT,
    &Shape::ByPresence(&ByPresence { field: "AWS", present: Shape::Object(&ACCOUNT), absent: Shape::Object(&SERVICE) }),
);
static CONDITIONS: MapShape = map(Shape::Map(&CONDITION));
static CONDITION: MapShape = map(TEXT_OR_TEXTS);
static STATEMENTS_1: ListShape = list(Shape::Object(&STATEMENT_1));
static STATEMENTS_2: ListShape = list(Shape::Object(&STATEMENT_2));
static CONSUMERS: ListShape = list(Shape::Object(&CONSUMER)).not_empty();
static FILTER: MapShape = map(Shape::Any);

objects! {
    ACCOUNT "principal of a statement" "sns" Refused [field("AWS", TEXT_OR_TEXTS).required()];
    SERVICE "principal of a statement" "sns" Refused [field("Service", TEXT_OR_TEXTS).required()];
    STATEMENT_1 "statement of a policy" "sns" Tolerated [EFFECT, field("principal", TEXT_OR_TEXTS).required(), ACTION];
    STATEMENT_2 "statement of a policy" "sns" Tolerated [
        EFFECT,
        field("principal", PRINCIPAL).required(),
        ACTION,
        field("resource", TEXT_OR_TEXTS),
        field("condition", Shape::Map(&CONDITIONS)),
    ];
    POLICY_1 "policy" "sns" Tolerated [field("statements", Shape::List(&STATEMENTS_1)).required()];
    POLICY_2 "policy" "sns" Tolerated [field("statements", Shape::List(&STATEMENTS_2)).required()];
    REDRIVE_POLICY "redrive policy" "sqs" Tolerated [
        field("deadLetterQueue", Shape::Object(&IDENTIFIER)).required(), RECEIVES,
    ];
    IDENTIFIER "identifier" "sns" Tolerated [
        field("url", TEXT), field("email", TEXT), field("phone", TEXT), field("arn", TEXT), field("name", TEXT),
    ];
    ORDERING "ordering of the SNS Channel Binding Object" "sns" Tolerated [
        field("type", Shape::OneOf(&["standard", "FIFO"])).required(), field("contentBasedDeduplication", Shape::Boolean),
    ];
    SNS_CHANNEL_1 "SNS Channel Binding Object" "sns" Extensions [
        field("name", TEXT).required(),
        field("ordering", Shape::Object(&ORDERING)),
        field("policy", Shape::Object(&POLICY_1)),
        TAGS,
        VERSION,
    ];
    SNS_CHANNEL_2 "SNS Channel Binding Object" "sns" Extensions [
        field("name", TEXT).required(),
        field("ordering", Shape::Object(&ORDERING)),
        field("policy", Shape::Object(&POLICY_2)),
        TAGS,
        VERSION,
    ];
    SNS_OPERATION_OBJECT "SNS Operation Binding Object" "sns" Extensions [
        field("topic", Shape::Object(&IDENTIFIER)),
        field("consumers", Shape::List(&CONSUMERS)).required(),
        DELIVERY,
        VERSION,
    ];
    CONSUMER "consumer of the SNS Operation Binding Object" "sns" Tolerated [
        field("protocol", Shape::OneOf(&[
            "http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose",
        ])).required(),
        field("endpoint", Shape::Object(&IDENTIFIER)).required(),
        field("filterPolicy", Shape::Map(&FILTER)),
        field("filterPolicyScope", Shape::OneOf(&["MessageAttributes", "MessageBody"])),
        field("rawMessageDelivery", Shape::Boolean).required(),
        REDRIVE,
        DELIVERY,
        field("displayName", TEXT),
    ];
    DELIVERY_POLICY "delivery policy" "sns" Tolerated [
        field("minDelayTarget", INTEGER),
        field("maxDelayTarget", INTEGER),
        field("numRetries", INTEGER),
        field("numNoDelayRetries", INTEGER),
        field("numMinDelayRetries", INTEGER),
        field("numMaxDelayRetries", INTEGER),
        field("backoffFunction", Shape::OneOf(&["arithmetic", "exponential", "geometric", "linear"])),
        field("maxReceivesPerSecond", INTEGER),
    ];
}

/// The queue of a channel must say whether it is a FIFO queue; that of an operation need not.
macro_rules! queues {
    ($($name:ident $fifo:expr, $policy:ident;)*) => { objects! { $(
        $name "SQS Queue" "sqs" Tolerated [
            field("name", TEXT).required(),
            $fifo,
            field("deduplicationScope", Shape::OneOf(&["queue", "messageGroup"])),
            field("fifoThroughputLimit", Shape::OneOf(&["perQueue", "perMessageGroupId"])),
            field("deliveryDelay", whole(0, 900)),
            field("visibilityTimeout", whole(0, 43_200)),
            field("receiveMessageWaitTime", INTEGER),
            field("messageRetentionPeriod", whole(60, 1_209_600)),
            REDRIVE,
            field("policy", Shape::Object(&$policy)),
            TAGS,
        ];
    )* } };
}

const FIFO: Field = field("fifoQueue", Shape::Boolean);

queues! {
    CHANNEL_QUEUE_2 FIFO.required(), POLICY_1;
    CHANNEL_QUEUE_3 FIFO.required(), POLICY_2;
    OPERATION_QUEUE_2 FIFO, POLICY_1;
    OPERATION_QUEUE_3 FIFO, POLICY_2;
}

static QUEUES_2: ListShape = list(Shape::Referable(&Shape::Object(&OPERATION_QUEUE_2)));
static QUEUES_3: ListShape = list(Shape::Referable(&Shape::Object(&OPERATION_QUEUE_3)));

objects! {
    SQS_CHANNEL_2 "SQS Channel Binding Object" "sqs" Extensions [
        field("queue", Shape::Object(&CHANNEL_QUEUE_2)).required(),
        field("deadLetterQueue", Shape::Object(&CHANNEL_QUEUE_2)),
        VERSION,
    ];
    SQS_CHANNEL_3 "SQS Channel Binding Object" "sqs" Extensions [
        field("queue", Shape::Object(&CHANNEL_QUEUE_3)).required(),
        field("deadLetterQueue", Shape::Object(&CHANNEL_QUEUE_3)),
        VERSION,
    ];
    SQS_OPERATION_2 "SQS Operation Binding Object" "sqs" Extensions [
        field("queues", Shape::List(&QUEUES_2)).required(), VERSION,
    ];
    SQS_OPERATION_3 "SQS Operation Binding Object" "sqs" Extensions [
        field("queues", Shape::List(&QUEUES_3)).required(), VERSION,
    ];
}

bindings! {
    SNS_CHANNEL "SNS channel binding" in 2 [] in 3 ["0.1.0" Shape::Object(&SNS_CHANNEL_1)]
        in 2 ["0.2.0" Shape::Object(&SNS_CHANNEL_2)];
    SNS_OPERATION "SNS operation binding" in 2 [] in 3 ["0.1.0" Shape::Object(&SNS_OPERATION_OBJECT)]
        in 2 ["0.2.0" Shape::Object(&SNS_OPERATION_OBJECT)];
    SQS_CHANNEL "SQS channel binding" in 2 ["0.1.0" Shape::Object(&SQS_CHANNEL_2)]
        in 3 ["0.2.0" Shape::Object(&SQS_CHANNEL_2)] in 2 ["0.3.0" Shape::Object(&SQS_CHANNEL_3)];
    SQS_OPERATION "SQS operation binding" in 2 ["0.1.0" Shape::Object(&SQS_OPERATION_2)]
        in 3 ["0.2.0" Shape::Object(&SQS_OPERATION_2)] in 2 ["0.3.0" Shape::Object(&SQS_OPERATION_3)];
}
