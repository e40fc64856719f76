//! Servers, channels and operations.

use super::matching::{Matched, pair};
use super::rules::{self, Rule};
use super::{Api, Change, Effect, Party};
use crate::document::{Action, Channel, ChannelId, Operation, Server};
use crate::schema::inclusion::Comparison;
use crate::syntax::NodeId;
use std::collections::HashMap;
use std::rc::Rc;

/// Where a change is.
#[derive(Clone, Default)]
pub(super) struct Spot<'a> {
    pub(super) channel: Option<&'a str>,
    pub(super) operation: Option<&'a str>,
    pub(super) message: Option<&'a str>,
    pub(super) old: Option<NodeId>,
    pub(super) new: Option<NodeId>,
}

impl<'a> Spot<'a> {
    /// Between two nodes.
    pub(super) fn between(&self, old: impl Into<Option<NodeId>>, new: impl Into<Option<NodeId>>) -> Self {
        Self { old: old.into(), new: new.into(), ..self.clone() }
    }

    /// At an operation.
    fn operation(channel: &'a str, key: &'a str) -> Self {
        Self { channel: Some(channel), operation: Some(key), ..Self::default() }
    }
}

/// Schemas that were compared, by node; `None` is a schema that is not there.
type Compared = HashMap<(Option<NodeId>, Option<NodeId>), Rc<Comparison>>;

/// Collects changes.
pub(super) struct Differ<'f> {
    pub(super) old: Api<'f>,
    pub(super) new: Api<'f>,
    pub(super) changes: Vec<Change>,
    pub(super) compared: Compared,
}

/// A channel with its id.
type Numbered<'f> = (ChannelId, &'f Channel);

impl<'f> Differ<'f> {
    pub(super) fn new(old: Api<'f>, new: Api<'f>) -> Self {
        Self { old, new, changes: Vec::new(), compared: HashMap::new() }
    }

    /// Adds a change, judged by its rule for those who are there.
    pub(super) fn report(
        &mut self,
        rule: &'static Rule,
        parties: &[Party],
        spot: &Spot<'_>,
        text: impl Into<String>,
        comparison: Option<&Comparison>,
    ) {
        let judged: Vec<_> = parties.iter().map(|party| (*party, rule.judgement(*party).judge(comparison))).collect();
        let effect = judged.iter().map(|(_, (effect, ..))| *effect).max().unwrap_or(Effect::Safe);
        let hurt = || judged.iter().filter(|(_, (own, ..))| *own == effect && effect >= Effect::Unknown);
        let witness = hurt().find_map(|(_, (_, witness, _))| witness.clone());
        let reason = hurt().find_map(|(_, (_, _, reason))| reason.clone());
        let text = reason.into_iter().fold(text.into(), |text, reason| text + ": " + &reason);
        let owned = |name: Option<&str>| name.map(str::to_owned);
        let path = match (spot.new, spot.old) {
            (Some(node), _) => self.new.files.node(node).pointer(),
            (None, Some(node)) => self.old.files.node(node).pointer(),
            (None, None) => String::new(),
        };
        self.changes.push(Change {
            rule: rule.id,
            effect,
            hurts: hurt().map(|(party, _)| *party).collect(),
            channel: owned(spot.channel),
            operation: owned(spot.operation),
            message: owned(spot.message),
            path,
            old: spot.old.map(|node| self.old.place(self.old.span(node))),
            new: spot.new.map(|node| self.new.place(self.new.span(node))),
            text,
            witness,
        });
    }

