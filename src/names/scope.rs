//! One namespace of generated code.

use std::collections::HashSet;

/// Hands out each identifier once.
#[derive(Debug, Default)]
pub struct Scope {
    taken: HashSet<String>,
}

impl Scope {
    /// The wanted identifier, or that with the lowest number from 2 behind it that is free.
    pub fn claim(&mut self, wanted: &str) -> String {
        if self.taken.insert(wanted.to_owned()) {
            return wanted.to_owned();
        }
        // What keeps a keyword apart is not needed once there is a number.
        let plain = wanted.strip_prefix("r#").unwrap_or(wanted).trim_end_matches('_');
        // `AB2` beside `AB`, `a_b_2` beside `a_b`.
        let separator =
            if plain.starts_with(|first: char| first.is_ascii_uppercase()) && !plain.contains('_') { "" } else { "_" };
        let mut number = 2u64;
        loop {
            let candidate = format!("{plain}{separator}{number}");
            if self.taken.insert(candidate.clone()) {
                return candidate;
            }
            number += 1;
        }
    }

    /// Is an identifier taken?
    pub fn holds(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    /// Gives an identifier back.
    pub fn release(&mut self, name: &str) {
        self.taken.remove(name);
    }

    /// Identifiers for a list of names, in its order. A name that already is its identifier comes before one that has
    /// to be changed, so that adding `a-b` does not rename `a_b`.
    pub fn claim_all<'n>(names: impl IntoIterator<Item = &'n str>, identifier: fn(&str) -> String) -> Vec<String> {
        let wanted: Vec<(&str, String)> = names.into_iter().map(|name| (name, identifier(name))).collect();
        let mut scope = Self::default();
        let mut claimed: Vec<Option<String>> =
            wanted.iter().map(|(name, wanted)| (*name == wanted).then(|| scope.claim(wanted))).collect();
        for (claimed, (_, wanted)) in claimed.iter_mut().zip(&wanted) {
            if claimed.is_none() {
                *claimed = Some(scope.claim(wanted));
            }
        }
        claimed.into_iter().flatten().collect()
    }
}
