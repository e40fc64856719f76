//! `unevaluatedProperties` and `unevaluatedItems` (JSON Schema Core, section 11).
//!
//! In: a value, and generated functions that mark which of its parts the other keywords of a schema look at. Out: every
//! other part is checked. Marks follow the branches that accept the value, so they mean something only for a value that
//! the rest of its schema accepts; any other value is refused anyway.

use super::faults::{Check, Faults};
use super::pattern::Pattern;
use super::value::Value;

/// Marks what a schema looks at: generated, beside its check.
pub type Marks = fn(&Value<'_>, &mut Faults, &mut Seen);

/// Which parts of one value were looked at.
#[derive(Debug, Default)]
pub struct Seen {
    parts: Vec<bool>,
}

impl Seen {
    fn of(value: &Value<'_>) -> Self {
        let count = match value {
            Value::Array(items) => items.len(),
            Value::Object(object) => object.len(),
            _ => 0,
        };
        Self { parts: vec![false; count] }
    }

    fn mark(&mut self, wanted: impl Iterator<Item = bool>) {
        for (part, wanted) in self.parts.iter_mut().zip(wanted) {
            *part |= wanted;
        }
    }

    /// `properties`, `patternProperties`; `all` where the rest is looked at as well. `known` is sorted.
    pub fn members(&mut self, value: &Value<'_>, known: &[&str], patterns: &[&Pattern], all: bool) {
        let Value::Object(object) = value else { return };
        self.mark(object.iter().map(|(name, _)| {
            all || known.binary_search(&name).is_ok()
                || patterns.iter().any(|pattern| pattern.matches(name) == Some(true))
        }));
    }

    /// `prefixItems` of this length; `all` where the rest is looked at as well.
    pub fn items(&mut self, value: &Value<'_>, prefix: usize, all: bool) {
        let Value::Array(items) = value else { return };
        self.mark((0..items.len()).map(|index| all || index < prefix));
    }

    /// `contains` (since 2020-12)
    pub fn matching(&mut self, value: &Value<'_>, faults: &mut Faults, check: Check) {
        let Value::Array(items) = value else { return };
        self.mark(items.iter().map(|item| faults.fits(item, check)));
    }
}

impl Faults {
    /// `unevaluatedProperties`
    pub fn unevaluated_properties(&mut self, value: &Value<'_>, marks: Marks, check: Check) {
        let Value::Object(object) = value else { return };
        if self.is_done() {
            return;
        }
        let mut seen = Seen::of(value);
        marks(value, self, &mut seen);
        for ((name, value), _) in object.iter().zip(seen.parts).filter(|(_, seen)| !seen) {
            self.unwanted_member(name, value, check, "unevaluatedProperties");
        }
    }

    /// `unevaluatedItems`
    pub fn unevaluated_items(&mut self, value: &Value<'_>, marks: Marks, check: Check) {
        let Value::Array(items) = value else { return };
        if self.is_done() {
            return;
        }
        let mut seen = Seen::of(value);
        marks(value, self, &mut seen);
        for ((index, item), _) in items.iter().enumerate().zip(seen.parts).filter(|(_, seen)| !seen) {
            self.unwanted_item(index, item, check, "unevaluatedItems");
        }
    }
}
