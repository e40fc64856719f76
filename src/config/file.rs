//! What may stand in a `tidings.toml`, as it is written. The JSON Schema of the file is made of these types.

use crate::source::Severity;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use toml::Spanned;

/// A whole `tidings.toml`.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ConfigFile {
    /// The severity of a rule, by its id; `off` silences it.
    #[cfg_attr(feature = "json-schema", schemars(with = "BTreeMap<String, Level>"))]
    pub severity: BTreeMap<Spanned<String>, Level>,
    /// Which files are read.
    pub files: FilesSection,
    /// Findings that are known and excused.
    pub ignore: Vec<Ignore>,
    /// The organisation's own rules.
    pub rules: Vec<OwnRule>,
    /// What is decided about changes between versions of a document.
    pub compatibility: Compatibility,
    /// How Rust is generated.
    pub generate: Generate,
}

/// How a rule is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The document is invalid.
    Error,
    /// Probably a fault.
    Warning,
    /// Advice.
    Info,
    /// A remark that an editor shows in passing.
    Hint,
    /// Nothing is said.
    Off,
}

impl Level {
    /// The severity; nothing for a rule that is off.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Hint => Some(Severity::Hint),
            Self::Off => None,
        }
    }
}

/// Which files are read.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FilesSection {
    /// Patterns of files, from the folder of `tidings.toml`, that are left out when a folder is searched for documents:
    /// `*` stands for anything but `/`, `**` for any number of folders.
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<String>"))]
    pub exclude: Vec<Spanned<String>>,
    /// Folders, from the folder of `tidings.toml`, that references may lead into.
    pub allow_roots: Vec<PathBuf>,
}

/// Findings that are known and excused.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ignore {
    /// The id of the rule; every rule if it is left out.
    #[cfg_attr(feature = "json-schema", schemars(with = "Option<String>"))]
    pub rule: Option<Spanned<String>>,
    /// A pattern of JSON pointers: `/channels/legacy/**`.
    #[cfg_attr(feature = "json-schema", schemars(with = "String"))]
    pub path: Spanned<String>,
    /// A pattern of files, as reports name them; every file if it is left out.
    #[cfg_attr(feature = "json-schema", schemars(with = "Option<String>"))]
    pub file: Option<Spanned<String>>,
    /// Why, for whoever reads the file.
    pub reason: Option<String>,
}

/// A rule of the organisation's own: what must hold for every element at certain places.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OwnRule {
    /// Its id, in kebab case, like those of our rules.
    #[cfg_attr(feature = "json-schema", schemars(with = "String"))]
    pub id: Spanned<String>,
    /// A pattern of JSON pointers: `/channels/*` is every channel. References are followed.
    #[cfg_attr(feature = "json-schema", schemars(with = "String"))]
    pub path: Spanned<String>,
    /// Fields that the element has.
    #[serde(default)]
    pub required: Vec<String>,
    /// A regular expression that the element, if it is text or a number, matches somewhere.
    #[cfg_attr(feature = "json-schema", schemars(with = "Option<String>"))]
    pub pattern: Option<Spanned<String>>,
    /// A regular expression that the element's own key matches somewhere.
    #[cfg_attr(feature = "json-schema", schemars(with = "Option<String>"))]
    pub key_pattern: Option<Spanned<String>>,
    /// What is said where the rule is broken: one sentence.
    pub message: Option<String>,
    /// How much that matters; a warning if it is left out.
    pub severity: Option<Level>,
    /// Where the organisation says so.
    pub link: Option<String>,
}

/// What is decided about changes between versions of a document.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Compatibility {
    /// Which direction is asked for, as for `tidings diff --mode`.
    #[cfg_attr(feature = "json-schema", schemars(with = "Option<String>"))]
    pub mode: Option<Spanned<String>>,
    /// By whose rules, as for `tidings diff --profile`.
    #[cfg_attr(feature = "json-schema", schemars(with = "Option<String>"))]
    pub profile: Option<Spanned<String>>,
    /// Changes that are agreed on.
    pub waivers: Vec<Waiver>,
}

/// How Rust is generated, as for the options of `tidings generate` of the same names; those that are given win.
///
/// A path means a type by its name, or a member by its type and its key (`Order.lines`); `*` stands for any text.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Generate {
    /// Which side of a document is generated.
    pub role: Option<Side>,
    /// Generates the types of messages only.
    pub types_only: Option<bool>,
    /// The crate whose types dates and moments have.
    pub dates: Option<Library>,
    /// Types give their JSON Schema, by the trait of `schemars`.
    pub json_schema: Option<bool>,
    /// A module `testing`, for tests with the runtime's feature of that name.
    pub testing: Option<bool>,
    /// Types of your own in the place of generated ones, by path: `Money = "crate::Money"`.
    pub extern_type: BTreeMap<String, String>,
    /// Other names for types, members and variants, by path.
    pub rename: BTreeMap<String, String>,
    /// Further traits to derive, separated by commas, by path.
    pub derive: BTreeMap<String, String>,
    /// Attributes for types, as they are written, by path.
    pub type_attribute: BTreeMap<String, String>,
    /// Attributes for the fields of structs, as they are written, by path.
    pub field_attribute: BTreeMap<String, String>,
}

/// Which side of a document is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The document's own: publishes what the document sends.
    Application,
    /// The other side: consumes what the document sends.
    Counterpart,
    /// Both in one.
    Both,
}

/// The crate whose types dates and moments have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Library {
    /// `chrono`
    Chrono,
    /// `time`
    Time,
    /// `jiff`
    Jiff,
}

/// A change that is agreed on, for a time and a reason.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Waiver {
    /// The id of the rule that the change falls under.
    #[cfg_attr(feature = "json-schema", schemars(with = "String"))]
    pub rule: Spanned<String>,
    /// The key of the channel; any if it is left out.
    pub channel: Option<String>,
    /// A pattern of JSON pointers; any if it is left out.
    pub path: Option<String>,
    /// The last day on which the waiver holds: `2027-03-31`, or without quotes.
    #[cfg_attr(feature = "json-schema", schemars(with = "Option<String>"))]
    #[serde(default, deserialize_with = "date")]
    pub until: Option<Date>,
    /// Why.
    #[cfg_attr(feature = "json-schema", schemars(with = "String"))]
    pub reason: Spanned<String>,
}

/// A day: year, month, day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

/// A date of TOML, or the same as text.
fn date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    use serde::de::Error;
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Date(toml::value::Datetime),
        Text(String),
    }
    let parsed = match Written::deserialize(deserializer)? {
        Written::Date(date) => Ok(date),
        Written::Text(text) => text.parse(),
    };
    let date: toml::value::Datetime = parsed.map_err(|_| D::Error::custom("a day is written `2027-03-31`"))?;
    match date.date {
        Some(date) => Ok(Some(Date { year: date.year, month: date.month, day: date.day })),
        None => Err(D::Error::custom("a waiver ends on a day")),
    }
}
