//! What a change of a document does to those who work by the old one.
//!
//! In: two versions of a document, as models. Out: a [`Report`]: every change that matters on the wire, by the table of
//! [`RULES`], with the places in both files and, where a schema breaks, a message that proves it. What is only said
//! differently (descriptions, order, equivalent schemas) is no change. A document against itself has none.

mod matching;
mod messages;
mod render;
mod rules;
mod walk;

pub use render::{markdown, text};
pub use rules::{RULES, Rule};

use crate::document::{Action, Document};
use crate::reference::Files;
use crate::schema::inclusion::{self, Comparison, Verdict};
use crate::source::Span;
use crate::syntax::NodeId;
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

/// How a rule finds its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It is always the same.
    Always(Effect),
    /// Breaking unless every old value is a new one.
    Backward,
    /// Breaking unless every new value is an old one.
    Forward,
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
    /// A value that is accepted before and refused after, or the reverse for consumers; Avro: the part at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value>,
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

/// Which part of `info.version` the changes ask to be raised (Semantic Versioning 2.0.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// The documents say the same.
    None,
    /// Nothing changed on the wire.
    Patch,
    /// Something was added.
    Minor,
    /// Somebody is hurt, or that could not be ruled out.
    Major,
}

/// Everything that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// The sum.
    pub verdict: Outcome,
    /// What to raise.
    pub bump: Bump,
    /// In the order of rooms: servers, channels, operations with their messages.
    pub changes: Vec<Change>,
}

impl Report {
    /// Adds the changes since another version; what both report at one place of the new document is said once.
    pub fn merge(&mut self, other: Self) {
        self.verdict = self.verdict.max(other.verdict);
        self.bump = self.bump.max(other.bump);
        for change in other.changes {
            let same =
                |known: &Change| (known.rule, &known.new, &known.text) == (change.rule, &change.new, &change.text);
            if !self.changes.iter().any(same) {
                self.changes.push(change);
            }
        }
    }
}

/// Compares two versions of a document.
pub fn diff(old: Api<'_>, new: Api<'_>) -> Report {
    let mut differ = walk::Differ::new(old, new);
    differ.servers();
    differ.channels();
    let worst = differ.changes.iter().map(|change| change.effect).max();
    if worst == Some(Effect::Breaking) && old.document.api_version == new.document.api_version {
        differ.version_kept();
    }
    let verdict = match worst {
        Some(Effect::Breaking) => Outcome::Breaking,
        Some(Effect::Unknown) => Outcome::Unknown,
        _ => Outcome::Compatible,
    };
    let additions = differ.changes.iter().any(|change| change.effect == Effect::Safe);
    let bump = match verdict {
        Outcome::Breaking | Outcome::Unknown => Bump::Major,
        Outcome::Compatible if additions => Bump::Minor,
        Outcome::Compatible if same_text(old, new) => Bump::None,
        Outcome::Compatible => Bump::Patch,
    };
    Report { verdict, bump, changes: differ.changes }
}

/// Do both documents say the same, apart from the order of keys and the files that parts stand in?
fn same_text(old: Api<'_>, new: Api<'_>) -> bool {
    inclusion::identical((old.files, old.document.root), (new.files, new.document.root))
}

impl Judgement {
    /// The effect, the witness, and what else there is to say.
    fn judge(self, comparison: Option<&Comparison>) -> (Effect, Option<Value>, Option<String>) {
        let verdict = match (self, comparison) {
            (Self::Always(effect), _) => return (effect, None, None),
            // Nothing to compare with: nobody is there.
            (_, None) => return (Effect::Safe, None, None),
            (Self::Backward, Some(comparison)) => &comparison.backward,
            (Self::Forward, Some(comparison)) => &comparison.forward,
        };
        match verdict.clone() {
            Verdict::Holds => (Effect::Safe, None, None),
            Verdict::Fails { witness, reason } => (Effect::Breaking, Some(witness), reason),
            Verdict::Unknown { reason } => (Effect::Unknown, None, Some(reason)),
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

impl Api<'_> {
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
}
