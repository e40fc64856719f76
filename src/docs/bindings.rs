//! What the keys of bindings mean, in a line each.
//!
//! A table: protocol and key, whatever the level, since no protocol uses one key for two things. A key that is not
//! in it is shown without a meaning.

use super::view::Entry;

/// Protocol, key, meaning.
const MEANINGS: &[(&str, &str, &str)] = &[
    ("amqp", "is", "whether the channel is a routing key of an exchange or a queue"),
    ("amqp", "exchange", "the exchange that messages are published to"),
    ("amqp", "queue", "the queue that messages are read from"),
    ("amqp", "durable", "survives a restart of the broker"),
    ("amqp", "exclusive", "only one connection may use the queue"),
    ("amqp", "autoDelete", "is deleted when its last user is gone"),
    ("amqp", "vhost", "the virtual host on the broker"),
    ("amqp", "expiration", "milliseconds after which a message is dropped"),
    ("amqp", "userId", "the user who sent the message"),
    ("amqp", "cc", "further routing keys that get the message"),
    ("amqp", "bcc", "further routing keys that get the message without being named in it"),
    ("amqp", "priority", "precedence over other messages"),
    ("amqp", "deliveryMode", "1: kept in memory, 2: written to disk"),
    ("amqp", "mandatory", "the broker returns a message that reaches no queue"),
    ("amqp", "replyTo", "the queue that takes replies"),
    ("amqp", "timestamp", "messages carry the time of their sending"),
    ("amqp", "ack", "consumers acknowledge what they have handled"),
    ("amqp", "contentEncoding", "how the payload is compressed or encoded"),
    ("amqp", "messageType", "the type that applications give the message"),
    ("anypointmq", "destination", "the queue or exchange"),
    ("anypointmq", "destinationType", "whether the destination is a queue, an exchange or a FIFO queue"),
    ("anypointmq", "headers", "schema of the headers that the protocol adds"),
    ("googlepubsub", "labels", "labels of the topic"),
    ("googlepubsub", "topic", "the topic"),
    ("googlepubsub", "messageRetentionDuration", "how long messages are kept"),
    ("googlepubsub", "messageStoragePolicy", "the regions in which messages may be stored"),
    ("googlepubsub", "schemaSettings", "the schema that the topic checks messages by"),
    ("googlepubsub", "attributes", "attributes of the message"),
    ("googlepubsub", "orderingKey", "messages with the same key arrive in order"),
    ("googlepubsub", "schema", "the schema that the broker knows for the message"),
    ("http", "type", "whether the message is a request or a response"),
    ("http", "method", "the method of the request"),
    ("http", "query", "schema of the query parameters"),
    ("http", "headers", "schema of the HTTP headers"),
    ("http", "statusCode", "the status of the response"),
    ("ibmmq", "destinationType", "whether messages go to a topic or a queue"),
    ("ibmmq", "queue", "the queue"),
    ("ibmmq", "topic", "the topic"),
    ("ibmmq", "maxMsgLength", "the longest message in bytes"),
    ("ibmmq", "type", "the type of the message"),
    ("ibmmq", "expiry", "how long the message is kept"),
    ("ibmmq", "groupId", "servers of one group are one queue manager to clients"),
    ("ibmmq", "ccdtQueueManagerName", "the queue manager in the client's table"),
    ("ibmmq", "cipherSpec", "the cipher of the connection"),
    ("ibmmq", "multiEndpointServer", "the server has several endpoints"),
    ("ibmmq", "heartBeatInterval", "seconds between heartbeats"),
    ("jms", "destination", "the queue or topic"),
    ("jms", "destinationType", "whether the destination is a queue, a topic or a FIFO queue"),
    ("jms", "jmsConnectionFactory", "the class that makes connections"),
    ("jms", "properties", "properties of the connection factory"),
    ("jms", "clientID", "the identifier of the client"),
    ("jms", "headers", "schema of the JMS headers"),
    ("kafka", "topic", "the topic, where it differs from the address"),
    ("kafka", "partitions", "how many partitions the topic has; messages with one key share one, in order"),
    ("kafka", "replicas", "how many brokers hold a copy"),
    ("kafka", "topicConfiguration", "settings of the topic"),
    ("kafka", "cleanup.policy", "old messages are deleted, or all but the last of each key"),
    ("kafka", "retention.ms", "milliseconds that messages are kept"),
    ("kafka", "retention.bytes", "bytes that each partition keeps"),
    ("kafka", "delete.retention.ms", "milliseconds that marks of deletion are kept"),
    ("kafka", "max.message.bytes", "the largest batch that the topic takes, in bytes"),
    ("kafka", "confluent.key.schema.validation", "the broker checks keys by their schema"),
    ("kafka", "confluent.value.schema.validation", "the broker checks payloads by their schema"),
    ("kafka", "groupId", "schema of the consumer group; consumers of one group share the messages"),
    ("kafka", "clientId", "schema of the identifier of the client"),
    ("kafka", "key", "schema of the message key, which decides the partition"),
    ("kafka", "schemaIdLocation", "where the id of the payload's schema stands: header or payload"),
    ("kafka", "schemaIdPayloadEncoding", "how the id of the schema is written in the payload"),
    ("kafka", "schemaLookupStrategy", "how a consumer finds the schema in the registry"),
    ("kafka", "schemaRegistryUrl", "the registry that holds the schemas"),
    ("kafka", "schemaRegistryVendor", "who made the registry"),
    ("mqtt", "qos", "0: delivered at most once, 1: at least once, 2: exactly once"),
    ("mqtt", "retain", "the broker keeps the last message for those who subscribe later"),
    ("mqtt", "messageExpiryInterval", "seconds after which a message is dropped"),
    ("mqtt", "clientId", "the identifier of the client"),
    ("mqtt", "cleanSession", "the broker forgets the client when it disconnects"),
    ("mqtt", "lastWill", "what the broker publishes when the client is lost"),
    ("mqtt", "topic", "where that is published"),
    ("mqtt", "message", "what is published there"),
    ("mqtt", "keepAlive", "seconds without a word after which the connection is lost"),
    ("mqtt", "sessionExpiryInterval", "seconds that the broker keeps the session of a client that is gone"),
    ("mqtt", "maximumPacketSize", "the largest packet that the client takes, in bytes"),
    ("mqtt", "payloadFormatIndicator", "0: bytes, 1: text in UTF-8"),
    ("mqtt", "correlationData", "schema of what connects a reply with its request"),
    ("mqtt", "contentType", "media type of the payload"),
    ("mqtt", "responseTopic", "the topic that takes replies"),
    ("nats", "queue", "subscribers of one queue group share the messages"),
    ("pulsar", "tenant", "the tenant that the topics belong to"),
    ("pulsar", "namespace", "the namespace of the topic"),
    ("pulsar", "persistence", "whether messages are written to disk"),
    ("pulsar", "compaction", "bytes from which on the topic is compacted"),
    ("pulsar", "geo-replication", "the clusters that hold a copy"),
    ("pulsar", "retention", "how long and how much is kept after it was acknowledged"),
    ("pulsar", "ttl", "seconds after which what was not acknowledged is dropped"),
    ("pulsar", "deduplication", "the broker drops what was sent twice"),
    ("ros2", "domainId", "the domain that separates groups of nodes"),
    ("ros2", "rmwImplementation", "the middleware below ROS 2"),
    ("ros2", "node", "the node that takes part"),
    ("ros2", "qosPolicies", "guarantees of the delivery"),
    ("ros2", "role", "what the node does: publisher, subscriber, service, action"),
    ("sns", "name", "the topic"),
    ("sns", "topic", "the topic that messages go to"),
    ("sns", "ordering", "whether the topic keeps an order"),
    ("sns", "policy", "who may do what"),
    ("sns", "consumers", "who gets the messages, and how"),
    ("sns", "deliveryPolicy", "how often a delivery is tried again"),
    ("solace", "destinations", "the queues and topics"),
    ("solace", "timeToLive", "milliseconds after which a message is dropped"),
    ("solace", "priority", "precedence over other messages"),
    ("solace", "dmqEligible", "what was not delivered goes to the queue of dead messages"),
    ("solace", "msgVpn", "the virtual private network on the broker"),
    ("solace", "msvVpn", "the virtual private network on the broker"),
    ("solace", "clientName", "the name of the client"),
    ("sqs", "queue", "the queue"),
    ("sqs", "queues", "the queues"),
    ("sqs", "deadLetterQueue", "takes what could not be handled"),
    ("sqs", "fifoQueue", "the queue keeps the order of messages"),
    ("sqs", "visibilityTimeout", "seconds that a message stays hidden once it was received"),
    ("sqs", "messageRetentionPeriod", "seconds that messages are kept"),
    ("sqs", "receiveMessageWaitTime", "seconds that a request waits for messages"),
    ("sqs", "redrivePolicy", "when a message becomes a dead letter"),
    ("ws", "method", "the method of the request that opens the connection"),
    ("ws", "query", "schema of the query parameters of that request"),
    ("ws", "headers", "schema of the headers of that request"),
];

