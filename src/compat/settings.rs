//! By what a change is judged: the profile for schemas, policies, and what the user has waived.
//!
//! In: what the user asked for. Out: [`Settings`]. Nothing here reads a clock: whoever knows the day says it.

use super::Change;
pub use crate::schema::inclusion::Profile;

/// Something that the user knows and the document does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// What may hurt somebody does.
    Strict,
    /// Consumers skip messages that they do not know.
    TolerantDispatch,
    /// Consumers take values of an enumeration that they do not know.
    OpenEnum,
    /// Consumers subscribe to all values of a parameter.
    WildcardSubscriptions,
    /// Formats and content encodings are checked.
    AssertFormats,
    /// Every channel keeps its messages, and new readers read old ones.
    Durable,
    /// No channel holds messages of the time before the change.
    Drained,
    /// People compile against the generated code: the rules `GEN` count.
    SourceLevel,
}

impl Policy {
    /// Every policy, with its name.
    pub const ALL: [(Self, &'static str); 8] = [
        (Self::Strict, "strict"),
        (Self::TolerantDispatch, "tolerant-dispatch"),
        (Self::OpenEnum, "open-enum"),
        (Self::WildcardSubscriptions, "wildcard-subscriptions"),
        (Self::AssertFormats, "assert-formats"),
        (Self::Durable, "durable"),
        (Self::Drained, "drained"),
        (Self::SourceLevel, "source-level"),
    ];

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(found, _)| *found)
    }
}

/// A finding that the user has accepted, for a reason and perhaps for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Id of the rule.
    pub rule: String,
    /// Only at this channel (its key), or at this JSON pointer and what lies below; anywhere if it is not given.
    pub at: Option<String>,
    /// The last day on which it holds, as `2026-12-31`; for ever if it is not given.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
}

impl Waiver {
    /// Is it about this change?
    pub(super) fn covers(&self, change: &Change) -> bool {
        let below =
            |at: &str| change.path.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.rule == change.rule
            && self
                .at
                .as_deref()
                .is_none_or(|at| change.channel.as_deref() == Some(at) || below(at.trim_end_matches('/')))
    }

    /// Does it still hold on a day? Without a day, it does.
    pub(super) fn holds(&self, today: Option<&str>) -> bool {
        match (&self.until, today) {
            // Days in this notation are in order as text.
            (Some(until), Some(today)) => today <= until.as_str(),
            _ => true,
        }
    }
}

/// By what changes are judged.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// How schemas are compared.
    pub profile: Profile,
    /// What else is known.
    pub policies: Vec<Policy>,
    /// What is accepted.
    pub waivers: Vec<Waiver>,
    /// The day, as `2026-11-21`, by which waivers end; none ends without it.
    pub today: Option<String>,
    /// Whether each direction counts.
    pub direction: Direction,
}

impl Settings {
    /// Is a policy in force?
    pub fn has(&self, policy: Policy) -> bool {
        self.policies.contains(&policy)
    }
}

/// Which question is asked of schemas.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// What the operation says: backward for what is received, forward for what is sent.
    #[default]
    Auto,
    /// Is every old value a new one?
    Backward,
    /// Is every new value an old one?
    Forward,
    /// Both.
    Full,
}
