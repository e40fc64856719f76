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
    /// The key of the channel; any if it is not given.
    pub channel: Option<String>,
    /// A pattern of JSON pointers: `*` is any step, `**` any number of them, and what lies below is meant too; any place
    /// if it is not given.
    pub path: Option<String>,
    /// The last day on which it holds, as `2026-12-31`; for ever if it is not given.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
}

impl Waiver {
    /// Is it about this change?
    pub(super) fn covers(&self, change: &Change) -> bool {
        self.rule == change.rule
            && self.channel.as_ref().is_none_or(|channel| change.channel.as_ref() == Some(channel))
            && self.path.as_deref().is_none_or(|pattern| leads(&steps(pattern), &steps(&change.path)))
    }

    /// Where it holds, in words.
    pub(super) fn place(&self) -> String {
        let places = [&self.channel, &self.path].into_iter().flatten();
        places.map(|place| format!(" at `{place}`")).collect()
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

/// The steps of a pointer or a pattern.
fn steps(pointer: &str) -> Vec<&str> {
    pointer.split('/').filter(|step| !step.is_empty()).collect()
}

/// Does a pattern lead to a place, or above it? At every step `reached` has the numbers of the steps of the pattern that
/// may come next.
fn leads(pattern: &[&str], path: &[&str]) -> bool {
    let skipping = |reached: Vec<usize>| -> Vec<usize> {
        let mut all = reached;
        let mut at = 0;
        while let Some(one) = all.get(at).copied() {
            if pattern.get(one) == Some(&"**") && !all.contains(&(one + 1)) {
                all.push(one + 1);
            }
            at += 1;
        }
        all
    };
    let mut reached = skipping(vec![0]);
    for step in path {
        if reached.contains(&pattern.len()) {
            return true;
        }
        let next = reached.iter().filter_map(|at| match pattern.get(*at) {
            Some(&"**") => Some(*at),
            Some(&"*") => Some(at + 1),
            Some(known) if known == step => Some(at + 1),
            _ => None,
        });
        let mut next: Vec<usize> = next.collect();
        next.dedup();
        reached = skipping(next);
    }
    reached.contains(&pattern.len())
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
