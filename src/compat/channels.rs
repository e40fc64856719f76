//! Channels: which there are, their addresses, and the parameters in them.

use super::bindings::{self, Level};
use super::differ::{Differ, Spot, parties, words};
use super::matching::{Matched, pair};
use super::servers::servers_of;
use super::{Api, Party, Policy, rules};
use crate::document::{Action, Channel, ChannelId, Parameter};
use std::collections::BTreeMap;

/// A channel with its id.
pub(super) type Numbered<'f> = (ChannelId, &'f Channel);

/// A channel in both documents.
#[derive(Clone, Copy)]
pub(super) struct ChannelPair<'f> {
    pub(super) old: Numbered<'f>,
    pub(super) new: Numbered<'f>,
}

impl ChannelPair<'_> {
    /// Who is at the other end by the old document.
    pub(super) fn parties(&self, old: Api<'_>) -> Vec<Party> {
        parties(actions_on(old, self.old.0))
    }
}

/// What the application does on a channel: its operations, and its part in their replies.
fn actions_on(api: Api<'_>, id: ChannelId) -> impl Iterator<Item = Action> {
    api.document.operations.iter().flat_map(move |operation| {
        let own = (operation.channel == id).then_some(operation.action);
        let answers = operation.reply.as_ref().is_some_and(|reply| reply.channel == Some(id));
        own.into_iter().chain(answers.then_some(operation.action.reversed()))
    })
}

