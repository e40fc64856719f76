//! Operations and their replies.

use super::bindings::Level;
use super::channels::ChannelPair;
use super::differ::{Differ, Spot};
use super::matching::{Matched, pair};
use super::messages::Carried;
use super::{Api, Party, rules};
use crate::document::{Action, Channel, ChannelId, Operation, Reply};

impl<'f> Differ<'f> {
    /// Operations, matched by channel, action and key; then by channel and action; then by key.
    pub(super) fn operations(&mut self, channels: &[ChannelPair<'f>]) {
        let list = |api: Api<'f>| api.document.operations.iter().collect::<Vec<&'f Operation>>();
        let same = |old: ChannelId, new: ChannelId| channels.iter().any(|pair| (pair.old.0, pair.new.0) == (old, new));
        let same_channel = |old: &Operation, new: &Operation| same(old.channel, new.channel);
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
            let durable = self.durable_at(channels, new.channel);
            self.operation(old, new, &same, durable);
        }
        for old in removed {
            // A channel that is gone was reported as a whole.
            let Some(channel) = self.old.document.channel(old.channel) else { continue };
            if !channels.iter().any(|pair| pair.old.0 == old.channel) {
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
                    let before = channels.iter().find(|pair| pair.new.0 == new.channel).map(|pair| pair.old.0);
                    let comparison = before.and_then(|before| self.against_channel(before, new));
                    self.report(&rules::SEND_ADDED, &[Party::Consumers], &spot, text, comparison.as_deref());
                }
            }
        }
    }

    fn operation(
        &mut self,
        old: &'f Operation,
        new: &'f Operation,
        same: &dyn Fn(ChannelId, ChannelId) -> bool,
        durable: bool,
    ) {
        let channels = (self.old.document.channel(old.channel), self.new.document.channel(new.channel));
        let (Some(old_channel), Some(new_channel)) = channels else { return };
        let spot = Spot { durable, ..Spot::operation(&new_channel.key, &new.key).between(old.node, new.node) };
        let party = [Party::of(old.action)];
        if old.action != new.action {
            let text = format!("`{}` was `{}` and is `{}`", new.key, old.action.as_str(), new.action.as_str());
            self.report(&rules::ACTION_FLIPPED, &party, &spot, text, None);
            return;
        }
        if !same(old.channel, new.channel) {
            let text = format!("`{}` moved from `{}` to `{}`", new.key, old_channel.key, new_channel.key);
            self.report(&rules::OPERATION_MOVED, &party, &spot, text, None);
        }
        // A key that was made up after the address is no name.
        let named = |operation: &Operation| !operation.key.starts_with(&format!("{} ", operation.action.as_str()));
        if old.key != new.key && named(old) && named(new) {
            let text = format!("the operation `{}` is now called `{}`", old.key, new.key);
            self.report(&rules::OPERATION_RENAMED, &party, &spot, text.clone(), None);
            self.report(&rules::GENERATED_OPERATION, &party, &spot, text, None);
        }
        self.security(&party, &spot, &format!("the operation `{}`", new.key));
        self.bindings(Level::Operation, &party, &spot);
        let lists = self.lists((old.node, new.node));
        self.messages(new.action, &spot, (old_channel, &old.messages), (new_channel, &new.messages), lists);
        self.replies(old, new, (old_channel, new_channel), same, &spot);
    }

    /// Does one of two operations list its messages, where the other has all of its channel?
    fn lists(&self, (old, new): (crate::syntax::NodeId, crate::syntax::NodeId)) -> Option<&'static str> {
        let listed = |api: Api<'_>, node| api.files.node(node).get("messages").is_some();
        // In 2.x an operation has its messages itself.
        let both_3 = [self.old, self.new].iter().all(|api| api.document.version.major() > 2);
        match (listed(self.old, old), listed(self.new, new)) {
            _ if !both_3 => None,
            (false, true) => Some("lists its messages, where it had all of its channel"),
            (true, false) => Some("has all messages of its channel, where it listed them"),
            _ => None,
        }
    }

    fn replies(
        &mut self,
        old: &'f Operation,
        new: &'f Operation,
        (old_channel, new_channel): (&'f Channel, &'f Channel),
        same: &dyn Fn(ChannelId, ChannelId) -> bool,
        spot: &Spot<'_>,
    ) {
        let party = [Party::of(new.action)];
        let reply_node =
            |api: Api<'f>, operation: &Operation| api.member(operation.node, "reply").map(|node| node.id());
        let spot = &spot.between(reply_node(self.old, old).or(spot.old), reply_node(self.new, new).or(spot.new));
        let (was, is) = match (&old.reply, &new.reply) {
            (Some(was), Some(is)) => (was, is),
            (None, Some(_)) => {
                let text = format!("`{}` has a reply", new.key);
                return self.report(&rules::REPLY_ADDED, &party, spot, text, None);
            }
            (Some(_), None) => {
                let text = format!("`{}` has no reply any more", new.key);
                return self.report(&rules::REPLY_REMOVED, &party, spot, text, None);
            }
            (None, None) => return,
        };
        let moved = match (was.channel, is.channel) {
            (Some(was), Some(is)) => !same(was, is),
            (was, is) => was.is_some() != is.is_some(),
        };
        if moved || was.address_location != is.address_location {
            let address = |reply: &Reply, api: Api<'f>| {
                let channel = reply.channel.and_then(|id| api.document.channel(id)).map(|channel| channel.key.clone());
                channel.into_iter().chain(reply.address_location.clone()).collect::<Vec<_>>().join(" at ")
            };
            let text = format!(
                "the reply of `{}` travels on `{}`, no longer on `{}`",
                new.key,
                address(is, self.new),
                address(was, self.old)
            );
            self.report(&rules::REPLY_MOVED, &party, spot, text, None);
        }
        let channel = |api: Api<'f>, id: Option<ChannelId>| id.and_then(|id| api.document.channel(id));
        let old_side: Carried<'_> = (channel(self.old, was.channel).unwrap_or(old_channel), &was.messages);
        let new_side: Carried<'_> = (channel(self.new, is.channel).unwrap_or(new_channel), &is.messages);
        self.messages(new.action.reversed(), spot, old_side, new_side, None);
    }
}
