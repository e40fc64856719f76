//! Changes as findings, for the reports of other tools (SARIF, GitHub).
//!
//! In: a [`Report`]. Out: one [`Finding`] for each change that is not waived: at its place in the new document, or in the
//! old one for what was removed.

use super::{Change, Effect, RULES, Report};
use crate::source::{Finding, Region, Severity};
use serde_json::{Map, json};

/// How much an effect matters.
const SEVERITIES: [(Effect, Severity); 4] = [
    (Effect::Breaking, Severity::Error),
    (Effect::Unknown, Severity::Warning),
    (Effect::Note, Severity::Info),
    (Effect::Safe, Severity::Hint),
];

/// The changes of a report, in its order.
pub fn findings(report: &Report) -> Vec<Finding> {
    report.changes.iter().filter(|change| change.waived.is_none()).filter_map(finding).collect()
}

fn finding(change: &Change) -> Option<Finding> {
    let rule = RULES.iter().find(|rule| rule.id == change.rule)?;
    let (_, severity) = SEVERITIES.iter().find(|(effect, _)| *effect == change.effect)?;
    let place = change.new.as_ref().or(change.old.as_ref());
    let before = change.old.as_ref().filter(|_| change.new.is_some());
    let message = change.harm.iter().fold(change.text.clone(), |text, harm| text + ". " + harm);
    let mut properties = Map::new();
    properties.insert("effect".to_owned(), json!(change.effect));
    if !change.hurts.is_empty() {
        properties.insert("hurts".to_owned(), json!(change.hurts));
    }
    if let Some(witness) = &change.witness {
        properties.insert("witness".to_owned(), witness.clone());
    }
    Some(Finding {
        rule: rule.id,
        sentence: rule.sentence,
        link: rule.link,
        severity: *severity,
        message,
        region: place.map(|place| Region::line(&place.file, place.line)),
        pointer: change.path.clone(),
        related: before
            .map(|place| (Region::line(&place.file, place.line), "as it was".to_owned()))
            .into_iter()
            .collect(),
        help: change.advice.map(str::to_owned),
        properties,
    })
}
