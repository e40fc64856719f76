//! Several applications: does what one of them sends fit what another receives?
//!
//! In: documents of different applications. Out: a [`LinkReport`]: every pair of operations that meet at an address, what
//! does not fit between them, with a message that proves it, and the operations that meet nobody.

use super::servers::servers_of;
use super::{Api, Effect, Outcome, Place};
use crate::document::{Action, Channel, Message, MessageId, Operation, SchemaUse};
use crate::schema::inclusion::{self, Side, Verdict};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// An operation of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct End {
    /// Title of the application.
    pub application: String,
    /// Key of the operation.
    pub operation: String,
    /// Where it is declared.
    pub place: Place,
}

/// Two operations that meet at an address, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Link {
    /// The address.
    pub address: String,
    /// Who sends.
    pub sender: End,
    /// Who receives.
    pub receiver: End,
    /// The worst of the findings.
    pub effect: Effect,
    /// What does not fit, or could not be decided; nothing when all fits.
    pub findings: Vec<Finding>,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// Breaking or unknown.
    pub effect: Effect,
    /// Key of the message that is sent.
    pub message: Option<String>,
    /// In one sentence.
    pub text: String,
    /// A payload or headers that may be sent and are not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value>,
}

/// An operation that meets nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Orphan {
    /// The operation.
    pub end: End,
    /// `send` or `receive`.
    pub action: &'static str,
    /// Its address.
    pub address: String,
}

/// How applications fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct LinkReport {
    /// The sum.
    pub verdict: Outcome,
    /// Operations that meet, in the order of the documents.
    pub links: Vec<Link>,
    /// Operations that meet nobody.
    pub orphans: Vec<Orphan>,
}

/// An operation with all that is around it.
#[derive(Clone, Copy)]
struct Port<'f> {
    api: Api<'f>,
    /// Number of the document.
    document: usize,
    operation: &'f Operation,
    channel: &'f Channel,
    action: Action,
    /// The messages, and whether it is the answer to the operation.
    messages: &'f [MessageId],
    is_reply: bool,
}

/// Compares what documents send with what others receive.
pub fn link(documents: &[Api<'_>]) -> LinkReport {
    let ports: Vec<Port<'_>> = documents.iter().enumerate().flat_map(|(at, api)| ports(at, *api)).collect();
    let mut links = Vec::new();
    let mut met = BTreeSet::new();
    for (at, sender) in ports.iter().enumerate().filter(|(_, port)| port.action == Action::Send) {
        for (to, receiver) in ports.iter().enumerate().filter(|(_, port)| port.action == Action::Receive) {
            let meets = sender.document != receiver.document && sender.is_reply == receiver.is_reply;
            if let (true, Some((from, address))) = (meets, sender.address().zip(receiver.address()))
                && overlap(&parts(sender, &from), &parts(receiver, &address))
            {
                met.extend([at, to]);
                links.push(join(sender, receiver, from));
            }
        }
    }
    let alone = ports.iter().enumerate().filter(|(at, port)| !met.contains(at) && !port.is_reply);
    let orphans = alone
        .map(|(_, port)| Orphan {
            end: port.end(),
            action: port.action.as_str(),
            address: port.address().unwrap_or_else(|| "(known at run time)".to_owned()),
        })
        .collect();
    LinkReport { verdict: Outcome::of(links.iter().map(|link: &Link| link.effect)), links, orphans }
}

/// The operations of a document and their replies.
fn ports(document: usize, api: Api<'_>) -> Vec<Port<'_>> {
    let mut ports = Vec::new();
    for operation in &api.document.operations {
        let Some(channel) = api.document.channel(operation.channel) else { continue };
        let action = operation.action;
        ports.push(Port { api, document, operation, channel, action, messages: &operation.messages, is_reply: false });
        let reply = operation.reply.as_ref();
        let channel = reply.and_then(|reply| reply.channel).and_then(|id| api.document.channel(id));
        if let (Some(reply), Some(channel)) = (reply, channel) {
            let (action, messages) = (action.reversed(), reply.messages.as_slice());
            ports.push(Port { api, document, operation, channel, action, messages, is_reply: true });
        }
    }
    ports
}

impl<'f> Port<'f> {
    fn end(&self) -> End {
        End {
            application: self.api.document.title.clone(),
            operation: self.operation.key.clone(),
            place: self.api.place_of(self.operation.node),
        }
    }

    /// Where messages travel: a Kafka topic of the binding comes before the address.
    fn address(&self) -> Option<String> {
        let binding = self.channel.bindings.and_then(|bindings| self.api.member(bindings, "kafka"));
        let topic = binding.and_then(|binding| binding.get_str("topic")).map(str::to_owned);
        topic.or_else(|| self.channel.address.clone())
    }

    /// The protocols of the servers on which the channel is available, `kafka` for `kafka-secure`.
    fn protocols(&self) -> BTreeSet<&'f str> {
        let named = servers_of(self.api, self.channel);
        let servers = self.api.document.servers.iter();
        let there = servers.filter(|server| named.is_empty() || named.contains(&server.key));
        there.map(|server| super::bindings::known(&server.protocol)).collect()
    }

    fn messages(&self) -> impl Iterator<Item = &'f Message> {
        let document = self.api.document;
        self.messages.iter().filter_map(move |id| document.message(*id))
    }
}

