//! Several earlier versions: which of them count, and in which direction.
//!
//! In: the earlier versions, the oldest first, and the new one. Out: one [`Report`]. Inclusion of JSON Schema is
//! transitive, the rules of Avro and of a change of address are not, so every version that counts is compared.

use super::{Api, Direction, Report, Settings, diff_with};

/// Which question is asked, and of which versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mode {
    /// Which question.
    pub direction: Direction,
    /// Of all earlier versions, or of the last one only? With [`Direction::Auto`] always of all.
    pub transitive: bool,
}

impl Mode {
    /// Every mode, with its name.
    pub const ALL: [(&'static str, Self); 8] = [
        ("auto", Self { direction: Direction::Auto, transitive: false }),
        ("backward", Self { direction: Direction::Backward, transitive: false }),
        ("forward", Self { direction: Direction::Forward, transitive: false }),
        ("full", Self { direction: Direction::Full, transitive: false }),
        ("auto-transitive", Self { direction: Direction::Auto, transitive: true }),
        ("backward-transitive", Self { direction: Direction::Backward, transitive: true }),
        ("forward-transitive", Self { direction: Direction::Forward, transitive: true }),
        ("full-transitive", Self { direction: Direction::Full, transitive: true }),
    ];

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, mode)| *mode)
    }
}

/// Compares the new version with those before it that count. `None` when there is none before it.
pub fn diff_all(olds: &[Api<'_>], new: Api<'_>, mode: Mode, settings: &Settings) -> Option<Report> {
    let settings = Settings { direction: mode.direction, ..settings.clone() };
    let all = mode.transitive || mode.direction == Direction::Auto;
    let skipped = if all { 0 } else { olds.len().saturating_sub(1) };
    let reports = olds.iter().skip(skipped).map(|old| diff_with(*old, new, &settings));
    reports.reduce(|mut report, other| {
        report.merge(other);
        report
    })
}
