//! The languages that payload schemas are written in, recognised by `schemaFormat`.

/// A schema language (Message Object, "Schema formats table").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SchemaFormat {
    /// The AsyncAPI Schema Object: a superset of JSON Schema draft-07.
    AsyncApi,
    /// JSON Schema of some draft; the schema's own `$schema` is more exact.
    JsonSchema(Dialect),
    /// OpenAPI Schema Object, `3.0` or `3.1`.
    OpenApi(String),
    /// Apache Avro.
    Avro,
    /// Protocol Buffers.
    Protobuf,
    /// RAML, and whatever else we do not read.
    Unsupported(String),
}

/// A draft of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// draft-04
    Draft4,
    /// draft-06
    Draft6,
    /// draft-07
    Draft7,
    /// 2019-09
    Draft2019,
    /// 2020-12
    Draft2020,
}

/// Part of a `$schema` URI -> draft.
const DIALECTS: [(&str, Dialect); 6] = [
    ("draft-04", Dialect::Draft4),
    ("draft-05", Dialect::Draft4),
    ("draft-06", Dialect::Draft6),
    ("draft-07", Dialect::Draft7),
    ("2019-09", Dialect::Draft2019),
    ("2020-12", Dialect::Draft2020),
];

impl Dialect {
    /// Recognises a `$schema` URI, a `version` parameter, or a name such as `draft-07`.
    pub fn parse(text: &str) -> Option<Self> {
        DIALECTS.iter().find(|(part, _)| text.contains(part)).map(|(_, dialect)| *dialect)
    }
}

impl SchemaFormat {
    /// How the media types of the formats that are read begin.
    pub const READ: [&'static str; 5] = [
        "application/vnd.aai.asyncapi",
        "application/schema",
        "application/vnd.oai.openapi",
        "application/vnd.apache.avro",
        "application/vnd.google.protobuf",
    ];

    /// Recognises the value of `schemaFormat`, with or without parameters.
    pub fn parse(text: &str) -> Self {
        let (media_type, parameters) = text.split_once(';').unwrap_or((text, ""));
        let media_type = media_type.trim().to_ascii_lowercase();
        let version = parameters
            .split(';')
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("version"))
            .map_or("", |(_, value)| value.trim());
        let (family, _syntax) = media_type.split_once('+').unwrap_or((&media_type, ""));
        match family {
            "application/vnd.aai.asyncapi" => Self::AsyncApi,
            "application/schema" => Self::JsonSchema(Dialect::parse(version).unwrap_or(Dialect::Draft7)),
            "application/vnd.oai.openapi" => {
                Self::OpenApi(if version.starts_with("3.1") { "3.1" } else { "3.0" }.to_owned())
            }
            "application/vnd.apache.avro" => Self::Avro,
            "application/vnd.google.protobuf" | "application/x-protobuf" => Self::Protobuf,
            _ => Self::Unsupported(text.to_owned()),
        }
    }
}
