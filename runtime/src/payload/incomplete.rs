//! What a builder says when members are missing.

use std::fmt;

/// A value cannot be built: required members were not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    type_name: &'static str,
    members: Vec<&'static str>,
}

impl Incomplete {
    /// Of the type of this name, the members with these names in JSON.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(type_name: &'static str, members: Vec<&'static str>) -> Self {
        Self { type_name, members }
    }

    /// The missing members, by their names in JSON.
    #[must_use]
    pub fn members(&self) -> &[&'static str] {
        &self.members
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} lacks {}", self.type_name, self.members.join(", "))
    }
}

impl std::error::Error for Incomplete {}
