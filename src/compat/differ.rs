//! Collecting changes: what each of them is, and where.
//!
//! In: two documents. Out: a list of [`Change`]s, each judged by its rule for those who are there, each once.

use super::rules::{self, Rule};
use super::{Api, Bump, Change, Effect, Outcome, Party, Policy, Report, Settings, Versions};
use crate::document::Action;
use crate::schema::inclusion::{self, Comparison, Verdict};
use crate::syntax::NodeId;
use serde_json::Value;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long all comparisons of messages with their siblings may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a change is.
#[derive(Clone, Default)]
pub(super) struct Spot<'a> {
    pub(super) channel: Option<&'a str>,
    pub(super) operation: Option<&'a str>,
    pub(super) message: Option<&'a str>,
    pub(super) old: Option<NodeId>,
    pub(super) new: Option<NodeId>,
    /// Does the channel keep its messages?
    pub(super) durable: bool,
}

impl<'a> Spot<'a> {
    /// Between two nodes.
    pub(super) fn between(&self, old: impl Into<Option<NodeId>>, new: impl Into<Option<NodeId>>) -> Self {
        Self { old: old.into(), new: new.into(), ..self.clone() }
    }

    /// At a channel.
    pub(super) fn channel(key: &'a str) -> Self {
        Self { channel: Some(key), ..Self::default() }
    }

    /// At an operation.
    pub(super) fn operation(channel: &'a str, key: &'a str) -> Self {
        Self { channel: Some(channel), operation: Some(key), ..Self::default() }
    }
}

/// Two schemas by their nodes; `None` is a schema that is not there.
type Pair = (Option<NodeId>, Option<NodeId>);

/// Collects changes.
pub(super) struct Differ<'f> {
    pub(super) old: Api<'f>,
    pub(super) new: Api<'f>,
    pub(super) settings: &'f Settings,
    pub(super) changes: Vec<Change>,
    /// Schemas that were compared.
    pub(super) compared: HashMap<Pair, Rc<Comparison>>,
    /// When comparing siblings must come to an end.
    pub(super) deadline: Instant,
}

impl<'f> Differ<'f> {
    pub(super) fn new(old: Api<'f>, new: Api<'f>, settings: &'f Settings) -> Self {
        let deadline = Instant::now() + PATIENCE;
        Self { old, new, settings, changes: Vec::new(), compared: HashMap::new(), deadline }
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
        if rule.is_source_level() && !self.settings.has(Policy::SourceLevel) {
            return;
        }
        let judge = |party: &Party| (*party, rule.judgement(*party).judge(comparison, self.settings));
        let judged: Vec<_> = parties.iter().map(judge).collect();
        let effect = judged.iter().map(|(_, (effect, ..))| *effect).max().unwrap_or(Effect::Safe);
        let hurt = || judged.iter().filter(|(_, (own, ..))| *own == effect && effect >= Effect::Unknown);
        let worst = || judged.iter().filter(|(_, (own, ..))| *own == effect);
        let witness = worst().find_map(|(_, (_, witness, _))| witness.clone());
        let reason = hurt().find_map(|(_, (_, _, reason))| reason.clone());
        let hurts: Vec<Party> = hurt().map(|(party, _)| *party).collect();
        let text = reason.into_iter().fold(text.into(), |text, reason| text + ": " + &reason);
        let path = match (spot.new, spot.old) {
            (Some(node), _) => self.new.files.node(node).pointer(),
            (None, Some(node)) => self.old.files.node(node).pointer(),
            (None, None) => String::new(),
        };
        let change = Change {
            rule: rule.id,
            effect,
            harm: (!rule.harm.is_empty()).then(|| harm(&hurts, rule.harm)).flatten(),
            advice: (effect >= Effect::Note && !rule.advice.is_empty()).then_some(rule.advice),
            hurts,
            channel: spot.channel.map(str::to_owned),
            operation: spot.operation.map(str::to_owned),
            message: spot.message.map(str::to_owned),
            path,
            old: spot.old.map(|node| self.old.place_of(node)),
            new: spot.new.map(|node| self.new.place_of(node)),
            text,
            witness,
            also: Vec::new(),
            waived: None,
        };
        self.add(change, rule);
    }

    /// Adds a change, or the place where it is met again.
    fn add(&mut self, change: Change, rule: &Rule) {
        let what = |one: &Change| (one.rule, one.effect, one.old.clone(), one.new.clone(), one.path.clone());
        let placed = change.old.is_some() || change.new.is_some();
        match self.changes.iter_mut().find(|known| placed && what(known) == what(&change)) {
            None => self.changes.push(change),
            Some(known) => {
                let at =
                    |one: &Change| [&one.message, &one.operation, &one.channel].into_iter().flatten().next().cloned();
                known.hurts.extend(change.hurts.iter().copied());
                known.hurts.sort_unstable();
                known.hurts.dedup();
                known.harm = harm(&known.hurts, rule.harm);
                let places = [at(&change), change.operation.clone(), change.channel.clone()];
                let own = [&known.message, &known.operation, &known.channel];
                if let Some(place) = places.into_iter().flatten().find(|place| !own.contains(&&Some(place.clone())))
                    && !known.also.contains(&place)
                {
                    known.also.push(place);
                }
            }
        }
    }

