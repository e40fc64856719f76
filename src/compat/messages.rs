//! The messages of an operation: which there are, and whether they can be told apart.

use super::differ::{Differ, Spot, both};
use super::matching::{Matched, pair};
use super::rules::{self, Rule};
use super::{Api, Party};
use crate::document::{Action, Channel, ChannelId, Message, MessageId, Operation, SchemaUse};
use crate::schema::inclusion::{self, Comparison, Side, Verdict};
use std::rc::Rc;
use std::time::Instant;

/// What an operation carries, and the channel that names it.
pub(super) type Carried<'a> = (&'a Channel, &'a [MessageId]);

/// A message with its key in the channel.
#[derive(Clone, Copy)]
struct Named<'a> {
    key: &'a str,
    message: &'a Message,
}

impl<'f> Differ<'f> {
    /// Compares what an operation carried with what it carries. `lists` says that the way changed in which it names them.
    pub(super) fn messages(
        &mut self,
        action: Action,
        spot: &Spot<'_>,
        old: Carried<'_>,
        new: Carried<'_>,
        lists: Option<&str>,
    ) {
        let same_name =
            |old: Named<'_>, new: Named<'_>| old.message.name.is_some() && old.message.name == new.message.name;
        let (before, after) = (named(self.old, old), named(self.new, new));
        let Matched { mut pairs, mut removed, mut added } = pair(
            before.clone(),
            after.clone(),
            &[&|old, new| old.key == new.key, &|old, new| old.message.key == new.message.key, &same_name],
        );
        // One for one: what else could it be?
        let alone = pairs.is_empty() && removed.len() == 1 && added.len() == 1;
        if alone && let (Some(was), Some(is)) = (removed.pop(), added.pop()) {
            pairs.push((was, is));
        }
        let mut changed: Vec<&str> = added.iter().map(|one| one.key).collect();
        for (old, new) in &pairs {
            let spot = Spot { message: Some(new.key), ..spot.clone() };
            let before = self.changes.len();
            let same = self.message(action, &spot, old.message, new.message);
            changed.extend((!same).then_some(new.key));
            let same_version = self.old.document.version.major() == self.new.document.version.major();
            if old.key != new.key && before == self.changes.len() && same_version {
                let spot = spot.between(old.message.node, new.message.node);
                let text = format!("the message `{}` is now called `{}`", old.key, new.key);
                self.report(&rules::MESSAGE_RENAMED, &[Party::of(action)], &spot, text.clone(), None);
                self.report(&rules::GENERATED_MESSAGE, &[Party::of(action)], &spot, text, None);
            }
        }
        match lists {
            _ if removed.is_empty() && added.is_empty() => {}
            Some(how) => {
                let text = format!("`{}` {how}", spot.operation.unwrap_or(""));
                self.whole(&rules::MESSAGE_LIST_CHANGED, action, spot, (old, new), (&removed, &added), text);
            }
            None if removed.is_empty() || added.is_empty() => self.added_or_removed(action, spot, &removed, &added),
            None => {
                let keys =
                    |list: &[Named<'_>]| list.iter().map(|one| format!("`{}`", one.key)).collect::<Vec<_>>().join(", ");
                let text = format!("{} replaced {}", keys(&added), keys(&removed));
                self.whole(&rules::MESSAGES_REPLACED, action, spot, (old, new), (&removed, &added), text);
            }
        }
        if !changed.is_empty() {
            self.siblings(action, spot, &before, &after, &changed);
        }
    }

    fn added_or_removed(&mut self, action: Action, spot: &Spot<'_>, removed: &[Named<'_>], added: &[Named<'_>]) {
        let (gone, fresh, verb) = match action {
            Action::Receive => (&rules::MESSAGE_REMOVED_FROM_RECEIVE, &rules::MESSAGE_ADDED_TO_RECEIVE, "received"),
            Action::Send => (&rules::MESSAGE_REMOVED_FROM_SEND, &rules::MESSAGE_ADDED_TO_SEND, "sent"),
        };
        let parties = [Party::of(action)];
        for old in removed {
            let spot = Spot { message: Some(old.key), ..spot.clone() }.between(old.message.node, None);
            self.report(gone, &parties, &spot, format!("the message `{}` is no longer {verb}", old.key), None);
        }
        for new in added {
            let spot = Spot { message: Some(new.key), ..spot.clone() }.between(None, new.message.node);
            self.report(fresh, &parties, &spot, format!("the message `{}` is {verb} too", new.key), None);
        }
    }

    /// Messages came and went: what one side may send must fit something that the other takes.
    fn whole(
        &mut self,
        rule: &'static Rule,
        action: Action,
        spot: &Spot<'_>,
        (old, new): (Carried<'_>, Carried<'_>),
        (removed, added): (&[Named<'_>], &[Named<'_>]),
        text: String,
    ) {
        let all = |api: Api<'_>, carried: Carried<'_>| carried.1.iter().filter_map(|id| payload(api, *id)).collect();
        let of = |list: &[Named<'_>]| list.iter().map(|one| one.message.payload.clone()).collect::<Vec<_>>();
        // Only those that went (or came) need to fit: the others are compared one by one.
        let (inner, outer): (Vec<_>, Vec<_>) = match action {
            Action::Receive => (of(removed), all(self.new, new)),
            Action::Send => (of(added), all(self.old, old)),
        };
        let comparison = match (inner.is_empty(), outer.is_empty()) {
            (true, _) => both(&Verdict::Holds),
            (false, true) => both(&Verdict::unknown("there is no message to compare with")),
            (false, false) => match action {
                Action::Receive => self.choices(inner, outer),
                Action::Send => self.choices(outer, inner),
            },
        };
        self.report(rule, &[Party::of(action)], spot, text, Some(&comparison));
    }

    /// Messages that can no longer be told apart by what they carry, though all could be before.
    fn siblings(
        &mut self,
        action: Action,
        spot: &Spot<'_>,
        before: &[Named<'_>],
        after: &[Named<'_>],
        changed: &[&str],
    ) {
        // Whoever did not tell them apart by content before has other means.
        if before.len() < 2
            || pairs(before).iter().any(|(one, other)| self.overlap(self.old, *one, *other) != Verdict::Holds)
        {
            return;
        }
        for (one, other) in pairs(after) {
            if !changed.contains(&one.key) && !changed.contains(&other.key) {
                continue;
            }
            let verdict = self.overlap(self.new, one, other);
            if verdict != Verdict::Holds {
                let spot = Spot { message: Some(other.key), ..spot.clone() };
                let spot = spot.between(None, other.message.node);
                let text = format!("`{}` and `{}` can no longer be told apart", one.key, other.key);
                self.report(&rules::MESSAGES_OVERLAP, &[Party::of(action)], &spot, text, Some(&both(&verdict)));
            }
        }
    }

    /// Is there no message that fits both? `fails` shows a payload that does.
    fn overlap(&self, api: Api<'f>, one: Named<'_>, other: Named<'_>) -> Verdict {
        if Instant::now() > self.deadline {
            return Verdict::unknown("budget: too many messages to compare with each other");
        }
        let side = |schema: Option<&SchemaUse>| Side::choice(api.files, schema.into_iter().cloned().collect());
        let (one, other) = (one.message, other.message);
        if one.content_type != other.content_type {
            return Verdict::Holds;
        }
        if one.headers.is_some() && other.headers.is_some() {
            let (one, other) = (side(one.headers.as_ref()).of_objects(), side(other.headers.as_ref()).of_objects());
            if inclusion::disjoint(&one, &other) == Verdict::Holds {
                return Verdict::Holds;
            }
        }
        inclusion::disjoint(&side(one.payload.as_ref()), &side(other.payload.as_ref()))
    }

    /// What a new `send` operation carries against what was sent on its channel before; `None` when nothing was.
    pub(super) fn against_channel(&mut self, before: ChannelId, operation: &Operation) -> Option<Rc<Comparison>> {
        let sent = |one: &&Operation| one.channel == before && one.action == Action::Send;
        let sending: Vec<&Operation> = self.old.document.operations.iter().filter(sent).collect();
        if sending.is_empty() {
            return None;
        }
        let old = sending.iter().flat_map(|one| &one.messages).filter_map(|id| payload(self.old, *id)).collect();
        let new = operation.messages.iter().filter_map(|id| payload(self.new, *id)).collect();
        Some(Rc::new(self.choices(old, new)))
    }

    /// Compares choices of payloads; one that is not declared may be anything.
    fn choices(&self, old: Vec<Option<SchemaUse>>, new: Vec<Option<SchemaUse>>) -> Comparison {
        let side = |api: Api<'f>, list: Vec<Option<SchemaUse>>| {
            let declared: Option<Vec<SchemaUse>> = list.into_iter().collect();
            Side::choice(api.files, declared.unwrap_or_default())
        };
        inclusion::compare_by(&side(self.old, old), &side(self.new, new), self.settings.profile)
    }
}

/// Every two of a list.
fn pairs<'a>(list: &[Named<'a>]) -> Vec<(Named<'a>, Named<'a>)> {
    list.iter().enumerate().flat_map(|(at, one)| list.iter().skip(at + 1).map(|other| (*one, *other))).collect()
}

/// The payload of a message; `None` within when it is not declared.
fn payload(api: Api<'_>, id: MessageId) -> Option<Option<SchemaUse>> {
    api.document.message(id).map(|message| message.payload.clone())
}

/// The messages that are carried, with their keys.
fn named<'a>(api: Api<'a>, (channel, carried): Carried<'a>) -> Vec<Named<'a>> {
    let key = |id: MessageId| channel.messages.iter().find(|one| one.message == id).map(|one| one.key.as_str());
    let message = |id: &MessageId| {
        let message = api.document.message(*id)?;
        Some(Named { key: key(*id).unwrap_or(&message.key), message })
    };
    carried.iter().filter_map(message).collect()
}
