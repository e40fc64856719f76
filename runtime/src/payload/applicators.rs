//! The keywords that hand parts of a value, or the value itself, to other checks.
//!
//! Each passes values of the types it says nothing about (JSON Schema Core, section 10). Parts are checked in the order
//! of the text, and no further part is looked at once nothing more would be kept.

use super::assertions::expected_one_of;
use super::faults::{Check, Faults};
use super::pattern::Pattern;
use super::value::Value;

impl Faults {
    /// `prefixItems` and `items` (2020-12), or `items` as a list and `additionalItems` (before)
    pub fn items(&mut self, value: &Value<'_>, prefix: &[Check], rest: Option<Check>) {
        let Value::Array(items) = value else { return };
        let checks = prefix.iter().copied().map(Some);
        let checks = checks.chain(std::iter::repeat(rest));
        for ((index, item), check) in items.iter().enumerate().zip(checks) {
            match check {
                Some(check) if !self.is_done() => self.item(index, item, check),
                _ => return,
            }
        }
    }

    /// `contains`, `minContains`, `maxContains`
    pub fn contains(&mut self, value: &Value<'_>, check: Check, min: usize, max: Option<usize>) {
        let Value::Array(items) = value else { return };
        let mut count = 0;
        // One more than what decides need not be counted.
        let enough = max.map_or(min, |max| max.saturating_add(1));
        for item in items {
            if count >= enough || self.is_done() {
                break;
            }
            count += usize::from(self.fits(item, check));
        }
        let keyword = if min == 1 { "contains" } else { "minContains" };
        self.at_least(keyword, count, min, "matching item");
        if let Some(max) = max {
            self.at_most("maxContains", count, max, "matching item");
        }
    }

    /// `properties`, `patternProperties`, `additionalProperties`
    ///
    /// `known` is sorted by name. Every pattern that matches a name applies, besides the check known for it;
    /// `additional` applies to the members that neither names.
    pub fn properties(
        &mut self,
        value: &Value<'_>,
        known: &[(&str, Check)],
        patterns: &[(&Pattern, Check)],
        additional: Option<Check>,
    ) {
        let Value::Object(object) = value else { return };
        for (name, value) in object.iter() {
            if self.is_done() {
                return;
            }
            let check = known
                .binary_search_by(|(known, _)| (*known).cmp(name))
                .ok()
                .and_then(|index| known.get(index))
                .map(|(_, check)| *check);
            if let Some(check) = check {
                self.member(name, value, check);
            }
            let mut named = check.is_some();
            for (pattern, check) in patterns {
                match pattern.matches(name) {
                    Some(true) => {
                        named = true;
                        self.member(name, value, *check);
                    }
                    Some(false) => {}
                    None => return self.broken_pattern("patternProperties", pattern),
                }
            }
            if let Some(check) = additional
                && !named
            {
                self.unwanted_member(name, value, check, "additionalProperties");
            }
        }
    }

    /// `propertyNames`; a refused name is pointed at by its member
    pub fn property_names(&mut self, value: &Value<'_>, check: Check) {
        let Value::Object(object) = value else { return };
        for (name, _) in object.iter() {
            if self.is_done() {
                return;
            }
            self.member(name, &Value::String(name.into()), check);
        }
    }

    /// One entry of `dependentSchemas` (or of `dependencies`): with a member `name`, the object passes `check` too
    pub fn dependent_schema(&mut self, value: &Value<'_>, name: &str, check: Check) {
        if let Value::Object(object) = value
            && object.contains(name)
        {
            self.apply(value, check);
        }
    }

    /// `allOf`
    pub fn all_of(&mut self, value: &Value<'_>, checks: &[Check]) {
        for check in checks {
            self.apply(value, *check);
        }
    }

    /// `anyOf`
    pub fn any_of(&mut self, value: &Value<'_>, checks: &[Check]) {
        if self.is_done() || checks.iter().any(|check| self.fits(value, *check)) {
            return;
        }
        self.fail_branches("anyOf", value, checks);
    }

    /// `oneOf`
    pub fn one_of(&mut self, value: &Value<'_>, checks: &[Check]) {
        if self.is_done() {
            return;
        }
        let mut fitting =
            (0..checks.len()).zip(checks).filter_map(|(index, check)| self.fits(value, *check).then_some(index));
        match (fitting.next(), fitting.next()) {
            (Some(_), None) => {}
            (None, _) => self.fail_branches("oneOf", value, checks),
            (Some(first), Some(second)) => {
                let mut text = format!("{first}, {second}");
                fitting.for_each(|index| text.push_str(&format!(", {index}")));
                self.fail("oneOf", || format!("expected exactly one branch to fit, found that branches {text} do"));
            }
        }
    }

    /// `not`
    pub fn not(&mut self, value: &Value<'_>, check: Check) {
        if !self.is_done() && self.fits(value, check) {
            self.fail("not", || {
                let found = value.described();
                format!("expected a value that the schema below refuses, found {found}")
            });
        }
    }

    /// `if`, `then`, `else`
    pub fn conditional(&mut self, value: &Value<'_>, condition: Check, then: Option<Check>, otherwise: Option<Check>) {
        if self.is_done() || (then.is_none() && otherwise.is_none()) {
            return;
        }
        let chosen = if self.fits(value, condition) { then } else { otherwise };
        if let Some(check) = chosen {
            self.apply(value, check);
        }
    }

    /// The tag of a branch of such a union, which is all that tells a value apart that the union accepts.
    pub fn tag(&mut self, value: &Value<'_>, property: &str, tag: &str) {
        let found = match value {
            Value::Object(object) => object.get(property),
            _ => None,
        };
        if !matches!(found, Some(Value::String(text)) if text == tag) {
            self.fail("const", || format!("expected {tag:?} under {property:?}"));
        }
    }

    /// A union whose branches are told apart by the string in one property: only the chosen branch is checked.
    pub fn tagged(&mut self, value: &Value<'_>, property: &str, branches: &[(&str, Check)]) {
        let expected = |found: &str| {
            let tags: Vec<&str> = branches.iter().map(|(tag, _)| *tag).collect();
            expected_one_of(&tags, found)
        };
        let Value::Object(object) = value else {
            return self.fail("type", || {
                let found = value.described();
                format!("expected object, found {found}")
            });
        };
        let Some(tag) = object.get(property) else {
            return self.fail("required", || format!("property {property:?}: {}", expected("none")));
        };
        let chosen = branches.iter().find(|(known, _)| matches!(tag, Value::String(text) if text == known));
        match chosen {
            Some((_, check)) => self.apply(value, *check),
            None => self.fail_member(property, "enum", || expected(&tag.described())),
        }
    }
}
