//! Profiles: what users of registries take for granted, on top of what schemas say.
//!
//! In: a profile. Out: how each side of a question is read. Under every profile but [`Profile::Semantic`] an answer holds
//! only for those who share its assumption.

/// How schemas are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// By nothing but what the schemas say.
    #[default]
    Semantic,
    /// A required property with a default may be left out.
    Confluent,
    /// As [`Profile::Confluent`]; nobody sends properties that are not listed, and what is not listed is skipped.
    ConfluentLenient,
    /// Nobody sends properties that are not listed.
    OpenWorld,
    /// Avro by schema resolution, which is what every profile does.
    AvroResolution,
    /// Protobuf by what travels in its binary form.
    ProtoWire,
    /// Protobuf by what travels in its binary form and as JSON, which is what every other profile does.
    ProtoWireJson,
}

impl Profile {
    /// Every profile, with its name.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Semantic, "semantic"),
        (Self::Confluent, "confluent"),
        (Self::ConfluentLenient, "confluent-lenient"),
        (Self::OpenWorld, "open-world"),
        (Self::AvroResolution, "avro-resolution"),
        (Self::ProtoWire, "proto-wire"),
        (Self::ProtoWireJson, "proto-wire-json"),
    ];

    /// Reads the name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(found, _)| *found)
    }

    /// How the inner and the outer side of a question are read: what is sent, and what is taken.
    pub(super) fn readings(self) -> [Reading; 2] {
        let plain = Reading::default();
        match self {
            Self::Confluent => [plain, Reading { defaults_fill: true, ..plain }],
            Self::ConfluentLenient => [
                Reading { only_listed: true, ..plain },
                Reading { defaults_fill: true, unlisted_skipped: true, ..plain },
            ],
            Self::OpenWorld => [Reading { only_listed: true, ..plain }, plain],
            _ => [plain, plain],
        }
    }

    /// Are both sides read in the same way?
    pub(super) fn reads_alike(self) -> bool {
        let [inner, outer] = self.readings();
        inner == outer
    }
}

/// How a schema is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::schema) struct Reading {
    /// Objects have no properties but those that are listed, where any are.
    pub(in crate::schema) only_listed: bool,
    /// A required property with a default may be missing.
    pub(in crate::schema) defaults_fill: bool,
    /// `additionalProperties` refuses nothing.
    pub(in crate::schema) unlisted_skipped: bool,
    /// `format` decides about values.
    pub(in crate::schema) formats_asserted: bool,
}
