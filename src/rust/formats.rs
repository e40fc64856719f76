//! The formats of texts that have a type of Rust, one row each.

use proc_macro2::TokenStream;
use quote::quote;

/// The crate whose types dates and moments have. The runtime's feature of that name has to be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dates {
    /// `chrono`: `DateTime<FixedOffset>`, `NaiveDate`.
    #[default]
    Chrono,
    /// `time`: `OffsetDateTime`, `Date`.
    Time,
    /// `jiff`: `Zoned`, `civil::Date`.
    Jiff,
}

impl Dates {
    /// Every choice, with its name.
    pub const ALL: [(Self, &'static str); 3] = [(Self::Chrono, "chrono"), (Self::Time, "time"), (Self::Jiff, "jiff")];

    /// The name of the crate, and of the runtime's feature.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }
}

/// A format with a type of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    DateTime,
    Date,
    Time,
    Duration,
    Uuid,
    Email,
    Ipv4,
    Ipv6,
    Uri,
    Byte,
    Decimal,
}

/// Its name in schemas, and the name of the runtime's constant that checks it.
const FORMATS: [(&str, &str, Format); 11] = [
    ("date-time", "DateTime", Format::DateTime),
    ("date", "Date", Format::Date),
    ("time", "Time", Format::Time),
    ("duration", "Duration", Format::Duration),
    ("uuid", "Uuid", Format::Uuid),
    ("email", "Email", Format::Email),
    ("ipv4", "Ipv4", Format::Ipv4),
    ("ipv6", "Ipv6", Format::Ipv6),
    ("uri", "Uri", Format::Uri),
    ("byte", "Byte", Format::Byte),
    ("decimal", "Decimal", Format::Decimal),
];

/// Formats that are checked where all are, and have no type.
const UNTYPED: [(&str, &str); 1] = [("hostname", "Hostname")];

impl Format {
    /// The format of this name, if it has a type.
    pub(super) fn find(name: &str) -> Option<Self> {
        FORMATS.iter().find(|(known, ..)| *known == name).map(|(.., format)| *format)
    }

    /// The runtime's constant that checks the format of this name; that of an untyped one only if `all` are checked.
    pub(super) fn constant(name: &str, all: bool) -> Option<&'static str> {
        let typed = FORMATS.iter().map(|(known, constant, _)| (*known, *constant));
        let untyped = UNTYPED.into_iter().filter(|_| all);
        typed.chain(untyped).find(|(known, _)| *known == name).map(|(_, constant)| constant)
    }

    /// Its type.
    pub(super) fn tokens(self, dates: Dates) -> TokenStream {
        match (self, dates) {
            (Self::DateTime, Dates::Chrono) => quote!(rt::codegen::chrono::DateTime<rt::codegen::chrono::FixedOffset>),
            (Self::DateTime, Dates::Time) => quote!(rt::codegen::time::OffsetDateTime),
            (Self::DateTime, Dates::Jiff) => quote!(rt::codegen::jiff::Zoned),
            (Self::Date, Dates::Chrono) => quote!(rt::codegen::chrono::NaiveDate),
            (Self::Date, Dates::Time) => quote!(rt::codegen::time::Date),
            (Self::Date, Dates::Jiff) => quote!(rt::codegen::jiff::civil::Date),
            (Self::Time, _) => quote!(rt::formats::Time),
            (Self::Duration, _) => quote!(rt::formats::Duration),
            (Self::Uuid, _) => quote!(rt::codegen::uuid::Uuid),
            (Self::Email, _) => quote!(rt::formats::Email),
            (Self::Ipv4, _) => quote!(std::net::Ipv4Addr),
            (Self::Ipv6, _) => quote!(std::net::Ipv6Addr),
            (Self::Uri, _) => quote!(rt::formats::Uri),
            (Self::Byte, _) => quote!(rt::codegen::bytes::Bytes),
            (Self::Decimal, _) => quote!(rt::formats::Decimal),
        }
    }

    /// Is its type one that is copied rather than cloned?
    pub(super) fn is_copied(self, dates: Dates) -> bool {
        match self {
            Self::DateTime => dates != Dates::Jiff,
            Self::Date | Self::Uuid | Self::Ipv4 | Self::Ipv6 => true,
            _ => false,
        }
    }
}
