//! The messages of an operation: which there are, and what each of them carries.

use super::matching::{Matched, pair};
use super::rules;
use super::walk::{Differ, Spot};
use super::{Api, Effect, Party};
use crate::document::{Action, Channel, ChannelId, Message, MessageId, Operation, SchemaFormat, SchemaUse};
use crate::schema::inclusion::{self, Comparison, Side, Verdict};
use std::rc::Rc;

/// What an operation carries, and the channel that names it.
type Carried<'a> = (&'a Channel, &'a [MessageId]);

/// A message with its key in the channel.
#[derive(Clone, Copy)]
struct Named<'a> {
    key: &'a str,
    message: &'a Message,
}

/// Families of schema languages: within one, schemas can be compared.
#[derive(Debug, PartialEq, Eq)]
enum Family<'a> {
    JsonSchema,
    Avro,
    Protobuf,
    Unread(&'a str),
}

impl<'a> Family<'a> {
    fn of(format: &'a SchemaFormat) -> Self {
        match format {
            SchemaFormat::AsyncApi | SchemaFormat::JsonSchema(_) | SchemaFormat::OpenApi(_) => Self::JsonSchema,
            SchemaFormat::Avro => Self::Avro,
            SchemaFormat::Protobuf => Self::Protobuf,
            SchemaFormat::Unsupported(name) => Self::Unread(name),
        }
    }
}

