//! What a change of a document does to those who work by the old one.
//!
//! In: two versions of a document, as models, and [`Settings`]. Out: a [`Report`]: every change that matters on the wire,
//! by the table of [`RULES`], with the places in both files, whom it hurts and how, and, where a schema breaks, a message
//! that proves it. A change is reported once, however many ways lead to it. What is only said differently (descriptions,
//! order, equivalent schemas) is no change. A document against itself has none.

mod assert;
mod bindings;
mod channels;
mod differ;
mod facets;
mod findings;
mod history;
mod link;
mod matching;
mod messages;
mod operations;
mod payloads;
mod render;
mod rules;
mod security;
mod servers;
mod settings;
mod version;

pub use assert::assert_compatible;
pub use findings::findings;
pub use history::{Mode, diff_all};
pub use link::{End, Finding, Link, LinkReport, Orphan, link};
pub use render::{link_text, markdown, text};
pub use rules::{RULES, Rule};
pub use settings::{Direction, Policy, Profile, Settings, Waiver};
pub use version::{Bump, Versions};

use crate::document::{Action, Document};
use crate::reference::Files;
use crate::schema::inclusion::{Comparison, Verdict};
use crate::source::Span;
use crate::syntax::{Node, NodeId};
use serde::Serialize;
use serde_json::Value;

/// One version of a document.
#[derive(Clone, Copy)]
pub struct Api<'f> {
    /// Its files.
    pub files: &'f Files,
    /// Its model.
    pub document: &'f Document,
}

/// What a change does to somebody who stays as they are; the worst is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Nothing.
    Safe,
    /// Nothing on the wire, but people may want to know.
    Note,
    /// That could not be decided.
    Unknown,
    /// Messages are refused, lost or not understood.
    Breaking,
}

impl Effect {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Note => "note",
            Self::Unknown => "unknown",
            Self::Breaking => "breaking",
        }
    }
}

/// How a rule finds its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It is always the same.
    Always(Effect),
    /// Breaking under a policy, else a note.
    Under(Policy),
    /// A note under a policy, else breaking.
    Unless(Policy),
    /// Breaking unless every old value is a new one.
    Backward,
    /// Breaking unless every new value is an old one.
    Forward,
    /// As [`Judgement::Forward`], and no more than a note without the policy.
    ForwardUnder(Policy),
    /// As [`Judgement::Forward`], and no more than a note under the policy.
    ForwardUnless(Policy),
    /// The rule is never reported itself: others say what it leads to.
    Elsewhere,
}

/// Somebody at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// They write what the application receives.
    Producers,
    /// They read what the application sends.
    Consumers,
}

impl Party {
    /// Everybody.
    pub const ALL: [Self; 2] = [Self::Producers, Self::Consumers];

    /// Who is at the other end of an operation.
    pub const fn of(action: Action) -> Self {
        match action {
            Action::Receive => Self::Producers,
            Action::Send => Self::Consumers,
        }
    }

    /// The word for them.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Producers => "producers",
            Self::Consumers => "consumers",
        }
    }
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Place {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Change {
    /// Id of the rule.
    pub rule: &'static str,
    /// The worst effect on anybody.
    pub effect: Effect,
    /// Who has that effect, if it is breaking or unknown.
    pub hurts: Vec<Party>,
    /// Key of the channel, in the new document if it is there.
    pub channel: Option<String>,
    /// Key of the operation, in the new document if it is there.
    pub operation: Option<String>,
    /// Key of the message, in the new document if it is there.
    pub message: Option<String>,
    /// JSON pointer in the new document, or in the old one for what was removed.
    pub path: String,
    /// Where it was.
    pub old: Option<Place>,
    /// Where it is.
    pub new: Option<Place>,
    /// The change in one sentence.
    pub text: String,
    /// What happens to whom, in one sentence; only where somebody is or may be hurt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub harm: Option<String>,
    /// How to make the change safe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
    /// A value that is accepted before and refused after, or the reverse for consumers; Avro and Protobuf: the part at
    /// fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value>,
    /// Where else the same change is met: a channel, an operation or a message each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Why the change is accepted; then it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

/// The sum of all changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Nobody is hurt.
    Compatible,
    /// Nobody is known to be hurt, but not everything could be decided.
    Unknown,
    /// Somebody is hurt.
    Breaking,
}

impl Outcome {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compatible => "compatible",
            Self::Unknown => "unknown",
            Self::Breaking => "breaking",
        }
    }

    /// The sum of some effects.
    fn of(effects: impl Iterator<Item = Effect>) -> Self {
        match effects.max() {
            Some(Effect::Breaking) => Self::Breaking,
            Some(Effect::Unknown) => Self::Unknown,
            _ => Self::Compatible,
        }
    }
}