/// A part of an address, between `/` or `.`.
#[derive(Debug, PartialEq, Eq)]
enum Part<'f> {
    Text(String),
    /// A parameter with a list of values.
    Listed(&'f [String]),
    /// A parameter, or text around one.
    Free,
}

/// The parts of the address at which messages travel.
fn parts<'f>(port: &Port<'f>, address: &str) -> Vec<Part<'f>> {
    let listed = |name: &str| port.channel.parameters.iter().find(|known| known.name == name);
    let part = |text: &str| match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => match listed(name).map(|parameter| parameter.allowed.as_slice()) {
            Some(values @ [_, ..]) => Part::Listed(values),
            _ => Part::Free,
        },
        None if text.contains('{') => Part::Free,
        None => Part::Text(text.to_owned()),
    };
    address.split(['/', '.']).map(part).collect()
}

/// Do two addresses have one in common?
fn overlap(one: &[Part<'_>], other: &[Part<'_>]) -> bool {
    let meets = |pair: (&Part<'_>, &Part<'_>)| match pair {
        (Part::Free, _) | (_, Part::Free) => true,
        (Part::Text(one), Part::Text(other)) => one == other,
        (Part::Text(text), Part::Listed(values)) | (Part::Listed(values), Part::Text(text)) => values.contains(text),
        (Part::Listed(values), Part::Listed(others)) => values.iter().any(|value| others.contains(value)),
    };
    one.len() == other.len() && one.iter().zip(other).all(meets)
}

/// What is sent against what is received.
fn join(sender: &Port<'_>, receiver: &Port<'_>, address: String) -> Link {
    let mut findings = Vec::new();
    let (speaks, hears) = (sender.protocols(), receiver.protocols());
    if !speaks.is_empty() && !hears.is_empty() && speaks.is_disjoint(&hears) {
        let list = |words: &BTreeSet<&str>| words.iter().copied().collect::<Vec<_>>().join(", ");
        findings.push(Finding {
            effect: Effect::Breaking,
            message: None,
            text: format!("one speaks {}, the other {}", list(&speaks), list(&hears)),
            witness: None,
        });
    }
    for message in sender.messages() {
        findings.extend(misfit(sender, receiver, message));
    }
    let effect = findings.iter().map(|finding| finding.effect).max().unwrap_or(Effect::Safe);
    Link { address, sender: sender.end(), receiver: receiver.end(), effect, findings }
}

/// How a finding calls headers.
const HEADERS: &str = "the headers";

/// What of a message has a schema.
type Content = fn(&Message) -> Option<SchemaUse>;

/// Why a message that is sent does not fit any that is received.
fn misfit(sender: &Port<'_>, receiver: &Port<'_>, message: &Message) -> Option<Finding> {
    let finding =
        |effect, text: String, witness| Some(Finding { effect, message: Some(message.key.clone()), text, witness });
    let media_type = super::payloads::media_type(message);
    let taken: Vec<&Message> =
        receiver.messages().filter(|other| super::payloads::media_type(other) == media_type).collect();
    if taken.is_empty() {
        let text = format!("`{}` is sent as `{media_type}`, and nothing of that type is received", message.key);
        return finding(Effect::Breaking, text, None);
    }
    let judge = |(what, content): (&str, Content), taken: &[&Message]| {
        let sent = content(message).into_iter().collect();
        // One message that takes anything takes all.
        let Some(received) = taken.iter().map(|other| content(other)).collect() else { return Verdict::Holds };
        let narrow = |one| if what == HEADERS { Side::of_objects(one) } else { one };
        let old = narrow(Side::choice(sender.api.files, sent));
        let new = narrow(Side::choice(receiver.api.files, received));
        inclusion::compare(&old, &new).backward
    };
    let contents: [(&str, Content); 2] =
        [("the payload", |message| message.payload.clone()), (HEADERS, |message| message.headers.clone())];
    let [payload, headers] = contents;
    // Both must fit one message: those that take all headers are asked for the payload.
    let with_headers: Vec<&Message> =
        taken.iter().copied().filter(|other| judge(headers, &[*other]) == Verdict::Holds).collect();
    if !with_headers.is_empty() && judge(payload, &with_headers) == Verdict::Holds {
        return None;
    }
    for (what, content) in contents {
        match judge((what, content), &taken) {
            Verdict::Holds => {}
            Verdict::Fails { witness, reason } => {
                let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                let text = format!("{what} of `{}` may be what is not received{reason}", message.key);
                return finding(Effect::Breaking, text, Some(witness));
            }
            Verdict::Unknown { reason } => {
                let text = format!("{what} of `{}` could not be compared: {reason}", message.key);
                return finding(Effect::Unknown, text, None);
            }
        }
    }
    let text = format!("the payload and the headers of `{}` fit, but not one message together", message.key);
    finding(Effect::Unknown, text, None)
}