    /// What is said about the document as a whole.
    pub(super) fn document(&mut self) {
        let (old, new) = (self.old.document, self.new.document);
        if old.version != new.version {
            let node = |api: Api<'_>| api.files.node(api.document.root).get("asyncapi").map(|node| node.id());
            let spot = Spot::default().between(node(self.old), node(self.new));
            let text = format!("written in AsyncAPI {}, no longer {}", new.version.as_str(), old.version.as_str());
            self.report(&rules::VERSION_OF_SPECIFICATION, &Party::ALL, &spot, text, None);
        }
    }

    /// Waives what is waived, and sums up.
    pub(super) fn finish(mut self) -> Report {
        let idle_waivers = self.waive();
        let (old, new) = (self.old.document, self.new.document);
        let counted = |change: &&Change| change.waived.is_none();
        let verdict = Outcome::of(self.changes.iter().filter(counted).map(|change| change.effect));
        // What is waived for a reason still is a break to those who read the version.
        let worst = Outcome::of(self.changes.iter().map(|change| change.effect));
        let additions = self.changes.iter().any(|change| change.effect == Effect::Safe);
        let same_text = || {
            let identical = inclusion::identical((self.old.files, old.root), (self.new.files, new.root));
            self.changes.is_empty() && identical
        };
        let bump = match worst {
            Outcome::Breaking | Outcome::Unknown => Bump::Major,
            Outcome::Compatible if additions => Bump::Minor,
            Outcome::Compatible if same_text() => Bump::None,
            Outcome::Compatible => Bump::Patch,
        };
        let version = Versions::new(&old.api_version, &new.api_version, bump);
        if worst == Outcome::Breaking && !version.sufficient {
            self.version_kept(&version);
        }
        Report { verdict, bump, version, changes: self.changes, idle_waivers }
    }

    /// Marks the changes that the user accepts; returns the waivers that are over or about nothing, in words.
    fn waive(&mut self) -> Vec<String> {
        let mut idle = Vec::new();
        let today = self.settings.today.as_deref();
        for waiver in &self.settings.waivers {
            let mut covered = self.changes.iter_mut().filter(|change| waiver.covers(change)).peekable();
            let place = waiver.place();
            if covered.peek().is_none() {
                idle.push(format!("the waiver of {}{place} is about nothing that changed", waiver.rule));
            } else if !waiver.holds(today) {
                let until = waiver.until.as_deref().unwrap_or("");
                idle.push(format!("the waiver of {}{place} ended on {until}", waiver.rule));
            } else {
                covered.for_each(|change| change.waived = Some(waiver.reason.clone()));
            }
        }
        idle
    }

    /// `info.version` does not say that something breaks.
    fn version_kept(&mut self, versions: &Versions) {
        let version = |api: Api<'_>| api.member(api.document.root, "info")?.get("version").map(|node| node.id());
        let spot = Spot::default().between(version(self.old), version(self.new));
        let least = versions.suggested.as_deref().map(|least| format!("; {least} would say so")).unwrap_or_default();
        let text = match versions.old == versions.new {
            true => format!("something breaks, and `info.version` is still `{}`{least}", versions.new),
            false => format!(
                "something breaks, and `info.version` went from `{}` to `{}` only{least}",
                versions.old, versions.new
            ),
        };
        self.report(&rules::VERSION_KEPT, &Party::ALL, &spot, text, None);
    }
}

/// `Producers that stay as they are write messages that nobody reads.`
fn harm(hurts: &[Party], what: &str) -> Option<String> {
    let who = match hurts {
        [] => return None,
        [Party::Producers] => "Producers",
        [Party::Consumers] => "Consumers",
        _ => "Producers and consumers",
    };
    Some(format!("{who} that stay as they are {what}."))
}

/// Who is at the other end of some actions; everybody where there are none.
pub(super) fn parties(actions: impl Iterator<Item = Action>) -> Vec<Party> {
    let mut parties: Vec<Party> = actions.map(Party::of).collect();
    parties.sort_unstable();
    parties.dedup();
    if parties.is_empty() { Party::ALL.to_vec() } else { parties }
}

/// A comparison of two sets of words: what one has and the other lacks proves that it is not included. `None` is the set
/// of all words.
pub(super) fn words(old: Option<&[String]>, new: Option<&[String]>) -> Comparison {
    let included = |inner: Option<&[String]>, outer: Option<&[String]>| {
        let Some(outer) = outer else { return Verdict::Holds };
        match inner {
            None => unlisted(outer),
            Some(inner) => match inner.iter().find(|word| !outer.contains(word)) {
                None => Verdict::Holds,
                Some(word) => Verdict::Fails { witness: Value::String(word.clone()), reason: None },
            },
        }
    };
    Comparison { backward: included(old, new), forward: included(new, old) }
}

/// A comparison with the same answer both ways.
pub(super) fn both(verdict: &Verdict) -> Comparison {
    Comparison { backward: verdict.clone(), forward: verdict.clone() }
}

/// Any word may come, and not every one is on the list: one that is not proves it.
fn unlisted(list: &[String]) -> Verdict {
    let mut candidates = std::iter::once("x".to_owned()).chain(list.iter().map(|word| format!("{word}x")));
    match candidates.find(|word| !list.contains(word)) {
        Some(word) => Verdict::Fails { witness: Value::String(word), reason: None },
        None => Verdict::Holds,
    }
}
