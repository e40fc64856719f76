//! The versions of AsyncAPI that are read.

use std::fmt;

/// A version of the specification; a patch release means the same as its minor version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// 2.0.x
    V2_0,
    /// 2.1.x
    V2_1,
    /// 2.2.x
    V2_2,
    /// 2.3.x
    V2_3,
    /// 2.4.x
    V2_4,
    /// 2.5.x
    V2_5,
    /// 2.6.x
    V2_6,
    /// 3.0.x
    V3_0,
    /// 3.1.x
    V3_1,
}

/// Every version with the text that it begins with, oldest first.
const TABLE: [(Version, &str); 9] = [
    (Version::V2_0, "2.0.0"),
    (Version::V2_1, "2.1.0"),
    (Version::V2_2, "2.2.0"),
    (Version::V2_3, "2.3.0"),
    (Version::V2_4, "2.4.0"),
    (Version::V2_5, "2.5.0"),
    (Version::V2_6, "2.6.0"),
    (Version::V3_0, "3.0.0"),
    (Version::V3_1, "3.1.0"),
];

impl Version {
    /// The newest one.
    pub const LATEST: Self = Self::V3_1;

    /// Reads the `asyncapi` field.
    pub fn parse(text: &str) -> Option<Self> {
        TABLE.iter().find(|(_, known)| *known == text).map(|(version, _)| *version)
    }

    /// The text of the `asyncapi` field.
    pub fn as_str(self) -> &'static str {
        TABLE.iter().find(|(version, _)| *version == self).map_or("", |(_, text)| text)
    }

    /// Every version that is read, oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(version, _)| *version)
    }

    /// 2 or 3.
    pub fn major(self) -> u8 {
        if self < Self::V3_0 { 2 } else { 3 }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
