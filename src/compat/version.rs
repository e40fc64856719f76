//! `info.version`: what the changes ask for, and whether the new version says so.
//!
//! In: both versions as text, and the part to raise. Out: [`Versions`]. Versions that are not numbers with dots only have
//! to differ.

use serde::Serialize;

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

impl Bump {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// `info.version` in both documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Versions {
    /// In the old one.
    pub old: String,
    /// In the new one.
    pub new: String,
    /// The least version that says what changed, where the old one is a semantic version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested: Option<String>,
    /// Does the new version say what changed?
    pub sufficient: bool,
}

/// Major, minor, patch.
type Numbers = [u64; 3];

impl Versions {
    pub(super) fn new(old: &str, new: &str, bump: Bump) -> Self {
        let least = numbers(old).map(|old| raised(old, bump));
        let sufficient = match (least, numbers(new)) {
            (Some(least), Some(new)) => new >= least,
            _ => bump < Bump::Minor || old != new,
        };
        let suggested = least.map(|[major, minor, patch]| format!("{major}.{minor}.{patch}"));
        Self { old: old.to_owned(), new: new.to_owned(), suggested, sufficient }
    }
}

/// The numbers of a semantic version; what is behind `-` and `+` does not count, and what is missing is 0.
fn numbers(text: &str) -> Option<Numbers> {
    let core = text.trim_start_matches('v').split(['-', '+']).next()?;
    let mut numbers = [0; 3];
    let mut parts = core.split('.');
    for (number, part) in numbers.iter_mut().zip(parts.by_ref()) {
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// The next version; before 1.0.0 a break raises the minor part, and an addition the last.
fn raised([major, minor, patch]: Numbers, bump: Bump) -> Numbers {
    match (bump, major) {
        (Bump::None, _) => [major, minor, patch],
        // A text that is corrected needs no release of its own.
        (Bump::Patch, _) => [major, minor, patch],
        (Bump::Minor, 0) => [0, minor, patch.saturating_add(1)],
        (Bump::Minor, _) | (Bump::Major, 0) => [major, minor.saturating_add(1), 0],
        (Bump::Major, _) => [major.saturating_add(1), 0, 0],
    }
}
