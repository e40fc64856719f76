//! Texts that match a pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

/// How many ways through a pattern are taken.
const WAYS: usize = 10;
/// No text made from a pattern is longer, in characters.
const MAXIMUM_LENGTH: usize = 4_000;
/// Characters that people know, to be preferred from a class.
const PREFERRED: &str = "aA0b1B2c9zZ_- .@/:é";

/// Some texts that a pattern matches, and some that it nearly matches. What may repeat does
/// so up to `longest` times in one of them.
pub(super) fn samples(pattern: &str, longest: usize) -> Vec<String> {
    let parsed = regex_syntax::ParserBuilder::new().utf8(true).nest_limit(100).build().parse(pattern);
    let Ok(hir) = parsed else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for way in 0..WAYS {
        let repeats = if way == WAYS - 1 { longest } else { [0, 1, 2, 5].get(way % 4).copied().unwrap_or(0) };
        let mut walk = Walk { way, repeats, out: String::new() };
        walk.write(&hir, 0);
        found.push(walk.out);
    }
    let first = found.first().cloned().unwrap_or_default();
    let without_first: String = first.chars().skip(1).collect();
    found.extend([format!("a{first}"), format!("{first}a"), format!("{first}!"), without_first]);
    found.extend([first.to_uppercase(), format!("{first}{first}"), format!(" {first} ")]);
    found.dedup();
    found
}

/// The largest length that texts are made of; lengths that share it lead to the same samples.
pub(super) fn longest(lengths: &[usize]) -> usize {
    lengths.iter().copied().filter(|length| *length < MAXIMUM_LENGTH).max().unwrap_or(0)
}

/// One way through a pattern.
struct Walk {
    /// Number of the way: picks branches and characters.
    way: usize,
    /// How often more than necessary something is repeated.
    repeats: usize,
    out: String,
}

impl Walk {
    fn write(&mut self, hir: &Hir, depth: usize) {
        if self.out.len() > MAXIMUM_LENGTH {
            return;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => self.out.push_str(&String::from_utf8_lossy(&literal.0)),
            HirKind::Class(class) => self.out.extend(self.character(class)),
            HirKind::Repetition(repetition) => {
                let most = repetition.max.map_or(usize::MAX, |max| max as usize);
                let times = (repetition.min as usize).saturating_add(self.repeats).min(most);
                for _ in 0..times.min(MAXIMUM_LENGTH) {
                    self.write(&repetition.sub, depth + 1);
                    if self.out.len() > MAXIMUM_LENGTH {
                        break;
                    }
                }
            }
            HirKind::Capture(capture) => self.write(&capture.sub, depth),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.write(part, depth + 1)),
            HirKind::Alternation(branches) => {
                // Nested choices turn at different speeds.
                let turn = if depth.is_multiple_of(2) { self.way } else { self.way / 2 };
                if let Some(branch) = branches.get(turn % branches.len().max(1)) {
                    self.write(branch, depth + 1);
                }
            }
        }
    }

    fn character(&self, class: &Class) -> Option<char> {
        let ranges: Vec<(char, char)> = match class {
            Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
            Class::Bytes(class) => {
                class.ranges().iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect()
            }
        };
        let has = |wanted: char| ranges.iter().any(|(start, end)| (*start..=*end).contains(&wanted));
        let known: Vec<char> = PREFERRED.chars().filter(|wanted| has(*wanted)).collect();
        match known.get(self.way / 2 % known.len().max(1)) {
            Some(character) => Some(*character),
            None => ranges.get(self.way % ranges.len().max(1)).map(|(start, _)| *start),
        }
    }
}