/// Protocols that share the keys of another.
const SAME: [(&str, &str); 4] = [("kafka-secure", "kafka"), ("mqtt5", "mqtt"), ("secure-mqtt", "mqtt"), ("wss", "ws")];

/// Gives each line its meaning. The lines at depth 0 are protocols.
pub(super) fn explain(mut lines: Vec<Entry>) -> Vec<Entry> {
    let mut protocol = String::new();
    // Below a schema, keys are keywords and properties.
    let mut within_schema: Option<usize> = None;
    for line in &mut lines {
        if line.depth == 0 {
            let known = SAME.iter().find(|(other, _)| *other == line.key);
            protocol = known.map_or_else(|| line.key.clone(), |(_, same)| (*same).to_owned());
            within_schema = None;
            continue;
        }
        if within_schema.is_some_and(|depth| line.depth > depth) {
            continue;
        }
        within_schema = None;
        line.meaning = match line.key.as_str() {
            "bindingVersion" => Some("version of the binding's own specification"),
            key => {
                MEANINGS.iter().find(|(of, known, _)| *of == protocol && *known == key).map(|(_, _, meaning)| *meaning)
            }
        };
        if line.meaning.is_some_and(|meaning| meaning.starts_with("schema of")) {
            within_schema = Some(line.depth);
        }
    }
    lines
}