impl<'f> Differ<'f> {
    /// Channels, matched by address, then by key. Reports those that came or went.
    pub(super) fn channel_pairs(&mut self) -> Vec<ChannelPair<'f>> {
        let list = |api: Api<'f>| api.document.channels().collect::<Vec<Numbered<'f>>>();
        let address = |one: Numbered<'_>| one.1.address.as_deref().map(pattern);
        let same_key = |(_, old): Numbered<'_>, (_, new): Numbered<'_>| old.key == new.key;
        let Matched { pairs, removed, added } = pair(
            list(self.old),
            list(self.new),
            &[
                &|old, new| same_key(old, new) && address(old) == address(new),
                &|old, new| address(old).is_some() && address(old) == address(new),
                &same_key,
            ],
        );
        for (id, old) in removed {
            let there = parties(actions_on(self.old, id));
            let spot = Spot::channel(&old.key).between(old.node, None);
            self.report(&rules::CHANNEL_REMOVED, &there, &spot, format!("the channel `{}` was removed", old.key), None);
        }
        for (_, new) in added {
            let spot = Spot::channel(&new.key).between(None, new.node);
            let text = format!("the channel `{}` was added", new.key);
            self.report(&rules::CHANNEL_ADDED, &Party::ALL, &spot, text, None);
        }
        pairs.into_iter().map(|(old, new)| ChannelPair { old, new }).collect()
    }

    /// Compares channels that are in both documents.
    pub(super) fn channels(&mut self, pairs: &[ChannelPair<'f>]) {
        for pair in pairs {
            self.channel(pair);
        }
        self.shared_addresses();
    }

    fn channel(&mut self, pair: &ChannelPair<'f>) {
        let ((id, old), (new_id, new)) = (pair.old, pair.new);
        let durable = self.is_durable(pair);
        let spot = Spot { durable, ..Spot::channel(&new.key).between(old.node, new.node) };
        let there = pair.parties(self.old);
        self.address(pair, &there, &spot);
        self.parameters(pair, &there, &spot);
        self.bindings(Level::Channel, &there, &spot);
        // Without operations anybody may write or read.
        if actions_on(self.old, id).next().is_none() && actions_on(self.new, new_id).next().is_none() {
            let carried = |channel: &Channel| channel.messages.iter().map(|one| one.message).collect::<Vec<_>>();
            for action in [Action::Receive, Action::Send] {
                self.messages(action, &spot, (old, &carried(old)), (new, &carried(new)), None);
            }
        }
    }

    fn address(&mut self, pair: &ChannelPair<'f>, there: &[Party], spot: &Spot<'_>) {
        let (old, new) = (pair.old.1, pair.new.1);
        match (&old.address, &new.address) {
            (Some(was), Some(is)) if pattern(was) != pattern(is) => {
                let (had, has) = (names_in(was).len(), names_in(is).len());
                let rule = match has.cmp(&had) {
                    std::cmp::Ordering::Greater => &rules::PARAMETER_ADDED,
                    std::cmp::Ordering::Less => &rules::PARAMETER_REMOVED,
                    std::cmp::Ordering::Equal => &rules::ADDRESS_CHANGED,
                };
                let text = format!("the address of the channel `{}` changed from `{was}` to `{is}`", new.key);
                self.report(rule, there, spot, text, None);
            }
            (Some(known), None) | (None, Some(known)) => {
                let text = format!("the address `{known}` of the channel `{}` is known in one document only", new.key);
                self.report(&rules::ADDRESS_UNKNOWN, there, spot, text, None);
            }
            // In 2.x the key is the address: to write the same in 3.x renames nothing.
            _ if old.key != new.key && self.old.document.version.major() == self.new.document.version.major() => {
                let keyed_by_address = |channel: &Channel| channel.address.as_ref() == Some(&channel.key);
                // What differs then is the name of a parameter.
                if !(keyed_by_address(old) && keyed_by_address(new)) {
                    let text = format!("the channel `{}` is now called `{}`", old.key, new.key);
                    self.report(&rules::CHANNEL_RENAMED, there, spot, text.clone(), None);
                    self.report(&rules::GENERATED_CHANNEL, there, spot, text, None);
                }
            }
            _ => {}
        }
    }

    /// Parameters, matched by their place in the address.
    fn parameters(&mut self, pair: &ChannelPair<'f>, there: &[Party], spot: &Spot<'_>) {
        let (old, new) = (pair.old.1, pair.new.1);
        if old.address.as_deref().map(pattern) != new.address.as_deref().map(pattern) {
            return;
        }
        let channel = &new.key;
        for (was, is) in old.parameters.iter().zip(&new.parameters) {
            let node = |api: Api<'f>, channel: &Channel, name: &str| {
                let declared = api.member(channel.node, "parameters")?;
                api.files.node(declared.id()).get(name).map(|node| node.id())
            };
            let nodes = (node(self.old, old, &was.name), node(self.new, new, &is.name));
            let spot = spot.between(nodes.0.or(spot.old), nodes.1.or(spot.new));
            let name = format!("the parameter `{}` of the channel `{channel}`", is.name);
            if was.name != is.name {
                let text =
                    format!("the parameter `{}` of the channel `{channel}` is now called `{}`", was.name, is.name);
                self.report(&rules::PARAMETER_RENAMED, there, &spot, text.clone(), None);
                self.report(&rules::GENERATED_CHANNEL, there, &spot, text, None);
            }
            self.parameter_values(&name, was, is, there, &spot);
            if was.default != is.default {
                let word = |one: &Parameter| one.default.as_ref().map_or("none".to_owned(), |text| format!("`{text}`"));
                let text = format!("the default of {name} was {} and is {}", word(was), word(is));
                self.report(&rules::PARAMETER_DEFAULT, there, &spot, text, None);
            }
            if was.location != is.location {
                let word =
                    |one: &Parameter| one.location.as_ref().map_or("nowhere".to_owned(), |text| format!("`{text}`"));
                let text = format!("{name} was taken from {} and is from {}", word(was), word(is));
                self.report(&rules::PARAMETER_LOCATION, there, &spot, text, None);
            }
        }
    }

    fn parameter_values(&mut self, name: &str, was: &Parameter, is: &Parameter, there: &[Party], spot: &Spot<'_>) {
        let list = |words: &[&String]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        match (was.allowed.is_empty(), is.allowed.is_empty()) {
            (true, true) => {}
            (false, false) => {
                let gone: Vec<&String> = was.allowed.iter().filter(|word| !is.allowed.contains(word)).collect();
                let fresh: Vec<&String> = is.allowed.iter().filter(|word| !was.allowed.contains(word)).collect();
                if !gone.is_empty() {
                    let text = format!("{name} no longer takes {}", list(&gone));
                    self.report(&rules::PARAMETER_VALUE_REMOVED, there, spot, text, None);
                }
                if !fresh.is_empty() {
                    let text = format!("{name} takes {} too", list(&fresh));
                    self.report(&rules::PARAMETER_VALUE_ADDED, there, spot, text, None);
                }
            }
            (free, _) => {
                let (old, new) = (Some(was.allowed.as_slice()), Some(is.allowed.as_slice()));
                let comparison = if free { words(None, new) } else { words(old, None) };
                let text = if free { "takes listed values only" } else { "takes any value" };
                self.report(&rules::PARAMETER_CLOSED, there, spot, format!("{name} {text}"), Some(&comparison));
            }
        }
    }

    /// Addresses that two channels have now, and had not before.
    fn shared_addresses(&mut self) {
        let before = shared(self.old);
        for (address, channels) in shared(self.new) {
            let [first, second, ..] = channels.as_slice() else { continue };
            if before.get(&address).is_some_and(|known| known.len() >= channels.len()) {
                continue;
            }
            let there = parties(channels.iter().flat_map(|(id, _)| actions_on(self.new, *id)));
            let spot = Spot::channel(&second.1.key).between(None, second.1.node);
            let text = format!("the channels `{}` and `{}` share the address `{address}`", first.1.key, second.1.key);
            self.report(&rules::ADDRESS_SHARED, &there, &spot, text, None);
        }
    }

    /// Does a channel keep messages, so that new readers meet old ones?
    fn is_durable(&self, pair: &ChannelPair<'f>) -> bool {
        let declared =
            || bindings::keeps_messages(self.old, pair.old.1) && bindings::keeps_messages(self.new, pair.new.1);
        !self.settings.has(Policy::Drained) && (self.settings.has(Policy::Durable) || declared())
    }

    /// Is the channel of an operation durable?
    pub(super) fn durable_at(&self, channels: &[ChannelPair<'f>], new: ChannelId) -> bool {
        channels.iter().find(|pair| pair.new.0 == new).is_some_and(|pair| self.is_durable(pair))
    }
}

/// Channels by the pattern of their address, where more than one has it on one server.
fn shared<'f>(api: Api<'f>) -> BTreeMap<String, Vec<Numbered<'f>>> {
    let mut by_address: BTreeMap<String, Vec<Numbered<'f>>> = BTreeMap::new();
    for (id, channel) in api.document.channels() {
        if let Some(address) = &channel.address {
            by_address.entry(pattern(address)).or_default().push((id, channel));
        }
    }
    let meet = |one: &Channel, other: &Channel| {
        let (one, other) = (servers_of(api, one), servers_of(api, other));
        one.is_empty() || other.is_empty() || one.iter().any(|server| other.contains(server))
    };
    by_address.retain(|_, list| {
        let all = list.clone();
        list.retain(|(id, one)| all.iter().any(|(other_id, other)| id != other_id && meet(one, other)));
        list.len() > 1
    });
    by_address
}

/// An address without the names of its parameters: those are nobody's business on the wire.
pub(super) fn pattern(address: &str) -> String {
    let mut out = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, behind)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str("{}");
        rest = behind;
    }
    out + rest
}

/// The names in braces, in their order.
pub(super) fn names_in(address: &str) -> Vec<String> {
    let parts = address.split('{').skip(1);
    parts.filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}
