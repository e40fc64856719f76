//! Bindings: what a protocol needs to know besides.
//!
//! In: the bindings of two objects of one level. Out: changes of the rules `BND`. [`FIELDS`] says for every protocol which
//! fields both sides must agree on, which tune one side, and which are schemas; `*` stands for what is not listed.

use super::differ::{Differ, Spot};
use super::rules::{self, Rule};
use super::{Api, Party};
use crate::document::{Channel, SchemaFormat, SchemaUse};
use crate::schema::inclusion::{self, Side, Verdict};
use crate::syntax::Node;
use std::collections::BTreeSet;

/// What bindings belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Server,
    Channel,
    Operation,
    Message,
}

/// What a field is for.
#[derive(Debug, Clone, Copy)]
enum Field {
    /// Both sides must agree: the rule says how to put it.
    Agreed(&'static Rule),
    /// It tunes one side.
    Tuned(&'static Rule),
    /// Its value is a schema of what travels.
    Schema(&'static Rule),
    /// Only less than before matters: how long messages are kept.
    Retention,
    /// Only matters when messages have a key.
    Partitions,
    /// An object: its fields are listed on their own, by a path with dots.
    Inside,
}

use Field::{Agreed, Inside, Partitions, Retention, Schema, Tuned};
use Level::{Channel as AtChannel, Message as AtMessage, Operation as AtOperation, Server as AtServer};

/// Protocols that share their fields with another.
const ALIASES: [(&str, &str); 6] = [
    ("kafka-secure", "kafka"),
    ("amqps", "amqp"),
    ("mqtts", "mqtt"),
    ("secure-mqtt", "mqtt"),
    ("wss", "ws"),
    ("https", "http"),
];

/// Protocol, level, field, what it is for.
const FIELDS: &[(&str, Level, &str, Field)] = &[
    ("kafka", AtServer, "schemaRegistryUrl", Tuned(&rules::BINDING_TUNED)),
    ("kafka", AtServer, "schemaRegistryVendor", Agreed(&rules::KAFKA_REGISTRY)),
    ("kafka", AtChannel, "topic", Agreed(&rules::KAFKA_TOPIC)),
    ("kafka", AtChannel, "partitions", Partitions),
    ("kafka", AtChannel, "topicConfiguration", Inside),
    ("kafka", AtChannel, "topicConfiguration.cleanup.policy", Tuned(&rules::KAFKA_RETENTION)),
    ("kafka", AtChannel, "topicConfiguration.retention.ms", Retention),
    ("kafka", AtChannel, "topicConfiguration.retention.bytes", Retention),
    ("kafka", AtChannel, "topicConfiguration.delete.retention.ms", Retention),
    ("kafka", AtChannel, "*", Tuned(&rules::BINDING_TUNED)),
    ("kafka", AtOperation, "groupId", Schema(&rules::KAFKA_CLIENT)),
    ("kafka", AtOperation, "clientId", Schema(&rules::KAFKA_CLIENT)),
    ("kafka", AtMessage, "key", Schema(&rules::KAFKA_KEY)),
    ("kafka", AtMessage, "*", Agreed(&rules::KAFKA_REGISTRY)),
    ("amqp", AtChannel, "is", Agreed(&rules::AMQP_IDENTITY)),
    ("amqp", AtChannel, "exchange", Agreed(&rules::AMQP_IDENTITY)),
    ("amqp", AtChannel, "queue", Agreed(&rules::AMQP_IDENTITY)),
    ("amqp", AtOperation, "*", Tuned(&rules::BINDING_TUNED)),
    ("amqp", AtMessage, "*", Agreed(&rules::BINDING_CHANGED)),
    ("mqtt", AtServer, "*", Tuned(&rules::BINDING_TUNED)),
    ("mqtt", AtOperation, "*", Tuned(&rules::BINDING_TUNED)),
    ("mqtt", AtMessage, "correlationData", Schema(&rules::BINDING_SCHEMA)),
    ("mqtt", AtMessage, "*", Agreed(&rules::BINDING_CHANGED)),
    ("ws", AtChannel, "method", Agreed(&rules::BINDING_CHANGED)),
    ("ws", AtChannel, "query", Schema(&rules::BINDING_SCHEMA)),
    ("ws", AtChannel, "headers", Schema(&rules::BINDING_SCHEMA)),
    ("http", AtOperation, "query", Schema(&rules::BINDING_SCHEMA)),
    ("http", AtOperation, "*", Agreed(&rules::BINDING_CHANGED)),
    ("http", AtMessage, "headers", Schema(&rules::BINDING_SCHEMA)),
    ("http", AtMessage, "*", Agreed(&rules::BINDING_CHANGED)),
    ("nats", AtOperation, "queue", Tuned(&rules::BINDING_TUNED)),
    ("jms", AtServer, "*", Tuned(&rules::BINDING_TUNED)),
    ("jms", AtChannel, "*", Agreed(&rules::BINDING_CHANGED)),
    ("jms", AtOperation, "headers", Schema(&rules::BINDING_SCHEMA)),
    ("jms", AtMessage, "headers", Schema(&rules::BINDING_SCHEMA)),
    ("ibmmq", AtServer, "*", Agreed(&rules::BINDING_CHANGED)),
    ("ibmmq", AtChannel, "maxMsgLength", Tuned(&rules::BINDING_TUNED)),
    ("ibmmq", AtChannel, "*", Agreed(&rules::BINDING_CHANGED)),
    ("ibmmq", AtMessage, "expiry", Tuned(&rules::BINDING_TUNED)),
    ("ibmmq", AtMessage, "*", Agreed(&rules::BINDING_CHANGED)),
    ("solace", AtServer, "msgVpn", Agreed(&rules::BINDING_CHANGED)),
    ("solace", AtServer, "msgVpnName", Agreed(&rules::BINDING_CHANGED)),
    ("solace", AtServer, "*", Tuned(&rules::BINDING_TUNED)),
    ("solace", AtOperation, "destinations", Agreed(&rules::BINDING_CHANGED)),
    ("solace", AtOperation, "*", Tuned(&rules::BINDING_TUNED)),
    ("anypointmq", AtChannel, "*", Agreed(&rules::BINDING_CHANGED)),
    ("anypointmq", AtMessage, "headers", Schema(&rules::BINDING_SCHEMA)),
    ("sns", AtChannel, "name", Agreed(&rules::BINDING_CHANGED)),
    ("sns", AtChannel, "*", Tuned(&rules::BINDING_TUNED)),
    ("sns", AtOperation, "topic", Agreed(&rules::BINDING_CHANGED)),
    ("sns", AtOperation, "*", Tuned(&rules::BINDING_TUNED)),
    ("sqs", AtChannel, "queue", Agreed(&rules::BINDING_CHANGED)),
    ("sqs", AtChannel, "*", Tuned(&rules::BINDING_TUNED)),
    ("sqs", AtOperation, "queues", Agreed(&rules::BINDING_CHANGED)),
    ("pulsar", AtServer, "tenant", Agreed(&rules::BINDING_CHANGED)),
    ("pulsar", AtChannel, "namespace", Agreed(&rules::BINDING_CHANGED)),
    ("pulsar", AtChannel, "persistence", Agreed(&rules::BINDING_CHANGED)),
    ("pulsar", AtChannel, "*", Tuned(&rules::BINDING_TUNED)),
    ("googlepubsub", AtChannel, "topic", Agreed(&rules::BINDING_CHANGED)),
    ("googlepubsub", AtChannel, "schemaSettings", Agreed(&rules::BINDING_CHANGED)),
    ("googlepubsub", AtChannel, "*", Tuned(&rules::BINDING_TUNED)),
    ("googlepubsub", AtMessage, "schema", Agreed(&rules::BINDING_CHANGED)),
    ("googlepubsub", AtMessage, "*", Tuned(&rules::BINDING_TUNED)),
];

/// Where a channel says that its messages are kept: protocol and fields.
const KEPT: [(&str, &[&str]); 2] = [("kafka", &["topicConfiguration"]), ("pulsar", &["compaction", "retention"])];

/// The protocol whose fields a protocol has.
pub(super) fn known(protocol: &str) -> &str {
    ALIASES.iter().find(|(name, _)| *name == protocol).map_or(protocol, |(_, known)| known)
}

/// Do the bindings of a channel say that its messages are kept?
pub(super) fn keeps_messages(api: Api<'_>, channel: &Channel) -> bool {
    let Some(bindings) = channel.bindings else { return false };
    KEPT.iter().any(|(protocol, fields)| {
        let binding = api.member(bindings, protocol);
        binding.is_some_and(|binding| fields.iter().any(|field| binding.get(field).is_some()))
    })
}

/// What changed at a level: who is hurt, and where.
struct Site<'s, 'a> {
    level: Level,
    parties: &'s [Party],
    spot: &'s Spot<'a>,
    protocol: &'s str,
}

impl<'f> Differ<'f> {
    /// Compares the bindings of the two objects at a spot.
    pub(super) fn bindings(&mut self, level: Level, parties: &[Party], spot: &Spot<'_>) {
        let (Some(old), Some(new)) = (spot.old, spot.new) else { return };
        let (before, after) = (self.old.member(old, "bindings"), self.new.member(new, "bindings"));
        let names = |node: Option<Node<'f>>| node.into_iter().flat_map(Node::entries).map(|entry| entry.key.to_owned());
        let protocols: BTreeSet<String> =
            names(before).chain(names(after)).filter(|key| !key.starts_with("x-")).collect();
        for protocol in &protocols {
            let member = |api: Api<'f>, node: Option<Node<'f>>| api.member(node?.id(), protocol);
            let sides = (member(self.old, before), member(self.new, after));
            let nodes = (sides.0.map(Node::id).or(Some(old)), sides.1.map(Node::id).or(Some(new)));
            let site = Site { level, parties, spot: &spot.between(nodes.0, nodes.1), protocol };
            self.binding(&site, sides.0, sides.1);
        }
    }

    fn binding(&mut self, site: &Site<'_, '_>, old: Option<Node<'f>>, new: Option<Node<'f>>) {
        let fields = |node: Option<Node<'f>>| node.into_iter().flat_map(Node::entries).map(|entry| entry.key);
        let keys: BTreeSet<&str> = fields(old).chain(fields(new)).filter(|key| !key.starts_with("x-")).collect();
        for key in keys {
            self.field(site, key, old.and_then(|node| node.get(key)), new.and_then(|node| node.get(key)));
        }
    }

    fn field(&mut self, site: &Site<'_, '_>, path: &str, old: Option<Node<'f>>, new: Option<Node<'f>>) {
        if let (Some(old), Some(new)) = (old, new)
            && inclusion::identical((self.old.files, old.id()), (self.new.files, new.id()))
        {
            return;
        }
        let protocol = known(site.protocol);
        let listed = |name: &str| {
            FIELDS.iter().find(|entry| (entry.0, entry.1, entry.2) == (protocol, site.level, name)).map(|entry| entry.3)
        };
        let text = format!("`{path}` of the `{}` binding", site.protocol);
        let word = |node: Option<Node<'f>>| {
            let simple = node.filter(|node| !node.is_object() && !node.is_array());
            simple.map(|node| format!("`{}`", crate::syntax::to_json(node).trim_matches('"')))
        };
        let text = match (word(old), word(new), old, new) {
            (Some(old), Some(new), ..) => format!("{text} changed from {old} to {new}"),
            (.., None, Some(_)) => format!("{text} was added"),
            (.., Some(_), None) => format!("{text} was removed"),
            _ => format!("{text} changed"),
        };
        let ids = (old.map(Node::id).or(site.spot.old), new.map(Node::id).or(site.spot.new));
        let spot = site.spot.between(ids.0, ids.1);
        // Of which version the fields are is no field.
        if path == "bindingVersion" {
            return self.report(&rules::BINDING_UNKNOWN, site.parties, &spot, text, None);
        }
        match listed(path).or_else(|| listed("*")) {
            // To write down what holds anyway changes nothing.
            Some(Agreed(_)) if self.agreed_by_default(path, site, old, new) => {}
            Some(Agreed(rule) | Tuned(rule)) => self.report(rule, site.parties, &spot, text, None),
            Some(Schema(rule)) => self.schema_field(rule, site, &spot, text, old, new),
            Some(Retention) => {
                // Less than 0 is for ever.
                let kept = |node: Option<Node<'f>>| match node.and_then(Node::as_number).map(|number| number.as_f64()) {
                    Some(number) if number >= 0.0 => number,
                    _ => f64::INFINITY,
                };
                let shrunk = new.is_some() && kept(new) < kept(old);
                let rule = if shrunk { &rules::KAFKA_RETENTION } else { &rules::BINDING_TUNED };
                self.report(rule, site.parties, &spot, text, None);
            }
            Some(Partitions) => {
                let rule = if self.has_keys(site) { &rules::KAFKA_PARTITIONS } else { &rules::BINDING_TUNED };
                self.report(rule, site.parties, &spot, text, None);
            }
            Some(Inside) => {
                let fields = |node: Option<Node<'f>>| node.into_iter().flat_map(Node::entries).map(|entry| entry.key);
                let keys: BTreeSet<&str> = fields(old).chain(fields(new)).collect();
                for key in keys {
                    let member = |node: Option<Node<'f>>| node.and_then(|node| node.get(key));
                    self.field(site, &format!("{path}.{key}"), member(old), member(new));
                }
            }
            None => self.report(&rules::BINDING_UNKNOWN, site.parties, &spot, text, None),
        }
    }

    /// The topic of a Kafka channel is its address unless its binding says otherwise.
    fn agreed_by_default(&self, path: &str, site: &Site<'_, '_>, old: Option<Node<'f>>, new: Option<Node<'f>>) -> bool {
        let address = |api: Api<'f>, node: Option<Node<'f>>| match node.and_then(Node::as_str) {
            Some(topic) => Some(topic.to_owned()),
            None => {
                let channel =
                    api.document.channels.iter().find(|channel| Some(channel.key.as_str()) == site.spot.channel)?;
                channel.address.clone()
            }
        };
        let topic = known(site.protocol) == "kafka" && path == "topic";
        topic && address(self.old, old).is_some() && address(self.old, old) == address(self.new, new)
    }

    /// Do the messages of a channel have a key?
    fn has_keys(&self, site: &Site<'_, '_>) -> bool {
        let channel = |channel: &&Channel| Some(channel.key.as_str()) == site.spot.channel;
        let Some(channel) = self.new.document.channels.iter().find(channel) else { return false };
        channel.messages.iter().filter_map(|one| self.new.document.message(one.message)).any(|message| {
            let binding = message.bindings.and_then(|bindings| self.new.member(bindings, site.protocol));
            binding.is_some_and(|binding| binding.get("key").is_some())
        })
    }

    fn schema_field(
        &mut self,
        rule: &'static Rule,
        site: &Site<'_, '_>,
        spot: &Spot<'_>,
        text: String,
        old: Option<Node<'f>>,
        new: Option<Node<'f>>,
    ) {
        let side = |api: Api<'f>, node: Option<Node<'f>>| {
            let schema = |node: Node<'f>| SchemaUse { node: node.id(), format: SchemaFormat::AsyncApi };
            Side::choice(api.files, node.map(schema).into_iter().collect())
        };
        let comparison = inclusion::compare_by(&side(self.old, old), &side(self.new, new), self.settings.profile);
        if comparison.backward != Verdict::Holds || comparison.forward != Verdict::Holds {
            self.report(rule, site.parties, spot, text, Some(&comparison));
        }
    }
}