impl<'f> Differ<'f> {
    /// Compares what an operation carried with what it carries.
    pub(super) fn messages(&mut self, action: Action, spot: &Spot<'_>, old: Carried<'_>, new: Carried<'_>) {
        let same_name =
            |old: Named<'_>, new: Named<'_>| old.message.name.is_some() && old.message.name == new.message.name;
        let Matched { mut pairs, mut removed, mut added } = pair(
            named(self.old, old),
            named(self.new, new),
            &[&|old, new| old.key == new.key, &|old, new| old.message.key == new.message.key, &same_name],
        );
        // One for one: what else could it be?
        let alone = pairs.is_empty() && removed.len() == 1 && added.len() == 1;
        if alone && let (Some(was), Some(is)) = (removed.pop(), added.pop()) {
            pairs.push((was, is));
        }
        for (old, new) in pairs {
            let spot = Spot { message: Some(new.key), ..spot.clone() };
            let before = self.changes.len();
            self.message(action, &spot, old.message, new.message);
            let same_version = self.old.document.version.major() == self.new.document.version.major();
            if old.key != new.key && before == self.changes.len() && same_version {
                let spot = spot.between(old.message.node, new.message.node);
                let text = format!("the message `{}` is now called `{}`", old.key, new.key);
                self.report(&rules::MESSAGE_RENAMED, &[Party::of(action)], &spot, text, None);
            }
        }
        if removed.is_empty() || added.is_empty() {
            self.added_or_removed(action, spot, &removed, &added);
        } else {
            self.replaced(action, spot, (old, new), &removed, &added);
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
    fn replaced(
        &mut self,
        action: Action,
        spot: &Spot<'_>,
        (old, new): (Carried<'_>, Carried<'_>),
        removed: &[Named<'_>],
        added: &[Named<'_>],
    ) {
        let keys = |list: &[Named<'_>]| list.iter().map(|one| format!("`{}`", one.key)).collect::<Vec<_>>().join(", ");
        let text = format!("{} replaced {}", keys(added), keys(removed));
        let all = |api: Api<'_>, carried: Carried<'_>| carried.1.iter().filter_map(|id| payload(api, *id)).collect();
        let of = |list: &[Named<'_>]| list.iter().map(|one| one.message.payload.clone()).collect::<Vec<_>>();
        // Only those that went (or came) need to fit: the others are compared one by one.
        let (old_side, new_side) = match action {
            Action::Receive => (of(removed), all(self.new, new)),
            Action::Send => (all(self.old, old), of(added)),
        };
        let comparison = self.choices(old_side, new_side);
        self.report(&rules::MESSAGES_REPLACED, &[Party::of(action)], spot, text, Some(&comparison));
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
        inclusion::compare(&side(self.old, old), &side(self.new, new))
    }

    fn message(&mut self, action: Action, spot: &Spot<'_>, old: &Message, new: &Message) {
        let parties = [Party::of(action)];
        let at_message = spot.between(old.node, new.node);
        let key = spot.message.unwrap_or("");
        let (was, is) = (media_type(old), media_type(new));
        if was != is {
            let text = format!("the content type of `{key}` changed from `{was}` to `{is}`");
            self.report(&rules::CONTENT_TYPE_CHANGED, &parties, &at_message, text, None);
        }
        self.payload(&parties, &at_message, key, old, new);
        let comparison = self.headers(old.headers.as_ref(), new.headers.as_ref());
        if differs(&comparison) {
            let spot = self.schema_spot(&at_message, old.headers.as_ref(), new.headers.as_ref());
            let text = format!("the headers of `{key}` changed");
            self.report(&rules::HEADERS_CHANGED, &parties, &spot, text, Some(&comparison));
        }
    }

    fn payload(&mut self, parties: &[Party], spot: &Spot<'_>, key: &str, old: &Message, new: &Message) {
        let (was, is) = (old.payload.as_ref(), new.payload.as_ref());
        let spot = self.schema_spot(spot, was, is);
        let comparison = self.payloads(was, is);
        let rule = match (was, is) {
            (Some(old), Some(new)) => match (Family::of(&old.format), Family::of(&new.format)) {
                (old, new) if old != new => {
                    let text = format!("the payload of `{key}` is described in another language: {new:?}, not {old:?}");
                    self.report(&rules::LANGUAGE_CHANGED, parties, &spot, text, None);
                    return;
                }
                (Family::JsonSchema | Family::Avro | Family::Protobuf, _) => &rules::PAYLOAD_CHANGED,
                _ => &rules::LANGUAGE_UNREAD,
            },
            (None, Some(_)) => &rules::PAYLOAD_DECLARED,
            (Some(_), None) => &rules::PAYLOAD_DROPPED,
            (None, None) => return,
        };
        if differs(&comparison) {
            self.report(rule, parties, &spot, format!("the payload of `{key}` changed"), Some(&comparison));
            self.say_direction(parties);
        }
    }

    /// Puts into words what the last change does.
    fn say_direction(&mut self, parties: &[Party]) {
        let Some(change) = self.changes.last_mut().filter(|change| change.effect == Effect::Breaking) else { return };
        if change.witness.is_some() {
            change.text.push_str(match parties {
                [Party::Producers] => ": what producers may send is refused",
                _ => ": consumers may get what they do not know",
            });
        }
    }

    /// Points at the schemas where both are declared.
    fn schema_spot<'s>(&self, spot: &Spot<'s>, old: Option<&SchemaUse>, new: Option<&SchemaUse>) -> Spot<'s> {
        spot.between(old.map(|one| one.node).or(spot.old), new.map(|one| one.node).or(spot.new))
    }

    /// Compares two payloads.
    fn payloads(&mut self, old: Option<&SchemaUse>, new: Option<&SchemaUse>) -> Rc<Comparison> {
        self.compared(old, new, |side| side)
    }

    /// Compares two schemas of headers, which are objects.
    fn headers(&mut self, old: Option<&SchemaUse>, new: Option<&SchemaUse>) -> Rc<Comparison> {
        self.compared(old, new, Side::of_objects)
    }

    /// Compares two schemas, each pair once: headers and payloads never share a node.
    fn compared(
        &mut self,
        old: Option<&SchemaUse>,
        new: Option<&SchemaUse>,
        narrow: fn(Side<'f>) -> Side<'f>,
    ) -> Rc<Comparison> {
        let key = (old.map(|one| one.node), new.map(|one| one.node));
        if let Some(known) = self.compared.get(&key) {
            return Rc::clone(known);
        }
        let side =
            |api: Api<'f>, one: Option<&SchemaUse>| narrow(Side::choice(api.files, one.into_iter().cloned().collect()));
        let comparison = Rc::new(inclusion::compare(&side(self.old, old), &side(self.new, new)));
        self.compared.insert(key, Rc::clone(&comparison));
        comparison
    }
}

fn differs(comparison: &Comparison) -> bool {
    comparison.backward != Verdict::Holds || comparison.forward != Verdict::Holds
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

/// The media type of a payload, spelled alike: JSON unless something else is said.
fn media_type(message: &Message) -> String {
    let text = message.content_type.as_deref().unwrap_or("application/json").to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("").to_owned();
    let mut parameters: Vec<&str> =
        parts.filter(|parameter| !parameter.is_empty() && *parameter != "charset=utf-8").collect();
    parameters.sort_unstable();
    parameters.into_iter().fold(essence, |text, parameter| text + "; " + parameter)
}