/// Everything that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The sum.
    pub verdict: Outcome,
    /// What to raise.
    pub bump: Bump,
    /// `info.version` in both documents.
    pub version: Versions,
    /// In the order of rooms: the document, servers, channels, operations with their messages.
    pub changes: Vec<Change>,
    /// Waivers that are over, or that are about nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle_waivers: Vec<String>,
}

impl Report {
    /// Adds the changes since another version; what both report at one place of the new document is said once.
    pub fn merge(&mut self, other: Self) {
        self.verdict = self.verdict.max(other.verdict);
        self.bump = self.bump.max(other.bump);
        self.version.sufficient &= other.version.sufficient;
        for change in other.changes {
            let same =
                |known: &Change| (known.rule, &known.new, &known.text) == (change.rule, &change.new, &change.text);
            if !self.changes.iter().any(same) {
                self.changes.push(change);
            }
        }
        // A waiver is idle when no version has a use for it.
        self.idle_waivers.retain(|waiver| other.idle_waivers.contains(waiver));
    }
}

/// Compares two versions of a document, as the document says who is at the other end.
pub fn diff(old: Api<'_>, new: Api<'_>) -> Report {
    diff_with(old, new, &Settings::default())
}

/// Compares two versions of a document by settings of one's own.
pub fn diff_with(old: Api<'_>, new: Api<'_>, settings: &Settings) -> Report {
    let mut differ = differ::Differ::new(old, new, settings);
    differ.document();
    let channels = differ.channel_pairs();
    differ.servers(&channels);
    differ.channels(&channels);
    differ.operations(&channels);
    differ.finish()
}

impl Judgement {
    /// The effect, the witness, and what else there is to say.
    fn judge(self, comparison: Option<&Comparison>, settings: &Settings) -> (Effect, Option<Value>, Option<String>) {
        let at_most = |(effect, witness, reason): (Effect, _, _), most: bool| match effect {
            Effect::Breaking | Effect::Unknown if most => (Effect::Note, witness, reason),
            effect => (effect, witness, reason),
        };
        let by = |verdict: Option<&Verdict>| match verdict {
            // Nothing to compare with: nobody is there.
            None | Some(Verdict::Holds) => (Effect::Safe, None, None),
            Some(Verdict::Fails { witness, reason }) => (Effect::Breaking, Some(witness.clone()), reason.clone()),
            Some(Verdict::Unknown { reason }) => (Effect::Unknown, None, Some(reason.clone())),
        };
        let backward = || by(comparison.map(|one| &one.backward));
        let forward = || by(comparison.map(|one| &one.forward));
        let worse = || {
            let (one, other) = (backward(), forward());
            if one.0 >= other.0 { one } else { other }
        };
        let flat = |breaks: bool| (if breaks { Effect::Breaking } else { Effect::Note }, None, None);
        let directed = |own: Direction| match (settings.direction, own) {
            (Direction::Full, _) => worse(),
            (Direction::Backward, _) | (Direction::Auto, Direction::Backward) => backward(),
            _ => forward(),
        };
        match self {
            Self::Always(effect) => (effect, None, None),
            Self::Elsewhere => (Effect::Safe, None, None),
            Self::Under(policy) => flat(settings.has(policy)),
            Self::Unless(policy) => flat(!settings.has(policy)),
            Self::Backward => directed(Direction::Backward),
            Self::Forward => directed(Direction::Forward),
            Self::ForwardUnder(policy) => at_most(directed(Direction::Forward), !settings.has(policy)),
            Self::ForwardUnless(policy) => at_most(directed(Direction::Forward), settings.has(policy)),
        }
    }
}

impl Rule {
    /// How the rule judges for somebody.
    pub fn judgement(&self, party: Party) -> Judgement {
        match party {
            Party::Producers => self.producers,
            Party::Consumers => self.consumers,
        }
    }
}

impl<'f> Api<'f> {
    /// The place of a span.
    fn place(&self, span: Span) -> Place {
        let (start, _) = self.files.sources().range(span);
        Place { file: self.files.sources().name(span).to_owned(), line: start.line }
    }

    /// Where a node is: its key if it has one, else its value.
    fn span(&self, node: NodeId) -> Span {
        let node = self.files.node(node);
        node.own_entry().map_or(node.span(), |entry| entry.key_span)
    }

    /// The place of a node.
    fn place_of(&self, node: NodeId) -> Place {
        self.place(self.span(node))
    }

    /// The node under a key, references followed; nothing where they lead nowhere.
    fn member(&self, node: NodeId, key: &str) -> Option<Node<'f>> {
        self.files.follow(self.files.node(node).get(key)?).ok()
    }
}
