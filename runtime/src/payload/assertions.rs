//! The keywords that look at one value: its type, size, text, and what it must equal.
//!
//! Each passes values of the types it says nothing about (JSON Schema Validation, section 6), and records at most one
//! fault for each thing that is wrong.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::BitOr;

use super::faults::Faults;
use super::format::Format;
use super::literals::Literals;
use super::number::Number;
use super::pattern::Pattern;
use super::value::{Value, excerpt, plural, quoted};

/// Up to this many items are compared with each other; more go through a table.
const FEW_ITEMS: usize = 8;
/// How many allowed values a message names.
const NAMED_VALUES: usize = 8;

/// A set of JSON types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Types(u8);

impl Types {
    /// `null`
    pub const NULL: Self = Self(1);
    /// `true` and `false`
    pub const BOOLEAN: Self = Self(1 << 1);
    /// Numbers without fractional part; `1.0` is one (draft-06 and later).
    pub const INTEGER: Self = Self(1 << 2);
    /// All numbers.
    pub const NUMBER: Self = Self(1 << 3);
    /// Strings.
    pub const STRING: Self = Self(1 << 4);
    /// Arrays.
    pub const ARRAY: Self = Self(1 << 5);
    /// Objects.
    pub const OBJECT: Self = Self(1 << 6);
    /// Numbers written without fraction and exponent; `1.0` is none (draft-04).
    pub const STRICT_INTEGER: Self = Self(1 << 7);

    const NAMES: [(Self, &'static str); 8] = [
        (Self::NULL, "null"),
        (Self::BOOLEAN, "boolean"),
        (Self::INTEGER, "integer"),
        (Self::STRICT_INTEGER, "integer"),
        (Self::NUMBER, "number"),
        (Self::STRING, "string"),
        (Self::ARRAY, "array"),
        (Self::OBJECT, "object"),
    ];

    /// The types of both sets.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Every set bit that holds for the value.
    fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) if number.is_strict_integer() => Self::NUMBER | Self::INTEGER | Self::STRICT_INTEGER,
            Value::Number(number) if number.is_integer() => Self::NUMBER | Self::INTEGER,
            Value::Number(_) => Self::NUMBER,
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }

    fn names(self) -> String {
        let names: Vec<&str> =
            Self::NAMES.iter().filter(|(kind, _)| self.meets(*kind)).map(|(_, name)| *name).collect();
        names.join(" or ")
    }
}

impl BitOr for Types {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl Faults {
    /// `type`
    pub fn types(&mut self, value: &Value<'_>, allowed: Types) {
        if !allowed.meets(Types::of(value)) {
            self.fail("type", || {
                let (allowed, found) = (allowed.names(), value.described());
                format!("expected {allowed}, found {found}")
            });
        }
    }

    /// `minimum`
    pub fn minimum(&mut self, value: &Value<'_>, limit: Number) {
        self.ordered(value, limit, "minimum", "at least", Ordering::is_ge);
    }

    /// `maximum`
    pub fn maximum(&mut self, value: &Value<'_>, limit: Number) {
        self.ordered(value, limit, "maximum", "at most", Ordering::is_le);
    }

    /// `exclusiveMinimum`, as a number (draft-06 and later)
    pub fn exclusive_minimum(&mut self, value: &Value<'_>, limit: Number) {
        self.ordered(value, limit, "exclusiveMinimum", "more than", Ordering::is_gt);
    }

    /// `exclusiveMaximum`, as a number (draft-06 and later)
    pub fn exclusive_maximum(&mut self, value: &Value<'_>, limit: Number) {
        self.ordered(value, limit, "exclusiveMaximum", "less than", Ordering::is_lt);
    }

    fn ordered(
        &mut self,
        value: &Value<'_>,
        limit: Number,
        keyword: &'static str,
        relation: &str,
        holds: fn(Ordering) -> bool,
    ) {
        if let Value::Number(number) = value
            && !holds(number.cmp(&limit))
        {
            self.fail(keyword, || format!("expected {relation} {limit}, found {number}"));
        }
    }

    /// `multipleOf`
    pub fn multiple_of(&mut self, value: &Value<'_>, divisor: Number) {
        if let Value::Number(number) = value
            && !number.multiple_of(divisor)
        {
            self.fail("multipleOf", || format!("expected a multiple of {divisor}, found {number}"));
        }
    }

    /// `minLength`, in code points
    pub fn min_length(&mut self, value: &Value<'_>, limit: usize) {
        // A character has at most four bytes: long texts need no count.
        if let Value::String(text) = value
            && text.len() / 4 < limit
        {
            self.at_least("minLength", text.chars().count(), limit, "character");
        }
    }

    /// `maxLength`, in code points
    pub fn max_length(&mut self, value: &Value<'_>, limit: usize) {
        // A character has at least one byte: short texts need no count.
        if let Value::String(text) = value
            && text.len() > limit
        {
            self.at_most("maxLength", text.chars().count(), limit, "character");
        }
    }

    /// `minItems`
    pub fn min_items(&mut self, value: &Value<'_>, limit: usize) {
        if let Value::Array(items) = value {
            self.at_least("minItems", items.len(), limit, "item");
        }
    }