    /// `info.version` stayed where it was, though something breaks.
    pub(super) fn version_kept(&mut self) {
        let version = |api: Api<'_>| {
            let info = api.files.node(api.document.root).get("info")?;
            info.get("version").map(|node| node.id())
        };
        let spot = Spot::default().between(version(self.old), version(self.new));
        let text = format!("something breaks, and `info.version` is still `{}`", self.new.document.api_version);
        self.report(&rules::VERSION_KEPT, &Party::ALL, &spot, text, None);
    }

    /// Servers, matched by key, then by what they are.
    pub(super) fn servers(&mut self) {
        let list = |api: Api<'f>| api.document.servers.iter().collect::<Vec<&'f Server>>();
        let what = |server: &Server| (server.protocol.clone(), server.host.clone(), server.pathname.clone());
        let Matched { pairs, removed, added } = pair(
            list(self.old),
            list(self.new),
            &[&|old: &Server, new: &Server| old.key == new.key, &|old: &Server, new: &Server| what(old) == what(new)],
        );
        let everybody = parties(self.old.document.operations.iter());
        for (old, new) in pairs {
            let spot = Spot::default().between(old.node, new.node);
            if (&old.host, &old.pathname) != (&new.host, &new.pathname) {
                let place = |server: &Server| server.host.clone() + server.pathname.as_deref().unwrap_or("");
                let text = format!("the server `{}` moved from `{}` to `{}`", new.key, place(old), place(new));
                self.report(&rules::SERVER_MOVED, &everybody, &spot, text, None);
            }
            if old.protocol != new.protocol {
                let text = format!("the server `{}` speaks `{}`, no longer `{}`", new.key, new.protocol, old.protocol);
                self.report(&rules::PROTOCOL_CHANGED, &everybody, &spot, text, None);
            }
        }
        for old in removed {
            let text = format!("the server `{}` was removed", old.key);
            self.report(&rules::SERVER_REMOVED, &everybody, &Spot::default().between(old.node, None), text, None);
        }
        for new in added {
            let text = format!("the server `{}` was added", new.key);
            self.report(&rules::SERVER_ADDED, &everybody, &Spot::default().between(None, new.node), text, None);
        }
    }

    /// Channels, matched by address, then by key; with their operations.
    pub(super) fn channels(&mut self) {
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
        for (old, new) in &pairs {
            self.channel(*old, *new);
        }
        for (id, old) in removed {
            let there = parties(self.old.document.operations.iter().filter(|operation| operation.channel == id));
            let spot = Spot { channel: Some(&old.key), ..Spot::default() }.between(old.node, None);
            self.report(&rules::CHANNEL_REMOVED, &there, &spot, format!("the channel `{}` was removed", old.key), None);
        }
        for (_, new) in added {
            let spot = Spot { channel: Some(&new.key), ..Spot::default() }.between(None, new.node);
            let text = format!("the channel `{}` was added", new.key);
            self.report(&rules::CHANNEL_ADDED, &Party::ALL, &spot, text, None);
        }
        let pairs: Vec<(ChannelId, ChannelId)> = pairs.iter().map(|((old, _), (new, _))| (*old, *new)).collect();
        self.operations(&pairs);
    }

    fn channel(&mut self, (id, old): Numbered<'f>, (new_id, new): Numbered<'f>) {
        let spot = Spot { channel: Some(&new.key), ..Spot::default() }.between(old.node, new.node);
        let of = |api: Api<'f>, id: ChannelId| {
            api.document.operations.iter().filter(move |operation| operation.channel == id)
        };
        let there = parties(of(self.old, id));
        match (&old.address, &new.address) {
            (Some(was), Some(is)) if pattern(was) != pattern(is) => {
                let text = format!("the address of the channel `{}` changed from `{was}` to `{is}`", new.key);
                self.report(&rules::ADDRESS_CHANGED, &there, &spot, text, None);
            }
            (Some(known), None) | (None, Some(known)) => {
                let text = format!("the address `{known}` of the channel `{}` is known in one document only", new.key);
                self.report(&rules::ADDRESS_UNKNOWN, &there, &spot, text, None);
            }
            // In 2.x the key is the address: to write the same in 3.x renames nothing.
            _ if old.key != new.key && self.old.document.version.major() == self.new.document.version.major() => {
                let keyed_by_address = |channel: &Channel| channel.address.as_ref() == Some(&channel.key);
                // What differs then is the name of a parameter.
                if !(keyed_by_address(old) && keyed_by_address(new)) {
                    let text = format!("the channel `{}` is now called `{}`", old.key, new.key);
                    self.report(&rules::CHANNEL_RENAMED, &there, &spot, text, None);
                }
            }
            _ => {}
        }
        // Without operations anybody may write or read.
        if of(self.old, id).next().is_none() && of(self.new, new_id).next().is_none() {
            let carried = |channel: &Channel| channel.messages.iter().map(|one| one.message).collect::<Vec<_>>();
            for action in [Action::Receive, Action::Send] {
                self.messages(action, &spot, (old, &carried(old)), (new, &carried(new)));
            }
        }
    }

    /// Operations, matched by channel, action and key; then by channel and action; then by key.
    fn operations(&mut self, channels: &[(ChannelId, ChannelId)]) {
        let list = |api: Api<'f>| api.document.operations.iter().collect::<Vec<&'f Operation>>();
        let same_channel = |old: &Operation, new: &Operation| channels.contains(&(old.channel, new.channel));
        let Matched { pairs, removed, added } = pair(
            list(self.old),
            list(self.new),
            &[
                &|old, new| same_channel(old, new) && old.action == new.action && old.key == new.key,
                &|old, new| same_channel(old, new) && old.action == new.action,
                &|old, new| old.key == new.key,
            ],
        );
        for (old, new) in pairs {
            self.operation(old, new, same_channel(old, new));
        }
        for old in removed {
            // A channel that is gone was reported as a whole.
            let Some(channel) = self.old.document.channel(old.channel) else { continue };
            if !channels.iter().any(|(known, _)| *known == old.channel) {
                continue;
            }
            let rule = match old.action {
                Action::Receive => &rules::RECEIVE_REMOVED,
                Action::Send => &rules::SEND_REMOVED,
            };
            let spot = Spot::operation(&channel.key, &old.key).between(old.node, None);
            let text = format!("the `{}` operation `{}` was removed", old.action.as_str(), old.key);
            self.report(rule, &[Party::of(old.action)], &spot, text, None);
        }
        for new in added {
            let Some(channel) = self.new.document.channel(new.channel) else { continue };
            let spot = Spot::operation(&channel.key, &new.key).between(None, new.node);
            let text = format!("the `{}` operation `{}` was added", new.action.as_str(), new.key);
            match new.action {
                Action::Receive => self.report(&rules::RECEIVE_ADDED, &[Party::Producers], &spot, text, None),
                Action::Send => {
                    let before = channels.iter().find(|(_, known)| *known == new.channel).map(|(old, _)| *old);
                    let comparison = before.and_then(|before| self.against_channel(before, new));
                    self.report(&rules::SEND_ADDED, &[Party::Consumers], &spot, text, comparison.as_deref());
                }
            }
        }
    }

    fn operation(&mut self, old: &'f Operation, new: &'f Operation, same_channel: bool) {
        let channels = (self.old.document.channel(old.channel), self.new.document.channel(new.channel));
        let (Some(old_channel), Some(new_channel)) = channels else { return };
        let spot = Spot::operation(&new_channel.key, &new.key).between(old.node, new.node);
        let party = [Party::of(old.action)];
        if old.action != new.action {
            let text = format!("`{}` was `{}` and is `{}`", new.key, old.action.as_str(), new.action.as_str());
            self.report(&rules::ACTION_FLIPPED, &party, &spot, text, None);
            return;
        }
        if !same_channel {
            let text = format!("`{}` moved from `{}` to `{}`", new.key, old_channel.key, new_channel.key);
            self.report(&rules::OPERATION_MOVED, &party, &spot, text, None);
        }
        // A key that was made up after the address is no name.
        let named = |operation: &Operation| !operation.key.starts_with(&format!("{} ", operation.action.as_str()));
        if old.key != new.key && named(old) && named(new) {
            let text = format!("the operation `{}` is now called `{}`", old.key, new.key);
            self.report(&rules::OPERATION_RENAMED, &party, &spot, text, None);
        }
        self.messages(new.action, &spot, (old_channel, &old.messages), (new_channel, &new.messages));
        if let (Some(old_reply), Some(new_reply)) = (&old.reply, &new.reply) {
            let channel = |api: Api<'f>, id: Option<ChannelId>| id.and_then(|id| api.document.channel(id));
            let old_side = (channel(self.old, old_reply.channel).unwrap_or(old_channel), &*old_reply.messages);
            let new_side = (channel(self.new, new_reply.channel).unwrap_or(new_channel), &*new_reply.messages);
            self.messages(new.action.reversed(), &spot, old_side, new_side);
        }
    }
}

/// Who is at the other end of some operations; everybody where there are none.
fn parties<'o>(operations: impl Iterator<Item = &'o Operation>) -> Vec<Party> {
    let mut parties: Vec<Party> = operations.map(|operation| Party::of(operation.action)).collect();
    parties.sort_unstable();
    parties.dedup();
    if parties.is_empty() { Party::ALL.to_vec() } else { parties }
}

/// An address without the names of its parameters: those are nobody's business on the wire.
fn pattern(address: &str) -> String {
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
