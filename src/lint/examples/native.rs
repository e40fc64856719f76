//! Examples of messages in Avro and Protobuf.
//!
//! In: a schema that was made of one of these languages, and a value as authors write it. Out: the first part that no way of
//! writing allows. Authors write plain JSON, or the JSON encoding of the language: a union of Avro with or without the name
//! of its branch, a long number of Protobuf as text, a date as text or as a number. All of that fits.

use crate::document::SchemaFormat;
use crate::reference::Files;
use crate::schema::values::Fault;
use crate::schema::{Schema, SchemaId, Schemas};
use crate::syntax::{Kind, Node, to_json};

/// Texts that stand for numbers in both languages.
const NUMBERS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// What is needed to judge a value.
#[derive(Clone, Copy)]
pub(super) struct Language<'t> {
    files: &'t Files,
    schemas: &'t Schemas,
    is_protobuf: bool,
}

impl<'t> Language<'t> {
    /// The language of a format, if it is one of these.
    pub fn of(files: &'t Files, schemas: &'t Schemas, format: &SchemaFormat) -> Option<Self> {
        let is_protobuf = match format {
            SchemaFormat::Avro => false,
            SchemaFormat::Protobuf => true,
            _ => return None,
        };
        Some(Self { files, schemas, is_protobuf })
    }

    /// The first fault of a value. A schema nests as deep as the value at most, and that is bounded.
    pub fn fault(self, schema: SchemaId, value: Node<'t>) -> Option<Fault<'t>> {
        let schema = self.schemas.get(self.schemas.target(schema));
        let kind = schema.origin.as_ref().map_or("", |origin| origin.kind.as_str());
        let wrong = |expected: &str| Some(Fault { node: value, message: format!("it is not {expected}") });
        match (kind, value.kind()) {
            // In Protobuf null stands for a field that is not set.
            (_, Kind::Null) if self.is_protobuf => None,
            ("record" | "message", Kind::Object(_)) if !schema.properties.is_empty() => self.members(schema, value),
            ("record" | "map", Kind::Object(_)) => {
                let inner = schema.additional_properties?;
                value.entries().find_map(|entry| self.fault(inner, entry.value))
            }
            ("array" | "repeated", Kind::Array(_)) => {
                let inner = schema.items?;
                value.items().find_map(|item| self.fault(inner, item))
            }
            ("union", _) => {
                let mut choices = schema.one_of.iter().flatten();
                if choices.any(|choice| self.fits_branch(*choice, value)) {
                    None
                } else {
                    wrong("of any branch of the union")
                }
            }
            ("enum", Kind::String(symbol)) => {
                let symbols = schema.enumeration.as_deref().unwrap_or_default();
                let known = symbols.iter().any(|known| self.files.node(*known).as_str() == Some(symbol));
                if known || symbols.is_empty() { None } else { wrong("a symbol of the enum") }
            }
            ("enum", Kind::Number(_)) if self.is_protobuf => None,
            ("record", _) => wrong("an object, as a record is"),
            // Those that every compiler brings along are written in ways of their own.
            ("message", _) if schema.properties.is_empty() => None,
            ("message", _) => wrong("an object, as a message is"),
            ("map", _) => wrong("an object, as a map is"),
            ("array" | "repeated", _) => wrong("a list"),
            ("enum", _) => wrong("a symbol of the enum"),
            ("", _) => None,
            _ if self.fits_primitive(kind, schema, value) => None,
            _ => wrong(&format!("a value of `{kind}`")),
        }
    }

    /// The members of a record or of a message.
    fn members(self, schema: &Schema, value: Node<'t>) -> Option<Fault<'t>> {
        let field = |key: &str| {
            let named = |id: &SchemaId| {
                let origin = self.schemas.get(*id).origin.as_ref();
                origin.is_some_and(|origin| self.is_protobuf && origin.aliases.iter().any(|alias| alias == key))
            };
            schema.properties.iter().find(|(name, id)| name == key || named(id)).map(|(_, id)| *id)
        };
        for entry in value.entries() {
            let Some(field) = field(entry.key) else {
                return Some(Fault { node: entry.value, message: "there is no such field".to_owned() });
            };
            if let Some(fault) = self.fault(field, entry.value) {
                return Some(fault);
            }
        }
        let optional = |id: SchemaId| self.is_protobuf || self.schemas.get(id).default.is_some();
        let missing = schema.properties.iter().find(|(name, id)| !optional(*id) && value.get(name).is_none());
        missing.map(|(name, _)| Fault { node: value, message: format!("the field `{name}` is missing") })
    }

    /// Is it a value of a branch of a union, with or without the name of the branch around it?
    fn fits_branch(self, branch: SchemaId, value: Node<'t>) -> bool {
        let schema = self.schemas.get(branch);
        let tagged = schema.origin.as_ref().is_some_and(|origin| origin.kind == "branch");
        let inner = schema.properties.first().filter(|_| tagged).map_or(branch, |(_, inner)| *inner);
        if self.fault(inner, value).is_none() {
            return true;
        }
        let origin = self.schemas.get(self.schemas.target(inner)).origin.as_ref();
        let tag = origin.map_or("", |origin| origin.name.as_deref().unwrap_or(&origin.kind));
        let mut entries = value.entries();
        let only = entries.next().filter(|_| entries.next().is_none());
        let is_tag = |key: &str| key == tag || Some(key) == tag.rsplit('.').next();
        only.is_some_and(|entry| is_tag(entry.key) && self.fault(inner, entry.value).is_none())
    }

    fn fits_primitive(self, kind: &str, schema: &Schema, value: Node<'t>) -> bool {
        let logical = schema.origin.as_ref().and_then(|origin| origin.logical.as_ref());
        let within = |text: &str| {
            let bound = |number: &Option<crate::syntax::Number>| {
                number.as_ref().and_then(|one| one.as_str().parse::<i128>().ok())
            };
            text.parse::<i128>().is_ok_and(|number| {
                bound(&schema.minimum).is_none_or(|least| number >= least)
                    && bound(&schema.maximum).is_none_or(|most| number <= most)
            })
        };
        let is_number = matches!(value.kind(), Kind::Number(_));
        match (kind, value.as_str()) {
            ("null", _) => value.is_null(),
            ("boolean" | "bool", _) => value.as_bool().is_some(),
            ("string", text) => text.is_some(),
            ("bytes" | "fixed", text) => text.is_some() || (is_number && logical.is_some()),
            ("float" | "double", Some(text)) => {
                NUMBERS.contains(&text) || (self.is_protobuf && text.parse::<f64>().is_ok())
            }
            ("float" | "double", None) => is_number,
            (_, Some(text)) => logical.is_some() || (self.is_protobuf && within(text)),
            // `1.0` and `1e3` are whole, too.
            (_, None) => {
                is_number
                    && (within(&to_json(value))
                        || value.as_number().is_some_and(|one| one.as_i64().is_none() && one.as_f64().fract() == 0.0))
            }
        }
    }
}