    /// `maxItems`
    pub fn max_items(&mut self, value: &Value<'_>, limit: usize) {
        if let Value::Array(items) = value {
            self.at_most("maxItems", items.len(), limit, "item");
        }
    }

    /// `minProperties`
    pub fn min_properties(&mut self, value: &Value<'_>, limit: usize) {
        if let Value::Object(object) = value {
            self.at_least("minProperties", object.len(), limit, "property");
        }
    }

    /// `maxProperties`
    pub fn max_properties(&mut self, value: &Value<'_>, limit: usize) {
        if let Value::Object(object) = value {
            self.at_most("maxProperties", object.len(), limit, "property");
        }
    }

    pub(crate) fn at_least(&mut self, keyword: &'static str, count: usize, limit: usize, noun: &str) {
        if count < limit {
            self.fail(keyword, || {
                let noun = plural(limit, noun);
                format!("expected at least {limit} {noun}, found {count}")
            });
        }
    }

    pub(crate) fn at_most(&mut self, keyword: &'static str, count: usize, limit: usize, noun: &str) {
        if count > limit {
            self.fail(keyword, || {
                let noun = plural(limit, noun);
                format!("expected at most {limit} {noun}, found {count}")
            });
        }
    }

    /// `pattern`
    pub fn pattern(&mut self, value: &Value<'_>, pattern: &Pattern) {
        let Value::String(text) = value else { return };
        match pattern.matches(text) {
            Some(true) => {}
            Some(false) => self.fail("pattern", || {
                let (pattern, found) = (pattern.text(), quoted(text));
                format!("expected a match of /{pattern}/, found {found}")
            }),
            None => self.broken_pattern("pattern", pattern),
        }
    }

    pub(crate) fn broken_pattern(&mut self, keyword: &'static str, pattern: &Pattern) {
        self.fail(keyword, || {
            let pattern = pattern.text();
            format!("the pattern /{pattern}/ cannot be compiled")
        });
    }

    /// `format`, asserted
    pub fn format(&mut self, value: &Value<'_>, format: Format) {
        if let Value::String(text) = value
            && !format.accepts(text)
        {
            self.fail("format", || {
                let (name, found) = (format.name(), quoted(text));
                format!("expected {name}, found {found}")
            });
        }
    }

    /// `uniqueItems`
    pub fn unique_items(&mut self, value: &Value<'_>) {
        if let Value::Array(items) = value
            && !self.is_done()
            && let Some(index) = repeated(items)
        {
            self.fail("uniqueItems", || {
                format!("expected no two items alike, found item {index} among those before it")
            });
        }
    }

    /// `required`
    pub fn required(&mut self, value: &Value<'_>, names: &[&str]) {
        self.all_present(value, names, "required");
    }

    /// One entry of `dependentRequired` (or of `dependencies`): with a member `name`, these too
    pub fn dependent_required(&mut self, value: &Value<'_>, name: &str, names: &[&str]) {
        if let Value::Object(object) = value
            && object.contains(name)
        {
            self.all_present(value, names, "dependentRequired");
        }
    }

    fn all_present(&mut self, value: &Value<'_>, names: &[&str], keyword: &'static str) {
        let Value::Object(object) = value else { return };
        for name in names.iter().filter(|name| !object.contains(name)) {
            self.fail(keyword, || {
                let name = quoted(name);
                format!("expected the property {name}, found none")
            });
        }
    }

    /// `enum`
    pub fn enumeration(&mut self, value: &Value<'_>, allowed: &Literals) {
        if !allowed.values().contains(value) {
            self.fail("enum", || expected_one_of(allowed.values(), &value.described()));
        }
    }

    /// `enum` of strings alone
    pub fn strings(&mut self, value: &Value<'_>, allowed: &[&str]) {
        let allows = matches!(value, Value::String(text) if allowed.contains(&text.as_ref()));
        if !allows {
            self.fail("enum", || expected_one_of(allowed, &value.described()));
        }
    }

    /// `const`: the first of the literals
    pub fn constant(&mut self, value: &Value<'_>, expected: &Literals) {
        let expected = expected.values().first();
        if expected != Some(value) {
            self.fail("const", || {
                let expected = expected.map_or_else(|| "nothing".to_owned(), Value::described);
                let found = value.described();
                format!("expected {expected}, found {found}")
            });
        }
    }
}

/// The index of the first item that equals one before it.
fn repeated(items: &[Value<'_>]) -> Option<usize> {
    if items.len() <= FEW_ITEMS {
        let known_before = |(index, item)| items.iter().take(index).any(|before| before == item);
        return (0..items.len()).zip(items).find(|pair| known_before(*pair)).map(|(index, _)| index);
    }
    let mut known = HashSet::with_capacity(items.len());
    items.iter().position(|item| !known.insert(item))
}

/// What was expected, when that is one of a list; long lists are cut.
pub(crate) fn expected_one_of<T: serde::Serialize>(allowed: &[T], found: &str) -> String {
    let named: Vec<String> = allowed.iter().take(NAMED_VALUES).map(excerpt).collect();
    let named = named.join(", ");
    match (allowed.len(), allowed.len().saturating_sub(NAMED_VALUES)) {
        (1, _) => format!("expected {named}, found {found}"),
        (_, 0) => format!("expected one of {named}, found {found}"),
        (_, more) => format!("expected one of {named} or {more} more, found {found}"),
    }
}
